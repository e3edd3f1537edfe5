/*
 * moments.c
 *		The walk along liked rows in order of time, and what simple rankings make
 *		of it.
 *
 * A list that is made at some moment knows the rows before that moment, and none
 * of the same time, but those of its own user: they have an order everywhere
 * (recal_history.h).
 */
#include "postgres.h"

#include <math.h>

#include "miscadmin.h"

#include "recal_compat.h"
#include "recal_factorize.h"
#include "recal_moments.h"
#include "recal_rank.h"
#include "recal_serve.h"

#define PROBES			2000	/* training rows to choose the half-life by, of the newer half */
#define ROWS_PER_POLL	1024

/* what follows says more than what is near; and rows added to counts to divide by */
#define TOGETHER_WEIGHT .1f
#define COUNT_PRIOR		3.0f

/* Whether a ranker counts it, too */
static bool
Counts(const RecalMatrix *matrix, const bool *items, int64 pair)
{
	return matrix->by_user.confidences[pair] > 0 && isfinite(matrix->pair_time[pair]) &&
		(items == NULL || items[matrix->by_user.columns[pair]]);
}

static int64
CountLiked(const RecalMatrix *matrix, const bool *items)
{
	int64		n = 0;

	for (int64 j = 0; j < matrix->nnz; j++)
		n += Counts(matrix, items, j);
	return n;
}

/* Liked pairs that have a time, in order of it, of some items or (NULL) of all */
static void
ReadRows(const RecalMatrix *matrix, const bool *of, RecalRankRows *rows)
{
	const RecalCsr *pairs = &matrix->by_user;
	int64		n = CountLiked(matrix, of);
	RecalStreamRow *sorted = RecalAllocArray(sizeof(RecalStreamRow), n);
	int32	   *users = RecalAllocArray(sizeof(int32), n);
	int32	   *items = RecalAllocArray(sizeof(int32), n);
	double	   *times = RecalAllocArray(sizeof(double), n);
	int64		at = 0;

	for (int64 u = 0; u < matrix->nusers; u++)
		for (int64 j = pairs->offsets[u]; j < pairs->offsets[u + 1]; j++)
			if (Counts(matrix, of, j))
			{
				sorted[at].time = matrix->pair_time[j];
				sorted[at].user = (int32) u;
				sorted[at++].item = pairs->columns[j];
			}
	qsort(sorted, n, sizeof(RecalStreamRow), RecalCompareStreamRows);
	for (int64 i = 0; i < n; i++)
	{
		times[i] = sorted[i].time;
		users[i] = sorted[i].user;
		items[i] = sorted[i].item;
	}
	pfree(sorted);
	rows->n = n;
	rows->nusers = matrix->nusers;
	rows->nitems = matrix->nitems;
	rows->users = users;
	rows->items = items;
	rows->times = times;
}

/* Counters of nothing yet, and a pass at the first row; offsets are those of recal_counters_plan. */
static void
Start(const RecalRankRows *rows, int64 ntrain, const int64 *offsets, RecalCounters *counters,
	  RecalRankPass *pass)
{
	int64		nitems = rows->nitems;
	RecalRankRows train = *rows;

	train.n = ntrain;
	recal_counters_init(counters, nitems, offsets, ntrain, 0,
						ntrain > 0 ? RecalRankerSpan(&train) : 0,
						RecalAllocAligned(CurrentMemoryContext,
										  recal_counters_bytes(nitems, offsets[nitems])));
	recal_rank_pass_start(pass, rows, counters,
						  RecalAllocAligned(CurrentMemoryContext, recal_rank_pass_bytes(rows)));
}

static void
StepTo(RecalRankPass *pass, double time)
{
	while (pass->at < pass->rows->n && pass->rows->times[pass->at] < time)
	{
		if (pass->at % ROWS_PER_POLL == 0)
			CHECK_FOR_INTERRUPTS();
		recal_rank_pass_step(pass);
	}
}

/* Which of the half-lives ranks training rows best, each by the rows before it */
static int
ChooseHalf(const RecalRankRows *rows, int64 ntrain, int k)
{
	RecalRankRows train = *rows;
	int64		nitems = rows->nitems;
	int64	   *no_slots = RecalAllocArray(sizeof(int64), nitems + 1);
	float	   *scores = RecalAllocArray(sizeof(float), nitems);
	bool	   *seen = RecalAllocArray(sizeof(bool), nitems);
	RecalScored *heap = recal_palloc_array(RecalScored, k);
	RecalRankMetrics metrics[RECAL_RANK_HALVES] = {0};
	RecalCounters counters;
	RecalRankPass pass;
	int64		first = ntrain / 2;
	int64		n = Min(ntrain - first, PROBES);
	int			best = 0;

	train.n = ntrain;
	memset(no_slots, 0, sizeof(int64) * (nitems + 1));
	memset(seen, 0, nitems);
	Start(&train, ntrain, no_slots, &counters, &pass);
	for (int64 probe = 0; probe < n; probe++)
	{
		int64		row = first + probe * (ntrain - first) / n;
		int32		target = rows->items[row];

		CHECK_FOR_INTERRUPTS();
		StepTo(&pass, rows->times[row]);
		(void) recal_rank_pass_seen(&pass, rows->users[row], true, seen);
		for (int half = 0; half < RECAL_RANK_HALVES; half++)
		{
			for (int64 i = 0; i < nitems; i++)
				scores[i] = seen[i] ? -INFINITY :
					recal_counters_decayed(&counters, (int32) i, half);
			metrics[half].k = k;
			(void) recal_metrics_add_user(&metrics[half], scores, nitems, &target, 1, NULL, NULL,
										  heap);
		}
		(void) recal_rank_pass_seen(&pass, rows->users[row], false, seen);
	}
	for (int half = 1; half < RECAL_RANK_HALVES; half++)
		if (metrics[half].ndcg > metrics[best].ndcg ||
			(metrics[half].ndcg == metrics[best].ndcg && metrics[half].mrr > metrics[best].mrr))
			best = half;
	ereport(DEBUG1,
			(errmsg_internal("recal: recent popularity: NDCG@%d %.5f, %.5f, %.5f on " INT64_FORMAT " training rows by half-lives of %.0f, %.0f, %.0f rows",
							 k, metrics[0].ndcg / (double) Max(n, 1),
							 metrics[1].ndcg / (double) Max(n, 1),
							 metrics[2].ndcg / (double) Max(n, 1), n, counters.head->halves[0],
							 counters.head->halves[1], counters.head->halves[2])));
	pfree(no_slots);
	pfree(scores);
	pfree(seen);
	pfree(heap);
	return best;
}

void
RecalWalkBegin(RecalWalk *walk, const RecalHoldout *holdout, int k, int d, bool as_served)
{
	int64		nitems = holdout->train.nitems;
	int64		ntrain = CountLiked(&holdout->train, NULL);
	int64	   *counts = RecalAllocArray(sizeof(int64), nitems);
	int64	   *offsets = RecalAllocArray(sizeof(int64), nitems + 1);

	/* what live holds out comes after all that is trained on */
	walk->trained = as_served ? RecalMatrixItems(&holdout->train) : NULL;
	ReadRows(holdout->known != NULL ? &holdout->stream : &holdout->train, walk->trained,
			 &walk->rows);
	memset(counts, 0, sizeof(int64) * nitems);
	for (int64 row = 0; row < ntrain; row++)
		counts[walk->rows.items[row]]++;
	(void) recal_counters_plan(nitems, counts, RECAL_RANK_MAX_SLOTS, offsets);
	walk->since = as_served ? ntrain : -1;
	walk->half = as_served ? 0 : ChooseHalf(&walk->rows, ntrain, k);
	Start(&walk->rows, ntrain, offsets, &walk->counters, &walk->pass);
	walk->d = d;
	walk->recent_vectors = RecalAllocAligned(CurrentMemoryContext,
											 sizeof(float) * RECAL_RANK_SHORT * d);
	recal_rank_view_bind(&walk->view, &walk->counters, d,
						 RecalAllocAligned(CurrentMemoryContext, recal_rank_view_bytes(nitems, d)));
	pfree(counts);
	pfree(offsets);
}

void
RecalWalkTo(RecalWalk *walk, double time)
{
	const RecalRankRows *rows = &walk->rows;
	RecalRankPass *pass = &walk->pass;

	/* as ranker_live.c: what was done before the training is followed by nothing */
	if (walk->since >= 0 && walk->since < rows->n && rows->times[walk->since] < time)
	{
		StepTo(pass, rows->times[walk->since]);
		while (pass->at < walk->since)
			recal_rank_pass_step(pass);
		memset(pass->newest, -1, sizeof(int64) * rows->nusers);
		walk->since = -1;
	}
	StepTo(pass, time);
}

void
RecalWalkUser(RecalWalk *walk, int32 user, double now, const RecalKnownPairs *known,
			  const float *item_factors, const float *vector)
{
	RecalRankUser state = {.taste = walk->pass.tastes[user], .vector = vector};
	RecalTimed *pairs = RecalAllocArray(sizeof(RecalTimed), known->n);

	for (int64 j = 0; j < known->n; j++)
	{
		if (known->confidences[j] <= 0 || !isfinite(known->times[j]))
			continue;
		if (walk->trained != NULL && !walk->trained[known->items[j]])
			continue;
		pairs[state.nrows].time = known->times[j];
		pairs[state.nrows++].item = known->items[j];
	}
	recal_history_sort(pairs, state.nrows);
	state.last_time = state.nrows > 0 ? pairs[0].time : now;
	state.nrecent = (int) Min(state.nrows, RECAL_RANK_RECENT);
	for (int i = 0; i < state.nrecent; i++)
	{
		state.recent[i] = pairs[i].item;
		if (i < RECAL_RANK_SHORT)
			memcpy(walk->recent_vectors + (Size) i * walk->d,
				   item_factors + (Size) pairs[i].item * walk->d, sizeof(float) * walk->d);
	}
	/* the user's own rows of this very time are known, though not counted yet */
	for (int64 j = state.nrows - 1; j >= 0; j--)
		if (pairs[j].time >= now)
			recal_taste_add(&state.taste, &walk->counters, pairs[j].item, now);
	recal_rank_view_user(&walk->view, &state, now, walk->recent_vectors);
	pfree(pairs);
}

void
RecalWalkPopular(const RecalWalk *walk, float *scores)
{
	for (int64 i = 0; i < walk->rows.nitems; i++)
		scores[i] = (float) walk->counters.items[i].count;
}

void
RecalWalkRecent(const RecalWalk *walk, float *scores)
{
	for (int64 i = 0; i < walk->rows.nitems; i++)
		scores[i] = recal_counters_decayed(&walk->counters, (int32) i, walk->half);
}

void
RecalWalkTogether(const RecalWalk *walk, float *scores)
{
	const RecalRankView *view = &walk->view;
	const RecalCountedItem *items = walk->counters.items;

	/* below all that goes with something, what is popular */
	for (int64 i = 0; i < walk->rows.nitems; i++)
		scores[i] = -1.0f / (float) (items[i].count + 1);
	for (int t = 0; t < view->ntouched; t++)
	{
		int32		item = view->touched[t];
		float		sum = view->sums[RECAL_RANK_AFTER_RECENT - RECAL_RANK_AFTER][item] +
			TOGETHER_WEIGHT * view->sums[RECAL_RANK_TOGETHER_RECENT - RECAL_RANK_AFTER][item];

		if (sum > 0)
			scores[item] = sum / sqrtf((float) items[item].count + COUNT_PRIOR);
	}
}
