/*
 * definition.c
 *		Definitions of models: from jsonb to a struct, strictly.
 */
#include "postgres.h"

#include <math.h>

#include "lib/stringinfo.h"
#include "utils/builtins.h"
#include "utils/datetime.h"
#include "utils/timestamp.h"

#include "recal_compat.h"
#include "recal_features.h"
#include "recal_model.h"

/* Beyond it a float loses a behaviour row's weight in the sum of a pair. */
#define MAX_EVENT_WEIGHT	1e9

typedef enum ArgumentKind
{
	ARGUMENT_RELATION,			/* {"schema", "name"} */
	ARGUMENT_COLUMN,
	ARGUMENT_COLUMNS,			/* array of names */
	ARGUMENT_WEIGHTS,
	ARGUMENT_HALF_LIFE,
	ARGUMENT_OBJECTIVE
} ArgumentKind;

typedef struct ArgumentSpec
{
	const char *name;
	ArgumentKind kind;
	size_t		offset;			/* of the first field in RecalDefinition */
	size_t		offset2;		/* of the second: relation's name, number of columns */
	const char *valid;			/* what it may be */
} ArgumentSpec;

#define FIELD(name) offsetof(RecalDefinition, name)

#define VALID_RELATION	"names of relations, and objects {\"schema\": ..., \"name\": ...}"
#define VALID_COLUMN	"names of columns: strings of 1 to 63 bytes"
#define VALID_COLUMNS	"arrays of names of columns"

static const ArgumentSpec specs[] = {
	{"events", ARGUMENT_RELATION, FIELD(events_schema), FIELD(events_name), VALID_RELATION},
	{"user_column", ARGUMENT_COLUMN, FIELD(user_column), 0, VALID_COLUMN},
	{"item_column", ARGUMENT_COLUMN, FIELD(item_column), 0, VALID_COLUMN},
	{"event_column", ARGUMENT_COLUMN, FIELD(event_column), 0, VALID_COLUMN},
	{"value_column", ARGUMENT_COLUMN, FIELD(value_column), 0, VALID_COLUMN},
	{"time_column", ARGUMENT_COLUMN, FIELD(time_column), 0, VALID_COLUMN},
	{"event_weights", ARGUMENT_WEIGHTS, FIELD(event_weights), FIELD(nevent_weights),
	"objects of event types with finite numbers, such as {\"view\": 1, \"purchase\": 5}"},
	{"half_life", ARGUMENT_HALF_LIFE, FIELD(half_life), 0, "positive intervals, such as \"90 days\""},
	{"objective", ARGUMENT_OBJECTIVE, FIELD(objective), 0, "\"implicit\" and \"explicit\""},
	{"items", ARGUMENT_RELATION, FIELD(items_schema), FIELD(items_name), VALID_RELATION},
	{"item_id_column", ARGUMENT_COLUMN, FIELD(item_id_column), 0, VALID_COLUMN},
	{"item_features", ARGUMENT_COLUMNS, FIELD(item_features), FIELD(nitem_features), VALID_COLUMNS},
	{"users", ARGUMENT_RELATION, FIELD(users_schema), FIELD(users_name), VALID_RELATION},
	{"user_id_column", ARGUMENT_COLUMN, FIELD(user_id_column), 0, VALID_COLUMN},
	{"user_features", ARGUMENT_COLUMNS, FIELD(user_features), FIELD(nuser_features), VALID_COLUMNS},
};

static const ArgumentSpec *
FindArgument(const char *name)
{
	for (int i = 0; i < (int) lengthof(specs); i++)
		if (strcmp(specs[i].name, name) == 0)
			return &specs[i];
	return NULL;
}

bool
RecalArgumentExists(const char *name)
{
	return FindArgument(name) != NULL;
}

char *
RecalArgumentNames(void)
{
	StringInfoData names;

	initStringInfo(&names);
	for (int i = 0; i < (int) lengthof(specs); i++)
		appendStringInfo(&names, "%s%s", i > 0 ? ", " : "", specs[i].name);
	return names.data;
}

pg_noreturn static void ErrorArgument(const char *model, const ArgumentSpec *spec, const JsonbValue *value);

static void
ErrorArgument(const char *model, const ArgumentSpec *spec, const JsonbValue *value)
{
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("invalid value for \"%s\"%s: %s", spec->name, RecalOfModel(model),
					RecalJsonText(value)),
			 errdetail("Valid values are %s.", spec->valid)));
}

/* A string that may be an identifier, or NULL */
static char *
ParseName(const JsonbValue *value)
{
	char	   *name = RecalJsonString(value);

	return name != NULL && name[0] != '\0' && strlen(name) < NAMEDATALEN ? name : NULL;
}

static bool
ParseRelation(const JsonbValue *value, char **schema, char **name)
{
	JsonbContainer *object;
	JsonbValue	buffer;
	JsonbValue *member;

	if (value->type != jbvBinary || !JsonContainerIsObject(value->val.binary.data))
		return false;
	object = value->val.binary.data;
	if (JsonContainerSize(object) != 2)
		return false;
	member = getKeyJsonValueFromContainer(object, "schema", strlen("schema"), &buffer);
	if (member == NULL || (*schema = ParseName(member)) == NULL)
		return false;
	member = getKeyJsonValueFromContainer(object, "name", strlen("name"), &buffer);
	return member != NULL && (*name = ParseName(member)) != NULL;
}

static bool
ParseColumns(const JsonbValue *value, char ***columns, int *ncolumns)
{
	JsonbContainer *array;

	if (value->type != jbvBinary || !JsonContainerIsArray(value->val.binary.data))
		return false;
	array = value->val.binary.data;
	*ncolumns = JsonContainerSize(array);
	*columns = recal_palloc_array(char *, Max(*ncolumns, 1));
	for (int i = 0; i < *ncolumns; i++)
		if (((*columns)[i] = ParseName(getIthJsonbValueFromContainer(array, i))) == NULL)
			return false;
	return true;
}

static bool
ParseWeights(const char *model, const JsonbValue *value, RecalDefinition *definition)
{
	JsonbContainer *object;
	JsonbIterator *iterator;
	JsonbIteratorToken token;
	JsonbValue	member;
	int			n = 0;
	bool		all_zero = true;

	if (value->type != jbvBinary || !JsonContainerIsObject(value->val.binary.data))
		return false;
	object = value->val.binary.data;
	definition->event_types = recal_palloc_array(char *, Max(JsonContainerSize(object), 1));
	definition->event_weights = recal_palloc_array(double, Max(JsonContainerSize(object), 1));

	iterator = JsonbIteratorInit(object);
	while ((token = JsonbIteratorNext(&iterator, &member, true)) != WJB_DONE)
	{
		double		weight;

		if (token != WJB_KEY)
			continue;
		definition->event_types[n] = RecalJsonString(&member);
		(void) JsonbIteratorNext(&iterator, &member, true);
		if (!RecalJsonDouble(&member, &weight) || !(fabs(weight) <= MAX_EVENT_WEIGHT))
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("invalid weight of event type \"%s\" in \"event_weights\"%s: %s",
							definition->event_types[n], RecalOfModel(model),
							RecalJsonText(&member)),
					 errdetail("Valid values are numbers from %g to %g; a negative one makes a dislike.",
							   -MAX_EVENT_WEIGHT, MAX_EVENT_WEIGHT)));
		all_zero &= weight == 0;
		definition->event_weights[n++] = weight;
	}
	if (all_zero)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 n == 0 ? errmsg("\"event_weights\"%s is empty", RecalOfModel(model)) :
				 errmsg("all weights in \"event_weights\"%s are zero", RecalOfModel(model)),
				 errdetail("Event types that are not listed are ignored, so no row would count."),
				 errhint("Leave event_weights out to count every row as 1.")));
	definition->nevent_weights = n;
	return true;
}

/* Months count 30 days, as where intervals are compared. */
static double
IntervalSeconds(const Interval *interval)
{
	return interval->time / (double) USECS_PER_SEC +
		((double) interval->month * DAYS_PER_MONTH + interval->day) * SECS_PER_DAY;
}

static void
CheckHalfLife(const char *model, const Interval *half_life)
{
	bool		finite = true;

#ifdef INTERVAL_NOT_FINITE
	finite = !INTERVAL_NOT_FINITE(half_life);
#endif
	if (!finite || IntervalSeconds(half_life) <= 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("\"half_life\"%s must be a positive interval", RecalOfModel(model)),
				 errhint("Leave half_life out to count old and new rows alike.")));
}

/* interval_out() would follow IntervalStyle. */
char *
RecalHalfLifeText(const char *model, const Interval *half_life)
{
	struct pg_itm itm;
	char		text[MAXDATELEN + 1];

	CheckHalfLife(model, half_life);
	interval2itm(*half_life, &itm);
	EncodeInterval(&itm, INTSTYLE_POSTGRES, text);
	return pstrdup(text);
}

static void
HalfLifeContext(void *model)
{
	errcontext("\"half_life\"%s", RecalOfModel(model));
}

Interval *
RecalHalfLifeParse(const char *model, const char *text)
{
	ErrorContextCallback callback = {error_context_stack, HalfLifeContext,
	unconstify(char *, model)};
	Interval   *half_life;

	error_context_stack = &callback;
	half_life = DatumGetIntervalP(DirectFunctionCall3(interval_in, CStringGetDatum(text),
													  ObjectIdGetDatum(InvalidOid),
													  Int32GetDatum(-1)));
	error_context_stack = callback.previous;
	CheckHalfLife(model, half_life);
	return half_life;
}

static bool
ParseHalfLife(const char *model, const JsonbValue *value, double *seconds)
{
	char	   *text = RecalJsonString(value);

	if (text == NULL)
		return false;
	*seconds = IntervalSeconds(RecalHalfLifeParse(model, text));
	return true;
}

static bool
ParseObjective(const JsonbValue *value, RecalObjective *objective)
{
	char	   *text = RecalJsonString(value);

	if (text != NULL && strcmp(text, "implicit") == 0)
		*objective = RECAL_IMPLICIT;
	else if (text != NULL && strcmp(text, "explicit") == 0)
		*objective = RECAL_EXPLICIT;
	else
		return false;
	return true;
}

static bool
ParseArgument(const char *model, const ArgumentSpec *spec, const JsonbValue *value,
			  RecalDefinition *definition)
{
	void	   *field = (char *) definition + spec->offset;
	void	   *field2 = (char *) definition + spec->offset2;

	switch (spec->kind)
	{
		case ARGUMENT_RELATION:
			return ParseRelation(value, field, field2);
		case ARGUMENT_COLUMN:
			return (*(char **) field = ParseName(value)) != NULL;
		case ARGUMENT_COLUMNS:
			return ParseColumns(value, field, field2);
		case ARGUMENT_WEIGHTS:
			return ParseWeights(model, value, definition);
		case ARGUMENT_HALF_LIFE:
			return ParseHalfLife(model, value, field);
		case ARGUMENT_OBJECTIVE:
			return ParseObjective(value, field);
	}
	return false;
}

/* The key in question must not stand alone. */
static void
CheckNeeds(const char *model, bool present, const char *name, bool fulfilled, const char *needed)
{
	if (present && !fulfilled)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("\"%s\"%s needs \"%s\"", name, RecalOfModel(model), needed)));
}

static void
CheckFeatures(const char *model, const char *name, int n)
{
	if (n > RECAL_MAX_FEATURE_COLUMNS)
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("\"%s\"%s has %d columns", name, RecalOfModel(model), n),
				 errdetail("At most %d columns can be features.", RECAL_MAX_FEATURE_COLUMNS)));
}

/* What weighs rows has no meaning where they are ratings. */
static void
CheckRatings(const char *model, const RecalDefinition *definition)
{
	const char *name = NULL;

	if (definition->objective != RECAL_EXPLICIT)
		return;
	if (definition->value_column == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("objective \"explicit\"%s needs \"value_column\"", RecalOfModel(model)),
				 errhint("It names the column that holds the ratings.")));
	if (definition->nevent_weights >= 0)
		name = "event_weights";
	else if (definition->half_life > 0)
		name = "half_life";
	if (name != NULL)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("\"%s\"%s does not go with objective \"explicit\"", name,
						RecalOfModel(model)),
				 errdetail("The newest rating of a user and item counts, and counts as it is."),
				 errhint("Make the model over a view to leave rows out.")));
}

/* Where a ranker cannot be what the option asks for */
static void
CheckRanker(const char *model, const RecalDefinition *definition)
{
	const char *problem = NULL;

	if (definition->options.ranker != RECAL_ON)
		return;
	if (definition->objective == RECAL_EXPLICIT)
		problem = "Ratings are predicted; a ranker puts items in order by implicit feedback.";
	else if (definition->time_column == NULL)
		problem = "A ranker learns from the order of rows in time, and there is no \"time_column\".";
	else if (definition->options.sample.fraction > 0)
		problem = "A ranker counts all rows, and the option \"sample\" leaves some out.";
	if (problem != NULL)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("option \"ranker\"%s cannot be \"on\"", RecalOfModel(model)),
				 errdetail_internal("%s", problem),
				 errhint("Use \"auto\", which uses a ranker where that is possible, or \"off\".")));
}

static void
CheckWhole(const char *model, const RecalDefinition *definition)
{
	const char *missing = NULL;

	if (definition->events_name == NULL)
		missing = "events";
	else if (definition->user_column == NULL)
		missing = "user_column";
	else if (definition->item_column == NULL)
		missing = "item_column";
	if (missing != NULL)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("the definition%s lacks \"%s\"", RecalOfModel(model), missing)));
	CheckRatings(model, definition);
	CheckNeeds(model, definition->nevent_weights >= 0, "event_weights",
			   definition->event_column != NULL, "event_column");
	CheckNeeds(model, definition->options.nseen_events >= 0, "seen_events",
			   definition->event_column != NULL, "event_column");
	CheckRanker(model, definition);
	CheckNeeds(model, definition->half_life > 0, "half_life",
			   definition->time_column != NULL, "time_column");
	CheckNeeds(model, definition->item_id_column != NULL, "item_id_column",
			   definition->items_name != NULL, "items");
	CheckNeeds(model, definition->items_name != NULL, "items",
			   definition->item_id_column != NULL, "item_id_column");
	CheckNeeds(model, definition->nitem_features > 0, "item_features",
			   definition->items_name != NULL, "items");
	CheckNeeds(model, definition->user_id_column != NULL, "user_id_column",
			   definition->users_name != NULL, "users");
	CheckNeeds(model, definition->users_name != NULL, "users",
			   definition->user_id_column != NULL, "user_id_column");
	CheckNeeds(model, definition->nuser_features > 0, "user_features",
			   definition->users_name != NULL, "users");
	CheckNeeds(model, definition->options.network == RECAL_ON, "network",
			   definition->time_column != NULL, "time_column");
	if (definition->options.network == RECAL_ON && definition->objective == RECAL_EXPLICIT)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("option \"network\"%s cannot be \"on\" where feedback is ratings",
						RecalOfModel(model)),
				 errhint("Use \"auto\" or \"off\".")));
	CheckFeatures(model, "item_features", definition->nitem_features);
	CheckFeatures(model, "user_features", definition->nuser_features);
}

RecalDefinition *
RecalDefinitionCheck(const char *model, Jsonb *jsonb)
{
	RecalDefinition *definition = palloc0(sizeof(RecalDefinition));
	JsonbIterator *iterator;
	JsonbIteratorToken token;
	JsonbValue	value;

	if (!JB_ROOT_IS_OBJECT(jsonb))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("the definition%s is not a JSON object", RecalOfModel(model))));
	definition->nevent_weights = -1;
	definition->objective = RECAL_IMPLICIT;
	RecalOptionsCheck(model, NULL, &definition->options);

	iterator = JsonbIteratorInit(&jsonb->root);
	while ((token = JsonbIteratorNext(&iterator, &value, true)) != WJB_DONE)
	{
		const ArgumentSpec *spec;
		char	   *name;

		if (token != WJB_KEY)
			continue;
		name = RecalJsonString(&value);
		(void) JsonbIteratorNext(&iterator, &value, true);
		if (strcmp(name, "options") == 0)
		{
			RecalOptionsCheck(model, JsonbValueToJsonb(&value), &definition->options);
			continue;
		}
		spec = FindArgument(name);
		if (spec == NULL)
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("unrecognized key \"%s\" in the definition%s", name,
							RecalOfModel(model)),
					 errhint("Valid keys are: %s, options.", RecalArgumentNames())));
		if (!ParseArgument(model, spec, &value, definition))
			ErrorArgument(model, spec, &value);
	}
	CheckWhole(model, definition);
	return definition;
}

RecalDefinition *
RecalDefinitionParse(Jsonb *definition)
{
	return RecalDefinitionCheck(NULL, definition);
}

Jsonb *
RecalJsonb(const char *format,...)
{
	StringInfoData text;
	int			needed;

	initStringInfo(&text);
	do
	{
		va_list		args;

		va_start(args, format);
		needed = appendStringInfoVA(&text, format, args);
		va_end(args);
		if (needed > 0)
			enlargeStringInfo(&text, needed);
	} while (needed > 0);
	return DatumGetJsonbP(DirectFunctionCall1(jsonb_in, CStringGetDatum(text.data)));
}
