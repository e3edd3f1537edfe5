/*
 * recommend.c
 *		recal_recommend and its relatives: arguments in, pages out.
 */
#include "postgres.h"

#include <math.h>

#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "fmgr.h"
#include "funcapi.h"
#include "utils/builtins.h"

#include "recal_arguments.h"
#include "recal_blas.h"
#include "recal_compat.h"
#include "recal_rank_serve.h"
#include "recal_ranking.h"
#include "recal_serve.h"

/* Scores of the catalogue, or of candidates in ascending order of position. */
typedef struct Scores
{
	int64		n;
	float	   *score;
	int32	   *position;		/* NULL: the index is the position */
} Scores;

/* One call, from arguments to rows. */
typedef struct Request
{
	RecalStatement *statement;
	RecalServed *served;
	RecalUser  *user;
	RecalRankedUser *ranked;		/* or NULL: the rows' scores are the scores */
	Scores		scores;
	int			k;
	bool		exclude_seen;
} Request;

static int32
PositionOf(const Scores *scores, int32 index)
{
	return scores->position ? scores->position[index] : index;
}

static void
ScoreCatalogue(Request *request)
{
	RecalServed *served = request->served;
	Scores	   *scores = &request->scores;

	scores->n = RecalServedCount(served);
	scores->position = NULL;
	scores->score = palloc_extended(sizeof(float) * scores->n, MCXT_ALLOC_HUGE);
	RecalServedScores(served, request->user->vector, scores->score);
}

/* Candidates come sorted and without duplicates. */
static void
ScorePositions(Request *request, int32 *positions, int64 n)
{
	RecalServed *served = request->served;
	Scores	   *scores = &request->scores;
	int			width = served->width;
	const int	batch = 1024;
	float	   *gathered;

	scores->n = n;
	scores->position = positions;
	scores->score = palloc_extended(sizeof(float) * Max(n, 1), MCXT_ALLOC_HUGE);
	if (request->ranked != NULL)
	{
		RecalRankScores(request->ranked, positions, n, scores->score);
		return;
	}
	gathered = RecalAllocAligned(CurrentMemoryContext, sizeof(float) * batch * width);
	for (int64 first = 0; first < n; first += batch)
	{
		int			rows = (int) Min(batch, n - first);

		CHECK_FOR_INTERRUPTS();
		RecalServedRows(served, positions + first, rows, gathered);
		recal_gemv(rows, width, gathered, width, request->user->vector, scores->score + first);
	}
	pfree(gathered);
}

static void
HideSeen(Request *request)
{
	const RecalUser *user = request->user;
	Scores	   *scores = &request->scores;

	if (!request->exclude_seen)
		return;
	if (scores->position == NULL)
	{
		for (int64 j = 0; j < user->nseen; j++)
			scores->score[user->seen[j]] = -INFINITY;
		return;
	}
	/* both lists ascend */
	for (int64 i = 0, j = 0; i < scores->n && j < user->nseen;)
	{
		if (scores->position[i] < user->seen[j])
			i++;
		else if (scores->position[i] > user->seen[j])
			j++;
		else
			scores->score[i++] = -INFINITY;
	}
}

static void
CheckOutputType(const RecalServed *served, Oid type)
{
	if (served->nitems > 0)
	{
		RecalId		id = RecalIdTableGet(&served->items, 0);

		/* integers are checked one by one, for their range */
		if (id.kind != RECAL_ID_INT || type == TEXTOID || type == UUIDOID || type == VARCHAROID)
			(void) RecalIdToDatum(&id, type, "item_id");
	}
}

/* Which path answered: features where either side has nothing else. */
static const char *
Source(const RecalServed *served, const RecalUser *user, int32 position)
{
	if (position >= served->nitems)
		return "content";
	if (user->personal)
		return "personal";
	return user->prior != NULL ? "content" : "cold";
}

/* The best that may be shown: by the ranker among candidates for the whole catalogue. */
static RecalScored *
SelectPage(Request *request, int *count)
{
	Scores	   *scores = &request->scores;

	HideSeen(request);
	if (request->ranked == NULL || scores->position != NULL)
		return RecalSelectShown(request->served, scores->score, scores->position, scores->n,
								request->k, count);
	return RecalRankPage(request->ranked, scores->score, request->k, &scores->position, count);
}

/* Everything after the user is known: score, select, return rows. */
static void
ReturnPage(FunctionCallInfo fcinfo, Request *request)
{
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
	RecalServed *served = request->served;
	RecalUser  *user = request->user;
	Oid			item_type = TupleDescAttr(rsinfo->setDesc, 1)->atttypid;
	int			count;
	RecalScored *top;
	float	   *y = palloc(sizeof(float) * served->width);

	top = SelectPage(request, &count);
	if (count > 0)
		RecalUserPosterior(served, user, CurrentMemoryContext);

	for (int i = 0; i < count; i++)
	{
		int32		position = PositionOf(&request->scores, top[i].index);
		RecalId		id = RecalServedId(served, position);
		Datum		values[5];
		bool		nulls[5] = {false};

		RecalServedRows(served, &position, 1, y);
		values[0] = Int32GetDatum(i + 1);
		values[1] = RecalIdToDatum(&id, item_type, "item_id");
		values[2] = Float4GetDatum(top[i].score);
		values[3] = Float4GetDatum(RecalUserUncertainty(served, user, y, position));
		values[4] = PointerGetDatum(cstring_to_text(Source(served, user, position)));
		tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, values, nulls);
	}
}

static void
BeginPage(FunctionCallInfo fcinfo, Request *request, int k_argument, int model_argument,
		  int seen_argument)
{
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;

	memset(request, 0, sizeof(Request));
	request->k = RecalPageSize(fcinfo, k_argument);
	request->exclude_seen = seen_argument < 0 || PG_ARGISNULL(seen_argument) ||
		PG_GETARG_BOOL(seen_argument);
	request->statement = RecalStatementGet(fcinfo, RecalOptionalText(fcinfo, model_argument));
	request->served = request->statement->served;
	InitMaterializedSRF(fcinfo, 0);
	CheckOutputType(request->served, TupleDescAttr(rsinfo->setDesc, 1)->atttypid);
}

/* The ranker's view of the user, where there is a ranker. */
static void
RankUser(Request *request, const RecalId *id, MemoryContext context)
{
	RecalRankMoment *moment = RecalRankMomentGet(request->statement);

	if (moment != NULL)
		request->ranked = RecalRankUserAt(request->served, moment, request->user, id, context);
}

static void
LoadUser(FunctionCallInfo fcinfo, Request *request, int user_argument, MemoryContext context)
{
	RecalStatement *statement = request->statement;
	RecalId		id;
	bool		known = !PG_ARGISNULL(user_argument);

	if (known)
		id = RecalIdFromArgument(PG_GETARG_DATUM(user_argument),
								 get_fn_expr_argtype(fcinfo->flinfo, user_argument),
								 &statement->columns.user_type, "user_id");
	request->user = RecalUserLoad(request->served, statement->relation, &statement->columns,
							   statement->select_list, known ? &id : NULL, context);
	RankUser(request, known ? &id : NULL, context);
}

/* The whole catalogue for one user. */
static Datum
RecommendAll(FunctionCallInfo fcinfo, int user_argument)
{
	MemoryContext context = CurrentMemoryContext;
	Request		request;

	BeginPage(fcinfo, &request, user_argument + 1, user_argument + 2, user_argument + 3);
	SPI_connect();
	LoadUser(fcinfo, &request, user_argument, context);
	ScoreCatalogue(&request);
	ReturnPage(fcinfo, &request);
	SPI_finish();
	return (Datum) 0;
}

PG_FUNCTION_INFO_V1(recal_recommend);
Datum
recal_recommend(PG_FUNCTION_ARGS)
{
	return RecommendAll(fcinfo, 0);
}

PG_FUNCTION_INFO_V1(recal_recommend_as);
Datum
recal_recommend_as(PG_FUNCTION_ARGS)
{
	return RecommendAll(fcinfo, 1);
}

PG_FUNCTION_INFO_V1(recal_recommend_candidates);
Datum
recal_recommend_candidates(PG_FUNCTION_ARGS)
{
	MemoryContext context = CurrentMemoryContext;
	Request		request;
	int			count;
	int64		known;
	int32	   *positions;

	BeginPage(fcinfo, &request, 1, 3, 4);
	positions = RecalArrayPositions(fcinfo, 2, "candidates", request.statement, &count);
	known = RecalSortPositions(positions, count);

	SPI_connect();
	LoadUser(fcinfo, &request, 0, context);
	ScorePositions(&request, positions, known);
	ReturnPage(fcinfo, &request);
	SPI_finish();
	return (Datum) 0;
}

PG_FUNCTION_INFO_V1(recal_recommend_for_items);
Datum
recal_recommend_for_items(PG_FUNCTION_ARGS)
{
	MemoryContext context = CurrentMemoryContext;
	Request		request;
	int			count;
	int32	   *positions;

	BeginPage(fcinfo, &request, 1, 2, -1);
	positions = RecalArrayPositions(fcinfo, 0, "items", request.statement, &count);
	SPI_connect();
	request.user = RecalUserFromItems(request.served, positions, count, context);
	RankUser(&request, NULL, context);
	ScoreCatalogue(&request);
	ReturnPage(fcinfo, &request);
	SPI_finish();
	return (Datum) 0;
}
