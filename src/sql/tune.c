/*
 * tune.c
 *		recal_tune: which options would be better, as a table to choose from.
 */
#include "postgres.h"

#include <math.h>

#include "executor/spi.h"
#include "fmgr.h"
#include "funcapi.h"
#include "utils/builtins.h"

#include "recal_arguments.h"
#include "recal_compat.h"
#include "recal_rights.h"
#include "recal_tune.h"

/*
 * The value stands alone for what was trained as the model would be; of the
 * others, which values do not compare with it, the metric tells how far they
 * came.
 */
static void
PutTrial(ReturnSetInfo *rsinfo, const RecalTuner *tuner, const RecalTuneTrial *trial)
{
	const char *metric = tuner->space.objective->metric;
	Datum		values[5];
	bool		nulls[5] = {false};

	if (trial->failed)
		metric = psprintf("%s (not solved)", metric);
	else if (!trial->complete)
		metric = psprintf("%s (stopped at rung %d)", metric, trial->rung);
	values[0] = Int32GetDatum(trial->number);
	values[1] = JsonbPGetDatum(RecalTuneOptions(&tuner->space, trial));
	values[2] = CStringGetTextDatum(metric);
	values[3] = Float8GetDatum(trial->value);
	values[4] = Float8GetDatum(trial->seconds);
	nulls[3] = !trial->complete;
	tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, values, nulls);
}

PG_FUNCTION_INFO_V1(recal_tune);
Datum
recal_tune(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
	RecalModel *model;
	RecalDefinition *definition;
	RecalTuner	tuner;
	bool		row_security;
	int			trials;

	if (PG_ARGISNULL(1) || PG_ARGISNULL(3))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("trials and seed must not be null")));
	trials = PG_GETARG_INT32(1);
	if (trials < 1 || trials > RECAL_MAX_TRIALS)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("trials must be between 1 and %d, not %d", RECAL_MAX_TRIALS, trials)));

	model = RecalModelGet(RecalOptionalText(fcinfo, 0), false);
	definition = RecalDefinitionParse(model->definition);
	InitMaterializedSRF(fcinfo, 0);

	SPI_connect();
	/* before any work, and before rows of others are read */
	RecalCheckReadable(model->name, definition, &row_security);
	if (row_security)
		RecalErrorRowSecurity(model->name, "recal_tune");
	RecalTune(model, definition, trials, PG_ARGISNULL(2) ? NULL : PG_GETARG_JSONB_P(2),
			  PG_GETARG_INT32(3), &tuner);
	for (int i = 0; i < tuner.ntrials; i++)
		PutTrial(rsinfo, &tuner, &tuner.trials[i]);
	SPI_finish();
	return (Datum) 0;
}
