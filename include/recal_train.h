/*
 * recal_train.h
 *		Training: from a matrix to factors, in parallel, and the CALL around it.
 */
#ifndef RECAL_TRAIN_H
#define RECAL_TRAIN_H

#include "postgres.h"

#include "recal_events.h"
#include "recal_features.h"
#include "recal_model.h"

/*
 * Columns of factors that belong to the biases where feedback is ratings: users
 * are (b_u, 1, x), items (1, b_i, y).
 */
#define RECAL_BIAS_COLUMNS	2
#define RECAL_USER_BIAS		0
#define RECAL_ITEM_BIAS		1

/* A regularization from which on nothing is left but the biases */
#define RECAL_BIASES_ONLY	1e6

/* What a factorization needs and gives. */
typedef struct RecalFactorization
{
	/* in */
	int			factors;		/* columns: of ratings, RECAL_BIAS_COLUMNS more than the option */
	int			epochs;
	double		regularization; /* RECAL_AUTO_VALUE: searched */
	double		unobserved_weight;	/* RECAL_AUTO_VALUE: searched */
	double		history_decay;	/* RECAL_AUTO_VALUE: searched, where pairs have times */
	bool		by_rule;		/* no search: what is to be searched follows a rule */
	const struct RecalFactorization *as;	/* no search: what this one used; or NULL */
	const RecalMatrix *searched;	/* what to search on, or NULL: on what is factorized */
	int64		seed;
	const float *warm_items;	/* [nitems × factors] start of the item factors, or NULL */
	const bool *has_warm;		/* [nitems], rows of warm_items that are set */
	RecalFeatures *features[2]; /* of users, of items, or NULL; weights are put there */
	void		(*progress) (void *arg, const RecalProgress *progress);	/* between epochs; may commit; or NULL.
																		 * phase "tune" or "factorize",
																		 * fraction is that phase's own */
	void	   *progress_arg;
	/* out */
	double		regularization_used;
	double		unobserved_weight_used;
	double		history_decay_used; /* 1 without times */
	double		bias_regularization_used;	/* this and the next three are of ratings */
	double		ridge;			/* regularization times the ratings' deviation */
	double		tune_rmse;		/* as tune_ndcg, NaN if none */
	double		biases_rmse;	/* likewise of biases alone */
	bool		prior_used[2];	/* features gave the regularization its mean */
	bool		tuned;			/* the search ran (else the rule, or given) */
	double		tune_ndcg;		/* of the chosen pair on the search's held-out rows, NaN if none */
	double		tune_popularity;	/* of the most popular items on the same rows, NaN if none */
	float	   *item_factors;	/* [nitems × factors], eigenbasis of their Gramian, 64-byte aligned */
	float	   *user_factors;	/* [nusers × factors], same basis */
	float	   *eigenvalues;	/* [factors] */
	double	   *loss;			/* [epochs] */
	int			nworkers;		/* launched at the peak */
	double		seconds_tune;
	double		seconds_factorize;
} RecalFactorization;

/*
 * Factorizes matrix (the transposed copy is made here, in the segment). Uses workers
 * within max_parallel_maintenance_workers and max_parallel_workers, none being
 * fine; the result is the same bit for bit whatever their number. Memory lives in
 * the current context (results) and in a segment that is gone on return. Checks
 * interrupts at least every 100 ms. ERROR 22003/XX000 naming the row when a
 * solve fails.
 */
extern void RecalFactorize(RecalMatrix *matrix, RecalFactorization *work);

/*
 * Gives to the same features as from, in features [2], for weights of their own;
 * only those that were of use to it unless all.
 */
extern void RecalFactorizationFeatures(const RecalFactorization *from, bool all,
									   RecalFeatures *features, RecalFactorization *to);

/* Of ratings, JSON text of members to follow other facts; else nothing */
extern char *RecalRatingFacts(const RecalMatrix *matrix, const RecalFactorization *work);

/* [d] mean of the user factors, in the current context */
extern float *RecalMeanUser(const RecalFactorization *work, int64 nusers);

/* recal.train_memory in bytes */
extern Size RecalTrainMemory(void);

/*
 * Parts of training that recal_evaluate shares: everything serving needs,
 * computed from factors. (train.c stores it, evaluate uses it at once.)
 */
typedef struct RecalPrior
{
	float	   *user_mean;		/* [d] */
	float	   *user_covariance;	/* [d × d] */
	float	   *item_transform; /* [d × d] */
	float	   *item_rates;		/* [d] */
	float	   *item_mass;		/* [nitems] */
	float		noise;
} RecalPrior;

extern void RecalFitPrior(const RecalMatrix *matrix, const RecalFactorization *work,
						  RecalPrior *prior);

/*
 * Trains one model and makes the new version current; needs an SPI connection.
 * nonatomic: commits as it goes, records a failure in recal_version before it
 * raises the error, and leaves a clean transaction behind in any case.
 */
extern void RecalTrainModel(const char *name, bool nonatomic);

#endif							/* RECAL_TRAIN_H */
