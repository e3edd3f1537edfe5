/*
 * catalog_views.c
 *		What the views and triggers over recal's own tables need.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "catalog/namespace.h"
#include "catalog/pg_type.h"
#include "commands/trigger.h"
#include "executor/spi.h"
#include "fmgr.h"
#include "miscadmin.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"
#include "utils/jsonb.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"

#include "recal_compat.h"
#include "recal_model.h"

/* A string at {first, second} or, second NULL, at {first}; NULL when there is none */
static char *
StringAt(Jsonb *jsonb, const char *first, const char *second)
{
	JsonbValue	buffer;
	JsonbValue *value;

	if (!JB_ROOT_IS_OBJECT(jsonb))
		return NULL;
	value = getKeyJsonValueFromContainer(&jsonb->root, first, strlen(first), &buffer);
	if (value != NULL && second != NULL)
	{
		JsonbValue	outer = *value;

		if (outer.type != jbvBinary || !JsonContainerIsObject(outer.val.binary.data))
			return NULL;
		value = getKeyJsonValueFromContainer(outer.val.binary.data, second, strlen(second),
											 &buffer);
	}
	return value == NULL ? NULL : RecalJsonString(value);
}

static bool
MayUseSchema(Oid schema)
{
	return DatumGetBool(DirectFunctionCall2(has_schema_privilege_id, ObjectIdGetDatum(schema),
											CStringGetTextDatum("USAGE")));
}

static bool
MayReadColumn(Oid relation, const char *column)
{
	AttrNumber	attnum = column ? get_attnum(relation, column) : InvalidAttrNumber;

	return attnum != InvalidAttrNumber &&
		pg_attribute_aclcheck(relation, attnum, GetUserId(), ACL_SELECT) == ACLCHECK_OK;
}

/*
 * Whether the current user may read the ids of the behaviour rows, by the
 * catalogs. It decides what the views list; what the functions give out is
 * decided by the executor.
 */
static bool
MayReadEvents(Jsonb *definition)
{
	char	   *schema = StringAt(definition, "events", "schema");
	char	   *name = StringAt(definition, "events", "name");
	Oid			namespace;
	Oid			relation;

	if (schema == NULL || name == NULL)
		return false;
	namespace = get_namespace_oid(schema, true);
	if (!OidIsValid(namespace) || !MayUseSchema(namespace))
		return false;
	relation = get_relname_relid(name, namespace);
	if (!OidIsValid(relation))
		return false;
	return pg_class_aclcheck(relation, GetUserId(), ACL_SELECT) == ACLCHECK_OK ||
		(MayReadColumn(relation, StringAt(definition, "user_column", NULL)) &&
		 MayReadColumn(relation, StringAt(definition, "item_column", NULL)));
}

PG_FUNCTION_INFO_V1(recal_usable);

Datum
recal_usable(PG_FUNCTION_ARGS)
{
	Oid			owner;

	if (superuser())
		PG_RETURN_BOOL(true);
	if (PG_ARGISNULL(0))
		PG_RETURN_BOOL(false);
	owner = get_role_oid(NameStr(*PG_GETARG_NAME(0)), true);
	if (OidIsValid(owner) && has_privs_of_role(GetUserId(), owner))
		PG_RETURN_BOOL(true);
	PG_RETURN_BOOL(!PG_ARGISNULL(1) && MayReadEvents(PG_GETARG_JSONB_P(1)));
}

PG_FUNCTION_INFO_V1(recal_owner_guard);

/*
 * Row trigger of recal_model and recal_version, for whoever writes them by SQL
 * (a restore, a hand edit; recal itself does not go through triggers). A row
 * acts for its owner: training reads with the owner's rights. So the current
 * user may only leave owners whose privileges they have.
 */
Datum
recal_owner_guard(PG_FUNCTION_ARGS)
{
	TriggerData *data = (TriggerData *) fcinfo->context;
	HeapTuple	row;
	TupleDesc	desc;
	int			column;
	char	   *owner;
	Oid			role;
	NameData	replacement;
	Datum		value;
	bool		isnull = false;

	if (!CALLED_AS_TRIGGER(fcinfo) || !TRIGGER_FIRED_BEFORE(data->tg_event) ||
		!TRIGGER_FIRED_FOR_ROW(data->tg_event))
		ereport(ERROR,
				(errcode(ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED),
				 errmsg("function \"%s\" must be called as a trigger before each row",
						"recal_owner_guard")));
	row = TRIGGER_FIRED_BY_UPDATE(data->tg_event) ? data->tg_newtuple : data->tg_trigtuple;
	if (superuser())
		return PointerGetDatum(row);

	desc = RelationGetDescr(data->tg_relation);
	column = SPI_fnumber(desc, "owner");
	if (column <= 0 || SPI_gettypeid(desc, column) != NAMEOID)
		ereport(ERROR,
				(errcode(ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED),
				 errmsg("table \"%s\" has no column \"owner\" of type name",
						RelationGetRelationName(data->tg_relation))));
	owner = SPI_getvalue(row, desc, column);
	role = owner != NULL ? get_role_oid(owner, true) : InvalidOid;
	if (OidIsValid(role) && has_privs_of_role(GetUserId(), role))
		return PointerGetDatum(row);

	namestrcpy(&replacement, GetUserNameFromId(GetUserId(), false));
	ereport(WARNING,
			(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
			 errmsg("owner \"%s\" in table \"%s\" is replaced by \"%s\"",
					owner != NULL ? owner : "", RelationGetRelationName(data->tg_relation),
					NameStr(replacement)),
			 errdetail("The current user does not have the privileges of that role.")));
	value = NameGetDatum(&replacement);
	return PointerGetDatum(heap_modify_tuple_by_cols(row, desc, 1, &column, &value, &isnull));
}
