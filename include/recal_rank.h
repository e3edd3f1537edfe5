/*
 * recal_rank.h
 *		Training of the ranker (recal_ranker.h) in the server: the rows in order of
 *		time, what it learns from, and whether it is worth serving.
 */
#ifndef RECAL_RANK_H
#define RECAL_RANK_H

#include "postgres.h"

#include "portability/instr_time.h"

#include "recal_events.h"
#include "recal_model.h"
#include "recal_neural.h"
#include "recal_ranker.h"
#include "recal_train.h"

/* What is ranked when the ranker is judged. */
typedef enum RecalRanked
{
	RECAL_RANKED_RANKER,
	RECAL_RANKED_FACTORIZATION,
	RECAL_RANKED_NETWORK,		/* with the factorization's share, if there is one */
	RECAL_RANKED_POPULARITY,
	RECAL_RANKED_RECENT,		/* one for each half-life */
	RECAL_RANKED_AFTER = RECAL_RANKED_RECENT + RECAL_RANK_HALVES,
	/* two, as of what goes together: with the last item, with the last ones */
	RECAL_RANKED_TOGETHER = RECAL_RANKED_AFTER + 2,
	RECAL_NRANKED = RECAL_RANKED_TOGETHER + 2
} RecalRanked;

/* What the training of a ranker needs and gives. */
typedef struct RecalRanker
{
	/* in */
	const char *model;			/* for messages */
	RecalSwitch mode;
	bool		sampled;		/* the matrix is not everything */
	int64		seed;
	void		(*progress) (void *arg, const RecalProgress *progress);	/* as that of
																		 * RecalFactorization;
																		 * phase "ranker" */
	void	   *progress_arg;
	/* out */
	bool		tried;
	bool		kept;
	RecalRankNet *net;			/* this and the next are set when it is kept */
	RecalTaste *tastes;			/* [nusers] */
	void	   *counters;		/* memory of recal_counters_init, all rows counted */
	Size		counters_bytes;
	const RecalFeatureRows *content;	/* of the items, where it reads that, else NULL */
	int64		nexamples;
	RecalRankResult result;
	int			nfolds;			/* of the users it was judged by; 1: it never saw any of them */
	int64		njudged;		/* users that it was judged by */
	bool		has_network;	/* it was judged against a network, too */
	double		ndcg[RECAL_NRANKED];	/* of their newest rows, if njudged > 0 */
	double		gain[RECAL_NRANKED];	/* what the ranker has more, in standard errors */
	double		seconds;
} RecalRanker;

/*
 * Trains a ranker beside a factorization of the same matrix and a network that
 * may have been trained before. Nothing is tried where feedback is ratings or
 * pairs have no time; RECAL_AUTO tries nothing either where there are too few
 * users to judge it by, and keeps it where it ranks their newest rows better
 * than all that is simpler does, surely; RECAL_ON always. Results are in
 * the current context, and the same bit for bit whatever the number of workers.
 * Errors with RECAL_ON, else a WARNING and no ranker: 22003 when the training
 * diverges, 53400 when recal.train_memory does not suffice, 55000 when rows
 * have no order.
 */
extern void RecalTrainRanker(const RecalMatrix *matrix, const RecalFactorization *work,
							 const RecalNetwork *network, RecalRanker *ranker);

/* Options for RecalTrainRanker */
extern void RecalRankerOptions(const RecalDefinition *definition, RecalRanker *ranker);

/* Whether it would try: there may be something to learn from. */
extern bool RecalRankerMayBe(const RecalMatrix *matrix, const RecalRanker *ranker);

/*
 * Parts ranker_net, ranker_tastes, ranker_counters and, if it reads that,
 * ranker_content (recal_weights.h); returns their bytes.
 */
extern int64 RecalRankerStore(const char *model, int version, int64 nusers,
							  const RecalRanker *ranker);

/* As RecalNetworkFacts and RecalNetworkMetrics */
extern char *RecalRankerFacts(const RecalRanker *ranker);
extern char *RecalRankerMetrics(const RecalRanker *ranker, bool follows);

/*
 * For the files of the training.
 */
typedef struct RecalRankerRun
{
	const RecalMatrix *matrix;
	const RecalFactorization *work;
	const RecalNetwork *network;
	RecalRanker *ranker;
	MemoryContext context;
	MemoryContext results;
	int			d;

	/* liked pairs that have a time, oldest first */
	RecalRankRows rows;
	int64	   *pairs;			/* [rows.n] in the matrix */
	int64	   *newest;			/* [nusers] a user's newest row, -1 without one */

	/* what it is judged by: the newest rows of some users, and a factorization without them */
	RecalNetworkRun held;
	RecalNetwork held_network;	/* for that run */
	int64		nqueries;
	struct RecalRankQuery *queries; /* [nqueries] by row */

	/* what it learns from: rows, and a factorization without them */
	int64		ntargets;
	int64	   *targets;		/* rows, ascending */
	float	   *vectors;		/* [ntargets × d] users before them */
	RecalFactorization beside;
	RecalMatrix train;			/* without them */
	RecalNetwork beside_network;	/* likewise, where a network serves */
	float	   *network_vectors;	/* [ntargets × d] users before them, or NULL: no input */
	RecalRankExamples examples;

	RecalCounters counters;
	int64	   *offsets;		/* of their neighbours */
	RecalRankPass pass;
	void	   *pass_memory;
	RecalRankView view;
	const RecalFeatureRows *content;	/* of the items, or NULL */
	float	   *dense;			/* workspace for it */
	RecalRankNet *nets[2];		/* judged by the first, by the second half of the users */

	double		begin;			/* share of the phase when the current part begins, and ends */
	double		end;
	double		told;
	instr_time	told_at;
} RecalRankerRun;

/* A row that is to be found. */
typedef struct RecalRankQuery
{
	int64		row;
	int64		judge;			/* position among the users of the held-out run */
	int			half;
} RecalRankQuery;

/* Tells how far this part is. */
extern void RecalRankerProgress(RecalRankerRun *run, double fraction);

/* RecalPoll of a run while rows are walked along */
extern void RecalRankerPoll(void *arg);

/* Neighbours of all items together; every session that serves keeps them. */
#define RECAL_RANK_MAX_SLOTS	(4 * 1024 * 1024)

/* Seconds that rows take; a few that are far from all others have no say. */
extern double RecalRankerSpan(const RecalRankRows *rows);

/* overlaps [n × 2] of items with a user's content, or NULL */
extern const float *RecalRankerOverlaps(const RecalRankerRun *run, const RecalRankUser *user, int n,
										const int32 *items, float *overlaps);

/* Counters without a row, and a pass at the first one */
extern void RecalRankerStart(RecalRankerRun *run);

/* ranker_rows.c */
extern void RecalRankerRows(RecalRankerRun *run);
extern void RecalRankerQueries(RecalRankerRun *run);
extern void RecalRankerTargets(RecalRankerRun *run, int64 max);
extern void RecalRankerFactorize(RecalRankerRun *run);
extern void RecalRankerFoldIn(RecalRankerRun *run);

/*
 * ranker_network.c: a network without the targets, if one serves and has been judged
 * by the same users; without it that score is no input.
 */
extern void RecalRankerTrainNetwork(RecalRankerRun *run);
extern void RecalRankerScoreTarget(void *arg, int64_t target, int n, const int32_t *items,
								   float *scores);

typedef struct RecalRankerScores
{
	int			d;
	const float *outputs;		/* [nitems × d] */
	const float *biases;		/* [nitems] */
} RecalRankerScores;

/* scores [n] of items by a vector of the network */
extern void RecalRankerNetworkScores(const RecalRankerScores *with, const float *vector, int n,
									 const int32 *items, float *scores);

/*
 * ranker_judge.c: walks along all rows and ranks; whether it is worth serving.
 * The counters have all rows afterwards.
 */
extern void RecalRankerJudge(RecalRankerRun *run);
extern bool RecalRankerWins(const RecalRanker *ranker);

#endif							/* RECAL_RANK_H */
