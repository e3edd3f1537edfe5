/*
 * options.c
 *		The options of a model: one table of what there is, and a strict parser.
 */
#include "postgres.h"

#include <math.h>

#include "lib/stringinfo.h"
#include "mb/pg_wchar.h"
#include "utils/builtins.h"
#include "utils/numeric.h"

#include "recal_als.h"
#include "recal_compat.h"
#include "recal_model.h"

typedef enum OptionKind
{
	OPTION_INT,
	OPTION_LONG,
	OPTION_INT_OR_AUTO,
	OPTION_REAL,
	OPTION_POSITIVE,
	OPTION_POSITIVE_OR_AUTO,
	OPTION_CHOICE,
	OPTION_BOOL,
	OPTION_NAMES,
	OPTION_WIDTHS,
	OPTION_SAMPLE
} OptionKind;

typedef struct OptionSpec
{
	const char *name;
	OptionKind	kind;
	size_t		offset;			/* in RecalOptions, NO_FIELD: only checked */
	double		min;
	double		max;
	const char *const *choices; /* NULL-terminated, in the order of the enum */
} OptionSpec;

#define NO_FIELD			((size_t) -1)
#define FIELD(name)			offsetof(RecalOptions, name)
#define MAX_REGULARIZATION	1e9

static const char *const confidence_choices[] = {"linear", "log", "binary", NULL};
static const char *const switch_choices[] = {"auto", "on", "off", NULL};
static const char *const bad_row_choices[] = {"error", "skip", NULL};

static const OptionSpec specs[] = {
	{"factors", OPTION_INT, FIELD(factors), 1, RECAL_MAX_FACTORS, NULL},
	{"epochs", OPTION_INT, FIELD(epochs), 1, 500, NULL},
	{"regularization", OPTION_POSITIVE_OR_AUTO, FIELD(regularization), 0, MAX_REGULARIZATION, NULL},
	{"unobserved_weight", OPTION_POSITIVE_OR_AUTO, FIELD(unobserved_weight), 0, MAX_REGULARIZATION, NULL},
	{"confidence", OPTION_CHOICE, FIELD(confidence), 0, 0, confidence_choices},
	{"network", OPTION_CHOICE, FIELD(network), 0, 0, switch_choices},
	{"hidden", OPTION_WIDTHS, NO_FIELD, 1, RECAL_NET_MAX_WIDTH, NULL},
	{"dropout", OPTION_REAL, FIELD(dropout), 0, 0.9, NULL},
	{"learning_rate", OPTION_POSITIVE, FIELD(learning_rate), 0, 1, NULL},
	{"batch_size", OPTION_INT, FIELD(batch_size), 16, RECAL_NET_MAX_BATCH, NULL},
	{"network_epochs", OPTION_INT_OR_AUTO, FIELD(network_epochs), 1, 500, NULL},
	{"negatives", OPTION_INT_OR_AUTO, FIELD(negatives), 0, RECAL_NET_MAX_NEGATIVES, NULL},
	{"ranker", OPTION_CHOICE, FIELD(ranker), 0, 0, switch_choices},
	{"history_decay", OPTION_POSITIVE_OR_AUTO, FIELD(history_decay), 0, 1, NULL},
	{"warm_start", OPTION_BOOL, FIELD(warm_start), 0, 0, NULL},
	{"seen_events", OPTION_NAMES, FIELD(seen_events), 0, 0, NULL},
	{"max_history", OPTION_INT, FIELD(max_history), 1, 1000000, NULL},
	{"no_weight", OPTION_REAL, FIELD(no_weight), 0, 1000, NULL},
	{"explore", OPTION_REAL, FIELD(explore), 0, 1, NULL},
	{"sample", OPTION_SAMPLE, FIELD(sample), 0, 1, NULL},
	{"on_bad_row", OPTION_CHOICE, FIELD(skip_bad_rows), 0, 0, bad_row_choices},
	{"keep_versions", OPTION_INT, FIELD(keep_versions), 1, 1000, NULL},
	{"seed", OPTION_LONG, FIELD(seed), 0, 0, NULL},
	{"default", OPTION_BOOL, NO_FIELD, 0, 0, NULL},
};

const char *
RecalOfModel(const char *model)
{
	return model == NULL ? "" : psprintf(" of model \"%s\"", model);
}

/* For messages, so long values are cut. */
char *
RecalJsonText(const JsonbValue *value)
{
	const int	max_length = 100;
	char	   *text;

	if (value->type == jbvBinary)
		text = JsonbToCString(NULL, value->val.binary.data, value->val.binary.len);
	else
	{
		Jsonb	   *jsonb = JsonbValueToJsonb(unconstify(JsonbValue *, value));

		text = JsonbToCString(NULL, &jsonb->root, VARSIZE(jsonb));
	}
	if (strlen(text) > (Size) max_length)
		text = psprintf("%.*s...", pg_mbcliplen(text, strlen(text), max_length), text);
	return text;
}

/* NULL where there is none; buffer holds what is returned */
static JsonbValue *
JsonUnder(Jsonb *object, const char *key, JsonbValue *buffer)
{
	if (!JB_ROOT_IS_OBJECT(object))
		return NULL;
	return getKeyJsonValueFromContainer(&object->root, key, strlen(key), buffer);
}

bool
RecalJsonTrue(Jsonb *object, const char *key)
{
	JsonbValue	buffer;
	JsonbValue *value = JsonUnder(object, key, &buffer);

	return value != NULL && value->type == jbvBool && value->val.boolean;
}

double
RecalJsonNumber(Jsonb *object, const char *key)
{
	JsonbValue	buffer;
	JsonbValue *value = JsonUnder(object, key, &buffer);
	double		number;

	return value != NULL && RecalJsonDouble(value, &number) ? number : NAN;
}

/* Overflow gives infinity, which no range contains. */
bool
RecalJsonDouble(const JsonbValue *value, double *number)
{
	if (value->type != jbvNumeric)
		return false;
	*number = DatumGetFloat8(DirectFunctionCall1(numeric_float8_no_overflow,
												 NumericGetDatum(value->val.numeric)));
	return true;
}

/* 12.0 is an integer, 12.5 and what 64 bits cannot hold are not. */
bool
RecalJsonInt(const JsonbValue *value, int64 *number)
{
	char	   *digits;
	char	   *end;

	if (value->type != jbvNumeric)
		return false;
	digits = numeric_normalize(value->val.numeric);
	errno = 0;
	*number = strtoi64(digits, &end, 10);
	return errno == 0 && *end == '\0' && end != digits;
}

char *
RecalJsonString(const JsonbValue *value)
{
	return value->type == jbvString ?
		pnstrdup(value->val.string.val, value->val.string.len) : NULL;
}

static const OptionSpec *
FindOption(const char *name)
{
	for (int i = 0; i < (int) lengthof(specs); i++)
		if (strcmp(specs[i].name, name) == 0)
			return &specs[i];
	return NULL;
}

bool
RecalOptionExists(const char *name)
{
	return FindOption(name) != NULL;
}

char *
RecalOptionNames(void)
{
	StringInfoData names;

	initStringInfo(&names);
	for (int i = 0; i < (int) lengthof(specs); i++)
		appendStringInfo(&names, "%s%s", names.len > 0 ? ", " : "", specs[i].name);
	return names.data;
}

/* What an option may be, for a message */
static char *
DescribeValid(const OptionSpec *spec)
{
	StringInfoData text;

	switch (spec->kind)
	{
		case OPTION_INT:
			return psprintf("integers from %.0f to %.0f", spec->min, spec->max);
		case OPTION_INT_OR_AUTO:
			return psprintf("integers from %.0f to %.0f, and \"auto\"", spec->min, spec->max);
		case OPTION_LONG:
			return pstrdup("integers of 64 bits");
		case OPTION_REAL:
			return psprintf("numbers from %g to %g", spec->min, spec->max);
		case OPTION_POSITIVE:
			return psprintf("positive numbers up to %g", spec->max);
		case OPTION_POSITIVE_OR_AUTO:
			return psprintf("positive numbers up to %g, and \"auto\"", spec->max);
		case OPTION_BOOL:
			return pstrdup("true and false");
		case OPTION_NAMES:
			return pstrdup("arrays of event types, which are strings");
		case OPTION_CHOICE:
			initStringInfo(&text);
			for (int i = 0; spec->choices[i] != NULL; i++)
				appendStringInfo(&text, "%s\"%s\"", i > 0 ? ", " : "", spec->choices[i]);
			return text.data;
		case OPTION_WIDTHS:
			return psprintf("arrays of up to %d integers from %.0f to %.0f",
							RECAL_NET_MAX_HIDDEN, spec->min, spec->max);
		case OPTION_SAMPLE:
			return pstrdup("\"none\", and objects of \"fraction\", \"strategy\" and \"compare\", such as {\"fraction\": 0.3}");
	}
	return pstrdup("");
}

pg_noreturn static void ErrorValue(const char *model, const OptionSpec *spec, const JsonbValue *value);

static void
ErrorValue(const char *model, const OptionSpec *spec, const JsonbValue *value)
{
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("invalid value for option \"%s\"%s: %s",
					spec->name, RecalOfModel(model), RecalJsonText(value)),
			 errdetail("Valid values are %s.", DescribeValid(spec))));
}

static bool
ParseInt(const OptionSpec *spec, const JsonbValue *value, void *field)
{
	char	   *string = RecalJsonString(value);
	int64		number;

	if (spec->kind == OPTION_INT_OR_AUTO && string != NULL && strcmp(string, "auto") == 0)
	{
		/* what no value can be */
		*(int *) field = (int) spec->min - 1;
		return true;
	}
	if (!RecalJsonInt(value, &number))
		return false;
	if (spec->kind == OPTION_LONG)
	{
		if (field != NULL)
			*(int64 *) field = number;
		return true;
	}
	if (number < spec->min || number > spec->max)
		return false;
	if (field != NULL)
		*(int *) field = (int) number;
	return true;
}

static bool
ParseReal(const OptionSpec *spec, const JsonbValue *value, double *field)
{
	double		number;
	char	   *string = RecalJsonString(value);

	if (spec->kind == OPTION_POSITIVE_OR_AUTO && string != NULL && strcmp(string, "auto") == 0)
		number = RECAL_AUTO_VALUE;
	else if (!RecalJsonDouble(value, &number))
		return false;
	else if (!(number >= spec->min && number <= spec->max))
		return false;
	/* what cannot be told from 0 in single precision is no positive number */
	else if (spec->kind != OPTION_REAL && (float) number <= 0)
		return false;
	*field = number;
	return true;
}

static bool
ParseChoice(const OptionSpec *spec, const JsonbValue *value, void *field)
{
	char	   *string = RecalJsonString(value);

	if (string == NULL)
		return false;
	for (int i = 0; spec->choices[i] != NULL; i++)
	{
		if (strcmp(string, spec->choices[i]) != 0)
			continue;
		if (spec->choices == confidence_choices)
			*(RecalConfidence *) field = (RecalConfidence) i;
		else if (spec->choices == bad_row_choices)
			*(bool *) field = i == 1;
		else if (field != NULL)
			*(RecalSwitch *) field = (RecalSwitch) i;
		return true;
	}
	return false;
}

static bool
ParseNames(const JsonbValue *value, RecalOptions *result)
{
	JsonbContainer *array;
	int			n;

	if (value->type != jbvBinary || !JsonContainerIsArray(value->val.binary.data))
		return false;
	array = value->val.binary.data;
	n = JsonContainerSize(array);
	result->seen_events = recal_palloc_array(char *, Max(n, 1));
	for (int i = 0; i < n; i++)
	{
		result->seen_events[i] = RecalJsonString(getIthJsonbValueFromContainer(array, i));
		if (result->seen_events[i] == NULL)
			return false;
	}
	result->nseen_events = n;
	return true;
}

static bool
ParseWidths(const OptionSpec *spec, const JsonbValue *value, RecalOptions *result)
{
	JsonbContainer *array;
	int			n;

	if (value->type != jbvBinary || !JsonContainerIsArray(value->val.binary.data))
		return false;
	array = value->val.binary.data;
	n = JsonContainerSize(array);
	if (n > RECAL_NET_MAX_HIDDEN)
		return false;
	for (int i = 0; i < n; i++)
	{
		int64		width;

		if (!RecalJsonInt(getIthJsonbValueFromContainer(array, i), &width) ||
			width < spec->min || width > spec->max)
			return false;
		result->hidden[i] = (int) width;
	}
	result->nhidden = n;
	return true;
}

static char *
StrategyNames(void)
{
	StringInfoData names;

	initStringInfo(&names);
	for (int i = 0; i < RECAL_NSTRATEGIES; i++)
		appendStringInfo(&names, "%s\"%s\"", i > 0 ? ", " : "", recal_strategy_names[i]);
	return names.data;
}

/* One member of the option "sample"; returns NULL, or what would be valid. */
static char *
ParseSampleMember(const char *model, const char *key, const JsonbValue *value,
				  RecalSampleOption *sample)
{
	char	   *string = RecalJsonString(value);
	int			strategy = string == NULL ? -1 : recal_strategy_find(string);

	if (strcmp(key, "strategy") != 0 && strcmp(key, "fraction") != 0 &&
		strcmp(key, "compare") != 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("unrecognized key \"%s\" in option \"sample\"%s", key,
						RecalOfModel(model)),
				 errhint("Valid keys are: strategy, fraction, compare.")));
	if (value->type == jbvNull)
		return NULL;			/* the default */
	if (strcmp(key, "strategy") == 0)
	{
		if (strategy < 0)
			return StrategyNames();
		sample->strategy = (RecalStrategy) strategy;
	}
	else if (strcmp(key, "fraction") == 0)
	{
		if (!RecalJsonDouble(value, &sample->fraction) ||
			!(sample->fraction > 0 && sample->fraction <= 1))
			return pstrdup("positive numbers up to 1");
	}
	else
	{
		if (value->type != jbvBool)
			return pstrdup("true and false");
		sample->compare = value->val.boolean;
	}
	return NULL;
}

static bool
ParseSample(const char *model, const JsonbValue *value, RecalSampleOption *sample)
{
	char	   *string = RecalJsonString(value);
	JsonbIterator *iterator;
	JsonbIteratorToken token;
	JsonbValue	member;

	if (string != NULL)
		return strcmp(string, "none") == 0;
	if (value->type != jbvBinary || !JsonContainerIsObject(value->val.binary.data))
		return false;
	iterator = JsonbIteratorInit(value->val.binary.data);
	while ((token = JsonbIteratorNext(&iterator, &member, true)) != WJB_DONE)
	{
		char	   *key;
		char	   *valid;

		if (token != WJB_KEY)
			continue;
		key = RecalJsonString(&member);
		(void) JsonbIteratorNext(&iterator, &member, true);
		valid = ParseSampleMember(model, key, &member, sample);
		if (valid != NULL)
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("invalid value for \"%s\" in option \"sample\"%s: %s", key,
							RecalOfModel(model), RecalJsonText(&member)),
					 errdetail("Valid values are %s.", valid)));
	}
	if (sample->fraction == 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("option \"sample\"%s needs \"fraction\"", RecalOfModel(model)),
				 errdetail("It is the share of the pairs to train on."),
				 errhint("For example: {\"strategy\": \"uncertainty\", \"fraction\": 0.3}; \"none\" trains on everything.")));
	return true;
}

static bool
ParseValue(const char *model, const OptionSpec *spec, const JsonbValue *value,
		   RecalOptions *result)
{
	void	   *field = spec->offset == NO_FIELD ? NULL : (char *) result + spec->offset;

	switch (spec->kind)
	{
		case OPTION_INT:
		case OPTION_INT_OR_AUTO:
		case OPTION_LONG:
			return ParseInt(spec, value, field);
		case OPTION_REAL:
		case OPTION_POSITIVE:
		case OPTION_POSITIVE_OR_AUTO:
			return ParseReal(spec, value, field);
		case OPTION_CHOICE:
			return ParseChoice(spec, value, field);
		case OPTION_BOOL:
			if (value->type != jbvBool)
				return false;
			if (field != NULL)
				*(bool *) field = value->val.boolean;
			return true;
		case OPTION_NAMES:
			return ParseNames(value, result);
		case OPTION_WIDTHS:
			return ParseWidths(spec, value, result);
		case OPTION_SAMPLE:
			return ParseSample(model, value, field);
	}
	return false;
}

static void
SetDefaults(RecalOptions *options)
{
	memset(options, 0, sizeof(RecalOptions));
	options->factors = 64;
	options->epochs = 12;
	options->regularization = RECAL_AUTO_VALUE;
	options->unobserved_weight = RECAL_AUTO_VALUE;
	options->history_decay = RECAL_AUTO_VALUE;
	options->confidence = RECAL_CONFIDENCE_LINEAR;
	options->network = RECAL_AUTO;
	options->nhidden = -1;
	options->dropout = RECAL_AUTO_VALUE;
	options->learning_rate = RECAL_AUTO_VALUE;
	options->negatives = -1;
	options->ranker = RECAL_AUTO;
	options->warm_start = true;
	options->nseen_events = -1;
	options->max_history = 10000;
	options->no_weight = 0.3;
	options->explore = 0;
	options->sample = (RecalSampleOption) {0, RECAL_STRATEGY_UNCERTAINTY, true};
	options->skip_bad_rows = false;
	options->keep_versions = 3;
	options->seed = 42;
}

void
RecalOptionsCheck(const char *model, Jsonb *options, RecalOptions *result)
{
	JsonbIterator *iterator;
	JsonbIteratorToken token;
	JsonbValue	value;

	SetDefaults(result);
	if (options == NULL)
		return;
	if (!JB_ROOT_IS_OBJECT(options))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("options%s must be a JSON object", RecalOfModel(model)),
				 errhint("For example: '{\"factors\": 32, \"epochs\": 20}'.")));

	iterator = JsonbIteratorInit(&options->root);
	while ((token = JsonbIteratorNext(&iterator, &value, true)) != WJB_DONE)
	{
		const OptionSpec *spec;
		char	   *name;

		if (token != WJB_KEY)
			continue;
		name = RecalJsonString(&value);
		(void) JsonbIteratorNext(&iterator, &value, true);
		spec = FindOption(name);
		if (spec == NULL)
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 model == NULL ? errmsg("unrecognized option \"%s\"", name) :
					 errmsg("unrecognized option \"%s\" for model \"%s\"", name, model),
					 errhint("Valid options are: %s.", RecalOptionNames())));
		if (value.type == jbvNull)
			continue;			/* the default */
		if (!ParseValue(model, spec, &value, result))
			ErrorValue(model, spec, &value);
	}
}
