/*
 * version.c
 *		The rows of recal_version: one a training.
 *
 * A version carries the definition it was trained with, and serving reads by
 * that definition; so it counts only while it belongs to the model's owner.
 * Otherwise whoever may write the table could make other callers read relations
 * of their choice.
 */
#include "postgres.h"

#include <math.h>

#include "access/genam.h"
#include "access/htup_details.h"
#include "access/table.h"
#include "access/xact.h"
#include "catalog/indexing.h"
#include "catalog/pg_collation.h"
#include "catalog/pg_type.h"
#include "lib/stringinfo.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"

#include "recal_compat.h"
#include "recal_model.h"
#include "recal_weights.h"

/* Columns of recal_version; a later version of the extension may add more. */
enum
{
	Anum_version_model = 1,
	Anum_version_version,
	Anum_version_owner,
	Anum_version_status,
	Anum_version_stamp,
	Anum_version_definition,
	Anum_version_as_of,
	Anum_version_facts,
	Anum_version_loss,
	Anum_version_metrics,
	Anum_version_timings,
	Anum_version_bytes,
	Anum_version_phase,
	Anum_version_epoch,
	Anum_version_epochs,
	Anum_version_fraction,
	Anum_version_sqlstate,
	Anum_version_message,
	Anum_version_started_at,
	Anum_version_updated_at,
	Anum_version_finished_at,
	Natts_version = Anum_version_finished_at
};

#define DEFAULT_KEEP_VERSIONS 3

static const char *const status_names[] = {"running", "ready", "failed", "aborted"};

/* Columns to be replaced in a row. */
typedef struct RowChange
{
	Datum		values[RECAL_MAX_COLUMNS];
	bool		isnull[RECAL_MAX_COLUMNS];
	bool		replace[RECAL_MAX_COLUMNS];
} RowChange;

static void
SetColumn(RowChange *change, int column, Datum value)
{
	change->values[column - 1] = value;
	change->isnull[column - 1] = false;
	change->replace[column - 1] = true;
}

static void
SetColumnNull(RowChange *change, int column)
{
	change->isnull[column - 1] = true;
	change->replace[column - 1] = true;
}

static RecalStatus
StatusOfName(const char *name)
{
	for (int i = 0; i < (int) lengthof(status_names); i++)
		if (strcmp(name, status_names[i]) == 0)
			return (RecalStatus) i;
	ereport(ERROR,
			(errcode(ERRCODE_DATA_CORRUPTED),
			 errmsg("unrecognized status \"%s\" in table \"%s\"", name, "recal_version")));
}

/* A row's version; *owner is its owner's name. */
static RecalVersion *
VersionFromTuple(HeapTuple tuple, TupleDesc desc, char **owner)
{
	RecalVersion *version = palloc0(sizeof(RecalVersion));
	Datum		values[RECAL_MAX_COLUMNS];
	bool		isnull[RECAL_MAX_COLUMNS];

	heap_deform_tuple(tuple, desc, values, isnull);
	version->model = TextDatumGetCString(values[Anum_version_model - 1]);
	version->version = DatumGetInt32(values[Anum_version_version - 1]);
	version->status = StatusOfName(TextDatumGetCString(values[Anum_version_status - 1]));
	version->stamp = *DatumGetUUIDP(values[Anum_version_stamp - 1]);
	version->definition = DatumGetJsonbPCopy(values[Anum_version_definition - 1]);
	version->as_of = isnull[Anum_version_as_of - 1] ? NAN :
		DatumGetFloat8(values[Anum_version_as_of - 1]);
	version->facts = DatumGetJsonbPCopy(values[Anum_version_facts - 1]);
	*owner = pstrdup(NameStr(*DatumGetName(values[Anum_version_owner - 1])));
	return version;
}

/* Versions of a model (version 0: all) by number */
static SysScanDesc
ScanVersions(Relation relation, const char *model, int version, Snapshot snapshot)
{
	ScanKeyData keys[2];

	ScanKeyEntryInitialize(&keys[0], 0, Anum_version_model, BTEqualStrategyNumber, TEXTOID,
						   C_COLLATION_OID, F_TEXTEQ, CStringGetTextDatum(model));
	ScanKeyInit(&keys[1], Anum_version_version, BTEqualStrategyNumber, F_INT4EQ,
				Int32GetDatum(version));
	return systable_beginscan(relation, RecalTablePrimaryKey(relation), true, snapshot,
							  version > 0 ? 2 : 1, keys);
}

static RecalVersion *
FetchVersion(const RecalModel *model, int number)
{
	Relation	relation = RecalTableOpen(RECAL_TABLE_VERSION, AccessShareLock);
	SysScanDesc scan;
	HeapTuple	tuple;
	RecalVersion *version = NULL;
	char	   *owner = NULL;

	if (!ActiveSnapshotSet())
		elog(ERROR, "recal's tables were read without an active snapshot");
	scan = ScanVersions(relation, model->name, number, GetActiveSnapshot());
	tuple = systable_getnext(scan);
	if (HeapTupleIsValid(tuple))
		version = VersionFromTuple(tuple, RelationGetDescr(relation), &owner);
	systable_endscan(scan);
	table_close(relation, AccessShareLock);

	if (version != NULL && strcmp(owner, model->owner_name) != 0)
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("version %d of model \"%s\" was not written by the model's owner",
						number, model->name),
				 errdetail("The model belongs to role \"%s\", the version to role \"%s\".",
						   model->owner_name, owner),
				 errhint("Train the model again: CALL recal_train(%s).",
						 quote_literal_cstr(model->name))));
	return version;
}

RecalVersion *
RecalVersionGet(const char *model, int version)
{
	return version > 0 ? FetchVersion(RecalModelGet(model, false), version) : NULL;
}

RecalVersion *
RecalVersionCurrent(const RecalModel *model)
{
	RecalVersion *version;

	if (model->current_version <= 0)
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("model \"%s\" has not been trained", model->name),
				 errhint("Train it: CALL recal_train(%s).", quote_literal_cstr(model->name))));
	version = FetchVersion(model, model->current_version);
	if (version == NULL || version->status != RECAL_READY)
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("the current version %d of model \"%s\" %s", model->current_version,
						model->name, version == NULL ? "does not exist" : "is not ready"),
				 errhint("Activate another version with recal_activate, or train the model again.")));
	return version;
}

static RecalTrained *
TrainedFromTuple(HeapTuple tuple, TupleDesc desc)
{
	RecalTrained *trained = palloc0(sizeof(RecalTrained));
	Datum		values[RECAL_MAX_COLUMNS];
	bool		isnull[RECAL_MAX_COLUMNS];

	heap_deform_tuple(tuple, desc, values, isnull);
	trained->version = DatumGetInt32(values[Anum_version_version - 1]);
	trained->facts = DatumGetJsonbPCopy(values[Anum_version_facts - 1]);
	trained->metrics = DatumGetJsonbPCopy(values[Anum_version_metrics - 1]);
	trained->timings = DatumGetJsonbPCopy(values[Anum_version_timings - 1]);
	trained->bytes = DatumGetInt64(values[Anum_version_bytes - 1]);
	if (!isnull[Anum_version_finished_at - 1])
		trained->finished_at = DatumGetTimestampTz(values[Anum_version_finished_at - 1]);
	if (!isnull[Anum_version_loss - 1])
	{
		ArrayType  *array = DatumGetArrayTypeP(values[Anum_version_loss - 1]);
		Datum	   *elements;
		bool	   *nulls;

		deconstruct_array(array, FLOAT8OID, sizeof(float8), FLOAT8PASSBYVAL, TYPALIGN_DOUBLE,
						  &elements, &nulls, &trained->nloss);
		trained->loss = recal_palloc_array(double, Max(trained->nloss, 1));
		for (int i = 0; i < trained->nloss; i++)
			trained->loss[i] = nulls[i] ? NAN : DatumGetFloat8(elements[i]);
	}
	return trained;
}

static int
CompareTrained(const ListCell *a, const ListCell *b)
{
	return ((RecalTrained *) lfirst(a))->version - ((RecalTrained *) lfirst(b))->version;
}

List *
RecalVersionsTrained(const RecalModel *model)
{
	Relation	relation = RecalTableOpen(RECAL_TABLE_VERSION, AccessShareLock);
	SysScanDesc scan = ScanVersions(relation, model->name, 0, GetActiveSnapshot());
	HeapTuple	tuple;
	List	   *versions = NIL;

	while (HeapTupleIsValid(tuple = systable_getnext(scan)))
	{
		char	   *owner;
		RecalVersion *version = VersionFromTuple(tuple, RelationGetDescr(relation), &owner);

		if (version->status == RECAL_READY && strcmp(owner, model->owner_name) == 0)
			versions = lappend(versions, TrainedFromTuple(tuple, RelationGetDescr(relation)));
	}
	systable_endscan(scan);
	table_close(relation, AccessShareLock);
	list_sort(versions, CompareTrained);
	return versions;
}

static int
CompareVersionNumbers(const ListCell *a, const ListCell *b)
{
	return ((RecalVersion *) lfirst(a))->version - ((RecalVersion *) lfirst(b))->version;
}

List *
RecalVersionList(const char *model)
{
	Relation	relation = RecalTableOpen(RECAL_TABLE_VERSION, AccessShareLock);
	Snapshot	snapshot = RegisterSnapshot(GetLatestSnapshot());
	SysScanDesc scan = ScanVersions(relation, model, 0, snapshot);
	HeapTuple	tuple;
	List	   *versions = NIL;

	while (HeapTupleIsValid(tuple = systable_getnext(scan)))
	{
		char	   *owner;

		versions = lappend(versions, VersionFromTuple(tuple, RelationGetDescr(relation), &owner));
	}
	systable_endscan(scan);
	UnregisterSnapshot(snapshot);
	table_close(relation, AccessShareLock);
	list_sort(versions, CompareVersionNumbers);
	return versions;
}

static pg_uuid_t *
RandomStamp(void)
{
	pg_uuid_t  *stamp = palloc(sizeof(pg_uuid_t));

	if (!pg_strong_random(stamp->data, UUID_LEN))
		ereport(ERROR,
				(errcode(ERRCODE_INTERNAL_ERROR),
				 errmsg("could not generate random values")));
	return stamp;
}

int
RecalVersionBegin(const char *model_name, Jsonb *definition)
{
	RecalModel *model = RecalModelGetLatest(model_name);
	int			number = RecalModelNextVersion(model_name);
	Relation	relation = RecalTableOpen(RECAL_TABLE_VERSION, RowExclusiveLock);
	RowChange	row;
	NameData	owner;
	Datum		now = TimestampTzGetDatum(GetCurrentTimestamp());
	Datum		empty = JsonbPGetDatum(RecalJsonb("{}"));

	memset(&row, 0, sizeof(row));
	memset(row.isnull, true, sizeof(row.isnull));
	namestrcpy(&owner, model->owner_name);
	SetColumn(&row, Anum_version_model, CStringGetTextDatum(model_name));
	SetColumn(&row, Anum_version_version, Int32GetDatum(number));
	SetColumn(&row, Anum_version_owner, NameGetDatum(&owner));
	SetColumn(&row, Anum_version_status, CStringGetTextDatum(status_names[RECAL_RUNNING]));
	SetColumn(&row, Anum_version_stamp, UUIDPGetDatum(RandomStamp()));
	SetColumn(&row, Anum_version_definition, JsonbPGetDatum(definition));
	SetColumn(&row, Anum_version_facts, empty);
	SetColumn(&row, Anum_version_metrics, empty);
	SetColumn(&row, Anum_version_timings, empty);
	SetColumn(&row, Anum_version_bytes, Int64GetDatum(0));
	SetColumn(&row, Anum_version_fraction, Float8GetDatum(0));
	SetColumn(&row, Anum_version_started_at, now);
	SetColumn(&row, Anum_version_updated_at, now);
	CatalogTupleInsert(relation, heap_form_tuple(RelationGetDescr(relation),
												 row.values, row.isnull));
	table_close(relation, RowExclusiveLock);
	CommandCounterIncrement();
	return number;
}

/* Changes the version's row; the model's lock keeps other writers away. */
static void
UpdateVersion(const char *model, int version, RowChange *change)
{
	Relation	relation = RecalTableOpen(RECAL_TABLE_VERSION, RowExclusiveLock);
	Snapshot	snapshot = RegisterSnapshot(GetLatestSnapshot());
	SysScanDesc scan = ScanVersions(relation, model, version, snapshot);
	HeapTuple	tuple = systable_getnext(scan);

	if (!HeapTupleIsValid(tuple))
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("version %d of model \"%s\" has been removed while it was being written",
						version, model)));
	SetColumn(change, Anum_version_updated_at, TimestampTzGetDatum(GetCurrentTimestamp()));
	CatalogTupleUpdate(relation, &tuple->t_self,
					   heap_modify_tuple(tuple, RelationGetDescr(relation), change->values,
										 change->isnull, change->replace));
	systable_endscan(scan);
	UnregisterSnapshot(snapshot);
	table_close(relation, RowExclusiveLock);
	CommandCounterIncrement();
}

void
RecalVersionProgress(const char *model, int version, const RecalProgress *progress)
{
	RowChange	change = {0};

	SetColumn(&change, Anum_version_phase, CStringGetTextDatum(progress->phase));
	SetColumn(&change, Anum_version_epoch, Int32GetDatum(progress->epoch));
	SetColumn(&change, Anum_version_epochs, Int32GetDatum(progress->epochs));
	SetColumn(&change, Anum_version_fraction, Float8GetDatum(progress->fraction));
	UpdateVersion(model, version, &change);
}

/*
 * Keeps the keep newest ready versions (the current one is always among those
 * kept) and the keep newest failed and aborted ones.
 */
static void
PruneVersions(const char *model, int current, int keep)
{
	List	   *versions = RecalVersionList(model);
	int			ready = 0;
	int			other = 0;

	/* newest first; the current one has its place in any case */
	for (int i = 0; i < list_length(versions); i++)
		if (((RecalVersion *) list_nth(versions, i))->version == current)
			ready++;
	for (int i = list_length(versions) - 1; i >= 0; i--)
	{
		RecalVersion *version = list_nth(versions, i);

		if (version->version == current || version->status == RECAL_RUNNING)
			continue;
		if (version->status == RECAL_READY ? ++ready <= keep : ++other <= keep)
			continue;
		RecalWeightsDelete(model, version->version, NULL);
		(void) RecalTableDeleteRows(RECAL_TABLE_VERSION, model, version->version);
	}
}

static Datum
LossArray(const RecalVersionResult *result)
{
	Datum	   *elements = recal_palloc_array(Datum, Max(result->nloss, 1));

	for (int i = 0; i < result->nloss; i++)
		elements[i] = Float8GetDatum(result->loss[i]);
	return PointerGetDatum(construct_array(elements, result->nloss, FLOAT8OID, sizeof(float8),
										   FLOAT8PASSBYVAL, TYPALIGN_DOUBLE));
}

void
RecalVersionFinish(const char *model, int version, const RecalVersionResult *result,
				   int keep_versions)
{
	RowChange	change = {0};

	SetColumn(&change, Anum_version_status, CStringGetTextDatum(status_names[RECAL_READY]));
	SetColumn(&change, Anum_version_stamp, UUIDPGetDatum(RandomStamp()));
	SetColumn(&change, Anum_version_definition, JsonbPGetDatum(result->definition));
	if (isnan(result->as_of))
		SetColumnNull(&change, Anum_version_as_of);
	else
		SetColumn(&change, Anum_version_as_of, Float8GetDatum(result->as_of));
	if (result->facts != NULL)
		SetColumn(&change, Anum_version_facts, JsonbPGetDatum(result->facts));
	if (result->nloss > 0)
		SetColumn(&change, Anum_version_loss, LossArray(result));
	if (result->metrics != NULL)
		SetColumn(&change, Anum_version_metrics, JsonbPGetDatum(result->metrics));
	if (result->timings != NULL)
		SetColumn(&change, Anum_version_timings, JsonbPGetDatum(result->timings));
	SetColumn(&change, Anum_version_bytes, Int64GetDatum(result->bytes));
	SetColumn(&change, Anum_version_fraction, Float8GetDatum(1));
	SetColumn(&change, Anum_version_finished_at, TimestampTzGetDatum(GetCurrentTimestamp()));
	UpdateVersion(model, version, &change);
	RecalModelSetCurrent(model, version);
	PruneVersions(model, version, keep_versions);
}

void
RecalVersionRewritten(const RecalVersion *version, int64 users, int64 bytes)
{
	RowChange	change = {0};
	Datum		made_of = JsonbPGetDatum(RecalJsonb("{\"users\": " INT64_FORMAT "}", users));

	SetColumn(&change, Anum_version_stamp, UUIDPGetDatum(RandomStamp()));
	SetColumn(&change, Anum_version_facts,
			  DirectFunctionCall2(jsonb_concat, JsonbPGetDatum(version->facts), made_of));
	SetColumn(&change, Anum_version_bytes, Int64GetDatum(bytes));
	UpdateVersion(version->model, version->version, &change);
}

/* keep_versions of a stored definition, without the checks that may raise errors */
static int
KeepVersions(Jsonb *definition)
{
	JsonbValue	key;
	JsonbValue *value;

	key.type = jbvString;
	key.val.string.val = "options";
	key.val.string.len = strlen("options");
	value = findJsonbValueFromContainer(&definition->root, JB_FOBJECT, &key);
	if (value != NULL && value->type == jbvBinary)
	{
		key.val.string.val = "keep_versions";
		key.val.string.len = strlen("keep_versions");
		value = findJsonbValueFromContainer(value->val.binary.data, JB_FOBJECT, &key);
		if (value != NULL && value->type == jbvNumeric)
			return DatumGetInt32(DirectFunctionCall1(numeric_int4,
													 NumericGetDatum(value->val.numeric)));
	}
	return DEFAULT_KEEP_VERSIONS;
}

void
RecalVersionFail(const char *model_name, int version, RecalStatus status, const char *sqlstate,
				 const char *message)
{
	RecalModel *model = RecalModelGetLatest(model_name);
	RowChange	change = {0};

	SetColumn(&change, Anum_version_status, CStringGetTextDatum(status_names[status]));
	if (sqlstate != NULL)
		SetColumn(&change, Anum_version_sqlstate, CStringGetTextDatum(sqlstate));
	if (message != NULL)
		SetColumn(&change, Anum_version_message, CStringGetTextDatum(message));
	SetColumn(&change, Anum_version_finished_at, TimestampTzGetDatum(GetCurrentTimestamp()));
	UpdateVersion(model_name, version, &change);
	RecalWeightsDelete(model_name, version, NULL);
	PruneVersions(model_name, model->current_version, KeepVersions(model->definition));
}

/* Numbers of a model's versions with this status, ascending */
static List *
VersionsWithStatus(const char *model, RecalStatus status)
{
	List	   *numbers = NIL;
	ListCell   *cell;

	foreach(cell, RecalVersionList(model))
	{
		RecalVersion *version = lfirst(cell);

		if (version->status == status)
			numbers = lappend_int(numbers, version->version);
	}
	return numbers;
}

void
RecalVersionAbortOthers(const char *model, int except)
{
	ListCell   *cell;

	foreach(cell, VersionsWithStatus(model, RECAL_RUNNING))
	{
		if (lfirst_int(cell) != except)
			RecalVersionFail(model, lfirst_int(cell), RECAL_ABORTED, NULL,
							 "the session that trained this version has ended");
	}
}

char *
RecalVersionReadyList(const char *model)
{
	StringInfoData list;
	ListCell   *cell;

	initStringInfo(&list);
	foreach(cell, VersionsWithStatus(model, RECAL_READY))
		appendStringInfo(&list, "%s%d", list.len > 0 ? ", " : "", lfirst_int(cell));
	return list.len > 0 ? list.data : NULL;
}
