/*
 * ranker_evaluate.c
 *		The ranker among what is evaluated: a page as ranker_serve.c makes it, and all
 *		other items behind it.
 */
#include "postgres.h"

#include <math.h>

#include "miscadmin.h"

#include "recal_blas.h"
#include "recal_compat.h"
#include "recal_evaluate.h"
#include "recal_factorize.h"
#include "recal_rank.h"
#include "recal_rank_serve.h"
#include "recal_workers.h"

typedef struct Ranking
{
	const RecalRankNet *net;
	const RecalNetwork *network;	/* NULL without */
	const RecalFeatureRows *content;	/* NULL without */
	float	   *dense;			/* workspace for it */
	const float *item_factors;
	int64		nitems;
	int			d;
	int			depth;			/* of the best by the other scores */
	bool	   *trained;		/* [nitems] has a training row */
	RecalScored demand[RECAL_RANK_DEMAND];
	RecalScored *best;			/* [depth] */
	/* of a pool of up to depth + RECAL_RANK_POOL items */
	int32	   *pool;
	int32	   *counted;		/* -1: not counted */
	float	   *vectors;
	float	   *shares;			/* of the network */
	float	   *overlaps;		/* of content */
	float	   *features;
	float	   *scores;
	float	   *work;
	RecalScored *order;
} Ranking;

/* Candidates, from scores [nitems] without what is hidden */
static int64
Pool(Ranking *ranking, const RecalMoment *moment, const float *scores)
{
	int			nbest = 0;
	int			ndemand;

	recal_topk_push_block(ranking->best, &nbest, ranking->depth, scores, ranking->nitems, 0);
	recal_topk_sort(ranking->best, nbest);
	ndemand = recal_counters_recent(moment->view->counters, RECAL_RANK_POOL_HALF,
									RECAL_RANK_DEMAND, ranking->demand, RecalPollInterrupts,
									NULL);
	return RecalRankPoolOf(moment->view, ranking->best, nbest, ranking->demand, ndemand,
						   moment->hidden, ranking->pool);
}

/* ranking->scores of the pool */
static void
Score(Ranking *ranking, const RecalMoment *moment, int64 n)
{
	int			d = ranking->d;

	for (int64 i = 0; i < n; i++)
	{
		int32		item = ranking->pool[i];

		ranking->counted[i] = ranking->trained[item] ? item : -1;
		memcpy(ranking->vectors + i * d, ranking->item_factors + (int64) item * d,
			   sizeof(float) * d);
		if (ranking->network != NULL)
			ranking->shares[i] = moment->served[item] -
				ranking->network->blend * moment->factorization[item];
	}
	if (ranking->content != NULL)
		recal_rank_overlaps(ranking->content, moment->view->user.nrecent,
							moment->view->user.recent, n, ranking->counted, ranking->dense,
							ranking->overlaps);
	recal_rank_features(moment->view, n, ranking->counted, ranking->vectors,
						ranking->network != NULL ? ranking->shares : NULL,
						ranking->content != NULL ? ranking->overlaps : NULL, ranking->features);
	recal_rank_score(ranking->net, n, ranking->features, ranking->scores, ranking->work);
}

/* RecalMomentScores */
static void
ScoreMoment(void *arg, const RecalMoment *moment, float *scores)
{
	Ranking    *ranking = arg;
	float		level = -INFINITY;
	bool		failed = false;
	int64		n;

	for (int64 i = 0; i < ranking->nitems; i++)
		scores[i] = moment->hidden[i] ? -INFINITY : moment->served[i];
	n = Pool(ranking, moment, scores);
	Score(ranking, moment, n);
	for (int64 i = 0; i < ranking->nitems; i++)
		level = Max(level, scores[i]);
	for (int64 i = 0; i < n; i++)
	{
		failed |= isnan(ranking->scores[i]);
		ranking->order[i] = (RecalScored) {ranking->scores[i], ranking->pool[i]};
	}

	/* only the order counts: the pool goes above all else, each by the least step */
	recal_topk_sort(ranking->order, (int) n);
	for (int64 i = n - 1; i >= 0; i--)
	{
		level = nextafterf(level, INFINITY);
		scores[ranking->order[i].index] = failed ? NAN : level;
	}
}

void
RecalEvaluateRanker(const RecalRanker *ranker, const RecalNetwork *network,
					const RecalHoldout *holdout, const RecalFactorization *factorization, int k,
					RecalEvaluation *evaluation)
{
	Ranking    *ranking = palloc0(sizeof(Ranking));
	int64		nitems = holdout->train.nitems;
	int64		most;

	ranking->net = ranker->net;
	ranking->network = network->kept ? network : NULL;
	ranking->content = ranker->content;
	if (ranking->content != NULL)
		ranking->dense = palloc0(mul_size(sizeof(float), Max(ranking->content->width, 1)));
	ranking->item_factors = factorization->item_factors;
	ranking->nitems = nitems;
	ranking->d = factorization->factors;
	ranking->depth = (int) Min(RecalRankDepth(k), Max(nitems, 1));
	ranking->trained = RecalMatrixItems(&holdout->train);
	most = ranking->depth + RECAL_RANK_POOL;
	ranking->best = RecalAllocArray(sizeof(RecalScored), ranking->depth);
	ranking->pool = RecalAllocArray(sizeof(int32), most);
	ranking->counted = RecalAllocArray(sizeof(int32), most);
	ranking->vectors = RecalAllocAligned(CurrentMemoryContext,
										 mul_size(sizeof(float) * ranking->d, most));
	ranking->shares = RecalAllocArray(sizeof(float), most);
	ranking->overlaps = RecalAllocArray(sizeof(float), 2 * most);
	ranking->features = RecalAllocAligned(CurrentMemoryContext,
										  mul_size(sizeof(float) * RECAL_RANK_NFEATURES, most));
	ranking->scores = RecalAllocArray(sizeof(float), most);
	ranking->work = RecalAllocAligned(CurrentMemoryContext, sizeof(float) *
									  recal_rank_score_work_size(most));
	ranking->order = RecalAllocArray(sizeof(RecalScored), most);
	evaluation->ranker = ScoreMoment;
	evaluation->ranker_arg = ranking;
}
