/*
 * ranker_judge.c
 *		Whether the ranker is worth serving: the newest row of some users, ranked in
 *		the whole catalogue by the ranker and by everything that is simpler.
 *
 * A user is judged by a net that was trained without any row of that user. Each
 * row is ranked with what was known just before it; rows are counted after that.
 */
#include "postgres.h"

#include <math.h>

#include "miscadmin.h"

#include "recal_blas.h"
#include "recal_compat.h"
#include "recal_factorize.h"
#include "recal_rank.h"
#include "recal_weights.h"

#define JUDGE_K			10

/*
 * What the ranker must have more than anything simple, in standard errors; putting
 * two simple rankings together is a little better where times say nothing, too, so
 * what is little must be sure
 */
#define MIN_GAIN		2.0
#define LITTLE			.1		/* of what it is compared with */
#define MIN_LITTLE_GAIN	4.0
#define RANK_BATCH		16		/* users scored together */
#define ROWS_PER_POLL	1024

/* what is in demand is looked up again after this part of the smallest half-life */
#define RECENT_PART		.1

typedef struct Judge
{
	RecalRankerRun *run;
	double	   *gains;			/* [nqueries × RECAL_NRANKED] */
	double	   *keys[RECAL_RANK_HALVES];	/* [nitems] in the order of the decayed counts */
	float	   *roots;			/* [nitems] 1 / √(n + 3) */
	float	   *popularity;		/* [nitems] rows of all but those to be found */
	bool	   *seen;			/* [nitems], all false between users */
	float	   *vectors;		/* [RANK_BATCH × d] */
	float	   *scores;			/* [RANK_BATCH × nitems] of the factorization */
	float	   *served;			/* the same with the network, where it is an input */
	float	   *features;		/* this and the next three are of the pool */
	float	   *gathered;
	float	   *shares;			/* of the network */
	float	   *overlaps;		/* of content */
	float	   *ranked;
	float	   *work;
	RecalScored recent[2 * RECAL_RANK_POOL_RECENT];
	int			nrecent;
	int64		recent_at;		/* row that recent is of, or -1 */
} Judge;

static double
GainOfRank(int64 rank)
{
	return rank < JUDGE_K ? 1 / log2((double) rank + 2) : 0;
}

/*
 * What it is worth to have the target where scores put it among what the user
 * has not had; of equal scores the lower number comes first. With weights,
 * scores are multiplied by them.
 */
static double
Gain(const float *scores, const float *weights, const bool *seen, int64 nitems, int32 target)
{
	float		least = weights != NULL ? scores[target] * weights[target] : scores[target];
	int64		before = 0;

	for (int64 i = 0; i < nitems; i++)
	{
		float		score = weights != NULL ? scores[i] * weights[i] : scores[i];

		before += (!seen[i]) & ((score > least) | ((score == least) & (i < target)));
	}
	return GainOfRank(before);
}

static double
GainOfKeys(const double *keys, const bool *seen, int64 nitems, int32 target)
{
	double		least = keys[target];
	int64		before = 0;

	for (int64 i = 0; i < nitems; i++)
		before += (!seen[i]) & ((keys[i] > least) | ((keys[i] == least) & (i < target)));
	return GainOfRank(before);
}

static void
BeginJudge(Judge *judge, RecalRankerRun *run)
{
	const RecalCsr *csr = &run->matrix->by_user;
	int64		nitems = run->matrix->nitems;

	memset(judge, 0, sizeof(Judge));
	judge->run = run;
	judge->gains = RecalAllocArray(sizeof(double) * RECAL_NRANKED, run->nqueries);
	memset(judge->gains, 0, sizeof(double) * RECAL_NRANKED * run->nqueries);
	judge->roots = RecalAllocArray(sizeof(float), nitems);
	judge->popularity = RecalAllocArray(sizeof(float), nitems);
	judge->seen = RecalAllocArray(sizeof(bool), nitems);
	memset(judge->seen, 0, nitems);
	memset(judge->popularity, 0, sizeof(float) * nitems);
	for (int h = 0; h < RECAL_RANK_HALVES; h++)
	{
		judge->keys[h] = RecalAllocArray(sizeof(double), nitems);
		for (int64 i = 0; i < nitems; i++)
			judge->keys[h][i] = -INFINITY;
	}
	for (int64 i = 0; i < nitems; i++)
		judge->roots[i] = 1 / sqrtf(3);
	for (int64 j = 0; j < csr->offsets[csr->nrows]; j++)
		judge->popularity[csr->columns[j]] += csr->confidences[j] > 0;
	for (int64 q = 0; q < run->nqueries; q++)
		judge->popularity[run->rows.items[run->queries[q].row]]--;
	judge->vectors = RecalAllocAligned(CurrentMemoryContext, sizeof(float) * RANK_BATCH * run->d);
	judge->scores = RecalAllocAligned(CurrentMemoryContext,
									  mul_size(sizeof(float) * RANK_BATCH, nitems));
	if (run->network_vectors != NULL)
		judge->served = RecalAllocAligned(CurrentMemoryContext,
										  mul_size(sizeof(float) * RANK_BATCH, nitems));
	judge->shares = RecalAllocArray(sizeof(float), RECAL_RANK_POOL);
	judge->overlaps = RecalAllocArray(sizeof(float), 2 * RECAL_RANK_POOL);
	judge->features = RecalAllocAligned(CurrentMemoryContext, sizeof(float) * RECAL_RANK_POOL *
										RECAL_RANK_NFEATURES);
	judge->gathered = RecalAllocAligned(CurrentMemoryContext,
										sizeof(float) * RECAL_RANK_POOL * run->d);
	judge->ranked = RecalAllocAligned(CurrentMemoryContext, sizeof(float) * RECAL_RANK_POOL);
	judge->work = RecalAllocAligned(CurrentMemoryContext, sizeof(float) *
									recal_rank_score_work_size(RECAL_RANK_POOL));
	judge->recent_at = -1;
}

static void
ScoreUsers(Judge *judge, int64 first, int n, const float *vectors, const float *items,
		   float *scores)
{
	RecalRankerRun *run = judge->run;
	int			nitems = (int) run->matrix->nitems;

	for (int i = 0; i < n; i++)
		memcpy(judge->vectors + i * run->d, vectors + run->queries[first + i].judge * run->d,
			   sizeof(float) * run->d);
	CHECK_FOR_INTERRUPTS();
	recal_gemm_nt(n, nitems, run->d, 1, judge->vectors, run->d, items, run->d, 0, scores, nitems);
}

/* Scores for the users whose turn comes next */
static void
ScoreBatch(Judge *judge, int64 first)
{
	RecalRankerRun *run = judge->run;
	const RecalNetworkJudged *judged = run->network->judged;
	int			n = (int) Min(RANK_BATCH, run->nqueries - first);
	int64		nitems = run->matrix->nitems;

	ScoreUsers(judge, first, n, run->held.valid_vectors, run->held.held_items, judge->scores);
	if (judge->served == NULL)
		return;
	ScoreUsers(judge, first, n, judged->vectors, judged->outputs, judge->served);
	for (int i = 0; i < n; i++)
		for (int64 item = 0; item < nitems; item++)
			judge->served[i * nitems + item] += judged->biases[item] +
				run->network->blend * judge->scores[i * nitems + item];
}

/* Marks what the user has, or had before and does not like, but for what is to be found. */
static void
MarkSeen(Judge *judge, int32 user, int32 target, bool value)
{
	const RecalCsr *csr = &judge->run->matrix->by_user;

	for (int64 j = csr->offsets[user]; j < csr->offsets[user + 1]; j++)
		judge->seen[csr->columns[j]] = value;
	judge->seen[target] = false;
}

/* What the network says of a pool; NULL where it is no input */
static const float *
Shares(Judge *judge, const RecalRankQuery *query, int n, const int32 *pool)
{
	const RecalRankerRun *run = judge->run;
	const RecalNetworkJudged *judged = run->network->judged;

	if (run->network_vectors == NULL)
		return NULL;
	RecalRankerNetworkScores(&(RecalRankerScores) {run->d, judged->outputs, judged->biases},
							 judged->vectors + query->judge * run->d, n, pool, judge->shares);
	return judge->shares;
}

/* The ranker's pool is ranked by it, the rest comes behind; scores are what it is made by. */
static double
RankPool(Judge *judge, const RecalRankQuery *query, float *scores, int32 target)
{
	RecalRankerRun *run = judge->run;
	const RecalRankNet *net = run->nets[query->half];
	const RecalCounters *c = &run->counters;
	int64		nitems = run->matrix->nitems;
	RecalScored best[RECAL_RANK_POOL_FACTORS];
	int32		pool[RECAL_RANK_POOL];
	int			nbest = 0;
	int			n;
	int			at = -1;
	int64		before = 0;

	if (judge->recent_at < 0 ||
		(double) (run->pass.at - judge->recent_at) > RECENT_PART * c->head->halves[0])
	{
		judge->nrecent = recal_counters_recent(c, RECAL_RANK_POOL_HALF,
											   2 * RECAL_RANK_POOL_RECENT, judge->recent,
											   RecalRankerPoll, run);
		judge->recent_at = run->pass.at;
	}
	for (int64 i = 0; i < nitems; i++)
		if (judge->seen[i])
			scores[i] = -INFINITY;
	recal_topk_push_block(best, &nbest, RECAL_RANK_POOL_FACTORS, scores, nitems, 0);
	recal_topk_sort(best, nbest);
	n = recal_rank_pool(&run->view, nbest, best, judge->nrecent, judge->recent, judge->seen, pool);
	for (int i = 0; i < n; i++)
	{
		memcpy(judge->gathered + (int64) i * run->d,
			   run->held.held_items + (int64) pool[i] * run->d, sizeof(float) * run->d);
		if (pool[i] == target)
			at = i;
	}
	if (at < 0)
		return GainOfRank(n);
	recal_rank_features(&run->view, n, pool, judge->gathered, Shares(judge, query, n, pool),
						RecalRankerOverlaps(run, &run->view.user, n, pool, judge->overlaps),
						judge->features);
	recal_rank_score(net, n, judge->features, judge->ranked, judge->work);
	for (int i = 0; i < n; i++)
		before += judge->ranked[i] > judge->ranked[at] ||
			(judge->ranked[i] == judge->ranked[at] && i < at);
	return isfinite(judge->ranked[at]) ? GainOfRank(before) : 0;
}

static void
JudgeUser(Judge *judge, int64 q)
{
	RecalRankerRun *run = judge->run;
	const RecalRankQuery *query = &run->queries[q];
	int32		user = run->rows.users[query->row];
	int32		target = run->rows.items[query->row];
	int64		nitems = run->matrix->nitems;
	double	   *gains = judge->gains + q * RECAL_NRANKED;
	float	   *scores = judge->scores + (q % RANK_BATCH) * nitems;
	float	   *recent_vectors = palloc(sizeof(float) * RECAL_RANK_SHORT * run->d);
	RecalRankUser state;

	if (q % RANK_BATCH == 0)
		ScoreBatch(judge, q);
	recal_rank_pass_user(&run->pass, user, &state);
	state.vector = run->held.valid_vectors + query->judge * run->d;
	for (int k = 0; k < Min(state.nrecent, RECAL_RANK_SHORT); k++)
		memcpy(recent_vectors + k * run->d,
			   run->held.held_items + (int64) state.recent[k] * run->d, sizeof(float) * run->d);
	recal_rank_view_user(&run->view, &state, run->rows.times[query->row], recent_vectors);
	pfree(recent_vectors);

	MarkSeen(judge, user, target, true);
	gains[RECAL_RANKED_FACTORIZATION] = Gain(scores, NULL, judge->seen, nitems, target);
	if (run->ranker->has_network)
		gains[RECAL_RANKED_NETWORK] = run->network->judged->ndcg[query->judge];
	gains[RECAL_RANKED_POPULARITY] = Gain(judge->popularity, NULL, judge->seen, nitems, target);
	for (int h = 0; h < RECAL_RANK_HALVES; h++)
		gains[RECAL_RANKED_RECENT + h] = GainOfKeys(judge->keys[h], judge->seen, nitems, target);
	for (int s = 0; s < 2; s++)
	{
		gains[RECAL_RANKED_AFTER + s] = Gain(run->view.sums[s], judge->roots, judge->seen,
											 nitems, target);
		gains[RECAL_RANKED_TOGETHER + s] = Gain(run->view.sums[2 + s], judge->roots, judge->seen,
												nitems, target);
	}
	gains[RECAL_RANKED_RANKER] = RankPool(judge, query, judge->served == NULL ? scores :
										  judge->served + (q % RANK_BATCH) * nitems, target);
	MarkSeen(judge, user, target, false);
}

/* Counts the next row. */
static void
Step(Judge *judge)
{
	RecalRankerRun *run = judge->run;
	int32		item = run->rows.items[run->pass.at];
	const RecalCountedItem *counted = &run->counters.items[item];

	recal_rank_pass_step(&run->pass);
	judge->roots[item] = 1 / sqrtf((float) counted->count + 3);

	/* the logarithm of what is left at any time, but for what is the same for all items */
	for (int h = 0; h < RECAL_RANK_HALVES; h++)
		judge->keys[h][item] = log2(counted->decayed[h]) +
			(double) counted->at / run->counters.head->halves[h];
}

/* Means, and what the ranker has more, paired by user */
static void
Summarize(const Judge *judge)
{
	RecalRanker *ranker = judge->run->ranker;
	double		n = (double) judge->run->nqueries;

	for (int m = 0; m < RECAL_NRANKED; m++)
	{
		double		total = 0;
		double		sum = 0;
		double		squares = 0;
		double		error;

		for (int64 q = 0; q < judge->run->nqueries; q++)
		{
			const double *gains = judge->gains + q * RECAL_NRANKED;
			double		difference = gains[RECAL_RANKED_RANKER] - gains[m];

			total += gains[m];
			sum += difference;
			squares += difference * difference;
		}
		error = n > 1 ? sqrt(Max(squares * n - sum * sum, 0) / (n - 1)) : 0;
		ranker->ndcg[m] = total / n;
		ranker->gain[m] = error > 0 ? sum / error : 0;
		ereport(DEBUG1,
				(errmsg_internal("recal: ranker: NDCG@10 of ranking %d is %.5f, the ranker's more by %.2f standard errors",
								 m, ranker->ndcg[m], ranker->gain[m])));
	}
}

void
RecalRankerJudge(RecalRankerRun *run)
{
	Judge	   *judge = palloc(sizeof(Judge));
	int64		q = 0;

	BeginJudge(judge, run);
	RecalRankerStart(run);
	while (run->pass.at < run->rows.n)
	{
		if (run->pass.at % ROWS_PER_POLL == 0)
			RecalRankerPoll(run);
		if (q < run->nqueries && run->queries[q].row == run->pass.at)
		{
			RecalRankerPoll(run);
			JudgeUser(judge, q++);
		}
		Step(judge);
	}
	Summarize(judge);
}

static bool
Beats(const RecalRanker *ranker, int m)
{
	double		more = ranker->ndcg[RECAL_RANKED_RANKER] - ranker->ndcg[m];

	/* the network is none of the simple ones, and one of its inputs */
	if (m == RECAL_RANKED_NETWORK)
		return !ranker->has_network || more > 0;
	return ranker->gain[m] >= (more < LITTLE * ranker->ndcg[m] ? MIN_LITTLE_GAIN : MIN_GAIN);
}

bool
RecalRankerWins(const RecalRanker *ranker)
{
	if (ranker->njudged == 0)
		return false;
	for (int m = RECAL_RANKED_RANKER + 1; m < RECAL_NRANKED; m++)
		if (!Beats(ranker, m))
			return false;
	return true;
}
