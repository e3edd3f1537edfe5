/*
 * score.c
 *		recal_score: one dot product a row, or one pass through the ranker; version,
 *		rights and the user are settled once a statement.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "fmgr.h"
#include "utils/builtins.h"
#include "utils/memutils.h"

#include "recal_blas.h"
#include "recal_compat.h"
#include "recal_rank_serve.h"
#include "recal_serve.h"

static RecalId *
CopyId(const RecalId *id, MemoryContext context)
{
	RecalId    *copy = MemoryContextAlloc(context, sizeof(RecalId));

	*copy = *id;
	if (id->kind != RECAL_ID_INT)
	{
		char	   *data = MemoryContextAlloc(context, Max(id->len, 1));

		memcpy(data, id->data, id->len);
		copy->data = data;
	}
	return copy;
}

static bool
SameUser(const RecalStatement *statement, const RecalId *id)
{
	const RecalId *last = statement->last_id;

	if (statement->last_user == NULL || (id == NULL) != (last == NULL))
		return false;
	return id == NULL || RecalIdCompare(id, last) == 0;
}

/* Makes the user of this row the statement's last user. */
static void
SetUser(RecalStatement *statement, const RecalId *id)
{
	RecalServed *served = statement->served;
	RecalRankMoment *moment;
	RecalUser  *user;

	statement->last_user = NULL;
	statement->last_ranked = NULL;
	if (statement->user_context != NULL)
		MemoryContextReset(statement->user_context);
	else
		statement->user_context = AllocSetContextCreate(statement->context, "recal user",
														ALLOCSET_SMALL_SIZES);
	statement->last_id = NULL;
	statement->last_scores = NULL;

	SPI_connect();
	user = RecalUserLoad(served, statement->relation, &statement->columns,
						 statement->select_list, id, statement->user_context);
	moment = RecalRankMomentGet(statement);
	if (moment != NULL)
		statement->last_ranked = RecalRankUserAt(served, moment, user, id,
												 statement->user_context);
	SPI_finish();

	if (id != NULL)
		statement->last_id = CopyId(id, statement->user_context);

	/* a list ordered by scores would read a block a row: all scores at once */
	if (!RecalServedResident(served))
	{
		float	   *scores = MemoryContextAllocHuge(statement->user_context,
													sizeof(float) * RecalServedCount(served));

		if (statement->last_ranked != NULL)
			RecalRankScores(statement->last_ranked, NULL, RecalServedCount(served), scores);
		else
			RecalServedScores(served, user->vector, scores);
		statement->last_scores = scores;
	}
	statement->last_user = user;
}

static float
RankScore(RecalRankedUser *ranked, int32 position)
{
	float		score;

	RecalRankScores(ranked, &position, 1, &score);
	return score;
}

PG_FUNCTION_INFO_V1(recal_score);
Datum
recal_score(PG_FUNCTION_ARGS)
{
	RecalStatement *statement;
	RecalServed *served;
	RecalId		user;
	RecalId		item;
	bool		known = !PG_ARGISNULL(0);
	int64		position;

	statement = RecalStatementGet(fcinfo, PG_ARGISNULL(2) ? NULL :
								  text_to_cstring(PG_GETARG_TEXT_PP(2)));
	served = statement->served;
	if (PG_ARGISNULL(1))
		PG_RETURN_NULL();
	item = RecalIdFromArgument(PG_GETARG_DATUM(1), get_fn_expr_argtype(fcinfo->flinfo, 1),
							   &statement->columns.item_type, "item_id");
	position = RecalServedFind(served, &item);
	if (position < 0)
		PG_RETURN_NULL();

	if (known)
		user = RecalIdFromArgument(PG_GETARG_DATUM(0), get_fn_expr_argtype(fcinfo->flinfo, 0),
								   &statement->columns.user_type, "user_id");
	if (!SameUser(statement, known ? &user : NULL))
		SetUser(statement, known ? &user : NULL);

	if (statement->last_scores != NULL)
		PG_RETURN_FLOAT4(statement->last_scores[position]);
	if (statement->last_ranked != NULL)
		PG_RETURN_FLOAT4(RankScore(statement->last_ranked, (int32) position));
	PG_RETURN_FLOAT4(recal_dot(served->width, statement->last_user->vector,
							   RecalServedFactor(served, position)));
}
