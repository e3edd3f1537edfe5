/*
 * ranker.c
 *		The training of the ranker: what it may take, what it learns, and whether it
 *		serves.
 */
#include "postgres.h"

#include <math.h>

#include "miscadmin.h"
#include "utils/memutils.h"

#include "recal_attempt.h"
#include "recal_blas.h"
#include "recal_compat.h"
#include "recal_factorize.h"
#include "recal_rank.h"
#include "recal_settings.h"
#include "recal_weights.h"

#define MIN_ITEMS		20		/* below, there is nothing to rank */
#define MIN_USERS		100		/* to judge it by */
#define MIN_EXAMPLES	300
#define MAX_EXAMPLES	50000
#define FEW_EXAMPLES	5000	/* as many are not worth less memory */

/* rows at either end that do not count for the mean time between two rows */
#define TRIMMED			50		/* one in so many */

#define TELL_SECONDS	.5

void
RecalRankerOptions(const RecalDefinition *definition, RecalRanker *ranker)
{
	ranker->mode = definition->options.ranker;
	ranker->sampled = definition->options.sample.fraction > 0;
	ranker->seed = definition->options.seed;
}

bool
RecalRankerMayBe(const RecalMatrix *matrix, const RecalRanker *ranker)
{
	if (ranker->mode == RECAL_OFF || matrix->ratings || matrix->pair_time == NULL)
		return false;
	if (ranker->mode == RECAL_AUTO && (ranker->sampled || matrix->nitems < MIN_ITEMS))
		return false;
	return matrix->dislikes < matrix->nnz;
}

void
RecalRankerProgress(RecalRankerRun *run, double fraction)
{
	RecalRanker *ranker = run->ranker;
	RecalProgress progress = {"ranker", 0, 0, 0};
	MemoryContext old = CurrentMemoryContext;

	run->told = Max(run->told, run->begin + (run->end - run->begin) * Min(fraction, 1));
	progress.fraction = run->told;
	if (ranker->progress != NULL)
		ranker->progress(ranker->progress_arg, &progress);
	MemoryContextSwitchTo(old);
	INSTR_TIME_SET_CURRENT(run->told_at);
}

/* Tells it now and then. */
static void
TellWhenDue(RecalRankerRun *run, double fraction)
{
	instr_time	now;

	INSTR_TIME_SET_CURRENT(now);
	INSTR_TIME_SUBTRACT(now, run->told_at);
	if (INSTR_TIME_GET_DOUBLE(now) > TELL_SECONDS)
		RecalRankerProgress(run, fraction);
}

void
RecalRankerPoll(void *arg)
{
	RecalRankerRun *run = arg;

	CHECK_FOR_INTERRUPTS();
	if (run->pass.rows != NULL)
		TellWhenDue(run, (double) run->pass.at / (double) run->rows.n);
}

/*
 * Memory.
 */

/* What the walk and what comes after it take, with so many examples. */
static Size
WalkMemory(const RecalRankerRun *run, int64 nexamples)
{
	const RecalMatrix *matrix = run->matrix;
	RecalRankRows rows = {matrix->nnz, matrix->nusers, matrix->nitems, NULL, NULL, NULL};
	RecalRankOptions options;
	Size		candidate = sizeof(int32) + sizeof(float) * (1 + RECAL_RANK_NFEATURES);
	Size		example = 2 * sizeof(int32) + RECAL_RANK_CANDIDATES * candidate;
	int64		slots = Max(RECAL_RANK_MAX_SLOTS, RECAL_RANK_LEAST_NEIGHBOURS * matrix->nitems);
	Size		judge = 16 * sizeof(float) + 32;	/* of an item, about */

	recal_rank_default_options(&options);
	slots = Min(slots, RECAL_RANK_NEIGHBOURS * matrix->nitems);
	return add_size(mul_size(example + sizeof(float) * run->d, nexamples),
					(Size) (recal_rank_pass_bytes(&rows) +
							recal_rank_view_bytes(matrix->nitems, run->d) +
							recal_rank_build_bytes(matrix->nitems, run->d) +
							recal_counters_bytes(matrix->nitems, slots) +
							recal_rank_train_bytes(nexamples, &options) +
							(int64) judge * matrix->nitems));
}

/* What the training takes at its peak, with what is there already. */
static Size
NeededMemory(const RecalRankerRun *run, int64 nexamples)
{
	const RecalMatrix *matrix = run->matrix;
	Size		pairs = mul_size(sizeof(int32) + sizeof(float) + sizeof(double), matrix->nnz);
	Size		factors = mul_size(sizeof(float) * run->d,
								   add_size(matrix->nusers, matrix->nitems));
	Size		rows = mul_size(2 * sizeof(int32) + sizeof(double) + sizeof(int64) +
								sizeof(int32) + sizeof(float), matrix->nnz);
	Size		sort = mul_size(2 * (sizeof(double) + sizeof(int64)), matrix->nnz);
	/* of it all, without what judges it, without targets; the network, judged and without targets */
	int			nfactors = run->network->judged != NULL ? 6 : 3;
	RecalAlsShape shape;
	Size		factorize;

	RecalAlsFullShape(matrix, run->work, &shape);
	factorize = add_size(add_size(pairs, factors), RecalAlsBytes(&shape));
	return add_size(add_size(add_size(pairs, rows), mul_size(nfactors, factors)),
					Max(Max(sort, factorize), WalkMemory(run, nexamples)));
}

/* As many examples as there is memory for, within bounds; 0 when there is not enough. */
static int64
AllowedExamples(const RecalRankerRun *run)
{
	int64		n = Min(MAX_EXAMPLES, run->matrix->nnz);
	Size		needed;

	while ((needed = NeededMemory(run, n)) > RecalTrainMemory() && n / 2 >= FEW_EXAMPLES)
		n /= 2;
	if (needed <= RecalTrainMemory())
		return n;
	ereport(run->ranker->mode == RECAL_ON ? ERROR : WARNING,
			(errcode(ERRCODE_CONFIGURATION_LIMIT_EXCEEDED),
			 errmsg("not enough memory to train the ranker of model \"%s\"", run->ranker->model),
			 errdetail("It takes %zu MB; recal.train_memory allows %d MB.",
					   needed / (1024 * 1024) + 1, recal_train_memory_mb),
			 errhint("Raise recal.train_memory, or set the option \"ranker\" to \"off\".")));
	return 0;
}

static void *
Allocate(int64 bytes)
{
	return RecalAllocAligned(CurrentMemoryContext, (Size) Max(bytes, 1));
}

/*
 * The walk.
 */
static void
PlanCounters(RecalRankerRun *run)
{
	int64		nitems = run->rows.nitems;
	int64	   *counts = RecalAllocArray(sizeof(int64), nitems);
	int64		slots;

	memset(counts, 0, sizeof(int64) * nitems);
	for (int64 i = 0; i < run->rows.n; i++)
		counts[run->rows.items[i]]++;
	run->offsets = RecalAllocArray(sizeof(int64), nitems + 1);
	slots = recal_counters_plan(nitems, counts, RECAL_RANK_MAX_SLOTS, run->offsets);
	pfree(counts);
	run->ranker->counters_bytes = (Size) recal_counters_bytes(nitems, slots);
	run->ranker->counters = RecalAllocAligned(run->results, run->ranker->counters_bytes);
	run->pass_memory = Allocate(recal_rank_pass_bytes(&run->rows));
}

double
RecalRankerSpan(const RecalRankRows *rows)
{
	int64		trimmed = rows->n / TRIMMED;
	double		span = rows->times[rows->n - 1 - trimmed] - rows->times[trimmed];

	if (span > 0)
		return span * (double) rows->n / (double) (rows->n - 2 * trimmed);
	return rows->times[rows->n - 1] - rows->times[0];
}

void
RecalRankerStart(RecalRankerRun *run)
{
	recal_counters_init(&run->counters, run->rows.nitems, run->offsets, run->rows.n, 0,
						RecalRankerSpan(&run->rows), run->ranker->counters);
	recal_rank_pass_start(&run->pass, &run->rows, &run->counters, run->pass_memory);
	if (run->view.counters == NULL)
		recal_rank_view_bind(&run->view, &run->counters, run->d,
							 Allocate(recal_rank_view_bytes(run->rows.nitems, run->d)));
}

const float *
RecalRankerOverlaps(const RecalRankerRun *run, const RecalRankUser *user, int n,
					const int32 *items, float *overlaps)
{
	if (run->content == NULL)
		return NULL;
	recal_rank_overlaps(run->content, user->nrecent, user->recent, n, items, run->dense, overlaps);
	return overlaps;
}

/* RecalRankSources.content */
static void
OverlapTarget(void *arg, const RecalRankUser *user, int n, const int32_t *items, float *overlaps)
{
	(void) RecalRankerOverlaps(arg, user, n, items, overlaps);
}

static void
BuildExamples(RecalRankerRun *run)
{
	RecalRankExamples *examples = &run->examples;
	int64		candidates = run->ntargets * RECAL_RANK_CANDIDATES;
	RecalRankSources sources = {
		.d = run->d,
		.item_factors = run->beside.item_factors,
		.ntargets = run->ntargets,
		.targets = run->targets,
		.vectors = run->vectors,
		.network = run->network_vectors != NULL ? RecalRankerScoreTarget : NULL,
		.network_arg = run,
		.content = run->content != NULL ? OverlapTarget : NULL,
		.content_arg = run,
		.seed = (uint64_t) run->ranker->seed
	};
	void	   *memory = Allocate(recal_rank_build_bytes(run->rows.nitems, run->d));

	run->begin = run->end;
	run->end = .6;
	examples->users = Allocate(sizeof(int32) * run->ntargets);
	examples->counts = Allocate(sizeof(int32) * run->ntargets);
	examples->items = Allocate(sizeof(int32) * candidates);
	examples->corrections = Allocate(sizeof(float) * candidates);
	examples->features = Allocate(sizeof(float) * candidates * RECAL_RANK_NFEATURES);
	RecalRankerStart(run);
	recal_rank_build(&run->pass, &run->view, &sources, examples, memory, RecalRankerPoll, run);
	run->ranker->nexamples = examples->n;
	pfree(memory);
}

/*
 * Learning.
 */
static RecalRankExamples
ExamplesFrom(const RecalRankExamples *all, int64 first, int64 n)
{
	return (RecalRankExamples)
	{
		n, all->users + first, all->counts + first,
			all->items + first * RECAL_RANK_CANDIDATES,
			all->corrections + first * RECAL_RANK_CANDIDATES,
			all->features + first * RECAL_RANK_CANDIDATES * RECAL_RANK_NFEATURES
	};
}

static void
SwapBytes(void *a, void *b, Size size)
{
	char		copy[256];
	char	   *x = a;
	char	   *y = b;

	for (Size done = 0; done < size; done += sizeof(copy))
	{
		Size		n = Min(sizeof(copy), size - done);

		memcpy(copy, x + done, n);
		memcpy(x + done, y + done, n);
		memcpy(y + done, copy, n);
	}
}

static void
SwapExamples(const RecalRankExamples *all, int64 a, int64 b)
{
	RecalRankExamples x = ExamplesFrom(all, a, 1);
	RecalRankExamples y = ExamplesFrom(all, b, 1);

	if (a == b)
		return;
	SwapBytes(x.users, y.users, sizeof(int32));
	SwapBytes(x.counts, y.counts, sizeof(int32));
	SwapBytes(x.items, y.items, sizeof(int32) * RECAL_RANK_CANDIDATES);
	SwapBytes(x.corrections, y.corrections, sizeof(float) * RECAL_RANK_CANDIDATES);
	SwapBytes(x.features, y.features,
			  sizeof(float) * RECAL_RANK_CANDIDATES * RECAL_RANK_NFEATURES);
}

/*
 * Puts examples of the first half of the judges at the begin, those of the
 * second half at the end; *first and *second are where the ones end and the
 * others begin.
 */
static void
PartExamples(RecalRankerRun *run, int64 *first, int64 *second)
{
	RecalRankExamples *examples = &run->examples;
	char	   *half = palloc_extended(run->rows.nusers, MCXT_ALLOC_HUGE | MCXT_ALLOC_ZERO);
	int64		e = 0;

	for (int64 q = 0; q < run->nqueries; q++)
		half[run->rows.users[run->queries[q].row]] = (char) (1 + run->queries[q].half);
	*first = 0;
	*second = examples->n;
	while (e < *second)
	{
		int			mine = half[examples->users[e]];

		if (mine == 2)
			SwapExamples(examples, e, --*second);
		else
		{
			if (mine == 1)
				SwapExamples(examples, e, (*first)++);
			e++;
		}
	}
	pfree(half);
}

static bool
Diverged(const RecalRankerRun *run, const char *message)
{
	ereport(run->ranker->mode == RECAL_ON ? ERROR : WARNING,
			(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
			 errmsg("the training of the ranker of model \"%s\" failed", run->ranker->model),
			 errdetail_internal("%s.", message),
			 errhint("Set the option \"ranker\" to \"off\".")));
	return false;
}

/* A net being trained */
typedef struct NetTraining
{
	RecalRankerRun *run;
	const RecalRankResult *result;
	int			epochs;			/* at most */
} NetTraining;

static void
PollNet(void *arg)
{
	const NetTraining *training = arg;

	CHECK_FOR_INTERRUPTS();
	TellWhenDue(training->run, (double) training->result->passes / training->epochs);
}

/* Until so much of the phase has passed */
static bool
TrainOn(RecalRankerRun *run, int64 first, int64 n, double end, RecalRankNet *net,
		RecalRankResult *result)
{
	RecalRankExamples examples = ExamplesFrom(&run->examples, first, n);
	RecalRankOptions options;
	NetTraining training = {run, result, 0};
	const char *message;
	void	   *memory;

	run->begin = run->end;
	run->end = end;
	recal_rank_default_options(&options);
	options.seed = (uint64_t) run->ranker->seed;
	training.epochs = options.epochs;
	memory = Allocate(recal_rank_train_bytes(n, &options));
	message = recal_rank_train(net, &examples, &options, result, memory, PollNet, &training);
	pfree(memory);
	return message == NULL || Diverged(run, message);
}

/* The net that would serve, and those that the judges' rows are ranked by */
static bool
TrainNets(RecalRankerRun *run)
{
	RecalRanker *ranker = run->ranker;
	RecalRankResult ignored;
	int64		first = 0;
	int64		second = 0;
	int64		n = run->examples.n;

	RecalRankerProgress(run, 1);
	ranker->net = RecalAllocAligned(run->results, sizeof(RecalRankNet));
	run->nets[0] = run->nets[1] = ranker->net;
	if (ranker->nfolds > 1)
		PartExamples(run, &first, &second);
	if (!TrainOn(run, 0, n, ranker->nfolds > 1 ? .7 : .8, ranker->net, &ranker->result))
		return false;
	if (ranker->nfolds == 1)
		return true;
	run->nets[0] = Allocate(sizeof(RecalRankNet));
	run->nets[1] = Allocate(sizeof(RecalRankNet));
	if (first == n || second == 0)
		return Diverged(run, "there are too few users to judge it by");
	return TrainOn(run, first, n - first, .75, run->nets[0], &ignored) &&
		TrainOn(run, 0, second, .8, run->nets[1], &ignored);
}

/* Not inlined: its variables are none of the error handling's business. */
static pg_noinline bool
Learn(RecalRankerRun *run)
{
	RecalRanker *ranker = run->ranker;

	BuildExamples(run);
	if (ranker->nexamples == 0)
		return Diverged(run, "there is nothing to learn from");
	if (!TrainNets(run))
		return false;
	run->begin = .8;
	run->end = 1;
	if (run->nqueries > 0)
		RecalRankerJudge(run);
	ranker->njudged = run->nqueries;
	if (ranker->mode == RECAL_AUTO && !RecalRankerWins(ranker))
		return false;
	ranker->tastes = RecalAllocAligned(run->results,
									   mul_size(sizeof(RecalTaste), run->rows.nusers));
	memcpy(ranker->tastes, run->pass.tastes, sizeof(RecalTaste) * run->rows.nusers);
	if (recal_rank_net_reads_content(ranker->net))
		ranker->content = run->content;
	return true;
}

/*
 * What it is all made of.
 */
static void
Factorize(void *arg)
{
	RecalRankerFactorize(arg);
	RecalRankerFoldIn(arg);
}

/* What fails only here is no reason to have no model. */
static bool
AttemptFactorize(RecalRankerRun *run)
{
	if (run->ranker->mode != RECAL_ON)
		return RecalAttemptPart(Factorize, run, run->ranker->model, "ranker",
								"The factorization without the rows that it would learn from failed");
	Factorize(run);
	return true;
}

/* Whether the network was judged by the same users */
static bool
JudgedAlike(const RecalRankerRun *run)
{
	const RecalNetwork *network = run->network;

	return network->judged != NULL && network->judged->n == run->held.nvalid &&
		memcmp(network->judged->users, run->held.valid_user,
			   sizeof(int32) * run->held.nvalid) == 0;
}

/* Chooses what to learn from and what to be judged by; false where that is not enough. */
static bool
Prepare(RecalRankerRun *run, int64 max)
{
	RecalRanker *ranker = run->ranker;

	RecalRankerRows(run);
	if (run->rows.n == 0 || run->rows.times[0] == run->rows.times[run->rows.n - 1])
	{
		if (ranker->mode == RECAL_ON)
			ereport(ERROR,
					(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
					 errmsg("a ranker of model \"%s\" has nothing to learn from", ranker->model),
					 errdetail("There are no two rows of different times."),
					 errhint("Set the option \"ranker\" to \"auto\".")));
		return false;
	}
	RecalRankerQueries(run);
	if (ranker->mode == RECAL_AUTO && run->nqueries < MIN_USERS)
		return false;
	ranker->has_network = JudgedAlike(run);
	if (ranker->mode == RECAL_AUTO && run->network->kept && !ranker->has_network)
		return false;
	RecalRankerTargets(run, max);
	return ranker->mode == RECAL_ON || run->ntargets >= MIN_EXAMPLES;
}

static void
Try(RecalRankerRun *run)
{
	RecalRanker *ranker = run->ranker;
	int64		max = AllowedExamples(run);
	uint32		denormals;

	run->end = 0;
	RecalRankerProgress(run, 0);
	if (max == 0 || !Prepare(run, max))
		return;
	ranker->tried = true;
	if (!AttemptFactorize(run))
		return;
	run->begin = run->end;
	run->end = run->ranker->has_network ? .45 : run->begin;
	RecalRankerTrainNetwork(run);
	RecalMatrixFreeRows(&run->train);
	PlanCounters(run);
	denormals = recal_denormals_off();
	PG_TRY();
	{
		ranker->kept = Learn(run);
	}
	PG_FINALLY();
	{
		recal_denormals_restore(denormals);
	}
	PG_END_TRY();
}

void
RecalTrainRanker(const RecalMatrix *matrix, const RecalFactorization *work,
				 const RecalNetwork *network, RecalRanker *ranker)
{
	MemoryContext results = CurrentMemoryContext;
	MemoryContext context;
	RecalRankerRun *run;
	instr_time	start;
	instr_time	now;

	ranker->tried = ranker->kept = ranker->has_network = false;
	ranker->net = NULL;
	ranker->tastes = NULL;
	ranker->counters = NULL;
	ranker->content = NULL;
	ranker->nexamples = ranker->njudged = 0;
	ranker->nfolds = 1;
	ranker->seconds = 0;
	memset(&ranker->result, 0, sizeof(RecalRankResult));
	if (!RecalRankerMayBe(matrix, ranker))
		return;
	INSTR_TIME_SET_CURRENT(start);
	context = AllocSetContextCreate(results, "recal ranker", ALLOCSET_DEFAULT_SIZES);
	MemoryContextSwitchTo(context);
	run = palloc0(sizeof(RecalRankerRun));
	run->matrix = matrix;
	run->work = work;
	run->network = network;
	run->ranker = ranker;
	run->context = context;
	run->results = results;
	run->d = work->factors;
	if (work->features[RECAL_SIDE_ITEMS] != NULL)
	{
		run->content = &work->features[RECAL_SIDE_ITEMS]->rows;
		run->dense = palloc0(mul_size(sizeof(float), Max(run->content->width, 1)));
	}
	run->told_at = start;
	Try(run);
	MemoryContextSwitchTo(results);
	MemoryContextDelete(context);
	if (!ranker->kept)
	{
		if (ranker->net != NULL)
			pfree(ranker->net);
		if (ranker->counters != NULL)
			pfree(ranker->counters);
		ranker->net = NULL;
		ranker->counters = NULL;
	}
	INSTR_TIME_SET_CURRENT(now);
	INSTR_TIME_SUBTRACT(now, start);
	ranker->seconds = INSTR_TIME_GET_DOUBLE(now);
}
