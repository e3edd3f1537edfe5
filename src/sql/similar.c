/*
 * similar.c
 *		recal_similar_items: items whose vectors point the same way.
 */
#include "postgres.h"

#include <float.h>
#include <math.h>

#include "executor/spi.h"
#include "fmgr.h"
#include "funcapi.h"
#include "miscadmin.h"

#include "recal_arguments.h"
#include "recal_blas.h"
#include "recal_compat.h"
#include "recal_ranking.h"
#include "recal_serve.h"
#include "recal_train.h"

/* of a vector; 0 also where its square is too small to be divided by */
static float
Norm(int d, const float *vector)
{
	float		square = recal_dot(d, vector, vector);

	return square >= FLT_MIN ? sqrtf(square) : 0;
}

/*
 * Cosines of the whole catalogue with the item at a position, -INFINITY for
 * that item and for those without a direction. All are -INFINITY when the item
 * has none itself.
 */
static float *
Cosines(RecalServed *served, int32 position)
{
	int			width = served->width;
	int			skip = served->ratings ? RECAL_BIAS_COLUMNS : served->network ? served->factors : 0;
	int			d = served->ratings ? served->factors - skip : served->factors;
	float	   *cosines = palloc_extended(sizeof(float) * RecalServedCount(served), MCXT_ALLOC_HUGE);
	float	   *direction = RecalAllocAligned(CurrentMemoryContext, sizeof(float) * d);
	float		length;

	/* biases are no direction; with a network, what follows what is */
	memcpy(direction, RecalServedFactor(served, position) + skip, sizeof(float) * d);
	length = Norm(d, direction);
	for (int k = 0; k < d && length > 0; k++)
		direction[k] /= length;

	for (int b = 0; b < served->nblocks; b++)
	{
		int64		first;
		int64		rows;
		const float *block = RecalServedBlock(served, b, &first, &rows);

		CHECK_FOR_INTERRUPTS();
		recal_gemv((int) rows, d, block + skip, width, direction, cosines + first);
		for (int64 j = 0; j < rows; j++)
		{
			float		norm = Norm(d, block + j * width + skip);
			float	   *cosine = cosines + first + j;

			/* rounding must not order items that point exactly the same way */
			*cosine = norm > 0 && length > 0 ?
				Max(-1.0f, Min(1.0f, *cosine / norm)) : -INFINITY;
		}
	}
	cosines[position] = -INFINITY;
	pfree(direction);
	return cosines;
}

PG_FUNCTION_INFO_V1(recal_similar_items);
Datum
recal_similar_items(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
	int			k = RecalPageSize(fcinfo, 1);
	RecalStatement *statement = RecalStatementGet(fcinfo, RecalOptionalText(fcinfo, 2));
	RecalServed *served = statement->served;
	RecalId		item;
	int64		position;
	float	   *cosines;
	RecalScored *top;
	int			count;

	InitMaterializedSRF(fcinfo, 0);
	if (PG_ARGISNULL(0))
		return (Datum) 0;
	item = RecalIdFromArgument(PG_GETARG_DATUM(0), get_fn_expr_argtype(fcinfo->flinfo, 0),
							   &statement->columns.item_type, "item_id");
	position = RecalServedFind(served, &item);
	if (position < 0)
		return (Datum) 0;

	SPI_connect();
	cosines = Cosines(served, (int32) position);
	top = RecalSelectShown(served, cosines, NULL, RecalServedCount(served), k, &count);
	for (int i = 0; i < count; i++)
	{
		RecalId		id = RecalServedId(served, top[i].index);
		Datum		values[3];
		bool		nulls[3] = {false};

		values[0] = Int32GetDatum(i + 1);
		values[1] = RecalIdToDatum(&id, TupleDescAttr(rsinfo->setDesc, 1)->atttypid, "item_id");
		values[2] = Float4GetDatum(top[i].score);
		tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, values, nulls);
	}
	SPI_finish();
	return (Datum) 0;
}
