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
#include "recal_workers.h"

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

/* Whether the mean user has a say in the vector of who likes something */
static bool
ServesMean(const RecalFoldInModel *model)
{
	return model->prior == NULL && model->mean_likes > 0;
}

bool
RecalLikesSomething(const float *confidences, int64 n)
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
								work, RecalPollInterrupts, NULL);
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

	if (!model->ratings && (ServesMean(model) || !RecalLikesSomething(confidences, n)))
	{
		stretched = palloc(sizeof(float) * d);
		recal_als_mean_prior(d, model->mean_likes, model->unobserved_weight, reg,
							 model->eigenvalues, n, confidences, mean, stretched);
	}

	if (model->ratings)
		CheckFoldIn(model, FoldInRatings(model, n, gathered, confidences, vector, work));
	else
		CheckFoldIn(model, recal_als_fold_in(d, false, model->unobserved_weight, reg,
											 model->eigenvalues, n, gathered, confidences,
											 stretched != NULL ? stretched : model->prior, vector,
											 work, RecalPollInterrupts, NULL));
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
		.mean = model->mean_likes > 0 ? model->user_mean : NULL,
		.mean_likes = model->mean_likes,
		.solved = vectors,
	};
	double		loss = 0;
	int64_t		bad_row;

	if (!model->ratings)
		CheckFoldIn(model, recal_als_solve_rows(&step, order, 0, rows->nrows, work, &loss,
												&bad_row, RecalPollInterrupts, NULL));

	/* who likes nothing is made from the mean user; ratings are solved without the items' biases */
	for (int64 row = 0; row < rows->nrows; row++)
	{
		int64		first = rows->offsets[row];
		int64		n = rows->offsets[row + 1] - first;
		float	   *gathered;

		if (!model->ratings && RecalLikesSomething(rows->confidences + first, n))
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
		.mean_likes = served->mean_likes,
		.ratings = served->ratings,
		.bias_ridge = served->bias_ridge,
		.mean_rating = served->mean_rating,
	};

	return model;
}

RecalFoldInModel
RecalTrainedFoldInModel(const char *model, const RecalMatrix *matrix,
						const RecalFactorization *work, const float *user_mean)
{
	RecalFoldInModel fold_in = {
		.model = model,
		.factors = work->factors,
		.nitems = matrix->nitems,
		.eigenvalues = work->eigenvalues,
		.user_mean = user_mean,
		.ratings = matrix->ratings
	};

	if (matrix->ratings)
	{
		fold_in.regularization = (float) work->ridge;
		fold_in.bias_ridge = (float) work->bias_regularization_used;
		fold_in.mean_rating = matrix->mean_rating;
		return fold_in;
	}
	fold_in.unobserved_weight = (float) work->unobserved_weight_used;
	fold_in.regularization = (float) work->regularization_used;
	fold_in.mean_likes = RECAL_MEAN_USER_LIKES;
	return fold_in;
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
								factors, reasons, work, RecalPollInterrupts, NULL);
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
									user->confidence, y, reasons, work, RecalPollInterrupts, NULL);
	if (problem != NULL)
		ereport(ERROR,
				(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
				 errmsg("could not compute reasons with model \"%s\"", served->model),
				 errdetail("%s", problem),
				 errhint("Raise the option \"regularization\", or use \"confidence\": \"log\", and train again.")));
	pfree(gathered);
	pfree(work);
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
	const char *problem;

	for (int64 j = 0; j < user->npairs; j++)
		dislikes[j] = -fabsf(user->confidence[j]);
	RecalServedGather(served, user->item, user->npairs, gathered);
	problem = recal_als_fold_in(d, false, served->unobserved_weight, reg, served->eigenvalues,
								user->npairs, gathered, dislikes, y, z, work, RecalPollInterrupts, NULL);
	if (problem != NULL)
		ereport(ERROR,
				(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
				 errmsg("could not compute reasons with model \"%s\"", served->model),
				 errdetail("%s", problem)));
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
								factors, z, work, RecalPollInterrupts, NULL);
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

/* prior [d] ← a mean as the user's prior */
static void
MeanPrior(const RecalServed *served, const RecalUser *user, const float *mean, float *prior)
{
	recal_als_mean_prior(served->factors, served->mean_likes, served->unobserved_weight,
						 Ridge(served->regularization, served->unobserved_weight, served->nitems,
							   user->npairs),
						 served->eigenvalues, user->npairs, user->confidence, mean, prior);
}

float
RecalUserMeanReason(RecalServed *served, const RecalUser *user, const float *y)
{
	int			d = served->factors;
	float	   *prior;
	float	   *z;
	float		reason;

	if (user->npairs == 0)
		return recal_dot(d, served->user_mean, y);
	prior = palloc(sizeof(float) * d);
	z = palloc(sizeof(float) * d);
	MeanPrior(served, user, served->user_mean, prior);
	PriorLoadings(served, user, y, z);
	reason = recal_dot(d, prior, z);
	pfree(prior);
	pfree(z);
	return reason;
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
	{
		PriorLoadings(served, user, y, z);
		/* of who likes nothing the features take the mean user's place, stretched as that is */
		if (!RecalLikesSomething(user->confidence, user->npairs))
			MeanPrior(served, user, z, z);
	}
	else if (served->ratings)
		memset(z, 0, sizeof(float) * RECAL_BIAS_COLUMNS);
	for (int f = 0; f < user->features->n; f++)
		reasons[f] = user->features->values[f] *
			recal_dot(d, z, weights + (size_t) user->features->columns[f] * d);
	pfree(z);
}
