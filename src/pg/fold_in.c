/*
 * fold_in.c
 *		Solving for a user's vector, and for what each row and feature adds to a
 *		score: one system, seen from its solution and from its terms.
 */
#include "postgres.h"

#include <math.h>

#include "miscadmin.h"
#include "utils/memutils.h"

#include "recal_als.h"
#include "recal_blas.h"
#include "recal_compat.h"
#include "recal_serve.h"
#include "recal_train.h"

static void
PollInterrupts(void *arg)
{
	CHECK_FOR_INTERRUPTS();
}

/* The whole ridge of a user with n pairs. */
static float
Ridge(float regularization, float unobserved_weight, int64 nitems, int64 n)
{
	return regularization * (n + unobserved_weight * (float) nitems);
}

static void
CheckFoldIn(const RecalFoldInModel *model, const char *problem)
{
	if (problem != NULL)
		ereport(ERROR,
				(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
				 errmsg("could not make a user vector with model \"%s\"", model->model),
				 errdetail("%s", problem),
				 errhint("Raise the option \"regularization\", or use \"confidence\": \"log\", and train again.")));
}

/* likes after which the mean user has lost half of its say */
#define MEAN_USER_LIKES 1.0f

/*
 * The mean user as a prior [d] of one who likes something: little is known from
 * the first likes, so its weight falls off with their number. Stretched so that
 * it stands where nothing is observed.
 */
static void
MeanPrior(const RecalFoldInModel *model, const float *mean, float reg, int64 n,
		  const float *confidences, float *prior)
{
	float		share = MEAN_USER_LIKES;
	int64		likes = 0;

	for (int64 j = 0; j < n; j++)
		likes += confidences[j] > 0;
	share /= share + (float) likes;
	for (int k = 0; k < model->factors; k++)
		prior[k] = share * mean[k] *
			(model->unobserved_weight * model->eigenvalues[k] + reg) / reg;
}

static bool
LikesSomething(const float *confidences, int64 n)
{
	for (int64 j = 0; j < n; j++)
		if (confidences[j] > 0)
			return true;
	return false;
}

/*
 * The ridges of a user of ratings beyond the least of them [d], and that one.
 * The item's bias is no part of what is solved for: its factor 1 is known.
 */
static float *
RatingRidges(int d, float ridge, float bias_ridge, float *least)
{
	float	   *more = palloc(sizeof(float) * d);

	*least = Min(ridge, bias_ridge);
	for (int k = 0; k < d; k++)
		more[k] = ridge - *least;
	more[RECAL_USER_BIAS] = bias_ridge - *least;
	return more;
}

/* What of n ratings the items' biases leave to explain; gathered forgets those. */
static float *
TakeItemBiases(int d, int64 n, float *gathered, const float *ratings)
{
	float	   *targets = palloc_extended(sizeof(float) * Max(n, 1), MCXT_ALLOC_HUGE);

	for (int64 j = 0; j < n; j++)
	{
		targets[j] = ratings[j] - gathered[j * d + RECAL_ITEM_BIAS];
		gathered[j * d + RECAL_ITEM_BIAS] = 0;
	}
	return targets;
}

/* The mean as the solver wants it, which is that of the least ridge alone */
static void
StretchPrior(int d, float least, const float *ridges, const float *mean, float *prior)
{
	for (int k = 0; k < d; k++)
		prior[k] = mean[k] * (least + ridges[k]) / least;
}

static const char *
FoldInRatings(const RecalFoldInModel *model, int64 n, float *gathered, const float *ratings,
			  float *vector, float *work)
{
	int			d = model->factors;
	float		least;
	float	   *ridges = RatingRidges(d, model->regularization, model->bias_ridge, &least);
	float	   *targets = TakeItemBiases(d, n, gathered, ratings);
	float	   *prior = NULL;
	const char *problem;

	if (model->prior != NULL)
	{
		prior = palloc(sizeof(float) * d);
		StretchPrior(d, least, ridges, model->prior, prior);
		prior[RECAL_ITEM_BIAS] = 0;
	}
	problem = recal_als_fold_in(d, true, 1, least, ridges, n, gathered, targets, prior, vector,
								work, PollInterrupts, NULL);
	if (prior != NULL)
		pfree(prior);
	vector[RECAL_ITEM_BIAS] = 1;
	vector[RECAL_USER_BIAS] += model->mean_rating;
	pfree(ridges);
	pfree(targets);
	return problem;
}

/*
 * The mean user is the solution of the same system with nothing observed when
 * the prior is stretched by what the unobserved items take away.
 */
void
RecalFoldIn(const RecalFoldInModel *model, int64 n, float *gathered, const float *confidences,
			float *vector, float *work)
{
	int			d = model->factors;
	float		reg = Ridge(model->regularization, model->unobserved_weight, model->nitems, n);
	const float *mean = model->prior != NULL ? model->prior : model->user_mean;
	float	   *stretched = NULL;

	if (n == 0)
	{
		memcpy(vector, mean, sizeof(float) * d);
		if (model->ratings && mean == model->prior)
		{
			vector[RECAL_USER_BIAS] += model->mean_rating;
			vector[RECAL_ITEM_BIAS] = 1;
		}
		return;
	}

	if (!model->ratings && (model->prior == NULL || !LikesSomething(confidences, n)))
	{
		stretched = palloc(sizeof(float) * d);
		MeanPrior(model, mean, reg, n, confidences, stretched);
	}

	if (model->ratings)
		CheckFoldIn(model, FoldInRatings(model, n, gathered, confidences, vector, work));
	else
		CheckFoldIn(model, recal_als_fold_in(d, false, model->unobserved_weight, reg,
											 model->eigenvalues, n, gathered, confidences,
											 stretched != NULL ? stretched : model->prior, vector,
											 work, PollInterrupts, NULL));
	if (stretched != NULL)
		pfree(stretched);
}

void
RecalFoldInRows(const RecalFoldInModel *model, const RecalCsr *rows, const int32 *order,
				const float *fixed, float *vectors, float *work)
{
	int			d = model->factors;
	RecalAlsHalfStep step = {
		.d = d,
		.unobserved_weight = model->unobserved_weight,
		.regularization = model->regularization,
		.nfixed = model->nitems,
		.fixed = fixed,
		.eigenvalues = model->eigenvalues,
		.rows = rows,
		.solved = vectors,
	};
	double		loss = 0;
	int64_t		bad_row;
	float	   *prior = NULL;

	if (!model->ratings)
	{
		prior = RecalAllocAligned(CurrentMemoryContext,
								  sizeof(float) * Max(rows->nrows, 1) * model->factors);
		for (int64 row = 0; row < rows->nrows; row++)
		{
			int64		n = rows->offsets[row + 1] - rows->offsets[row];

			MeanPrior(model, model->user_mean,
					  Ridge(model->regularization, model->unobserved_weight, model->nitems, n),
					  n, rows->confidences + rows->offsets[row], prior + row * model->factors);
		}
		step.prior = prior;
		step.prior_stride = model->factors;
		CheckFoldIn(model, recal_als_solve_rows(&step, order, 0, rows->nrows, work, &loss,
												&bad_row, PollInterrupts, NULL));
		pfree(prior);
	}

	/* who likes nothing is made from the mean user; ratings are solved without the items' biases */
	for (int64 row = 0; row < rows->nrows; row++)
	{
		int64		first = rows->offsets[row];
		int64		n = rows->offsets[row + 1] - first;
		float	   *gathered;

		if (!model->ratings && LikesSomething(rows->confidences + first, n))
			continue;
		gathered = RecalAllocAligned(CurrentMemoryContext, sizeof(float) * Max(n, 1) * d);
		for (int64 j = 0; j < n; j++)
			memcpy(gathered + j * d, fixed + (Size) rows->columns[first + j] * d,
				   sizeof(float) * d);
		RecalFoldIn(model, n, gathered, rows->confidences + first, vectors + row * d, work);
		pfree(gathered);
	}
}

RecalFoldInModel
RecalServedFoldInModel(const RecalServed *served)
{
	RecalFoldInModel model = {
		.model = served->model,
		.factors = served->factors,
		.unobserved_weight = served->unobserved_weight,
		.regularization = served->regularization,
		.nitems = served->nitems,
		.eigenvalues = served->eigenvalues,
		.user_mean = served->user_mean,
		.ratings = served->ratings,
		.bias_ridge = served->bias_ridge,
		.mean_rating = served->mean_rating,
	};

	return model;
}

RecalFoldInModel
RecalUserFoldInModel(const RecalServed *served, const RecalUser *user)
{
	RecalFoldInModel model = RecalServedFoldInModel(served);

	/* features that do not help where there are rows still help where there are none */
	if (served->user_prior || user->npairs == 0)
		model.prior = user->prior;
	return model;
}

/* Of the factors' part of a predicted rating; the biases have parts of their own. */
static const char *
RatingReasons(const RecalServed *served, const RecalUser *user, float *gathered, const float *y,
			  float *reasons, float *work)
{
	int			d = served->factors;
	float		least;
	float	   *ridges = RatingRidges(d, served->regularization, served->bias_ridge, &least);
	float	   *targets = TakeItemBiases(d, user->npairs, gathered, user->confidence);
	float	   *factors = palloc(sizeof(float) * d);
	const char *problem;

	memcpy(factors, y, sizeof(float) * d);
	memset(factors, 0, sizeof(float) * RECAL_BIAS_COLUMNS);
	problem = recal_als_reasons(d, true, 1, least, ridges, user->npairs, gathered, targets,
								factors, reasons, work, PollInterrupts, NULL);
	pfree(ridges);
	pfree(targets);
	pfree(factors);
	return problem;
}

void
RecalUserReasons(RecalServed *served, const RecalUser *user, const float *y, float *reasons)
{
	int			d = served->factors;
	float	   *gathered = RecalAllocAligned(CurrentMemoryContext,
											 sizeof(float) * Max(user->npairs, 1) * d);
	float	   *work = RecalAllocAligned(CurrentMemoryContext,
										 sizeof(float) * recal_als_work_size(d));
	float		reg = Ridge(served->regularization, served->unobserved_weight, served->nitems,
							user->npairs);
	const char *problem;

	RecalServedGather(served, user->item, user->npairs, gathered);
	if (served->ratings)
		problem = RatingReasons(served, user, gathered, y, reasons, work);
	else
		problem = recal_als_reasons(d, false, served->unobserved_weight, reg,
									served->eigenvalues, user->npairs, gathered,
									user->confidence, y, reasons, work, PollInterrupts, NULL);
	if (problem != NULL)
		ereport(ERROR,
				(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
				 errmsg("could not compute reasons with model \"%s\"", served->model),
				 errdetail("%s", problem),
				 errhint("Raise the option \"regularization\", or use \"confidence\": \"log\", and train again.")));
	pfree(gathered);
	pfree(work);
}

/* What a user without a like has the prior multiplied with, so that nothing observed gives it back. */
static float
Stretch(const RecalServed *served, float reg, int k)
{
	return (served->unobserved_weight * served->eigenvalues[k] + reg) / reg;
}

/*
 * z [d] ← reg · A⁻¹y: the part of the score that comes from a prior is its dot
 * product with z. It is the fold-in with y as the prior and nothing but dislikes,
 * which leave A as it is and take the rest away.
 */
static void
PriorLoadings(RecalServed *served, const RecalUser *user, const float *y, float *z)
{
	int			d = served->factors;
	float		reg = Ridge(served->regularization, served->unobserved_weight, served->nitems,
							user->npairs);
	float	   *gathered = RecalAllocAligned(CurrentMemoryContext,
											 sizeof(float) * user->npairs * d);
	float	   *work = RecalAllocAligned(CurrentMemoryContext,
										 sizeof(float) * recal_als_work_size(d));
	float	   *dislikes = palloc_extended(sizeof(float) * user->npairs, MCXT_ALLOC_HUGE);
	bool		liked = false;
	const char *problem;

	for (int64 j = 0; j < user->npairs; j++)
	{
		liked |= user->confidence[j] > 0;
		dislikes[j] = -fabsf(user->confidence[j]);
	}
	RecalServedGather(served, user->item, user->npairs, gathered);
	problem = recal_als_fold_in(d, false, served->unobserved_weight, reg, served->eigenvalues,
								user->npairs, gathered, dislikes, y, z, work, PollInterrupts, NULL);
	if (problem != NULL)
		ereport(ERROR,
				(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
				 errmsg("could not compute reasons with model \"%s\"", served->model),
				 errdetail("%s", problem)));
	for (int k = 0; k < d && !liked; k++)
		z[k] *= Stretch(served, reg, k);
	pfree(dislikes);
	pfree(gathered);
	pfree(work);
}

/* The same for ratings, of the part without biases */
static void
RatingPriorLoadings(RecalServed *served, const RecalUser *user, const float *y, float *z)
{
	int			d = served->factors;
	float		least;
	float	   *ridges = RatingRidges(d, served->regularization, served->bias_ridge, &least);
	float	   *gathered = RecalAllocAligned(CurrentMemoryContext,
											 sizeof(float) * user->npairs * d);
	float	   *work = RecalAllocAligned(CurrentMemoryContext,
										 sizeof(float) * recal_als_work_size(d));
	float	   *targets;
	float	   *factors = palloc(sizeof(float) * d);
	const char *problem;

	RecalServedGather(served, user->item, user->npairs, gathered);
	targets = TakeItemBiases(d, user->npairs, gathered, user->confidence);
	memset(targets, 0, sizeof(float) * user->npairs);
	memcpy(factors, y, sizeof(float) * d);
	memset(factors, 0, sizeof(float) * RECAL_BIAS_COLUMNS);
	problem = recal_als_fold_in(d, true, 1, least, ridges, user->npairs, gathered, targets,
								factors, z, work, PollInterrupts, NULL);
	if (problem != NULL)
		ereport(ERROR,
				(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
				 errmsg("could not compute reasons with model \"%s\"", served->model),
				 errdetail("%s", problem)));
	StretchPrior(d, least, ridges, z, z);
	pfree(targets);
	pfree(ridges);
	pfree(gathered);
	pfree(work);
	pfree(factors);
}

void
RecalUserFeatureReasons(RecalServed *served, const RecalUser *user, const float *y,
						float *reasons)
{
	int			d = served->factors;
	const float *weights = served->encoders[RECAL_SIDE_USERS]->weights;
	float	   *z = palloc(sizeof(float) * d);

	memcpy(z, y, sizeof(float) * d);
	if (user->npairs > 0 && served->ratings)
		RatingPriorLoadings(served, user, y, z);
	else if (user->npairs > 0)
		PriorLoadings(served, user, y, z);
	else if (served->ratings)
		memset(z, 0, sizeof(float) * RECAL_BIAS_COLUMNS);
	for (int f = 0; f < user->features->n; f++)
		reasons[f] = user->features->values[f] *
			recal_dot(d, z, weights + (size_t) user->features->columns[f] * d);
	pfree(z);
}
