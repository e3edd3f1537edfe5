/*
 * evaluate.c
 *		Ranks the whole catalogue for held-out pairs, for the model, for its
 *		factorization alone, and for popularity.
 */
#include "postgres.h"

#include <math.h>

#include "miscadmin.h"

#include "recal_als.h"
#include "recal_blas.h"
#include "recal_compat.h"
#include "recal_evaluate.h"
#include "recal_history.h"
#include "recal_neural.h"
#include "recal_serve.h"

/* scores of a batch of users, at most */
#define BATCH_SCORES	(16 * 1024 * 1024)
#define MAX_BATCH		64

/* whose lists are judged */
enum
{
	SERVED,
	FACTORIZATION,				/* where a network is served with it */
	POPULARITY,
	NRANKED
};

typedef struct Evaluator
{
	const RecalHoldout *holdout;
	const RecalFactorization *factorization;
	const RecalNetwork *network;	/* or NULL */
	RecalFoldInModel fold_in;
	int			d;
	int64		nitems;
	float	   *popularity;		/* [nitems] share of users */
	uint8	   *shown[NRANKED]; /* [nitems] */
	RecalRankMetrics *metrics[NRANKED];
	RecalScored *heap;			/* [k] */
	float	   *work;

	/* of a batch */
	float	   *vectors;		/* [batch × d] of the factorization */
	float	   *inputs;			/* this and the next three are the network's; NULL without */
	float	   *z;				/* [batch × d] */
	float	   *net_work;
	float	   *network_scores; /* [batch × nitems] */
	float	   *scores;			/* [batch × nitems] of the factorization */
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

/*
 * A user's pairs as serving has them: confidences [n] decayed, and the network's
 * input from those before the decay, oldest first.
 */
static void
ReadHistory(const Evaluator *evaluator, int64 start, int64 n, float *confidences, float *input)
{
	const RecalMatrix *train = &evaluator->holdout->train;
	RecalTimed *pairs;

	memcpy(confidences, train->by_user.confidences + start, sizeof(float) * n);
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
	if (input != NULL)
	{
		int32	   *items = recal_palloc_array(int32, Max(n, 1));
		float	   *weights = recal_palloc_array(float, Max(n, 1));

		for (int64 j = 0; j < n; j++)
		{
			items[n - 1 - j] = pairs[j].item;
			weights[n - 1 - j] = confidences[pairs[j].index];
		}
		recal_net_input(&evaluator->network->net, n, items, weights, input);
		pfree(items);
		pfree(weights);
	}
	recal_history_decay(pairs, n, evaluator->factorization->history_decay_used, confidences);
	pfree(pairs);
}

/* The factorization's vector, and the network's input unless that is NULL */
static void
UserVector(Evaluator *evaluator, int64 u, float *vector, float *input)
{
	const RecalCsr *rows = &evaluator->holdout->train.by_user;
	const RecalFeatures *features = evaluator->factorization->features[RECAL_SIDE_USERS];
	int64		start = rows->offsets[u];
	int64		n = rows->offsets[u + 1] - start;
	int			d = evaluator->d;
	float	   *prior = palloc(sizeof(float) * d);
	float	   *gathered = RecalAllocAligned(CurrentMemoryContext, sizeof(float) * Max(n, 1) * d);
	float	   *confidences = palloc(sizeof(float) * Max(n, 1));
	bool		known;

	for (int64 j = 0; j < n; j++)
		memcpy(gathered + j * d,
			   evaluator->factorization->item_factors + (int64) rows->columns[start + j] * d,
			   sizeof(float) * d);
	ReadHistory(evaluator, start, n, confidences, input);
	known = features != NULL && RecalFeaturesPrior(features, u, d, prior);
	if (evaluator->factorization->prior_used[RECAL_SIDE_USERS])
		evaluator->fold_in.prior = known ? prior : NULL;
	if (input != NULL)
		recal_net_put_profile(&evaluator->network->shape, known ? prior : NULL, input);
	RecalFoldIn(&evaluator->fold_in, n, gathered, confidences, vector, evaluator->work);
	pfree(prior);
	pfree(gathered);
	pfree(confidences);
}

/* Adds one test user's list to the metrics. */
static void
AddUser(Evaluator *evaluator, int64 t, float *scores, int which)
{
	const RecalHoldout *holdout = evaluator->holdout;
	const RecalCsr *rows = &holdout->train.by_user;
	int64		u = holdout->user[t];

	for (int64 j = rows->offsets[u]; j < rows->offsets[u + 1]; j++)
		scores[rows->columns[j]] = -INFINITY;
	if (!recal_metrics_add_user(evaluator->metrics[which], scores, evaluator->nitems,
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

static float *
AllocFloats(int64 rows, int64 columns)
{
	return RecalAllocAligned(CurrentMemoryContext,
							 mul_size(mul_size(sizeof(float), rows), Max(columns, 1)));
}

static void
Begin(Evaluator *evaluator, const char *model, int batch, int k, RecalEvaluation *evaluation)
{
	const RecalHoldout *holdout = evaluator->holdout;
	const RecalFactorization *factorization = evaluator->factorization;
	RecalFoldInModel *fold_in = &evaluator->fold_in;
	int64		nitems = holdout->train.nitems;
	int			d = factorization->factors;

	evaluator->d = d;
	evaluator->nitems = nitems;
	evaluator->popularity = Popularity(&holdout->train);
	evaluator->metrics[SERVED] = &evaluation->model;
	evaluator->metrics[FACTORIZATION] = &evaluation->factorization;
	evaluator->metrics[POPULARITY] = &evaluation->baseline;
	for (int i = 0; i < NRANKED; i++)
	{
		evaluator->metrics[i]->k = k;
		evaluator->shown[i] = palloc_extended(Max(nitems, 1), MCXT_ALLOC_HUGE | MCXT_ALLOC_ZERO);
	}
	evaluator->heap = recal_palloc_array(RecalScored, k);
	evaluator->work = AllocFloats(recal_als_work_size(d), 1);
	evaluator->vectors = AllocFloats(batch, d);
	evaluator->scores = AllocFloats(batch, nitems);
	if (evaluator->network != NULL)
	{
		evaluator->inputs = AllocFloats(batch, recal_net_width(&evaluator->network->shape));
		evaluator->z = AllocFloats(batch, d);
		evaluator->net_work =
			AllocFloats(recal_net_forward_work_size(&evaluator->network->shape, batch), 1);
		evaluator->network_scores = AllocFloats(batch, nitems);
	}
	fold_in->model = model;
	fold_in->factors = d;
	fold_in->unobserved_weight = (float) factorization->unobserved_weight_used;
	fold_in->regularization = (float) factorization->regularization_used;
	fold_in->nitems = nitems;
	fold_in->eigenvalues = factorization->eigenvalues;
	fold_in->user_mean = MeanUser(holdout, factorization);
	fold_in->mean_likes = RECAL_MEAN_USER_LIKES;
}

/* Scores of n test users from first on, of the factorization and of the network */
static void
ScoreBatch(Evaluator *evaluator, int64 first, int n)
{
	const RecalNetwork *network = evaluator->network;
	int64		width = network != NULL ? recal_net_width(&network->shape) : 0;
	int			nitems = (int) evaluator->nitems;
	int			d = evaluator->d;

	for (int i = 0; i < n; i++)
		UserVector(evaluator, evaluator->holdout->user[first + i],
				   evaluator->vectors + (int64) i * d,
				   network == NULL ? NULL : evaluator->inputs + i * width);
	recal_gemm_nt(n, nitems, d, 1.0f, evaluator->vectors, d,
				  evaluator->factorization->item_factors, d, 0.0f, evaluator->scores, nitems);
	if (network == NULL)
		return;
	CHECK_FOR_INTERRUPTS();
	recal_net_forward(&network->net, n, evaluator->inputs, evaluator->z, evaluator->net_work);
	recal_gemm_nt(n, nitems, d, 1.0f, evaluator->z, d, network->net.outputs, d, 0.0f,
				  evaluator->network_scores, nitems);
	for (int i = 0; i < n; i++)
	{
		float	   *served = evaluator->network_scores + (int64) i * nitems;
		const float *scores = evaluator->scores + (int64) i * nitems;

		for (int j = 0; j < nitems; j++)
			served[j] += network->blend * scores[j] + network->net.biases[j];
	}
}

void
RecalRankHoldout(const char *model, const RecalHoldout *holdout,
				 const RecalFactorization *factorization, const RecalNetwork *network, int k,
				 RecalEvaluation *evaluation)
{
	Evaluator	evaluator = {.holdout = holdout, .factorization = factorization};
	int64		nitems = holdout->train.nitems;
	int			batch = (int) Max(1, Min(MAX_BATCH, BATCH_SCORES / Max(nitems, 1)));

	if (network != NULL && network->kept)
		evaluator.network = network;
	memset(evaluation, 0, sizeof(RecalEvaluation));
	Begin(&evaluator, model, batch, k, evaluation);
	for (int64 first = 0; first < holdout->ntest; first += batch)
	{
		int			n = (int) Min(batch, holdout->ntest - first);

		ScoreBatch(&evaluator, first, n);
		for (int i = 0; i < n; i++)
		{
			float	   *scores = evaluator.scores + i * nitems;

			CHECK_FOR_INTERRUPTS();
			if (evaluator.network != NULL)
				AddUser(&evaluator, first + i, evaluator.network_scores + i * nitems, SERVED);
			AddUser(&evaluator, first + i, scores,
					evaluator.network != NULL ? FACTORIZATION : SERVED);
			memcpy(scores, evaluator.popularity, sizeof(float) * nitems);
			AddUser(&evaluator, first + i, scores, POPULARITY);
		}
	}
	evaluation->model_coverage = Coverage(evaluator.shown[SERVED], nitems);
	evaluation->baseline_coverage = Coverage(evaluator.shown[POPULARITY], nitems);
}
