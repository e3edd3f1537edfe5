/*
 * batch.c
 *		The best items of many users: blocks of users times blocks of items.
 *
 * A group of users holds vectors and heaps; each tile of item factors is
 * multiplied with the whole group while it is in the processor's cache. So a
 * version whose factors are not in memory is read once a group, not once a user.
 */
#include "postgres.h"

#include <math.h>

#include "miscadmin.h"
#include "utils/memutils.h"

#include "recal_als.h"
#include "recal_batch.h"
#include "recal_blas.h"
#include "recal_compat.h"
#include "recal_rank_serve.h"

#define GROUP_USERS 1024
#define GROUP_HEAP_BYTES (32 * 1024 * 1024)
#define GROUP_PAIR_BYTES (64 * 1024 * 1024) /* of gathered item factors */
#define USER_TILE 256
#define ITEM_TILE 512
#define NETWORK_USERS 64
#define GATE_ITEMS 131072		/* asked about at once */

typedef struct Batch
{
	const RecalHistories *histories;
	RecalServed *served;
	int			d;
	int			k;				/* of a heap */
	int			page;			/* of what is put; smaller where the ranker chooses */
	const int32 *shown;			/* [nshown] or NULL: the catalogue */
	int64		nshown;
	int32	   *place;			/* [nitems] of an item in shown, or -1; NULL with shown */
	RecalFoldInModel fold_in;
	float	   *fold_in_work;
	float	   *tile;			/* [ITEM_TILE × width] gathered rows, with shown */
	float	   *scores;			/* [USER_TILE × ITEM_TILE] */
	/* the group */
	MemoryContext context;		/* of its users */
	int			max_users;
	int			nusers;
	RecalUser **users;
	RecalCsr	pairs;			/* of the group's users */
	int64	   *cursor;			/* per user: pairs gathered, then seen items passed */
	int32	   *next_seen;		/* per user: the item at the cursor, or PG_INT32_MAX */
	float	   *factors;		/* [max_users × d] */
	float	   *vectors;		/* [max_users × width], without a network the same */
	RecalScored *heaps;			/* [max_users × k] */
	int		   *sizes;
	/* of the ranker, else NULL */
	bool	   *excluded;		/* by position: what nobody, or not this user, is to be shown */
	int32	   *pool;			/* [k + RECAL_RANK_POOL] */
	float	   *pool_scores;	/* likewise */
} Batch;

int32 *
RecalBatchShown(RecalServed *served, const int32 *candidates, int64 n, int64 *nshown)
{
	int32	   *shown;
	bool	   *may;

	*nshown = candidates != NULL ? n : RecalServedCount(served);
	if (candidates == NULL && served->definition->items_name == NULL)
		return NULL;

	shown = palloc_extended(sizeof(int32) * Max(*nshown, 1), MCXT_ALLOC_HUGE);
	may = palloc(GATE_ITEMS);
	n = *nshown;
	*nshown = 0;
	for (int64 first = 0; first < n; first += GATE_ITEMS)
	{
		int			count = (int) Min(GATE_ITEMS, n - first);
		/* what is kept never overtakes what is asked */
		int32	   *asked = shown + first;

		for (int i = 0; i < count; i++)
			asked[i] = candidates != NULL ? candidates[first + i] : (int32) (first + i);
		RecalItemsGate(served, asked, count, may);
		for (int i = 0; i < count; i++)
			if (may[i])
				shown[(*nshown)++] = asked[i];
	}
	pfree(may);
	return shown;
}

static void
BeginRanking(Batch *batch)
{
	int64		n = RecalServedCount(batch->served);
	Size		most = batch->k + RECAL_RANK_POOL;

	batch->excluded = palloc_extended(Max(n, 1), MCXT_ALLOC_HUGE);
	memset(batch->excluded, batch->shown != NULL, n);
	for (int64 i = 0; i < batch->nshown && batch->shown != NULL; i++)
		batch->excluded[batch->shown[i]] = false;
	batch->pool = palloc_extended(sizeof(int32) * most, MCXT_ALLOC_HUGE);
	batch->pool_scores = palloc_extended(sizeof(float) * most, MCXT_ALLOC_HUGE);
}

static void
BeginBatch(Batch *batch)
{
	RecalServed *served = batch->served;
	int			d = batch->d;
	MemoryContext context = CurrentMemoryContext;

	batch->max_users = Max(1, Min(GROUP_USERS, (int) (GROUP_HEAP_BYTES /
													  (sizeof(RecalScored) * batch->k))));
	batch->context = AllocSetContextCreate(context, "recal batch", ALLOCSET_DEFAULT_SIZES);
	batch->users = recal_palloc_array(RecalUser *, batch->max_users);
	batch->cursor = recal_palloc_array(int64, batch->max_users);
	batch->next_seen = recal_palloc_array(int32, batch->max_users);
	batch->sizes = recal_palloc_array(int, batch->max_users);
	batch->pairs.offsets = recal_palloc_array(int64_t, batch->max_users + 1);
	batch->heaps = palloc_extended(mul_size(sizeof(RecalScored) * batch->max_users, batch->k),
								   MCXT_ALLOC_HUGE);
	batch->factors = RecalAllocAligned(context, sizeof(float) * batch->max_users * d);
	batch->vectors = served->network ?
		RecalAllocAligned(context, sizeof(float) * batch->max_users * served->width) :
		batch->factors;
	batch->scores = RecalAllocAligned(context, sizeof(float) * USER_TILE * ITEM_TILE);
	if (batch->histories->moment != NULL)
		BeginRanking(batch);
	batch->fold_in = RecalServedFoldInModel(served);
	batch->fold_in_work = RecalAllocAligned(context, sizeof(float) * recal_als_work_size(d));
	if (batch->shown == NULL)
		return;

	batch->tile = RecalAllocAligned(context, sizeof(float) * ITEM_TILE * served->width);
	batch->place = palloc_extended(sizeof(int32) * Max(RecalServedCount(served), 1), MCXT_ALLOC_HUGE);
	for (int64 i = 0; i < RecalServedCount(served); i++)
		batch->place[i] = -1;
	for (int64 i = 0; i < batch->nshown; i++)
		batch->place[batch->shown[i]] = (int32) i;
}

/* Item factors of everybody's pairs, one user after another, block by block. */
static float *
GatherPairs(Batch *batch, int64 npairs)
{
	RecalServed *served = batch->served;
	int			d = batch->d;
	float	   *gathered = RecalAllocAligned(batch->context, sizeof(float) * Max(npairs, 1) * d);

	memset(batch->cursor, 0, sizeof(int64) * batch->nusers);
	for (int b = 0; b < served->nblocks; b++)
	{
		int64		first;
		int64		rows;
		const float *factors = RecalServedBlock(served, b, &first, &rows);
		float	   *out = gathered;

		CHECK_FOR_INTERRUPTS();
		for (int u = 0; u < batch->nusers; u++)
		{
			const RecalUser *user = batch->users[u];
			int64	   *j = &batch->cursor[u];

			for (; *j < user->npairs && user->item[*j] < first + rows; (*j)++)
				memcpy(out + *j * d, factors + (user->item[*j] - first) * served->width,
					   sizeof(float) * d);
			out += user->npairs * d;
		}
	}
	return gathered;
}

/* One by one, where users have features that may give each a mean of its own. */
static void
FoldInEach(Batch *batch, float *gathered)
{
	int			d = batch->d;
	float	   *next = gathered;

	for (int u = 0; u < batch->nusers; u++)
	{
		const RecalUser *user = batch->users[u];
		RecalFoldInModel fold_in = RecalUserFoldInModel(batch->served, user);

		RecalFoldIn(&fold_in, user->npairs, next, user->confidence,
					batch->factors + (int64) u * d, batch->fold_in_work);
		next += user->npairs * d;
	}
}

static void
FoldInGroup(Batch *batch, int64 npairs)
{
	RecalCsr   *pairs = &batch->pairs;
	const float *factors = RecalServedFactors(batch->served);
	float	   *gathered;
	int32	   *order;
	int64_t		starts[2];

	if (batch->served->encoders[RECAL_SIDE_USERS] != NULL)
	{
		gathered = GatherPairs(batch, npairs);
		FoldInEach(batch, gathered);
		pfree(gathered);
		return;
	}
	gathered = factors != NULL ? NULL : GatherPairs(batch, npairs);
	order = recal_palloc_array(int32, Max(batch->nusers, 1));
	pairs->nrows = batch->nusers;
	pairs->columns = palloc_extended(sizeof(int32) * Max(npairs, 1), MCXT_ALLOC_HUGE);
	pairs->confidences = palloc_extended(sizeof(float) * Max(npairs, 1), MCXT_ALLOC_HUGE);
	pairs->offsets[0] = 0;
	for (int u = 0; u < batch->nusers; u++)
	{
		const RecalUser *user = batch->users[u];
		int64		first = pairs->offsets[u];

		memcpy(pairs->columns + first, user->item, sizeof(int32) * user->npairs);
		memcpy(pairs->confidences + first, user->confidence, sizeof(float) * user->npairs);
		pairs->offsets[u + 1] = first + user->npairs;
	}
	for (int64 j = 0; j < npairs && gathered != NULL; j++)
		pairs->columns[j] = (int32) j;

	(void) recal_als_plan_blocks(pairs, batch->d, 1, order, starts);
	RecalFoldInRows(&batch->fold_in, pairs, order, factors != NULL ? factors : gathered,
					batch->factors, batch->fold_in_work);
	pfree(pairs->columns);
	pfree(pairs->confidences);
	pfree(order);
	if (gathered != NULL)
		pfree(gathered);
}

/* Seen items as places among those that may be shown. */
static void
PlaceSeen(const Batch *batch, RecalUser *user)
{
	int64		n = 0;

	if (batch->place == NULL)
		return;
	for (int64 j = 0; j < user->nseen; j++)
		if (batch->place[user->seen[j]] >= 0)
			user->seen[n++] = batch->place[user->seen[j]];
	user->nseen = n;
}

/* most users have seen nothing of a tile: that is known without a look at their rows */
static int32
NextSeen(const Batch *batch, int u)
{
	const RecalUser *user = batch->users[u];

	return batch->cursor[u] < user->nseen ? user->seen[batch->cursor[u]] : PG_INT32_MAX;
}

/* Through the network, some at a time. */
static void
PassGroup(Batch *batch)
{
	for (int first = 0; first < batch->nusers; first += NETWORK_USERS)
	{
		int			n = Min(NETWORK_USERS, batch->nusers - first);

		CHECK_FOR_INTERRUPTS();
		for (int u = first; u < first + n; u++)
		{
			batch->users[u]->factor = batch->factors + (int64) u * batch->d;
			batch->users[u]->vector = batch->vectors + (int64) u * batch->served->width;
		}
		RecalNetworkVectors(batch->served, batch->users + first, n);
	}
}

/* Makes a group of the users from first on; returns the one after it. */
static int64
LoadGroup(Batch *batch, int64 first)
{
	int64		npairs = 0;
	int64		next = first;
	Size		pair_bytes = sizeof(float) * batch->d;
	MemoryContext old;

	MemoryContextReset(batch->context);
	old = MemoryContextSwitchTo(batch->context);
	batch->nusers = 0;
	while (next < batch->histories->users.n && batch->nusers < batch->max_users &&
		   npairs * pair_bytes < GROUP_PAIR_BYTES)
	{
		RecalUser  *user = RecalHistoriesUser(batch->histories, next++, batch->context);

		CHECK_FOR_INTERRUPTS();
		PlaceSeen(batch, user);
		npairs += user->npairs;
		batch->users[batch->nusers++] = user;
	}
	FoldInGroup(batch, npairs);
	if (batch->served->network)
		PassGroup(batch);
	memset(batch->sizes, 0, sizeof(int) * batch->nusers);
	memset(batch->cursor, 0, sizeof(int64) * batch->nusers);
	for (int u = 0; u < batch->nusers; u++)
		batch->next_seen[u] = NextSeen(batch, u);
	MemoryContextSwitchTo(old);
	return next;
}

/* Items from place first on, for the whole group. */
static void
ScoreTile(Batch *batch, const float *factors, int64 first, int n)
{
	int			width = batch->served->width;

	for (int start = 0; start < batch->nusers; start += USER_TILE)
	{
		int			count = Min(USER_TILE, batch->nusers - start);

		CHECK_FOR_INTERRUPTS();
		recal_gemm_nt(count, n, width, 1.0f, batch->vectors + (int64) start * width, width,
					  factors, width, 0.0f, batch->scores, n);
		for (int i = 0; i < count; i++)
		{
			int			u = start + i;
			float	   *scores = batch->scores + (int64) i * n;

			while (batch->next_seen[u] < first + n)
			{
				scores[batch->next_seen[u] - first] = -INFINITY;
				batch->cursor[u]++;
				batch->next_seen[u] = NextSeen(batch, u);
			}
			recal_topk_push_block(batch->heaps + (int64) u * batch->k, &batch->sizes[u],
								  batch->k, scores, n, (int32) first);
		}
	}
}

static void
ScoreGroup(Batch *batch)
{
	RecalServed *served = batch->served;

	if (batch->shown != NULL)
	{
		for (int64 first = 0; first < batch->nshown; first += ITEM_TILE)
		{
			int			n = (int) Min(ITEM_TILE, batch->nshown - first);

			RecalServedRows(served, batch->shown + first, n, batch->tile);
			ScoreTile(batch, batch->tile, first, n);
		}
		return;
	}
	for (int b = 0; b < served->nblocks; b++)
	{
		int64		first;
		int64		rows;
		const float *factors = RecalServedBlock(served, b, &first, &rows);

		for (int64 row = 0; row < rows; row += ITEM_TILE)
			ScoreTile(batch, factors + row * served->width, first + row,
					  (int) Min(ITEM_TILE, rows - row));
	}
}

static inline int32
PositionAt(const Batch *batch, int32 place)
{
	return batch->shown != NULL ? batch->shown[place] : place;
}

/*
 * The ranker's page of a user of the group, in place of the best [size] by the
 * rows' scores; returns its length.
 */
static int
RankPage(Batch *batch, int u, const RecalId *id, RecalScored *best, int size)
{
	RecalUser  *user = batch->users[u];
	MemoryContext context = AllocSetContextCreate(batch->context, "recal ranked",
												  ALLOCSET_DEFAULT_SIZES);
	MemoryContext old = MemoryContextSwitchTo(context);
	RecalRankedUser *ranked;
	int64		npool;
	int			n = 0;

	user->factor = batch->factors + (int64) u * batch->d;
	user->vector = batch->vectors + (int64) u * batch->served->width;
	ranked = RecalRankUserAt(batch->served, batch->histories->moment, user, id, context);
	for (int64 j = 0; j < user->nseen; j++)
		batch->excluded[PositionAt(batch, user->seen[j])] = true;
	npool = RecalRankPool(ranked, best, size, batch->excluded, batch->pool);
	for (int64 j = 0; j < user->nseen; j++)
		batch->excluded[PositionAt(batch, user->seen[j])] = false;
	RecalRankScores(ranked, batch->pool, npool, batch->pool_scores);
	recal_topk_push_block(best, &n, batch->page, batch->pool_scores, npool, 0);
	recal_topk_sort(best, n);
	for (int i = 0; i < n; i++)
		best[i].index = batch->pool[best[i].index];
	MemoryContextSwitchTo(old);
	MemoryContextDelete(context);
	return n;
}

static void
PutGroup(Batch *batch, int64 first, RecalPutPage put, void *arg)
{
	for (int u = 0; u < batch->nusers; u++)
	{
		RecalId		id = RecalIdTableGet(&batch->histories->users, first + u);
		RecalScored *page = batch->heaps + (int64) u * batch->k;
		int			n = batch->sizes[u];

		CHECK_FOR_INTERRUPTS();
		recal_topk_sort(page, n);
		for (int i = 0; i < n; i++)
			page[i].index = PositionAt(batch, page[i].index);
		if (batch->histories->moment != NULL)
			n = RankPage(batch, u, &id, page, n);
		put(arg, &id, page, n);
	}
}

void
RecalBatchRecommend(const RecalHistories *histories, const int32 *shown, int64 nshown, int k,
					RecalPutPage put, void *arg)
{
	Batch		batch;
	int64		first = 0;

	if (nshown == 0)
		return;
	memset(&batch, 0, sizeof(Batch));
	batch.histories = histories;
	batch.served = histories->served;
	batch.d = histories->served->factors;
	batch.page = (int) Min((int64) k, nshown);
	batch.k = histories->moment != NULL ? (int) Min(RecalRankDepth(k), nshown) : batch.page;
	batch.shown = shown;
	batch.nshown = nshown;
	BeginBatch(&batch);

	while (first < histories->users.n)
	{
		int64		next = LoadGroup(&batch, first);

		ScoreGroup(&batch);
		PutGroup(&batch, first, put, arg);
		first = next;
	}
	MemoryContextDelete(batch.context);
}
