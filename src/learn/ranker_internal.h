/*
 * ranker_internal.h
 *		What the ranker's files share.
 */
#ifndef RECAL_RANKER_INTERNAL_H
#define RECAL_RANKER_INTERNAL_H

#include "recal_ranker.h"

#define recal_rank_align(bytes) (((int64_t) (bytes) + 63) & ~(int64_t) 63)

/*
 * Cuts n elements off memory at *at, which moves on. memory may be NULL where
 * sizes alone are wanted.
 */
static inline void *
recal_rank_cut(char *memory, int64_t *at, int64_t n, size_t size)
{
	void	   *p = memory != NULL ? memory + *at : NULL;

	*at += recal_rank_align(n * (int64_t) size);
	return p;
}

/* L(t) of the features */
extern float recal_rank_span(const RecalCounters *c, double span);

#endif							/* RECAL_RANKER_INTERNAL_H */
