/*
 * network.c
 *		The training of the network: what it may take, how long it goes on, and
 *		whether it is worth keeping.
 */
#include "postgres.h"

#include <math.h>

#include "miscadmin.h"
#include "utils/memutils.h"

#include "recal_attempt.h"
#include "recal_blas.h"
#include "recal_compat.h"
#include "recal_factorize.h"
#include "recal_neural.h"
#include "recal_settings.h"
#include "recal_weights.h"

#define MIN_ITEMS		10		/* below, there is nothing to rank */
#define PATIENCE		2		/* epochs without a better one */

/* what share of the rows may be held out of the network that is served */
#define MAX_HELD_OUT	.02

/* where no validation chooses */
#define DEFAULT_BLEND	1

/* multiply-adds of a slice's layers between two looks for interrupts */
#define SLICE_WORK		1e9

/* histories that the spread is measured on, and multiply-adds that this may take */
#define SPREAD_USERS	2000
#define SPREAD_WORK		2e10

static const int default_hidden[] = {256, 128};

void
RecalNetworkOptions(const RecalDefinition *definition, RecalNetwork *network)
{
	const RecalOptions *options = &definition->options;

	network->mode = options->network;
	network->nhidden = options->nhidden;
	memcpy(network->hidden, options->hidden, sizeof(network->hidden));
	network->dropout = options->dropout;
	network->learning_rate = options->learning_rate;
	network->batch_size = options->batch_size;
	network->epochs = options->network_epochs;
	network->negatives = options->negatives;
	network->seed = options->seed;
}

void
RecalNetworkShape(const RecalNetwork *network, int factors, int64 nitems, bool profile,
				  RecalNetShape *shape)
{
	memset(shape, 0, sizeof(RecalNetShape));
	shape->d = factors;
	shape->nitems = nitems;
	shape->nprofile = profile;
	shape->nhidden = network->nhidden < 0 ? (int) lengthof(default_hidden) : network->nhidden;
	memcpy(shape->hidden, network->nhidden < 0 ? default_hidden : network->hidden,
		   sizeof(int) * shape->nhidden);
}

static double
DenseSize(const RecalNetShape *shape)
{
	return (double) recal_net_dense_size(shape);
}

static void
ResolveOptions(RecalNetworkRun *run)
{
	const RecalNetwork *network = run->network;
	RecalNetOptions *options = &run->options;

	recal_net_default_options(options, run->matrix->nnz, run->matrix->nitems);
	if (network->dropout >= 0)
		options->dropout = (float) network->dropout;
	if (network->learning_rate > 0)
		options->learning_rate = (float) network->learning_rate;
	if (network->batch_size > 0)
		options->batch = network->batch_size;
	if (network->epochs > 0)
		options->epochs = network->epochs;
	if (network->negatives >= 0)
		options->negatives = network->negatives;
	options->slice = (int) Max(1, Min(options->slice, SLICE_WORK / DenseSize(&run->shape)));
	options->seed = (uint64_t) network->seed;
}

/*
 * Memory.
 */
static Size
Megabytes(Size bytes)
{
	return bytes / (1024 * 1024) + 1;
}

/* What the training takes at its peak, with what is there already. */
static Size
NeededMemory(const RecalNetworkRun *run)
{
	const RecalMatrix *matrix = run->matrix;
	int			d = run->shape.d;
	Size		pairs = mul_size(sizeof(int32) + sizeof(float) + sizeof(double), matrix->nnz);
	Size		factors = mul_size(sizeof(float) * d, add_size(matrix->nusers, matrix->nitems));
	Size		here = add_size(add_size(pairs, factors),
								mul_size(sizeof(int32) + sizeof(float), matrix->nnz));
	Size		network = add_size(RecalNetworkBytes(run),
								   mul_size(sizeof(float), recal_net_size(&run->shape) +
											(RECAL_NET_SPREADS + 1) * (Size) d * d));
	const RecalFeatures *items = run->work->features[RECAL_SIDE_ITEMS];
	Size		held = 0;

	/* once the training's own memory is free */
	if (items != NULL)
		held = add_size(mul_size(sizeof(float), recal_net_size(&run->shape)),
						RecalNetworkContentBytes(&items->rows, RecalNetContentWidth(d)));
	if (run->nvalid > 0)
	{
		RecalAlsShape shape;

		RecalAlsFullShape(matrix, run->work, &shape);
		held = Max(held, add_size(add_size(pairs, factors), RecalAlsBytes(&shape)));

		/* what is held out of both, and what they make of it */
		network = add_size(network, mul_size(sizeof(float) * d * 3,
											 add_size(matrix->nitems, run->nvalid)));
	}
	return add_size(here, Max(held, network));
}

static bool
HasMemory(const RecalNetworkRun *run)
{
	Size		needed = NeededMemory(run);

	if (needed <= RecalTrainMemory())
		return true;
	ereport(run->network->mode == RECAL_ON ? ERROR : WARNING,
			(errcode(ERRCODE_CONFIGURATION_LIMIT_EXCEEDED),
			 errmsg("not enough memory to train the network of model \"%s\"",
					run->network->model),
			 errdetail("It takes %zu MB; recal.train_memory allows %d MB.",
					   Megabytes(needed), recal_train_memory_mb),
			 errhint("Raise recal.train_memory, lower the options \"hidden\", \"batch_size\" or \"negatives\", or set \"network\" to \"off\".")));
	return false;
}

/*
 * Epochs.
 */
void
RecalNetworkProgress(RecalNetworkRun *run, int epoch, int epochs, double fraction)
{
	RecalNetwork *network = run->network;
	RecalProgress progress = {"network", epoch, epochs, 0};
	MemoryContext old = CurrentMemoryContext;

	run->told = Min(1, Max(run->told, fraction));
	progress.fraction = run->told;
	if (network->progress != NULL)
		network->progress(network->progress_arg, &progress);
	MemoryContextSwitchTo(old);
	INSTR_TIME_SET_CURRENT(run->told_at);
}

static bool
Diverged(const RecalNetworkRun *run, int epoch, const char *message)
{
	ereport(run->network->mode == RECAL_ON ? ERROR : WARNING,
			(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
			 errmsg("the training of the network of model \"%s\" diverges",
					run->network->model),
			 errdetail("In epoch %d: %s.", epoch + 1, message),
			 errhint("Lower the option \"learning_rate\", which is %g.",
					 run->options.learning_rate)));
	return false;
}

static void
Keep(RecalNetworkRun *run, int epochs)
{
	RecalNetwork *network = run->network;

	memcpy(network->parameters, RecalNetworkParameters(run),
		   sizeof(float) * recal_net_size(&run->shape));
	recal_net_bind(&network->net, &run->shape, network->parameters);

	/* serving reads profiles as the features' weights make them */
	if (run->shape.nprofile > 0)
		recal_net_scale_profile(&network->net, run->profile_scale);
	network->epochs_run = epochs;
	if (network->judged != NULL)
		memcpy(network->judged->vectors, RecalNetworkRankedVectors(run),
			   sizeof(float) * run->shape.d * run->nvalid);
}

static void
AllocJudged(const RecalNetworkRun *run)
{
	MemoryContext context = AllocSetContextCreate(run->results, "recal network judged",
												  ALLOCSET_DEFAULT_SIZES);
	RecalNetworkJudged *judged = MemoryContextAlloc(context, sizeof(RecalNetworkJudged));
	Size		row = sizeof(float) * run->shape.d;

	judged->context = context;
	judged->n = run->nvalid;
	judged->users = MemoryContextAllocHuge(context, sizeof(int32) * run->nvalid);
	judged->ndcg = MemoryContextAllocHuge(context, sizeof(double) * run->nvalid);
	judged->vectors = RecalAllocAligned(context, mul_size(row, run->nvalid));
	judged->factors = RecalAllocAligned(context, mul_size(row, run->nvalid));
	judged->item_factors = RecalAllocAligned(context, mul_size(row, run->shape.nitems));
	judged->outputs = RecalAllocAligned(context, mul_size(row, run->shape.nitems));
	judged->biases = RecalAllocAligned(context, mul_size(sizeof(float), run->shape.nitems));
	run->network->judged = judged;
}

/* What was judged, before what serves takes its place */
static void
KeepJudged(const RecalNetworkRun *run)
{
	RecalNetworkJudged *judged = run->network->judged;
	Size		row = sizeof(float) * run->shape.d;

	memcpy(judged->users, run->valid_user, sizeof(int32) * run->nvalid);
	memcpy(judged->ndcg, run->crossed, sizeof(double) * run->nvalid);
	memcpy(judged->factors, run->valid_vectors, row * run->nvalid);
	memcpy(judged->item_factors, run->held_items, row * run->shape.nitems);
	memcpy(judged->outputs, run->network->net.outputs, row * run->shape.nitems);
	memcpy(judged->biases, run->network->net.biases, sizeof(float) * run->shape.nitems);
}

static void
FreeJudged(RecalNetwork *network)
{
	if (network->judged != NULL)
		MemoryContextDelete(network->judged->context);
	network->judged = NULL;
}

/* Trains without what is held out; false when it is not to be kept. */
static bool
TrainAndJudge(RecalNetworkRun *run)
{
	RecalNetwork *network = run->network;
	int			epochs = run->options.epochs;
	double		begin = run->told;
	double		end = run->again ? begin + .6 * (1 - begin) : 1;
	bool		wins;

	RecalNetworkJudgeBegin(run);
	AllocJudged(run);
	RecalNetworkBegin(run, true, run->held_items);
	for (int epoch = 0; epoch < epochs; epoch++)
	{
		const char *message;

		message = RecalNetworkEpoch(run, epoch, epochs,
									begin + (end - begin) * epoch / epochs,
									begin + (end - begin) * (epoch + 1) / epochs,
									&network->loss[epoch]);
		if (message != NULL)
			return Diverged(run, epoch, message);
		network->nloss = epoch + 1;
		if (RecalNetworkJudge(run))
			Keep(run, epoch + 1);
		else if (epoch + 1 - network->epochs_run >= PATIENCE)
			break;
	}
	wins = RecalNetworkWins(run);
	KeepJudged(run);
	return wins || network->mode == RECAL_ON;
}

/* Trains on everything, for so many epochs of the schedule. */
static bool
TrainOnAll(RecalNetworkRun *run, int epochs)
{
	double		begin = run->told;
	double		ignored;

	RecalNetworkBegin(run, false, run->work->item_factors);
	for (int epoch = 0; epoch < epochs; epoch++)
	{
		double	   *loss = run->nvalid > 0 ? &ignored : &run->network->loss[epoch];
		const char *message;

		message = RecalNetworkEpoch(run, epoch, epochs,
									begin + (1 - begin) * epoch / epochs,
									begin + (1 - begin) * (epoch + 1) / epochs, loss);
		if (message != NULL)
			return Diverged(run, epoch, message);
		if (run->nvalid == 0)
			run->network->nloss = epoch + 1;
	}
	Keep(run, epochs);
	return true;
}

/* Multiply-adds, about */
static double
TrainingCost(const RecalNetworkRun *run)
{
	double		softmax = (double) run->shape.d *
		(run->options.negatives > 0 ? run->options.negatives : run->shape.nitems);

	return 3 * (double) run->matrix->nnz * run->options.epochs *
		(DenseSize(&run->shape) + softmax);
}

static void
TrainInPool(RecalNetworkRun *run)
{
	RecalNetwork *network = run->network;
	uint32		denormals = recal_denormals_off();

	PG_TRY();
	{
		run->pool = RecalPoolBegin(RecalNetworkBytes(run), RecalPoolPlan(TrainingCost(run)));
		if (run->nvalid == 0)
			network->kept = TrainOnAll(run, network->unjudged_epochs > 0 ?
									   network->unjudged_epochs : run->options.epochs);
		else
			network->kept = TrainAndJudge(run);
		if (network->kept && run->again)
			network->kept = TrainOnAll(run, network->epochs_run);
		network->nworkers = RecalPoolWorkers(run->pool);
	}
	PG_FINALLY();
	{
		recal_denormals_restore(denormals);
		if (run->pool != NULL)
			RecalPoolEnd(run->pool);
	}
	PG_END_TRY();
}

/* How sure the network can be of a user, by the length of the history */
static void
MeasureSpread(RecalNetworkRun *run)
{
	RecalNetwork *network = run->network;
	int			d = run->shape.d;
	double		cost = (RECAL_NET_SPREADS + 1) * (DenseSize(&run->shape) + (double) d * d);
	RecalNetHistories histories = {
		run->matrix->nusers, run->matrix->by_user.offsets, run->items, run->weights,
		RecalNetworkProfiles(run)
	};
	float	   *work = RecalAllocAligned(run->context,
										 sizeof(float) * recal_net_spread_work_size(&run->shape));

	network->spread = RecalAllocAligned(run->results,
										mul_size(sizeof(float) * RECAL_NET_SPREADS * d, d));
	recal_net_fit_spread(&network->net, &histories,
						 (int64) Max(1, Min(SPREAD_USERS, SPREAD_WORK / cost)),
						 network->spread, work, RecalPollInterrupts, NULL);
	pfree(work);
}

/* What serves items that have only features; false when it cannot be had. */
static bool
FitContent(RecalNetworkRun *run)
{
	const char *message = RecalNetworkFitContent(run);

	if (message == NULL)
		return true;
	ereport(run->network->mode == RECAL_ON ? ERROR : WARNING,
			(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
			 errmsg("the network of model \"%s\" could not learn from features",
					run->network->model),
			 errdetail_internal("%s.", message),
			 errhint("Lower the option \"learning_rate\", which is %g.",
					 run->options.learning_rate)));
	return false;
}

bool
RecalNetworkMayBe(const RecalMatrix *matrix, const RecalNetwork *network)
{
	if (network->mode == RECAL_OFF || matrix->ratings || matrix->pair_time == NULL)
		return false;
	if (network->mode == RECAL_AUTO && matrix->nitems < MIN_ITEMS)
		return false;
	return matrix->dislikes < matrix->nnz;
}

static void
AttemptFactorization(void *arg)
{
	RecalNetworkFactorize(arg);
}

/* What fails only here is no reason to have no model. */
static bool
FactorizeHeldOut(RecalNetworkRun *run)
{
	if (run->network->mode == RECAL_ON)
		RecalNetworkFactorize(run);
	else
		run->network->tried =
			RecalAttemptPart(AttemptFactorization, run, run->network->model, "network",
							 "The factorization without the rows that would judge it failed");
	return run->network->tried;
}

static void
Try(RecalNetworkRun *run)
{
	RecalNetwork *network = run->network;
	instr_time	start;
	instr_time	now;
	Size		size = mul_size(sizeof(float), recal_net_size(&run->shape));

	INSTR_TIME_SET_CURRENT(start);
	run->told_at = start;
	RecalNetworkHistories(run);
	if (network->unjudged_epochs == 0 && !RecalNetworkHoldOut(run) && network->mode != RECAL_ON)
		return;
	if (run->matrix->nitems < MIN_ITEMS)
		run->nvalid = 0;
	if (run->nvalid == 0)
		run->warm = network->warm;
	run->again = run->nvalid > MAX_HELD_OUT * run->matrix->nnz;
	if (!HasMemory(run))
		return;

	network->tried = true;
	network->nvalid = run->nvalid;
	network->warmed = run->warm != NULL;
	network->shape = run->shape;
	network->options = run->options;
	network->blend = DEFAULT_BLEND;
	network->loss = MemoryContextAllocZero(run->results, sizeof(double) * run->options.epochs);
	RecalNetworkProgress(run, 0, run->options.epochs, 0);
	if (run->nvalid > 0 && !FactorizeHeldOut(run))
		return;
	network->parameters = RecalAllocAligned(run->results, size);
	TrainInPool(run);
	if (network->kept && network->unjudged_epochs == 0)
		network->kept = FitContent(run);
	if (!network->kept)
	{
		pfree(network->parameters);
		network->parameters = NULL;
		FreeJudged(network);
	}
	else if (network->unjudged_epochs == 0)
		MeasureSpread(run);
	INSTR_TIME_SET_CURRENT(now);
	INSTR_TIME_SUBTRACT(now, start);
	network->seconds = INSTR_TIME_GET_DOUBLE(now);
}

void
RecalTrainNetwork(const RecalMatrix *matrix, const RecalFactorization *work,
				  RecalNetwork *network)
{
	MemoryContext results = CurrentMemoryContext;
	RecalNetworkRun *run;
	MemoryContext context;

	network->tried = network->kept = network->warmed = false;
	network->parameters = network->spread = network->content = NULL;
	network->blend = 0;
	network->nvalid = 0;
	network->nloss = network->epochs_run = network->nworkers = 0;
	network->loss = NULL;
	network->judged = NULL;
	network->ndcg = network->factorization_ndcg = network->popularity_ndcg = NAN;
	network->seconds = network->epoch_seconds = 0;
	network->positions = 0;
	if (!RecalNetworkMayBe(matrix, network))
		return;
	context = AllocSetContextCreate(results, "recal network", ALLOCSET_DEFAULT_SIZES);
	MemoryContextSwitchTo(context);
	run = palloc0(sizeof(RecalNetworkRun));
	run->matrix = matrix;
	run->work = work;
	run->network = network;
	run->context = context;
	run->results = results;
	run->warm = network->warm;
	RecalNetworkShape(network, work->factors, matrix->nitems,
					  work->features[RECAL_SIDE_USERS] != NULL, &run->shape);
	ResolveOptions(run);
	Try(run);
	if (!network->kept)
		network->blend = 0;
	MemoryContextSwitchTo(results);
	MemoryContextDelete(context);
}
