/*
 * evaluate.c
 *		recal_evaluate: every claim about quality as one statement.
 */
#include "postgres.h"

#include <math.h>

#include "executor/spi.h"
#include "fmgr.h"
#include "funcapi.h"
#include "utils/builtins.h"

#include "recal_compat.h"
#include "recal_evaluate.h"
#include "recal_neural.h"
#include "recal_rank.h"
#include "recal_rights.h"
#include "recal_sample.h"

#define MAX_TEST_USERS 20000	/* thinned evenly beyond; the row "users" says how many */

static RecalProtocol
ParseProtocol(const RecalModel *model, const RecalDefinition *definition, const char *name)
{
	bool		has_time = definition->time_column != NULL;
	RecalProtocol protocol;

	if (strcmp(name, "auto") == 0)
		return has_time ? RECAL_PROTOCOL_LAST : RECAL_PROTOCOL_RANDOM;
	if (strcmp(name, "last") == 0)
		protocol = RECAL_PROTOCOL_LAST;
	else if (strcmp(name, "time") == 0)
		protocol = RECAL_PROTOCOL_TIME;
	else if (strcmp(name, "live") == 0)
		protocol = RECAL_PROTOCOL_LIVE;
	else if (strcmp(name, "random") == 0)
		return RECAL_PROTOCOL_RANDOM;
	else
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("unrecognized protocol \"%s\"", name),
				 errhint("Valid protocols are: auto, last, time, live, random.")));
	if (!has_time)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("protocol \"%s\" needs a time column", name),
				 errhint("Use protocol 'random', or give the model a time_column with recal_alter_model.")));
	if (protocol == RECAL_PROTOCOL_LIVE && definition->objective == RECAL_EXPLICIT)
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("protocol \"live\" judges lists, and model \"%s\" predicts ratings",
						model->name),
				 errhint("Use protocol 'time' or 'last'.")));
	return protocol;
}

static void
PutRow(ReturnSetInfo *rsinfo, const char *metric, double value, double baseline)
{
	Datum		values[3];
	bool		nulls[3] = {false};

	values[0] = CStringGetTextDatum(metric);
	values[1] = Float8GetDatum(value);
	values[2] = Float8GetDatum(baseline);
	nulls[1] = isnan(value);
	nulls[2] = isnan(baseline);
	tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, values, nulls);
}

/* Each once, though a user of live comes up for every row */
static int64
CountUsers(const RecalHoldout *holdout)
{
	bool	   *counted = palloc_extended(holdout->train.nusers, MCXT_ALLOC_HUGE | MCXT_ALLOC_ZERO);
	int64		n = 0;

	for (int64 t = 0; t < holdout->ntest; t++)
	{
		n += !counted[holdout->user[t]];
		counted[holdout->user[t]] = true;
	}
	pfree(counted);
	return n;
}

static void
PutMetrics(ReturnSetInfo *rsinfo, const RecalHoldout *holdout, const RecalEvaluation *evaluation,
		   int k)
{
	const RecalRankMetrics *m = evaluation->ranker != NULL ? &evaluation->ranked :
		&evaluation->model;
	const RecalRankMetrics *b = &evaluation->baseline;
	double		n = (double) m->users;
	double		users = (double) CountUsers(holdout);

	PutRow(rsinfo, psprintf("ndcg@%d", k), m->ndcg / n, b->ndcg / n);
	PutRow(rsinfo, psprintf("recall@%d", k), m->recall / n, b->recall / n);
	PutRow(rsinfo, psprintf("hit_rate@%d", k), m->hit_rate / n, b->hit_rate / n);
	PutRow(rsinfo, psprintf("map@%d", k), m->map / n, b->map / n);
	PutRow(rsinfo, "mrr", m->mrr / n, b->mrr / n);
	PutRow(rsinfo, "auc", m->auc / n, b->auc / n);
	PutRow(rsinfo, psprintf("coverage@%d", k), evaluation->model_coverage,
		   evaluation->baseline_coverage);
	PutRow(rsinfo, psprintf("novelty@%d", k), m->novelty / (double) Max(m->shown, 1),
		   b->novelty / (double) Max(b->shown, 1));
	PutRow(rsinfo, "users", users, users);
	if (holdout->known == NULL)
		return;
	PutRow(rsinfo, "rows", n, n);
	PutRow(rsinfo, "unknown_items", (double) evaluation->unknown, (double) evaluation->unknown);
}

/* What is reached without a model, by what was known at the moment */
static void
PutMoments(ReturnSetInfo *rsinfo, const RecalEvaluation *evaluation, int k)
{
	const RecalRankMetrics *ranked[] = {&evaluation->recent, &evaluation->together};
	const char *const names[] = {"recent_popularity", "co_occurrence"};
	const RecalRankMetrics *b = &evaluation->baseline;

	for (int i = 0; i < (int) lengthof(ranked); i++)
	{
		double		n = (double) ranked[i]->users;

		if (ranked[i]->users == 0)
			continue;
		PutRow(rsinfo, psprintf("%s_ndcg@%d", names[i], k), ranked[i]->ndcg / n, b->ndcg / n);
		PutRow(rsinfo, psprintf("%s_hit_rate@%d", names[i], k), ranked[i]->hit_rate / n,
			   b->hit_rate / n);
	}
}

/* One of what would serve if something were not there */
static void
PutWithout(ReturnSetInfo *rsinfo, const char *name, const RecalRankMetrics *m,
		   const RecalRankMetrics *b, int k)
{
	double		n = (double) m->users;

	PutRow(rsinfo, psprintf("%s_ndcg@%d", name, k), m->ndcg / n, b->ndcg / n);
	PutRow(rsinfo, psprintf("%s_recall@%d", name, k), m->recall / n, b->recall / n);
	PutRow(rsinfo, psprintf("%s_hit_rate@%d", name, k), m->hit_rate / n, b->hit_rate / n);
	PutRow(rsinfo, psprintf("%s_mrr", name), m->mrr / n, b->mrr / n);
}

/* Whether a ranker and a network serve, and what there would be without them */
static void
PutParts(ReturnSetInfo *rsinfo, const RecalEvaluation *evaluation, const RecalRanker *ranker,
		 const RecalNetwork *network, int k)
{
	const RecalRankMetrics *b = &evaluation->baseline;

	if (ranker->tried)
		PutRow(rsinfo, "ranker", ranker->kept, NAN);
	if (network->tried)
		PutRow(rsinfo, "network", network->kept, NAN);
	if (ranker->kept && network->kept)
		PutWithout(rsinfo, "network", &evaluation->model, b, k);
	if (network->kept)
		PutWithout(rsinfo, "factorization", &evaluation->factorization, b, k);
	else if (ranker->kept)
		PutWithout(rsinfo, "factorization", &evaluation->model, b, k);
}

static void
PutRatingMetrics(ReturnSetInfo *rsinfo, const RecalRatingEvaluation *evaluation)
{
	PutRow(rsinfo, "rmse", evaluation->rmse, evaluation->baseline_rmse);
	PutRow(rsinfo, "mae", evaluation->mae, evaluation->baseline_mae);
	PutRow(rsinfo, "uncertainty_spearman", evaluation->spearman, NAN);
	PutRow(rsinfo, "uncertainty_ratio", evaluation->tenths_ratio, NAN);
	PutRow(rsinfo, "ratings", (double) evaluation->ratings, (double) evaluation->ratings);
	PutRow(rsinfo, "users", (double) evaluation->users, (double) evaluation->users);
}

/* As training does, without the held-out rows */
static void
TrainAndRank(const RecalModel *model, const RecalDefinition *definition,
			 RecalHoldout *holdout, const RecalMatrix *train,
			 const RecalFactorization *work, int k, ReturnSetInfo *rsinfo)
{
	RecalNetwork network = {.model = model->name};
	RecalRanker ranker = {.model = model->name};
	RecalEvaluation evaluation = {.moments = true};

	RecalNetworkOptions(definition, &network);
	RecalTrainNetwork(train, work, &network);

	/* it ranks for a moment, and random rows have none */
	RecalRankerOptions(definition, &ranker);
	if (holdout->moments == NULL)
		ranker.mode = RECAL_OFF;
	RecalTrainRanker(train, work, &network, &ranker);
	if (ranker.kept)
		RecalEvaluateRanker(&ranker, &network, holdout, work, k, &evaluation);
	RecalRankHoldout(model->name, holdout, work, &network, k, &evaluation);
	PutMetrics(rsinfo, holdout, &evaluation, k);
	PutParts(rsinfo, &evaluation, &ranker, &network, k);
	PutMoments(rsinfo, &evaluation, k);
}

/* Reads as the caller, trains without the held-out rows, ranks. */
static void
Evaluate(const RecalModel *model, const RecalDefinition *definition, int k,
		 RecalProtocol protocol, int64 seed, ReturnSetInfo *rsinfo)
{
	RecalEvents events;
	RecalMatrix matrix;
	RecalHoldout holdout;
	RecalFactorization work;
	RecalSampling sampling = {0};
	RecalMatrix train;

	RecalReadEvents(model, definition, false, RecalTrainMemory(), &events);
	if (events.row_security)
		RecalErrorRowSecurity(model->name, "recal_evaluate");
	RecalMatrixBuild(model->name, &events, definition, &matrix);
	RecalHoldOut(&matrix, protocol, seed, MAX_TEST_USERS, &holdout);
	if (holdout.ntest == 0 || holdout.train.nnz == 0)
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("there is not enough behaviour to evaluate model \"%s\"", model->name),
				 errdetail("Of " INT64_FORMAT " users none has a row to hold out and a history left to predict it from.",
						   matrix.nusers),
				 errhint("Protocols \"last\" and \"random\" need users with at least three items; \"time\" needs users with rows before and after the split.")));

	/* what is held out is known; training has a copy of the rest */
	pfree(matrix.by_user.columns);
	pfree(matrix.by_user.confidences);
	if (matrix.pair_time != NULL)
		pfree(matrix.pair_time);

	memset(&work, 0, sizeof(work));
	RecalFeaturesReadAll(model, definition, false, &events.users, &events.items,
						 RecalTrainMemory(), work.features);
	work.factors = definition->options.factors + (matrix.ratings ? RECAL_BIAS_COLUMNS : 0);
	work.epochs = definition->options.epochs;
	work.regularization = definition->options.regularization;
	work.unobserved_weight = definition->options.unobserved_weight;
	work.history_decay = definition->options.history_decay;
	work.seed = definition->options.seed;
	train = holdout.train;
	if (RecalSamplingOn(model->name, &definition->options, &sampling))
	{
		RecalSampleChoose(&holdout.train, &work, &sampling, false, &train);
		work.searched = &holdout.train;
	}
	RecalFactorize(&train, &work);
	if (matrix.ratings)
	{
		RecalRatingEvaluation evaluation;

		RecalRateHoldout(model->name, &holdout, &work, &evaluation);
		PutRatingMetrics(rsinfo, &evaluation);
	}
	else
		TrainAndRank(model, definition, &holdout, &train, &work, k, rsinfo);
}

PG_FUNCTION_INFO_V1(recal_evaluate);
Datum
recal_evaluate(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
	RecalModel *model;
	RecalDefinition *definition;
	RecalProtocol protocol;
	bool		row_security;
	int			k;

	if (PG_ARGISNULL(1) || PG_ARGISNULL(2) || PG_ARGISNULL(3))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("k, protocol and seed must not be null")));
	k = PG_GETARG_INT32(1);
	if (k < 1 || k > 10000)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("k must be between 1 and 10000, not %d", k)));

	model = RecalModelGet(PG_ARGISNULL(0) ? NULL : text_to_cstring(PG_GETARG_TEXT_PP(0)), false);
	definition = RecalDefinitionParse(model->definition);
	protocol = ParseProtocol(model, definition, text_to_cstring(PG_GETARG_TEXT_PP(2)));
	InitMaterializedSRF(fcinfo, 0);

	SPI_connect();
	/* before any work, and before rows of others are read */
	RecalCheckReadable(model->name, definition, &row_security);
	if (row_security)
		RecalErrorRowSecurity(model->name, "recal_evaluate");
	Evaluate(model, definition, k, protocol, PG_GETARG_INT32(3), rsinfo);
	SPI_finish();
	return (Datum) 0;
}
