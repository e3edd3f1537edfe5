/*
 * questions.c
 *		What the choice of questions needs of a model: items, and beliefs about users.
 */
#include "postgres.h"

#include <math.h>

#include "miscadmin.h"

#include "recal_answers.h"
#include "recal_blas.h"
#include "recal_compat.h"
#include "recal_factorize.h"
#include "recal_posterior.h"
#include "recal_questions.h"

/* a choice seen as a logit through logistic noise has this variance: π² / 3 */
#define LOGIT_NOISE 3.29f

/* added to the diagonal of Σ w y yᵀ, as a share of its mean */
#define TARGET_RIDGE 1e-5

/* answers that what is known beforehand is worth */
#define CHANCE_STRENGTH 5.0

#define CHUNK 1024

RecalQuestionModel
RecalServedQuestionModel(const RecalServed *served)
{
	RecalQuestionModel model = {
		.model = served->model,
		.d = served->factors,
		.width = served->width,
		.ratings = served->ratings,
		.network = served->network,
		.blend = served->network ? served->network_blend : 1,
		.noise = served->noise,
		.nusers = served->nusers,
		.user_mean = served->user_mean,
		.user_covariance = served->user_covariance,
		.item_transform = served->item_transform,
		.item_rates = served->item_rates,
		.network_spread = served->network_spread
	};

	return model;
}

/*
 * Posterior shares of items' variance by direction, and the noise of an answer
 * about them: σ² + tr(S_i M), so that items that are hardly known themselves
 * do not look informative.
 */
static void
FillItems(const RecalQuestionModel *model, int64 n, const float *mass, float *shares,
		  float *noise)
{
	int			d = model->d;
	float		square = model->blend * model->blend;
	const float *rates = model->item_rates;

	for (int64 i = 0; i < n; i++)
	{
		float		ratio = mass[i] / model->noise;
		double		trace = 0;

		for (int k = 0; k < d; k++)
		{
			float		share = 1.0f / (1.0f + ratio * rates[k]);

			shares[i * d + k] = square * share;
			trace += share * rates[k];
		}
		noise[i] = square * (model->noise + (float) trace) + (model->network ? LOGIT_NOISE : 0);
	}
}

/* ‖Lᵀy‖² of each row's factor, LLᵀ = C */
static float *
PriorVariance(const RecalQuestionModel *model, int64 n, const float *rows)
{
	int			d = model->d;
	float	   *variance = RecalAllocFloats(n, 1);
	float	   *root = RecalAllocFloats(d, d);
	float	   *work = RecalAllocFloats(d, d);
	float	   *projected = RecalAllocFloats(CHUNK, d);
	const char *problem = recal_posterior_root(d, model->user_covariance, model->noise, 0, NULL,
											   NULL, root, work);

	if (problem != NULL)
		ereport(ERROR,
				(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
				 errmsg("could not compute an uncertainty with model \"%s\"", model->model),
				 errdetail("%s", problem)));
	for (int64 first = 0; first < n; first += CHUNK)
	{
		int			count = (int) Min(CHUNK, n - first);

		recal_gemm_nt(count, d, d, model->blend, rows + first * model->width, model->width, root,
					  d, 0.0f, projected, d);
		for (int i = 0; i < count; i++)
			variance[first + i] = recal_dot(d, projected + (int64) i * d,
											projected + (int64) i * d);
	}
	pfree(root);
	pfree(work);
	pfree(projected);
	return variance;
}

/* oᵀSo of each row's output vector, for each length of a history that S was measured for */
static float *
SpreadVariance(const RecalQuestionModel *model, int64 n, const float *rows)
{
	int			d = model->d;
	float	   *variance = RecalAllocFloats(RECAL_NET_SPREADS, n);
	float	   *product = RecalAllocFloats(CHUNK, d);

	for (int k = 0; k < RECAL_NET_SPREADS; k++)
		for (int64 first = 0; first < n; first += CHUNK)
		{
			int			count = (int) Min(CHUNK, n - first);
			const float *outputs = rows + first * model->width + d;

			CHECK_FOR_INTERRUPTS();
			recal_gemm(count, d, d, 1.0f, outputs, model->width,
					   model->network_spread + (Size) k * d * d, d, 0.0f, product, d);
			for (int i = 0; i < count; i++)
				variance[k * n + first + i] = recal_dot(d, product + (int64) i * d,
														outputs + (int64) i * model->width);
		}
	pfree(product);
	return variance;
}

/* log popularity times the entropy of what users make of the item */
static float *
PopularityEntropy(const RecalQuestionModel *model, const RecalQuestionPool *pool,
				  const float *variance)
{
	float	   *entropy = RecalAllocFloats(pool->n, 1);
	double		nusers = model->nusers;

	for (int64 i = 0; i < pool->n && model->nusers <= 0; i++)
		nusers = Max(nusers, pool->popularity[i]);
	for (int64 i = 0; i < pool->n; i++)
	{
		double		share = Min(1, pool->popularity[i] / Max(nusers, 1));
		float		bits;

		if (model->ratings)
			/* whether a user rates it above their own mean */
			bits = recal_answer_entropy((recal_dot(model->d, model->user_mean,
												   pool->rows + i * pool->width) -
										 model->user_mean[RECAL_USER_BIAS]) /
										sqrt((double) variance[i] + pool->noise[i]));
		else
			bits = share <= 0 || share >= 1 ? 0 :
				(float) (-share * log2(share) - (1 - share) * log2(1 - share));
		entropy[i] = bits * logf(1 + pool->popularity[i]);
	}
	return entropy;
}

/* L of Σ w y yᵀ = LLᵀ, w the popularity: whose scores are to become sure */
static float *
TargetRoot(const RecalQuestionModel *model, const RecalQuestionPool *pool)
{
	int			width = pool->width;
	float	   *root = RecalAllocFloats(width, width);
	float	   *weighted = RecalAllocFloats(CHUNK, width);
	double		sum = 0;
	double		trace = 0;

	memset(root, 0, sizeof(float) * width * width);
	for (int64 i = 0; i < pool->n; i++)
		sum += pool->popularity[i];
	for (int64 first = 0; first < pool->n; first += CHUNK)
	{
		int			count = (int) Min(CHUNK, pool->n - first);

		for (int i = 0; i < count; i++)
		{
			float		weight = sqrtf(pool->popularity[first + i] / (float) Max(sum, 1e-30));

			for (int k = 0; k < width; k++)
				weighted[(int64) i * width + k] = weight * pool->rows[(first + i) * width + k];
		}
		recal_syrk_tn(width, count, 1.0f, weighted, width, 1.0f, root, width);
	}
	for (int k = 0; k < width; k++)
		trace += root[(int64) k * width + k];
	for (int k = 0; k < width; k++)
		root[(int64) k * width + k] += (float) (TARGET_RIDGE * trace / width + 1e-20);
	if (recal_potrf(width, root, width) != 0)
		ereport(ERROR,
				(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
				 errmsg("could not weigh the items of model \"%s\"", model->model),
				 errhint("Use the strategy 'uncertainty'.")));
	for (int i = 0; i < width; i++)
		for (int j = i + 1; j < width; j++)
			root[(int64) i * width + j] = 0;
	pfree(weighted);
	return root;
}

void
RecalQuestionsBegin(RecalQuestions *questions, const RecalQuestionModel *model, int64 n,
					const float *rows, const float *mass, const float *chance,
					RecalStrategy strategy, bool bounded)
{
	bool		opinions = strategy == RECAL_STRATEGY_POPULARITY_ENTROPY && model->ratings;
	RecalQuestionPool *pool = &questions->pool;
	float	   *noise = RecalAllocFloats(n, 1);

	memset(questions, 0, sizeof(RecalQuestions));
	questions->model = *model;
	questions->shares = RecalAllocFloats(n, model->d);
	FillItems(model, n, mass, questions->shares, noise);
	pool->n = n;
	pool->width = model->width;
	pool->rows = rows;
	pool->noise = noise;
	pool->popularity = mass;
	pool->answerable = chance;
	if (bounded || opinions)
		questions->prior_variance = PriorVariance(model, n, rows);
	if (bounded && model->network_spread != NULL)
		questions->spread_variance = SpreadVariance(model, n, rows);
	if (strategy == RECAL_STRATEGY_POPULARITY_ENTROPY)
		pool->popularity_entropy = PopularityEntropy(model, pool, questions->prior_variance);
	if (strategy == RECAL_STRATEGY_VARIANCE_REDUCTION)
		pool->target_root = TargetRoot(model, pool);
}

/*
 * Users.
 */
RecalBelief *
RecalBeliefAlloc(const RecalQuestionModel *model, MemoryContext context)
{
	RecalBelief *belief = MemoryContextAllocZero(context, sizeof(RecalBelief));
	int			nroot = model->d + (model->network ? RECAL_NETWORK_PASSES : 0) +
		(model->network_spread != NULL ? model->d : 0);

	belief->root = RecalAllocAligned(context, sizeof(float) * nroot * model->width);
	belief->loadings = RecalAllocAligned(context, sizeof(float) * model->d);
	belief->user.nroot = nroot;
	belief->user.root = belief->root;
	return belief;
}

/* Below the passes, Lᵀ of the spread; what is no covariance but for rounding adds nothing */
static void
ComposeSpread(const RecalQuestionModel *model, const float *spread, RecalBelief *belief)
{
	int			d = model->d;
	float	   *root = RecalAllocFloats(d, d);

	memcpy(root, spread, sizeof(float) * d * d);
	if (recal_potrf(d, root, d) == 0)
		for (int r = 0; r < d; r++)
			for (int k = r; k < d; k++)
				belief->root[(int64) (d + RECAL_NETWORK_PASSES + r) * model->width + d + k] =
					root[(int64) k * d + r];
	pfree(root);
}

/* The factorization's root [d × d] into the belief's rows; the network's passes below it */
static void
ComposeRoot(const RecalQuestionModel *model, const float *root, const float *passes,
			const float *spread, RecalBelief *belief)
{
	int			d = model->d;
	int			width = model->width;

	memset(belief->root, 0, sizeof(float) * belief->user.nroot * width);
	for (int r = 0; r < d; r++)
		for (int k = 0; k < d; k++)
			belief->root[(int64) r * width + k] = model->blend * root[(int64) r * d + k];
	for (int k = 0; k < d && passes != NULL; k++)
	{
		double		mean = 0;

		for (int p = 0; p < RECAL_NETWORK_PASSES; p++)
			mean += passes[(int64) p * d + k];
		mean /= RECAL_NETWORK_PASSES;
		for (int p = 0; p < RECAL_NETWORK_PASSES; p++)
			belief->root[(int64) (d + p) * width + d + k] =
				(float) ((passes[(int64) p * d + k] - mean) / sqrt(RECAL_NETWORK_PASSES));
	}
	if (spread != NULL)
		ComposeSpread(model, spread, belief);
}

void
RecalBelieve(const RecalQuestionModel *model, const float *factor, const float *vector, int64 n,
			 const float *gathered, const float *confidences, const float *passes,
			 const float *spread, RecalBelief *belief)
{
	int			d = model->d;
	float	   *root = RecalAllocFloats(d, d);
	float	   *work = RecalAllocFloats(d, d);
	const char *problem = recal_posterior_root(d, model->user_covariance, model->noise, n,
											   gathered, model->ratings ? NULL : confidences,
											   root, work);

	if (problem != NULL)
		ereport(ERROR,
				(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
				 errmsg("could not compute an uncertainty with model \"%s\"", model->model),
				 errdetail("%s", problem)));
	ComposeRoot(model, root, passes, spread, belief);
	belief->n = n;

	/* (Tᵀx)² + diag(TᵀST), S = RᵀR */
	recal_gemm(d, d, d, 1.0f, root, d, model->item_transform, d, 0.0f, work, d);
	memset(belief->loadings, 0, sizeof(float) * d);
	recal_gemv_t(d, d, model->item_transform, d, factor, belief->loadings);
	for (int k = 0; k < d; k++)
		belief->loadings[k] *= belief->loadings[k];
	for (int r = 0; r < d; r++)
		for (int k = 0; k < d; k++)
			belief->loadings[k] += work[(int64) r * d + k] * work[(int64) r * d + k];
	belief->user.vector = vector;
	belief->like = model->ratings ? factor[RECAL_USER_BIAS] : NAN;
	pfree(root);
	pfree(work);
}

/* Adds ‖Z o_i‖² of the network's passes, and oᵀSo of its spread */
static void
AddNetworkBounds(const RecalQuestions *questions, const RecalBelief *belief, float *bounds)
{
	const RecalQuestionPool *pool = &questions->pool;
	int			d = questions->model.d;
	const float *root = belief->root + (int64) d * pool->width + d;
	float	   *scores = RecalAllocFloats(CHUNK, RECAL_NETWORK_PASSES);

	for (int64 first = 0; first < pool->n; first += CHUNK)
	{
		int			count = (int) Min(CHUNK, pool->n - first);

		recal_gemm_nt(count, RECAL_NETWORK_PASSES, d, 1.0f, pool->rows + first * pool->width + d,
					  pool->width, root, pool->width, 0.0f, scores, RECAL_NETWORK_PASSES);
		for (int i = 0; i < count; i++)
			for (int p = 0; p < RECAL_NETWORK_PASSES; p++)
				bounds[first + i] += scores[i * RECAL_NETWORK_PASSES + p] *
					scores[i * RECAL_NETWORK_PASSES + p];
	}
	pfree(scores);
	if (questions->spread_variance != NULL)
	{
		float		share;
		const float *variance = questions->spread_variance +
			recal_net_spread_place(belief->n, &share) * pool->n;

		for (int64 i = 0; i < pool->n; i++)
			bounds[i] += (1 - share) * variance[i] +
				(share > 0 ? share * variance[i + pool->n] : 0);
	}
}

void
RecalBeliefParts(const RecalQuestions *questions, RecalBelief *const *beliefs, int nusers,
				 float *parts, float *bounds)
{
	int64		n = questions->pool.n;
	int			d = questions->model.d;
	float	   *loadings = RecalAllocFloats(nusers, d);

	for (int u = 0; u < nusers; u++)
		memcpy(loadings + (int64) u * d, beliefs[u]->loadings, sizeof(float) * d);
	for (int64 first = 0; first < n; first += CHUNK)
		recal_gemm_nt(nusers, (int) Min(CHUNK, n - first), d, 1.0f, loadings, d,
					  questions->shares + first * d, d, 0.0f, parts + first, (int) n);
	pfree(loadings);
	for (int u = 0; u < nusers; u++)
	{
		float	   *mine = parts + u * n;

		beliefs[u]->user.parts = mine;
		beliefs[u]->user.bounds = NULL;
		if (bounds == NULL)
			continue;
		for (int64 i = 0; i < n; i++)
			bounds[u * n + i] = mine[i] + questions->prior_variance[i];
		if (questions->model.network)
			AddNetworkBounds(questions, beliefs[u], bounds + u * n);
		/* rounding must not hide an item that is at its bound */
		for (int64 i = 0; i < n; i++)
			bounds[u * n + i] *= 1.001f;
		beliefs[u]->user.bounds = bounds + u * n;
	}
}

/*
 * Chances of an answer.
 */
typedef struct Asked
{
	const RecalIdTable *items;
	double	   *answered;		/* [items] */
	double	   *unable;			/* [items] */
	bool		any_unable;
} Asked;

static void
CountAnswer(const RecalAnswer *answer, void *arg)
{
	Asked	   *asked = arg;
	int64		item = RecalIdTableFind(asked->items, &answer->item);

	if (item < 0)
		return;
	if (isnan(answer->value))
	{
		asked->unable[item]++;
		asked->any_unable = true;
	}
	else
		asked->answered[item]++;
}

float *
RecalAnswerChances(const RecalModel *model, const RecalEvents *events, const RecalMatrix *matrix)
{
	int64		n = matrix->nitems;
	Asked		asked = {.items = &events->items};
	float	   *chances = NULL;
	double	   *users = RecalAllocArray(sizeof(double), n);

	asked.answered = RecalAllocArray(sizeof(double), n);
	asked.unable = RecalAllocArray(sizeof(double), n);
	memset(users, 0, sizeof(double) * n);
	memset(asked.answered, 0, sizeof(double) * n);
	memset(asked.unable, 0, sizeof(double) * n);
	RecalAnswersVisit(model->name, NULL, events->users.kind, events->items.kind, CountAnswer,
					  &asked);
	for (int64 j = 0; j < matrix->nnz; j++)
		users[matrix->by_user.columns[j]]++;
	if (matrix->ratings || asked.any_unable)
		chances = RecalAllocArray(sizeof(float), n);
	for (int64 i = 0; i < n && chances != NULL; i++)
	{
		double		before = matrix->ratings ?
			(users[i] + 1) / ((double) matrix->nusers + 2) : 1;

		chances[i] = (float) ((CHANCE_STRENGTH * before + asked.answered[i]) /
							  (CHANCE_STRENGTH + asked.answered[i] + asked.unable[i]));
	}
	pfree(users);
	pfree(asked.answered);
	pfree(asked.unable);
	return chances;
}
