/*
 * recal_features.h
 *		What the items and users relations say about items and users, as sparse
 *		rows of numbers.
 *
 * Columns of a row: 0 is 1 in each (the intercept); 1 + c is declared column c
 * where that is a number, standardised; then one for each value of the
 * vocabulary. Weights over them (recal_content.h) give factors.
 */
#ifndef RECAL_FEATURES_H
#define RECAL_FEATURES_H

#include "postgres.h"

#include "executor/tuptable.h"
#include "nodes/params.h"

#include "recal_content.h"
#include "recal_ids.h"
#include "recal_model.h"

#define RECAL_MAX_FEATURES			2048	/* columns of a row, the intercept too */
#define RECAL_MAX_FEATURE_COLUMNS	100 /* declared */

typedef enum RecalSide
{
	RECAL_SIDE_USERS,
	RECAL_SIDE_ITEMS
} RecalSide;

typedef enum RecalFeatureKind
{
	RECAL_FEATURE_CATEGORY = 1,
	RECAL_FEATURE_TAGS,
	RECAL_FEATURE_NUMBER
} RecalFeatureKind;

typedef struct RecalFeatureColumn
{
	const char *name;
	RecalFeatureKind kind;
	Oid			type;			/* as it is selected, below domains */
} RecalFeatureColumn;

/* The relation of one side, as it is in the catalogs now. */
typedef struct RecalFeatureSource
{
	const char *model;
	const char *what;			/* "items" or "users" */
	const char *id_column;
	char	   *relation;		/* quoted */
	char	   *select_list;	/* the id, then the declared columns */
	RecalIdType id_type;
	int			ncolumns;
	RecalFeatureColumn *columns;
} RecalFeatureSource;

/* Whether a definition names features of this side. */
extern bool RecalFeaturesDeclared(const RecalDefinition *definition, RecalSide side);

/*
 * Looks relation and columns up; 42P01, 42703, 42804 (with the usable types)
 * where they cannot be used. id_kind is what ids of this side are to be.
 */
extern void RecalFeatureSourceResolve(const char *model, const RecalDefinition *definition,
									  RecalSide side, RecalIdKind id_kind,
									  RecalFeatureSource *source);

/* Has the executor check that the current user may read it; whether policies hide rows. */
extern bool RecalFeatureSourceCheck(const RecalFeatureSource *source);

/*
 * Streams id and features of all rows, or of those that the condition behind
 * WHERE with its parameter leaves, as the current user. Needs an SPI connection.
 */
typedef void (*RecalFeatureVisitor) (const RecalFeatureSource *source, TupleTableSlot *slot,
									 void *arg);

extern void RecalFeaturesScan(const RecalFeatureSource *source, const char *condition,
							  ParamListInfo parameter, RecalFeatureVisitor visit, void *arg);

/* Whether a query's rows have the types that were looked up. */
extern bool RecalFeatureSourceMatches(const RecalFeatureSource *source, TupleDesc rows);

/* A number of any of the types; NaN for one that is not finite. */
extern double RecalFeatureNumber(Datum value, Oid type);

/* The vocabulary's key of a value: false for a value that is too long to be one. */
#define RECAL_MAX_FEATURE_VALUE		1024
#define RECAL_FEATURE_KEY_BYTES		(RECAL_MAX_FEATURE_VALUE + 1)

extern bool RecalFeatureKey(int column, const char *value, int len, char *key, RecalId *id);

/* Calls visit for each value of a category or of tags, duplicates too. */
typedef void (*RecalFeatureValueVisitor) (const RecalId *key, void *arg);

extern void RecalFeatureValues(const RecalFeatureSource *source, int column, Datum value,
							   RecalFeatureValueVisitor visit, void *arg);

/* How training turned columns into numbers. */
typedef struct RecalFeatureScale
{
	float		kind;			/* a RecalFeatureKind */
	float		mean;
	float		mean_rest;		/* what mean lacks, for numbers such as times */
	float		scale;			/* 1 / deviation; 0: the column tells nothing */
} RecalFeatureScale;

#define RECAL_FEATURE_SCALE_FLOATS	4

typedef struct RecalEncoder
{
	int			ncolumns;
	int			width;			/* p */
	RecalFeatureScale *scales;	/* [ncolumns] */
	RecalIdTable vocabulary;
	const float *weights;		/* [p × d], when they have been fitted */
} RecalEncoder;

/* One row while it is being made. */
typedef struct RecalFeatureRow
{
	int			n;
	int32		columns[RECAL_MAX_FEATURES];	/* ascending */
	float		values[RECAL_MAX_FEATURES];
} RecalFeatureRow;

extern void RecalFeatureRowBegin(RecalFeatureRow *row);
extern void RecalFeatureRowAddNumber(const RecalEncoder *encoder, int column, double number,
									 RecalFeatureRow *row);

/* Words of a column by number, in any order, which is changed; tags weigh as one. */
extern void RecalFeatureRowAddWords(const RecalEncoder *encoder, int32 *words, int n,
									RecalFeatureRow *row);

/* A row of the relation as training saw it; columns by their place, the id first. */
extern void RecalEncodeSlot(const RecalEncoder *encoder, const RecalFeatureSource *source,
							TupleTableSlot *slot, RecalFeatureRow *row);

/* An error (42804, with a hint to train) when columns have changed their kind. */
extern void RecalEncoderCheck(const RecalEncoder *encoder, const RecalFeatureSource *source);

/* A feature's name for people, such as country=DE. */
extern char *RecalFeatureName(const RecalEncoder *encoder, const RecalFeatureSource *source,
							  int32 column);

/* What training makes of one side's relation. */
typedef struct RecalFeatures
{
	RecalEncoder encoder;
	RecalFeatureRows rows;		/* of the ids, in their order */
	int64		known;			/* ids that have a row */
} RecalFeatures;

/*
 * Reads the features of ids as the current user: vocabulary and scales are made
 * of these rows alone. Needs an SPI connection.
 */
extern void RecalFeaturesRead(const RecalFeatureSource *source, const RecalIdTable *ids,
							  Size max_bytes, RecalFeatures *features);

/*
 * Reads the features that a definition names for both sides, NULL where it names
 * none; as the model's owner with owner_switch.
 */
extern void RecalFeaturesReadAll(const RecalModel *model, const RecalDefinition *definition,
								 bool owner_switch, const RecalIdTable *users,
								 const RecalIdTable *items, Size max_bytes,
								 RecalFeatures *features[2]);

/* What the weights make of row number i; false when nothing is known about it. */
extern bool RecalFeaturesPrior(const RecalFeatures *features, int64 i, int d, float *out);

/* The encoder as parts of a version; weights [p × d] go with it. */
extern int64 RecalEncoderWrite(const char *model, int version, RecalSide side,
							   const RecalEncoder *encoder, int factors);
extern RecalEncoder *RecalEncoderLoad(const char *model, int version, RecalSide side,
									  int ncolumns, int factors);

#endif							/* RECAL_FEATURES_H */
