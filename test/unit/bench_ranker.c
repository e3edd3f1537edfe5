/*
 * bench_ranker.c
 *		How well and how fast the ranker learns from real histories.
 *
 * usage: bench_ranker [option=value ...] FILE
 *
 * FILE: lines of user, item, rating and time between tabs; without a time the
 * order of lines is the order of rows. NDCG@10 over the whole catalogue, without
 * what the user has. Options with their defaults:
 *
 *		protocol=last	each user's last row, of users with three or more: rows of
 *						others before it are counted, the last ones of others are not
 *		protocol=live	the last tenth of the rows, each with all rows before it
 *		seed=1 d=64 a0= lambda= als_epochs=12 decay=.8 max_targets=60000
 *		shuffle=0		1: rows in random order
 *		ties=0			1: rows of the same time in random order, not in that of lines
 *		epochs=12 patience=3 batch=64 rate=.002
 *		groups=0		1: results by the length of the history, too
 *		movies=			FILE of item, title, year, genres between tabs, as content
 *
 * cc -std=gnu11 -O2 -ftree-vectorize -Iinclude test/unit/bench_ranker.c src/learn/[a-z]*.c \
 *    $(PKG_CONFIG_PATH=/usr/lib/x86_64-linux-gnu/openblas-serial/pkgconfig \
 *      pkg-config --variable=libdir openblas)/libopenblas.a -lm -o bench_ranker
 */
#define _GNU_SOURCE
#include <time.h>

#include "bench_ranker.h"

#define K 10
#define GROUP 32

static double
seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
	return (double) now.tv_sec + 1e-9 * (double) now.tv_nsec;
}

/*
 * Content: genres as flags.
 */
#define GENRES 32

typedef struct Content
{
	RecalFeatureRows rows;
	float		dense[GENRES];
} Content;

static void
read_content(const char *path, const Data *data, Content *content)
{
	FILE	   *file = fopen(path, "r");
	char		line[4096];
	char	   *genres[GENRES];
	int			ngenres = 0;
	uint32_t   *flags = calloc((size_t) data->nitems, sizeof(uint32_t));
	int64_t		n = 0;

	while (file != NULL && fgets(line, sizeof(line), file) != NULL)
	{
		char	   *id = strtok(line, "\t\n");
		char	  **found = bsearch(&id, data->item_ids, (size_t) data->nitems, sizeof(char *), compare_ids);
		char	   *last = NULL;
		char	   *field;

		while ((field = strtok(NULL, "\t\n")) != NULL)
			last = field;
		for (char *name = last != NULL ? strtok(last, "|") : NULL; name != NULL && found != NULL;
			 name = strtok(NULL, "|"))
		{
			int			g = 0;

			while (g < ngenres && strcmp(genres[g], name) != 0)
				g++;
			if (g == ngenres && ngenres < GENRES)
				genres[ngenres++] = strdup(name);
			if (g < ngenres)
				flags[found - data->item_ids] |= UINT32_C(1) << g;
		}
	}
	memset(content, 0, sizeof(*content));
	content->rows = (RecalFeatureRows) {data->nitems, GENRES,
		calloc((size_t) data->nitems + 1, sizeof(int64_t)),
		malloc(sizeof(int32_t) * GENRES * (size_t) data->nitems),
	malloc(sizeof(float) * GENRES * (size_t) data->nitems)};
	for (int64_t i = 0; i < data->nitems; i++)
	{
		for (int g = 0; g < GENRES; g++)
			if ((flags[i] >> g & 1) != 0)
			{
				content->rows.columns[n] = g;
				content->rows.values[n++] = 1;
			}
		content->rows.offsets[i + 1] = n;
	}
	free(flags);
}

static void
overlaps_of(void *arg, const RecalRankUser *user, int n, const int32_t *items, float *overlaps)
{
	Content    *content = arg;

	recal_rank_overlaps(&content->rows, user->nrecent, user->recent, n, items, content->dense, overlaps);
}

/*
 * Evaluation. Of a user without rows what goes by them ranks as popularity does.
 */
typedef enum Method
{
	POPULARITY,
	RECENT,
	TOGETHER = RECENT + RECAL_RANK_HALVES,
	AFTER,
	FACTORIZATION,
	RANKER,
	POOL,						/* 1 when the target is in the pool */
	NMETHODS
} Method;

static const char *const names[NMETHODS] = {
	"popularity", "recent .003N", "recent .02N", "recent .1N", "together", "after",
	"factorization", "ranker", "pool"
};

static double
ndcg(const float *scores, int64_t n, const bool *seen, int32_t target)
{
	int64_t		better = 0;
	float		score = scores[target];

	if (score == -INFINITY)
		return 0;
	for (int64_t i = 0; i < n; i++)
		better += (scores[i] > score || (scores[i] == score && i < target)) && !seen[i];
	return better < K ? 1 / log2((double) better + 2) : 0;
}

typedef struct Evaluation
{
	int64_t		n;
	double	   *values;			/* [n × NMETHODS] */
	int64_t    *lengths;		/* [n] rows of the user */
} Evaluation;

/* What is at hand for ranking one row after the other */
typedef struct Ranking
{
	const Factors *f;
	RecalCounters *counters;
	const RecalRankNet *net;
	Content    *content;
	RecalRankPass pass;
	RecalRankView view;
	int64_t		nitems;
	float	   *scores;			/* [GROUP × nitems] the factorization's */
	float	   *other;			/* [nitems] */
	bool	   *seen;			/* [nitems] */
	float	   *features;
	float	   *gathered;
	float	   *work;
	double		served;			/* seconds */
} Ranking;

/* The methods that are there without the ranker */
static void
rank_simply(Ranking *r, const float *scores, int32_t target, int64_t nrows, double *values)
{
	const RecalCountedItem *items = r->counters->items;

	values[FACTORIZATION] = ndcg(scores, r->nitems, r->seen, target);
	for (int64_t i = 0; i < r->nitems; i++)
		r->other[i] = (float) items[i].count;
	values[POPULARITY] = ndcg(r->other, r->nitems, r->seen, target);
	for (int h = 0; h < RECAL_RANK_HALVES; h++)
	{
		for (int64_t i = 0; i < r->nitems; i++)
			r->other[i] = recal_counters_decayed(r->counters, (int32_t) i, h);
		values[RECENT + h] = ndcg(r->other, r->nitems, r->seen, target);
	}
	for (int m = TOGETHER; m <= AFTER; m++)
	{
		const float *sums = r->view.sums[m == TOGETHER ? 3 : 1];

		for (int64_t i = 0; i < r->nitems; i++)
			r->other[i] = sums[i] / sqrtf((float) items[i].count + 3);
		values[m] = ndcg(r->other, r->nitems, r->seen, target);
	}
	for (int m = TOGETHER; m <= FACTORIZATION && nrows == 0; m++)
		values[m] = values[POPULARITY];
}

/* The ranker, as it is served; scores are the factorization's. */
static void
rank_candidates(Ranking *r, const RecalRankUser *user, float *scores, int32_t target,
				double *values)
{
	const int	d = r->f->d;
	RecalScored best[RECAL_RANK_POOL_FACTORS];
	RecalScored recent[2 * RECAL_RANK_POOL_RECENT];
	int32_t		pool[RECAL_RANK_POOL];
	float		pool_scores[RECAL_RANK_POOL];
	float		overlaps[2 * RECAL_RANK_POOL];
	int			size = 0;
	int			nrecent;
	double		start = seconds();

	for (int64_t i = 0; i < r->nitems; i++)
		if (r->seen[i])
			scores[i] = -INFINITY;
	recal_topk_push_block(best, &size, RECAL_RANK_POOL_FACTORS, scores, r->nitems, 0);
	recal_topk_sort(best, size);
	nrecent = recal_counters_recent(r->counters, RECAL_RANK_POOL_HALF, 2 * RECAL_RANK_POOL_RECENT, recent,
									NULL, NULL);
	size = recal_rank_pool(&r->view, size, best, nrecent, recent, r->seen, pool);
	for (int i = 0; i < size; i++)
		memcpy(r->gathered + (int64_t) i * d, r->f->items + (int64_t) pool[i] * d, sizeof(float) * (size_t) d);
	if (r->content != NULL)
		overlaps_of(r->content, user, size, pool, overlaps);
	recal_rank_features(&r->view, size, pool, r->gathered, NULL, r->content != NULL ? overlaps : NULL,
						r->features);
	recal_rank_score(r->net, size, r->features, pool_scores, r->work);
	r->served += seconds() - start;

	for (int64_t i = 0; i < r->nitems; i++)
		r->other[i] = -INFINITY;
	for (int i = 0; i < size; i++)
	{
		r->other[pool[i]] = pool_scores[i];
		values[POOL] += pool[i] == target;
	}
	values[RANKER] = ndcg(r->other, r->nitems, r->seen, target);
}

/* Everything for a row, which comes next; false when the user has had the item. */
static bool
rank_row(Ranking *r, const float *vector, float *scores, double *values, int64_t *length)
{
	const int	d = r->f->d;
	const RecalRankRows *rows = r->pass.rows;
	int32_t		user = rows->users[r->pass.at];
	int32_t		target = rows->items[r->pass.at];
	float		recent_vectors[RECAL_RANK_SHORT * RECAL_MAX_FACTORS];
	RecalRankUser known;
	bool		ranked;

	recal_rank_pass_seen(&r->pass, user, true, r->seen);
	ranked = !r->seen[target];
	if (ranked)
	{
		double		start = seconds();

		recal_rank_pass_user(&r->pass, user, &known);
		known.vector = vector;
		for (int k = 0; k < known.nrecent && k < RECAL_RANK_SHORT; k++)
			memcpy(recent_vectors + k * d, r->f->items + (int64_t) known.recent[k] * d,
				   sizeof(float) * (size_t) d);
		recal_rank_view_user(&r->view, &known, rows->times[r->pass.at], recent_vectors);
		r->served += seconds() - start;
		rank_simply(r, scores, target, known.nrows, values);
		rank_candidates(r, &known, scores, target, values);
		*length = known.nrows;
	}
	recal_rank_pass_seen(&r->pass, user, false, r->seen);
	return ranked;
}

static Evaluation
evaluate(Ranking *r, const RecalRankRows *rows, const bool *unknown, int64_t n,
		 const int64_t *queries, const float *vectors)
{
	const int	d = r->f->d;
	Evaluation	result = {0, calloc((size_t) n * NMETHODS, sizeof(double)),
	calloc((size_t) n, sizeof(int64_t))};

	r->nitems = rows->nitems;
	r->scores = allocate((int64_t) sizeof(float) * r->nitems * GROUP);
	r->other = allocate((int64_t) sizeof(float) * r->nitems);
	r->seen = calloc((size_t) r->nitems, sizeof(bool));
	r->features = allocate((int64_t) sizeof(float) * RECAL_RANK_POOL * RECAL_RANK_NFEATURES);
	r->gathered = allocate((int64_t) sizeof(float) * RECAL_RANK_POOL * d);
	r->work = allocate((int64_t) sizeof(float) * recal_rank_score_work_size(RECAL_RANK_POOL));
	recal_rank_pass_start(&r->pass, rows, r->counters, allocate(recal_rank_pass_bytes(rows)));
	recal_rank_view_bind(&r->view, r->counters, d, allocate(recal_rank_view_bytes(r->nitems, d)));
	for (int64_t q = 0; q < n;)
	{
		int64_t		row = r->pass.at;

		if (queries[q] == row)
		{
			if (q % GROUP == 0)
				recal_gemm_nt((int) (n - q < GROUP ? n - q : GROUP), (int) r->nitems, d, 1, vectors + q * d, d,
							  r->f->items, d, 0, r->scores, (int) r->nitems);
			result.n += rank_row(r, vectors + q * d, r->scores + (q % GROUP) * r->nitems,
								 result.values + result.n * NMETHODS, result.lengths + result.n);
			q++;
		}
		if (unknown != NULL && unknown[row])
			r->pass.at++;
		else
			recal_rank_pass_step(&r->pass);
	}
	return result;
}

/* The same by the length of the history */
static void
print_groups(const Evaluation *e)
{
	const int64_t *lengths = e->lengths;
	static const int64_t bounds[] = {0, 1, 3, 10, 30, INT64_MAX};

	for (int b = 0; b < 5; b++)
	{
		double		sums[NMETHODS] = {0};
		int64_t		n = 0;

		for (int64_t i = 0; i < e->n; i++)
			if (lengths[i] >= bounds[b] && lengths[i] < bounds[b + 1])
			{
				n++;
				for (int m = 0; m < NMETHODS; m++)
					sums[m] += e->values[i * NMETHODS + m];
			}
		printf("history >= %ld: %ld:", (long) bounds[b], (long) n);
		for (int m = 0; m < NMETHODS; m++)
			printf(" %.4f", sums[m] / (double) n);
		printf("\n");
	}
}

static void
print_evaluation(const Evaluation *e)
{
	double		means[NMETHODS] = {0};

	for (int64_t i = 0; i < e->n; i++)
		for (int m = 0; m < NMETHODS; m++)
			means[m] += e->values[i * NMETHODS + m] / (double) e->n;
	for (int m = 0; m < NMETHODS; m++)
	{
		double		squares = 0;
		double		gain = means[RANKER] - means[m];

		for (int64_t i = 0; i < e->n; i++)
			squares += pow(e->values[i * NMETHODS + RANKER] - e->values[i * NMETHODS + m] - gain, 2);
		printf("%-14s %.4f", names[m], means[m]);
		if (m < RANKER)
			printf("   ranker's gain %+.4f, %.1f standard errors", gain,
				   gain / (sqrt(squares) / (double) e->n));
		printf("\n");
	}
}

/* Flags the rows to be predicted; returns their number. */
static int64_t
hold_out(const Data *data, bool live, bool *flags, int64_t *queries)
{
	int64_t    *lengths = calloc((size_t) data->nusers, sizeof(int64_t));
	int64_t    *left;
	int64_t		n = 0;

	memset(flags, 0, (size_t) data->n);
	for (int64_t i = 0; i < data->n; i++)
		lengths[data->rows[i].user]++;
	left = malloc(sizeof(int64_t) * (size_t) data->nusers);
	memcpy(left, lengths, sizeof(int64_t) * (size_t) data->nusers);
	for (int64_t i = 0; i < data->n; i++)
	{
		int32_t		user = data->rows[i].user;

		flags[i] = live ? i >= data->n - data->n / 10 : --left[user] == 0 && lengths[user] >= 3;
		if (flags[i])
			queries[n++] = i;
	}
	free(lengths);
	free(left);
	return n;
}

static RecalCounters
make_counters(const RecalRankRows *rows, int64_t *bytes)
{
	int64_t    *counts = calloc((size_t) rows->nitems, sizeof(int64_t));
	int64_t    *offsets = malloc(sizeof(int64_t) * ((size_t) rows->nitems + 1));
	int64_t		slots;
	RecalCounters c;

	for (int64_t i = 0; i < rows->n; i++)
		counts[rows->items[i]]++;
	slots = recal_counters_plan(rows->nitems, counts, INT64_C(1) << 26, offsets);
	*bytes = recal_counters_bytes(rows->nitems, slots);
	recal_counters_init(&c, rows->nitems, offsets, rows->n, rows->times[0], rows->times[rows->n - 1],
						allocate(*bytes));
	free(counts);
	free(offsets);
	return c;
}

int
main(int argc, char **argv)
{
	Data		data = {0};
	uint64_t	seed = (uint64_t) number(argc, argv, "seed", 1);
	bool		live = strcmp(option(argc, argv, "protocol", "last"), "live") == 0;
	double		decay = number(argc, argv, "decay", .8);
	int			epochs = (int) number(argc, argv, "als_epochs", 12);
	int64_t		max_targets = (int64_t) number(argc, argv, "max_targets", 60000);
	const char *movies = option(argc, argv, "movies", NULL);
	Factors		beside = {0};
	Factors		full = {0};
	RecalRankRows all;
	RecalRankRows train;
	bool	   *flags;
	int64_t    *queries;
	int64_t    *targets;
	int64_t    *counts;
	int64_t		n;
	int64_t		bytes;
	RecalCounters counters;
	RecalRankPass pass;
	RecalRankView view;
	RecalRankSources sources = {0};
	RecalRankExamples examples = {0};
	RecalRankOptions options;
	RecalRankResult result;
	static RecalRankNet net;
	Content		content;
	Evaluation	evaluation;
	Ranking		ranking = {0};
	const char *message;
	double		times[5];

	if (argc < 2)
		return 1;
	recal_blas_init();
	recal_denormals_off();
	read_data(argv[argc - 1], number(argc, argv, "shuffle", 0) > 0, number(argc, argv, "ties", 0) > 0,
			  seed, &data);
	flags = malloc((size_t) data.n);
	queries = malloc(sizeof(int64_t) * (size_t) data.n);
	targets = malloc(sizeof(int64_t) * (size_t) data.n);
	counts = malloc(sizeof(int64_t) * 2 * (size_t) data.nusers);
	n = hold_out(&data, live, flags, queries);
	all = select_rows(&data, NULL);
	train = select_rows(&data, flags);
	if (movies != NULL)
		read_content(movies, &data, &content);

	/* the ranker, beside a factorization that has not seen its targets */
	times[0] = seconds();
	sources.d = beside.d = full.d = (int) number(argc, argv, "d", 64);
	beside.a0 = full.a0 = number(argc, argv, "a0", 0);
	beside.lambda = full.lambda = number(argc, argv, "lambda", 0);
	sources.ntargets = recal_rank_choose_targets(&train, max_targets, seed, counts, targets);
	sources.targets = targets;
	factorize(&train, sources.ntargets, targets, epochs, seed, &beside);
	sources.item_factors = beside.items;
	sources.vectors = fold_in(&beside, &train, NULL, sources.ntargets, targets, decay);
	sources.seed = seed;
	if (movies != NULL)
	{
		sources.content = overlaps_of;
		sources.content_arg = &content;
	}
	times[1] = seconds();
	counters = make_counters(&train, &bytes);
	recal_rank_pass_start(&pass, &train, &counters, allocate(recal_rank_pass_bytes(&train)));
	recal_rank_view_bind(&view, &counters, sources.d, allocate(recal_rank_view_bytes(train.nitems, sources.d)));
	examples.users = allocate((int64_t) sizeof(int32_t) * sources.ntargets);
	examples.counts = allocate((int64_t) sizeof(int32_t) * sources.ntargets);
	examples.items = allocate((int64_t) sizeof(int32_t) * sources.ntargets * RECAL_RANK_CANDIDATES);
	examples.corrections = allocate((int64_t) sizeof(float) * sources.ntargets * RECAL_RANK_CANDIDATES);
	examples.features = allocate((int64_t) sizeof(float) * sources.ntargets * RECAL_RANK_CANDIDATES *
								 RECAL_RANK_NFEATURES);
	recal_rank_build(&pass, &view, &sources, &examples,
					 allocate(recal_rank_build_bytes(train.nitems, sources.d)), NULL, NULL);
	times[2] = seconds();
	recal_rank_default_options(&options);
	options.seed = seed;
	options.epochs = (int) number(argc, argv, "epochs", options.epochs);
	options.patience = (int) number(argc, argv, "patience", options.patience);
	options.batch = (int) number(argc, argv, "batch", options.batch);
	options.learning_rate = (float) number(argc, argv, "rate", options.learning_rate);
	message = recal_rank_train(&net, &examples, &options, &result,
							   allocate(recal_rank_train_bytes(examples.n, &options)), NULL, NULL);
	if (message != NULL)
	{
		printf("%s\n", message);
		return 1;
	}
	times[3] = seconds();
	printf("%s %s: %ld users, %ld items, %ld rows, %ld ranked; %ld examples, counters %.1f MB\n",
		   argv[argc - 1], live ? "live" : "last", (long) data.nusers, (long) data.nitems, (long) data.n,
		   (long) n, (long) examples.n, (double) bytes / 1e6);
	printf("seconds: factorization beside %.1f, examples %.1f, training %.1f; %d epochs, loss %.4f from %.4f\n",
		   times[1] - times[0], times[2] - times[1], times[3] - times[2], result.epochs, result.loss,
		   result.start);

	/* served with a factorization of all rows, and with counters from the beginning */
	factorize(&train, 0, NULL, epochs, seed, &full);
	counters = make_counters(&train, &bytes);
	ranking.f = &full;
	ranking.counters = &counters;
	ranking.net = &net;
	ranking.content = movies != NULL ? &content : NULL;
	evaluation = evaluate(&ranking, &all, live ? NULL : flags, n, queries,
						  fold_in(&full, &all, live ? NULL : flags, n, queries, decay));
	printf("served in %.2f ms without the scores of the factorization\n",
		   1e3 * ranking.served / (double) evaluation.n);
	print_evaluation(&evaluation);
	if (number(argc, argv, "groups", 0) > 0)
		print_groups(&evaluation);
	return 0;
}
