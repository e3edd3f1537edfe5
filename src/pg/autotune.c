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
#include "recal_rng.h"

#define MIN_PAIRS		3		/* of a user, to hold one out */
#define MIN_TEST_USERS	50		/* below, chance would choose */
#define MAX_TEST_USERS	5000

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
	{3, .003}, {1, .001}, {1, .01}, {.3, .03}, {.1, .01}, {.03, .01}, {.01, .01}, {.003, .03}
};

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

/* The pair of a user that is held out: the newest liked one, or any; -1 for none. */
static int64
PickPair(const RecalMatrix *matrix, int64 user, int64 seed)
{
	const RecalCsr *rows = &matrix->by_user;
	int64		first = rows->offsets[user];
	int64		end = rows->offsets[user + 1];
	int64		liked = 0;
	int64		newest = -1;

	if (end - first < MIN_PAIRS)
		return -1;
	for (int64 j = first; j < end; j++)
	{
		if (rows->confidences[j] <= 0)
			continue;
		liked++;
		if (matrix->pair_time != NULL &&
			(newest < 0 || matrix->pair_time[j] >= matrix->pair_time[newest]))
			newest = j;
	}
	if (liked == 0 || matrix->pair_time != NULL)
		return newest;
	liked = (int64) (recal_rng_bits((uint64_t) seed, STREAM_PAIR, (uint64_t) user) % (uint64) liked);
	for (int64 j = first; j < end; j++)
		if (rows->confidences[j] > 0 && liked-- == 0)
			return j;
	return -1;
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
	const double small = 2e5;
	const double large = 1e6;
	const double least = .3;
	double		at = log(Max((double) nnz, 1) / small) / log(large / small);

	at = Min(1.0, Max(0.0, at));
	return ncandidates * 1.2 * pow(least / (ncandidates * 1.2), at);
}

/* What share of users, how many epochs and how many test users the search can pay for. */
static void
Plan(const RecalMatrix *matrix, const RecalFactorization *work, RecalTuning *tuning,
	 double *share, int64 *max_test)
{
	double		epoch = RecalAlsCost(&matrix->by_user, matrix->nitems, work->factors);
	double		budget = Effort(matrix->nnz, tuning->ncandidates) * epoch * work->epochs;
	double		rank = (double) matrix->nitems * (work->factors / 2.0 + 16);

	tuning->epochs = work->epochs;
	*share = 1;
	*max_test = (int64) Max(500, Min(MAX_TEST_USERS, .3 * budget / (rank * tuning->ncandidates)));
	if (tuning->ncandidates * epoch * work->epochs <= budget)
		return;
	tuning->epochs = Min(work->epochs, 6);
	*share = .7 * budget / (tuning->ncandidates * tuning->epochs * epoch);
	*share = Min(1.0, Max(*share, 1000.0 / (double) matrix->nusers));
}

/* Copies the sampled users' rows, without the pairs that are held out. */
static void
CopySample(const RecalMatrix *matrix, int64 seed, double share, double test_share,
		   int64 max_test, RecalTuning *tuning)
{
	const RecalCsr *from = &matrix->by_user;
	RecalCsr   *to = &tuning->rows;
	int64		n = 0;
	int64		nusers = 0;

	tuning->shape.ntest = 0;
	to->offsets[0] = 0;
	for (int64 user = 0; user < matrix->nusers; user++)
	{
		int64		out = -1;

		if (!Sampled(share, seed, STREAM_SAMPLE, user))
			continue;
		if (tuning->shape.ntest < max_test && Sampled(test_share, seed, STREAM_TEST, user))
			out = PickPair(matrix, user, seed);
		if (out >= 0)
		{
			tuning->test_user[tuning->shape.ntest] = (int32) nusers;
			tuning->test_item[tuning->shape.ntest] = from->columns[out];
			tuning->shape.ntest++;
		}
		for (int64 j = from->offsets[user]; j < from->offsets[user + 1]; j++)
		{
			if (j == out)
				continue;
			to->columns[n] = from->columns[j];
			to->confidences[n++] = from->confidences[j];
		}
		to->offsets[++nusers] = n;
	}
	to->nrows = nusers;
	tuning->shape.nusers = nusers;
	tuning->shape.nnz = n;
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
		eligible += PickPair(matrix, user, seed) >= 0;
	}
	if (eligible < MIN_TEST_USERS)
		return false;

	tuning->rows.offsets = RecalAllocArray(sizeof(int64), nusers + 1);
	tuning->rows.columns = RecalAllocArray(sizeof(int32), nnz);
	tuning->rows.confidences = RecalAllocArray(sizeof(float), nnz);
	tuning->test_user = RecalAllocArray(sizeof(int32), max_test);
	tuning->test_item = RecalAllocArray(sizeof(int32), max_test);
	CopySample(matrix, seed, share, (double) max_test / (double) eligible, max_test, tuning);
	return tuning->shape.ntest >= Min(MIN_TEST_USERS, max_test) / 2;
}

bool
RecalTunePrepare(const RecalMatrix *matrix, RecalFactorization *work, RecalTuning *tuning)
{
	Candidate	rule = Rule(matrix);
	double		share;
	int64		max_test;

	memset(tuning, 0, sizeof(RecalTuning));
	work->tuned = false;
	work->tune_ndcg = NAN;
	work->unobserved_weight_used = work->unobserved_weight;
	work->regularization_used = work->regularization;
	if (work->unobserved_weight != RECAL_AUTO_VALUE && work->regularization != RECAL_AUTO_VALUE)
		return false;
	if (work->unobserved_weight == RECAL_AUTO_VALUE)
		work->unobserved_weight_used = rule.unobserved_weight;
	if (work->regularization == RECAL_AUTO_VALUE)
		work->regularization_used = rule.regularization;

	tuning->unobserved_weight = recal_palloc_array(double, lengthof(path));
	tuning->regularization = recal_palloc_array(double, lengthof(path));
	for (int i = 0; i < (int) lengthof(path); i++)
		AddCandidate(tuning, work, path[i]);
	Plan(matrix, work, tuning, &share, &max_test);
	tuning->shape.nitems = matrix->nitems;
	tuning->shape.d = work->factors;
	if (TakeSample(matrix, work->seed, share, max_test, tuning))
		return true;
	RecalTuneFree(tuning);
	return false;
}

void
RecalTuneFree(RecalTuning *tuning)
{
	void	   *arrays[] = {tuning->unobserved_weight, tuning->regularization,
		tuning->rows.offsets, tuning->rows.columns, tuning->rows.confidences,
	tuning->test_user, tuning->test_item};

	for (int i = 0; i < (int) lengthof(arrays); i++)
		if (arrays[i] != NULL)
			pfree(arrays[i]);
}

/* One candidate's NDCG on what was held out. */
static double
Try(RecalTuning *tuning, RecalAls *als, RecalFactorization *work, int candidate)
{
	RecalAlsStart(als, tuning->unobserved_weight[candidate], tuning->regularization[candidate],
				  work->seed, NULL, NULL);
	for (int epoch = 0; epoch < tuning->epochs; epoch++)
	{
		int			done = candidate * tuning->epochs + epoch + 1;
		int			all = tuning->ncandidates * tuning->epochs;

		(void) RecalAlsEpoch(als);
		if (work->progress != NULL)
		{
			RecalProgress progress = {"tune", done, all, (double) done / all};

			work->progress(work->progress_arg, &progress);
		}
	}
	return RecalAlsRank(als);
}

void
RecalTuneRun(RecalTuning *tuning, RecalPool *pool, RecalFactorization *work)
{
	RecalAls	als;
	double		best = -1;

	RecalAlsBegin(&als, pool, &tuning->shape, &tuning->rows, tuning->test_user,
				  tuning->test_item);
	for (int i = 0; i < tuning->ncandidates; i++)
	{
		double		ndcg = Try(tuning, &als, work, i);

		ereport(DEBUG1,
				(errmsg_internal("recal: unobserved_weight %g, regularization %g: NDCG@10 %.5f on "
								 INT64_FORMAT " of " INT64_FORMAT " users, %d epochs",
								 tuning->unobserved_weight[i], tuning->regularization[i], ndcg,
								 tuning->shape.ntest, tuning->shape.nusers, tuning->epochs)));
		if (ndcg > best)
		{
			best = ndcg;
			work->unobserved_weight_used = tuning->unobserved_weight[i];
			work->regularization_used = tuning->regularization[i];
		}
	}
	work->tuned = true;
	work->tune_ndcg = best;
	RecalAlsEnd(&als);
}
