/*
 * als_plan.c
 *		Blocks of rows of about even cost.
 */
#include <string.h>

#include "als_internal.h"

/* Rows shorter than this are sorted by counting, the few others by a heap. */
#define COUNTED_LENGTHS 1024

static inline int64_t
length_of(const RecalCsr *rows, int32_t row)
{
	return rows->offsets[row + 1] - rows->offsets[row];
}

/* whether a comes before b: descending length, ties by number */
static inline bool
comes_before(const RecalCsr *rows, int32_t a, int32_t b)
{
	int64_t		na = length_of(rows, a);
	int64_t		nb = length_of(rows, b);

	return na != nb ? na > nb : a < b;
}

/* Restores the heap, whose root is the last in order, below position i. */
static void
sift_down(const RecalCsr *rows, int32_t *order, int64_t i, int64_t n)
{
	int32_t		row = order[i];

	for (;;)
	{
		int64_t		child = 2 * i + 1;

		if (child >= n)
			break;
		if (child + 1 < n && comes_before(rows, order[child], order[child + 1]))
			child++;
		if (!comes_before(rows, row, order[child]))
			break;
		order[i] = order[child];
		i = child;
	}
	order[i] = row;
}

static void
heap_sort(const RecalCsr *rows, int32_t *order, int64_t n)
{
	for (int64_t i = n / 2 - 1; i >= 0; i--)
		sift_down(rows, order, i, n);
	for (int64_t last = n - 1; last > 0; last--)
	{
		int32_t		row = order[0];

		order[0] = order[last];
		order[last] = row;
		sift_down(rows, order, 0, last);
	}
}

static void
sort_by_length(const RecalCsr *rows, int32_t *order)
{
	int64_t		next[COUNTED_LENGTHS];
	int64_t		nlong = 0;
	int64_t		sum;

	memset(next, 0, sizeof(next));
	for (int64_t r = 0; r < rows->nrows; r++)
	{
		int64_t		n = length_of(rows, (int32_t) r);

		if (n < COUNTED_LENGTHS)
			next[n]++;
		else
			order[nlong++] = (int32_t) r;
	}
	heap_sort(rows, order, nlong);
	sum = nlong;
	for (int n = COUNTED_LENGTHS - 1; n >= 0; n--)
	{
		int64_t		count = next[n];

		next[n] = sum;
		sum += count;
	}
	for (int64_t r = 0; r < rows->nrows; r++)
	{
		int64_t		n = length_of(rows, (int32_t) r);

		if (n < COUNTED_LENGTHS)
			order[next[n]++] = (int32_t) r;
	}
}

/* Multiply-adds of a row of length n, about */
static double
row_cost(int64_t n, int d)
{
	double		rows = (double) n;
	double		size = n <= d ? rows : (double) d;
	double		other = n <= d ? (double) d : rows;

	return size * size * other / 2 + size * size * size / 6 + 8 * rows * d + 4 * d;
}

int
recal_als_plan_blocks(const RecalCsr *rows, int d, int max_blocks, int32_t *order,
					  int64_t *starts)
{
	double		total = 0;
	double		done = 0;
	int			blocks = 0;

	sort_by_length(rows, order);
	for (int64_t i = 0; i < rows->nrows; i++)
		total += row_cost(length_of(rows, order[i]), d);

	starts[0] = 0;
	for (int64_t i = 0; i < rows->nrows; i++)
	{
		done += row_cost(length_of(rows, order[i]), d);

		/* short rows are solved in full batches */
		if (done < total * (blocks + 1) / max_blocks || i + 1 == rows->nrows)
			continue;
		if (length_of(rows, order[i]) < COUNTED_LENGTHS &&
			(i + 1 - starts[blocks]) % RECAL_MAX_LANES != 0)
			continue;
		if (blocks + 1 < max_blocks)
			starts[++blocks] = i + 1;
	}
	if (rows->nrows > 0)
		starts[++blocks] = rows->nrows;
	return blocks;
}
