/*
 * test_history.c
 *		Decay of a user's pairs by recency.
 */
#include "unit.h"

#include "recal_history.h"

static void
newest_counts_whole(void **state)
{
	RecalTimed	pairs[] = {{10, 5, 0}, {30, 1, 1}, {20, 9, 2}, {20, 3, 3}};
	float		confidences[] = {1, 2, -4, 8};

	recal_history_sort(pairs, 4);
	recal_history_decay(pairs, 4, .5, confidences);
	/* 30; then of 20 the higher item; then the other; then 10 */
	assert_float_equal(confidences[1], 2, 0);
	assert_float_equal(confidences[2], -2, 0);
	assert_float_equal(confidences[3], 2, 0);
	assert_float_equal(confidences[0], .125, 0);
}

static void
one_changes_nothing(void **state)
{
	RecalTimed	pairs[] = {{1, 0, 0}, {2, 1, 1}};
	float		confidences[] = {3, 4};

	recal_history_decay(pairs, 2, 1, confidences);
	assert_float_equal(confidences[0], 3, 0);
	assert_float_equal(confidences[1], 4, 0);
	recal_history_decay(pairs, 0, .5, confidences);
}

static void
long_histories_stay_above_zero(void **state)
{
	enum
	{
		N = 5000
	};
	static RecalTimed pairs[N];
	static float confidences[N];

	for (int i = 0; i < N; i++)
	{
		pairs[i] = (RecalTimed) {i, i, i};
		confidences[i] = 1;
	}
	recal_history_sort(pairs, N);
	recal_history_decay(pairs, N, .5, confidences);
	assert_float_equal(confidences[N - 1], 1, 0);
	for (int i = 0; i < N; i++)
		assert_true(confidences[i] > 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(newest_counts_whole),
		cmocka_unit_test(one_changes_nothing),
		cmocka_unit_test(long_histories_stay_above_zero),
	};

	return cmocka_run_group_tests_name("history", tests, NULL, NULL);
}
