/*
 * test_active.c
 *		Picks against the same written plainly.
 */
#include "unit.h"

#include "recal_active.h"
#include "recal_blas.h"
#include "recal_posterior.h"

#define D 12
#define N 700

typedef struct Setup
{
	RecalQuestionPool pool;
	RecalQuestionUser user;
	float	   *rows;
	float	   *noise;
	float	   *bounds;
	float	   *parts;
	float	   *popularity;
	float	   *entropy;
	float	   *chance;
	float	   *targets;
	float	   *vector;
	float	   *root;
	float	   *work;
	bool		excluded[N];
} Setup;

static Setup *
make_setup(void)
{
	Setup	   *s = unit_alloc(sizeof(Setup));

	memset(s, 0, sizeof(*s));
	s->rows = unit_normals(N * D, 0.5, 1);
	s->vector = unit_normals(D, 1, 2);
	s->root = unit_normals(D * D, 0.4, 3);
	s->targets = unit_normals(D * D, 0.3, 4);
	s->noise = unit_floats(N);
	s->bounds = unit_floats(N);
	s->parts = unit_floats(N);
	s->popularity = unit_floats(N);
	s->entropy = unit_floats(N);
	s->chance = unit_floats(N);
	for (int i = 0; i < N; i++)
	{
		s->noise[i] = 0.2f + (float) recal_rng_uniform(1, 5, i);
		s->parts[i] = (float) recal_rng_uniform(1, 6, i);
		s->popularity[i] = (float) (i * 37 % N);
		s->entropy[i] = (float) (i * 53 % N);
		s->chance[i] = 0.1f + 0.9f * (float) recal_rng_uniform(1, 7, i);
		s->excluded[i] = i % 3 == 0;
	}
	s->pool = (RecalQuestionPool)
	{
		.n = N, .width = D, .rows = s->rows, .noise = s->noise,
			.popularity = s->popularity, .popularity_entropy = s->entropy,
			.target_root = s->targets
	};
	s->user = (RecalQuestionUser)
	{
		.vector = s->vector, .nroot = D, .root = s->root, .parts = s->parts, .key = 11
	};
	s->work = unit_floats(recal_questions_work_size(&s->pool, D));
	return s;
}

static void
free_setup(Setup *s)
{
	free(s->rows);
	free(s->noise);
	free(s->bounds);
	free(s->parts);
	free(s->popularity);
	free(s->entropy);
	free(s->chance);
	free(s->targets);
	free(s->vector);
	free(s->root);
	free(s->work);
	free(s);
}

static RecalQuestionOptions
ask(RecalStrategy strategy, int n)
{
	return (RecalQuestionOptions)
	{
		.strategy = strategy, .n = n, .like = 0.3f, .floor = -INFINITY, .seed = 7
	};
}

static int
run(Setup *s, const RecalQuestionOptions *options, RecalPick *picks)
{
	return recal_questions_pick(&s->pool, &s->user, s->excluded, options, picks, s->work, NULL,
								NULL);
}

/* S [D × D] of the user in double precision */
static void
covariance_of(const Setup *s, double *covariance)
{
	for (int a = 0; a < D; a++)
		for (int b = 0; b < D; b++)
		{
			double		sum = 0;

			for (int r = 0; r < D; r++)
				sum += (double) s->root[r * D + a] * s->root[r * D + b];
			covariance[a * D + b] = sum;
		}
}

static void
times(const double *s, const float *y, double *out)
{
	for (int a = 0; a < D; a++)
	{
		out[a] = 0;
		for (int b = 0; b < D; b++)
			out[a] += s[a * D + b] * y[b];
	}
}

static double
dot(const double *x, const float *y)
{
	double		sum = 0;

	for (int k = 0; k < D; k++)
		sum += x[k] * y[k];
	return sum;
}

static double
score_of(const Setup *s, int item)
{
	double		sum = 0;

	for (int k = 0; k < D; k++)
		sum += (double) s->vector[k] * s->rows[item * D + k];
	return sum;
}

/* A gain as the header defines it */
static double
gain_plainly(const Setup *s, RecalStrategy strategy, const double *covariance, int item)
{
	const float *y = s->rows + item * D;
	double		sy[D];
	double		variance;
	double		sum = 0;
	double		chance = s->pool.answerable != NULL ? s->chance[item] : 1;

	times(covariance, y, sy);
	variance = dot(sy, y);
	switch (strategy)
	{
		case RECAL_STRATEGY_VARIANCE_REDUCTION:
			/* ‖Lᵀ S y‖² */
			for (int k = 0; k < D; k++)
			{
				double		part = 0;

				for (int a = 0; a < D; a++)
					part += s->targets[a * D + k] * sy[a];
				sum += part * part;
			}
			return chance * sum / (s->noise[item] + variance);
		case RECAL_STRATEGY_MARGIN:
			return chance * erfc(fabs(score_of(s, item) - 0.3) / sqrt(2.0 * s->noise[item]));
		case RECAL_STRATEGY_ENTROPY:
			{
				double		z = (score_of(s, item) - 0.3) /
					sqrt(variance + s->parts[item] + s->noise[item]);
				double		p = 0.5 * erfc(-z / sqrt(2));

				return chance * (-p * log2(p) - (1 - p) * log2(1 - p));
			}
		case RECAL_STRATEGY_INTEREST:
			return score_of(s, item) >= 0 ? chance * score_of(s, item) :
				score_of(s, item) / chance;
		case RECAL_STRATEGY_POPULARITY:
			return s->popularity[item];
		case RECAL_STRATEGY_POPULARITY_ENTROPY:
			return s->entropy[item];
		default:
			return chance * 0.5 * log2(1 + variance / s->noise[item] /
									   (strategy == RECAL_STRATEGY_DIVERSE ? 0.01 : 1));
	}
}

/* Greedy picks by going through everything each time */
static void
pick_plainly(const Setup *s, RecalStrategy strategy, int n, int *items, double *gains)
{
	double		covariance[D * D];
	bool		taken[N];

	covariance_of(s, covariance);
	memcpy(taken, s->excluded, sizeof(taken));
	for (int picked = 0; picked < n; picked++)
	{
		double		best = -INFINITY;
		double		sy[D];
		double		noise;

		for (int i = 0; i < N; i++)
		{
			double		gain = taken[i] ? -INFINITY : gain_plainly(s, strategy, covariance, i);

			if (gain <= best)
				continue;
			best = gain;
			items[picked] = i;
		}
		gains[picked] = best;
		taken[items[picked]] = true;
		if (strategy != RECAL_STRATEGY_UNCERTAINTY && strategy != RECAL_STRATEGY_DIVERSE &&
			strategy != RECAL_STRATEGY_VARIANCE_REDUCTION)
			continue;
		noise = s->noise[items[picked]] * (strategy == RECAL_STRATEGY_DIVERSE ? 0.01 : 1);
		times(covariance, s->rows + items[picked] * D, sy);
		noise += dot(sy, s->rows + items[picked] * D);
		for (int a = 0; a < D; a++)
			for (int b = 0; b < D; b++)
				covariance[a * D + b] -= sy[a] * sy[b] / noise;
	}
}

static void
picks_are_greedy(void **state)
{
	static const RecalStrategy strategies[] = {
		RECAL_STRATEGY_UNCERTAINTY, RECAL_STRATEGY_VARIANCE_REDUCTION, RECAL_STRATEGY_MARGIN,
		RECAL_STRATEGY_ENTROPY, RECAL_STRATEGY_INTEREST, RECAL_STRATEGY_POPULARITY,
		RECAL_STRATEGY_POPULARITY_ENTROPY, RECAL_STRATEGY_DIVERSE
	};
	Setup	   *s = make_setup();

	for (int chance = 0; chance < 2; chance++)
		for (size_t t = 0; t < sizeof(strategies) / sizeof(strategies[0]); t++)
		{
			RecalQuestionOptions options = ask(strategies[t], 15);
			RecalPick	picks[15];
			int			items[15];
			double		gains[15];

			s->pool.answerable = chance ? s->chance : NULL;
			pick_plainly(s, strategies[t], 15, items, gains);
			assert_int_equal(run(s, &options, picks), 15);
			for (int i = 0; i < 15; i++)
			{
				/* gains of variance reduction may rise, and then are found too late */
				if (strategies[t] == RECAL_STRATEGY_VARIANCE_REDUCTION && i >= 5)
				{
					assert_true(picks[i].gain > 0.8 * gains[i]);
					continue;
				}
				assert_int_equal(picks[i].item, items[i]);
				assert_close(picks[i].gain, gains[i], 1e-4);
				assert_close(picks[i].score, score_of(s, items[i]), 1e-5);
			}
		}
	free_setup(s);
}

/* With a bound on what can be gained nothing that reaches the floor is lost. */
static void
bounds_lose_nothing(void **state)
{
	Setup	   *s = make_setup();
	double		covariance[D * D];

	covariance_of(s, covariance);
	for (int i = 0; i < N; i++)
	{
		double		sy[D];

		times(covariance, s->rows + i * D, sy);
		s->bounds[i] = (float) (1.3 * dot(sy, s->rows + i * D)) + s->parts[i];
	}
	for (int chance = 0; chance < 2; chance++)
		for (int t = 0; t < 2; t++)
		{
			RecalQuestionOptions options = ask(t == 0 ? RECAL_STRATEGY_UNCERTAINTY :
											   RECAL_STRATEGY_DIVERSE, 12);
			RecalPick	all[12];
			RecalPick	some[12];
			int			n;

			s->pool.answerable = chance ? s->chance : NULL;
			s->user.bounds = NULL;
			assert_int_equal(run(s, &options, all), 12);
			s->user.bounds = s->bounds;
			options.floor = all[8].gain;
			n = run(s, &options, some);
			assert_int_equal(n, 9);
			for (int i = 0; i < n; i++)
			{
				assert_int_equal(some[i].item, all[i].item);
				assert_close(some[i].gain, all[i].gain, 1e-6);
			}
		}
	free_setup(s);
}

static void
threshold_bounds_uncertainty(void **state)
{
	Setup	   *s = make_setup();

	for (int strategy = 0; strategy < RECAL_NSTRATEGIES; strategy++)
	{
		RecalQuestionOptions options = ask(strategy, N);
		RecalPick  *picks = unit_alloc(sizeof(RecalPick) * N);
		bool		seen[N] = {false};
		int			all;
		int			n;

		options.explore = 0.3;
		all = run(s, &options, picks);
		assert_int_equal(all, N - (N + 2) / 3);
		options.threshold = 0.9f;
		n = run(s, &options, picks);
		assert_true(n > 0 && n < all);
		for (int i = 0; i < n; i++)
		{
			assert_true(picks[i].uncertainty >= options.threshold);
			assert_false(s->excluded[picks[i].item]);
			assert_false(seen[picks[i].item]);
			seen[picks[i].item] = true;
		}
		options.threshold = 100;
		assert_int_equal(run(s, &options, picks), 0);
		free(picks);
	}
	free_setup(s);
}

/* After a pick, u is what the posterior with one more row of that item says. */
static void
uncertainty_is_the_posterior(void **state)
{
	Setup	   *s = make_setup();
	RecalQuestionOptions options = ask(RECAL_STRATEGY_UNCERTAINTY, 2);
	float	   *covariance = unit_floats(D * D);
	float	   *root = unit_floats(D * D);
	float	   *expected = unit_floats(D * D);
	float	   *work = unit_floats(D * D);
	RecalPick	picks[2];
	double		variance = 0;

	for (int i = 0; i < N; i++)
		s->noise[i] = 0.4f;
	for (int a = 0; a < D; a++)
		for (int b = 0; b < D; b++)
			covariance[a * D + b] = (a == b) * 0.5f + 0.1f;
	assert_null(recal_posterior_root(D, covariance, 0.4f, 0, NULL, NULL, root, work));
	s->user.root = root;
	assert_int_equal(run(s, &options, picks), 2);
	assert_null(recal_posterior_covariance(D, covariance, 0.4f, 1,
										   s->rows + picks[0].item * D, NULL, expected, work));
	for (int a = 0; a < D; a++)
		for (int b = 0; b < D; b++)
			variance += (double) expected[a * D + b] * s->rows[picks[1].item * D + a] *
				s->rows[picks[1].item * D + b];
	assert_close(picks[1].uncertainty, sqrt(variance + s->parts[picks[1].item]), 1e-4);
	free(covariance);
	free(root);
	free(expected);
	free(work);
	free_setup(s);
}

/* Draws depend on the user, the seed and the pick; their spread is S's. */
static void
draws_differ(void **state)
{
	static const RecalStrategy strategies[] = {
		RECAL_STRATEGY_THOMPSON, RECAL_STRATEGY_COMMITTEE, RECAL_STRATEGY_RANDOM
	};
	Setup	   *s = make_setup();

	for (int t = 0; t < 3; t++)
	{
		RecalQuestionOptions options = ask(strategies[t], 5);
		RecalPick	first[5];
		RecalPick	again[5];
		RecalPick	other[5];
		bool		same = true;

		assert_int_equal(run(s, &options, first), 5);
		assert_int_equal(run(s, &options, again), 5);
		s->user.key++;
		assert_int_equal(run(s, &options, other), 5);
		for (int i = 0; i < 5; i++)
		{
			assert_int_equal(first[i].item, again[i].item);
			same &= first[i].item == other[i].item;
		}
		assert_false(same);
	}
	free_setup(s);
}

/* A certain user is asked by Thompson what interests most. */
static void
thompson_without_doubt_is_interest(void **state)
{
	Setup	   *s = make_setup();
	RecalQuestionOptions options = ask(RECAL_STRATEGY_THOMPSON, 6);
	RecalPick	drawn[6];
	RecalPick	liked[6];

	for (int i = 0; i < D * D; i++)
		s->root[i] *= 1e-6f;
	assert_int_equal(run(s, &options, drawn), 6);
	options.strategy = RECAL_STRATEGY_INTEREST;
	assert_int_equal(run(s, &options, liked), 6);
	for (int i = 0; i < 6; i++)
		assert_int_equal(drawn[i].item, liked[i].item);
	free_setup(s);
}

static void
exploring_is_a_share(void **state)
{
	Setup	   *s = make_setup();
	RecalQuestionOptions options = ask(RECAL_STRATEGY_POPULARITY, 200);
	RecalPick  *picks = unit_alloc(sizeof(RecalPick) * 200);
	int			explored = 0;

	options.explore = 0.25;
	assert_int_equal(run(s, &options, picks), 200);
	for (int i = 0; i < 200; i++)
		explored += picks[i].explored;
	assert_in_range(explored, 30, 70);
	free(picks);
	free_setup(s);
}

static void
names_are_found(void **state)
{
	for (int i = 0; i < RECAL_NSTRATEGIES; i++)
		assert_int_equal(recal_strategy_find(recal_strategy_names[i]), i);
	assert_int_equal(recal_strategy_find("Uncertainty"), -1);
	assert_close(recal_answer_entropy(0), 1, 1e-6);
	assert_close(recal_answer_entropy(40), 0, 1e-6);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(picks_are_greedy),
		cmocka_unit_test(bounds_lose_nothing),
		cmocka_unit_test(threshold_bounds_uncertainty),
		cmocka_unit_test(uncertainty_is_the_posterior),
		cmocka_unit_test(draws_differ),
		cmocka_unit_test(thompson_without_doubt_is_interest),
		cmocka_unit_test(exploring_is_a_share),
		cmocka_unit_test(names_are_found),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
