/*
 * features_read.c
 *		Features of the items or users that a model is trained on: one query,
 *		then the vocabulary, the scales, and the encoded rows.
 *
 * Rows arrive in any order, and a view may repeat an id, so everything is
 * computed from one row of each id, in the order of ids.
 */
#include "postgres.h"

#include <float.h>
#include <math.h>

#include "executor/spi.h"
#include "lib/qunique.h"
#include "miscadmin.h"
#include "utils/memutils.h"

#include "recal_compat.h"
#include "recal_factorize.h"
#include "recal_features.h"
#include "recal_rights.h"
#include "recal_serve.h"
#include "recal_weights.h"

#define LEAST_ROWS	2			/* that must hold a value for it to become a word */

/* Rows as they came; words are the codes of all their categories and tags. */
typedef struct RawRows
{
	const RecalIdTable *ids;
	Size		max_bytes;
	int			ncolumns;
	int64		n;
	int64		capacity;
	int32	   *position;		/* [n] of the id */
	double	   *numbers;		/* [n × ncolumns], NaN where there is none */
	int64	   *offsets;		/* [n + 1] into words */
	int64		words_capacity;
	int32	   *words;
	RecalIdBuilder *builder;
} RawRows;

static void
CheckBudget(const RawRows *raw, const RecalFeatureSource *source)
{
	Size		row = sizeof(int32) + sizeof(int64) + sizeof(double) * raw->ncolumns;
	Size		needed = add_size(add_size(mul_size(row, raw->capacity),
										   mul_size(3 * sizeof(int32), raw->words_capacity)),
								  RecalIdBuilderBytes(raw->builder));

	if (needed > raw->max_bytes)
		ereport(ERROR,
				(errcode(ERRCODE_CONFIGURATION_LIMIT_EXCEEDED),
				 errmsg("not enough memory to read the %s of model \"%s\"",
						source->what, source->model),
				 errdetail("After " INT64_FORMAT " rows, reading their features takes %zu MB; recal.train_memory allows %zu MB.",
						   raw->n, needed / (1024 * 1024) + 1, raw->max_bytes / (1024 * 1024)),
				 errhint("Raise recal.train_memory, or name fewer features.")));
}

static void
AddWord(const RecalId *key, void *arg)
{
	RawRows    *raw = arg;
	int64		n = raw->offsets[raw->n + 1]++;

	if (n == raw->words_capacity)
	{
		raw->words_capacity *= 2;
		raw->words = repalloc_huge(raw->words, mul_size(sizeof(int32), raw->words_capacity));
	}
	raw->words[n] = RecalIdBuilderAdd(raw->builder, key);
}

static void
ReceiveRow(const RecalFeatureSource *source, TupleTableSlot *slot, void *arg)
{
	RawRows    *raw = arg;
	bool		isnull;
	Datum		value = slot_getattr(slot, 1, &isnull);
	RecalId		id;
	int64		position;

	if (isnull)
		return;
	id = RecalIdFromDatum(value, &source->id_type);
	position = RecalIdTableFind(raw->ids, &id);
	if (position < 0)
		return;					/* nobody's behaviour tells about it */
	if (raw->n + 1 == raw->capacity)
	{
		raw->capacity *= 2;
		CheckBudget(raw, source);
		raw->position = repalloc_huge(raw->position, mul_size(sizeof(int32), raw->capacity));
		raw->numbers = repalloc_huge(raw->numbers, mul_size(sizeof(double) * raw->ncolumns,
															raw->capacity));
		raw->offsets = repalloc_huge(raw->offsets, mul_size(sizeof(int64), raw->capacity));
	}
	if ((raw->n & 0xFFF) == 0)
		CheckBudget(raw, source);

	slot_getallattrs(slot);
	raw->position[raw->n] = (int32) position;
	raw->offsets[raw->n + 1] = raw->offsets[raw->n];
	for (int c = 0; c < source->ncolumns; c++)
	{
		double	   *number = &raw->numbers[raw->n * raw->ncolumns + c];

		*number = NAN;
		if (slot->tts_isnull[c + 1])
			continue;
		value = slot->tts_values[c + 1];
		if (source->columns[c].kind == RECAL_FEATURE_NUMBER)
			*number = RecalFeatureNumber(value, source->columns[c].type);
		else
			RecalFeatureValues(source, c, value, AddWord, raw);
	}
	raw->n++;
}

/* Codes of words become their places in the sorted table, ascending in each row. */
static void
SortWords(RawRows *raw, const int32 *rank)
{
	int64		out = 0;
	int64		first = 0;

	for (int64 r = 0; r < raw->n; r++)
	{
		int64		n = raw->offsets[r + 1] - first;
		int32	   *words = raw->words + first;

		first += n;
		for (int64 j = 0; j < n; j++)
			words[j] = rank[words[j]];
		qsort(words, n, sizeof(int32), RecalComparePositions);
		n = qunique(words, n, sizeof(int32), RecalComparePositions);
		memmove(raw->words + out, words, sizeof(int32) * n);
		raw->offsets[r] = out;
		out += n;
	}
	raw->offsets[raw->n] = out;
}

/* An order of rows of the same id that does not depend on how they came. */
static int
CompareRows(const RawRows *raw, int64 a, int64 b)
{
	int64		na = raw->offsets[a + 1] - raw->offsets[a];
	int64		nb = raw->offsets[b + 1] - raw->offsets[b];
	int			result;

	if (na != nb)
		return na < nb ? -1 : 1;
	result = memcmp(raw->words + raw->offsets[a], raw->words + raw->offsets[b],
					sizeof(int32) * na);
	if (result != 0 || raw->ncolumns == 0)
		return result;
	return memcmp(raw->numbers + a * raw->ncolumns, raw->numbers + b * raw->ncolumns,
				  sizeof(double) * raw->ncolumns);
}

/* row_of[id] ← the row that counts, or -1 */
static int64 *
ChooseRows(const RawRows *raw, int64 *known)
{
	int64	   *row_of = RecalAllocArray(sizeof(int64), raw->ids->n);

	*known = 0;
	for (int64 i = 0; i < raw->ids->n; i++)
		row_of[i] = -1;
	for (int64 r = 0; r < raw->n; r++)
	{
		int64	   *row = &row_of[raw->position[r]];

		if (*row < 0)
			(*known)++;
		if (*row < 0 || CompareRows(raw, r, *row) < 0)
			*row = r;
	}
	return row_of;
}

/* Mean and deviation of a number column, in the order of ids. */
static RecalFeatureScale
FitScale(const RawRows *raw, const int64 *row_of, int column)
{
	RecalFeatureScale scale = {.kind = RECAL_FEATURE_NUMBER};
	double		sum = 0;
	double		square = 0;
	double		mean;
	double		deviation;
	int64		n = 0;

	for (int pass = 0; pass < 2; pass++)
	{
		for (int64 i = 0; i < raw->ids->n; i++)
		{
			double		number = row_of[i] < 0 ? NAN :
				raw->numbers[row_of[i] * raw->ncolumns + column];

			if (isnan(number))
				continue;
			if (pass == 0)
			{
				sum += number;
				n++;
			}
			else
				square += (number - sum / n) * (number - sum / n);
		}
	}
	mean = n > 0 ? sum / n : 0;
	deviation = n > 0 ? sqrt(square / n) : 0;

	/* what is alike everywhere tells nothing; nor does what float cannot hold */
	if (!(fabs(mean) < FLT_MAX) || !(deviation > fabs(mean) * 1e-12) ||
		!(deviation > FLT_MIN && deviation < FLT_MAX))
		return scale;
	scale.mean = (float) mean;
	scale.mean_rest = (float) (mean - scale.mean);
	scale.scale = (float) (1 / deviation);
	if (scale.scale < FLT_MIN || !isfinite(scale.scale))
		scale.scale = 0;
	return scale;
}

typedef struct CountedWord
{
	int64		count;
	int64		word;
} CountedWord;

static int
CompareCounts(const void *a, const void *b)
{
	const CountedWord *x = a;
	const CountedWord *y = b;

	if (x->count != y->count)
		return x->count > y->count ? -1 : 1;
	return (x->word > y->word) - (x->word < y->word);
}

/* Leaves the most frequent words in the vocabulary; returns each one's new number, or -1. */
static int32 *
ChooseWords(const RawRows *raw, const int64 *row_of, RecalEncoder *encoder)
{
	int64		n = encoder->vocabulary.n;
	CountedWord *counted = RecalAllocArray(sizeof(CountedWord), n);
	bool	   *keep = RecalAllocArray(sizeof(bool), n);
	int32	   *number = RecalAllocArray(sizeof(int32), n);
	int32		kept = 0;

	for (int64 w = 0; w < n; w++)
		counted[w] = (CountedWord) {0, w};
	for (int64 i = 0; i < raw->ids->n; i++)
		if (row_of[i] >= 0)
			for (int64 j = raw->offsets[row_of[i]]; j < raw->offsets[row_of[i] + 1]; j++)
				counted[raw->words[j]].count++;
	qsort(counted, n, sizeof(CountedWord), CompareCounts);
	memset(keep, false, n);
	for (int64 w = 0; w < Min(n, RECAL_MAX_FEATURES - 1 - encoder->ncolumns); w++)
		keep[counted[w].word] = counted[w].count >= LEAST_ROWS;
	for (int64 w = 0; w < n; w++)
		number[w] = keep[w] ? kept++ : -1;
	RecalIdTableKeep(&encoder->vocabulary, keep);
	encoder->width = 1 + encoder->ncolumns + kept;
	pfree(counted);
	pfree(keep);
	return number;
}

/* words of a row that are in the vocabulary, column by column */
static void
EncodeWords(const RawRows *raw, const RecalEncoder *encoder, const int32 *number, int64 r,
			RecalFeatureRow *row)
{
	int32		words[RECAL_MAX_FEATURES];
	int			n = 0;
	int			column = -1;

	for (int64 j = raw->offsets[r]; j < raw->offsets[r + 1]; j++)
	{
		int32		word = number[raw->words[j]];
		int			its;

		if (word < 0)
			continue;
		its = RecalIdTableGet(&encoder->vocabulary, word).data[0];
		if (its != column)
		{
			RecalFeatureRowAddWords(encoder, words, n, row);
			n = 0;
			column = its;
		}
		words[n++] = word;
	}
	RecalFeatureRowAddWords(encoder, words, n, row);
}

static void
EncodeRows(const RawRows *raw, const int64 *row_of, const int32 *number,
		   RecalFeatures *features)
{
	const RecalEncoder *encoder = &features->encoder;
	RecalFeatureRows *rows = &features->rows;
	RecalFeatureRow *row = palloc(sizeof(RecalFeatureRow));
	int64		most = raw->offsets[raw->n] + (1 + raw->ncolumns) * features->known;
	int64		n = 0;

	rows->nrows = raw->ids->n;
	rows->width = encoder->width;
	rows->offsets = RecalAllocArray(sizeof(int64), raw->ids->n + 1);
	rows->columns = RecalAllocArray(sizeof(int32), most);
	rows->values = RecalAllocArray(sizeof(float), most);
	for (int64 i = 0; i < raw->ids->n; i++)
	{
		int64		r = row_of[i];

		if ((i & 0xFFFF) == 0)
			CHECK_FOR_INTERRUPTS();
		rows->offsets[i] = n;
		if (r < 0)
			continue;
		RecalFeatureRowBegin(row);
		for (int c = 0; c < raw->ncolumns; c++)
			RecalFeatureRowAddNumber(encoder, c, raw->numbers[r * raw->ncolumns + c], row);
		EncodeWords(raw, encoder, number, r, row);
		memcpy(rows->columns + n, row->columns, sizeof(int32) * row->n);
		memcpy(rows->values + n, row->values, sizeof(float) * row->n);
		n += row->n;
	}
	rows->offsets[raw->ids->n] = n;
	pfree(row);
}

void
RecalFeaturesRead(const RecalFeatureSource *source, const RecalIdTable *ids, Size max_bytes,
				  RecalFeatures *features)
{
	RecalEncoder *encoder = &features->encoder;
	RawRows		raw = {.ids = ids, .max_bytes = max_bytes, .ncolumns = source->ncolumns};
	int64	   *row_of;
	int32	   *rank;
	int32	   *number;

	memset(features, 0, sizeof(RecalFeatures));
	raw.capacity = 1024;
	raw.words_capacity = 4096;
	raw.position = recal_palloc_array(int32, raw.capacity);
	raw.numbers = palloc(sizeof(double) * raw.capacity * raw.ncolumns);
	raw.offsets = recal_palloc_array(int64, raw.capacity);
	raw.words = recal_palloc_array(int32, raw.words_capacity);
	raw.offsets[0] = 0;
	raw.builder = RecalIdBuilderBegin(RECAL_ID_TEXT);
	RecalFeaturesScan(source, NULL, NULL, ReceiveRow, &raw);

	encoder->ncolumns = source->ncolumns;
	RecalIdBuilderFinish(raw.builder, &encoder->vocabulary, &rank);
	SortWords(&raw, rank);
	row_of = ChooseRows(&raw, &features->known);
	encoder->scales = recal_palloc0_array(RecalFeatureScale, source->ncolumns);
	for (int c = 0; c < source->ncolumns; c++)
		if (source->columns[c].kind == RECAL_FEATURE_NUMBER)
			encoder->scales[c] = FitScale(&raw, row_of, c);
		else
			encoder->scales[c].kind = source->columns[c].kind;
	number = ChooseWords(&raw, row_of, encoder);
	EncodeRows(&raw, row_of, number, features);

	pfree(raw.position);
	pfree(raw.numbers);
	pfree(raw.offsets);
	pfree(raw.words);
	pfree(rank);
	pfree(row_of);
	pfree(number);
}

void
RecalFeaturesReadAll(const RecalModel *model, const RecalDefinition *definition,
					 bool owner_switch, const RecalIdTable *users, const RecalIdTable *items,
					 Size max_bytes, RecalFeatures *features[2])
{
	for (int side = RECAL_SIDE_USERS; side <= RECAL_SIDE_ITEMS; side++)
	{
		const RecalIdTable *ids = side == RECAL_SIDE_ITEMS ? items : users;
		RecalFeatureSource source;
		RecalOwnerSwitch saved;

		features[side] = NULL;
		if (!RecalFeaturesDeclared(definition, side))
			continue;
		features[side] = palloc(sizeof(RecalFeatures));
		if (owner_switch)
			RecalBecomeOwner(model, &saved);
		RecalFeatureSourceResolve(model->name, definition, side, ids->kind, &source);
		RecalFeaturesRead(&source, ids, max_bytes, features[side]);
		if (owner_switch)
			RecalBecomeSelf(&saved);
	}
}

bool
RecalFeaturesPrior(const RecalFeatures *features, int64 i, int d, float *out)
{
	const RecalFeatureRows *rows = &features->rows;
	int64		start = rows->offsets[i];
	int			n = (int) (rows->offsets[i + 1] - start);

	recal_content_row(n, rows->columns + start, rows->values + start, features->encoder.weights,
					  d, out);
	return n > 0;
}

/*
 * Stored form.
 */
static const char *
PartName(RecalSide side, const char *what)
{
	return psprintf("%s_%s", side == RECAL_SIDE_ITEMS ? "item" : "user", what);
}

int64
RecalEncoderWrite(const char *model, int version, RecalSide side, const RecalEncoder *encoder,
				  int factors)
{
	StaticAssertStmt(sizeof(RecalFeatureScale) == sizeof(float) * RECAL_FEATURE_SCALE_FLOATS,
					 "a scale is stored as floats");
	return RecalWeightsWriteIds(model, version, PartName(side, "vocabulary"),
								&encoder->vocabulary) +
		RecalWeightsWriteFloats(model, version, PartName(side, "scales"), encoder->ncolumns,
								RECAL_FEATURE_SCALE_FLOATS, (const float *) encoder->scales) +
		RecalWeightsWriteFloats(model, version, PartName(side, "content"), encoder->width, factors,
								encoder->weights);
}

RecalEncoder *
RecalEncoderLoad(const char *model, int version, RecalSide side, int ncolumns, int factors)
{
	RecalEncoder *encoder = palloc0(sizeof(RecalEncoder));
	bool		damaged;

	encoder->ncolumns = ncolumns;
	RecalWeightsReadIds(model, version, PartName(side, "vocabulary"), &encoder->vocabulary);
	encoder->scales = (RecalFeatureScale *)
		RecalWeightsReadFloats(model, version, PartName(side, "scales"), ncolumns,
							   RECAL_FEATURE_SCALE_FLOATS);
	encoder->width = 1 + ncolumns + (int) Min(encoder->vocabulary.n, RECAL_MAX_FEATURES);
	damaged = encoder->vocabulary.kind != RECAL_ID_TEXT || encoder->width > RECAL_MAX_FEATURES;
	for (int64 w = 0; w < encoder->vocabulary.n && !damaged; w++)
	{
		RecalId		key = RecalIdTableGet(&encoder->vocabulary, w);

		damaged = key.len < 1 || key.data[0] < 1 || key.data[0] > ncolumns;
	}
	if (damaged)
		ereport(ERROR,
				(errcode(ERRCODE_DATA_CORRUPTED),
				 errmsg("weights of model \"%s\", version %d, part \"%s\" are damaged",
						model, version, PartName(side, "vocabulary")),
				 errdetail("Its words do not fit the model's %d features.", ncolumns),
				 errhint("Activate another version with recal_activate, or train the model again.")));
	encoder->weights = RecalWeightsReadFloats(model, version, PartName(side, "content"),
											  encoder->width, factors);
	return encoder;
}
