/*
 * simulate.c
 *		recal_simulate: what questions are worth, before anybody is asked.
 */
#include "postgres.h"

#include <math.h>

#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "fmgr.h"
#include "funcapi.h"
#include "utils/array.h"
#include "utils/builtins.h"

#include "recal_arguments.h"
#include "recal_compat.h"
#include "recal_rights.h"
#include "recal_simulate.h"

static const RecalStrategy usual[] = {
	RECAL_STRATEGY_UNCERTAINTY, RECAL_STRATEGY_VARIANCE_REDUCTION, RECAL_STRATEGY_INTEREST
};

/* what everything is to be compared with */
static const RecalStrategy baselines[] = {RECAL_STRATEGY_POPULARITY, RECAL_STRATEGY_RANDOM};

static void
AddStrategy(RecalStrategy *strategies, int *n, RecalStrategy strategy)
{
	for (int i = 0; i < *n; i++)
		if (strategies[i] == strategy)
			return;
	strategies[(*n)++] = strategy;
}

/* Each once, in the order in which they are given, then the baselines; returns their number. */
static int
ParseStrategies(FunctionCallInfo fcinfo, RecalStrategy *strategies)
{
	Datum	   *elements;
	bool	   *nulls;
	int			count;
	int			n = 0;

	if (PG_ARGISNULL(0))
		for (int i = 0; i < (int) lengthof(usual); i++)
			AddStrategy(strategies, &n, usual[i]);
	else
	{
		deconstruct_array(PG_GETARG_ARRAYTYPE_P(0), TEXTOID, -1, false, TYPALIGN_INT, &elements,
						  &nulls, &count);
		for (int i = 0; i < count; i++)
		{
			if (nulls[i])
				ereport(ERROR,
						(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
						 errmsg("a strategy must not be null")));
			AddStrategy(strategies, &n, RecalStrategyNamed(TextDatumGetCString(elements[i])));
		}
	}
	for (int i = 0; i < (int) lengthof(baselines); i++)
		AddStrategy(strategies, &n, baselines[i]);
	return n;
}

static int
ParseCount(FunctionCallInfo fcinfo, int argument, const char *name, int most)
{
	int			count;

	if (PG_ARGISNULL(argument))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("%s must not be null", name)));
	count = PG_GETARG_INT32(argument);
	if (count < 1 || count > most)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("%s must be between 1 and %d, not %d", name, most, count)));
	return count;
}

static void
PutPoint(ReturnSetInfo *rsinfo, const RecalSimulation *simulation, int strategy, int round)
{
	const RecalLearningPoint *point = RecalLearningAt(simulation, strategy, round);
	double		error;
	double		mean = RecalLearningMean(point, &error);
	Datum		values[7];
	bool		nulls[7] = {false};

	values[0] = CStringGetTextDatum(recal_strategy_names[simulation->strategies[strategy]]);
	values[1] = Int32GetDatum(RecalLearningQuestions(simulation, round));
	values[2] = Int32GetDatum((int32) point->answers);
	values[3] = CStringGetTextDatum(simulation->metric);
	values[4] = Float8GetDatum(mean);
	values[5] = Float8GetDatum(error);
	values[6] = Int32GetDatum((int32) point->users);
	nulls[4] = isnan(mean);
	nulls[5] = isnan(error);
	tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, values, nulls);
}

PG_FUNCTION_INFO_V1(recal_simulate);
Datum
recal_simulate(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
	RecalStrategy strategies[RECAL_NSTRATEGIES];
	RecalSimulation simulation = {.strategies = strategies};
	RecalModel *model;
	RecalDefinition *definition;
	bool		row_security;

	simulation.nstrategies = ParseStrategies(fcinfo, strategies);
	simulation.rounds = ParseCount(fcinfo, 1, "rounds", RECAL_MAX_ROUNDS);
	simulation.batch = ParseCount(fcinfo, 2, "batch", RECAL_MAX_BATCH);
	if (PG_ARGISNULL(4))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("seed must not be null")));
	simulation.seed = PG_GETARG_INT32(4);

	model = RecalModelGet(RecalOptionalText(fcinfo, 3), false);
	definition = RecalDefinitionParse(model->definition);
	InitMaterializedSRF(fcinfo, 0);

	SPI_connect();
	/* before any work, and before rows of others are read */
	RecalCheckReadable(model->name, definition, &row_security);
	if (row_security)
		RecalErrorRowSecurity(model->name, "recal_simulate");
	RecalSimulate(model, definition, &simulation);
	for (int strategy = 0; strategy < simulation.nstrategies; strategy++)
		for (int round = 0; round < simulation.points_each; round++)
			PutPoint(rsinfo, &simulation, strategy, round);
	SPI_finish();
	return (Datum) 0;
}
