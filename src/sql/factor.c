/*
 * factor.c
 *		recal_item_factor and recal_user_factor: vectors to hand over, such that
 *		the dot product of the two is the score.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "fmgr.h"
#include "utils/array.h"

#include "recal_arguments.h"
#include "recal_compat.h"
#include "recal_rights.h"
#include "recal_serve.h"

/* vector [width] and, where it holds no biases, one coordinate more */
static Datum
FactorArray(const RecalServed *served, const float *vector, float last)
{
	int			d = served->width;
	Datum	   *elements = recal_palloc_array(Datum, d + 1);

	for (int k = 0; k < d; k++)
		elements[k] = Float4GetDatum(vector[k]);
	if (!served->ratings && !served->network)
		elements[d++] = Float4GetDatum(last);
	return PointerGetDatum(construct_array(elements, d, FLOAT4OID, sizeof(float4), true,
										   TYPALIGN_INT));
}

/* The item's factor and its bias, which is 0 in models of implicit feedback; of ratings (1, bias, factor). */
PG_FUNCTION_INFO_V1(recal_item_factor);
Datum
recal_item_factor(PG_FUNCTION_ARGS)
{
	RecalStatement *statement = RecalStatementGet(fcinfo, RecalOptionalText(fcinfo, 1));
	RecalServed *served = statement->served;
	RecalId		item;
	int64		position;

	if (PG_ARGISNULL(0))
		PG_RETURN_NULL();
	item = RecalIdFromArgument(PG_GETARG_DATUM(0), get_fn_expr_argtype(fcinfo->flinfo, 0),
							   &statement->columns.item_type, "item_id");
	position = RecalServedFind(served, &item);
	if (position < 0)
		PG_RETURN_NULL();
	return FactorArray(served, RecalServedFactor(served, position), 0);
}

/* The user's vector as of now and the 1 that takes an item's bias into the sum; of ratings (bias, 1, vector). */
PG_FUNCTION_INFO_V1(recal_user_factor);
Datum
recal_user_factor(PG_FUNCTION_ARGS)
{
	MemoryContext context = CurrentMemoryContext;
	RecalStatement *statement = RecalStatementGet(fcinfo, RecalOptionalText(fcinfo, 1));
	RecalServed *served = statement->served;
	RecalUser  *user;
	RecalId		id;
	bool		known = !PG_ARGISNULL(0);

	if (known)
		id = RecalIdFromArgument(PG_GETARG_DATUM(0), get_fn_expr_argtype(fcinfo->flinfo, 0),
								 &statement->columns.user_type, "user_id");
	SPI_connect();
	user = RecalUserLoad(served, statement->relation, &statement->columns,
						 statement->select_list, known ? &id : NULL, context);
	SPI_finish();
	if (known && user->nrows == 0 && statement->row_security)
		RecalErrorRowSecurity(served->model, "recal_user_factor");
	return FactorArray(served, user->vector, 1);
}
