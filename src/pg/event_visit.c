/*
 * event_visit.c
 *		Running a query over behaviour rows, to its end.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "executor/tuptable.h"
#include "utils/lsyscache.h"

#include "recal_compat.h"
#include "recal_events.h"
#include "recal_rows.h"

typedef struct EventVisit
{
	const char *model;
	const RecalEventColumns *columns;
	RecalEventVisitor visit;
	void	   *arg;
} EventVisit;

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

static void
CheckColumns(void *arg, TupleDesc rows)
{
	const EventVisit *visit = arg;

	if (!ColumnsMatch(visit->columns, rows))
		RecalErrorAltered("events", visit->model);
}

static void
VisitSlot(void *arg, TupleTableSlot *slot)
{
	const EventVisit *visit = arg;

	visit->visit(visit->arg, slot->tts_values, slot->tts_isnull);
}

void
RecalEventsVisit(const char *model, const RecalEventColumns *columns, SPIPlanPtr plan,
				 ParamListInfo params, RecalEventVisitor visit, void *arg)
{
	EventVisit	events = {model, columns, visit, arg};

	RecalRowsVisit("events", plan, params, CheckColumns, VisitSlot, &events);
}
