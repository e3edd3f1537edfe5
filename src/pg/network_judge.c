/*
 * network_judge.c
 *		Which epoch and which share of the factorization serve, and whether they
 *		rank better than the factorization alone.
 *
 * The best of many choices looks better on the users who chose it than it is. So
 * the users are in two halves, and each half ranks with what the other would
 * choose; what serves is chosen by all.
 */
#include "postgres.h"

#include <math.h>

#include "recal_factorize.h"
#include "recal_neural.h"
#include "recal_rng.h"
#include "recal_weights.h"

#define STREAM_HALVES	0x6e657468616c66

static int
HalfOf(const RecalNetworkRun *run, int64 v)
{
	return (int) (recal_rng_bits((uint64_t) run->network->seed, STREAM_HALVES,
								 (uint64_t) run->valid_user[v]) & 1);
}

/* A mean over all users, or those of one half */
static double
MeanGain(const RecalNetworkRun *run, const double *gains, int which, int half)
{
	double		sum = 0;
	int64		n = 0;

	for (int64 v = 0; v < run->nvalid; v++)
	{
		if (half >= 0 && HalfOf(run, v) != half)
			continue;
		sum += gains[v * RECAL_NET_RANKED + which];
		n++;
	}
	return n > 0 ? sum / (double) n : 0;
}

static int
BestBlend(const RecalNetworkRun *run, const double *gains, int half, double *ndcg)
{
	int			best = 0;

	*ndcg = -1;
	for (int b = 0; b < RECAL_NET_BLENDS; b++)
	{
		double		mean = MeanGain(run, gains, b, half);

		if (mean <= *ndcg)
			continue;
		*ndcg = mean;
		best = b;
	}
	return best;
}

void
RecalNetworkJudgeBegin(RecalNetworkRun *run)
{
	run->chosen_ndcg = run->half_ndcg[0] = run->half_ndcg[1] = -1;
	run->crossed = RecalAllocArray(sizeof(double), run->nvalid);
	memset(run->crossed, 0, sizeof(double) * run->nvalid);
}

bool
RecalNetworkJudge(RecalNetworkRun *run)
{
	RecalNetwork *network = run->network;
	const double *gains = RecalNetworkRank(run);
	double		ndcg;
	int			best;

	run->gains = gains;
	for (int half = 0; half < 2; half++)
	{
		best = BestBlend(run, gains, half, &ndcg);
		if (ndcg <= run->half_ndcg[half])
			continue;
		run->half_ndcg[half] = ndcg;
		for (int64 v = 0; v < run->nvalid; v++)
			if (HalfOf(run, v) != half)
				run->crossed[v] = gains[v * RECAL_NET_RANKED + best];
	}
	best = BestBlend(run, gains, -1, &ndcg);
	network->factorization_ndcg = MeanGain(run, gains, RECAL_NET_FACTORIZATION, -1);
	network->popularity_ndcg = MeanGain(run, gains, RECAL_NET_POPULARITY, -1);
	ereport(DEBUG1,
			(errmsg_internal("recal: network: NDCG@10 %.5f, with %g of the factorization %.5f; the factorization %.5f, popularity %.5f",
							 MeanGain(run, gains, 0, -1), recal_network_blends[best], ndcg,
							 network->factorization_ndcg, network->popularity_ndcg)));
	if (ndcg <= run->chosen_ndcg)
		return false;
	run->chosen_ndcg = ndcg;
	network->blend = recal_network_blends[best];
	return true;
}

/* The factorization's gains are those of any epoch. */
bool
RecalNetworkWins(RecalNetworkRun *run)
{
	double		n = (double) run->nvalid;
	double		total = 0;
	double		sum = 0;
	double		squares = 0;
	double		error;

	for (int64 v = 0; v < run->nvalid; v++)
	{
		double		difference = run->crossed[v] -
			run->gains[v * RECAL_NET_RANKED + RECAL_NET_FACTORIZATION];

		total += run->crossed[v];
		sum += difference;
		squares += difference * difference;
	}
	run->network->ndcg = total / n;
	error = sqrt(Max(squares * n - sum * sum, 0) / (n - 1));
	ereport(DEBUG1,
			(errmsg_internal("recal: network: NDCG@10 of the chosen %.5f, cross-fitted %.5f, %.5f (standard error %.5f) more than the factorization's",
							 run->chosen_ndcg, run->network->ndcg, sum / n, error / n)));
	return sum > 0 && sum >= error;
}
