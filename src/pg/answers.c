/*
 * answers.c
 *		The rows of recal_answer.
 *
 * Many sessions write here at once, so unlike models and versions a pair has no
 * lock to the end of a transaction: a bulk of answers would fill the lock
 * table. The pair is locked only while its row is looked for and written;
 * who wrote it before and has not committed is waited for in between.
 */
#include "postgres.h"

#include <math.h>

#include "access/genam.h"
#include "access/htup_details.h"
#include "access/table.h"
#include "access/tableam.h"
#include "access/xact.h"
#include "catalog/indexing.h"
#include "catalog/pg_collation.h"
#include "catalog/pg_type.h"
#include "datatype/timestamp.h"
#include "executor/tuptable.h"
#include "miscadmin.h"
#include "storage/lmgr.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/memutils.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"

#include "recal_answers.h"
#include "recal_compat.h"

/* Columns of recal_answer; a later version of the extension may add more. */
enum
{
	Anum_answer_model = 1,
	Anum_answer_user_id,
	Anum_answer_item_id,
	Anum_answer_value,
	Anum_answer_answered_at,
	Natts_answer = Anum_answer_answered_at
};

static void
InitKey(ScanKey key, AttrNumber column, const char *value)
{
	ScanKeyEntryInitialize(key, 0, column, BTEqualStrategyNumber, TEXTOID, C_COLLATION_OID,
						   F_TEXTEQ, CStringGetTextDatum(value));
}

/*
 * The live row of a pair, own changes included. When another transaction is
 * about to change it or to add it, NULL and that transaction in *busy.
 */
static HeapTuple
FindRow(Relation relation, const char *model, const char *user, const char *item,
		TransactionId *busy)
{
	SnapshotData dirty;
	ScanKeyData keys[3];
	SysScanDesc scan;
	HeapTuple	tuple;
	HeapTuple	found = NULL;

	*busy = InvalidTransactionId;
	InitDirtySnapshot(dirty);
	InitKey(&keys[0], Anum_answer_model, model);
	InitKey(&keys[1], Anum_answer_user_id, user);
	InitKey(&keys[2], Anum_answer_item_id, item);
	scan = systable_beginscan(relation, RecalTablePrimaryKey(relation), true, &dirty, 3, keys);
	while (HeapTupleIsValid(tuple = systable_getnext(scan)))
	{
		if (TransactionIdIsValid(dirty.xmin))
			*busy = dirty.xmin;
		else if (TransactionIdIsValid(dirty.xmax))
			*busy = dirty.xmax;
		else
			found = heap_copytuple(tuple);
		if (TransactionIdIsValid(*busy))
		{
			found = NULL;
			break;
		}
	}
	systable_endscan(scan);
	return found;
}

/* A row that came after the transaction's snapshot cannot be written over in its name. */
static void
CheckSerializable(Relation relation, HeapTuple tuple)
{
	TupleTableSlot *slot;
	bool		visible;

	if (!IsolationUsesXactSnapshot())
		return;
	slot = table_slot_create(relation, NULL);
	visible = table_tuple_fetch_row_version(relation, &tuple->t_self, GetTransactionSnapshot(),
											slot);
	ExecDropSingleTupleTableSlot(slot);
	if (!visible)
		ereport(ERROR,
				(errcode(ERRCODE_T_R_SERIALIZATION_FAILURE),
				 errmsg("could not serialize access due to concurrent update"),
				 errdetail("Another session has answered for the same user and item."),
				 errhint("Try the transaction again.")));
}

static void
WriteRow(Relation relation, HeapTuple old, const char *model, const char *user,
		 const char *item, float value)
{
	TupleDesc	desc = RelationGetDescr(relation);
	Datum		values[RECAL_MAX_COLUMNS] = {0};
	bool		isnull[RECAL_MAX_COLUMNS] = {0};
	bool		replace[RECAL_MAX_COLUMNS] = {0};

	values[Anum_answer_value - 1] = Float4GetDatum(value);
	isnull[Anum_answer_value - 1] = isnan(value);
	values[Anum_answer_answered_at - 1] = TimestampTzGetDatum(GetCurrentTimestamp());
	if (old != NULL)
	{
		replace[Anum_answer_value - 1] = true;
		replace[Anum_answer_answered_at - 1] = true;
		CatalogTupleUpdate(relation, &old->t_self,
						   heap_modify_tuple(old, desc, values, isnull, replace));
		return;
	}

	for (int i = Natts_answer; i < RelationGetNumberOfAttributes(relation); i++)
		isnull[i] = true;
	values[Anum_answer_model - 1] = CStringGetTextDatum(model);
	values[Anum_answer_user_id - 1] = CStringGetTextDatum(user);
	values[Anum_answer_item_id - 1] = CStringGetTextDatum(item);
	CatalogTupleInsert(relation, heap_form_tuple(desc, values, isnull));
}

void
RecalAnswerStore(const char *model, const RecalId *user, const RecalId *item, float value)
{
	char	   *user_text = RecalIdToCString(user);
	char	   *item_text = RecalIdToCString(item);
	Relation	relation = RecalTableOpen(RECAL_TABLE_ANSWER, RowExclusiveLock);
	HeapTuple	old;
	TransactionId busy;

	/* from here on the model stays; what was read of it before may be history */
	RecalAnswersLock(model, ShareLock);
	(void) RecalModelGetLatest(model);

	for (;;)
	{
		CHECK_FOR_INTERRUPTS();
		RecalAnswerPairLock(model, user_text, item_text);
		old = FindRow(relation, model, user_text, item_text, &busy);
		if (!TransactionIdIsValid(busy))
			break;
		/* not while holding the pair, which the other may want once more */
		RecalAnswerPairUnlock(model, user_text, item_text);
		XactLockTableWait(busy, relation, NULL, XLTW_None);
	}
	if (old != NULL)
		CheckSerializable(relation, old);
	WriteRow(relation, old, model, user_text, item_text, value);
	RecalAnswerPairUnlock(model, user_text, item_text);
	table_close(relation, RowExclusiveLock);
	CommandCounterIncrement();
}

int64
RecalAnswersDelete(const char *model, const char *user)
{
	ScanKeyData keys[2];

	InitKey(&keys[0], Anum_answer_model, model);
	InitKey(&keys[1], Anum_answer_user_id, user);
	return RecalTableDelete(RECAL_TABLE_ANSWER, keys, 2);
}

/* false when the row's ids are none of their kind */
static bool
AnswerFromTuple(HeapTuple tuple, TupleDesc desc, RecalIdKind user_kind, RecalIdKind item_kind,
				RecalAnswer *answer)
{
	Datum		values[RECAL_MAX_COLUMNS];
	bool		isnull[RECAL_MAX_COLUMNS];

	heap_deform_tuple(tuple, desc, values, isnull);
	answer->value = isnull[Anum_answer_value - 1] ? NAN :
		DatumGetFloat4(values[Anum_answer_value - 1]);
	answer->time = (double) DatumGetTimestampTz(values[Anum_answer_answered_at - 1]) /
		USECS_PER_SEC +
		(double) (POSTGRES_EPOCH_JDATE - UNIX_EPOCH_JDATE) * SECS_PER_DAY;
	return RecalIdFromCString(TextDatumGetCString(values[Anum_answer_user_id - 1]),
							  user_kind, &answer->user) &&
		RecalIdFromCString(TextDatumGetCString(values[Anum_answer_item_id - 1]),
						   item_kind, &answer->item);
}

void
RecalAnswersVisit(const char *model, const RecalId *user, RecalIdKind user_kind,
				  RecalIdKind item_kind, RecalAnswerVisitor visit, void *arg)
{
	Relation	relation = RecalTableOpen(RECAL_TABLE_ANSWER, AccessShareLock);
	ScanKeyData keys[2];
	SysScanDesc scan;
	HeapTuple	tuple;
	MemoryContext row_context = AllocSetContextCreate(CurrentMemoryContext, "recal answer",
													  ALLOCSET_SMALL_SIZES);

	InitKey(&keys[0], Anum_answer_model, model);
	if (user != NULL)
		InitKey(&keys[1], Anum_answer_user_id, RecalIdToCString(user));
	scan = systable_beginscan(relation, RecalTablePrimaryKey(relation), true,
							  GetActiveSnapshot(), user != NULL ? 2 : 1, keys);
	while (HeapTupleIsValid(tuple = systable_getnext(scan)))
	{
		/* the scan keeps memory of its own from row to row */
		MemoryContext old = MemoryContextSwitchTo(row_context);
		RecalAnswer answer;

		CHECK_FOR_INTERRUPTS();
		if (AnswerFromTuple(tuple, RelationGetDescr(relation), user_kind, item_kind, &answer))
			visit(&answer, arg);
		MemoryContextSwitchTo(old);
		MemoryContextReset(row_context);
	}
	systable_endscan(scan);
	table_close(relation, AccessShareLock);
	MemoryContextDelete(row_context);
}

float
RecalAnswerConfidence(float value, const RecalDefinition *definition)
{
	if (definition->objective == RECAL_EXPLICIT)
		return value;

	/* rows written by hand may hold anything */
	if (value >= 0.5f)
		return Min(value, 1.0f);
	return (float) -definition->options.no_weight;
}
