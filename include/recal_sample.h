/*
 * recal_sample.h
 *		Training on a chosen sample: which pairs of a matrix to learn from, and
 *		what it costs and keeps to leave out the others.
 *
 * Pool-based selection with what is there as the pool: a random start, then
 * rounds of a factorization of what is chosen, beliefs about users from it, and
 * for each user the greedy choice among their own pairs.
 */
#ifndef RECAL_SAMPLE_H
#define RECAL_SAMPLE_H

#include "postgres.h"

#include "recal_active.h"
#include "recal_events.h"
#include "recal_model.h"
#include "recal_train.h"

/* What choosing needs and gives. */
typedef struct RecalSampling
{
	/* in */
	const char *model;			/* for messages */
	RecalStrategy strategy;
	double		fraction;		/* of pairs without an answer; those with one all come */
	bool		warm;			/* rounds begin where the factorization does: at its warm items */
	void		(*progress) (void *arg, const RecalProgress *progress);	/* as RecalFactorization's;
																		 * phase "sample" or
																		 * "compare" */
	void	   *progress_arg;
	/* out */
	int64		available;		/* pairs */
	int64		chosen;			/* pairs, with those answered */
	int			rounds;			/* factorizations that it took */
	double		work;			/* an epoch's multiply-adds, as a share of those with all pairs */
} RecalSampling;

/* What options say of a sample; false where they want none. */
extern bool RecalSamplingOn(const char *model, const RecalOptions *options, RecalSampling *sampling);

/* Whether so much is left of a matrix to train on */
extern bool RecalSampleSuffices(const RecalMatrix *matrix, double fraction);

/*
 * sample ← the chosen pairs of matrix, with all its users and items, in the
 * current context. work says how the model is factorized and is not changed.
 * Single-threaded but for the factorizations; polls interrupts. 55000 when too
 * few pairs would be left, 53400 when memory is short; compare: room for
 * RecalSampleCompare, too.
 */
extern void RecalSampleChoose(const RecalMatrix *matrix, const RecalFactorization *work,
							  RecalSampling *sampling, bool compare, RecalMatrix *sample);

/* Who is compared, the one that the others follow in what is searched first */
typedef enum RecalSampleRun
{
	RECAL_SAMPLE_ALL,
	RECAL_SAMPLE_CHOSEN,
	RECAL_SAMPLE_RANDOM,		/* as many pairs, at random */
	RECAL_SAMPLE_NRUNS
} RecalSampleRun;

/* Of factorizations alone, all with the same rows held out; ranked or rated by all of a user's other rows. */
typedef struct RecalSampleQuality
{
	bool		ratings;
	int64		users;			/* who had rows held out; 0: too few to compare */
	double		quality[RECAL_SAMPLE_NRUNS];	/* NDCG@10, or RMSE; NaN: not measured */
	double		baseline;		/* popularity's, or that of biases alone */
	double		kept;			/* share of the quality with all pairs; of ratings, of what that gains
								 * over the baseline. NaN where there is none */
} RecalSampleQuality;

extern void RecalSampleCompare(const RecalMatrix *matrix, const RecalFactorization *work,
							   const RecalSampling *sampling, RecalSampleQuality *quality);

/* JSON text, to follow other facts and, if there are any (follows), other metrics */
extern char *RecalSampleFacts(const RecalSampling *sampling);
extern char *RecalSampleMetrics(const RecalSampling *sampling, const RecalSampleQuality *quality,
								bool follows);

#endif							/* RECAL_SAMPLE_H */
