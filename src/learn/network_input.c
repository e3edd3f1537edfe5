/*
 * network_input.c
 *		From the rows before a position to the network's input, and back.
 *
 * One walks along a segment of a history: a decayed sum becomes the next one by
 * multiplying and adding a row. The sums begin RECAL_NET_WINDOW rows before the
 * segment, so within it the window is up to a segment longer.
 */
#include <math.h>
#include <string.h>

#include "network_internal.h"
#include "recal_als.h"

/* one row of the history in the sums */
static void
add_row(int d, float *sums, double *weights, const float *vector, float weight,
		const RecalNetKernels *kernels)
{
	for (int g = 0; g < RECAL_NET_DECAYS; g++)
	{
		kernels->decay_add(d, recal_net_decays[g], sums + g * d, weight, vector);
		weights[g] = weights[g] * recal_net_decays[g] + fabsf(weight);
	}
}

void
recal_net_put_profile(const RecalNetShape *shape, const float *profile, float *input)
{
	float	   *place = input + (size_t) RECAL_NET_SLOTS * shape->d;

	if (shape->nprofile == 0)
		return;
	if (profile != NULL)
		memcpy(place, profile, sizeof(float) * (size_t) shape->d);
	else
		memset(place, 0, sizeof(float) * (size_t) shape->d);
}

void
recal_net_segment_inputs(const RecalNet *net, const RecalNetHistories *histories,
						 const RecalNetSegment *segment, float *inputs, float *reciprocals,
						 const RecalNetKernels *kernels)
{
	const int	d = net->shape.d;
	const size_t width = (size_t) recal_net_width(&net->shape);
	const int32_t *items = histories->items + segment->row;
	const float *weights = histories->weights + segment->row;
	int			first = segment->first;
	int			begin = first > RECAL_NET_WINDOW ? first - RECAL_NET_WINDOW : 0;
	float		sums[RECAL_NET_DECAYS * RECAL_MAX_FACTORS];
	double		totals[RECAL_NET_DECAYS] = {0};

	memset(sums, 0, sizeof(float) * RECAL_NET_DECAYS * (size_t) d);
	for (int p = begin; p < first + segment->count; p++)
	{
		if (p >= first)
		{
			float	   *input = inputs + (size_t) (p - first) * width;
			float	   *reciprocal = reciprocals + (size_t) (p - first) * RECAL_NET_DECAYS;

			for (int g = 0; g < RECAL_NET_DECAYS; g++)
			{
				reciprocal[g] = totals[g] > 0 ? (float) (1.0 / totals[g]) : 0.0f;
				memcpy(input + g * d, sums + g * d, sizeof(float) * (size_t) d);
				kernels->scale(d, input + g * d, reciprocal[g]);
			}
			for (int k = 0; k < RECAL_NET_LAST; k++)
			{
				float	   *slot = input + (RECAL_NET_DECAYS + k) * d;
				int			row = p - 1 - k;

				if (row < 0)
				{
					memset(slot, 0, sizeof(float) * (size_t) d);
					continue;
				}
				memcpy(slot, net->inputs + (int64_t) items[row] * d, sizeof(float) * (size_t) d);
				if (weights[row] < 0)
					kernels->scale(d, slot, -1.0f);
			}
			recal_net_put_profile(&net->shape, histories->profiles == NULL ? NULL :
								  histories->profiles + segment->user * d, input);
		}
		add_row(d, sums, totals, net->inputs + (int64_t) items[p] * d, weights[p], kernels);
	}
}

int
recal_net_segment_gradients(const RecalNet *net, const RecalNetHistories *histories,
							const RecalNetSegment *segment, const float *inputs,
							const float *reciprocals, int32_t *entry_items, float *entries,
							float *work, const RecalNetKernels *kernels)
{
	const int	d = net->shape.d;
	const size_t width = (size_t) recal_net_width(&net->shape);
	const int32_t *items = histories->items + segment->row;
	const float *weights = histories->weights + segment->row;
	int			first = segment->first;
	int			begin = first > RECAL_NET_WINDOW ? first - RECAL_NET_WINDOW : 0;
	int			end = first + segment->count;
	int			n = 0;

	/*
	 * Row j reaches the positions after it: Σ_p γ^(p-1-j) dX_p / W_p is taken
	 * from the end on.
	 */
	memset(work, 0, sizeof(float) * RECAL_NET_DECAYS * (size_t) d);
	for (int j = end - 2; j >= begin; j--)
	{
		float	   *entry = entries + (size_t) n * d;

		memset(entry, 0, sizeof(float) * (size_t) d);
		for (int g = 0; g < RECAL_NET_DECAYS; g++)
		{
			int			p = j + 1 - first;

			if (p >= 0)
				kernels->decay_add(d, recal_net_decays[g], work + g * d,
								   reciprocals[(size_t) p * RECAL_NET_DECAYS + g],
								   inputs + (size_t) p * width + (size_t) g * d);
			else
				kernels->scale(d, work + g * d, recal_net_decays[g]);
			kernels->decay_add(d, 1.0f, entry, weights[j], work + g * d);
		}
		for (int k = 0; k < RECAL_NET_LAST; k++)
		{
			int			p = j + 1 + k - first;

			if (p >= 0 && p < segment->count)
				kernels->decay_add(d, 1.0f, entry, weights[j] < 0 ? -1.0f : 1.0f,
								   inputs + (size_t) p * width + (size_t) (RECAL_NET_DECAYS + k) * d);
		}
		entry_items[n++] = items[j];
	}
	return n;
}

void
recal_net_coefficients(int64_t m, const float *weights, float *coefficients)
{
	double		totals[RECAL_NET_DECAYS] = {0};

	for (int g = 0; g < RECAL_NET_DECAYS; g++)
	{
		double		power = 1;

		for (int64_t j = m - 1; j >= 0; j--, power *= recal_net_decays[g])
			totals[g] += power * fabsf(weights[j]);
		power = 1;
		for (int64_t j = m - 1; j >= 0; j--, power *= recal_net_decays[g])
			coefficients[j * RECAL_NET_SLOTS + g] = (float) (power * weights[j] / totals[g]);
	}
	for (int64_t j = 0; j < m; j++)
		for (int k = 0; k < RECAL_NET_LAST; k++)
			coefficients[j * RECAL_NET_SLOTS + RECAL_NET_DECAYS + k] =
				m - 1 - j == k ? (weights[j] < 0 ? -1.0f : 1.0f) : 0.0f;
}
