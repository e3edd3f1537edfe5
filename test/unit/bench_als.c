/*
 * bench_als.c
 *		How fast the ALS core is on made-up, popularity-skewed data.
 *
 * usage: bench_als [nnz [users [items [d [epochs]]]]]
 *
 * cc -std=gnu11 -O2 -ftree-vectorize -Iinclude test/unit/bench_als.c src/learn/[a-z]*.c \
 *    $(PKG_CONFIG_PATH=/usr/lib/x86_64-linux-gnu/openblas-serial/pkgconfig \
 *      pkg-config --variable=libdir openblas)/libopenblas.a -lm -o bench_als
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "recal_als.h"
#include "recal_blas.h"
#include "recal_rng.h"

typedef struct Phases
{
	double		gramian,
				eigen,
				rotate,
				solve;
} Phases;

static double
seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
	return (double) now.tv_sec + 1e-9 * (double) now.tv_nsec;
}

static void *
allocate(size_t size)
{
	void	   *p = aligned_alloc(64, (size + 63) & ~(size_t) 63);

	if (p == NULL)
		exit(1);
	memset(p, 0, size);
	return p;
}

static RecalCsr
allocate_csr(int64_t nrows, int64_t nnz)
{
	RecalCsr	m;

	m.nrows = nrows;
	m.offsets = allocate(sizeof(int64_t) * ((size_t) nrows + 1));
	m.columns = allocate(sizeof(int32_t) * (size_t) nnz);
	m.confidences = allocate(sizeof(float) * (size_t) nnz);
	return m;
}

/*
 * Pairs with user and item both skewed (the cube and the square of a uniform
 * number), duplicates removed by two transpositions.
 */
static RecalCsr
generate(int64_t nnz, int64_t users, int64_t items)
{
	RecalCsr	raw = allocate_csr(users, nnz);
	RecalCsr	turned = allocate_csr(items, nnz);
	int64_t    *next;
	int64_t		kept = 0;
	int32_t    *user = allocate(sizeof(int32_t) * (size_t) nnz);

	for (int64_t k = 0; k < nnz; k++)
	{
		double		u = recal_rng_uniform(7, 1, (uint64_t) k);

		user[k] = (int32_t) ((double) users * pow(u, 1.3));
		raw.offsets[user[k] + 1]++;
	}
	for (int64_t u = 0; u < users; u++)
		raw.offsets[u + 1] += raw.offsets[u];
	next = allocate(sizeof(int64_t) * (size_t) users);
	memcpy(next, raw.offsets, sizeof(int64_t) * (size_t) users);
	for (int64_t k = 0; k < nnz; k++)
	{
		int32_t		item = (int32_t) ((double) items * pow(recal_rng_uniform(7, 2, (uint64_t) k), 2.5));

		/* spread popularity over the item numbers */
		raw.columns[next[user[k]]] = (int32_t) (((int64_t) item * 7919) % items);
		raw.confidences[next[user[k]]++] = 1.0f;
	}
	recal_csr_transpose(&raw, items, &turned, NULL, NULL);
	recal_csr_transpose(&turned, users, &raw, NULL, NULL);
	for (int64_t u = 0, k = 0; u < users; u++)
	{
		int64_t		first = kept;

		for (; k < raw.offsets[u + 1]; k++)
			if (kept == first || raw.columns[kept - 1] != raw.columns[k])
				raw.columns[kept++] = raw.columns[k];
		raw.offsets[u] = first;
	}
	raw.offsets[users] = kept;
	free(next);
	free(user);
	free(turned.offsets);
	free(turned.columns);
	free(turned.confidences);
	return raw;
}

/* One half-step; returns the loss without the fixed side's regularizer. */
static double
half_step(const RecalCsr *rows, const int32_t *order, float *fixed, int64_t nfixed,
		  float *solved, int d, float *work, Phases *phases)
{
	double	   *gram = allocate(sizeof(double) * (size_t) d * d);
	double	   *eigen = allocate(sizeof(double) * (size_t) recal_syev_work_size(d));
	double	   *values = allocate(sizeof(double) * (size_t) d);
	float	   *basis = allocate(sizeof(float) * (size_t) d * d);
	float	   *weights = allocate(sizeof(float) * (size_t) d);
	double		loss = 0;
	double		t0 = seconds(),
				t1;
	int64_t		bad = -1;
	const char *message;
	RecalAlsHalfStep step = {.d = d, .unobserved_weight = 0.1f, .regularization = 0.01f,
		.nfixed = nfixed, .fixed = fixed, .eigenvalues = weights, .rows = rows, .solved = solved};

	recal_gramian(fixed, nfixed, d, gram, work, NULL, NULL);
	t1 = seconds();
	phases->gramian += t1 - t0;
	if (recal_syev(d, gram, values, eigen) != 0)
		exit(1);
	for (int i = 0; i < d * d; i++)
		basis[i] = (float) gram[i];
	for (int f = 0; f < d; f++)
		weights[f] = (float) values[f];
	t0 = seconds();
	phases->eigen += t0 - t1;
	recal_rotate(fixed, nfixed, d, basis, work);
	t1 = seconds();
	phases->rotate += t1 - t0;
	message = recal_als_solve_rows(&step, order, 0, rows->nrows, work, &loss, &bad, NULL, NULL);
	if (message != NULL)
	{
		printf("row %lld: %s\n", (long long) bad, message);
		exit(1);
	}
	phases->solve += seconds() - t1;
	free(gram);
	free(eigen);
	free(values);
	free(basis);
	free(weights);
	return loss;
}

int
main(int argc, char **argv)
{
	int64_t		nnz = argc > 1 ? atoll(argv[1]) : 1000000;
	int64_t		users = argc > 2 ? atoll(argv[2]) : 60000;
	int64_t		items = argc > 3 ? atoll(argv[3]) : 20000;
	int			d = argc > 4 ? atoi(argv[4]) : 64;
	int			epochs = argc > 5 ? atoi(argv[5]) : 12;
	RecalCsr	by_user,
				by_item;
	float	   *x,
			   *y,
			   *work;
	int32_t    *user_order,
			   *item_order;
	int64_t		starts[257];
	int64_t		work_size;
	double		start,
				prepare,
				total,
				flops;
	double		loss = 0;
	Phases		user_phases = {0};
	Phases		item_phases = {0};
	const char *message;

	recal_blas_init();
	message = recal_blas_self_check();
	printf("BLAS core: %s, threaded: %d, self-check: %s\n", recal_blas_corename(),
		   recal_blas_is_threaded(), message != NULL ? message : "passed");

	by_user = generate(nnz, users, items);
	nnz = recal_csr_nnz(&by_user);
	by_item = allocate_csr(items, nnz);
	x = allocate(sizeof(float) * (size_t) (users * d));
	y = allocate(sizeof(float) * (size_t) (items * d));
	work_size = recal_als_work_size(d);
	if (work_size < recal_rotate_work_size(d))
		work_size = recal_rotate_work_size(d);
	if (work_size < recal_gramian_work_size(d))
		work_size = recal_gramian_work_size(d);
	work = allocate(sizeof(float) * (size_t) work_size);
	user_order = allocate(sizeof(int32_t) * (size_t) users);
	item_order = allocate(sizeof(int32_t) * (size_t) items);

	start = seconds();
	recal_csr_transpose(&by_user, items, &by_item, NULL, NULL);
	recal_als_plan_blocks(&by_user, d, 256, user_order, starts);
	recal_als_plan_blocks(&by_item, d, 256, item_order, starts);
	recal_als_init_factors(y, 0, items, d, 1);
	prepare = seconds() - start;
	for (int epoch = 0; epoch < epochs; epoch++)
	{
		half_step(&by_user, user_order, y, items, x, d, work, &user_phases);
		loss = half_step(&by_item, item_order, x, users, y, d, work, &item_phases);
		loss += 0.01 * recal_als_regularizer(x, &by_user, d, 0.1f, items);
	}
	total = seconds() - start;

	/* textbook operations, whatever path was taken */
	flops = epochs * (2.0 * (double) nnz * d * d +
					  (double) (users + items) * (d * (double) d * d / 3 + 2.0 * d * d));
	printf("%lld pairs, %lld users, %lld items, d=%d, %d epochs\n", (long long) nnz,
		   (long long) users, (long long) items, d, epochs);
	printf("transpose, plan, start: %.3f s\n", prepare);
	printf("users: gramian %.3f eigen %.3f rotate %.3f solve %.3f s\n", user_phases.gramian,
		   user_phases.eigen, user_phases.rotate, user_phases.solve);
	printf("items: gramian %.3f eigen %.3f rotate %.3f solve %.3f s\n", item_phases.gramian,
		   item_phases.eigen, item_phases.rotate, item_phases.solve);
	printf("total %.3f core-seconds, %.1f textbook GFLOP/s, loss %.6g\n", total,
		   flops / total / 1e9, loss);
	return 0;
}
