/*
 * rights.c
 *		Who may do what.
 *
 * Whether a role may read the behaviour rows is the executor's to decide, not
 * ours: only running a query tells for views, columns and policies alike.
 */
#include "postgres.h"

#include "access/xact.h"
#include "executor/spi.h"
#include "lib/ilist.h"
#include "lib/stringinfo.h"
#include "miscadmin.h"
#include "nodes/nodeFuncs.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/inval.h"
#include "utils/memutils.h"
#include "utils/plancache.h"
#include "utils/syscache.h"

#include "recal_compat.h"
#include "recal_rights.h"

#define MAX_CHECK_PLANS 32

/* A kept query that reads no rows of an events relation. */
typedef struct CheckPlan
{
	dlist_node	lru;			/* most recently used first */
	char	   *query;
	SPIPlanPtr	plan;
} CheckPlan;

static dlist_head check_plans = DLIST_STATIC_INIT(check_plans);
static int	ncheck_plans = 0;
static bool check_plans_stale = false;

bool
RecalIsOwner(const RecalModel *model)
{
	if (!OidIsValid(model->owner))
		return superuser();
	return has_privs_of_role(GetUserId(), model->owner);
}

void
RecalCheckOwner(const RecalModel *model)
{
	if (!RecalIsOwner(model))
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("must be owner of model \"%s\"", model->name),
				 errdetail("The model belongs to role \"%s\".", model->owner_name)));
}

RecalModel *
RecalLockOwnModel(const char *name)
{
	RecalModel *model = RecalModelGetLatest(name);

	/* rights first: who may not change it shall not hold up who may */
	RecalCheckOwner(model);
	RecalModelLock(name, false);
	model = RecalModelGetLatest(name);
	RecalCheckOwner(model);
	return model;
}

/* The plan cache does not replan when roles change, so policies could be stale. */
static void
ForgetCheckPlans(Datum arg, int cacheid, uint32 hashvalue)
{
	check_plans_stale = true;
}

static void
FreeCheckPlan(CheckPlan *check)
{
	dlist_delete(&check->lru);
	ncheck_plans--;
	SPI_freeplan(check->plan);
	pfree(check->query);
	pfree(check);
}

static void
FreeCheckPlans(void)
{
	check_plans_stale = false;
	while (!dlist_is_empty(&check_plans))
		FreeCheckPlan(dlist_head_element(CheckPlan, lru, &check_plans));
}

/* The kept plan of a query, prepared at need. */
static SPIPlanPtr
GetCheckPlan(const char *query)
{
	static bool callback_registered = false;
	dlist_iter	iter;
	CheckPlan  *check;
	SPIPlanPtr	plan;

	if (!callback_registered)
	{
		CacheRegisterSyscacheCallback(AUTHOID, ForgetCheckPlans, (Datum) 0);
		CacheRegisterSyscacheCallback(AUTHMEMROLEMEM, ForgetCheckPlans, (Datum) 0);
		callback_registered = true;
	}
	if (check_plans_stale)
		FreeCheckPlans();

	dlist_foreach(iter, &check_plans)
	{
		check = dlist_container(CheckPlan, lru, iter.cur);
		if (strcmp(check->query, query) == 0)
		{
			dlist_move_head(&check_plans, &check->lru);
			return check->plan;
		}
	}

	plan = SPI_prepare(query, 0, NULL);
	if (plan == NULL)
		elog(ERROR, "SPI_prepare failed: %s", SPI_result_code_string(SPI_result));
	if (ncheck_plans >= MAX_CHECK_PLANS)
		FreeCheckPlan(dlist_tail_element(CheckPlan, lru, &check_plans));
	check = MemoryContextAlloc(TopMemoryContext, sizeof(CheckPlan));
	check->query = MemoryContextStrdup(TopMemoryContext, query);
	SPI_keepplan(plan);
	check->plan = plan;
	dlist_push_head(&check_plans, &check->lru);
	ncheck_plans++;
	return plan;
}

static void
AppendColumn(StringInfo query, const char *model, Oid relation, const char *column)
{
	Oid			type;
	int32		typmod;
	Oid			collation;

	if (column == NULL)
		return;
	/* for the error that names the model */
	(void) RecalResolveColumn(model, relation, column, &type, &typmod, &collation);
	appendStringInfo(query, "%s%s", query->len > 0 ? ", " : "", quote_identifier(column));
}

bool
RecalCheckQuery(const char *model, const char *query)
{
	SPIPlanPtr	plan = GetCheckPlan(query);
	int			result = SPI_execute_plan(plan, NULL, NULL, true, 0);

	if (result != SPI_OK_SELECT)
		elog(ERROR, "checking a relation of model \"%s\" failed: %s",
			 model, SPI_result_code_string(result));
	SPI_freetuptable(SPI_tuptable);

	/* right after execution, which has rewritten the query for the current role */
	return RecalPlanHasRowSecurity(plan);
}

void
RecalCheckReadable(const char *model, const RecalDefinition *definition, bool *row_security)
{
	Oid			relation = RecalResolveRelation(model, "events", definition->events_schema,
												definition->events_name);
	StringInfoData columns;

	initStringInfo(&columns);
	AppendColumn(&columns, model, relation, definition->user_column);
	AppendColumn(&columns, model, relation, definition->item_column);
	AppendColumn(&columns, model, relation, definition->event_column);
	AppendColumn(&columns, model, relation, definition->value_column);
	AppendColumn(&columns, model, relation, definition->time_column);

	*row_security = RecalCheckQuery(model,
									psprintf("SELECT %s FROM %s LIMIT 0", columns.data,
											 RecalQualifiedName(definition->events_schema,
																definition->events_name)));
}

/* A policy that lets everything pass restricts nobody. */
static bool
IsConstantTrue(Node *qual)
{
	return IsA(qual, Const) && !((Const *) qual)->constisnull &&
		DatumGetBool(((Const *) qual)->constvalue);
}

/*
 * Finds relations with row-level security in a rewritten query, in subqueries,
 * CTEs and views too. Rewriting puts nothing but policies into securityQuals
 * of a relation that is read.
 */
static bool
HasRowSecurityWalker(Node *node, void *context)
{
	if (node == NULL)
		return false;
	if (IsA(node, RangeTblEntry))
	{
		ListCell   *cell;

		foreach(cell, ((RangeTblEntry *) node)->securityQuals)
			if (!IsConstantTrue(lfirst(cell)))
				return true;
		return false;			/* the walker goes on into the entry by itself */
	}
	if (IsA(node, Query))
		return query_tree_walker((Query *) node, HasRowSecurityWalker, context,
								 QTW_EXAMINE_RTES_BEFORE);
	return expression_tree_walker(node, HasRowSecurityWalker, context);
}

bool
RecalPlanHasRowSecurity(SPIPlanPtr plan)
{
	ListCell   *source_cell;

	foreach(source_cell, SPI_plan_get_plan_sources(plan))
	{
		CachedPlanSource *source = lfirst(source_cell);
		ListCell   *query_cell;

		foreach(query_cell, source->query_list)
			if (HasRowSecurityWalker(lfirst(query_cell), NULL))
				return true;
	}
	return false;
}

void
RecalErrorRowSecurity(const char *model, const char *function)
{
	ereport(ERROR,
			(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
			 errmsg("%s would show rows that row-level security hides from role \"%s\"",
					function, GetUserNameFromId(GetUserId(), false)),
			 errdetail("Row-level security applies to the current user on the events of model \"%s\".",
					   model),
			 errhint("Define a model over a view of the rows that this role may see, or call the function as a role that bypasses row-level security.")));
}

void
RecalBecomeOwner(const RecalModel *model, RecalOwnerSwitch *saved)
{
	if (!OidIsValid(model->owner))
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_OBJECT),
				 errmsg("role \"%s\", the owner of model \"%s\", does not exist",
						model->owner_name, model->name),
				 errhint("A superuser can give the model another owner in the tables recal_model and recal_version.")));
	GetUserIdAndSecContext(&saved->user, &saved->context);
	SetUserIdAndSecContext(model->owner,
						   saved->context | SECURITY_RESTRICTED_OPERATION |
						   SECURITY_LOCAL_USERID_CHANGE);
	saved->guc_level = NewGUCNestLevel();
	RecalRestrictSearchPath();
}

void
RecalBecomeSelf(const RecalOwnerSwitch *saved)
{
	AtEOXact_GUC(false, saved->guc_level);
	SetUserIdAndSecContext(saved->user, saved->context);
}
