/*
 * select.c
 *		recal_select_uncertain and recal_select_uncertain_for: the questions whose
 *		answers would teach most.
 */
#include "postgres.h"

#include <math.h>

#include "executor/spi.h"
#include "fmgr.h"
#include "funcapi.h"
#include "utils/builtins.h"
#include "utils/memutils.h"

#include "recal_arguments.h"
#include "recal_batch.h"
#include "recal_compat.h"
#include "recal_questions.h"
#include "recal_train.h"

#define DEFAULT_PER_USER 5

static float
ThresholdArgument(FunctionCallInfo fcinfo, int argument)
{
	float		threshold = PG_ARGISNULL(argument) ? 0 : PG_GETARG_FLOAT4(argument);

	if (!(threshold >= 0))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("threshold must be at least 0, not %g", threshold),
				 errdetail("It is the least standard deviation of a score that is worth a question.")));
	return threshold;
}

static void
PutQuestions(ReturnSetInfo *rsinfo, const RecalHistories *histories,
			 const RecalQuestion *questions, int n)
{
	TupleDesc	desc = rsinfo->setDesc;
	MemoryContext context = AllocSetContextCreate(CurrentMemoryContext, "recal row",
												  ALLOCSET_SMALL_SIZES);

	for (int i = 0; i < n; i++)
	{
		MemoryContext old = MemoryContextSwitchTo(context);
		RecalId		user = RecalIdTableGet(&histories->users, questions[i].user);
		RecalId		item = RecalServedId(histories->served, questions[i].position);
		Datum		values[5];
		bool		nulls[5] = {false};

		values[0] = RecalIdToDatum(&user, TupleDescAttr(desc, 0)->atttypid, "user_id");
		values[1] = RecalIdToDatum(&item, TupleDescAttr(desc, 1)->atttypid, "item_id");
		values[2] = Float4GetDatum(questions[i].score);
		values[3] = Float4GetDatum(questions[i].uncertainty);
		values[4] = Float4GetDatum(questions[i].gain);
		tuplestore_putvalues(rsinfo->setResult, desc, values, nulls);
		MemoryContextSwitchTo(old);
		MemoryContextReset(context);
	}
	MemoryContextDelete(context);
}

/* users and items are the numbers of array arguments, or -1; n and those after it follow */
static Datum
SelectUncertain(FunctionCallInfo fcinfo, const char *function, int users_argument,
				int items_argument, int n_argument)
{
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
	int			n = RecalCountArgument(fcinfo, n_argument, "n");
	RecalQuestionOptions options = {.floor = -INFINITY};
	bool		everybody = users_argument < 0 || PG_ARGISNULL(users_argument);
	int			per_user = everybody ? DEFAULT_PER_USER : n;
	RecalStatement *statement;
	const RecalOptions *defined;
	MemoryContext context;
	MemoryContext old;
	RecalHistories histories;
	RecalQuestion *questions;
	RecalId    *ids;
	int			nids;
	int32	   *candidates;
	int64		ncandidates;
	int32	   *shown;
	int64		nshown;
	int			count;

	options.strategy = PG_ARGISNULL(n_argument + 1) ? RECAL_STRATEGY_UNCERTAINTY :
		RecalStrategyNamed(RecalOptionalText(fcinfo, n_argument + 1));
	options.threshold = ThresholdArgument(fcinfo, n_argument + 2);
	if (!PG_ARGISNULL(n_argument + 4))
		per_user = RecalCountArgument(fcinfo, n_argument + 4, "per_user");
	statement = RecalStatementGet(fcinfo, RecalOptionalText(fcinfo, n_argument + 3));
	defined = &statement->served->definition->options;
	options.explore = defined->explore;
	options.seed = (uint64) defined->seed;

	InitMaterializedSRF(fcinfo, 0);
	RecalCheckOutputTypes(statement, TupleDescAttr(rsinfo->setDesc, 0)->atttypid,
						  TupleDescAttr(rsinfo->setDesc, 1)->atttypid,
						  "recal_select_uncertain_for(NULL::%s[], NULL::%s[], ...)");
	ids = RecalUserIds(fcinfo, users_argument, statement, &nids);
	candidates = RecalCandidates(fcinfo, items_argument, statement, &ncandidates);

	SPI_connect();
	context = AllocSetContextCreate(CurrentMemoryContext, "recal select uncertain",
									ALLOCSET_DEFAULT_SIZES);
	old = MemoryContextSwitchTo(context);
	RecalHistoriesRead(statement, function, ids, nids, RecalTrainMemory(), &histories);
	shown = RecalBatchShown(statement->served, candidates, ncandidates, &nshown);
	questions = RecalSelectQuestions(&histories, shown, nshown, n, per_user, &options, &count);
	PutQuestions(rsinfo, &histories, questions, count);
	MemoryContextSwitchTo(old);
	MemoryContextDelete(context);
	SPI_finish();
	return (Datum) 0;
}

PG_FUNCTION_INFO_V1(recal_select_uncertain);
Datum
recal_select_uncertain(PG_FUNCTION_ARGS)
{
	return SelectUncertain(fcinfo, "recal_select_uncertain", -1, -1, 0);
}

PG_FUNCTION_INFO_V1(recal_select_uncertain_for);
Datum
recal_select_uncertain_for(PG_FUNCTION_ARGS)
{
	return SelectUncertain(fcinfo, "recal_select_uncertain_for", 0, 1, 2);
}
