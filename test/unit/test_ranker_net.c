/*
 * test_ranker_net.c
 *		The ranker's net: its scores and gradients against plain loops and finite
 *		differences, and what its training learns.
 */
#include "unit.h"

#include "recal_blas.h"
#include "recal_ranker.h"

#define IN RECAL_RANK_NFEATURES
#define H1 RECAL_RANK_HIDDEN1
#define H2 RECAL_RANK_HIDDEN2
#define CANDIDATES RECAL_RANK_CANDIDATES

/*
 * Made-up examples: with learnable the target is the candidate whose feature is
 * the nearest to a point, which nothing linear finds.
 */
static RecalRankExamples
make_examples(int64_t n, bool learnable)
{
	RecalRankExamples e = {.n = n};

	e.users = unit_alloc(sizeof(int32_t) * (size_t) n);
	e.counts = unit_alloc(sizeof(int32_t) * (size_t) n);
	e.items = unit_alloc(sizeof(int32_t) * CANDIDATES * (size_t) n);
	e.corrections = unit_floats(n * CANDIDATES);
	e.features = unit_normals(n * CANDIDATES * IN, 1, 21);
	for (int64_t i = 0; i < n; i++)
	{
		float	   *features = e.features + i * CANDIDATES * IN;
		int			nearest = 0;

		e.users[i] = (int32_t) (i / 3);
		e.counts[i] = learnable ? CANDIDATES : 1 + (int) (i * 7 % CANDIDATES);
		for (int c = 0; c < CANDIDATES; c++)
		{
			e.items[i * CANDIDATES + c] = c;
			e.corrections[i * CANDIDATES + c] = learnable || c == 0 ? 0 : 0.1f * (float) c;

			/* one that is constant, and one of another scale */
			features[c * IN + 3] = 2.5f;
			features[c * IN + 4] = 100 + 20 * features[c * IN + 4];
			if (fabsf(features[c * IN + 6]) < fabsf(features[nearest * IN + 6]))
				nearest = c;
		}
		for (int f = 0; f < IN && learnable; f++)
		{
			float		swapped = features[f];

			features[f] = features[nearest * IN + f];
			features[nearest * IN + f] = swapped;
		}
	}
	return e;
}

static void
free_examples(RecalRankExamples *e)
{
	free(e->users);
	free(e->counts);
	free(e->items);
	free(e->corrections);
	free(e->features);
}

/* A net whose layers are all at work */
static RecalRankNet
make_net(const RecalRankExamples *e)
{
	RecalRankNet net;

	recal_rank_net_init(&net, e, 5);
	for (int i = 0; i < H1; i++)
		net.bias1[i] = (float) (0.3 * recal_rng_normal(1, 1, (uint64_t) i));
	for (int i = 0; i < H2; i++)
	{
		net.bias2[i] = (float) (0.3 * recal_rng_normal(1, 2, (uint64_t) i));
		net.weights3[i] = (float) (0.5 * recal_rng_normal(1, 3, (uint64_t) i));
	}
	net.gain = 0.7f;
	return net;
}

/* Parameters in double precision, in their order in the net */
typedef struct Reference
{
	double		values[RECAL_RANK_NPARAMETERS];
	const RecalRankNet *net;
} Reference;

static const float *
parameters_of(const RecalRankNet *net)
{
	return (const float *) net + 2 * IN;
}

static double
reference_score(const Reference *r, const float *features)
{
	const double *w1 = r->values;
	const double *b1 = w1 + IN * H1;
	const double *w2 = b1 + H1;
	const double *b2 = w2 + H1 * H2;
	const double *w3 = b2 + H2;
	double		input[IN];
	double		hidden1[H1];
	double		score;

	for (int f = 0; f < IN; f++)
		input[f] = fmin(6, fmax(-6, ((double) features[f] - r->net->means[f]) * r->net->scales[f]));
	for (int j = 0; j < H1; j++)
	{
		hidden1[j] = b1[j];
		for (int f = 0; f < IN; f++)
			hidden1[j] += input[f] * w1[f * H1 + j];
		hidden1[j] = fmax(0, hidden1[j]);
	}
	score = w3[H2] * input[RECAL_RANK_FACTORS];
	for (int j = 0; j < H2; j++)
	{
		double		hidden = b2[j];

		for (int f = 0; f < H1; f++)
			hidden += hidden1[f] * w2[f * H2 + j];
		score += fmax(0, hidden) * w3[j];
	}
	return score;
}

static double
reference_loss(const Reference *r, const RecalRankExamples *e, const int64_t *order, int64_t n)
{
	double		loss = 0;

	for (int64_t i = 0; i < n; i++)
	{
		double		sum = 0;
		double		target = 0;

		for (int c = 0; c < e->counts[order[i]]; c++)
		{
			int64_t		at = order[i] * CANDIDATES + c;
			double		score = reference_score(r, e->features + at * IN) + e->corrections[at];

			target = c == 0 ? score : target;
			sum += exp(score);
		}
		loss += log(sum) - target;
	}
	return loss;
}

static Reference
reference_of(const RecalRankNet *net)
{
	Reference	r = {.net = net};

	for (size_t i = 0; i < RECAL_RANK_NPARAMETERS; i++)
		r.values[i] = parameters_of(net)[i];
	return r;
}

static void
test_gradients(void **state)
{
	static const struct
	{
		const char *name;
		int64_t		n;
	}			parts[] = {
		{"weights1", IN * H1}, {"bias1", H1}, {"weights2", H1 * H2}, {"bias2", H2},
		{"weights3", H2}, {"gain", 1}
	};
	const int64_t order[] = {4, 0, 2, 11, 7, 9};
	RecalRankExamples e = make_examples(12, false);
	RecalRankNet net = make_net(&e);
	Reference	r = reference_of(&net);
	float	   *gradient = unit_floats(RECAL_RANK_NPARAMETERS);
	float	   *work = unit_floats(recal_rank_loss_work_size(6));
	int64_t		place = 0;

	assert_close(recal_rank_loss(&net, &e, order, 6, gradient, work), reference_loss(&r, &e, order, 6),
				 1e-5);
	assert_close(recal_rank_loss(&net, &e, order, 6, NULL, work), reference_loss(&r, &e, order, 6),
				 1e-5);
	for (size_t p = 0; p < sizeof(parts) / sizeof(parts[0]); p++)
	{
		double		largest = 0;

		for (int64_t i = place; i < place + parts[p].n; i += parts[p].n / 40 + 1)
		{
			double		value = r.values[i];
			double		expected;

			r.values[i] = value + 1e-6;
			expected = reference_loss(&r, &e, order, 6);
			r.values[i] = value - 1e-6;
			expected = (expected - reference_loss(&r, &e, order, 6)) / 2e-6;
			r.values[i] = value;
			largest = fmax(largest, fabs(expected));
			if (!unit_close(gradient[i], expected, 1e-4))
				fail_msg("gradient %ld of %s is %.9g, not %.9g", (long) (i - place), parts[p].name,
						 gradient[i], expected);
		}

		/* a gradient of zeros would prove nothing */
		assert_true(largest > 1e-2);
		place += parts[p].n;
	}
	assert_int_equal(place, RECAL_RANK_NPARAMETERS);
	free(gradient);
	free(work);
	free_examples(&e);
}

static void
test_scores(void **state)
{
	RecalRankExamples e = make_examples(4, true);
	RecalRankNet net = make_net(&e);
	Reference	r = reference_of(&net);
	int			n = 3 * CANDIDATES;
	float	   *scores = unit_floats(n);
	float	   *work = unit_floats(recal_rank_score_work_size(n));

	/* far beyond what was seen in training */
	e.features[5] = 1e6f;
	e.features[IN + 5] = -1e30f;
	recal_rank_score(&net, n, e.features, scores, work);
	for (int i = 0; i < n; i++)
		assert_close(scores[i], reference_score(&r, e.features + i * IN), 1e-5);
	recal_rank_score(&net, 0, e.features, scores, work);
	free(scores);
	free(work);
	free_examples(&e);
}

/* Untrained, the order is that of the factors; a constant feature has no say. */
static void
test_start(void **state)
{
	RecalRankExamples e = make_examples(50, true);
	RecalRankNet net;
	float		scores[CANDIDATES];
	float	   *work = unit_floats(recal_rank_score_work_size(CANDIDATES));

	recal_rank_net_init(&net, &e, 1);
	assert_close(net.scales[3], 0, 0);
	assert_close(net.means[4], 100, 0.05);
	assert_close(1 / net.scales[4], 20, 0.05);
	recal_rank_score(&net, CANDIDATES, e.features, scores, work);
	for (int c = 0; c < CANDIDATES; c++)
		assert_close(scores[c], (e.features[c * IN] - net.means[0]) * net.scales[0], 1e-5);
	free(work);
	free_examples(&e);
}

static RecalRankNet
train(const RecalRankExamples *e, const RecalRankOptions *options, RecalRankResult *result)
{
	RecalRankNet net;
	void	   *memory = unit_alloc((size_t) recal_rank_train_bytes(e->n, options));

	memset(&net, 0x7f, sizeof(net));
	assert_null(recal_rank_train(&net, e, options, result, memory, NULL, NULL));
	assert_null(recal_rank_net_check(&net));
	free(memory);
	return net;
}

static void
test_learns(void **state)
{
	RecalRankExamples e = make_examples(2000, true);
	RecalRankOptions options;
	RecalRankResult result;
	RecalRankResult again;
	RecalRankNet net;
	RecalRankNet other;

	recal_rank_default_options(&options);
	net = train(&e, &options, &result);
	assert_true(result.epochs > 0);
	assert_true(result.start > 3);
	assert_true(result.loss < 0.8 * result.start);
	other = train(&e, &options, &again);
	assert_memory_equal(&net, &other, sizeof(net));
	assert_true(result.loss == again.loss);
	options.seed++;
	other = train(&e, &options, &again);
	assert_memory_not_equal(&net, &other, sizeof(net));
	free_examples(&e);
}

static void
count_polls(void *arg)
{
	(*(int *) arg)++;
}

/* What is noise is given up before it is learned: the net is the one that was best. */
static void
test_stops(void **state)
{
	RecalRankExamples e = make_examples(300, false);
	RecalRankOptions options;
	RecalRankResult result;
	RecalRankNet net;
	void	   *memory;
	int			polls = 0;

	recal_rank_default_options(&options);
	options.epochs = 100;
	options.learning_rate = 1e-2f;
	options.batch = 400;
	memory = unit_alloc((size_t) recal_rank_train_bytes(e.n, &options));
	assert_null(recal_rank_train(&net, &e, &options, &result, memory, count_polls, &polls));
	assert_true(result.epochs < 90);
	assert_true(result.loss <= result.start);

	/* one before a batch and each block of what is held out, and what is held out fits into one */
	assert_int_equal(polls, 1 + 2 * (result.epochs + options.patience));
	free(memory);
	free_examples(&e);
}

/* The loss that is told is that of the net that is kept, on users held out. */
static void
test_kept(void **state)
{
	RecalRankExamples e = make_examples(200, true);
	RecalRankOptions options;
	RecalRankResult result;
	RecalRankNet net;
	int64_t		order[200];
	float	   *work = unit_floats(recal_rank_loss_work_size(100));
	double		losses[2];

	for (int i = 0; i < 200; i++)
	{
		e.users[i] = i % 2;
		order[i % 2 * 100 + i / 2] = i;
	}
	recal_rank_default_options(&options);
	options.held_out = 0.5;
	options.epochs = 4;
	for (options.seed = 1;; options.seed++)
	{
		net = train(&e, &options, &result);

		/* of two users one is held out, at last */
		if (result.loss > 0 && result.epochs > 0)
			break;
		assert_true(options.seed < 20);
	}
	for (int i = 0; i < 2; i++)
		losses[i] = recal_rank_loss(&net, &e, order + 100 * i, 100, NULL, work) / 100;
	assert_true(unit_close(result.loss, losses[0], 1e-6) || unit_close(result.loss, losses[1], 1e-6));
	free(work);
	free_examples(&e);
}

static void
test_edges(void **state)
{
	RecalRankExamples e = make_examples(5, false);
	RecalRankOptions options;
	RecalRankResult result;
	RecalRankNet net;
	void	   *memory;

	/* examples without another candidate, one user only, none at all */
	recal_rank_default_options(&options);
	for (int i = 0; i < 5; i++)
	{
		e.counts[i] = 1;
		e.users[i] = 7;
	}
	(void) train(&e, &options, &result);
	e.n = 0;
	(void) train(&e, &options, &result);
	assert_int_equal(result.epochs, 0);

	e.n = 5;
	e.counts[2] = 4;
	e.features[2 * CANDIDATES * IN + 1] = NAN;
	memory = unit_alloc((size_t) recal_rank_train_bytes(5, &options));
	assert_non_null(recal_rank_train(&net, &e, &options, &result, memory, NULL, NULL));
	free(memory);
	net = make_net(&e);
	net.bias2[3] = INFINITY;
	assert_non_null(recal_rank_net_check(&net));
	free_examples(&e);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_gradients),
		cmocka_unit_test(test_scores),
		cmocka_unit_test(test_start),
		cmocka_unit_test(test_learns),
		cmocka_unit_test(test_stops),
		cmocka_unit_test(test_kept),
		cmocka_unit_test(test_edges),
	};

	recal_blas_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
