/*
 * tune.c
 *		The search of recal_tune: successive halving (Jamieson and Talwalkar
 *		2016) over quasi-random candidates.
 *
 * All candidates begin with few epochs on a sample of users, the best third goes
 * on to more of both, and the last ones are trained as the model would be. What
 * they are measured on is held out as recal_evaluate does, so the values of the
 * last rung are what it would say.
 */
#include "postgres.h"

#include <math.h>

#include "executor/spi.h"
#include "miscadmin.h"
#include "pgstat.h"
#include "portability/instr_time.h"
#include "tcop/tcopprot.h"
#include "utils/memutils.h"

#include "recal_attempt.h"
#include "recal_blas.h"
#include "recal_compat.h"
#include "recal_rights.h"
#include "recal_rng.h"
#include "recal_tune.h"

#define STREAM_USERS	0x74756e69
#define KEEP			3		/* one of so many goes on */
#define LEAST_EPOCHS	3
#define DRAWS			20		/* for each trial, in search of one that is new */
#define REFINE			.4		/* share of the trials that look around the best */
#define REFINE_TRIALS	8		/* where there are that many */

static const RecalTuneRung rungs[] = {
	{.25, 500000, 3000, true},
	{.4, 1500000, 6000, false},
	{1, 0, 20000, false}
};

#define NRUNGS ((int) lengthof(rungs))

/* from how many candidates on a rung is worth while */
static const int rung_candidates[NRUNGS] = {8, 4, 0};

static void
Report(const RecalTuner *tuner, const char *format,...) pg_attribute_printf(2, 3);

static void
Report(const RecalTuner *tuner, const char *format,...)
{
	char		step[64];
	char		activity[NAMEDATALEN * 2 + 96];
	va_list		args;

	va_start(args, format);
	vsnprintf(step, sizeof(step), format, args);
	va_end(args);
	snprintf(activity, sizeof(activity), "recal: tuning \"%s\": %s",
			 tuner->space.model->name, step);
	pgstat_report_activity(STATE_RUNNING, activity);
}

static double
Seconds(instr_time since)
{
	instr_time	now;

	INSTR_TIME_SET_CURRENT(now);
	INSTR_TIME_SUBTRACT(now, since);
	return INSTR_TIME_GET_DOUBLE(now);
}

/*
 * The pool.
 */
static void
EndPool(RecalTuner *tuner)
{
	if (tuner->pool != NULL)
		RecalPoolEnd(tuner->pool);
	tuner->pool = NULL;
	tuner->pool_bytes = 0;
}

RecalPool *
RecalTunePool(RecalTuner *tuner, Size bytes)
{
	MemoryContext old;
	double		cost;

	if (tuner->pool != NULL && tuner->pool_bytes >= bytes)
		return tuner->pool;
	EndPool(tuner);
	cost = tuner->most_trials * RecalAlsCost(&tuner->matrix.by_user, tuner->matrix.nitems, 1,
										 tuner->definition->options.factors);
	old = MemoryContextSwitchTo(tuner->context);
	tuner->pool = RecalPoolBegin(bytes, RecalPoolPlan(cost));
	tuner->pool_bytes = bytes;
	MemoryContextSwitchTo(old);
	return tuner->pool;
}

/*
 * Rows, matrices, samples.
 */
static Size
RowBytes(const RecalEvents *events)
{
	return 2 * sizeof(int32) + sizeof(float) + (events->time != NULL ? sizeof(double) : 0);
}

/* What the rows alone tell of the space. */
static void
LookAtRows(RecalTuner *tuner)
{
	const RecalEvents *events = &tuner->events;
	float		first = 0;
	double		ages = 0;
	int64		timed = 0;

	for (int64 row = 0; row < events->n; row++)
	{
		float		weight = fabsf(events->weight[row]);

		if ((row & 0xFFFFF) == 0)
			CHECK_FOR_INTERRUPTS();
		if (!isinf(weight))
		{
			if (first == 0)
				first = weight;
			tuner->weights_vary |= weight != first;
		}
		if (events->time != NULL && isfinite(events->time[row]))
		{
			ages += events->as_of - events->time[row];
			timed++;
		}
	}
	tuner->mean_age = timed > 0 ? ages / (double) timed : 0;
}

/* Whether the trials may differ in what their rows add up to. */
static bool
DataMayVary(const RecalTuner *tuner)
{
	static const char *const names[] = {"confidence", "half_life"};

	for (int i = 0; i < (int) lengthof(names); i++)
	{
		int			at = RecalTuneFind(&tuner->space, names[i]);

		if (at >= 0 && (!tuner->space.domains[at].given || tuner->space.domains[at].searched))
			return true;
	}
	return false;
}

static void
ReadRows(RecalTuner *tuner)
{
	MemoryContext old = MemoryContextSwitchTo(tuner->events_context);
	const RecalModel *model = tuner->space.model;

	Report(tuner, "read");
	RecalReadEvents(model, RecalTuneFixed(&tuner->space), false, RecalTrainMemory(),
					&tuner->events);
	if (tuner->events.row_security)
		RecalErrorRowSecurity(model->name, "recal_tune");
	LookAtRows(tuner);
	tuner->has_events = DataMayVary(tuner);
	MemoryContextSwitchTo(old);
}

static bool
SameData(const RecalDefinition *a, const RecalDefinition *b)
{
	return a->half_life == b->half_life && a->options.confidence == b->options.confidence;
}

/* The matrix of a definition, and what is held out of it. */
static void
UseData(RecalTuner *tuner, const RecalDefinition *definition)
{
	const char *model = tuner->space.model->name;
	MemoryContext old;
	RecalEvents copy;

	if (tuner->definition != NULL && SameData(tuner->definition, definition))
		return;
	MemoryContextReset(tuner->sample_context);
	MemoryContextReset(tuner->data_context);
	tuner->rung = NULL;
	tuner->definition = NULL;
	old = MemoryContextSwitchTo(tuner->data_context);
	if (tuner->has_events)
	{
		/* kept and copied rows, and the copy sorted */
		RecalCheckReadBudget(model, tuner->events.n,
							 mul_size(tuner->events.n, 3 * RowBytes(&tuner->events)),
							 RecalTrainMemory());
		RecalEventsCopy(&tuner->events, &copy);
	}
	else
		copy = tuner->events;
	RecalMatrixBuild(model, &copy, definition, &tuner->matrix);
	RecalHoldOut(&tuner->matrix, tuner->protocol, tuner->seed,
				 rungs[NRUNGS - 1].test_users, &tuner->holdout);
	MemoryContextSwitchTo(old);
	if (tuner->holdout.ntest == 0 || tuner->holdout.train.nnz == 0)
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("there is not enough behaviour to tune model \"%s\"", model),
				 errdetail("Of " INT64_FORMAT " users none has a row to hold out and a history left to predict it from.",
						   tuner->matrix.nusers),
				 errhint("Tuning needs users with at least three items.")));
	tuner->definition = MemoryContextAlloc(tuner->data_context, sizeof(RecalDefinition));
	*tuner->definition = *definition;
}

static bool
InSample(const RecalTuner *tuner, double share, int64 user)
{
	return share >= 1 ||
		recal_rng_uniform((uint64) tuner->seed, STREAM_USERS, (uint64) user) < share;
}

/* Rows, targets and times of a user who is in the sample. */
static void
AddUser(RecalTuner *tuner, int64 user, int64 test, int64 *ntimed)
{
	const RecalMatrix *train = &tuner->holdout.train;
	const RecalCsr *from = &train->by_user;
	RecalTuning *sample = &tuner->sample;
	RecalAlsShape *shape = &sample->shape;
	int64		start = from->offsets[user];
	int64		n = from->offsets[user + 1] - start;

	memcpy(sample->rows.columns + shape->nnz, from->columns + start, sizeof(int32) * n);
	memcpy(sample->rows.confidences + shape->nnz, from->confidences + start, sizeof(float) * n);
	shape->nnz += n;
	if (test >= 0)
	{
		const RecalHoldout *holdout = &tuner->holdout;

		for (int64 j = holdout->offsets[test]; j < holdout->offsets[test + 1]; j++)
			sample->targets[shape->ntargets++] = holdout->targets[j];
		sample->test_user[shape->ntest++] = (int32) shape->nusers;
		sample->test_offsets[shape->ntest] = shape->ntargets;
	}
	if (test >= 0 && sample->timed != NULL)
	{
		RecalTimed *timed = sample->timed + *ntimed;

		for (int64 j = 0; j < n; j++)
		{
			timed[j].time = train->pair_time[start + j];
			timed[j].item = from->columns[start + j];
			timed[j].index = (int32) j;
		}
		recal_history_sort(timed, n);
		*ntimed += n;
	}
	sample->rows.offsets[++shape->nusers] = shape->nnz;
}

/* Room for all of the held-out split, which a sample is a part of. */
static void
AllocSample(RecalTuner *tuner)
{
	const RecalHoldout *holdout = &tuner->holdout;
	const RecalMatrix *train = &holdout->train;
	RecalTuning *sample = &tuner->sample;
	int64		ntimed = 0;

	memset(sample, 0, sizeof(RecalTuning));
	sample->rows.offsets = RecalAllocArray(sizeof(int64), train->nusers + 1);
	sample->rows.columns = RecalAllocArray(sizeof(int32), train->nnz);
	sample->rows.confidences = RecalAllocArray(sizeof(float), train->nnz);
	sample->test_user = RecalAllocArray(sizeof(int32), holdout->ntest);
	sample->test_offsets = RecalAllocArray(sizeof(int64), holdout->ntest + 1);
	sample->targets = RecalAllocArray(sizeof(int32), holdout->offsets[holdout->ntest]);
	for (int64 t = 0; t < holdout->ntest; t++)
		ntimed += train->by_user.offsets[holdout->user[t] + 1] -
			train->by_user.offsets[holdout->user[t]];
	if (train->pair_time != NULL)
		sample->timed = RecalAllocArray(sizeof(RecalTimed), ntimed);
	sample->rows.offsets[0] = 0;
	sample->test_offsets[0] = 0;
}

/* The sample that a rung trains on. */
static void
TakeSample(RecalTuner *tuner, const RecalTuneRung *rung)
{
	const RecalHoldout *holdout = &tuner->holdout;
	const RecalMatrix *train = &holdout->train;
	MemoryContext old;
	double		share = rung->pairs == 0 ? 1 :
		Min(1.0, (double) rung->pairs / (double) train->nnz);
	double		test_share = (double) rung->test_users / Max(share * (double) holdout->ntest, 1);
	int64		test = 0;
	int64		eligible = 0;
	int64		ntimed = 0;

	if (tuner->rung == rung)
		return;
	MemoryContextReset(tuner->sample_context);
	old = MemoryContextSwitchTo(tuner->sample_context);
	AllocSample(tuner);
	for (int64 user = 0; user < train->nusers; user++)
	{
		bool		has_test = test < holdout->ntest && holdout->user[test] == user;
		int64		number = has_test ? test++ : -1;

		if ((user & 0xFFF) == 0)
			CHECK_FOR_INTERRUPTS();
		if (!InSample(tuner, share, user))
			continue;
		/* evenly, as far as the rung may rank */
		if (has_test && ++eligible * Min(test_share, 1.0) < (double) tuner->sample.shape.ntest + 1e-9)
			number = -1;
		AddUser(tuner, user, number, &ntimed);
	}
	tuner->sample.rows.nrows = tuner->sample.shape.nusers;
	if (share < 1)
		RecalTuneCompactItems(train->nitems, &tuner->sample);
	else
		tuner->sample.shape.nitems = tuner->sample.shape.all_items = train->nitems;
	tuner->rung = rung;
	MemoryContextSwitchTo(old);
}

/*
 * Trials.
 */

/* Whether a candidate is passed over, and not the search given up */
static bool
IsCandidatesFault(int sqlerrcode)
{
	return sqlerrcode == ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE ||
		sqlerrcode == ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE;
}

typedef struct TrialRun
{
	RecalTuner *tuner;
	RecalTuneTrial *trial;
	int			rung;
} TrialRun;

static void
RunTrial(void *arg)
{
	const TrialRun *run = arg;
	RecalTuner *tuner = run->tuner;
	RecalTuneTrial *trial = run->trial;
	const RecalTuneObjective *objective = tuner->space.objective;
	int			epochs = trial->definition->options.epochs;

	UseData(tuner, trial->definition);
	TakeSample(tuner, &rungs[run->rung]);
	if (tuner->sample.shape.ntest == 0)
		trial->value = NAN;
	else if (trial->number == 1)
		trial->value = objective->first(tuner, trial);
	else
		trial->value = objective->measure(tuner, trial,
										  (int) Max(Min(epochs, LEAST_EPOCHS),
													rint(rungs[run->rung].epochs * epochs)));
	trial->failed = isnan(trial->value);
}

/* An error of the candidate's own is passed over. */
static void
Try(RecalTuner *tuner, RecalTuneTrial *trial, int rung)
{
	TrialRun	run = {tuner, trial, rung};
	ErrorData  *error;
	instr_time	start;

	INSTR_TIME_SET_CURRENT(start);
	error = RecalAttempt(RunTrial, &run);
	if (error != NULL)
	{
		if (!IsCandidatesFault(error->sqlerrcode))
			ReThrowError(error);

		/* a worker that has failed is gone */
		EndPool(tuner);
		trial->failed = true;
		trial->value = NAN;
		ereport(DEBUG1,
				(errmsg_internal("recal: trial %d: %s", trial->number, error->message)));
		FreeErrorData(error);
	}
	trial->rung = rung + 1;
	trial->complete = rung == NRUNGS - 1 && !trial->failed;
	trial->seconds += Seconds(start);
	ereport(DEBUG1,
			(errmsg_internal("recal: trial %d, rung %d: %s %.5f, %.3f s", trial->number,
							 trial->rung, tuner->space.objective->metric, trial->value,
							 Seconds(start))));
}

/* Trials of the same matrix one after the other, so that each is made once. */
static void
RunRung(RecalTuner *tuner, RecalTuneTrial **trials, int n, int rung)
{
	bool	   *done = recal_palloc0_array(bool, n);
	int			count = 0;

	for (int i = 0; i < n; i++)
	{
		for (int j = i; j < n; j++)
		{
			if (done[j] || !SameData(trials[i]->definition, trials[j]->definition))
				continue;
			Report(tuner, "rung %d of %d, trial %d/%d", rung + 1, NRUNGS, ++count, n);
			Try(tuner, trials[j], rung);
			done[j] = true;
		}
	}
	pfree(done);
}

/* Best first: who came further, then who did better there; failures last. */
static int
CompareTrials(const void *a, const void *b, void *arg)
{
	const RecalTuneTrial *x = *(RecalTuneTrial *const *) a;
	const RecalTuneTrial *y = *(RecalTuneTrial *const *) b;
	const RecalTuneObjective *objective = arg;

	if (x->failed != y->failed)
		return x->failed ? 1 : -1;
	if (x->rung != y->rung)
		return x->rung > y->rung ? -1 : 1;
	if (!x->failed && x->value != y->value)
		return (x->value > y->value) != objective->less_is_better ? -1 : 1;
	return x->number - y->number;
}

static void
SortTrials(const RecalTuner *tuner, RecalTuneTrial **trials, int n)
{
	qsort_arg(trials, n, sizeof(RecalTuneTrial *), CompareTrials,
			  unconstify(RecalTuneObjective *, tuner->space.objective));
}

static bool
SameValues(const RecalTuneSpace *space, const RecalTuneTrial *a, const RecalTuneTrial *b)
{
	for (int i = 0; i < space->n; i++)
		if (space->domains[i].searched && strcmp(a->values[i], b->values[i]) != 0)
			return false;
	return true;
}

/* Takes what was drawn as the next trial, unless it has been there. */
static bool
AddTrial(RecalTuner *tuner)
{
	RecalTuneTrial *trial = &tuner->trials[tuner->ntrials];

	for (int i = 0; i < tuner->ntrials; i++)
		if (SameValues(&tuner->space, &tuner->trials[i], trial))
			return false;
	trial->definition = RecalTuneDefinition(&tuner->space, trial);
	trial->number = ++tuner->ntrials;
	return true;
}

/* Candidates that are good on many data, unless the caller has drawn the space. */
static void
DrawKnown(RecalTuner *tuner, int most)
{
	const RecalTuneSpace *space = &tuner->space;

	for (int i = 0; i < space->n; i++)
		if (space->domains[i].given)
			return;
	for (int i = 0; space->objective->known != NULL && tuner->ntrials < most; i++)
	{
		RecalTuneTrial *trial = &tuner->trials[tuner->ntrials];

		memset(trial, 0, sizeof(RecalTuneTrial));
		trial->values = recal_palloc_array(char *, space->n);
		memcpy(trial->values, tuner->trials[0].values, sizeof(char *) * space->n);
		if (!space->objective->known(tuner, i, trial))
			break;
		(void) AddTrial(tuner);
	}
}

/* Fewer than asked for where the space holds no more. */
static void
DrawTrials(RecalTuner *tuner)
{
	int			most = tuner->most_trials;
	RecalTuneTrial ignored;

	if (most >= REFINE_TRIALS &&
		RecalTuneDrawNear(&tuner->space, tuner->seed, 0, &tuner->trials[0], &ignored))
		most -= (int) (most * REFINE);
	DrawKnown(tuner, most / 2);
	for (int draw = 0; draw < most * DRAWS && tuner->ntrials < most; draw++)
	{
		RecalTuneDraw(&tuner->space, tuner->seed, draw, &tuner->trials[tuner->ntrials]);
		(void) AddTrial(tuner);
	}
}

static void
CheckMemory(const RecalTuner *tuner)
{
	const RecalMatrix *matrix = &tuner->matrix;
	const RecalTuneTrial *largest = NULL;
	Size		pair = sizeof(int32) + sizeof(float) + (matrix->pair_time ? sizeof(double) : 0);
	Size		pool = 0;
	Size		needed;

	for (int i = 0; i < tuner->ntrials; i++)
	{
		Size		bytes = tuner->space.objective->bytes(tuner, tuner->trials[i].definition);

		if (bytes <= pool)
			continue;
		pool = bytes;
		largest = &tuner->trials[i];
	}
	/* all pairs, those that train, and the sample of those */
	needed = add_size(pool, mul_size(matrix->nnz, 3 * pair));
	if (tuner->has_events)
		needed = add_size(needed, mul_size(tuner->events.n, RowBytes(&tuner->events)));
	if (needed > RecalTrainMemory())
		ereport(ERROR,
				(errcode(ERRCODE_CONFIGURATION_LIMIT_EXCEEDED),
				 errmsg("not enough memory to tune model \"%s\" with %d factors",
						tuner->space.model->name, largest->definition->options.factors),
				 errdetail(INT64_FORMAT " users, " INT64_FORMAT " items and " INT64_FORMAT
						   " pairs take %zu MB; recal.train_memory allows %zu MB.",
						   matrix->nusers, matrix->nitems, matrix->nnz,
						   needed / (1024 * 1024) + 1, RecalTrainMemory() / (1024 * 1024)),
				 errhint("Raise recal.train_memory, or search fewer factors: options => '{\"factors\": ...}'.")));
}

/* All trials but the first climb, thinned after each rung. */
static void
Climb(RecalTuner *tuner)
{
	int			n = tuner->ntrials - 1;
	RecalTuneTrial **climbers = recal_palloc_array(RecalTuneTrial *, Max(n, 1));

	for (int i = 0; i < n; i++)
		climbers[i] = &tuner->trials[i + 1];
	for (int rung = 0; rung < NRUNGS && n > 0; rung++)
	{
		if (n < rung_candidates[rung])
			continue;
		RunRung(tuner, climbers, n, rung);
		SortTrials(tuner, climbers, n);
		n = (n + KEEP - 1) / KEEP;
		while (n > 0 && climbers[n - 1]->failed)
			n--;
	}
}

/*
 * The best that is within the space, or NULL: what the caller has said about it
 * need not hold for the model as it is.
 */
static const RecalTuneTrial *
BestTrial(const RecalTuner *tuner)
{
	const RecalTuneTrial *best = &tuner->trials[0];

	for (int i = 0; i < tuner->space.n; i++)
		if (tuner->space.domains[i].given)
			best = NULL;
	for (int i = 1; i < tuner->ntrials; i++)
	{
		const RecalTuneTrial *trial = &tuner->trials[i];

		if (trial->complete &&
			(best == NULL || CompareTrials(&trial, &best, unconstify(RecalTuneObjective *, tuner->space.objective)) < 0))
			best = trial;
	}
	return best;
}

/* The trials that are left, each near the best so far, trained in full. */
static void
Refine(RecalTuner *tuner)
{
	int			most = tuner->most_trials;

	for (int draw = 1; draw < most * DRAWS && tuner->ntrials < most; draw++)
	{
		RecalTuneTrial *trial = &tuner->trials[tuner->ntrials];
		const RecalTuneTrial *best = BestTrial(tuner);

		if (best == NULL || !RecalTuneDrawNear(&tuner->space, tuner->seed, draw, best, trial))
			return;
		if (!AddTrial(tuner))
			continue;
		Report(tuner, "refining, trial %d/%d", trial->number, most);
		Try(tuner, trial, NRUNGS - 1);
	}
}

static void
Search(RecalTuner *tuner)
{
	RecalTuneTrial *present = &tuner->trials[0];

	ReadRows(tuner);
	present->number = 1;
	RecalTunePresent(&tuner->space, present);
	/* what is wrong with the data as they are is an error */
	UseData(tuner, present->definition);
	tuner->weights_vary |= tuner->events.n > tuner->matrix.nnz;
	CheckMemory(tuner);
	Report(tuner, "the model as it is");
	Try(tuner, present, NRUNGS - 1);
	RecalTuneSpaceComplete(tuner);
	DrawTrials(tuner);
	CheckMemory(tuner);
	Climb(tuner);
	Refine(tuner);
}

void
RecalTune(const RecalModel *model, const RecalDefinition *definition, int trials, Jsonb *options,
		  int64 seed, RecalTuner *tuner)
{
	uint32		denormals;
	RecalTuneTrial **order;
	RecalTuneTrial *sorted;

	memset(tuner, 0, sizeof(RecalTuner));
	tuner->context = CurrentMemoryContext;
	tuner->events_context = AllocSetContextCreate(CurrentMemoryContext, "recal tune rows",
												  ALLOCSET_DEFAULT_SIZES);
	tuner->data_context = AllocSetContextCreate(CurrentMemoryContext, "recal tune matrix",
												ALLOCSET_DEFAULT_SIZES);
	tuner->sample_context = AllocSetContextCreate(CurrentMemoryContext, "recal tune sample",
												  ALLOCSET_DEFAULT_SIZES);
	tuner->seed = seed;
	tuner->most_trials = trials;
	tuner->ntrials = 1;
	/* of ratings one a user is too few to choose by */
	tuner->protocol = definition->time_column != NULL &&
		definition->objective != RECAL_EXPLICIT ? RECAL_PROTOCOL_LAST :
		RECAL_PROTOCOL_RANDOM;
	tuner->trials = recal_palloc0_array(RecalTuneTrial, trials);
	RecalTuneSpaceParse(model, definition, options, &tuner->space);
	RecalCheckBlas();

	denormals = recal_denormals_off();
	PG_TRY();
	{
		Search(tuner);
	}
	PG_FINALLY();
	{
		recal_denormals_restore(denormals);
		EndPool(tuner);
		pgstat_report_activity(STATE_RUNNING, debug_query_string);
	}
	PG_END_TRY();

	order = recal_palloc_array(RecalTuneTrial *, tuner->ntrials);
	for (int i = 0; i < tuner->ntrials; i++)
		order[i] = &tuner->trials[i];
	SortTrials(tuner, order, tuner->ntrials);
	sorted = recal_palloc_array(RecalTuneTrial, tuner->ntrials);
	for (int i = 0; i < tuner->ntrials; i++)
		sorted[i] = *order[i];
	tuner->trials = sorted;
	MemoryContextDelete(tuner->sample_context);
	MemoryContextDelete(tuner->data_context);
	MemoryContextDelete(tuner->events_context);
}
