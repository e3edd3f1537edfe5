/*
 * test_ranking.c
 *		Top-k and the evaluator's known answers.
 */
#include "unit.h"

#include "recal_ranking.h"

/* the order as it is defined, for qsort */
static int
compare_scored(const void *a, const void *b)
{
	const RecalScored *x = a;
	const RecalScored *y = b;

	if (x->score != y->score)
		return x->score > y->score ? -1 : 1;
	return x->index < y->index ? -1 : 1;
}

static void
topk_matches_full_sort(void **state)
{
	static const int ks[] = {1, 2, 10, 63, 500, 4000};
	const int	n = 3000;
	float		scores[3000];
	RecalScored *all = unit_alloc(sizeof(RecalScored) * 3000);
	RecalScored *heap = unit_alloc(sizeof(RecalScored) * 4000);

	/* kinds: distinct; many ties; all alike; mostly hidden; ascending */
	for (int kind = 0; kind < 5; kind++)
		for (int s = 0; s < 6; s++)
		{
			int			k = ks[s];
			int			shown = 0;
			int			size = 0;

			for (int i = 0; i < n; i++)
			{
				double		u = recal_rng_uniform(1, 40, (uint64_t) i);

				scores[i] = kind == 0 ? (float) u : kind == 1 ? floorf((float) (8 * u)) :
					kind == 2 ? -1.0f : kind == 3 ? (u < 0.99 ? -INFINITY : (float) u) : (float) i;
				if (kind < 3 && i % 11 == 0)
					scores[i] = -INFINITY;
				if (scores[i] > -INFINITY)
				{
					all[shown].score = scores[i];
					all[shown++].index = i;
				}
			}
			qsort(all, (size_t) shown, sizeof(RecalScored), compare_scored);

			/* in blocks, the last one first: the order of pushing does not matter */
			for (int first = 2900; first >= 0; first -= 100)
				recal_topk_push_block(heap, &size, k, scores + first, 100, first);
			assert_int_equal(size, k < shown ? k : shown);
			recal_topk_sort(heap, size);
			for (int i = 0; i < size; i++)
			{
				assert_int_equal(heap[i].index, all[i].index);
				assert_true(heap[i].score == all[i].score);
			}

			size = 0;
			recal_topk_push_block(heap, &size, k, scores, n, 0);
			recal_topk_sort(heap, size);
			for (int i = 0; i < size; i++)
				assert_int_equal(heap[i].index, all[i].index);
		}
	free(all);
	free(heap);
}

static void
hand_computed_example(void **state)
{
	/* order: 3, 0, (4 hidden), 1, 6, 2, 5; targets 0, 2 and 6 at ranks 2, 5, 4 */
	const float scores[] = {0.8f, 0.5f, 0.1f, 0.9f, -INFINITY, 0.0f, 0.5f};
	const int32_t targets[] = {0, 2, 6};
	const float popularity[] = {0.5f, 0.25f, 0, 1, 1, 1, 0.125f};
	uint8_t		shown[7] = {0};
	RecalScored heap[4];
	RecalRankMetrics m = {0};

	m.k = 4;
	assert_true(recal_metrics_add_user(&m, scores, 7, targets, 3, popularity, shown, heap));
	assert_int_equal(m.users, 1);
	assert_int_equal(m.shown, 4);
	assert_close(m.recall, 2.0 / 3, 1e-12);
	assert_close(m.hit_rate, 1, 1e-12);
	assert_close(m.mrr, 1.0 / 2, 1e-12);
	assert_close(m.map, (1.0 / 2 + 2.0 / 4) / 3, 1e-12);
	assert_close(m.ndcg, (1 / log2(3) + 1 / log2(5)) / (1 + 1 / log2(3) + 1 / log2(4)), 1e-12);

	/* others: 3, 1, 5; pairs in order: 0 before 1 and 5, 6 before 5, 2 before 5 */
	assert_close(m.auc, 4.0 / 9, 1e-12);
	assert_close(m.novelty, 0 + 1 + 2 + 3, 1e-12);
	assert_int_equal(shown[0] + shown[1] + shown[3] + shown[6], 4);
	assert_int_equal(shown[2] + shown[4] + shown[5], 0);

	/* the second user adds to the sums; recall divides by k when there are more targets */
	m.k = 2;
	assert_true(recal_metrics_add_user(&m, scores, 7, targets, 3, NULL, NULL, heap));
	assert_int_equal(m.users, 2);
	assert_close(m.recall, 2.0 / 3 + 1.0 / 2, 1e-12);
	assert_close(m.ndcg, (1 / log2(3) + 1 / log2(5)) / (1 + 1 / log2(3) + 1 / log2(4)) +
				 (1 / log2(3)) / (1 + 1 / log2(3)), 1e-12);
}

static void
oracle_is_one(void **state)
{
	float		scores[200];
	int32_t		targets[15];
	RecalScored heap[10];

	for (int ntargets = 1; ntargets <= 15; ntargets++)
	{
		RecalRankMetrics m = {0};

		m.k = 10;
		for (int i = 0; i < 200; i++)
			scores[i] = i % 3 == 0 ? -INFINITY : 0.0f;
		for (int t = 0; t < ntargets; t++)
		{
			targets[t] = 13 * t + (13 * t % 3 == 0);
			scores[targets[t]] = 1.0f + (float) t;
		}
		assert_true(recal_metrics_add_user(&m, scores, 200, targets, ntargets, NULL, NULL, heap));
		assert_close(m.recall, 1, 1e-12);
		assert_close(m.ndcg, 1, 1e-12);
		assert_close(m.map, 1, 1e-12);
		assert_close(m.mrr, 1, 1e-12);
		assert_close(m.hit_rate, 1, 1e-12);
		assert_close(m.auc, 1, 1e-12);
	}
}

static void
random_ranking_has_its_expectation(void **state)
{
	const int	n = 500;
	const int	users = 20000;
	float		scores[500];
	uint8_t		shown[500] = {0};
	RecalScored heap[20];
	RecalRankMetrics m = {0};
	double		ndcg = 0;
	double		mrr = 0;

	m.k = 20;
	for (int u = 0; u < users; u++)
	{
		int32_t		target = (int32_t) (recal_rng_bits(1, 50, (uint64_t) u) % 500);

		for (int i = 0; i < n; i++)
			scores[i] = (float) recal_rng_uniform(1, 51, (uint64_t) u * 500 + (uint64_t) i);
		assert_true(recal_metrics_add_user(&m, scores, n, &target, 1, NULL, shown, heap));
	}
	for (int rank = 1; rank <= n; rank++)
	{
		if (rank <= 20)
			ndcg += 1 / log2(rank + 1) / n;
		mrr += 1.0 / rank / n;
	}

	/* four standard errors or so */
	assert_close(m.recall / users, 20.0 / n, 0.006);
	assert_close(m.hit_rate / users, 20.0 / n, 0.006);
	assert_close(m.ndcg / users, ndcg, 0.003);
	assert_close(m.mrr / users, mrr, 0.0015);
	assert_close(m.auc / users, 0.5, 0.008);
	for (int i = 0; i < n; i++)
		assert_int_equal(shown[i], 1);
}

/* With all scores alike the order is that of the indexes, whoever is held out. */
static void
ties_know_nothing(void **state)
{
	float		scores[100];
	RecalScored heap[10];

	for (int i = 0; i < 100; i++)
		scores[i] = 0.25f;
	for (int32_t target = 0; target < 100; target++)
	{
		RecalRankMetrics m = {0};

		m.k = 10;
		assert_true(recal_metrics_add_user(&m, scores, 100, &target, 1, NULL, NULL, heap));
		assert_close(m.hit_rate, target < 10, 1e-12);
		assert_close(m.mrr, 1.0 / (target + 1), 1e-12);
		assert_close(m.auc, 1 - target / 99.0, 1e-12);
	}
}

static void
edges(void **state)
{
	float		scores[70];
	const int32_t target = 3;
	RecalScored heap[5];
	RecalRankMetrics m = {0};

	for (int i = 0; i < 70; i++)
		scores[i] = (float) i;
	m.k = 5;

	/* NaN is found wherever it is, and adds nothing */
	for (int i = 0; i < 70; i++)
	{
		scores[i] = NAN;
		assert_false(recal_metrics_add_user(&m, scores, 70, &target, 1, NULL, NULL, heap));
		scores[i] = (float) i;
	}
	assert_int_equal(m.users, 0);
	assert_true(m.recall == 0 && m.auc == 0);

	assert_true(recal_metrics_add_user(&m, scores, 70, &target, 0, NULL, NULL, heap));
	assert_int_equal(m.users, 0);

	/* nothing but the target may be shown: fewer than k are */
	for (int i = 0; i < 70; i++)
		scores[i] = i == 3 ? 0.0f : -INFINITY;
	assert_true(recal_metrics_add_user(&m, scores, 70, &target, 1, NULL, NULL, heap));
	assert_int_equal(m.shown, 1);
	assert_close(m.auc, 1, 1e-12);
	assert_close(m.ndcg, 1, 1e-12);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(topk_matches_full_sort),
		cmocka_unit_test(hand_computed_example),
		cmocka_unit_test(oracle_is_one),
		cmocka_unit_test(random_ranking_has_its_expectation),
		cmocka_unit_test(ties_know_nothing),
		cmocka_unit_test(edges),
	};

	return cmocka_run_group_tests_name("ranking", tests, NULL, NULL);
}
