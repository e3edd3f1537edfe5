/*
 * bench_network.c
 *		How well and how fast the network learns from real histories.
 *
 * usage: bench_network [option=value ...] FILE
 *
 * FILE: lines of user, item, rating and time between tabs. Each user's last row
 * is held out (users with at least three rows) and ranked among the whole
 * catalogue without what the user has; a tenth of the users, a thousand at
 * least, hold out the row before it, too, by which the number of epochs and the
 * weight of the factorization's score are chosen. Options with their defaults:
 *
 *		seed=1 d=64 hidden=256,128 dropout= rate= batch= slice= epochs= negatives=
 *		a0= lambda= als_epochs=12 decay=1 workers=1 least=3 early=1 patience=2
 *		spread=0
 *
 * cc -std=gnu11 -O2 -ftree-vectorize -Iinclude test/unit/bench_network.c src/learn/[a-z]*.c \
 *    $(PKG_CONFIG_PATH=/usr/lib/x86_64-linux-gnu/openblas-serial/pkgconfig \
 *      pkg-config --variable=libdir openblas)/libopenblas.a -lm -o bench_network
 */
#define _GNU_SOURCE
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "bench_file.h"
#include "recal_als.h"
#include "recal_blas.h"
#include "recal_history.h"
#include "recal_network.h"
#include "recal_ranking.h"
#include "recal_rng.h"

#define K 10
#define NBLENDS 5

static const float blends[NBLENDS] = {0, 0.5f, 1, 2, 4};

static double
seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double) now.tv_sec + 1e-9 * (double) now.tv_nsec;
}

static double
cpu_seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
	return (double) now.tv_sec + 1e-9 * (double) now.tv_nsec;
}

/* Memory that child processes share. */
static void *
allocate(size_t size)
{
	void	   *p = mmap(NULL, size + 64, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED)
		exit(1);
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
	int64_t		number;
} Row;

typedef struct Data
{
	int64_t		nusers;
	int64_t		nitems;
	int64_t    *offsets;		/* of all rows, by user in order of time */
	int32_t    *items;

	/* what is trained on */
	RecalNetHistories train;
	int64_t    *counts;

	/* users ranked: their last row is the target */
	int32_t    *test;
	int64_t		ntest;
	int32_t    *valid;
	int64_t		nvalid;
} Data;

static int
compare_rows(const void *a, const void *b)
{
	const Row  *x = a;
	const Row  *y = b;

	if (x->user != y->user)
		return x->user < y->user ? -1 : 1;
	if (x->time != y->time)
		return x->time < y->time ? -1 : 1;
	return (x->number > y->number) - (x->number < y->number);
}

/* Rows by user and time, users with fewer than least rows left out. */
static void
read_data(const char *path, int least, Data *data)
{
	Fields		fields;
	int32_t    *user;
	int32_t    *item;
	int64_t    *lengths;
	Row		   *rows;
	int64_t		n;
	int64_t		kept = 0;
	int64_t		nusers;

	read_fields(path, &fields);
	n = fields.n;
	user = malloc(sizeof(int32_t) * (size_t) n);
	item = malloc(sizeof(int32_t) * (size_t) n);
	rows = malloc(sizeof(Row) * (size_t) n);
	nusers = number_ids(fields.users, n, user, NULL);
	lengths = calloc((size_t) nusers, sizeof(int64_t));
	for (int64_t i = 0; i < n; i++)
		lengths[user[i]]++;
	for (int64_t i = 0; i < n; i++)
		if (lengths[user[i]] >= least)
		{
			fields.users[kept] = fields.users[i];
			fields.items[kept] = fields.items[i];
			fields.times[kept++] = fields.times[i];
		}
	n = kept;
	data->nusers = number_ids(fields.users, n, user, NULL);
	data->nitems = number_ids(fields.items, n, item, NULL);
	for (int64_t i = 0; i < n; i++)
		rows[i] = (Row) {user[i], item[i], fields.times[i], i};
	qsort(rows, (size_t) n, sizeof(Row), compare_rows);
	data->offsets = calloc((size_t) data->nusers + 1, sizeof(int64_t));
	data->items = malloc(sizeof(int32_t) * (size_t) n);
	for (int64_t i = 0; i < n; i++)
	{
		data->offsets[rows[i].user + 1]++;
		data->items[i] = rows[i].item;
	}
	for (int64_t u = 0; u < data->nusers; u++)
		data->offsets[u + 1] += data->offsets[u];
}

/* enough users that validation is not all noise */
#define LEAST_VALIDATING 1000.0

/* Cuts the ends off the histories. */
static void
hold_out(Data *data, bool validate, uint64_t seed)
{
	int64_t    *offsets = allocate(sizeof(int64_t) * ((size_t) data->nusers + 1));
	int32_t    *items = allocate(sizeof(int32_t) * (size_t) data->offsets[data->nusers]);
	float	   *weights = allocate(sizeof(float) * (size_t) data->offsets[data->nusers]);
	double		share = fmax(0.1, LEAST_VALIDATING / (double) data->nusers);

	data->counts = allocate(sizeof(int64_t) * (size_t) data->nitems);
	data->test = malloc(sizeof(int32_t) * (size_t) data->nusers);
	data->valid = malloc(sizeof(int32_t) * (size_t) data->nusers);
	data->ntest = data->nvalid = 0;
	memset(data->counts, 0, sizeof(int64_t) * (size_t) data->nitems);
	for (int64_t u = 0; u < data->nusers; u++)
	{
		int64_t		n = data->offsets[u + 1] - data->offsets[u];

		if (n >= 3)
		{
			data->test[data->ntest++] = (int32_t) u;
			n--;
			if (validate && recal_rng_uniform(seed, 77, (uint64_t) u) < share)
			{
				data->valid[data->nvalid++] = (int32_t) u;
				n--;
			}
		}
		offsets[u + 1] = offsets[u];
		for (int64_t i = 0; i < n; i++)
		{
			int32_t		item = data->items[data->offsets[u] + i];

			items[offsets[u + 1]] = item;
			weights[offsets[u + 1]++] = 1.0f;
			data->counts[item]++;
		}
	}
	data->train = (RecalNetHistories) {data->nusers, offsets, items, weights, NULL};
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
	float	   *users;
	float	   *items;
} Factors;

static void
half_step(const Factors *f, const RecalCsr *rows, float *fixed, int64_t nfixed, float *solved,
		  float *work)
{
	const int	d = f->d;
	double	   *gram = malloc(sizeof(double) * (size_t) d * d);
	double	   *values = malloc(sizeof(double) * (size_t) (d + recal_syev_work_size(d)));
	float	   *basis = malloc(sizeof(float) * (size_t) d * d);
	float	   *eigenvalues = malloc(sizeof(float) * (size_t) d);
	int32_t    *order = malloc(sizeof(int32_t) * (size_t) rows->nrows);
	int64_t		starts[257];
	double		loss = 0;
	int64_t		bad = 0;
	const char *message;
	RecalAlsHalfStep step = {.d = d, .unobserved_weight = (float) f->a0,
		.regularization = (float) f->lambda, .nfixed = nfixed, .fixed = fixed,
		.eigenvalues = eigenvalues, .rows = rows, .solved = solved};

	recal_gramian(fixed, nfixed, d, gram, work, NULL, NULL);
	recal_syev(d, gram, values, values + d);
	for (int i = 0; i < d * d; i++)
		basis[i] = (float) gram[i];
	for (int i = 0; i < d; i++)
		eigenvalues[i] = (float) values[i];
	recal_rotate(fixed, nfixed, d, basis, work);
	recal_als_plan_blocks(rows, d, 256, order, starts);
	message = recal_als_solve_rows(&step, order, 0, rows->nrows, work, &loss, &bad, NULL, NULL);
	if (message != NULL)
	{
		printf("%s\n", message);
		exit(1);
	}
	free(gram);
	free(values);
	free(basis);
	free(eigenvalues);
	free(order);
}

static void
factorize(const Data *data, Factors *f, int epochs, double decay, uint64_t seed)
{
	const int	d = f->d;
	int64_t		nnz = data->train.offsets[data->nusers];
	RecalCsr	rows = {data->nusers, malloc(sizeof(int64_t) * ((size_t) data->nusers + 1)),
	malloc(sizeof(int32_t) * (size_t) nnz), malloc(sizeof(float) * (size_t) nnz)};
	RecalCsr	turned = {data->nitems, malloc(sizeof(int64_t) * ((size_t) data->nitems + 1)),
	malloc(sizeof(int32_t) * (size_t) nnz), malloc(sizeof(float) * (size_t) nnz)};
	float	   *work = allocate(sizeof(float) * (size_t) (recal_als_work_size(d) +
														  recal_rotate_work_size(d) + recal_gramian_work_size(d)));
	int64_t		at = 0;

	/* of repeated pairs one stays */
	for (int64_t u = 0; u < data->nusers; u++)
	{
		int64_t		begin = at;
		int64_t		n = data->train.offsets[u + 1] - data->train.offsets[u];

		rows.offsets[u] = at;
		memcpy(rows.columns + at, data->train.items + data->train.offsets[u], sizeof(int32_t) * (size_t) n);
		qsort(rows.columns + at, (size_t) n, sizeof(int32_t), compare_int32);
		for (int64_t i = begin; i < begin + n; i++)
			if (at == begin || rows.columns[at - 1] != rows.columns[i])
				rows.columns[at++] = rows.columns[i];
		for (int64_t i = begin; i < at; i++)
			rows.confidences[i] = 1.0f;
	}
	rows.offsets[data->nusers] = at;
	recal_csr_transpose(&rows, data->nitems, &turned, NULL, NULL);
	f->users = allocate(sizeof(float) * (size_t) (data->nusers * d));
	f->items = allocate(sizeof(float) * (size_t) (data->nitems * d));
	if (f->a0 <= 0)
	{
		double		density = (double) at / ((double) data->nusers * (double) data->nitems);

		f->a0 = fmin(3, fmax(.003, 10 * pow(density, 1.25)));
	}
	if (f->lambda <= 0)
		f->lambda = .008 * pow(f->a0, -.25);
	recal_als_init_factors(f->items, 0, data->nitems, d, seed);
	for (int epoch = 0; epoch < epochs; epoch++)
	{
		half_step(f, &rows, f->items, data->nitems, f->users, work);
		half_step(f, &turned, f->users, data->nusers, f->items, work);
	}

	/* for serving the newest count most */
	for (int64_t u = 0; decay < 1 && u < data->nusers; u++)
		for (int64_t i = rows.offsets[u]; i < rows.offsets[u + 1]; i++)
			for (int64_t j = data->train.offsets[u]; j < data->train.offsets[u + 1]; j++)
				if (data->train.items[j] == rows.columns[i])
					rows.confidences[i] = (float) fmax(1e-8, pow(decay, (double)
																 (data->train.offsets[u + 1] - 1 - j)));
	half_step(f, &rows, f->items, data->nitems, f->users, work);
}

/*
 * Ranking.
 */
typedef struct Quality
{
	double		hit;
	double		ndcg;
} Quality;

/* What scores are ranked: the network's with one of the blends, or these alone. */
#define FACTORIZATION NBLENDS
#define POPULARITY (NBLENDS + 1)
#define NRANKED (NBLENDS + 2)
#define ALL_BLENDS ((1 << NBLENDS) - 1)

/* Ranks the users' next rows; which is a set of bits by what is ranked. */
static void
rank(const Data *data, const RecalNet *net, const Factors *f, const int32_t *users, int64_t n,
	 bool validation, int which, Quality *results)
{
	int64_t		nitems = data->nitems;
	float	   *scores = malloc(sizeof(float) * (size_t) nitems);
	float	   *other = malloc(sizeof(float) * (size_t) nitems);
	float	   *sum = malloc(sizeof(float) * (size_t) nitems);
	float	   *work = NULL;
	float		z[RECAL_MAX_FACTORS];
	RecalRankMetrics metrics[NRANKED];
	RecalScored heap[K];

	work = aligned_alloc(64, sizeof(float) * (size_t) recal_net_forward_work_size(&net->shape, 1));
	memset(metrics, 0, sizeof(metrics));
	for (int b = 0; b < NRANKED; b++)
		metrics[b].k = K;
	for (int64_t i = 0; i < n; i++)
	{
		int32_t		u = users[i];
		int64_t		first = data->offsets[u];
		int64_t		known = data->offsets[u + 1] - first - (validation ? 2 : 1);
		int32_t		target = data->items[first + known];

		float		ones[1 << 16];

		for (int64_t j = 0; j < known; j++)
			ones[j] = 1.0f;
		if ((which & ~(1 | 1 << POPULARITY)) != 0)
			recal_gemv((int) nitems, f->d, f->items, f->d, f->users + (int64_t) u * f->d, other);
		recal_net_user_vector(net, known, data->items + first, ones, z, work);
		recal_gemv((int) nitems, net->shape.d, net->outputs, net->shape.d, z, scores);
		for (int64_t j = 0; j < nitems; j++)
			scores[j] += net->biases[j];
		for (int b = 0; b < NRANKED; b++)
		{
			if ((which & 1 << b) == 0)
				continue;
			for (int64_t j = 0; j < nitems; j++)
				sum[j] = b == FACTORIZATION ? other[j] : b == POPULARITY ? (float) data->counts[j] :
					b == 0 ? scores[j] : scores[j] + blends[b] * other[j];
			for (int64_t j = first; j < first + known; j++)
				if (data->items[j] != target)
					sum[data->items[j]] = -INFINITY;
			recal_metrics_add_user(&metrics[b], sum, nitems, &target, 1, NULL, NULL, heap);
		}
	}
	for (int b = 0; b < NRANKED; b++)
	{
		results[b].hit = metrics[b].hit_rate / (double) n;
		results[b].ndcg = metrics[b].ndcg / (double) n;
	}
	free(scores);
	free(other);
	free(sum);
	free(work);
}

/*
 * By how many rows of the history are shown: the spread of the ten best items'
 * scores over passes with dropout, and how far they are from what fifty rows say.
 */
static void
print_spread(const Data *data, const RecalNet *net, float dropout)
{
	enum
	{
		passes = 32
	};
	static const int shown[] = {0, 1, 2, 5, 10, 20, 50};
	const int	d = net->shape.d;
	float	   *work = aligned_alloc(64, sizeof(float) *
									 (size_t) recal_net_forward_work_size(&net->shape, passes));
	float	   *input = malloc(sizeof(float) * RECAL_NET_SLOTS * (size_t) d);
	float	   *z = malloc(sizeof(float) * passes * (size_t) d);
	float	   *scores = malloc(sizeof(float) * (size_t) data->nitems);
	float		full[RECAL_MAX_FACTORS];
	float		ones[64];

	for (int i = 0; i < 64; i++)
		ones[i] = 1.0f;
	printf("spread of scores by rows shown:");
	for (size_t k = 0; k < sizeof(shown) / sizeof(shown[0]); k++)
	{
		int			n = shown[k];
		double		total = 0;
		double		distance = 0;
		int64_t		users = 0;

		for (int64_t i = 0; i < data->ntest && users < 200; i++)
		{
			int64_t		row = data->offsets[data->test[i] + 1] - 1 - n;
			RecalScored heap[K];
			int			size = 0;

			/* the same users for all */
			if (data->offsets[data->test[i] + 1] - data->offsets[data->test[i]] <= 50)
				continue;
			users++;
			recal_net_input(net, 50, data->items + row + n - 50, ones, input);
			recal_net_forward(net, 1, input, full, work);
			recal_net_input(net, n, data->items + row, ones, input);
			recal_net_forward(net, 1, input, z, work);
			recal_gemv((int) data->nitems, d, net->outputs, d, z, scores);
			for (int64_t j = 0; j < data->nitems; j++)
				scores[j] += net->biases[j];
			recal_topk_push_block(heap, &size, K, scores, data->nitems, 0);
			for (int j = 0; j < size; j++)
			{
				const float *output = net->outputs + (int64_t) heap[j].index * d;

				distance += pow(recal_dot(d, z, output) - recal_dot(d, full, output), 2) / K;
			}
			recal_net_dropout_vectors(net, input, dropout, 1, passes, z, work);
			for (int j = 0; j < size; j++)
			{
				double		sum = 0;
				double		square = 0;

				for (int s = 0; s < passes; s++)
				{
					double		score = recal_dot(d, z + s * d, net->outputs + (int64_t) heap[j].index * d);

					sum += score;
					square += score * score;
				}
				total += sqrt(fmax(0, square / passes - sum / passes * sum / passes)) / K;
			}
		}
		if (users > 0)
			printf(" %d: %.3f (%.3f)", n, total / (double) users, sqrt(distance / (double) users));
	}
	printf("\n");
	free(work);
	free(input);
	free(z);
	free(scores);
}

/*
 * A pool of processes: steps of blocks that whoever is there claims.
 */
typedef struct Pool
{
	int			kind;			/* 0: slices, 1: updates, 2: end */
	int			nblocks;
	int			next;
	int			done;
	int			generation;
} Pool;

static void
work_on(Pool *pool, const RecalNetTraining *t, float *work)
{
	for (;;)
	{
		int			block = __atomic_fetch_add(&pool->next, 1, __ATOMIC_ACQ_REL);

		if (block >= pool->nblocks)
			return;
		if (pool->kind == 0)
			recal_net_slice(t, block, work, NULL, NULL);
		else
			recal_net_update(t, block, work);
		__atomic_fetch_add(&pool->done, 1, __ATOMIC_ACQ_REL);
	}
}

static void
run(Pool *pool, int kind, int nblocks, const RecalNetTraining *t, float *work)
{
	/* next is what opens the step */
	__atomic_store_n(&pool->next, 1 << 30, __ATOMIC_SEQ_CST);
	pool->kind = kind;
	pool->done = 0;
	pool->nblocks = nblocks;
	__atomic_store_n(&pool->next, 0, __ATOMIC_SEQ_CST);
	work_on(pool, t, work);
	while (__atomic_load_n(&pool->done, __ATOMIC_ACQUIRE) < nblocks)
		__builtin_ia32_pause();
}

static void
worker(Pool *pool, const RecalNetTraining *t, float *work)
{
	recal_denormals_off();
	while (__atomic_load_n(&pool->kind, __ATOMIC_ACQUIRE) != 2)
	{
		if (__atomic_load_n(&pool->next, __ATOMIC_ACQUIRE) < pool->nblocks)
			work_on(pool, t, work);
		else
			__builtin_ia32_pause();
	}
	_exit(0);
}

/*
 * Options.
 */
int
main(int argc, char **argv)
{
	Data		data = {0};
	Factors		factors = {0};
	RecalNetShape shape = {0};
	RecalNetOptions options;
	RecalNetTraining t;
	RecalNet	net;
	Quality		test[NRANKED];
	Quality		valid[NRANKED];
	Pool	   *pool = allocate(sizeof(Pool));
	uint64_t	seed = (uint64_t) number(argc, argv, "seed", 1);
	bool		early = number(argc, argv, "early", 1) > 0;
	int			patience = (int) number(argc, argv, "patience", 2);
	int			workers = (int) number(argc, argv, "workers", 1);
	char		hidden[256];
	float	   *work;
	double		best = -1;
	int			best_epoch = 0;
	int			best_blend = 0;
	Quality		best_test = {0};
	Quality		best_blended = {0};
	double		trained = 0;

	if (argc < 2)
		return 1;
	recal_blas_init();
	recal_denormals_off();
	read_data(argv[argc - 1], (int) number(argc, argv, "least", 3), &data);
	hold_out(&data, early, seed);
	factors.d = (int) number(argc, argv, "d", 64);
	factors.a0 = number(argc, argv, "a0", 0);
	factors.lambda = number(argc, argv, "lambda", 0);
	factorize(&data, &factors, (int) number(argc, argv, "als_epochs", 12),
			  number(argc, argv, "decay", 1), seed);
	printf("%s: %ld users, %ld items, %ld rows, %ld ranked, %ld validating, a0 %.4g, lambda %.4g\n",
		   argv[argc - 1], (long) data.nusers, (long) data.nitems,
		   (long) data.train.offsets[data.nusers], (long) data.ntest, (long) data.nvalid,
		   factors.a0, factors.lambda);

	shape.d = factors.d;
	shape.nitems = data.nitems;
	snprintf(hidden, sizeof(hidden), "%s", option(argc, argv, "hidden", "256,128"));
	for (char *p = strtok(hidden, ","); p != NULL && atoi(p) > 0; p = strtok(NULL, ","))
		shape.hidden[shape.nhidden++] = atoi(p);
	recal_net_default_options(&options, data.train.offsets[data.nusers], data.nitems);
	options.seed = seed;
	options.dropout = (float) number(argc, argv, "dropout", options.dropout);
	options.learning_rate = (float) number(argc, argv, "rate", options.learning_rate);
	options.batch = (int) number(argc, argv, "batch", options.batch);
	options.slice = (int) number(argc, argv, "slice", options.slice);
	options.epochs = (int) number(argc, argv, "epochs", options.epochs);
	options.negatives = (int) number(argc, argv, "negatives", options.negatives);
	recal_net_bind(&net, &shape, allocate(sizeof(float) * (size_t) recal_net_size(&shape)));
	recal_net_init(&net, factors.items, data.counts, seed, NULL, NULL);
	recal_net_training_bind(&t, &net, &options, &data.train,
							allocate((size_t) recal_net_training_bytes(&shape, &options, &data.train)));
	work = aligned_alloc(64, sizeof(float) * (size_t) recal_net_work_size(&t));
	recal_net_start(&t, data.counts);
	pool->next = 1 << 30;
	for (int i = 1; i < workers; i++)
		if (fork() == 0)
			worker(pool, &t, aligned_alloc(64, sizeof(float) * (size_t) recal_net_work_size(&t)));
	rank(&data, &net, &factors, data.test, data.ntest, false,
		 1 | 1 << FACTORIZATION | 1 << POPULARITY, test);
	printf("popularity HR@10 %.4f NDCG@10 %.4f; factorization %.4f %.4f; untrained %.4f %.4f\n",
		   test[POPULARITY].hit, test[POPULARITY].ndcg, test[FACTORIZATION].hit,
		   test[FACTORIZATION].ndcg, test[0].hit, test[0].ndcg);
	for (int epoch = 0; epoch < options.epochs; epoch++)
	{
		double		start = workers == 1 ? cpu_seconds() : seconds();
		double		slices = 0;
		double		loss = 0;
		int64_t		targets = 0;
		int			blend = 0;

		recal_net_begin_epoch(&t, epoch);
		for (int64_t batch = 0; batch < recal_net_nbatches(&t); batch++)
		{
			const char *message;
			double		before;

			recal_net_begin_batch(&t, batch);
			before = workers == 1 ? cpu_seconds() : seconds();
			run(pool, 0, recal_net_nslices(&t), &t, work);
			slices += (workers == 1 ? cpu_seconds() : seconds()) - before;
			run(pool, 1, recal_net_nupdates(&t), &t, work);
			message = recal_net_end_batch(&t, &loss, &targets);
			if (message != NULL)
			{
				printf("%s\n", message);
				return 1;
			}
		}
		start = (workers == 1 ? cpu_seconds() : seconds()) - start;
		trained += start;
		if (data.nvalid > 0)
		{
			rank(&data, &net, &factors, data.valid, data.nvalid, true, ALL_BLENDS, valid);
			for (int b = 1; b < NBLENDS; b++)
				if (valid[b].ndcg > valid[blend].ndcg)
					blend = b;
		}
		rank(&data, &net, &factors, data.test, data.ntest, false, 1 | 1 << blend, test);
		printf("epoch %d loss %.4f test %.4f", epoch + 1, loss / (double) targets, test[0].ndcg);
		if (data.nvalid > 0)
			printf(" valid %.4f, blended by %.1f %.4f test %.4f", valid[0].ndcg, blends[blend],
				   valid[blend].ndcg, test[blend].ndcg);
		printf(" %.0f positions/s, slices %.0f %%\n", (double) targets / start, 100 * slices / start);
		fflush(stdout);
		if (data.nvalid == 0 || valid[0].ndcg > best)
		{
			best = valid[0].ndcg;
			best_epoch = epoch + 1;
			best_blend = blend;
			best_test = test[0];
			best_blended = test[blend];
		}
		else if (epoch + 1 - best_epoch >= patience)
			break;
	}
	pool->kind = 2;
	while (wait(NULL) > 0)
		;
	if (number(argc, argv, "spread", 0) > 0)
		print_spread(&data, &net, options.dropout);
	printf("RESULT epochs %d HR@10 %.4f NDCG@10 %.4f blend %.1f HR@10 %.4f NDCG@10 %.4f, %.1f s\n", best_epoch,
		   best_test.hit, best_test.ndcg, blends[best_blend], best_blended.hit, best_blended.ndcg, trained);
	return 0;
}
