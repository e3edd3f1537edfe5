/*
 * recal_factorize.h
 *		The alternating least squares problem as the leader and its workers see
 *		it, and the search for hyper-parameters on top of it.
 */
#ifndef RECAL_FACTORIZE_H
#define RECAL_FACTORIZE_H

#include "postgres.h"

#include "storage/shmem.h"
#include "utils/memutils.h"

#include "recal_history.h"
#include "recal_sparse.h"
#include "recal_train.h"
#include "recal_workers.h"

static inline void *
RecalAllocArray(Size element, int64 n)
{
	return MemoryContextAllocHuge(CurrentMemoryContext, mul_size(element, Max(n, 1)));
}

typedef void (*RecalBlockRoutine) (void *memory, int block, RecalParticipant *me);

extern void RecalStartBlock(void *memory, int block, RecalParticipant *me);
extern void RecalGramianBlock(void *memory, int block, RecalParticipant *me);
extern void RecalRotateBlock(void *memory, int block, RecalParticipant *me);
extern void RecalSolveBlock(void *memory, int block, RecalParticipant *me);
extern void RecalRankBlock(void *memory, int block, RecalParticipant *me);

/* What a problem's size follows from. */
typedef struct RecalAlsShape
{
	int64		nusers;
	int64		nitems;
	int64		all_items;		/* with those that a sample leaves out: their factors are 0 */
	int64		nnz;
	int64		ntest;			/* users with held-out items to be ranked */
	int64		ntargets;		/* those items */
	int			d;
	bool		ratings;		/* columns 0 and 1 of factors belong to the biases */
	bool		has_prior[2];	/* users, items: features may give a mean to each row */
} RecalAlsShape;

/* Features of one side, in the leader's memory. */
typedef struct RecalAlsContent
{
	const RecalFeatureRows *rows;	/* NULL: none */
	bool		prior;			/* they give the regularization its mean */
	bool		solved;			/* the side's factors mean something */
	float	   *row_weights;	/* [nrows] */
	double	   *system;			/* [p × p] Cholesky factor */
	double	   *right;			/* [p × d] */
	float	   *weights;		/* [p × d] */
	float	   *work;
} RecalAlsContent;

extern Size RecalAlsContentBytes(const RecalFeatureRows *rows, int d);
extern void RecalAlsContentBegin(RecalAlsContent *content, const RecalFeatureRows *rows,
								 bool prior, int d);
extern void RecalAlsContentEnd(RecalAlsContent *content);

/* For new hyper-parameters; rows are the side's pairs, nother the other side's rows. */
extern void RecalAlsContentStart(RecalAlsContent *content, const RecalCsr *rows, bool ratings,
								 double unobserved_weight, int64 nother, RecalParticipant *me);

/* Weights from the side's factors. */
extern void RecalAlsContentFit(RecalAlsContent *content, const float *factors, int d,
							   RecalParticipant *me);

/* Turns the weights by basis [d × d], unless it is NULL; prior [nrows × d] ← what they make of the features. */
extern void RecalAlsContentPrior(RecalAlsContent *content, const float *basis, int d,
								 float *prior, RecalParticipant *me);
extern void RecalFeatureRowsPick(const RecalFeatureRows *from, const int32 *picked, int64 n,
								 RecalFeatureRows *to);
extern void RecalFeatureRowsFree(RecalFeatureRows *rows);

/* The leader's hold on the problem in the pool's memory. */
typedef struct RecalAls
{
	RecalPool  *pool;
	struct RecalAlsShared *shared;
	double	   *gramian;		/* [d × d] */
	double	   *work;			/* of the eigendecomposition */
	RecalAlsContent content[2]; /* users, items */
} RecalAls;

/* bytes of pool memory that a problem takes */
extern Size RecalAlsBytes(const RecalAlsShape *shape);

struct RecalTuning;

/*
 * Lays a problem out in the pool's memory, in place of the one before: copies
 * rows [nusers] and what is held out (tests may be NULL), makes the transposed
 * copy, plans blocks.
 */
extern void RecalAlsBegin(RecalAls *als, RecalPool *pool, const RecalAlsShape *shape,
						  const RecalCsr *rows, const struct RecalTuning *tests);
extern void RecalAlsEnd(RecalAls *als);

/* Gives the problem features of a side, which stay the caller's; before RecalAlsStart. */
extern void RecalAlsSetContent(RecalAls *als, RecalSide side, const RecalFeatureRows *rows,
							   bool prior);

/* Starts over: item factors from the seed, or from warm where has_warm says so. */
extern void RecalAlsStart(RecalAls *als, double unobserved_weight, double regularization,
						  int64 seed, const float *warm, const bool *has_warm);

/*
 * The same for ratings. Ridges are in full; factors start in proportion to
 * the square root of deviation, which is that of the ratings.
 */
extern void RecalAlsStartRatings(RecalAls *als, double ridge, double bias_ridge,
								 double deviation, int64 seed, const float *warm,
								 const bool *has_warm);

/*
 * Users, then items; returns the loss. Where rows are held out for a test, what
 * cannot be solved is no error: the loss and the rank are NaN from then on.
 */
extern double RecalAlsEpoch(RecalAls *als);

/* Turns both sides into the eigenbasis of the items' Gramian; eigenvalues [d]. */
extern void RecalAlsFinish(RecalAls *als, float *eigenvalues);

/* Weights [p × d] fitted to a side's final factors, in their basis; valid until RecalAlsEnd. */
extern const float *RecalAlsContentWeights(RecalAls *als, RecalSide side);
extern float *RecalAlsUserConfidences(const RecalAls *als);	/* [nnz], by user */
extern const float *RecalAlsItems(const RecalAls *als);
extern const float *RecalAlsUsers(const RecalAls *als);

#define RECAL_RANK_K	10		/* length of the lists that the search judges */

/* Mean NDCG@k of the held-out items, whole catalogue, users folded in. */
extern double RecalAlsRank(RecalAls *als);

/*
 * Multiply-adds of one epoch over a share of the users, about; row lengths are
 * taken as even on the item side.
 */
extern double RecalAlsCost(const RecalCsr *rows, int64 nitems, double share, int d);

/*
 * The search.
 */
typedef struct RecalTuning
{
	int			ncandidates;
	double	   *unobserved_weight;	/* [ncandidates, and room for those of refine] */
	double	   *regularization;
	int			ndecays;		/* of the history, to rank a candidate with */
	const double *decays;		/* [ndecays] */
	double		given_decay;
	int			epochs;
	bool		refine;			/* look around the best one, too */
	RecalAlsShape shape;
	RecalCsr	rows;			/* the sample, without what is held out */
	RecalTimed *timed;			/* rows of test users, one user after the other, each newest
								 * first; NULL without times */
	int32	   *test_user;		/* [ntest] rows of the sample, ascending */
	int64	   *test_offsets;	/* [ntest + 1] into targets */
	int32	   *targets;		/* held-out items, ascending within a user */
	int32	   *sampled[2];		/* users, items: rows of the matrix that the sample has */
	RecalFeatureRows features[2];	/* of those; offsets NULL without any */
} RecalTuning;

/*
 * Prepares the search; false when there is nothing to search or too little to
 * hold out. Sets the values that do not need one (given, or by rule).
 */
extern bool RecalTunePrepare(const RecalMatrix *matrix, RecalFactorization *work,
							 RecalTuning *tuning);
extern void RecalTuneRun(RecalTuning *tuning, RecalPool *pool, RecalFactorization *work);
extern void RecalTuneFree(RecalTuning *tuning);

/*
 * The search for ratings.
 */
typedef struct RecalRatingsTuning
{
	RecalAlsShape shape;
	RecalCsr	rows;			/* the sample, without what is held out */
	int64		nheld;
	int32	   *sampled;		/* [shape.nusers] users of the matrix */
	RecalFeatureRows features[2];	/* of users and items, or none */
	int32	   *held_user;		/* [nheld] rows of the sample */
	int32	   *held_item;		/* [nheld] */
	float	   *held_rating;	/* [nheld] less the mean */
	int			ncandidates;
	int			epochs;
	double		best;			/* RMSE */
} RecalRatingsTuning;

/* As RecalTunePrepare, RecalTuneRun and RecalTuneFree */
extern bool RecalRatingsPrepare(const RecalMatrix *matrix, RecalFactorization *work,
								RecalRatingsTuning *tuning);
extern void RecalRatingsRun(RecalRatingsTuning *tuning, const RecalMatrix *matrix,
							RecalPool *pool, RecalFactorization *work);
extern void RecalRatingsFree(RecalRatingsTuning *tuning);

/* Leaves only the items that occur in the sample, which keeps their order. */
extern void RecalTuneCompactItems(int64 nitems, RecalTuning *tuning);

/* Ranks the test users with each of the decays; returns the best NDCG and its decay, -1 where a row could not be solved. */
extern double RecalTuneRank(const RecalTuning *tuning, RecalAls *als, double *decay);

/* An error when the BLAS cannot be trusted here, a WARNING when it has threads. */
extern void RecalCheckBlas(void);

/* What a factorization of all of matrix needs of the pool. */
extern void RecalAlsFullShape(const RecalMatrix *matrix, const RecalFactorization *work,
							  RecalAlsShape *shape);

#endif							/* RECAL_FACTORIZE_H */
