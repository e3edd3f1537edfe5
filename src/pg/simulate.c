/*
 * simulate.c
 *		Replays history: lets strategies question users that training has not seen.
 *
 * For each user the catalogue falls into two halves by chance alone. Questions
 * are about the one, and the metric about the other, so that no strategy can
 * tell from what may be asked what will be tested.
 */
#include "postgres.h"

#include <math.h>

#include "miscadmin.h"

#include "recal_als.h"
#include "recal_answers.h"
#include "recal_blas.h"
#include "recal_compat.h"
#include "recal_evaluate.h"
#include "recal_factorize.h"
#include "recal_questions.h"
#include "recal_rights.h"
#include "recal_rng.h"
#include "recal_simulate.h"
#include "recal_workers.h"

#define SPLITS			3
#define NEW_SHARE		5		/* one of so many users is new in a split */
#define MAX_NEW_USERS	200		/* in a split */
#define MIN_NEW_USERS	10
#define MIN_LIKED		4		/* items of a user, to be worth asking */
#define MIN_RATED		10
#define RANKED			10		/* length of the lists that are judged */

/* multiply-adds that all picks may take, about; the users are fewer where it would be more */
#define MOST_WORK		5e11

/* streams of random numbers */
#define STREAM_USERS	UINT64CONST(0x73696d75736572)
#define STREAM_ITEMS	UINT64CONST(0x73696d6974656d)
#define STREAM_ROUND	UINT64CONST(0x73696d726f756e)

typedef struct Simulator
{
	const RecalModel *model;
	const RecalDefinition *definition;
	RecalSimulation *simulation;
	const RecalMatrix *matrix;
	int64		nnew;			/* users of a split */
	int32	   *candidates;		/* users, shuffled; each split takes the next nnew */

	/* of a split */
	int			split;
	RecalMatrix train;
	RecalFactorization work;
	RecalPrior	prior;
	RecalFoldInModel fold_in;
	RecalQuestionModel beliefs;
	float	   *chances;		/* [nitems] of an answer, or NULL */

	/* of a user */
	int64		user;
	bool	   *ranked;			/* [nitems], in the half that is not asked about */
	bool	   *excluded;		/* [nitems], and what was asked */
	float	   *held;			/* [nitems] the user's entries, NaN: none */
	int32	   *targets;		/* [ntargets] items in the ranked half */
	int			ntargets;
	bool		has_prior;
	float	   *user_prior;		/* [d] */

	/* of a strategy's run with a user */
	int			nanswers;
	int32	   *answered;		/* [most answers] oldest first */
	float	   *answers;		/* [most answers] as fold-in wants them */

	int32	   *order;			/* [nitems] for shuffling */
	float	   *gathered;		/* [most answers × d] */
	float	   *vector;			/* [d] */
	float	   *scores;			/* [nitems] */
	float	   *parts;			/* [nitems] */
	float	   *als_work;
	float	   *pick_work;
	RecalPick  *picks;			/* [batch] */
	RecalBelief *belief;
} Simulator;

/* The first n places of a random order of order [count]; key makes it another one */
static void
Shuffle(int32 *order, int64 count, int64 n, int64 seed, uint64 stream, uint64 key)
{
	for (int64 i = 0; i < n; i++)
	{
		uint64		bits = recal_rng_bits((uint64) seed, stream, (key << 32) + i);
		int64		j = i + (int64) (bits % (uint64) (count - i));
		int32		swap = order[i];

		if ((i & 0xFFFF) == 0)
			CHECK_FOR_INTERRUPTS();
		order[i] = order[j];
		order[j] = swap;
	}
}

/*
 * Users.
 */
static bool
IsCandidate(const RecalMatrix *matrix, int64 user)
{
	const RecalCsr *rows = &matrix->by_user;
	int64		liked = 0;

	if (matrix->ratings)
		return rows->offsets[user + 1] - rows->offsets[user] >= MIN_RATED;
	for (int64 j = rows->offsets[user]; j < rows->offsets[user + 1]; j++)
		liked += rows->confidences[j] > 0;
	return liked >= MIN_LIKED;
}

/* Multiply-adds of all questions to one user, about */
static double
WorkOfUser(const Simulator *simulator, int d)
{
	const RecalSimulation *simulation = simulator->simulation;
	double		each = 0;

	for (int i = 0; i < simulation->nstrategies; i++)
	{
		each += d * 2;
		if (simulation->strategies[i] == RECAL_STRATEGY_VARIANCE_REDUCTION)
			each += (double) d * d;
		else if (simulation->strategies[i] != RECAL_STRATEGY_RANDOM)
			each += (double) d * d / 2;
	}
	return each * (double) simulator->matrix->nitems * (simulation->points_each - 1);
}

/* How many users of a split the work that is allowed would do for */
static double
MostUsers(const Simulator *simulator, int d)
{
	const RecalSimulation *simulation = simulator->simulation;
	const RecalMatrix *matrix = simulator->matrix;
	double		work = simulation->most_work / simulation->splits;

	if (simulation->most_work <= 0)
		return MOST_WORK / (simulation->splits * WorkOfUser(simulator, d));

	/* the prior takes about as long as the epochs */
	work -= 2 * simulator->work.epochs *
		RecalAlsCost(&matrix->by_user, matrix->nitems, 1, d);
	return work / WorkOfUser(simulator, d);
}

static void
ChooseUsers(Simulator *simulator, int d)
{
	const RecalMatrix *matrix = simulator->matrix;
	RecalSimulation *simulation = simulator->simulation;
	int			limit = simulation->max_users > 0 ? simulation->max_users : MAX_NEW_USERS;
	int64		ncandidates = 0;
	double		most;

	simulator->candidates = RecalAllocArray(sizeof(int32), matrix->nusers);
	for (int64 u = 0; u < matrix->nusers; u++)
		if (IsCandidate(matrix, u))
			simulator->candidates[ncandidates++] = (int32) u;
	simulator->nnew = ncandidates / NEW_SHARE;
	if (simulator->nnew < MIN_NEW_USERS || matrix->nitems < 2)
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("there is not enough behaviour to simulate questions with model \"%s\"",
						simulator->model->name),
				 errdetail("Of " INT64_FORMAT " users " INT64_FORMAT " have %d items or more%s; %d such users are needed.",
						   matrix->nusers, ncandidates,
						   matrix->ratings ? MIN_RATED : MIN_LIKED,
						   matrix->ratings ? "" : " that they like",
						   MIN_NEW_USERS * NEW_SHARE)));
	most = MostUsers(simulator, d);
	simulator->nnew = Min(simulator->nnew, limit);
	if (simulation->most_work > 0 && most < MIN_NEW_USERS)
	{
		simulation->too_much = true;
		return;
	}
	simulator->nnew = Max(MIN_NEW_USERS, (int64) Min(most, (double) simulator->nnew));
	simulation->new_users = simulator->nnew * simulation->splits;
	Shuffle(simulator->candidates, ncandidates, simulation->new_users, simulation->seed,
			STREAM_USERS, 0);
}

/*
 * Splits.
 */

/* The factorization of everybody but the split's users */
static void
Train(Simulator *simulator)
{
	const RecalMatrix *matrix = simulator->matrix;
	bool	   *out = RecalAllocArray(sizeof(bool), matrix->nnz);
	const int32 *users = simulator->candidates + simulator->split * simulator->nnew;
	int64		nout = 0;

	memset(out, false, sizeof(bool) * matrix->nnz);
	for (int64 i = 0; i < simulator->nnew; i++)
		for (int64 j = matrix->by_user.offsets[users[i]];
			 j < matrix->by_user.offsets[users[i] + 1]; j++)
		{
			out[j] = true;
			nout++;
		}
	RecalMatrixWithout(matrix, out, nout, &simulator->train);
	pfree(out);
	RecalFactorize(&simulator->train, &simulator->work);
	RecalFitPrior(&simulator->train, &simulator->work, &simulator->prior);

	/* searched once, and so is whether features help */
	if (simulator->split == 0)
	{
		for (int side = 0; side < 2; side++)
			if (!simulator->work.prior_used[side])
				simulator->work.features[side] = NULL;
		simulator->work.regularization = simulator->work.regularization_used;
		if (!matrix->ratings)
			simulator->work.unobserved_weight = simulator->work.unobserved_weight_used;
		simulator->work.history_decay = simulator->work.history_decay_used;
	}
}

/* What is believed of everybody, from the rows of training alone */
static void
BeginBeliefs(Simulator *simulator)
{
	const RecalMatrix *train = &simulator->train;
	const RecalPrior *prior = &simulator->prior;
	double		nusers = 0;

	for (int64 u = 0; u < train->nusers; u++)
		nusers += train->by_user.offsets[u + 1] > train->by_user.offsets[u];
	simulator->beliefs = (RecalQuestionModel)
	{
		.model = simulator->model->name,
		.d = simulator->work.factors,
		.width = simulator->work.factors,
		.ratings = train->ratings,
		.blend = 1,
		.noise = prior->noise,
		.nusers = nusers,
		.user_mean = prior->user_mean,
		.user_covariance = prior->user_covariance,
		.item_transform = prior->item_transform,
		.item_rates = prior->item_rates
	};
	if (!train->ratings)
		return;
	simulator->chances = RecalAllocArray(sizeof(float), train->nitems);
	for (int64 i = 0; i < train->nitems; i++)
		simulator->chances[i] = (float) ((prior->item_mass[i] + 1) / (nusers + 2));
}

static void
BeginSplit(Simulator *simulator)
{
	Train(simulator);
	simulator->fold_in = RecalTrainedFoldInModel(simulator->model->name, &simulator->train,
												 &simulator->work, simulator->prior.user_mean);
	BeginBeliefs(simulator);
	simulator->belief = RecalBeliefAlloc(&simulator->beliefs, CurrentMemoryContext);
}

/*
 * A user.
 */

/* Halves the catalogue; false when there is nothing to be judged in the ranked half. */
static bool
BeginUser(Simulator *simulator, int64 index)
{
	const RecalMatrix *matrix = simulator->matrix;
	const RecalCsr *rows = &matrix->by_user;
	const RecalFeatures *features = simulator->work.features[RECAL_SIDE_USERS];
	int64		nitems = matrix->nitems;
	int64		askable = simulator->simulation->askable;

	simulator->user = simulator->candidates[index];
	for (int64 i = 0; i < nitems; i++)
		simulator->order[i] = (int32) i;
	Shuffle(simulator->order, nitems, askable, simulator->simulation->seed, STREAM_ITEMS,
			(uint64) index);
	for (int64 i = 0; i < nitems; i++)
	{
		simulator->ranked[simulator->order[i]] = i >= askable;
		simulator->held[i] = NAN;
	}
	simulator->ntargets = 0;
	for (int64 j = rows->offsets[simulator->user]; j < rows->offsets[simulator->user + 1]; j++)
	{
		int32		item = rows->columns[j];

		simulator->held[item] = rows->confidences[j];
		if (simulator->ranked[item] && (matrix->ratings || rows->confidences[j] > 0))
			simulator->targets[simulator->ntargets++] = item;
	}
	simulator->has_prior = features != NULL && simulator->work.prior_used[RECAL_SIDE_USERS] &&
		RecalFeaturesPrior(features, simulator->user, simulator->work.factors,
						   simulator->user_prior);
	return simulator->ntargets > 0;
}

static void
GatherAnswered(Simulator *simulator)
{
	int			d = simulator->work.factors;

	for (int j = 0; j < simulator->nanswers; j++)
		memcpy(simulator->gathered + (int64) j * d,
			   simulator->work.item_factors + (int64) simulator->answered[j] * d,
			   sizeof(float) * d);
}

/* The user's vector and scores, from the answers */
static void
FoldInAnswers(Simulator *simulator)
{
	int			n = simulator->nanswers;
	int			d = simulator->work.factors;

	GatherAnswered(simulator);
	simulator->fold_in.prior = simulator->has_prior ? simulator->user_prior : NULL;
	RecalFoldIn(&simulator->fold_in, n, simulator->gathered, simulator->answers,
				simulator->vector, simulator->als_work);
	recal_gemv((int) simulator->train.nitems, d, simulator->work.item_factors, d,
			   simulator->vector, simulator->scores);
}

static double
RootMeanSquare(const Simulator *simulator)
{
	const RecalMatrix *matrix = simulator->matrix;
	double		squares = 0;

	for (int t = 0; t < simulator->ntargets; t++)
	{
		int32		item = simulator->targets[t];
		double		score = Min(matrix->max_rating, Max(matrix->min_rating, simulator->scores[item]));
		double		error = score - matrix->mean_rating - simulator->held[item];

		squares += error * error;
	}
	return sqrt(squares / simulator->ntargets);
}

static double
Ndcg(Simulator *simulator)
{
	RecalRankMetrics metrics = {.k = RANKED};
	RecalScored heap[RANKED];

	for (int64 i = 0; i < simulator->train.nitems; i++)
		if (!simulator->ranked[i])
			simulator->scores[i] = -INFINITY;
	if (!recal_metrics_add_user(&metrics, simulator->scores, simulator->train.nitems,
								simulator->targets, simulator->ntargets, NULL, NULL, heap))
		ereport(ERROR,
				(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
				 errmsg("a score is not a number"),
				 errhint("Raise the option \"regularization\".")));
	return metrics.ndcg;
}

/* Adds the user, as the answers so far describe them, to a point of the curve. */
static void
Measure(Simulator *simulator, RecalLearningPoint *point)
{
	double		value;

	FoldInAnswers(simulator);
	value = simulator->train.ratings ? RootMeanSquare(simulator) : Ndcg(simulator);
	point->users++;
	point->answers += simulator->nanswers;
	point->sum += value;
	point->squares += value * value;
}

/* The next questions, from the answers so far */
static int
Pick(Simulator *simulator, const RecalQuestions *questions, RecalStrategy strategy, int round)
{
	const RecalSimulation *simulation = simulator->simulation;
	bool		baseline = strategy == RECAL_STRATEGY_RANDOM ||
		strategy == RECAL_STRATEGY_POPULARITY;
	RecalQuestionOptions options = {
		.strategy = strategy,
		.n = (int) Min(simulation->batch, simulation->askable - (int64) round * simulation->batch),
		.explore = baseline ? 0 : simulator->definition->options.explore,
		.floor = -INFINITY,
		.seed = recal_rng_bits((uint64) simulation->seed, STREAM_ROUND, (uint64) round)
	};
	RecalBelief *belief = simulator->belief;

	GatherAnswered(simulator);
	RecalBelieve(&simulator->beliefs, simulator->vector, simulator->vector, simulator->nanswers,
				 simulator->gathered, simulator->answers, NULL, NULL, belief);
	RecalBeliefParts(questions, &belief, 1, simulator->parts, NULL);
	belief->user.key = (uint64) simulator->user;
	options.like = belief->like;
	return recal_questions_pick(&questions->pool, &belief->user, simulator->excluded, &options,
								simulator->picks, simulator->pick_work, RecalPollInterrupts, NULL);
}

/* What the user says to n picks */
static void
Answer(Simulator *simulator, int n)
{
	const RecalMatrix *matrix = simulator->matrix;

	for (int i = 0; i < n; i++)
	{
		int32		item = simulator->picks[i].item;
		float		held = simulator->held[item];

		simulator->excluded[item] = true;
		if (matrix->ratings && isnan(held))
			continue;
		simulator->answered[simulator->nanswers] = item;
		simulator->answers[simulator->nanswers++] =
			RecalAnswerConfidence(matrix->ratings ? held : held > 0, simulator->definition);
	}
}

/* One user's questions by one strategy, and what they are worth */
static void
Question(Simulator *simulator, const RecalQuestions *questions, int strategy)
{
	const RecalSimulation *simulation = simulator->simulation;
	RecalLearningPoint *points = simulation->points +
		(int64) strategy * (simulation->rounds + 1);

	simulator->nanswers = 0;
	memcpy(simulator->excluded, simulator->ranked, sizeof(bool) * simulator->train.nitems);
	Measure(simulator, &points[0]);
	for (int round = 0; round + 1 < simulation->points_each; round++)
	{
		CHECK_FOR_INTERRUPTS();
		Answer(simulator, Pick(simulator, questions, simulation->strategies[strategy], round));
		Measure(simulator, &points[round + 1]);
	}
}

static void
RunSplit(Simulator *simulator)
{
	const RecalSimulation *simulation = simulator->simulation;
	RecalQuestions *questions = recal_palloc_array(RecalQuestions, simulation->nstrategies);

	BeginSplit(simulator);
	for (int i = 0; i < simulation->nstrategies; i++)
		RecalQuestionsBegin(&questions[i], &simulator->beliefs, simulator->train.nitems,
							simulator->work.item_factors, simulator->prior.item_mass,
							simulator->chances, simulation->strategies[i], false);
	for (int64 i = 0; i < simulator->nnew; i++)
	{
		if (!BeginUser(simulator, simulator->split * simulator->nnew + i))
			continue;
		for (int s = 0; s < simulation->nstrategies; s++)
			Question(simulator, &questions[s], s);
	}
}

static void
BeginWork(Simulator *simulator)
{
	const RecalOptions *options = &simulator->definition->options;
	RecalFactorization *work = &simulator->work;

	work->factors = options->factors + (simulator->matrix->ratings ? RECAL_BIAS_COLUMNS : 0);
	work->epochs = options->epochs;
	work->regularization = options->regularization;
	work->unobserved_weight = options->unobserved_weight;
	work->history_decay = options->history_decay;
	work->seed = options->seed;
	work->as = simulator->simulation->as;
}

/* Where the users' data and the strategies' picks go */
static void
Alloc(Simulator *simulator)
{
	RecalSimulation *simulation = simulator->simulation;
	int64		nitems = simulator->matrix->nitems;
	int64		most = Min((int64) simulation->rounds * simulation->batch, simulation->askable);
	int			d = simulator->work.factors;
	RecalQuestionPool pool = {.n = nitems, .width = d};

	simulator->ranked = RecalAllocArray(sizeof(bool), nitems);
	simulator->excluded = RecalAllocArray(sizeof(bool), nitems);
	simulator->held = RecalAllocArray(sizeof(float), nitems);
	simulator->targets = RecalAllocArray(sizeof(int32), nitems);
	simulator->order = RecalAllocArray(sizeof(int32), nitems);
	simulator->user_prior = RecalAllocFloats(d, 1);
	simulator->answered = RecalAllocArray(sizeof(int32), most);
	simulator->answers = RecalAllocArray(sizeof(float), most);
	simulator->gathered = RecalAllocFloats(most, d);
	simulator->vector = RecalAllocFloats(d, 1);
	simulator->scores = RecalAllocFloats(nitems, 1);
	simulator->parts = RecalAllocFloats(nitems, 1);
	simulator->als_work = RecalAllocFloats(recal_als_work_size(d), 1);
	simulator->pick_work = RecalAllocFloats(recal_questions_work_size(&pool, d), 1);
	simulator->picks = recal_palloc_array(RecalPick, simulation->batch);
}

const RecalLearningPoint *
RecalLearningAt(const RecalSimulation *simulation, int strategy, int round)
{
	return &simulation->points[(int64) strategy * (simulation->rounds + 1) + round];
}

int
RecalLearningQuestions(const RecalSimulation *simulation, int round)
{
	return (int) Min((int64) round * simulation->batch, simulation->askable);
}

double
RecalLearningMean(const RecalLearningPoint *point, double *error)
{
	double		n = (double) point->users;
	double		mean = point->users > 0 ? point->sum / n : NAN;

	*error = point->users > 1 ?
		sqrt(Max(point->squares - n * mean * mean, 0) / (n - 1) / n) : NAN;
	return mean;
}

void
RecalSimulate(const RecalModel *model, const RecalDefinition *definition,
			  RecalSimulation *simulation)
{
	Simulator	simulator = {
		.model = model,
		.definition = definition,
		.simulation = simulation
	};
	RecalEvents events;
	RecalMatrix matrix;
	MemoryContext context;

	RecalReadEvents(model, definition, false, RecalTrainMemory(), &events);
	if (events.row_security)
		RecalErrorRowSecurity(model->name, "recal_simulate");
	RecalMatrixBuild(model->name, &events, definition, &matrix);
	simulator.matrix = &matrix;
	simulation->metric = matrix.ratings ? "rmse" : "ndcg@10";
	simulation->askable = matrix.nitems / 2;
	simulation->points_each = (int) Min(simulation->rounds,
										(simulation->askable + simulation->batch - 1) /
										simulation->batch) + 1;
	simulation->points = recal_palloc0_array(RecalLearningPoint,
											 simulation->nstrategies * (simulation->rounds + 1));
	BeginWork(&simulator);
	if (simulation->splits == 0)
		simulation->splits = SPLITS;
	ChooseUsers(&simulator, simulator.work.factors);
	if (simulation->too_much)
		return;
	if (simulation->as == NULL)
		RecalFeaturesReadAll(model, definition, false, &events.users, &events.items,
							 RecalTrainMemory(), simulator.work.features);
	Alloc(&simulator);

	context = AllocSetContextCreate(CurrentMemoryContext, "recal simulation",
									ALLOCSET_DEFAULT_SIZES);
	for (simulator.split = 0; simulator.split < simulation->splits; simulator.split++)
	{
		MemoryContext old = MemoryContextSwitchTo(context);

		RunSplit(&simulator);
		MemoryContextSwitchTo(old);
		MemoryContextReset(context);
	}
	MemoryContextDelete(context);
}
