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
	RECAL_PROTOCOL_LIVE,		/* the same, each to be found by what is known just before it */
	RECAL_PROTOCOL_RANDOM		/* one liked pair, at random, of each user with 3 or more; of ratings,
								 * a tenth of all */
} RecalProtocol;

typedef struct RecalHoldout
{
	RecalMatrix train;			/* same users and items, without the held-out pairs */
	int64		ntest;			/* users with something to predict, at most max_users; of live, rows */
	int32	   *user;			/* [ntest] ascending; of live, by time */
	int64	   *offsets;		/* [ntest + 1] into targets */
	int32	   *targets;		/* liked items, ascending within a user; any items of ratings */
	float	   *target_ratings; /* theirs, less the mean of all; NULL when feedback is no ratings */
	double	   *moments;		/* [ntest] times of the first targets, where lists are to be judged by
								 * what is known then; else NULL */

	/* of live; else known is NULL */
	RecalMatrix stream;			/* all pairs, those of a user oldest first */
	int64	   *known;			/* [ntest] how many of them come before the row */
} RecalHoldout;

/* A user's pairs, in no order unless live */
typedef struct RecalKnownPairs
{
	int64		n;
	const int32 *items;
	const float *confidences;
	const double *times;		/* NULL without */
} RecalKnownPairs;

/*
 * Splits matrix; ties in time go to the higher item id. Test users (of live,
 * rows) beyond max_users are thinned evenly (their pairs stay held out).
 */
extern void RecalHoldOut(const RecalMatrix *matrix, RecalProtocol protocol, int64 seed,
						 int64 max_users, RecalHoldout *holdout);

/* Of live: takes the pairs of these items [nitems] out of the stream, which serving would not know. */
extern void RecalHoldoutDrop(RecalHoldout *holdout, const bool *unknown);

/* What a test user's list is made from */
extern void RecalKnownPairsOf(const RecalHoldout *holdout, int64 test, RecalKnownPairs *known);

struct RecalNetwork;			/* recal_neural.h */
struct RecalRankView;			/* recal_ranker.h */

/* All that there is to rank by when a test user's turn comes; valid during the call. */
typedef struct RecalMoment
{
	int64		test;			/* number in the holdout */
	int32		user;			/* row of the matrix */
	double		now;
	const RecalKnownPairs *known;
	const bool *hidden;			/* [nitems] known to the user, or not to training */
	const float *vector;		/* [d] of the factorization */
	const float *factorization; /* [nitems] scores x·y */
	const float *served;		/* [nitems] with those of the network, if there is one */
	struct RecalRankView *view; /* of this user now, on counters of all rows before, as serving
								 * counts them */
} RecalMoment;

/* Scores [nitems] of one more way to rank; those of hidden items do not matter. */
typedef void (*RecalMomentScores) (void *arg, const RecalMoment *moment, float *scores);

typedef struct RecalEvaluation
{
	/* in; all else must be zero */
	bool		moments;		/* judge recent and together, too, where the holdout has moments */
	RecalMomentScores ranker;	/* likewise, or NULL */
	void	   *ranker_arg;
	/* out */
	RecalRankMetrics model;		/* what would serve without a ranker */
	RecalRankMetrics factorization; /* alone; no users unless a network serves with it */
	RecalRankMetrics baseline;	/* popularity: users an item has in train; of live, has had by then */
	RecalRankMetrics recent;	/* this and the next two have no users unless asked for; counts that
								 * decay */
	RecalRankMetrics together;	/* what goes with the user's newest items */
	RecalRankMetrics ranked;	/* by ranker: where it has been given, what would serve */
	int64		unknown;		/* rows of live whose item training has not seen: misses */
	double		model_coverage; /* share of the catalogue in at least one list that would serve */
	double		baseline_coverage;
} RecalEvaluation;

/*
 * Ranks the whole catalogue for every test user, known items removed, by fold-in
 * of the known pairs, and by the network if there is one that was kept: what
 * recal_recommend would show. The stream loses what training has not seen.
 */
extern void RecalRankHoldout(const char *model, RecalHoldout *holdout,
							 const RecalFactorization *factorization,
							 const struct RecalNetwork *network, int k,
							 RecalEvaluation *evaluation);

struct RecalRanker;				/* recal_rank.h */

/*
 * Gives the evaluation a ranker that was kept, trained on the holdout's training
 * matrix beside this factorization and this network: it ranks its pool for a page
 * of k as serving does, and all other items come behind by the scores without it.
 */
extern void RecalEvaluateRanker(const struct RecalRanker *ranker,
								const struct RecalNetwork *network, const RecalHoldout *holdout,
								const RecalFactorization *factorization, int k,
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
