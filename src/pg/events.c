/*
 * events.c
 *		Streams the behaviour rows of a model into arrays.
 *
 * One query, whose rows are taken as they pass: no result set is ever
 * materialised.
 */
#include "postgres.h"

#include <math.h>

#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "lib/stringinfo.h"
#include "utils/memutils.h"
#include "utils/snapmgr.h"

#include "recal_answers.h"
#include "recal_compat.h"
#include "recal_events.h"
#include "recal_rights.h"

#define FIRST_ROWS 65536
#define PENDING_IDS 128

/* The user or the item column: integers are given to the builder by the batch. */
typedef struct IdColumn
{
	RecalIdBuilder *builder;
	int			npending;
	int64		pending[PENDING_IDS];	/* ids of the last rows, not yet added */
} IdColumn;

typedef struct EventReceiver
{
	const char *model;
	const RecalDefinition *definition;
	RecalEventColumns columns;
	RecalEvents *events;
	int64		capacity;		/* rows of the arrays */
	int64		answer_capacity;
	Size		max_bytes;
	IdColumn	users;
	IdColumn	items;
	MemoryContext context;		/* of what is returned */
} EventReceiver;

/*
 * Bytes that reading and indexing take with room for so many rows: the arrays,
 * and the sorted copy that RecalMatrixBuild makes of them.
 */
static Size
BytesNeeded(const EventReceiver *receiver, int64 rows)
{
	Size		each = 2 * sizeof(int32) + sizeof(float);
	Size		sorted = sizeof(int32) + sizeof(float);

	if (receiver->columns.time > 0)
	{
		each += sizeof(double);
		sorted += sizeof(double);
	}
	return add_size(add_size(mul_size(each + sorted, rows),
							 mul_size(sizeof(RecalAnsweredPair), receiver->answer_capacity)),
					add_size(RecalIdBuilderBytes(receiver->users.builder),
							 RecalIdBuilderBytes(receiver->items.builder)));
}

void
RecalCheckReadBudget(const char *model, int64 rows, Size needed, Size max_bytes)
{
	if (needed > max_bytes)
		ereport(ERROR,
				(errcode(ERRCODE_CONFIGURATION_LIMIT_EXCEEDED),
				 errmsg("not enough memory to read the events of model \"%s\"", model),
				 errdetail("After " INT64_FORMAT " rows, reading takes %zu MB; recal.train_memory allows %zu MB.",
						   rows, needed / (1024 * 1024) + 1, max_bytes / (1024 * 1024)),
				 errhint("Raise recal.train_memory, or make the model over a view with fewer rows.")));
}

static void
CheckBudget(const EventReceiver *receiver, int64 rows)
{
	RecalCheckReadBudget(receiver->model, receiver->events->rows_read,
						 BytesNeeded(receiver, rows), receiver->max_bytes);
}

/*
 * repalloc of a large chunk moves pages and not bytes where the C library can
 * do that, and pages not yet written take no memory.
 */
static void
GrowArrays(EventReceiver *receiver)
{
	RecalEvents *events = receiver->events;
	int64		capacity = receiver->capacity + receiver->capacity / 2;

	CheckBudget(receiver, capacity);
	events->user = repalloc_huge(events->user, mul_size(sizeof(int32), capacity));
	events->item = repalloc_huge(events->item, mul_size(sizeof(int32), capacity));
	events->weight = repalloc_huge(events->weight, mul_size(sizeof(float), capacity));
	if (events->time != NULL)
		events->time = repalloc_huge(events->time, mul_size(sizeof(double), capacity));
	receiver->capacity = capacity;
}

/* Gives back the room that no row came for. */
static void
TrimArrays(EventReceiver *receiver)
{
	RecalEvents *events = receiver->events;
	Size		n = Max(events->n, 1);

	events->user = repalloc_huge(events->user, sizeof(int32) * n);
	events->item = repalloc_huge(events->item, sizeof(int32) * n);
	events->weight = repalloc_huge(events->weight, sizeof(float) * n);
	if (events->time != NULL)
		events->time = repalloc_huge(events->time, sizeof(double) * n);
}

/* Codes of the pending ids, which are those of the rows before row end. */
static void
FlushIds(IdColumn *column, int32 *codes, int64 end)
{
	RecalIdBuilderAddIntegers(column->builder, column->pending, column->npending,
							  codes + end - column->npending);
	column->npending = 0;
}

static inline void
AddId(IdColumn *column, const RecalId *id, int32 *codes, int64 row)
{
	if (id->kind != RECAL_ID_INT)
	{
		codes[row] = RecalIdBuilderAdd(column->builder, id);
		return;
	}
	column->pending[column->npending++] = id->integer;
	if (column->npending == PENDING_IDS)
		FlushIds(column, codes, row + 1);
}

static void
ErrorBadRow(const EventReceiver *receiver, const RecalId *user, const RecalId *item)
{
	const RecalDefinition *definition = receiver->definition;

	ereport(ERROR,
			(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
			 errmsg("the events of model \"%s\" have a row with a value or time that is NaN, infinite or out of range",
					receiver->model),
			 errdetail("Its %s is %s and its %s is %s.",
					   definition->user_column, RecalIdToCString(user),
					   definition->item_column, RecalIdToCString(item)),
			 errhint("Correct the row, or have such rows skipped and counted with the option \"on_bad_row\": \"skip\".")));
}

static void
ReceiveRow(void *arg, const Datum *values, const bool *isnull)
{
	EventReceiver *receiver = arg;
	const RecalEventColumns *columns = &receiver->columns;
	RecalEvents *events = receiver->events;
	RecalId		user;
	RecalId		item;
	RecalRowKind kind;
	double		weight;
	double		time;

	/* ids that arrive between two growths of the arrays need memory too */
	if ((events->rows_read++ & 0xFFFFF) == 0)
		CheckBudget(receiver, receiver->capacity);

	if (isnull[columns->user - 1] || isnull[columns->item - 1])
	{
		events->rows_null++;
		return;
	}
	kind = RecalEventRow(receiver->definition, columns, values, isnull, &weight, &time);
	if (kind == RECAL_ROW_IGNORED)
	{
		events->rows_ignored++;
		return;
	}

	user = RecalIdFromDatum(values[columns->user - 1], &columns->user_type);
	item = RecalIdFromDatum(values[columns->item - 1], &columns->item_type);
	if (kind == RECAL_ROW_BAD)
	{
		if (!receiver->definition->options.skip_bad_rows)
			ErrorBadRow(receiver, &user, &item);
		events->rows_bad++;
		return;
	}

	if (events->n == receiver->capacity)
		GrowArrays(receiver);
	AddId(&receiver->users, &user, events->user, events->n);
	AddId(&receiver->items, &item, events->item, events->n);
	events->weight[events->n] = (float) weight;
	if (events->time != NULL)
	{
		events->time[events->n] = time;
		if (isfinite(time) && !(time <= events->as_of))
			events->as_of = time;
	}
	events->n++;
}

/* Adds a row for an answer, so that its user and item are there even without others. */
static void
ReceiveAnswer(const RecalAnswer *answer, void *arg)
{
	EventReceiver *receiver = arg;
	RecalEvents *events = receiver->events;
	Datum		value;

	if (isnan(answer->value) ||
		!RecalIdToColumn(&answer->user, &receiver->columns.user_type, &value) ||
		!RecalIdToColumn(&answer->item, &receiver->columns.item_type, &value))
		return;
	if (events->n == receiver->capacity)
		GrowArrays(receiver);
	if (events->nanswers == receiver->answer_capacity)
	{
		receiver->answer_capacity = Max(receiver->answer_capacity * 2, 1024);
		CheckBudget(receiver, receiver->capacity);
		if (events->answers == NULL)
			events->answers = MemoryContextAlloc(receiver->context,
												 sizeof(RecalAnsweredPair) * receiver->answer_capacity);
		else
			events->answers = repalloc_huge(events->answers,
											mul_size(sizeof(RecalAnsweredPair),
													 receiver->answer_capacity));
	}
	AddId(&receiver->users, &answer->user, events->user, events->n);
	AddId(&receiver->items, &answer->item, events->item, events->n);
	events->weight[events->n] = INFINITY;
	if (events->time != NULL)
		events->time[events->n] = answer->time;
	events->n++;
	events->answers[events->nanswers++].confidence =
		RecalAnswerConfidence(answer->value, receiver->definition);
}

static int
CompareAnswers(const void *a, const void *b)
{
	const RecalAnsweredPair *x = a;
	const RecalAnsweredPair *y = b;

	if (x->user != y->user)
		return x->user < y->user ? -1 : 1;
	return (x->item > y->item) - (x->item < y->item);
}

/* The rows of answers are the last ones, and know their final positions now. */
static void
FinishAnswers(RecalEvents *events)
{
	int64		first = events->n - events->nanswers;

	if (events->nanswers == 0)
		return;
	for (int64 i = 0; i < events->nanswers; i++)
	{
		events->answers[i].user = events->user[first + i];
		events->answers[i].item = events->item[first + i];
	}
	qsort(events->answers, events->nanswers, sizeof(RecalAnsweredPair), CompareAnswers);
}

static void
BeginArrays(EventReceiver *receiver)
{
	RecalEvents *events = receiver->events;
	MemoryContext old = MemoryContextSwitchTo(receiver->context);

	receiver->capacity = FIRST_ROWS;
	events->user = palloc(sizeof(int32) * FIRST_ROWS);
	events->item = palloc(sizeof(int32) * FIRST_ROWS);
	events->weight = palloc(sizeof(float) * FIRST_ROWS);
	if (receiver->columns.time > 0)
		events->time = palloc(sizeof(double) * FIRST_ROWS);
	receiver->users.builder = RecalIdBuilderBegin(receiver->columns.user_type.kind);
	receiver->items.builder = RecalIdBuilderBegin(receiver->columns.item_type.kind);
	MemoryContextSwitchTo(old);
}

/* Codes in order of arrival become positions in the sorted table. */
static void
FinishIds(IdColumn *column, RecalIdTable *table, int32 *codes, int64 n)
{
	int32	   *rank;

	if (column->npending > 0)
		FlushIds(column, codes, n);
	RecalIdBuilderFinish(column->builder, table, &rank);
	for (int64 row = 0; row < n; row++)
	{
		if ((row & 0xFFFFF) == 0)
			CHECK_FOR_INTERRUPTS();
		codes[row] = rank[codes[row]];
	}
	pfree(rank);
}

/* Resolves and runs the query as the current user. */
static void
RunQuery(EventReceiver *receiver)
{
	const RecalDefinition *definition = receiver->definition;
	SPIPrepareOptions prepare_options = {.cursorOptions = CURSOR_OPT_PARALLEL_OK};
	StringInfoData query;
	SPIPlanPtr	plan;
	Oid			relation;

	relation = RecalResolveRelation(receiver->model, "events", definition->events_schema,
									definition->events_name);
	initStringInfo(&query);
	appendStringInfo(&query, "SELECT %s FROM %s",
					 RecalEventSelectList(receiver->model, definition, relation,
										  &receiver->columns),
					 RecalQualifiedName(definition->events_schema, definition->events_name));
	BeginArrays(receiver);

	plan = SPI_prepare_extended(query.data, &prepare_options);
	if (plan == NULL)
		elog(ERROR, "preparing to read events failed: %s", SPI_result_code_string(SPI_result));
	receiver->events->row_security = RecalPlanHasRowSecurity(plan);
	RecalEventsVisit(receiver->model, &receiver->columns, plan, NULL, ReceiveRow, receiver);
}

void
RecalReadEvents(const RecalModel *model, const RecalDefinition *definition, bool owner_switch,
				Size max_bytes, RecalEvents *events)
{
	MemoryContext context = CurrentMemoryContext;
	EventReceiver receiver;
	RecalOwnerSwitch saved;
	bool		pushed = false;

	memset(events, 0, sizeof(RecalEvents));
	events->as_of = NAN;
	memset(&receiver, 0, sizeof(EventReceiver));

	receiver.model = model->name;
	receiver.definition = definition;
	receiver.events = events;
	receiver.context = context;
	receiver.max_bytes = max_bytes;

	/* after a commit within a procedure there is none */
	if (!ActiveSnapshotSet())
	{
		PushActiveSnapshot(GetTransactionSnapshot());
		pushed = true;
	}
	if (owner_switch)
		RecalBecomeOwner(model, &saved);
	RunQuery(&receiver);
	if (owner_switch)
		RecalBecomeSelf(&saved);
	RecalAnswersVisit(model->name, NULL, receiver.columns.user_type.kind,
					  receiver.columns.item_type.kind, ReceiveAnswer, &receiver);
	if (pushed)
		PopActiveSnapshot();
	MemoryContextSwitchTo(context);	/* SPI leaves its own */

	TrimArrays(&receiver);
	FinishIds(&receiver.users, &events->users, events->user, events->n);
	FinishIds(&receiver.items, &events->items, events->item, events->n);
	FinishAnswers(events);
}
