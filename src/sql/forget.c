/*
 * forget.c
 *		recal_forget_user: one person out of what is stored of a model.
 */
#include "postgres.h"

#include "fmgr.h"
#include "funcapi.h"
#include "utils/builtins.h"

#include "recal_arguments.h"
#include "recal_compat.h"
#include "recal_events.h"
#include "recal_forget.h"
#include "recal_rights.h"

/* The argument as the model's column has it now. */
static RecalId
UserArgument(FunctionCallInfo fcinfo, const RecalModel *model)
{
	RecalDefinition *definition = RecalDefinitionCheck(model->name, model->definition);
	Oid			events = RecalResolveRelation(model->name, "events", definition->events_schema,
											  definition->events_name);
	RecalEventColumns columns;

	(void) RecalEventSelectList(model->name, definition, events, &columns);
	return RecalIdFromArgument(PG_GETARG_DATUM(0), get_fn_expr_argtype(fcinfo->flinfo, 0),
							   &columns.user_type, "user_id");
}

static void
PutRow(ReturnSetInfo *rsinfo, const char *what, int64 removed)
{
	Datum		values[2] = {CStringGetTextDatum(what), Int64GetDatum(removed)};
	bool		nulls[2] = {false};

	tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, values, nulls);
}

PG_FUNCTION_INFO_V1(recal_forget_user);
Datum
recal_forget_user(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
	RecalModel *model;
	RecalId		user;
	RecalForgotten forgotten;

	PreventCommandIfReadOnly("recal_forget_user()");
	if (PG_ARGISNULL(0))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("user_id must not be null"),
				 errhint("Name the one person who is to be forgotten.")));
	model = RecalLockOwnModel(RecalModelGet(RecalOptionalText(fcinfo, 1), false)->name);
	user = UserArgument(fcinfo, model);
	InitMaterializedSRF(fcinfo, 0);
	RecalForgetUser(model->name, &user, &forgotten);
	PutRow(rsinfo, "answers", forgotten.answers);
	PutRow(rsinfo, "ids", forgotten.ids);
	PutRow(rsinfo, "factors", forgotten.factors);
	return (Datum) 0;
}
