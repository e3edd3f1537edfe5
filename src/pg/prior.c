/*
 * prior.c
 *		The prior of users and items, fitted to a factorization: what serving
 *		needs to know how sure it is.
 */
#include "postgres.h"

#include <math.h>

#include "miscadmin.h"

#include "recal_als.h"
#include "recal_compat.h"
#include "recal_factorize.h"
#include "recal_posterior.h"
#include "recal_train.h"
#include "recal_weights.h"
#include "recal_workers.h"

#define PRIOR_ROUNDS	3
#define PRIOR_RIDGE		1e-4	/* on the diagonal, as a share of the factors' mean square */
#define PRIOR_LEAST		1e-12

/* Σ|c| of each item; a rating counts 1 */
static float *
ItemMass(const RecalMatrix *matrix)
{
	double	   *sum = RecalAllocArray(sizeof(double), matrix->nitems);
	float	   *mass = RecalAllocArray(sizeof(float), matrix->nitems);

	memset(sum, 0, sizeof(double) * matrix->nitems);
	for (int64 j = 0; j < matrix->nnz; j++)
		sum[matrix->by_user.columns[j]] += matrix->ratings ? 1 :
			fabsf(matrix->by_user.confidences[j]);
	for (int64 i = 0; i < matrix->nitems; i++)
		mass[i] = (float) sum[i];
	pfree(sum);
	return mass;
}

/* covariance[d × d] of the items' factors around their mean; returns their mean square length */
static double
ItemCovariance(const RecalFactorization *work, int64 nitems, double *covariance)
{
	int			d = work->factors;
	double	   *mean = recal_palloc0_array(double, d);
	float	   *scratch = RecalAllocArray(sizeof(float), recal_gramian_work_size(d));
	double		square = 0;

	recal_gramian(work->item_factors, nitems, d, covariance, scratch, RecalPollInterrupts, NULL);
	for (int k = 0; k < d; k++)
		square += covariance[(Size) k * d + k] / (double) nitems;
	for (int64 i = 0; i < nitems; i++)
		for (int k = 0; k < d; k++)
			mean[k] += work->item_factors[i * d + k] / (double) nitems;
	for (int a = 0; a < d; a++)
		for (int b = 0; b < d; b++)
			covariance[(Size) a * d + b] = covariance[(Size) a * d + b] / (double) nitems -
				mean[a] * mean[b];
	pfree(mean);
	pfree(scratch);
	return square;
}

/*
 * out ← covariance + T diag(share) Tᵀ + ridge. Items that are all alike have no
 * spread but rounding, so the ridge is a share of the factors' size.
 */
static void
AddPosterior(int d, const double *covariance, const float *transform, const double *share,
			 double square, float *out)
{

	for (int a = 0; a < d; a++)
	{
		CHECK_FOR_INTERRUPTS();
		for (int b = 0; b <= a; b++)
		{
			double		sum = covariance[(Size) a * d + b];

			if (transform != NULL)
				for (int k = 0; k < d; k++)
					sum += share[k] * transform[(Size) a * d + k] * transform[(Size) b * d + k];
			out[(Size) a * d + b] = out[(Size) b * d + a] = (float) sum;
		}
		out[(Size) a * d + a] += (float) (PRIOR_RIDGE * square / d + PRIOR_LEAST);
	}
}

static void
CheckPrior(const char *message)
{
	if (message != NULL)
		ereport(ERROR,
				(errcode(ERRCODE_INTERNAL_ERROR),
				 errmsg("could not fit the prior of the factors: %s", message),
				 errhint("Raise the option \"regularization\", or lower \"factors\".")));
}

/*
 * The items' prior covariance is the spread of their factors plus their mean
 * posterior covariance, which depends on it in turn: a few rounds of EM.
 */
static void
FitItems(const RecalMatrix *matrix, const RecalFactorization *work, RecalPrior *prior)
{
	int			d = work->factors;
	Size		square = (Size) d * d;
	double	   *covariance = RecalAllocArray(sizeof(double), square);
	double	   *scratch = RecalAllocArray(sizeof(double), recal_posterior_item_transform_work_size(d));
	double	   *share = recal_palloc_array(double, d);
	float	   *item_covariance = RecalAllocArray(sizeof(float), square);
	float	   *moment = RecalAllocArray(sizeof(float), square);
	double		length;

	for (int a = 0; a < d; a++)
		for (int b = 0; b < d; b++)
			moment[(Size) a * d + b] = prior->user_covariance[(Size) a * d + b] +
				prior->user_mean[a] * prior->user_mean[b];
	length = ItemCovariance(work, matrix->nitems, covariance);
	AddPosterior(d, covariance, NULL, NULL, length, item_covariance);
	for (int round = 0; round <= PRIOR_ROUNDS; round++)
	{
		CheckPrior(recal_posterior_item_transform(d, item_covariance, moment,
												  prior->item_transform, prior->item_rates,
												  scratch));
		if (round == PRIOR_ROUNDS)
			break;
		memset(share, 0, sizeof(double) * d);
		for (int64 i = 0; i < matrix->nitems; i++)
			for (int k = 0; k < d; k++)
				share[k] += 1.0 / (1.0 + prior->item_mass[i] * prior->item_rates[k] / prior->noise);
		for (int k = 0; k < d; k++)
			share[k] /= (double) matrix->nitems;
		AddPosterior(d, covariance, prior->item_transform, share, length, item_covariance);
	}
	pfree(covariance);
	pfree(scratch);
	pfree(share);
	pfree(item_covariance);
	pfree(moment);
}

void
RecalFitPrior(const RecalMatrix *matrix, const RecalFactorization *work, RecalPrior *prior)
{
	int			d = work->factors;
	Size		square = (Size) d * d;
	int64		sample = Max(256, Min(2048, (int64) 2048 * 64 * 64 / (int64) square));
	float	   *scratch = RecalAllocAligned(CurrentMemoryContext,
											sizeof(float) * recal_posterior_fit_work_size(d));

	prior->user_mean = RecalAllocArray(sizeof(float), d);
	prior->user_covariance = RecalAllocArray(sizeof(float), square);
	prior->item_transform = RecalAllocArray(sizeof(float), square);
	prior->item_rates = RecalAllocArray(sizeof(float), d);
	prior->item_mass = ItemMass(matrix);
	CheckPrior(recal_posterior_fit(work->user_factors, &matrix->by_user, matrix->ratings,
								   work->item_factors, d, sample, prior->user_mean, prior->user_covariance,
								   &prior->noise, scratch, RecalPollInterrupts, NULL));
	pfree(scratch);
	FitItems(matrix, work, prior);
	if (!matrix->ratings)
		return;

	/* who has rated nothing is expected to rate as everybody does */
	memset(prior->user_mean, 0, sizeof(float) * d);
	prior->user_mean[RECAL_USER_BIAS] = matrix->mean_rating;
	prior->user_mean[RECAL_ITEM_BIAS] = 1;
}
