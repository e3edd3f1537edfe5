/*
 * unit.h
 *		What the unit tests share: made-up data and plain loops to compare with.
 */
#ifndef RECAL_UNIT_H
#define RECAL_UNIT_H

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "recal_rng.h"
#include "recal_sparse.h"

static inline void *
unit_alloc(size_t size)
{
	void	   *p = aligned_alloc(64, (size + 64) & ~(size_t) 63);

	if (p == NULL)
		abort();

	/* not zero: nobody may count on a clean workspace */
	memset(p, 0x7f, size);
	return p;
}

static inline float *
unit_floats(int64_t n)
{
	return unit_alloc(sizeof(float) * (size_t) n);
}

static inline double *
unit_doubles(int64_t n)
{
	return unit_alloc(sizeof(double) * (size_t) n);
}

/* n standard normal numbers times a factor */
static inline float *
unit_normals(int64_t n, double factor, uint64_t stream)
{
	float	   *x = unit_floats(n);

	for (int64_t i = 0; i < n; i++)
		x[i] = (float) (factor * recal_rng_normal(4711, stream, (uint64_t) i));
	return x;
}

/* |value - expected| <= tolerance · (1 + |expected|), and NaN fails */
static inline bool
unit_close(double value, double expected, double tolerance)
{
	return fabs(value - expected) <= tolerance * (1.0 + fabs(expected));
}

#define assert_close(value, expected, tolerance) \
	do { \
		double		value_ = (value); \
		double		expected_ = (expected); \
		if (!unit_close(value_, expected_, tolerance)) \
			fail_msg("%s is %.9g, not %.9g", #value, value_, expected_); \
	} while (0)

/* Gaussian elimination with row exchanges: a[n×n] x = b, both overwritten, b becomes x */
static inline void
unit_solve(int n, double *a, double *b)
{
	for (int k = 0; k < n; k++)
	{
		int			best = k;

		for (int i = k + 1; i < n; i++)
			if (fabs(a[(size_t) i * n + k]) > fabs(a[(size_t) best * n + k]))
				best = i;
		for (int j = 0; j < n; j++)
		{
			double		value = a[(size_t) k * n + j];

			a[(size_t) k * n + j] = a[(size_t) best * n + j];
			a[(size_t) best * n + j] = value;
		}
		{
			double		value = b[k];

			b[k] = b[best];
			b[best] = value;
		}
		for (int i = k + 1; i < n; i++)
		{
			double		factor = a[(size_t) i * n + k] / a[(size_t) k * n + k];

			for (int j = k; j < n; j++)
				a[(size_t) i * n + j] -= factor * a[(size_t) k * n + j];
			b[i] -= factor * b[k];
		}
	}
	for (int i = n - 1; i >= 0; i--)
	{
		for (int j = i + 1; j < n; j++)
			b[i] -= a[(size_t) i * n + j] * b[j];
		b[i] /= a[(size_t) i * n + i];
	}
}

/* inverse of a[n×n], which is overwritten */
static inline void
unit_invert(int n, const double *a, double *inverse)
{
	double	   *copy = unit_doubles((int64_t) n * n);
	double	   *column = unit_doubles(n);

	for (int j = 0; j < n; j++)
	{
		memcpy(copy, a, sizeof(double) * (size_t) n * n);
		for (int i = 0; i < n; i++)
			column[i] = i == j;
		unit_solve(n, copy, column);
		for (int i = 0; i < n; i++)
			inverse[(size_t) i * n + j] = column[i];
	}
	free(copy);
	free(column);
}

/*
 * A matrix with rows of all lengths from 0 to ncols, about one in eight pairs
 * a dislike, confidences from .25 to 4.
 */
static inline RecalCsr
unit_matrix(int64_t nrows, int64_t ncols, uint64_t stream)
{
	RecalCsr	m;
	int64_t		nnz = 0;

	m.nrows = nrows;
	m.offsets = unit_alloc(sizeof(int64_t) * ((size_t) nrows + 1));
	m.columns = unit_alloc(sizeof(int32_t) * (size_t) (nrows * ncols));
	m.confidences = unit_floats(nrows * ncols);
	for (int64_t r = 0; r < nrows; r++)
	{
		double		share = recal_rng_uniform(1, stream, (uint64_t) r);

		m.offsets[r] = nnz;
		share = r % 7 == 3 ? 0 : r % 7 == 4 ? 1 : share * share;
		for (int64_t c = 0; c < ncols; c++)
		{
			uint64_t	at = (uint64_t) (r * ncols + c);

			if (recal_rng_uniform(2, stream, at) >= share)
				continue;
			m.columns[nnz] = (int32_t) c;
			m.confidences[nnz] = (float) (0.25 + 3.75 * recal_rng_uniform(3, stream, at));
			if (recal_rng_uniform(4, stream, at) < 0.125)
				m.confidences[nnz] = -m.confidences[nnz];
			nnz++;
		}
	}
	m.offsets[nrows] = nnz;
	return m;
}

static inline RecalCsr
unit_transposed(const RecalCsr *m, int64_t ncols)
{
	RecalCsr	out;

	out.offsets = unit_alloc(sizeof(int64_t) * ((size_t) ncols + 1));
	out.columns = unit_alloc(sizeof(int32_t) * (size_t) (recal_csr_nnz(m) + 1));
	out.confidences = unit_floats(recal_csr_nnz(m) + 1);
	recal_csr_transpose(m, ncols, &out, NULL, NULL);
	return out;
}

static inline void
unit_free_matrix(RecalCsr *m)
{
	free(m->offsets);
	free(m->columns);
	free(m->confidences);
}

#endif							/* RECAL_UNIT_H */
