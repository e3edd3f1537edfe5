/*
 * evaluate.c
 *		Ranks the whole catalogue for held-out pairs, for the model, for its
 *		factorization alone, for popularity, and for what was known at the moment.
 */
#include "postgres.h"

#include <math.h>

#include "miscadmin.h"

#include "recal_als.h"
#include "recal_blas.h"
#include "recal_compat.h"
#include "recal_evaluate.h"
#include "recal_factorize.h"
#include "recal_history.h"
#include "recal_moments.h"
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
	RECENT,						/* this and the next two only with moments */
	TOGETHER,
	RANKER,
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
	RecalEvaluation *evaluation;
	RecalWalk  *walk;			/* or NULL */
	RecalWalk  *served_walk;	/* the ranker's, or NULL; the same unless live */
	int32	   *order;			/* [ntest] of test users, by moment */
	bool	   *unknown;		/* [nitems] to training; NULL: none */
	bool	   *hidden;			/* [nitems] unknown, and for a while what a user knows */
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
	const int64_t *pairs = holdout->train.by_user.offsets;
	int64		n = 0;

	for (int64 u = 0; u < holdout->train.nusers; u++)
	{
		/* serving has no users without rows */
		if (pairs[u + 1] == pairs[u])
			continue;
		for (int k = 0; k < d; k++)
			sum[k] += factorization->user_factors[u * d + k];
		n++;
	}
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
ReadHistory(const Evaluator *evaluator, const RecalKnownPairs *known, float *confidences,
			float *input)
{
	int64		n = known->n;
	RecalTimed *pairs;

	memcpy(confidences, known->confidences, sizeof(float) * n);
	if (known->times == NULL)
		return;
	pairs = palloc(sizeof(RecalTimed) * Max(n, 1));
	for (int64 j = 0; j < n; j++)
	{
		pairs[j].time = known->times[j];
		pairs[j].item = known->items[j];
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
UserVector(Evaluator *evaluator, int64 t, float *vector, float *input)
{
	const RecalFeatures *features = evaluator->factorization->features[RECAL_SIDE_USERS];
	int			d = evaluator->d;
	RecalKnownPairs pairs;
	float	   *prior = palloc(sizeof(float) * d);
	float	   *gathered;
	float	   *confidences;
	bool		known;

	RecalKnownPairsOf(evaluator->holdout, t, &pairs);
	gathered = RecalAllocAligned(CurrentMemoryContext, sizeof(float) * Max(pairs.n, 1) * d);
	confidences = palloc(sizeof(float) * Max(pairs.n, 1));
	for (int64 j = 0; j < pairs.n; j++)
		memcpy(gathered + j * d,
			   evaluator->factorization->item_factors + (int64) pairs.items[j] * d,
			   sizeof(float) * d);
	ReadHistory(evaluator, &pairs, confidences, input);
	known = features != NULL &&
		RecalFeaturesPrior(features, evaluator->holdout->user[t], d, prior);
	if (evaluator->factorization->prior_used[RECAL_SIDE_USERS])
		evaluator->fold_in.prior = known ? prior : NULL;
	if (input != NULL)
		recal_net_put_profile(&evaluator->network->shape, known ? prior : NULL, input);
	RecalFoldIn(&evaluator->fold_in, pairs.n, gathered, confidences, vector, evaluator->work);
	pfree(prior);
	pfree(gathered);
	pfree(confidences);
}

/* Adds one test user's list to the metrics; scores lose what is hidden. */
static void
AddUser(Evaluator *evaluator, int64 t, float *scores, int which)
{
	const RecalHoldout *holdout = evaluator->holdout;

	for (int64 i = 0; i < evaluator->nitems; i++)
		if (evaluator->hidden[i])
			scores[i] = -INFINITY;
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

/* Of live, what training has not seen cannot be shown, unless features say what it is. */
static void
FindUnknown(Evaluator *evaluator)
{
	const RecalHoldout *holdout = evaluator->holdout;
	const RecalFeatures *features = evaluator->factorization->features[RECAL_SIDE_ITEMS];
	bool	   *trained;
	float	   *prior;

	evaluator->hidden = palloc_extended(Max(evaluator->nitems, 1),
										MCXT_ALLOC_HUGE | MCXT_ALLOC_ZERO);
	if (holdout->known == NULL)
		return;
	evaluator->unknown = palloc_extended(Max(evaluator->nitems, 1), MCXT_ALLOC_HUGE);
	trained = RecalMatrixItems(&holdout->train);
	prior = palloc(sizeof(float) * evaluator->d);
	for (int64 i = 0; i < evaluator->nitems; i++)
		evaluator->unknown[i] = !trained[i] &&
			!(features != NULL && RecalFeaturesPrior(features, i, evaluator->d, prior));
	memcpy(evaluator->hidden, evaluator->unknown, evaluator->nitems);
	pfree(trained);
	pfree(prior);
}

/* Hides what the user knows, which never is unknown to training, or shows it again. */
static void
HideKnown(Evaluator *evaluator, const RecalKnownPairs *known, bool hide)
{
	for (int64 j = 0; j < known->n; j++)
		evaluator->hidden[known->items[j]] = hide;
}

static double
Coverage(const uint8 *shown, int64 n)
{
	int64		count = 0;

	for (int64 i = 0; i < n; i++)
		count += shown[i];
	return (double) count / (double) Max(n, 1);
}

static void
Begin(Evaluator *evaluator, const char *model, int batch, int k)
{
	RecalEvaluation *evaluation = evaluator->evaluation;
	const RecalHoldout *holdout = evaluator->holdout;
	const RecalFactorization *factorization = evaluator->factorization;
	int64		nitems = holdout->train.nitems;
	int			d = factorization->factors;

	evaluator->d = d;
	evaluator->nitems = nitems;
	evaluator->popularity = Popularity(&holdout->train);
	evaluator->metrics[SERVED] = &evaluation->model;
	evaluator->metrics[FACTORIZATION] = &evaluation->factorization;
	evaluator->metrics[POPULARITY] = &evaluation->baseline;
	evaluator->metrics[RECENT] = &evaluation->recent;
	evaluator->metrics[TOGETHER] = &evaluation->together;
	evaluator->metrics[RANKER] = &evaluation->ranked;
	for (int i = 0; i < NRANKED; i++)
	{
		evaluator->metrics[i]->k = k;
		evaluator->shown[i] = palloc_extended(Max(nitems, 1), MCXT_ALLOC_HUGE | MCXT_ALLOC_ZERO);
	}
	evaluator->heap = recal_palloc_array(RecalScored, k);
	evaluator->work = RecalAllocFloats(recal_als_work_size(d), 1);
	evaluator->vectors = RecalAllocFloats(batch, d);
	evaluator->scores = RecalAllocFloats(batch, nitems);
	if (evaluator->network != NULL)
	{
		evaluator->inputs = RecalAllocFloats(batch, recal_net_width(&evaluator->network->shape));
		evaluator->z = RecalAllocFloats(batch, d);
		evaluator->net_work =
			RecalAllocFloats(recal_net_forward_work_size(&evaluator->network->shape, batch), 1);
		evaluator->network_scores = RecalAllocFloats(batch, nitems);
	}
	evaluator->fold_in = RecalTrainedFoldInModel(model, &holdout->train, factorization,
												 MeanUser(holdout, factorization));
}

/* Scores of n test users from first on in order, of the factorization and of the network */
static void
ScoreBatch(Evaluator *evaluator, int64 first, int n)
{
	const RecalNetwork *network = evaluator->network;
	int64		width = network != NULL ? recal_net_width(&network->shape) : 0;
	int			nitems = (int) evaluator->nitems;
	int			d = evaluator->d;

	for (int i = 0; i < n; i++)
		UserVector(evaluator, evaluator->order[first + i],
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

static int
CompareMoments(const void *a, const void *b, void *arg)
{
	const double *moments = arg;
	int32		x = *(const int32 *) a;
	int32		y = *(const int32 *) b;

	if (moments[x] != moments[y])
		return moments[x] < moments[y] ? -1 : 1;
	return (x > y) - (x < y);
}

/* Rows without a time are looked for as of the newest row of all, as serving would. */
static void
SetMoments(RecalHoldout *holdout)
{
	double		newest = -INFINITY;

	for (int64 j = 0; j < holdout->train.nnz; j++)
		if (isfinite(holdout->train.pair_time[j]))
			newest = Max(newest, holdout->train.pair_time[j]);
	for (int64 t = 0; t < holdout->ntest; t++)
		if (isfinite(holdout->moments[t]))
			newest = Max(newest, holdout->moments[t]);
	for (int64 t = 0; t < holdout->ntest; t++)
		if (!isfinite(holdout->moments[t]))
			holdout->moments[t] = isfinite(newest) ? newest : 0;
}

/* The order in which test users have their turn: of time, where a walk goes along */
static void
BeginWalk(Evaluator *evaluator, RecalHoldout *holdout, int k)
{
	evaluator->order = RecalAllocArray(sizeof(int32), holdout->ntest);
	for (int64 t = 0; t < holdout->ntest; t++)
		evaluator->order[t] = (int32) t;
	if (holdout->moments == NULL || (!evaluator->evaluation->moments && holdout->known == NULL))
		return;
	SetMoments(holdout);
	qsort_arg(evaluator->order, holdout->ntest, sizeof(int32), CompareMoments, holdout->moments);
	evaluator->walk = palloc0(sizeof(RecalWalk));
	RecalWalkBegin(evaluator->walk, holdout, k, evaluator->d, false);
	if (evaluator->evaluation->ranker == NULL)
		return;
	evaluator->served_walk = evaluator->walk;
	if (holdout->known == NULL)
		return;
	evaluator->served_walk = palloc0(sizeof(RecalWalk));
	RecalWalkBegin(evaluator->served_walk, holdout, k, evaluator->d, true);
}

/* Lists by what was known at the test user's moment; scores [nitems] is workspace. */
static void
AddMoment(Evaluator *evaluator, int64 t, const RecalKnownPairs *known, int i, float *scores)
{
	RecalEvaluation *evaluation = evaluator->evaluation;
	const float *factorization = evaluator->scores + i * evaluator->nitems;
	RecalMoment moment = {
		.test = t,
		.user = evaluator->holdout->user[t],
		.now = evaluator->holdout->moments[t],
		.known = known,
		.hidden = evaluator->hidden,
		.vector = evaluator->vectors + (int64) i * evaluator->d,
		.factorization = factorization,
		.served = evaluator->network != NULL ?
		evaluator->network_scores + i * evaluator->nitems : factorization
	};
	const float *items = evaluator->factorization->item_factors;

	RecalWalkTo(evaluator->walk, moment.now);
	if (evaluation->ranker != NULL)
	{
		RecalWalkTo(evaluator->served_walk, moment.now);
		RecalWalkUser(evaluator->served_walk, moment.user, moment.now, known, items,
					  moment.vector);
		moment.view = &evaluator->served_walk->view;
		evaluation->ranker(evaluation->ranker_arg, &moment, scores);
		AddUser(evaluator, t, scores, RANKER);
	}
	if (!evaluation->moments)
		return;
	RecalWalkUser(evaluator->walk, moment.user, moment.now, known, items, moment.vector);
	RecalWalkRecent(evaluator->walk, scores);
	AddUser(evaluator, t, scores, RECENT);
	RecalWalkTogether(evaluator->walk, scores);
	AddUser(evaluator, t, scores, TOGETHER);
}

/* What cannot be shown is found by nobody. */
static void
AddUnknown(Evaluator *evaluator)
{
	RecalEvaluation *evaluation = evaluator->evaluation;

	evaluation->unknown++;
	evaluation->model.users++;
	evaluation->baseline.users++;
	if (evaluator->network != NULL)
		evaluation->factorization.users++;
	if (evaluation->moments)
	{
		evaluation->recent.users++;
		evaluation->together.users++;
	}
	if (evaluation->ranker != NULL)
		evaluation->ranked.users++;
}

/* All lists of test user t, the i-th of the batch; spare [nitems] is workspace. */
static void
AddTest(Evaluator *evaluator, int64 t, int i, float *spare)
{
	const RecalHoldout *holdout = evaluator->holdout;
	float	   *scores = evaluator->scores + i * evaluator->nitems;
	RecalKnownPairs known;

	if (evaluator->unknown != NULL && evaluator->unknown[holdout->targets[holdout->offsets[t]]])
	{
		AddUnknown(evaluator);
		return;
	}
	RecalKnownPairsOf(holdout, t, &known);
	HideKnown(evaluator, &known, true);
	if (evaluator->walk != NULL)
		AddMoment(evaluator, t, &known, i, spare);
	if (evaluator->network != NULL)
		AddUser(evaluator, t, evaluator->network_scores + i * evaluator->nitems, SERVED);
	AddUser(evaluator, t, scores, evaluator->network != NULL ? FACTORIZATION : SERVED);
	if (holdout->known != NULL)
		RecalWalkPopular(evaluator->walk, scores);
	else
		memcpy(scores, evaluator->popularity, sizeof(float) * evaluator->nitems);
	AddUser(evaluator, t, scores, POPULARITY);
	HideKnown(evaluator, &known, false);
}

void
RecalRankHoldout(const char *model, RecalHoldout *holdout,
				 const RecalFactorization *factorization, const RecalNetwork *network, int k,
				 RecalEvaluation *evaluation)
{
	Evaluator	evaluator = {
		.holdout = holdout,
		.factorization = factorization,
		.evaluation = evaluation
	};
	int64		nitems = holdout->train.nitems;
	int			batch = (int) Max(1, Min(MAX_BATCH, BATCH_SCORES / Max(nitems, 1)));
	float	   *spare = RecalAllocFloats(1, nitems);

	if (network != NULL && network->kept)
		evaluator.network = network;
	Begin(&evaluator, model, batch, k);
	FindUnknown(&evaluator);
	if (evaluator.unknown != NULL)
		RecalHoldoutDrop(holdout, evaluator.unknown);
	BeginWalk(&evaluator, holdout, k);
	for (int64 first = 0; first < holdout->ntest; first += batch)
	{
		int			n = (int) Min(batch, holdout->ntest - first);

		ScoreBatch(&evaluator, first, n);
		for (int i = 0; i < n; i++)
		{
			CHECK_FOR_INTERRUPTS();
			AddTest(&evaluator, evaluator.order[first + i], i, spare);
		}
	}
	evaluation->model_coverage = Coverage(evaluator.shown[evaluation->ranker != NULL ? RANKER :
														  SERVED], nitems);
	evaluation->baseline_coverage = Coverage(evaluator.shown[POPULARITY], nitems);
}
