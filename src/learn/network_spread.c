/*
 * network_spread.c
 *		How much a user's vector still changes when more of the history is known.
 */
#include <math.h>
#include <string.h>

#include "network_internal.h"
#include "recal_blas.h"
#include "recal_rng.h"

#define STREAM_SPREAD 0x6e6574737072

/* share of the mean variance that is added, so that every covariance has a factor */
#define RIDGE 1e-4

const int	recal_net_spread_rows[RECAL_NET_SPREADS] = {0, 1, 2, 4, 8, 16, 32};

/* work: inputs and vectors of all lengths and of the whole, and the layers' */
int64_t
recal_net_spread_work_size(const RecalNetShape *shape)
{
	const int	n = RECAL_NET_SPREADS + 1;

	return recal_net_align((int64_t) n * RECAL_NET_SLOTS * shape->d) +
		recal_net_align((int64_t) n * shape->d) + recal_net_forward_work_size(shape, n);
}

/* Adds one user's differences to the sums; lengths that it is too short for are left out. */
static void
add_user(const RecalNet *net, int64_t n, const int32_t *items, const float *weights,
		 float *sums, int64_t *counts, float *work)
{
	const int	d = net->shape.d;
	float	   *inputs = work;
	float	   *z = inputs + recal_net_align((int64_t) (RECAL_NET_SPREADS + 1) * RECAL_NET_SLOTS * d);
	float	   *layers = z + recal_net_align((int64_t) (RECAL_NET_SPREADS + 1) * d);
	int			lengths = 0;

	recal_net_input(net, n, items, weights, inputs);
	while (lengths < RECAL_NET_SPREADS && 2 * recal_net_spread_rows[lengths] <= n)
	{
		int			rows = recal_net_spread_rows[lengths++];

		recal_net_input(net, rows, items + (n - rows), weights + (n - rows),
						inputs + (size_t) lengths * RECAL_NET_SLOTS * d);
	}
	recal_net_forward(net, lengths + 1, inputs, z, layers);
	for (int k = 0; k < lengths; k++)
	{
		float	   *difference = z + (size_t) (k + 1) * d;

		for (int f = 0; f < d; f++)
			difference[f] -= z[f];
		recal_syrk_tn(d, 1, 1.0f, difference, d, 1.0f, sums + (size_t) k * d * d, d);
		counts[k]++;
	}
}

void
recal_net_fit_spread(const RecalNet *net, const RecalNetHistories *histories, int64_t max_users,
					 float *spread, float *work, RecalPoll poll, void *arg)
{
	const int	d = net->shape.d;
	const size_t size = (size_t) d * d;
	int64_t		step = max_users > 0 ? (histories->nusers + max_users - 1) / max_users : 1;
	int64_t		counts[RECAL_NET_SPREADS] = {0};

	memset(spread, 0, sizeof(float) * RECAL_NET_SPREADS * size);
	for (int64_t u = 0; u < histories->nusers; u += step)
	{
		int64_t		first = histories->offsets[u];
		int64_t		n = histories->offsets[u + 1] - first;

		if (poll != NULL)
			poll(arg);
		if (n > 0)
			add_user(net, n, histories->items + first, histories->weights + first, spread,
					 counts, work);
	}
	for (int k = 0; k < RECAL_NET_SPREADS; k++)
	{
		float	   *factor = spread + k * size;
		double		trace = 0;

		/* where nobody has so many rows, what fewer say holds; it is the larger one */
		if (counts[k] == 0)
		{
			if (k > 0)
				memcpy(factor, factor - size, sizeof(float) * size);
			continue;
		}
		for (size_t i = 0; i < size; i++)
			factor[i] /= (float) counts[k];
		for (int f = 0; f < d; f++)
			trace += factor[(size_t) f * d + f];
		for (int f = 0; f < d; f++)
			factor[(size_t) f * d + f] += (float) (RIDGE * trace / d) + 1e-12f;
		if (recal_potrf(d, factor, d) != 0)
			memset(factor, 0, sizeof(float) * size);
		for (int i = 0; i < d; i++)
			for (int j = i + 1; j < d; j++)
				factor[(size_t) i * d + j] = 0;
	}
}

void
recal_net_add_spread(int d, const float *spread, int64_t n, uint64_t seed, int passes, float *z)
{
	int			k = 0;

	while (k + 1 < RECAL_NET_SPREADS && recal_net_spread_rows[k + 1] <= n)
		k++;
	for (int pass = 0; pass < passes; pass++)
		for (int j = 0; j < d; j++)
		{
			float		draw = (float) recal_rng_normal(seed, STREAM_SPREAD,
														(uint64_t) pass * (uint64_t) d + (uint64_t) j);

			for (int i = j; i < d; i++)
				z[(size_t) pass * d + i] += draw * spread[((size_t) k * d + i) * d + j];
		}
}
