/*
 * tune_space.c
 *		What recal_tune searches: from the caller's options to candidates.
 *
 * Values are JSON text all the way, and every one of them has been through the
 * parser of the model's definition, which knows what is valid.
 */
#include "postgres.h"

#include <math.h>

#include "lib/stringinfo.h"
#include "utils/builtins.h"
#include "utils/json.h"
#include "utils/jsonb.h"

#include "recal_compat.h"
#include "recal_rng.h"
#include "recal_tune.h"

#define STREAM_DRAW		0x74756e68
#define STREAM_NEAR		0x74756e6a
#define MAX_VALUES		100		/* of a list */
#define NEAR			5.0		/* how far around the center, as a factor */
#define NEARER			2.0		/* and around the best candidate */

static char *
JsonText(const JsonbValue *value)
{
	Jsonb	   *jsonb = JsonbValueToJsonb(unconstify(JsonbValue *, value));

	return JsonbToCString(NULL, &jsonb->root, VARSIZE(jsonb));
}

/* The model's definition with values of options and arguments put in. */
static RecalDefinition *
DefinitionWith(const RecalModel *model, const char *const *names, char *const *values, int n)
{
	Datum		definition = JsonbPGetDatum(model->definition);
	Datum		options;
	StringInfoData patch;
	JsonbValue	value;

	initStringInfo(&patch);
	for (int i = 0; i < n; i++)
	{
		if (RecalOptionExists(names[i]))
			appendStringInfo(&patch, "%s\"%s\": %s", patch.len > 0 ? ", " : "", names[i],
							 values[i]);
		else if (strcmp(values[i], "null") == 0)
			definition = DirectFunctionCall2(jsonb_delete, definition,
											 CStringGetTextDatum(names[i]));
		else
			definition = DirectFunctionCall2(jsonb_concat, definition,
											 JsonbPGetDatum(RecalJsonb("{\"%s\": %s}", names[i],
																	   values[i])));
	}
	options = JsonbPGetDatum(RecalJsonb("{%s}", patch.data));
	if (getKeyJsonValueFromContainer(&model->definition->root, "options", strlen("options"),
									 &value))
		options = DirectFunctionCall2(jsonb_concat, JsonbPGetDatum(JsonbValueToJsonb(&value)),
									  options);
	definition = DirectFunctionCall2(jsonb_concat, definition,
									 JsonbPGetDatum(RecalJsonb("{\"options\": %s}",
															   JsonbToCString(NULL, &DatumGetJsonbP(options)->root,
																			  VARSIZE(DatumGetJsonbP(options))))));
	return RecalDefinitionCheck(model->name, DatumGetJsonbP(definition));
}

int
RecalTuneFind(const RecalTuneSpace *space, const char *name)
{
	for (int i = 0; i < space->n; i++)
		if (strcmp(space->domains[i].name, name) == 0)
			return i;
	return -1;
}

/*
 * The caller's options.
 */
static char *
ParameterNames(const RecalTuneObjective *objective)
{
	StringInfoData names;

	initStringInfo(&names);
	for (int i = 0; i < objective->nparameters; i++)
		appendStringInfo(&names, "%s%s", i > 0 ? ", " : "", objective->parameters[i].name);
	return names.data;
}

pg_noreturn static void ErrorDomain(const RecalTuneSpace *space, const RecalTuneDomain *domain,
									const JsonbValue *value, const char *valid);

static void
ErrorDomain(const RecalTuneSpace *space, const RecalTuneDomain *domain, const JsonbValue *value,
			const char *valid)
{
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("invalid search of \"%s\" for model \"%s\": %s", domain->name,
					space->model->name, RecalJsonText(value)),
			 errdetail("%s", valid),
			 errhint("One value fixes it, an array lists choices%s.",
					 domain->kind == RECAL_TUNE_CHOICE ? "" :
					 ", {\"min\": ..., \"max\": ...} gives a range")));
}

/* One value, checked as the model's own would be; returns it as JSON text. */
static char *
CheckValue(const RecalTuneSpace *space, const RecalTuneDomain *domain, const JsonbValue *value)
{
	char	   *text = JsonText(value);
	RecalDefinition *definition;

	if (value->type == jbvNull && RecalOptionExists(domain->name))
		ErrorDomain(space, domain, value, "A value must not be null.");
	definition = DefinitionWith(space->model, &domain->name, &text, 1);
	pfree(definition);
	return text;
}

/* An end of a range as a number */
static double
CheckEnd(const RecalTuneSpace *space, const RecalTuneDomain *domain, const JsonbValue *object,
		 const char *end)
{
	JsonbValue	buffer;
	JsonbValue *value = getKeyJsonValueFromContainer(object->val.binary.data, end, strlen(end),
													 &buffer);
	double		number;

	if (value == NULL)
		ErrorDomain(space, domain, object, "A range has \"min\" and \"max\" and nothing else.");
	if (domain->kind == RECAL_TUNE_INTERVAL && value->type == jbvString)
	{
		char	   *text = CheckValue(space, domain, value);

		return DefinitionWith(space->model, &domain->name, &text, 1)->half_life;
	}
	(void) CheckValue(space, domain, value);
	if (!RecalJsonDouble(value, &number))
		ErrorDomain(space, domain, object, "The ends of a range must be values that have an order.");
	return number;
}

static void
ParseDomain(const RecalTuneSpace *space, const JsonbValue *value, RecalTuneDomain *domain)
{
	JsonbContainer *container = value->type == jbvBinary ? value->val.binary.data : NULL;

	domain->given = true;
	domain->searched = true;
	if (container != NULL && JsonContainerIsObject(container))
	{
		if (domain->kind == RECAL_TUNE_CHOICE)
			ErrorDomain(space, domain, value, "It has no order, and no range therefore.");
		if (JsonContainerSize(container) != 2)
			ErrorDomain(space, domain, value, "A range has \"min\" and \"max\" and nothing else.");
		domain->min = CheckEnd(space, domain, value, "min");
		domain->max = CheckEnd(space, domain, value, "max");
		if (domain->min >= domain->max)
			ErrorDomain(space, domain, value, "The minimum must be less than the maximum.");
		return;
	}

	domain->share = 1;
	if (container == NULL)
	{
		domain->nvalues = 1;
		domain->values = recal_palloc_array(char *, 1);
		domain->values[0] = CheckValue(space, domain, value);
		return;
	}
	domain->nvalues = JsonContainerSize(container);
	if (domain->nvalues < 1 || domain->nvalues > MAX_VALUES)
		ErrorDomain(space, domain, value,
					psprintf("An array of choices has 1 to %d elements.", MAX_VALUES));
	domain->values = recal_palloc_array(char *, domain->nvalues);
	for (int i = 0; i < domain->nvalues; i++)
		domain->values[i] = CheckValue(space, domain, getIthJsonbValueFromContainer(container, i));
}

static void
ParseKey(RecalTuneSpace *space, char *name, const JsonbValue *value)
{
	int			at = RecalTuneFind(space, name);
	RecalTuneDomain *domain;

	if (at >= 0)
	{
		ParseDomain(space, value, &space->domains[at]);
		return;
	}
	if (!RecalOptionExists(name))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("unrecognized option \"%s\" for tuning model \"%s\"", name,
						space->model->name),
				 errhint("Searched are: %s. Any option of a model can be fixed: %s.",
						 ParameterNames(space->objective), RecalOptionNames())));
	domain = &space->domains[space->n];
	memset(domain, 0, sizeof(RecalTuneDomain));
	domain->name = name;
	domain->kind = RECAL_TUNE_CHOICE;
	domain->given = true;
	domain->nvalues = 1;
	domain->share = 1;
	domain->values = recal_palloc_array(char *, 1);
	domain->values[0] = JsonText(value);
	(void) DefinitionWith(space->model, &domain->name, domain->values, 1);
	space->n++;
}

void
RecalTuneSpaceParse(const RecalModel *model, const RecalDefinition *definition, Jsonb *options,
					RecalTuneSpace *space)
{
	const RecalTuneObjective *objective = definition->objective == RECAL_EXPLICIT ?
		&RecalTuneRatings : &RecalTuneImplicit;
	JsonbIterator *iterator;
	JsonbIteratorToken token;
	JsonbValue	value;

	space->model = model;
	space->objective = objective;
	if (options != NULL && !JB_ROOT_IS_OBJECT(options))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("options for tuning model \"%s\" must be a JSON object", model->name),
				 errhint("For example: '{\"factors\": [32, 64], \"regularization\": {\"min\": 0.001, \"max\": 0.1}, \"confidence\": \"log\"}'.")));
	space->domains = recal_palloc0_array(RecalTuneDomain, objective->nparameters +
										 (options != NULL ? JB_ROOT_COUNT(options) : 0));
	for (int i = 0; i < objective->nparameters; i++)
	{
		space->domains[i].name = objective->parameters[i].name;
		space->domains[i].kind = objective->parameters[i].kind;
	}
	space->n = objective->nparameters;
	if (options == NULL)
		return;
	iterator = JsonbIteratorInit(&options->root);
	while ((token = JsonbIteratorNext(&iterator, &value, true)) != WJB_DONE)
	{
		char	   *name;

		if (token != WJB_KEY)
			continue;
		name = RecalJsonString(&value);
		(void) JsonbIteratorNext(&iterator, &value, true);
		ParseKey(space, name, &value);
	}
}

RecalDefinition *
RecalTuneFixed(const RecalTuneSpace *space)
{
	const char **names = recal_palloc_array(const char *, space->n);
	char	  **values = recal_palloc_array(char *, space->n);
	int			n = 0;

	for (int i = 0; i < space->n; i++)
	{
		if (space->domains[i].nvalues != 1 || space->domains[i].searched)
			continue;
		names[n] = space->domains[i].name;
		values[n++] = space->domains[i].values[0];
	}
	return DefinitionWith(space->model, names, values, n);
}

/*
 * Defaults.
 */
void
RecalTuneSpaceComplete(RecalTuner *tuner)
{
	RecalTuneSpace *space = &tuner->space;
	const RecalTuneTrial *present = &tuner->trials[0];

	for (int i = 0; i < space->n; i++)
	{
		RecalTuneDomain *domain = &space->domains[i];

		if (!domain->given)
			domain->searched = space->objective->domain(tuner, domain);
		for (int k = 0; k < domain->nvalues && domain->searched; k++)
			if (strcmp(domain->values[k], "\"auto\"") == 0)
				domain->values[k] = present->values[i];
	}
}

/*
 * Trials.
 */
void
RecalTunePresent(const RecalTuneSpace *space, RecalTuneTrial *trial)
{
	JsonbContainer *root = &space->model->definition->root;
	JsonbValue	options;
	bool		has_options = getKeyJsonValueFromContainer(root, "options", strlen("options"),
														   &options) != NULL;

	trial->values = recal_palloc_array(char *, space->n);
	for (int i = 0; i < space->n; i++)
	{
		const char *name = space->domains[i].name;
		JsonbContainer *container = !RecalOptionExists(name) ? root :
			has_options ? options.val.binary.data : NULL;
		JsonbValue	buffer;
		JsonbValue *value = container == NULL ? NULL :
			getKeyJsonValueFromContainer(container, name, strlen(name), &buffer);

		trial->values[i] = value == NULL ? pstrdup("null") : JsonText(value);
	}
	trial->definition = RecalDefinitionCheck(space->model->name, space->model->definition);
}

/* "90 days", in the largest unit that leaves two digits or more, or in seconds */
static char *
IntervalText(double seconds)
{
	if (seconds >= 10 * SECS_PER_DAY)
		return psprintf("\"%.0f days\"", seconds / SECS_PER_DAY);
	if (seconds >= 10 * SECS_PER_HOUR)
		return psprintf("\"%.0f hours\"", seconds / SECS_PER_HOUR);
	return psprintf("\"%.0f seconds\"", Max(seconds, 1));
}

/* A number of the range as JSON, with few digits where those do not leave it. */
static char *
RangeText(const RecalTuneDomain *domain, double number)
{
	char	   *text;
	double		rounded;

	if (domain->kind == RECAL_TUNE_INTERVAL)
		return IntervalText(number);
	if (domain->kind == RECAL_TUNE_INTEGER)
		return psprintf("%.0f", number);
	text = psprintf(domain->kind == RECAL_TUNE_LINEAR ? "%.2g" : "%.3g", number);
	rounded = strtod(text, NULL);
	return rounded < domain->min || rounded > domain->max ? psprintf("%.9g", number) : text;
}

/* The value at a place from 0 to 1 of a domain; near: around its center */
static char *
Scale(const RecalTuneDomain *domain, double at, bool near)
{
	double		min = domain->min;
	double		max = domain->max;
	int			n = domain->nvalues;

	if (n > 0 && at < domain->share)
		return domain->values[Min((int) (at / domain->share * n), n - 1)];
	at = (at - domain->share) / (1 - domain->share);
	if (near && domain->center > 0)
	{
		min = Max(min, Min(max, domain->center) / NEAR);
		max = Min(max, Max(min, domain->center * NEAR));
	}
	if (domain->kind == RECAL_TUNE_LINEAR)
		return RangeText(domain, min + at * (max - min));
	return RangeText(domain, Min(max, Max(min, exp(log(min) + at * (log(max) - log(min))))));
}

/*
 * Roberts' R sequence: multiples of the powers of 1/phi, where phi solves
 * x^(d+1) = x + 1, fill d dimensions evenly whatever their number.
 */
static double
Golden(int dimensions)
{
	double		phi = 2;

	for (int i = 0; i < 50; i++)
		phi = pow(1 + phi, 1.0 / (dimensions + 1));
	return phi;
}

/* Whether a domain leaves a choice */
static bool
IsOpen(const RecalTuneDomain *domain)
{
	return domain->searched && !(domain->nvalues == 1 && domain->share >= 1);
}

void
RecalTuneDraw(const RecalTuneSpace *space, int64 seed, int draw, RecalTuneTrial *trial)
{
	int			dimensions = 0;
	double		phi;
	double		step = 1;

	for (int i = 0; i < space->n; i++)
		dimensions += IsOpen(&space->domains[i]);
	phi = Golden(Max(dimensions, 1));
	trial->values = recal_palloc_array(char *, space->n);
	for (int i = 0; i < space->n; i++)
	{
		const RecalTuneDomain *domain = &space->domains[i];
		double		at;

		if (!IsOpen(domain))
		{
			trial->values[i] = domain->nvalues > 0 ? domain->values[0] : NULL;
			continue;
		}
		step /= phi;
		at = recal_rng_uniform((uint64) seed, STREAM_DRAW, (uint64) i) + step * draw;
		trial->values[i] = Scale(domain, at - floor(at), draw % 2 == 0);
	}
}

/* What can be moved a little: numbers on a logarithmic scale that were not given one by one */
static bool
IsMovable(const RecalTuneDomain *domain, const char *value)
{
	return IsOpen(domain) && domain->share < 1 && strcmp(value, "null") != 0 &&
		domain->kind == RECAL_TUNE_LOGARITHMIC;
}

bool
RecalTuneDrawNear(const RecalTuneSpace *space, int64 seed, int draw, const RecalTuneTrial *best,
				  RecalTuneTrial *trial)
{
	int			dimensions = 0;
	double		phi;
	double		step = 1;

	for (int i = 0; i < space->n; i++)
		dimensions += best->values[i] != NULL &&
			IsMovable(&space->domains[i], best->values[i]);
	if (dimensions == 0)
		return false;
	phi = Golden(dimensions);
	trial->values = recal_palloc_array(char *, space->n);
	for (int i = 0; i < space->n; i++)
	{
		const RecalTuneDomain *domain = &space->domains[i];
		double		at;
		double		number;

		trial->values[i] = best->values[i];
		if (best->values[i] == NULL || !IsMovable(domain, best->values[i]))
			continue;
		step /= phi;
		at = recal_rng_uniform((uint64) seed, STREAM_NEAR, (uint64) i) + step * draw;
		number = strtod(best->values[i], NULL) * pow(NEARER, 2 * (at - floor(at)) - 1);
		trial->values[i] = RangeText(domain, Max(domain->min, Min(domain->max, number)));
	}
	return true;
}

void
RecalTuneSet(const RecalTuneSpace *space, RecalTuneTrial *trial, const char *name,
			 const char *format,...)
{
	int			at = RecalTuneFind(space, name);
	char		text[64];
	va_list		args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	trial->values[at] = pstrdup(text);
}

RecalDefinition *
RecalTuneDefinition(const RecalTuneSpace *space, const RecalTuneTrial *trial)
{
	const char **names = recal_palloc_array(const char *, space->n);
	char	  **values = recal_palloc_array(char *, space->n);
	int			n = 0;

	for (int i = 0; i < space->n; i++)
	{
		if (trial->values[i] == NULL)
			continue;
		names[n] = space->domains[i].name;
		values[n++] = trial->values[i];
	}
	return DefinitionWith(space->model, names, values, n);
}

Jsonb *
RecalTuneOptions(const RecalTuneSpace *space, const RecalTuneTrial *trial)
{
	StringInfoData text;

	initStringInfo(&text);
	for (int i = 0; i < space->n; i++)
		if (space->domains[i].searched || space->domains[i].given)
			appendStringInfo(&text, "%s\"%s\": %s", text.len > 0 ? ", " : "",
							 space->domains[i].name, trial->values[i]);
	return RecalJsonb("{%s}", text.data);
}
