/*
 * factorize.c
 *		A factorization: what it costs, the search before it, the epochs.
 */
#include "postgres.h"

#include <math.h>

#include "miscadmin.h"
#include "portability/instr_time.h"
#include "utils/memutils.h"

#include "recal_blas.h"
#include "recal_compat.h"
#include "recal_factorize.h"
#include "recal_settings.h"
#include "recal_weights.h"

/*
 * Cost and memory.
 */
static double
RowCost(double n, int d)
{
	double		size = n < 0.7 * d ? n : d;
	double		other = n < 0.7 * d ? d : n;

	return size * size * other / 2 + size * size * size / 6 + 8 * n * d + 16 * d;
}

double
RecalAlsCost(const RecalCsr *rows, int64 nitems, double share, int d)
{
	double		pairs = share * (double) recal_csr_nnz(rows) / (double) Max(nitems, 1);
	double		cost = 0;

	for (int64 u = 0; u < rows->nrows; u++)
		cost += RowCost((double) (rows->offsets[u + 1] - rows->offsets[u]), d);
	cost = share * cost + (double) nitems * RowCost(pairs, d);
	return cost + (share * (double) rows->nrows + (double) nitems) * d * d * 1.5;
}

void
RecalAlsFullShape(const RecalMatrix *matrix, const RecalFactorization *work,
				  RecalAlsShape *shape)
{
	memset(shape, 0, sizeof(RecalAlsShape));
	shape->nusers = matrix->nusers;
	shape->nitems = shape->all_items = matrix->nitems;
	shape->nnz = matrix->nnz;
	shape->ntest = 0;
	shape->ntargets = 0;
	shape->d = work->factors;
	shape->ratings = matrix->ratings;
	for (int i = 0; i < 2; i++)
		shape->has_prior[i] = work->features[i] != NULL;
}

Size
RecalTrainMemory(void)
{
	return mul_size(recal_train_memory_mb, 1024 * 1024);
}

/* pool: bytes of the pool's memory, which may hold a search first */
static void
CheckMemory(const RecalMatrix *matrix, const RecalFactorization *work, Size pool)
{
	int			factors = work->factors;
	Size		pair = sizeof(int32) + sizeof(float) + (matrix->pair_time ? sizeof(double) : 0);
	Size		results = mul_size(sizeof(float) * factors,
								   add_size(matrix->nusers, matrix->nitems));
	Size		needed = add_size(add_size(pool, results), mul_size(matrix->nnz, pair));

	if (work->searched != NULL)
		needed = add_size(needed, mul_size(work->searched->nnz, pair));
	for (int i = 0; i < 2; i++)
		if (work->features[i] != NULL)
			needed = add_size(needed, RecalAlsContentBytes(&work->features[i]->rows, factors));
	if (needed > RecalTrainMemory())
		ereport(ERROR,
				(errcode(ERRCODE_CONFIGURATION_LIMIT_EXCEEDED),
				 errmsg("not enough memory to train with %d factors", factors),
				 errdetail(INT64_FORMAT " users, " INT64_FORMAT " items and " INT64_FORMAT
						   " pairs take %zu MB; recal.train_memory allows %d MB.",
						   matrix->nusers, matrix->nitems, matrix->nnz,
						   needed / (1024 * 1024) + 1, recal_train_memory_mb),
				 errhint("Raise recal.train_memory, lower the option \"factors\", or make the model over a view with fewer rows.")));
}

void
RecalCheckBlas(void)
{
	const char *problem = recal_blas_self_check();

	if (problem != NULL)
		ereport(ERROR,
				(errcode(ERRCODE_SYSTEM_ERROR),
				 errmsg("the BLAS library cannot be trusted on this machine"),
				 errdetail("%s (kernels: %s).", problem, recal_blas_corename()),
				 errhint("Install a newer OpenBLAS, or set OPENBLAS_CORETYPE in the server's environment.")));
	if (recal_blas_is_threaded())
		ereport(WARNING,
				(errcode(ERRCODE_WARNING),
				 errmsg("the BLAS library computes with threads of its own"),
				 errhint("Build recal with a serial OpenBLAS (libopenblas-serial-dev), or set OMP_NUM_THREADS=1 in the server's environment.")));
}

static double
Seconds(instr_time since)
{
	instr_time	now;

	INSTR_TIME_SET_CURRENT(now);
	INSTR_TIME_SUBTRACT(now, since);
	return INSTR_TIME_GET_DOUBLE(now);
}

static float *
CopyFactors(const float *from, int64 n, int d)
{
	Size		size = mul_size(sizeof(float) * d, n);
	float	   *copy = RecalAllocAligned(CurrentMemoryContext, size);

	for (int64 i = 0; i < n * d; i++)
		if (!isfinite(from[i]))
			ereport(ERROR,
					(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
					 errmsg("the factors have grown out of range"),
					 errhint("Raise the option \"regularization\".")));
	memcpy(copy, from, size);
	return copy;
}

/*
 * Items without pairs, which only evaluation has, get the factors that serving
 * would give them.
 */
static void
FillUntouched(const RecalMatrix *matrix, RecalFactorization *work)
{
	const RecalFeatures *features = work->features[RECAL_SIDE_ITEMS];
	int			d = work->factors;
	bool	   *touched;

	if (features == NULL)
		return;
	touched = palloc_extended(matrix->nitems, MCXT_ALLOC_HUGE | MCXT_ALLOC_ZERO);
	for (int64 j = 0; j < matrix->nnz; j++)
		touched[matrix->by_user.columns[j]] = true;
	for (int64 i = 0; i < matrix->nitems; i++)
		if (!touched[i])
		{
			(void) RecalFeaturesPrior(features, i, d, work->item_factors + i * d);
			if (matrix->ratings)
				work->item_factors[i * d + RECAL_USER_BIAS] = 1;
		}
	pfree(touched);
}

/* The final factorization. */
static void
RunEpochs(RecalMatrix *matrix, RecalFactorization *work, const RecalAlsShape *shape,
		  RecalPool *pool)
{
	RecalAls	als;

	RecalAlsBegin(&als, pool, shape, &matrix->by_user, NULL);
	for (int i = 0; i < 2; i++)
		if (work->features[i] != NULL)
			RecalAlsSetContent(&als, i, &work->features[i]->rows, work->prior_used[i]);
	if (matrix->ratings)
		RecalAlsStartRatings(&als, work->ridge, work->bias_regularization_used,
							 matrix->rating_deviation, work->seed, work->warm_items,
							 work->has_warm);
	else
		RecalAlsStart(&als, work->unobserved_weight_used, work->regularization_used, work->seed,
					  work->warm_items, work->has_warm);
	for (int epoch = 0; epoch < work->epochs; epoch++)
	{
		work->loss[epoch] = RecalAlsEpoch(&als);
		ereport(DEBUG1,
				(errmsg_internal("recal: epoch %d of %d, loss %.6g", epoch + 1, work->epochs,
								 work->loss[epoch])));
		if (work->progress != NULL)
		{
			RecalProgress progress = {"factorize", epoch + 1, work->epochs,
			(double) (epoch + 1) / work->epochs};

			work->progress(work->progress_arg, &progress);
		}
	}
	RecalAlsFinish(&als, work->eigenvalues);
	work->item_factors = CopyFactors(RecalAlsItems(&als), shape->nitems, shape->d);
	work->user_factors = CopyFactors(RecalAlsUsers(&als), shape->nusers, shape->d);
	for (int i = 0; i < 2; i++)
		if (work->features[i] != NULL)
			work->features[i]->encoder.weights =
				CopyFactors(RecalAlsContentWeights(&als, i), work->features[i]->rows.width,
							shape->d);
	RecalAlsEnd(&als);
	FillUntouched(matrix, work);
}

/* What another factorization found instead of a search */
static void
Follow(RecalFactorization *work)
{
	const RecalFactorization *as = work->as;

	work->tuned = false;
	work->tune_ndcg = work->tune_popularity = work->tune_rmse = work->biases_rmse = NAN;
	work->regularization_used = as->regularization_used;
	work->unobserved_weight_used = as->unobserved_weight_used;
	work->history_decay_used = as->history_decay_used;
	work->bias_regularization_used = as->bias_regularization_used;
	memcpy(work->prior_used, as->prior_used, sizeof(work->prior_used));
}

/* Whether there is to be a search */
static bool
PrepareSearch(const RecalMatrix *matrix, RecalFactorization *work, RecalTuning *tuning,
			  RecalRatingsTuning *ratings)
{
	if (work->searched != NULL)
		matrix = work->searched;
	for (int i = 0; i < 2; i++)
		work->prior_used[i] = work->features[i] != NULL;
	if (work->as != NULL)
	{
		Follow(work);
		return false;
	}
	return matrix->ratings ? RecalRatingsPrepare(matrix, work, ratings) :
		RecalTunePrepare(matrix, work, tuning);
}

void
RecalFactorizationFeatures(const RecalFactorization *from, bool all, RecalFeatures *features,
						   RecalFactorization *to)
{
	for (int side = 0; side < 2; side++)
	{
		if (from->features[side] == NULL || !(all || from->prior_used[side]))
			continue;
		features[side] = *from->features[side];
		to->features[side] = &features[side];
	}
}

void
RecalFactorize(RecalMatrix *matrix, RecalFactorization *work)
{
	RecalAlsShape shape;
	RecalTuning tuning;
	RecalRatingsTuning ratings;
	RecalPool  *volatile pool = NULL;
	bool		search;
	uint32		denormals;
	double		cost;
	Size		size;
	instr_time	start;

	INSTR_TIME_SET_CURRENT(start);
	RecalCheckBlas();
	RecalAlsFullShape(matrix, work, &shape);
	size = RecalAlsBytes(&shape);
	CheckMemory(matrix, work, size);
	search = PrepareSearch(matrix, work, &tuning, &ratings);
	work->loss = RecalAllocArray(sizeof(double), work->epochs);
	work->eigenvalues = RecalAllocArray(sizeof(float), work->factors);
	cost = work->epochs * RecalAlsCost(&matrix->by_user, matrix->nitems, 1, work->factors);
	if (search)
	{
		const RecalAlsShape *sample = matrix->ratings ? &ratings.shape : &tuning.shape;

		/* the sample lies where the whole will */
		size = Max(size, RecalAlsBytes(sample));
		CheckMemory(matrix, work, size);
		cost += (matrix->ratings ? (double) ratings.ncandidates * ratings.epochs :
				 (double) tuning.ncandidates * tuning.epochs) *
			RecalAlsCost(matrix->ratings ? &ratings.rows : &tuning.rows, sample->nitems, 1,
						 sample->d);
	}

	denormals = recal_denormals_off();
	PG_TRY();
	{
		pool = RecalPoolBegin(size, RecalPoolPlan(cost));
		if (search && matrix->ratings)
		{
			RecalRatingsRun(&ratings, matrix, pool, work);
			RecalRatingsFree(&ratings);
		}
		else if (search)
		{
			RecalTuneRun(&tuning, pool, work);
			RecalTuneFree(&tuning);
		}
		work->ridge = work->regularization_used * matrix->rating_deviation;
		work->seconds_tune = Seconds(start);
		INSTR_TIME_SET_CURRENT(start);
		RunEpochs(matrix, work, &shape, pool);
		work->seconds_factorize = Seconds(start);
		work->nworkers = RecalPoolWorkers(pool);
	}
	PG_FINALLY();
	{
		recal_denormals_restore(denormals);
		if (pool != NULL)
			RecalPoolEnd(pool);
	}
	PG_END_TRY();
}
