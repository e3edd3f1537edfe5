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
#include "recal_blas.h"
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

static void
PollInterrupts(void *arg)
{
	CHECK_FOR_INTERRUPTS();
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

/* Newer pairs count more; timed [npairs] has the newest row of each. */
static void
DecayHistory(const RecalServed *served, RecalUser *user, RecalTimed *timed)
{
	for (int64 j = 0; j < user->npairs; j++)
	{
		timed[j].item = user->item[j];
		timed[j].index = (int32) j;
	}
	recal_history_sort(timed, user->npairs);
	recal_history_decay(timed, user->npairs, served->history_decay, user->confidence);
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
	RecalTimed *timed = palloc_extended(sizeof(RecalTimed) * Max(n, 1), MCXT_ALLOC_HUGE);

	qsort(rows, n, sizeof(Contribution), CompareContributions);
	for (int64 i = 0; i < n;)
	{
		int64		first = i;
		int			count = 0;
		int32		item = rows[i].item;
		double		sum;
		double		newest = -INFINITY;
		float		confidence = NAN;

		for (; i < n && rows[i].item == item; i++)
		{
			if (isnan(rows[i].answer))
				group[count++] = rows[i].weight;
			else
				confidence = rows[i].answer;
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
	if (served->definition->time_column != NULL && !served->ratings)
		DecayHistory(served, user, timed);
	pfree(timed);
	pfree(group);
}

/* Keeps an answer, unless it is "can't say", which tells nothing. */
static void
AppendAnswer(const RecalAnswer *answer, void *arg)
{
	AnswerRows *answers = arg;
	const RecalServed *served = answers->served;
	int64		position = RecalServedFind(served, &answer->item);
	RecalUserRow *row;

	if (position < 0 || isnan(answer->value))
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
	row->seen = true;
	row->answer = RecalAnswerConfidence(answer->value, served->definition);
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

	user->vector = RecalAllocAligned(context, sizeof(float) * served->factors);
	user->item = MemoryContextAllocHuge(context, sizeof(int32) * Max(max_rows, 1));
	user->seen = MemoryContextAllocHuge(context, sizeof(int32) * Max(max_rows, 1));
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
		if (isnan(rows[r].weight))
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

/* The whole ridge of a user with n pairs. */
static float
Ridge(float regularization, float unobserved_weight, int64 nitems, int64 n)
{
	return regularization * (n + unobserved_weight * (float) nitems);
}

static void
CheckFoldIn(const RecalFoldInModel *model, const char *problem)
{
	if (problem != NULL)
		ereport(ERROR,
				(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
				 errmsg("could not make a user vector with model \"%s\"", model->model),
				 errdetail("%s", problem),
				 errhint("Raise the option \"regularization\", or use \"confidence\": \"log\", and train again.")));
}

static bool
LikesSomething(const float *confidences, int64 n)
{
	for (int64 j = 0; j < n; j++)
		if (confidences[j] > 0)
			return true;
	return false;
}

/*
 * The ridges of a user of ratings beyond the least of them [d], and that one.
 * The item's bias is no part of what is solved for: its factor 1 is known.
 */
static float *
RatingRidges(int d, float ridge, float bias_ridge, float *least)
{
	float	   *more = palloc(sizeof(float) * d);

	*least = Min(ridge, bias_ridge);
	for (int k = 0; k < d; k++)
		more[k] = ridge - *least;
	more[RECAL_USER_BIAS] = bias_ridge - *least;
	return more;
}

/* What of n ratings the items' biases leave to explain; gathered forgets those. */
static float *
TakeItemBiases(int d, int64 n, float *gathered, const float *ratings)
{
	float	   *targets = palloc_extended(sizeof(float) * Max(n, 1), MCXT_ALLOC_HUGE);

	for (int64 j = 0; j < n; j++)
	{
		targets[j] = ratings[j] - gathered[j * d + RECAL_ITEM_BIAS];
		gathered[j * d + RECAL_ITEM_BIAS] = 0;
	}
	return targets;
}

/* The mean as the solver wants it, which is that of the least ridge alone */
static void
StretchPrior(int d, float least, const float *ridges, const float *mean, float *prior)
{
	for (int k = 0; k < d; k++)
		prior[k] = mean[k] * (least + ridges[k]) / least;
}

static const char *
FoldInRatings(const RecalFoldInModel *model, int64 n, float *gathered, const float *ratings,
			  float *vector, float *work)
{
	int			d = model->factors;
	float		least;
	float	   *ridges = RatingRidges(d, model->regularization, model->bias_ridge, &least);
	float	   *targets = TakeItemBiases(d, n, gathered, ratings);
	float	   *prior = NULL;
	const char *problem;

	if (model->prior != NULL)
	{
		prior = palloc(sizeof(float) * d);
		StretchPrior(d, least, ridges, model->prior, prior);
		prior[RECAL_ITEM_BIAS] = 0;
	}
	problem = recal_als_fold_in(d, true, 1, least, ridges, n, gathered, targets, prior, vector,
								work, PollInterrupts, NULL);
	if (prior != NULL)
		pfree(prior);
	vector[RECAL_ITEM_BIAS] = 1;
	vector[RECAL_USER_BIAS] += model->mean_rating;
	pfree(ridges);
	pfree(targets);
	return problem;
}

/*
 * The mean user is the solution of the same system with nothing observed when
 * the prior is stretched by what the unobserved items take away.
 */
void
RecalFoldIn(const RecalFoldInModel *model, int64 n, float *gathered, const float *confidences,
			float *vector, float *work)
{
	int			d = model->factors;
	float		reg = Ridge(model->regularization, model->unobserved_weight, model->nitems, n);
	const float *mean = model->prior != NULL ? model->prior : model->user_mean;
	float	   *stretched = NULL;

	if (n == 0)
	{
		memcpy(vector, mean, sizeof(float) * d);
		if (model->ratings && mean == model->prior)
		{
			vector[RECAL_USER_BIAS] += model->mean_rating;
			vector[RECAL_ITEM_BIAS] = 1;
		}
		return;
	}

	if (!model->ratings && !LikesSomething(confidences, n))
	{
		stretched = palloc(sizeof(float) * d);
		for (int k = 0; k < d; k++)
			stretched[k] = mean[k] *
				(model->unobserved_weight * model->eigenvalues[k] + reg) / reg;
	}

	if (model->ratings)
		CheckFoldIn(model, FoldInRatings(model, n, gathered, confidences, vector, work));
	else
		CheckFoldIn(model, recal_als_fold_in(d, false, model->unobserved_weight, reg,
											 model->eigenvalues, n, gathered, confidences,
											 stretched != NULL ? stretched : model->prior, vector,
											 work, PollInterrupts, NULL));
	if (stretched != NULL)
		pfree(stretched);
}

void
RecalFoldInRows(const RecalFoldInModel *model, const RecalCsr *rows, const int32 *order,
				const float *fixed, float *vectors, float *work)
{
	int			d = model->factors;
	RecalAlsHalfStep step = {
		.d = d,
		.unobserved_weight = model->unobserved_weight,
		.regularization = model->regularization,
		.nfixed = model->nitems,
		.fixed = fixed,
		.eigenvalues = model->eigenvalues,
		.rows = rows,
		.solved = vectors,
	};
	double		loss = 0;
	int64_t		bad_row;

	if (!model->ratings)
		CheckFoldIn(model, recal_als_solve_rows(&step, order, 0, rows->nrows, work, &loss,
												&bad_row, PollInterrupts, NULL));

	/* who likes nothing is made from the mean user; ratings are solved without the items' biases */
	for (int64 row = 0; row < rows->nrows; row++)
	{
		int64		first = rows->offsets[row];
		int64		n = rows->offsets[row + 1] - first;
		float	   *gathered;

		if (!model->ratings && LikesSomething(rows->confidences + first, n))
			continue;
		gathered = RecalAllocAligned(CurrentMemoryContext, sizeof(float) * Max(n, 1) * d);
		for (int64 j = 0; j < n; j++)
			memcpy(gathered + j * d, fixed + (Size) rows->columns[first + j] * d,
				   sizeof(float) * d);
		RecalFoldIn(model, n, gathered, rows->confidences + first, vectors + row * d, work);
		pfree(gathered);
	}
}

RecalFoldInModel
RecalServedFoldInModel(const RecalServed *served)
{
	RecalFoldInModel model = {
		.model = served->model,
		.factors = served->factors,
		.unobserved_weight = served->unobserved_weight,
		.regularization = served->regularization,
		.nitems = served->nitems,
		.eigenvalues = served->eigenvalues,
		.user_mean = served->user_mean,
		.ratings = served->ratings,
		.bias_ridge = served->bias_ridge,
		.mean_rating = served->mean_rating,
	};

	return model;
}

RecalFoldInModel
RecalUserFoldInModel(const RecalServed *served, const RecalUser *user)
{
	RecalFoldInModel model = RecalServedFoldInModel(served);

	/* features that do not help where there are rows still help where there are none */
	if (served->user_prior || user->npairs == 0)
		model.prior = user->prior;
	return model;
}

static void
FoldInServed(RecalServed *served, RecalUser *user)
{
	int			d = served->factors;
	RecalFoldInModel model = RecalUserFoldInModel(served, user);
	float	   *work = RecalAllocAligned(CurrentMemoryContext,
										 sizeof(float) * recal_als_work_size(d));
	float	   *gathered = RecalAllocAligned(CurrentMemoryContext,
											 sizeof(float) * Max(user->npairs, 1) * d);

	RecalServedGather(served, user->item, user->npairs, gathered);
	RecalFoldIn(&model, user->npairs, gathered, user->confidence, user->vector, work);
	pfree(gathered);
	pfree(work);
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
		FoldInServed(served, user);
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
	FoldInServed(served, user);
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
	RecalTimed *timed = palloc(sizeof(RecalTimed) * Max(n, 1));

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
	if (served->ratings)
		RateVisit(served, user);
	else
		DecayHistory(served, user, timed);
	pfree(timed);
	user->personal = user->npairs > 0;
	FoldInServed(served, user);
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
	recal_posterior_item_loadings(d, served->item_transform, user->vector, user->covariance,
								  user->loadings, work);
	pfree(gathered);
	pfree(work);
}

/* Of the factors' part of a predicted rating; the biases have parts of their own. */
static const char *
RatingReasons(const RecalServed *served, const RecalUser *user, float *gathered, const float *y,
			  float *reasons, float *work)
{
	int			d = served->factors;
	float		least;
	float	   *ridges = RatingRidges(d, served->regularization, served->bias_ridge, &least);
	float	   *targets = TakeItemBiases(d, user->npairs, gathered, user->confidence);
	float	   *factors = palloc(sizeof(float) * d);
	const char *problem;

	memcpy(factors, y, sizeof(float) * d);
	memset(factors, 0, sizeof(float) * RECAL_BIAS_COLUMNS);
	problem = recal_als_reasons(d, true, 1, least, ridges, user->npairs, gathered, targets,
								factors, reasons, work, PollInterrupts, NULL);
	pfree(ridges);
	pfree(targets);
	pfree(factors);
	return problem;
}

void
RecalUserReasons(RecalServed *served, const RecalUser *user, const float *y, float *reasons)
{
	int			d = served->factors;
	float	   *gathered = RecalAllocAligned(CurrentMemoryContext,
											 sizeof(float) * Max(user->npairs, 1) * d);
	float	   *work = RecalAllocAligned(CurrentMemoryContext,
										 sizeof(float) * recal_als_work_size(d));
	float		reg = Ridge(served->regularization, served->unobserved_weight, served->nitems,
							user->npairs);
	const char *problem;

	RecalServedGather(served, user->item, user->npairs, gathered);
	if (served->ratings)
		problem = RatingReasons(served, user, gathered, y, reasons, work);
	else
		problem = recal_als_reasons(d, false, served->unobserved_weight, reg,
									served->eigenvalues, user->npairs, gathered,
									user->confidence, y, reasons, work, PollInterrupts, NULL);
	if (problem != NULL)
		ereport(ERROR,
				(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
				 errmsg("could not compute reasons with model \"%s\"", served->model),
				 errdetail("%s", problem),
				 errhint("Raise the option \"regularization\", or use \"confidence\": \"log\", and train again.")));
	pfree(gathered);
	pfree(work);
}

/* What a user without a like has the prior multiplied with, so that nothing observed gives it back. */
static float
Stretch(const RecalServed *served, float reg, int k)
{
	return (served->unobserved_weight * served->eigenvalues[k] + reg) / reg;
}

/*
 * z [d] ← reg · A⁻¹y: the part of the score that comes from a prior is its dot
 * product with z. It is the fold-in with y as the prior and nothing but dislikes,
 * which leave A as it is and take the rest away.
 */
static void
PriorLoadings(RecalServed *served, const RecalUser *user, const float *y, float *z)
{
	int			d = served->factors;
	float		reg = Ridge(served->regularization, served->unobserved_weight, served->nitems,
							user->npairs);
	float	   *gathered = RecalAllocAligned(CurrentMemoryContext,
											 sizeof(float) * user->npairs * d);
	float	   *work = RecalAllocAligned(CurrentMemoryContext,
										 sizeof(float) * recal_als_work_size(d));
	float	   *dislikes = palloc_extended(sizeof(float) * user->npairs, MCXT_ALLOC_HUGE);
	bool		liked = false;
	const char *problem;

	for (int64 j = 0; j < user->npairs; j++)
	{
		liked |= user->confidence[j] > 0;
		dislikes[j] = -fabsf(user->confidence[j]);
	}
	RecalServedGather(served, user->item, user->npairs, gathered);
	problem = recal_als_fold_in(d, false, served->unobserved_weight, reg, served->eigenvalues,
								user->npairs, gathered, dislikes, y, z, work, PollInterrupts, NULL);
	if (problem != NULL)
		ereport(ERROR,
				(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
				 errmsg("could not compute reasons with model \"%s\"", served->model),
				 errdetail("%s", problem)));
	for (int k = 0; k < d && !liked; k++)
		z[k] *= Stretch(served, reg, k);
	pfree(dislikes);
	pfree(gathered);
	pfree(work);
}

/* The same for ratings, of the part without biases */
static void
RatingPriorLoadings(RecalServed *served, const RecalUser *user, const float *y, float *z)
{
	int			d = served->factors;
	float		least;
	float	   *ridges = RatingRidges(d, served->regularization, served->bias_ridge, &least);
	float	   *gathered = RecalAllocAligned(CurrentMemoryContext,
											 sizeof(float) * user->npairs * d);
	float	   *work = RecalAllocAligned(CurrentMemoryContext,
										 sizeof(float) * recal_als_work_size(d));
	float	   *targets;
	float	   *factors = palloc(sizeof(float) * d);
	const char *problem;

	RecalServedGather(served, user->item, user->npairs, gathered);
	targets = TakeItemBiases(d, user->npairs, gathered, user->confidence);
	memset(targets, 0, sizeof(float) * user->npairs);
	memcpy(factors, y, sizeof(float) * d);
	memset(factors, 0, sizeof(float) * RECAL_BIAS_COLUMNS);
	problem = recal_als_fold_in(d, true, 1, least, ridges, user->npairs, gathered, targets,
								factors, z, work, PollInterrupts, NULL);
	if (problem != NULL)
		ereport(ERROR,
				(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
				 errmsg("could not compute reasons with model \"%s\"", served->model),
				 errdetail("%s", problem)));
	StretchPrior(d, least, ridges, z, z);
	pfree(targets);
	pfree(ridges);
	pfree(gathered);
	pfree(work);
	pfree(factors);
}

void
RecalUserFeatureReasons(RecalServed *served, const RecalUser *user, const float *y,
						float *reasons)
{
	int			d = served->factors;
	const float *weights = served->encoders[RECAL_SIDE_USERS]->weights;
	float	   *z = palloc(sizeof(float) * d);

	memcpy(z, y, sizeof(float) * d);
	if (user->npairs > 0 && served->ratings)
		RatingPriorLoadings(served, user, y, z);
	else if (user->npairs > 0)
		PriorLoadings(served, user, y, z);
	else if (served->ratings)
		memset(z, 0, sizeof(float) * RECAL_BIAS_COLUMNS);
	for (int f = 0; f < user->features->n; f++)
		reasons[f] = user->features->values[f] *
			recal_dot(d, z, weights + (size_t) user->features->columns[f] * d);
	pfree(z);
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

	return sqrtf(Max(variance, 0.0f));
}
