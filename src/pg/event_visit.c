/*
 * event_visit.c
 *		Running a query over behaviour rows, to its end.
 *
 * Rows go through a DestReceiver, so that the executor may use parallel workers
 * (a cursor could not) and nothing is materialised.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "executor/tuptable.h"
#include "tcop/dest.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"

#include "recal_compat.h"
#include "recal_events.h"

typedef struct RowReceiver
{
	DestReceiver pub;
	const char *model;
	const RecalEventColumns *columns;
	RecalEventVisitor visit;
	void	   *arg;
	MemoryContext row_context;	/* detoasted ids and the like */
} RowReceiver;

static bool
ColumnIs(TupleDesc rows, int position, Oid base)
{
	return position == 0 ||
		(position <= rows->natts &&
		 getBaseType(TupleDescAttr(rows, position - 1)->atttypid) == base);
}

/* Whether rows have the types that RecalEventSelectList found. */
static bool
ColumnsMatch(const RecalEventColumns *columns, TupleDesc rows)
{
	Oid			event = columns->event_type == VARCHAROID ? VARCHAROID : TEXTOID;

	return ColumnIs(rows, columns->user, columns->user_type.base) &&
		ColumnIs(rows, columns->item, columns->item_type.base) &&
		ColumnIs(rows, columns->event, event) &&
		ColumnIs(rows, columns->value, columns->value_type) &&
		ColumnIs(rows, columns->time, columns->time_type);
}

static bool
ReceiveSlot(TupleTableSlot *slot, DestReceiver *self)
{
	RowReceiver *receiver = (RowReceiver *) self;
	MemoryContext old;

	slot_getallattrs(slot);
	old = MemoryContextSwitchTo(receiver->row_context);
	receiver->visit(receiver->arg, slot->tts_values, slot->tts_isnull);
	MemoryContextSwitchTo(old);
	MemoryContextReset(receiver->row_context);	/* free when nothing was allocated */
	return true;
}

static void
ReceiverStartup(DestReceiver *self, int operation, TupleDesc typeinfo)
{
	RowReceiver *receiver = (RowReceiver *) self;

	/* until the query was planned, nothing was locked */
	if (!ColumnsMatch(receiver->columns, typeinfo))
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_IN_USE),
				 errmsg("the events of model \"%s\" were altered while they were being read",
						receiver->model),
				 errhint("Try again.")));
}

static void
ReceiverNothing(DestReceiver *self)
{
}

void
RecalEventsVisit(const char *model, const RecalEventColumns *columns, SPIPlanPtr plan,
				 ParamListInfo params, RecalEventVisitor visit, void *arg)
{
	RowReceiver receiver = {
		.pub = {
			.receiveSlot = ReceiveSlot,
			.rStartup = ReceiverStartup,
			.rShutdown = ReceiverNothing,
			.rDestroy = ReceiverNothing,
			.mydest = DestTuplestore	/* with DestNone SPI reports no SELECT */
		},
		.model = model,
		.columns = columns,
		.visit = visit,
		.arg = arg
	};
	SPIExecuteOptions options = {.read_only = true,.params = params,.dest = &receiver.pub};
	int			result;

	receiver.row_context = AllocSetContextCreate(CurrentMemoryContext, "recal event row",
												 ALLOCSET_SMALL_SIZES);

	/*
	 * No limit on rows, or the plan would not run in parallel. SPI_processed is
	 * not reliable here.
	 */
	result = SPI_execute_plan_extended(plan, &options);
	if (result != SPI_OK_SELECT)
		elog(ERROR, "reading events failed: %s", SPI_result_code_string(result));
	SPI_freeplan(plan);
	MemoryContextDelete(receiver.row_context);
}
