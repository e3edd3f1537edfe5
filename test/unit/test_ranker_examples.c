/*
 * test_ranker_examples.c
 *		What the ranker is trained on: which rows are targets, and that an example
 *		knows nothing of its row or of any after it.
 */
#include "ranker_setup.h"

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

/* The chance to be drawn; of so few items the factors' best are all that are not seen. */
static double
expected_chance(const Setup *s, int64_t row, int64_t group_row, int32_t item)
{
	double		hard = 0;
	double		pool = 0;
	bool		counted[ITEMS] = {0};
	bool		seen[ITEMS] = {0};
	bool		seen_by_group[ITEMS] = {0};

	for (int64_t i = 0; i < row; i++)
	{
		counted[s->items[i]] = true;
		if (s->users[i] == s->users[row])
			seen[s->items[i]] = true;
		if (s->users[i] == s->users[row] && i < group_row)
			seen_by_group[s->items[i]] = true;
	}
	for (int i = 0; i < ITEMS; i++)
	{
		hard += !seen_by_group[i];
		pool += counted[i] && !seen[i];
	}
	return 1 - (1 - RECAL_RANK_UNIFORM / (double) ITEMS) * (1 - fmin(1, RECAL_RANK_HARD / hard)) *
		(counted[item] ? 1 - fmin(1, RECAL_RANK_POOLED / pool) : 1);
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
			if (c > 0)
				assert_close(e.corrections[at * RECAL_RANK_CANDIDATES + c],
							 -log(expected_chance(&s, row, targets[t - t % 32], items[c])), 1e-5);
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

/* In a larger catalogue the hard ones are among the factors' best. */
static void
test_hard(void **state)
{
	enum
	{
		nitems = 6000
	};
	int32_t		users[3] = {0, 0, 0};
	int32_t		items[3] = {5, 17, 40};
	double		times[3] = {1, 2, 3};
	RecalRankRows rows = {3, 1, nitems, users, items, times};
	int64_t    *offsets = unit_alloc(sizeof(int64_t) * (nitems + 1));
	int64_t    *counts = unit_alloc(sizeof(int64_t) * nitems);
	float	   *factors = unit_normals(nitems, 1, 31);
	float		vector = 1.5f;
	int64_t		target = 2;
	RecalRankExamples e = make_examples(1);
	RecalRankSources sources = {.d = 1, .item_factors = factors, .ntargets = 1, .targets = &target,
	.vectors = &vector, .seed = 2};
	RecalCounters c;
	RecalRankPass pass;
	RecalRankView view;
	void	   *memory[4];

	memset(counts, 0, sizeof(int64_t) * nitems);
	memory[0] = unit_alloc((size_t) recal_counters_bytes(nitems, recal_counters_plan(nitems, counts, 0, offsets)));
	memory[1] = unit_alloc((size_t) recal_rank_pass_bytes(&rows));
	memory[2] = unit_alloc((size_t) recal_rank_view_bytes(nitems, 1));
	memory[3] = unit_alloc((size_t) recal_rank_build_bytes(nitems, 1));
	recal_counters_init(&c, nitems, offsets, 3, 1, 3, memory[0]);
	recal_rank_pass_start(&pass, &rows, &c, memory[1]);
	recal_rank_view_bind(&view, &c, 1, memory[2]);
	factors[5] = 100;
	recal_rank_build(&pass, &view, &sources, &e, memory[3], NULL, NULL);
	assert_int_equal(e.n, 1);

	/* the target, uniform ones, hard ones; all else that is counted is seen */
	assert_int_equal(e.counts[0], 1 + RECAL_RANK_UNIFORM + RECAL_RANK_HARD);
	for (int i = 1; i < e.counts[0]; i++)
	{
		int			better = 0;

		assert_int_not_equal(e.items[i], 5);
		for (int j = 0; j < nitems; j++)
			better += j != 5 && j != 17 && factors[j] > factors[e.items[i]];
		if (i > RECAL_RANK_UNIFORM)
			assert_true(better < RECAL_RANK_HARD_DEPTH);
		assert_close(e.corrections[i], -log(1 - (1 - 10.0 / nitems) *
											(better < RECAL_RANK_HARD_DEPTH ? 1 - 10.0 / 500 : 1)), 1e-5);
	}
	for (int i = 0; i < 4; i++)
		free(memory[i]);
	free(offsets);
	free(counts);
	free(factors);
	free_examples(&e);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_targets),
		cmocka_unit_test(test_examples),
		cmocka_unit_test(test_hard),
		cmocka_unit_test(test_no_leakage),
	};

	recal_blas_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
