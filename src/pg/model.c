/*
 * model.c
 *		recal's own tables, and the rows of recal_model.
 *
 * The tables are read and written the way core treats its catalogs. Readers use
 * the active snapshot; writers look at the newest state, because what they
 * change is guarded by locks and not by snapshots.
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/htup_details.h"
#include "access/table.h"
#include "access/tableam.h"
#include "access/xact.h"
#include "catalog/indexing.h"
#include "catalog/namespace.h"
#include "catalog/pg_collation.h"
#include "catalog/pg_extension.h"
#include "executor/tuptable.h"
#include "lib/stringinfo.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/inval.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"

#include "recal_compat.h"
#include "recal_model.h"
#include "recal_rights.h"
#include "recal_settings.h"

/* Columns of recal_model; a later version of the extension may add more. */
enum
{
	Anum_model_name = 1,
	Anum_model_owner,
	Anum_model_definition,
	Anum_model_is_default,
	Anum_model_current_version,
	Anum_model_last_version,
	Anum_model_created_at,
	Natts_model = Anum_model_created_at
};

static const char *const table_names[RECAL_NTABLES] = {
	"recal_model", "recal_version", "recal_weights", "recal_answer"
};

static Oid	table_oids[RECAL_NTABLES];
static bool table_oids_valid = false;

/* Relcache callback: looks nothing up, only forgets. */
static void
ForgetTables(Datum arg, Oid relid)
{
	if (!OidIsValid(relid))
		table_oids_valid = false;
	for (int i = 0; i < RECAL_NTABLES; i++)
		if (table_oids[i] == relid)
			table_oids_valid = false;
}

/* get_extension_schema() is in the server only from 16 on */
static Oid
ExtensionSchema(void)
{
	Relation	relation = table_open(ExtensionRelationId, AccessShareLock);
	ScanKeyData key;
	SysScanDesc scan;
	HeapTuple	tuple;
	Oid			schema = InvalidOid;

	ScanKeyInit(&key, Anum_pg_extension_extname, BTEqualStrategyNumber, F_NAMEEQ,
				CStringGetDatum("recal"));
	scan = systable_beginscan(relation, ExtensionNameIndexId, true, NULL, 1, &key);
	tuple = systable_getnext(scan);
	if (HeapTupleIsValid(tuple))
		schema = ((Form_pg_extension) GETSTRUCT(tuple))->extnamespace;
	systable_endscan(scan);
	table_close(relation, AccessShareLock);
	return schema;
}

static void
FindTables(void)
{
	static bool callback_registered = false;
	Oid			schema = ExtensionSchema();

	if (!callback_registered)
	{
		CacheRegisterRelcacheCallback(ForgetTables, (Datum) 0);
		callback_registered = true;
	}
	if (!OidIsValid(schema))
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_OBJECT),
				 errmsg("extension \"recal\" is not installed in this database"),
				 errhint("Use CREATE EXTENSION recal.")));
	for (int i = 0; i < RECAL_NTABLES; i++)
	{
		table_oids[i] = get_relname_relid(table_names[i], schema);
		if (!OidIsValid(table_oids[i]))
			ereport(ERROR,
					(errcode(ERRCODE_UNDEFINED_TABLE),
					 errmsg("table \"%s\" of extension \"recal\" does not exist",
							table_names[i])));
	}
	table_oids_valid = true;
}

Relation
RecalTableOpen(RecalTable table, LOCKMODE lockmode)
{
	Relation	relation;

	if (!table_oids_valid)
		FindTables();
	relation = table_open(table_oids[table], lockmode);
	if (RelationGetNumberOfAttributes(relation) > RECAL_MAX_COLUMNS)
		elog(ERROR, "table \"%s\" has too many columns", table_names[table]);
	return relation;
}

Oid
RecalTablePrimaryKey(Relation relation)
{
	/* the list is what fills rd_pkindex, from the relation cache after the first time */
	list_free(RelationGetIndexList(relation));
	if (!OidIsValid(relation->rd_pkindex))
		ereport(ERROR,
				(errcode(ERRCODE_DATA_CORRUPTED),
				 errmsg("table \"%s\" has lost its primary key",
						RelationGetRelationName(relation)),
				 errhint("Create it again: ALTER TABLE ... ADD PRIMARY KEY.")));
	return relation->rd_pkindex;
}

int64
RecalTableDelete(RecalTable table, ScanKey keys, int nkeys)
{
	Relation	relation = RecalTableOpen(table, RowExclusiveLock);
	Snapshot	snapshot = RegisterSnapshot(GetLatestSnapshot());
	SysScanDesc scan = systable_beginscan(relation, RecalTablePrimaryKey(relation), true,
										  snapshot, nkeys, keys);
	HeapTuple	tuple;
	int64		deleted = 0;

	while (HeapTupleIsValid(tuple = systable_getnext(scan)))
	{
		CHECK_FOR_INTERRUPTS();
		CatalogTupleDelete(relation, &tuple->t_self);
		deleted++;
	}
	systable_endscan(scan);
	UnregisterSnapshot(snapshot);
	table_close(relation, RowExclusiveLock);
	if (deleted > 0)
		CommandCounterIncrement();
	return deleted;
}

int64
RecalTableDeleteRows(RecalTable table, const char *model, int version)
{
	ScanKeyData keys[2];

	ScanKeyEntryInitialize(&keys[0], 0, 1, BTEqualStrategyNumber, TEXTOID, C_COLLATION_OID,
						   F_TEXTEQ, CStringGetTextDatum(model));
	ScanKeyInit(&keys[1], 2, BTEqualStrategyNumber, F_INT4EQ, Int32GetDatum(version));
	return RecalTableDelete(table, keys, version > 0 ? 2 : 1);
}

pg_noreturn static void ErrorNoModel(const char *name, bool from_setting);

static void
ErrorNoModel(const char *name, bool from_setting)
{
	ereport(ERROR,
			(errcode(ERRCODE_UNDEFINED_OBJECT),
			 errmsg("model \"%s\" does not exist", name),
			 from_setting ? errdetail("The setting recal.default_model names it.") : 0,
			 name[0] == '{' ?
			 errhint("To pass candidates, give their type: '{...}'::bigint[].") :
			 errhint("The view recal_models lists models; recal_create_model defines one.")));
}

static RecalModel *
ModelFromTuple(HeapTuple tuple, TupleDesc desc)
{
	RecalModel *model = palloc(sizeof(RecalModel));
	Datum		values[RECAL_MAX_COLUMNS];
	bool		isnull[RECAL_MAX_COLUMNS];

	heap_deform_tuple(tuple, desc, values, isnull);
	model->name = TextDatumGetCString(values[Anum_model_name - 1]);
	model->owner_name = pstrdup(NameStr(*DatumGetName(values[Anum_model_owner - 1])));
	model->owner = get_role_oid(model->owner_name, true);
	model->definition = DatumGetJsonbPCopy(values[Anum_model_definition - 1]);
	model->is_default = DatumGetBool(values[Anum_model_is_default - 1]);
	model->current_version = DatumGetInt32(values[Anum_model_current_version - 1]);
	model->last_version = DatumGetInt32(values[Anum_model_last_version - 1]);
	model->created_at = DatumGetTimestampTz(values[Anum_model_created_at - 1]);
	return model;
}

static SysScanDesc
ScanByName(Relation relation, const char *name, Snapshot snapshot)
{
	ScanKeyData key;

	ScanKeyEntryInitialize(&key, 0, Anum_model_name, BTEqualStrategyNumber, TEXTOID,
						   C_COLLATION_OID, F_TEXTEQ, CStringGetTextDatum(name));
	return systable_beginscan(relation, RecalTablePrimaryKey(relation), true, snapshot, 1, &key);
}

/* A model by name, or NULL */
static RecalModel *
FetchModel(const char *name, Snapshot snapshot)
{
	Relation	relation = RecalTableOpen(RECAL_TABLE_MODEL, AccessShareLock);
	SysScanDesc scan = ScanByName(relation, name, snapshot);
	HeapTuple	tuple = systable_getnext(scan);
	RecalModel *model = NULL;

	if (HeapTupleIsValid(tuple))
		model = ModelFromTuple(tuple, RelationGetDescr(relation));
	systable_endscan(scan);
	table_close(relation, AccessShareLock);
	return model;
}

static int
CompareModelNames(const ListCell *a, const ListCell *b)
{
	return strcmp(((RecalModel *) lfirst(a))->name, ((RecalModel *) lfirst(b))->name);
}

static List *
FetchModels(Snapshot snapshot)
{
	Relation	relation = RecalTableOpen(RECAL_TABLE_MODEL, AccessShareLock);
	SysScanDesc scan = systable_beginscan(relation, InvalidOid, false, snapshot, 0, NULL);
	HeapTuple	tuple;
	List	   *models = NIL;

	while (HeapTupleIsValid(tuple = systable_getnext(scan)))
		models = lappend(models, ModelFromTuple(tuple, RelationGetDescr(relation)));
	systable_endscan(scan);
	table_close(relation, AccessShareLock);
	list_sort(models, CompareModelNames);
	return models;
}

static bool
IsOlder(const RecalModel *a, const RecalModel *b)
{
	if (a->created_at != b->created_at)
		return a->created_at < b->created_at;
	return strcmp(a->name, b->name) < 0;
}

/* The oldest model with the mark (hand edits may have left several), or of all. */
static RecalModel *
OldestModel(List *models, bool marked)
{
	RecalModel *oldest = NULL;
	ListCell   *cell;

	foreach(cell, models)
	{
		RecalModel *model = lfirst(cell);

		if ((model->is_default || !marked) && (oldest == NULL || IsOlder(model, oldest)))
			oldest = model;
	}
	return oldest;
}

static Snapshot
ReadSnapshot(void)
{
	if (!ActiveSnapshotSet())
		elog(ERROR, "recal's tables were read without an active snapshot");
	return GetActiveSnapshot();
}

RecalModel *
RecalModelGet(const char *name, bool missing_ok)
{
	bool		from_setting = false;
	RecalModel *model;

	if (name == NULL && recal_default_model != NULL && recal_default_model[0] != '\0')
	{
		name = recal_default_model;
		from_setting = true;
	}
	if (name != NULL)
	{
		model = FetchModel(name, ReadSnapshot());
		if (model == NULL && !missing_ok)
			ErrorNoModel(name, from_setting);
		return model;
	}

	model = OldestModel(FetchModels(ReadSnapshot()), true);
	if (model == NULL && !missing_ok)
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_OBJECT),
				 errmsg("no model was named, and there is no default model"),
				 errhint("Define a model with recal_create_model, set recal.default_model, or mark a model: recal_alter_model(name, '{\"default\": true}').")));
	return model;
}

static RecalModel *
LatestModel(const char *name)
{
	Snapshot	snapshot = RegisterSnapshot(GetLatestSnapshot());
	RecalModel *model = FetchModel(name, snapshot);

	UnregisterSnapshot(snapshot);
	return model;
}

bool
RecalModelExists(const char *name)
{
	return LatestModel(name) != NULL;
}

RecalModel *
RecalModelGetLatest(const char *name)
{
	RecalModel *model = LatestModel(name);

	if (model == NULL)
		ErrorNoModel(name, false);
	return model;
}

List *
RecalModelList(void)
{
	return FetchModels(ReadSnapshot());
}

static List *
LatestModels(void)
{
	Snapshot	snapshot = RegisterSnapshot(GetLatestSnapshot());
	List	   *models = FetchModels(snapshot);

	UnregisterSnapshot(snapshot);
	return models;
}

/*
 * The newest version of a model's row, locked. Rows are also written by whoever
 * moves the default mark, so holding the model's own lock is not enough.
 * NULL when there is none.
 */
static HeapTuple
LockRow(Relation relation, const char *name)
{
	Snapshot	snapshot = RegisterSnapshot(GetLatestSnapshot());
	SysScanDesc scan = ScanByName(relation, name, snapshot);
	HeapTuple	tuple = systable_getnext(scan);
	HeapTuple	locked = NULL;

	if (HeapTupleIsValid(tuple))
	{
		TupleTableSlot *slot = table_slot_create(relation, NULL);
		ItemPointerData tid = tuple->t_self;
		TM_FailureData failure;
		TM_Result	result;

		result = table_tuple_lock(relation, &tid, snapshot, slot, GetCurrentCommandId(false),
								  LockTupleExclusive, LockWaitBlock,
								  TUPLE_LOCK_FLAG_FIND_LAST_VERSION, &failure);
		if (result == TM_Ok)
			locked = ExecCopySlotHeapTuple(slot);
		else if (result != TM_Deleted)
			elog(ERROR, "could not lock the row of model \"%s\": %d", name, result);
		ExecDropSingleTupleTableSlot(slot);
	}
	systable_endscan(scan);
	UnregisterSnapshot(snapshot);
	return locked;
}

/* Replaces columns of a model's row; false when the model is gone. */
static bool
UpdateRow(const char *name, const Datum *values, const bool *replace)
{
	Relation	relation = RecalTableOpen(RECAL_TABLE_MODEL, RowExclusiveLock);
	HeapTuple	tuple = LockRow(relation, name);
	bool		isnull[RECAL_MAX_COLUMNS] = {0};

	if (HeapTupleIsValid(tuple))
	{
		HeapTuple	changed = heap_modify_tuple(tuple, RelationGetDescr(relation),
												unconstify(Datum *, values), isnull,
												unconstify(bool *, replace));

		CatalogTupleUpdate(relation, &tuple->t_self, changed);
		heap_freetuple(changed);
	}
	table_close(relation, RowExclusiveLock);
	CommandCounterIncrement();
	return HeapTupleIsValid(tuple);
}

static void
SetMark(const char *name, bool is_default)
{
	Datum		values[RECAL_MAX_COLUMNS] = {0};
	bool		replace[RECAL_MAX_COLUMNS] = {0};

	values[Anum_model_is_default - 1] = BoolGetDatum(is_default);
	replace[Anum_model_is_default - 1] = true;
	(void) UpdateRow(name, values, replace);
}

/*
 * Takes the mark from whoever has it. That takes the rights of that model's
 * owner: others call functions without naming a model, and a model of one's own
 * over a view of one's own would run in their place.
 */
static void
ClearOtherMarks(const char *except)
{
	ListCell   *cell;

	foreach(cell, LatestModels())
	{
		RecalModel *model = lfirst(cell);

		if (!model->is_default || strcmp(model->name, except) == 0)
			continue;
		if (!RecalIsOwner(model))
			ereport(ERROR,
					(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
					 errmsg("must be owner of model \"%s\", which is the default model",
							model->name),
					 errdetail("Only who may change the default model may make another one the default."),
					 errhint("The setting recal.default_model names a default for a session, role or database.")));
		SetMark(model->name, false);
	}
}

/* Whether a new model gets the default mark. The lock is taken only where it may. */
static bool
ClaimMark(const char *name, RecalSwitch make_default)
{
	if (make_default == RECAL_OFF)
		return false;
	if (make_default == RECAL_ON)
	{
		RecalDefaultMarkLock();
		ClearOtherMarks(name);
		return true;
	}
	if (OldestModel(LatestModels(), true) != NULL)
		return false;
	RecalDefaultMarkLock();
	return OldestModel(LatestModels(), true) == NULL;
}

void
RecalModelInsert(const char *name, Jsonb *definition, RecalSwitch make_default)
{
	bool		is_default = ClaimMark(name, make_default);
	Relation	relation = RecalTableOpen(RECAL_TABLE_MODEL, RowExclusiveLock);
	Datum		values[RECAL_MAX_COLUMNS] = {0};
	bool		isnull[RECAL_MAX_COLUMNS] = {0};
	NameData	owner;

	/* columns that a later version of the extension has added */
	for (int i = Natts_model; i < RelationGetNumberOfAttributes(relation); i++)
		isnull[i] = true;

	namestrcpy(&owner, GetUserNameFromId(GetUserId(), false));
	values[Anum_model_name - 1] = CStringGetTextDatum(name);
	values[Anum_model_owner - 1] = NameGetDatum(&owner);
	values[Anum_model_definition - 1] = JsonbPGetDatum(definition);
	values[Anum_model_is_default - 1] = BoolGetDatum(is_default);
	values[Anum_model_current_version - 1] = Int32GetDatum(0);
	values[Anum_model_last_version - 1] = Int32GetDatum(0);
	values[Anum_model_created_at - 1] = TimestampTzGetDatum(GetCurrentTimestamp());
	CatalogTupleInsert(relation, heap_form_tuple(RelationGetDescr(relation), values, isnull));
	table_close(relation, RowExclusiveLock);
	CommandCounterIncrement();
}

void
RecalModelUpdate(const char *name, Jsonb *definition, RecalSwitch make_default)
{
	Datum		values[RECAL_MAX_COLUMNS] = {0};
	bool		replace[RECAL_MAX_COLUMNS] = {0};

	if (make_default == RECAL_ON)
	{
		RecalDefaultMarkLock();
		ClearOtherMarks(name);
	}
	if (make_default != RECAL_AUTO)
	{
		values[Anum_model_is_default - 1] = BoolGetDatum(make_default == RECAL_ON);
		replace[Anum_model_is_default - 1] = true;
	}
	if (definition != NULL)
	{
		values[Anum_model_definition - 1] = JsonbPGetDatum(definition);
		replace[Anum_model_definition - 1] = true;
	}
	if (!UpdateRow(name, values, replace))
		ErrorNoModel(name, false);
}

void
RecalModelDelete(const char *name)
{
	RecalModel *dropped;
	List	   *heirs = NIL;
	ListCell   *cell;

	/* answers that are being given come first, or they would stay behind */
	RecalAnswersLock(name, ExclusiveLock);
	(void) RecalTableDeleteRows(RECAL_TABLE_WEIGHTS, name, 0);
	(void) RecalTableDeleteRows(RECAL_TABLE_VERSION, name, 0);
	(void) RecalTableDeleteRows(RECAL_TABLE_ANSWER, name, 0);

	/* nobody moves marks from here on, so the row has no other writer */
	RecalDefaultMarkLock();
	dropped = RecalModelGetLatest(name);
	(void) RecalTableDeleteRows(RECAL_TABLE_MODEL, name, 0);
	if (!dropped->is_default)
		return;

	/* not to another owner's model, for the reason given at ClearOtherMarks */
	foreach(cell, LatestModels())
		if (strcmp(((RecalModel *) lfirst(cell))->owner_name, dropped->owner_name) == 0)
			heirs = lappend(heirs, lfirst(cell));
	if (heirs != NIL)
		SetMark(OldestModel(heirs, false)->name, true);
}

void
RecalModelSetCurrent(const char *name, int version)
{
	Datum		values[RECAL_MAX_COLUMNS] = {0};
	bool		replace[RECAL_MAX_COLUMNS] = {0};

	values[Anum_model_current_version - 1] = Int32GetDatum(version);
	replace[Anum_model_current_version - 1] = true;
	if (!UpdateRow(name, values, replace))
		ErrorNoModel(name, false);
}

int
RecalModelNextVersion(const char *name)
{
	Relation	relation = RecalTableOpen(RECAL_TABLE_MODEL, RowExclusiveLock);
	HeapTuple	tuple = LockRow(relation, name);
	Datum		values[RECAL_MAX_COLUMNS] = {0};
	bool		isnull[RECAL_MAX_COLUMNS] = {0};
	bool		replace[RECAL_MAX_COLUMNS] = {0};
	int			version;

	if (!HeapTupleIsValid(tuple))
		ErrorNoModel(name, false);
	version = ModelFromTuple(tuple, RelationGetDescr(relation))->last_version;
	if (version == PG_INT32_MAX)
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("model \"%s\" has used up its version numbers", name)));
	version++;
	values[Anum_model_last_version - 1] = Int32GetDatum(version);
	replace[Anum_model_last_version - 1] = true;
	CatalogTupleUpdate(relation, &tuple->t_self,
					   heap_modify_tuple(tuple, RelationGetDescr(relation), values, isnull, replace));
	table_close(relation, RowExclusiveLock);
	CommandCounterIncrement();
	return version;
}
