/*
 * support.c
 *		Planner support of the recommending functions.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "fmgr.h"
#include "nodes/primnodes.h"
#include "nodes/supportnodes.h"
#include "optimizer/cost.h"
#include "optimizer/optimizer.h"
#include "utils/lsyscache.h"

#include "recal_compat.h"

/*
 * What a call takes, in units of cpu_operator_cost: one indexed read of the
 * user's rows, one small solve, one product with the catalogue. Measured calls
 * take about as long as a sequential scan that the planner gives this cost.
 */
#define RECOMMEND_COST 4000

/* Position of k among a function's arguments. */
static int
PageSizePosition(Oid function)
{
	char	   *name = get_func_name(function);

	return name != NULL && strcmp(name, "recal_recommend_as") == 0 ? 2 : 1;
}

static bool
EstimateRows(SupportRequestRows *request)
{
	List	   *arguments;
	int			position = PageSizePosition(request->funcid);
	Node	   *k;

	if (request->node == NULL || !IsA(request->node, FuncExpr))
		return false;
	arguments = ((FuncExpr *) request->node)->args;
	if (list_length(arguments) <= position)
		return false;
	k = estimate_expression_value(request->root, list_nth(arguments, position));
	if (!IsA(k, Const) || ((Const *) k)->consttype != INT4OID || ((Const *) k)->constisnull)
		return false;
	request->rows = Max(1, DatumGetInt32(((Const *) k)->constvalue));
	return true;
}

PG_FUNCTION_INFO_V1(recal_recommend_support);
Datum
recal_recommend_support(PG_FUNCTION_ARGS)
{
	Node	   *request = (Node *) PG_GETARG_POINTER(0);

	if (IsA(request, SupportRequestRows) && EstimateRows((SupportRequestRows *) request))
		PG_RETURN_POINTER(request);
	if (IsA(request, SupportRequestCost))
	{
		((SupportRequestCost *) request)->startup = 0;
		((SupportRequestCost *) request)->per_tuple = RECOMMEND_COST * cpu_operator_cost;
		PG_RETURN_POINTER(request);
	}
	PG_RETURN_POINTER(NULL);
}
