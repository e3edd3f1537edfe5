/*
 * als_shared.h
 *		The memory of alternating least squares, as the leader lays it out and as
 *		blocks see it.
 *
 * The problem lies in one piece of memory that the leader and its workers
 * share: rows by user and by item, both sides' factors, and what a step needs.
 * Addresses are kept as offsets. How work is cut into blocks depends on the
 * problem alone.
 */
#ifndef RECAL_ALS_SHARED_H
#define RECAL_ALS_SHARED_H

#include "recal_factorize.h"

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
	Size		mean;			/* float [d], with tests: the mean user, for ranking */
	Size		ridges;			/* float [2 × d], with ratings: by side, beyond regularization */
	Size		priors;			/* float [2 × d], likewise */
	Size		end;

	/* of the current factorization and step */
	float		unobserved_weight;
	float		regularization;
	float		deviation;		/* of ratings */
	uint64		seed;
	bool		has_start;		/* start has been filled */
	bool		has_mean;		/* mean is of the current factors */
	bool		failed;			/* with tests: something could not be solved */
	int			side;			/* solved, rotated, multiplied */
} RecalAlsShared;

#define At(shared, type, offset) ((type *) ((char *) (shared) + (offset)))

static inline int
RankBlocks(const RecalAlsShape *shape)
{
	return (int) ((shape->ntest + RANK_USERS - 1) / RANK_USERS);
}

static inline void
SideRows(RecalAlsShared *shared, int side, RecalCsr *rows)
{
	rows->nrows = shared->sides[side].n;
	rows->offsets = At(shared, int64_t, shared->sides[side].offsets);
	rows->columns = At(shared, int32_t, shared->sides[side].columns);
	rows->confidences = At(shared, float, shared->sides[side].confidences);
}

/* rows of the fixed side, as the regularization counts them */
static inline int64
FixedRows(const RecalAlsShared *shared, int solved)
{
	return solved == USERS ? shared->shape.all_items : shared->shape.nusers;
}

static inline float *
SideFactors(const RecalAlsShared *shared, int side)
{
	return At(shared, float, shared->sides[side].factors);
}

/* rows [*first, *first + *n) of a block when n rows are cut evenly */
static inline void
EvenBlock(int64 total, int nblocks, int block, int64 *first, int64 *n)
{
	*first = total * block / nblocks;
	*n = total * (block + 1) / nblocks - *first;
}

static inline int
EvenBlocks(int64 total, int64 rows, int most)
{
	return (int) Max(1, Min(most, total / rows));
}

/* Of the values that are only tried, some may not suit. */
static inline bool
MayFail(const RecalAlsShared *shared)
{
	return shared->shape.ntest > 0;
}

#endif							/* RECAL_ALS_SHARED_H */
