/*
 * test_pca.c
 *		Principal components.
 */
#include "unit.h"

#include "recal_pca.h"

/* Points on a long and a short axis, turned by 30 degrees and moved away from 0. */
static void
axes_are_found(void **state)
{
	enum
	{
		N = 40
	};
	const double c = sqrt(3) / 2;
	const double s = .5;
	float		x[N * 2];
	float		coordinates[N * 2];
	double		share[2];
	double	   *work = calloc((size_t) recal_pca_work_size(2), sizeof(double));

	for (int i = 0; i < N; i++)
	{
		double		a = i % 2 == 0 ? (i - (N - 2) / 2) : 0;
		double		b = i % 2 == 1 ? (i - N / 2) / 10.0 : 0;

		x[i * 2] = (float) (7 + c * a - s * b);
		x[i * 2 + 1] = (float) (-3 + s * a + c * b);
	}
	assert_int_equal(recal_pca(N, 2, x, 2, coordinates, share, work), 0);
	assert_true(share[0] > .98);
	assert_float_equal(share[0] + share[1], 1, 1e-6);
	for (int i = 0; i < N; i++)
	{
		double		a = i % 2 == 0 ? (i - (N - 2) / 2) : 0;

		assert_true(fabs(coordinates[i * 2] - a) < 1e-3);
		assert_true(fabs(fabs(coordinates[i * 2 + 1]) - (i % 2 == 1 ? fabs((i - N / 2) / 10.0) : 0)) < 1e-3);
	}
	free(work);
}

/* Nothing to see is no error. */
static void
alike_rows_have_no_components(void **state)
{
	float		x[] = {1, 2, 1, 2, 1, 2};
	float		coordinates[3 * 3];
	double		share[3];
	double	   *work = calloc((size_t) recal_pca_work_size(2), sizeof(double));

	assert_int_equal(recal_pca(3, 2, x, 3, coordinates, share, work), 0);
	for (int i = 0; i < 9; i++)
		assert_float_equal(coordinates[i], 0, 0);
	assert_float_equal(share[0] + share[1] + share[2], 0, 0);

	/* one dimension has one component */
	x[0] = -1;
	x[1] = 1;
	assert_int_equal(recal_pca(2, 1, x, 2, coordinates, share, work), 0);
	assert_float_equal(fabsf(coordinates[0]), 1, 1e-6);
	assert_float_equal(coordinates[1], 0, 0);
	assert_float_equal(share[0], 1, 1e-9);
	assert_float_equal(share[1], 0, 0);

	/* nor is a single row, or none */
	assert_int_equal(recal_pca(1, 2, x, 2, coordinates, share, work), 0);
	assert_float_equal(share[0], 0, 0);
	assert_int_equal(recal_pca(0, 2, x, 2, coordinates, share, work), 0);
	free(work);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(axes_are_found),
		cmocka_unit_test(alike_rows_have_no_components),
	};

	return cmocka_run_group_tests_name("pca", tests, NULL, NULL);
}
