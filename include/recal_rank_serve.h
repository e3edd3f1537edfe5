/*
 * recal_rank_serve.h
 *		The ranker (recal_ranker.h) at serving time: what a version stores of it, its
 *		counters as of now, and a user's scores.
 *
 * Where a version has one, a score is the ranker's, and the score that the rows
 * give is one of its features. The whole catalogue is ranked by it only among
 * candidates; what else is asked about is scored exactly.
 */
#ifndef RECAL_RANK_SERVE_H
#define RECAL_RANK_SERVE_H

#include <math.h>

#include "recal_ranker.h"
#include "recal_serve.h"

/* The most rows since the training that are counted, the newest */
#define RECAL_RANK_LIVE_ROWS 20000

/* What is in demand, with room for what a user has seen of it */
#define RECAL_RANK_DEMAND (4 * RECAL_RANK_POOL_RECENT)

/*
 * Counters as of a moment: those of the training, or a copy to which the rows
 * since have been added.
 */
typedef struct RecalRankMoment
{
	RecalCounters counters;
	double		now;			/* the newest time among the rows that are counted */
	int			ndemand;
	RecalScored demand[RECAL_RANK_DEMAND];	/* of recal_counters_recent */

	/* users of the rows since; none without */
	RecalIdTable users;
	RecalTaste *tastes;			/* [users.n] */
	double	   *newest;			/* [users.n] times of their newest rows */

	RecalRankView view;
	uint64		viewed;			/* number of the RecalRankedUser that the view is of, 0: none */
} RecalRankMoment;

/* Stored with a version; lives as long as its entry in the cache. */
typedef struct RecalServedRanker
{
	const RecalRankNet *net;
	void	   *memory;			/* of the counters */
	int64		bytes;
	RecalIdTable users;
	const RecalTaste *tastes;	/* [users.n] */
	RecalFeatureRows *content;	/* of the items, if it reads that, else NULL */
	RecalRankMoment trained;
} RecalServedRanker;

/* Reads it in the current memory context; damaged: XX001. */
extern RecalServedRanker *RecalRankerLoad(const RecalServed *served);

/* Binds counters in memory, says what is in demand and makes an empty view in context. */
extern void RecalRankMomentInit(RecalRankMoment *moment, void *memory, int d, double now,
								MemoryContext context);

/* The taste that the version has of a user, all zeros when it has none */
extern bool RecalRankerTaste(const RecalServedRanker *ranker, const RecalId *id, RecalTaste *taste);

/*
 * Whether the ranker counts a row with this position and weight, or a pair with this
 * confidence: as in training what is liked, of known items, at a known time.
 */
static inline bool
RecalRankCounts(const RecalServed *served, int64 item, float weight, double time)
{
	return item >= 0 && item < served->nitems && weight > 0 && time > -INFINITY;
}

/*
 * The counters for this statement's role, brought up to date where they may be; NULL
 * without a ranker. Needs an SPI connection.
 */
extern RecalRankMoment *RecalRankMomentGet(RecalStatement *statement);

/* A user as the ranker sees them at a moment. */
typedef struct RecalRankedUser
{
	RecalServed *served;
	RecalRankMoment *moment;
	uint64		number;			/* no other has it */
	RecalRankUser user;
	const float *vector;		/* [width] the user's, for the network's scores */
	double		now;
	float	   *recent_vectors; /* [RECAL_RANK_SHORT × d] */
	/* of a batch of items */
	int32	   *items;
	float	   *rows;
	float	   *vectors;
	float	   *network;		/* NULL without a network */
	float	   *overlaps;		/* this and the next are NULL if it reads no content */
	float	   *dense;
	float	   *features;
	float	   *work;
} RecalRankedUser;

/*
 * user has been folded in, and stays as long as the result. id NULL: nobody, or a
 * visitor.
 */
extern RecalRankedUser *RecalRankUserAt(RecalServed *served, RecalRankMoment *moment,
									const RecalUser *user, const RecalId *id,
									MemoryContext context);

/* scores [n] of items at positions, or of the first n */
extern void RecalRankScores(RecalRankedUser *ranked, const int32 *positions, int64 n, float *scores);

/* features [RECAL_RANK_NFEATURES] of one item, and their names */
extern void RecalRankFeatures(RecalRankedUser *ranked, int32 position, float *features);
extern const char *RecalRankFeatureName(RecalRankFeature feature);

/*
 * Candidates of a page: the pool of the nbest best by the rows' scores (sorted; they
 * are all in it) and of what the counters say, ascending, without excluded ones
 * [RecalServedCount]. Returns their number; positions has room for nbest +
 * RECAL_RANK_POOL.
 */
extern int64 RecalRankPool(RecalRankedUser *ranked, const RecalScored *best, int nbest,
						   const bool *excluded, int32 *positions);

/* The same from a view of the user, and what is in demand [ndemand] */
extern int64 RecalRankPoolOf(RecalRankView *view, const RecalScored *best, int nbest,
							 const RecalScored *demand, int ndemand, const bool *excluded,
							 int32 *positions);

/* How many of the best by the rows' scores are candidates of a page of k, at first */
static inline int64
RecalRankDepth(int64 k)
{
	return Max((int64) RECAL_RANK_POOL_FACTORS, 2 * k);
}

/*
 * The best k that may be shown of the catalogue, by base, the rows' scores
 * [RecalServedCount], with -infinity for what is not to be shown. Where the pool is
 * not enough for a page, it is made deeper. Returns indexes into *positions. Needs an
 * SPI connection.
 */
extern RecalScored *RecalRankPage(RecalRankedUser *ranked, const float *base, int k,
								  int32 **positions, int *count);

#endif							/* RECAL_RANK_SERVE_H */
