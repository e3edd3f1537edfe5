/*
 * event_row.c
 *		What one behaviour row says: its columns, their types, and its weight.
 *
 * Training, evaluation and serving all come here, so that a row counts the
 * same wherever it is read.
 */
#include "postgres.h"

#include <float.h>
#include <math.h>

#include "catalog/pg_type.h"
#include "datatype/timestamp.h"
#include "lib/stringinfo.h"
#include "parser/parse_coerce.h"
#include "utils/builtins.h"
#include "utils/date.h"
#include "utils/lsyscache.h"
#include "utils/timestamp.h"

#include "recal_compat.h"
#include "recal_events.h"

#define ST_SORT SortDoubles
#define ST_ELEMENT_TYPE double
#define ST_COMPARE(a, b) ((*(a) > *(b)) - (*(a) < *(b)))
#define ST_SCOPE static
#define ST_DEFINE
#include "lib/sort_template.h"

/* seconds from 1970 to 2000, where PostgreSQL's times start */
#define UNIX_EPOCH_SECONDS \
	((double) (POSTGRES_EPOCH_JDATE - UNIX_EPOCH_JDATE) * SECS_PER_DAY)

static void
ErrorColumnType(const char *model, const char *what, const char *column, Oid type,
				const char *hint)
{
	ereport(ERROR,
			(errcode(ERRCODE_DATATYPE_MISMATCH),
			 errmsg("%s column \"%s\" of model \"%s\" cannot be of type %s",
					what, column, model, format_type_be(type)),
			 errhint("%s", hint)));
}

static void
AppendColumn(StringInfo list, const char *column, const char *cast)
{
	appendStringInfo(list, "%s%s%s", list->len > 0 ? ", " : "", quote_identifier(column), cast);
}

static void
AddIdColumn(StringInfo list, const char *model, Oid relation, const char *what,
			const char *column, RecalIdType *id_type)
{
	Oid			type;
	Oid			collation;
	int32		typmod;

	RecalResolveColumn(model, relation, column, &type, &typmod, &collation);
	if (!RecalIdTypeOf(type, typmod, id_type))
		ErrorColumnType(model, what, column, type,
						"Ids are smallint, integer, bigint, uuid, text, varchar or an enum: cast the column in a view, and make the model over the view.");

	/* there, different bytes can be the same id, which a table of bytes cannot show */
	if (OidIsValid(collation) && !get_collation_isdeterministic(collation))
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("%s column \"%s\" of model \"%s\" has a nondeterministic collation",
						what, column, model),
				 errhint("Make the model over a view that shows the column with COLLATE \"C\", after lower() or what else makes equal ids the same text.")));
	AppendColumn(list, column, "");
}

/* Event types arrive as text or varchar. */
static void
AddEventColumn(StringInfo list, const char *model, Oid relation, const char *column,
			   Oid *event_type)
{
	Oid			type;
	Oid			base;
	Oid			collation;
	int32		typmod;

	RecalResolveColumn(model, relation, column, &type, &typmod, &collation);
	*event_type = base = getBaseType(type);
	switch (base)
	{
		case TEXTOID:
		case VARCHAROID:
			AppendColumn(list, column, "");
			return;
		case CHAROID:
		case BOOLOID:
		case INT2OID:
		case INT4OID:
		case INT8OID:
			break;
		default:
			if (TypeCategory(base) != TYPCATEGORY_STRING && !type_is_enum(base))
				ErrorColumnType(model, "event", column, type,
								"An event type is text, an enum, a boolean or an integer: cast the column in a view, and make the model over the view.");
	}
	AppendColumn(list, column, "::pg_catalog.text");
}

static void
AddValueColumn(StringInfo list, const char *model, Oid relation, const char *column,
			   Oid *value_type)
{
	Oid			type;
	Oid			collation;
	int32		typmod;

	RecalResolveColumn(model, relation, column, &type, &typmod, &collation);
	*value_type = getBaseType(type);
	switch (*value_type)
	{
		case INT2OID:
		case INT4OID:
		case INT8OID:
		case FLOAT4OID:
		case FLOAT8OID:
		case NUMERICOID:
			break;
		default:
			ErrorColumnType(model, "value", column, type,
							"A value is smallint, integer, bigint, real, double precision or numeric: cast the column in a view, and make the model over the view.");
	}
	AppendColumn(list, column, "");
}

static void
AddTimeColumn(StringInfo list, const char *model, Oid relation, const char *column,
			  Oid *time_type)
{
	Oid			type;
	Oid			collation;
	int32		typmod;

	RecalResolveColumn(model, relation, column, &type, &typmod, &collation);
	*time_type = getBaseType(type);
	switch (*time_type)
	{
		case TIMESTAMPTZOID:
		case TIMESTAMPOID:
		case DATEOID:
		case INT2OID:
		case INT4OID:
		case INT8OID:
			break;
		default:
			ErrorColumnType(model, "time", column, type,
							"A time is timestamptz, timestamp, date, or an integer of seconds since 1970: convert the column in a view, and make the model over the view.");
	}
	AppendColumn(list, column, "");
}

char *
RecalEventSelectList(const char *model, const RecalDefinition *definition, Oid relation,
					 RecalEventColumns *columns)
{
	StringInfoData list;
	int			position = 0;

	memset(columns, 0, sizeof(RecalEventColumns));
	initStringInfo(&list);

	AddIdColumn(&list, model, relation, "user", definition->user_column, &columns->user_type);
	columns->user = ++position;
	AddIdColumn(&list, model, relation, "item", definition->item_column, &columns->item_type);
	columns->item = ++position;
	if (definition->event_column != NULL)
	{
		AddEventColumn(&list, model, relation, definition->event_column, &columns->event_type);
		columns->event = ++position;
	}
	if (definition->value_column != NULL)
	{
		AddValueColumn(&list, model, relation, definition->value_column, &columns->value_type);
		columns->value = ++position;
	}
	if (definition->time_column != NULL)
	{
		AddTimeColumn(&list, model, relation, definition->time_column, &columns->time_type);
		columns->time = ++position;
	}
	return list.data;
}

bool
RecalEventWeight(const RecalDefinition *definition, const char *type, int len, double *weight)
{
	/*
	 * Where this name was found last time, by a cheap hash of it. Only a place
	 * to look first: the name is compared there as everywhere.
	 */
	static int	guesses[64];
	int		   *guess;
	int			n = definition->nevent_weights;

	*weight = 1;
	if (n < 0)
		return true;
	if (type == NULL)
		return false;

	guess = &guesses[(len + (len > 0 ? 7 * type[0] + 31 * type[len - 1] : 0)) & 63];
	for (int tried = -1; tried < n; tried++)
	{
		int			i = tried < 0 ? *guess : tried;

		if (i < n &&
			strncmp(definition->event_types[i], type, len) == 0 &&
			definition->event_types[i][len] == '\0')
		{
			*guess = i;
			*weight = definition->event_weights[i];
			return true;
		}
	}
	return false;
}

static bool
EventTypeWeight(const RecalDefinition *definition, Datum value, bool isnull, double *weight)
{
	text	   *type;

	if (definition->nevent_weights < 0 || isnull)
		return RecalEventWeight(definition, NULL, 0, weight);
	type = DatumGetTextPP(value);
	return RecalEventWeight(definition, VARDATA_ANY(type), VARSIZE_ANY_EXHDR(type), weight);
}

static double
ValueOf(Datum value, Oid type)
{
	switch (type)
	{
		case INT2OID:
			return DatumGetInt16(value);
		case INT4OID:
			return DatumGetInt32(value);
		case INT8OID:
			return (double) DatumGetInt64(value);
		case FLOAT4OID:
			return DatumGetFloat4(value);
		case FLOAT8OID:
			return DatumGetFloat8(value);
	}
	/* numeric; one that double precision cannot hold is infinite, not an error */
	return DatumGetFloat8(DirectFunctionCall1(numeric_float8_no_overflow, value));
}

/*
 * Unix seconds; infinite for 'infinity'. A timestamp is taken as UTC: what
 * counts is the time between rows, and it must not depend on the session.
 */
static double
TimeOf(Datum value, Oid type)
{
	switch (type)
	{
		case INT2OID:
			return DatumGetInt16(value);
		case INT4OID:
			return DatumGetInt32(value);
		case INT8OID:
			return (double) DatumGetInt64(value);
		case DATEOID:
			{
				DateADT		date = DatumGetDateADT(value);

				if (DATE_NOT_FINITE(date))
					return DATE_IS_NOBEGIN(date) ? -INFINITY : INFINITY;
				return (double) date * SECS_PER_DAY + UNIX_EPOCH_SECONDS;
			}
		default:
			{
				Timestamp	time = DatumGetTimestamp(value);

				if (TIMESTAMP_NOT_FINITE(time))
					return TIMESTAMP_IS_NOBEGIN(time) ? -INFINITY : INFINITY;
				return (double) time / USECS_PER_SEC + UNIX_EPOCH_SECONDS;
			}
	}
}

double
RecalNumberFromDatum(Datum value, Oid type)
{
	switch (type)
	{
		case DATEOID:
		case TIMESTAMPOID:
		case TIMESTAMPTZOID:
			return TimeOf(value, type);
	}
	return ValueOf(value, type);
}

bool
RecalTimeToDatum(double time, Oid type, Datum *value)
{
	double		since = time - UNIX_EPOCH_SECONDS;
	double		number = floor(time);
	double		least = -ldexp(1, 63);
	double		end = ldexp(1, 63);

	if (type == INT2OID || type == INT4OID)
	{
		end = ldexp(1, type == INT2OID ? 15 : 31);
		least = -end;
	}
	else if (type == DATEOID)
	{
		number = floor(since / SECS_PER_DAY);
		least = DATETIME_MIN_JULIAN - POSTGRES_EPOCH_JDATE;
		end = DATE_END_JULIAN - POSTGRES_EPOCH_JDATE;
	}
	else if (type != INT8OID)
	{
		/* seconds in double precision are not exact */
		number = floor(since * USECS_PER_SEC) - 1;
		least = MIN_TIMESTAMP;
		end = END_TIMESTAMP;
	}
	if (!(number < end))
		return false;
	number = Max(number, least);
	switch (type)
	{
		case INT2OID:
			*value = Int16GetDatum((int16) number);
			break;
		case INT4OID:
			*value = Int32GetDatum((int32) number);
			break;
		case INT8OID:
			*value = Int64GetDatum((int64) number);
			break;
		case DATEOID:
			*value = DateADTGetDatum((DateADT) number);
			break;
		default:
			*value = TimestampGetDatum((Timestamp) number);
			break;
	}
	return true;
}

RecalRowKind
RecalEventRow(const RecalDefinition *definition, const RecalEventColumns *columns,
			  const Datum *values, const bool *isnull, double *weight, double *time)
{
	double		product = 1;
	bool		timed = columns->time > 0 && !isnull[columns->time - 1];

	*time = timed ? TimeOf(values[columns->time - 1], columns->time_type) : -INFINITY;
	if (columns->event > 0 &&
		!EventTypeWeight(definition, values[columns->event - 1], isnull[columns->event - 1],
						 &product))
		return RECAL_ROW_IGNORED;
	if (columns->value > 0)
	{
		double		value;

		if (isnull[columns->value - 1])
			return RECAL_ROW_IGNORED;
		value = ValueOf(values[columns->value - 1], columns->value_type);
		if (!isfinite(value))
			return RECAL_ROW_BAD;
		product *= value;
	}

	/* training keeps it as float, so that is what it is everywhere */
	*weight = (float) product;
	if (!isfinite(*weight))
		return RECAL_ROW_BAD;

	if (timed && !isfinite(*time))
		return RECAL_ROW_BAD;
	if (columns->time > 0 && !timed && definition->half_life > 0)
		return RECAL_ROW_IGNORED;	/* of no known age */
	return RECAL_ROW_OK;
}

float
RecalConfidenceOf(double sum, RecalConfidence how)
{
	double		size = fabs(sum);
	double		confidence = size;

	switch (how)
	{
		case RECAL_CONFIDENCE_LINEAR:
			break;
		case RECAL_CONFIDENCE_LOG:
			confidence = log1p(size);
			break;
		case RECAL_CONFIDENCE_BINARY:
			confidence = size > 0 ? 1 : 0;
			break;
	}
	/* what float holds with less than its precision has decayed to nothing */
	if (size < FLT_MIN || confidence < FLT_MIN)
		return 0;
	return (float) (sum < 0 ? -confidence : confidence);
}

double
RecalDecay(double time, double as_of, double half_life)
{
	if (half_life == 0 || isnan(as_of) || time >= as_of)
		return 1;
	return exp2((time - as_of) / half_life);
}

double
RecalSumContributions(double *contributions, int n)
{
	double		sum = 0;

	if (n > 1)
		SortDoubles(contributions, n);
	for (int i = 0; i < n; i++)
		sum += contributions[i];
	return sum;
}

double
RecalMeanRating(double *ratings, int64 n)
{
	return RecalSumContributions(ratings, (int) n) / (double) n;
}
