/*
 * recal_ranking.h
 *		Top-k selection and ranking metrics over the whole catalogue.
 *
 * Order: descending score, ties by ascending index. Indexes follow ids, so a
 * tie never knows which item was held out. A score of -INFINITY means "not to
 * be shown" (seen, filtered).
 */
#ifndef RECAL_RANKING_H
#define RECAL_RANKING_H

#include <stdbool.h>
#include <stdint.h>

typedef struct RecalScored
{
	float		score;
	int32_t		index;
} RecalScored;

/* A bounded heap of the best k: heap[k], size grows from 0. */
extern void recal_topk_push_block(RecalScored *heap, int *size, int k, const float *scores,
								  int64_t n, int32_t first_index);

/* Sorts the heap best first; the heap order is lost. */
extern void recal_topk_sort(RecalScored *heap, int size);

/* Sums over users; recal_metrics_value divides. */
typedef struct RecalRankMetrics
{
	int			k;
	int64_t		users;
	double		recall,
				ndcg,
				map,
				mrr,
				hit_rate,
				auc;
	double		novelty;		/* Σ over shown items of −log2(share of users who had it) */
	int64_t		shown;			/* items shown in all lists */
} RecalRankMetrics;

/*
 * Adds one user. scores[n] with -INFINITY for items not to be shown; targets
 * [ntargets], ascending, are never masked. shown_items[k] (heap workspace).
 * popularity[n] = share of users with the item, for novelty. item_shown[n] is
 * set to 1 for every item of the list, for coverage. Recall divides by
 * min(k, targets), the ideal DCG is truncated the same way; MRR and AUC use
 * the full rank; AUC counts ties as the order does and is 1 when nothing but
 * targets can be shown. An item's share below 1e-6 counts as 1e-6. popularity
 * and item_shown may be NULL. A user without targets is not counted. Returns
 * false when a score is NaN.
 */
extern bool recal_metrics_add_user(RecalRankMetrics *metrics, const float *scores, int64_t n,
								   const int32_t *targets, int ntargets,
								   const float *popularity, uint8_t *item_shown,
								   RecalScored *heap);

#endif							/* RECAL_RANKING_H */
