/*
 * explain.c
 *		recal_explain: a score as a sum over what the user did, and what the ranker
 *		makes of it.
 */
#include "postgres.h"

#include <float.h>
#include <math.h>

#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "fmgr.h"
#include "funcapi.h"
#include "utils/builtins.h"

#include "recal_blas.h"
#include "recal_compat.h"
#include "recal_rank_serve.h"
#include "recal_rights.h"
#include "recal_serve.h"
#include "recal_train.h"

typedef struct Reason
{
	int32		item;			/* -1: not an item */
	int32		feature;		/* its column, or 0 */
	const char *kind;			/* and source, of what is neither */
	const char *source;
	float		contribution;
} Reason;

/* The largest first, whatever its sign; of the same size in the order of ids. */
static int
CompareReasons(const void *a, const void *b)
{
	const Reason *x = a;
	const Reason *y = b;
	float		p = fabsf(x->contribution);
	float		q = fabsf(y->contribution);

	if (p != q)
		return p > q ? -1 : 1;
	if (x->item != y->item)
		return x->item < y->item ? -1 : 1;
	if (x->feature == 0 && y->feature == 0 && x->item < 0)
		return strcmp(x->source, y->source);
	return (x->feature > y->feature) - (x->feature < y->feature);
}

static void
AddReason(Reason *reasons, int64 *n, int32 item, int32 feature, float contribution)
{
	Reason	   *reason = &reasons[(*n)++];

	reason->item = item;
	reason->feature = feature;
	reason->kind = reason->source = NULL;
	reason->contribution = contribution;
}

static void
AddBias(Reason *reasons, int64 *n, const char *kind, const char *source, float contribution)
{
	AddReason(reasons, n, -1, 0, contribution);
	reasons[*n - 1].kind = kind;
	reasons[*n - 1].source = source;
}

/* What the scores of the factorization and of the network are multiplied with */
typedef struct Shares
{
	float		factors;
	float		network;
} Shares;

/* A feature's contribution to the ranker's score, divided by what it is measured from 0 */
static float
ShareOf(const RecalRankNet *net, RecalRankFeature feature, float value, float contribution)
{
	float		distance = value - net->means[feature];

	return fabsf(distance) > FLT_MIN ? contribution / distance : 0;
}

/*
 * The ranker's reasons; the scores that are among its features have reasons of
 * their own, whose shares are returned: so theirs here is what they would add if
 * they were 0.
 */
static Shares
CollectRankerReasons(RecalRankedUser *ranked, int32 item, Reason *reasons, int64 *n)
{
	const RecalRankNet *net = ranked->served->ranker->net;
	float		features[RECAL_RANK_NFEATURES];
	float		contributions[RECAL_RANK_NFEATURES];
	Shares		shares;
	float		baseline;

	RecalRankFeatures(ranked, item, features);
	baseline = recal_rank_explain(net, features, contributions);
	shares.factors = ShareOf(net, RECAL_RANK_FACTORS, features[RECAL_RANK_FACTORS],
							 contributions[RECAL_RANK_FACTORS]);
	shares.network = ShareOf(net, RECAL_RANK_NETWORK, features[RECAL_RANK_NETWORK],
							 contributions[RECAL_RANK_NETWORK]);
	baseline -= shares.factors * net->means[RECAL_RANK_FACTORS] +
		shares.network * net->means[RECAL_RANK_NETWORK];
	AddBias(reasons, n, "ranker", "what candidates have on the average", baseline);
	for (int f = 0; f < RECAL_RANK_NFEATURES; f++)
		if (f != RECAL_RANK_FACTORS && f != RECAL_RANK_NETWORK && contributions[f] != 0)
			AddBias(reasons, n, "ranker", RecalRankFeatureName(f), contributions[f]);
	return shares;
}

static void
Scale(float *parts, int64 n, float share)
{
	for (int64 j = 0; j < n; j++)
		parts[j] *= share;
}

/* Adds the network's reasons, times its share; returns that of an empty history. */
static float
AddNetworkReasons(RecalServed *served, const RecalUser *user, const float *y, float share,
				  float *parts, float *features, int nfeatures)
{
	float	   *by_network = palloc_extended(sizeof(float) * Max(user->npairs, 1), MCXT_ALLOC_HUGE);
	float	   *by_features = recal_palloc0_array(float, Max(nfeatures, 1));
	float		empty;

	memset(by_network, 0, sizeof(float) * user->npairs);
	empty = RecalNetworkReasons(served, user, y, by_network, by_features);
	for (int64 j = 0; j < user->npairs; j++)
		parts[j] += share * by_network[j];
	for (int f = 0; f < nfeatures; f++)
		features[f] += share * by_features[f];
	pfree(by_network);
	pfree(by_features);
	return share * empty;
}

/*
 * One reason for each pair of the user, and for each feature where those are the
 * mean that the vector was made from, or are read by the network. Without features
 * that mean is the mean user.
 */
static Reason *
CollectReasons(RecalServed *served, const RecalUser *user, RecalRankedUser *ranked, int32 item,
			   int64 *count)
{
	bool		has_prior = RecalUserFoldInModel(served, user).prior != NULL;
	bool		has_features = has_prior || RecalUserHasProfile(served, user);
	int			nfeatures = has_features ? user->features->n : 0;
	int64		most = Max(user->npairs, nfeatures) + RECAL_RANK_NFEATURES + 5;
	Reason	   *reasons = palloc_extended(sizeof(Reason) * 2 * most, MCXT_ALLOC_HUGE);
	float	   *parts = palloc_extended(sizeof(float) * most, MCXT_ALLOC_HUGE);
	float	   *features = recal_palloc0_array(float, Max(nfeatures, 1));
	float	   *y = RecalAllocAligned(CurrentMemoryContext, sizeof(float) * served->width);
	Shares		shares = {served->network ? served->network_blend : 1, 1};
	float		empty = 0;
	float		mean = 0;
	bool		has_mean = !has_prior && !served->ratings &&
		(served->mean_likes > 0 || !RecalLikesSomething(user->confidence, user->npairs));
	int64		n = 0;

	if (ranked != NULL)
		shares = CollectRankerReasons(ranked, item, reasons, &n);
	RecalServedRows(served, &item, 1, y);
	RecalUserReasons(served, user, y, parts);
	if (has_mean)
		mean = shares.factors * RecalUserMeanReason(served, user, y);
	if (has_prior)
		RecalUserFeatureReasons(served, user, y, features);
	Scale(parts, user->npairs, shares.factors);
	Scale(features, nfeatures, shares.factors);
	if (served->network)
		empty = AddNetworkReasons(served, user, y, shares.network, parts, features, nfeatures);
	for (int64 j = 0; j < user->npairs; j++)
		AddReason(reasons, &n, user->item[j], 0, parts[j]);
	if (served->ratings)
	{
		AddBias(reasons, &n, "bias", "mean rating", shares.factors * served->mean_rating);
		AddBias(reasons, &n, "bias", "user",
				shares.factors * (user->factor[RECAL_USER_BIAS] - served->mean_rating));
		AddBias(reasons, &n, "bias", "item", shares.factors * y[RECAL_ITEM_BIAS]);
	}
	for (int f = 0; f < nfeatures; f++)
		if (user->features->columns[f] > 0)
			AddReason(reasons, &n, -1, user->features->columns[f], features[f]);
		else
			mean += features[f];	/* the intercept */
	if (has_features || has_mean)
		AddBias(reasons, &n, "prior", "mean user", mean);
	if (served->network)
	{
		AddBias(reasons, &n, "prior", "empty history", empty);
		AddBias(reasons, &n, "bias", "item", shares.network * y[served->width - 1]);
	}
	qsort(reasons, n, sizeof(Reason), CompareReasons);
	pfree(parts);
	pfree(features);
	pfree(y);
	*count = n;
	return reasons;
}

static void
ReturnReasons(ReturnSetInfo *rsinfo, const RecalServed *served, const Reason *reasons, int64 n)
{
	double		total = 0;

	for (int64 i = 0; i < n; i++)
		total += fabs(reasons[i].contribution);

	for (int64 i = 0; i < n; i++)
	{
		Datum		values[4];
		bool		nulls[4] = {false};

		CHECK_FOR_INTERRUPTS();
		if (reasons[i].item < 0 && reasons[i].feature > 0)
		{
			values[0] = CStringGetTextDatum("feature");
			values[1] = CStringGetTextDatum(RecalFeatureName(served->encoders[RECAL_SIDE_USERS],
															 served->sources[RECAL_SIDE_USERS],
															 reasons[i].feature));
		}
		else if (reasons[i].item < 0)
		{
			values[0] = CStringGetTextDatum(reasons[i].kind);
			values[1] = CStringGetTextDatum(reasons[i].source);
		}
		else
		{
			RecalId		id = RecalServedId(served, reasons[i].item);

			values[0] = CStringGetTextDatum("item");
			values[1] = RecalIdToDatum(&id, TEXTOID, "source");
		}
		values[2] = Float4GetDatum(reasons[i].contribution);
		values[3] = Float4GetDatum(total > 0 ? (float) (reasons[i].contribution / total) : 0);
		nulls[3] = !(total > 0);
		tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, values, nulls);
	}
}

PG_FUNCTION_INFO_V1(recal_explain);
Datum
recal_explain(PG_FUNCTION_ARGS)
{
	MemoryContext context = CurrentMemoryContext;
	RecalStatement *statement;
	RecalServed *served;
	RecalUser  *user;
	RecalRankMoment *moment;
	RecalRankedUser *ranked = NULL;
	RecalId		user_id;
	RecalId		item_id;
	bool		known = !PG_ARGISNULL(0);
	Reason	   *reasons;
	int64		position;
	int64		n;

	statement = RecalStatementGet(fcinfo, PG_ARGISNULL(2) ? NULL :
								  text_to_cstring(PG_GETARG_TEXT_PP(2)));
	served = statement->served;
	InitMaterializedSRF(fcinfo, 0);
	if (known)
		user_id = RecalIdFromArgument(PG_GETARG_DATUM(0), get_fn_expr_argtype(fcinfo->flinfo, 0),
									  &statement->columns.user_type, "user_id");
	if (PG_ARGISNULL(1))
		return (Datum) 0;
	item_id = RecalIdFromArgument(PG_GETARG_DATUM(1), get_fn_expr_argtype(fcinfo->flinfo, 1),
								  &statement->columns.item_type, "item_id");
	position = RecalServedFind(served, &item_id);
	if (position < 0)
		return (Datum) 0;

	SPI_connect();
	user = RecalUserLoad(served, statement->relation, &statement->columns,
						 statement->select_list, known ? &user_id : NULL, context);
	if (known && user->nrows == 0 && statement->row_security)
		RecalErrorRowSecurity(served->model, "recal_explain");
	moment = RecalRankMomentGet(statement);
	if (moment != NULL)
		ranked = RecalRankUserAt(served, moment, user, known ? &user_id : NULL, context);
	reasons = CollectReasons(served, user, ranked, (int32) position, &n);
	ReturnReasons((ReturnSetInfo *) fcinfo->resultinfo, served, reasons, n);
	SPI_finish();
	return (Datum) 0;
}
