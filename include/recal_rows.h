/*
 * recal_rows.h
 *		Running a query to its end, row by row.
 */
#ifndef RECAL_ROWS_H
#define RECAL_ROWS_H

#include "postgres.h"

#include "executor/spi.h"

#include "recal_compat.h"

/* Looks at the rows' types once the query is planned: until then nothing was locked. */
typedef void (*RecalRowsCheck) (void *arg, TupleDesc rows);

/* What it allocates in the current context goes with the row. */
typedef void (*RecalRowsVisitor) (void *arg, TupleTableSlot *slot);

/*
 * Runs a prepared query through a DestReceiver, so that the executor may use
 * parallel workers (a cursor could not) and nothing is materialised. Frees the
 * plan. what is for messages.
 */
extern void RecalRowsVisit(const char *what, SPIPlanPtr plan, ParamListInfo params,
						   RecalRowsCheck check, RecalRowsVisitor visit, void *arg);

/* For a check that fails: 55006, what being such as "events" */
pg_noreturn extern void RecalErrorAltered(const char *what, const char *model);

#endif							/* RECAL_ROWS_H */
