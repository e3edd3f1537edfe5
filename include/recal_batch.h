/*
 * recal_batch.h
 *		Pages of many users at once.
 *
 * The rows of all of them are read by one query and kept; users are then made
 * by the same rules as for recal_recommend, a group at a time, and scored in
 * blocks.
 */
#ifndef RECAL_BATCH_H
#define RECAL_BATCH_H

#include "postgres.h"

#include "recal_ranking.h"
#include "recal_serve.h"

typedef struct RecalHistories
{
	RecalServed *served;
	bool		row_security;	/* policies hide rows from the caller */
	struct RecalRankMoment *moment; /* recal_rank_serve.h; NULL without a ranker */
	RecalIdTable users;			/* ascending */
	int32	   *code;			/* [users.n] in order of arrival, by which rows are found */
	int64		n;				/* rows */
	RecalUserRow *rows;			/* [n] */
	uint32	   *previous;		/* [n] row of the same user, or RECAL_NO_ROW */
	uint32	   *last;			/* by code: the last row, or RECAL_NO_ROW */
	float	   *prior;			/* [users.n × d] what users' features say, or NULL */
	bool	   *has_prior;		/* [users.n] */
} RecalHistories;

#define RECAL_NO_ROW PG_UINT32_MAX

/*
 * Reads, as the caller, the rows of the users in ids, or of everybody (ids
 * NULL), where row-level security that applies to the caller is an error in
 * the name of function. Memory is taken from the current context, within
 * max_bytes. Needs an SPI connection.
 */
extern void RecalHistoriesRead(RecalStatement *statement, const char *function,
							   const RecalId *ids, int nids, Size max_bytes,
							   RecalHistories *histories);

/* The user at a position of histories->users; the vector is left to be folded in. */
extern RecalUser *RecalHistoriesUser(const RecalHistories *histories, int64 user,
									 MemoryContext context);

/*
 * The items that may be shown, ascending: of n candidates (sorted; NULL: the
 * whole catalogue) those that the items relation shows to the caller. NULL
 * stands for the whole catalogue. Needs an SPI connection.
 */
extern int32 *RecalBatchShown(RecalServed *served, const int32 *candidates, int64 n,
							  int64 *nshown);

/* Takes a user's page: positions of items, best first. */
typedef void (*RecalPutPage) (void *arg, const RecalId *user, const RecalScored *page, int n);

/* The k best items for everybody in histories, users ascending. */
extern void RecalBatchRecommend(const RecalHistories *histories, const int32 *shown,
								int64 nshown, int k, RecalPutPage put, void *arg);

#endif							/* RECAL_BATCH_H */
