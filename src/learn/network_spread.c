/*
 * network_spread.c
 *		How much a user's vector still changes when more of the history is known.
 */
#include <math.h>
#include <string.h>

#include "network_internal.h"
#include "recal_blas.h"

/* what a length says about the next longer one, where few users are that long */
#define PRIOR_USERS 10

const int	recal_net_spread_rows[RECAL_NET_SPREADS] = {0, 1, 2, 4, 8, 16, 32};

/* work: inputs and vectors of all lengths and of the whole, and the layers' */
int64_t
recal_net_spread_work_size(const RecalNetShape *shape)
{
	const int	n = RECAL_NET_SPREADS + 1;

	return recal_net_align((int64_t) n * recal_net_width(shape)) +
		recal_net_align((int64_t) n * shape->d) + recal_net_forward_work_size(shape, n);
}

/* Adds one user's differences to the sums; lengths that it is too short for are left out. */
static void
add_user(const RecalNet *net, int64_t n, const int32_t *items, const float *weights,
		 const float *profile, float *sums, int64_t *counts, float *work)
{
	const int	d = net->shape.d;
	const size_t width = (size_t) recal_net_width(&net->shape);
	float	   *inputs = work;
	float	   *z = inputs + recal_net_align((int64_t) (RECAL_NET_SPREADS + 1) * recal_net_width(&net->shape));
	float	   *layers = z + recal_net_align((int64_t) (RECAL_NET_SPREADS + 1) * d);
	int			lengths = 0;

	recal_net_input(net, n, items, weights, inputs);
	recal_net_put_profile(&net->shape, profile, inputs);
	while (lengths < RECAL_NET_SPREADS && 2 * recal_net_spread_rows[lengths] <= n)
	{
		int			rows = recal_net_spread_rows[lengths++];

		recal_net_input(net, rows, items + (n - rows), weights + (n - rows),
						inputs + (size_t) lengths * width);
		recal_net_put_profile(&net->shape, profile, inputs + (size_t) lengths * width);
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
			add_user(net, n, histories->items + first, histories->weights + first,
					 histories->profiles == NULL ? NULL : histories->profiles + u * d, spread,
					 counts, work);
	}
	for (int k = 0; k < RECAL_NET_SPREADS; k++)
	{
		float	   *covariance = spread + k * size;
		float		prior = k > 0 ? PRIOR_USERS : 0;
		float		total = (float) counts[k] + prior;

		for (size_t i = 0; i < size && total > 0; i++)
			covariance[i] = (covariance[i] + (k > 0 ? prior * covariance[i - size] : 0)) / total;
		for (int i = 0; i < d; i++)
			for (int j = i + 1; j < d; j++)
				covariance[(size_t) i * d + j] = covariance[(size_t) j * d + i];
	}
}

/* Between two lengths, each of which is twice the one before, by the logarithm */
int
recal_net_spread_place(int64_t n, float *share)
{
	int			k = 0;

	while (k + 1 < RECAL_NET_SPREADS && recal_net_spread_rows[k + 1] <= n)
		k++;
	*share = k > 0 && k + 1 < RECAL_NET_SPREADS ?
		log2f((float) n / (float) recal_net_spread_rows[k]) : 0;
	return k;
}

void
recal_net_spread_at(int d, const float *spread, int64_t n, float *covariance)
{
	const size_t size = (size_t) d * d;
	float		share;

	spread += recal_net_spread_place(n, &share) * size;
	for (size_t i = 0; i < size; i++)
		covariance[i] = share > 0 ? (1 - share) * spread[i] + share * spread[i + size] : spread[i];
}
