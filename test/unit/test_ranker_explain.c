/*
 * test_ranker_explain.c
 *		The ranker's reasons: they add up, and go to what the score depends on.
 */
#include "unit.h"

#include "recal_blas.h"
#include "recal_ranker.h"

#define N RECAL_RANK_NFEATURES

static void
make_net(RecalRankNet *net)
{
	float	   *values = (float *) net;
	float	   *normals = unit_normals(sizeof(RecalRankNet) / sizeof(float), 0.3, 51);

	memcpy(values, normals, sizeof(RecalRankNet));
	free(normals);
	for (int f = 0; f < N; f++)
		net->scales[f] = 0.5f + fabsf(net->scales[f]);
	net->gain = 0.7f;
}

static float
score_of(const RecalRankNet *net, const float *features)
{
	float	   *work = unit_floats(recal_rank_score_work_size(1));
	float		score;

	recal_rank_score(net, 1, features, &score, work);
	free(work);
	return score;
}

static void
test_completeness(void **state)
{
	RecalRankNet net;
	float	   *features = unit_normals(200 * N, 2, 52);

	make_net(&net);
	features[3] = 1e6f;			/* clipped */
	features[N + 5] = -1e6f;
	for (int i = 0; i < 200; i++)
	{
		float		contributions[N];
		float		baseline = recal_rank_explain(&net, features + i * N, contributions);
		double		sum = baseline;

		assert_close(baseline, score_of(&net, net.means), 1e-5);
		for (int f = 0; f < N; f++)
			sum += contributions[f];
		assert_close(sum, score_of(&net, features + i * N), 2e-5);
	}
	free(features);
}

/* The net plainly, at some part of the way from the means, one input moved a little */
static double
plain_score(const RecalRankNet *net, const float *features, double t, int moved, double by)
{
	double		hidden1[RECAL_RANK_HIDDEN1];
	double		score = 0;

	for (int h = 0; h < RECAL_RANK_HIDDEN1; h++)
	{
		hidden1[h] = net->bias1[h];
		for (int f = 0; f < N; f++)
		{
			double		input = (features[f] - net->means[f]) * net->scales[f];

			input = fmax(-RECAL_RANK_CLIP, fmin(RECAL_RANK_CLIP, input));
			hidden1[h] += (t * input + (f == moved ? by : 0)) * net->weights1[f * RECAL_RANK_HIDDEN1 + h];
		}
	}
	for (int k = 0; k < RECAL_RANK_HIDDEN2; k++)
	{
		double		hidden2 = net->bias2[k];

		for (int h = 0; h < RECAL_RANK_HIDDEN1; h++)
			hidden2 += fmax(0, hidden1[h]) * net->weights2[h * RECAL_RANK_HIDDEN2 + k];
		score += fmax(0, hidden2) * net->weights3[k];
	}
	return score;
}

/* Against gradients by differences at many places of the way */
static void
test_integral(void **state)
{
	RecalRankNet net;
	float		contributions[N];
	float	   *features = unit_normals(N, 2, 55);
	const int	steps = 2000;

	make_net(&net);
	(void) recal_rank_explain(&net, features, contributions);
	for (int f = 1; f < N; f += 5)
	{
		double		input = (features[f] - net.means[f]) * net.scales[f];
		double		integral = 0;

		input = fmax(-RECAL_RANK_CLIP, fmin(RECAL_RANK_CLIP, input));
		for (int step = 0; step < steps; step++)
		{
			double		t = (step + 0.5) / steps;

			integral += (plain_score(&net, features, t, f, 1e-7) -
						 plain_score(&net, features, t, f, -1e-7)) / 2e-7 / steps;
		}
		assert_close(contributions[f], input * integral, 2e-3);
	}
	free(features);
}

/* One that is as on the average, or that nothing is made of, has no part. */
static void
test_no_part(void **state)
{
	RecalRankNet net;
	float		contributions[N];
	float	   *features = unit_normals(N, 2, 53);

	make_net(&net);
	features[7] = net.means[7];
	memset(net.weights1 + 9 * RECAL_RANK_HIDDEN1, 0, sizeof(float) * RECAL_RANK_HIDDEN1);
	net.scales[11] = 0;
	(void) recal_rank_explain(&net, features, contributions);
	assert_true(contributions[7] == 0 && contributions[9] == 0 && contributions[11] == 0);
	assert_true(contributions[8] != 0 && contributions[10] != 0);
	free(features);
}

/* With a last layer of zeros all is the gain's */
static void
test_gain_alone(void **state)
{
	RecalRankNet net;
	float		contributions[N];
	float	   *features = unit_normals(N, 1, 54);

	make_net(&net);
	memset(net.weights3, 0, sizeof(net.weights3));
	assert_true(recal_rank_explain(&net, features, contributions) == 0);
	for (int f = 0; f < N; f++)
		if (f == RECAL_RANK_FACTORS)
			assert_close(contributions[f], score_of(&net, features), 1e-5);
		else
			assert_true(contributions[f] == 0);
	free(features);
}

/* An item that is not counted is like one that has no rows, without neighbours. */
static void
test_uncounted(void **state)
{
	int64_t		counts[2] = {3, 0};
	int64_t		offsets[3];
	int32_t		before[1] = {0};
	int32_t		items[2] = {1, -1};
	RecalCounters c;
	RecalRankView view;
	RecalRankUser user = {.nrows = 1,.last_time = 3,.nrecent = 1,.recent = {0}};
	float		vectors[4] = {1, 2, 1, 2};
	float		features[2 * N];
	void	   *memory;
	void	   *view_memory = unit_alloc((size_t) recal_rank_view_bytes(2, 2));

	(void) recal_counters_plan(2, counts, 1000, offsets);
	memory = unit_alloc((size_t) recal_counters_bytes(2, offsets[2]));
	recal_counters_init(&c, 2, offsets, 3, 1, 3, memory);
	for (int i = 0; i < 3; i++)
		recal_counters_add(&c, 0, i + 1, i > 0, before);
	recal_rank_view_bind(&view, &c, 2, view_memory);
	user.vector = vectors;
	recal_rank_view_user(&view, &user, 4, vectors);
	recal_rank_features(&view, 2, items, vectors, NULL, NULL, features);
	assert_memory_equal(features, features + N, sizeof(float) * N);
	free(memory);
	free(view_memory);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_completeness),
		cmocka_unit_test(test_integral),
		cmocka_unit_test(test_no_part),
		cmocka_unit_test(test_gain_alone),
		cmocka_unit_test(test_uncounted),
	};

	recal_blas_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
