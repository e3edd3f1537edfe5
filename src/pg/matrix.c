/*
 * matrix.c
 *		From rows to a sparse matrix: sorts them by user and item, merges the
 *		rows of each pair, and numbers what is left.
 *
 * The sort is two counting sorts, by item and then by user, each stable and
 * linear. Arrays go as soon as they have been moved: at 20 million rows the
 * peak is 20 bytes a row, 36 with times.
 */
#include "postgres.h"

#include <float.h>
#include <limits.h>
#include <math.h>

#include "utils/memutils.h"

#include "recal_compat.h"
#include "recal_events.h"

/* A row in a bucket: of an item in the first sort, of a user in the second. */
typedef struct Row
{
	int32		other;			/* the user in the first, the item in the second */
	float		weight;
} Row;

typedef struct SortedRows
{
	int64		n;
	int64		nbuckets;
	int64	   *ends;			/* [nbuckets], of the bucket's rows */
	Row		   *rows;			/* [n] */
	double	   *times;			/* [n] or NULL */
} SortedRows;

static void *
AllocArray(Size element, int64 n)
{
	return MemoryContextAllocHuge(CurrentMemoryContext, mul_size(element, Max(n, 1)));
}

/* now and then in loops over rows */
static inline void
CheckInterruptsAt(int64 row)
{
	if ((row & 0xFFFFF) == 0)
		CHECK_FOR_INTERRUPTS();
}

/*
 * Room for keys' rows in buckets. ends starts as each bucket's beginning; the
 * sort moves it forward row by row.
 */
static void
BeginSort(SortedRows *sorted, const int32 *keys, int64 n, int64 nbuckets)
{
	int64		begin = 0;

	sorted->n = n;
	sorted->nbuckets = nbuckets;
	sorted->ends = AllocArray(sizeof(int64), nbuckets);
	memset(sorted->ends, 0, sizeof(int64) * nbuckets);
	for (int64 row = 0; row < n; row++)
	{
		CheckInterruptsAt(row);
		sorted->ends[keys[row]]++;
	}
	for (int64 bucket = 0; bucket < nbuckets; bucket++)
	{
		int64		count = sorted->ends[bucket];

		sorted->ends[bucket] = begin;
		begin += count;
	}
}

static void
AllocRows(SortedRows *sorted, bool times)
{
	sorted->rows = AllocArray(sizeof(Row), sorted->n);
	sorted->times = times ? AllocArray(sizeof(double), sorted->n) : NULL;
}

static void
FreeRows(SortedRows *sorted)
{
	pfree(sorted->ends);
	pfree(sorted->rows);
	if (sorted->times != NULL)
		pfree(sorted->times);
}

static inline void
PutRow(SortedRows *sorted, int32 bucket, int32 other, float weight, const double *time)
{
	int64		place = sorted->ends[bucket]++;

	sorted->rows[place].other = other;
	sorted->rows[place].weight = weight;
	if (sorted->times != NULL)
		sorted->times[place] = *time;
}

/* Sorts by item, then by user, so that each user's rows ascend by item. */
static void
SortRows(RecalEvents *events, SortedRows *by_user)
{
	SortedRows	by_item;
	bool		times = events->time != NULL;
	int32		item = 0;

	BeginSort(&by_item, events->item, events->n, events->items.n);
	BeginSort(by_user, events->user, events->n, events->users.n);
	AllocRows(&by_item, times);
	for (int64 row = 0; row < events->n; row++)
	{
		CheckInterruptsAt(row);
		PutRow(&by_item, events->item[row], events->user[row], events->weight[row],
			   times ? &events->time[row] : NULL);
	}
	pfree(events->user);
	pfree(events->item);
	pfree(events->weight);
	if (times)
		pfree(events->time);
	events->user = NULL;
	events->item = NULL;
	events->weight = NULL;
	events->time = NULL;

	AllocRows(by_user, times);
	for (int64 row = 0; row < by_item.n; row++)
	{
		CheckInterruptsAt(row);
		while (row >= by_item.ends[item])
			item++;
		PutRow(by_user, by_item.rows[row].other, item, by_item.rows[row].weight,
			   times ? &by_item.times[row] : NULL);
	}
	FreeRows(&by_item);
}

static double
Contribution(const SortedRows *rows, int64 row, const RecalDefinition *definition, double as_of)
{
	double		weight = rows->rows[row].weight;

	if (definition->half_life > 0 && rows->times != NULL)
		weight *= RecalDecay(rows->times[row], as_of, definition->half_life);
	return weight;
}

/* Sum over rows first .. end - 1, which are of one pair. group is work space. */
static double
SumPair(const SortedRows *rows, int64 first, int64 end, const RecalDefinition *definition,
		double as_of, double **group, int64 *capacity)
{
	int64		n = end - first;

	if (n == 1)
		return Contribution(rows, first, definition, as_of);
	if (n > INT_MAX)
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("too many rows of one user and item"),
				 errhint("Make the model over a view that sums them.")));
	if (n > *capacity)
	{
		pfree(*group);
		*capacity = n * 2;
		*group = AllocArray(sizeof(double), *capacity);
	}
	for (int64 row = first; row < end; row++)
		(*group)[row - first] = Contribution(rows, row, definition, as_of);
	return RecalSumContributions(*group, (int) n);
}

/* The rating of a pair: the newest row's, or the mean of rows of the same time. */
static double
RatePair(const SortedRows *rows, int64 first, int64 end, double **group, int64 *capacity)
{
	double		newest = -INFINITY;
	int64		n = 0;

	if (end - first == 1)
		return rows->rows[first].weight;
	if (end - first > *capacity)
	{
		pfree(*group);
		*capacity = (end - first) * 2;
		*group = AllocArray(sizeof(double), *capacity);
	}
	for (int64 row = first; row < end && rows->times != NULL; row++)
		newest = Max(newest, rows->times[row]);
	for (int64 row = first; row < end; row++)
		if (rows->times == NULL || rows->times[row] == newest)
			(*group)[n++] = rows->rows[row].weight;
	return RecalMeanRating(*group, n);
}

/* Whether one of the rows first .. end - 1 stands for an answer. */
static bool
IsAnswered(const SortedRows *rows, int64 first, int64 end)
{
	for (int64 row = first; row < end; row++)
		if (isinf(rows->rows[row].weight))
			return true;
	return false;
}

static void
ErrorConfidence(const char *model, const RecalEvents *events, int64 user, int64 item)
{
	RecalId		user_id = RecalIdTableGet(&events->users, user);
	RecalId		item_id = RecalIdTableGet(&events->items, item);

	ereport(ERROR,
			(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
			 errmsg("the summed weight of a user and item of model \"%s\" is out of range", model),
			 errdetail("It is that of user %s and item %s.",
					   RecalIdToCString(&user_id), RecalIdToCString(&item_id)),
			 errhint("Scale the values down, or set the option \"confidence\" to \"log\".")));
}

/*
 * Merges the rows of each pair, leaving out pairs that sum to nothing. The
 * newest time of each pair moves to the front of rows' times.
 */
static void
MergePairs(const char *model, const RecalEvents *events, SortedRows *rows,
		   const RecalDefinition *definition, RecalMatrix *matrix)
{
	RecalCsr   *csr = &matrix->by_user;
	int64		capacity = 64;
	double	   *group = AllocArray(sizeof(double), capacity);
	RecalAnsweredPair *answer = events->answers;	/* the next one: pairs come in their order */
	bool		ratings = definition->objective == RECAL_EXPLICIT;
	int64		nnz = 0;
	int64		row = 0;

	csr->nrows = rows->nbuckets;
	csr->offsets = AllocArray(sizeof(int64), rows->nbuckets + 1);
	csr->columns = AllocArray(sizeof(int32), rows->n);
	csr->confidences = AllocArray(sizeof(float), rows->n);
	matrix->dislikes = 0;

	csr->offsets[0] = 0;
	for (int64 user = 0; user < rows->nbuckets; user++)
	{
		CHECK_FOR_INTERRUPTS();
		while (row < rows->ends[user])
		{
			int64		first = row++;
			int32		item = rows->rows[first].other;
			float		confidence;

			while (row < rows->ends[user] && rows->rows[row].other == item)
				row++;
			if (events->nanswers > 0 && IsAnswered(rows, first, row))
			{
				confidence = answer->confidence;
				answer->pair = confidence == 0 && !ratings ? -1 : nnz;
				answer++;
			}
			else if (ratings)
				confidence = (float) RatePair(rows, first, row, &group, &capacity);
			else
				confidence = RecalConfidenceOf(SumPair(rows, first, row, definition,
													   events->as_of, &group, &capacity),
											   definition->options.confidence);
			if (!isfinite(confidence))
				ErrorConfidence(model, events, user, item);
			if (confidence == 0 && !ratings)
				continue;

			if (rows->times != NULL)
			{
				double		newest = rows->times[first];

				for (int64 other = first + 1; other < row; other++)
					newest = Max(newest, rows->times[other]);
				rows->times[nnz] = newest;
			}
			csr->columns[nnz] = item;
			csr->confidences[nnz++] = confidence;
			matrix->dislikes += confidence < 0 && !ratings;
		}
		csr->offsets[user + 1] = nnz;
	}
	matrix->nnz = nnz;
	pfree(group);
}

/* Gives back what merging has left unused. */
static void
TrimPairs(RecalMatrix *matrix, SortedRows *rows)
{
	RecalCsr   *csr = &matrix->by_user;
	Size		nnz = Max(matrix->nnz, 1);

	pfree(rows->ends);
	pfree(rows->rows);
	matrix->pair_time = rows->times;
	if (matrix->nnz == rows->n)
		return;
	csr->columns = repalloc_huge(csr->columns, sizeof(int32) * nnz);
	csr->confidences = repalloc_huge(csr->confidences, sizeof(float) * nnz);
	if (matrix->pair_time != NULL)
		matrix->pair_time = repalloc_huge(matrix->pair_time, sizeof(double) * nnz);
}

/*
 * Divides by the mean, so that regularization means the same for any weights.
 * Answers are in units of the mean already, and no part of it.
 */
static void
NormalizeConfidences(const RecalEvents *events, RecalMatrix *matrix)
{
	float	   *confidences = matrix->by_user.confidences;
	int64		nsummed = matrix->nnz;
	double		sum = 0;
	float		mean;

	for (int64 i = 0; i < events->nanswers; i++)
	{
		if (events->answers[i].pair < 0)
			continue;
		confidences[events->answers[i].pair] = 0;
		nsummed--;
	}
	for (int64 pair = 0; pair < matrix->nnz; pair++)
		sum += fabsf(confidences[pair]);

	/* as float, because that is how serving knows it */
	mean = nsummed > 0 ? (float) (sum / (double) nsummed) : 1;
	for (int64 pair = 0; pair < matrix->nnz; pair++)
	{
		float		confidence = confidences[pair] / mean;

		/* far below the mean, but the pair exists */
		if (fabsf(confidence) < FLT_MIN)
			confidence = copysignf(FLT_MIN, confidence);
		confidences[pair] = confidence;
	}
	for (int64 i = 0; i < events->nanswers; i++)
		if (events->answers[i].pair >= 0)
			confidences[events->answers[i].pair] = events->answers[i].confidence;
	matrix->mean_confidence = mean;
}

/* Takes the mean off ratings. */
static void
CenterRatings(RecalMatrix *matrix)
{
	float	   *ratings = matrix->by_user.confidences;
	double		sum = 0;
	double		squares = 0;

	matrix->ratings = true;
	matrix->mean_confidence = 1;
	matrix->min_rating = matrix->max_rating = ratings[0];
	for (int64 pair = 0; pair < matrix->nnz; pair++)
	{
		sum += ratings[pair];
		matrix->min_rating = Min(matrix->min_rating, ratings[pair]);
		matrix->max_rating = Max(matrix->max_rating, ratings[pair]);
	}

	/* as float, because that is how serving knows it */
	matrix->mean_rating = (float) (sum / (double) matrix->nnz);
	for (int64 pair = 0; pair < matrix->nnz; pair++)
	{
		ratings[pair] -= matrix->mean_rating;
		squares += (double) ratings[pair] * ratings[pair];
	}
	matrix->rating_deviation = (float) sqrt(squares / (double) matrix->nnz);
	if (matrix->min_rating == matrix->max_rating)
		matrix->rating_deviation = 1;
}

/* Pairs keep their numbers from here on, and answers come in their order. */
static void
NoteAnswers(const RecalEvents *events, RecalMatrix *matrix)
{
	if (events->nanswers == 0)
		return;
	matrix->answered = AllocArray(sizeof(int64), events->nanswers);
	for (int64 i = 0; i < events->nanswers; i++)
		if (events->answers[i].pair >= 0)
			matrix->answered[matrix->nanswered++] = events->answers[i].pair;
}

/* Drops users without pairs, and closes the gaps in offsets. */
static void
CompactUsers(RecalEvents *events, RecalMatrix *matrix)
{
	RecalCsr   *csr = &matrix->by_user;
	bool	   *keep = AllocArray(sizeof(bool), csr->nrows);
	int64		n = 0;

	for (int64 user = 0; user < csr->nrows; user++)
	{
		keep[user] = csr->offsets[user + 1] > csr->offsets[user];
		if (keep[user])
			csr->offsets[++n] = csr->offsets[user + 1];
	}
	if (n < csr->nrows)
		RecalIdTableKeep(&events->users, keep);
	csr->nrows = n;
	matrix->nusers = n;
	pfree(keep);
}

/* Drops items without pairs, and renumbers the columns. */
static void
CompactItems(RecalEvents *events, RecalMatrix *matrix)
{
	RecalCsr   *csr = &matrix->by_user;
	int64		nitems = events->items.n;
	bool	   *keep = AllocArray(sizeof(bool), nitems);
	int64		n = 0;

	memset(keep, 0, nitems);
	for (int64 pair = 0; pair < matrix->nnz; pair++)
	{
		CheckInterruptsAt(pair);
		keep[csr->columns[pair]] = true;
	}
	for (int64 item = 0; item < nitems; item++)
		n += keep[item];

	if (n < nitems)
	{
		int32	   *number = AllocArray(sizeof(int32), nitems);

		n = 0;
		for (int64 item = 0; item < nitems; item++)
			number[item] = keep[item] ? (int32) n++ : -1;
		for (int64 pair = 0; pair < matrix->nnz; pair++)
		{
			CheckInterruptsAt(pair);
			csr->columns[pair] = number[csr->columns[pair]];
		}
		RecalIdTableKeep(&events->items, keep);
		pfree(number);
	}
	matrix->nitems = n;
	pfree(keep);
}

static void
ErrorNothingLeft(const char *model, const RecalEvents *events, const RecalMatrix *matrix)
{
	if (events->rows_read == 0)
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("there are no rows to train model \"%s\" on", model),
				 events->row_security ?
				 errdetail("Row-level security applies, and may hide them.") : 0,
				 errhint("Fill the events relation first.")));
	if (events->n == 0)
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("there are no usable rows to train model \"%s\" on", model),
				 errdetail("Of " INT64_FORMAT " rows, " INT64_FORMAT " have a NULL id, "
						   INT64_FORMAT " an event type that is not listed, or a NULL value or time, and "
						   INT64_FORMAT " a value or time that is NaN or infinite.",
						   events->rows_read, events->rows_null, events->rows_ignored,
						   events->rows_bad),
				 errhint("Check event_weights and the columns of the model.")));
	ereport(ERROR,
			(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
			 errmsg("no user of model \"%s\" likes any item", model),
			 errdetail("Of " INT64_FORMAT " rows, " INT64_FORMAT " are usable; they make "
					   INT64_FORMAT " pairs of a user and an item with a negative weight, and none with a positive one.",
					   events->rows_read, events->n, matrix->dislikes),
			 errhint("Check event_weights, half_life and the values: a pair's sum must be positive for it to count as liked.")));
}

void
RecalMatrixBuild(const char *model, RecalEvents *events, const RecalDefinition *definition,
				 RecalMatrix *matrix)
{
	SortedRows	rows;

	memset(matrix, 0, sizeof(RecalMatrix));
	if (events->n == 0)
		ErrorNothingLeft(model, events, matrix);

	SortRows(events, &rows);
	MergePairs(model, events, &rows, definition, matrix);
	TrimPairs(matrix, &rows);
	if (matrix->nnz == matrix->dislikes)
		ErrorNothingLeft(model, events, matrix);

	if (definition->objective == RECAL_EXPLICIT)
		CenterRatings(matrix);
	else
		NormalizeConfidences(events, matrix);
	NoteAnswers(events, matrix);
	if (events->answers != NULL)
		pfree(events->answers);
	events->answers = NULL;
	CompactUsers(events, matrix);
	CompactItems(events, matrix);
}

static void *
CopyArray(const void *from, Size element, int64 n)
{
	void	   *copy;

	if (from == NULL)
		return NULL;
	copy = AllocArray(element, n);
	memcpy(copy, from, element * n);
	return copy;
}

void
RecalEventsCopy(const RecalEvents *events, RecalEvents *copy)
{
	*copy = *events;
	copy->user = CopyArray(events->user, sizeof(int32), events->n);
	copy->item = CopyArray(events->item, sizeof(int32), events->n);
	copy->weight = CopyArray(events->weight, sizeof(float), events->n);
	copy->time = CopyArray(events->time, sizeof(double), events->n);
	copy->answers = CopyArray(events->answers, sizeof(RecalAnsweredPair), events->nanswers);
	RecalIdTableCopy(&events->users, &copy->users);
	RecalIdTableCopy(&events->items, &copy->items);
}
