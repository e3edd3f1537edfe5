/*
 * ranker_live.c
 *		The ranker's counters as of now.
 *
 * A session keeps, for each version and role, a copy of the version's counters to
 * which the rows since the training have been added, read as that role. It is
 * made anew, from the trained ones, when something can have changed: every
 * recal.ranker_refresh seconds, and rarely enough that it takes at most a
 * twentieth of the time. So a row that comes late, or goes, counts like any other.
 *
 * Where an index does not find those rows, or policies hide rows from the role,
 * counters stay as they were trained. What a view shows may depend on more than
 * the role, and has no index either.
 *
 * Of a user who is not among the users of those rows' earlier items nothing is
 * known here: what follows what is counted among the rows since.
 */
#include "postgres.h"

#include <math.h>

#include "access/xact.h"
#include "executor/spi.h"
#include "lib/ilist.h"
#include "miscadmin.h"
#include "nodes/params.h"
#include "portability/instr_time.h"
#include "utils/builtins.h"
#include "utils/memutils.h"
#include "utils/snapmgr.h"

#include "recal_compat.h"
#include "recal_rank_serve.h"
#include "recal_rights.h"
#include "recal_settings.h"

#define REREAD_PERIOD	20		/* in units of what the last reading took */

/* Counters of one version as one role sees what came since. */
typedef struct Live
{
	RecalRankMoment moment;		/* first, so that both pointers are one */
	dlist_node	lru;			/* most recently used first */
	MemoryContext context;
	MemoryContext users_context;	/* of what each reading makes anew */
	int			pins;
	Size		bytes;
	char	   *model;
	pg_uuid_t	stamp;
	Oid			role;
	void	   *memory;			/* of the counters */
	bool		stale;			/* to be read again whatever its age */
	/* the state of the database that it was read in */
	uint64		completed;
	CommandId	curcid;
	TransactionId xid;			/* of a transaction that had written */
	instr_time	read_at;
	double		seconds;		/* that took */
} Live;

/* A row since the training. */
typedef struct LiveRow
{
	double		time;
	int32		user;			/* code, then position */
	int32		item;
} LiveRow;

typedef struct LiveReader
{
	const RecalStatement *statement;
	RecalIdBuilder *users;
	int64		n;
	LiveRow    *rows;			/* [RECAL_RANK_LIVE_ROWS] */
} LiveReader;

/* What a user of those rows did before the next one. */
typedef struct LiveUser
{
	int			nrecent;
	int32		recent[RECAL_RANK_RECENT];	/* newest first */
} LiveUser;

static dlist_head lives = DLIST_STATIC_INIT(lives);

static Size
Bound(void)
{
	return (Size) recal_cache_size_mb * 1024 * 1024;
}

/*
 * Those that do not fit beside the most recently used one go, and those of other
 * versions of its model.
 */
static void
Evict(const Live *used)
{
	dlist_mutable_iter iter;
	Size		kept = 0;

	dlist_foreach_modify(iter, &lives)
	{
		Live	   *live = dlist_container(Live, lru, iter.cur);
		bool		other = strcmp(live->model, used->model) == 0 &&
			memcmp(&live->stamp, &used->stamp, sizeof(pg_uuid_t)) != 0;

		if (live != used && live->pins == 0 && (other || kept + live->bytes > Bound()))
		{
			dlist_delete(&live->lru);
			MemoryContextDelete(live->context);
			continue;
		}
		kept += live->bytes;
	}
}

/* What a subtransaction wrote is gone, which no counter tells. */
static void
ForgetWritten(SubXactEvent event, SubTransactionId me, SubTransactionId parent, void *arg)
{
	dlist_iter	iter;

	if (event != SUBXACT_EVENT_ABORT_SUB)
		return;
	dlist_foreach(iter, &lives)
	{
		Live	   *live = dlist_container(Live, lru, iter.cur);

		live->stale |= TransactionIdIsValid(live->xid);
	}
}

static void
Unpin(void *arg)
{
	((Live *) arg)->pins--;
}

static void
Pin(Live *live, MemoryContext context)
{
	MemoryContextCallback *callback = MemoryContextAlloc(context, sizeof(MemoryContextCallback));

	callback->func = Unpin;
	callback->arg = live;
	MemoryContextRegisterResetCallback(context, callback);
	live->pins++;
	dlist_move_head(&lives, &live->lru);
}

/* Whether the rows since the training may be read, and fast. */
static bool
MayRead(const RecalStatement *statement)
{
	return recal_ranker_refresh >= 0 && !statement->row_security &&
		statement->columns.time > 0 && isfinite(statement->served->as_of) &&
		RecalHasOrderedIndex(statement->relation, statement->definition->time_column);
}

static Live *
Find(const RecalServed *served)
{
	dlist_iter	iter;

	dlist_foreach(iter, &lives)
	{
		Live	   *live = dlist_container(Live, lru, iter.cur);

		if (live->role == GetUserId() &&
			memcmp(&live->stamp, &served->stamp, sizeof(pg_uuid_t)) == 0)
			return live;
	}
	return NULL;
}

/* Whether it may be used under this snapshot. */
static bool
IsFresh(const Live *live, Snapshot snapshot)
{
	TransactionId xid = GetTopTransactionIdIfAny();
	instr_time	elapsed;

	/* what an unfinished transaction saw of itself is for nobody else */
	if (live->stale || (TransactionIdIsValid(live->xid) && live->xid != xid))
		return false;
	if (live->completed != 0 && live->xid == xid &&
		live->completed == snapshot->snapXactCompletionCount &&
		live->curcid == snapshot->curcid)
		return true;
	if (recal_ranker_refresh == 0)
		return false;
	INSTR_TIME_SET_CURRENT(elapsed);
	INSTR_TIME_SUBTRACT(elapsed, live->read_at);
	return INSTR_TIME_GET_DOUBLE(elapsed) <
		Max((double) recal_ranker_refresh, REREAD_PERIOD * live->seconds);
}

/* A copy of what the version stores */
static Live *
Make(RecalServed *served)
{
	MemoryContext context = AllocSetContextCreate(CurrentMemoryContext, "recal ranker",
												  ALLOCSET_DEFAULT_SIZES);
	Live	   *live = MemoryContextAllocZero(context, sizeof(Live));

	live->context = context;
	live->model = MemoryContextStrdup(context, served->model);
	live->stamp = served->stamp;
	live->role = GetUserId();
	live->stale = true;
	live->memory = RecalAllocAligned(context, served->ranker->bytes);
	memcpy(live->memory, served->ranker->memory, served->ranker->bytes);
	RecalRankMomentInit(&live->moment, live->memory, served->factors, served->as_of, context);
	MemoryContextSetParent(context, CacheMemoryContext);
	dlist_push_head(&lives, &live->lru);
	return live;
}

static void
ReceiveRow(void *arg, const Datum *values, const bool *isnull)
{
	LiveReader *reader = arg;
	const RecalStatement *statement = reader->statement;
	const RecalServed *served = statement->served;
	const RecalEventColumns *columns = &statement->columns;
	RecalUserRow row;
	RecalId		user;

	if (isnull[columns->user - 1])
		return;
	RecalUserRowRead(served, columns, values, isnull, &row);
	if (!RecalRankCounts(served, row.item, row.weight) || !(row.time > served->as_of) ||
		reader->n >= RECAL_RANK_LIVE_ROWS)
		return;
	user = RecalIdFromDatum(values[columns->user - 1], &columns->user_type);
	reader->rows[reader->n].time = row.time;
	reader->rows[reader->n].user = RecalIdBuilderAdd(reader->users, &user);
	reader->rows[reader->n++].item = row.item;
}

/* In order of time, and where that is the same in one that does not depend on the reading. */
static int
CompareRows(const void *a, const void *b)
{
	const LiveRow *x = a;
	const LiveRow *y = b;

	if (x->time != y->time)
		return x->time < y->time ? -1 : 1;
	if (x->user != y->user)
		return x->user < y->user ? -1 : 1;
	return (x->item > y->item) - (x->item < y->item);
}

/* The newest rows since the training, in the current memory context. */
static void
ReadRows(LiveReader *reader)
{
	const RecalStatement *statement = reader->statement;
	const RecalDefinition *definition = statement->definition;
	const char *time = quote_identifier(definition->time_column);
	Oid			type = statement->columns.time_type;
	ParamListInfo params = makeParamList(1);
	SPIPlanPtr	plan;

	reader->rows = palloc_extended(sizeof(LiveRow) * RECAL_RANK_LIVE_ROWS, MCXT_ALLOC_HUGE);
	if (!RecalTimeToDatum(statement->served->as_of, type, &params->params[0].value))
		return;
	params->params[0].isnull = false;
	params->params[0].pflags = PARAM_FLAG_CONST;
	params->params[0].ptype = type;
	plan = SPI_prepare(psprintf("SELECT %s FROM %s WHERE %s OPERATOR(pg_catalog.>) $1"
								" ORDER BY %s DESC LIMIT %d",
								statement->select_list,
								RecalQualifiedName(definition->events_schema,
												   definition->events_name),
								time, time, RECAL_RANK_LIVE_ROWS),
					   1, &type);
	if (plan == NULL)
		elog(ERROR, "preparing to read events failed: %s", SPI_result_code_string(SPI_result));
	RecalEventsVisit(statement->model, &statement->columns, plan, params, ReceiveRow, reader);
}

/* Counts the rows, which are in order. */
static void
CountRows(Live *live, const RecalRanker *ranker, const LiveReader *reader)
{
	RecalRankMoment *moment = &live->moment;
	LiveUser   *users = palloc_extended(sizeof(LiveUser) * Max(moment->users.n, 1),
										MCXT_ALLOC_HUGE | MCXT_ALLOC_ZERO);

	for (int64 user = 0; user < moment->users.n; user++)
	{
		RecalId		id = RecalIdTableGet(&moment->users, user);

		(void) RecalRankerTaste(ranker, &id, &moment->tastes[user]);
	}
	for (int64 i = 0; i < reader->n; i++)
	{
		const LiveRow *row = &reader->rows[i];
		LiveUser   *user = &users[row->user];

		recal_taste_add(&moment->tastes[row->user], &moment->counters, row->item, row->time);
		recal_counters_add(&moment->counters, row->item, row->time, user->nrecent, user->recent);
		moment->newest[row->user] = row->time;
		moment->now = row->time;
		if (user->nrecent < RECAL_RANK_RECENT)
			user->nrecent++;
		memmove(user->recent + 1, user->recent, sizeof(int32) * (user->nrecent - 1));
		user->recent[0] = row->item;
	}
	pfree(users);
}

/* Gives the moment the users of the rows, and their memory in place of the former one. */
static void
TakeUsers(Live *live, LiveReader *reader, MemoryContext context)
{
	RecalRankMoment *moment = &live->moment;
	MemoryContext old = MemoryContextSwitchTo(context);
	RecalIdTable users;
	int32	   *rank;
	Size		n;

	RecalIdBuilderFinish(reader->users, &users, &rank);
	n = Max(users.n, 1);
	for (int64 i = 0; i < reader->n; i++)
		reader->rows[i].user = rank[reader->rows[i].user];
	moment->tastes = palloc_extended(sizeof(RecalTaste) * n, MCXT_ALLOC_HUGE);
	moment->newest = palloc_extended(sizeof(double) * n, MCXT_ALLOC_HUGE);
	moment->users = users;
	MemoryContextSwitchTo(old);
	if (live->users_context != NULL)
		MemoryContextDelete(live->users_context);
	live->users_context = context;
	MemoryContextSetParent(context, live->context);
}

static void
Refresh(Live *live, RecalStatement *statement, Snapshot snapshot)
{
	RecalServed *served = statement->served;
	RecalRankMoment *moment = &live->moment;
	LiveReader	reader = {.statement = statement};
	MemoryContext context = AllocSetContextCreate(CurrentMemoryContext, "recal ranker rows",
												  ALLOCSET_DEFAULT_SIZES);
	MemoryContext users = AllocSetContextCreate(CurrentMemoryContext, "recal ranker users",
												ALLOCSET_DEFAULT_SIZES);
	MemoryContext old = MemoryContextSwitchTo(users);
	instr_time	start;

	INSTR_TIME_SET_CURRENT(start);
	live->stale = true;
	reader.users = RecalIdBuilderBegin(statement->columns.user_type.kind);
	MemoryContextSwitchTo(context);
	ReadRows(&reader);
	MemoryContextSwitchTo(context); /* SPI leaves its own */

	/* what was there is good until all has been read */
	moment->users.n = 0;
	TakeUsers(live, &reader, users);
	qsort(reader.rows, reader.n, sizeof(LiveRow), CompareRows);
	memcpy(live->memory, served->ranker->memory, served->ranker->bytes);
	moment->now = served->as_of;
	moment->viewed = 0;
	CountRows(live, served->ranker, &reader);
	moment->ndemand = recal_counters_recent(&moment->counters, RECAL_RANK_POOL_HALF,
											RECAL_RANK_DEMAND, moment->demand, NULL, NULL);
	MemoryContextSwitchTo(old);
	MemoryContextDelete(context);

	live->completed = snapshot->snapXactCompletionCount;
	live->curcid = snapshot->curcid;
	live->xid = GetTopTransactionIdIfAny();
	INSTR_TIME_SET_CURRENT(live->read_at);
	live->seconds = INSTR_TIME_GET_DOUBLE(live->read_at) - INSTR_TIME_GET_DOUBLE(start);
	live->bytes = MemoryContextMemAllocated(live->context, true);
	live->stale = false;
}

RecalRankMoment *
RecalRankMomentGet(RecalStatement *statement)
{
	static bool registered = false;
	RecalServed *served = statement->served;
	Snapshot	snapshot = GetActiveSnapshot();
	Live	   *live;

	if (statement->moment != NULL || served->ranker == NULL)
		return statement->moment;
	if (!MayRead(statement))
	{
		statement->moment = &served->ranker->trained;
		return statement->moment;
	}
	if (!registered)
		RegisterSubXactCallback(ForgetWritten, NULL);
	registered = true;

	live = Find(served);
	if (live == NULL)
		live = Make(served);
	Pin(live, statement->context);
	if (!IsFresh(live, snapshot))
		Refresh(live, statement, snapshot);
	Evict(live);
	statement->moment = &live->moment;
	return statement->moment;
}
