/*
 * recal_ids.h
 *		User and item ids: what types they may have, how they compare, and the
 *		sorted tables that give each id its dense number.
 *
 * Three kinds carry every supported type: integers (int2, int4, int8), uuid,
 * and text (text, varchar, and enums by label); domains count as what they are
 * over. Order is numeric for integers and bytewise for the rest.
 */
#ifndef RECAL_IDS_H
#define RECAL_IDS_H

#include "postgres.h"

typedef enum RecalIdKind
{
	RECAL_ID_INT = 'i',
	RECAL_ID_UUID = 'u',
	RECAL_ID_TEXT = 't'
} RecalIdKind;

typedef struct RecalId
{
	RecalIdKind kind;
	int64		integer;		/* RECAL_ID_INT */
	const char *data;			/* others: not terminated */
	int32		len;			/* bytes of data; 16 for uuid */
} RecalId;

typedef struct RecalIdType
{
	Oid			type;			/* as declared */
	Oid			base;			/* below domains */
	int32		typmod;
	RecalIdKind kind;
} RecalIdType;

/* false when ids cannot have this type */
extern bool RecalIdTypeOf(Oid type, int32 typmod, RecalIdType *result);

/* A value of the column's type as an id; data may point into the (detoasted) datum. */
extern RecalId RecalIdFromDatum(Datum value, const RecalIdType *type);

/*
 * A value that a caller passed for a column, of the argument type argtype:
 * text and unknown (a C string) are read through the column's input function,
 * any other type must be of the column's kind, else ERRCODE_DATATYPE_MISMATCH
 * with what (such as "user_id") in the message.
 */
extern RecalId RecalIdFromArgument(Datum value, Oid argtype, const RecalIdType *column,
								   const char *what);

/*
 * The id as a value of an output type: any integer type for integers (with
 * ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE), uuid, text and varchar, enums; text for
 * every kind. Other combinations: ERRCODE_DATATYPE_MISMATCH with a hint.
 */
extern Datum RecalIdToDatum(const RecalId *id, Oid type, const char *what);

/*
 * The id as a parameter of the column's base type. Returns false when no value
 * of the column can be equal to it (an integer out of range, an unknown enum
 * label).
 */
extern bool RecalIdToColumn(const RecalId *id, const RecalIdType *column, Datum *value);

/* An id as text, palloc'd: for messages, and where ids of any kind are stored. */
extern char *RecalIdToCString(const RecalId *id);

/*
 * The id that RecalIdToCString wrote so; false when it is none of that kind.
 * data may point into text.
 */
extern bool RecalIdFromCString(const char *text, RecalIdKind kind, RecalId *id);

extern int	RecalIdCompare(const RecalId *a, const RecalId *b);

/* n distinct ids in ascending order; the position is the dense number. */
typedef struct RecalIdTable
{
	RecalIdKind kind;
	int64		n;
	const int64 *integers;		/* RECAL_ID_INT: [n] */
	const char *data;			/* uuid: 16·n bytes; text: all bytes in order */
	const uint64 *offsets;		/* text: [n + 1] into data */
} RecalIdTable;

extern RecalId RecalIdTableGet(const RecalIdTable *table, int64 position);

/* position of id, or -1; binary search */
extern int64 RecalIdTableFind(const RecalIdTable *table, const RecalId *id);

/*
 * Builds a table from a stream: Add gives each distinct id a provisional code
 * (0, 1, ... in order of arrival), Finish sorts and returns the table with
 * rank[code] = final position. Memory comes from the current context at Begin.
 */
typedef struct RecalIdBuilder RecalIdBuilder;

extern RecalIdBuilder *RecalIdBuilderBegin(RecalIdKind kind);
extern int32 RecalIdBuilderAdd(RecalIdBuilder *builder, const RecalId *id);
/* The same for a few hundred integers at once: several times faster when there are many ids. */
extern void RecalIdBuilderAddIntegers(RecalIdBuilder *builder, const int64 *integers, int n,
									  int32 *codes);
extern int64 RecalIdBuilderCount(const RecalIdBuilder *builder);
extern Size RecalIdBuilderBytes(const RecalIdBuilder *builder);
extern void RecalIdBuilderFinish(RecalIdBuilder *builder, RecalIdTable *table, int32 **rank);

/*
 * Leaves only the ids whose keep[position] is true, in place: for a table that
 * Finish made.
 */
extern void RecalIdTableKeep(RecalIdTable *table, const bool *keep);

/* A copy in the current context. */
extern void RecalIdTableCopy(const RecalIdTable *table, RecalIdTable *copy);

#endif							/* RECAL_IDS_H */
