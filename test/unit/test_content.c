/*
 * test_content.c
 *		The regression from features to factors, against plain loops.
 */
#include "unit.h"

#include "recal_content.h"

/* Rows with an intercept, a number, and up to three of the other features. */
static RecalFeatureRows
make_rows(int64_t n, int p)
{
	RecalFeatureRows rows;
	int64_t		nnz = 0;

	rows.nrows = n;
	rows.width = p;
	rows.offsets = unit_alloc(sizeof(int64_t) * (size_t) (n + 1));
	rows.columns = unit_alloc(sizeof(int32_t) * (size_t) (n * 5));
	rows.values = unit_floats(n * 5);
	for (int64_t i = 0; i < n; i++)
	{
		rows.offsets[i] = nnz;
		if (i % 11 == 7)
			continue;			/* nothing is known */
		rows.columns[nnz] = 0;
		rows.values[nnz++] = 1;
		rows.columns[nnz] = 1;
		rows.values[nnz++] = (float) recal_rng_normal(5, 1, (uint64_t) i);
		for (int k = 0; k < 3; k++)
		{
			int			column = 2 + k * ((p - 2) / 3) +
				(int) (recal_rng_uniform(5, 2, (uint64_t) (i * 3 + k)) * ((p - 2) / 3 - 1));

			if (i % 3 == k)
				continue;
			rows.columns[nnz] = column;
			rows.values[nnz++] = .7f;
		}
	}
	rows.offsets[n] = nnz;
	return rows;
}

static void
free_rows(RecalFeatureRows *rows)
{
	free(rows->offsets);
	free(rows->columns);
	free(rows->values);
}

static void
fit_is_the_minimum(void **state)
{
	enum
	{
		N = 300,
		P = 24,
		D = 5
	};
	RecalFeatureRows rows = make_rows(N, P);
	float	   *factors = unit_normals(N * D, 1, 3);
	float	   *weights = unit_floats(N);
	double	   *dense = unit_doubles(N * P);
	double	   *system = unit_doubles(P * P);
	double	   *right = unit_doubles(P * D);
	float	   *w = unit_floats(P * D);
	const double ridge = 2.5;

	for (int i = 0; i < N; i++)
		weights[i] = i % 13 == 5 ? 0 : (float) (.1 + recal_rng_uniform(5, 4, (uint64_t) i));
	memset(dense, 0, sizeof(double) * N * P);
	for (int i = 0; i < N; i++)
		for (int64_t j = rows.offsets[i]; j < rows.offsets[i + 1]; j++)
			dense[i * P + rows.columns[j]] = rows.values[j];

	assert_null(recal_content_system(&rows, weights, ridge, system, NULL, NULL));
	assert_null(recal_content_fit(&rows, weights, system, factors, D, right, w, NULL, NULL));
	for (int f = 0; f < D; f++)
	{
		double		a[P * P];
		double		b[P];

		for (int r = 0; r < P; r++)
		{
			b[r] = 0;
			for (int i = 0; i < N; i++)
				b[r] += weights[i] * dense[i * P + r] * factors[i * D + f];
			for (int c = 0; c < P; c++)
			{
				a[r * P + c] = r == c ? ridge : 0;
				for (int i = 0; i < N; i++)
					a[r * P + c] += weights[i] * dense[i * P + r] * dense[i * P + c];
			}
		}
		unit_solve(P, a, b);
		for (int r = 0; r < P; r++)
			assert_close(w[r * D + f], b[r], 1e-5);
	}

	/* and a row's factor from it */
	for (int i = 0; i < N; i++)
	{
		float		out[D];

		recal_content_row((int) (rows.offsets[i + 1] - rows.offsets[i]),
						  rows.columns + rows.offsets[i], rows.values + rows.offsets[i], w, D, out);
		for (int f = 0; f < D; f++)
		{
			double		expected = 0;

			for (int r = 0; r < P; r++)
				expected += dense[i * P + r] * w[r * D + f];
			assert_close(out[f], expected, 1e-5);
		}
	}
	free_rows(&rows);
	free(factors);
	free(weights);
	free(dense);
	free(system);
	free(right);
	free(w);
}

/* Factors that are a function of the features are found again. */
static void
truth_is_recovered(void **state)
{
	enum
	{
		N = 2000,
		P = 14,
		D = 3
	};
	RecalFeatureRows rows = make_rows(N, P);
	float	   *truth = unit_normals(P * D, 1, 8);
	float	   *factors = unit_floats(N * D);
	float	   *weights = unit_floats(N);
	double	   *system = unit_doubles(P * P);
	double	   *right = unit_doubles(P * D);
	float	   *w = unit_floats(P * D);
	float		found[D];

	for (int i = 0; i < N; i++)
	{
		weights[i] = 1;
		recal_content_row((int) (rows.offsets[i + 1] - rows.offsets[i]),
						  rows.columns + rows.offsets[i], rows.values + rows.offsets[i], truth, D,
						  factors + i * D);
	}
	assert_null(recal_content_system(&rows, weights, 1e-3, system, NULL, NULL));
	assert_null(recal_content_fit(&rows, weights, system, factors, D, right, w, NULL, NULL));
	for (int i = 0; i < N; i++)
	{
		recal_content_row((int) (rows.offsets[i + 1] - rows.offsets[i]),
						  rows.columns + rows.offsets[i], rows.values + rows.offsets[i], w, D, found);
		for (int f = 0; f < D; f++)
			assert_close(found[f], factors[i * D + f], 1e-3);
	}
	free_rows(&rows);
	free(truth);
	free(factors);
	free(weights);
	free(system);
	free(right);
	free(w);
}

static void
nothing_known_is_zero(void **state)
{
	int64_t		offsets[] = {0, 0, 0};
	RecalFeatureRows rows = {2, 3, offsets, NULL, NULL};
	float		weights[] = {1, 1};
	float		factors[] = {1, 2, 3, 4};
	double		system[9];
	double		right[6];
	float		w[6];
	float		out[2] = {7, 7};

	assert_null(recal_content_system(&rows, weights, .5, system, NULL, NULL));
	assert_null(recal_content_fit(&rows, weights, system, factors, 2, right, w, NULL, NULL));
	for (int k = 0; k < 6; k++)
		assert_float_equal(w[k], 0, 0);
	recal_content_row(0, NULL, NULL, w, 2, out);
	assert_float_equal(out[0], 0, 0);
	assert_float_equal(out[1], 0, 0);
}

static void
no_solution_is_told(void **state)
{
	int64_t		offsets[] = {0, 1};
	int32_t		columns[] = {0};
	float		values[] = {1};
	RecalFeatureRows rows = {1, 1, offsets, columns, values};
	float		weights[] = {1};
	float		bad[] = {NAN};
	double		system[1];
	double		right[1];
	float		w[1];

	assert_non_null(recal_content_system(&rows, weights, -2, system, NULL, NULL));
	assert_null(recal_content_system(&rows, weights, 1, system, NULL, NULL));
	assert_non_null(recal_content_fit(&rows, weights, system, bad, 1, right, w, NULL, NULL));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(fit_is_the_minimum),
		cmocka_unit_test(truth_is_recovered),
		cmocka_unit_test(nothing_known_is_zero),
		cmocka_unit_test(no_solution_is_told),
	};

	return cmocka_run_group_tests_name("content", tests, NULL, NULL);
}
