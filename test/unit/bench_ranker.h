/*
 * bench_ranker.h
 *		Rows of a file in order of time, and factorizations of them.
 */
#ifndef RECAL_BENCH_RANKER_H
#define RECAL_BENCH_RANKER_H

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench_file.h"
#include "recal_als.h"
#include "recal_blas.h"
#include "recal_ranker.h"
#include "recal_rng.h"

static void *
allocate(int64_t size)
{
	void	   *p = aligned_alloc(64, ((size_t) size + 127) & ~(size_t) 63);

	if (p == NULL)
		exit(1);
	memset(p, 0x7f, (size_t) size);
	return p;
}

/*
 * Data.
 */
typedef struct Row
{
	int32_t		user;
	int32_t		item;
	double		time;
	uint64_t	tie;
} Row;

typedef struct Data
{
	int64_t		n;
	int64_t		nusers;
	int64_t		nitems;
	char	  **item_ids;
	Row		   *rows;			/* in order of time */
} Data;

static int
compare_rows(const void *a, const void *b)
{
	const Row  *x = a;
	const Row  *y = b;

	if (x->time != y->time)
		return x->time < y->time ? -1 : 1;
	return (x->tie > y->tie) - (x->tie < y->tie);
}

static void
read_data(const char *path, bool shuffle, bool ties, uint64_t seed, Data *data)
{
	Fields		fields;
	int32_t    *user;
	int32_t    *item;
	int64_t		n;

	read_fields(path, &fields);
	n = fields.n;
	user = malloc(sizeof(int32_t) * (size_t) n);
	item = malloc(sizeof(int32_t) * (size_t) n);
	data->n = n;
	data->nusers = number_ids(fields.users, n, user, NULL);
	data->nitems = number_ids(fields.items, n, item, &data->item_ids);
	data->rows = malloc(sizeof(Row) * (size_t) n);
	for (int64_t i = 0; i < n; i++)
	{
		uint64_t	random = recal_rng_bits(seed, 99, (uint64_t) i);

		data->rows[i] = (Row) {user[i], item[i], shuffle ? (double) (random >> 12) : fields.times[i],
		ties ? random : (uint64_t) i};
	}
	qsort(data->rows, (size_t) n, sizeof(Row), compare_rows);

	/* shuffled rows keep the times that there are */
	if (shuffle)
	{
		double	   *sorted = malloc(sizeof(double) * (size_t) n);
		Row		   *rows = malloc(sizeof(Row) * (size_t) n);

		for (int64_t i = 0; i < n; i++)
			rows[i] = (Row) {0, 0, fields.times[i], (uint64_t) i};
		qsort(rows, (size_t) n, sizeof(Row), compare_rows);
		for (int64_t i = 0; i < n; i++)
			data->rows[i].time = rows[i].time;
		free(rows);
		free(sorted);
	}
}

/* The rows that are (not) flagged, as the core takes them */
static RecalRankRows
select_rows(const Data *data, const bool *left_out)
{
	int32_t    *users = malloc(sizeof(int32_t) * (size_t) data->n);
	int32_t    *items = malloc(sizeof(int32_t) * (size_t) data->n);
	double	   *times = malloc(sizeof(double) * (size_t) data->n);
	int64_t		n = 0;

	for (int64_t i = 0; i < data->n; i++)
	{
		if (left_out != NULL && left_out[i])
			continue;
		users[n] = data->rows[i].user;
		items[n] = data->rows[i].item;
		times[n++] = data->rows[i].time;
	}
	return (RecalRankRows) {n, data->nusers, data->nitems, users, items, times};
}

/*
 * The factorization.
 */
static int
compare_int32(const void *a, const void *b)
{
	return (*(const int32_t *) a > *(const int32_t *) b) - (*(const int32_t *) a < *(const int32_t *) b);
}

typedef struct Factors
{
	int			d;
	double		a0;
	double		lambda;
	int64_t		nusers;
	int64_t		nitems;
	float	   *users;
	float	   *items;
	float	   *eigenvalues;	/* of the items' Gramian, in whose basis they are */
	float	   *work;
} Factors;

/* Turns fixed into the eigenbasis of its Gramian. */
static void
turn(const Factors *f, float *fixed, int64_t n)
{
	const int	d = f->d;
	double	   *gram = malloc(sizeof(double) * (size_t) d * (size_t) d);
	double	   *values = malloc(sizeof(double) * (size_t) (d + recal_syev_work_size(d)));
	float	   *basis = malloc(sizeof(float) * (size_t) d * (size_t) d);

	recal_gramian(fixed, n, d, gram, f->work, NULL, NULL);
	recal_syev(d, gram, values, values + d);
	for (int i = 0; i < d * d; i++)
		basis[i] = (float) gram[i];
	for (int i = 0; i < d; i++)
		f->eigenvalues[i] = (float) values[i];
	recal_rotate(fixed, n, d, basis, f->work);
	free(gram);
	free(values);
	free(basis);
}

static void
solve(const Factors *f, const RecalCsr *rows, const float *fixed, int64_t nfixed, float *solved)
{
	int32_t    *order = malloc(sizeof(int32_t) * (size_t) (rows->nrows + 1));
	int64_t		starts[257];
	double		loss = 0;
	int64_t		bad = 0;
	const char *message;
	RecalAlsHalfStep step = {.d = f->d, .unobserved_weight = (float) f->a0,
		.regularization = (float) f->lambda, .nfixed = nfixed, .fixed = fixed,
	.eigenvalues = f->eigenvalues, .rows = rows, .solved = solved};

	recal_als_plan_blocks(rows, f->d, 256, order, starts);
	message = recal_als_solve_rows(&step, order, 0, rows->nrows, f->work, &loss, &bad, NULL, NULL);
	if (message != NULL)
	{
		printf("%s\n", message);
		exit(1);
	}
	free(order);
}

static RecalCsr
make_csr(int64_t nrows, int64_t nnz)
{
	return (RecalCsr) {nrows, calloc((size_t) nrows + 2, sizeof(int64_t)),
	malloc(sizeof(int32_t) * (size_t) (nnz + 1)), malloc(sizeof(float) * (size_t) (nnz + 1))};
}

static void
free_csr(RecalCsr *m)
{
	free(m->offsets);
	free(m->columns);
	free(m->confidences);
}

/* Factors of the rows but for those of skip [nskip], ascending. */
static void
factorize(const RecalRankRows *rows, int64_t nskip, const int64_t *skip, int epochs,
		  uint64_t seed, Factors *f)
{
	RecalCsr	by_item = make_csr(rows->nitems, rows->n);
	RecalCsr	by_user = make_csr(rows->nusers, rows->n);
	int64_t    *starts = calloc((size_t) rows->nusers + 2, sizeof(int64_t));
	int64_t		at = 0;
	int64_t		s = 0;

	f->nusers = rows->nusers;
	f->nitems = rows->nitems;
	f->users = allocate((int64_t) sizeof(float) * rows->nusers * f->d);
	f->items = allocate((int64_t) sizeof(float) * rows->nitems * f->d);
	f->eigenvalues = allocate((int64_t) sizeof(float) * f->d);
	f->work = allocate((int64_t) sizeof(float) * (recal_als_work_size(f->d) +
												  recal_rotate_work_size(f->d) + recal_gramian_work_size(f->d)));
	for (int64_t i = 0; i < rows->n; i++)
		if (s < nskip && skip[s] == i)
			s++;
		else
			starts[rows->users[i] + 2]++;
	for (int64_t u = 0; u < rows->nusers; u++)
		starts[u + 2] += starts[u + 1];
	s = 0;
	for (int64_t i = 0; i < rows->n; i++)
		if (s < nskip && skip[s] == i)
			s++;
		else
			by_user.columns[starts[rows->users[i] + 1]++] = rows->items[i];
	for (int64_t u = 0; u < rows->nusers; u++)
	{
		int64_t		begin = at;

		qsort(by_user.columns + starts[u], (size_t) (starts[u + 1] - starts[u]), sizeof(int32_t), compare_int32);
		for (int64_t i = starts[u]; i < starts[u + 1]; i++)
			if (at == begin || by_user.columns[at - 1] != by_user.columns[i])
				by_user.columns[at++] = by_user.columns[i];
		by_user.offsets[u + 1] = at;
	}
	for (int64_t i = 0; i < at; i++)
		by_user.confidences[i] = 1;
	recal_csr_transpose(&by_user, rows->nitems, &by_item, NULL, NULL);
	if (f->a0 <= 0)
	{
		double		density = (double) at / ((double) rows->nusers * (double) rows->nitems);

		f->a0 = fmin(3, fmax(.003, 10 * pow(density, 1.25)));
	}
	if (f->lambda <= 0)
		f->lambda = .008 * pow(f->a0, -.25);
	recal_als_init_factors(f->items, 0, rows->nitems, f->d, seed);
	for (int epoch = 0; epoch < epochs; epoch++)
	{
		turn(f, f->items, rows->nitems);
		solve(f, &by_user, f->items, rows->nitems, f->users);
		turn(f, f->users, rows->nusers);
		solve(f, &by_item, f->users, rows->nusers, f->items);
	}
	turn(f, f->items, rows->nitems);
	free_csr(&by_user);
	free_csr(&by_item);
	free(starts);
}

typedef struct Weighted
{
	int32_t		item;
	float		weight;
} Weighted;

static int
compare_weighted(const void *a, const void *b)
{
	const Weighted *x = a;
	const Weighted *y = b;

	if (x->item != y->item)
		return x->item < y->item ? -1 : 1;
	return (x->weight < y->weight) - (x->weight > y->weight);
}

/*
 * Users' vectors before each of the queries, which are rows, ascending. Rows
 * flagged are not known.
 */
static float *
fold_in(const Factors *f, const RecalRankRows *rows, const bool *unknown, int64_t n,
		const int64_t *queries, double decay)
{
	float	   *vectors = allocate((int64_t) sizeof(float) * (n + 1) * f->d);
	int64_t    *previous = malloc(sizeof(int64_t) * (size_t) rows->n);
	int64_t    *newest = malloc(sizeof(int64_t) * (size_t) rows->nusers);
	int64_t    *heads = malloc(sizeof(int64_t) * (size_t) (n + 1));
	int64_t    *lengths = calloc((size_t) rows->nusers, sizeof(int64_t));
	Weighted   *history = malloc(sizeof(Weighted) * (size_t) rows->n);
	int64_t		nnz = 0;
	int64_t		at = 0;
	RecalCsr	csr;

	memset(newest, 0xff, sizeof(int64_t) * (size_t) rows->nusers);
	for (int64_t i = 0, q = 0; i < rows->n && q < n; i++)
	{
		int32_t		user = rows->users[i];

		if (queries[q] == i)
		{
			nnz += lengths[user];
			heads[q++] = newest[user];
		}
		if (unknown != NULL && unknown[i])
			continue;
		previous[i] = newest[user];
		newest[user] = i;
		lengths[user]++;
	}
	csr = make_csr(n, nnz);
	for (int64_t q = 0; q < n; q++)
	{
		double		weight = 1;
		int64_t		length = 0;

		for (int64_t i = heads[q]; i >= 0; i = previous[i], weight = fmax(weight * decay, 1e-8))
			history[length++] = (Weighted) {rows->items[i], (float) weight};
		qsort(history, (size_t) length, sizeof(Weighted), compare_weighted);
		for (int64_t i = 0; i < length; i++)
			if (i == 0 || history[i - 1].item != history[i].item)
			{
				csr.columns[at] = history[i].item;
				csr.confidences[at++] = history[i].weight;
			}
		csr.offsets[q + 1] = at;
	}
	solve(f, &csr, f->items, f->nitems, vectors);
	free_csr(&csr);
	free(previous);
	free(newest);
	free(heads);
	free(lengths);
	free(history);
	return vectors;
}

#endif							/* RECAL_BENCH_RANKER_H */
