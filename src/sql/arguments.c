/*
 * arguments.c
 *		Arguments that several SQL functions take.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "fmgr.h"
#include "lib/stringinfo.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"

#include "recal_arguments.h"
#include "recal_compat.h"

int
RecalCountArgument(FunctionCallInfo fcinfo, int argument, const char *what)
{
	int			n;

	if (PG_ARGISNULL(argument))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("%s must not be null", what)));
	n = PG_GETARG_INT32(argument);
	if (n < 1)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("%s must be at least 1, not %d", what, n)));
	return n;
}

int
RecalPageSize(FunctionCallInfo fcinfo, int argument)
{
	return RecalCountArgument(fcinfo, argument, "k");
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

static const char *
KindType(RecalIdKind kind)
{
	switch (kind)
	{
		case RECAL_ID_INT:
			return "bigint";
		case RECAL_ID_UUID:
			return "uuid";
		case RECAL_ID_TEXT:
			break;
	}
	return "text";
}

static bool
Fits(RecalIdKind kind, Oid type)
{
	RecalIdType output;

	return RecalIdTypeOf(type, -1, &output) &&
		(output.kind == kind || output.base == TEXTOID || output.base == VARCHAROID);
}

void
RecalCheckOutputTypes(const RecalStatement *statement, Oid user_type, Oid item_type,
					  const char *call)
{
	RecalIdKind user_kind = statement->columns.user_type.kind;
	RecalIdKind item_kind = statement->served->items.kind;
	bool		user_fits = Fits(user_kind, user_type);

	if (user_fits && Fits(item_kind, item_type))
		return;
	ereport(ERROR,
			(errcode(ERRCODE_DATATYPE_MISMATCH),
			 errmsg("%s cannot be returned as type %s", user_fits ? "item_id" : "user_id",
					format_type_be(user_fits ? item_type : user_type)),
			 errdetail("Model \"%s\" has user ids of type %s and item ids of type %s.",
					   statement->served->model,
					   format_type_be(statement->columns.user_type.type),
					   format_type_be(statement->columns.item_type.type)),
			 errhint("Name types that fit: %s.",
					 psprintf(call, KindType(user_kind), KindType(item_kind)))));
}

RecalId *
RecalUserIds(FunctionCallInfo fcinfo, int argument, const RecalStatement *statement, int *count)
{
	Oid			type;
	Datum	   *elements;
	RecalId    *ids;

	*count = 0;
	if (argument < 0 || PG_ARGISNULL(argument))
		return NULL;
	elements = RecalArrayElements(fcinfo, argument, "users", &type, count);
	ids = recal_palloc_array(RecalId, Max(*count, 1));
	for (int i = 0; i < *count; i++)
		ids[i] = RecalIdFromArgument(elements[i], type, &statement->columns.user_type, "users");
	return ids;
}

int32 *
RecalCandidates(FunctionCallInfo fcinfo, int argument, const RecalStatement *statement, int64 *n)
{
	int32	   *positions;
	int			count;

	*n = 0;
	if (argument < 0 || PG_ARGISNULL(argument))
		return NULL;
	positions = RecalArrayPositions(fcinfo, argument, "items", statement, &count);
	*n = RecalSortPositions(positions, count);
	return positions;
}

RecalStrategy
RecalStrategyNamed(const char *name)
{
	int			strategy = recal_strategy_find(name);
	StringInfoData valid;

	if (strategy >= 0)
		return (RecalStrategy) strategy;
	initStringInfo(&valid);
	for (int i = 0; i < RECAL_NSTRATEGIES; i++)
		appendStringInfo(&valid, "%s%s", i > 0 ? ", " : "", recal_strategy_names[i]);
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("unrecognized strategy \"%s\"", name),
			 errhint("Valid strategies are: %s.", valid.data)));
}
