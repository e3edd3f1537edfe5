/*
 * histories.c
 *		The rows of many users, read by one query.
 *
 * Unlike training this keeps rows as they are, and merges them a user at a
 * time by the code that serves a single user, so that both see the same user.
 * Rows of a user are linked: they arrive in any order, and each is needed once.
 */
#include "postgres.h"

#include "executor/spi.h"
#include "lib/stringinfo.h"
#include "nodes/params.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"

#include "recal_batch.h"
#include "recal_compat.h"
#include "recal_rights.h"

#define FIRST_ROWS 16384
#define FIRST_USERS 4096

typedef struct HistoryReceiver
{
	const RecalStatement *statement;
	RecalHistories *histories;
	RecalIdBuilder *users;
	int64		capacity;		/* of rows */
	int64		user_capacity;	/* of histories->last */
	bool		has_previous_user;	/* rows of a user often come together */
	int64		previous_user;
	int32		previous_code;
	Size		max_bytes;
} HistoryReceiver;

static void
CheckBudget(const HistoryReceiver *receiver, int64 rows)
{
	Size		each = sizeof(RecalUserRow) + sizeof(uint32);

	RecalCheckReadBudget(receiver->histories->served->model, receiver->histories->n,
						 add_size(mul_size(each, rows),
								  add_size(RecalIdBuilderBytes(receiver->users),
										   mul_size(sizeof(uint32), receiver->user_capacity))),
						 receiver->max_bytes);
}

static void
GrowRows(HistoryReceiver *receiver)
{
	RecalHistories *histories = receiver->histories;
	int64		capacity = Min(receiver->capacity + receiver->capacity / 2, (int64) RECAL_NO_ROW);

	if (histories->n >= (int64) RECAL_NO_ROW)
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("too many rows for one batch of model \"%s\"", histories->served->model),
				 errhint("Give a part of the users to recal_recommend_all_for.")));
	CheckBudget(receiver, capacity);
	histories->rows = repalloc_huge(histories->rows, mul_size(sizeof(RecalUserRow), capacity));
	histories->previous = repalloc_huge(histories->previous, mul_size(sizeof(uint32), capacity));
	receiver->capacity = capacity;
}

/* The user's code; one seen for the first time has no row yet. */
static int32
AddUser(HistoryReceiver *receiver, const RecalId *id)
{
	RecalHistories *histories = receiver->histories;
	int64		before = RecalIdBuilderCount(receiver->users);
	int32		code;

	if (receiver->has_previous_user && receiver->previous_user == id->integer)
		return receiver->previous_code;
	code = RecalIdBuilderAdd(receiver->users, id);
	if (code == before)
	{
		if (code == receiver->user_capacity)
		{
			receiver->user_capacity *= 2;
			CheckBudget(receiver, receiver->capacity);
			histories->last = repalloc_huge(histories->last,
											mul_size(sizeof(uint32), receiver->user_capacity));
		}
		histories->last[code] = RECAL_NO_ROW;
	}
	receiver->has_previous_user = id->kind == RECAL_ID_INT;
	receiver->previous_user = id->integer;
	receiver->previous_code = code;
	return code;
}

static void
ReceiveRow(void *arg, const Datum *values, const bool *isnull)
{
	HistoryReceiver *receiver = arg;
	const RecalEventColumns *columns = &receiver->statement->columns;
	RecalHistories *histories = receiver->histories;
	RecalId		id;
	int32		code;

	if (isnull[columns->user - 1])
		return;
	id = RecalIdFromDatum(values[columns->user - 1], &columns->user_type);
	code = AddUser(receiver, &id);
	if (histories->n == receiver->capacity)
		GrowRows(receiver);
	RecalUserRowRead(histories->served, columns, values, isnull, &histories->rows[histories->n]);
	histories->previous[histories->n] = histories->last[code];
	histories->last[code] = (uint32) histories->n++;
}

/* The ids as an array of the user column's base type; others have no rows. */
static ParamListInfo
UserParameter(const RecalIdType *column, const RecalId *ids, int nids)
{
	ParamListInfo list = makeParamList(1);
	Datum	   *elements = recal_palloc_array(Datum, Max(nids, 1));
	int			count = 0;
	int16		typlen;
	bool		typbyval;
	char		typalign;

	for (int i = 0; i < nids; i++)
		if (RecalIdToColumn(&ids[i], column, &elements[count]))
			count++;
	get_typlenbyvalalign(column->base, &typlen, &typbyval, &typalign);
	list->params[0].value = PointerGetDatum(construct_array(elements, count, column->base,
															typlen, typbyval, typalign));
	list->params[0].isnull = false;
	list->params[0].pflags = PARAM_FLAG_CONST;
	list->params[0].ptype = get_array_type(column->base);
	return list;
}

static void
RunQuery(HistoryReceiver *receiver, const char *function, const RecalId *ids, int nids)
{
	const RecalStatement *statement = receiver->statement;
	const RecalServed *served = statement->served;
	const RecalDefinition *definition = served->definition;
	ParamListInfo params = NULL;
	StringInfoData query;
	SPIPlanPtr	plan;

	initStringInfo(&query);
	appendStringInfo(&query, "SELECT %s FROM %s", statement->select_list,
					 RecalQualifiedName(definition->events_schema, definition->events_name));
	if (ids != NULL)
	{
		appendStringInfo(&query, " WHERE %s OPERATOR(pg_catalog.=) ANY ($1)",
						 quote_identifier(definition->user_column));
		params = UserParameter(&statement->columns.user_type, ids, nids);
	}

	plan = SPI_prepare_cursor(query.data, ids != NULL ? 1 : 0,
							  ids != NULL ? &params->params[0].ptype : NULL,
							  CURSOR_OPT_PARALLEL_OK);
	if (plan == NULL)
		elog(ERROR, "preparing to read events failed: %s", SPI_result_code_string(SPI_result));

	/* who names the users learns of nobody else */
	if (ids == NULL && RecalPlanHasRowSecurity(plan))
		RecalErrorRowSecurity(served->model, function);
	RecalEventsVisit(served->model, &statement->columns, plan, params, ReceiveRow, receiver);
}

/* Where each user of the sorted table has its rows. */
static void
FinishUsers(HistoryReceiver *receiver)
{
	RecalHistories *histories = receiver->histories;
	int32	   *rank;

	RecalIdBuilderFinish(receiver->users, &histories->users, &rank);
	histories->code = MemoryContextAllocHuge(CurrentMemoryContext,
											 sizeof(int32) * Max(histories->users.n, 1));
	for (int64 code = 0; code < histories->users.n; code++)
		histories->code[rank[code]] = (int32) code;
	pfree(rank);
}

/* Encodes the features of one of the users. */
static void
ReceivePrior(const RecalFeatureSource *source, TupleTableSlot *slot, void *arg)
{
	RecalHistories *histories = arg;
	const RecalServed *served = histories->served;
	const RecalEncoder *encoder = served->encoders[RECAL_SIDE_USERS];
	int			d = served->factors;
	bool		isnull;
	Datum		value = slot_getattr(slot, 1, &isnull);
	RecalFeatureRow *row;
	float	   *vector;
	RecalId		id;
	int64		user;

	if (isnull)
		return;
	id = RecalIdFromDatum(value, &source->id_type);
	user = RecalIdTableFind(&histories->users, &id);
	if (user < 0)
		return;
	row = palloc(sizeof(RecalFeatureRow));
	vector = palloc(sizeof(float) * d);
	RecalEncodeSlot(encoder, source, slot, row);
	recal_content_row(row->n, row->columns, row->values, encoder->weights, d, vector);

	/* of several rows the same one as for a single user */
	if (!histories->has_prior[user] ||
		memcmp(vector, histories->prior + user * d, sizeof(float) * d) < 0)
		memcpy(histories->prior + user * d, vector, sizeof(float) * d);
	histories->has_prior[user] = true;
}

/* What the users relation says about them. */
static void
ReadPriors(RecalHistories *histories, const RecalId *ids, int nids, Size max_bytes)
{
	const RecalServed *served = histories->served;
	const RecalFeatureSource *source = served->sources[RECAL_SIDE_USERS];
	Size		size = mul_size(sizeof(float) * served->factors, Max(histories->users.n, 1));

	if (source == NULL)
		return;
	RecalCheckReadBudget(served->model, histories->n,
						 add_size(size, mul_size(sizeof(RecalUserRow), histories->n)), max_bytes);
	histories->prior = MemoryContextAllocHuge(CurrentMemoryContext, size);
	histories->has_prior = palloc_extended(Max(histories->users.n, 1),
										   MCXT_ALLOC_HUGE | MCXT_ALLOC_ZERO);
	RecalFeaturesScan(source, ids == NULL ? NULL :
					  psprintf("%s OPERATOR(pg_catalog.=) ANY ($1)",
							   quote_identifier(source->id_column)),
					  ids == NULL ? NULL : UserParameter(&source->id_type, ids, nids),
					  ReceivePrior, histories);
}

void
RecalHistoriesRead(RecalStatement *statement, const char *function, const RecalId *ids, int nids,
				   Size max_bytes, RecalHistories *histories)
{
	MemoryContext context = CurrentMemoryContext;
	HistoryReceiver receiver;

	memset(histories, 0, sizeof(RecalHistories));
	histories->served = statement->served;
	histories->row_security = statement->row_security;
	memset(&receiver, 0, sizeof(HistoryReceiver));
	receiver.statement = statement;
	receiver.histories = histories;
	receiver.max_bytes = max_bytes;
	receiver.capacity = FIRST_ROWS;
	receiver.user_capacity = FIRST_USERS;
	receiver.users = RecalIdBuilderBegin(statement->columns.user_type.kind);
	histories->rows = recal_palloc_array(RecalUserRow, FIRST_ROWS);
	histories->previous = recal_palloc_array(uint32, FIRST_ROWS);
	histories->last = recal_palloc_array(uint32, FIRST_USERS);

	for (int i = 0; i < nids; i++)
		(void) AddUser(&receiver, &ids[i]);
	RunQuery(&receiver, function, ids, nids);
	MemoryContextSwitchTo(context); /* SPI leaves its own */
	FinishUsers(&receiver);
	ReadPriors(histories, ids, nids, max_bytes);
}

/* As ORDER BY time DESC NULLS LAST, which serving reads by. */
static int
CompareNewestFirst(const void *a, const void *b)
{
	double		x = ((const RecalUserRow *) a)->time;
	double		y = ((const RecalUserRow *) b)->time;

	return (x < y) - (x > y);
}

RecalUser *
RecalHistoriesUser(const RecalHistories *histories, int64 user, MemoryContext context)
{
	const RecalServed *served = histories->served;
	uint32		last = histories->last[histories->code[user]];
	RecalId		id = RecalIdTableGet(&histories->users, user);
	int64		n = 0;
	int64		nanswers = 0;
	RecalUserRow *answers = NULL;
	RecalUserRow *rows;
	RecalUser  *result;

	for (uint32 row = last; row != RECAL_NO_ROW; row = histories->previous[row])
		n++;
	if (n > 0 || !histories->row_security)
		answers = RecalUserAnswers(served, &id, &nanswers);
	rows = palloc_extended(sizeof(RecalUserRow) * Max(n + nanswers, 1), MCXT_ALLOC_HUGE);
	n = 0;
	for (uint32 row = last; row != RECAL_NO_ROW; row = histories->previous[row])
		rows[n++] = histories->rows[row];

	if (n > served->definition->options.max_history)
	{
		qsort(rows, n, sizeof(RecalUserRow), CompareNewestFirst);
		n = served->definition->options.max_history;
	}
	if (nanswers > 0)
		memcpy(rows + n, answers, sizeof(RecalUserRow) * nanswers);
	result = RecalUserFromRows(served, rows, n + nanswers, context);
	if (histories->prior != NULL && histories->has_prior[user])
		result->prior = histories->prior + user * served->factors;
	pfree(rows);
	return result;
}
