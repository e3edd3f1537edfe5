/*
 * als_steps.c
 *		The steps of alternating least squares over the pool's memory.
 *
 * The problem lies in one piece of memory that the leader and its workers
 * share: rows by user and by item, both sides' factors, and what a step needs.
 * Addresses are kept as offsets. How work is cut into blocks depends on the
 * problem alone, and sums over blocks are taken in their order, so the result
 * does not depend on who computed what.
 */
#include "postgres.h"

#include <math.h>

#include "miscadmin.h"
#include "utils/memutils.h"

#include "recal_als.h"
#include "recal_blas.h"
#include "recal_compat.h"
#include "recal_factorize.h"
#include "recal_ranking.h"
#include "recal_weights.h"

#define RANK_USERS		64		/* of a block */
#define RANK_SCORES		(4 * 1024 * 1024)	/* floats of one batch */
#define SOLVE_BLOCKS	256
#define START_ROWS		512
#define ROTATE_ROWS		2048
#define ROTATE_BLOCKS	64
#define GRAMIAN_ROWS	4096
#define GRAMIAN_BLOCKS	16

enum
{
	USERS,
	ITEMS
};

/* One side of the matrix; offsets are from the beginning of the memory. */
typedef struct AlsSide
{
	int64		n;
	Size		offsets;		/* int64 [n + 1] */
	Size		columns;		/* int32 [nnz] */
	Size		confidences;	/* float [nnz] */
	Size		factors;		/* float [n × d] */
	Size		order;			/* int32 [n] */
	Size		starts;			/* int64 [SOLVE_BLOCKS + 1] */
	int			nblocks;
	Size		prior;			/* float [n × d], where the shape has one */
	bool		has_prior;		/* prior has been filled */
} AlsSide;

typedef struct RecalAlsShared
{
	RecalAlsShape shape;
	AlsSide		sides[2];
	Size		eigenvalues;	/* float [d] */
	Size		basis;			/* float [d × d] */
	Size		gramians;		/* double [GRAMIAN_BLOCKS × d × d] */
	Size		block_values;	/* double [max of all kinds of blocks] */
	Size		test_user;		/* int32 [ntest] */
	Size		test_offsets;	/* int64 [ntest + 1] */
	Size		targets;		/* int32 [ntargets] */
	Size		start;			/* float [nitems × d], with tests: to start from again */
	Size		ridges;			/* float [2 × d], with ratings: by side, beyond regularization */
	Size		priors;			/* float [2 × d], likewise */
	Size		end;

	/* of the current factorization and step */
	float		unobserved_weight;
	float		regularization;
	float		deviation;		/* of ratings */
	uint64		seed;
	bool		has_start;		/* start has been filled */
	bool		failed;			/* with tests: something could not be solved */
	int			side;			/* solved, rotated, multiplied */
} RecalAlsShared;

#define At(shared, type, offset) ((type *) ((char *) (shared) + (offset)))

/*
 * Layout.
 */
static Size
Place(Size *end, Size element, int64 n)
{
	Size		at = *end;

	*end = add_size(*end, TYPEALIGN(64, mul_size(element, n)));
	return at;
}

static int
RankBlocks(const RecalAlsShape *shape)
{
	return (int) ((shape->ntest + RANK_USERS - 1) / RANK_USERS);
}

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
		side->offsets = Place(&end, sizeof(int64), side->n + 1);
		side->columns = Place(&end, sizeof(int32), shape->nnz);
		side->confidences = Place(&end, sizeof(float), shape->nnz);
		side->factors = Place(&end, sizeof(float) * shape->d, side->n);
		side->order = Place(&end, sizeof(int32), side->n);
		side->starts = Place(&end, sizeof(int64), SOLVE_BLOCKS + 1);
		side->prior = Place(&end, sizeof(float) * shape->d, shape->has_prior[i] ? side->n : 0);
	}
	shared->eigenvalues = Place(&end, sizeof(float), shape->d);
	shared->basis = Place(&end, sizeof(float), square);
	shared->gramians = Place(&end, sizeof(double) * GRAMIAN_BLOCKS, square);
	shared->block_values = Place(&end, sizeof(double), Max(SOLVE_BLOCKS, RankBlocks(shape)));
	shared->test_user = Place(&end, sizeof(int32), shape->ntest);
	shared->test_offsets = Place(&end, sizeof(int64), shape->ntest + 1);
	shared->targets = Place(&end, sizeof(int32), shape->ntargets);
	shared->start = Place(&end, sizeof(float) * shape->d, shape->ntest > 0 ? shape->nitems : 0);
	shared->ridges = Place(&end, sizeof(float) * 2, shape->ratings ? shape->d : 0);
	shared->priors = Place(&end, sizeof(float) * 2, shape->ratings ? shape->d : 0);
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
SideRows(RecalAlsShared *shared, int side, RecalCsr *rows)
{
	rows->nrows = shared->sides[side].n;
	rows->offsets = At(shared, int64_t, shared->sides[side].offsets);
	rows->columns = At(shared, int32_t, shared->sides[side].columns);
	rows->confidences = At(shared, float, shared->sides[side].confidences);
}

/* rows of the fixed side, as the regularization counts them */
static int64
FixedRows(const RecalAlsShared *shared, int solved)
{
	return solved == USERS ? shared->shape.all_items : shared->shape.nusers;
}

static float *
SideFactors(const RecalAlsShared *shared, int side)
{
	return At(shared, float, shared->sides[side].factors);
}

/* rows [*first, *first + *n) of a block when n rows are cut evenly */
static void
EvenBlock(int64 total, int nblocks, int block, int64 *first, int64 *n)
{
	*first = total * block / nblocks;
	*n = total * (block + 1) / nblocks - *first;
}

static int
EvenBlocks(int64 total, int64 rows, int most)
{
	return (int) Max(1, Min(most, total / rows));
}

/*
 * Blocks: run by whoever claims them.
 */

/* Item factors of ratings: no bias yet, and factors by the size of the ratings. */
static void
StartRatings(const RecalAlsShared *shared, float *factors, int64 n)
{
	int			d = shared->shape.d;
	float		scale = sqrtf(shared->deviation);

	for (int64 i = 0; i < n; i++, factors += d)
	{
		for (int k = 0; k < d; k++)
			factors[k] *= scale;
		factors[RECAL_USER_BIAS] = 1;
		factors[RECAL_ITEM_BIAS] = 0;
	}
}

/* The items' factors to start with. */
void
RecalStartBlock(void *memory, int block, RecalParticipant *me)
{
	RecalAlsShared *shared = memory;
	int64		nitems = shared->shape.nitems;
	int			d = shared->shape.d;
	int64		first;
	int64		n;

	EvenBlock(nitems, EvenBlocks(nitems, START_ROWS, ROTATE_BLOCKS), block, &first, &n);
	for (int64 end = first + n; first < end; first += START_ROWS)
	{
		me->poll(me->poll_arg);
		recal_als_init_factors(SideFactors(shared, ITEMS) + first * d, first,
							   Min(START_ROWS, end - first), d, shared->seed);
		if (shared->shape.ratings)
			StartRatings(shared, SideFactors(shared, ITEMS) + first * d,
						 Min(START_ROWS, end - first));
	}
}

/* Part of a side's Gramian, and of its regularizer. */
void
RecalGramianBlock(void *memory, int block, RecalParticipant *me)
{
	RecalAlsShared *shared = memory;
	const AlsSide *side = &shared->sides[shared->side];
	int			d = shared->shape.d;
	const float *factors = SideFactors(shared, shared->side);
	RecalCsr	rows;
	int64		first;
	int64		n;

	EvenBlock(side->n, EvenBlocks(side->n, GRAMIAN_ROWS, GRAMIAN_BLOCKS), block, &first, &n);
	recal_gramian(factors + first * d, n, d,
				  At(shared, double, shared->gramians) + (Size) block * d * d,
				  RecalParticipantScratch(me, recal_gramian_work_size(d)),
				  me->poll, me->poll_arg);
	SideRows(shared, shared->side, &rows);
	rows.nrows = n;
	rows.offsets += first;
	At(shared, double, shared->block_values)[block] =
		recal_als_regularizer(factors + first * d, &rows, d, shared->unobserved_weight,
							  FixedRows(shared, shared->side));
}

void
RecalRotateBlock(void *memory, int block, RecalParticipant *me)
{
	RecalAlsShared *shared = memory;
	const AlsSide *side = &shared->sides[shared->side];
	int			d = shared->shape.d;
	float	   *work = RecalParticipantScratch(me, recal_rotate_work_size(d));
	int64		first;
	int64		n;

	EvenBlock(side->n, EvenBlocks(side->n, ROTATE_ROWS, ROTATE_BLOCKS), block, &first, &n);
	while (n > 0)
	{
		int64		count = Min(n, 1024);

		me->poll(me->poll_arg);
		recal_rotate(SideFactors(shared, shared->side) + first * d, count, d,
					 At(shared, float, shared->basis), work);
		first += count;
		n -= count;
	}
}

/* Of the values that are only tried, some may not suit. */
static bool
MayFail(const RecalAlsShared *shared)
{
	return shared->shape.ntest > 0;
}

static void
SolveRows(RecalAlsShared *shared, int side, const int32 *order, int64 first, int64 n,
		  float *work, double *loss, RecalParticipant *me)
{
	RecalAlsHalfStep step = {0};
	RecalCsr	rows;
	int64_t		bad_row = 0;
	const char *message;

	SideRows(shared, side, &rows);
	step.d = shared->shape.d;
	step.unobserved_weight = shared->unobserved_weight;
	step.regularization = shared->regularization;
	step.nfixed = FixedRows(shared, side);
	step.fixed = SideFactors(shared, !side);
	step.eigenvalues = At(shared, float, shared->eigenvalues);
	step.rows = &rows;
	step.solved = SideFactors(shared, side);
	if (shared->shape.ratings)
	{
		step.ratings = true;
		step.eigenvalues = At(shared, float, shared->ridges) + side * step.d;
		step.prior = At(shared, float, shared->priors) + side * step.d;
	}
	if (shared->sides[side].has_prior)
	{
		step.prior = At(shared, float, shared->sides[side].prior);
		step.prior_stride = step.d;
	}
	message = recal_als_solve_rows(&step, order, first, n, work, loss, &bad_row,
								   me->poll, me->poll_arg);
	if (message != NULL && MayFail(shared))
		shared->failed = true;
	else if (message != NULL)
		ereport(ERROR,
				(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
				 errmsg("could not solve for the factors of %s number " INT64_FORMAT,
						side == USERS ? "user" : "item", (int64) bad_row + 1),
				 errdetail("Counted in the order of ids; it has " INT64_FORMAT " pairs: %s.",
						   (int64) (rows.offsets[bad_row + 1] - rows.offsets[bad_row]), message),
				 errhint("Raise the option \"regularization\", or set \"confidence\" to \"log\".")));
}

void
RecalSolveBlock(void *memory, int block, RecalParticipant *me)
{
	RecalAlsShared *shared = memory;
	const AlsSide *side = &shared->sides[shared->side];
	const int64 *starts = At(shared, int64, side->starts);
	double		loss = 0;

	SolveRows(shared, shared->side, At(shared, int32, side->order), starts[block],
			  starts[block + 1] - starts[block],
			  RecalParticipantScratch(me, recal_als_work_size(shared->shape.d)), &loss, me);
	At(shared, double, shared->block_values)[block] = loss;
}

static int64
RoundFloats(int64 n)
{
	return TYPEALIGN(16, n);
}

/* Folds some test users in and ranks the catalogue for them. */
void
RecalRankBlock(void *memory, int block, RecalParticipant *me)
{
	RecalAlsShared *shared = memory;
	int			d = shared->shape.d;
	int64		nitems = shared->shape.nitems;
	int			batch = (int) Max(1, Min(16, RANK_SCORES / nitems));
	int64		first = (int64) block * RANK_USERS;
	int64		end = Min(first + RANK_USERS, shared->shape.ntest);
	const int32 *user = At(shared, int32, shared->test_user);
	const int64 *offsets = At(shared, int64, shared->test_offsets);
	const int32 *targets = At(shared, int32, shared->targets);
	float	   *vectors = RecalParticipantScratch(me, RoundFloats((int64) batch * d) +
												  Max(batch * nitems, recal_als_work_size(d)));
	float	   *scores = vectors + RoundFloats((int64) batch * d);
	RecalRankMetrics metrics = {.k = RECAL_RANK_K};
	RecalScored heap[RECAL_RANK_K];
	double		ignored = 0;
	RecalCsr	rows;

	SideRows(shared, USERS, &rows);
	SolveRows(shared, USERS, user, first, end - first, scores, &ignored, me);
	for (; first < end; first += batch)
	{
		int			n = (int) Min(batch, end - first);

		for (int i = 0; i < n; i++)
			memcpy(vectors + i * d, SideFactors(shared, USERS) + (int64) user[first + i] * d,
				   sizeof(float) * d);
		recal_gemm_nt(n, (int) nitems, d, 1.0f, vectors, d, SideFactors(shared, ITEMS), d,
					  0.0f, scores, (int) nitems);
		for (int i = 0; i < n; i++)
		{
			int32		u = user[first + i];

			me->poll(me->poll_arg);
			for (int64 j = rows.offsets[u]; j < rows.offsets[u + 1]; j++)
				scores[i * nitems + rows.columns[j]] = -INFINITY;
			(void) recal_metrics_add_user(&metrics, scores + i * nitems, nitems,
										  targets + offsets[first + i],
										  (int) (offsets[first + i + 1] - offsets[first + i]),
										  NULL, NULL, heap);
		}
	}
	At(shared, double, shared->block_values)[block] = metrics.ndcg;
}

/*
 * The leader's side.
 */
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

double
RecalAlsRank(RecalAls *als)
{
	int			nblocks = RankBlocks(&als->shared->shape);

	if (!als->shared->failed)
		(void) Diagonalize(als, ITEMS);
	if (!als->shared->failed)
	{
		FillPrior(als, USERS);

		/* the next ranking fits weights to all users, of which this one solves some */
		if (als->shared->sides[USERS].has_prior)
			Rotate(als, USERS);
		RecalPoolRun(als->pool, RECAL_BLOCK_RANK, nblocks);
	}
	if (als->shared->failed)
		return NAN;
	return SumBlocks(als->shared, nblocks) / (double) als->shared->shape.ntest;
}
