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
	RECAL_PROTOCOL_RANDOM		/* one liked pair, at random, of each user with 3 or more; of ratings,
								 * a tenth of all */
} RecalProtocol;

typedef struct RecalHoldout
{
	RecalMatrix train;			/* same users and items, without the held-out pairs */
	int64		ntest;			/* users with something to predict, at most max_users */
	int32	   *user;			/* [ntest] ascending */
	int64	   *offsets;		/* [ntest + 1] into targets */
	int32	   *targets;		/* liked items, ascending within a user; any items of ratings */
	float	   *target_ratings; /* theirs, less the mean of all; NULL when feedback is no ratings */
} RecalHoldout;

/*
 * Splits matrix; ties in time go to the higher item id. Test users beyond
 * max_users are thinned evenly (their pairs stay held out).
 */
extern void RecalHoldOut(const RecalMatrix *matrix, RecalProtocol protocol, int64 seed,
						 int64 max_users, RecalHoldout *holdout);

struct RecalNetwork;			/* recal_neural.h */

typedef struct RecalEvaluation
{
	RecalRankMetrics model;		/* what would serve */
	RecalRankMetrics factorization; /* alone; no users unless a network serves with it */
	RecalRankMetrics baseline;	/* popularity: users an item has in train */
	double		model_coverage; /* share of the catalogue in at least one list */
	double		baseline_coverage;
} RecalEvaluation;

/*
 * Ranks the whole catalogue for every test user, items of the training rows
 * removed, by fold-in of the training rows, and by the network if there is one
 * that was kept: what recal_recommend would show.
 */
extern void RecalRankHoldout(const char *model, const RecalHoldout *holdout,
							 const RecalFactorization *factorization,
							 const struct RecalNetwork *network, int k,
							 RecalEvaluation *evaluation);

typedef struct RecalRatingEvaluation
{
	int64		users;
	int64		ratings;		/* held out */
	double		rmse;
	double		mae;
	double		baseline_rmse;	/* of biases alone */
	double		baseline_mae;
	double		spearman;		/* rank correlation of uncertainty and absolute error; NaN if none */
	double		tenths_ratio;	/* RMSE of the most uncertain tenth by that of the least; NaN if none */
} RecalRatingEvaluation;

/*
 * Predicts the held-out ratings by fold-in of the training rows, clipped to the
 * scale, and says how well uncertainty tells errors beforehand.
 */
extern void RecalRateHoldout(const char *model, const RecalHoldout *holdout,
							 const RecalFactorization *factorization,
							 RecalRatingEvaluation *evaluation);

#endif							/* RECAL_EVALUATE_H */
