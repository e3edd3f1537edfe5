/*
 * test_ranker.c
 *		The ranker's counters, features and candidates against plain loops, its
 *		examples for what they must not know, and its gradients.
 */
#include "unit.h"

#include "recal_blas.h"
#include "recal_ranker.h"

/*
 * Made-up rows.
 */
#define USERS 40
#define ITEMS 60
#define D 5

typedef struct Setup
{
	RecalRankRows rows;
	int32_t    *users;
	int32_t    *items;
	double	   *times;
	RecalCounters counters;
	void	   *memory;
	RecalRankPass pass;
	void	   *pass_memory;
	float	   *factors;		/* [ITEMS × D] */
} Setup;

static RecalCounters
make_counters(const RecalRankRows *rows, int64_t max_slots, void **memory)
{
	int64_t		counts[ITEMS] = {0};
	int64_t		offsets[ITEMS + 1];
	RecalCounters c;

	for (int64_t i = 0; i < rows->n; i++)
		counts[rows->items[i]]++;
	(void) recal_counters_plan(rows->nitems, counts, max_slots, offsets);
	*memory = unit_alloc((size_t) recal_counters_bytes(rows->nitems, offsets[rows->nitems]));
	recal_counters_init(&c, rows->nitems, offsets, rows->n, rows->times[0], rows->times[rows->n - 1],
						*memory);
	return c;
}

static void
begin(Setup *s, int64_t n, bool ordinal, int64_t max_slots)
{
	s->users = unit_alloc(sizeof(int32_t) * (size_t) n);
	s->items = unit_alloc(sizeof(int32_t) * (size_t) n);
	s->times = unit_doubles(n);
	for (int64_t i = 0; i < n; i++)
	{
		double		u = recal_rng_uniform(5, 1, (uint64_t) i);
		double		v = recal_rng_uniform(5, 2, (uint64_t) i);

		s->users[i] = (int32_t) (u * u * USERS);
		s->items[i] = (int32_t) (v * v * (ITEMS - 3));
		s->times[i] = ordinal ? (double) i : 1.3e9 + 500.0 * (double) (i / 3);
	}
	s->rows = (RecalRankRows) {n, USERS, ITEMS, s->users, s->items, s->times};
	s->counters = make_counters(&s->rows, max_slots, &s->memory);
	s->pass_memory = unit_alloc((size_t) recal_rank_pass_bytes(&s->rows));
	recal_rank_pass_start(&s->pass, &s->rows, &s->counters, s->pass_memory);
	s->factors = unit_normals(ITEMS * D, 1, 77);
}

static void
end(Setup *s)
{
	free(s->users);
	free(s->items);
	free(s->times);
	free(s->memory);
	free(s->pass_memory);
	free(s->factors);
}

/*
 * Counters.
 */

/* Newest items of a user before a row, newest first, straight from the rows */
static int
newest_before(const Setup *s, int64_t row, int32_t user, int32_t *recent)
{
	int			n = 0;

	for (int64_t i = row - 1; i >= 0 && n < RECAL_RANK_RECENT; i--)
		if (s->users[i] == user)
			recent[n++] = s->items[i];
	return n;
}

/* Meetings (or transitions) of a with b in the first n rows */
static double
meetings(const Setup *s, int64_t n, int32_t a, int32_t b, bool after)
{
	double		sum = 0;

	for (int64_t row = 0; row < n; row++)
	{
		int32_t		recent[RECAL_RANK_RECENT];
		int			count;
		bool		met = false;

		if (s->items[row] != b && (after || s->items[row] != a))
			continue;
		count = newest_before(s, row, s->users[row], recent);
		for (int k = 0; k < (after && count > 0 ? 1 : count); k++)
			met |= recent[k] == (s->items[row] == b ? a : b);
		sum += met;
	}
	return sum;
}

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
static double
span(const Setup *s, double t)
{
	return t > 0 ? log1p(t / s->counters.head->unit) : 0;
}

/* The features of an item for a user before a row, by their definitions */
static void
expected_features(const Setup *s, int64_t row, int32_t user, int32_t item, double now,
				  const float *x, double *out)
{
	const float *y = s->factors + item * D;
	int32_t		recent[RECAL_RANK_RECENT];
	int			nrecent = newest_before(s, row, user, recent);
	double		taste[4] = {0};
	double		counts[ITEMS] = {0};
	double		first[ITEMS];
	double		last[ITEMS];
	double		nrows = 0;
	double		user_last = 0;
	double		weight = 0;
	double		decay = 1;
	double		best = -2;
	double		sums[4] = {0};

	for (int i = 0; i < RECAL_RANK_NFEATURES; i++)
		out[i] = 0;
	for (int64_t i = 0; i < row; i++)
	{
		int32_t		had = s->items[i];

		if (s->users[i] == user)
		{
			double		age = counts[had] > 0 ? span(s, s->times[i] - first[had]) : 0;
			double		idle = counts[had] > 0 ? span(s, s->times[i] - last[had]) : 0;

			taste[0] = taste[0] * 0.9 + 1;
			taste[1] = taste[1] * 0.9 + log1p(counts[had]);
			taste[2] = taste[2] * 0.9 + age;
			taste[3] = taste[3] * 0.9 + idle;
			nrows++;
			user_last = s->times[i];
		}
		if (counts[had]++ == 0)
			first[had] = s->times[i];
		last[had] = s->times[i];
	}
	for (int f = 0; f < D && x != NULL; f++)
		out[RECAL_RANK_FACTORS] += (double) x[f] * y[f];
	for (int k = 0; k < nrecent; k++, decay *= 0.7)
	{
		const float *v = s->factors + recent[k] * D;
		double		dot = 0;
		double		lengths = 0;
		double		own = 0;

		for (int f = 0; f < D; f++)
		{
			dot += (double) v[f] * y[f];
			lengths += (double) v[f] * v[f];
			own += (double) y[f] * y[f];
		}
		if (k < RECAL_RANK_SHORT)
		{
			out[RECAL_RANK_SHORT_TERM] += decay * dot;
			weight += decay;
		}
		if (k < RECAL_RANK_CLOSE)
			best = fmax(best, dot / sqrt(lengths * own));
		if (recent[k] != item)
		{
			double		normal = sqrt((counts[item] + 3) * (counts[recent[k]] + 3));
			double		after = meetings(s, row, recent[k], item, true) / normal;
			double		together = meetings(s, row, recent[k], item, false) / normal;

			sums[0] += k == 0 ? after : 0;
			sums[1] += k < RECAL_RANK_CLOSE ? decay * after : 0;
			sums[2] += k == 0 ? together : 0;
			sums[3] += together;
		}
	}
	if (nrecent > 0)
	{
		out[RECAL_RANK_SHORT_TERM] /= weight;
		out[RECAL_RANK_COSINE] = best;
		for (int t = 0; t < 3; t++)
			out[RECAL_RANK_TASTE_COUNT + t] = taste[t + 1] / taste[0];
		out[RECAL_RANK_USER_IDLE] = span(s, now - user_last);
	}
	for (int k = 0; k < 4; k++)
		out[RECAL_RANK_AFTER + k] = log1p(100 * sums[k]);
	out[RECAL_RANK_HISTORY] = log1p(nrows);
	out[RECAL_RANK_COUNT] = log1p(counts[item]);
	if (counts[item] > 0)
	{
		out[RECAL_RANK_AGE] = span(s, now - first[item]);
		out[RECAL_RANK_IDLE] = span(s, now - last[item]);
	}
	for (int h = 0; h < RECAL_RANK_HALVES; h++)
	{
		double		half = fmax(1, recal_rank_halves[h] * (double) s->rows.n);
		double		decayed = 0;
		double		window = 0;

		for (int64_t i = 0; i < row; i++)
		{
			double		share = exp2(-(double) (row - 1 - i) / half);

			window += share;
			if (s->items[i] == item)
				decayed += share;
		}
		out[RECAL_RANK_DECAYED + h] = log1p(10 * decayed);
		out[RECAL_RANK_TREND + h] = row > 0 ? log((decayed + 0.5) / (counts[item] * window / (double) row + 0.5)) : 0;
	}
}

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

/*
 * Examples.
 */
static void
test_targets(void **state)
{
	Setup		s;
	int64_t		work[2 * USERS];
	int64_t		targets[800];
	int64_t		some[800];
	int64_t		n;

	begin(&s, 800, true, INT64_MAX);
	n = recal_rank_choose_targets(&s.rows, INT64_MAX, 1, work, targets);
	for (int64_t i = 1; i < n; i++)
		assert_true(targets[i] > targets[i - 1]);
	for (int32_t user = 0; user < USERS; user++)
	{
		int64_t		count = 0;
		int64_t		later = 0;
		int64_t		chosen = 0;
		int64_t		last;

		for (int64_t i = 0; i < 800; i++)
			count += s.users[i] == user;
		last = (count + 3) / 4 < RECAL_RANK_TARGETS ? (count + 3) / 4 : RECAL_RANK_TARGETS;
		for (int64_t t = n - 1, i = 799; i >= 0; i--)
		{
			bool		is_target = t >= 0 && targets[t] == i;

			t -= is_target;
			if (s.users[i] != user)
				continue;
			if (later++ < last)
				assert_true(is_target);
			else
				assert_true(!is_target || count - later < RECAL_RANK_FIRST);
			chosen += is_target;
		}
		assert_true(chosen <= last + RECAL_RANK_FIRST);
	}
	assert_true(recal_rank_choose_targets(&s.rows, n / 2, 1, work, some) <= n / 2);
	assert_true(recal_rank_choose_targets(&s.rows, n / 2, 1, work, some) > n / 8);
	assert_int_equal(recal_rank_choose_targets(&s.rows, 0, 1, work, some), 0);
	end(&s);
}

static RecalRankExamples
make_examples(int64_t max)
{
	RecalRankExamples e = {0};

	e.users = unit_alloc(sizeof(int32_t) * (size_t) max);
	e.counts = unit_alloc(sizeof(int32_t) * (size_t) max);
	e.items = unit_alloc(sizeof(int32_t) * RECAL_RANK_CANDIDATES * (size_t) max);
	e.corrections = unit_floats(max * RECAL_RANK_CANDIDATES);
	e.features = unit_floats(max * RECAL_RANK_CANDIDATES * RECAL_RANK_NFEATURES);
	return e;
}

static void
free_examples(RecalRankExamples *e)
{
	free(e->users);
	free(e->counts);
	free(e->items);
	free(e->corrections);
	free(e->features);
}

static RecalRankExamples
build(Setup *s, int64_t ntargets, const int64_t *targets, const float *vectors)
{
	RecalRankExamples e = make_examples(ntargets);
	RecalRankView view;
	void	   *memory = unit_alloc((size_t) recal_rank_view_bytes(ITEMS, D));
	void	   *work = unit_alloc((size_t) recal_rank_build_bytes(ITEMS, D));
	RecalRankSources sources = {.d = D, .item_factors = s->factors, .ntargets = ntargets,
	.targets = targets, .vectors = vectors, .seed = 9};

	recal_rank_view_bind(&view, &s->counters, D, memory);
	recal_rank_build(&s->pass, &view, &sources, &e, work, NULL, NULL);
	free(memory);
	free(work);
	return e;
}

static void
test_examples(void **state)
{
	Setup		s;
	int64_t		work[2 * USERS];
	int64_t		targets[600];
	int64_t		n;
	int64_t		at = 0;
	float	   *vectors = unit_normals(600 * D, 1, 8);
	RecalRankExamples e;

	begin(&s, 600, false, INT64_MAX);
	n = recal_rank_choose_targets(&s.rows, INT64_MAX, 1, work, targets);
	e = build(&s, n, targets, vectors);
	assert_int_equal(s.pass.at, 600);
	for (int64_t t = 0; t < n; t++)
	{
		int64_t		row = targets[t];
		bool		seen[ITEMS] = {0};
		int			checked = 0;

		for (int64_t i = 0; i < row; i++)
			if (s.users[i] == s.users[row])
				seen[s.items[i]] = true;
		if (seen[s.items[row]])
			continue;
		assert_int_equal(e.users[at], s.users[row]);
		assert_int_equal(e.items[at * RECAL_RANK_CANDIDATES], s.items[row]);
		assert_close(e.corrections[at * RECAL_RANK_CANDIDATES], 0, 0);
		for (int c = 0; c < e.counts[at]; c++)
		{
			const int32_t *items = e.items + at * RECAL_RANK_CANDIDATES;
			double		expected[RECAL_RANK_NFEATURES];

			assert_false(seen[items[c]]);
			for (int j = 0; j < c; j++)
				assert_int_not_equal(items[j], items[c]);
			assert_true(e.corrections[at * RECAL_RANK_CANDIDATES + c] >= 0);
			if (c % 9 > 0 || t % 5 > 0)
				continue;
			expected_features(&s, row, s.users[row], items[c], s.times[row], vectors + t * D, expected);
			for (int f = 0; f < RECAL_RANK_NFEATURES; f++)
				assert_close(e.features[(at * RECAL_RANK_CANDIDATES + c) * RECAL_RANK_NFEATURES + f],
							 expected[f], 2e-4);
			checked++;
		}
		assert_true(checked > 0 || t % 5 > 0);
		at++;
	}
	assert_int_equal(at, e.n);
	assert_true(at > 20);
	free_examples(&e);
	free(vectors);
	end(&s);
}

/* Nothing of the target's row, nor of any after it, is in an example. */
static void
test_no_leakage(void **state)
{
	int64_t		work[2 * USERS];
	int64_t		targets[600];
	int64_t		n;
	float	   *vectors = unit_normals(600 * D, 1, 8);
	RecalRankExamples e[2];
	int64_t		same = 0;
	const int64_t cut = 400;

	for (int which = 0; which < 2; which++)
	{
		Setup		s;

		begin(&s, 600, false, INT64_MAX);
		n = recal_rank_choose_targets(&s.rows, INT64_MAX, 1, work, targets);

		/* the counters' slots follow from all rows: what is changed must keep the counts */
		if (which == 1)
			for (int64_t i = cut, j = 599; i < j; i++, j--)
			{
				int32_t		item = s.items[i];

				s.items[i] = s.items[j];
				s.items[j] = item;
			}
		e[which] = build(&s, n, targets, vectors);
		end(&s);
	}
	while (same < e[0].n && same < e[1].n && e[0].users[same] == e[1].users[same] &&
		   e[0].items[same * RECAL_RANK_CANDIDATES] == e[1].items[same * RECAL_RANK_CANDIDATES])
		same++;
	assert_true(same > 5 && same < e[0].n);
	assert_memory_equal(e[0].counts, e[1].counts, sizeof(int32_t) * (size_t) same);
	for (int64_t i = 0; i < same; i++)
		assert_memory_equal(e[0].features + i * RECAL_RANK_CANDIDATES * RECAL_RANK_NFEATURES,
							e[1].features + i * RECAL_RANK_CANDIDATES * RECAL_RANK_NFEATURES,
							sizeof(float) * RECAL_RANK_NFEATURES * (size_t) e[0].counts[i]);
	free_examples(&e[0]);
	free_examples(&e[1]);
	free(vectors);
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
		cmocka_unit_test(test_targets),
		cmocka_unit_test(test_examples),
		cmocka_unit_test(test_no_leakage),
	};

	recal_blas_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
