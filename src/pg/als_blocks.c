/*
 * als_blocks.c
 *		The blocks of alternating least squares: run by whoever claims them.
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

/* mean: the mean user where users are folded in as serving does, or NULL */
static void
SolveRows(RecalAlsShared *shared, int side, const float *mean, const int32 *order, int64 first,
		  int64 n, float *work, double *loss, RecalParticipant *me)
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
	else if (mean != NULL)
	{
		step.mean = mean;
		step.mean_likes = RECAL_MEAN_USER_LIKES;
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

	SolveRows(shared, shared->side, NULL, At(shared, int32, side->order), starts[block],
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
	SolveRows(shared, USERS, At(shared, float, shared->mean), user, first, end - first, scores,
			  &ignored, me);
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
