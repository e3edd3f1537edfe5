/*
 * network_serve.c
 *		The network at serving time: a history in, a user's vector out.
 *
 * The vector holds the factorization's, scaled by its share of the score, the
 * network's, and the 1 that an item's bias is multiplied by; so a score is one
 * dot product with the item's row, whatever made it.
 */
#include "postgres.h"

#include <math.h>

#include "miscadmin.h"
#include "utils/memutils.h"

#include "recal_blas.h"
#include "recal_compat.h"
#include "recal_serve.h"

static int64
WindowOf(const RecalUser *user)
{
	return Min(user->npairs, RECAL_NET_WINDOW);
}

/* Input vectors [window × d] of the newest rows */
static float *
GatherWindow(RecalServed *served, const RecalUser *user)
{
	int64		m = WindowOf(user);
	float	   *vectors = RecalAllocAligned(CurrentMemoryContext,
											sizeof(float) * Max(m, 1) * served->factors);

	RecalServedInputs(served, user->history + user->npairs - m, m, vectors);
	return vectors;
}

static void
MakeInput(RecalServed *served, const RecalUser *user, float *input)
{
	int64		m = WindowOf(user);
	float	   *vectors = GatherWindow(served, user);

	recal_net_input_gathered(served->factors, m, vectors,
							 user->history_weight + user->npairs - m, input);
	recal_net_put_profile(&served->net.shape, user->prior, input);
	pfree(vectors);
}

void
RecalNetworkVectors(RecalServed *served, RecalUser *const *users, int n)
{
	int			d = served->factors;
	int			width = recal_net_width(&served->net.shape);
	bool		keep = n == 1 && users[0]->input != NULL;
	float	   *inputs = keep ? users[0]->input :
		RecalAllocAligned(CurrentMemoryContext, sizeof(float) * n * width);
	float	   *z = RecalAllocAligned(CurrentMemoryContext, sizeof(float) * n * d);
	float	   *work = RecalAllocAligned(CurrentMemoryContext,
										 sizeof(float) *
										 recal_net_forward_work_size(&served->net.shape, n));

	for (int i = 0; i < n; i++)
		MakeInput(served, users[i], inputs + (int64) i * width);
	recal_net_forward(&served->net, n, inputs, z, work);
	for (int i = 0; i < n; i++)
	{
		float	   *vector = users[i]->vector;

		for (int k = 0; k < d; k++)
			vector[k] = served->network_blend * users[i]->factor[k];
		memcpy(vector + d, z + (int64) i * d, sizeof(float) * d);
		vector[2 * d] = 1;
	}
	if (!keep)
		pfree(inputs);
	pfree(z);
	pfree(work);
}

void
RecalNetworkPasses(RecalServed *served, RecalUser *user, MemoryContext context)
{
	int			d = served->factors;
	float	   *work = RecalAllocAligned(CurrentMemoryContext,
										 sizeof(float) *
										 recal_net_forward_work_size(&served->net.shape,
																	 RECAL_NETWORK_PASSES));

	Assert(user->input != NULL);
	user->passes = RecalAllocAligned(context, sizeof(float) * RECAL_NETWORK_PASSES * d);
	recal_net_dropout_vectors(&served->net, user->input, served->network_dropout,
							  (uint64) served->definition->options.seed, RECAL_NETWORK_PASSES,
							  user->passes, work);
	pfree(work);
	if (served->network_spread == NULL)
		return;
	user->spread = RecalAllocAligned(context, mul_size(sizeof(float) * d, d));
	recal_net_spread_at(d, served->network_spread, user->npairs, user->spread);
}

float
RecalNetworkVariance(const RecalServed *served, const RecalUser *user, const float *row)
{
	int			d = served->factors;
	const float *output = row + d;
	double		sum = 0;
	double		squares = 0;
	double		variance = 0;

	for (int pass = 0; pass < RECAL_NETWORK_PASSES; pass++)
	{
		double		score = recal_dot(d, user->passes + (int64) pass * d, output);

		sum += score;
		squares += score * score;
	}
	sum /= RECAL_NETWORK_PASSES;
	for (int f = 0; f < d && user->spread != NULL; f++)
		variance += (double) output[f] * recal_dot(d, user->spread + (int64) f * d, output);
	return (float) (Max(squares / RECAL_NETWORK_PASSES - sum * sum, 0) + Max(variance, 0));
}

/* The profile's part among the features that it is a sum of */
static void
AddFeatureReasons(const RecalServed *served, const RecalUser *user, const float *by_profile,
				  float *reasons)
{
	const float *weights = served->encoders[RECAL_SIDE_USERS]->weights;
	const RecalFeatureRow *row = user->features;

	for (int f = 0; f < row->n; f++)
		reasons[f] += row->values[f] *
			recal_dot(served->factors, by_profile, weights + (size_t) row->columns[f] * served->factors);
}

float
RecalNetworkReasons(RecalServed *served, const RecalUser *user, const float *row,
					float *reasons, float *feature_reasons)
{
	int64		m = WindowOf(user);
	const int32 *items = user->history + user->npairs - m;
	bool		profile = RecalUserHasProfile(served, user);
	float	   *vectors = GatherWindow(served, user);
	float	   *contributions = palloc(sizeof(float) * Max(m, 1));
	float	   *by_profile = RecalAllocAligned(CurrentMemoryContext,
											   sizeof(float) * served->factors);
	float	   *work = RecalAllocAligned(CurrentMemoryContext,
										 sizeof(float) *
										 recal_net_explain_work_size(&served->net.shape));
	float		baseline;

	recal_net_explain(&served->net, m, vectors, user->history_weight + user->npairs - m,
					  profile ? user->prior : NULL, row + served->factors, contributions,
					  by_profile, &baseline, work);
	for (int64 i = 0; i < m; i++)
	{
		const int32 *pair = bsearch(&items[i], user->item, user->npairs, sizeof(int32),
									RecalComparePositions);

		reasons[pair - user->item] += contributions[i];
	}
	if (profile)
		AddFeatureReasons(served, user, by_profile, feature_reasons);
	pfree(vectors);
	pfree(contributions);
	pfree(by_profile);
	pfree(work);
	return baseline;
}
