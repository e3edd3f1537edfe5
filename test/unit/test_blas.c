/*
 * test_blas.c
 *		BLAS wrappers, random numbers and the transposition.
 */
#include "unit.h"

#include "recal_blas.h"

static void
self_check_passes(void **state)
{
	const char *message = recal_blas_self_check();

	if (message != NULL)
		fail_msg("%s", message);
	assert_true(strlen(recal_blas_corename()) > 0);
	assert_int_equal(recal_blas_is_threaded(), 0);
}

/* Shapes that are not square, with leading dimensions that are not the width */
static void
products_match_loops(void **state)
{
	const int	m = 5;
	const int	n = 7;
	const int	k = 3;
	float	   *a = unit_normals(20 * 20, 1, 1);
	float	   *b = unit_normals(20 * 20, 1, 2);
	float		c[20 * 20];
	float		y[20];

	for (int i = 0; i < 400; i++)
		c[i] = 1.0f;
	recal_gemm(m, n, k, 2.0f, a, 11, b, 12, 3.0f, c, 13);
	for (int i = 0; i < m; i++)
		for (int j = 0; j < n; j++)
		{
			double		sum = 0;

			for (int f = 0; f < k; f++)
				sum += (double) a[i * 11 + f] * b[f * 12 + j];
			assert_close(c[i * 13 + j], 2 * sum + 3, 1e-5);
		}
	assert_true(c[7] == 1.0f);

	recal_gemm_nt(m, n, k, 2.0f, a, 11, b, 12, 0.0f, c, 13);
	for (int i = 0; i < m; i++)
		for (int j = 0; j < n; j++)
		{
			double		sum = 0;

			for (int f = 0; f < k; f++)
				sum += (double) a[i * 11 + f] * b[j * 12 + f];
			assert_close(c[i * 13 + j], 2 * sum, 1e-5);
		}

	for (int i = 0; i < 400; i++)
		c[i] = 1.0f;
	recal_syrk_tn(m, n, 2.0f, a, 11, 1.0f, c, 13);
	for (int i = 0; i < m; i++)
		for (int j = 0; j < m; j++)
		{
			double		sum = 0;

			for (int r = 0; r < n; r++)
				sum += (double) a[r * 11 + i] * a[r * 11 + j];
			assert_close(c[i * 13 + j], j <= i ? 2 * sum + 1 : 1, 1e-5);
		}

	recal_syrk_nt(n, m, 2.0f, a, 11, 0.0f, c, 13);
	for (int i = 0; i < n; i++)
		for (int j = 0; j <= i; j++)
		{
			double		sum = 0;

			for (int f = 0; f < m; f++)
				sum += (double) a[i * 11 + f] * a[j * 11 + f];
			assert_close(c[i * 13 + j], 2 * sum, 1e-5);
		}

	recal_gemv(m, n, a, 11, b, y);
	for (int i = 0; i < m; i++)
	{
		double		sum = 0;

		for (int f = 0; f < n; f++)
			sum += (double) a[i * 11 + f] * b[f];
		assert_close(y[i], sum, 1e-5);
	}
	for (int i = 0; i < n; i++)
		y[i] = 1.0f;
	recal_gemv_t(m, n, a, 11, b, y);
	for (int f = 0; f < n; f++)
	{
		double		sum = 1;

		for (int i = 0; i < m; i++)
			sum += (double) a[i * 11 + f] * b[i];
		assert_close(y[f], sum, 1e-5);
	}
	free(a);
	free(b);
}

static void
factorizations_match_elimination(void **state)
{
	static const int sizes[] = {1, 2, 9, 64, 100};

	for (int s = 0; s < 5; s++)
	{
		const int	n = sizes[s];
		float	   *z = unit_normals((int64_t) n * n, 1, 3);
		float	   *a = unit_floats((int64_t) n * n);
		float	   *x = unit_normals(n, 1, 4);
		float	   *wide = unit_normals((int64_t) n * 3, 1, 5);
		double	   *full = unit_doubles((int64_t) n * n);
		double	   *inverse = unit_doubles((int64_t) n * n);
		double	   *copy = unit_doubles((int64_t) n * n);
		double	   *right = unit_doubles(n);
		float		first[3];

		for (int i = 0; i < n; i++)
		{
			for (int j = 0; j < n; j++)
			{
				double		sum = i == j ? n : 0;

				for (int k = 0; k < n; k++)
					sum += (double) z[i * n + k] * z[j * n + k];
				full[i * n + j] = sum;
				a[i * n + j] = j <= i ? (float) sum : NAN;	/* the upper triangle is not read */
			}
			right[i] = x[i];
		}
		memcpy(copy, full, sizeof(double) * (size_t) n * n);
		unit_solve(n, copy, right);
		unit_invert(n, full, inverse);
		assert_int_equal(recal_potrf(n, a, n), 0);
		recal_potrs(n, a, n, x);
		for (int i = 0; i < n; i++)
			assert_close(x[i], right[i], 1e-5);

		/* l b must give back what went into trsm */
		memcpy(first, wide, sizeof(first));
		recal_trsm(n, 3, a, n, wide, 3);
		for (int j = 0; j < 3; j++)
			assert_close(a[0] * wide[j], first[j], 1e-5);
		if (n > 1)
		{
			float	   *again = unit_normals((int64_t) n * 3, 1, 5);

			for (int j = 0; j < 3; j++)
			{
				double		sum = 0;

				for (int k = 0; k < n; k++)
					sum += (double) a[(n - 1) * n + k] * wide[k * 3 + j];
				assert_close(sum, again[(n - 1) * 3 + j], 1e-4);
			}
			free(again);
		}
		assert_int_equal(recal_potri(n, a, n), 0);
		for (int i = 0; i < n * n; i++)
			assert_close(a[i], inverse[i], 1e-5);

		/* a matrix that is not positive definite is told */
		for (int i = 0; i < n * n; i++)
			a[i] = i % (n + 1) == 0 ? -1.0f : 0.0f;
		assert_true(recal_potrf(n, a, n) > 0);
		free(z);
		free(a);
		free(x);
		free(wide);
		free(full);
		free(inverse);
		free(copy);
		free(right);
	}
}

static void
eigenvectors_are_ordered_columns(void **state)
{
	static const int sizes[] = {1, 2, 3, 30, 129};

	for (int s = 0; s < 5; s++)
	{
		const int	d = sizes[s];
		float	   *z = unit_normals((int64_t) d * d, 1, 6);
		double	   *a = unit_doubles((int64_t) d * d);
		double	   *v = unit_doubles((int64_t) d * d);
		double	   *w = unit_doubles(d);
		double	   *work = unit_doubles(recal_syev_work_size(d));

		for (int i = 0; i < d; i++)
			for (int j = 0; j < d; j++)
				v[i * d + j] = a[i * d + j] = z[i * d + j] + z[j * d + i];
		assert_int_equal(recal_syev(d, v, w, work), 0);
		for (int k = 0; k < d; k++)
		{
			double		norm = 0;
			double		largest = 0;

			for (int i = 0; i < d; i++)
			{
				double		sum = 0;

				for (int j = 0; j < d; j++)
					sum += a[i * d + j] * v[j * d + k];
				assert_close(sum, w[k] * v[i * d + k], 1e-10);
				norm += v[i * d + k] * v[i * d + k];
				if (fabs(v[i * d + k]) > fabs(largest))
					largest = v[i * d + k];
			}
			assert_close(norm, 1, 1e-12);
			assert_true(largest > 0);
			if (k > 0)
				assert_true(w[k] <= w[k - 1]);
		}
		free(z);
		free(a);
		free(v);
		free(w);
		free(work);
	}
}

static void
random_numbers_are_functions(void **state)
{
	/* recorded: models of a seed must not change from release to release */
	assert_true(recal_rng_bits(0, 0, 0) == UINT64_C(0x238275bc38fcbe91));
	assert_true(recal_rng_bits(42, 7, 1000) == UINT64_C(0x2ff263d09e37e573));
	assert_true(recal_rng_bits(1, 2, 3) != recal_rng_bits(2, 2, 3));
	assert_true(recal_rng_bits(1, 2, 3) != recal_rng_bits(1, 3, 3));
	assert_true(recal_rng_bits(1, 2, 3) != recal_rng_bits(1, 2, 4));
	assert_true(recal_rng_bits(1, 2, 3) != recal_rng_bits(1, 3, 2));
}

static void
random_numbers_are_distributed(void **state)
{
	const int	n = 200000;
	double		moments[5] = {0};
	double		mean = 0;
	double		lag = 0;
	int			within = 0;
	int			bins[16] = {0};

	for (int i = 0; i < n; i++)
	{
		double		u = recal_rng_uniform(1, 2, (uint64_t) i);
		double		x = recal_rng_normal(1, 3, (uint64_t) i);

		assert_true(u >= 0 && u < 1);
		assert_true(isfinite(x));
		mean += u / n;
		bins[(int) (16 * u)]++;
		lag += (u - 0.5) * (recal_rng_uniform(1, 2, (uint64_t) i + 1) - 0.5) / n;
		for (int k = 1; k < 5; k++)
			moments[k] += pow(x, k) / n;
		within += fabs(x) < 1;
	}
	assert_close(mean, 0.5, 0.002);
	for (int b = 0; b < 16; b++)
		assert_in_range(bins[b], n / 16 - 600, n / 16 + 600);
	assert_close(lag, 0, 0.001);
	assert_close(moments[1], 0, 0.01);
	assert_close(moments[2], 1, 0.01);
	assert_close(moments[3], 0, 0.03);
	assert_close(moments[4], 3, 0.03);
	assert_close((double) within / n, 0.6827, 0.005);
}

static void
transposition_is_exact(void **state)
{
	static const int shapes[][2] = {{1, 1}, {30, 1}, {1, 30}, {40, 25}, {25, 60}};

	for (int s = 0; s < 5; s++)
	{
		RecalCsr	m = unit_matrix(shapes[s][0], shapes[s][1], 30);
		RecalCsr	t = unit_transposed(&m, shapes[s][1]);
		RecalCsr	back = unit_transposed(&t, shapes[s][0]);
		int64_t		nnz = recal_csr_nnz(&m);

		assert_int_equal(t.nrows, shapes[s][1]);
		assert_int_equal(recal_csr_nnz(&t), nnz);
		for (int64_t c = 0; c < t.nrows; c++)
			for (int64_t k = t.offsets[c]; k < t.offsets[c + 1]; k++)
			{
				int32_t		r = t.columns[k];
				bool		found = false;

				if (k > t.offsets[c])
					assert_true(t.columns[k - 1] < r);
				for (int64_t j = m.offsets[r]; j < m.offsets[r + 1]; j++)
					if (m.columns[j] == c)
						found = m.confidences[j] == t.confidences[k];
				assert_true(found);
			}
		assert_int_equal(back.nrows, m.nrows);
		assert_memory_equal(back.offsets, m.offsets, sizeof(int64_t) * ((size_t) m.nrows + 1));
		if (nnz > 0)
		{
			assert_memory_equal(back.columns, m.columns, sizeof(int32_t) * (size_t) nnz);
			assert_memory_equal(back.confidences, m.confidences, sizeof(float) * (size_t) nnz);
		}
		unit_free_matrix(&m);
		unit_free_matrix(&t);
		unit_free_matrix(&back);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(self_check_passes),
		cmocka_unit_test(products_match_loops),
		cmocka_unit_test(factorizations_match_elimination),
		cmocka_unit_test(eigenvectors_are_ordered_columns),
		cmocka_unit_test(random_numbers_are_functions),
		cmocka_unit_test(random_numbers_are_distributed),
		cmocka_unit_test(transposition_is_exact),
	};

	recal_blas_init();
	return cmocka_run_group_tests_name("blas", tests, NULL, NULL);
}
