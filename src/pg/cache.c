/*
 * cache.c
 *		Versions that this session serves, as read-only arrays.
 *
 * Entries are found by the version's stamp: model and version numbers come back
 * after a drop, a rollback or a restore, stamps do not. Which stamp is current
 * is read under the caller's snapshot, so a statement sees one version however
 * long it runs, and uncommitted training of its own transaction.
 *
 * An entry is pinned by the memory context of the expression that uses it; the
 * least recently used unpinned entries go when recal.cache_size is exceeded.
 * Item factors of a version larger than that are not kept: one block at a time
 * is read when it is needed.
 */
#include "postgres.h"

#include "lib/ilist.h"
#include "lib/qunique.h"
#include "miscadmin.h"
#include "utils/memutils.h"
#include "utils/snapmgr.h"

#include "recal_blas.h"
#include "recal_compat.h"
#include "recal_neural.h"
#include "recal_rank_serve.h"
#include "recal_serve.h"
#include "recal_train.h"
#include "recal_settings.h"

#define PLAN_BYTES (16 * 1024)	/* of a kept plan, about */

typedef struct RecalCacheEntry
{
	RecalServed served;			/* first, so that both pointers are one */
	dlist_node	lru;			/* most recently used first */
	MemoryContext context;
	int			pins;
	Size		bytes;
	RecalPart	part;			/* of item_factors */
	RecalPart	outputs;		/* of network_outputs, with a network */
	RecalPart	inputs;			/* of network_inputs, likewise */
	bool		has_spread;
	bool		has_ranker;
	float	   *rows;			/* all items' rows, or NULL */
	float	   *input_rows;		/* all input vectors, or NULL */
	float	   *block;			/* buffer of one block when rows is NULL */
	int			block_loaded;	/* -1: none */
	SPIPlanPtr	plans[RECAL_NPLANS];
	char	   *plan_queries[RECAL_NPLANS];
	Oid			plan_types[RECAL_NPLANS];
} CacheEntry;

static dlist_head cache = DLIST_STATIC_INIT(cache);
static Size cache_bytes = 0;

static Size
CacheBound(void)
{
	return (Size) recal_cache_size_mb * 1024 * 1024;
}

static void
FreeEntry(CacheEntry *entry)
{
	for (int i = 0; i < RECAL_NPLANS; i++)
		if (entry->plans[i] != NULL)
			SPI_freeplan(entry->plans[i]);
	dlist_delete(&entry->lru);
	cache_bytes -= entry->bytes;
	MemoryContextDelete(entry->context);
}

static void
EvictUnpinned(void)
{
	dlist_node *node;

	if (dlist_is_empty(&cache))
		return;
	node = dlist_tail_node(&cache);
	while (cache_bytes > CacheBound())
	{
		CacheEntry *entry = dlist_container(CacheEntry, lru, node);
		bool		first = !dlist_has_prev(&cache, node);

		if (!first)
			node = dlist_prev_node(&cache, node);
		if (entry->pins == 0)
			FreeEntry(entry);
		if (first)
			break;
	}
}

static void
Unpin(void *arg)
{
	((CacheEntry *) arg)->pins--;
}

static void
Pin(CacheEntry *entry, MemoryContext context)
{
	MemoryContextCallback *callback = MemoryContextAlloc(context, sizeof(MemoryContextCallback));

	callback->func = Unpin;
	callback->arg = entry;
	MemoryContextRegisterResetCallback(context, callback);
	entry->pins++;
	dlist_move_head(&cache, &entry->lru);
}

static CacheEntry *
FindEntry(const pg_uuid_t *stamp)
{
	dlist_iter	iter;

	dlist_foreach(iter, &cache)
	{
		CacheEntry *entry = dlist_container(CacheEntry, lru, iter.cur);

		if (memcmp(&entry->served.stamp, stamp, sizeof(pg_uuid_t)) == 0)
			return entry;
	}
	return NULL;
}

/* Those that an earlier release did not know have the values that it worked with. */
static float *
LoadScalars(const char *model, int version)
{
	float	   *scalars = recal_palloc0_array(float, RECAL_NSCALARS);
	RecalPart	part;
	float	   *stored;

	RecalWeightsInfo(model, version, "scalars", &part);
	stored = RecalWeightsReadFloats(model, version, "scalars", 1, part.columns);
	scalars[RECAL_SCALAR_NETWORK_DROPOUT] = -1;
	memcpy(scalars, stored, sizeof(float) * Min(part.columns, RECAL_NSCALARS));
	pfree(stored);
	return scalars;
}

/* Everything but the item factors. */
static void
LoadSmallParts(RecalServed *served)
{
	const char *model = served->model;
	int			version = served->version;
	RecalPart	part;
	float	   *scalars;
	int			d;

	RecalWeightsInfo(model, version, "item_factors", &part);
	served->factors = d = part.columns;
	served->nitems = part.rows;
	served->block_rows = part.chunk_rows;
	served->nblocks = part.nchunks;

	RecalWeightsReadIds(model, version, "item_ids", &served->items);
	if (served->items.n != served->nitems)
		ereport(ERROR,
				(errcode(ERRCODE_DATA_CORRUPTED),
				 errmsg("weights of model \"%s\", version %d, part \"%s\" are damaged",
						model, version, "item_ids"),
				 errdetail("There are " INT64_FORMAT " ids for " INT64_FORMAT " item factors.",
						   served->items.n, served->nitems),
				 errhint("Activate another version with recal_activate, or train the model again.")));

	served->eigenvalues = RecalWeightsReadFloats(model, version, "gramian", 1, d);
	served->user_mean = RecalWeightsReadFloats(model, version, "user_mean", 1, d);
	served->user_covariance = RecalWeightsReadFloats(model, version, "user_covariance", d, d);
	served->item_transform = RecalWeightsReadFloats(model, version, "item_transform", d, d);
	served->item_rates = RecalWeightsReadFloats(model, version, "item_rates", 1, d);
	served->item_mass = RecalWeightsReadFloats(model, version, "item_mass", served->nitems, 1);

	scalars = LoadScalars(model, version);
	served->network_blend = scalars[RECAL_SCALAR_NETWORK_BLEND];
	served->network_dropout = scalars[RECAL_SCALAR_NETWORK_DROPOUT];
	served->network = served->network_dropout >= 0;
	served->entry->has_spread = scalars[RECAL_SCALAR_NETWORK_SPREAD] != 0;
	served->entry->has_ranker = scalars[RECAL_SCALAR_RANKER] != 0;
	served->width = served->network ? 2 * d + 1 : d;
	served->unobserved_weight = scalars[RECAL_SCALAR_UNOBSERVED_WEIGHT];
	served->regularization = scalars[RECAL_SCALAR_REGULARIZATION];
	served->mean_confidence = scalars[RECAL_SCALAR_MEAN_CONFIDENCE];
	served->noise = scalars[RECAL_SCALAR_NOISE];
	served->history_decay = scalars[RECAL_SCALAR_HISTORY_DECAY];
	served->bias_ridge = scalars[RECAL_SCALAR_BIAS_RIDGE];
	served->mean_rating = scalars[RECAL_SCALAR_MEAN_RATING];
	served->rating_deviation = scalars[RECAL_SCALAR_RATING_DEVIATION];
	if (served->ratings && d <= RECAL_BIAS_COLUMNS)
		ereport(ERROR,
				(errcode(ERRCODE_DATA_CORRUPTED),
				 errmsg("weights of model \"%s\", version %d, part \"%s\" are damaged",
						model, version, "item_factors"),
				 errdetail("Factors of ratings have more than %d columns, not %d.",
						   RECAL_BIAS_COLUMNS, d)));
	served->user_prior = scalars[RECAL_SCALAR_USER_PRIOR] != 0;
	served->nusers = scalars[RECAL_SCALAR_USERS];
	served->mean_likes = scalars[RECAL_SCALAR_MEAN_USER];
	if (scalars[RECAL_SCALAR_CHANCES] != 0)
		served->item_chance = RecalWeightsReadFloats(model, version, "item_chance",
													 served->nitems, 1);

	for (int side = RECAL_SIDE_USERS; side <= RECAL_SIDE_ITEMS; side++)
		if (RecalFeaturesDeclared(served->definition, side))
			served->encoders[side] =
				RecalEncoderLoad(model, version, side, side == RECAL_SIDE_ITEMS ?
								 served->definition->nitem_features :
								 served->definition->nuser_features, d);
}

/* The layers of the network, and where its vectors are. */
static void
LoadNetwork(CacheEntry *entry)
{
	RecalServed *served = &entry->served;
	RecalNetShape *shape = &served->net.shape;
	RecalPart	part;
	int64		size;

	if (!served->network)
		return;
	RecalNetworkReadShape(served->model, served->version, shape);
	shape->nitems = served->nitems;
	size = recal_net_dense_size(shape);
	RecalWeightsInfo(served->model, served->version, "network_dense", &part);
	RecalWeightsInfo(served->model, served->version, "network_outputs", &entry->outputs);
	RecalWeightsInfo(served->model, served->version, "network_inputs", &entry->inputs);
	if (shape->d != served->factors || shape->nitems != served->nitems ||
		(shape->nprofile > 0 && served->encoders[RECAL_SIDE_USERS] == NULL) ||
		part.rows * part.columns != size || entry->outputs.rows != served->nitems ||
		entry->outputs.columns != shape->d + 1 || entry->inputs.rows != served->nitems ||
		entry->inputs.columns != shape->d)
		ereport(ERROR,
				(errcode(ERRCODE_DATA_CORRUPTED),
				 errmsg("weights of model \"%s\", version %d, part \"%s\" are damaged",
						served->model, served->version, "network_shape"),
				 errdetail("The network does not fit the item factors."),
				 errhint("Activate another version with recal_activate, or train the model again.")));
	served->net.dense = RecalWeightsReadFloats(served->model, served->version, "network_dense",
											   part.rows, part.columns);
	if (entry->has_spread)
		served->network_spread = RecalWeightsReadFloats(served->model, served->version,
														"network_spread",
														(int64) RECAL_NET_SPREADS * shape->d,
														shape->d);
	if (served->encoders[RECAL_SIDE_ITEMS] != NULL)
		served->network_content =
			RecalWeightsReadFloats(served->model, served->version, "network_content",
								   served->encoders[RECAL_SIDE_ITEMS]->width,
								   RecalNetContentWidth(shape->d));
}

/* Rows first .. first+n-1 of a part that is stored in chunks. */
static void
ReadRows(const RecalServed *served, const char *name, const RecalPart *part, int64 first,
		 int64 n, float *out)
{
	float	   *chunk = RecalAllocAligned(CurrentMemoryContext,
										  mul_size(mul_size(part->chunk_rows, part->columns),
												   sizeof(float)));

	while (n > 0)
	{
		int			number = (int) (first / part->chunk_rows);
		int64		begin = (int64) number * part->chunk_rows;
		int64		count = Min(n, Min(part->rows, begin + part->chunk_rows) - first);

		CHECK_FOR_INTERRUPTS();
		RecalWeightsReadChunk(served->model, served->version, name, part, number, chunk);
		memcpy(out, chunk + (first - begin) * part->columns,
			   sizeof(float) * count * part->columns);
		out += count * part->columns;
		first += count;
		n -= count;
	}
	pfree(chunk);
}

/* Block of items' rows into out [rows × width] */
static void
ReadBlock(CacheEntry *entry, int block, float *out)
{
	const RecalServed *served = &entry->served;
	int			d = served->factors;
	int64		first = (int64) block * served->block_rows;
	int64		n = Min(served->block_rows, served->nitems - first);
	float	   *factors;
	float	   *outputs;

	if (!served->network)
	{
		RecalWeightsReadChunk(served->model, served->version, "item_factors", &entry->part, block,
							  out);
		return;
	}
	factors = RecalAllocAligned(CurrentMemoryContext, sizeof(float) * served->block_rows * d);
	outputs = RecalAllocAligned(CurrentMemoryContext, sizeof(float) * n * (d + 1));
	RecalWeightsReadChunk(served->model, served->version, "item_factors", &entry->part, block,
						  factors);
	ReadRows(served, "network_outputs", &entry->outputs, first, n, outputs);
	for (int64 i = 0; i < n; i++, out += served->width)
	{
		memcpy(out, factors + i * d, sizeof(float) * d);
		memcpy(out + d, outputs + i * (d + 1), sizeof(float) * (d + 1));
	}
	pfree(factors);
	pfree(outputs);
}

/*
 * Of a model's other versions the most recent stays, because a rollback may
 * bring it back; the rest will not be asked for again.
 */
static void
ForgetOldVersions(const CacheEntry *current)
{
	dlist_mutable_iter iter;
	int			others = 0;

	dlist_foreach_modify(iter, &cache)
	{
		CacheEntry *entry = dlist_container(CacheEntry, lru, iter.cur);

		if (entry == current || strcmp(entry->served.model, current->served.model) != 0)
			continue;
		if (++others > 1 && entry->pins == 0)
			FreeEntry(entry);
	}
}

/*
 * Loads under the caller's context first: an error on the way (a cancel, a
 * damaged chunk) then frees all of it, and the cache never holds half a model.
 */
static CacheEntry *
LoadEntry(const RecalVersion *version)
{
	MemoryContext context = AllocSetContextCreate(CurrentMemoryContext,
												  "recal model", ALLOCSET_DEFAULT_SIZES);
	MemoryContext old = MemoryContextSwitchTo(context);
	CacheEntry *entry = palloc0(sizeof(CacheEntry));
	RecalServed *served = &entry->served;
	Size		row_bytes;
	Size		all_bytes;

	entry->context = context;
	entry->block_loaded = -1;
	served->entry = entry;
	served->stamp = version->stamp;
	served->model = pstrdup(version->model);
	served->version = version->version;
	served->definition = RecalDefinitionParse(version->definition);
	served->as_of = version->as_of;
	served->ratings = served->definition->objective == RECAL_EXPLICIT;
	LoadSmallParts(served);
	RecalWeightsInfo(served->model, served->version, "item_factors", &entry->part);

	LoadNetwork(entry);
	if (entry->has_ranker)
		served->ranker = RecalRankerLoad(served);
	row_bytes = sizeof(float) * served->width;
	all_bytes = mul_size(served->nitems, row_bytes +
						 (served->network ? sizeof(float) * served->factors : 0));
	if (all_bytes <= CacheBound())
	{
		entry->rows = RecalAllocAligned(context, mul_size(served->nitems, row_bytes));
		for (int b = 0; b < served->nblocks; b++)
			ReadBlock(entry, b, entry->rows + (int64) b * served->block_rows * served->width);
		if (served->network)
			entry->input_rows = RecalWeightsReadFloats(served->model, served->version,
													   "network_inputs", served->nitems,
													   served->factors);
	}
	else
		entry->block = RecalAllocAligned(context, mul_size(served->block_rows, row_bytes));
	MemoryContextSwitchTo(old);

	MemoryContextSetParent(context, CacheMemoryContext);
	entry->bytes = MemoryContextMemAllocated(context, true) + PLAN_BYTES * RECAL_NPLANS;
	cache_bytes += entry->bytes;
	dlist_push_head(&cache, &entry->lru);
	return entry;
}

RecalServed *
RecalServeOpen(const char *model_name, MemoryContext pin_context)
{
	RecalModel *model = RecalModelGet(model_name, false);
	RecalVersion *version = RecalVersionCurrent(model);
	CacheEntry *entry;

	EvictUnpinned();			/* the bound may have been lowered */
	entry = FindEntry(&version->stamp);
	if (entry == NULL)
	{
		entry = LoadEntry(version);
		ForgetOldVersions(entry);
	}
	Pin(entry, pin_context);
	EvictUnpinned();
	return &entry->served;
}

bool
RecalServedResident(const RecalServed *served)
{
	return served->entry->rows != NULL;
}

const float *
RecalServedFactors(const RecalServed *served)
{
	/* positions of content items are beyond them */
	return served->content == NULL && !served->network ? served->entry->rows : NULL;
}

const float *
RecalServedBlock(RecalServed *served, int block, int64 *first, int64 *n)
{
	CacheEntry *entry = served->entry;

	if (block == entry->served.nblocks)
	{
		*first = served->nitems;
		*n = served->content->ids.n;
		return served->content->rows;
	}
	*first = (int64) block * served->block_rows;
	*n = Min(served->block_rows, served->nitems - *first);
	if (entry->rows != NULL)
		return entry->rows + *first * served->width;

	if (entry->block_loaded != block)
	{
		entry->block_loaded = -1;	/* in case of an error half-way */
		ReadBlock(entry, block, entry->block);
		entry->block_loaded = block;
	}
	return entry->block;
}

const float *
RecalServedFactor(RecalServed *served, int64 position)
{
	int64		first;
	int64		rows;
	const float *block = RecalServedBlock(served, position >= served->nitems ?
										  served->entry->served.nblocks :
										  (int) (position / served->block_rows), &first, &rows);

	return block + (position - first) * served->width;
}

int64
RecalServedFind(const RecalServed *served, const RecalId *id)
{
	int64		position = RecalIdTableFind(&served->items, id);

	if (position >= 0 || served->content == NULL)
		return position;
	position = RecalIdTableFind(&served->content->ids, id);
	return position >= 0 ? served->nitems + position : -1;
}

RecalId
RecalServedId(const RecalServed *served, int64 position)
{
	if (position < served->nitems)
		return RecalIdTableGet(&served->items, position);
	return RecalIdTableGet(&served->content->ids, position - served->nitems);
}

void
RecalServedGather(RecalServed *served, const int32 *positions, int64 n, float *out)
{
	int			d = served->factors;

	for (int64 j = 0; j < n; j++)
		memcpy(out + j * d, RecalServedFactor(served, positions[j]), sizeof(float) * d);
}

void
RecalServedRows(RecalServed *served, const int32 *positions, int64 n, float *out)
{
	for (int64 j = 0; j < n; j++)
		memcpy(out + j * served->width, RecalServedFactor(served, positions[j]),
			   sizeof(float) * served->width);
}

void
RecalServedInputs(RecalServed *served, const int32 *positions, int64 n, float *out)
{
	CacheEntry *entry = served->entry;
	const RecalPart *part = &entry->inputs;
	int			d = served->factors;
	float	   *chunk = NULL;

	for (int number = 0; number < (entry->input_rows != NULL ? 1 : part->nchunks); number++)
	{
		const float *rows = entry->input_rows;
		int64		begin = rows != NULL ? 0 : (int64) number * part->chunk_rows;
		int64		end = rows != NULL ? served->nitems : begin + part->chunk_rows;

		for (int64 j = 0; j < n; j++)
		{
			if (positions[j] < begin || positions[j] >= end)
				continue;
			if (rows == NULL)
			{
				if (chunk == NULL)
					chunk = RecalAllocAligned(CurrentMemoryContext,
											  sizeof(float) * part->chunk_rows * d);
				RecalWeightsReadChunk(served->model, served->version, "network_inputs", part,
									  number, chunk);
				rows = chunk;
			}
			memcpy(out + j * d, rows + (positions[j] - begin) * d, sizeof(float) * d);
		}
	}
	if (chunk != NULL)
		pfree(chunk);
	for (int64 j = 0; j < n && served->content != NULL; j++)
		if (positions[j] >= served->nitems)
			memcpy(out + j * d, served->content->inputs + (positions[j] - served->nitems) * d,
				   sizeof(float) * d);
}

void
RecalServedScores(RecalServed *served, const float *vector, float *scores)
{
	for (int b = 0; b < served->nblocks; b++)
	{
		int64		first;
		int64		rows;
		const float *factors = RecalServedBlock(served, b, &first, &rows);

		CHECK_FOR_INTERRUPTS();
		recal_gemv((int) rows, served->width, factors, served->width, vector, scores + first);
	}
}

int
RecalComparePositions(const void *a, const void *b)
{
	int32		x = *(const int32 *) a;
	int32		y = *(const int32 *) b;

	return (x > y) - (x < y);
}

int64
RecalSortPositions(int32 *positions, int64 n)
{
	int64		unknown = 0;
	int64		unique;

	qsort(positions, n, sizeof(int32), RecalComparePositions);
	while (unknown < n && positions[unknown] < 0)
		unknown++;
	unique = qunique(positions + unknown, n - unknown, sizeof(int32), RecalComparePositions);
	memmove(positions, positions + unknown, sizeof(int32) * unique);
	return unique;
}

SPIPlanPtr
RecalServedPlan(RecalServed *served, RecalPlanSlot slot, const char *query, Oid argument_type)
{
	CacheEntry *entry = served->entry;
	SPIPlanPtr	plan;

	/* the text changes when a relation's columns change type */
	if (entry->plans[slot] != NULL &&
		entry->plan_types[slot] == argument_type &&
		strcmp(entry->plan_queries[slot], query) == 0)
		return entry->plans[slot];

	if (entry->plans[slot] != NULL)
	{
		SPI_freeplan(entry->plans[slot]);
		entry->plans[slot] = NULL;
	}

	plan = SPI_prepare(query, 1, &argument_type);
	if (plan == NULL)
		elog(ERROR, "SPI_prepare failed: %s", SPI_result_code_string(SPI_result));
	entry->plan_queries[slot] = MemoryContextStrdup(entry->context, query);
	entry->plan_types[slot] = argument_type;
	SPI_keepplan(plan);
	entry->plans[slot] = plan;
	return plan;
}
