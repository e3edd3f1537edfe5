/*
 * sample_compare.c
 *		What a sample keeps of the quality: the same rows are held out of a
 *		factorization of a sample, of one of everything, and of one of as many
 *		pairs at random.
 */
#include "postgres.h"

#include <math.h>

#include "utils/memutils.h"

#include "recal_evaluate.h"
#include "recal_sample.h"

#define MAX_TEST_USERS	2000
#define MIN_TEST_USERS	10
#define COMPARED_K		10

typedef struct Comparison
{
	const RecalFactorization *like;
	const RecalSampling *sampling;
	RecalHoldout holdout;
	RecalFactorization all;		/* what the first run used, for the others; all search on everything */
	int			nrun;
	int			nruns;
	double		told;			/* of this run */
} Comparison;

/* Searches and epochs of all runs make the phase; it moves with the later ones of a run. */
static void
TellRun(void *arg, const RecalProgress *progress)
{
	Comparison *comparison = arg;
	const RecalSampling *sampling = comparison->sampling;
	MemoryContext old = CurrentMemoryContext;
	RecalProgress mine = {"compare", comparison->nrun + 1, comparison->nruns, 0};
	double		done = .5 * progress->fraction;

	if (strcmp(progress->phase, "factorize") == 0)
		done += .5;
	comparison->told = Max(comparison->told, done);
	mine.fraction = (comparison->nrun + comparison->told) / comparison->nruns;
	if (sampling->progress != NULL)
		sampling->progress(sampling->progress_arg, &mine);
	MemoryContextSwitchTo(old);
}

/* Chooses of what is not held out, as for the model; it has not seen what is. */
static void
TakeSample(Comparison *comparison, RecalSampleRun run, RecalMatrix *train)
{
	RecalSampling sampling = *comparison->sampling;

	*train = comparison->holdout.train;
	if (run == RECAL_SAMPLE_ALL)
		return;
	sampling.warm = false;
	sampling.progress = TellRun;
	sampling.progress_arg = comparison;
	if (run == RECAL_SAMPLE_RANDOM)
		sampling.strategy = RECAL_STRATEGY_RANDOM;
	RecalSampleChoose(&comparison->holdout.train, comparison->like, &sampling, false, train);
}

static void
Run(Comparison *comparison, RecalSampleRun run, RecalSampleQuality *quality)
{
	const RecalFactorization *like = comparison->like;
	const char *model = comparison->sampling->model;
	RecalFeatures features[2];
	RecalMatrix train;
	RecalFactorization work = {
		.factors = like->factors,
		.epochs = like->epochs,
		.regularization = like->regularization,
		.unobserved_weight = like->unobserved_weight,
		.history_decay = like->history_decay,
		.seed = like->seed,
		.progress = TellRun,
		.progress_arg = comparison
	};

	comparison->told = 0;
	RecalFactorizationFeatures(like, true, features, &work);
	if (run != RECAL_SAMPLE_ALL)
		work.as = &comparison->all;
	TakeSample(comparison, run, &train);
	RecalFactorize(&train, &work);
	if (run == RECAL_SAMPLE_ALL)
		comparison->all = work;
	if (quality->ratings)
	{
		RecalRatingEvaluation evaluation;

		RecalRateHoldout(model, &comparison->holdout, &work, &evaluation);
		quality->quality[run] = evaluation.rmse;
		if (run == RECAL_SAMPLE_ALL)
			quality->baseline = evaluation.baseline_rmse;
	}
	else
	{
		RecalEvaluation evaluation = {0};

		RecalRankHoldout(model, &comparison->holdout, &work, NULL, COMPARED_K, &evaluation);
		quality->quality[run] = evaluation.model.ndcg / (double) evaluation.model.users;
		if (run == RECAL_SAMPLE_ALL)
			quality->baseline = evaluation.baseline.ndcg / (double) evaluation.baseline.users;
	}
	comparison->nrun++;
}

static double
Kept(const RecalSampleQuality *quality)
{
	double		chosen = quality->quality[RECAL_SAMPLE_CHOSEN];
	double		all = quality->quality[RECAL_SAMPLE_ALL];

	if (!quality->ratings)
		return all > 0 ? chosen / all : NAN;
	return all < quality->baseline ? (quality->baseline - chosen) / (quality->baseline - all) : NAN;
}

void
RecalSampleCompare(const RecalMatrix *matrix, const RecalFactorization *work,
				   const RecalSampling *sampling, RecalSampleQuality *quality)
{
	MemoryContext context = AllocSetContextCreate(CurrentMemoryContext, "recal sample comparison",
												  ALLOCSET_DEFAULT_SIZES);
	MemoryContext runs = AllocSetContextCreate(context, "recal sample run",
											   ALLOCSET_DEFAULT_SIZES);
	MemoryContext old = MemoryContextSwitchTo(context);
	bool		random = sampling->strategy == RECAL_STRATEGY_RANDOM;
	Comparison	comparison = {.like = work, .sampling = sampling};
	RecalProtocol protocol = matrix->pair_time != NULL && !matrix->ratings ?
		RECAL_PROTOCOL_LAST : RECAL_PROTOCOL_RANDOM;

	quality->ratings = matrix->ratings;
	quality->users = 0;
	quality->kept = quality->baseline = NAN;
	for (int run = 0; run < RECAL_SAMPLE_NRUNS; run++)
		quality->quality[run] = NAN;
	RecalHoldOut(matrix, protocol, work->seed, MAX_TEST_USERS, &comparison.holdout);
	if (comparison.holdout.ntest >= MIN_TEST_USERS &&
		RecalSampleSuffices(&comparison.holdout.train, sampling->fraction))
	{
		quality->users = comparison.holdout.ntest;
		comparison.nruns = random ? RECAL_SAMPLE_RANDOM : RECAL_SAMPLE_NRUNS;
		MemoryContextSwitchTo(runs);
		for (int run = 0; run < comparison.nruns; run++)
		{
			Run(&comparison, (RecalSampleRun) run, quality);
			MemoryContextReset(runs);
		}
		quality->kept = Kept(quality);
	}
	MemoryContextSwitchTo(old);
	MemoryContextDelete(context);
}

char *
RecalSampleFacts(const RecalSampling *sampling)
{
	return psprintf(", \"sample_strategy\": \"%s\", \"sample_fraction\": %.9g"
					", \"sample_pairs\": " INT64_FORMAT ", \"sample_rounds\": %d",
					recal_strategy_names[sampling->strategy], sampling->fraction,
					sampling->chosen, sampling->rounds);
}

/* , "sample_<what>": value, or nothing where there is none */
static char *
Metric(const char *what, const char *unit, double value)
{
	return isnan(value) ? "" : psprintf(", \"sample_%s%s\": %.6f", what, unit, value);
}

char *
RecalSampleMetrics(const RecalSampling *sampling, const RecalSampleQuality *quality, bool follows)
{
	const char *unit = quality->ratings ? "rmse" : "ndcg_10";
	char	   *text;

	text = psprintf(", \"sample_work\": %.6f", sampling->work);
	if (quality->users > 0)
		text = psprintf("%s, \"sample_users\": " INT64_FORMAT "%s%s%s%s%s", text, quality->users,
						Metric("", unit, quality->quality[RECAL_SAMPLE_CHOSEN]),
						Metric("all_", unit, quality->quality[RECAL_SAMPLE_ALL]),
						Metric("random_", unit, quality->quality[RECAL_SAMPLE_RANDOM]),
						Metric("baseline_", unit, quality->baseline),
						Metric("quality_kept", "", quality->kept));
	return follows ? text : text + strlen(", ");
}
