/*
 * statement.c
 *		What a serving function settles once a statement: which version is
 *		current, and whether the caller may read the behaviour rows.
 */
#include "postgres.h"

#include <math.h>

#include "access/xact.h"
#include "executor/spi.h"
#include "utils/memutils.h"
#include "utils/snapmgr.h"

#include "recal_compat.h"
#include "recal_rights.h"
#include "recal_serve.h"

/*
 * The same statement, user and state of the database: commands of this
 * transaction move curcid, everybody else's commits move the completion count.
 */
static bool
StillValid(const RecalStatement *statement, const char *model, Snapshot snapshot)
{
	if (statement->user != GetUserId() ||
		statement->started != GetCurrentStatementStartTimestamp() ||
		statement->curcid != snapshot->curcid ||
		statement->completed != snapshot->snapXactCompletionCount)
		return false;
	if (model == NULL || statement->model_argument == NULL)
		return model == statement->model_argument;
	return strcmp(model, statement->model_argument) == 0;
}

/* Resolves the definition of the version against today's catalogs and checks rights. */
static void
CheckReadable(RecalStatement *statement)
{
	const RecalServed *served = statement->served;
	const RecalDefinition *definition = statement->definition;
	MemoryContext old;
	char	   *select_list;

	SPI_connect();
	statement->relation = RecalResolveRelation(statement->model, "events",
											   definition->events_schema,
											   definition->events_name);
	RecalCheckReadable(statement->model, definition, &statement->row_security);
	select_list = RecalEventSelectList(statement->model, definition, statement->relation,
									   &statement->columns);
	old = MemoryContextSwitchTo(statement->context);
	statement->select_list = pstrdup(select_list);
	MemoryContextSwitchTo(old);
	if (served != NULL && statement->columns.item_type.kind == served->items.kind)
		RecalContentOpen(statement);
	SPI_finish();

	if (served != NULL && statement->columns.item_type.kind != served->items.kind)
		ereport(ERROR,
				(errcode(ERRCODE_DATATYPE_MISMATCH),
				 errmsg("column \"%s\" of the events of model \"%s\" has changed its type since the model was trained",
						definition->item_column, served->model),
				 errhint("Train the model again: CALL recal_train('%s').", served->model)));
}

/* The definition of the current version, or of the model before its first. */
static void
OpenUntrained(RecalStatement *statement, const char *name)
{
	RecalModel *model = RecalModelGet(name, false);
	RecalVersion *version = NULL;

	if (model->current_version > 0)
		version = RecalVersionGet(model->name, model->current_version);
	statement->model = model->name;
	statement->definition = RecalDefinitionCheck(model->name, version != NULL ?
												 version->definition : model->definition);
	statement->min_rating = statement->max_rating = NAN;
	if (version == NULL || version->facts == NULL)
		return;
	statement->min_rating = RecalJsonNumber(version->facts, "min_rating");
	statement->max_rating = RecalJsonNumber(version->facts, "max_rating");
}

static void
OpenServed(RecalStatement *statement, const char *name)
{
	/* a copy, for what is this statement's own */
	statement->served = palloc(sizeof(RecalServed));
	*statement->served = *RecalServeOpen(name, statement->context);
	statement->model = statement->served->model;
	statement->definition = statement->served->definition;
}

static RecalStatement *
StatementGet(FunctionCallInfo fcinfo, const char *model,
			 void (*open) (RecalStatement *statement, const char *name))
{
	RecalStatement *statement = fcinfo->flinfo->fn_extra;
	Snapshot	snapshot = GetActiveSnapshot();
	MemoryContext context;
	MemoryContext old;

	if (statement != NULL)
	{
		if (StillValid(statement, model, snapshot))
			return statement;
		fcinfo->flinfo->fn_extra = NULL;
		MemoryContextDelete(statement->context);
	}

	context = AllocSetContextCreate(fcinfo->flinfo->fn_mcxt, "recal statement",
									ALLOCSET_SMALL_SIZES);
	old = MemoryContextSwitchTo(context);
	statement = palloc0(sizeof(RecalStatement));
	statement->context = context;
	statement->user = GetUserId();
	statement->started = GetCurrentStatementStartTimestamp();
	statement->curcid = snapshot->curcid;
	statement->completed = snapshot->snapXactCompletionCount;
	statement->model_argument = model ? pstrdup(model) : NULL;
	open(statement, model);
	MemoryContextSwitchTo(old);
	CheckReadable(statement);

	/* only now: after an error nothing half-checked is left to be found */
	fcinfo->flinfo->fn_extra = statement;
	return statement;
}

RecalStatement *
RecalStatementGet(FunctionCallInfo fcinfo, const char *model)
{
	return StatementGet(fcinfo, model, OpenServed);
}

RecalStatement *
RecalStatementGetUntrained(FunctionCallInfo fcinfo, const char *model)
{
	return StatementGet(fcinfo, model, OpenUntrained);
}
