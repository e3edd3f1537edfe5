/*
 * ranking.c
 *		Top-k selection and ranking metrics.
 */
#include <math.h>
#include <stddef.h>

#include "recal_ranking.h"

/*
 * Scores are looked at in chunks of this many: a constant trip count is what
 * lets the compiler vectorize without knowing the length.
 */
#define CHUNK 64

/* the share of users that an item nobody had counts with in the novelty */
#define SMALLEST_SHARE 1e-6

static inline bool
is_better(RecalScored a, RecalScored b)
{
	return a.score > b.score || (a.score == b.score && a.index < b.index);
}

/* The root of the heap is its worst entry. */
static void
sift_down(RecalScored *heap, int size, RecalScored entry)
{
	int			i = 0;

	for (;;)
	{
		int			child = 2 * i + 1;

		if (child >= size)
			break;
		if (child + 1 < size && is_better(heap[child], heap[child + 1]))
			child++;
		if (!is_better(entry, heap[child]))
			break;
		heap[i] = heap[child];
		i = child;
	}
	heap[i] = entry;
}

static void
sift_up(RecalScored *heap, int i, RecalScored entry)
{
	while (i > 0)
	{
		int			parent = (i - 1) / 2;

		if (!is_better(heap[parent], entry))
			break;
		heap[i] = heap[parent];
		i = parent;
	}
	heap[i] = entry;
}

static inline void
push(RecalScored *heap, int *size, int k, RecalScored entry)
{
	if (*size < k)
		sift_up(heap, (*size)++, entry);
	else if (is_better(entry, heap[0]))
		sift_down(heap, k, entry);
}

/*
 * The first whole chunk from i on with a score that reaches the bound, or where
 * the whole chunks end.
 */
static inline __attribute__((always_inline)) int64_t
skip_chunks(const float *scores, int64_t i, int64_t n, float bound)
{
	for (; i + CHUNK <= n; i += CHUNK)
	{
		int			any = 0;

		for (int j = 0; j < CHUNK; j++)
			any |= scores[i + j] >= bound;
		if (any)
			break;
	}
	return i;
}

#ifdef __x86_64__
__attribute__((target("avx2"))) static int64_t
skip_avx2(const float *scores, int64_t i, int64_t n, float bound)
{
	return skip_chunks(scores, i, n, bound);
}
#endif

static int64_t
skip(const float *scores, int64_t i, int64_t n, float bound)
{
#ifdef __x86_64__
	if (__builtin_cpu_supports("avx2"))
		return skip_avx2(scores, i, n, bound);
#endif
	return skip_chunks(scores, i, n, bound);
}

void
recal_topk_push_block(RecalScored *heap, int *size, int k, const float *scores, int64_t n,
					  int32_t first_index)
{
	int64_t		i = 0;

	if (k <= 0)
		return;
	while (i < n)
	{
		int64_t		end;

		/* once the heap is full, nearly every chunk holds nothing of interest */
		if (*size == k)
			i = skip(scores, i, n, heap[0].score);
		end = i + CHUNK < n ? i + CHUNK : n;
		for (; i < end; i++)
		{
			RecalScored entry = {scores[i], (int32_t) (first_index + i)};

			/* written so that NaN is left out too */
			if (entry.score > -INFINITY)
				push(heap, size, k, entry);
		}
	}
}

void
recal_topk_sort(RecalScored *heap, int size)
{
	/* the worst goes to the end, so the best is left at the front */
	for (int last = size - 1; last > 0; last--)
	{
		RecalScored worst = heap[0];

		sift_down(heap, last, heap[last]);
		heap[last] = worst;
	}
}

/* how many of n scores are above the bound, or (ties) at least at it */
static int64_t
count_above(const float *scores, int64_t n, float bound, bool ties)
{
	int64_t		count = 0;
	int64_t		i = 0;

	for (; i + CHUNK <= n; i += CHUNK)
	{
		int			in_chunk = 0;

		if (ties)
			for (int j = 0; j < CHUNK; j++)
				in_chunk += scores[i + j] >= bound;
		else
			for (int j = 0; j < CHUNK; j++)
				in_chunk += scores[i + j] > bound;
		count += in_chunk;
	}
	for (; i < n; i++)
		count += ties ? scores[i] >= bound : scores[i] > bound;
	return count;
}

static bool
has_nan(const float *scores, int64_t n)
{
	int64_t		i = 0;

	for (; i + CHUNK <= n; i += CHUNK)
	{
		int			any = 0;

		for (int j = 0; j < CHUNK; j++)
			any |= scores[i + j] != scores[i + j];
		if (any)
			return true;
	}
	for (; i < n; i++)
		if (isnan(scores[i]))
			return true;
	return false;
}

static bool
is_target(const int32_t *targets, int ntargets, int32_t index)
{
	int			low = 0;
	int			high = ntargets;

	while (low < high)
	{
		int			middle = low + (high - low) / 2;

		if (targets[middle] < index)
			low = middle + 1;
		else
			high = middle;
	}
	return low < ntargets && targets[low] == index;
}

/* The list of the best k: hits, gains, precision, novelty, coverage */
static void
add_list(RecalRankMetrics *metrics, const RecalScored *list, int size, const int32_t *targets,
		 int ntargets, const float *popularity, uint8_t *item_shown)
{
	int			possible = ntargets < metrics->k ? ntargets : metrics->k;
	int			hits = 0;
	double		dcg = 0;
	double		ideal = 0;
	double		precisions = 0;

	for (int i = 0; i < size; i++)
	{
		int32_t		index = list[i].index;

		if (item_shown != NULL)
			item_shown[index] = 1;
		if (popularity != NULL)
			metrics->novelty -= log2(popularity[index] > SMALLEST_SHARE ?
									 popularity[index] : SMALLEST_SHARE);
		if (is_target(targets, ntargets, index))
		{
			hits++;
			dcg += 1.0 / log2(i + 2.0);
			precisions += (double) hits / (i + 1);
		}
	}
	for (int i = 0; i < possible; i++)
		ideal += 1.0 / log2(i + 2.0);
	metrics->shown += size;
	metrics->recall += (double) hits / possible;
	metrics->ndcg += dcg / ideal;
	metrics->map += precisions / possible;
	metrics->hit_rate += hits > 0;
}

/* What needs the whole order: the best target's rank, and the pairs in order */
static void
add_ranks(RecalRankMetrics *metrics, const float *scores, int64_t n, const int32_t *targets,
		  int ntargets)
{
	int64_t		others = count_above(scores, n, -INFINITY, false) - ntargets;
	int64_t		best = n;
	double		misplaced = 0;

	for (int t = 0; t < ntargets; t++)
	{
		int32_t		index = targets[t];
		int64_t		before = count_above(scores, index, scores[index], true) +
			count_above(scores + index + 1, n - index - 1, scores[index], false);

		if (before < best)
			best = before;
		misplaced += (double) before;
	}

	/* each target stands behind those of its own kind that are before it: 0 + 1 + … */
	misplaced -= 0.5 * ntargets * (ntargets - 1.0);
	metrics->mrr += 1.0 / (double) (best + 1);
	metrics->auc += others > 0 ? 1.0 - misplaced / ((double) ntargets * (double) others) : 1.0;
}

bool
recal_metrics_add_user(RecalRankMetrics *metrics, const float *scores, int64_t n,
					   const int32_t *targets, int ntargets, const float *popularity,
					   uint8_t *item_shown, RecalScored *heap)
{
	int			size = 0;

	if (has_nan(scores, n))
		return false;
	if (ntargets <= 0 || metrics->k <= 0)
		return true;
	recal_topk_push_block(heap, &size, metrics->k, scores, n, 0);
	recal_topk_sort(heap, size);
	add_list(metrics, heap, size, targets, ntargets, popularity, item_shown);
	add_ranks(metrics, scores, n, targets, ntargets);
	metrics->users++;
	return true;
}
