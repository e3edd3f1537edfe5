/*
 * ratings.c
 *		The search behind "auto" for ratings: how strong the ridges of factors and
 *		biases have to be.
 *
 * Ridges do not grow with the number of ratings. That of the factors is in units
 * of the ratings' standard deviation, because a factor goes with the square root
 * of the scale and a rating's noise with the scale; that of the biases is the
 * same on any scale. Where ratings are so sparse that factors predict worse than
 * biases alone, biases alone are what is chosen.
 */
#include "postgres.h"

#include <math.h>

#include "recal_blas.h"
#include "recal_compat.h"
#include "recal_factorize.h"
#include "recal_rng.h"

#define HELD_OUT		.1		/* of the sample's ratings */
#define MIN_HELD		50		/* below, chance would choose */
#define SEARCH_EPOCHS	8

/* ratings up to which all are searched on, and the share of them beyond */
#define SMALL_RATINGS	2e5
#define LARGE_SHARE		.1
#define MOST_RATINGS	1e6

#define STREAM_SAMPLE	0x72617465
#define STREAM_HELD		0x72617466

#define RULE			10		/* where there is nothing to search on */
#define BIAS_RULE		3

/* of the factors, with the biases by rule; then of the biases, with the best of those */
static const double factor_ridges[] = {RULE, 6, 16, 30, RECAL_BIASES_ONLY};
static const double bias_ridges[] = {1.5, 6};

#define NCANDIDATES		(lengthof(factor_ridges) + lengthof(bias_ridges))

static bool
IsSampled(double share, int64 seed, int64 user)
{
	return share >= 1 || recal_rng_uniform((uint64_t) seed, STREAM_SAMPLE, (uint64_t) user) < share;
}

/* Copies the sampled users' ratings, or puts them among those held out. */
static void
TakeSample(const RecalMatrix *matrix, int64 seed, double share, RecalRatingsTuning *tuning)
{
	const RecalCsr *from = &matrix->by_user;
	RecalCsr   *to = &tuning->rows;
	int64		nusers = 0;
	int64		n = 0;

	to->offsets = RecalAllocArray(sizeof(int64), matrix->nusers + 1);
	to->columns = RecalAllocArray(sizeof(int32), matrix->nnz);
	to->confidences = RecalAllocArray(sizeof(float), matrix->nnz);
	tuning->held_user = RecalAllocArray(sizeof(int32), matrix->nnz);
	tuning->held_item = RecalAllocArray(sizeof(int32), matrix->nnz);
	tuning->held_rating = RecalAllocArray(sizeof(float), matrix->nnz);
	tuning->sampled = RecalAllocArray(sizeof(int32), matrix->nusers);
	to->offsets[0] = 0;
	for (int64 user = 0; user < matrix->nusers; user++)
	{
		if ((user & 0xFFFF) == 0)
			CHECK_FOR_INTERRUPTS();
		if (!IsSampled(share, seed, user))
			continue;
		for (int64 j = from->offsets[user]; j < from->offsets[user + 1]; j++)
			if (recal_rng_uniform((uint64_t) seed, STREAM_HELD, (uint64_t) j) < HELD_OUT)
			{
				tuning->held_user[tuning->nheld] = (int32) nusers;
				tuning->held_item[tuning->nheld] = from->columns[j];
				tuning->held_rating[tuning->nheld++] = from->confidences[j];
			}
			else
			{
				to->columns[n] = from->columns[j];
				to->confidences[n++] = from->confidences[j];
			}
		tuning->sampled[nusers] = (int32) user;
		to->offsets[++nusers] = n;
	}
	to->nrows = nusers;
	tuning->shape.nusers = nusers;
	tuning->shape.nitems = tuning->shape.all_items = matrix->nitems;
	tuning->shape.nnz = n;
	tuning->shape.ratings = true;
}

static void
TakeFeatures(const RecalMatrix *matrix, const RecalFactorization *work,
			 RecalRatingsTuning *tuning)
{
	const RecalFeatures *users = work->features[RECAL_SIDE_USERS];

	for (int side = 0; side < 2; side++)
		tuning->shape.has_prior[side] = work->features[side] != NULL;
	if (users != NULL)
		RecalFeatureRowsPick(&users->rows, tuning->sampled, tuning->shape.nusers,
							 &tuning->features[RECAL_SIDE_USERS]);
	if (work->features[RECAL_SIDE_ITEMS] != NULL)
		tuning->features[RECAL_SIDE_ITEMS] = work->features[RECAL_SIDE_ITEMS]->rows;
}

bool
RecalRatingsPrepare(const RecalMatrix *matrix, RecalFactorization *work,
					RecalRatingsTuning *tuning)
{
	double		enough = Min(MOST_RATINGS, Max(SMALL_RATINGS, LARGE_SHARE * (double) matrix->nnz));

	memset(tuning, 0, sizeof(RecalRatingsTuning));
	work->tuned = false;
	work->tune_ndcg = work->tune_rmse = work->biases_rmse = NAN;
	work->unobserved_weight_used = 0;
	work->history_decay_used = 1;
	work->bias_regularization_used = BIAS_RULE;
	work->regularization_used = work->regularization;
	if (work->regularization == RECAL_AUTO_VALUE)
		work->regularization_used = RULE;
	if (work->by_rule)
		return false;

	TakeSample(matrix, work->seed, enough / (double) matrix->nnz, tuning);
	tuning->shape.d = work->factors;
	tuning->ncandidates = NCANDIDATES;
	tuning->epochs = Min(work->epochs, SEARCH_EPOCHS);
	if (tuning->nheld >= MIN_HELD && tuning->shape.nnz > 0)
	{
		TakeFeatures(matrix, work, tuning);
		return true;
	}
	RecalRatingsFree(tuning);
	return false;
}

void
RecalRatingsFree(RecalRatingsTuning *tuning)
{
	RecalFeatureRowsFree(&tuning->features[RECAL_SIDE_USERS]);
	pfree(tuning->sampled);
	pfree(tuning->rows.offsets);
	pfree(tuning->rows.columns);
	pfree(tuning->rows.confidences);
	pfree(tuning->held_user);
	pfree(tuning->held_item);
	pfree(tuning->held_rating);
}

/* Of the held-out ratings, predictions clipped to the scale */
static double
HeldOutError(const RecalRatingsTuning *tuning, const RecalMatrix *matrix, const RecalAls *als)
{
	int			d = tuning->shape.d;
	float		least = matrix->min_rating - matrix->mean_rating;
	float		most = matrix->max_rating - matrix->mean_rating;
	double		squares = 0;

	for (int64 i = 0; i < tuning->nheld; i++)
	{
		float		score = recal_dot(d, RecalAlsUsers(als) + (int64) tuning->held_user[i] * d,
									  RecalAlsItems(als) + (int64) tuning->held_item[i] * d);
		double		error = Min(most, Max(least, score)) - tuning->held_rating[i];

		squares += error * error;
	}
	return sqrt(squares / (double) tuning->nheld);
}

/* One candidate; it becomes the choice if it is the best so far. */
static void
Try(RecalRatingsTuning *tuning, const RecalMatrix *matrix, RecalAls *als,
	RecalFactorization *work, int number, double ridge, double bias_ridge)
{
	double		error;

	RecalAlsStartRatings(als, ridge * matrix->rating_deviation, bias_ridge,
						 matrix->rating_deviation, work->seed, NULL, NULL);
	for (int epoch = 0; epoch < tuning->epochs; epoch++)
	{
		(void) RecalAlsEpoch(als);
		if (work->progress != NULL)
		{
			int			done = number * tuning->epochs + epoch + 1;
			int			all = tuning->ncandidates * tuning->epochs;
			RecalProgress progress = {"tune", done, all, (double) done / all};

			work->progress(work->progress_arg, &progress);
		}
	}
	error = HeldOutError(tuning, matrix, als);
	ereport(DEBUG1,
			(errmsg_internal("recal: regularization %g, of biases %g: RMSE %.5f on " INT64_FORMAT
							 " ratings, %d epochs",
							 ridge, bias_ridge, error, tuning->nheld, tuning->epochs)));
	if (ridge == RECAL_BIASES_ONLY && !(error >= work->biases_rmse))
		work->biases_rmse = error;
	if (work->regularization != RECAL_AUTO_VALUE && ridge != work->regularization)
		return;
	if (error >= tuning->best)
		return;
	tuning->best = work->tune_rmse = error;
	work->regularization_used = ridge;
	work->bias_regularization_used = bias_ridge;
	for (int side = 0; side < 2; side++)
		work->prior_used[side] = als->content[side].prior;
}

/* Whether features help where there are ratings, too */
static void
TryContent(RecalRatingsTuning *tuning, const RecalMatrix *matrix, RecalAls *als,
		   RecalFactorization *work, int *number)
{
	for (int side = RECAL_SIDE_ITEMS; side >= RECAL_SIDE_USERS; side--)
	{
		if (als->content[side].rows == NULL)
			continue;
		als->content[side].prior = true;
		tuning->ncandidates++;
		Try(tuning, matrix, als, work, (*number)++, work->regularization_used,
			work->bias_regularization_used);
		als->content[side].prior = work->prior_used[side];
	}
}

void
RecalRatingsRun(RecalRatingsTuning *tuning, const RecalMatrix *matrix, RecalPool *pool,
				RecalFactorization *work)
{
	RecalAls	als;
	int			number = 0;
	double		best;

	tuning->best = INFINITY;
	RecalAlsBegin(&als, pool, &tuning->shape, &tuning->rows, NULL);
	for (int side = 0; side < 2; side++)
		if (tuning->features[side].offsets != NULL)
			RecalAlsSetContent(&als, side, &tuning->features[side], false);
	if (work->regularization != RECAL_AUTO_VALUE)
		Try(tuning, matrix, &als, work, number++, work->regularization, BIAS_RULE);
	for (int i = 0; i < (int) lengthof(factor_ridges); i++)
		if (work->regularization == RECAL_AUTO_VALUE || factor_ridges[i] == RECAL_BIASES_ONLY)
			Try(tuning, matrix, &als, work, number++, factor_ridges[i], BIAS_RULE);
	best = work->regularization_used;
	for (int i = 0; i < (int) lengthof(bias_ridges); i++)
		Try(tuning, matrix, &als, work, number++, best, bias_ridges[i]);
	TryContent(tuning, matrix, &als, work, &number);
	work->tuned = true;
	RecalAlsEnd(&als);
}

char *
RecalRatingFacts(const RecalMatrix *matrix, const RecalFactorization *work)
{
	if (!matrix->ratings)
		return "";
	return psprintf(", \"bias_regularization\": %.9g, \"mean_rating\": %.9g, "
					"\"rating_deviation\": %.9g, \"min_rating\": %.9g, \"max_rating\": %.9g",
					work->bias_regularization_used, matrix->mean_rating,
					matrix->rating_deviation, matrix->min_rating, matrix->max_rating);
}
