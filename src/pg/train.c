/*
 * train.c
 *		The whole training of one model.
 *
 * At top level it commits as it goes. Whatever may call foreign code or hold
 * snapshots (reading, storing) runs as a step of its own in a subtransaction, so
 * that its error can be undone before the transaction is; the long computation
 * between runs outside, with nothing held, and may commit.
 */
#include "postgres.h"

#include <math.h>

#include "executor/spi.h"
#include "miscadmin.h"
#include "pgstat.h"
#include "portability/instr_time.h"
#include "tcop/tcopprot.h"
#include "utils/builtins.h"
#include "utils/jsonb.h"
#include "utils/memutils.h"
#include "utils/portal.h"

#include "recal_als.h"
#include "recal_attempt.h"
#include "recal_blas.h"
#include "recal_compat.h"
#include "recal_factorize.h"
#include "recal_neural.h"
#include "recal_questions.h"
#include "recal_rank.h"
#include "recal_rights.h"
#include "recal_sample.h"
#include "recal_step.h"
#include "recal_train.h"
#include "recal_weights.h"

#define REPORT_SECONDS	1.0		/* between progress rows */

#define REST			.1		/* of a factorization's time: what comes after it */

/*
 * Phases, and the shares of the whole that have passed when they begin; how
 * long the epochs take is known better once the first has passed, unless a
 * sample is chosen before and compared after.
 */
enum
{
	PHASE_READ,
	PHASE_INDEX,
	PHASE_SAMPLE,
	PHASE_TUNE,
	PHASE_FACTORIZE,
	PHASE_NETWORK,
	PHASE_RANKER,
	PHASE_POSTERIOR,
	PHASE_COMPARE,
	PHASE_STORE,
	NPHASES
};

static const struct
{
	const char *name;
	double		begin[2];		/* of everything; of a sample */
}			phases[NPHASES + 1] = {
	{"read", {0, 0}}, {"index", {.03, .02}}, {"sample", {.05, .03}}, {"tune", {.05, .25}},
	{"factorize", {.2, .35}}, {"network", {.25, .4}}, {"ranker", {.75, .5}},
	{"posterior", {.92, .5}},
	{"compare", {.95, .52}}, {"store", {.95, .97}}, {NULL, {1, 1}}
};

typedef struct Training
{
	RecalModel *model;
	RecalDefinition *definition;
	int			version;		/* 0: not begun */
	RecalSteps	steps;
	instr_time	start;
	double		reported;		/* seconds from start */
	double		fraction;		/* last told; it never falls */
	double		epochs_since;	/* when the first epoch ended */
	double		seconds[NPHASES];

	RecalEvents events;
	RecalMatrix matrix;
	RecalSampling sampling;
	RecalSampleQuality quality;
	RecalMatrix sample;
	RecalMatrix *learned;		/* that one, or all of matrix */
	int			warm_version;	/* 0: cold start */
	int64		warm_items;
	RecalFactorization work;
	RecalNetwork network;
	RecalRanker ranker;
	RecalPrior	prior;
	float	   *chances;		/* [items] of an answer, or NULL */
	int64		bytes;
} Training;

#define BeginStep(training)	RecalStepBegin(&(training)->steps)
#define EndStep(training)	RecalStepEnd(&(training)->steps)
#define Abandon(training)	RecalStepsAbandon(&(training)->steps)

static double
SecondsSinceStart(const Training *training)
{
	instr_time	now;

	INSTR_TIME_SET_CURRENT(now);
	INSTR_TIME_SUBTRACT(now, training->start);
	return INSTR_TIME_GET_DOUBLE(now);
}

/* What share of the whole has passed, by the pace of the epochs. */
static double
FractionByPace(Training *training, int epoch, int epochs, double now)
{
	double		pace;

	if (epoch == 1)
		training->epochs_since = now;
	if (epoch < 2)
		return 0;
	pace = (now - training->epochs_since) / (epoch - 1);
	return now / (now + pace * (epochs - epoch + REST * epochs));
}

static bool
IsSampled(const Training *training)
{
	return training->learned == &training->sample;
}

/* What share of the whole has passed when the factorization is done */
static double
FactorizedShare(const Training *training)
{
	if (RecalNetworkMayBe(&training->matrix, &training->network))
		return phases[PHASE_NETWORK].begin[0];
	return RecalRankerMayBe(&training->matrix, &training->ranker) ? .4 : 1;
}

/* Shows where training is: always in pg_stat_activity, now and then as a row. */
static void
Report(Training *training, int phase, int epoch, int epochs, double fraction)
{
	char		activity[NAMEDATALEN * 2 + 64];
	double		now = SecondsSinceStart(training);
	bool		sampled = IsSampled(training);
	double		begin = phases[phase].begin[sampled];
	RecalProgress progress;

	if (epochs > 0)
		snprintf(activity, sizeof(activity), "recal: training \"%s\": %s %d/%d",
				 training->model->name, phases[phase].name, epoch, epochs);
	else
		snprintf(activity, sizeof(activity), "recal: training \"%s\": %s",
				 training->model->name, phases[phase].name);
	pgstat_report_activity(STATE_RUNNING, activity);

	fraction = begin + fraction * (phases[phase + 1].begin[sampled] - begin);
	if (phase == PHASE_FACTORIZE && epoch > 0 && !sampled)
		fraction = FractionByPace(training, epoch, epochs, now) * FactorizedShare(training);
	else if (phase == PHASE_FACTORIZE && !sampled)
		fraction = 0;
	if (!training->steps.nonatomic || now - training->reported < REPORT_SECONDS)
		return;
	if (IsSubTransaction())
		return;					/* an attempt (RecalAttempt) cannot commit */
	training->reported = now;
	training->fraction = Max(training->fraction, fraction);
	progress.phase = phases[phase].name;
	progress.epoch = epoch;
	progress.epochs = epochs;
	progress.fraction = training->fraction;
	BeginStep(training);
	RecalVersionProgress(training->model->name, training->version, &progress);
	EndStep(training);
}

static void
ReportEpoch(void *arg, const RecalProgress *progress)
{
	int			phase = PHASE_READ;

	while (strcmp(phases[phase].name, progress->phase) != 0)
		phase++;
	Report(arg, phase, progress->epoch, progress->epochs, progress->fraction);
}

/*
 * Warm start.
 */

/* Item factors of the current version, for the ids that are still there */
static void
LoadWarm(void *arg)
{
	Training   *training = arg;
	const char *model = training->model->name;
	int			number = training->model->current_version;
	RecalFactorization *work = &training->work;
	RecalVersion *version = RecalVersionGet(model, number);
	const RecalIdTable *items = &training->events.items;
	int			d = work->factors;
	RecalIdTable ids;
	RecalPart	part;
	float	   *factors;
	float	   *warm;
	bool	   *has_warm;
	int64	   *places;

	if (version == NULL || version->status != RECAL_READY ||
		RecalDefinitionParse(version->definition)->objective != training->definition->objective)
		return;
	RecalWeightsInfo(model, number, "item_factors", &part);
	if (part.columns != d)
		return;
	RecalWeightsReadIds(model, number, "item_ids", &ids);
	if (ids.kind != items->kind)
		return;
	factors = RecalWeightsReadFloats(model, number, "item_factors", ids.n, d);
	warm = RecalAllocArray(sizeof(float) * d, items->n);
	has_warm = RecalAllocArray(sizeof(bool), items->n);
	places = RecalAllocArray(sizeof(int64), ids.n);
	memset(places, -1, sizeof(int64) * ids.n);
	for (int64 i = 0; i < items->n; i++)
	{
		RecalId		id = RecalIdTableGet(items, i);
		int64		at = RecalIdTableFind(&ids, &id);

		has_warm[i] = at >= 0;
		if (at < 0)
			continue;
		places[at] = i;
		memcpy(warm + i * d, factors + at * d, sizeof(float) * d);
		training->warm_items++;
	}
	pfree(factors);
	work->warm_items = warm;
	work->has_warm = has_warm;
	if (RecalNetworkMayBe(&training->matrix, &training->network))
	{
		RecalNetShape shape;

		RecalNetworkShape(&training->network, d, items->n,
						  work->features[RECAL_SIDE_USERS] != NULL, &shape);
		training->network.warm = RecalNetworkLoadWarm(version, &shape, ids.n, places);
	}
	pfree(places);
	training->warm_version = number;
}

/* Weights that cannot be used are a reason to start cold, not to fail. */
static void
WarmStart(Training *training)
{
	ErrorData  *error;

	if (!training->definition->options.warm_start || training->model->current_version <= 0)
		return;
	error = RecalAttempt(LoadWarm, training);
	if (error == NULL)
		return;
	training->warm_items = 0;
	training->network.warm = NULL;
	if (error->sqlerrcode != ERRCODE_DATA_CORRUPTED &&
		error->sqlerrcode != ERRCODE_INSUFFICIENT_PRIVILEGE &&
		error->sqlerrcode != ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE)
		ReThrowError(error);
	ereport(WARNING,
			(errcode(error->sqlerrcode),
			 errmsg("model \"%s\" is trained from a cold start", training->model->name),
			 errdetail_internal("%s", error->message)));
	FreeErrorData(error);
}

/*
 * What a version says about itself.
 */
/* The definition with options as they were used */
static Jsonb *
ResolvedDefinition(const Training *training)
{
	static const char *const confidences[] = {"linear", "log", "binary"};
	const RecalOptions *options = &training->definition->options;
	Jsonb	   *definition = training->model->definition;
	bool		ratings = training->matrix.ratings;
	Datum		used = JsonbPGetDatum(RecalJsonb(
		"{\"factors\": %d, \"epochs\": %d, \"regularization\": %.9g, \"unobserved_weight\": %s, "
		"\"history_decay\": %.9g, "
		"\"confidence\": \"%s\", \"max_history\": %d, \"seed\": " INT64_FORMAT "}",
		options->factors, options->epochs,
		training->work.regularization_used,
		ratings ? "\"auto\"" : psprintf("%.9g", training->work.unobserved_weight_used),
		training->work.history_decay_used,
		confidences[options->confidence], options->max_history, options->seed));
	JsonbValue	value;
	Jsonb	   *patch;

	if (getKeyJsonValueFromContainer(&definition->root, "options", strlen("options"), &value))
		used = DirectFunctionCall2(jsonb_concat, JsonbPGetDatum(JsonbValueToJsonb(&value)), used);
	if (training->network.kept)
		used = DirectFunctionCall2(jsonb_concat, used,
								   JsonbPGetDatum(RecalNetworkUsed(&training->network)));
	patch = RecalJsonb("{\"options\": %s}",
					   JsonbToCString(NULL, &DatumGetJsonbP(used)->root,
									  VARSIZE(DatumGetJsonbP(used))));
	return DatumGetJsonbP(DirectFunctionCall2(jsonb_concat, JsonbPGetDatum(definition),
											  JsonbPGetDatum(patch)));
}

static const char *
JsonBool(bool value)
{
	return value ? "true" : "false";
}

static Jsonb *
Facts(const Training *training)
{
	const RecalEvents *events = &training->events;
	const RecalMatrix *matrix = &training->matrix;
	const RecalFactorization *work = &training->work;

	return RecalJsonb("{\"rows_read\": " INT64_FORMAT ", \"rows_skipped\": " INT64_FORMAT
					  ", \"rows_null\": " INT64_FORMAT ", \"rows_ignored\": " INT64_FORMAT
					  ", \"rows_bad\": " INT64_FORMAT ", \"users\": " INT64_FORMAT
					  ", \"items\": " INT64_FORMAT ", \"pairs\": " INT64_FORMAT
					  ", \"dislikes\": " INT64_FORMAT ", \"density\": %.4g"
					  ", \"answers\": " INT64_FORMAT ", \"row_security\": %s, \"regularization\": %.9g"
					  ", \"unobserved_weight\": %.9g, \"history_decay\": %.9g"
					  ", \"item_prior\": %s, \"user_prior\": %s"
					  ", \"tuned\": %s, \"warm_start\": %s"
					  ", \"warm_version\": %d, \"warm_items\": " INT64_FORMAT
					  ", \"workers\": %d, \"blas\": \"%s\"%s%s%s%s}",
					  events->rows_read,
					  events->rows_null + events->rows_ignored + events->rows_bad,
					  events->rows_null, events->rows_ignored, events->rows_bad,
					  matrix->nusers, matrix->nitems, matrix->nnz, matrix->dislikes,
					  (double) matrix->nnz / ((double) matrix->nusers * (double) matrix->nitems),
					  events->nanswers, JsonBool(events->row_security),
					  work->regularization_used, work->unobserved_weight_used,
					  work->history_decay_used, JsonBool(work->prior_used[RECAL_SIDE_ITEMS]),
					  JsonBool(work->prior_used[RECAL_SIDE_USERS]), JsonBool(work->tuned),
					  JsonBool(training->warm_version > 0), training->warm_version,
					  training->warm_items, work->nworkers, recal_blas_corename(),
					  RecalRatingFacts(matrix, work), RecalNetworkFacts(&training->network),
					  RecalRankerFacts(&training->ranker),
					  IsSampled(training) ? RecalSampleFacts(&training->sampling) : "");
}

static Jsonb *
Timings(const Training *training)
{
	const double *seconds = training->seconds;
	char	   *sample = "";

	if (IsSampled(training))
		sample = psprintf("\"sample\": %.3f, \"compare\": %.3f, ", seconds[PHASE_SAMPLE],
						  seconds[PHASE_COMPARE]);
	return RecalJsonb("{\"read\": %.3f, \"index\": %.3f, \"tune\": %.3f, \"factorize\": %.3f, "
					  "\"network\": %.3f, \"ranker\": %.3f, \"posterior\": %.3f, \"store\": %.3f, %s\"total\": %.3f}",
					  seconds[PHASE_READ], seconds[PHASE_INDEX], seconds[PHASE_TUNE],
					  seconds[PHASE_FACTORIZE], seconds[PHASE_NETWORK], seconds[PHASE_RANKER],
					  seconds[PHASE_POSTERIOR], seconds[PHASE_STORE], sample,
					  SecondsSinceStart(training));
}

static void
WriteWeights(Training *training)
{
	const char *model = training->model->name;
	int			version = training->version;
	const RecalMatrix *matrix = &training->matrix;
	const RecalFactorization *work = &training->work;
	const RecalPrior *prior = &training->prior;
	int			d = work->factors;
	float		scalars[RECAL_NSCALARS];
	const struct
	{
		const char *part;
		int64		rows;
		int			columns;
		const float *data;
	}			parts[] = {
		{"item_factors", matrix->nitems, d, work->item_factors},
		{"user_factors", matrix->nusers, d, work->user_factors},
		{"gramian", 1, d, work->eigenvalues},
		{"user_mean", 1, d, prior->user_mean},
		{"user_covariance", d, d, prior->user_covariance},
		{"item_transform", d, d, prior->item_transform},
		{"item_rates", 1, d, prior->item_rates},
		{"item_mass", matrix->nitems, 1, prior->item_mass},
		{"scalars", 1, RECAL_NSCALARS, scalars}
	};

	scalars[RECAL_SCALAR_UNOBSERVED_WEIGHT] = (float) work->unobserved_weight_used;
	scalars[RECAL_SCALAR_REGULARIZATION] = (float) (matrix->ratings ? work->ridge :
													work->regularization_used);
	scalars[RECAL_SCALAR_MEAN_CONFIDENCE] = (float) matrix->mean_confidence;
	scalars[RECAL_SCALAR_NOISE] = prior->noise;
	scalars[RECAL_SCALAR_HISTORY_DECAY] = (float) work->history_decay_used;
	scalars[RECAL_SCALAR_BIAS_RIDGE] = (float) (matrix->ratings ? work->bias_regularization_used : 0);
	scalars[RECAL_SCALAR_MEAN_RATING] = matrix->mean_rating;
	scalars[RECAL_SCALAR_RATING_DEVIATION] = matrix->rating_deviation;
	scalars[RECAL_SCALAR_NETWORK_BLEND] = training->network.kept ? training->network.blend : 0;
	scalars[RECAL_SCALAR_NETWORK_DROPOUT] = training->network.kept ?
		training->network.options.dropout : -1;
	scalars[RECAL_SCALAR_NETWORK_SPREAD] = training->network.kept;
	scalars[RECAL_SCALAR_USER_PRIOR] = work->prior_used[RECAL_SIDE_USERS];
	scalars[RECAL_SCALAR_USERS] = (float) matrix->nusers;
	scalars[RECAL_SCALAR_CHANCES] = training->chances != NULL;
	scalars[RECAL_SCALAR_MEAN_USER] = matrix->ratings ? 0 : RECAL_MEAN_USER_LIKES;
	scalars[RECAL_SCALAR_RANKER] = training->ranker.kept;
	training->bytes = RecalWeightsWriteIds(model, version, "item_ids", &training->events.items) +
		RecalWeightsWriteIds(model, version, "user_ids", &training->events.users);
	for (int i = 0; i < (int) lengthof(parts); i++)
		training->bytes += RecalWeightsWriteFloats(model, version, parts[i].part, parts[i].rows,
												   parts[i].columns, parts[i].data);
	if (training->chances != NULL)
		training->bytes += RecalWeightsWriteFloats(model, version, "item_chance",
												   matrix->nitems, 1, training->chances);
	for (int i = 0; i < 2; i++)
		if (work->features[i] != NULL)
			training->bytes += RecalEncoderWrite(model, version, i, &work->features[i]->encoder, d);
	if (training->network.kept)
		training->bytes += RecalNetworkStore(model, version, &training->network);
	if (training->ranker.kept)
		training->bytes += RecalRankerStore(model, version, matrix->nusers, &training->ranker);
}

/*
 * Phases.
 */
static void
ReadEvents(Training *training)
{
	BeginStep(training);
	RecalReadEvents(training->model, training->definition, true, RecalTrainMemory(),
					&training->events);
	EndStep(training);
}

static void
BuildMatrix(Training *training)
{
	RecalFactorization *work = &training->work;
	const RecalOptions *options = &training->definition->options;

	RecalMatrixBuild(training->model->name, &training->events, training->definition,
					 &training->matrix);
	work->factors = options->factors + (training->matrix.ratings ? RECAL_BIAS_COLUMNS : 0);
	work->epochs = options->epochs;
	work->regularization = options->regularization;
	work->unobserved_weight = options->unobserved_weight;
	work->history_decay = options->history_decay;
	work->seed = options->seed;
	work->progress = ReportEpoch;
	work->progress_arg = training;
	RecalNetworkOptions(training->definition, &training->network);
	training->network.model = training->model->name;
	training->network.progress = ReportEpoch;
	training->network.progress_arg = training;
	RecalRankerOptions(training->definition, &training->ranker);
	training->ranker.model = training->model->name;
	training->ranker.progress = ReportEpoch;
	training->ranker.progress_arg = training;
	BeginStep(training);
	RecalFeaturesReadAll(training->model, training->definition, true, &training->events.users,
						 &training->events.items, RecalTrainMemory(), work->features);
	EndStep(training);
	BeginStep(training);
	training->chances = RecalAnswerChances(training->model, &training->events, &training->matrix);
	WarmStart(training);
	EndStep(training);
}

/* What the search measured, and what the network was judged by */
static Jsonb *
Metrics(const Training *training)
{
	const RecalFactorization *work = &training->work;
	char	   *search = "";

	if (work->tuned && training->matrix.ratings)
		search = psprintf("\"auto_rmse\": %.6f, \"baseline_rmse\": %.6f", work->tune_rmse,
						  work->biases_rmse);
	else if (work->tuned)
		search = psprintf("\"auto_ndcg_10\": %.6f, \"baseline_ndcg_10\": %.6f", work->tune_ndcg,
						  work->tune_popularity);
	search = psprintf("%s%s", search,
					  RecalNetworkMetrics(&training->network, search[0] != '\0'));
	search = psprintf("%s%s", search,
					  RecalRankerMetrics(&training->ranker, search[0] != '\0'));
	if (IsSampled(training))
		search = psprintf("%s%s", search,
						  RecalSampleMetrics(&training->sampling, &training->quality,
											 search[0] != '\0'));
	return RecalJsonb("{%s}", search);
}

static void
Store(Training *training, double since)
{
	RecalVersionResult result = {0};

	BeginStep(training);
	WriteWeights(training);
	training->seconds[PHASE_STORE] = SecondsSinceStart(training) - since;
	result.definition = ResolvedDefinition(training);
	result.as_of = training->events.as_of;
	result.facts = Facts(training);
	result.nloss = training->work.epochs;
	result.loss = training->work.loss;
	result.metrics = Metrics(training);
	result.timings = Timings(training);
	result.bytes = training->bytes;
	RecalVersionFinish(training->model->name, training->version, &result,
					   training->definition->options.keep_versions);
	EndStep(training);
}

/* Notes how long a phase took; returns when the next one starts. */
static double
EndPhase(Training *training, int phase, double since)
{
	double		now = SecondsSinceStart(training);

	training->seconds[phase] = now - since;
	return now;
}

/* Chooses what to learn from, if not everything. */
static void
ChooseSample(Training *training, double since)
{
	RecalSampling *sampling = &training->sampling;

	training->learned = &training->matrix;
	if (!RecalSamplingOn(training->model->name, &training->definition->options, sampling))
		return;
	training->learned = &training->sample;
	training->work.searched = &training->matrix;
	sampling->warm = training->warm_version > 0;
	sampling->progress = ReportEpoch;
	sampling->progress_arg = training;
	Report(training, PHASE_SAMPLE, 0, 0, 0);
	RecalSampleChoose(&training->matrix, &training->work, sampling,
					  training->definition->options.sample.compare, &training->sample);
	EndPhase(training, PHASE_SAMPLE, since);
}

static void
CompareSample(Training *training)
{
	double		since = SecondsSinceStart(training);

	if (!IsSampled(training) || !training->definition->options.sample.compare)
		return;
	Report(training, PHASE_COMPARE, 0, 0, 0);
	RecalSampleCompare(&training->matrix, &training->work, &training->sampling,
					   &training->quality);
	EndPhase(training, PHASE_COMPARE, since);
}

static void
RunPhases(Training *training)
{
	double		since;

	training->definition = RecalDefinitionCheck(training->model->name,
												training->model->definition);
	since = SecondsSinceStart(training);
	Report(training, PHASE_READ, 0, 0, 0);
	ReadEvents(training);
	since = EndPhase(training, PHASE_READ, since);
	Report(training, PHASE_INDEX, 0, 0, 0);
	BuildMatrix(training);
	since = EndPhase(training, PHASE_INDEX, since);
	ChooseSample(training, since);

	Report(training, PHASE_TUNE, 0, 0, 0);
	RecalFactorize(training->learned, &training->work);
	training->seconds[PHASE_TUNE] = training->work.seconds_tune;
	training->seconds[PHASE_FACTORIZE] = training->work.seconds_factorize;

	since = SecondsSinceStart(training);
	RecalTrainNetwork(training->learned, &training->work, &training->network);
	since = EndPhase(training, PHASE_NETWORK, since);
	RecalTrainRanker(training->learned, &training->work, &training->network, &training->ranker);
	since = EndPhase(training, PHASE_RANKER, since);
	Report(training, PHASE_POSTERIOR, 0, 0, 0);
	RecalFitPrior(training->learned, &training->work, &training->prior);
	EndPhase(training, PHASE_POSTERIOR, since);
	CompareSample(training);
	since = SecondsSinceStart(training);
	Report(training, PHASE_STORE, 0, 0, 0);
	Store(training, since);
}

/* Makes the version's row, after which a failure can be told. */
static void
BeginVersion(Training *training, const char *name)
{
	BeginStep(training);

	/* what was read before the lock was held may have changed */
	training->model = RecalModelGetLatest(name);
	RecalCheckOwner(training->model);
	RecalVersionAbortOthers(name, 0);
	training->version = RecalVersionBegin(name, training->model->definition);
	EndStep(training);
}

static void
RecordFailure(Training *training, const ErrorData *error)
{
	RecalStatus status = error->sqlerrcode == ERRCODE_QUERY_CANCELED ?
		RECAL_ABORTED : RECAL_FAILED;

	PG_TRY();
	{
		BeginStep(training);
		RecalVersionFail(training->model->name, training->version, status,
						 unpack_sql_state(error->sqlerrcode), error->message);
		EndStep(training);
	}
	PG_CATCH();
	{
		/* the first error counts; the next training marks this one aborted */
		MemoryContextSwitchTo(training->steps.context);
		FlushErrorState();
		Abandon(training);
	}
	PG_END_TRY();
}

static void
TrainNonatomic(Training *training, const char *name)
{
	volatile bool locked = false;

	PG_TRY();
	{
		RecalModelLock(name, true);
		locked = true;
		BeginVersion(training, name);
		RunPhases(training);
	}
	PG_CATCH();
	{
		ErrorData  *error;

		MemoryContextSwitchTo(training->steps.context);
		error = CopyErrorData();
		FlushErrorState();
		Abandon(training);
		if (training->version > 0)
			RecordFailure(training, error);
		if (locked)
			RecalModelUnlock(name);
		pgstat_report_activity(STATE_RUNNING, debug_query_string);
		ReThrowError(error);
	}
	PG_END_TRY();
	RecalModelUnlock(name);
}

void
RecalTrainModel(const char *name, bool nonatomic)
{
	MemoryContext old = CurrentMemoryContext;
	Training   *training;
	MemoryContext context = AllocSetContextCreate(nonatomic ? PortalContext : CurrentMemoryContext,
												  "recal training", ALLOCSET_DEFAULT_SIZES);

	MemoryContextSwitchTo(context);
	name = pstrdup(name);
	training = palloc0(sizeof(Training));
	training->steps.context = context;
	training->steps.nonatomic = nonatomic;
	INSTR_TIME_SET_CURRENT(training->start);
	if (nonatomic)
		TrainNonatomic(training, name);
	else
	{
		RecalModelLock(name, false);
		BeginVersion(training, name);
		RunPhases(training);
	}
	pgstat_report_activity(STATE_RUNNING, debug_query_string);
	MemoryContextSwitchTo(old);
	MemoryContextDelete(context);
}
