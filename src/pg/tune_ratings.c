/*
 * tune_ratings.c
 *		The objective of recal_tune for ratings: RMSE of those held out.
 *
 * Every rung trains on all ratings: a sample of users would leave items with
 * fewer ratings than they have, for which other ridges are best.
 */
#include "postgres.h"

#include <math.h>

#include "recal_als.h"
#include "recal_blas.h"
#include "recal_compat.h"
#include "recal_tune.h"

enum
{
	FACTORS,
	REGULARIZATION
};

static const RecalTuneParameter parameters[] = {
	[FACTORS] = {"factors", RECAL_TUNE_INTEGER},
	[REGULARIZATION] = {"regularization", RECAL_TUNE_LOGARITHMIC}
};

/* what is searched unless the caller says otherwise */
#define LEAST_REGULARIZATION	3
#define MOST_REGULARIZATION		60

#define MOST_FACTORS_TRIED		128

static bool
Domain(const RecalTuner *tuner, RecalTuneDomain *domain)
{
	int			factors = tuner->trials[0].definition->options.factors;
	double		present = strtod(tuner->trials[0].values[REGULARIZATION], NULL);

	switch (domain - tuner->space.domains)
	{
		case FACTORS:
			domain->min = Max(1, Min(factors / 4, 8));
			domain->max = Min(Max(factors * 2, MOST_FACTORS_TRIED), RECAL_MAX_FACTORS);
			domain->center = factors;
			return true;
		case REGULARIZATION:
			domain->min = LEAST_REGULARIZATION;
			domain->max = MOST_REGULARIZATION;
			/* biases alone are no place to look around */
			domain->center = present <= MOST_REGULARIZATION ? present : 0;
			return true;
	}
	return false;
}

static void
SetWork(const RecalOptions *options, RecalFactorization *work)
{
	memset(work, 0, sizeof(RecalFactorization));
	work->factors = options->factors + RECAL_BIAS_COLUMNS;
	work->epochs = options->epochs;
	work->regularization = options->regularization;
	work->unobserved_weight = options->unobserved_weight;
	work->history_decay = options->history_decay;
	work->seed = options->seed;
}

static Size
Bytes(const RecalTuner *tuner, const RecalDefinition *definition)
{
	RecalFactorization work;
	RecalAlsShape shape;

	SetWork(&definition->options, &work);
	RecalAlsFullShape(&tuner->matrix, &work, &shape);
	return RecalAlsBytes(&shape);
}

/* Trains with the given ridges; returns the error on what is held out. */
static double
TrainAndPredict(RecalTuner *tuner, const RecalFactorization *work, int epochs)
{
	const RecalHoldout *holdout = &tuner->holdout;
	const RecalMatrix *train = &holdout->train;
	RecalAlsShape shape;
	RecalAls	als;
	int			d = work->factors;
	int64		n = holdout->offsets[holdout->ntest];
	float		least = train->min_rating - train->mean_rating;
	float		most = train->max_rating - train->mean_rating;
	double		squares = 0;

	RecalAlsFullShape(train, work, &shape);
	RecalAlsBegin(&als, RecalTunePool(tuner, RecalAlsBytes(&shape)), &shape, &train->by_user, NULL);
	RecalAlsStartRatings(&als, work->regularization_used * train->rating_deviation,
						 work->bias_regularization_used, train->rating_deviation, work->seed,
						 NULL, NULL);
	for (int epoch = 0; epoch < epochs; epoch++)
		(void) RecalAlsEpoch(&als);
	for (int64 t = 0; t < holdout->ntest; t++)
		for (int64 i = holdout->offsets[t]; i < holdout->offsets[t + 1]; i++)
		{
			float		score = recal_dot(d, RecalAlsUsers(&als) + (int64) holdout->user[t] * d,
										  RecalAlsItems(&als) + (int64) holdout->targets[i] * d);
			double		error = Min(most, Max(least, score)) - holdout->target_ratings[i];

			squares += error * error;
		}
	RecalAlsEnd(&als);
	return sqrt(squares / (double) n);
}

static void
SetFound(const RecalTuner *tuner, const RecalFactorization *work, RecalTuneTrial *trial)
{
	RecalTuneSet(&tuner->space, trial, "factors", "%d", work->factors - RECAL_BIAS_COLUMNS);
	RecalTuneSet(&tuner->space, trial, "regularization", "%.9g", work->regularization_used);
}

static double
First(RecalTuner *tuner, RecalTuneTrial *trial)
{
	const RecalMatrix *train = &tuner->holdout.train;
	RecalRatingsTuning search;
	RecalFactorization work;

	SetWork(&trial->definition->options, &work);
	if (RecalRatingsPrepare(train, &work, &search))
	{
		RecalRatingsRun(&search, train,
						RecalTunePool(tuner, Max(RecalAlsBytes(&search.shape),
												 Bytes(tuner, trial->definition))),
						&work);
		RecalRatingsFree(&search);
	}
	tuner->bias_regularization = work.bias_regularization_used;
	SetFound(tuner, &work, trial);
	return TrainAndPredict(tuner, &work, work.epochs);
}

/* With the biases' ridge as the first trial found it. */
static double
Measure(RecalTuner *tuner, RecalTuneTrial *trial, int epochs)
{
	RecalFactorization work;

	SetWork(&trial->definition->options, &work);
	work.regularization_used = work.regularization;
	work.bias_regularization_used = tuner->bias_regularization;
	return TrainAndPredict(tuner, &work, epochs);
}

const RecalTuneObjective RecalTuneRatings = {
	.objective = RECAL_EXPLICIT,
	.metric = "rmse",
	.less_is_better = true,
	.nparameters = lengthof(parameters),
	.parameters = parameters,
	.domain = Domain,
	.first = First,
	.measure = Measure,
	.bytes = Bytes
};
