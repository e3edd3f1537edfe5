/*
 * recal_step.h
 *		Steps of a long procedure that commits as it goes: each runs in a
 *		subtransaction, so that its error can be undone before the transaction is.
 */
#ifndef RECAL_STEP_H
#define RECAL_STEP_H

#include "postgres.h"

#include "utils/resowner.h"

typedef struct RecalSteps
{
	bool		nonatomic;		/* else a step is only an active snapshot */
	MemoryContext context;		/* survives commits */
	bool		in_step;
	ResourceOwner owner;
} RecalSteps;

/* Begins what may be undone alone; with an active snapshot. */
extern void RecalStepBegin(RecalSteps *steps);

/* Ends it, and commits. */
extern void RecalStepEnd(RecalSteps *steps);

/* After an error: a clean transaction instead of what was being done. */
extern void RecalStepsAbandon(RecalSteps *steps);

#endif							/* RECAL_STEP_H */
