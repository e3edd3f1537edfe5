/*
 * features.c
 *		The relations that say what items and users are like: which columns may
 *		be features, how their rows are read, and how a row becomes numbers.
 *
 * Training and serving both come here, so that a row is encoded the same
 * wherever it is read.
 */
#include "postgres.h"

#include <math.h>

#include "catalog/pg_type.h"
#include "executor/executor.h"
#include "executor/spi.h"
#include "lib/qunique.h"
#include "lib/stringinfo.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"

#include "recal_compat.h"
#include "recal_events.h"
#include "recal_features.h"
#include "recal_rights.h"
#include "recal_rows.h"
#include "recal_serve.h"

#define MAX_NUMBER	8			/* deviations from the mean; what lies beyond is put there */

bool
RecalFeaturesDeclared(const RecalDefinition *definition, RecalSide side)
{
	return side == RECAL_SIDE_ITEMS ?
		definition->items_name != NULL && definition->nitem_features > 0 :
		definition->users_name != NULL && definition->nuser_features > 0;
}

/*
 * Relation and columns.
 */
static void
ResolveColumn(const RecalFeatureSource *source, Oid relation, const char *name,
			  RecalFeatureColumn *column, StringInfo list)
{
	Oid			type;
	int32		typmod;
	Oid			collation;
	const char *cast = "";

	(void) RecalResolveColumn(source->model, relation, name, &type, &typmod, &collation);
	column->name = name;
	column->type = getBaseType(type);
	switch (column->type)
	{
		case TEXTOID:
		case VARCHAROID:
			column->kind = RECAL_FEATURE_CATEGORY;
			break;
		case TEXTARRAYOID:
		case VARCHARARRAYOID:
			column->kind = RECAL_FEATURE_TAGS;
			break;
		case INT2OID:
		case INT4OID:
		case INT8OID:
		case FLOAT4OID:
		case FLOAT8OID:
		case NUMERICOID:
		case DATEOID:
		case TIMESTAMPOID:
		case TIMESTAMPTZOID:
			column->kind = RECAL_FEATURE_NUMBER;
			break;
		default:
			if (column->type != BOOLOID && !type_is_enum(column->type))
				ereport(ERROR,
						(errcode(ERRCODE_DATATYPE_MISMATCH),
						 errmsg("feature column \"%s\" of the %s of model \"%s\" cannot be of type %s",
								name, source->what, source->model, format_type_be(type)),
						 errhint("A feature is text, varchar, an enum or boolean (a category), text[] or varchar[] (tags), a smallint, integer, bigint, real, double precision, numeric, date, timestamp or timestamptz (a number): cast the column in a view, and name the view.")));
			column->kind = RECAL_FEATURE_CATEGORY;
			column->type = TEXTOID;
			cast = "::pg_catalog.text";
	}
	appendStringInfo(list, ", %s%s", quote_identifier(name), cast);
}

void
RecalFeatureSourceResolve(const char *model, const RecalDefinition *definition, RecalSide side,
						  RecalIdKind id_kind, RecalFeatureSource *source)
{
	bool		items = side == RECAL_SIDE_ITEMS;
	const char *schema = items ? definition->items_schema : definition->users_schema;
	const char *name = items ? definition->items_name : definition->users_name;
	char	  **names = items ? definition->item_features : definition->user_features;
	StringInfoData list;
	Oid			relation;
	Oid			type;
	int32		typmod;
	Oid			collation;

	source->model = model;
	source->what = items ? "items" : "users";
	source->id_column = items ? definition->item_id_column : definition->user_id_column;
	source->relation = RecalQualifiedName(schema, name);
	source->ncolumns = items ? definition->nitem_features : definition->nuser_features;
	source->columns = recal_palloc0_array(RecalFeatureColumn, Max(source->ncolumns, 1));

	relation = RecalResolveRelation(model, source->what, schema, name);
	(void) RecalResolveColumn(model, relation, source->id_column, &type, &typmod, &collation);
	if (!RecalIdTypeOf(type, typmod, &source->id_type) || source->id_type.kind != id_kind)
		ereport(ERROR,
				(errcode(ERRCODE_DATATYPE_MISMATCH),
				 errmsg("column \"%s\" of the %s of model \"%s\" is of type %s, which does not match the ids in the events",
						source->id_column, source->what, model, format_type_be(type)),
				 errhint("Both must hold the same ids; cast one in a view.")));

	initStringInfo(&list);
	appendStringInfoString(&list, quote_identifier(source->id_column));
	for (int i = 0; i < source->ncolumns; i++)
		ResolveColumn(source, relation, names[i], &source->columns[i], &list);
	source->select_list = list.data;
}

bool
RecalFeatureSourceCheck(const RecalFeatureSource *source)
{
	return RecalCheckQuery(source->model, psprintf("SELECT %s FROM %s LIMIT 0",
												   source->select_list, source->relation));
}

/*
 * Reading.
 */
typedef struct FeatureVisit
{
	const RecalFeatureSource *source;
	RecalFeatureVisitor visit;
	void	   *arg;
} FeatureVisit;

static void
VisitSlot(void *arg, TupleTableSlot *slot)
{
	const FeatureVisit *visit = arg;

	visit->visit(visit->source, slot, visit->arg);
}

bool
RecalFeatureSourceMatches(const RecalFeatureSource *source, TupleDesc rows)
{
	bool		match = rows->natts == source->ncolumns + 1 &&
		getBaseType(TupleDescAttr(rows, 0)->atttypid) == source->id_type.base;

	for (int i = 0; i < source->ncolumns && match; i++)
		match = getBaseType(TupleDescAttr(rows, i + 1)->atttypid) == source->columns[i].type;
	return match;
}

static void
CheckColumns(void *arg, TupleDesc rows)
{
	const RecalFeatureSource *source = ((const FeatureVisit *) arg)->source;

	if (!RecalFeatureSourceMatches(source, rows))
		RecalErrorAltered(source->what, source->model);
}

void
RecalFeaturesScan(const RecalFeatureSource *source, const char *condition,
				  ParamListInfo parameter, RecalFeatureVisitor visit, void *arg)
{
	MemoryContext context = CurrentMemoryContext;
	FeatureVisit features = {source, visit, arg};
	SPIPlanPtr	plan;

	plan = SPI_prepare_cursor(psprintf("SELECT %s FROM %s%s%s", source->select_list,
									   source->relation, condition != NULL ? " WHERE " : "",
									   condition != NULL ? condition : ""),
							  parameter != NULL ? 1 : 0,
							  parameter != NULL ? &parameter->params[0].ptype : NULL,
							  CURSOR_OPT_PARALLEL_OK);
	if (plan == NULL)
		elog(ERROR, "preparing to read %s failed: %s", source->what,
			 SPI_result_code_string(SPI_result));
	RecalRowsVisit(source->what, plan, parameter, CheckColumns, VisitSlot, &features);
	MemoryContextSwitchTo(context); /* SPI leaves its own */
}

double
RecalFeatureNumber(Datum value, Oid type)
{
	double		number = RecalNumberFromDatum(value, type);

	return isfinite(number) ? number : NAN;
}

bool
RecalFeatureKey(int column, const char *value, int len, char *key, RecalId *id)
{
	if (len > RECAL_MAX_FEATURE_VALUE)
		return false;
	key[0] = (char) (column + 1);
	memcpy(key + 1, value, len);
	id->kind = RECAL_ID_TEXT;
	id->integer = 0;
	id->data = key;
	id->len = len + 1;
	return true;
}

static void
VisitText(int column, Datum value, RecalFeatureValueVisitor visit, void *arg)
{
	text	   *string = DatumGetTextPP(value);
	char		key[RECAL_FEATURE_KEY_BYTES];
	RecalId		id;

	if (RecalFeatureKey(column, VARDATA_ANY(string), VARSIZE_ANY_EXHDR(string), key, &id))
		visit(&id, arg);
}

void
RecalFeatureValues(const RecalFeatureSource *source, int column, Datum value,
				   RecalFeatureValueVisitor visit, void *arg)
{
	ArrayType  *array;
	Datum	   *elements;
	bool	   *nulls;
	int			n;

	if (source->columns[column].kind == RECAL_FEATURE_CATEGORY)
	{
		VisitText(column, value, visit, arg);
		return;
	}
	array = DatumGetArrayTypeP(value);
	deconstruct_array(array, ARR_ELEMTYPE(array), -1, false, TYPALIGN_INT, &elements, &nulls, &n);
	for (int i = 0; i < n; i++)
		if (!nulls[i])
			VisitText(column, elements[i], visit, arg);
}

/*
 * Encoding.
 */
void
RecalFeatureRowBegin(RecalFeatureRow *row)
{
	row->n = 1;
	row->columns[0] = 0;
	row->values[0] = 1;
}

void
RecalFeatureRowAddNumber(const RecalEncoder *encoder, int column, double number,
						 RecalFeatureRow *row)
{
	const RecalFeatureScale *scale = &encoder->scales[column];
	double		value;

	if (isnan(number) || scale->scale == 0)
		return;
	value = (number - scale->mean - scale->mean_rest) * scale->scale;
	row->columns[row->n] = 1 + column;
	row->values[row->n++] = (float) Max(-MAX_NUMBER, Min(MAX_NUMBER, value));
}

void
RecalFeatureRowAddWords(const RecalEncoder *encoder, int32 *words, int n, RecalFeatureRow *row)
{
	float		value;

	if (n > 1)
	{
		qsort(words, n, sizeof(int32), RecalComparePositions);
		n = (int) qunique(words, n, sizeof(int32), RecalComparePositions);
	}
	value = 1.0f / sqrtf((float) Max(n, 1));
	for (int i = 0; i < n; i++)
	{
		row->columns[row->n] = 1 + encoder->ncolumns + words[i];
		row->values[row->n++] = value;
	}
}

/* Words of one value while they are looked up. */
typedef struct Lookup
{
	const RecalEncoder *encoder;
	int			n;
	int			capacity;
	int32	   *words;
} Lookup;

static void
LookUp(const RecalId *key, void *arg)
{
	Lookup	   *lookup = arg;
	int64		word = RecalIdTableFind(&lookup->encoder->vocabulary, key);

	if (word < 0)
		return;
	if (lookup->n == lookup->capacity)
	{
		lookup->capacity *= 2;
		lookup->words = repalloc(lookup->words, sizeof(int32) * lookup->capacity);
	}
	lookup->words[lookup->n++] = (int32) word;
}

void
RecalEncodeSlot(const RecalEncoder *encoder, const RecalFeatureSource *source,
				TupleTableSlot *slot, RecalFeatureRow *row)
{
	Lookup		lookup = {.encoder = encoder, .capacity = 16};

	slot_getallattrs(slot);
	lookup.words = palloc(sizeof(int32) * lookup.capacity);
	RecalFeatureRowBegin(row);

	/* numbers come before all words */
	for (int c = 0; c < source->ncolumns; c++)
		if (source->columns[c].kind == RECAL_FEATURE_NUMBER && !slot->tts_isnull[c + 1])
			RecalFeatureRowAddNumber(encoder, c,
									 RecalFeatureNumber(slot->tts_values[c + 1],
														source->columns[c].type), row);
	for (int c = 0; c < source->ncolumns; c++)
	{
		if (source->columns[c].kind == RECAL_FEATURE_NUMBER || slot->tts_isnull[c + 1])
			continue;
		lookup.n = 0;
		RecalFeatureValues(source, c, slot->tts_values[c + 1], LookUp, &lookup);
		RecalFeatureRowAddWords(encoder, lookup.words, lookup.n, row);
	}
	pfree(lookup.words);
}

void
RecalEncoderCheck(const RecalEncoder *encoder, const RecalFeatureSource *source)
{
	for (int c = 0; c < source->ncolumns; c++)
		if (encoder->scales[c].kind != source->columns[c].kind)
			ereport(ERROR,
					(errcode(ERRCODE_DATATYPE_MISMATCH),
					 errmsg("feature column \"%s\" of the %s of model \"%s\" has changed its type since the model was trained",
							source->columns[c].name, source->what, source->model),
					 errhint("Train the model again: CALL recal_train(%s).",
							 quote_literal_cstr(source->model))));
}

char *
RecalFeatureName(const RecalEncoder *encoder, const RecalFeatureSource *source, int32 column)
{
	RecalId		key;

	if (column == 0)
		return pstrdup("intercept");
	if (column <= encoder->ncolumns)
		return pstrdup(source->columns[column - 1].name);
	key = RecalIdTableGet(&encoder->vocabulary, column - 1 - encoder->ncolumns);
	return psprintf("%s=%.*s", source->columns[key.data[0] - 1].name, (int) key.len - 1,
					key.data + 1);
}
