/*
 * recal_events.h
 *		From behaviour rows to a sparse matrix.
 *
 * RecalReadEvents streams one query into arrays, no materialised result;
 * RecalMatrixBuild merges the rows of a pair, applies decay and confidence, and
 * compresses by user and by item. Both give the same result whatever the order
 * in which rows arrive.
 */
#ifndef RECAL_EVENTS_H
#define RECAL_EVENTS_H

#include "postgres.h"

#include "nodes/params.h"

#include "recal_ids.h"
#include "recal_model.h"
#include "recal_sparse.h"

/* An answer, in place of the rows of its pair. */
typedef struct RecalAnsweredPair
{
	int32		user;			/* position in users */
	int32		item;			/* position in items */
	float		confidence;		/* in units of an average pair; 0: no pair. Or a rating */
	int64		pair;			/* in the matrix, -1 for no pair; for RecalMatrixBuild */
} RecalAnsweredPair;

typedef struct RecalEvents
{
	RecalIdTable users;
	RecalIdTable items;
	int64		n;				/* rows kept */
	int32	   *user;			/* [n] position in users */
	int32	   *item;			/* [n] position in items */
	float	   *weight;			/* [n] event weight × value; infinite in a row that stands
								 * for an answer */
	double	   *time;			/* [n] unix seconds, -infinity for NULL; NULL without time column */
	int64		rows_read;
	int64		rows_null;		/* skipped: NULL user or item id */
	int64		rows_ignored;	/* event type not listed in event_weights, NULL value, or NULL
								 * time with half_life */
	int64		rows_bad;		/* NaN or infinite values, with on_bad_row = skip */
	double		as_of;			/* newest time, NaN without one */
	bool		row_security;
	int64		nanswers;
	RecalAnsweredPair *answers; /* [nanswers] ascending by user, then item */
} RecalEvents;

/*
 * Reads as owner when owner_switch is true (training), else as the caller
 * (evaluation). max_bytes: memory budget, checked as the arrays grow
 * (53400 configuration_limit_exceeded naming both numbers and recal.train_memory). All
 * arrays live in the current memory context. Needs an SPI connection. Answers
 * come too, each as one more row and in answers; "can't say" does not.
 */
extern void RecalReadEvents(const RecalModel *model, const RecalDefinition *definition,
							bool owner_switch, Size max_bytes, RecalEvents *events);

/* The error of max_bytes above, when reading takes more after so many rows. */
extern void RecalCheckReadBudget(const char *model, int64 rows, Size needed, Size max_bytes);

/*
 * confidence of summed weight: linear s, log ln(1+|s|), binary 1; signed
 */
extern float RecalConfidenceOf(double sum, RecalConfidence how);

/* 2^(-age/half_life), 1 when half_life is 0; later than as_of has age 0 */
extern double RecalDecay(double time, double as_of, double half_life);

/*
 * Sum of contributions in sorted order, in double precision (order of arrival
 * does not matter). Sorts in place.
 */
extern double RecalSumContributions(double *contributions, int n);

/*
 * weight of an event type (NULL type allowed); false when rows of that type
 * are ignored
 */
extern bool RecalEventWeight(const RecalDefinition *definition, const char *type, int len,
							 double *weight);

/* Mean of the ratings of a pair, in sorted order likewise. */
extern double RecalMeanRating(double *ratings, int64 n);

/*
 * One row's contribution as training and serving both count it. Returns
 * RECAL_ROW_OK with *weight = event weight × value, RECAL_ROW_IGNORED, or
 * RECAL_ROW_BAD for NaN and infinity.
 */
typedef enum RecalRowKind
{
	RECAL_ROW_OK,
	RECAL_ROW_IGNORED,
	RECAL_ROW_BAD
} RecalRowKind;

/* A slot's columns beyond the ids, by the order of RecalEventColumns. */
typedef struct RecalEventColumns
{
	/* positions (1-based) in the select list, 0 when absent */
	int			user;
	int			item;
	int			event;
	int			value;
	int			time;
	RecalIdType user_type;
	RecalIdType item_type;
	/* of the columns, below domains; the event arrives as text or varchar */
	Oid			event_type;
	Oid			value_type;
	Oid			time_type;
} RecalEventColumns;

/*
 * Resolves the definition's columns and types against the catalogs (errors as
 * RecalResolveColumn, wrong types 42804 with a hint) and returns the select
 * list "user, item, event, value, time" (only those declared, quoted;
 * the event column cast to text where it is neither text nor varchar).
 */
extern char *RecalEventSelectList(const char *model, const RecalDefinition *definition,
								  Oid relation, RecalEventColumns *columns);

/*
 * Runs a query of RecalEventSelectList's columns, and calls visit for each row;
 * what it allocates in the current context goes with the row. 55006 when a
 * column was altered, or another table took the name, in between. The plan is
 * freed. The rows pass by one at a time, and nothing counts them.
 */
struct _SPI_plan;				/* executor/spi.h has names that others use */
typedef void (*RecalEventVisitor) (void *arg, const Datum *values, const bool *isnull);

extern void RecalEventsVisit(const char *model, const RecalEventColumns *columns,
							 struct _SPI_plan *plan, ParamListInfo params,
							 RecalEventVisitor visit, void *arg);

/* event type, value, time of one row; *time is set whatever kind of row it is */
extern RecalRowKind RecalEventRow(const RecalDefinition *definition,
								  const RecalEventColumns *columns,
								  const Datum *values, const bool *isnull,
								  double *weight, double *time);

/*
 * A value of a number's type (int2 to numeric), or a date or timestamp as unix
 * seconds; infinite where double precision or the calendar ends.
 */
extern double RecalNumberFromDatum(Datum value, Oid type);

/*
 * The other way round for the type of a time column: a time that is at most the
 * one given, and as near as the type allows. false when the type ends before it.
 */
extern bool RecalTimeToDatum(double time, Oid type, Datum *value);

typedef struct RecalMatrix
{
	int64		nusers;
	int64		nitems;
	int64		nnz;
	RecalCsr	by_user;		/* with ratings: entries are ratings less their mean, not confidences */
	double	   *pair_time;		/* [nnz], newest row of each pair in by_user order, or NULL */
	bool		ratings;
	float		mean_rating;	/* this and the next are of ratings only */
	float		rating_deviation;	/* standard deviation; 1 when all are equal */
	float		min_rating;
	float		max_rating;
	double		mean_confidence;	/* confidences were divided by it */
	int64		dislikes;
	int64		nanswered;
	int64	   *answered;		/* [nanswered] pairs that are answers, ascending; NULL: none */
} RecalMatrix;

/*
 * Merges events to pairs (each group in sorted order, in double precision),
 * drops pairs whose sum is 0, then users and items without pairs (ids in
 * events are compacted to match). Of ratings the newest of a pair counts, or
 * the mean of those of the same time. Frees the rows' arrays. An error (22023 or
 * 55000, with a hint) when nothing is left. Arrays are in the current context.
 */
extern void RecalMatrixBuild(const char *model, RecalEvents *events,
							 const RecalDefinition *definition, RecalMatrix *matrix);

/* train ← matrix without nout pairs that are out [nnz], users and items as they are; in the current context. */
extern void RecalMatrixWithout(const RecalMatrix *matrix, const bool *out, int64 nout,
							   RecalMatrix *train);

/* Frees what RecalMatrixWithout made. */
extern void RecalMatrixFreeRows(RecalMatrix *train);

/* [nitems] whether an item has a pair, so that a version would know it */
extern bool *RecalMatrixItems(const RecalMatrix *matrix);

/* A pair in the stream of all users' */
typedef struct RecalStreamRow
{
	double		time;
	int32		user;
	int32		item;
} RecalStreamRow;

/* In order of time, and where that is the same by user and item. For qsort. */
extern int	RecalCompareStreamRows(const void *a, const void *b);

/* A copy in the current context, for RecalMatrixBuild to use up. */
extern void RecalEventsCopy(const RecalEvents *events, RecalEvents *copy);

#endif							/* RECAL_EVENTS_H */
