/*
 * test_ranker_content.c
 *		Overlaps of content against the definition, and content as it is stored.
 */
#include "unit.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "recal_ranker.h"

#define ITEMS 40
#define WIDTH 12

typedef struct Setup
{
	RecalFeatureRows rows;
	int64_t		offsets[ITEMS + 1];
	int32_t		columns[ITEMS * WIDTH];
	float		values[ITEMS * WIDTH];
	double		full[ITEMS][WIDTH];
} Setup;

/* Every fifth item has no features. */
static void
begin(Setup *s)
{
	int64_t		at = 0;

	memset(s, 0, sizeof(*s));
	for (int i = 0; i < ITEMS; i++)
	{
		s->offsets[i] = at;
		for (int c = 0; i % 5 > 0 && c < WIDTH; c++)
		{
			if ((i * 7 + c * 3) % 4 > 0)
				continue;
			s->columns[at] = c;
			s->values[at] = (float) (1 + (i + c) % 3) / 2;
			s->full[i][c] = s->values[at++];
		}
	}
	s->offsets[ITEMS] = at;
	s->rows = (RecalFeatureRows) {ITEMS, WIDTH, s->offsets, s->columns, s->values};
}

static double
product(const double *a, const double *b)
{
	double		sum = 0;

	for (int c = 0; c < WIDTH; c++)
		sum += a[c] * b[c];
	return sum;
}

static double
cosine(const double *a, const double *b)
{
	double		lengths = sqrt(product(a, a) * product(b, b));

	return lengths > 0 ? product(a, b) / lengths : 0;
}

static void
test_overlaps(void **state)
{
	Setup		s;
	const int32_t recent[] = {11, 3, 10, 17, 11};
	float		dense[WIDTH] = {0};
	double		profile[WIDTH] = {0};
	int32_t		items[ITEMS + 1];
	float		overlaps[2 * (ITEMS + 1)];

	begin(&s);
	for (int k = 0; k < 5; k++)
	{
		double		length = sqrt(product(s.full[recent[k]], s.full[recent[k]]));

		for (int c = 0; length > 0 && c < WIDTH; c++)
			profile[c] += s.full[recent[k]][c] / length;
	}
	for (int i = 0; i <= ITEMS; i++)
		items[i] = i < ITEMS ? i : -1;
	recal_rank_overlaps(&s.rows, 5, recent, ITEMS + 1, items, dense, overlaps);
	for (int i = 0; i < ITEMS; i++)
	{
		assert_close(overlaps[2 * i], cosine(profile, s.full[i]), 1e-6);
		assert_close(overlaps[2 * i + 1], cosine(s.full[recent[0]], s.full[i]), 1e-6);
	}
	assert_close(overlaps[2 * ITEMS], 0, 0);
	assert_close(overlaps[2 * ITEMS + 1], 0, 0);
	for (int c = 0; c < WIDTH; c++)
		assert_true(dense[c] == 0);

	/* nobody, and who knows only what has no features */
	recal_rank_overlaps(&s.rows, 0, recent, ITEMS, items, dense, overlaps);
	for (int i = 0; i < 2 * ITEMS; i++)
		assert_true(overlaps[i] == 0);
	recal_rank_overlaps(&s.rows, 1, recent + 2, ITEMS, items, dense, overlaps);
	for (int i = 0; i < 2 * ITEMS; i++)
		assert_true(overlaps[i] == 0);
}

static void
test_stored(void **state)
{
	Setup		s;
	RecalFeatureRows loaded;
	int64_t		bytes;
	char	   *memory;

	begin(&s);
	bytes = recal_rank_content_bytes(&s.rows);
	memory = unit_alloc((size_t) bytes);
	recal_rank_content_copy(&s.rows, memory);
	assert_null(recal_rank_content_check(memory, bytes, ITEMS));
	recal_rank_content_bind(&loaded, memory);
	assert_int_equal(loaded.nrows, ITEMS);
	assert_int_equal(loaded.width, WIDTH);
	assert_memory_equal(loaded.offsets, s.offsets, sizeof(s.offsets));
	assert_memory_equal(loaded.columns, s.columns, sizeof(int32_t) * (size_t) s.offsets[ITEMS]);
	assert_memory_equal(loaded.values, s.values, sizeof(float) * (size_t) s.offsets[ITEMS]);

	assert_non_null(recal_rank_content_check(memory, bytes - 1, ITEMS));
	assert_non_null(recal_rank_content_check(memory, 10, ITEMS));
	assert_non_null(recal_rank_content_check(memory, bytes, ITEMS + 1));
	loaded.columns[4] = WIDTH;
	assert_non_null(recal_rank_content_check(memory, bytes, ITEMS));
	loaded.columns[4] = s.columns[4];
	loaded.values[4] = NAN;
	assert_non_null(recal_rank_content_check(memory, bytes, ITEMS));
	loaded.values[4] = s.values[4];
	loaded.offsets[2] = loaded.offsets[ITEMS] + 1;
	assert_non_null(recal_rank_content_check(memory, bytes, ITEMS));
	loaded.offsets[2] = s.offsets[2];
	assert_null(recal_rank_content_check(memory, bytes, ITEMS));
	free(memory);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_overlaps),
		cmocka_unit_test(test_stored),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
