/*
 * rate.c
 *		Predicts held-out ratings, for the model and for biases alone, and asks
 *		whether uncertainty knew where it would err.
 */
#include "postgres.h"

#include <math.h>

#include "miscadmin.h"
#include "utils/memutils.h"

#include "recal_als.h"
#include "recal_blas.h"
#include "recal_compat.h"
#include "recal_evaluate.h"
#include "recal_factorize.h"
#include "recal_posterior.h"
#include "recal_serve.h"
#include "recal_weights.h"

#define MIN_RATINGS		20		/* for a correlation, and for tenths */

typedef struct Prediction
{
	float		uncertainty;
	float		error;			/* absolute */
	double		rank;			/* by uncertainty */
} Prediction;

/* A factorization as fold-in knows it, and what its uncertainty takes. */
typedef struct Rater
{
	const RecalHoldout *holdout;
	const RecalFactorization *work;
	RecalFoldInModel fold_in;
	RecalPrior	prior;
	int			d;
	float	   *vector;			/* [d] */
	float	   *covariance;		/* [d × d] */
	float	   *loadings;		/* [d] */
	float	   *square;			/* [d × d] */
	float	   *als_work;
} Rater;

static void
BeginRater(Rater *rater, const char *model, const RecalHoldout *holdout,
		   const RecalFactorization *work)
{
	int			d = work->factors;
	Size		square = sizeof(float) * d * d;

	memset(rater, 0, sizeof(Rater));
	rater->holdout = holdout;
	rater->work = work;
	rater->d = d;
	RecalFitPrior(&holdout->train, work, &rater->prior);
	rater->fold_in = RecalTrainedFoldInModel(model, &holdout->train, work, rater->prior.user_mean);
	rater->vector = RecalAllocAligned(CurrentMemoryContext, sizeof(float) * d);
	rater->covariance = RecalAllocAligned(CurrentMemoryContext, square);
	rater->loadings = palloc(sizeof(float) * d);
	rater->square = RecalAllocAligned(CurrentMemoryContext, square);
	rater->als_work = RecalAllocAligned(CurrentMemoryContext,
										sizeof(float) * recal_als_work_size(d));
}

/* The user's vector from the training rows and, if asked for, its posterior. */
static void
LoadUser(Rater *rater, int64 u, bool posterior)
{
	const RecalCsr *rows = &rater->holdout->train.by_user;
	int64		start = rows->offsets[u];
	int64		n = rows->offsets[u + 1] - start;
	int			d = rater->d;
	float	   *gathered = RecalAllocAligned(CurrentMemoryContext, sizeof(float) * Max(n, 1) * d);
	const char *problem = NULL;

	for (int64 j = 0; j < n; j++)
		memcpy(gathered + j * d,
			   rater->work->item_factors + (int64) rows->columns[start + j] * d,
			   sizeof(float) * d);
	if (posterior)
		problem = recal_posterior_covariance(d, rater->prior.user_covariance,
											 rater->prior.noise, n, gathered, NULL,
											 rater->covariance, rater->square);
	if (problem != NULL)
		ereport(ERROR,
				(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
				 errmsg("could not compute an uncertainty"),
				 errdetail("%s", problem),
				 errhint("Raise the option \"regularization\".")));
	rater->fold_in.prior = NULL;
	if (rater->work->prior_used[RECAL_SIDE_USERS] &&
		RecalFeaturesPrior(rater->work->features[RECAL_SIDE_USERS], u, d, rater->loadings))
		rater->fold_in.prior = rater->loadings;
	RecalFoldIn(&rater->fold_in, n, gathered, rows->confidences + start, rater->vector,
				rater->als_work);
	if (posterior)
		recal_posterior_item_loadings(d, rater->prior.item_transform, rater->vector,
									  rater->covariance, rater->loadings, rater->square);
	pfree(gathered);
}

static double
ErrorOf(const Rater *rater, int64 target)
{
	const RecalMatrix *train = &rater->holdout->train;
	const float *y = rater->work->item_factors +
		(int64) rater->holdout->targets[target] * rater->d;
	float		score = recal_dot(rater->d, rater->vector, y);

	score = Min(train->max_rating, Max(train->min_rating, score));
	return (double) score - train->mean_rating - rater->holdout->target_ratings[target];
}

static float
UncertaintyOf(const Rater *rater, int64 target)
{
	int64		item = rater->holdout->targets[target];

	return sqrtf(recal_posterior_score_variance(rater->d,
												rater->work->item_factors + item * rater->d,
												rater->covariance, rater->loadings,
												rater->prior.item_rates,
												rater->prior.item_mass[item],
												rater->prior.noise));
}

static int
CompareUncertainty(const void *a, const void *b)
{
	float		x = ((const Prediction *) a)->uncertainty;
	float		y = ((const Prediction *) b)->uncertainty;

	return (x > y) - (x < y);
}

static int
CompareError(const void *a, const void *b)
{
	float		x = ((const Prediction *) a)->error;
	float		y = ((const Prediction *) b)->error;

	return (x > y) - (x < y);
}

/* RMSE over predictions first .. end - 1 */
static double
RootMeanSquare(const Prediction *predictions, int64 first, int64 end)
{
	double		squares = 0;

	for (int64 i = first; i < end; i++)
		squares += (double) predictions[i].error * predictions[i].error;
	return sqrt(squares / (double) Max(end - first, 1));
}

/* End of the run of equal values that begins at first, in the order of compare */
static int64
TiesEnd(const Prediction *predictions, int64 n, int64 first,
		int (*compare) (const void *a, const void *b))
{
	int64		end = first + 1;

	while (end < n && compare(&predictions[first], &predictions[end]) == 0)
		end++;
	return end;
}

/*
 * Spearman's rank correlation of uncertainty and error, ties sharing the mean
 * of their ranks, and how the errors of the outer tenths compare.
 */
static void
Calibrate(Prediction *predictions, int64 n, RecalRatingEvaluation *evaluation)
{
	double		centre = (double) (n - 1) / 2;
	double		both = 0;
	double		by_uncertainty = 0;
	double		by_error = 0;
	double		least;

	evaluation->spearman = evaluation->tenths_ratio = NAN;
	if (n < MIN_RATINGS)
		return;
	qsort(predictions, n, sizeof(Prediction), CompareUncertainty);
	for (int64 i = 0, end; i < n; i = end)
	{
		end = TiesEnd(predictions, n, i, CompareUncertainty);
		for (int64 j = i; j < end; j++)
			predictions[j].rank = (double) (i + end - 1) / 2 - centre;
	}
	least = RootMeanSquare(predictions, 0, n / 10);
	if (least > 0)
		evaluation->tenths_ratio = RootMeanSquare(predictions, n - n / 10, n) / least;

	qsort(predictions, n, sizeof(Prediction), CompareError);
	for (int64 i = 0, end; i < n; i = end)
	{
		double		rank;

		end = TiesEnd(predictions, n, i, CompareError);
		rank = (double) (i + end - 1) / 2 - centre;
		for (int64 j = i; j < end; j++)
		{
			both += rank * predictions[j].rank;
			by_error += rank * rank;
			by_uncertainty += predictions[j].rank * predictions[j].rank;
		}
	}
	if (by_error > 0 && by_uncertainty > 0)
		evaluation->spearman = both / sqrt(by_error * by_uncertainty);
}

/* Biases alone: the same problem with factors that the ridge holds at zero. */
static void
FactorizeBiases(const RecalHoldout *holdout, const RecalFactorization *work,
				RecalFactorization *biases)
{
	RecalMatrix train = holdout->train;

	memset(biases, 0, sizeof(RecalFactorization));
	biases->factors = RECAL_BIAS_COLUMNS + 1;
	biases->epochs = work->epochs;
	biases->regularization = RECAL_BIASES_ONLY;
	biases->unobserved_weight = work->unobserved_weight;
	biases->history_decay = work->history_decay;
	biases->seed = work->seed;
	RecalFactorize(&train, biases);
}

/* Sums of absolute and of squared errors; predictions may be NULL. */
static void
RateAll(Rater *rater, Prediction *predictions, double *absolute, double *squares)
{
	const RecalHoldout *holdout = rater->holdout;

	*absolute = *squares = 0;
	for (int64 t = 0; t < holdout->ntest; t++)
	{
		CHECK_FOR_INTERRUPTS();
		LoadUser(rater, holdout->user[t], predictions != NULL);
		for (int64 i = holdout->offsets[t]; i < holdout->offsets[t + 1]; i++)
		{
			double		error = ErrorOf(rater, i);

			*absolute += fabs(error);
			*squares += error * error;
			if (predictions == NULL)
				continue;
			predictions[i].error = (float) fabs(error);
			predictions[i].uncertainty = UncertaintyOf(rater, i);
		}
	}
}

void
RecalRateHoldout(const char *model, const RecalHoldout *holdout,
				 const RecalFactorization *factorization, RecalRatingEvaluation *evaluation)
{
	int64		n = holdout->offsets[holdout->ntest];
	Prediction *predictions = RecalAllocArray(sizeof(Prediction), n);
	RecalFactorization biases;
	Rater		rater;
	double		absolute;
	double		squares;

	evaluation->users = holdout->ntest;
	evaluation->ratings = n;
	BeginRater(&rater, model, holdout, factorization);
	RateAll(&rater, predictions, &absolute, &squares);
	evaluation->rmse = sqrt(squares / (double) n);
	evaluation->mae = absolute / (double) n;
	Calibrate(predictions, n, evaluation);

	FactorizeBiases(holdout, factorization, &biases);
	BeginRater(&rater, model, holdout, &biases);
	RateAll(&rater, NULL, &absolute, &squares);
	evaluation->baseline_rmse = sqrt(squares / (double) n);
	evaluation->baseline_mae = absolute / (double) n;
	pfree(predictions);
}
