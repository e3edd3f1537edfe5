/*
 * content.c
 *		Items and users without behaviour, served by their features.
 *
 * New rows of the items relation count without retraining: a session keeps, for
 * each version and role, the items that have features and no factor, read by one
 * query as that role. It is read again when something can have changed, but
 * rarely enough not to slow a busy session down: unless the transaction itself has
 * written, reading takes at most a twentieth of the time.
 *
 * Where policies hide rows it is read for every statement, since they may ask for
 * more than the role.
 */
#include "postgres.h"

#include "access/xact.h"
#include "executor/spi.h"
#include "executor/tuptable.h"
#include "lib/ilist.h"
#include "miscadmin.h"
#include "portability/instr_time.h"
#include "utils/builtins.h"
#include "utils/memutils.h"
#include "utils/snapmgr.h"

#include "recal_compat.h"
#include "recal_rows.h"
#include "recal_serve.h"
#include "recal_settings.h"
#include "recal_train.h"

#define MAX_CONTENT_ITEMS	100000
#define REREAD_PERIOD		20	/* in units of what the last reading took */

/* The items of one version as one role sees them. */
typedef struct Catalogue
{
	RecalContentItems items;
	dlist_node	lru;			/* most recently used first */
	MemoryContext context;
	int			pins;
	Size		bytes;
	pg_uuid_t	stamp;
	Oid			role;
	bool		stale;			/* not to be found any more */
	/* the state of the database that it was read in */
	uint64		completed;
	CommandId	curcid;
	TransactionId xid;			/* of a transaction that had written */
	instr_time	read_at;
	double		seconds;		/* that took */
} Catalogue;

typedef struct Collector
{
	const RecalServed *served;
	MemoryContext context;
	RecalIdBuilder *ids;
	int64		limit;
	int64		capacity;
	bool		overflow;
	int			width;			/* of an item: its row, and the network's input vector */
	float	   *vectors;		/* [capacity × width], in the order of codes */
	float	   *vector;
	RecalFeatureRow *row;
} Collector;

static dlist_head catalogues = DLIST_STATIC_INIT(catalogues);
static Size catalogue_bytes = 0;

static Size
Bound(void)
{
	return (Size) recal_cache_size_mb * 1024 * 1024;
}

/* The least recently used go when they take more than the cache may. */
static void
Evict(void)
{
	dlist_node *node = dlist_is_empty(&catalogues) ? NULL : dlist_tail_node(&catalogues);

	while (node != NULL)
	{
		Catalogue  *catalogue = dlist_container(Catalogue, lru, node);

		node = dlist_has_prev(&catalogues, node) ? dlist_prev_node(&catalogues, node) : NULL;
		if (catalogue->pins > 0 || (!catalogue->stale && catalogue_bytes <= Bound()))
			continue;
		dlist_delete(&catalogue->lru);
		catalogue_bytes -= catalogue->bytes;
		MemoryContextDelete(catalogue->context);
	}
}

/* What a subtransaction wrote is gone, which no counter tells. */
static void
ForgetWritten(SubXactEvent event, SubTransactionId me, SubTransactionId parent, void *arg)
{
	dlist_iter	iter;

	if (event != SUBXACT_EVENT_ABORT_SUB)
		return;
	dlist_foreach(iter, &catalogues)
	{
		Catalogue  *catalogue = dlist_container(Catalogue, lru, iter.cur);

		catalogue->stale |= TransactionIdIsValid(catalogue->xid);
	}
}

static void
Unpin(void *arg)
{
	((Catalogue *) arg)->pins--;
}

static void
Pin(Catalogue *catalogue, MemoryContext context)
{
	MemoryContextCallback *callback = MemoryContextAlloc(context, sizeof(MemoryContextCallback));

	callback->func = Unpin;
	callback->arg = catalogue;
	MemoryContextRegisterResetCallback(context, callback);
	catalogue->pins++;
	dlist_move_head(&catalogues, &catalogue->lru);
}

static Catalogue *
Find(const RecalServed *served)
{
	dlist_iter	iter;

	dlist_foreach(iter, &catalogues)
	{
		Catalogue  *catalogue = dlist_container(Catalogue, lru, iter.cur);

		if (!catalogue->stale && catalogue->role == GetUserId() &&
			memcmp(&catalogue->stamp, &served->stamp, sizeof(pg_uuid_t)) == 0)
			return catalogue;
	}
	return NULL;
}

/* Whether it may be used under this snapshot. */
static bool
IsFresh(const Catalogue *catalogue, Snapshot snapshot)
{
	TransactionId xid = GetTopTransactionIdIfAny();
	instr_time	elapsed;

	/* what an unfinished transaction saw of itself is for nobody else */
	if (catalogue->xid != xid)
		return false;
	if (catalogue->completed != 0 &&
		catalogue->completed == snapshot->snapXactCompletionCount &&
		catalogue->curcid == snapshot->curcid)
		return true;
	if (TransactionIdIsValid(xid))
		return false;
	INSTR_TIME_SET_CURRENT(elapsed);
	INSTR_TIME_SUBTRACT(elapsed, catalogue->read_at);
	return INSTR_TIME_GET_DOUBLE(elapsed) < REREAD_PERIOD * catalogue->seconds;
}

static void
Grow(Collector *collector)
{
	Size		row = sizeof(float) * collector->width;
	float	   *larger;

	larger = RecalAllocAligned(collector->context, mul_size(row, collector->capacity * 2));
	memcpy(larger, collector->vectors, row * collector->capacity);
	pfree(collector->vectors);
	collector->vectors = larger;
	collector->capacity *= 2;
}

static void
CollectItem(const RecalFeatureSource *source, TupleTableSlot *slot, void *arg)
{
	Collector  *collector = arg;
	const RecalServed *served = collector->served;
	const RecalEncoder *encoder = served->encoders[RECAL_SIDE_ITEMS];
	const RecalFeatureRow *row = collector->row;
	int			d = served->factors;
	int			width = collector->width;
	float	   *place;
	bool		isnull;
	Datum		value = slot_getattr(slot, 1, &isnull);
	RecalId		id;
	int64		count;
	int32		code;

	if (isnull)
		return;
	id = RecalIdFromDatum(value, &source->id_type);
	if (RecalIdTableFind(&served->items, &id) >= 0)
		return;
	count = RecalIdBuilderCount(collector->ids);
	if (count >= collector->limit)
	{
		collector->overflow = true;
		return;
	}
	RecalEncodeSlot(encoder, source, slot, collector->row);
	recal_content_row(row->n, row->columns, row->values, encoder->weights, d, collector->vector);
	if (served->network)
		recal_content_row(row->n, row->columns, row->values, served->network_content, width - d,
						  collector->vector + d);
	if (served->ratings)
		collector->vector[RECAL_USER_BIAS] = 1;
	code = RecalIdBuilderAdd(collector->ids, &id);
	if (code == collector->capacity)
		Grow(collector);

	/* of several rows one that does not depend on their order */
	place = collector->vectors + (int64) code * width;
	if (code == count || memcmp(collector->vector, place, sizeof(float) * width) < 0)
		memcpy(place, collector->vector, sizeof(float) * width);
}

static void
Collect(Collector *collector, const char *condition)
{
	const RecalServed *served = collector->served;

	collector->overflow = false;
	collector->capacity = 256;
	collector->ids = RecalIdBuilderBegin(served->items.kind);
	collector->vectors = RecalAllocAligned(collector->context,
										   sizeof(float) * collector->capacity * collector->width);
	RecalFeaturesScan(served->sources[RECAL_SIDE_ITEMS], condition, NULL, CollectItem, collector);
}

/* Rows and input vectors in the order of ids. */
static void
Finish(Collector *collector, RecalContentItems *items)
{
	int			width = collector->served->width;
	int			d = collector->width - width;
	float	   *rows;
	float	   *inputs = NULL;
	int32	   *rank;

	RecalIdBuilderFinish(collector->ids, &items->ids, &rank);
	rows = RecalAllocAligned(collector->context, sizeof(float) * Max(items->ids.n, 1) * width);
	if (d > 0)
		inputs = RecalAllocAligned(collector->context, sizeof(float) * Max(items->ids.n, 1) * d);
	for (int64 code = 0; code < items->ids.n; code++)
	{
		const float *vector = collector->vectors + code * collector->width;

		memcpy(rows + (int64) rank[code] * width, vector, sizeof(float) * width);
		if (d > 0)
			memcpy(inputs + (int64) rank[code] * d, vector + width, sizeof(float) * d);
	}
	items->rows = rows;
	items->inputs = inputs;
	pfree(rank);
	pfree(collector->vectors);
	pfree(collector->vector);
	pfree(collector->row);
}

static Catalogue *
Read(const RecalServed *served, Snapshot snapshot)
{
	const RecalFeatureSource *source = served->sources[RECAL_SIDE_ITEMS];
	MemoryContext context = AllocSetContextCreate(CurrentMemoryContext, "recal content items",
												  ALLOCSET_DEFAULT_SIZES);
	MemoryContext old = MemoryContextSwitchTo(context);
	Catalogue  *catalogue = palloc0(sizeof(Catalogue));
	Collector	collector = {.served = served, .context = context};
	instr_time	start;

	INSTR_TIME_SET_CURRENT(start);
	collector.width = served->width + (served->network ? served->factors : 0);
	collector.limit = Min(MAX_CONTENT_ITEMS,
						  Bound() / (sizeof(float) * collector.width * 2 + 64));
	collector.vector = palloc(sizeof(float) * collector.width);
	collector.row = palloc(sizeof(RecalFeatureRow));
	Collect(&collector, NULL);
	if (collector.overflow)
	{
		/* too many: those with the highest ids, which are the newest more often than not */
		pfree(collector.vectors);
		Collect(&collector, psprintf("true ORDER BY %s DESC LIMIT " INT64_FORMAT,
									 quote_identifier(source->id_column),
									 served->nitems + collector.limit));
	}
	Finish(&collector, &catalogue->items);
	MemoryContextSwitchTo(old);

	catalogue->context = context;
	catalogue->stamp = served->stamp;
	catalogue->role = GetUserId();
	catalogue->completed = snapshot->snapXactCompletionCount;
	catalogue->curcid = snapshot->curcid;
	catalogue->xid = GetTopTransactionIdIfAny();
	INSTR_TIME_SET_CURRENT(catalogue->read_at);
	catalogue->seconds = INSTR_TIME_GET_DOUBLE(catalogue->read_at) -
		INSTR_TIME_GET_DOUBLE(start);
	catalogue->bytes = MemoryContextMemAllocated(context, true);
	MemoryContextSetParent(context, CacheMemoryContext);
	catalogue_bytes += catalogue->bytes;
	dlist_push_head(&catalogues, &catalogue->lru);
	return catalogue;
}

static void
OpenItems(RecalStatement *statement, bool row_security)
{
	RecalServed *served = statement->served;
	static bool registered = false;
	Snapshot	snapshot = GetActiveSnapshot();
	Catalogue  *catalogue = Find(served);

	if (!registered)
		RegisterSubXactCallback(ForgetWritten, NULL);
	registered = true;

	if (catalogue != NULL && (row_security || !IsFresh(catalogue, snapshot)))
	{
		catalogue->stale = true;
		catalogue = NULL;
	}
	if (catalogue == NULL)
		catalogue = Read(served, snapshot);
	Pin(catalogue, statement->context);
	Evict();
	if (catalogue->items.ids.n == 0)
		return;
	served->content = &catalogue->items;
	served->nblocks++;
}

void
RecalContentOpen(RecalStatement *statement)
{
	RecalServed *served = statement->served;

	for (int side = RECAL_SIDE_USERS; side <= RECAL_SIDE_ITEMS; side++)
	{
		RecalFeatureSource *source;
		MemoryContext old;
		bool		row_security;

		if (served->encoders[side] == NULL)
			continue;
		old = MemoryContextSwitchTo(statement->context);
		source = palloc(sizeof(RecalFeatureSource));
		RecalFeatureSourceResolve(served->model, served->definition, side,
								  side == RECAL_SIDE_ITEMS ? served->items.kind :
								  statement->columns.user_type.kind, source);
		MemoryContextSwitchTo(old);
		RecalEncoderCheck(served->encoders[side], source);
		row_security = RecalFeatureSourceCheck(source);
		served->sources[side] = source;
		if (side == RECAL_SIDE_ITEMS)
			OpenItems(statement, row_security);
	}
}

/* The encoded row of a user, and its vector. */
static void
TakeUser(const RecalServed *served, TupleTableSlot *slot, RecalUser *user, MemoryContext context)
{
	const RecalEncoder *encoder = served->encoders[RECAL_SIDE_USERS];
	int			d = served->factors;
	RecalFeatureRow *row = palloc(sizeof(RecalFeatureRow));
	float	   *vector = palloc(sizeof(float) * d);

	RecalEncodeSlot(encoder, served->sources[RECAL_SIDE_USERS], slot, row);
	recal_content_row(row->n, row->columns, row->values, encoder->weights, d, vector);
	if (user->prior == NULL)
	{
		user->prior = MemoryContextAlloc(context, sizeof(float) * d);
		user->features = MemoryContextAlloc(context, sizeof(RecalFeatureRow));
	}
	else if (memcmp(vector, user->prior, sizeof(float) * d) >= 0)
		return;
	memcpy(user->prior, vector, sizeof(float) * d);
	memcpy(user->features, row, sizeof(RecalFeatureRow));
}

void
RecalContentUser(RecalServed *served, const RecalId *id, RecalUser *user, MemoryContext context)
{
	const RecalFeatureSource *source = served->sources[RECAL_SIDE_USERS];
	SPIPlanPtr	plan;
	Datum		parameter;
	TupleTableSlot *slot;
	int			result;

	if (source == NULL || !RecalIdToColumn(id, &source->id_type, &parameter))
		return;
	plan = RecalServedPlan(served, RECAL_PLAN_USER,
						   psprintf("SELECT %s FROM %s WHERE %s OPERATOR(pg_catalog.=) $1",
									source->select_list, source->relation,
									quote_identifier(source->id_column)),
						   source->id_type.base);
	result = SPI_execute_plan(plan, &parameter, NULL, true, 0);
	if (result != SPI_OK_SELECT)
		elog(ERROR, "reading a user's features failed: %s", SPI_result_code_string(result));
	if (!RecalFeatureSourceMatches(source, SPI_tuptable->tupdesc))
		RecalErrorAltered("users", served->model);
	slot = MakeSingleTupleTableSlot(SPI_tuptable->tupdesc, &TTSOpsHeapTuple);
	for (uint64 r = 0; r < SPI_processed; r++)
	{
		ExecStoreHeapTuple(SPI_tuptable->vals[r], slot, false);
		TakeUser(served, slot, user, context);
	}
	ExecDropSingleTupleTableSlot(slot);
	SPI_freetuptable(SPI_tuptable);
}
