/*
 * history.c
 *		Decay of a user's pairs by recency.
 */
#include <stdlib.h>

#include "recal_history.h"

/* where a pair has no say any more; smaller numbers would only be slow */
#define LEAST_DECAY 1e-8

static int
compare_newest_first(const void *a, const void *b)
{
	const RecalTimed *x = a;
	const RecalTimed *y = b;

	if (x->time != y->time)
		return x->time > y->time ? -1 : 1;
	return (x->item < y->item) - (x->item > y->item);
}

void
recal_history_sort(RecalTimed *pairs, int64_t n)
{
	qsort(pairs, (size_t) n, sizeof(RecalTimed), compare_newest_first);
}

void
recal_history_decay(const RecalTimed *pairs, int64_t n, double decay, float *confidences)
{
	double		factor = 1;

	if (decay >= 1)
		return;
	for (int64_t i = 0; i < n; i++)
	{
		confidences[pairs[i].index] *= (float) factor;
		factor *= decay;
		if (factor < LEAST_DECAY)
			factor = LEAST_DECAY;
	}
}
