/*
 * arguments.c
 *		Arguments that several SQL functions take.
 */
#include "postgres.h"

#include "fmgr.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"

#include "recal_arguments.h"
#include "recal_compat.h"

int
RecalPageSize(FunctionCallInfo fcinfo, int argument)
{
	int			k;

	if (PG_ARGISNULL(argument))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("k must not be null")));
	k = PG_GETARG_INT32(argument);
	if (k < 1)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("k must be at least 1, not %d", k)));
	return k;
}

char *
RecalOptionalText(FunctionCallInfo fcinfo, int argument)
{
	return PG_ARGISNULL(argument) ? NULL : text_to_cstring(PG_GETARG_TEXT_PP(argument));
}

Datum *
RecalArrayElements(FunctionCallInfo fcinfo, int argument, const char *what, Oid *type,
				   int *count)
{
	ArrayType  *array;
	int16		typlen;
	bool		typbyval;
	char		typalign;
	Datum	   *elements;
	bool	   *nulls;

	if (PG_ARGISNULL(argument))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("%s must not be a null array", what),
				 errhint("Write ARRAY(SELECT ...), which gives an empty array where there are no rows; array_agg gives null.")));
	array = PG_GETARG_ARRAYTYPE_P(argument);
	*type = ARR_ELEMTYPE(array);
	get_typlenbyvalalign(*type, &typlen, &typbyval, &typalign);
	deconstruct_array(array, *type, typlen, typbyval, typalign, &elements, &nulls, count);

	for (int i = 0; i < *count; i++)
		if (nulls[i])
			ereport(ERROR,
					(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
					 errmsg("%s must not contain nulls", what),
					 errhint("Filter them out: ARRAY(SELECT ... WHERE id IS NOT NULL).")));
	return elements;
}

int32 *
RecalArrayPositions(FunctionCallInfo fcinfo, int argument, const char *what,
					const RecalStatement *statement, int *count)
{
	Oid			type;
	Datum	   *elements = RecalArrayElements(fcinfo, argument, what, &type, count);
	int32	   *positions = recal_palloc_array(int32, Max(*count, 1));

	for (int i = 0; i < *count; i++)
	{
		RecalId		id = RecalIdFromArgument(elements[i], type, &statement->columns.item_type,
											 what);

		positions[i] = (int32) RecalServedFind(statement->served, &id);
	}
	return positions;
}
