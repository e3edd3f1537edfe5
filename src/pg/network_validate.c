/*
 * network_validate.c
 *		What the network is judged by: the newest liked pair of some users, and a
 *		factorization that has not seen it either.
 */
#include "postgres.h"

#include <math.h>

#include "miscadmin.h"

#include "recal_als.h"
#include "recal_compat.h"
#include "recal_factorize.h"
#include "recal_neural.h"
#include "recal_rng.h"
#include "recal_serve.h"
#include "recal_weights.h"

#define MIN_LENGTH		2		/* of a history, for the next row to be asked for */
#define MIN_USERS		50		/* below, chance would decide */
#define ENOUGH_USERS	2000
#define MAX_USERS		10000

/* A network that knows what is behind may be judged by what is new, if that is enough. */
#define MIN_NEW_USERS	500

/* users whose rows have an order, of those that have enough rows */
#define MIN_ORDERED		.1

#define STREAM_VALID	0x6e657476616c

/* Each user's pairs, oldest first */
void
RecalNetworkHistories(RecalNetworkRun *run)
{
	const RecalCsr *rows = &run->matrix->by_user;
	RecalTimed *pairs;
	int64		longest = 0;

	for (int64 u = 0; u < rows->nrows; u++)
		longest = Max(longest, rows->offsets[u + 1] - rows->offsets[u]);
	pairs = RecalAllocArray(sizeof(RecalTimed), longest);
	run->items = RecalAllocArray(sizeof(int32), run->matrix->nnz);
	run->weights = RecalAllocArray(sizeof(float), run->matrix->nnz);
	for (int64 u = 0; u < rows->nrows; u++)
	{
		int64		first = rows->offsets[u];
		int64		n = rows->offsets[u + 1] - first;

		if ((u & 0xFF) == 0)
			CHECK_FOR_INTERRUPTS();
		for (int64 i = 0; i < n; i++)
		{
			pairs[i].time = run->matrix->pair_time[first + i];
			pairs[i].item = rows->columns[first + i];
			pairs[i].index = (int32) i;
		}
		recal_history_sort(pairs, n);
		for (int64 i = 0; i < n; i++)
		{
			run->items[first + i] = pairs[n - 1 - i].item;
			run->weights[first + i] = rows->confidences[first + pairs[n - 1 - i].index];
		}
	}
	pfree(pairs);
}

/* The matrix's pair of a row of a user's history */
static int64
PairOf(const RecalNetworkRun *run, int64 user, int64 row)
{
	const RecalCsr *rows = &run->matrix->by_user;
	int64		first = rows->offsets[user];
	const int32 *found = bsearch(&run->items[first + row], rows->columns + first,
								 rows->offsets[user + 1] - first, sizeof(int32),
								 RecalComparePositions);

	return found - rows->columns;
}

static double
RowTime(const RecalNetworkRun *run, int64 user, int64 row)
{
	return run->matrix->pair_time[PairOf(run, user, row)];
}

/* Where a user's newest liked row is, with enough rows before it; else -1 */
static int64
NewestLiked(const RecalNetworkRun *run, int64 user)
{
	const RecalCsr *rows = &run->matrix->by_user;
	int64		first = rows->offsets[user];

	for (int64 i = rows->offsets[user + 1] - first - 1; i >= MIN_LENGTH; i--)
		if (run->weights[first + i] > 0)
			return i;
	return -1;
}

/* The same, if it comes after the user's first row, and after a time. */
static int64
RowToFind(const RecalNetworkRun *run, int64 user, double since, int64 *candidates)
{
	int64		row = NewestLiked(run, user);
	double		time;

	if (row < 0)
		return -1;
	(*candidates)++;
	time = RowTime(run, user, row);
	return time > RowTime(run, user, 0) && time > since ? row : -1;
}

/* Draws users by the seed, so many of all that can be. */
static void
DrawUsers(RecalNetworkRun *run, double since, int64 eligible)
{
	int64		wanted = Min(eligible, Min(MAX_USERS, Max(ENOUGH_USERS, eligible / 10)));
	int64		candidates = 0;

	run->valid_user = RecalAllocArray(sizeof(int32), wanted);
	run->valid_length = RecalAllocArray(sizeof(int32), wanted);
	for (int64 u = 0; u < run->matrix->nusers && run->nvalid < wanted; u++)
	{
		int64		row = RowToFind(run, u, since, &candidates);

		if (row < 0)
			continue;
		if (recal_rng_uniform((uint64_t) run->network->seed, STREAM_VALID, (uint64_t) u) *
			(double) eligible < (double) (wanted - run->nvalid))
		{
			run->valid_user[run->nvalid] = (int32) u;
			run->valid_length[run->nvalid++] = (int32) row;
		}
		eligible--;
	}
}

/* How many users there are to draw from */
static int64
CountEligible(const RecalNetworkRun *run, double since, int64 *candidates)
{
	int64		eligible = 0;

	*candidates = 0;
	for (int64 u = 0; u < run->matrix->nusers; u++)
	{
		if ((u & 0xFFF) == 0)
			CHECK_FOR_INTERRUPTS();
		eligible += RowToFind(run, u, since, candidates) >= 0;
	}
	return eligible;
}

/*
 * Chooses who the network is judged by; false when there are too few, or when
 * rows have no order. What an earlier network was trained on cannot judge one
 * that starts from it.
 */
bool
RecalNetworkHoldOut(RecalNetworkRun *run)
{
	int64		candidates;
	int64		eligible;
	double		since = -INFINITY;

	if (run->warm != NULL)
	{
		eligible = CountEligible(run, run->warm->as_of, &candidates);
		if (eligible >= MIN_NEW_USERS)
			since = run->warm->as_of;
		else
			run->warm = NULL;
	}
	if (run->warm == NULL)
		eligible = CountEligible(run, since, &candidates);
	if (eligible < MIN_USERS || (run->warm == NULL && eligible < MIN_ORDERED * candidates))
		return false;
	DrawUsers(run, since, eligible);
	return true;
}

/* The matrix without what is held out; users and items keep their numbers. */
static void
CopyMatrix(const RecalNetworkRun *run, RecalMatrix *copy)
{
	const RecalCsr *rows = &run->matrix->by_user;
	bool	   *out = palloc_extended(Max(run->matrix->nnz, 1), MCXT_ALLOC_HUGE | MCXT_ALLOC_ZERO);
	int64		nout = 0;

	for (int64 v = 0; v < run->nvalid; v++)
	{
		int64		user = run->valid_user[v];
		int64		length = rows->offsets[user + 1] - rows->offsets[user];

		for (int64 row = run->valid_length[v]; row < length; row++, nout++)
			out[PairOf(run, user, row)] = true;
	}
	RecalMatrixWithout(run->matrix, out, nout, copy);
	pfree(out);
}

/* confidences of a user's pairs, decayed as serving does */
static void
DecayConfidences(const RecalMatrix *matrix, int64 first, int64 n, double decay,
				 float *confidences)
{
	RecalTimed *pairs = RecalAllocArray(sizeof(RecalTimed), n);

	for (int64 j = 0; j < n; j++)
	{
		pairs[j].time = matrix->pair_time[first + j];
		pairs[j].item = matrix->by_user.columns[first + j];
		pairs[j].index = (int32) j;
	}
	memcpy(confidences, matrix->by_user.confidences + first, sizeof(float) * n);
	recal_history_sort(pairs, n);
	recal_history_decay(pairs, n, decay, confidences);
	pfree(pairs);
}

float *
RecalMeanUser(const RecalFactorization *work, int64 nusers)
{
	int			d = work->factors;
	double	   *sum = recal_palloc0_array(double, d);
	float	   *mean = recal_palloc_array(float, d);

	for (int64 u = 0; u < nusers; u++)
		for (int k = 0; k < d; k++)
			sum[k] += work->user_factors[u * d + k];
	for (int k = 0; k < d; k++)
		mean[k] = (float) (sum[k] / Max(nusers, 1));
	pfree(sum);
	return mean;
}

static void
FactorizeProgress(void *arg, const RecalProgress *progress)
{
	RecalNetworkRun *run = arg;

	RecalNetworkProgress(run, 0, run->options.epochs, RECAL_NET_FACTORIZE_SHARE * progress->fraction);
}

/* Those users' vectors as serving would make them from a factorization. */
static void
FoldUsersIn(RecalNetworkRun *run, const RecalMatrix *matrix, const RecalFactorization *held)
{
	const RecalCsr *rows = &matrix->by_user;
	int			d = held->factors;
	float	   *prior = recal_palloc_array(float, d);
	float	   *work = RecalAllocAligned(CurrentMemoryContext,
										 sizeof(float) * recal_als_work_size(d));
	RecalFoldInModel model = RecalTrainedFoldInModel(run->network->model, matrix, held,
													 RecalMeanUser(held, matrix->nusers));

	run->valid_vectors = RecalAllocAligned(CurrentMemoryContext,
										   mul_size(sizeof(float) * d, run->nvalid));
	for (int64 v = 0; v < run->nvalid; v++)
	{
		int64		user = run->valid_user[v];
		int64		first = rows->offsets[user];
		int64		n = rows->offsets[user + 1] - first;
		float	   *gathered = RecalAllocAligned(CurrentMemoryContext,
												 mul_size(sizeof(float) * d, Max(n, 1)));
		float	   *confidences = RecalAllocArray(sizeof(float), n);

		CHECK_FOR_INTERRUPTS();
		for (int64 j = 0; j < n; j++)
			memcpy(gathered + j * d, held->item_factors + (int64) rows->columns[first + j] * d,
				   sizeof(float) * d);
		DecayConfidences(matrix, first, n, held->history_decay_used, confidences);
		if (held->features[RECAL_SIDE_USERS] != NULL)
			model.prior = RecalFeaturesPrior(held->features[RECAL_SIDE_USERS], user, d, prior) ?
				prior : NULL;
		RecalFoldIn(&model, n, gathered, confidences, run->valid_vectors + v * d, work);
		pfree(gathered);
		pfree(confidences);
	}
	pfree(work);
}

/* What makes profiles of users' features without what is held out */
static const float *
HeldProfile(const RecalNetworkRun *run, const RecalMatrix *matrix,
			const RecalFactorization *held)
{
	const RecalFeatureRows *rows = &run->work->features[RECAL_SIDE_USERS]->rows;
	float	   *weights;
	const char *message;

	if (held->features[RECAL_SIDE_USERS] != NULL)
		return held->features[RECAL_SIDE_USERS]->encoder.weights;
	weights = RecalAllocAligned(CurrentMemoryContext,
								mul_size(sizeof(float) * held->factors, rows->width));
	message = RecalNetworkFitProfile(rows, matrix, held->user_factors, held->factors, weights);
	if (message != NULL)
		ereport(ERROR,
				(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
				 errmsg("could not learn from features: %s", message),
				 errhint("Raise the option \"regularization\".")));
	return weights;
}

/* A factorization without what is held out, and those users' vectors of it */
void
RecalNetworkFactorize(RecalNetworkRun *run)
{
	const RecalFactorization *work = run->work;
	RecalMatrix matrix;
	RecalFeatures features[2];
	RecalFactorization held = {
		.factors = work->factors,
		.epochs = work->epochs,
		.regularization = work->regularization_used,
		.unobserved_weight = work->unobserved_weight_used,
		.history_decay = work->history_decay_used,
		.seed = work->seed,
		.progress = FactorizeProgress,
		.progress_arg = run
	};

	RecalFactorizationFeatures(work, false, features, &held);
	CopyMatrix(run, &matrix);
	RecalFactorize(&matrix, &held);
	run->held_items = held.item_factors;
	FoldUsersIn(run, &matrix, &held);
	if (run->shape.nprofile > 0)
		run->held_profile = HeldProfile(run, &matrix, &held);
	pfree(held.user_factors);
	RecalMatrixFreeRows(&matrix);
}
