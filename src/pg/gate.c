/*
 * gate.c
 *		The items relation decides what may be shown: one indexed query over the
 *		best items found so far, as the caller.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"

#include "recal_compat.h"
#include "recal_serve.h"

typedef struct Asked
{
	int32		position;
	int32		slot;			/* in the caller's arrays */
} Asked;

static int
CompareAsked(const void *a, const void *b)
{
	int32		x = ((const Asked *) a)->position;
	int32		y = ((const Asked *) b)->position;

	return (x > y) - (x < y);
}

/*
 * Marks the asked positions among the rows that the query returned, and takes
 * the second column's text where titles are wanted.
 */
static void
MarkShown(const RecalServed *served, const RecalIdType *column, const int32 *positions, int n,
		  bool *shown, char **titles)
{
	Asked	   *asked = recal_palloc_array(Asked, n);

	for (int i = 0; i < n; i++)
	{
		asked[i].position = positions[i];
		asked[i].slot = i;
	}
	qsort(asked, n, sizeof(Asked), CompareAsked);

	for (uint64 r = 0; r < SPI_processed; r++)
	{
		bool		isnull;
		Datum		value = SPI_getbinval(SPI_tuptable->vals[r], SPI_tuptable->tupdesc, 1, &isnull);
		RecalId		id;
		Asked		key;
		Asked	   *found;

		if (isnull)
			continue;
		id = RecalIdFromDatum(value, column);
		key.position = (int32) RecalServedFind(served, &id);
		found = bsearch(&key, asked, n, sizeof(Asked), CompareAsked);
		if (found == NULL)
			continue;
		shown[found->slot] = true;
		if (titles != NULL)
			titles[found->slot] = SPI_getvalue(SPI_tuptable->vals[r], SPI_tuptable->tupdesc, 2);
	}
	pfree(asked);
}

/* The positions as an array of the items column's base type. */
static Datum
IdArray(const RecalServed *served, const RecalIdType *column, const int32 *positions, int n)
{
	Datum	   *elements = recal_palloc_array(Datum, Max(n, 1));
	int			count = 0;
	int16		typlen;
	bool		typbyval;
	char		typalign;

	for (int i = 0; i < n; i++)
	{
		RecalId		id = RecalServedId(served, positions[i]);

		if (RecalIdToColumn(&id, column, &elements[count]))
			count++;
	}
	get_typlenbyvalalign(column->base, &typlen, &typbyval, &typalign);
	return PointerGetDatum(construct_array(elements, count, column->base,
										   typlen, typbyval, typalign));
}

/* titles [n] of title_column where that is not NULL; in the caller's SPI memory */
static void
ReadItems(RecalServed *served, const int32 *positions, int n, bool *shown,
		  const char *title_column, char **titles)
{
	const RecalDefinition *definition = served->definition;
	Oid			relation;
	RecalIdType column;
	Oid			type;
	int32		typmod;
	Oid			collation;
	char	   *query;
	Datum		parameter;
	SPIPlanPtr	plan;
	int			result;

	if (definition->items_name == NULL || n == 0)
	{
		memset(shown, true, n);
		return;
	}
	memset(shown, false, n);

	relation = RecalResolveRelation(served->model, "items",
									definition->items_schema, definition->items_name);
	(void) RecalResolveColumn(served->model, relation, definition->item_id_column,
							  &type, &typmod, &collation);
	if (!RecalIdTypeOf(type, typmod, &column) || column.kind != served->items.kind)
		ereport(ERROR,
				(errcode(ERRCODE_DATATYPE_MISMATCH),
				 errmsg("column \"%s\" of the items of model \"%s\" is of type %s, which does not match the model's item ids",
						definition->item_id_column, served->model, format_type_be(type))));

	query = psprintf("SELECT %s%s%s FROM %s WHERE %s OPERATOR(pg_catalog.=) ANY ($1)",
					 quote_identifier(definition->item_id_column),
					 titles != NULL ? ", " : "",
					 titles != NULL ? quote_identifier(title_column) : "",
					 RecalQualifiedName(definition->items_schema, definition->items_name),
					 quote_identifier(definition->item_id_column));
	plan = RecalServedPlan(served, titles != NULL ? RECAL_PLAN_TITLES : RECAL_PLAN_GATE, query,
						   get_array_type(column.base));
	parameter = IdArray(served, &column, positions, n);
	result = SPI_execute_plan(plan, &parameter, NULL, true, 0);
	if (result != SPI_OK_SELECT)
		elog(ERROR, "reading items failed: %s", SPI_result_code_string(result));

	MarkShown(served, &column, positions, n, shown, titles);
	SPI_freetuptable(SPI_tuptable);
}

void
RecalItemsGate(RecalServed *served, const int32 *positions, int n, bool *shown)
{
	ReadItems(served, positions, n, shown, NULL, NULL);
}

void
RecalItemsTitles(RecalServed *served, const int32 *positions, int n, const char *column,
				 bool *shown, char **titles)
{
	ReadItems(served, positions, n, shown, column, titles);
}

RecalScored *
RecalSelectShown(RecalServed *served, const float *scores, const int32 *positions, int64 n,
				 int k, int *count)
{
	bool		gated = served->definition->items_name != NULL;
	int64		want;
	int			checked = 0;
	RecalScored *result;

	k = (int) Min((int64) k, n);
	want = gated ? Min((int64) k * 2 + 16, n) : k;
	result = palloc_extended(sizeof(RecalScored) * Max(k, 1), MCXT_ALLOC_HUGE);
	*count = 0;
	while (k > 0)
	{
		int			size = 0;
		RecalScored *heap = palloc_extended(sizeof(RecalScored) * want, MCXT_ALLOC_HUGE);
		int32	   *asked;
		bool	   *shown;

		recal_topk_push_block(heap, &size, (int) want, scores, n, 0);
		recal_topk_sort(heap, size);

		asked = palloc_extended(sizeof(int32) * Max(size, 1), MCXT_ALLOC_HUGE);
		shown = palloc_extended(sizeof(bool) * Max(size, 1), MCXT_ALLOC_HUGE);
		for (int i = checked; i < size; i++)
			asked[i] = positions ? positions[heap[i].index] : heap[i].index;
		RecalItemsGate(served, asked + checked, size - checked, shown + checked);
		for (int i = checked; i < size && *count < k; i++)
			if (shown[i])
				result[(*count)++] = heap[i];

		checked = size;
		pfree(heap);
		pfree(asked);
		pfree(shown);
		if (*count >= k || size < want || want >= n)
			break;
		want = Min(want * 4, n);
	}
	return result;
}
