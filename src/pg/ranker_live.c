/*
 * ranker_live.c
 *		The ranker's counters as of now.
 *
 * A session keeps, for each version and role, a copy of the version's counters to
 * which the rows since the training have been added, read as that role. Every
 * recal.ranker_refresh seconds, and rarely enough that it takes at most a
 * twentieth of the time, it adds those that are newer than all that it has.
 * Rows that come late, or go, are not noticed by that; so it begins again from the
 * trained counters as often as that costs next to nothing, and whenever what it has
 * read may be undone.
 *
 * Where an index does not find those rows, or policies hide rows from the role,
 * counters stay as they were trained. What a view shows may depend on more than
 * the role, and has no index either.
 *
 * What a user did before the training is not known here: what follows what is
 * counted among the rows since.
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

/* in units of what the last reading took, of newer rows and of all since the training */
#define NEWER_PERIOD	20
#define WHOLE_PERIOD	200

/* one row in so many may be of a time that cannot be */
#define STRAY_ROWS		50

/* What a user of those rows did before the next one. */
typedef struct LiveUser
{
	int			nrecent;
	int32		recent[RECAL_RANK_RECENT];	/* newest first */
} LiveUser;

/* Counters of one version as one role sees what came since. */
typedef struct Live
{
	RecalRankMoment moment;		/* first, so that both pointers are one */
	dlist_node	lru;			/* most recently used first */
	MemoryContext context;
	MemoryContext users_context;	/* of moment's users, and these */
	LiveUser   *users;			/* [moment.users.n] */
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
	instr_time	whole_at;		/* the same of the last reading of all rows */
	double		whole_seconds;
} Live;

/* A row since the training. */
typedef struct LiveReader
{
	const RecalStatement *statement;
	double		since;			/* rows are newer than this */
	RecalIdBuilder *users;
	int64		n;
	RecalStreamRow *rows;		/* [RECAL_RANK_LIVE_ROWS], users by code, then by position */
} LiveReader;

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

static double
SecondsSince(instr_time then)
{
	instr_time	elapsed;

	INSTR_TIME_SET_CURRENT(elapsed);
	INSTR_TIME_SUBTRACT(elapsed, then);
	return INSTR_TIME_GET_DOUBLE(elapsed);
}

/* What an unfinished transaction saw of itself is for nobody else. */
static bool
IsSound(const Live *live)
{
	return !live->stale &&
		(!TransactionIdIsValid(live->xid) || live->xid == GetTopTransactionIdIfAny());
}

/* Whether it may be used under this snapshot. */
static bool
IsFresh(const Live *live, Snapshot snapshot)
{
	TransactionId xid = GetTopTransactionIdIfAny();

	if (!IsSound(live))
		return false;
	if (live->completed != 0 && live->xid == xid &&
		live->completed == snapshot->snapXactCompletionCount &&
		live->curcid == snapshot->curcid)
		return true;
	return recal_ranker_refresh > 0 && SecondsSince(live->read_at) <
		Max((double) recal_ranker_refresh, NEWER_PERIOD * live->seconds);
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
	if (!RecalRankCounts(served, row.item, row.weight, row.time) || !(row.time > reader->since) ||
		reader->n >= RECAL_RANK_LIVE_ROWS)
		return;
	user = RecalIdFromDatum(values[columns->user - 1], &columns->user_type);
	reader->rows[reader->n].time = row.time;
	reader->rows[reader->n].user = RecalIdBuilderAdd(reader->users, &user);
	reader->rows[reader->n++].item = row.item;
}

/* By user and item, the newest of a pair first. */
static int
ComparePairs(const void *a, const void *b)
{
	const RecalStreamRow *x = a;
	const RecalStreamRow *y = b;

	if (x->user != y->user)
		return x->user < y->user ? -1 : 1;
	if (x->item != y->item)
		return x->item < y->item ? -1 : 1;
	return (x->time < y->time) - (x->time > y->time);
}

/* As in training, each pair once, and in order. */
static void
SortRows(LiveReader *reader)
{
	RecalStreamRow *rows = reader->rows;
	int64		n = 0;

	qsort(rows, reader->n, sizeof(RecalStreamRow), ComparePairs);
	for (int64 i = 0; i < reader->n; i++)
		if (n == 0 || rows[i].user != rows[n - 1].user || rows[i].item != rows[n - 1].item)
			rows[n++] = rows[i];
	reader->n = n;
	qsort(rows, n, sizeof(RecalStreamRow), RecalCompareStreamRows);
}

/*
 * Leaves out a few last rows that lie farther behind all others than the whole
 * training: one that somebody wrote with a time in the future must not make
 * everything old for everybody.
 */
static void
DropStray(LiveReader *reader, const RecalCountersHead *head)
{
	double		span = head->unit * (double) head->rows;

	for (int64 left = 1 + reader->n / STRAY_ROWS; left > 0 && reader->n > 0; left--)
	{
		const RecalStreamRow *last = &reader->rows[reader->n - 1];

		if (last->time - (reader->n > 1 ? last[-1].time : reader->since) <= span)
			break;
		reader->n--;
	}
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

	reader->rows = palloc_extended(sizeof(RecalStreamRow) * RECAL_RANK_LIVE_ROWS, MCXT_ALLOC_HUGE);
	if (!RecalTimeToDatum(reader->since, type, &params->params[0].value))
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
CountRows(Live *live, const LiveReader *reader)
{
	RecalRankMoment *moment = &live->moment;

	for (int64 i = 0; i < reader->n; i++)
	{
		const RecalStreamRow *row = &reader->rows[i];
		LiveUser   *user = &live->users[row->user];

		recal_taste_add(&moment->tastes[row->user], &moment->counters, row->item, row->time);
		recal_counters_add(&moment->counters, row->item, row->time, user->nrecent, user->recent);
		moment->newest[row->user] = row->time;
		moment->now = row->time;
		if (user->nrecent < RECAL_RANK_RECENT)
			user->nrecent++;
		memmove(user->recent + 1, user->recent, sizeof(int32) * (user->nrecent - 1));
		user->recent[0] = row->item;
	}
}

/*
 * Gives the moment the users of the rows beside those that it has, whose codes are
 * their positions, in memory that takes the place of theirs.
 */
static void
TakeUsers(Live *live, LiveReader *reader, const RecalServed *served, MemoryContext context)
{
	RecalRankMoment *moment = &live->moment;
	MemoryContext old = MemoryContextSwitchTo(context);
	RecalIdTable ids;
	RecalTaste *tastes;
	double	   *newest;
	LiveUser   *users;
	int32	   *rank;

	RecalIdBuilderFinish(reader->users, &ids, &rank);
	tastes = palloc_extended(sizeof(RecalTaste) * Max(ids.n, 1), MCXT_ALLOC_HUGE);
	newest = palloc_extended(sizeof(double) * Max(ids.n, 1), MCXT_ALLOC_HUGE);
	users = palloc_extended(sizeof(LiveUser) * Max(ids.n, 1), MCXT_ALLOC_HUGE);
	for (int64 code = 0; code < ids.n; code++)
	{
		int32		position = rank[code];

		if (code < moment->users.n)
		{
			tastes[position] = moment->tastes[code];
			newest[position] = moment->newest[code];
			users[position] = live->users[code];
		}
		else
		{
			RecalId		id = RecalIdTableGet(&ids, position);

			newest[position] = RecalRankerTaste(served->ranker, &id, &tastes[position]) ?
				served->as_of : -INFINITY;
			users[position].nrecent = 0;
		}
	}
	for (int64 i = 0; i < reader->n; i++)
		reader->rows[i].user = rank[reader->rows[i].user];
	moment->users = ids;
	moment->tastes = tastes;
	moment->newest = newest;
	live->users = users;
	MemoryContextSwitchTo(old);
	if (live->users_context != NULL)
		MemoryContextDelete(live->users_context);
	live->users_context = context;
	MemoryContextSetParent(context, live->context);
}

/* A builder of the users that the moment has, in the current context */
static RecalIdBuilder *
BeginUsers(const RecalRankMoment *moment, RecalIdKind kind)
{
	RecalIdBuilder *users = RecalIdBuilderBegin(kind);

	for (int64 i = 0; i < moment->users.n; i++)
	{
		RecalId		id = RecalIdTableGet(&moment->users, i);

		(void) RecalIdBuilderAdd(users, &id);
	}
	return users;
}

/* Counts the rows that are newer than those counted, or, whole, all since the training. */
static void
Refresh(Live *live, RecalStatement *statement, bool whole)
{
	RecalServed *served = statement->served;
	RecalRankMoment *moment = &live->moment;
	LiveReader	reader = {.statement = statement};
	MemoryContext context = AllocSetContextCreate(CurrentMemoryContext, "recal ranker rows",
												  ALLOCSET_DEFAULT_SIZES);
	MemoryContext users = AllocSetContextCreate(CurrentMemoryContext, "recal ranker users",
												ALLOCSET_DEFAULT_SIZES);
	MemoryContext old = MemoryContextSwitchTo(users);

	live->stale = true;
	if (whole)
		moment->users.n = 0;
	reader.since = whole ? served->as_of : moment->now;
	reader.users = BeginUsers(moment, statement->columns.user_type.kind);
	MemoryContextSwitchTo(context);
	ReadRows(&reader);
	MemoryContextSwitchTo(context); /* SPI leaves its own */
	TakeUsers(live, &reader, served, users);
	SortRows(&reader);
	DropStray(&reader, (const RecalCountersHead *) served->ranker->memory);
	if (whole)
	{
		memcpy(live->memory, served->ranker->memory, served->ranker->bytes);
		moment->now = served->as_of;
	}
	CountRows(live, &reader);
	moment->viewed = 0;
	moment->ndemand = recal_counters_recent(&moment->counters, RECAL_RANK_POOL_HALF,
											RECAL_RANK_DEMAND, moment->demand, NULL, NULL);
	MemoryContextSwitchTo(old);
	MemoryContextDelete(context);
	live->stale = false;
}

/* Brings it up to date, and remembers as of what. */
static void
BringUp(Live *live, RecalStatement *statement, Snapshot snapshot)
{
	bool		whole = !IsSound(live) || recal_ranker_refresh == 0 ||
		SecondsSince(live->whole_at) > WHOLE_PERIOD * live->whole_seconds;
	instr_time	start;

	INSTR_TIME_SET_CURRENT(start);
	Refresh(live, statement, whole);
	live->completed = snapshot->snapXactCompletionCount;
	live->curcid = snapshot->curcid;
	live->xid = GetTopTransactionIdIfAny();
	live->seconds = SecondsSince(start);
	INSTR_TIME_SET_CURRENT(live->read_at);
	if (whole)
	{
		live->whole_at = live->read_at;
		live->whole_seconds = live->seconds;
	}
	live->bytes = MemoryContextMemAllocated(live->context, true);
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
		BringUp(live, statement, snapshot);
	Evict(live);
	statement->moment = &live->moment;
	return statement->moment;
}
