/*
 * recal_serve.h
 *		Serving: a version's weights as read-only arrays, a user's own rows, and
 *		the gate of what may be shown.
 *
 * RecalServeOpen is the only way to weights; callers do not know whether a
 * block of item factors lies in the session's cache or has just been read.
 */
#ifndef RECAL_SERVE_H
#define RECAL_SERVE_H

#include "postgres.h"

#include "executor/spi.h"

#include "recal_events.h"
#include "recal_features.h"
#include "recal_ids.h"
#include "recal_model.h"
#include "recal_network.h"
#include "recal_ranking.h"
#include "recal_sparse.h"
#include "recal_train.h"
#include "recal_weights.h"

/* Items that have features and no factor, as one role sees them. */
typedef struct RecalContentItems
{
	RecalIdTable ids;
	const float *rows;			/* [n × width], what their features make of them */
	const float *inputs;		/* [n × d], the network's; NULL without */
} RecalContentItems;

/*
 * A version as one statement sees it. Positions of items count the known ones,
 * which have factors, and then those of content.
 */
typedef struct RecalServed
{
	struct RecalCacheEntry *entry;
	pg_uuid_t	stamp;
	char	   *model;
	int			version;
	RecalDefinition *definition;
	double		as_of;
	int			factors;		/* d */
	int			width;			/* of an item's row; with a network it holds the factor, the
								 * network's output vector and bias, else the factor alone */
	int64		nitems;
	RecalIdTable items;
	float		unobserved_weight;
	float		regularization;
	float		mean_confidence;
	float		noise;
	float		history_decay;
	bool		ratings;		/* scores are predicted ratings; see RECAL_BIAS_COLUMNS */
	float		bias_ridge;		/* this and the next two are of ratings */
	float		mean_rating;
	float		rating_deviation;
	bool		network;
	float		network_blend;	/* of the factorization's score beside the network's */
	float		network_dropout;
	RecalNet	net;			/* the layers alone */
	const float *network_spread;	/* of recal_net_fit_spread; NULL: not measured */
	const float *network_content;	/* [p × RecalNetContentWidth] of items' features, or NULL */
	const float *eigenvalues;	/* [d] */
	const float *user_mean;		/* [d] */
	float		mean_likes;		/* of recal_als_mean_prior; 0 where an earlier release trained */
	const float *user_covariance;	/* [d × d] */
	const float *item_transform;	/* [d × d] */
	const float *item_rates;	/* [d] */
	const float *item_mass;		/* [nitems] */
	const float *item_chance;	/* [nitems] that a user can answer, or NULL: not known */
	float		nusers;			/* of the training; 0: not known */
	struct RecalServedRanker *ranker; /* recal_rank_serve.h; NULL: scores are those of the rows */
	int			nblocks;		/* of item factors, content's in the last */
	int64		block_rows;		/* rows of every known block but the last */
	RecalEncoder *encoders[2];	/* of users, of items; NULL without features */
	bool		user_prior;		/* users' features are the mean of the fold-in */
	/* of the statement */
	const RecalFeatureSource *sources[2];
	const RecalContentItems *content;	/* or NULL */
} RecalServed;

static inline int64
RecalServedCount(const RecalServed *served)
{
	return served->nitems + (served->content != NULL ? served->content->ids.n : 0);
}

/* An item's position, or -1; and the other way round. */
extern int64 RecalServedFind(const RecalServed *served, const RecalId *id);
extern RecalId RecalServedId(const RecalServed *served, int64 position);

/* One item's factor [d]; valid until the next block is asked for. */
extern const float *RecalServedFactor(RecalServed *served, int64 position);

/*
 * The current version of a model (NULL: the default model) under the active
 * snapshot. It stays in memory at least until pin_context is reset or deleted.
 */
extern RecalServed *RecalServeOpen(const char *model, MemoryContext pin_context);

/* Block of items' rows [n × width]; valid until the next call for this version. */
extern const float *RecalServedBlock(RecalServed *served, int block, int64 *first, int64 *n);

/* All item factors [nitems × d], or NULL where they do not lie together in memory. */
extern const float *RecalServedFactors(const RecalServed *served);

/* out[n × d] ← item factors at positions (ascending is fastest) */
extern void RecalServedGather(RecalServed *served, const int32 *positions, int64 n, float *out);

/* out[n × width] ← items' rows */
extern void RecalServedRows(RecalServed *served, const int32 *positions, int64 n, float *out);

/* out[n × d] ← the network's input vectors of items, in any order */
extern void RecalServedInputs(RecalServed *served, const int32 *positions, int64 n, float *out);

/* scores[RecalServedCount()] ← every item's row · vector [width] */
extern void RecalServedScores(RecalServed *served, const float *vector, float *scores);

/* Sorts positions, drops negative ones and duplicates; returns how many are left. */
extern int64 RecalSortPositions(int32 *positions, int64 n);
extern int	RecalComparePositions(const void *a, const void *b);	/* of int32 */

/* whether factors are in memory, so that single rows are cheap */
extern bool RecalServedResident(const RecalServed *served);

/* A prepared statement kept with the cached version; freed with it. */
typedef enum RecalPlanSlot
{
	RECAL_PLAN_HISTORY,
	RECAL_PLAN_GATE,
	RECAL_PLAN_USER,
	RECAL_PLAN_TITLES,
	RECAL_NPLANS
} RecalPlanSlot;

extern SPIPlanPtr RecalServedPlan(RecalServed *served, RecalPlanSlot slot, const char *query,
								  Oid argument_type);

/* A user as serving sees them. */
typedef struct RecalUser
{
	bool		personal;		/* has a pair with a known item; else the mean user */
	int64		nrows;			/* that the caller may see, of known items or not */
	int64		npairs;
	int32	   *item;			/* [npairs] ascending */
	float	   *confidence;		/* [npairs] signed, normalised; or the rating less the mean */
	int64		nseen;
	int32	   *seen;			/* [nseen] ascending: items that exclude_seen hides */
	int64		nunable;
	int32	   *unable;			/* [nunable] items about which the user could not say */
	float	   *factor;			/* [d] folded in; of ratings, the mean rating is in the user's bias */
	float	   *vector;			/* [width], whose dot product with an item's row is the score */
	int32	   *history;		/* [npairs] items, newest last, where there is a network */
	float	   *history_weight; /* [npairs] confidences before they decay */
	struct RecalTimed *timed;	/* [npairs] newest first, where there is a ranker; of a visit
								 * all times are infinite */
	float	   *input;			/* of the network, kept for its passes; or NULL */
	float	   *passes;			/* [RECAL_NETWORK_PASSES × d], filled by RecalUserPosterior */
	float	   *spread;			/* [d × d], likewise; NULL where it was not measured */
	RecalFeatureRow *features;	/* what the users relation says, or NULL */
	float	   *prior;			/* [d] what the weights make of it, or NULL */
	float	   *covariance;		/* [d × d], filled by RecalUserPosterior */
	float	   *loadings;		/* [d], likewise */
} RecalUser;

/* What fold-in needs of a factorization; evaluation uses it on unstored ones. */
typedef struct RecalFoldInModel
{
	const char *model;			/* for messages */
	int			factors;		/* d */
	float		unobserved_weight;
	float		regularization;
	int64		nitems;
	const float *eigenvalues;	/* [d] */
	const float *user_mean;		/* [d] */
	float		mean_likes;		/* of recal_als_mean_prior */
	bool		ratings;
	float		bias_ridge;
	float		mean_rating;
	const float *prior;			/* [d] mean that the user's features give, or NULL */
} RecalFoldInModel;

/* Whether one of n confidences is positive */
extern bool RecalLikesSomething(const float *confidences, int64 n);

/*
 * vector [d] of a user with n pairs whose item factors are gathered [n × d]
 * (overwritten). Without pairs it is the prior, or the mean user; without a liked
 * item, the same moved by the dislikes. The mean user stays as a prior that counts
 * less with each like. Of ratings, confidences are the ratings
 * less their mean, and the prior is without it. work: recal_als_work_size(d) floats.
 */
extern void RecalFoldIn(const RecalFoldInModel *model, int64 n, float *gathered,
						const float *confidences, float *vector, float *work);

/*
 * The same for many users: rows of pairs whose columns are rows of fixed [.. × d].
 * vectors [rows × d]. order, unless it is NULL, is that of recal_als_plan_blocks.
 */
extern void RecalFoldInRows(const RecalFoldInModel *model, const RecalCsr *rows,
							const int32 *order, const float *fixed, float *vectors, float *work);
extern RecalFoldInModel RecalServedFoldInModel(const RecalServed *served);

/* Of a factorization of this matrix that is not stored; user_mean [d] */
extern RecalFoldInModel RecalTrainedFoldInModel(const char *model, const RecalMatrix *matrix,
												const RecalFactorization *work,
												const float *user_mean);

/* The same with the mean that this user's features give, if they count. */
extern RecalFoldInModel RecalUserFoldInModel(const RecalServed *served, const RecalUser *user);

/*
 * The network's part of serving: fills the vectors of users whose factors have
 * been folded in; the spread of the user's vectors with dropout kept on and by
 * the history's length; and the variance that it gives to the score of an item's row.
 */
#define RECAL_NETWORK_PASSES	16

extern void RecalNetworkVectors(RecalServed *served, RecalUser *const *users, int n);
extern void RecalNetworkPasses(RecalServed *served, RecalUser *user, MemoryContext context);
extern float RecalNetworkVariance(const RecalServed *served, const RecalUser *user,
								  const float *row);

/* Whether the network reads what the user's features make of them. */
static inline bool
RecalUserHasProfile(const RecalServed *served, const RecalUser *user)
{
	return served->network && served->net.shape.nprofile > 0 && user->prior != NULL;
}

/*
 * Adds to reasons [npairs] what each pair adds to the network's score of an item's
 * row, and to feature_reasons [features->n] what each feature does where the user
 * has a profile; returns the score of an empty history, without the bias.
 */
extern float RecalNetworkReasons(RecalServed *served, const RecalUser *user, const float *row,
								 float *reasons, float *feature_reasons);

/* One row of a user as serving counts it. */
typedef struct RecalUserRow
{
	double		time;			/* -infinity where there is none */
	int32		item;			/* position, or -1 */
	float		weight;			/* NaN: the row does not count */
	float		answer;			/* confidence or rating in place of the pair's rows, or NaN */
	bool		seen;			/* exclude_seen hides its item */
	bool		unable;			/* no row: the user could not say */
} RecalUserRow;

/* The user's answers as rows, in the current context. */
extern RecalUserRow *RecalUserAnswers(const RecalServed *served, const RecalId *id, int64 *n);

extern void RecalUserRowRead(const RecalServed *served, const RecalEventColumns *columns,
							 const Datum *values, const bool *isnull, RecalUserRow *row);

/* The user of these rows; the vector is left to be folded in. */
extern RecalUser *RecalUserFromRows(const RecalServed *served, const RecalUserRow *rows, int64 n,
									MemoryContext context);

/*
 * Reads the user's rows as the caller (id NULL: nobody), and the user's answers,
 * which take the place of the rows of their pairs; folds them in. Needs
 * an SPI connection; the result lives in context. columns come from
 * RecalServeCheck.
 */
extern RecalUser *RecalUserLoad(RecalServed *served, Oid relation,
								const RecalEventColumns *columns, const char *select_list,
								const RecalId *id, MemoryContext context);

/* A visitor whose history is these items (positions; -1 is passed over). */
extern RecalUser *RecalUserFromItems(RecalServed *served, const int32 *positions, int64 n,
									 MemoryContext context);

/* Fills factor and vector of a user whose pairs are there. */
extern void RecalUserFoldIn(RecalServed *served, RecalUser *user);

/* Posterior covariance, once a user; cheap afterwards. */
extern void RecalUserPosterior(RecalServed *served, RecalUser *user, MemoryContext context);

/*
 * What each pair of the user adds to the score of item factor y [d]:
 * reasons [npairs]. The mean user, or the prior, has the rest of the score; they
 * are 0 for dislikes. Of ratings, their sum and both biases are the score.
 */
extern void RecalUserReasons(RecalServed *served, const RecalUser *user, const float *y,
							 float *reasons);

/* What the mean user adds to it where no features take their place; not of ratings. */
extern float RecalUserMeanReason(RecalServed *served, const RecalUser *user, const float *y);

/* The same for each of the user's features: reasons [features->n]. */
extern void RecalUserFeatureReasons(RecalServed *served, const RecalUser *user, const float *y,
									float *reasons);

/* Standard deviation of a score, the item's row y [width] */
extern float RecalUserUncertainty(const RecalServed *served, const RecalUser *user,
								  const float *y, int64 position);

/*
 * Which of n items (positions) may be shown: by the items relation as the
 * caller; all when none is declared. Needs an SPI connection.
 */
extern void RecalItemsGate(RecalServed *served, const int32 *positions, int n, bool *shown);

/*
 * The same with what a column of the items relation says about them, as text:
 * titles [n], set to NULL beforehand.
 */
extern void RecalItemsTitles(RecalServed *served, const int32 *positions, int n,
							 const char *column, bool *shown, char **titles);

/*
 * The best k of scores[n] that may be shown: asks the items relation about a
 * page and a bit, and about four times as many whenever that was not enough.
 * positions [n] of items, or NULL where the index is the position. Returns
 * count indexes, best first. Needs an SPI connection.
 */
extern RecalScored *RecalSelectShown(RecalServed *served, const float *scores,
									 const int32 *positions, int64 n, int k, int *count);

/*
 * What a function keeps from row to row within a statement (in fn_extra): the
 * opened version, the checked rights and columns.
 */
typedef struct RecalStatement
{
	MemoryContext context;		/* for what must live as long as the statement */
	RecalServed *served;		/* NULL by RecalStatementGetUntrained */
	const char *model;
	const RecalDefinition *definition;
	Oid			relation;
	RecalEventColumns columns;
	char	   *select_list;
	bool		row_security;	/* policies hide rows from the caller */
	double		min_rating;		/* of the current version's ratings; NaN when not known */
	double		max_rating;
	/* identity of the statement's view of the database */
	Oid			user;
	TimestampTz started;
	CommandId	curcid;
	uint64		completed;
	char	   *model_argument;	/* as passed, or NULL */
	struct RecalRankMoment *moment; /* of RecalRankMomentGet, or NULL */
	/* last user, for functions called once a row */
	MemoryContext user_context;
	struct RecalUser *last_user;
	struct RecalRankedUser *last_ranked;	/* or NULL */
	RecalId    *last_id;		/* NULL: nobody */
	float	   *last_scores;	/* whole catalogue, when factors are not resident */
} RecalStatement;

/*
 * What the statement needs where the version has features: checks that the
 * caller may read them, and puts sources and content into its served. Needs an SPI
 * connection.
 */
extern void RecalContentOpen(RecalStatement *statement);

/*
 * The user's features as the caller sees them, into user->features and prior,
 * which stay NULL where there is no row. Needs an SPI connection.
 */
extern void RecalContentUser(RecalServed *served, const RecalId *id, RecalUser *user,
							 MemoryContext context);

/*
 * The statement's state: opens the version, checks rights as the caller and the
 * definition's columns, unless this was done under the same snapshot and user.
 * Needs an SPI connection only when something has to be done, and makes it.
 */
extern RecalStatement *RecalStatementGet(FunctionCallInfo fcinfo, const char *model);

/* The same without weights, for what a model that was never trained can do too. */
extern RecalStatement *RecalStatementGetUntrained(FunctionCallInfo fcinfo, const char *model);

#endif							/* RECAL_SERVE_H */
