/*
 * test_ranker.c
 *		The ranker's counters, features and candidates against plain loops.
 */
#include "ranker_setup.h"

/*
 * Counters.
 */

static double
slot_value(const RecalCounters *c, int32_t a, int32_t b, const float *values)
{
	for (int64_t slot = c->offsets[a]; slot < c->offsets[a + 1]; slot++)
		if (c->neighbours[slot] == b)
			return values[slot];
	return 0;
}

static void
test_counters(void **state)
{
	Setup		s;

	begin(&s, 700, false, INT64_MAX);
	for (int i = 0; i < 700; i++)
		recal_rank_pass_step(&s.pass);
	assert_int_equal(s.counters.head->rows, 700);
	for (int item = 0; item < ITEMS; item++)
	{
		double		decayed[RECAL_RANK_HALVES] = {0};
		int64_t		count = 0;
		double		first = 0;
		double		last = 0;

		for (int64_t i = 0; i < 700; i++)
			if (s.items[i] == item)
			{
				if (count++ == 0)
					first = s.times[i];
				last = s.times[i];
				for (int h = 0; h < RECAL_RANK_HALVES; h++)
					decayed[h] += exp2(-(double) (699 - i) / fmax(1, recal_rank_halves[h] * 700));
			}
		assert_int_equal(s.counters.items[item].count, count);
		assert_close(s.counters.items[item].first, first, 1e-12);
		assert_close(s.counters.items[item].last, last, 1e-12);
		for (int h = 0; h < RECAL_RANK_HALVES; h++)
			assert_close(recal_counters_decayed(&s.counters, item, h), decayed[h], 1e-4);
		for (int32_t other = 0; other < ITEMS; other++)
			if (other != item)
			{
				assert_close(slot_value(&s.counters, item, other, s.counters.together),
							 meetings(&s, 700, item, other, false), 1e-6);
				assert_close(slot_value(&s.counters, item, other, s.counters.after),
							 meetings(&s, 700, item, other, true), 1e-6);
			}
	}
	end(&s);
}

/* With places for two, the neighbour met least gives way, and of equals the first. */
static void
test_full_slots(void **state)
{
	int64_t		offsets[] = {0, 2, 2, 2, 2, 2, 2};
	void	   *memory = unit_alloc((size_t) recal_counters_bytes(6, 2));
	RecalCounters c;
	int32_t		a = 0;
	const int32_t after[] = {1, 2, 2, 3};

	recal_counters_init(&c, 6, offsets, 10, 0, 9, memory);
	for (int i = 0; i < 4; i++)
		recal_counters_add(&c, after[i], i, 1, &a);
	assert_int_equal(c.neighbours[0], 2);
	assert_int_equal(c.neighbours[1], 3);
	assert_close(c.together[0], 2, 0);
	assert_close(c.together[1], 1, 0);
	assert_close(c.after[0], 2, 0);
	recal_counters_add(&c, 3, 5, 1, &a);
	recal_counters_add(&c, 4, 6, 1, &a);
	assert_int_equal(c.neighbours[0], 3);
	assert_int_equal(c.neighbours[1], 4);

	/* what has no slots is counted all the same, and nothing is its own neighbour */
	recal_counters_add(&c, 0, 7, 1, &a);
	assert_int_equal(c.items[0].count, 1);
	assert_close(slot_value(&c, 0, 0, c.together), 0, 0);
	assert_int_equal(c.items[4].count, 1);
	free(memory);
}

static void
test_plan(void **state)
{
	int64_t		counts[] = {0, 1, 3, 100000, 20};
	int64_t		offsets[6];
	int64_t		all = recal_counters_plan(5, counts, INT64_MAX, offsets);

	assert_int_equal(offsets[5], all);
	assert_int_equal(offsets[4] - offsets[3], RECAL_RANK_NEIGHBOURS);
	assert_true(offsets[2] - offsets[1] >= 2 * RECAL_RANK_RECENT);
	assert_true(offsets[1] > 0);
	for (int64_t most = all - 1; most > 5 * RECAL_RANK_LEAST_NEIGHBOURS; most -= 17)
		assert_true(recal_counters_plan(5, counts, most, offsets) <= most);
	assert_int_equal(recal_counters_plan(5, counts, 0, offsets), 5 * RECAL_RANK_LEAST_NEIGHBOURS);
}

/* Stored, loaded elsewhere and counted on: the same bytes */
static void
test_stored(void **state)
{
	Setup		s;
	RecalCounters loaded;
	RecalCountedItem *items;
	int64_t		bytes;
	char	   *copy;

	begin(&s, 500, true, 1000);
	bytes = recal_counters_bytes(ITEMS, s.counters.head->slots);
	assert_true(s.counters.head->slots <= 1000);
	for (int i = 0; i < 300; i++)
		recal_rank_pass_step(&s.pass);
	copy = unit_alloc((size_t) bytes);
	memcpy(copy, s.memory, (size_t) bytes);
	assert_null(recal_counters_check(copy, bytes, ITEMS));
	recal_counters_bind(&loaded, copy);
	for (int i = 300; i < 500; i++)
	{
		int32_t		recent[RECAL_RANK_RECENT];
		int			n = newest_before(&s, i, s.users[i], recent);

		recal_counters_add(&loaded, s.items[i], s.times[i], n, recent);
		recal_rank_pass_step(&s.pass);
	}
	assert_memory_equal(copy, s.memory, (size_t) bytes);

	assert_non_null(recal_counters_check(copy, bytes - 1, ITEMS));
	assert_non_null(recal_counters_check(copy, 10, ITEMS));
	assert_non_null(recal_counters_check(copy, bytes, ITEMS + 1));
	loaded.neighbours[5] = ITEMS;
	assert_non_null(recal_counters_check(copy, bytes, ITEMS));
	loaded.neighbours[5] = 0;
	loaded.offsets[1] = loaded.offsets[ITEMS] + 1;
	assert_non_null(recal_counters_check(copy, bytes, ITEMS));
	loaded.offsets[1] = s.counters.offsets[1];
	items = loaded.items;
	items[3].count = -1;
	assert_non_null(recal_counters_check(copy, bytes, ITEMS));
	items[3].count = s.counters.items[3].count;
	loaded.head->unit = NAN;
	assert_non_null(recal_counters_check(copy, bytes, ITEMS));
	loaded.head->unit = 1;
	assert_null(recal_counters_check(copy, bytes, ITEMS));
	free(copy);
	end(&s);
}

static void
test_recent(void **state)
{
	Setup		s;
	RecalScored best[10];

	begin(&s, 600, false, INT64_MAX);
	assert_int_equal(recal_counters_recent(&s.counters, 1, 10, best, NULL, NULL), 0);
	for (int i = 0; i < 600; i++)
		recal_rank_pass_step(&s.pass);
	assert_int_equal(recal_counters_recent(&s.counters, 1, 10, best, NULL, NULL), 10);
	for (int i = 0; i < 10; i++)
	{
		int			better = 0;

		for (int32_t item = 0; item < ITEMS; item++)
			better += recal_counters_decayed(&s.counters, item, 1) > best[i].score;
		assert_int_equal(better, i);
	}
	end(&s);
}

/*
 * Features.
 */
static void
view_of(const Setup *s, RecalRankView *view, int32_t user, double now, const float *x)
{
	RecalRankUser known;
	float		vectors[RECAL_RANK_SHORT * D];

	recal_rank_pass_user(&s->pass, user, &known);
	known.vector = x;
	for (int k = 0; k < known.nrecent && k < RECAL_RANK_SHORT; k++)
		memcpy(vectors + k * D, s->factors + known.recent[k] * D, sizeof(float) * D);
	recal_rank_view_user(view, &known, now, vectors);
}

static void
features_of(bool ordinal)
{
	Setup		s;
	RecalRankView view;
	void	   *memory = unit_alloc((size_t) recal_rank_view_bytes(ITEMS, D));
	float	   *x = unit_normals(D, 1, 3);
	int32_t		all[ITEMS];
	float		features[ITEMS * RECAL_RANK_NFEATURES];
	double		expected[RECAL_RANK_NFEATURES];

	for (int i = 0; i < ITEMS; i++)
		all[i] = i;
	begin(&s, 500, ordinal, INT64_MAX);
	recal_rank_view_bind(&view, &s.counters, D, memory);
	for (int row = 0; row <= 500; row++)
	{
		/* one view for users of many rows, of few and of none */
		if (row % 83 == 0 || row == 500)
			for (int32_t user = 0; user < USERS; user += 13)
			{
				double		now = (row > 0 ? s.times[row - 1] : s.times[0]) + (user == 13 ? -50 : 1234);
				const float *vector = user == 26 ? NULL : x;

				view_of(&s, &view, user, now, vector);
				recal_rank_features(&view, ITEMS, all, s.factors, NULL, NULL, features);
				for (int item = 0; item < ITEMS; item += 7)
				{
					expected_features(&s, row, user, item, now, vector, expected);
					for (int f = 0; f < RECAL_RANK_NFEATURES; f++)
						if (!unit_close(features[item * RECAL_RANK_NFEATURES + f], expected[f], 2e-4))
							fail_msg("feature %d of item %d, row %d, user %d is %.9g, not %.9g", f, item,
									 row, user, features[item * RECAL_RANK_NFEATURES + f], expected[f]);
				}
			}
		if (row < 500)
			recal_rank_pass_step(&s.pass);
	}
	free(memory);
	free(x);
	end(&s);
}

static void
test_features(void **state)
{
	features_of(false);
	features_of(true);
}

/* What others compute is taken as it is. */
static void
test_given_features(void **state)
{
	Setup		s;
	RecalRankView view;
	void	   *memory = unit_alloc((size_t) recal_rank_view_bytes(ITEMS, D));
	int32_t		items[] = {3, 9};
	float		network[] = {0.5f, -2};
	float		overlaps[] = {0.1f, 0.2f, 0.3f, 0.4f};
	float		features[2 * RECAL_RANK_NFEATURES];

	begin(&s, 50, true, INT64_MAX);
	recal_rank_view_bind(&view, &s.counters, D, memory);
	view_of(&s, &view, 0, 0, NULL);
	recal_rank_features(&view, 2, items, s.factors, network, overlaps, features);
	for (int i = 0; i < 2; i++)
	{
		const float *row = features + i * RECAL_RANK_NFEATURES;

		assert_close(row[RECAL_RANK_NETWORK], network[i], 0);
		assert_close(row[RECAL_RANK_CONTENT], overlaps[2 * i], 0);
		assert_close(row[RECAL_RANK_CONTENT_LAST], overlaps[2 * i + 1], 0);

		/* nothing was counted, and nothing is known: all is finite */
		for (int f = 0; f < RECAL_RANK_NFEATURES; f++)
			assert_true(isfinite(row[f]));
	}
	free(memory);
	end(&s);
}

static void
test_overlaps(void **state)
{
	int64_t		offsets[] = {0, 2, 3, 3, 5};
	int32_t		columns[] = {0, 2, 2, 0, 3};
	float		values[] = {3, 4, 2, 1, 1};
	RecalFeatureRows content = {4, 4, offsets, columns, values};
	const int32_t items[] = {0, 1, 2, 3};
	const int32_t recent[] = {1, 0, 2};
	float		dense[4] = {0};
	float		overlaps[8];

	/* the profile is (.6, 0, 1.8, 0) */
	recal_rank_overlaps(&content, 3, recent, 4, items, dense, overlaps);
	assert_close(overlaps[0], (0.6 * 0.6 + 1.8 * 0.8) / sqrt(3.6), 1e-6);
	assert_close(overlaps[2], 1.8 / sqrt(3.6), 1e-6);
	assert_close(overlaps[4], 0, 0);
	assert_close(overlaps[6], 0.6 / sqrt(2) / sqrt(3.6), 1e-6);
	assert_close(overlaps[1], 0.8, 1e-6);
	assert_close(overlaps[3], 1, 1e-6);
	assert_close(overlaps[5], 0, 0);
	assert_close(overlaps[7], 0, 0);
	for (int f = 0; f < 4; f++)
		assert_close(dense[f], 0, 0);
	recal_rank_overlaps(&content, 0, recent, 4, items, dense, overlaps);
	for (int i = 0; i < 8; i++)
		assert_close(overlaps[i], 0, 0);
}

/*
 * Candidates.
 */
static void
test_pool(void **state)
{
	Setup		s;
	RecalRankView view;
	void	   *memory = unit_alloc((size_t) recal_rank_view_bytes(ITEMS, D));
	RecalScored best[ITEMS];
	RecalScored recent[ITEMS];
	bool		excluded[ITEMS] = {0};
	int32_t		pool[RECAL_RANK_POOL];
	int			nrecent;
	int			n;

	begin(&s, 600, false, INT64_MAX);
	for (int i = 0; i < 600; i++)
		recal_rank_pass_step(&s.pass);
	recal_rank_view_bind(&view, &s.counters, D, memory);
	view_of(&s, &view, 1, 2e9, NULL);
	nrecent = recal_counters_recent(&s.counters, 1, 8, recent, NULL, NULL);
	for (int i = 0; i < 4; i++)
		best[i] = (RecalScored) {4.0f - (float) i, ITEMS - 1 - 2 * i};
	for (int which = 0; which < 2; which++)
	{
		bool		in[ITEMS] = {0};

		if (which == 1)
			(void) recal_rank_pass_seen(&s.pass, 1, true, excluded);
		excluded[best[1].index] = which == 1;
		n = recal_rank_pool(&view, 4, best, nrecent, recent, which == 1 ? excluded : NULL, pool);
		assert_true(n > 0 && n <= RECAL_RANK_POOL);
		for (int i = 0; i < n; i++)
		{
			assert_true(i == 0 || pool[i] > pool[i - 1]);
			assert_false(which == 1 && excluded[pool[i]]);
			in[pool[i]] = true;
		}
		for (int32_t item = 0; item < ITEMS; item++)
		{
			bool		expected = view.sums[3][item] > 0;

			for (int i = 0; i < nrecent; i++)
				expected |= recent[i].index == item;
			for (int i = 0; i < 4; i++)
				expected |= best[i].index == item;
			assert_int_equal(in[item], expected && !(which == 1 && excluded[item]));
		}
	}
	(void) recal_rank_pass_seen(&s.pass, 1, false, excluded);
	excluded[best[1].index] = false;
	for (int i = 0; i < ITEMS; i++)
		assert_false(excluded[i]);
	free(memory);
	end(&s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_counters),
		cmocka_unit_test(test_full_slots),
		cmocka_unit_test(test_plan),
		cmocka_unit_test(test_stored),
		cmocka_unit_test(test_recent),
		cmocka_unit_test(test_features),
		cmocka_unit_test(test_given_features),
		cmocka_unit_test(test_overlaps),
		cmocka_unit_test(test_pool),
	};

	recal_blas_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
