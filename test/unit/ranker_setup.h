/*
 * ranker_setup.h
 *		Made-up rows, and what is to be said about them by plain loops.
 */
#ifndef RECAL_RANKER_SETUP_H
#define RECAL_RANKER_SETUP_H

#include "unit.h"

#include "recal_blas.h"
#include "recal_ranker.h"

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

static inline RecalCounters
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

static inline void
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

static inline void
end(Setup *s)
{
	free(s->users);
	free(s->items);
	free(s->times);
	free(s->memory);
	free(s->pass_memory);
	free(s->factors);
}

/* Newest items of a user before a row, newest first, straight from the rows */
static inline int
newest_before(const Setup *s, int64_t row, int32_t user, int32_t *recent)
{
	int			n = 0;

	for (int64_t i = row - 1; i >= 0 && n < RECAL_RANK_RECENT; i--)
		if (s->users[i] == user)
			recent[n++] = s->items[i];
	return n;
}

/* Meetings (or transitions) of a with b in the first n rows */
static inline double
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

static inline double
span(const Setup *s, double t)
{
	return t > 0 ? log1p(t / s->counters.head->unit) : 0;
}

/* The features of an item for a user before a row, by their definitions */
static inline void
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

#endif							/* RECAL_RANKER_SETUP_H */
