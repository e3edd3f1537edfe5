/*
 * recal_arguments.h
 *		Arguments that several SQL functions take.
 */
#ifndef RECAL_ARGUMENTS_H
#define RECAL_ARGUMENTS_H

#include "postgres.h"

#include "fmgr.h"

#include "recal_active.h"
#include "recal_serve.h"

/* At least 1, or an error that names it */
extern int	RecalCountArgument(FunctionCallInfo fcinfo, int argument, const char *what);

/* k */
extern int	RecalPageSize(FunctionCallInfo fcinfo, int argument);

/* A text argument as a C string, or NULL. */
extern char *RecalOptionalText(FunctionCallInfo fcinfo, int argument);

/* An array's elements; a NULL array or element is an error. what is the argument's name. */
extern Datum *RecalArrayElements(FunctionCallInfo fcinfo, int argument, const char *what,
								 Oid *type, int *count);

/* Positions of an array of item ids, -1 for items the model does not know. */
extern int32 *RecalArrayPositions(FunctionCallInfo fcinfo, int argument, const char *what,
								  const RecalStatement *statement, int *count);

/*
 * The users of an array argument, or NULL for everybody (a NULL array, or
 * argument -1); and the candidates, sorted, or NULL for the catalogue.
 */
extern RecalId *RecalUserIds(FunctionCallInfo fcinfo, int argument,
							 const RecalStatement *statement, int *count);
extern int32 *RecalCandidates(FunctionCallInfo fcinfo, int argument,
							  const RecalStatement *statement, int64 *n);

/*
 * Before any work: whether ids can be given out as these types; else 42804 with a
 * hint that puts types that fit into call, a format with two %s.
 */
extern void RecalCheckOutputTypes(const RecalStatement *statement, Oid user_type, Oid item_type,
								  const char *call);

/* A strategy by its name; 22023 with all of them in the hint */
extern RecalStrategy RecalStrategyNamed(const char *name);

#endif							/* RECAL_ARGUMENTS_H */
