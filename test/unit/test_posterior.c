/*
 * test_posterior.c
 *		Posteriors against explicit inverses.
 */
#include "unit.h"

#include "recal_blas.h"
#include "recal_posterior.h"

/* a random covariance with eigenvalues from about 1 to 1/100, in both precisions */
static float *
make_covariance(int d, uint64_t stream, double *exact)
{
	float	   *z = unit_normals((int64_t) d * d, 1 / sqrt(d), stream);
	float	   *c = unit_floats((int64_t) d * d);

	for (int i = 0; i < d; i++)
		for (int j = 0; j < d; j++)
		{
			double		sum = i == j ? 0.01 : 0;

			for (int k = 0; k < d; k++)
				sum += (double) z[i * d + k] * z[j * d + k];
			c[i * d + j] = (float) sum;
			exact[i * d + j] = c[i * d + j];
		}
	free(z);
	return c;
}

/* (C⁻¹ + Σ |c| y yᵀ / σ²)⁻¹ as it is written */
static void
posterior_plainly(int d, const double *c, double noise, int64_t n, const float *y,
				  const float *confidences, double *s)
{
	double	   *precision = unit_doubles((int64_t) d * d);

	unit_invert(d, c, precision);
	for (int64_t j = 0; j < n; j++)
		for (int a = 0; a < d; a++)
			for (int b = 0; b < d; b++)
				precision[a * d + b] += fabs((double) confidences[j]) / noise * y[j * d + a] * y[j * d + b];
	unit_invert(d, precision, s);
	free(precision);
}

static void
covariance_matches_inverse(void **state)
{
	static const int sizes[][2] = {{1, 0}, {1, 1}, {5, 2}, {5, 40}, {33, 1}, {64, 17}, {64, 100}};

	for (int t = 0; t < 7; t++)
	{
		const int	d = sizes[t][0];
		const int	n = sizes[t][1];
		double	   *exact = unit_doubles((int64_t) d * d);
		double	   *expected = unit_doubles((int64_t) d * d);
		float	   *c = make_covariance(d, 60, exact);
		float	   *y = unit_normals((int64_t) n * d + 1, 0.5, 61);
		float	   *confidences = unit_normals(n + 1, 1, 62);
		float	   *s = unit_floats((int64_t) d * d);
		float	   *work = unit_floats((int64_t) d * d);

		posterior_plainly(d, exact, 0.3, n, y, confidences, expected);
		assert_null(recal_posterior_covariance(d, c, 0.3f, n, y, confidences, s, work));
		for (int i = 0; i < d * d; i++)
			assert_close(s[i], expected[i], 1e-5);
		free(exact);
		free(expected);
		free(c);
		free(y);
		free(confidences);
		free(s);
		free(work);
	}
}

static double
quadratic(int d, const float *y, const float *s)
{
	double		sum = 0;

	for (int i = 0; i < d; i++)
		for (int j = 0; j < d; j++)
			sum += (double) y[i] * s[i * d + j] * y[j];
	return sum;
}

static void
more_data_less_variance(void **state)
{
	const int	d = 24;
	double	   *exact = unit_doubles(d * d);
	float	   *c = make_covariance(d, 63, exact);
	float	   *y = unit_normals(60 * d, 0.5, 64);
	float	   *probes = unit_normals(10 * d, 0.5, 65);
	float		confidences[60];
	float	   *s = unit_floats(d * d);
	float	   *work = unit_floats(d * d);
	double		previous[10];

	for (int j = 0; j < 60; j++)
		confidences[j] = j % 2 ? 1.0f : -1.0f;
	for (int n = 0; n <= 60; n += 5)
	{
		assert_null(recal_posterior_covariance(d, c, 0.2f, n, y, confidences, s, work));
		for (int k = 0; k < 10; k++)
		{
			double		variance = quadratic(d, probes + k * d, s);

			assert_true(variance > 0);
			if (n == 0)
				assert_close(variance, quadratic(d, probes + k * d, c), 1e-6);
			else
				assert_true(variance < previous[k]);
			previous[k] = variance;
		}
	}
	assert_true(previous[0] < 0.2 * quadratic(d, probes, c));
	free(exact);
	free(c);
	free(y);
	free(probes);
	free(s);
	free(work);
}

/* The items' short cut against S_i by an explicit inverse, and the score's variance by sampling */
static void
score_variance_is_the_variance(void **state)
{
	static const float masses[] = {0, 0.5f, 3, 200};
	const int	d = 12;
	double	   *items = unit_doubles(d * d);
	double	   *moment = unit_doubles(d * d);
	double	   *precision = unit_doubles(d * d);
	double	   *si = unit_doubles(d * d);
	double	   *unused = unit_doubles(d * d);
	float	   *item_covariance = make_covariance(d, 70, items);
	float	   *user_moment = make_covariance(d, 71, moment);
	float	   *s = make_covariance(d, 72, unused);
	float	   *x = unit_normals(d, 1, 73);
	float	   *y = unit_normals(d, 1, 74);
	float	   *transform = unit_floats(d * d);
	float	   *work = unit_floats(d * d);
	double	   *space = unit_doubles(recal_posterior_item_transform_work_size(d));
	float		rates[12];
	float		loadings[12];

	assert_null(recal_posterior_item_transform(d, item_covariance, user_moment, transform, rates, space));
	for (int a = 0; a < d; a++)
		for (int b = 0; b < d; b++)
		{
			double		product = 0;
			double		diagonal = 0;

			for (int k = 0; k < d; k++)
				product += (double) transform[a * d + k] * transform[b * d + k];
			for (int f = 0; f < d; f++)
				for (int g = 0; g < d; g++)
					diagonal += (double) transform[f * d + a] * user_moment[f * d + g] * transform[g * d + b];
			assert_close(product, item_covariance[a * d + b], 1e-5);
			assert_close(diagonal, a == b ? rates[a] : 0, 1e-5);
		}
	recal_posterior_item_loadings(d, transform, x, s, loadings, work);
	for (int t = 0; t < 4; t++)
	{
		const double noise = 0.4;
		double		expected = quadratic(d, y, s);
		double		variance;

		unit_invert(d, items, precision);
		for (int i = 0; i < d * d; i++)
			precision[i] += masses[t] / noise * moment[i];
		unit_invert(d, precision, si);
		for (int a = 0; a < d; a++)
			for (int b = 0; b < d; b++)
				expected += si[a * d + b] * ((double) x[a] * x[b] + s[a * d + b]);
		variance = recal_posterior_score_variance(d, y, s, loadings, rates, masses[t], 0.4f);
		assert_close(variance, expected, 1e-4);

		if (t == 2)
		{
			/* draws of both factors */
			float	   *lu = unit_floats(d * d);
			float	   *li = unit_floats(d * d);
			double		sum = 0;
			double		squares = 0;
			const int	draws = 200000;

			for (int i = 0; i < d * d; i++)
			{
				lu[i] = s[i];
				li[i] = (float) si[i];
			}
			assert_int_equal(recal_potrf(d, lu, d), 0);
			assert_int_equal(recal_potrf(d, li, d), 0);
			for (int r = 0; r < draws; r++)
			{
				double		zu[12];
				double		zi[12];
				double		score = 0;

				for (int f = 0; f < d; f++)
				{
					zu[f] = recal_rng_normal(1, 75, (uint64_t) (r * d + f));
					zi[f] = recal_rng_normal(1, 76, (uint64_t) (r * d + f));
				}
				for (int f = 0; f < d; f++)
				{
					double		xf = x[f];
					double		yf = y[f];

					for (int k = 0; k <= f; k++)
					{
						xf += lu[f * d + k] * zu[k];
						yf += li[f * d + k] * zi[k];
					}
					score += xf * yf;
				}
				sum += score;
				squares += score * score;
			}
			squares = squares / draws - sum / draws * (sum / draws);
			assert_true(fabs(squares / variance - 1) < 0.02);
			free(lu);
			free(li);
		}
	}
	free(items);
	free(moment);
	free(precision);
	free(si);
	free(unused);
	free(item_covariance);
	free(user_moment);
	free(s);
	free(x);
	free(y);
	free(transform);
	free(work);
	free(space);
}

/* The fit as it is defined, in double and with inverses */
static void
fit_plainly(const float *x, const RecalCsr *m, const float *y, int d, double *mean, double *c,
			double *noise)
{
	double	   *moment = unit_doubles(d * d);
	double	   *s = unit_doubles(d * d);
	double	   *total = unit_doubles(d * d);
	float	   *gathered = unit_floats(200 * d);
	double		squares = 0;
	double		mass = 0;
	int			used = 0;

	memset(moment, 0, sizeof(double) * (size_t) d * d);
	memset(mean, 0, sizeof(double) * (size_t) d);
	for (int64_t r = 0; r < m->nrows; r++)
		if (m->offsets[r + 1] > m->offsets[r])
		{
			used++;
			for (int f = 0; f < d; f++)
				mean[f] += x[r * d + f];
		}
	for (int f = 0; f < d; f++)
		mean[f] /= used;
	for (int64_t r = 0; r < m->nrows; r++)
	{
		if (m->offsets[r + 1] == m->offsets[r])
			continue;
		for (int a = 0; a < d; a++)
			for (int b = 0; b < d; b++)
				moment[a * d + b] += (x[r * d + a] - mean[a]) * (x[r * d + b] - mean[b]) / used;
		for (int64_t k = m->offsets[r]; k < m->offsets[r + 1]; k++)
		{
			double		residual = m->confidences[k] > 0;

			for (int f = 0; f < d; f++)
				residual -= (double) x[r * d + f] * y[m->columns[k] * d + f];
			squares += fabs((double) m->confidences[k]) * residual * residual;
			mass += fabs((double) m->confidences[k]);
		}
	}
	*noise = squares / mass;
	memcpy(c, moment, sizeof(double) * (size_t) d * d);
	for (int round = 0; round < 3; round++)
	{
		memset(total, 0, sizeof(double) * (size_t) d * d);
		for (int64_t r = 0; r < m->nrows; r++)
		{
			int64_t		offset = m->offsets[r];
			int64_t		n = m->offsets[r + 1] - offset;

			if (n == 0)
				continue;
			for (int64_t j = 0; j < n; j++)
				memcpy(gathered + j * d, y + m->columns[offset + j] * d, sizeof(float) * (size_t) d);
			posterior_plainly(d, c, *noise, n, gathered, m->confidences + offset, s);
			for (int i = 0; i < d * d; i++)
				total[i] += s[i] / used;
		}
		for (int i = 0; i < d * d; i++)
			c[i] = moment[i] + total[i];
	}
	free(moment);
	free(s);
	free(total);
	free(gathered);
}

static void
fit_matches_definition(void **state)
{
	static const int dimensions[] = {1, 6, 20};

	for (int t = 0; t < 3; t++)
	{
		const int	d = dimensions[t];
		RecalCsr	m = unit_matrix(80, 150, 80);
		float	   *x = unit_normals(80 * d, 0.3, 81);
		float	   *y = unit_normals(150 * d, 0.3, 82);
		float	   *mean = unit_floats(d);
		float	   *c = unit_floats(d * d);
		float	   *work = unit_floats(recal_posterior_fit_work_size(d));
		double	   *exact_mean = unit_doubles(d);
		double	   *exact = unit_doubles(d * d);
		double		exact_noise;
		float		noise;

		for (int i = 0; i < 80 * d; i++)
			x[i] += 0.2f;
		fit_plainly(x, &m, y, d, exact_mean, exact, &exact_noise);
		assert_null(recal_posterior_fit(x, &m, false, y, d, 1000, mean, c, &noise, work, NULL, NULL));
		assert_close(noise, exact_noise, 1e-5);
		for (int f = 0; f < d; f++)
			assert_close(mean[f], exact_mean[f], 1e-5);
		for (int i = 0; i < d * d; i++)
			assert_close(c[i], exact[i], 2e-4);

		/* a sample is near it, and is not it */
		assert_null(recal_posterior_fit(x, &m, false, y, d, 40, mean, c, &noise, work, NULL, NULL));
		assert_close(mean[0], exact_mean[0], 1e-5);
		assert_true(noise != (float) exact_noise);
		assert_close(noise, exact_noise, 0.3);
		unit_free_matrix(&m);
		free(x);
		free(y);
		free(mean);
		free(c);
		free(work);
		free(exact_mean);
		free(exact);
	}
}

static void
fit_survives_little_data(void **state)
{
	/* users, factors' size, observations or not */
	static const struct
	{
		int			users;
		int			d;
		float		size;
		bool		observed;
	}			cases[] = {{1, 40, 1, true}, {3, 40, 1, true}, {5, 1, 1, true}, {1, 1, 0, true},
	{4, 10, 0, true}, {6, 12, 1, false}, {1, 300, 0.1f, true}, {0, 5, 1, false}};

	for (int t = 0; t < 8; t++)
	{
		const int	d = cases[t].d;
		RecalCsr	m = unit_matrix(cases[t].users, 9, 83);
		float	   *x = unit_normals(cases[t].users * d + 1, cases[t].size, 84);
		float	   *y = unit_normals(9 * d, 1, 85);
		float	   *mean = unit_floats(d);
		float	   *c = unit_floats(d * d);
		float	   *work = unit_floats(recal_posterior_fit_work_size(d));
		float		noise;

		if (!cases[t].observed)
			memset(m.offsets, 0, sizeof(int64_t) * ((size_t) cases[t].users + 1));
		assert_null(recal_posterior_fit(x, &m, false, y, d, 1000, mean, c, &noise, work, NULL, NULL));
		assert_true(noise > 0 && isfinite(noise));
		for (int f = 0; f < d; f++)
			assert_true(isfinite(mean[f]));
		for (int i = 0; i < d; i++)
			for (int j = 0; j < i; j++)
				assert_true(c[i * d + j] == c[j * d + i]);
		assert_int_equal(recal_potrf(d, c, d), 0);
		unit_free_matrix(&m);
		free(x);
		free(y);
		free(mean);
		free(c);
		free(work);
	}
}

static void
non_finite_is_told(void **state)
{
	const int	d = 4;
	RecalCsr	m = unit_matrix(20, 9, 86);
	float	   *x = unit_normals(20 * d, 1, 87);
	float	   *y = unit_normals(9 * d, 1, 88);
	float		mean[4];
	float		c[16];
	float		rates[4];
	float	   *work = unit_floats(recal_posterior_fit_work_size(d));
	float	   *s = unit_floats(d * d);
	double	   *space = unit_doubles(recal_posterior_item_transform_work_size(d));
	const float one = 1.0f;
	float		noise;

	/* row 4 has observations */
	assert_true(m.offsets[5] > m.offsets[4]);
	x[4 * d] = INFINITY;
	assert_non_null(recal_posterior_fit(x, &m, false, y, d, 1000, mean, c, &noise, work, NULL, NULL));

	/* neither is a matrix that is no covariance taken for one */
	for (int i = 0; i < 16; i++)
		c[i] = i % 5 == 0 ? -1.0f : 0.0f;
	assert_non_null(recal_posterior_covariance(d, c, 1.0f, 1, y, &one, s, work));
	assert_non_null(recal_posterior_item_transform(d, c, c, s, rates, space));
	unit_free_matrix(&m);
	free(x);
	free(y);
	free(work);
	free(s);
	free(space);
}

static void
largest_dimension(void **state)
{
	const int	d = 1024;
	float	   *c = unit_floats((int64_t) d * d);
	float	   *y = unit_normals(9 * d, 1 / sqrt(d), 90);
	float	   *s = unit_floats((int64_t) d * d);
	float	   *work = unit_floats((int64_t) d * d);
	float		confidences[9];

	memset(c, 0, sizeof(float) * (size_t) d * d);
	for (int f = 0; f < d; f++)
		c[(size_t) f * d + f] = 0.5f;
	for (int j = 0; j < 9; j++)
		confidences[j] = 2.0f;

	/* with C = I/2 a single observation leaves yᵀSy = v / (1 + v·c/σ²), v = |y|²/2 */
	assert_null(recal_posterior_covariance(d, c, 0.1f, 1, y, confidences, s, work));
	{
		double		v = quadratic(d, y, c);

		assert_close(quadratic(d, y, s), v / (1 + v * 2 / 0.1), 1e-4);
	}
	assert_null(recal_posterior_covariance(d, c, 0.1f, 9, y, confidences, s, work));
	assert_true(quadratic(d, y + 8 * d, s) < 0.1);
	free(c);
	free(y);
	free(s);
	free(work);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(covariance_matches_inverse),
		cmocka_unit_test(more_data_less_variance),
		cmocka_unit_test(score_variance_is_the_variance),
		cmocka_unit_test(fit_matches_definition),
		cmocka_unit_test(fit_survives_little_data),
		cmocka_unit_test(non_finite_is_told),
		cmocka_unit_test(largest_dimension),
	};

	recal_blas_init();
	return cmocka_run_group_tests_name("posterior", tests, NULL, NULL);
}
