/*
 * sample.c
 *		Chooses the pairs to train on.
 *
 * The random start takes a third of what may be chosen. Each round then learns
 * from what has been chosen so far, and asks of each user's other pairs which
 * would teach the most, in proportion to how many they have. What is learned
 * about an item helps with everybody who has it, so gains are multiplied by the
 * share of users who do (information density: Settles, Craven 2008); without that
 * the choice goes to items that hardly anybody has. Nothing depends on the number
 * of workers: the factorizations do not, and the choice runs here.
 */
#include "postgres.h"

#include <math.h>

#include "miscadmin.h"
#include "utils/memutils.h"

#include "recal_blas.h"
#include "recal_compat.h"
#include "recal_evaluate.h"
#include "recal_factorize.h"
#include "recal_questions.h"
#include "recal_rng.h"
#include "recal_sample.h"
#include "recal_settings.h"
#include "recal_workers.h"

#define MIN_PAIRS		10		/* to train on */
#define ROUNDS			2
#define START			(1.0 / 3)	/* of what may be chosen, at random */
#define ROUND_EPOCHS	6		/* beliefs need no more, */
#define ROUND_FACTORS	16		/* and no more of these; a choice takes their square in time */
#define USERS_A_REPORT	1024

/* streams of random numbers */
#define STREAM_FIRST	UINT64CONST(0x736d706c666972)
#define STREAM_START	UINT64CONST(0x736d706c737461)

typedef struct Selection
{
	const RecalMatrix *matrix;
	const RecalFactorization *work;
	RecalSampling *sampling;
	bool	   *left;			/* [nnz] not chosen */
	int64		nleft;
	int64		goal;			/* pairs to be left in the end */
	int			round;
	MemoryContext user_context; /* reset after each user */
} Selection;

/* What a round knows */
typedef struct Beliefs
{
	RecalMatrix chosen;
	RecalFactorization work;
	RecalPrior	prior;
	RecalQuestions questions;
	float	   *popularity;		/* [nitems] users who have it */
} Beliefs;

/*
 * Memory.
 */
static Size
MatrixBytes(const RecalMatrix *matrix, int64 nnz)
{
	Size		pair = sizeof(int32) + sizeof(float) +
		(matrix->pair_time != NULL ? sizeof(double) : 0);

	return add_size(mul_size(pair, nnz), mul_size(sizeof(int64), matrix->nusers + 1));
}

/* A factorization of so many pairs, with its results */
static Size
FactorizationBytes(const RecalMatrix *matrix, const RecalFactorization *work, int64 nnz)
{
	RecalAlsShape shape;

	RecalAlsFullShape(matrix, work, &shape);
	shape.nnz = nnz;
	return add_size(RecalAlsBytes(&shape),
					mul_size(sizeof(float) * work->factors,
							 add_size(matrix->nusers, matrix->nitems)));
}

static void
CheckMemory(const Selection *selection, bool compare)
{
	const RecalMatrix *matrix = selection->matrix;
	const RecalFactorization *work = selection->work;
	int64		nchosen = matrix->nnz - selection->goal;
	Size		needed = add_size(MatrixBytes(matrix, matrix->nnz), MatrixBytes(matrix, nchosen));

	/* the pairs, marks, a round; or what is held out of, and the factors that are there */
	if (compare)
		needed = add_size(add_size(needed, MatrixBytes(matrix, matrix->nnz)),
						  add_size(FactorizationBytes(matrix, work, matrix->nnz),
								   mul_size(sizeof(float) * work->factors,
											add_size(matrix->nusers, matrix->nitems))));
	else
		needed = add_size(needed,
						  add_size(FactorizationBytes(matrix, work, nchosen),
								   mul_size(sizeof(float) * work->factors, matrix->nitems)));
	needed = add_size(needed, mul_size(sizeof(bool), matrix->nnz));
	if (needed > RecalTrainMemory())
		ereport(ERROR,
				(errcode(ERRCODE_CONFIGURATION_LIMIT_EXCEEDED),
				 errmsg("not enough memory to choose what to train model \"%s\" on",
						selection->sampling->model),
				 errdetail(INT64_FORMAT " users, " INT64_FORMAT " items and " INT64_FORMAT
						   " pairs take %zu MB; recal.train_memory allows %d MB.",
						   matrix->nusers, matrix->nitems, matrix->nnz,
						   needed / (1024 * 1024) + 1, recal_train_memory_mb),
				 errhint("Raise recal.train_memory, lower the option \"factors\", or set \"compare\" in the option \"sample\" to false.")));
}

/*
 * The start.
 */
static void
Choose(Selection *selection, int64 pair)
{
	selection->left[pair] = false;
	selection->nleft--;
}

/* One pair of each user who has none, where there is room for everybody */
static void
ChooseFirst(Selection *selection)
{
	const RecalCsr *rows = &selection->matrix->by_user;
	uint64		seed = (uint64_t) selection->work->seed;

	if (selection->matrix->nusers > selection->nleft - selection->goal)
		return;
	for (int64 u = 0; u < rows->nrows; u++)
	{
		int64		start = rows->offsets[u];
		int64		n = rows->offsets[u + 1] - start;
		bool		has = n == 0;

		for (int64 j = start; j < start + n && !has; j++)
			has = !selection->left[j];
		if (!has)
			Choose(selection, start + (int64) (recal_rng_bits(seed, STREAM_FIRST, u) % (uint64) n));
	}
}

/* Any pairs until no more than so many are left: each set is as likely as another (Knuth's algorithm S). */
static void
ChooseRandom(Selection *selection, int64 nleft)
{
	int64		pool = selection->nleft;
	int64		wanted = pool - nleft;

	for (int64 j = 0; j < selection->matrix->nnz && wanted > 0; j++)
	{
		if ((j & 0xFFFFF) == 0)
			CHECK_FOR_INTERRUPTS();
		if (!selection->left[j])
			continue;
		if (recal_rng_uniform((uint64_t) selection->work->seed, STREAM_START, (uint64_t) j) *
			(double) pool < (double) wanted)
		{
			Choose(selection, j);
			wanted--;
		}
		pool--;
	}
}

/*
 * Rounds.
 */
static void
Tell(Selection *selection, double fraction)
{
	RecalSampling *sampling = selection->sampling;
	MemoryContext old = CurrentMemoryContext;
	RecalProgress progress = {"sample", selection->round + 1, ROUNDS,
	(selection->round + fraction) / ROUNDS};

	if (sampling->progress != NULL)
		sampling->progress(sampling->progress_arg, &progress);
	MemoryContextSwitchTo(old);
}

/* Epochs are the first half of a round. */
static void
TellEpoch(void *arg, const RecalProgress *progress)
{
	Tell(arg, .5 * progress->fraction);
}

/* Users who have each item, whether their pairs are chosen or not */
static float *
Popularity(const RecalMatrix *matrix)
{
	float	   *users = RecalAllocArray(sizeof(float), matrix->nitems);

	memset(users, 0, sizeof(float) * matrix->nitems);
	for (int64 j = 0; j < matrix->nnz; j++)
		users[matrix->by_user.columns[j]] += 1;
	return users;
}

/* The leading columns of the warm items, which are in the eigenbasis of their Gramian */
static float *
WarmColumns(const RecalFactorization *work, int64 nitems, int d)
{
	float	   *columns = RecalAllocArray(sizeof(float) * d, nitems);

	for (int64 i = 0; i < nitems; i++)
		if (work->has_warm[i])
			memcpy(columns + i * d, work->warm_items + i * work->factors, sizeof(float) * d);
	return columns;
}

/* Learns from what is chosen. */
static void
Learn(Selection *selection, Beliefs *beliefs)
{
	const RecalFactorization *like = selection->work;
	const RecalMatrix *matrix = selection->matrix;
	RecalFactorization *work = &beliefs->work;
	RecalQuestionModel model;
	float	   *density;

	memset(beliefs, 0, sizeof(Beliefs));
	RecalMatrixWithout(matrix, selection->left, selection->nleft, &beliefs->chosen);
	work->factors = Min(like->factors,
						ROUND_FACTORS + (matrix->ratings ? RECAL_BIAS_COLUMNS : 0));
	work->epochs = Min(like->epochs, ROUND_EPOCHS);
	work->regularization = like->regularization;
	work->unobserved_weight = like->unobserved_weight;
	work->history_decay = 1;
	work->by_rule = true;
	work->seed = like->seed;
	if (selection->sampling->warm)
	{
		work->warm_items = WarmColumns(like, matrix->nitems, work->factors);
		work->has_warm = like->has_warm;
	}
	work->progress = TellEpoch;
	work->progress_arg = selection;
	RecalFactorize(&beliefs->chosen, work);
	RecalFitPrior(&beliefs->chosen, work, &beliefs->prior);
	model = (RecalQuestionModel)
	{
		.model = selection->sampling->model,
		.d = work->factors,
		.width = work->factors,
		.ratings = matrix->ratings,
		.blend = 1,
		.noise = beliefs->prior.noise,
		.nusers = (double) matrix->nusers,
		.user_mean = beliefs->prior.user_mean,
		.user_covariance = beliefs->prior.user_covariance,
		.item_transform = beliefs->prior.item_transform,
		.item_rates = beliefs->prior.item_rates
	};
	RecalQuestionsBegin(&beliefs->questions, &model, matrix->nitems, work->item_factors,
						beliefs->prior.item_mass, NULL, selection->sampling->strategy, false);
	beliefs->popularity = Popularity(matrix);
	beliefs->questions.pool.popularity = beliefs->popularity;
	density = RecalAllocArray(sizeof(float), matrix->nitems);
	for (int64 i = 0; i < matrix->nitems; i++)
		density[i] = beliefs->popularity[i] / (float) matrix->nusers;
	beliefs->questions.pool.answerable = density;
	selection->sampling->rounds++;
}

static float *
GatherRows(const float *rows, const int32 *places, int64 n, int width)
{
	float	   *gathered = RecalAllocFloats(n, width);

	for (int64 i = 0; i < n; i++)
		memcpy(gathered + i * width, rows + (int64) places[i] * width, sizeof(float) * width);
	return gathered;
}

/* What is believed of a user, from the pairs that are chosen */
static RecalBelief *
Believe(const Beliefs *beliefs, int64 user)
{
	const RecalQuestionModel *model = &beliefs->questions.model;
	const RecalCsr *rows = &beliefs->chosen.by_user;
	int64		start = rows->offsets[user];
	int64		n = rows->offsets[user + 1] - start;
	const float *factor = n > 0 ? beliefs->work.user_factors + user * model->d :
		model->user_mean;
	RecalBelief *belief = RecalBeliefAlloc(model, CurrentMemoryContext);

	RecalBelieve(model, factor, factor, n,
				 GatherRows(beliefs->work.item_factors, rows->columns + start, n, model->d),
				 rows->confidences + start, NULL, NULL, belief);
	belief->user.key = (uint64_t) user;
	return belief;
}

/* The items at places [n] as all that may be asked about */
static void
Narrow(const RecalQuestions *all, const int32 *places, int64 n, RecalQuestions *some)
{
	*some = *all;
	some->pool.n = n;
	some->pool.rows = GatherRows(all->pool.rows, places, n, all->pool.width);
	some->pool.noise = GatherRows(all->pool.noise, places, n, 1);
	some->pool.popularity = GatherRows(all->pool.popularity, places, n, 1);
	if (all->pool.popularity_entropy != NULL)
		some->pool.popularity_entropy = GatherRows(all->pool.popularity_entropy, places, n, 1);
	if (all->pool.answerable != NULL)
		some->pool.answerable = GatherRows(all->pool.answerable, places, n, 1);
	some->shares = GatherRows(all->shares, places, n, all->model.d);
}

/* Chooses n of the pairs that a user has left. */
static void
ChooseOfUser(Selection *selection, const Beliefs *beliefs, int64 user, int64 nleft, int n)
{
	const RecalCsr *rows = &selection->matrix->by_user;
	RecalQuestionOptions options = {
		.strategy = selection->sampling->strategy,
		.n = n,
		.floor = -INFINITY,
		.seed = (uint64_t) selection->work->seed
	};
	int64	   *pairs = RecalAllocArray(sizeof(int64), nleft);
	int32	   *items = RecalAllocArray(sizeof(int32), nleft);
	RecalPick  *picks = RecalAllocArray(sizeof(RecalPick), n);
	RecalBelief *belief = Believe(beliefs, user);
	RecalQuestions questions;
	int64		at = 0;

	for (int64 j = rows->offsets[user]; j < rows->offsets[user + 1]; j++)
		if (selection->left[j])
		{
			pairs[at] = j;
			items[at++] = rows->columns[j];
		}
	Narrow(&beliefs->questions, items, nleft, &questions);
	RecalBeliefParts(&questions, &belief, 1, RecalAllocFloats(nleft, 1), NULL);
	options.like = belief->like;
	n = recal_questions_pick(&questions.pool, &belief->user, NULL, &options, picks,
							 RecalAllocFloats(recal_questions_work_size(&questions.pool,
																   belief->user.nroot), 1),
							 RecalPollInterrupts, NULL);
	for (int i = 0; i < n; i++)
		Choose(selection, pairs[picks[i].item]);
}

/* Until no more than so many pairs are left, each user in proportion to their own. */
static void
ChooseRound(Selection *selection, const Beliefs *beliefs, int64 nleft)
{
	const RecalCsr *rows = &selection->matrix->by_user;
	double		share = (double) (selection->nleft - nleft) / (double) selection->nleft;
	int64		seen = 0;
	int64		taken = 0;

	for (int64 u = 0; u < rows->nrows; u++)
	{
		int64		mine = 0;
		int64		due;
		MemoryContext old;

		CHECK_FOR_INTERRUPTS();
		if (u % USERS_A_REPORT == 0)
			Tell(selection, .5 + .5 * (double) u / (double) rows->nrows);
		for (int64 j = rows->offsets[u]; j < rows->offsets[u + 1]; j++)
			mine += selection->left[j];
		seen += mine;
		due = Min(mine, (int64) rint(share * (double) seen) - taken);
		if (due <= 0)
			continue;
		taken += due;
		old = MemoryContextSwitchTo(selection->user_context);
		ChooseOfUser(selection, beliefs, u, mine, (int) due);
		MemoryContextSwitchTo(old);
		MemoryContextReset(selection->user_context);
	}
}

/* Pairs to be chosen beside those that are answers */
static int64
Wanted(const RecalMatrix *matrix, double fraction)
{
	return (int64) rint(fraction * (double) (matrix->nnz - matrix->nanswered));
}

bool
RecalSampleSuffices(const RecalMatrix *matrix, double fraction)
{
	return Wanted(matrix, fraction) + matrix->nanswered >= MIN_PAIRS;
}

bool
RecalSamplingOn(const char *model, const RecalOptions *options, RecalSampling *sampling)
{
	sampling->model = model;
	sampling->strategy = options->sample.strategy;
	sampling->fraction = options->sample.fraction;
	return options->sample.fraction > 0;
}

static void
Begin(Selection *selection, bool compare)
{
	const RecalMatrix *matrix = selection->matrix;
	RecalSampling *sampling = selection->sampling;
	int64		free_pairs = matrix->nnz - matrix->nanswered;
	int64		wanted = Wanted(matrix, sampling->fraction);

	if (!RecalSampleSuffices(matrix, sampling->fraction))
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("the sample of model \"%s\" would be too small to train on",
						sampling->model),
				 errdetail("A fraction of %g of " INT64_FORMAT " pairs is " INT64_FORMAT
						   "; with " INT64_FORMAT " answers that is fewer than %d.",
						   sampling->fraction, free_pairs, wanted, matrix->nanswered, MIN_PAIRS),
				 errhint("Raise \"fraction\" in the option \"sample\", or set the option to \"none\".")));
	selection->nleft = matrix->nnz;
	selection->goal = free_pairs - wanted;
	CheckMemory(selection, compare);
	selection->left = palloc_extended(Max(matrix->nnz, 1), MCXT_ALLOC_HUGE);
	memset(selection->left, true, matrix->nnz);
	for (int64 i = 0; i < matrix->nanswered; i++)
		Choose(selection, matrix->answered[i]);
}

static void
ChooseAll(Selection *selection, MemoryContext context)
{
	bool		rounds = selection->sampling->strategy != RECAL_STRATEGY_RANDOM &&
		selection->goal > 0;
	int64		wanted = selection->nleft - selection->goal;
	int64		first = rounds ? (int64) ceil(START * (double) wanted) : wanted;
	int64		nleft = selection->nleft - first;

	ChooseFirst(selection);
	ChooseRandom(selection, nleft);
	for (selection->round = 0; selection->round < ROUNDS; selection->round++)
	{
		int64		rest = selection->nleft - selection->goal;
		MemoryContext round;
		Beliefs		beliefs;

		if (rest <= 0)
			break;
		round = AllocSetContextCreate(context, "recal sample round", ALLOCSET_DEFAULT_SIZES);
		MemoryContextSwitchTo(round);
		Learn(selection, &beliefs);
		MemoryContextSwitchTo(context);
		ChooseRound(selection, &beliefs,
					selection->nleft - rest / (ROUNDS - selection->round));
		MemoryContextDelete(round);
	}
}

static void
CheckLikes(const RecalSampling *sampling, const RecalMatrix *sample)
{
	if (sample->dislikes < sample->nnz)
		return;
	ereport(ERROR,
			(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
			 errmsg("the sample of model \"%s\" has nothing that anybody likes",
					sampling->model),
			 errhint("Raise \"fraction\" in the option \"sample\", or set the option to \"none\".")));
}

void
RecalSampleChoose(const RecalMatrix *matrix, const RecalFactorization *work,
				  RecalSampling *sampling, bool compare, RecalMatrix *sample)
{
	MemoryContext old = CurrentMemoryContext;
	MemoryContext context = AllocSetContextCreate(old, "recal sample", ALLOCSET_DEFAULT_SIZES);
	Selection	selection = {.matrix = matrix, .work = work, .sampling = sampling};
	double		all = RecalAlsCost(&matrix->by_user, matrix->nitems, 1, work->factors);

	MemoryContextSwitchTo(context);
	selection.user_context = AllocSetContextCreate(context, "recal sample user",
												   ALLOCSET_DEFAULT_SIZES);
	sampling->rounds = 0;
	Begin(&selection, compare);
	ChooseAll(&selection, context);
	MemoryContextSwitchTo(old);
	RecalMatrixWithout(matrix, selection.left, selection.nleft, sample);
	CheckLikes(sampling, sample);
	sampling->available = matrix->nnz;
	sampling->chosen = sample->nnz;
	sampling->work = RecalAlsCost(&sample->by_user, matrix->nitems, 1, work->factors) / all;
	MemoryContextDelete(context);
}
