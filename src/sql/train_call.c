/*
 * train_call.c
 *		CALL recal_train().
 */
#include "postgres.h"

#include "executor/spi.h"
#include "fmgr.h"
#include "lib/stringinfo.h"
#include "miscadmin.h"
#include "nodes/parsenodes.h"
#include "utils/builtins.h"
#include "utils/memutils.h"
#include "utils/portal.h"
#include "utils/snapmgr.h"

#include "recal_compat.h"
#include "recal_rights.h"
#include "recal_train.h"

/* What went wrong in a CALL for all models. */
typedef struct Failures
{
	int			n;
	int			sqlstate;		/* of the first */
	StringInfoData names;
	StringInfoData details;
} Failures;

/* Names of the models that the caller may train, in order */
static List *
TrainableModels(void)
{
	List	   *names = NIL;
	ListCell   *cell;

	foreach(cell, RecalModelList())
	{
		RecalModel *model = lfirst(cell);

		if (RecalIsOwner(model))
			names = lappend(names, pstrdup(model->name));
	}
	return names;
}

/* Trains one of several; an error is noted, unless it concerns them all. */
static void
TrainOneOfAll(const char *name, Failures *failures, MemoryContext context)
{
	PG_TRY();
	{
		RecalTrainModel(name, true);
	}
	PG_CATCH();
	{
		ErrorData  *error;

		MemoryContextSwitchTo(context);
		error = CopyErrorData();
		if (error->sqlerrcode == ERRCODE_QUERY_CANCELED ||
			error->sqlerrcode == ERRCODE_OUT_OF_MEMORY)
			PG_RE_THROW();
		FlushErrorState();
		if (failures->n++ == 0)
			failures->sqlstate = error->sqlerrcode;
		appendStringInfo(&failures->names, "%s\"%s\"", failures->n > 1 ? ", " : "", name);
		appendStringInfo(&failures->details, "%s%s: %s", failures->n > 1 ? "\n" : "", name,
						 error->message);
		FreeErrorData(error);
	}
	PG_END_TRY();
}

static void
TrainAll(bool nonatomic)
{
	MemoryContext context = CurrentMemoryContext;
	List	   *names = TrainableModels();
	Failures	failures = {0};
	ListCell   *cell;

	if (names == NIL)
	{
		ereport(NOTICE,
				(errmsg("there is no model to train"),
				 errhint("Make one with recal_create_model; CALL recal_train() trains the models whose owner's privileges you have.")));
		return;
	}
	initStringInfo(&failures.names);
	initStringInfo(&failures.details);
	foreach(cell, names)
	{
		if (nonatomic)
			TrainOneOfAll(lfirst(cell), &failures, context);
		else
			RecalTrainModel(lfirst(cell), false);
	}
	if (failures.n > 0)
		ereport(ERROR,
				(errcode(failures.sqlstate),
				 errmsg_plural("training of %d of %d models failed: %s",
							   "trainings of %d of %d models failed: %s",
							   failures.n, failures.n, list_length(names), failures.names.data),
				 errdetail_internal("%s", failures.details.data),
				 errhint("The view recal_versions keeps each failure; the versions before stay in use.")));
}

PG_FUNCTION_INFO_V1(recal_train);
Datum
recal_train(PG_FUNCTION_ARGS)
{
	bool		nonatomic = fcinfo->context && IsA(fcinfo->context, CallContext) &&
		!((CallContext *) fcinfo->context)->atomic;
	char	   *name = NULL;

	/* an argument's memory may go with the transaction */
	if (!PG_ARGISNULL(0))
		name = MemoryContextStrdup(nonatomic ? PortalContext : CurrentMemoryContext,
								   text_to_cstring(PG_GETARG_TEXT_PP(0)));
	PreventCommandIfReadOnly("CALL recal_train()");

	SPI_connect_ext(nonatomic ? SPI_OPT_NONATOMIC : 0);
	if (name == NULL)
		TrainAll(nonatomic);
	else
	{
		RecalCheckOwner(RecalModelGet(name, false));
		RecalTrainModel(name, nonatomic);
	}
	SPI_finish();
	PG_RETURN_VOID();
}
