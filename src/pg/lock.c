/*
 * lock.c
 *		One lock a model, for whatever changes it.
 *
 * The locks stand in pg_locks as advisory locks with objsubid 3; SQL's own
 * advisory lock functions use 1 and 2, so nobody collides with them by chance.
 */
#include "postgres.h"

#include "common/hashfn.h"
#include "fmgr.h"
#include "storage/lock.h"
#include "utils/builtins.h"

#include "recal_compat.h"
#include "recal_model.h"

#define RECAL_LOCK_MODEL		3
#define RECAL_LOCK_DEFAULT_MARK	4
#define RECAL_LOCK_ANSWERS		5
#define RECAL_LOCK_ANSWER_PAIR	6

static uint64
LockKey(const char *name, int len)
{
	return hash_bytes_extended((const unsigned char *) name, len, 0);
}

static void
ModelLockTag(LOCKTAG *tag, const char *model)
{
	uint64		key = LockKey(model, strlen(model));

	SET_LOCKTAG_ADVISORY(*tag, MyDatabaseId, (uint32) (key >> 32), (uint32) key,
						 RECAL_LOCK_MODEL);
}

void
RecalModelLock(const char *model, bool session)
{
	LOCKTAG		tag;

	ModelLockTag(&tag, model);
	if (LockAcquire(&tag, ExclusiveLock, session, true) == LOCKACQUIRE_NOT_AVAIL)
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_IN_USE),
				 errmsg("model \"%s\" is being trained or changed by another session", model),
				 errhint("Try again when that has ended; the view recal_progress shows trainings that run.")));
}

void
RecalModelUnlock(const char *model)
{
	LOCKTAG		tag;

	ModelLockTag(&tag, model);
	(void) LockRelease(&tag, ExclusiveLock, true);
}

void
RecalDefaultMarkLock(void)
{
	LOCKTAG		tag;

	SET_LOCKTAG_ADVISORY(tag, MyDatabaseId, 0, 0, RECAL_LOCK_DEFAULT_MARK);
	(void) LockAcquire(&tag, ExclusiveLock, false, false);
}

void
RecalAnswersLock(const char *model, LOCKMODE mode)
{
	uint64		key = LockKey(model, strlen(model));
	LOCKTAG		tag;

	SET_LOCKTAG_ADVISORY(tag, MyDatabaseId, (uint32) (key >> 32), (uint32) key,
						 RECAL_LOCK_ANSWERS);
	(void) LockAcquire(&tag, mode, false, false);
}

/* Two pairs of one hash only wait for each other a little. */
static void
AnswerPairLockTag(LOCKTAG *tag, const char *model, const char *user, const char *item)
{
	uint64		key = LockKey(model, strlen(model));

	key = hash_combine64(key, LockKey(user, strlen(user)));
	key = hash_combine64(key, LockKey(item, strlen(item)));
	SET_LOCKTAG_ADVISORY(*tag, MyDatabaseId, (uint32) (key >> 32), (uint32) key,
						 RECAL_LOCK_ANSWER_PAIR);
}

void
RecalAnswerPairLock(const char *model, const char *user, const char *item)
{
	LOCKTAG		tag;

	AnswerPairLockTag(&tag, model, user, item);
	(void) LockAcquire(&tag, ExclusiveLock, false, false);
}

void
RecalAnswerPairUnlock(const char *model, const char *user, const char *item)
{
	LOCKTAG		tag;

	AnswerPairLockTag(&tag, model, user, item);
	(void) LockRelease(&tag, ExclusiveLock, false);
}

PG_FUNCTION_INFO_V1(recal_lock_key);

/* The key as pg_locks shows it: classid in the upper half, objid in the lower. */
Datum
recal_lock_key(PG_FUNCTION_ARGS)
{
	text	   *name = PG_GETARG_TEXT_PP(0);

	PG_RETURN_INT64((int64) LockKey(VARDATA_ANY(name), VARSIZE_ANY_EXHDR(name)));
}
