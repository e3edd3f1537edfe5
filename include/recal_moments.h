/*
 * recal_moments.h
 *		What was known before each held-out row: a walk along the rows in order of
 *		time, with the ranker's counters, and simple rankings by these.
 */
#ifndef RECAL_MOMENTS_H
#define RECAL_MOMENTS_H

#include "recal_evaluate.h"
#include "recal_ranker.h"

typedef struct RecalWalk
{
	RecalRankRows rows;			/* liked pairs that have a time: those of train, or of live, all */
	RecalCounters counters;
	RecalRankPass pass;
	RecalRankView view;
	int64		since;			/* the first row of which is not known what its user did before; or -1 */
	bool	   *trained;		/* [nitems] those that a version knows, NULL: all count */
	int			half;			/* half-life of what is recent, by how it ranks training rows */
	int			d;
	float	   *recent_vectors; /* [RECAL_RANK_SHORT × d] */
} RecalWalk;

/*
 * At the start of the rows; the holdout must have moments. Of training rows
 * alone are the half-lives, the choice among them for lists of k, and the places
 * for neighbours, planned as a ranker's are. d: of the factorization. In the
 * current context.
 *
 * as_served: what comes since the training is counted as serving does, which does
 * not know what a user did before it; and no half-life is chosen.
 */
extern void RecalWalkBegin(RecalWalk *walk, const RecalHoldout *holdout, int k, int d,
						   bool as_served);

/* Counts the rows before a time, which must not be less than that of the last call. */
extern void RecalWalkTo(RecalWalk *walk, double time);

/* Makes the view that of a user now; vector [d] stays the caller's. */
extern void RecalWalkUser(RecalWalk *walk, int32 user, double now, const RecalKnownPairs *known,
						  const float *item_factors, const float *vector);

/* Scores [nitems]: users an item has had so far, the same decayed, and what goes with
 * the user's newest items (then, what is popular) */
extern void RecalWalkPopular(const RecalWalk *walk, float *scores);
extern void RecalWalkRecent(const RecalWalk *walk, float *scores);
extern void RecalWalkTogether(const RecalWalk *walk, float *scores);

#endif							/* RECAL_MOMENTS_H */
