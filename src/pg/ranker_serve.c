/*
 * ranker_serve.c
 *		The ranker's part of serving: a user, a moment and items in, scores out.
 *
 * A view of the counters holds one user at a time, in memory as large as the
 * catalogue; so there is one for each set of counters, and it is turned to
 * another user when that one is asked about.
 */
#include "postgres.h"

#include <math.h>

#include "miscadmin.h"

#include "recal_blas.h"
#include "recal_compat.h"
#include "recal_history.h"
#include "recal_rank_serve.h"
#include "recal_workers.h"

#define BATCH 256				/* items whose features are computed together */
#define DEEPER 8				/* times, when a pool was not enough */

/* What explanations call them, by number. */
static const char *const feature_names[] = {
	"score of the factorization",
	"score of the network",
	"like the newest items together",
	"like one of the newest items",
	"how often chosen",
	"how long known",
	"time since last chosen",
	"in demand now",
	"in demand lately",
	"in demand for some time",
	"rising now",
	"rising lately",
	"rising for some time",
	"length of the history",
	"time since the last item",
	"taste for popular items",
	"taste for new items",
	"taste for items in demand",
	"content like the history",
	"content like the last item",
	"often follows the last item",
	"often follows the newest items",
	"often goes with the last item",
	"often goes with the newest items"
};

StaticAssertDecl(lengthof(feature_names) == RECAL_RANK_NFEATURES, "a name for each feature");

const char *
RecalRankFeatureName(RecalRankFeature feature)
{
	return feature_names[feature];
}

pg_noreturn static void
ErrorDamaged(const RecalServed *served, const char *part, const char *problem)
{
	ereport(ERROR,
			(errcode(ERRCODE_DATA_CORRUPTED),
			 errmsg("weights of model \"%s\", version %d, part \"%s\" are damaged",
					served->model, served->version, part),
			 errdetail("%s", problem),
			 errhint("Activate another version with recal_activate, or train the model again.")));
}

void
RecalRankMomentInit(RecalRankMoment *moment, void *memory, int d, double now,
					MemoryContext context)
{
	recal_counters_bind(&moment->counters, memory);
	moment->now = now;
	moment->ndemand = recal_counters_recent(&moment->counters, RECAL_RANK_POOL_HALF,
											RECAL_RANK_DEMAND, moment->demand,
											RecalPollInterrupts, NULL);
	recal_rank_view_bind(&moment->view, &moment->counters, d,
						 RecalAllocAligned(context,
										   recal_rank_view_bytes(moment->counters.head->nitems, d)));
	moment->viewed = 0;
}

static RecalFeatureRows *
LoadContent(const RecalServed *served)
{
	RecalFeatureRows *content = palloc(sizeof(RecalFeatureRows));
	Size		bytes;
	void	   *memory = RecalWeightsReadBytes(served->model, served->version, "ranker_content",
											   &bytes);
	const char *problem = recal_rank_content_check(memory, (int64) bytes, served->nitems);

	if (problem != NULL)
		ErrorDamaged(served, "ranker_content", problem);
	recal_rank_content_bind(content, memory);
	return content;
}

RecalServedRanker *
RecalRankerLoad(const RecalServed *served)
{
	RecalServedRanker *ranker = palloc0(sizeof(RecalServedRanker));
	const char *model = served->model;
	int			version = served->version;
	const char *problem;
	Size		bytes;

	ranker->net = (const RecalRankNet *)
		RecalWeightsReadFloats(model, version, "ranker_net", 1,
							   sizeof(RecalRankNet) / sizeof(float));
	problem = recal_rank_net_check(ranker->net);
	if (problem != NULL)
		ErrorDamaged(served, "ranker_net", problem);
	ranker->memory = RecalWeightsReadBytes(model, version, "ranker_counters", &bytes);
	ranker->bytes = (int64) bytes;
	problem = recal_counters_check(ranker->memory, ranker->bytes, served->nitems);
	if (problem != NULL)
		ErrorDamaged(served, "ranker_counters", problem);
	if (recal_rank_net_reads_content(ranker->net))
		ranker->content = LoadContent(served);
	RecalWeightsReadIds(model, version, "user_ids", &ranker->users);
	ranker->tastes = (const RecalTaste *)
		RecalWeightsReadFloats(model, version, "ranker_tastes", ranker->users.n,
							   sizeof(RecalTaste) / sizeof(float));
	RecalRankMomentInit(&ranker->trained, ranker->memory, served->factors, served->as_of,
						CurrentMemoryContext);
	return ranker;
}

bool
RecalRankerTaste(const RecalServedRanker *ranker, const RecalId *id, RecalTaste *taste)
{
	int64		position = id != NULL ? RecalIdTableFind(&ranker->users, id) : -1;

	memset(taste, 0, sizeof(RecalTaste));
	if (position >= 0)
		*taste = ranker->tastes[position];
	return position >= 0;
}

/*
 * A user's taste: as it was trained, or as the moment has it, moved by the user's
 * rows that are not in it. Times of a visit are now.
 */
static void
BringTaste(RecalRankedUser *ranked, const RecalTimed *timed, int64 n, const RecalId *id)
{
	const RecalRankMoment *moment = ranked->moment;
	int64		position = id != NULL && moment->users.n > 0 ?
		RecalIdTableFind(&moment->users, id) : -1;
	double		known;

	if (position >= 0)
	{
		ranked->user.taste = moment->tastes[position];
		known = moment->newest[position];
	}
	else
		known = RecalRankerTaste(ranked->served->ranker, id, &ranked->user.taste) ?
			ranked->served->as_of : -INFINITY;
	for (int64 j = n - 1; j >= 0; j--)
		if (timed[j].time > known)
			recal_taste_add(&ranked->user.taste, &moment->counters, timed[j].item,
							fmin(timed[j].time, ranked->now));
}

/* Factors of the newest items: read in ascending order, a block at a time. */
static void
GatherRecent(RecalRankedUser *ranked)
{
	RecalServed *served = ranked->served;
	int			d = served->factors;
	int			n = Min(ranked->user.nrecent, RECAL_RANK_SHORT);
	int32		sorted[RECAL_RANK_SHORT];
	float	   *gathered = RecalAllocAligned(CurrentMemoryContext, sizeof(float) * Max(n, 1) * d);

	memcpy(sorted, ranked->user.recent, sizeof(int32) * n);
	qsort(sorted, n, sizeof(int32), RecalComparePositions);
	RecalServedGather(served, sorted, n, gathered);
	for (int k = 0; k < n; k++)
	{
		const int32 *found = bsearch(&ranked->user.recent[k], sorted, n, sizeof(int32),
									 RecalComparePositions);

		memcpy(ranked->recent_vectors + k * d, gathered + (found - sorted) * d,
			   sizeof(float) * d);
	}
	pfree(gathered);
}

static void
AllocBatch(RecalRankedUser *ranked, MemoryContext context)
{
	const RecalServed *served = ranked->served;
	Size		row = sizeof(float) * BATCH;

	ranked->recent_vectors = RecalAllocAligned(context, sizeof(float) * RECAL_RANK_SHORT *
											   served->factors);
	ranked->items = MemoryContextAlloc(context, sizeof(int32) * 2 * BATCH);
	ranked->rows = RecalAllocAligned(context, row * served->width);
	ranked->vectors = ranked->rows;
	if (served->network)
	{
		ranked->vectors = RecalAllocAligned(context, row * served->factors);
		ranked->network = MemoryContextAlloc(context, row);
	}
	if (served->ranker->content != NULL)
	{
		ranked->overlaps = MemoryContextAlloc(context, 2 * row);
		ranked->dense = MemoryContextAllocZero(context, mul_size(sizeof(float),
																 Max(served->ranker->content->width, 1)));
	}
	ranked->features = RecalAllocAligned(context, row * RECAL_RANK_NFEATURES);
	ranked->work = RecalAllocAligned(context, sizeof(float) * recal_rank_score_work_size(BATCH));
}

RecalRankedUser *
RecalRankUserAt(RecalServed *served, RecalRankMoment *moment, const RecalUser *user,
				const RecalId *id, MemoryContext context)
{
	static uint64 last_number = 0;
	RecalRankedUser *ranked = MemoryContextAllocZero(context, sizeof(RecalRankedUser));
	RecalRankUser *state = &ranked->user;
	RecalTimed *timed = recal_palloc_array(RecalTimed, Max(user->npairs, 1));
	int64		n = 0;

	ranked->served = served;
	ranked->moment = moment;
	ranked->number = ++last_number;
	ranked->vector = user->vector;
	ranked->now = moment->now;
	AllocBatch(ranked, context);

	for (int64 j = 0; j < user->npairs; j++)
		if (RecalRankCounts(served, user->timed[j].item, user->confidence[user->timed[j].index],
							user->timed[j].time))
			timed[n++] = user->timed[j];
	if (n > 0 && isfinite(timed[0].time) && !(timed[0].time <= ranked->now))
		ranked->now = timed[0].time;
	state->nrows = n;
	state->last_time = n > 0 && isfinite(timed[0].time) ? timed[0].time : ranked->now;
	state->nrecent = (int) Min(n, RECAL_RANK_RECENT);
	for (int k = 0; k < state->nrecent; k++)
		state->recent[k] = timed[k].item;
	state->vector = user->factor;
	BringTaste(ranked, timed, n, id);
	GatherRecent(ranked);
	pfree(timed);
	return ranked;
}

/* Turns the moment's view to this user. */
static void
View(RecalRankedUser *ranked)
{
	RecalRankMoment *moment = ranked->moment;

	if (moment->viewed == ranked->number)
		return;
	recal_rank_view_user(&moment->view, &ranked->user, ranked->now, ranked->recent_vectors);
	moment->viewed = ranked->number;
}

/* ranked->features of at most BATCH items */
static void
Describe(RecalRankedUser *ranked, const int32 *positions, int n)
{
	RecalServed *served = ranked->served;
	int			d = served->factors;
	int			width = served->width;

	RecalServedRows(served, positions, n, ranked->rows);
	for (int i = 0; i < n && served->network; i++)
	{
		const float *row = ranked->rows + i * width;

		memcpy(ranked->vectors + i * d, row, sizeof(float) * d);
		ranked->network[i] = recal_dot(width - d, ranked->vector + d, row + d);
	}
	for (int i = 0; i < n; i++)
		ranked->items[i] = positions[i] < served->nitems ? positions[i] : -1;
	if (ranked->overlaps != NULL)
		recal_rank_overlaps(served->ranker->content, ranked->user.nrecent, ranked->user.recent, n,
							ranked->items, ranked->dense, ranked->overlaps);
	recal_rank_features(&ranked->moment->view, n, ranked->items, ranked->vectors,
						ranked->network, ranked->overlaps, ranked->features);
}

void
RecalRankScores(RecalRankedUser *ranked, const int32 *positions, int64 n, float *scores)
{
	int32	   *counted = ranked->items + BATCH;

	View(ranked);
	for (int64 first = 0; first < n; first += BATCH)
	{
		int			count = (int) Min(BATCH, n - first);

		if (first > 0)
			CHECK_FOR_INTERRUPTS();
		for (int i = 0; i < count && positions == NULL; i++)
			counted[i] = (int32) (first + i);
		Describe(ranked, positions != NULL ? positions + first : counted, count);
		recal_rank_score(ranked->served->ranker->net, count, ranked->features, scores + first,
						 ranked->work);
	}
}

void
RecalRankFeatures(RecalRankedUser *ranked, int32 position, float *features)
{
	View(ranked);
	Describe(ranked, &position, 1);
	memcpy(features, ranked->features, sizeof(float) * RECAL_RANK_NFEATURES);
}

int64
RecalRankPoolOf(RecalRankView *view, const RecalScored *best, int nbest,
				const RecalScored *demand, int ndemand, const bool *excluded, int32 *positions)
{
	int64		n = recal_rank_pool(view, nbest, best, ndemand, demand, excluded, positions);

	if (nbest <= RECAL_RANK_POOL_FACTORS)
		return n;
	for (int i = RECAL_RANK_POOL_FACTORS; i < nbest; i++)
		positions[n++] = best[i].index;
	return RecalSortPositions(positions, n);
}

int64
RecalRankPool(RecalRankedUser *ranked, const RecalScored *best, int nbest, const bool *excluded,
			  int32 *positions)
{
	RecalRankMoment *moment = ranked->moment;

	View(ranked);
	return RecalRankPoolOf(&moment->view, best, nbest, moment->demand, moment->ndemand, excluded,
						   positions);
}

RecalScored *
RecalRankPage(RecalRankedUser *ranked, const float *base, int k, int32 **positions, int *count)
{
	RecalServed *served = ranked->served;
	int64		n = RecalServedCount(served);
	bool	   *excluded = palloc_extended(Max(n, 1), MCXT_ALLOC_HUGE);

	for (int64 i = 0; i < n; i++)
		excluded[i] = base[i] == -INFINITY;
	for (int64 depth = RecalRankDepth(k);; depth *= DEEPER)
	{
		int			wanted = (int) Min(depth, n);
		int			nbest = 0;
		int64		npool;
		RecalScored *best = palloc_extended(sizeof(RecalScored) * Max(wanted, 1), MCXT_ALLOC_HUGE);
		RecalScored *page;
		float	   *scores;

		recal_topk_push_block(best, &nbest, wanted, base, n, 0);
		recal_topk_sort(best, nbest);
		*positions = palloc_extended(sizeof(int32) * (wanted + RECAL_RANK_POOL), MCXT_ALLOC_HUGE);
		npool = RecalRankPool(ranked, best, nbest, excluded, *positions);
		scores = palloc_extended(sizeof(float) * Max(npool, 1), MCXT_ALLOC_HUGE);
		RecalRankScores(ranked, *positions, npool, scores);
		page = RecalSelectShown(served, scores, *positions, npool, k, count);
		pfree(best);
		pfree(scores);
		if (*count == k || nbest < wanted || wanted == n)
		{
			pfree(excluded);
			return page;
		}
		pfree(page);
		pfree(*positions);
	}
}
