/*
 * evaluate.c
 *		Ranks the whole catalogue for held-out pairs, for the model and for
 *		popularity.
 */
#include "postgres.h"

#include <math.h>

#include "miscadmin.h"

#include "recal_als.h"
#include "recal_blas.h"
#include "recal_compat.h"
#include "recal_evaluate.h"
#include "recal_history.h"
#include "recal_serve.h"

typedef struct Evaluator
{
	const RecalHoldout *holdout;
	const RecalFactorization *factorization;
	RecalFoldInModel fold_in;
	int			d;
	int64		nitems;
	float	   *popularity;		/* [nitems] share of users */
	uint8	   *shown[2];		/* [nitems] by model, by baseline */
	RecalScored *heap;			/* [k] */
	float	   *work;
} Evaluator;

static float *
MeanUser(const RecalHoldout *holdout, const RecalFactorization *factorization)
{
	int			d = factorization->factors;
	double	   *sum = recal_palloc0_array(double, d);
	float	   *mean = recal_palloc_array(float, d);
	int64		n = holdout->train.nusers;

	for (int64 u = 0; u < n; u++)
		for (int k = 0; k < d; k++)
			sum[k] += factorization->user_factors[u * d + k];
	for (int k = 0; k < d; k++)
		mean[k] = (float) (sum[k] / Max(n, 1));
	pfree(sum);
	return mean;
}

static float *
Popularity(const RecalMatrix *train)
{
	float	   *popularity = palloc_extended(sizeof(float) * Max(train->nitems, 1),
											 MCXT_ALLOC_HUGE | MCXT_ALLOC_ZERO);

	for (int64 j = 0; j < train->nnz; j++)
		if (train->by_user.confidences[j] > 0)
			popularity[train->by_user.columns[j]] += 1.0f;
	for (int64 i = 0; i < train->nitems; i++)
		popularity[i] /= (float) Max(train->nusers, 1);
	return popularity;
}

/* confidences [n] of the pairs from start on, as serving would decay them */
static void
DecayHistory(const Evaluator *evaluator, int64 start, int64 n, float *confidences)
{
	const RecalMatrix *train = &evaluator->holdout->train;
	RecalTimed *pairs;

	if (train->pair_time == NULL)
		return;
	pairs = palloc(sizeof(RecalTimed) * Max(n, 1));
	for (int64 j = 0; j < n; j++)
	{
		pairs[j].time = train->pair_time[start + j];
		pairs[j].item = train->by_user.columns[start + j];
		pairs[j].index = (int32) j;
	}
	recal_history_sort(pairs, n);
	recal_history_decay(pairs, n, evaluator->factorization->history_decay_used, confidences);
	pfree(pairs);
}

static void
UserVector(Evaluator *evaluator, int64 u, float *vector)
{
	const RecalCsr *rows = &evaluator->holdout->train.by_user;
	const RecalFeatures *features = evaluator->factorization->features[RECAL_SIDE_USERS];
	int64		start = rows->offsets[u];
	int64		n = rows->offsets[u + 1] - start;
	int			d = evaluator->d;
	float	   *prior = palloc(sizeof(float) * d);
	float	   *gathered = RecalAllocAligned(CurrentMemoryContext, sizeof(float) * Max(n, 1) * d);
	float	   *confidences = palloc(sizeof(float) * Max(n, 1));

	for (int64 j = 0; j < n; j++)
		memcpy(gathered + j * d,
			   evaluator->factorization->item_factors + (int64) rows->columns[start + j] * d,
			   sizeof(float) * d);
	memcpy(confidences, rows->confidences + start, sizeof(float) * n);
	DecayHistory(evaluator, start, n, confidences);
	if (evaluator->factorization->prior_used[RECAL_SIDE_USERS])
		evaluator->fold_in.prior = RecalFeaturesPrior(features, u, d, prior) ? prior : NULL;
	RecalFoldIn(&evaluator->fold_in, n, gathered, confidences, vector, evaluator->work);
	pfree(prior);
	pfree(gathered);
	pfree(confidences);
}

/* Adds one test user's list to the metrics of the model (0) or the baseline (1). */
static void
AddUser(Evaluator *evaluator, int64 t, float *scores, RecalRankMetrics *metrics, int which)
{
	const RecalHoldout *holdout = evaluator->holdout;
	const RecalCsr *rows = &holdout->train.by_user;
	int64		u = holdout->user[t];

	for (int64 j = rows->offsets[u]; j < rows->offsets[u + 1]; j++)
		scores[rows->columns[j]] = -INFINITY;
	if (!recal_metrics_add_user(metrics, scores, evaluator->nitems,
								holdout->targets + holdout->offsets[t],
								(int) (holdout->offsets[t + 1] - holdout->offsets[t]),
								evaluator->popularity, evaluator->shown[which],
								evaluator->heap))
		ereport(ERROR,
				(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
				 errmsg("a score is not a number"),
				 errhint("Raise the option \"regularization\".")));
}

static double
Coverage(const uint8 *shown, int64 n)
{
	int64		count = 0;

	for (int64 i = 0; i < n; i++)
		count += shown[i];
	return (double) count / (double) Max(n, 1);
}

void
RecalRankHoldout(const char *model, const RecalHoldout *holdout,
				 const RecalFactorization *factorization, int k, RecalEvaluation *evaluation)
{
	Evaluator	evaluator;
	int			d = factorization->factors;
	int64		nitems = holdout->train.nitems;
	int			batch = (int) Max(1, Min(64, (16 * 1024 * 1024) / Max(nitems, 1)));
	float	   *vectors = RecalAllocAligned(CurrentMemoryContext, sizeof(float) * batch * d);
	float	   *scores = RecalAllocAligned(CurrentMemoryContext, sizeof(float) * batch * nitems);

	memset(evaluation, 0, sizeof(RecalEvaluation));
	evaluation->model.k = evaluation->baseline.k = k;
	memset(&evaluator, 0, sizeof(Evaluator));
	evaluator.holdout = holdout;
	evaluator.factorization = factorization;
	evaluator.d = d;
	evaluator.nitems = nitems;
	evaluator.popularity = Popularity(&holdout->train);
	for (int i = 0; i < 2; i++)
		evaluator.shown[i] = palloc_extended(Max(nitems, 1), MCXT_ALLOC_HUGE | MCXT_ALLOC_ZERO);
	evaluator.heap = recal_palloc_array(RecalScored, k);
	evaluator.work = RecalAllocAligned(CurrentMemoryContext,
									   sizeof(float) * recal_als_work_size(d));
	evaluator.fold_in.model = model;
	evaluator.fold_in.factors = d;
	evaluator.fold_in.unobserved_weight = (float) factorization->unobserved_weight_used;
	evaluator.fold_in.regularization = (float) factorization->regularization_used;
	evaluator.fold_in.nitems = nitems;
	evaluator.fold_in.eigenvalues = factorization->eigenvalues;
	evaluator.fold_in.user_mean = MeanUser(holdout, factorization);

	for (int64 first = 0; first < holdout->ntest; first += batch)
	{
		int			n = (int) Min(batch, holdout->ntest - first);

		for (int i = 0; i < n; i++)
			UserVector(&evaluator, holdout->user[first + i], vectors + (int64) i * d);
		recal_gemm_nt(n, (int) nitems, d, 1.0f, vectors, d, factorization->item_factors, d,
					  0.0f, scores, (int) nitems);
		for (int i = 0; i < n; i++)
		{
			CHECK_FOR_INTERRUPTS();
			AddUser(&evaluator, first + i, scores + i * nitems, &evaluation->model, 0);
			memcpy(scores + i * nitems, evaluator.popularity, sizeof(float) * nitems);
			AddUser(&evaluator, first + i, scores + i * nitems, &evaluation->baseline, 1);
		}
	}
	evaluation->model_coverage = Coverage(evaluator.shown[0], nitems);
	evaluation->baseline_coverage = Coverage(evaluator.shown[1], nitems);
}
