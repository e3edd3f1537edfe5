/*
 * recal_sparse.h
 *		Interactions as compressed sparse rows.
 *
 * A confidence carries its sign: c > 0 is an observation of target 1 with
 * confidence c, c < 0 one of target 0 with confidence |c| (a dislike).
 */
#ifndef RECAL_SPARSE_H
#define RECAL_SPARSE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * A poll may leave by longjmp (an error or a cancel): the learning core holds
 * no resources and allocates nothing, so nothing leaks. NULL is allowed.
 */
typedef void (*RecalPoll) (void *arg);

typedef struct RecalCsr
{
	int64_t		nrows;
	int64_t    *offsets;		/* [nrows + 1] */
	int32_t    *columns;		/* [nnz], ascending within a row, no duplicates */
	float	   *confidences;	/* [nnz], never 0 */
} RecalCsr;

#define recal_csr_nnz(m) ((m)->offsets[(m)->nrows])

/*
 * Transposes in (nrows × ncols) into out, whose arrays the caller provides
 * (offsets [ncols + 1], columns and confidences [nnz]); O(nnz).
 */
extern void recal_csr_transpose(const RecalCsr *in, int64_t ncols, RecalCsr *out,
								RecalPoll poll, void *arg);

#endif							/* RECAL_SPARSE_H */
