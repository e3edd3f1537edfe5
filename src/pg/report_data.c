/*
 * report_data.c
 *		What a report shows: versions, rows an item and a user, items in a plane.
 */
#include "postgres.h"

#include <math.h>

#include "access/htup_details.h"
#include "catalog/pg_attribute.h"
#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "lib/stringinfo.h"
#include "miscadmin.h"
#include "utils/acl.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/syscache.h"

#include "recal_attempt.h"
#include "recal_compat.h"
#include "recal_pca.h"
#include "recal_report.h"
#include "recal_train.h"
#include "recal_rights.h"
#include "recal_weights.h"

#define FETCH_ROWS		10000

/* the simulation of questions: small, for the page is to be there in seconds */
#define QUESTION_ROUNDS	5
#define QUESTION_BATCH	2
#define QUESTION_USERS	100
#define QUESTION_WORK	4e10	/* multiply-adds, about */
#define QUESTION_ROWS	1000000 /* more are not even read for it */
#define QUESTION_SEED	42

const char *const recal_report_phases[RECAL_REPORT_PHASES] = {
	"read", "index", "sample", "tune", "factorize", "network", "ranker", "posterior", "compare",
	"store"
};

/* columns of the items relation that say what an item is called, the best first */
static const char *const title_names[] = {
	"title", "name", "label", "product_name", "item_name", "display_name", "caption"
};

/*
 * Versions.
 */

/* Counts that a ranker has to beat, and what they are called on the page */
static const char *const count_keys[][2] = {
	{"recent_popularity_ndcg_10", "recent popularity"},
	{"transition_ndcg_10", "transitions"},
	{"co_occurrence_ndcg_10", "co-occurrence"}
};

/* What a ranker was judged beside, if one was; after the network's numbers */
static void
FillRanker(const RecalTrained *trained, RecalReportVersion *version)
{
	double		network = RecalJsonNumber(trained->metrics, "ranker_network_ndcg_10");
	double		judges = RecalJsonNumber(trained->facts, "ranker_users");

	version->ranker_kept = RecalJsonTrue(trained->facts, "ranker");
	version->ranker = RecalJsonNumber(trained->metrics, "ranker_ndcg_10");
	version->count = NAN;
	version->count_name = NULL;
	if (isnan(version->ranker))
		return;
	version->factorization = RecalJsonNumber(trained->metrics, "ranker_factorization_ndcg_10");
	/* one that was not kept was judged by the same rows, unless some have no time */
	if (!isnan(network) || RecalJsonNumber(trained->facts, "network_users") != judges)
		version->network = network;
	for (int i = 0; i < (int) lengthof(count_keys); i++)
	{
		double		count = RecalJsonNumber(trained->metrics, count_keys[i][0]);

		if (isnan(count) || (version->count_name != NULL && count <= version->count))
			continue;
		version->count = count;
		version->count_name = count_keys[i][1];
	}
}

static void
FillVersion(const RecalTrained *trained, bool ratings, RecalReportVersion *version)
{
	version->version = trained->version;
	version->nloss = trained->nloss;
	version->loss = trained->loss;
	version->quality = RecalJsonNumber(trained->metrics, ratings ? "auto_rmse" : "auto_ndcg_10");
	version->baseline = RecalJsonNumber(trained->metrics, ratings ? "baseline_rmse" :
										"baseline_ndcg_10");
	version->network = RecalJsonNumber(trained->metrics, "network_ndcg_10");
	version->factorization = RecalJsonNumber(trained->metrics, "factorization_ndcg_10");
	version->network_tried = !isnan(version->network) && !isnan(version->factorization);
	version->network_kept = !isnan(RecalJsonNumber(trained->facts, "network_blend"));
	FillRanker(trained, version);
	for (int p = 0; p < RECAL_REPORT_PHASES; p++)
		version->seconds[p] = RecalJsonNumber(trained->timings, recal_report_phases[p]);
	version->total_seconds = RecalJsonNumber(trained->timings, "total");
	version->rows = RecalJsonNumber(trained->facts, "rows_read");
	version->users = RecalJsonNumber(trained->facts, "users");
	version->items = RecalJsonNumber(trained->facts, "items");
	version->pairs = RecalJsonNumber(trained->facts, "pairs");
	version->bytes = trained->bytes;
	version->finished_at = trained->finished_at;
}

/* What the current version's factorization used */
static void
ReadHyperparameters(Jsonb *facts, RecalReport *report)
{
	RecalFactorization *used = &report->used;

	used->regularization_used = RecalJsonNumber(facts, "regularization");
	used->unobserved_weight_used = RecalJsonNumber(facts, "unobserved_weight");
	used->history_decay_used = RecalJsonNumber(facts, "history_decay");
	used->bias_regularization_used = RecalJsonNumber(facts, "bias_regularization");
}

/* The newest versions, and the current one wherever it stands. */
static void
ReadVersions(const RecalServed *served, RecalReport *report)
{
	RecalModel *model = RecalModelGet(served->model, false);
	List	   *trained = RecalVersionsTrained(model);
	int			n = list_length(trained);

	report->owner = model->owner_name;
	report->versions = recal_palloc0_array(RecalReportVersion, Max(n, 1));
	for (int i = 0; i < n; i++)
	{
		RecalTrained *one = list_nth(trained, i);
		RecalReportVersion *version = &report->versions[report->nversions];

		if (i < n - RECAL_REPORT_VERSIONS && one->version != served->version)
			continue;
		FillVersion(one, served->ratings, version);
		report->nversions++;
		if (one->version != served->version)
			continue;
		version->current = true;
		report->current = version;
		ReadHyperparameters(one->facts, report);
	}
	if (report->current == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("version %d of model \"%s\" has just been removed",
						served->version, served->model)));
}

/*
 * Rows an item and a user.
 */
typedef struct RowCounts
{
	int64	   *rows;
	int64		n;
	int64		capacity;
} RowCounts;

static void
AddCount(RowCounts *counts, int64 rows)
{
	if (counts->n == counts->capacity)
	{
		counts->capacity *= 2;
		counts->rows = repalloc_huge(counts->rows, mul_size(sizeof(int64), counts->capacity));
	}
	counts->rows[counts->n++] = rows;
}

static int
CompareDescending(const void *a, const void *b)
{
	int64		x = *(const int64 *) a;
	int64		y = *(const int64 *) b;

	return (x < y) - (x > y);
}

/* Both counts in one pass over the events; types of events that count nothing are left out. */
static char *
CountQuery(const RecalDefinition *definition)
{
	const char *user = quote_identifier(definition->user_column);
	const char *item = quote_identifier(definition->item_column);
	StringInfoData query;

	initStringInfo(&query);
	appendStringInfo(&query,
					 "SELECT %s, pg_catalog.count(*), GROUPING(%s) FROM %s "
					 "WHERE %s IS NOT NULL AND %s IS NOT NULL",
					 item, user,
					 RecalQualifiedName(definition->events_schema, definition->events_name),
					 user, item);
	if (definition->nevent_weights >= 0)
		appendStringInfo(&query, " AND %s::pg_catalog.text OPERATOR(pg_catalog.=) ANY ($1)",
						 quote_identifier(definition->event_column));
	appendStringInfo(&query, " GROUP BY GROUPING SETS ((%s), (%s))", user, item);
	return query.data;
}

static Datum
EventTypes(const RecalDefinition *definition)
{
	int			n = Max(definition->nevent_weights, 0);
	Datum	   *elements = recal_palloc_array(Datum, Max(n, 1));

	for (int i = 0; i < n; i++)
		elements[i] = CStringGetTextDatum(definition->event_types[i]);
	return PointerGetDatum(construct_array(elements, n, TEXTOID, -1, false, TYPALIGN_INT));
}

/* item_rows [served->nitems]: of the items that the model knows */
static void
TakeCounts(RecalStatement *statement, RowCounts *users, RowCounts *items, int64 *item_rows)
{
	TupleDesc	desc = SPI_tuptable->tupdesc;

	for (uint64 r = 0; r < SPI_processed; r++)
	{
		HeapTuple	row = SPI_tuptable->vals[r];
		bool		isnull;
		int64		count = DatumGetInt64(SPI_getbinval(row, desc, 2, &isnull));

		if (DatumGetInt32(SPI_getbinval(row, desc, 3, &isnull)) == 0)
			AddCount(users, count);
		else
		{
			Datum		value = SPI_getbinval(row, desc, 1, &isnull);
			RecalId		id;
			int64		position;

			AddCount(items, count);
			if (isnull)
				continue;
			id = RecalIdFromDatum(value, &statement->columns.item_type);
			position = RecalIdTableFind(&statement->served->items, &id);
			if (position >= 0)
				item_rows[position] += count;
		}
	}
}

static void
CountRows(RecalStatement *statement, RecalReport *report, int64 *item_rows)
{
	const RecalDefinition *definition = statement->definition;
	Oid			type = TEXTARRAYOID;
	Datum		types = EventTypes(definition);
	RowCounts	users = {recal_palloc_array(int64, 1024), 0, 1024};
	RowCounts	items = {recal_palloc_array(int64, 1024), 0, 1024};
	MemoryContext batch = AllocSetContextCreate(CurrentMemoryContext, "recal report rows",
												ALLOCSET_DEFAULT_SIZES);
	Portal		portal = SPI_cursor_open_with_args(NULL, CountQuery(definition),
												   definition->nevent_weights >= 0 ? 1 : 0,
												   &type, &types, NULL, true, 0);

	for (;;)
	{
		MemoryContext old;
		uint64		n;

		CHECK_FOR_INTERRUPTS();
		SPI_cursor_fetch(portal, true, FETCH_ROWS);
		n = SPI_processed;
		/* what is detoasted goes with the batch; the arrays know their own context */
		old = MemoryContextSwitchTo(batch);
		TakeCounts(statement, &users, &items, item_rows);
		MemoryContextSwitchTo(old);
		MemoryContextReset(batch);
		SPI_freetuptable(SPI_tuptable);
		if (n == 0)
			break;
	}
	SPI_cursor_close(portal);
	MemoryContextDelete(batch);

	qsort(users.rows, users.n, sizeof(int64), CompareDescending);
	qsort(items.rows, items.n, sizeof(int64), CompareDescending);
	report->nusers = users.n;
	report->user_rows = users.rows;
	report->nitems = items.n;
	report->item_rows = items.rows;
	for (int64 u = 0; u < users.n; u++)
		report->nrows += users.rows[u];
}

/*
 * The map.
 */

/* Whether the caller may read a column; the executor has the last word. */
static bool
MayRead(Oid relation, AttrNumber attnum)
{
	return pg_class_aclcheck(relation, GetUserId(), ACL_SELECT) == ACLCHECK_OK ||
		pg_attribute_aclcheck(relation, attnum, GetUserId(), ACL_SELECT) == ACLCHECK_OK;
}

/* The column that titles items, or NULL */
static const char *
TitleColumn(const RecalServed *served)
{
	const RecalDefinition *definition = served->definition;
	Oid			relation;

	if (definition->items_name == NULL)
		return NULL;
	relation = RecalResolveRelation(served->model, "items", definition->items_schema,
									definition->items_name);
	for (int i = 0; i < (int) lengthof(title_names); i++)
	{
		AttrNumber	attnum = get_attnum(relation, title_names[i]);
		Oid			type;

		if (attnum <= 0 || strcmp(title_names[i], definition->item_id_column) == 0)
			continue;
		type = getBaseType(get_atttype(relation, attnum));
		if ((type == TEXTOID || type == VARCHAROID || type == BPCHAROID) &&
			MayRead(relation, attnum))
			return title_names[i];
	}
	return NULL;
}

/* The most popular items that may be shown, most popular first */
static void
ChooseItems(RecalServed *served, const int64 *item_rows, RecalReport *report)
{
	int			k = (int) Min((int64) RECAL_REPORT_POINTS, served->nitems);
	RecalScored *best = recal_palloc_array(RecalScored, Max(k, 1));
	float	   *scores = palloc_extended(sizeof(float) * Max(served->nitems, 1), MCXT_ALLOC_HUGE);
	int32	   *positions = recal_palloc_array(int32, Max(k, 1));
	bool	   *shown = recal_palloc0_array(bool, Max(k, 1));
	char	  **titles = recal_palloc0_array(char *, Max(k, 1));
	const char *column = TitleColumn(served);
	int			n = 0;

	for (int64 i = 0; i < served->nitems; i++)
		scores[i] = item_rows[i] > 0 ? (float) item_rows[i] : -INFINITY;
	recal_topk_push_block(best, &n, k, scores, served->nitems, 0);
	recal_topk_sort(best, n);
	pfree(scores);

	for (int i = 0; i < n; i++)
		positions[i] = best[i].index;
	if (column != NULL)
		RecalItemsTitles(served, positions, n, column, shown, titles);
	else
		RecalItemsGate(served, positions, n, shown);

	report->mapped = recal_palloc0_array(RecalReportItem, Max(n, 1));
	for (int i = 0; i < n; i++)
	{
		RecalReportItem *item = &report->mapped[report->nmapped];
		RecalId		id = RecalIdTableGet(&served->items, positions[i]);

		if (!shown[i])
			continue;
		item->position = positions[i];
		item->rows = item_rows[positions[i]];
		item->has_title = titles[i] != NULL && titles[i][0] != '\0';
		item->title = item->has_title ? titles[i] : RecalIdToCString(&id);
		report->nmapped++;
	}
}

/*
 * Turns factors [n × d] into directions, which is what similar items are found
 * by; lengths would show popularity once more, and biases are none.
 */
static void
ToDirections(int n, int d, int biases, float *factors)
{
	for (int i = 0; i < n; i++)
	{
		float	   *row = factors + (int64) i * d;
		double		square = 0;

		memset(row, 0, sizeof(float) * biases);
		for (int k = 0; k < d; k++)
			square += (double) row[k] * row[k];
		for (int k = 0; k < d && square > 0; k++)
			row[k] = (float) (row[k] / sqrt(square));
	}
}

static int
CompareItems(const void *a, const void *b)
{
	return RecalComparePositions(&(*(RecalReportItem *const *) a)->position,
								 &(*(RecalReportItem *const *) b)->position);
}

static void
PlaceItems(RecalServed *served, RecalReport *report)
{
	int			n = report->nmapped;
	int			d = served->factors;
	int32	   *positions = recal_palloc_array(int32, Max(n, 1));
	RecalReportItem **items = recal_palloc_array(RecalReportItem *, Max(n, 1));
	float	   *factors = RecalAllocAligned(CurrentMemoryContext,
											sizeof(float) * Max(n, 1) * d);
	float	   *coordinates = recal_palloc0_array(float, Max(n, 1) * 2);
	double	   *work = palloc_extended(sizeof(double) * recal_pca_work_size(d), MCXT_ALLOC_HUGE);

	for (int i = 0; i < n; i++)
		items[i] = &report->mapped[i];
	qsort(items, n, sizeof(RecalReportItem *), CompareItems);
	for (int i = 0; i < n; i++)
		positions[i] = items[i]->position;
	RecalServedGather(served, positions, n, factors);
	ToDirections(n, d, served->ratings ? RECAL_BIAS_COLUMNS : 0, factors);
	CHECK_FOR_INTERRUPTS();
	if (recal_pca(n, d, factors, 2, coordinates, report->map_share, work) != 0)
		ereport(ERROR,
				(errcode(ERRCODE_INTERNAL_ERROR),
				 errmsg("the principal components of the items of model \"%s\" could not be computed",
						served->model)));
	for (int i = 0; i < n; i++)
	{
		items[i]->x = coordinates[i * 2];
		items[i]->y = coordinates[i * 2 + 1];
	}
	pfree(work);
	pfree(factors);
}

/*
 * Questions.
 */
typedef struct QuestionWork
{
	const RecalServed *served;
	RecalModel *model;
	RecalSimulation *simulation;
} QuestionWork;

static void
AttemptSimulation(void *arg)
{
	QuestionWork *work = arg;

	RecalSimulate(work->model, work->served->definition, work->simulation);
}

/* What the first one is, the reference says. */
static void
ChooseStrategies(RecalReport *report, bool ratings)
{
	report->strategies[0] = ratings ? RECAL_STRATEGY_VARIANCE_REDUCTION :
		RECAL_STRATEGY_UNCERTAINTY;
	report->strategies[1] = ratings ? RECAL_STRATEGY_UNCERTAINTY :
		RECAL_STRATEGY_VARIANCE_REDUCTION;
	report->strategies[2] = RECAL_STRATEGY_POPULARITY;
	report->strategies[3] = RECAL_STRATEGY_RANDOM;
}

/*
 * Learning curves, in the present hyper-parameters. Where they cannot be had
 * because of the rows, learning.points is NULL and no_learning may say why.
 */
static void
SimulateQuestions(const RecalServed *served, RecalReport *report)
{
	MemoryContext caller = CurrentMemoryContext;
	MemoryContext context = AllocSetContextCreate(caller, "recal report questions",
												  ALLOCSET_DEFAULT_SIZES);
	RecalSimulation *simulation = &report->learning;
	QuestionWork work = {served, NULL, simulation};
	Size		size = sizeof(RecalLearningPoint) * RECAL_REPORT_STRATEGIES * (QUESTION_ROUNDS + 1);
	RecalLearningPoint *points = palloc(size);
	ErrorData  *error;

	ChooseStrategies(report, served->ratings);
	*simulation = (RecalSimulation)
	{
		.strategies = report->strategies,
		.nstrategies = RECAL_REPORT_STRATEGIES,
		.rounds = QUESTION_ROUNDS,
		.batch = QUESTION_BATCH,
		.seed = QUESTION_SEED,
		.splits = 1,
		.max_users = QUESTION_USERS,
		.most_work = QUESTION_WORK,
		.as = isnan(report->used.regularization_used) ? NULL : &report->used,
		.too_much = report->nrows > QUESTION_ROWS
	};
	if (simulation->too_much)
		return;

	MemoryContextSwitchTo(context);
	work.model = RecalModelGet(served->model, false);
	error = RecalAttempt(AttemptSimulation, &work);
	MemoryContextSwitchTo(caller);
	if (error != NULL)
	{
		/* too few users, or rows of which nothing can be learnt */
		if (error->sqlerrcode != ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE)
			ReThrowError(error);
		report->no_learning = pstrdup(error->detail != NULL ? error->detail : error->message);
		simulation->points = NULL;
	}
	else if (simulation->points != NULL)
		simulation->points = memcpy(points, simulation->points, size);
	if (simulation->too_much)
		simulation->points = NULL;
	MemoryContextDelete(context);
}

RecalReport *
RecalReportRead(RecalStatement *statement)
{
	RecalServed *served = statement->served;
	RecalReport *report = palloc0(sizeof(RecalReport));
	int64	   *item_rows;

	if (statement->row_security)
		RecalErrorRowSecurity(served->model, "recal_report");
	report->model = served->model;
	report->definition = served->definition;
	ReadVersions(served, report);
	item_rows = palloc_extended(sizeof(int64) * Max(served->nitems, 1),
								MCXT_ALLOC_HUGE | MCXT_ALLOC_ZERO);
	CountRows(statement, report, item_rows);
	ChooseItems(served, item_rows, report);
	PlaceItems(served, report);
	pfree(item_rows);
	SimulateQuestions(served, report);
	return report;
}
