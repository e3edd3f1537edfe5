/*
 * recal_evaluate.h
 *		Holding rows out, and ranking the whole catalogue without them.
 */
#ifndef RECAL_EVALUATE_H
#define RECAL_EVALUATE_H

#include "postgres.h"

#include "recal_events.h"
#include "recal_ranking.h"
#include "recal_train.h"

typedef enum RecalProtocol
{
	RECAL_PROTOCOL_LAST,		/* newest liked pair of each user with 3 pairs or more */
	RECAL_PROTOCOL_TIME,		/* the newest tenth of all pairs */
	RECAL_PROTOCOL_RANDOM		/* one liked pair, at random, of each user with 3 or more */
} RecalProtocol;

typedef struct RecalHoldout
{
	RecalMatrix train;			/* same users and items, without the held-out pairs */
	int64		ntest;			/* users with something to predict, at most max_users */
	int32	   *user;			/* [ntest] ascending */
	int64	   *offsets;		/* [ntest + 1] into targets */
	int32	   *targets;		/* liked items, ascending within a user */
} RecalHoldout;

/*
 * Splits matrix; ties in time go to the higher item id. Test users beyond
 * max_users are thinned evenly (their pairs stay held out).
 */
extern void RecalHoldOut(const RecalMatrix *matrix, RecalProtocol protocol, int64 seed,
						 int64 max_users, RecalHoldout *holdout);

typedef struct RecalEvaluation
{
	RecalRankMetrics model;
	RecalRankMetrics baseline;	/* popularity: users an item has in train */
	double		model_coverage; /* share of the catalogue in at least one list */
	double		baseline_coverage;
} RecalEvaluation;

/*
 * Ranks the whole catalogue for every test user, items of the training rows
 * removed, by fold-in of the training rows: what recal_recommend would show.
 */
extern void RecalRankHoldout(const char *model, const RecalHoldout *holdout,
							 const RecalFactorization *factorization, int k,
							 RecalEvaluation *evaluation);

#endif							/* RECAL_EVALUATE_H */
