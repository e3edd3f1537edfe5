/*
 * autotune.c
 *		The search behind "auto": which weight of unobserved pairs and which
 *		regularization suit the data.
 *
 * Both depend on the data by two orders of magnitude. On the way from a large
 * weight to a small one eight pairs cover most data; each is trained on a
 * sample of users without one of their rows, and the one that ranks those rows
 * best wins. Thinning users scales every term of the items' loss alike (the
 * regularization counts rows, too), so what is best for the sample is best for
 * the whole.
 */
#include "postgres.h"

#include <math.h>

#include "recal_compat.h"
#include "recal_factorize.h"
#include "recal_ranking.h"
#include "recal_rng.h"
#include "recal_serve.h"

#define MIN_PAIRS		3		/* of a user, to hold one out */
#define MAX_TARGETS		5		/* of a user */
#define MIN_TEST_USERS	50		/* below, chance would choose */
#define MAX_TEST_USERS	5000

/* pairs up to which the search is free, and from which it costs a share of the training */
#define SMALL_PAIRS		2e5
#define LARGE_PAIRS		1e6
#define LARGE_EFFORT	.2

#define REFINE_STEP		1.7

#define STREAM_SAMPLE	0x74756e65
#define STREAM_PAIR		0x74756e66
#define STREAM_TEST		0x74756e67

typedef struct Candidate
{
	double		unobserved_weight;
	double		regularization;
} Candidate;

/* in this order: a tie goes to the first */
static const Candidate path[] = {
	{3, .003}, {1, .001}, {1, .01}, {.3, .03}, {.1, .01}, {.03, .01}, {.01, .01}, {.003, .03},
	{.1, .03}, {.03, .03}, {.01, .03}, {.3, .003}
};

/* factors on the best of the path */
static const Candidate around[] = {
	{1, REFINE_STEP}, {1, 1 / REFINE_STEP}, {REFINE_STEP, 1}, {1 / REFINE_STEP, 1}
};

/*
 * Of a pair for each newer one of its user, where there are times; the later
 * ones are tried only around the best of the path.
 */
static const double history_decays[] = {1, .7, .9, .5};

#define PATH_DECAYS		2

/*
 * What pulls towards a mean may pull harder: factors on the best regularization
 * to try the features of a side with.
 */
static const double content_factors[] = {1, 3};

/* Fitted over eleven data sets; where there is nothing to search on. */
static Candidate
Rule(const RecalMatrix *matrix)
{
	double		density = (double) matrix->nnz / ((double) matrix->nusers * (double) matrix->nitems);
	Candidate	rule;

	rule.unobserved_weight = Min(3.0, Max(.003, 10 * pow(density, 1.25)));
	rule.regularization = .008 * pow(rule.unobserved_weight, -.25);
	return rule;
}

/* Adds a pair with what the user has given in it, unless it is there already. */
static void
AddCandidate(RecalTuning *tuning, const RecalFactorization *work, Candidate candidate)
{
	if (work->unobserved_weight != RECAL_AUTO_VALUE)
		candidate.unobserved_weight = work->unobserved_weight;
	if (work->regularization != RECAL_AUTO_VALUE)
		candidate.regularization = work->regularization;
	for (int i = 0; i < tuning->ncandidates; i++)
		if (tuning->unobserved_weight[i] == candidate.unobserved_weight &&
			tuning->regularization[i] == candidate.regularization)
			return;
	tuning->unobserved_weight[tuning->ncandidates] = candidate.unobserved_weight;
	tuning->regularization[tuning->ncandidates] = candidate.regularization;
	tuning->ncandidates++;
}

/* Whether something of a user can be held out */
static bool
IsEligible(const RecalCsr *rows, int64 user)
{
	if (rows->offsets[user + 1] - rows->offsets[user] < MIN_PAIRS)
		return false;
	for (int64 j = rows->offsets[user]; j < rows->offsets[user + 1]; j++)
		if (rows->confidences[j] > 0)
			return true;
	return false;
}

/*
 * The pairs of a user that are held out, ascending: the newest liked one, or
 * any where there is no time; more of users with many, so that chance weighs
 * less where users are few.
 */
static int
PickPairs(const RecalMatrix *matrix, int64 user, int64 seed, int64 *picked)
{
	const RecalCsr *rows = &matrix->by_user;
	int64		first = rows->offsets[user];
	int64		end = rows->offsets[user + 1];
	double		keys[MAX_TARGETS];
	int			most = (int) Max(1, Min(MAX_TARGETS, (end - first) / 10));
	int			n = 0;

	for (int64 j = first; j < end; j++)
	{
		double		key;
		int			at;

		if (rows->confidences[j] <= 0)
			continue;
		key = matrix->pair_time != NULL ? matrix->pair_time[j] :
			recal_rng_uniform((uint64_t) seed, STREAM_PAIR, (uint64_t) j);

		/* newest first; of the same time, the later item */
		if (n == most && key < keys[n - 1])
			continue;
		at = n < most ? n++ : n - 1;
		for (; at > 0 && key >= keys[at - 1]; at--)
		{
			keys[at] = keys[at - 1];
			picked[at] = picked[at - 1];
		}
		keys[at] = key;
		picked[at] = j;
	}
	for (int i = 1; i < n; i++)
		for (int k = i; k > 0 && picked[k] < picked[k - 1]; k--)
		{
			int64		swap = picked[k];

			picked[k] = picked[k - 1];
			picked[k - 1] = swap;
		}
	return n;
}

static bool
Sampled(double share, int64 seed, uint64 stream, int64 user)
{
	return share >= 1 || recal_rng_uniform((uint64_t) seed, stream, (uint64_t) user) < share;
}

/*
 * How much the search may cost, in trainings: all it wants where training takes
 * less than about a second, less than a third of the training where it is long.
 */
static double
Effort(int64 nnz, int ncandidates)
{
	double		at = log((double) nnz / SMALL_PAIRS) / log(LARGE_PAIRS / SMALL_PAIRS);

	if (at <= 0)
		return ncandidates;
	if (at <= 1)
		return ncandidates * pow(LARGE_EFFORT / ncandidates, at);

	/* a larger sample would hardly choose better */
	return LARGE_EFFORT * pow(LARGE_PAIRS / (double) nnz, .75);
}

/* What share of users, how many epochs and how many test users the search can pay for. */
static void
PlanSearch(const RecalMatrix *matrix, const RecalFactorization *work, RecalTuning *tuning,
	 double *share, int64 *max_test)
{
	const RecalCsr *rows = &matrix->by_user;
	double		effort = Effort(matrix->nnz, tuning->ncandidates);
	double		budget = effort * work->epochs *
		RecalAlsCost(rows, matrix->nitems, 1, work->factors) / tuning->ncandidates;
	double		rank = (double) matrix->nitems * (work->factors / 2.0 + 16) * tuning->ndecays;
	double		least = 1000.0 / (double) matrix->nusers;

	*max_test = (int64) Max(500, Min(MAX_TEST_USERS, .3 * budget / rank));
	*share = 1;
	tuning->epochs = Min(work->epochs, 6);
	tuning->refine = effort >= tuning->ncandidates;
	if (tuning->refine)
		return;
	tuning->epochs = Min(work->epochs, 5);
	budget -= *max_test * rank;
	while (*share > least &&
		   tuning->epochs * RecalAlsCost(rows, Min(matrix->nitems, *share * matrix->nnz / 2),
										 *share, work->factors) > budget)
		*share *= .9;
}

/* Copies the sampled users' rows, without the pairs that are held out. */
static void
CopySample(const RecalMatrix *matrix, int64 seed, double share, double test_share,
		   int64 max_test, RecalTuning *tuning)
{
	const RecalCsr *from = &matrix->by_user;
	RecalCsr   *to = &tuning->rows;
	RecalAlsShape *shape = &tuning->shape;
	int64		n = 0;
	int64		ntimed = 0;
	int64		nusers = 0;

	to->offsets[0] = 0;
	tuning->test_offsets[0] = 0;
	for (int64 user = 0; user < matrix->nusers; user++)
	{
		int64		picked[MAX_TARGETS];
		int			nout = 0;
		int			out = 0;

		if (!Sampled(share, seed, STREAM_SAMPLE, user))
			continue;
		if (shape->ntest < max_test && IsEligible(from, user) &&
			Sampled(test_share, seed, STREAM_TEST, user))
			nout = PickPairs(matrix, user, seed, picked);
		tuning->sampled[RECAL_SIDE_USERS][nusers] = (int32) user;
		for (int64 j = from->offsets[user]; j < from->offsets[user + 1]; j++)
		{
			if (out < nout && j == picked[out])
			{
				tuning->targets[shape->ntargets++] = from->columns[j];
				out++;
				continue;
			}
			if (tuning->timed != NULL && nout > 0)
			{
				RecalTimed *timed = &tuning->timed[ntimed++];

				timed->time = matrix->pair_time[j];
				timed->item = from->columns[j];
				timed->index = (int32) (n - to->offsets[nusers]);
			}
			to->columns[n] = from->columns[j];
			to->confidences[n++] = from->confidences[j];
		}
		if (nout > 0)
		{
			if (tuning->timed != NULL)
			{
				int64		count = n - to->offsets[nusers];

				recal_history_sort(tuning->timed + ntimed - count, count);
			}
			tuning->test_user[shape->ntest++] = (int32) nusers;
			tuning->test_offsets[shape->ntest] = shape->ntargets;
		}
		to->offsets[++nusers] = n;
	}
	to->nrows = nusers;
	shape->nusers = nusers;
	shape->nnz = n;
}

void
RecalTuneCompactItems(int64 nitems, RecalTuning *tuning)
{
	RecalAlsShape *shape = &tuning->shape;
	int32	   *number = RecalAllocArray(sizeof(int32), nitems);

	memset(number, 0, sizeof(int32) * nitems);
	for (int64 j = 0; j < shape->nnz; j++)
		number[tuning->rows.columns[j]] = 1;
	for (int64 j = 0; j < shape->ntargets; j++)
		number[tuning->targets[j]] = 1;
	shape->all_items = nitems;
	shape->nitems = 0;
	tuning->sampled[RECAL_SIDE_ITEMS] = RecalAllocArray(sizeof(int32), nitems);
	for (int64 i = 0; i < nitems; i++)
	{
		if (!number[i])
			continue;
		tuning->sampled[RECAL_SIDE_ITEMS][shape->nitems] = (int32) i;
		number[i] = (int32) shape->nitems++;
	}
	for (int64 j = 0; j < shape->nnz; j++)
		tuning->rows.columns[j] = number[tuning->rows.columns[j]];
	for (int64 j = 0; j < shape->ntargets; j++)
		tuning->targets[j] = number[tuning->targets[j]];
	pfree(number);
}

/* Chooses users and what is held out; false when that is too little. */
static bool
TakeSample(const RecalMatrix *matrix, int64 seed, double share, int64 max_test,
		   RecalTuning *tuning)
{
	const RecalCsr *rows = &matrix->by_user;
	int64		nusers = 0;
	int64		nnz = 0;
	int64		eligible = 0;

	for (int64 user = 0; user < matrix->nusers; user++)
	{
		if ((user & 0xFFFF) == 0)
			CHECK_FOR_INTERRUPTS();
		if (!Sampled(share, seed, STREAM_SAMPLE, user))
			continue;
		nusers++;
		nnz += rows->offsets[user + 1] - rows->offsets[user];
		eligible += IsEligible(rows, user);
	}
	if (eligible < MIN_TEST_USERS)
		return false;

	tuning->rows.offsets = RecalAllocArray(sizeof(int64), nusers + 1);
	tuning->sampled[RECAL_SIDE_USERS] = RecalAllocArray(sizeof(int32), nusers);
	tuning->rows.columns = RecalAllocArray(sizeof(int32), nnz);
	tuning->rows.confidences = RecalAllocArray(sizeof(float), nnz);
	if (matrix->pair_time != NULL)
		tuning->timed = RecalAllocArray(sizeof(RecalTimed), nnz);
	tuning->test_user = RecalAllocArray(sizeof(int32), max_test);
	tuning->test_offsets = RecalAllocArray(sizeof(int64), max_test + 1);
	tuning->targets = RecalAllocArray(sizeof(int32), max_test * MAX_TARGETS);
	CopySample(matrix, seed, share, (double) max_test / (double) eligible, max_test, tuning);
	RecalTuneCompactItems(matrix->nitems, tuning);
	return tuning->shape.ntest >= MIN_TEST_USERS / 2;
}

/* The sample's features. */
static void
TakeFeatures(const RecalFactorization *work, RecalTuning *tuning)
{
	RecalAlsShape *shape = &tuning->shape;

	for (int i = 0; i < 2; i++)
	{
		shape->has_prior[i] = work->features[i] != NULL;
		if (work->features[i] != NULL)
			RecalFeatureRowsPick(&work->features[i]->rows, tuning->sampled[i],
								 i == RECAL_SIDE_USERS ? shape->nusers : shape->nitems,
								 &tuning->features[i]);
	}
}

static void
PrepareDecays(const RecalMatrix *matrix, RecalFactorization *work, RecalTuning *tuning)
{
	work->history_decay_used = 1;
	tuning->decays = history_decays;
	tuning->ndecays = matrix->pair_time != NULL ? PATH_DECAYS : 1;
	if (work->history_decay == RECAL_AUTO_VALUE)
		return;
	work->history_decay_used = tuning->given_decay = work->history_decay;
	tuning->decays = &tuning->given_decay;
	tuning->ndecays = 1;
}

bool
RecalTunePrepare(const RecalMatrix *matrix, RecalFactorization *work, RecalTuning *tuning)
{
	Candidate	rule = Rule(matrix);
	Size		most;
	double		share;
	int64		max_test;

	memset(tuning, 0, sizeof(RecalTuning));
	work->tuned = false;
	work->tune_ndcg = NAN;
	work->tune_popularity = NAN;
	work->unobserved_weight_used = work->unobserved_weight;
	work->regularization_used = work->regularization;
	PrepareDecays(matrix, work, tuning);
	if (work->unobserved_weight != RECAL_AUTO_VALUE &&
		work->regularization != RECAL_AUTO_VALUE && tuning->ndecays == 1)
		return false;
	if (work->unobserved_weight == RECAL_AUTO_VALUE)
		work->unobserved_weight_used = rule.unobserved_weight;
	if (work->regularization == RECAL_AUTO_VALUE)
		work->regularization_used = rule.regularization;
	if (work->by_rule)
		return false;

	most = lengthof(path) + lengthof(around) + 2 * lengthof(content_factors);
	tuning->unobserved_weight = recal_palloc_array(double, most);
	tuning->regularization = recal_palloc_array(double, most);
	for (int i = 0; i < (int) lengthof(path); i++)
		AddCandidate(tuning, work, path[i]);
	PlanSearch(matrix, work, tuning, &share, &max_test);
	tuning->shape.d = work->factors;
	if (TakeSample(matrix, work->seed, share, max_test, tuning))
	{
		TakeFeatures(work, tuning);
		return true;
	}
	RecalTuneFree(tuning);
	return false;
}

void
RecalTuneFree(RecalTuning *tuning)
{
	void	   *arrays[] = {tuning->unobserved_weight, tuning->regularization,
		tuning->rows.offsets, tuning->rows.columns, tuning->rows.confidences, tuning->timed,
	tuning->test_user, tuning->test_offsets, tuning->targets, tuning->sampled[0],
	tuning->sampled[1]};

	for (int i = 0; i < (int) lengthof(arrays); i++)
		if (arrays[i] != NULL)
			pfree(arrays[i]);
	for (int i = 0; i < 2; i++)
		RecalFeatureRowsFree(&tuning->features[i]);
}

/* Test users' confidences for ranking; decay 1 restores them for training. */
static void
DecayTestUsers(const RecalTuning *tuning, RecalAls *als, double decay)
{
	const RecalCsr *rows = &tuning->rows;
	const RecalTimed *timed = tuning->timed;
	float	   *confidences = RecalAlsUserConfidences(als);

	if (tuning->timed == NULL)
		return;
	for (int64 t = 0; t < tuning->shape.ntest; t++)
	{
		int64		start = rows->offsets[tuning->test_user[t]];
		int64		n = rows->offsets[tuning->test_user[t] + 1] - start;

		memcpy(confidences + start, rows->confidences + start, sizeof(float) * n);
		recal_history_decay(timed, n, decay, confidences + start);
		timed += n;
	}
}

/* Ranks with each decay; returns the best NDCG and its decay, -1 where a row could not be solved. */
double
RecalTuneRank(const RecalTuning *tuning, RecalAls *als, double *decay)
{
	double		best = -1;

	for (int i = 0; i < tuning->ndecays; i++)
	{
		double		ndcg;

		DecayTestUsers(tuning, als, tuning->decays[i]);
		ndcg = RecalAlsRank(als);
		if (isnan(ndcg) || ndcg <= best)
			continue;
		best = ndcg;
		*decay = tuning->decays[i];
	}
	DecayTestUsers(tuning, als, 1);
	return best;
}

/* How many candidates there are in all. */
static int
CountCandidates(const RecalTuning *tuning, int candidate)
{
	int			n = tuning->ncandidates;

	if (candidate >= (int) lengthof(path))
		return n;
	if (tuning->refine)
		n += lengthof(around);
	for (int i = 0; i < 2; i++)
		if (tuning->features[i].offsets != NULL)
			n += lengthof(content_factors);
	return n;
}

/* One candidate's NDCG on what was held out; it becomes the choice if it is the best so far. */
static void
Try(RecalTuning *tuning, RecalAls *als, RecalFactorization *work, int candidate)
{
	int			all = tuning->epochs * CountCandidates(tuning, candidate);
	double		decay = 1;
	double		ndcg;

	RecalAlsStart(als, tuning->unobserved_weight[candidate], tuning->regularization[candidate],
				  work->seed, NULL, NULL);
	for (int epoch = 0; epoch < tuning->epochs; epoch++)
	{
		int			done = candidate * tuning->epochs + epoch + 1;

		(void) RecalAlsEpoch(als);
		if (work->progress != NULL)
		{
			RecalProgress progress = {"tune", done, all, Min(1.0, (double) done / all)};

			work->progress(work->progress_arg, &progress);
		}
	}
	ndcg = RecalTuneRank(tuning, als, &decay);
	ereport(DEBUG1,
			(errmsg_internal("recal: unobserved_weight %g, regularization %g, history_decay %g%s%s: NDCG@10 %.5f on "
							 INT64_FORMAT " of " INT64_FORMAT " users, %d epochs",
							 tuning->unobserved_weight[candidate],
							 tuning->regularization[candidate], decay,
							 als->content[RECAL_SIDE_ITEMS].prior ? ", item features" : "",
							 als->content[RECAL_SIDE_USERS].prior ? ", user features" : "", ndcg,
							 tuning->shape.ntest, tuning->shape.nusers, tuning->epochs)));
	if (ndcg < 0 || ndcg <= work->tune_ndcg)
		return;
	work->tune_ndcg = ndcg;
	work->unobserved_weight_used = tuning->unobserved_weight[candidate];
	work->regularization_used = tuning->regularization[candidate];
	work->history_decay_used = decay;
	for (int i = 0; i < 2; i++)
		work->prior_used[i] = als->content[i].prior;
}

/*
 * Features always give factors to who has none. Whether they also help where
 * there is behaviour is tried on the best pair, and they stay out where not.
 */
static void
TryContent(RecalTuning *tuning, RecalAls *als, RecalFactorization *work)
{
	for (int side = RECAL_SIDE_ITEMS; side >= RECAL_SIDE_USERS; side--)
	{
		Candidate	best = {work->unobserved_weight_used, work->regularization_used};

		if (tuning->features[side].offsets == NULL)
			continue;
		als->content[side].prior = true;
		for (int i = 0; i < (int) lengthof(content_factors); i++)
		{
			int			n = tuning->ncandidates;

			if (i > 0 && work->regularization != RECAL_AUTO_VALUE)
				break;
			tuning->unobserved_weight[n] = best.unobserved_weight;
			tuning->regularization[n] = best.regularization * content_factors[i];
			tuning->ncandidates++;
			Try(tuning, als, work, n);
		}
		als->content[side].prior = work->prior_used[side];
	}
}

/* Items of the sample by how many users like them, the most popular first */
static RecalScored *
PopularItems(const RecalTuning *tuning)
{
	int			n = (int) tuning->shape.nitems;
	float	   *users = RecalAllocArray(sizeof(float), n);
	RecalScored *items = RecalAllocArray(sizeof(RecalScored), n);
	int			size = 0;

	memset(users, 0, sizeof(float) * n);
	for (int64 j = 0; j < tuning->shape.nnz; j++)
		if (tuning->rows.confidences[j] > 0)
			users[tuning->rows.columns[j]] += 1;
	recal_topk_push_block(items, &size, n, users, n, 0);
	recal_topk_sort(items, size);
	pfree(users);
	return items;
}

static bool
Contains(const int32 *ascending, int64 n, int32 item)
{
	return bsearch(&item, ascending, n, sizeof(int32), RecalComparePositions) != NULL;
}

/*
 * Mean NDCG@k of the held-out items for the most popular ones that a user does
 * not have: what the search's choice is worth is seen beside it.
 */
static double
RankPopular(const RecalTuning *tuning)
{
	const RecalCsr *rows = &tuning->rows;
	RecalScored *popular = PopularItems(tuning);
	double		sum = 0;

	for (int64 t = 0; t < tuning->shape.ntest; t++)
	{
		int64		first = rows->offsets[tuning->test_user[t]];
		int64		n = rows->offsets[tuning->test_user[t] + 1] - first;
		int64		ntargets = tuning->test_offsets[t + 1] - tuning->test_offsets[t];
		double		gain = 0;
		double		ideal = 0;
		int			rank = 0;

		for (int64 i = 0; i < tuning->shape.nitems && rank < RECAL_RANK_K; i++)
		{
			if (Contains(rows->columns + first, n, popular[i].index))
				continue;
			if (Contains(tuning->targets + tuning->test_offsets[t], ntargets, popular[i].index))
				gain += 1 / log2(rank + 2);
			rank++;
		}
		for (rank = 0; rank < Min(ntargets, RECAL_RANK_K); rank++)
			ideal += 1 / log2(rank + 2);
		sum += gain / ideal;
	}
	pfree(popular);
	return sum / (double) tuning->shape.ntest;
}

void
RecalTuneRun(RecalTuning *tuning, RecalPool *pool, RecalFactorization *work)
{
	RecalAls	als;
	int			ncandidates = tuning->ncandidates;

	RecalAlsBegin(&als, pool, &tuning->shape, &tuning->rows, tuning);
	for (int i = 0; i < 2; i++)
		if (tuning->features[i].offsets != NULL)
			RecalAlsSetContent(&als, i, &tuning->features[i], false);
	for (int i = 0; i < ncandidates; i++)
		Try(tuning, &als, work, i);
	if (tuning->refine && !isnan(work->tune_ndcg))
	{
		Candidate	best = {work->unobserved_weight_used, work->regularization_used};

		for (int i = 0; i < (int) lengthof(around); i++)
		{
			Candidate	near = {best.unobserved_weight * around[i].unobserved_weight,
			best.regularization * around[i].regularization};

			AddCandidate(tuning, work, near);
		}
		if (tuning->ndecays == PATH_DECAYS)
			tuning->ndecays = (int) lengthof(history_decays);
		for (int i = ncandidates; i < tuning->ncandidates; i++)
			Try(tuning, &als, work, i);
	}
	TryContent(tuning, &als, work);
	work->tune_popularity = RankPopular(tuning);

	/* where no candidate could be solved, what the rule says is left */
	work->tuned = !isnan(work->tune_ndcg);
	RecalAlsEnd(&als);
}
