/*
 * ranker_examples.c
 *		The walk along all rows in order of time, and the examples that are made
 *		on the way: each from what was known just before its row.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "ranker_internal.h"
#include "recal_als.h"
#include "recal_blas.h"
#include "recal_rng.h"

#define STREAM_USERS	0x72616e6b757365
#define STREAM_FIRST	0x72616e6b666972
#define STREAM_UNIFORM	0x72616e6b756e69
#define STREAM_HARD		0x72616e6b686172
#define STREAM_POOLED	0x72616e6b706f6f

/* targets whose items are scored together, and items at a time */
#define GROUP 32
#define TILE 4096

/* scores that are kept until the best of them are picked out */
#define KEPT (3 * RECAL_RANK_HARD_DEPTH)

#define ROWS_PER_POLL 1024

/* what is in demand is looked up again after this part of the smallest half-life */
#define RECENT_PART 0.1

static int64_t
lay_out(RecalRankPass *pass, char *memory)
{
	const RecalRankRows *rows = pass->rows;
	int64_t		at = 0;

	pass->previous = recal_rank_cut(memory, &at, rows->n, sizeof(int64_t));
	pass->newest = recal_rank_cut(memory, &at, rows->nusers, sizeof(int64_t));
	pass->lengths = recal_rank_cut(memory, &at, rows->nusers, sizeof(int64_t));
	pass->tastes = recal_rank_cut(memory, &at, rows->nusers, sizeof(RecalTaste));
	return at;
}

int64_t
recal_rank_pass_bytes(const RecalRankRows *rows)
{
	RecalRankPass pass = {.rows = rows};

	return lay_out(&pass, NULL);
}

void
recal_rank_pass_start(RecalRankPass *pass, const RecalRankRows *rows, RecalCounters *counters,
					  void *memory)
{
	memset(pass, 0, sizeof(*pass));
	pass->rows = rows;
	pass->counters = counters;
	(void) lay_out(pass, memory);
	memset(pass->lengths, 0, sizeof(int64_t) * (size_t) rows->nusers);
	memset(pass->tastes, 0, sizeof(RecalTaste) * (size_t) rows->nusers);
	for (int64_t u = 0; u < rows->nusers; u++)
		pass->newest[u] = -1;
}

/* The newest items of a user, newest first */
static int
recent_items(const RecalRankPass *pass, int32_t user, int32_t *items)
{
	int			n = 0;

	for (int64_t row = pass->newest[user]; row >= 0 && n < RECAL_RANK_RECENT; row = pass->previous[row])
		items[n++] = pass->rows->items[row];
	return n;
}

void
recal_rank_pass_step(RecalRankPass *pass)
{
	int64_t		row = pass->at++;
	int32_t		user = pass->rows->users[row];
	int32_t		item = pass->rows->items[row];
	double		time = pass->rows->times[row];
	int32_t		recent[RECAL_RANK_RECENT];
	int			n = recent_items(pass, user, recent);

	recal_taste_add(&pass->tastes[user], pass->counters, item, time);
	recal_counters_add(pass->counters, item, time, n, recent);
	pass->previous[row] = pass->newest[user];
	pass->newest[user] = row;
	pass->lengths[user]++;
}

void
recal_rank_pass_user(const RecalRankPass *pass, int32_t user, RecalRankUser *state)
{
	memset(state, 0, sizeof(*state));
	state->nrows = pass->lengths[user];
	state->last_time = state->nrows > 0 ? pass->rows->times[pass->newest[user]] : 0;
	state->nrecent = recent_items(pass, user, state->recent);
	state->taste = pass->tastes[user];
}

int64_t
recal_rank_pass_seen(const RecalRankPass *pass, int32_t user, bool value, bool *flags)
{
	for (int64_t row = pass->newest[user]; row >= 0; row = pass->previous[row])
		flags[pass->rows->items[row]] = value;
	return pass->lengths[user];
}

/*
 * Targets.
 */
static int64_t
last_targets(int64_t count)
{
	int64_t		quarter = (count + 3) / 4;

	return quarter < RECAL_RANK_TARGETS ? quarter : RECAL_RANK_TARGETS;
}

/* First rows of a user that are targets too, so that new users are known */
static int64_t
first_targets(int64_t user, int64_t count, uint64_t seed)
{
	int64_t		left = count - last_targets(count);

	if (recal_rng_uniform(seed, STREAM_FIRST, (uint64_t) user) >= RECAL_RANK_FIRST_SHARE)
		return 0;
	return left < RECAL_RANK_FIRST ? left : RECAL_RANK_FIRST;
}

int64_t
recal_rank_choose_targets(const RecalRankRows *rows, int64_t max, uint64_t seed, int64_t *work,
						  int64_t *targets)
{
	int64_t    *counts = work;
	int64_t    *done = work + rows->nusers;
	int64_t		total = 0;
	int64_t		n = 0;
	double		share;

	memset(counts, 0, sizeof(int64_t) * 2 * (size_t) rows->nusers);
	for (int64_t row = 0; row < rows->n; row++)
		counts[rows->users[row]]++;
	for (int64_t u = 0; u < rows->nusers; u++)
		total += last_targets(counts[u]) + first_targets(u, counts[u], seed);
	share = total > max ? (double) max / (double) total : 1;
	for (int64_t row = 0; row < rows->n && n < max; row++)
	{
		int32_t		user = rows->users[row];
		int64_t		at = done[user]++;

		if (at < counts[user] - last_targets(counts[user]) &&
			at >= first_targets(user, counts[user], seed))
			continue;
		if (share < 1 && recal_rng_uniform(seed, STREAM_USERS, (uint64_t) user) >= share)
			continue;
		targets[n++] = row;
	}
	return n;
}

/*
 * Examples.
 */
typedef struct Builder
{
	RecalScored *hard;			/* [GROUP × KEPT] the factors' best, in no order */
	int			nhard[GROUP];
	float		bounds[GROUP];	/* what scores must exceed to be among the best */
	RecalScored *recent;		/* [2 × RECAL_RANK_POOL_RECENT] */
	float	   *scores;			/* [GROUP × TILE] */
	bool	   *seen;			/* [nitems], all false between targets */
	int32_t    *pool;			/* [RECAL_RANK_POOL] */
	float	   *vectors;		/* [RECAL_RANK_CANDIDATES × d] */
	int			nrecent;
	int64_t		recent_at;		/* row that recent is of, or -1 */
} Builder;

static int64_t
lay_out_builder(Builder *b, int64_t nitems, int d, char *memory)
{
	int64_t		at = 0;

	b->hard = recal_rank_cut(memory, &at, GROUP * KEPT, sizeof(RecalScored));
	b->recent = recal_rank_cut(memory, &at, 2 * RECAL_RANK_POOL_RECENT, sizeof(RecalScored));
	b->scores = recal_rank_cut(memory, &at, GROUP * TILE, sizeof(float));
	b->seen = recal_rank_cut(memory, &at, nitems, sizeof(bool));
	b->pool = recal_rank_cut(memory, &at, RECAL_RANK_POOL, sizeof(int32_t));
	b->vectors = recal_rank_cut(memory, &at, (int64_t) RECAL_RANK_CANDIDATES * d, sizeof(float));
	return at;
}

int64_t
recal_rank_build_bytes(int64_t nitems, int d)
{
	Builder		b;

	return lay_out_builder(&b, nitems, d, NULL);
}

static bool
is_better(RecalScored a, RecalScored b)
{
	return a.score > b.score || (a.score == b.score && a.index < b.index);
}

/* Moves the k best of entries [n] to the front (Hoare 1961); k < n. */
static void
select_best(RecalScored *entries, int n, int k)
{
	int			low = 0;
	int			high = n - 1;

	while (low < high)
	{
		RecalScored pivot = entries[low + (high - low) / 2];
		int			i = low;
		int			j = high;

		while (i <= j)
		{
			while (is_better(entries[i], pivot))
				i++;
			while (is_better(pivot, entries[j]))
				j--;
			if (i <= j)
			{
				RecalScored swapped = entries[i];

				entries[i++] = entries[j];
				entries[j--] = swapped;
			}
		}
		if (k <= j)
			high = j;
		else if (k >= i)
			low = i;
		else
			return;
	}
}

/* Leaves the best of those kept, and what others must exceed. */
static void
prune(Builder *b, int i)
{
	RecalScored *kept = b->hard + (size_t) i * KEPT;

	if (b->nhard[i] <= RECAL_RANK_HARD_DEPTH)
		return;
	select_best(kept, b->nhard[i], RECAL_RANK_HARD_DEPTH);
	b->nhard[i] = RECAL_RANK_HARD_DEPTH;
	b->bounds[i] = kept[0].score;
	for (int k = 1; k < RECAL_RANK_HARD_DEPTH; k++)
		b->bounds[i] = fminf(b->bounds[i], kept[k].score);
}

/* Items come in ascending order: of equal scores the earlier ones stay. */
static void
keep_best(Builder *b, int i, const float *scores, int width, int32_t first)
{
	RecalScored *kept = b->hard + (size_t) i * KEPT;

	for (int k = 0; k < width; k++)
		if (scores[k] > b->bounds[i])
		{
			kept[b->nhard[i]++] = (RecalScored) {scores[k], first + k};
			if (b->nhard[i] == KEPT)
				prune(b, i);
		}
}

/*
 * The factors' best items for a group of targets from first on. What users have
 * already is left out as of the group's begin; what comes between is looked at
 * again when the target's turn comes.
 */
static void
score_group(Builder *b, const RecalRankPass *pass, const RecalRankSources *sources,
			int64_t first, int n, RecalPoll poll, void *arg)
{
	const RecalRankRows *rows = pass->rows;
	const int	d = sources->d;

	memset(b->nhard, 0, sizeof(b->nhard));
	for (int i = 0; i < GROUP; i++)
		b->bounds[i] = -INFINITY;
	for (int64_t item = 0; item < rows->nitems; item += TILE)
	{
		int			width = (int) (rows->nitems - item < TILE ? rows->nitems - item : TILE);

		if (poll != NULL)
			poll(arg);
		recal_gemm_nt(n, width, d, 1.0f, sources->vectors + first * d, d,
					  sources->item_factors + item * d, d, 0.0f, b->scores, TILE);
		for (int i = 0; i < n; i++)
		{
			float	   *scores = b->scores + (size_t) i * TILE;
			int32_t		user = rows->users[sources->targets[first + i]];

			for (int64_t row = pass->newest[user]; row >= 0; row = pass->previous[row])
				if (rows->items[row] >= item && rows->items[row] < item + width)
					scores[rows->items[row] - item] = -INFINITY;
			keep_best(b, i, scores, width, (int32_t) item);
		}
	}
	for (int i = 0; i < n; i++)
		prune(b, i);
}

static bool
is_drawn(const int32_t *items, int n, int32_t item)
{
	for (int i = 0; i < n; i++)
		if (items[i] == item)
			return true;
	return false;
}

/* A draw that is seen or drawn already is made again, at most so often */
#define DRAWS(n) (4 * (n))

static int
draw_candidates(Builder *b, const RecalRankPass *pass, const RecalScored *hard, int nhard,
				int npool, uint64_t seed, int32_t *items)
{
	uint64_t	counter = (uint64_t) pass->at * 64;
	int64_t		nitems = pass->rows->nitems;
	int			n = 1;

	for (int k = 0, end = n + RECAL_RANK_UNIFORM; k < DRAWS(RECAL_RANK_UNIFORM) && n < end; k++)
	{
		int32_t		item = (int32_t) (recal_rng_bits(seed, STREAM_UNIFORM, counter + (uint64_t) k) %
									  (uint64_t) nitems);

		if (!b->seen[item] && !is_drawn(items, n, item))
			items[n++] = item;
	}
	for (int k = 0, end = n + RECAL_RANK_HARD; nhard > 0 && k < DRAWS(RECAL_RANK_HARD) && n < end; k++)
	{
		int32_t		item = hard[recal_rng_bits(seed, STREAM_HARD, counter + (uint64_t) k) %
								(uint64_t) nhard].index;

		if (!b->seen[item] && !is_drawn(items, n, item))
			items[n++] = item;
	}
	for (int k = 0, end = n + RECAL_RANK_POOLED; npool > 0 && k < DRAWS(RECAL_RANK_POOLED) && n < end; k++)
	{
		int32_t		item = b->pool[recal_rng_bits(seed, STREAM_POOLED, counter + (uint64_t) k) %
								   (uint64_t) npool];

		if (!is_drawn(items, n, item))
			items[n++] = item;
	}
	return n;
}

static double
chance(int drawn, double size)
{
	return drawn < size ? drawn / size : 1;
}

static int
compare_items(const void *a, const void *b)
{
	return (*(const int32_t *) a > *(const int32_t *) b) - (*(const int32_t *) a < *(const int32_t *) b);
}

/* Chances to be drawn, by one or another of the three ways */
static void
correct(const Builder *b, const RecalScored *hard, int nhard, int npool, int64_t nitems, int n,
		const int32_t *items, float *corrections)
{
	corrections[0] = 0;
	for (int i = 1; i < n; i++)
	{
		double		missed = 1 - chance(RECAL_RANK_UNIFORM, (double) nitems);

		for (int k = 0; k < nhard; k++)
			if (hard[k].index == items[i])
			{
				missed *= 1 - chance(RECAL_RANK_HARD, nhard);
				break;
			}
		if (bsearch(&items[i], b->pool, (size_t) npool, sizeof(int32_t), compare_items) != NULL)
			missed *= 1 - chance(RECAL_RANK_POOLED, npool);
		corrections[i] = (float) -log(1 - missed);
	}
}

/* Appends the example of a target, whose row comes next. */
static void
add_example(Builder *b, const RecalRankPass *pass, RecalRankView *view,
			const RecalRankSources *sources, int64_t target, const RecalScored *hard, int nhard,
			RecalRankExamples *examples)
{
	const int	d = sources->d;
	int64_t		row = pass->at;
	int32_t		user = pass->rows->users[row];
	int32_t    *items = examples->items + examples->n * RECAL_RANK_CANDIDATES;
	float		recent_vectors[RECAL_RANK_SHORT * RECAL_MAX_FACTORS];
	float		network[RECAL_RANK_CANDIDATES];
	float		overlaps[2 * RECAL_RANK_CANDIDATES];
	RecalRankUser state;
	int			npool;
	int			n;

	recal_rank_pass_user(pass, user, &state);
	state.vector = sources->vectors + target * d;
	for (int k = 0; k < state.nrecent && k < RECAL_RANK_SHORT; k++)
		memcpy(recent_vectors + (size_t) k * d, sources->item_factors + (int64_t) state.recent[k] * d,
			   sizeof(float) * (size_t) d);
	recal_rank_view_user(view, &state, pass->rows->times[row], recent_vectors);

	items[0] = pass->rows->items[row];
	recal_rank_pass_seen(pass, user, true, b->seen);
	if (b->seen[items[0]])
	{
		recal_rank_pass_seen(pass, user, false, b->seen);
		return;
	}

	/* what the factors find is drawn from by itself */
	npool = recal_rank_pool(view, 0, NULL, b->nrecent, b->recent, b->seen, b->pool);
	n = draw_candidates(b, pass, hard, nhard, npool, sources->seed, items);
	recal_rank_pass_seen(pass, user, false, b->seen);
	correct(b, hard, nhard, npool, pass->rows->nitems, n, items,
			examples->corrections + examples->n * RECAL_RANK_CANDIDATES);

	for (int i = 0; i < n; i++)
		memcpy(b->vectors + (size_t) i * d, sources->item_factors + (int64_t) items[i] * d,
			   sizeof(float) * (size_t) d);
	if (sources->network != NULL)
		sources->network(sources->network_arg, target, n, items, network);
	if (sources->content != NULL)
		sources->content(sources->content_arg, &state, n, items, overlaps);
	recal_rank_features(view, n, items, b->vectors, sources->network != NULL ? network : NULL,
						sources->content != NULL ? overlaps : NULL,
						examples->features + examples->n * RECAL_RANK_CANDIDATES * RECAL_RANK_NFEATURES);
	examples->users[examples->n] = user;
	examples->counts[examples->n++] = n;
}

void
recal_rank_build(RecalRankPass *pass, RecalRankView *view, const RecalRankSources *sources,
				 RecalRankExamples *examples, void *memory, RecalPoll poll, void *arg)
{
	const RecalCounters *c = pass->counters;
	int64_t		stale = (int64_t) (RECENT_PART * c->head->halves[0]);
	int64_t		target = 0;
	Builder		b;

	(void) lay_out_builder(&b, pass->rows->nitems, sources->d, memory);
	memset(b.seen, 0, sizeof(bool) * (size_t) pass->rows->nitems);
	b.recent_at = -1;
	while (target < sources->ntargets && sources->targets[target] < pass->at)
		target++;
	for (int64_t first = target, group = 0; pass->at < pass->rows->n; recal_rank_pass_step(pass))
	{
		if (poll != NULL && pass->at % ROWS_PER_POLL == 0)
			poll(arg);
		if (target == sources->ntargets || sources->targets[target] != pass->at)
			continue;
		if (target == first + group)
		{
			first = target;
			group = sources->ntargets - first < GROUP ? sources->ntargets - first : GROUP;
			score_group(&b, pass, sources, first, (int) group, poll, arg);
		}
		if (b.recent_at < 0 || pass->at - b.recent_at > stale)
		{
			b.nrecent = recal_counters_recent(c, RECAL_RANK_POOL_HALF, 2 * RECAL_RANK_POOL_RECENT,
											  b.recent, poll, arg);
			b.recent_at = pass->at;
		}
		add_example(&b, pass, view, sources, target,
					b.hard + (target - first) * KEPT, b.nhard[target - first],
					examples);
		target++;
	}
}
