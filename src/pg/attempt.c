/*
 * attempt.c
 *		What may fail without failing the whole.
 */
#include "postgres.h"

#include "access/xact.h"
#include "utils/memutils.h"
#include "utils/resowner.h"

#include "recal_attempt.h"

ErrorData *
RecalAttempt(void (*work) (void *arg), void *arg)
{
	MemoryContext context = CurrentMemoryContext;
	ResourceOwner owner = CurrentResourceOwner;
	ErrorData  *volatile error = NULL;

	BeginInternalSubTransaction(NULL);
	MemoryContextSwitchTo(context);
	PG_TRY();
	{
		work(arg);
		ReleaseCurrentSubTransaction();
	}
	PG_CATCH();
	{
		MemoryContextSwitchTo(context);
		error = CopyErrorData();
		FlushErrorState();
		RollbackAndReleaseCurrentSubTransaction();
	}
	PG_END_TRY();
	MemoryContextSwitchTo(context);
	CurrentResourceOwner = owner;
	return error;
}

bool
RecalAttemptPart(void (*work) (void *arg), void *arg, const char *model, const char *part,
				 const char *failed)
{
	ErrorData  *error = RecalAttempt(work, arg);
	int			category;

	if (error == NULL)
		return true;
	category = ERRCODE_TO_CATEGORY(error->sqlerrcode);
	if (category == ERRCODE_OPERATOR_INTERVENTION || category == ERRCODE_INSUFFICIENT_RESOURCES)
		ReThrowError(error);
	ereport(WARNING,
			(errcode(error->sqlerrcode),
			 errmsg("model \"%s\" is trained without a %s", model, part),
			 errdetail("%s: %s", failed, error->message),
			 error->hint != NULL ? errhint("%s", error->hint) : 0));
	FreeErrorData(error);
	return false;
}
