/*
 * ranker_features.c
 *		Candidates for a user, and what is to be said about them.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "ranker_internal.h"
#include "recal_blas.h"

/* what a row counts less for each newer one */
#define SHORT_DECAY 0.7

/* rows added to counts by which others are normalised */
#define NORM_PRIOR 3.0f

#define COUNT_SCALE 10.0f
#define SUM_SCALE 100.0f
#define TREND_PRIOR 0.5

enum
{
	AFTER,
	AFTER_RECENT,
	TOGETHER,
	TOGETHER_RECENT,
	NSUMS
};

static int64_t
lay_out(RecalRankView *view, int64_t nitems, int d, char *memory)
{
	int64_t		at = 0;

	for (int s = 0; s < NSUMS; s++)
		view->sums[s] = recal_rank_cut(memory, &at, nitems, sizeof(float));
	view->touched = recal_rank_cut(memory, &at, RECAL_RANK_RECENT * RECAL_RANK_NEIGHBOURS,
								   sizeof(int32_t));
	view->short_term = recal_rank_cut(memory, &at, d, sizeof(float));
	view->close = recal_rank_cut(memory, &at, (int64_t) RECAL_RANK_CLOSE * d, sizeof(float));
	return at;
}

int64_t
recal_rank_view_bytes(int64_t nitems, int d)
{
	RecalRankView view;

	return lay_out(&view, nitems, d, NULL);
}

void
recal_rank_view_bind(RecalRankView *view, const RecalCounters *c, int d, void *memory)
{
	memset(view, 0, sizeof(*view));
	view->counters = c;
	view->d = d;
	memset(memory, 0, (size_t) lay_out(view, c->head->nitems, d, memory));
}

static float
norm(const RecalCountedItem *item)
{
	return 1.0f / sqrtf((float) item->count + NORM_PRIOR);
}

/* Sums over the neighbours of the user's newest items. */
static void
add_neighbours(RecalRankView *view)
{
	const RecalCounters *c = view->counters;
	float		decay = 1;

	for (int k = 0; k < view->user.nrecent; k++, decay *= (float) SHORT_DECAY)
	{
		int32_t		item = view->user.recent[k];
		float		scale = norm(c->items + item);

		for (int64_t slot = c->offsets[item]; slot < c->offsets[item + 1]; slot++)
		{
			int32_t		neighbour = c->neighbours[slot];

			if (neighbour < 0)
				break;
			if (view->sums[TOGETHER_RECENT][neighbour] == 0)
				view->touched[view->ntouched++] = neighbour;
			view->sums[TOGETHER_RECENT][neighbour] += scale * c->together[slot];
			if (k < RECAL_RANK_CLOSE)
				view->sums[AFTER_RECENT][neighbour] += decay * scale * c->after[slot];
			if (k == 0)
			{
				view->sums[AFTER][neighbour] = scale * c->after[slot];
				view->sums[TOGETHER][neighbour] = scale * c->together[slot];
			}
		}
	}
}

/* r, and the last few as unit vectors */
static void
add_vectors(RecalRankView *view, const float *vectors)
{
	const int	d = view->d;
	int			n = view->user.nrecent < RECAL_RANK_SHORT ? view->user.nrecent : RECAL_RANK_SHORT;
	double		weight = 1;
	double		total = 0;

	memset(view->short_term, 0, sizeof(float) * (size_t) d);
	for (int k = 0; k < n; k++, weight *= SHORT_DECAY)
	{
		for (int f = 0; f < d; f++)
			view->short_term[f] += (float) weight * vectors[(size_t) k * d + f];
		total += weight;
	}
	for (int f = 0; f < d && n > 0; f++)
		view->short_term[f] *= (float) (1.0 / total);
	for (int k = 0; k < n && k < RECAL_RANK_CLOSE; k++)
	{
		const float *vector = vectors + (size_t) k * d;
		float		length = sqrtf(recal_dot(d, vector, vector));

		for (int f = 0; f < d; f++)
			view->close[k * d + f] = length > 0 ? vector[f] / length : 0;
	}
}

void
recal_rank_view_user(RecalRankView *view, const RecalRankUser *user, double now,
					 const float *recent_vectors)
{
	const RecalCountersHead *head = view->counters->head;

	for (int t = 0; t < view->ntouched; t++)
		for (int s = 0; s < NSUMS; s++)
			view->sums[s][view->touched[t]] = 0;
	view->ntouched = 0;
	view->user = *user;
	view->now = now;
	for (int h = 0; h < RECAL_RANK_HALVES; h++)
	{
		double		kept = exp2(-1.0 / head->halves[h]);

		view->windows[h] = head->rows > 0 ?
			(1 - pow(kept, (double) head->rows)) / (1 - kept) / (double) head->rows : 0;
	}
	add_neighbours(view);
	add_vectors(view, recent_vectors);
}

static void
item_features(const RecalRankView *view, int32_t item, const float *vector, float *out)
{
	static const RecalCountedItem nothing = {0};
	const RecalCounters *c = view->counters;
	const RecalCountedItem *counted = item >= 0 ? c->items + item : &nothing;
	const int	d = view->d;
	float		length = sqrtf(recal_dot(d, vector, vector));
	float		scale = norm(counted) * SUM_SCALE;
	int			nclose = view->user.nrecent < RECAL_RANK_CLOSE ? view->user.nrecent : RECAL_RANK_CLOSE;
	float		closest = 0;

	out[RECAL_RANK_FACTORS] = view->user.vector != NULL ? recal_dot(d, view->user.vector, vector) : 0;
	out[RECAL_RANK_SHORT_TERM] = recal_dot(d, view->short_term, vector);
	for (int k = 0; k < nclose && length > 0; k++)
	{
		float		cosine = recal_dot(d, view->close + k * d, vector) / length;

		if (k == 0 || cosine > closest)
			closest = cosine;
	}
	out[RECAL_RANK_COSINE] = closest;
	out[RECAL_RANK_COUNT] = log1pf((float) counted->count);
	out[RECAL_RANK_AGE] = counted->count > 0 ? recal_rank_span(c, view->now - counted->first) : 0;
	out[RECAL_RANK_IDLE] = counted->count > 0 ? recal_rank_span(c, view->now - counted->last) : 0;
	for (int h = 0; h < RECAL_RANK_HALVES; h++)
	{
		float		decayed = item >= 0 ? recal_counters_decayed(c, item, h) : 0;

		out[RECAL_RANK_DECAYED + h] = log1pf(COUNT_SCALE * decayed);
		out[RECAL_RANK_TREND + h] = (float) log((decayed + TREND_PRIOR) /
												(counted->count * view->windows[h] + TREND_PRIOR));
	}
	for (int s = 0; s < NSUMS; s++)
		out[RECAL_RANK_AFTER + s] = item >= 0 ? log1pf(scale * view->sums[s][item]) : 0;
}

void
recal_rank_features(const RecalRankView *view, int64_t n, const int32_t *items,
					const float *vectors, const float *network, const float *overlaps,
					float *features)
{
	const RecalRankUser *user = &view->user;
	float		history = log1pf((float) user->nrows);
	float		idle = user->nrows > 0 ? recal_rank_span(view->counters, view->now - user->last_time) : 0;

	for (int64_t i = 0; i < n; i++)
	{
		float	   *out = features + i * RECAL_RANK_NFEATURES;

		item_features(view, items[i], vectors + i * view->d, out);
		out[RECAL_RANK_NETWORK] = network != NULL ? network[i] : 0;
		out[RECAL_RANK_HISTORY] = history;
		out[RECAL_RANK_USER_IDLE] = idle;
		out[RECAL_RANK_TASTE_COUNT] = user->taste.count;
		out[RECAL_RANK_TASTE_AGE] = user->taste.age;
		out[RECAL_RANK_TASTE_IDLE] = user->taste.idle;
		out[RECAL_RANK_CONTENT] = overlaps != NULL ? overlaps[2 * i] : 0;
		out[RECAL_RANK_CONTENT_LAST] = overlaps != NULL ? overlaps[2 * i + 1] : 0;
	}
}

/*
 * Candidates.
 */
static int
compare_items(const void *a, const void *b)
{
	return (*(const int32_t *) a > *(const int32_t *) b) - (*(const int32_t *) a < *(const int32_t *) b);
}

/* The items of the largest sums, added to the pool */
static int
add_best(const RecalRankView *view, int sum, int n, const bool *excluded, int32_t *pool)
{
	RecalScored heap[RECAL_RANK_POOL];
	int			size = 0;

	for (int t = 0; t < view->ntouched; t++)
	{
		int32_t		item = view->touched[t];
		float		score = view->sums[sum][item] * norm(view->counters->items + item);

		if (score > 0 && !(excluded != NULL && excluded[item]))
			recal_topk_push_block(heap, &size, n, &score, 1, item);
	}
	for (int i = 0; i < size; i++)
		pool[i] = heap[i].index;
	return size;
}

int
recal_rank_pool(RecalRankView *view, int nbest, const RecalScored *best, int nrecent,
				const RecalScored *recent, const bool *excluded, int32_t *pool)
{
	int			n = 0;
	int			kept = 0;

	for (int i = 0, left = RECAL_RANK_POOL_FACTORS; i < nbest && left > 0; i++)
		if (!(excluded != NULL && excluded[best[i].index]))
		{
			pool[n++] = best[i].index;
			left--;
		}
	for (int i = 0, left = RECAL_RANK_POOL_RECENT; i < nrecent && left > 0; i++)
		if (!(excluded != NULL && excluded[recent[i].index]))
		{
			pool[n++] = recent[i].index;
			left--;
		}
	n += add_best(view, TOGETHER_RECENT, RECAL_RANK_POOL_TOGETHER, excluded, pool + n);
	n += add_best(view, AFTER_RECENT, RECAL_RANK_POOL_AFTER, excluded, pool + n);
	qsort(pool, (size_t) n, sizeof(int32_t), compare_items);
	for (int i = 0; i < n; i++)
		if (kept == 0 || pool[kept - 1] != pool[i])
			pool[kept++] = pool[i];
	return kept;
}
