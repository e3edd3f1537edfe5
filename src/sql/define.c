/*
 * define.c
 *		recal_create_model, recal_alter_model, recal_drop_model, recal_activate.
 *
 * Both ways to a definition, arguments and a patch, go through a draft: keys
 * with their JSON text. The draft becomes jsonb, which the one strict parser
 * reads before anything else is checked or stored.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "fmgr.h"
#include "lib/stringinfo.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/json.h"
#include "utils/lsyscache.h"
#include "utils/snapmgr.h"
#include "utils/timestamp.h"

#include "recal_compat.h"
#include "recal_model.h"
#include "recal_rights.h"

#define MAX_MODEL_NAME	200		/* bytes */

/* Arguments of recal_create_model by position */
enum
{
	ARG_MODEL,
	ARG_EVENTS,
	ARG_USER_COLUMN,
	ARG_ITEM_COLUMN,
	ARG_EVENT_COLUMN,
	ARG_VALUE_COLUMN,
	ARG_TIME_COLUMN,
	ARG_EVENT_WEIGHTS,
	ARG_HALF_LIFE,
	ARG_OBJECTIVE,
	ARG_ITEMS,
	ARG_ITEM_ID_COLUMN,
	ARG_ITEM_FEATURES,
	ARG_USERS,
	ARG_USER_ID_COLUMN,
	ARG_USER_FEATURES,
	ARG_OPTIONS
};

typedef struct Setting
{
	char	   *key;
	char	   *json;
} Setting;

typedef struct Draft
{
	const char *model;
	List	   *arguments;		/* of Setting */
	List	   *options;		/* of Setting */
	RecalSwitch make_default;	/* RECAL_AUTO: not said */
} Draft;

/* Replaces, adds or (json NULL) removes a setting. */
static List *
Put(List *settings, const char *key, char *json)
{
	Setting    *setting;
	ListCell   *cell;

	foreach(cell, settings)
	{
		if (strcmp(((Setting *) lfirst(cell))->key, key) == 0)
		{
			settings = foreach_delete_current(settings, cell);
			break;
		}
	}
	if (json == NULL)
		return settings;
	setting = palloc(sizeof(Setting));
	setting->key = pstrdup(key);
	setting->json = json;
	return lappend(settings, setting);
}

static char *
GetSetting(List *settings, const char *key)
{
	ListCell   *cell;

	foreach(cell, settings)
		if (strcmp(((Setting *) lfirst(cell))->key, key) == 0)
			return ((Setting *) lfirst(cell))->json;
	return NULL;
}

static char *
JsonOfText(const char *text)
{
	StringInfoData json;

	initStringInfo(&json);
	escape_json(&json, text);
	return json.data;
}

static char *
JsonOfValue(JsonbValue *value)
{
	Jsonb	   *jsonb = JsonbValueToJsonb(value);

	return JsonbToCString(NULL, &jsonb->root, VARSIZE(jsonb));
}

/* A relation by schema and name, because OIDs do not survive a dump */
static char *
JsonOfRelation(const char *model, const char *what, Oid relation)
{
	char	   *name = get_rel_name(relation);
	char	   *schema = name ? get_namespace_name(get_rel_namespace(relation)) : NULL;

	if (schema == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_TABLE),
				 errmsg("relation with OID %u, the %s of model \"%s\", does not exist",
						relation, what, model)));
	return psprintf("{\"schema\": %s, \"name\": %s}", JsonOfText(schema), JsonOfText(name));
}

static char *
JsonOfNames(ArrayType *array)
{
	StringInfoData json;
	Datum	   *elements;
	bool	   *isnull;
	int			n;

	deconstruct_array(array, NAMEOID, NAMEDATALEN, false, TYPALIGN_CHAR, &elements, &isnull, &n);
	initStringInfo(&json);
	appendStringInfoChar(&json, '[');
	for (int i = 0; i < n; i++)
	{
		if (i > 0)
			appendStringInfoString(&json, ", ");
		if (isnull[i])
			appendStringInfoString(&json, "null");
		else
			escape_json(&json, NameStr(*DatumGetName(elements[i])));
	}
	appendStringInfoChar(&json, ']');
	return json.data;
}

static void
AppendSettings(StringInfo json, List *settings)
{
	ListCell   *cell;

	appendStringInfoChar(json, '{');
	foreach(cell, settings)
	{
		Setting    *setting = lfirst(cell);

		if (foreach_current_index(cell) > 0)
			appendStringInfoString(json, ", ");
		escape_json(json, setting->key);
		appendStringInfo(json, ": %s", setting->json);
	}
	appendStringInfoChar(json, '}');
}

static Jsonb *
DraftJsonb(const Draft *draft)
{
	StringInfoData options;

	initStringInfo(&options);
	AppendSettings(&options, draft->options);
	{
		List	   *all = Put(list_copy(draft->arguments), "options", options.data);
		StringInfoData json;

		initStringInfo(&json);
		AppendSettings(&json, all);
		return RecalJsonb("%s", json.data);
	}
}

/* The default mark is a column of its own and not part of the definition. */
static void
PutOption(Draft *draft, const char *key, JsonbValue *value)
{
	if (strcmp(key, "default") == 0 && value->type == jbvBool)
		draft->make_default = value->val.boolean ? RECAL_ON : RECAL_OFF;
	else if (strcmp(key, "default") == 0 && value->type == jbvNull)
		draft->make_default = RECAL_OFF;
	else
		draft->options = Put(draft->options, key,
							 value->type == jbvNull ? NULL : JsonOfValue(value));
}

/* All of {"key": value, ...}, by a callback */
static void
EachMember(Jsonb *object, Draft *draft, void (*put) (Draft *, const char *, JsonbValue *))
{
	JsonbIterator *iterator = JsonbIteratorInit(&object->root);
	JsonbIteratorToken token;
	JsonbValue	value;

	while ((token = JsonbIteratorNext(&iterator, &value, true)) != WJB_DONE)
	{
		char	   *key;

		if (token != WJB_KEY)
			continue;
		key = RecalJsonString(&value);
		(void) JsonbIteratorNext(&iterator, &value, true);
		put(draft, key, &value);
	}
}

/* A key of a stored definition */
static void
PutStored(Draft *draft, const char *key, JsonbValue *value)
{
	if (strcmp(key, "options") == 0)
		EachMember(JsonbValueToJsonb(value), draft, PutOption);
	else
		draft->arguments = Put(draft->arguments, key, JsonOfValue(value));
}

static bool
IsRelationArgument(const char *key)
{
	return strcmp(key, "events") == 0 || strcmp(key, "items") == 0 || strcmp(key, "users") == 0;
}

/* An argument in a patch: as a user writes it, null for its default */
static char *
JsonOfPatch(const Draft *draft, const char *key, JsonbValue *value)
{
	char	   *text = RecalJsonString(value);

	if (value->type == jbvNull)
	{
		if (strcmp(key, "events") == 0)
			ereport(ERROR,
					(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
					 errmsg("\"events\" of model \"%s\" must not be null", draft->model)));
		if (strcmp(key, "user_column") == 0)
			return JsonOfText("user_id");
		if (strcmp(key, "item_column") == 0)
			return JsonOfText("item_id");
		return NULL;
	}
	if (text != NULL && IsRelationArgument(key))
	{
		Oid			relation = DatumGetObjectId(DirectFunctionCall1(regclassin,
																	CStringGetDatum(text)));

		return JsonOfRelation(draft->model, key, relation);
	}
	if (text != NULL && strcmp(key, "half_life") == 0)
		return JsonOfText(RecalHalfLifeText(draft->model,
											RecalHalfLifeParse(draft->model, text)));
	return JsonOfValue(value);
}

static void
PutPatch(Draft *draft, const char *key, JsonbValue *value)
{
	if (RecalOptionExists(key))
		PutOption(draft, key, value);
	else if (RecalArgumentExists(key))
	{
		/* the id column of the old relation says nothing about the new one's */
		if (strcmp(key, "items") == 0)
			draft->arguments = Put(draft->arguments, "item_id_column", NULL);
		if (strcmp(key, "users") == 0)
			draft->arguments = Put(draft->arguments, "user_id_column", NULL);
		draft->arguments = Put(draft->arguments, key, JsonOfPatch(draft, key, value));
	}
	else
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("unrecognized option \"%s\" for model \"%s\"", key, draft->model),
				 errhint("Valid options are: %s; and the arguments %s.",
						 RecalOptionNames(), RecalArgumentNames())));
}

static void
ChooseIdColumn(Draft *draft, const char *what, const char *id_column)
{
	bool		is_items = strcmp(what, "items") == 0;
	RecalDefinition *definition;
	const char *candidates[2];
	Oid			relation;

	definition = RecalDefinitionCheck(draft->model, DraftJsonb(draft));
	relation = is_items ?
		RecalResolveRelation(draft->model, what, definition->items_schema,
							 definition->items_name) :
		RecalResolveRelation(draft->model, what, definition->users_schema,
							 definition->users_name);
	RecalCheckRelationKind(draft->model, what, relation);
	candidates[0] = is_items ? definition->item_column : definition->user_column;
	candidates[1] = "id";
	for (int i = 0; i < (int) lengthof(candidates); i++)
	{
		if (get_attnum(relation, candidates[i]) > 0)
		{
			draft->arguments = Put(draft->arguments, id_column, JsonOfText(candidates[i]));
			return;
		}
	}
	ereport(ERROR,
			(errcode(ERRCODE_UNDEFINED_COLUMN),
			 errmsg("cannot tell which column of \"%s\", the %s of model \"%s\", is the id",
					get_rel_name(relation), what, draft->model),
			 errdetail("There is neither a column \"%s\" nor a column \"id\".", candidates[0]),
			 errhint("Name it as %s.", id_column)));
}

/*
 * Where the id column of items or users is not named: the events' name for it,
 * or "id". It is a part of the definition, so it is chosen before that is checked.
 */
static void
ChooseIdColumns(Draft *draft)
{
	static const char *const relations[] = {"items", "users"};
	static const char *const columns[] = {"item_id_column", "user_id_column"};
	bool		missing[2];

	for (int i = 0; i < 2; i++)
	{
		missing[i] = GetSetting(draft->arguments, relations[i]) != NULL &&
			GetSetting(draft->arguments, columns[i]) == NULL;
		/* any column makes a whole definition to read the rest of */
		if (missing[i])
			draft->arguments = Put(draft->arguments, columns[i], JsonOfText("id"));
	}
	for (int i = 0; i < 2; i++)
		if (missing[i])
			ChooseIdColumn(draft, relations[i], columns[i]);
}

/*
 * Checks a draft against the parser, the catalogs and the caller's rights, and
 * returns what is to be stored.
 */
static Jsonb *
CheckDraft(Draft *draft, bool warn_index)
{
	Jsonb	   *definition;

	ChooseIdColumns(draft);
	definition = DraftJsonb(draft);
	RecalDefinitionValidate(draft->model, RecalDefinitionCheck(draft->model, definition),
							warn_index);
	return definition;
}

/* An argument that must not be NULL, by its name */
static void
CheckNotNull(FunctionCallInfo fcinfo, int argument, const char *name)
{
	if (PG_ARGISNULL(argument))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("argument \"%s\" must not be null", name)));
}

static char *
ModelArgument(FunctionCallInfo fcinfo)
{
	CheckNotNull(fcinfo, 0, "model");
	return text_to_cstring(PG_GETARG_TEXT_PP(0));
}

static void
PutColumnArgument(FunctionCallInfo fcinfo, Draft *draft, int argument, const char *name)
{
	if (!PG_ARGISNULL(argument))
		draft->arguments = Put(draft->arguments, name,
							   JsonOfText(NameStr(*PG_GETARG_NAME(argument))));
}

static void
PutRelationArgument(FunctionCallInfo fcinfo, Draft *draft, int argument, const char *name)
{
	if (!PG_ARGISNULL(argument))
		draft->arguments = Put(draft->arguments, name,
							   JsonOfRelation(draft->model, name, PG_GETARG_OID(argument)));
}

static void
PutNamesArgument(FunctionCallInfo fcinfo, Draft *draft, int argument, const char *name)
{
	if (!PG_ARGISNULL(argument))
		draft->arguments = Put(draft->arguments, name,
							   JsonOfNames(PG_GETARG_ARRAYTYPE_P(argument)));
}

static void
DraftFromArguments(FunctionCallInfo fcinfo, Draft *draft)
{
	CheckNotNull(fcinfo, ARG_EVENTS, "events");
	CheckNotNull(fcinfo, ARG_USER_COLUMN, "user_column");
	CheckNotNull(fcinfo, ARG_ITEM_COLUMN, "item_column");
	CheckNotNull(fcinfo, ARG_OBJECTIVE, "objective");

	PutRelationArgument(fcinfo, draft, ARG_EVENTS, "events");
	PutColumnArgument(fcinfo, draft, ARG_USER_COLUMN, "user_column");
	PutColumnArgument(fcinfo, draft, ARG_ITEM_COLUMN, "item_column");
	PutColumnArgument(fcinfo, draft, ARG_EVENT_COLUMN, "event_column");
	PutColumnArgument(fcinfo, draft, ARG_VALUE_COLUMN, "value_column");
	PutColumnArgument(fcinfo, draft, ARG_TIME_COLUMN, "time_column");
	if (!PG_ARGISNULL(ARG_EVENT_WEIGHTS))
	{
		Jsonb	   *weights = PG_GETARG_JSONB_P(ARG_EVENT_WEIGHTS);

		draft->arguments = Put(draft->arguments, "event_weights",
							   JsonbToCString(NULL, &weights->root, VARSIZE(weights)));
	}
	if (!PG_ARGISNULL(ARG_HALF_LIFE))
		draft->arguments = Put(draft->arguments, "half_life",
							   JsonOfText(RecalHalfLifeText(draft->model,
															PG_GETARG_INTERVAL_P(ARG_HALF_LIFE))));
	draft->arguments = Put(draft->arguments, "objective",
						   JsonOfText(text_to_cstring(PG_GETARG_TEXT_PP(ARG_OBJECTIVE))));
	PutRelationArgument(fcinfo, draft, ARG_ITEMS, "items");
	PutColumnArgument(fcinfo, draft, ARG_ITEM_ID_COLUMN, "item_id_column");
	PutNamesArgument(fcinfo, draft, ARG_ITEM_FEATURES, "item_features");
	PutRelationArgument(fcinfo, draft, ARG_USERS, "users");
	PutColumnArgument(fcinfo, draft, ARG_USER_ID_COLUMN, "user_id_column");
	PutNamesArgument(fcinfo, draft, ARG_USER_FEATURES, "user_features");
	if (!PG_ARGISNULL(ARG_OPTIONS))
	{
		RecalOptions ignored;

		RecalOptionsCheck(draft->model, PG_GETARG_JSONB_P(ARG_OPTIONS), &ignored);
		EachMember(PG_GETARG_JSONB_P(ARG_OPTIONS), draft, PutOption);
	}
}

static void
CheckModelName(const char *name)
{
	if (name[0] == '\0' || strlen(name) > MAX_MODEL_NAME)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_NAME),
				 errmsg("invalid name of a model: \"%.*s\"",
						pg_mbcliplen(name, strlen(name), MAX_MODEL_NAME), name),
				 errdetail("Names of models are 1 to %d bytes long.", MAX_MODEL_NAME)));
}

static void
CheckNameFree(const char *name)
{
	if (RecalModelExists(name))
		ereport(ERROR,
				(errcode(ERRCODE_DUPLICATE_OBJECT),
				 errmsg("model \"%s\" already exists", name),
				 errhint("Change it with recal_alter_model, or remove it with recal_drop_model.")));
}

PG_FUNCTION_INFO_V1(recal_create_model);

Datum
recal_create_model(PG_FUNCTION_ARGS)
{
	Draft		draft = {0};
	Jsonb	   *definition;

	PreventCommandIfReadOnly("recal_create_model()");
	draft.model = ModelArgument(fcinfo);
	CheckModelName(draft.model);
	DraftFromArguments(fcinfo, &draft);

	/*
	 * With the lock held, nobody else can be creating this name; and only for a
	 * free name is it taken, so as not to hold up the owner of a model.
	 */
	CheckNameFree(draft.model);
	RecalModelLock(draft.model, false);
	CheckNameFree(draft.model);
	definition = CheckDraft(&draft, true);
	RecalModelInsert(draft.model, definition, draft.make_default);
	PG_RETURN_VOID();
}

/* A stored definition that was edited by hand may lack either. */
static bool
Differs(const char *old, const char *new)
{
	return old == NULL || new == NULL || strcmp(old, new) != 0;
}

PG_FUNCTION_INFO_V1(recal_alter_model);

Datum
recal_alter_model(PG_FUNCTION_ARGS)
{
	Draft		draft = {0};
	RecalModel *model;
	Jsonb	   *patch;
	RecalOptions ignored;
	bool		warn_index;
	char	   *old_events;
	char	   *old_user_column;

	PreventCommandIfReadOnly("recal_alter_model()");
	draft.model = ModelArgument(fcinfo);
	CheckNotNull(fcinfo, 1, "options");
	patch = PG_GETARG_JSONB_P(1);
	if (!JB_ROOT_IS_OBJECT(patch))
		RecalOptionsCheck(draft.model, patch, &ignored);	/* raises the error */

	model = RecalLockOwnModel(draft.model);
	EachMember(model->definition, &draft, PutStored);
	old_events = GetSetting(draft.arguments, "events");
	old_user_column = GetSetting(draft.arguments, "user_column");
	EachMember(patch, &draft, PutPatch);

	warn_index = Differs(old_events, GetSetting(draft.arguments, "events")) ||
		Differs(old_user_column, GetSetting(draft.arguments, "user_column"));
	RecalModelUpdate(draft.model, CheckDraft(&draft, warn_index), draft.make_default);
	PG_RETURN_VOID();
}

PG_FUNCTION_INFO_V1(recal_drop_model);

Datum
recal_drop_model(PG_FUNCTION_ARGS)
{
	char	   *name;

	PreventCommandIfReadOnly("recal_drop_model()");
	name = ModelArgument(fcinfo);
	(void) RecalLockOwnModel(name);
	RecalModelDelete(name);
	PG_RETURN_VOID();
}

PG_FUNCTION_INFO_V1(recal_activate);

Datum
recal_activate(PG_FUNCTION_ARGS)
{
	char	   *name;
	int			number;
	RecalVersion *version;
	char	   *ready;

	PreventCommandIfReadOnly("recal_activate()");
	name = ModelArgument(fcinfo);
	CheckNotNull(fcinfo, 1, "version");
	number = PG_GETARG_INT32(1);
	(void) RecalLockOwnModel(name);

	/* the state under the lock, not the one of the statement's start */
	PushActiveSnapshot(GetLatestSnapshot());
	version = RecalVersionGet(name, number);
	PopActiveSnapshot();
	if (version == NULL || version->status != RECAL_READY)
	{
		ready = RecalVersionReadyList(name);
		ereport(ERROR,
				(errcode(version == NULL ? ERRCODE_INVALID_PARAMETER_VALUE :
						 ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 version == NULL ?
				 errmsg("version %d of model \"%s\" does not exist", number, name) :
				 errmsg("version %d of model \"%s\" is not ready", number, name),
				 ready != NULL ? errhint("Ready versions are: %s.", ready) :
				 errhint("No version is ready; train the model: CALL recal_train(%s).",
						 quote_literal_cstr(name))));
	}
	RecalModelSetCurrent(name, number);
	PG_RETURN_VOID();
}
