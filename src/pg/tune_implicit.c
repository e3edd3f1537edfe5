/*
 * tune_implicit.c
 *		The objective of recal_tune for clicks, views and purchases: NDCG@10 of
 *		held-out items, the whole catalogue ranked.
 */
#include "postgres.h"

#include <math.h>

#include "recal_als.h"
#include "recal_compat.h"
#include "recal_tune.h"

enum
{
	FACTORS,
	REGULARIZATION,
	UNOBSERVED_WEIGHT,
	CONFIDENCE,
	HISTORY_DECAY,
	HALF_LIFE
};

static const RecalTuneParameter parameters[] = {
	[FACTORS] = {"factors", RECAL_TUNE_INTEGER},
	[REGULARIZATION] = {"regularization", RECAL_TUNE_LOGARITHMIC},
	[UNOBSERVED_WEIGHT] = {"unobserved_weight", RECAL_TUNE_LOGARITHMIC},
	[CONFIDENCE] = {"confidence", RECAL_TUNE_CHOICE},
	[HISTORY_DECAY] = {"history_decay", RECAL_TUNE_LINEAR},
	[HALF_LIFE] = {"half_life", RECAL_TUNE_INTERVAL}
};

static const char *const confidences[] = {"linear", "log", "binary"};

/* what is searched unless the caller says otherwise, on the scale of recal's own defaults */
#define LEAST_REGULARIZATION	.0005
#define MOST_REGULARIZATION		.1
#define LEAST_UNOBSERVED		.001
#define MOST_UNOBSERVED			5
#define LEAST_DECAY				.3
#define NO_HALF_LIFE			.5	/* share of draws */
#define LEAST_HALF_LIFE			(1 / 16.0)	/* of the mean age of rows */
#define MOST_HALF_LIFE			2.0

static void
SetValues(RecalTuneDomain *domain, int n)
{
	domain->nvalues = n;
	domain->values = recal_palloc_array(char *, n);
	domain->share = 1;
}

static void
SetRange(RecalTuneDomain *domain, double min, double max, double center)
{
	domain->min = min;
	domain->max = max;
	domain->center = center;
}

/* Half, the same and twice as many as now */
static void
FactorsDomain(int factors, RecalTuneDomain *domain)
{
	int			values[3] = {Max(factors / 2, 1), factors, Min(factors * 2, RECAL_MAX_FACTORS)};

	SetValues(domain, lengthof(values));
	for (int i = 0; i < (int) lengthof(values); i++)
		domain->values[i] = psprintf("%d", values[i]);
}

static double
Present(const RecalTuner *tuner, int parameter)
{
	return strtod(tuner->trials[0].values[parameter], NULL);
}

static bool
Domain(const RecalTuner *tuner, RecalTuneDomain *domain)
{
	const RecalOptions *options = &tuner->trials[0].definition->options;

	switch (domain - tuner->space.domains)
	{
		case FACTORS:
			FactorsDomain(options->factors, domain);
			return true;
		case REGULARIZATION:
			SetRange(domain, LEAST_REGULARIZATION, MOST_REGULARIZATION,
					 Present(tuner, REGULARIZATION));
			return true;
		case UNOBSERVED_WEIGHT:
			SetRange(domain, LEAST_UNOBSERVED, MOST_UNOBSERVED,
					 Present(tuner, UNOBSERVED_WEIGHT));
			return true;
		case CONFIDENCE:
			if (!tuner->weights_vary)
				return false;
			SetValues(domain, lengthof(confidences));
			for (int i = 0; i < (int) lengthof(confidences); i++)
				domain->values[i] = psprintf("\"%s\"", confidences[i]);
			return true;
		case HISTORY_DECAY:
			SetRange(domain, LEAST_DECAY, 1, 0);
			return tuner->matrix.pair_time != NULL;
		case HALF_LIFE:
			if (!(tuner->mean_age > 0))
				return false;
			SetValues(domain, 1);
			domain->values[0] = pstrdup("null");
			domain->share = NO_HALF_LIFE;
			SetRange(domain, LEAST_HALF_LIFE * tuner->mean_age,
					 MOST_HALF_LIFE * tuner->mean_age, 0);
			return true;
	}
	return false;
}

static Size
Bytes(const RecalTuner *tuner, const RecalDefinition *definition)
{
	RecalFactorization work = {.factors = definition->options.factors};
	RecalAlsShape shape;

	RecalAlsFullShape(&tuner->matrix, &work, &shape);
	shape.ntest = tuner->holdout.ntest;
	shape.ntargets = tuner->holdout.offsets[tuner->holdout.ntest];
	return RecalAlsBytes(&shape);
}

/* Trains with the given hyper-parameters, and ranks with each of the sample's decays. */
static double
TrainAndRank(RecalTuner *tuner, const RecalFactorization *work, int epochs, double *decay)
{
	RecalTuning *sample = &tuner->sample;
	RecalAls	als;
	double		ndcg;

	sample->shape.d = work->factors;
	RecalAlsBegin(&als, RecalTunePool(tuner, RecalAlsBytes(&sample->shape)), &sample->shape,
				  &sample->rows, sample);
	RecalAlsStart(&als, work->unobserved_weight_used, work->regularization_used, work->seed,
				  NULL, NULL);
	for (int epoch = 0; epoch < epochs; epoch++)
		(void) RecalAlsEpoch(&als);
	ndcg = RecalTuneRank(sample, &als, decay);
	RecalAlsEnd(&als);
	return ndcg < 0 ? NAN : ndcg;
}

static void
SetWork(const RecalOptions *options, RecalFactorization *work)
{
	memset(work, 0, sizeof(RecalFactorization));
	work->factors = options->factors;
	work->epochs = options->epochs;
	work->regularization = work->regularization_used = options->regularization;
	work->unobserved_weight = work->unobserved_weight_used = options->unobserved_weight;
	work->history_decay = work->history_decay_used = options->history_decay;
	work->seed = options->seed;
}

static void
SetFound(const RecalTuner *tuner, const RecalFactorization *work, RecalTuneTrial *trial)
{
	const RecalTuneSpace *space = &tuner->space;

	RecalTuneSet(space, trial, "factors", "%d", work->factors);
	RecalTuneSet(space, trial, "regularization", "%.9g", work->regularization_used);
	RecalTuneSet(space, trial, "unobserved_weight", "%.9g", work->unobserved_weight_used);
	RecalTuneSet(space, trial, "confidence", "\"%s\"",
				 confidences[trial->definition->options.confidence]);
	RecalTuneSet(space, trial, "history_decay", "%.9g", work->history_decay_used);
}

/* On the way from a large weight of unobserved pairs to a small one, the middle first */
static bool
Known(const RecalTuner *tuner, int i, RecalTuneTrial *trial)
{
	static const double pairs[][2] = {
		{.1, .01}, {.3, .03}, {.03, .01}, {1, .01}, {.1, .03}, {.01, .01}
	};
	const RecalTuneDomain *domains = tuner->space.domains;

	if (i >= (int) lengthof(pairs) || domains[REGULARIZATION].given ||
		domains[UNOBSERVED_WEIGHT].given)
		return false;
	RecalTuneSet(&tuner->space, trial, "unobserved_weight", "%g", pairs[i][0]);
	RecalTuneSet(&tuner->space, trial, "regularization", "%g", pairs[i][1]);
	return true;
}

static double
First(RecalTuner *tuner, RecalTuneTrial *trial)
{
	RecalFactorization work;
	RecalTuning search;
	bool		searches;

	SetWork(&trial->definition->options, &work);
	searches = RecalTunePrepare(&tuner->holdout.train, &work, &search);
	/* by rule, where the search fails */
	SetFound(tuner, &work, trial);
	if (searches)
	{
		RecalTuneRun(&search, RecalTunePool(tuner, Max(RecalAlsBytes(&search.shape),
													   Bytes(tuner, trial->definition))),
					 &work);
		RecalTuneFree(&search);
	}
	SetFound(tuner, &work, trial);
	tuner->sample.decays = &work.history_decay_used;
	tuner->sample.ndecays = 1;
	return TrainAndRank(tuner, &work, work.epochs, &work.history_decay_used);
}

/*
 * Decays that are worth a ranking each: it takes less time than a training, and
 * a candidate is judged by the best.
 */
static int
Decays(const RecalTuner *tuner, const RecalTuneTrial *trial, double *decays)
{
	const RecalTuneDomain *domain = &tuner->space.domains[HISTORY_DECAY];
	double		own = trial->definition->options.history_decay;
	double		step = .1 / Max(trial->rung, 1);
	double		tries[] = {own, trial->rung == 0 ? Present(tuner, HISTORY_DECAY) : own - step,
	own + step};
	int			n = 0;

	decays[n++] = own;
	if (!domain->searched || domain->nvalues > 0)
		return n;
	for (int i = 1; i < (trial->rung == 0 ? 2 : 3); i++)
		if (tries[i] >= domain->min && tries[i] <= domain->max && tries[i] != own)
			decays[n++] = tries[i];
	return n;
}

static double
Measure(RecalTuner *tuner, RecalTuneTrial *trial, int epochs)
{
	const RecalTuneDomain *domain = &tuner->space.domains[HISTORY_DECAY];
	RecalFactorization work;
	double		decays[3];
	double		decay;
	double		ndcg;

	SetWork(&trial->definition->options, &work);
	if (tuner->rung->narrow)
		work.factors = Min(work.factors, tuner->trials[0].definition->options.factors);
	tuner->sample.decays = decays;
	tuner->sample.ndecays = Decays(tuner, trial, decays);
	ndcg = TrainAndRank(tuner, &work, epochs, &decay);
	if (domain->searched && !isnan(ndcg))
	{
		RecalTuneSet(&tuner->space, trial, "history_decay", "%.9g", decay);
		trial->definition->options.history_decay = decay;
	}
	return ndcg;
}

const RecalTuneObjective RecalTuneImplicit = {
	.objective = RECAL_IMPLICIT,
	.metric = "ndcg@10",
	.less_is_better = false,
	.nparameters = lengthof(parameters),
	.parameters = parameters,
	.domain = Domain,
	.known = Known,
	.first = First,
	.measure = Measure,
	.bytes = Bytes
};
