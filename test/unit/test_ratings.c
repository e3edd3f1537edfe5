/*
 * test_ratings.c
 *		The row solve for ratings: targets, ridges by coordinate, biases within the
 *		factors; against elimination in double precision.
 */
#include <math.h>
#include <string.h>

#include "recal_als.h"
#include "recal_posterior.h"
#include "unit.h"

#define FIXED	1e12f			/* as training holds the constant coordinate */

typedef struct Ratings
{
	int			d;				/* columns, the first two of the biases */
	float	   *y;				/* [items × d] rows (1, b_i, y) */
	RecalCsr	rows;
	float		ridge;
	float		bias_ridge;
	float	   *more;			/* [d] */
	float	   *prior;			/* [d] */
	float		least;
	float	   *work;
} Ratings;

/* Users 0, 1, 2, ... with 0, 1, 3, 7, ... ratings of items strewn about */
static Ratings
make_ratings(int d, int users, int items, float ridge, float bias_ridge)
{
	Ratings		r = {.d = d, .ridge = ridge, .bias_ridge = bias_ridge};
	float	   *values = unit_normals((int64_t) items * users, 1.3, 31);
	int64_t		n = 0;

	r.y = unit_normals((int64_t) items * d, 0.6, 30);
	for (int i = 0; i < items; i++)
		r.y[i * d] = 1;
	r.rows.nrows = users;
	r.rows.offsets = unit_alloc(sizeof(int64_t) * (size_t) (users + 1));
	r.rows.columns = unit_alloc(sizeof(int32_t) * (size_t) (items * users));
	r.rows.confidences = unit_alloc(sizeof(float) * (size_t) (items * users));
	r.rows.offsets[0] = 0;
	for (int u = 0; u < users; u++)
	{
		int			count = u < 10 ? (1 << u) - 1 : u * 13;

		for (int j = 0; j < count && j < items; j++)
		{
			r.rows.columns[n] = count >= items ? j : (j * (items / count));
			r.rows.confidences[n] = values[n];
			n++;
		}
		r.rows.offsets[u + 1] = n;
	}
	/* a rating that is the mean is an observation, too */
	if (n > 0)
		r.rows.confidences[n - 1] = 0;
	r.least = ridge < bias_ridge ? ridge : bias_ridge;
	r.more = unit_floats(d);
	r.prior = unit_floats(d);
	for (int f = 0; f < d; f++)
	{
		r.more[f] = ridge - r.least;
		r.prior[f] = 0;
	}
	r.more[0] = bias_ridge - r.least;
	r.more[1] = FIXED;
	r.prior[1] = (FIXED + r.least) / r.least;
	r.work = unit_floats(recal_als_work_size(d));
	free(values);
	return r;
}

static void
free_ratings(Ratings *r)
{
	free(r->y);
	free(r->rows.offsets);
	free(r->rows.columns);
	free(r->rows.confidences);
	free(r->more);
	free(r->prior);
	free(r->work);
}

/* (b_u, 1, x) by elimination, and the objective at it */
static double
solve_plainly(const Ratings *r, int64_t row, double *x)
{
	const int	d = r->d;
	const int	m = d - 1;		/* unknowns: all but the constant */
	double	   *a = unit_alloc(sizeof(double) * (size_t) m * (m + 1));
	double	   *z = unit_alloc(sizeof(double) * (size_t) m);
	double		objective = 0;

	memset(a, 0, sizeof(double) * (size_t) m * (m + 1));
	for (int f = 0; f < m; f++)
		a[f * (m + 1) + f] = f == 0 ? r->bias_ridge : r->ridge;
	for (int64_t k = r->rows.offsets[row]; k < r->rows.offsets[row + 1]; k++)
	{
		const float *y = r->y + (int64_t) r->rows.columns[k] * d;
		double		target = r->rows.confidences[k] - (double) y[1];

		for (int f = 0; f < m; f++)
			z[f] = y[f == 0 ? 0 : f + 1];
		for (int f = 0; f < m; f++)
		{
			for (int g = 0; g < m; g++)
				a[f * (m + 1) + g] += z[f] * z[g];
			a[f * (m + 1) + m] += z[f] * target;
		}
	}
	for (int p = 0; p < m; p++)	/* positive definite: no pivoting */
		for (int f = p + 1; f < m; f++)
		{
			double		factor = a[f * (m + 1) + p] / a[p * (m + 1) + p];

			for (int g = p; g <= m; g++)
				a[f * (m + 1) + g] -= factor * a[p * (m + 1) + g];
		}
	for (int f = m - 1; f >= 0; f--)
	{
		double		sum = a[f * (m + 1) + m];

		for (int g = f + 1; g < m; g++)
			sum -= a[f * (m + 1) + g] * z[g];
		z[f] = sum / a[f * (m + 1) + f];
	}
	x[0] = z[0];
	x[1] = 1;
	for (int f = 1; f < m; f++)
		x[f + 1] = z[f];
	for (int f = 0; f < m; f++)
		objective += (f == 0 ? r->bias_ridge : r->ridge) * z[f] * z[f];
	for (int64_t k = r->rows.offsets[row]; k < r->rows.offsets[row + 1]; k++)
	{
		const float *y = r->y + (int64_t) r->rows.columns[k] * d;
		double		residual = r->rows.confidences[k];

		for (int f = 0; f < d; f++)
			residual -= x[f] * y[f];
		objective += residual * residual;
	}
	free(a);
	free(z);
	return objective;
}

static void
half_step_is_least_squares_with_biases(void **state)
{
	static const int dimensions[] = {3, 4, 18, 66, 300};
	static const float ridges[][2] = {{10, 3}, {2, 5}, {1e6f, 3}, {2000, 3}};

	for (int i = 0; i < 20; i++)
	{
		Ratings		r = make_ratings(dimensions[i / 4], 14, 400, ridges[i % 4][0], ridges[i % 4][1]);
		float	   *x = unit_floats(r.rows.nrows * r.d);
		double	   *expected = unit_alloc(sizeof(double) * (size_t) r.d);
		double		objective = 0;
		double		loss = 0;
		int64_t		bad;
		RecalAlsHalfStep step = {.d = r.d, .ratings = true, .unobserved_weight = 1,
			.regularization = r.least, .nfixed = 400, .fixed = r.y, .eigenvalues = r.more,
		.rows = &r.rows, .prior = r.prior, .solved = x};

		assert_null(recal_als_solve_rows(&step, NULL, 0, r.rows.nrows, r.work, &loss, &bad,
										 NULL, NULL));
		for (int64_t u = 0; u < r.rows.nrows; u++)
		{
			objective += solve_plainly(&r, u, expected);
			for (int f = 0; f < r.d; f++)
				assert_true(fabs(x[u * r.d + f] - expected[f]) < 2e-4 * (1 + fabs(expected[f])));
			assert_true(fabsf(x[u * r.d + 1] - 1) < 1e-6f);
		}
		assert_close(loss, objective, 1e-4);
		free(x);
		free(expected);
		free_ratings(&r);
	}
}

/* Serving knows the items' biases, and solves without them. */
static void
fold_in_and_reasons_agree(void **state)
{
	Ratings		r = make_ratings(18, 14, 400, 10, 3);
	double	   *expected = unit_alloc(sizeof(double) * (size_t) r.d);
	float		x[18];
	float		y[18];

	r.more[1] = 0;
	for (int64_t u = 0; u < r.rows.nrows; u++)
	{
		int64_t		offset = r.rows.offsets[u];
		int64_t		n = r.rows.offsets[u + 1] - offset;
		float	   *gathered = unit_floats((n + 1) * r.d);
		float	   *targets = unit_floats(n + 1);
		float	   *reasons = unit_floats(n + 1);
		double		score = 0;
		double		sum = 0;

		for (int64_t j = 0; j < n; j++)
		{
			memcpy(gathered + j * r.d, r.y + (int64_t) r.rows.columns[offset + j] * r.d,
				   sizeof(float) * (size_t) r.d);
			targets[j] = r.rows.confidences[offset + j] - gathered[j * r.d + 1];
			gathered[j * r.d + 1] = 0;
		}
		memcpy(y, r.y, sizeof(y));
		y[0] = y[1] = 0;
		assert_null(recal_als_reasons(r.d, true, 1, r.least, r.more, n, gathered, targets, y,
									  reasons, r.work, NULL, NULL));
		assert_null(recal_als_fold_in(r.d, true, 1, r.least, r.more, n, gathered, targets, NULL,
									  x, r.work, NULL, NULL));
		(void) solve_plainly(&r, u, expected);
		for (int f = 0; f < r.d; f++)
			if (f != 1)
				assert_true(fabs(x[f] - expected[f]) < 1e-4 * (1 + fabs(expected[f])));
		for (int f = 2; f < r.d; f++)
			score += x[f] * r.y[f];
		for (int64_t j = 0; j < n; j++)
			sum += reasons[j];
		assert_true(fabs(score - sum) < 1e-4);
		free(gathered);
		free(targets);
		free(reasons);
	}
	free(expected);
	free_ratings(&r);
}

/* Noise is the mean squared residual, each rating counting once. */
static void
noise_of_ratings(void **state)
{
	Ratings		r = make_ratings(6, 14, 400, 10, 3);
	float	   *x = unit_normals(r.rows.nrows * r.d, 0.3, 40);
	float	   *work = unit_floats(recal_posterior_fit_work_size(r.d));
	float		mean[6];
	float		covariance[36];
	float		s[36];
	float		t[36];
	float		scratch[36];
	float		noise;
	double		squares = 0;
	float		ones[8] = {1, 1, 1, 1, 1, 1, 1, 1};

	assert_null(recal_posterior_fit(x, &r.rows, true, r.y, r.d, 1000, mean, covariance, &noise,
									work, NULL, NULL));
	for (int64_t u = 0; u < r.rows.nrows; u++)
		for (int64_t k = r.rows.offsets[u]; k < r.rows.offsets[u + 1]; k++)
		{
			double		residual = r.rows.confidences[k];

			for (int f = 0; f < r.d; f++)
				residual -= (double) x[u * r.d + f] * r.y[(int64_t) r.rows.columns[k] * r.d + f];
			squares += residual * residual;
		}
	assert_close(noise, squares / (double) recal_csr_nnz(&r.rows), 1e-4);

	/* no confidences are all the same as ones */
	assert_null(recal_posterior_covariance(r.d, covariance, noise, 8, r.y, NULL, s, scratch));
	assert_null(recal_posterior_covariance(r.d, covariance, noise, 8, r.y, ones, t, scratch));
	assert_memory_equal(s, t, sizeof(s));
	free(x);
	free(work);
	free_ratings(&r);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(half_step_is_least_squares_with_biases),
		cmocka_unit_test(fold_in_and_reasons_agree),
		cmocka_unit_test(noise_of_ratings),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
