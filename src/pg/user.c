/*
 * user.c
 *		A user vector, made on the spot from the user's own rows (fold-in).
 */
#include "postgres.h"

#include <math.h>

#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "lib/stringinfo.h"
#include "utils/builtins.h"
#include "utils/memutils.h"

#include "recal_als.h"
#include "recal_answers.h"
#include "recal_compat.h"
#include "recal_history.h"
#include "recal_posterior.h"
#include "recal_rights.h"
#include "recal_serve.h"
#include "recal_train.h"

typedef struct Contribution
{
	int32		item;
	double		weight;
	double		time;			/* -infinity where there is none */
	float		answer;			/* confidence that takes the place of all weights, or NaN */
} Contribution;

/* A user's answers about items that the model knows, as rows. */
typedef struct AnswerRows
{
	const RecalServed *served;
	int64		n;
	int64		capacity;
	RecalUserRow *rows;
} AnswerRows;

static int
CompareContributions(const void *a, const void *b)
{
	const Contribution *x = a;
	const Contribution *y = b;

	if (x->item != y->item)
		return x->item < y->item ? -1 : 1;
	return (x->weight > y->weight) - (x->weight < y->weight);
}

static char *
HistoryQuery(const RecalServed *served, Oid relation, const char *select_list)
{
	const RecalDefinition *definition = served->definition;
	StringInfoData query;

	initStringInfo(&query);
	appendStringInfo(&query, "SELECT %s FROM %s WHERE %s OPERATOR(pg_catalog.=) $1",
					 select_list,
					 RecalQualifiedName(definition->events_schema, definition->events_name),
					 quote_identifier(definition->user_column));
	if (definition->time_column)
		appendStringInfo(&query, " ORDER BY %s DESC NULLS LAST",
						 quote_identifier(definition->time_column));
	appendStringInfo(&query, " LIMIT %d", definition->options.max_history);
	return query.data;
}

/* Whether rows of this event type hide their item from recommendations. */
static bool
IsSeenEvent(const RecalDefinition *definition, bool isnull, Datum event)
{
	const RecalOptions *options = &definition->options;
	text	   *type;

	if (options->nseen_events < 0)
		return true;
	if (isnull)
		return false;
	type = DatumGetTextPP(event);
	for (int i = 0; i < options->nseen_events; i++)
	{
		const char *seen = options->seen_events[i];

		if (strlen(seen) == VARSIZE_ANY_EXHDR(type) &&
			memcmp(seen, VARDATA_ANY(type), strlen(seen)) == 0)
			return true;
	}
	return false;
}

/* Newest first; timed [npairs] has the times of the newest row of each pair. */
static void
SortHistory(const RecalUser *user, RecalTimed *timed)
{
	for (int64 j = 0; j < user->npairs; j++)
	{
		timed[j].item = user->item[j];
		timed[j].index = (int32) j;
	}
	recal_history_sort(timed, user->npairs);
}

/*
 * Newer pairs count more; timed [npairs] is sorted. Answers (answered [npairs], or
 * NULL) keep what they are worth: many are given at one sitting, and the last says
 * no more than the first.
 */
static void
DecayHistory(const RecalServed *served, RecalUser *user, const RecalTimed *timed,
			 const bool *answered)
{
	RecalTimed *fading = palloc_extended(sizeof(RecalTimed) * Max(user->npairs, 1),
										 MCXT_ALLOC_HUGE);
	int64		n = 0;

	for (int64 j = 0; j < user->npairs && served->network; j++)
	{
		int64		place = user->npairs - 1 - j;

		user->history[place] = timed[j].item;
		user->history_weight[place] = user->confidence[timed[j].index];
	}
	for (int64 j = 0; j < user->npairs; j++)
		if (answered == NULL || !answered[timed[j].index])
			fading[n++] = timed[j];
	recal_history_decay(fading, n, served->history_decay, user->confidence);
	pfree(fading);
}

/* Of one item's contributions: the newest rating, or the mean of the newest ones, less the mean. */
static float
NewestRating(const RecalServed *served, const Contribution *rows, int64 n, double newest,
			 double *group)
{
	int			count = 0;

	for (int64 i = 0; i < n; i++)
		if (rows[i].time == newest && isnan(rows[i].answer))
			group[count++] = rows[i].weight;
	return (float) RecalMeanRating(group, count) - served->mean_rating;
}

/*
 * Sums each item's contributions into signed confidences, or takes the answer,
 * and decays them by recency.
 */
static void
MergeContributions(const RecalServed *served, Contribution *rows, int64 n, RecalUser *user)
{
	double	   *group = palloc_extended(sizeof(double) * Max(n, 1), MCXT_ALLOC_HUGE);
	bool	   *answered = palloc_extended(Max(n, 1), MCXT_ALLOC_HUGE);
	bool		decays = served->definition->time_column != NULL && !served->ratings;
	RecalTimed *timed = user->timed != NULL ? user->timed :
		palloc_extended(sizeof(RecalTimed) * Max(n, 1), MCXT_ALLOC_HUGE);

	qsort(rows, n, sizeof(Contribution), CompareContributions);
	for (int64 i = 0; i < n;)
	{
		int64		first = i;
		int			count = 0;
		int32		item = rows[i].item;
		double		sum;
		double		newest = -INFINITY;
		float		confidence = NAN;

		answered[user->npairs] = false;
		for (; i < n && rows[i].item == item; i++)
		{
			if (isnan(rows[i].answer))
				group[count++] = rows[i].weight;
			else
			{
				confidence = rows[i].answer;
				answered[user->npairs] = true;
			}
			newest = Max(newest, rows[i].time);
		}
		if (served->ratings)
			confidence = isnan(confidence) ?
				NewestRating(served, rows + first, i - first, newest, group) :
				confidence - served->mean_rating;
		else if (isnan(confidence))
		{
			sum = RecalSumContributions(group, count);
			confidence = RecalConfidenceOf(sum, served->definition->options.confidence) /
				served->mean_confidence;
		}
		if ((confidence == 0 && !served->ratings) || !isfinite(confidence))
			continue;
		timed[user->npairs].time = newest;
		user->item[user->npairs] = item;
		user->confidence[user->npairs++] = confidence;
	}
	if (decays || user->timed != NULL)
		SortHistory(user, timed);
	/* an earlier release, which trained without the mean user, let answers fade, too */
	if (decays)
		DecayHistory(served, user, timed, served->mean_likes > 0 ? answered : NULL);
	pfree(answered);
	if (user->timed == NULL)
		pfree(timed);
	pfree(group);
}

/* Keeps an answer; "can't say" tells nothing, but that it was asked. */
static void
AppendAnswer(const RecalAnswer *answer, void *arg)
{
	AnswerRows *answers = arg;
	const RecalServed *served = answers->served;
	int64		position = RecalServedFind(served, &answer->item);
	RecalUserRow *row;

	if (position < 0)
		return;
	if (answers->n == answers->capacity)
	{
		answers->capacity *= 2;
		answers->rows = repalloc_huge(answers->rows, sizeof(RecalUserRow) * answers->capacity);
	}
	row = &answers->rows[answers->n++];
	row->item = (int32) position;
	row->weight = 0;
	row->time = answer->time;
	row->unable = isnan(answer->value);
	row->seen = !row->unable;
	row->answer = row->unable ? NAN : RecalAnswerConfidence(answer->value, served->definition);
}

RecalUserRow *
RecalUserAnswers(const RecalServed *served, const RecalId *id, int64 *n)
{
	AnswerRows	answers = {.served = served, .capacity = 16};

	answers.rows = palloc(sizeof(RecalUserRow) * answers.capacity);
	RecalAnswersVisit(served->model, id, id->kind, served->items.kind, AppendAnswer, &answers);
	*n = answers.n;
	return answers.rows;
}

static RecalUser *
UserInit(const RecalServed *served, int64 max_rows, MemoryContext context)
{
	RecalUser  *user = MemoryContextAllocZero(context, sizeof(RecalUser));

	user->factor = RecalAllocAligned(context, sizeof(float) * served->factors);
	user->vector = served->network ?
		RecalAllocAligned(context, sizeof(float) * served->width) : user->factor;
	if (served->network)
	{
		user->history = MemoryContextAllocHuge(context, sizeof(int32) * Max(max_rows, 1));
		user->history_weight = MemoryContextAllocHuge(context, sizeof(float) * Max(max_rows, 1));
	}
	if (served->ranker != NULL)
		user->timed = MemoryContextAllocHuge(context, sizeof(RecalTimed) * Max(max_rows, 1));
	user->item = MemoryContextAllocHuge(context, sizeof(int32) * Max(max_rows, 1));
	user->seen = MemoryContextAllocHuge(context, sizeof(int32) * Max(max_rows, 1));
	user->unable = MemoryContextAllocHuge(context, sizeof(int32) * Max(max_rows, 1));
	user->confidence = MemoryContextAllocHuge(context, sizeof(float) * Max(max_rows, 1));
	return user;
}

void
RecalUserRowRead(const RecalServed *served, const RecalEventColumns *columns,
				 const Datum *values, const bool *isnull, RecalUserRow *row)
{
	const RecalDefinition *definition = served->definition;
	double		weight;
	RecalId		item;

	/* a bad value is no reason to show no page */
	row->weight = RecalEventRow(definition, columns, values, isnull, &weight,
								&row->time) == RECAL_ROW_OK ? (float) weight : NAN;
	row->item = -1;
	row->answer = NAN;
	row->unable = false;
	row->seen = definition->options.nseen_events < 0 ||
		(columns->event > 0 &&
		 IsSeenEvent(definition, isnull[columns->event - 1], values[columns->event - 1]));
	if (isnull[columns->item - 1])
		return;
	item = RecalIdFromDatum(values[columns->item - 1], &columns->item_type);
	row->item = (int32) RecalServedFind(served, &item);
}

RecalUser *
RecalUserFromRows(const RecalServed *served, const RecalUserRow *rows, int64 n,
				  MemoryContext context)
{
	const RecalDefinition *definition = served->definition;
	bool		decays = definition->half_life > 0 && definition->time_column != NULL;
	RecalUser  *user = UserInit(served, n, context);
	Contribution *contributions = palloc_extended(sizeof(Contribution) * Max(n, 1),
												  MCXT_ALLOC_HUGE);
	int64		ncontributions = 0;

	for (int64 r = 0; r < n; r++)
	{
		Contribution *contribution = &contributions[ncontributions];

		if (rows[r].item < 0)
			continue;			/* newer than the model */
		if (rows[r].seen)
			user->seen[user->nseen++] = rows[r].item;
		if (rows[r].unable)
			user->unable[user->nunable++] = rows[r].item;
		if (isnan(rows[r].weight) || rows[r].unable)
			continue;
		contribution->item = rows[r].item;
		contribution->time = rows[r].time;
		contribution->weight = rows[r].weight;
		contribution->answer = rows[r].answer;
		if (decays)
			contribution->weight *= RecalDecay(rows[r].time, served->as_of,
											   definition->half_life);
		ncontributions++;
	}
	user->nseen = RecalSortPositions(user->seen, user->nseen);
	MergeContributions(served, contributions, ncontributions, user);
	user->personal = user->npairs > 0;
	pfree(contributions);
	return user;
}

/* The user of the rows that the last SPI query returned, and of answers. */
static RecalUser *
CollectRows(RecalServed *served, const RecalEventColumns *columns, const RecalUserRow *answers,
			int64 nanswers, MemoryContext context)
{
	uint64		nrows = SPI_processed;
	RecalUserRow *rows = palloc_extended(sizeof(RecalUserRow) * Max(nrows + nanswers, 1),
										 MCXT_ALLOC_HUGE);
	RecalUser  *user;
	Datum		values[8];
	bool		isnull[8];

	for (uint64 r = 0; r < nrows; r++)
	{
		heap_deform_tuple(SPI_tuptable->vals[r], SPI_tuptable->tupdesc, values, isnull);
		RecalUserRowRead(served, columns, values, isnull, &rows[r]);
	}
	if (nanswers > 0)
		memcpy(rows + nrows, answers, sizeof(RecalUserRow) * nanswers);
	user = RecalUserFromRows(served, rows, (int64) nrows + nanswers, context);
	user->nrows = nrows;
	pfree(rows);
	return user;
}

void
RecalUserFoldIn(RecalServed *served, RecalUser *user)
{
	int			d = served->factors;
	RecalFoldInModel model = RecalUserFoldInModel(served, user);
	float	   *work = RecalAllocAligned(CurrentMemoryContext,
										 sizeof(float) * recal_als_work_size(d));
	float	   *gathered = RecalAllocAligned(CurrentMemoryContext,
											 sizeof(float) * Max(user->npairs, 1) * d);

	RecalServedGather(served, user->item, user->npairs, gathered);
	RecalFoldIn(&model, user->npairs, gathered, user->confidence, user->factor, work);
	pfree(gathered);
	pfree(work);
	if (served->network)
	{
		user->input = RecalAllocAligned(GetMemoryChunkContext(user),
										sizeof(float) * recal_net_width(&served->net.shape));
		RecalNetworkVectors(served, &user, 1);
	}
}

RecalUser *
RecalUserLoad(RecalServed *served, Oid relation, const RecalEventColumns *columns,
			  const char *select_list, const RecalId *id, MemoryContext context)
{
	RecalUser  *user;
	RecalUserRow *answers = NULL;
	int64		nanswers = 0;
	bool		show_answers;
	Datum		parameter;

	if (id == NULL || !RecalIdToColumn(id, &columns->user_type, &parameter))
	{
		user = UserInit(served, 0, context);
		RecalUserFoldIn(served, user);
		return user;
	}
	else
	{
		SPIPlanPtr	plan = RecalServedPlan(served, RECAL_PLAN_HISTORY,
										   HistoryQuery(served, relation, select_list),
										   columns->user_type.base);
		int			result = SPI_execute_plan(plan, &parameter, NULL, true, 0);

		if (result != SPI_OK_SELECT)
			elog(ERROR, "reading a user's rows failed: %s", SPI_result_code_string(result));
		show_answers = SPI_processed > 0 || !RecalPlanHasRowSecurity(plan);
	}

	/* whose rows policies hide, their answers are not the caller's to see either */
	if (show_answers)
		answers = RecalUserAnswers(served, id, &nanswers);
	user = CollectRows(served, columns, answers, nanswers, context);
	SPI_freetuptable(SPI_tuptable);
	RecalContentUser(served, id, user, context);
	RecalUserFoldIn(served, user);
	return user;
}

/* Whoever looks at an item is taken to like it a standard deviation more than most. */
static void
RateVisit(RecalServed *served, RecalUser *user)
{
	float	   *y = RecalAllocAligned(CurrentMemoryContext, sizeof(float) * served->factors);

	for (int64 j = 0; j < user->npairs; j++)
	{
		RecalServedGather(served, &user->item[j], 1, y);
		user->confidence[j] = y[RECAL_ITEM_BIAS] + served->rating_deviation;
	}
	pfree(y);
}

RecalUser *
RecalUserFromItems(RecalServed *served, const int32 *positions, int64 n, MemoryContext context)
{
	RecalUser  *user = UserInit(served, n, context);
	RecalTimed *timed = user->timed != NULL ? user->timed : palloc(sizeof(RecalTimed) * Max(n, 1));

	memcpy(user->seen, positions, sizeof(int32) * n);
	user->nseen = RecalSortPositions(user->seen, n);

	/* an item of a visit counts as an average pair */
	user->npairs = user->nseen;
	memcpy(user->item, user->seen, sizeof(int32) * user->nseen);
	for (int64 j = 0; j < user->npairs; j++)
	{
		user->confidence[j] = 1.0f;
		timed[j].time = -1;
	}
	/* newest last: the place in the array is the time */
	for (int64 j = 0; j < n; j++)
	{
		int32	   *found = positions[j] < 0 ? NULL :
			bsearch(&positions[j], user->item, user->npairs, sizeof(int32),
					RecalComparePositions);

		if (found != NULL)
			timed[found - user->item].time = (double) j;
	}
	SortHistory(user, timed);
	if (served->ratings)
		RateVisit(served, user);
	else
		DecayHistory(served, user, timed, NULL);
	if (user->timed == NULL)
		pfree(timed);

	/* the order is known, the times are not: it all happens now */
	for (int64 j = 0; j < user->npairs && user->timed != NULL; j++)
		timed[j].time = INFINITY;
	user->personal = user->npairs > 0;
	RecalUserFoldIn(served, user);
	return user;
}

void
RecalUserPosterior(RecalServed *served, RecalUser *user, MemoryContext context)
{
	int			d = served->factors;
	Size		square = mul_size(sizeof(float) * d, d);
	float	   *gathered;
	float	   *work;
	const char *problem;

	if (user->covariance != NULL)
		return;
	gathered = RecalAllocAligned(CurrentMemoryContext, sizeof(float) * Max(user->npairs, 1) * d);
	work = RecalAllocAligned(CurrentMemoryContext, square);
	user->covariance = RecalAllocAligned(context, square);
	user->loadings = MemoryContextAlloc(context, sizeof(float) * d);

	RecalServedGather(served, user->item, user->npairs, gathered);
	problem = recal_posterior_covariance(d, served->user_covariance, served->noise,
										 user->npairs, gathered,
										 served->ratings ? NULL : user->confidence,
										 user->covariance, work);
	if (problem != NULL)
		ereport(ERROR,
				(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
				 errmsg("could not compute an uncertainty with model \"%s\"", served->model),
				 errdetail("%s", problem)));
	recal_posterior_item_loadings(d, served->item_transform, user->factor, user->covariance,
								  user->loadings, work);
	if (served->network)
		RecalNetworkPasses(served, user, context);
	pfree(gathered);
	pfree(work);
}

float
RecalUserUncertainty(const RecalServed *served, const RecalUser *user, const float *y,
					 int64 position)
{
	float		variance = recal_posterior_score_variance(served->factors, y, user->covariance,
														  user->loadings, served->item_rates,
														  position < served->nitems ?
														  served->item_mass[position] : 0,
														  served->noise);

	if (served->network)
		variance = served->network_blend * served->network_blend * variance +
			RecalNetworkVariance(served, user, y);
	return sqrtf(Max(variance, 0.0f));
}
