/*
 * rows.c
 *		Running a query to its end, row by row.
 */
#include "postgres.h"

#include "executor/tuptable.h"
#include "tcop/dest.h"
#include "utils/memutils.h"

#include "recal_rows.h"

typedef struct RowReceiver
{
	DestReceiver pub;
	RecalRowsCheck check;
	RecalRowsVisitor visit;
	void	   *arg;
	MemoryContext row_context;	/* detoasted values and the like */
} RowReceiver;

static bool
ReceiveSlot(TupleTableSlot *slot, DestReceiver *self)
{
	RowReceiver *receiver = (RowReceiver *) self;
	MemoryContext old;

	slot_getallattrs(slot);
	old = MemoryContextSwitchTo(receiver->row_context);
	receiver->visit(receiver->arg, slot);
	MemoryContextSwitchTo(old);
	MemoryContextReset(receiver->row_context);	/* free when nothing was allocated */
	return true;
}

static void
ReceiverStartup(DestReceiver *self, int operation, TupleDesc rows)
{
	RowReceiver *receiver = (RowReceiver *) self;

	receiver->check(receiver->arg, rows);
}

static void
ReceiverNothing(DestReceiver *self)
{
}

void
RecalRowsVisit(const char *what, SPIPlanPtr plan, ParamListInfo params, RecalRowsCheck check,
			   RecalRowsVisitor visit, void *arg)
{
	RowReceiver receiver = {
		.pub = {
			.receiveSlot = ReceiveSlot,
			.rStartup = ReceiverStartup,
			.rShutdown = ReceiverNothing,
			.rDestroy = ReceiverNothing,
			.mydest = DestTuplestore	/* with DestNone SPI reports no SELECT */
		},
		.check = check,
		.visit = visit,
		.arg = arg
	};
	SPIExecuteOptions options = {.read_only = true,.params = params,.dest = &receiver.pub};
	int			result;

	receiver.row_context = AllocSetContextCreate(CurrentMemoryContext, "recal row",
												 ALLOCSET_SMALL_SIZES);

	/*
	 * No limit on rows, or the plan would not run in parallel. SPI_processed is
	 * not reliable here.
	 */
	result = SPI_execute_plan_extended(plan, &options);
	if (result != SPI_OK_SELECT)
		elog(ERROR, "reading %s failed: %s", what, SPI_result_code_string(result));
	SPI_freeplan(plan);
	MemoryContextDelete(receiver.row_context);
}

void
RecalErrorAltered(const char *what, const char *model)
{
	ereport(ERROR,
			(errcode(ERRCODE_OBJECT_IN_USE),
			 errmsg("the %s of model \"%s\" were altered while they were being read", what, model),
			 errhint("Try again.")));
}
