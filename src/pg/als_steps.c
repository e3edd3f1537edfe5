/*
 * als_steps.c
 *		The steps of alternating least squares: the leader's side.
 *
 * Sums over blocks are taken in their order, so the result does not depend on
 * who computed what.
 */
#include "postgres.h"

#include <math.h>

#include "miscadmin.h"
#include "utils/memutils.h"

#include "als_shared.h"
#include "recal_als.h"
#include "recal_blas.h"
#include "recal_compat.h"
#include "recal_ranking.h"
#include "recal_weights.h"

/*
 * Layout.
 */
static void
Layout(RecalAlsShared *shared, const RecalAlsShape *shape)
{
	Size		end = TYPEALIGN(64, sizeof(RecalAlsShared));
	Size		square = mul_size(shape->d, shape->d);

	memset(shared, 0, sizeof(RecalAlsShared));
	shared->shape = *shape;
	for (int i = 0; i < 2; i++)
	{
		AlsSide    *side = &shared->sides[i];

		side->n = i == USERS ? shape->nusers : shape->nitems;
		side->offsets = RecalPlace(&end, sizeof(int64), side->n + 1);
		side->columns = RecalPlace(&end, sizeof(int32), shape->nnz);
		side->confidences = RecalPlace(&end, sizeof(float), shape->nnz);
		side->factors = RecalPlace(&end, sizeof(float) * shape->d, side->n);
		side->order = RecalPlace(&end, sizeof(int32), side->n);
		side->starts = RecalPlace(&end, sizeof(int64), SOLVE_BLOCKS + 1);
		side->prior = RecalPlace(&end, sizeof(float) * shape->d, shape->has_prior[i] ? side->n : 0);
	}
	shared->eigenvalues = RecalPlace(&end, sizeof(float), shape->d);
	shared->basis = RecalPlace(&end, sizeof(float), square);
	shared->gramians = RecalPlace(&end, sizeof(double) * GRAMIAN_BLOCKS, square);
	shared->block_values = RecalPlace(&end, sizeof(double), Max(SOLVE_BLOCKS, RankBlocks(shape)));
	shared->test_user = RecalPlace(&end, sizeof(int32), shape->ntest);
	shared->test_offsets = RecalPlace(&end, sizeof(int64), shape->ntest + 1);
	shared->targets = RecalPlace(&end, sizeof(int32), shape->ntargets);
	shared->start = RecalPlace(&end, sizeof(float) * shape->d, shape->ntest > 0 ? shape->nitems : 0);
	shared->mean = RecalPlace(&end, sizeof(float), shape->ntest > 0 ? shape->d : 0);
	shared->ridges = RecalPlace(&end, sizeof(float) * 2, shape->ratings ? shape->d : 0);
	shared->priors = RecalPlace(&end, sizeof(float) * 2, shape->ratings ? shape->d : 0);
	shared->end = end;
}

Size
RecalAlsBytes(const RecalAlsShape *shape)
{
	RecalAlsShared shared;

	Layout(&shared, shape);
	return shared.end;
}

static void
CopyRows(RecalAlsShared *shared, const RecalCsr *from, RecalParticipant *me)
{
	RecalCsr	rows;
	RecalCsr	transposed;

	SideRows(shared, USERS, &rows);
	SideRows(shared, ITEMS, &transposed);
	memcpy(rows.offsets, from->offsets, sizeof(int64) * (from->nrows + 1));
	memcpy(rows.columns, from->columns, sizeof(int32) * shared->shape.nnz);
	memcpy(rows.confidences, from->confidences, sizeof(float) * shared->shape.nnz);
	recal_csr_transpose(&rows, shared->shape.nitems, &transposed, me->poll, me->poll_arg);
}

void
RecalAlsBegin(RecalAls *als, RecalPool *pool, const RecalAlsShape *shape, const RecalCsr *rows,
			  const RecalTuning *tests)
{
	RecalAlsShared *shared = RecalPoolMemory(pool);
	Size		square = mul_size(shape->d, shape->d);

	Layout(shared, shape);
	CopyRows(shared, rows, RecalPoolLeader(pool));
	for (int i = 0; i < 2; i++)
	{
		AlsSide    *side = &shared->sides[i];
		RecalCsr	side_rows;

		SideRows(shared, i, &side_rows);
		side->nblocks = recal_als_plan_blocks(&side_rows, shape->d, SOLVE_BLOCKS,
											  At(shared, int32, side->order),
											  At(shared, int64_t, side->starts));
	}
	if (tests != NULL)
	{
		memcpy(At(shared, int32, shared->test_user), tests->test_user,
			   sizeof(int32) * shape->ntest);
		memcpy(At(shared, int64, shared->test_offsets), tests->test_offsets,
			   sizeof(int64) * (shape->ntest + 1));
		memcpy(At(shared, int32, shared->targets), tests->targets,
			   sizeof(int32) * shape->ntargets);
	}
	memset(als, 0, sizeof(RecalAls));
	als->pool = pool;
	als->shared = shared;
	als->gramian = RecalAllocArray(sizeof(double), square);
	als->work = RecalAllocArray(sizeof(double), recal_syev_work_size(shape->d) + shape->d);
}

void
RecalAlsEnd(RecalAls *als)
{
	for (int i = 0; i < 2; i++)
		RecalAlsContentEnd(&als->content[i]);
	pfree(als->gramian);
	pfree(als->work);
}

void
RecalAlsSetContent(RecalAls *als, RecalSide side, const RecalFeatureRows *rows, bool prior)
{
	RecalAlsContentBegin(&als->content[side], rows, prior, als->shared->shape.d);
}

/* Weights of the features for new hyper-parameters. */
static void
StartContent(RecalAls *als)
{
	RecalAlsShared *shared = als->shared;

	for (int i = 0; i < 2; i++)
	{
		RecalCsr	rows;

		shared->sides[i].has_prior = false;
		if (als->content[i].rows == NULL)
			continue;
		/* a candidate of the search has no use for weights in the end */
		if (!als->content[i].prior && shared->shape.ntest > 0)
			continue;
		SideRows(shared, i, &rows);
		RecalAlsContentStart(&als->content[i], &rows, shared->shape.ratings,
							 shared->unobserved_weight, FixedRows(shared, i),
							 RecalPoolLeader(als->pool));
	}
}

/*
 * Means of factors of ratings as the solver wants them, which are those of the
 * least ridge alone; the constant coordinate stays what it is.
 */
static void
StretchPriors(RecalAlsShared *shared, int side)
{
	int			d = shared->shape.d;
	const float *ridges = At(shared, float, shared->ridges) + side * d;
	const float *fixed = At(shared, float, shared->priors) + side * d;
	int			constant = side == USERS ? RECAL_ITEM_BIAS : RECAL_USER_BIAS;
	float	   *prior = At(shared, float, shared->sides[side].prior);

	for (int64 i = 0; i < shared->sides[side].n; i++, prior += d)
	{
		for (int k = 0; k < d; k++)
			prior[k] *= (shared->regularization + ridges[k]) / shared->regularization;
		prior[constant] = fixed[constant];
	}
}

/*
 * The mean for the solve of a side: its own factors have not been turned since
 * the other side was, so the weights fitted to them are.
 */
static void
FillPrior(RecalAls *als, int side)
{
	RecalAlsShared *shared = als->shared;
	RecalAlsContent *content = &als->content[side];
	RecalParticipant *leader = RecalPoolLeader(als->pool);
	int			d = shared->shape.d;

	if (content->rows == NULL || !content->prior || !content->solved)
		return;
	RecalAlsContentFit(content, SideFactors(shared, side), d, leader);
	RecalAlsContentPrior(content, shared->shape.ratings ? NULL : At(shared, float, shared->basis),
						 d, At(shared, float, shared->sides[side].prior), leader);
	if (shared->shape.ratings)
		StretchPriors(shared, side);
	shared->sides[side].has_prior = true;
}

static void
StartFactors(RecalAls *als, int64 seed, const float *warm, const bool *has_warm)
{
	RecalAlsShared *shared = als->shared;
	int			d = shared->shape.d;
	float	   *items = SideFactors(shared, ITEMS);
	Size		size = sizeof(float) * d * shared->shape.nitems;

	shared->failed = false;
	shared->has_mean = false;
	if (shared->has_start)
		memcpy(items, At(shared, float, shared->start), size);
	else
	{
		shared->seed = (uint64) seed;
		RecalPoolRun(als->pool, RECAL_BLOCK_START,
					 EvenBlocks(shared->shape.nitems, START_ROWS, ROTATE_BLOCKS));
		if (shared->shape.ntest > 0)
			memcpy(At(shared, float, shared->start), items, size);
		shared->has_start = shared->shape.ntest > 0;
	}
	StartContent(als);
	for (int64 i = 0; warm != NULL && i < shared->shape.nitems; i++)
		if (has_warm[i])
			memcpy(items + i * d, warm + i * d, sizeof(float) * d);
}

void
RecalAlsStart(RecalAls *als, double unobserved_weight, double regularization, int64 seed,
			  const float *warm, const bool *has_warm)
{
	als->shared->unobserved_weight = (float) unobserved_weight;
	als->shared->regularization = (float) regularization;
	StartFactors(als, seed, warm, has_warm);
}

/*
 * A ridge that holds the constant coordinate at its mean: far above any other,
 * and of a square root and an inverse that single precision knows.
 */
#define FIXED_RIDGE		1e12f

void
RecalAlsStartRatings(RecalAls *als, double ridge, double bias_ridge, double deviation,
					 int64 seed, const float *warm, const bool *has_warm)
{
	RecalAlsShared *shared = als->shared;
	int			d = shared->shape.d;
	float		least = (float) Min(ridge, bias_ridge);

	shared->regularization = least;
	shared->unobserved_weight = 1;
	shared->deviation = (float) deviation;
	for (int side = 0; side < 2; side++)
	{
		float	   *ridges = At(shared, float, shared->ridges) + side * d;
		float	   *prior = At(shared, float, shared->priors) + side * d;
		int			bias = side == USERS ? RECAL_USER_BIAS : RECAL_ITEM_BIAS;
		int			fixed = side == USERS ? RECAL_ITEM_BIAS : RECAL_USER_BIAS;

		for (int k = 0; k < d; k++)
		{
			ridges[k] = (float) ridge - least;
			prior[k] = 0;
		}
		ridges[bias] = (float) bias_ridge - least;
		ridges[fixed] = FIXED_RIDGE;

		/* the solver's mean is that of the least ridge alone */
		prior[fixed] = (FIXED_RIDGE + least) / least;
	}
	StartFactors(als, seed, warm, has_warm);
}

static double
SumBlocks(const RecalAlsShared *shared, int nblocks)
{
	const double *values = At(shared, double, shared->block_values);
	double		sum = 0;

	for (int i = 0; i < nblocks; i++)
		sum += values[i];
	return sum;
}

/* Turns a side's factors by the current basis. */
static void
Rotate(RecalAls *als, int side)
{
	RecalAlsShared *shared = als->shared;

	shared->side = side;
	RecalPoolRun(als->pool, RECAL_BLOCK_ROTATE,
				 EvenBlocks(shared->sides[side].n, ROTATE_ROWS, ROTATE_BLOCKS));
}

/*
 * Turns a side into the eigenbasis of its Gramian; returns its regularizer
 * without λ.
 */
static double
Diagonalize(RecalAls *als, int side)
{
	RecalAlsShared *shared = als->shared;
	int			d = shared->shape.d;
	int			nblocks = EvenBlocks(shared->sides[side].n, GRAMIAN_ROWS, GRAMIAN_BLOCKS);
	const double *parts = At(shared, double, shared->gramians);
	float	   *basis = At(shared, float, shared->basis);
	float	   *eigenvalues = At(shared, float, shared->eigenvalues);
	double	   *values = als->work;
	double		regularizer;

	shared->side = side;
	RecalPoolRun(als->pool, RECAL_BLOCK_GRAMIAN, nblocks);
	regularizer = SumBlocks(shared, nblocks);
	for (Size i = 0; i < (Size) d * d; i++)
	{
		als->gramian[i] = 0;
		for (int block = 0; block < nblocks; block++)
			als->gramian[i] += parts[(Size) block * d * d + i];
	}
	for (Size i = 0; i < (Size) d * d; i++)
	{
		if (isfinite(als->gramian[i]))
			continue;
		if (!MayFail(shared))
			ereport(ERROR,
					(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
					 errmsg("the factors have grown out of range"),
					 errhint("Raise the option \"regularization\".")));
		shared->failed = true;
		return NAN;
	}
	if (recal_syev(d, als->gramian, values, als->work + d) != 0)
		ereport(ERROR,
				(errcode(ERRCODE_INTERNAL_ERROR),
				 errmsg("the eigenvalues of the factors' Gramian could not be computed")));
	for (int i = 0; i < d; i++)
		eigenvalues[i] = values[i] > 0 ? (float) values[i] : 0.0f;
	for (Size i = 0; i < (Size) d * d; i++)
		basis[i] = (float) als->gramian[i];
	Rotate(als, side);
	return regularizer;
}

/* Solves a side against the other, which has been diagonalized; returns its share of the loss. */
static double
Solve(RecalAls *als, int side)
{
	RecalAlsShared *shared = als->shared;

	FillPrior(als, side);
	shared->side = side;
	RecalPoolRun(als->pool, RECAL_BLOCK_SOLVE, shared->sides[side].nblocks);
	als->content[side].solved = true;
	return SumBlocks(shared, shared->sides[side].nblocks);
}

/* What the ridges cost the users. */
static double
UsersRidge(const RecalAlsShared *shared)
{
	const float *ridges = At(shared, float, shared->ridges) + USERS * shared->shape.d;
	const float *x = SideFactors(shared, USERS);
	const float *prior = shared->sides[USERS].has_prior ?
		At(shared, float, shared->sides[USERS].prior) : NULL;
	int			d = shared->shape.d;
	double		sum = 0;

	for (int64 u = 0; u < shared->shape.nusers; u++)
		for (int k = 0; k < d; k++)
		{
			double		ridge = shared->regularization + ridges[k];
			double		off = x[u * d + k];

			if (prior != NULL)
				off -= prior[u * d + k] * shared->regularization / ridge;
			if (k != RECAL_ITEM_BIAS)
				sum += ridge * off * off;
		}
	return sum;
}

double
RecalAlsEpoch(RecalAls *als)
{
	RecalAlsShared *shared = als->shared;
	double		regularizer = NAN;
	double		loss = NAN;

	shared->has_mean = false;
	if (shared->shape.ratings)
	{
		(void) Solve(als, USERS);
		return Solve(als, ITEMS) + UsersRidge(shared);
	}
	if (!shared->failed)
		(void) Diagonalize(als, ITEMS);
	if (!shared->failed)
		(void) Solve(als, USERS);
	if (!shared->failed)
		regularizer = Diagonalize(als, USERS);
	if (!shared->failed)
		loss = Solve(als, ITEMS);
	return shared->failed ? NAN : loss + shared->regularization * regularizer;
}

void
RecalAlsFinish(RecalAls *als, float *eigenvalues)
{
	if (als->shared->shape.ratings)
	{
		/* they have no unobserved pairs */
		memset(eigenvalues, 0, sizeof(float) * als->shared->shape.d);
		return;
	}
	(void) Diagonalize(als, ITEMS);
	Rotate(als, USERS);
	memcpy(eigenvalues, At(als->shared, float, als->shared->eigenvalues),
		   sizeof(float) * als->shared->shape.d);
}

const float *
RecalAlsContentWeights(RecalAls *als, RecalSide side)
{
	RecalAlsContentFit(&als->content[side], SideFactors(als->shared, side),
					   als->shared->shape.d, RecalPoolLeader(als->pool));
	return als->content[side].weights;
}

float *
RecalAlsUserConfidences(const RecalAls *als)
{
	return At(als->shared, float, als->shared->sides[USERS].confidences);
}

const float *
RecalAlsItems(const RecalAls *als)
{
	return SideFactors(als->shared, ITEMS);
}

const float *
RecalAlsUsers(const RecalAls *als)
{
	return SideFactors(als->shared, USERS);
}

/*
 * The mean user as the training left them: the test users are solved anew by a
 * ranking. It is turned along with the items.
 */
static void
FillMean(RecalAls *als)
{
	RecalAlsShared *shared = als->shared;
	int64		nusers = shared->shape.nusers;
	int			d = shared->shape.d;
	const float *users = SideFactors(shared, USERS);
	float	   *mean = At(shared, float, shared->mean);
	double	   *sum = als->work;

	if (shared->has_mean)
		return;
	memset(sum, 0, sizeof(double) * d);
	for (int64 u = 0; u < nusers; u++)
		for (int k = 0; k < d; k++)
			sum[k] += users[u * d + k];
	for (int k = 0; k < d; k++)
		mean[k] = (float) (sum[k] / (double) Max(nusers, 1));
	shared->has_mean = true;
}

static void
RotateMean(RecalAls *als)
{
	RecalAlsShared *shared = als->shared;
	int			d = shared->shape.d;
	const float *basis = At(shared, float, shared->basis);
	float	   *mean = At(shared, float, shared->mean);
	double	   *turned = als->work;

	memset(turned, 0, sizeof(double) * d);
	for (int i = 0; i < d; i++)
		for (int k = 0; k < d; k++)
			turned[k] += (double) mean[i] * basis[(Size) i * d + k];
	for (int k = 0; k < d; k++)
		mean[k] = (float) turned[k];
}

/* Who has no features has the mean user in place of what they say. */
static void
FillMeanPriors(RecalAls *als)
{
	RecalAlsShared *shared = als->shared;
	const RecalFeatureRows *features = als->content[USERS].rows;
	const int32 *user = At(shared, int32, shared->test_user);
	float	   *prior = At(shared, float, shared->sides[USERS].prior);
	int			d = shared->shape.d;
	RecalCsr	rows;

	SideRows(shared, USERS, &rows);
	for (int64 t = 0; t < shared->shape.ntest; t++)
	{
		int64		first = rows.offsets[user[t]];
		int64		n = rows.offsets[user[t] + 1] - first;
		float		reg = shared->regularization *
			(float) (n + shared->unobserved_weight * FixedRows(shared, USERS));

		if (features->offsets[user[t] + 1] > features->offsets[user[t]])
			continue;
		recal_als_mean_prior(d, RECAL_MEAN_USER_LIKES, shared->unobserved_weight, reg,
							 At(shared, float, shared->eigenvalues), n, rows.confidences + first,
							 At(shared, float, shared->mean), prior + (int64) user[t] * d);
	}
}

double
RecalAlsRank(RecalAls *als)
{
	int			nblocks = RankBlocks(&als->shared->shape);

	if (!als->shared->failed)
	{
		FillMean(als);
		(void) Diagonalize(als, ITEMS);
	}
	if (!als->shared->failed)
	{
		RotateMean(als);
		FillPrior(als, USERS);

		/* the next ranking fits weights to all users, of which this one solves some */
		if (als->shared->sides[USERS].has_prior)
		{
			FillMeanPriors(als);
			Rotate(als, USERS);
		}
		RecalPoolRun(als->pool, RECAL_BLOCK_RANK, nblocks);
	}
	if (als->shared->failed)
		return NAN;
	return SumBlocks(als->shared, nblocks) / (double) als->shared->shape.ntest;
}
