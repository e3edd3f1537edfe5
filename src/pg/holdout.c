/*
 * holdout.c
 *		Splits a matrix into what is trained on and what is to be predicted.
 */
#include "postgres.h"

#include <math.h>

#include "recal_compat.h"
#include "recal_evaluate.h"
#include "recal_factorize.h"
#include "recal_rng.h"

#define MIN_PAIRS 3				/* of a user, to hold one out and have a history left */
#define RATINGS_OUT .1			/* of all ratings, at random */
#define HOLDOUT_STREAM UINT64CONST(0x686f6c646f7574)	/* "holdout" */

/* Whether a pair is something to predict */
static inline bool
IsTarget(const RecalMatrix *matrix, int64 pair)
{
	return matrix->ratings || matrix->by_user.confidences[pair] > 0;
}

/* The pair of user u that "last" or "random" holds out, or -1. */
static int64
PickPair(const RecalMatrix *matrix, int64 u, RecalProtocol protocol, int64 seed)
{
	const RecalCsr *rows = &matrix->by_user;
	int64		start = rows->offsets[u];
	int64		end = rows->offsets[u + 1];
	int64		picked = -1;
	int64		liked = 0;

	if (end - start < MIN_PAIRS)
		return -1;
	if (protocol == RECAL_PROTOCOL_LAST)
	{
		/* columns ascend: a later item wins a tie */
		for (int64 j = start; j < end; j++)
			if (IsTarget(matrix, j) &&
				(picked < 0 || matrix->pair_time[j] >= matrix->pair_time[picked]))
				picked = j;
		return picked;
	}

	for (int64 j = start; j < end; j++)
		liked += rows->confidences[j] > 0;
	if (liked == 0)
		return -1;
	liked = (int64) (recal_rng_bits(seed, HOLDOUT_STREAM, u) % (uint64) liked);
	for (int64 j = start; j < end; j++)
		if (rows->confidences[j] > 0 && liked-- == 0)
			return j;
	return -1;
}

static int
CompareDoubles(const void *a, const void *b)
{
	double		x = *(const double *) a;
	double		y = *(const double *) b;

	return (x > y) - (x < y);
}

/* The time after which the newest tenth of the pairs lies. */
static double
SplitTime(const RecalMatrix *matrix)
{
	double	   *times = palloc_extended(sizeof(double) * matrix->nnz, MCXT_ALLOC_HUGE);
	double		split;

	memcpy(times, matrix->pair_time, sizeof(double) * matrix->nnz);
	qsort(times, matrix->nnz, sizeof(double), CompareDoubles);
	split = times[(matrix->nnz * 9) / 10];
	pfree(times);
	return split;
}

/* out[pair] = held out */
static void
MarkPairs(const RecalMatrix *matrix, RecalProtocol protocol, int64 seed, bool *out)
{
	memset(out, 0, matrix->nnz);
	if (protocol == RECAL_PROTOCOL_TIME || protocol == RECAL_PROTOCOL_LIVE)
	{
		double		split = SplitTime(matrix);

		for (int64 j = 0; j < matrix->nnz; j++)
			out[j] = matrix->pair_time[j] >= split;
		return;
	}
	if (protocol == RECAL_PROTOCOL_RANDOM && matrix->ratings)
	{
		for (int64 j = 0; j < matrix->nnz; j++)
			out[j] = recal_rng_uniform(seed, HOLDOUT_STREAM, j) < RATINGS_OUT;
		return;
	}
	for (int64 u = 0; u < matrix->nusers; u++)
	{
		int64		j = PickPair(matrix, u, protocol, seed);

		if (j >= 0)
			out[j] = true;
	}
}

/* Numbers of the answers among the pairs that are not out */
static void
KeepAnswered(const RecalMatrix *matrix, const bool *out, RecalMatrix *train)
{
	int64		answer = 0;
	int64		n = 0;

	train->answered = NULL;
	train->nanswered = 0;
	if (matrix->nanswered == 0)
		return;
	train->answered = palloc_extended(sizeof(int64) * matrix->nanswered, MCXT_ALLOC_HUGE);
	for (int64 j = 0; j < matrix->nnz && answer < matrix->nanswered; j++)
	{
		if (matrix->answered[answer] == j)
		{
			answer++;
			if (!out[j])
				train->answered[train->nanswered++] = n;
		}
		n += !out[j];
	}
}

void
RecalMatrixWithout(const RecalMatrix *matrix, const bool *out, int64 nout, RecalMatrix *train)
{
	const RecalCsr *from = &matrix->by_user;
	RecalCsr   *to = &train->by_user;
	int64		n = 0;

	*train = *matrix;
	train->pair_time = NULL;
	train->nnz = matrix->nnz - nout;
	train->dislikes = 0;
	to->nrows = from->nrows;
	to->offsets = palloc_extended(sizeof(int64) * (from->nrows + 1), MCXT_ALLOC_HUGE);
	to->columns = palloc_extended(sizeof(int32) * Max(train->nnz, 1), MCXT_ALLOC_HUGE);
	to->confidences = palloc_extended(sizeof(float) * Max(train->nnz, 1), MCXT_ALLOC_HUGE);
	if (matrix->pair_time)
		train->pair_time = palloc_extended(sizeof(double) * Max(train->nnz, 1), MCXT_ALLOC_HUGE);

	for (int64 u = 0; u < from->nrows; u++)
	{
		to->offsets[u] = n;
		for (int64 j = from->offsets[u]; j < from->offsets[u + 1]; j++)
		{
			if (out[j])
				continue;
			to->columns[n] = from->columns[j];
			to->confidences[n] = from->confidences[j];
			train->dislikes += from->confidences[j] < 0 && !matrix->ratings;
			if (matrix->pair_time)
				train->pair_time[n] = matrix->pair_time[j];
			n++;
		}
	}
	to->offsets[from->nrows] = n;
	KeepAnswered(matrix, out, train);
}

void
RecalMatrixFreeRows(RecalMatrix *train)
{
	pfree(train->by_user.offsets);
	pfree(train->by_user.columns);
	pfree(train->by_user.confidences);
	if (train->pair_time != NULL)
		pfree(train->pair_time);
	if (train->answered != NULL)
		pfree(train->answered);
}

bool *
RecalMatrixItems(const RecalMatrix *matrix)
{
	bool	   *has = palloc_extended(Max(matrix->nitems, 1), MCXT_ALLOC_HUGE | MCXT_ALLOC_ZERO);

	for (int64 j = 0; j < matrix->by_user.offsets[matrix->by_user.nrows]; j++)
		has[matrix->by_user.columns[j]] = true;
	return has;
}

/* Users with a held-out pair to predict and a row left to predict it from. */
static void
CollectTargets(const RecalMatrix *matrix, RecalProtocol protocol, const bool *out,
			   int64 max_users, RecalHoldout *holdout)
{
	const RecalCsr *rows = &matrix->by_user;
	int64		eligible = 0;
	int64		seen = 0;
	int64		ntargets = 0;
	bool	   *has = palloc0(Max(matrix->nusers, 1));

	for (int64 u = 0; u < matrix->nusers; u++)
	{
		bool		target = false;
		bool		left = false;

		for (int64 j = rows->offsets[u]; j < rows->offsets[u + 1]; j++)
			if (!out[j])
				left = true;
			else if (IsTarget(matrix, j))
				target = true;
		has[u] = target && left;
		eligible += has[u];
	}

	holdout->ntest = Min(eligible, max_users);
	holdout->user = recal_palloc_array(int32, Max(holdout->ntest, 1));
	holdout->offsets = recal_palloc_array(int64, holdout->ntest + 1);
	holdout->targets = palloc_extended(sizeof(int32) * Max(matrix->nnz - holdout->train.nnz, 1),
									   MCXT_ALLOC_HUGE);
	holdout->target_ratings = NULL;
	if (protocol != RECAL_PROTOCOL_RANDOM && !matrix->ratings)
		holdout->moments = recal_palloc_array(double, Max(holdout->ntest, 1));
	if (matrix->ratings)
		holdout->target_ratings = palloc_extended(sizeof(float) * Max(matrix->nnz - holdout->train.nnz, 1),
												  MCXT_ALLOC_HUGE);
	holdout->ntest = 0;
	for (int64 u = 0; u < matrix->nusers; u++)
	{
		if (!has[u])
			continue;
		/* evenly: whenever the share of users taken falls behind */
		if ((seen++ * Min(eligible, max_users)) / eligible < holdout->ntest)
			continue;
		holdout->user[holdout->ntest] = (int32) u;
		holdout->offsets[holdout->ntest] = ntargets;
		for (int64 j = rows->offsets[u]; j < rows->offsets[u + 1]; j++)
		{
			if (!out[j] || !IsTarget(matrix, j))
				continue;
			if (matrix->ratings)
				holdout->target_ratings[ntargets] = rows->confidences[j];
			if (holdout->moments != NULL &&
				(ntargets == holdout->offsets[holdout->ntest] ||
				 matrix->pair_time[j] < holdout->moments[holdout->ntest]))
				holdout->moments[holdout->ntest] = matrix->pair_time[j];
			holdout->targets[ntargets++] = rows->columns[j];
		}
		holdout->ntest++;
		if (holdout->ntest == Min(eligible, max_users))
			break;
	}
	holdout->offsets[holdout->ntest] = ntargets;
	pfree(has);
}

/* A row of live that is to be found */
typedef struct TestRow
{
	RecalStreamRow row;			/* first, by which they are ordered */
	int64		known;
} TestRow;

int
RecalCompareStreamRows(const void *a, const void *b)
{
	const RecalStreamRow *x = a;
	const RecalStreamRow *y = b;

	if (x->time != y->time)
		return x->time < y->time ? -1 : 1;
	if (x->user != y->user)
		return x->user < y->user ? -1 : 1;
	return (x->item > y->item) - (x->item < y->item);
}

/* stream ← matrix with each user's pairs oldest first */
static void
SortByTime(const RecalMatrix *matrix, RecalMatrix *stream)
{
	const RecalCsr *from = &matrix->by_user;
	RecalCsr   *to = &stream->by_user;
	RecalTimed *pairs;
	int64		longest = 0;

	*stream = *matrix;
	stream->answered = NULL;
	stream->nanswered = 0;
	for (int64 u = 0; u < matrix->nusers; u++)
		longest = Max(longest, from->offsets[u + 1] - from->offsets[u]);
	pairs = RecalAllocArray(sizeof(RecalTimed), longest);
	to->columns = RecalAllocArray(sizeof(int32), matrix->nnz);
	to->confidences = RecalAllocArray(sizeof(float), matrix->nnz);
	stream->pair_time = RecalAllocArray(sizeof(double), matrix->nnz);
	to->offsets = RecalAllocArray(sizeof(int64), matrix->nusers + 1);
	memcpy(to->offsets, from->offsets, sizeof(int64) * (matrix->nusers + 1));
	for (int64 u = 0; u < matrix->nusers; u++)
	{
		int64		first = from->offsets[u];
		int64		n = from->offsets[u + 1] - first;

		for (int64 i = 0; i < n; i++)
		{
			pairs[i].time = matrix->pair_time[first + i];
			pairs[i].item = from->columns[first + i];
			pairs[i].index = (int32) i;
		}
		recal_history_sort(pairs, n);
		for (int64 i = 0; i < n; i++)
		{
			const RecalTimed *pair = &pairs[n - 1 - i];

			to->columns[first + i] = pair->item;
			to->confidences[first + i] = from->confidences[first + pair->index];
			stream->pair_time[first + i] = pair->time;
		}
	}
	pfree(pairs);
}

/* Liked rows of the newest tenth, oldest first */
static void
CollectRows(const RecalMatrix *matrix, int64 max_rows, RecalHoldout *holdout)
{
	const RecalMatrix *stream = &holdout->stream;
	double		split = SplitTime(matrix);
	int64		eligible = 0;
	int64		n;
	TestRow    *rows;

	SortByTime(matrix, &holdout->stream);
	for (int64 j = 0; j < stream->nnz; j++)
		eligible += stream->pair_time[j] >= split && IsTarget(stream, j);
	rows = RecalAllocArray(sizeof(TestRow), eligible);
	n = 0;
	for (int64 u = 0; u < stream->nusers; u++)
		for (int64 j = stream->by_user.offsets[u]; j < stream->by_user.offsets[u + 1]; j++)
			if (stream->pair_time[j] >= split && IsTarget(stream, j))
			{
				rows[n].row.time = stream->pair_time[j];
				rows[n].row.user = (int32) u;
				rows[n].row.item = stream->by_user.columns[j];
				rows[n++].known = j - stream->by_user.offsets[u];
			}
	qsort(rows, eligible, sizeof(TestRow), RecalCompareStreamRows);

	n = Min(eligible, max_rows);
	holdout->user = RecalAllocArray(sizeof(int32), n);
	holdout->offsets = RecalAllocArray(sizeof(int64), n + 1);
	holdout->targets = RecalAllocArray(sizeof(int32), n);
	holdout->moments = RecalAllocArray(sizeof(double), n);
	holdout->known = RecalAllocArray(sizeof(int64), n);
	holdout->target_ratings = NULL;
	holdout->ntest = 0;
	for (int64 i = 0; i < eligible; i++)
	{
		int64		t = holdout->ntest;

		/* evenly, as users are */
		if ((i * n) / eligible < t)
			continue;
		holdout->user[t] = rows[i].row.user;
		holdout->offsets[t] = t;
		holdout->targets[t] = rows[i].row.item;
		holdout->moments[t] = rows[i].row.time;
		holdout->known[t] = rows[i].known;
		holdout->ntest++;
	}
	holdout->offsets[holdout->ntest] = holdout->ntest;
	pfree(rows);
}

void
RecalHoldoutDrop(RecalHoldout *holdout, const bool *unknown)
{
	RecalMatrix *stream = &holdout->stream;
	RecalCsr   *rows = &stream->by_user;
	int64	   *before = RecalAllocArray(sizeof(int64), stream->nnz + 1);	/* pairs that stay */
	int64		n = 0;

	for (int64 j = 0; j < stream->nnz; j++)
	{
		before[j] = n;
		n += !unknown[rows->columns[j]];
	}
	before[stream->nnz] = n;
	for (int64 t = 0; t < holdout->ntest; t++)
	{
		int64		first = rows->offsets[holdout->user[t]];

		holdout->known[t] = before[first + holdout->known[t]] - before[first];
	}
	for (int64 j = 0; j < stream->nnz; j++)
	{
		int64		to = before[j];

		if (unknown[rows->columns[j]])
			continue;
		rows->columns[to] = rows->columns[j];
		rows->confidences[to] = rows->confidences[j];
		stream->pair_time[to] = stream->pair_time[j];
	}
	for (int64 u = 0; u <= rows->nrows; u++)
		rows->offsets[u] = before[rows->offsets[u]];
	stream->nnz = n;
	pfree(before);
}

void
RecalKnownPairsOf(const RecalHoldout *holdout, int64 test, RecalKnownPairs *known)
{
	const RecalMatrix *matrix = holdout->known != NULL ? &holdout->stream : &holdout->train;
	int64		user = holdout->user[test];
	int64		first = matrix->by_user.offsets[user];

	known->n = holdout->known != NULL ? holdout->known[test] :
		matrix->by_user.offsets[user + 1] - first;
	known->items = matrix->by_user.columns + first;
	known->confidences = matrix->by_user.confidences + first;
	known->times = matrix->pair_time != NULL ? matrix->pair_time + first : NULL;
}

void
RecalHoldOut(const RecalMatrix *matrix, RecalProtocol protocol, int64 seed, int64 max_users,
			 RecalHoldout *holdout)
{
	bool	   *out = palloc_extended(Max(matrix->nnz, 1), MCXT_ALLOC_HUGE);
	int64		nout = 0;

	holdout->moments = NULL;
	holdout->known = NULL;
	MarkPairs(matrix, protocol, seed, out);
	for (int64 j = 0; j < matrix->nnz; j++)
		nout += out[j];
	RecalMatrixWithout(matrix, out, nout, &holdout->train);
	if (protocol == RECAL_PROTOCOL_LIVE)
		CollectRows(matrix, max_users, holdout);
	else
		CollectTargets(matrix, protocol, out, max_users, holdout);
	pfree(out);
}
