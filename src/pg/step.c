/*
 * step.c
 *		Steps and transactions of a long procedure.
 */
#include "postgres.h"

#include "access/xact.h"
#include "executor/spi.h"
#include "utils/snapmgr.h"

#include "recal_step.h"

void
RecalStepBegin(RecalSteps *steps)
{
	if (steps->nonatomic)
	{
		steps->owner = CurrentResourceOwner;
		BeginInternalSubTransaction(NULL);
		MemoryContextSwitchTo(steps->context);
		steps->in_step = true;
	}
	PushActiveSnapshot(GetTransactionSnapshot());
}

static void
LeaveSubtransaction(RecalSteps *steps)
{
	MemoryContextSwitchTo(steps->context);
	CurrentResourceOwner = steps->owner;
	steps->in_step = false;
}

void
RecalStepEnd(RecalSteps *steps)
{
	PopActiveSnapshot();
	if (steps->nonatomic)
	{
		ReleaseCurrentSubTransaction();
		LeaveSubtransaction(steps);
		SPI_commit();
		MemoryContextSwitchTo(steps->context);
	}
}

void
RecalStepsAbandon(RecalSteps *steps)
{
	if (steps->in_step)
	{
		RollbackAndReleaseCurrentSubTransaction();
		LeaveSubtransaction(steps);
	}
	SPI_rollback();
	MemoryContextSwitchTo(steps->context);
}
