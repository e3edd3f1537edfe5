/*
 * recommend_all.c
 *		recal_recommend_all and recal_recommend_all_for: the pages of many users,
 *		to be put into a table.
 */
#include "postgres.h"

#include "executor/spi.h"
#include "fmgr.h"
#include "funcapi.h"
#include "utils/memutils.h"

#include "recal_arguments.h"
#include "recal_batch.h"
#include "recal_compat.h"
#include "recal_rank_serve.h"
#include "recal_train.h"

typedef struct Output
{
	ReturnSetInfo *rsinfo;
	const RecalServed *served;
	Oid			user_type;
	Oid			item_type;
	MemoryContext row_context;
} Output;

static void
PutPage(void *arg, const RecalId *user, const RecalScored *page, int n)
{
	const Output *output = arg;
	MemoryContext old = MemoryContextSwitchTo(output->row_context);
	Datum		values[4];
	bool		nulls[4] = {false};

	for (int i = 0; i < n; i++)
	{
		RecalId		item = RecalServedId(output->served, page[i].index);

		if (i == 0)
			values[0] = RecalIdToDatum(user, output->user_type, "user_id");
		values[1] = Int32GetDatum(i + 1);
		values[2] = RecalIdToDatum(&item, output->item_type, "item_id");
		values[3] = Float4GetDatum(page[i].score);
		tuplestore_putvalues(output->rsinfo->setResult, output->rsinfo->setDesc, values, nulls);
	}
	MemoryContextSwitchTo(old);
	MemoryContextReset(output->row_context);
}

/* users and items are the numbers of array arguments, or -1 */
static Datum
RecommendAll(FunctionCallInfo fcinfo, const char *function, int users_argument,
			 int items_argument, int k_argument)
{
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
	int			k = RecalPageSize(fcinfo, k_argument);
	RecalStatement *statement = RecalStatementGet(fcinfo,
												  RecalOptionalText(fcinfo, k_argument + 1));
	MemoryContext context;
	MemoryContext old;
	RecalHistories histories;
	Output		output = {.rsinfo = rsinfo, .served = statement->served};
	RecalId    *ids;
	int			nids;
	int32	   *candidates;
	int64		ncandidates;
	int32	   *shown;
	int64		nshown;

	InitMaterializedSRF(fcinfo, 0);
	output.user_type = TupleDescAttr(rsinfo->setDesc, 0)->atttypid;
	output.item_type = TupleDescAttr(rsinfo->setDesc, 2)->atttypid;
	RecalCheckOutputTypes(statement, output.user_type, output.item_type,
						  "recal_recommend_all_for(NULL::%s[], NULL::%s[], ...)");
	ids = RecalUserIds(fcinfo, users_argument, statement, &nids);
	candidates = RecalCandidates(fcinfo, items_argument, statement, &ncandidates);

	SPI_connect();
	context = AllocSetContextCreate(CurrentMemoryContext, "recal recommend all",
									ALLOCSET_DEFAULT_SIZES);
	output.row_context = AllocSetContextCreate(context, "recal row", ALLOCSET_SMALL_SIZES);
	old = MemoryContextSwitchTo(context);
	RecalHistoriesRead(statement, function, ids, nids, RecalTrainMemory(), &histories);
	histories.moment = RecalRankMomentGet(statement);
	shown = RecalBatchShown(statement->served, candidates, ncandidates, &nshown);
	RecalBatchRecommend(&histories, shown, nshown, k, PutPage, &output);
	MemoryContextSwitchTo(old);
	MemoryContextDelete(context);
	SPI_finish();
	return (Datum) 0;
}

PG_FUNCTION_INFO_V1(recal_recommend_all);
Datum
recal_recommend_all(PG_FUNCTION_ARGS)
{
	return RecommendAll(fcinfo, "recal_recommend_all", -1, -1, 0);
}

PG_FUNCTION_INFO_V1(recal_recommend_all_for);
Datum
recal_recommend_all_for(PG_FUNCTION_ARGS)
{
	return RecommendAll(fcinfo, "recal_recommend_all_for", 0, 1, 2);
}
