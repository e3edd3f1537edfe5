/*
 * ranker_rows.c
 *		What the ranker is trained and judged on: rows in order of time, those that
 *		it is to find, and factorizations that have not seen them.
 */
#include "postgres.h"

#include <math.h>

#include "miscadmin.h"

#include "recal_als.h"
#include "recal_compat.h"
#include "recal_factorize.h"
#include "recal_rank.h"
#include "recal_rng.h"
#include "recal_serve.h"
#include "recal_weights.h"

#define STREAM_HALVES	0x72616e6b68616c

/* scores that judging may take: users times items */
#define JUDGE_SCORES	3e8
#define MIN_JUDGED		1000

/* with a larger share of the users being judges, each half of them is left out in turn */
#define MAX_LEFT_OUT	.5

#define SORTED_AT_ONCE	65536

typedef struct TimedPair
{
	double		time;
	int64		pair;			/* by user, then item */
} TimedPair;

/* Of one time, by user and item; within a user as recal_history_sort has it. */
static int
ComparePairs(const void *a, const void *b)
{
	const TimedPair *x = a;
	const TimedPair *y = b;

	if (x->time != y->time)
		return x->time < y->time ? -1 : 1;
	return (x->pair > y->pair) - (x->pair < y->pair);
}

static void
Merge(const TimedPair *from, int64 begin, int64 middle, int64 end, TimedPair *to)
{
	int64		left = begin;
	int64		right = middle;

	for (int64 i = begin; i < end; i++)
		if (right == end || (left < middle && ComparePairs(&from[left], &from[right]) <= 0))
			to[i] = from[left++];
		else
			to[i] = from[right++];
}

/* In pieces, between which it can be interrupted; returns one of the arrays. */
static TimedPair *
SortPairs(TimedPair *pairs, TimedPair *other, int64 n)
{
	for (int64 begin = 0; begin < n; begin += SORTED_AT_ONCE)
	{
		CHECK_FOR_INTERRUPTS();
		qsort(pairs + begin, Min(SORTED_AT_ONCE, n - begin), sizeof(TimedPair), ComparePairs);
	}
	for (int64 width = SORTED_AT_ONCE; width < n; width *= 2)
	{
		TimedPair  *sorted = other;

		for (int64 begin = 0; begin < n; begin += 2 * width)
		{
			CHECK_FOR_INTERRUPTS();
			Merge(pairs, begin, Min(begin + width, n), Min(begin + 2 * width, n), sorted);
		}
		other = pairs;
		pairs = sorted;
	}
	return pairs;
}

static int32
UserOfPair(const RecalCsr *rows, int64 pair)
{
	int64		low = 0;
	int64		high = rows->nrows - 1;

	while (low < high)
	{
		int64		middle = (low + high + 1) / 2;

		if (rows->offsets[middle] <= pair)
			low = middle;
		else
			high = middle - 1;
	}
	return (int32) low;
}

void
RecalRankerRows(RecalRankerRun *run)
{
	const RecalMatrix *matrix = run->matrix;
	const RecalCsr *csr = &matrix->by_user;
	TimedPair  *pairs = RecalAllocArray(sizeof(TimedPair), matrix->nnz);
	TimedPair  *other = RecalAllocArray(sizeof(TimedPair), matrix->nnz);
	TimedPair  *sorted;
	int32	   *users;
	int32	   *items;
	double	   *times;
	int64		n = 0;

	for (int64 j = 0; j < matrix->nnz; j++)
		if (csr->confidences[j] > 0 && isfinite(matrix->pair_time[j]))
			pairs[n++] = (TimedPair) {matrix->pair_time[j], j};
	sorted = SortPairs(pairs, other, n);
	users = RecalAllocArray(sizeof(int32), n);
	items = RecalAllocArray(sizeof(int32), n);
	times = RecalAllocArray(sizeof(double), n);
	run->pairs = RecalAllocArray(sizeof(int64), n);
	run->newest = RecalAllocArray(sizeof(int64), matrix->nusers);
	memset(run->newest, -1, sizeof(int64) * matrix->nusers);
	for (int64 i = 0; i < n; i++)
	{
		if ((i & 0xFFFF) == 0)
			CHECK_FOR_INTERRUPTS();
		run->pairs[i] = sorted[i].pair;
		times[i] = sorted[i].time;
		items[i] = csr->columns[sorted[i].pair];
		users[i] = UserOfPair(csr, sorted[i].pair);
		run->newest[users[i]] = i;
	}
	pfree(pairs);
	pfree(other);
	run->rows = (RecalRankRows) {n, matrix->nusers, matrix->nitems, users, items, times};
}

static int
CompareQueries(const void *a, const void *b)
{
	int64		x = ((const RecalRankQuery *) a)->row;
	int64		y = ((const RecalRankQuery *) b)->row;

	return (x > y) - (x < y);
}

/*
 * Who judges: the users that a network would be judged by, with the same rows,
 * so that both can be compared user by user.
 */
void
RecalRankerQueries(RecalRankerRun *run)
{
	RecalNetworkRun *held = &run->held;
	int64		most;

	held->matrix = run->matrix;
	held->work = run->work;
	held->network = &run->held_network;
	held->context = run->context;
	held->results = run->context;
	held->shape.d = run->d;
	held->shape.nitems = run->matrix->nitems;
	held->warm = run->network->warm;
	run->held_network.model = run->ranker->model;
	run->held_network.seed = run->ranker->seed;
	RecalNetworkHistories(held);
	if (!RecalNetworkHoldOut(held))
		held->nvalid = 0;
	most = (int64) Max(MIN_JUDGED, JUDGE_SCORES / (double) run->matrix->nitems);
	most = Min(most, held->nvalid);
	run->queries = RecalAllocArray(sizeof(RecalRankQuery), most);
	for (int64 v = 0, taken = 0; v < held->nvalid; v++)
	{
		int64		user = held->valid_user[v];
		int64		row = run->newest[user];
		int32		item = held->items[run->matrix->by_user.offsets[user] +
									   held->valid_length[v]];

		/* evenly, if not all */
		if (v * most / held->nvalid < taken)
			continue;
		taken++;
		if (row < 0 || run->rows.items[row] != item)
			continue;
		run->queries[run->nqueries].row = row;
		run->queries[run->nqueries].judge = v;
		run->queries[run->nqueries++].half =
			(int) (recal_rng_bits((uint64_t) run->ranker->seed, STREAM_HALVES,
								  (uint64_t) user) & 1);
	}
	qsort(run->queries, run->nqueries, sizeof(RecalRankQuery), CompareQueries);
}

/*
 * What it learns from: without anything of those who judge it, if enough others
 * are left.
 */
void
RecalRankerTargets(RecalRankerRun *run, int64 max)
{
	int64	   *work = RecalAllocArray(sizeof(int64) * 2, run->rows.nusers);
	bool	   *judges;
	int64		users = 0;
	int64		n = 0;

	run->targets = RecalAllocArray(sizeof(int64), Min(max, run->rows.n));
	run->ntargets = recal_rank_choose_targets(&run->rows, max, (uint64_t) run->ranker->seed,
											  work, run->targets);
	pfree(work);
	for (int64 u = 0; u < run->rows.nusers; u++)
		users += run->newest[u] >= 0;
	run->ranker->nfolds = run->nqueries > MAX_LEFT_OUT * users ? 2 : 1;
	if (run->ranker->nfolds > 1)
		return;
	judges = palloc_extended(Max(run->rows.nusers, 1), MCXT_ALLOC_HUGE | MCXT_ALLOC_ZERO);
	for (int64 q = 0; q < run->nqueries; q++)
		judges[run->rows.users[run->queries[q].row]] = true;
	for (int64 t = 0; t < run->ntargets; t++)
		if (!judges[run->rows.users[run->targets[t]]])
			run->targets[n++] = run->targets[t];
	run->ntargets = n;
	pfree(judges);
}

static void
FactorizeProgress(void *arg, const RecalProgress *progress)
{
	RecalRankerProgress(arg, progress->fraction);
}

/* Of a run that goes no further than its factorization */
static void
HeldProgress(void *arg, const RecalProgress *progress)
{
	RecalRankerProgress(arg, progress->fraction / RECAL_NET_FACTORIZE_SHARE);
}

/* Both factorizations; what is not to be seen by each, is left out of it. */
void
RecalRankerFactorize(RecalRankerRun *run)
{
	const RecalFactorization *work = run->work;
	RecalFactorization *beside = &run->beside;
	RecalFeatures *features = recal_palloc_array(RecalFeatures, 2);
	bool	   *out = palloc_extended(run->matrix->nnz, MCXT_ALLOC_HUGE | MCXT_ALLOC_ZERO);

	if (run->ranker->has_network)
	{
		run->held.held_items = run->network->judged->item_factors;
		run->held.valid_vectors = run->network->judged->factors;
	}
	else if (run->nqueries > 0)
	{
		run->begin = 0;
		run->end = .1;
		run->held_network.progress = HeldProgress;
		run->held_network.progress_arg = run;
		RecalNetworkFactorize(&run->held);
	}
	run->begin = .1;
	run->end = .2;
	*beside = (RecalFactorization)
	{
		.factors = work->factors,
		.epochs = work->epochs,
		.as = work,
		.seed = work->seed,
		.progress = FactorizeProgress,
		.progress_arg = run
	};
	RecalFactorizationFeatures(work, false, features, beside);
	for (int64 t = 0; t < run->ntargets; t++)
		out[run->pairs[run->targets[t]]] = true;
	RecalMatrixWithout(run->matrix, out, run->ntargets, &run->train);
	pfree(out);
	RecalFactorize(&run->train, beside);
}

/* A user's pairs before one of them; returns their number. */
static int64
PairsBefore(const RecalMatrix *matrix, int64 user, int64 pair, RecalTimed *timed)
{
	const RecalCsr *rows = &matrix->by_user;
	double		time = matrix->pair_time[pair];
	int64		n = 0;

	for (int64 j = rows->offsets[user]; j < rows->offsets[user + 1]; j++)
	{
		double		other = matrix->pair_time[j];

		if (other > time || (other == time && j >= pair))
			continue;
		timed[n].time = other;
		timed[n].item = rows->columns[j];
		timed[n++].index = (int32) (j - rows->offsets[user]);
	}
	return n;
}

/* Users as serving would have known them before the rows that are to be found. */
void
RecalRankerFoldIn(RecalRankerRun *run)
{
	const RecalMatrix *matrix = run->matrix;
	const RecalCsr *rows = &matrix->by_user;
	const RecalFactorization *beside = &run->beside;
	int			d = run->d;
	float	   *prior = recal_palloc_array(float, d);
	float	   *work = RecalAllocAligned(CurrentMemoryContext,
										 sizeof(float) * recal_als_work_size(d));
	int64		longest = 1;
	RecalTimed *timed;
	float	   *gathered;
	float	   *confidences;
	RecalFoldInModel model = RecalTrainedFoldInModel(run->ranker->model, matrix, beside,
													 RecalMeanUser(beside, matrix->nusers));

	for (int64 t = 0; t < run->ntargets; t++)
	{
		int64		user = run->rows.users[run->targets[t]];

		longest = Max(longest, rows->offsets[user + 1] - rows->offsets[user]);
	}
	timed = RecalAllocArray(sizeof(RecalTimed), longest);
	confidences = RecalAllocArray(sizeof(float), longest);
	gathered = RecalAllocAligned(CurrentMemoryContext, mul_size(sizeof(float) * d, longest));
	run->vectors = RecalAllocAligned(CurrentMemoryContext,
									 mul_size(sizeof(float) * d, Max(run->ntargets, 1)));
	for (int64 t = 0; t < run->ntargets; t++)
	{
		int64		user = run->rows.users[run->targets[t]];
		int64		n = PairsBefore(matrix, user, run->pairs[run->targets[t]], timed);

		RecalRankerPoll(run);
		recal_history_sort(timed, n);
		for (int64 i = 0; i < n; i++)
		{
			confidences[i] = rows->confidences[rows->offsets[user] + timed[i].index];
			memcpy(gathered + i * d, beside->item_factors + (int64) timed[i].item * d,
				   sizeof(float) * d);
			timed[i].index = (int32) i;
		}
		recal_history_decay(timed, n, beside->history_decay_used, confidences);
		if (beside->features[RECAL_SIDE_USERS] != NULL)
			model.prior = RecalFeaturesPrior(beside->features[RECAL_SIDE_USERS], user, d, prior) ?
				prior : NULL;
		RecalFoldIn(&model, n, gathered, confidences, run->vectors + t * d, work);
	}
	pfree(timed);
	pfree(confidences);
	pfree(gathered);
	pfree(work);
}
