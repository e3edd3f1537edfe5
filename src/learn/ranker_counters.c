/*
 * ranker_counters.c
 *		What is in demand, what follows what, and what goes together: counters that
 *		one row after the other is added to.
 */
#include <math.h>
#include <string.h>

#include "ranker_internal.h"

/* slots beyond what an item's rows can fill, for rows to come */
#define SPARE_SLOTS 16

#define POLL_ITEMS 65536

/* what a row counts less in a taste for each newer one of the user */
#define TASTE_DECAY 0.9f

const double recal_rank_halves[RECAL_RANK_HALVES] = {0.003, 0.02, 0.1};

static int64_t
slots_of(int64_t count, int64_t most)
{
	int64_t		wanted = 2 * RECAL_RANK_RECENT * count + SPARE_SLOTS;

	return wanted < most ? wanted : most;
}

int64_t
recal_counters_plan(int64_t nitems, const int64_t *counts, int64_t max_slots, int64_t *offsets)
{
	int64_t		most = RECAL_RANK_NEIGHBOURS;
	int64_t		sum;

	for (;;)
	{
		sum = 0;
		for (int64_t i = 0; i < nitems; i++)
			sum += slots_of(counts[i], most);
		if (sum <= max_slots || most <= RECAL_RANK_LEAST_NEIGHBOURS)
			break;
		most = most * 3 / 4;
		if (most < RECAL_RANK_LEAST_NEIGHBOURS)
			most = RECAL_RANK_LEAST_NEIGHBOURS;
	}
	offsets[0] = 0;
	for (int64_t i = 0; i < nitems; i++)
		offsets[i + 1] = offsets[i] + slots_of(counts[i], most);
	return sum;
}

/* Places after the head, each at a multiple of 64 bytes; returns the whole size. */
static int64_t
lay_out(RecalCounters *c, int64_t nitems, int64_t slots, char *memory)
{
	int64_t		at = recal_rank_align(sizeof(RecalCountersHead));
	char	   *base = memory;

	c->head = (RecalCountersHead *) base;
	c->items = recal_rank_cut(base, &at, nitems, sizeof(RecalCountedItem));
	c->offsets = recal_rank_cut(base, &at, nitems + 1, sizeof(int64_t));
	c->neighbours = recal_rank_cut(base, &at, slots, sizeof(int32_t));
	c->together = recal_rank_cut(base, &at, slots, sizeof(float));
	c->after = recal_rank_cut(base, &at, slots, sizeof(float));
	return at;
}

int64_t
recal_counters_bytes(int64_t nitems, int64_t slots)
{
	RecalCounters c;

	return lay_out(&c, nitems, slots, NULL);
}

void
recal_counters_init(RecalCounters *c, int64_t nitems, const int64_t *offsets, int64_t rows,
					double first, double last, void *memory)
{
	int64_t		slots = offsets[nitems];
	double		span = last - first;

	/* the gaps between arrays too: they are stored */
	memset(memory, 0, (size_t) recal_counters_bytes(nitems, slots));
	(void) lay_out(c, nitems, slots, memory);
	c->head->nitems = nitems;
	c->head->slots = slots;
	for (int h = 0; h < RECAL_RANK_HALVES; h++)
		c->head->halves[h] = fmax(1, recal_rank_halves[h] * (double) rows);
	c->head->unit = rows > 0 && span > 0 && isfinite(span) ? span / (double) rows : 1;
	memcpy(c->offsets, offsets, sizeof(int64_t) * ((size_t) nitems + 1));
	memset(c->neighbours, 0xff, sizeof(int32_t) * (size_t) slots);
}

void
recal_counters_bind(RecalCounters *c, void *memory)
{
	const RecalCountersHead *head = memory;

	(void) lay_out(c, head->nitems, head->slots, memory);
}

const char *
recal_counters_check(const void *memory, int64_t bytes, int64_t nitems)
{
	const RecalCountersHead *head = memory;
	RecalCounters c;

	if (bytes < (int64_t) sizeof(RecalCountersHead) || head->nitems != nitems ||
		head->slots < 0 || head->slots > INT64_MAX / 64 || head->rows < 0 ||
		bytes != recal_counters_bytes(nitems, head->slots))
		return "counters are not of the size that they should be";
	if (!(head->unit > 0) || !isfinite(head->unit))
		return "counters have no unit of time";
	for (int h = 0; h < RECAL_RANK_HALVES; h++)
		if (!(head->halves[h] >= 1) || !isfinite(head->halves[h]))
			return "counters have a half-life that is out of range";
	recal_counters_bind(&c, (void *) memory);
	if (c.offsets[0] != 0 || c.offsets[nitems] != head->slots)
		return "counters have places that are out of range";
	for (int64_t i = 0; i < nitems; i++)
	{
		if (c.offsets[i + 1] < c.offsets[i] ||
			c.offsets[i + 1] - c.offsets[i] > RECAL_RANK_NEIGHBOURS ||
			c.offsets[i + 1] > head->slots)
			return "counters have places that are out of range";
		if (c.items[i].count < 0 || c.items[i].at < 0 || c.items[i].at > head->rows)
			return "counters have a count that is out of range";
		if (!isfinite(c.items[i].first) || !isfinite(c.items[i].last))
			return "counters have a time that is not finite";
		for (int h = 0; h < RECAL_RANK_HALVES; h++)
			if (!(c.items[i].decayed[h] >= 0) || !isfinite(c.items[i].decayed[h]))
				return "counters have a count that is out of range";
	}
	for (int64_t k = 0; k < head->slots; k++)
	{
		if (c.neighbours[k] < -1 || c.neighbours[k] >= nitems)
			return "counters have a neighbour that is out of range";
		if (!(c.together[k] >= 0) || !isfinite(c.together[k]) || !(c.after[k] >= 0) ||
			!isfinite(c.after[k]))
			return "counters have a count that is out of range";
	}
	return NULL;
}

/* compared at once, which the compiler makes vectors of */
#define SLOTS_AT_ONCE 16

/* The slot of this neighbour, else the first one that is free, else -1 */
static int64_t
slot_of(const RecalCounters *c, int64_t begin, int64_t end, int32_t neighbour)
{
	int64_t		slot = begin;

	for (; slot + SLOTS_AT_ONCE <= end; slot += SLOTS_AT_ONCE)
	{
		const int32_t *neighbours = c->neighbours + slot;
		int			found = 0;

		for (int i = 0; i < SLOTS_AT_ONCE; i++)
			found |= neighbours[i] == neighbour;
		if (found || neighbours[SLOTS_AT_ONCE - 1] < 0)
			break;
	}
	for (; slot < end && c->neighbours[slot] >= 0; slot++)
		if (c->neighbours[slot] == neighbour)
			return slot;
	return slot < end ? slot : -1;
}

/* The first of the slots with the fewest meetings */
static int64_t
weakest_slot(const RecalCounters *c, int64_t begin, int64_t end)
{
	float		least = c->together[begin];
	int64_t		slot = begin;

	for (int64_t i = begin + 1; i < end; i++)
		least = c->together[i] < least ? c->together[i] : least;
	while (c->together[slot] != least)
		slot++;
	return slot;
}

static void
drop_slot(RecalCounters *c, int64_t slot, int64_t end)
{
	size_t		n = (size_t) (end - slot - 1);

	memmove(c->neighbours + slot, c->neighbours + slot + 1, sizeof(int32_t) * n);
	memmove(c->together + slot, c->together + slot + 1, sizeof(float) * n);
	memmove(c->after + slot, c->after + slot + 1, sizeof(float) * n);
}

/* The neighbour's slot among those of the item; -1 when the item has none. */
static int64_t
find_slot(RecalCounters *c, int32_t item, int32_t neighbour)
{
	int64_t		begin = c->offsets[item];
	int64_t		end = c->offsets[item + 1];
	int64_t		slot = slot_of(c, begin, end, neighbour);

	if (slot >= 0 && c->neighbours[slot] == neighbour)
		return slot;
	if (begin == end)
		return -1;
	if (slot < 0)
	{
		/* the newest is the last, so of the weakest ones the first goes */
		drop_slot(c, weakest_slot(c, begin, end), end);
		slot = end - 1;
	}
	c->neighbours[slot] = neighbour;
	c->together[slot] = c->after[slot] = 0;
	return slot;
}

float
recal_counters_decayed(const RecalCounters *c, int32_t item, int half)
{
	const RecalCountedItem *counted = c->items + item;

	if (counted->count == 0)
		return 0;
	return counted->decayed[half] *
		exp2f(-(float) ((double) (c->head->rows - counted->at) / c->head->halves[half]));
}

void
recal_counters_add(RecalCounters *c, int32_t item, double time, int nbefore,
				   const int32_t *before)
{
	RecalCountedItem *counted = c->items + item;
	float		decayed[RECAL_RANK_HALVES];

	if (nbefore > RECAL_RANK_RECENT)
		nbefore = RECAL_RANK_RECENT;
	for (int k = 0; k < nbefore; k++)
	{
		bool		again = before[k] == item;
		int64_t		slot;

		for (int j = 0; j < k && !again; j++)
			again = before[j] == before[k];
		if (again)
			continue;
		slot = find_slot(c, before[k], item);
		if (slot >= 0)
		{
			c->together[slot] += 1;
			if (k == 0)
				c->after[slot] += 1;
		}
		slot = find_slot(c, item, before[k]);
		if (slot >= 0)
			c->together[slot] += 1;
	}

	c->head->rows++;
	for (int h = 0; h < RECAL_RANK_HALVES; h++)
		decayed[h] = recal_counters_decayed(c, item, h) + 1;
	memcpy(counted->decayed, decayed, sizeof(decayed));
	counted->at = c->head->rows;
	if (counted->count == 0 || time < counted->first)
		counted->first = time;
	if (counted->count == 0 || time > counted->last)
		counted->last = time;
	if (counted->count < INT32_MAX)
		counted->count++;
}

int
recal_counters_recent(const RecalCounters *c, int half, int n, RecalScored *best, RecalPoll poll,
					  void *arg)
{
	float		scores[256];
	int			size = 0;

	for (int64_t first = 0; first < c->head->nitems; first += 256)
	{
		int64_t		count = c->head->nitems - first < 256 ? c->head->nitems - first : 256;

		if (poll != NULL && first % POLL_ITEMS == 0)
			poll(arg);
		for (int64_t i = 0; i < count; i++)
			scores[i] = c->items[first + i].count > 0 ?
				recal_counters_decayed(c, (int32_t) (first + i), half) : -INFINITY;
		recal_topk_push_block(best, &size, n, scores, count, (int32_t) first);
	}
	recal_topk_sort(best, size);
	return size;
}

float
recal_rank_span(const RecalCounters *c, double span)
{
	return span > 0 ? (float) log1p(span / c->head->unit) : 0;
}

void
recal_taste_add(RecalTaste *taste, const RecalCounters *c, int32_t item, double time)
{
	const RecalCountedItem *counted = c->items + item;
	float		kept = taste->weight * TASTE_DECAY;
	float		weight = kept + 1;
	float		age = counted->count > 0 ? recal_rank_span(c, time - counted->first) : 0;
	float		idle = counted->count > 0 ? recal_rank_span(c, time - counted->last) : 0;

	taste->count = (kept * taste->count + log1pf((float) counted->count)) / weight;
	taste->age = (kept * taste->age + age) / weight;
	taste->idle = (kept * taste->idle + idle) / weight;
	taste->weight = weight;
}
