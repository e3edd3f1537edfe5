/*
 * test_network_serve.c
 *		What a network says of a history, and the loops that it is made of, against
 *		plain ones.
 */
#include "network_setup.h"

/* A history of 130 rows with weights and dislikes, in a net with random parameters */
static Setup
serving_setup(int nprofile)
{
	const int	lengths[] = {130};
	Setup		s = {.shape = {12, 2, {40, 20}, 60, nprofile}};

	s.options = (RecalNetOptions) {0.3f, 1e-3f, 130, 130, 1, 0, false, 17};
	make_histories(&s, 1, lengths, true);
	begin(&s, 1.5);
	return s;
}

static void
test_user_vector(void **state)
{
	Setup		s = serving_setup(0);
	Reference	r = make_reference(&s);
	float	   *work = unit_floats(recal_net_forward_work_size(&s.shape, 1));
	const int	sizes[] = {0, 1, 2, 5, 6, 99, 100, 130};

	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++)
	{
		int			n = sizes[i];
		int			m = n < RECAL_NET_WINDOW ? n : RECAL_NET_WINDOW;
		float		gathered[RECAL_NET_WINDOW * 12];
		float		input[RECAL_NET_SLOTS * 12];
		float		z[12];
		float		again[12];
		double		x[256];
		double		expected[12];

		reference_input(&r, 0, n - m, n, x);
		recal_net_input(&s.net, n, s.items, s.weights, input);
		for (int f = 0; f < RECAL_NET_SLOTS * 12; f++)
			assert_close(input[f], x[f], 1e-5);
		reference_layers(&r, NULL, x, expected);
		recal_net_user_vector(&s.net, n, s.items, s.weights, z, work);
		for (int f = 0; f < 12; f++)
			assert_close(z[f], expected[f], 1e-5);

		for (int j = 0; j < m; j++)
			memcpy(gathered + j * 12, s.net.inputs + s.items[n - m + j] * 12, sizeof(float) * 12);
		recal_net_input_gathered(12, m, gathered, s.weights + (n - m), input);
		recal_net_forward(&s.net, 1, input, again, work);
		assert_memory_equal(z, again, sizeof(z));
	}
	free(r.dense);
	free(work);
	end(&s);
}

static void
test_dropout_vectors(void **state)
{
	enum
	{
		passes = 2000
	};
	Setup		s = serving_setup(0);
	float	   *work = unit_floats(recal_net_forward_work_size(&s.shape, passes));
	float	   *z = unit_floats(passes * 12);
	float	   *again = unit_floats(passes * 12);
	float		input[RECAL_NET_SLOTS * 12];
	float		one[12];
	double		spread = 0;

	recal_net_input(&s.net, 50, s.items, s.weights, input);
	recal_net_forward(&s.net, 1, input, one, work);
	recal_net_dropout_vectors(&s.net, input, 0.0f, 1, 3, z, work);
	for (int i = 0; i < 3 * 12; i++)
		assert_close(z[i], one[i % 12], 1e-6);
	recal_net_dropout_vectors(&s.net, input, 0.3f, 1, passes, z, work);
	recal_net_dropout_vectors(&s.net, input, 0.3f, 1, passes, again, work);
	assert_memory_equal(z, again, sizeof(float) * passes * 12);
	recal_net_dropout_vectors(&s.net, input, 0.3f, 2, passes, again, work);
	assert_memory_not_equal(z, again, sizeof(float) * passes * 12);
	for (int f = 0; f < 12; f++)
	{
		double		sum = 0;
		double		square = 0;

		for (int i = 0; i < passes; i++)
		{
			sum += z[i * 12 + f];
			square += (double) z[i * 12 + f] * z[i * 12 + f];
		}
		sum /= passes;
		spread += square / passes - sum * sum;
	}
	assert_true(spread > 1e-4);
	free(work);
	free(z);
	free(again);
	end(&s);
}

static void
test_explain(void **state)
{
	Setup		s = serving_setup(0);
	float	   *work = unit_floats(recal_net_explain_work_size(&s.shape));
	float	   *forward = unit_floats(recal_net_forward_work_size(&s.shape, 1));
	float		gathered[RECAL_NET_WINDOW * 12];
	float		contributions[RECAL_NET_WINDOW];
	float		baseline;
	float		z[12];
	float		nothing[12];

	recal_net_user_vector(&s.net, 0, s.items, s.weights, nothing, forward);
	for (int m = 0; m <= RECAL_NET_WINDOW; m += m < 8 ? 1 : 23)
		for (int item = 0; item < 60; item += 7)
		{
			const float *output = s.net.outputs + item * 12;
			double		sum = 0;

			for (int j = 0; j < m; j++)
				memcpy(gathered + j * 12, s.net.inputs + s.items[j] * 12, sizeof(float) * 12);
			recal_net_explain(&s.net, m, gathered, s.weights, NULL, output, contributions, NULL, &baseline,
							  work);
			assert_close(baseline, recal_dot(12, nothing, output), 1e-6);
			for (int j = 0; j < m; j++)
				sum += contributions[j];
			recal_net_user_vector(&s.net, m, s.items, s.weights, z, forward);
			assert_true(fabs(sum + baseline - recal_dot(12, z, output)) < 1e-4);
		}

	/* a row whose vector is zero has no part in it */
	memset(gathered, 0, sizeof(float) * 12);
	recal_net_explain(&s.net, 5, gathered, s.weights, NULL, s.net.outputs, contributions, NULL, &baseline, work);
	assert_true(contributions[0] == 0 && contributions[4] != 0);
	free(work);
	free(forward);
	end(&s);
}

/* What is known about the user: an input like others, and a reason beside the rows */
static void
test_profile(void **state)
{
	Setup		s = serving_setup(1);
	Reference	r = make_reference(&s);
	float	   *work = unit_floats(recal_net_explain_work_size(&s.shape));
	float	   *forward = unit_floats(recal_net_forward_work_size(&s.shape, 2));
	float		gathered[RECAL_NET_WINDOW * 12];
	float		inputs[2 * (RECAL_NET_SLOTS + 1) * 12];
	float		contributions[RECAL_NET_WINDOW];
	float		by_profile[12];
	float		half[12];
	float		baseline;
	float		z[2 * 12];
	float		again[12];
	float		nothing[12];
	double		x[256];
	double		expected[12];

	assert_int_equal(recal_net_width(&s.shape), (RECAL_NET_SLOTS + 1) * 12);
	recal_net_user_vector(&s.net, 0, s.items, s.weights, nothing, forward);
	for (int m = 0; m <= 40; m += m < 3 ? 1 : 37)
	{
		/* without it and with it */
		recal_net_input(&s.net, m, s.items, s.weights, inputs);
		memcpy(inputs + recal_net_width(&s.shape), inputs, sizeof(inputs) / 2);
		recal_net_put_profile(&s.shape, s.profiles, inputs + recal_net_width(&s.shape));
		recal_net_forward(&s.net, 2, inputs, z, forward);
		reference_input(&r, 0, 0, m, x);
		for (int f = 0; f < 12; f++)
			x[RECAL_NET_SLOTS * 12 + f] = s.profiles[f];
		reference_layers(&r, NULL, x, expected);
		for (int f = 0; f < 12; f++)
			assert_close(z[12 + f], expected[f], 1e-5);
		recal_net_user_vector(&s.net, m, s.items, s.weights, again, forward);
		assert_memory_equal(z, again, sizeof(again));

		for (int j = 0; j < m; j++)
			memcpy(gathered + j * 12, s.net.inputs + s.items[j] * 12, sizeof(float) * 12);
		for (int item = 0; item < 60; item += 7)
		{
			const float *output = s.net.outputs + item * 12;
			double		sum = 0;

			recal_net_explain(&s.net, m, gathered, s.weights, s.profiles, output, contributions,
							  by_profile, &baseline, work);
			assert_close(baseline, recal_dot(12, nothing, output), 1e-6);
			for (int j = 0; j < m; j++)
				sum += contributions[j];
			assert_true(recal_dot(12, by_profile, s.profiles) != 0);
			sum += recal_dot(12, by_profile, s.profiles);
			assert_true(fabs(sum + baseline - recal_dot(12, z + 12, output)) < 1e-4);
		}
	}

	/* weights twice as large and a profile half as large say the same */
	for (int f = 0; f < 12; f++)
		half[f] = s.profiles[f] / 2;
	recal_net_scale_profile(&s.net, 2);
	recal_net_put_profile(&s.shape, half, inputs);
	recal_net_forward(&s.net, 1, inputs, again, forward);
	for (int f = 0; f < 12; f++)
		assert_close(again[f], z[12 + f], 1e-5);
	free(r.dense);
	free(work);
	free(forward);
	end(&s);
}

/* In a net without hidden layers contributions are the layer's own products. */
static void
test_explain_linear(void **state)
{
	const int	lengths[] = {4};
	const float ones[2] = {1, 1};
	Setup		s = {.shape = {2, 0, {0}, 4, 0}};
	float	   *work;
	float		contributions[2];
	float		baseline;
	float		output[2] = {1, -2};
	float		vectors[4] = {1, 0.5f, -1, 2};

	s.options = (RecalNetOptions) {0.3f, 1e-3f, 130, 130, 1, 0, false, 17};
	make_histories(&s, 1, lengths, false);
	begin(&s, 1.5);
	work = unit_floats(recal_net_explain_work_size(&s.shape));
	recal_net_explain(&s.net, 2, vectors, ones, NULL, output, contributions, NULL, &baseline, work);
	for (int j = 0; j < 2; j++)
	{
		double		expected = 0;

		for (int slot = 0; slot < RECAL_NET_SLOTS; slot++)
		{
			double		c = slot < RECAL_NET_DECAYS ?
				pow(recal_net_decays[slot], 1 - j) / (1 + recal_net_decays[slot]) :
				1 - j == slot - RECAL_NET_DECAYS;

			for (int f = 0; f < 2; f++)
				for (int k = 0; k < 2; k++)
					expected += c * vectors[j * 2 + f] * output[k] *
						s.net.dense[(slot * 2 + f) * 2 + k];
		}
		assert_close(contributions[j], expected, 1e-5);
	}
	free(work);
	end(&s);
}

/* Every instruction set's loops against plain ones */
static void
test_kernels(void **state)
{
	const RecalNetKernels *kernels;

	for (int choice = 0; (kernels = recal_net_kernels_choice(choice)) != NULL; choice++)
		for (int n = 1; n < 70; n++)
		{
			float	   *x = unit_normals(n, 10, 1);
			float	   *y = unit_normals(n, 1, 2);
			float	   *bias = unit_normals(n, 1, 3);
			float	   *p = unit_normals(n, 1, 4);
			float	   *m = unit_normals(n, 1, 5);
			float	   *v = unit_normals(n, 1, 6);
			double		max = -INFINITY;
			double		sum = 0;
			double		total = 0;
			int			kept = 0;
			float		got;

			for (int i = 0; i < n; i++)
				max = fmax(max, (double) (x[i] + bias[i]));
			for (int i = 0; i < n; i++)
				total += exp((double) (x[i] + bias[i]) - max);
			assert_close(kernels->add_max(n, x, bias), max, 1e-6);
			for (int i = 0; i < n; i++)
				p[i] = x[i];
			got = kernels->exp_sum(n, x, (float) max);
			assert_close(got, total, 1e-6);
			for (int i = 0; i < n; i++)
			{
				float		argument = p[i] - (float) max;
				double		expected = exp((double) argument);

				if (!(fabs(x[i] - expected) <= 5e-7 * expected + 1e-37))
					fail_msg("exp(%g) is %g", argument, x[i]);
			}

			for (int i = 0; i < n; i++)
				x[i] = 1;
			kernels->dropout(n, x, UINT64_C(0x123456789abcdef), 1u << 30, 2);
			for (int i = 0; i < n; i++)
			{
				assert_true(x[i] == 0 || x[i] == 2);
				kept += x[i] == 2;
			}
			if (n > 40)
				assert_true(kept > n / 2 && kept < n);

			for (int i = 0; i < n; i++)
				x[i] = y[i];
			kernels->decay_add(n, 0.5f, x, 3, bias);
			for (int i = 0; i < n; i++)
				assert_close(x[i], 0.5 * y[i] + 3.0 * bias[i], 1e-6);
			kernels->rectify(n, x, bias);
			for (int i = 0; i < n; i++)
				assert_close(x[i], fmax(0, 0.5 * y[i] + 4.0 * bias[i]), 1e-5);
			for (int i = 0; i < n; i++)
				p[i] = y[i];
			kernels->rectify_back(n, y, x, 2);
			for (int i = 0; i < n; i++)
				assert_close(y[i], x[i] > 0 ? 2 * p[i] : 0, 1e-6);
			kernels->scale(n, y, 0.5f);
			for (int i = 0; i < n; i++)
				assert_close(y[i], x[i] > 0 ? p[i] : 0, 1e-6);

			for (int i = 0; i < n; i++)
			{
				v[i] = fabsf(v[i]);
				x[i] = m[i];
				y[i] = v[i];
				bias[i] = p[i];
			}
			kernels->adam(n, p, m, v, bias, 0.1f, 1e-3f);
			for (int i = 0; i < n; i++)
			{
				double		mean = 0.9 * x[i] + 0.1 * bias[i];
				double		square = 0.999 * y[i] + 0.001 * bias[i] * bias[i];

				assert_close(m[i], mean, 1e-5);
				assert_close(v[i], square, 1e-5);
				assert_close(p[i], bias[i] - 0.1 * mean / (sqrt(square) + 1e-3), 1e-5);
				sum += p[i];
			}
			assert_true(isfinite(sum));
			free(x);
			free(y);
			free(bias);
			free(p);
			free(m);
			free(v);
		}
}

/* Covariances of the differences by their definition, and draws that have them */
static void
test_spread(void **state)
{
	enum
	{
		d = 3, nusers = 40
	};
	int			lengths[nusers];
	Setup		s = {.shape = {d, 1, {10}, 50, 0}};
	float		spread[RECAL_NET_SPREADS * d * d];
	float		between[d * d];
	double		expected[d * d] = {0};
	float	   *work;
	float	   *forward;

	for (int u = 0; u < nusers; u++)
		lengths[u] = u % 20;
	s.options = (RecalNetOptions) {0.3f, 1e-3f, 130, 130, 1, 0, false, 17};
	make_histories(&s, nusers, lengths, true);
	begin(&s, 1.5);
	work = unit_floats(recal_net_spread_work_size(&s.shape));
	forward = unit_floats(recal_net_forward_work_size(&s.shape, 1));
	recal_net_fit_spread(&s.net, &s.histories, 1000, spread, work, NULL, NULL);
	for (int k = 0; k < RECAL_NET_SPREADS; k++)
	{
		int			rows = recal_net_spread_rows[k];
		double		prior = k > 0 ? 10 : 0;
		double		total = prior;

		/* the shorter length counts as so many users */
		for (int i = 0; i < d * d; i++)
			expected[i] *= prior;
		for (int u = 0; u < nusers; u++)
		{
			const int32_t *items = s.items + s.offsets[u];
			const float *weights = s.weights + s.offsets[u];
			int			n = lengths[u];
			float		whole[d];
			float		part[d];

			if (n == 0 || n < 2 * rows)
				continue;
			recal_net_user_vector(&s.net, n, items, weights, whole, forward);
			recal_net_user_vector(&s.net, rows, items + n - rows, weights + n - rows, part, forward);
			for (int i = 0; i < d; i++)
				for (int j = 0; j < d; j++)
					expected[i * d + j] += (double) (part[i] - whole[i]) * (part[j] - whole[j]);
			total++;
		}
		for (int i = 0; i < d * d; i++)
		{
			expected[i] /= total;
			assert_true(fabs(spread[k * d * d + i] - expected[i]) < 1e-4 * (fabs(expected[0]) + fabs(expected[4]) + fabs(expected[8])));
		}
		recal_net_spread_at(d, spread, rows, between);
		assert_memory_equal(between, spread + k * d * d, sizeof(between));
	}

	/* between two lengths; and beyond the last */
	recal_net_spread_at(d, spread, 5, between);
	for (int i = 0; i < d * d; i++)
		assert_true(fabs(between[i] - (1 - log2(5 / 4.0)) * spread[3 * d * d + i] - log2(5 / 4.0) * spread[4 * d * d + i]) < 1e-6);
	recal_net_spread_at(d, spread, 1000, between);
	assert_memory_equal(between, spread + (RECAL_NET_SPREADS - 1) * d * d, sizeof(between));
	free(work);
	free(forward);
	end(&s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_kernels),
		cmocka_unit_test(test_user_vector),
		cmocka_unit_test(test_dropout_vectors),
		cmocka_unit_test(test_explain),
		cmocka_unit_test(test_profile),
		cmocka_unit_test(test_explain_linear),
		cmocka_unit_test(test_spread),
	};

	recal_blas_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
