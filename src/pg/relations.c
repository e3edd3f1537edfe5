/*
 * relations.c
 *		The relations and columns that a definition names, looked up in the
 *		catalogs: are they there, and can a model be made over them.
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/htup_details.h"
#include "access/relation.h"
#include "catalog/namespace.h"
#include "catalog/pg_am.h"
#include "catalog/pg_attribute.h"
#include "catalog/pg_class.h"
#include "catalog/pg_enum.h"
#include "catalog/pg_index.h"
#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "lib/stringinfo.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/syscache.h"

#include "recal_compat.h"
#include "recal_events.h"
#include "recal_features.h"
#include "recal_model.h"
#include "recal_rights.h"

#define MAX_LISTED_COLUMNS	30

char *
RecalQualifiedName(const char *schema, const char *name)
{
	return quote_qualified_identifier(schema, name);
}

Oid
RecalResolveRelation(const char *model, const char *what, const char *schema, const char *name)
{
	Oid			namespace = get_namespace_oid(schema, true);
	Oid			relation = OidIsValid(namespace) ? get_relname_relid(name, namespace) : InvalidOid;

	if (!OidIsValid(relation))
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_TABLE),
				 errmsg("relation \"%s.%s\", the %s of model \"%s\", does not exist",
						schema, name, what, model),
				 errhint("If it was renamed, name it anew: recal_alter_model(%s, '{\"%s\": \"new.name\"}').",
						 quote_literal_cstr(model), what)));
	return relation;
}

/* Names of a relation's columns, for a hint */
static char *
ColumnNames(Oid relation)
{
	StringInfoData names;
	int			listed = 0;

	initStringInfo(&names);
	for (AttrNumber attnum = 1; listed < MAX_LISTED_COLUMNS; attnum++)
	{
		HeapTuple	tuple = SearchSysCache2(ATTNUM, ObjectIdGetDatum(relation),
											Int16GetDatum(attnum));
		Form_pg_attribute column;

		if (!HeapTupleIsValid(tuple))
			break;
		column = (Form_pg_attribute) GETSTRUCT(tuple);
		if (!column->attisdropped)
			appendStringInfo(&names, "%s%s", listed++ > 0 ? ", " : "", NameStr(column->attname));
		ReleaseSysCache(tuple);
	}
	return names.data;
}

AttrNumber
RecalResolveColumn(const char *model, Oid relation, const char *column, Oid *type,
				   int32 *typmod, Oid *collation)
{
	AttrNumber	attnum = get_attnum(relation, column);

	if (attnum <= 0)
	{
		char	   *name = get_rel_name(relation);

		if (name == NULL)
			ereport(ERROR,
					(errcode(ERRCODE_UNDEFINED_TABLE),
					 errmsg("a relation of model \"%s\" has just been dropped", model)));
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_COLUMN),
				 errmsg("column \"%s\" of relation \"%s\", which model \"%s\" uses, does not exist",
						column, name, model),
				 errhint("Columns of \"%s\" are: %s.", name, ColumnNames(relation))));
	}
	get_atttypetypmodcoll(relation, attnum, type, typmod, collation);
	return attnum;
}

void
RecalCheckRelationKind(const char *model, const char *what, Oid relation)
{
	char		kind = get_rel_relkind(relation);

	if (kind == RELKIND_RELATION || kind == RELKIND_PARTITIONED_TABLE || kind == RELKIND_VIEW ||
		kind == RELKIND_MATVIEW || kind == RELKIND_FOREIGN_TABLE)
	{
		if (get_rel_persistence(relation) == RELPERSISTENCE_TEMP)
			ereport(WARNING,
					(errcode(ERRCODE_WRONG_OBJECT_TYPE),
					 errmsg("relation \"%s\", the %s of model \"%s\", is temporary",
							get_rel_name(relation), what, model),
					 errdetail("The model will be of no use after this session.")));
		return;
	}
	ereport(ERROR,
			(errcode(ERRCODE_WRONG_OBJECT_TYPE),
			 errmsg("relation \"%s\" cannot be the %s of model \"%s\"",
					get_rel_name(relation), what, model),
			 errdetail("It is not a table, view, materialized view, or foreign table.")));
}

static void
CheckItems(const char *model, const RecalDefinition *definition, const RecalIdType *item_type)
{
	Oid			relation = RecalResolveRelation(model, "items", definition->items_schema,
												definition->items_name);
	RecalIdType id_type;
	Oid			type;
	int32		typmod;
	Oid			collation;

	RecalCheckRelationKind(model, "items", relation);
	(void) RecalResolveColumn(model, relation, definition->item_id_column, &type, &typmod,
							  &collation);
	if (!RecalIdTypeOf(type, typmod, &id_type) || id_type.kind != item_type->kind)
		ereport(ERROR,
				(errcode(ERRCODE_DATATYPE_MISMATCH),
				 errmsg("column \"%s\" of \"%s\", the items of model \"%s\", is of type %s, but the events' column \"%s\" is of type %s",
						definition->item_id_column, get_rel_name(relation), model,
						format_type_be(type), definition->item_column,
						format_type_be(item_type->type)),
				 errhint("Both must hold the same ids; cast one in a view.")));
}

/* Event types that an enum column cannot hold are spelling mistakes. */
static void
CheckEventTypes(const char *model, const char *key, Oid event_type, char **names, int n)
{
	Oid			base = getBaseType(event_type);

	if (!OidIsValid(base) || get_typtype(base) != TYPTYPE_ENUM)
		return;
	for (int i = 0; i < n; i++)
	{
		if (strlen(names[i]) < NAMEDATALEN &&
			SearchSysCacheExists2(ENUMTYPOIDNAME, ObjectIdGetDatum(base),
								  CStringGetDatum(names[i])))
			continue;
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("event type \"%s\" in \"%s\" of model \"%s\" is no value of type %s",
						names[i], key, model, format_type_be(base)),
				 errhint("SELECT enum_range(NULL::%s) lists them.", format_type_be(base))));
	}
}

static bool
IsBtree(Oid index)
{
	HeapTuple	tuple = SearchSysCache1(RELOID, ObjectIdGetDatum(index));
	bool		result;

	if (!HeapTupleIsValid(tuple))
		return false;
	result = ((Form_pg_class) GETSTRUCT(tuple))->relam == BTREE_AM_OID;
	ReleaseSysCache(tuple);
	return result;
}

/* ordered: by which rows can be read in the column's order */
static bool
HasIndexOn(Relation relation, AttrNumber attnum, bool ordered)
{
	List	   *indexes = RelationGetIndexList(relation);
	ListCell   *cell;
	bool		found = false;

	foreach(cell, indexes)
	{
		HeapTuple	tuple = SearchSysCache1(INDEXRELID, ObjectIdGetDatum(lfirst_oid(cell)));
		Form_pg_index index;

		if (!HeapTupleIsValid(tuple))
			continue;
		index = (Form_pg_index) GETSTRUCT(tuple);
		/* a partial index does not find all rows of a user */
		if (index->indisvalid && index->indkey.values[0] == attnum &&
			heap_attisnull(tuple, Anum_pg_index_indpred, NULL) &&
			(!ordered || IsBtree(lfirst_oid(cell))))
			found = true;
		ReleaseSysCache(tuple);
	}
	list_free(indexes);
	return found;
}

/* What has indexes, and not a view over it */
static bool
MayHaveIndex(Oid relation)
{
	char		kind = get_rel_relkind(relation);

	return kind == RELKIND_RELATION || kind == RELKIND_PARTITIONED_TABLE ||
		kind == RELKIND_MATVIEW;
}

bool
RecalHasOrderedIndex(Oid relation_oid, const char *column)
{
	Relation	relation;
	bool		found;

	if (!MayHaveIndex(relation_oid))
		return false;
	relation = relation_open(relation_oid, AccessShareLock);
	found = HasIndexOn(relation, get_attnum(relation_oid, column), true);
	relation_close(relation, AccessShareLock);
	return found;
}

static void
WarnWithoutIndex(const char *model, const RecalDefinition *definition, Oid relation_oid)
{
	Relation	relation;

	if (!MayHaveIndex(relation_oid))
		return;
	relation = relation_open(relation_oid, AccessShareLock);
	if (!HasIndexOn(relation, get_attnum(relation_oid, definition->user_column), false))
		ereport(WARNING,
				(errcode(ERRCODE_WARNING),
				 errmsg("no index of relation \"%s\" leads with column \"%s\"",
						definition->events_name, definition->user_column),
				 errdetail("Each recommendation from model \"%s\" will read the whole relation to find one user's rows.",
						   model),
				 errhint("CREATE INDEX ON %s (%s).",
						 RecalQualifiedName(definition->events_schema, definition->events_name),
						 quote_identifier(definition->user_column))));
	relation_close(relation, AccessShareLock);
}

/* Users, and the features of both sides, as the current user may read them. */
static void
CheckContent(const char *model, const RecalDefinition *definition,
			 const RecalEventColumns *columns)
{
	for (int side = RECAL_SIDE_USERS; side <= RECAL_SIDE_ITEMS; side++)
	{
		RecalFeatureSource source;

		if (side == RECAL_SIDE_USERS ? definition->users_name == NULL :
			!RecalFeaturesDeclared(definition, side))
			continue;
		RecalFeatureSourceResolve(model, definition, side,
								  side == RECAL_SIDE_USERS ? columns->user_type.kind :
								  columns->item_type.kind, &source);
		if (side == RECAL_SIDE_USERS)
			RecalCheckRelationKind(model, "users",
								   RecalResolveRelation(model, "users", definition->users_schema,
														definition->users_name));
		SPI_connect();
		(void) RecalFeatureSourceCheck(&source);
		SPI_finish();
	}
}

void
RecalDefinitionValidate(const char *model, const RecalDefinition *definition, bool warn_index)
{
	RecalEventColumns columns;
	Oid			events;
	bool		row_security;

	events = RecalResolveRelation(model, "events", definition->events_schema,
								  definition->events_name);
	RecalCheckRelationKind(model, "events", events);
	(void) RecalEventSelectList(model, definition, events, &columns);
	SPI_connect();
	RecalCheckReadable(model, definition, &row_security);
	SPI_finish();

	if (definition->items_name != NULL)
		CheckItems(model, definition, &columns.item_type);
	CheckContent(model, definition, &columns);
	if (definition->nevent_weights > 0)
		CheckEventTypes(model, "event_weights", columns.event_type, definition->event_types,
						definition->nevent_weights);
	if (definition->options.nseen_events > 0)
		CheckEventTypes(model, "seen_events", columns.event_type,
						definition->options.seen_events, definition->options.nseen_events);
	if (warn_index)
		WarnWithoutIndex(model, definition, events);
}
