/*
 * feedback.c
 *		recal_feedback: what people answer.
 */
#include "postgres.h"

#include <math.h>

#include "executor/spi.h"
#include "fmgr.h"
#include "utils/builtins.h"

#include "recal_answers.h"
#include "recal_compat.h"
#include "recal_serve.h"

static RecalId
IdArgument(FunctionCallInfo fcinfo, int argument, const RecalIdType *column, const char *what)
{
	RecalId		id;
	Datum		value;

	if (PG_ARGISNULL(argument))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("%s must not be null", what),
				 errhint("An answer belongs to one user and one item.")));
	id = RecalIdFromArgument(PG_GETARG_DATUM(argument),
							 get_fn_expr_argtype(fcinfo->flinfo, argument), column, what);

	/* training would make a user or an item of it that no row can name */
	if (!RecalIdToColumn(&id, column, &value))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("%s %s is no value of type %s", what, RecalIdToCString(&id),
						format_type_be(column->type)),
				 errhint("The model's column is of that type.")));
	return id;
}

/* A rating has to be on the scale that people have used, once that is known. */
static void
CheckRating(const RecalStatement *statement, float value)
{
	if (!isfinite(value))
		ereport(ERROR,
				(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
				 errmsg("a rating must be a finite number, not %g", value),
				 errhint("NULL is \"can't say\".")));
	if (value < statement->min_rating || value > statement->max_rating)
		ereport(ERROR,
				(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
				 errmsg("rating %g is outside the scale of model \"%s\"", value,
						statement->model),
				 errdetail("The ratings it was trained with are from %g to %g.",
						   statement->min_rating, statement->max_rating),
				 errhint("NULL is \"can't say\". A wider scale counts once a row of the events uses it and the model is trained again.")));
}

/* NaN for "can't say" */
static float
ValueArgument(FunctionCallInfo fcinfo, int argument, const RecalStatement *statement)
{
	float		value;

	if (PG_ARGISNULL(argument))
		return NAN;
	value = PG_GETARG_FLOAT4(argument);
	if (statement->definition->objective == RECAL_EXPLICIT)
	{
		CheckRating(statement, value);
		return value;
	}
	if (!(value >= 0 && value <= 1))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("an answer must be between 0 and 1, not %g", value),
				 errhint("1 is yes, 0 is no, and NULL is \"can't say\".")));
	return value;
}

/*
 * Where row-level security hides people's rows from the caller, it hides the
 * people too: who has no row to show cannot be spoken for.
 */
static void
CheckUserVisible(const RecalStatement *statement, const RecalId *user)
{
	const RecalDefinition *definition = statement->definition;
	Oid			type = statement->columns.user_type.base;
	Datum		parameter;
	bool		visible;
	int			result;

	if (!statement->row_security)
		return;
	(void) RecalIdToColumn(user, &statement->columns.user_type, &parameter);
	SPI_connect();
	result = SPI_execute_with_args(psprintf("SELECT FROM %s WHERE %s OPERATOR(pg_catalog.=) $1 LIMIT 1",
											RecalQualifiedName(definition->events_schema,
															   definition->events_name),
											quote_identifier(definition->user_column)),
								   1, &type, &parameter, NULL, true, 1);
	if (result != SPI_OK_SELECT)
		elog(ERROR, "looking for a user's rows failed: %s", SPI_result_code_string(result));
	visible = SPI_processed > 0;
	SPI_finish();
	if (!visible)
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("role \"%s\" may not answer for user %s of model \"%s\"",
						GetUserNameFromId(GetUserId(), false), RecalIdToCString(user),
						statement->model),
				 errdetail("Row-level security applies to the current user on the events, and shows no row of that user.")));
}

PG_FUNCTION_INFO_V1(recal_feedback);
Datum
recal_feedback(PG_FUNCTION_ARGS)
{
	RecalStatement *statement;
	RecalId		user;
	RecalId		item;
	float		value;

	PreventCommandIfReadOnly("recal_feedback()");
	statement = RecalStatementGetUntrained(fcinfo, PG_ARGISNULL(3) ? NULL :
										   text_to_cstring(PG_GETARG_TEXT_PP(3)));
	user = IdArgument(fcinfo, 0, &statement->columns.user_type, "user_id");
	item = IdArgument(fcinfo, 1, &statement->columns.item_type, "item_id");
	value = ValueArgument(fcinfo, 2, statement);
	CheckUserVisible(statement, &user);
	RecalAnswerStore(statement->model, &user, &item, value);
	PG_RETURN_VOID();
}
