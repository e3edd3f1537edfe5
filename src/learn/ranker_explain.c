/*
 * ranker_explain.c
 *		What each feature adds to the ranker's score: integrated gradients.
 */
#include <math.h>
#include <string.h>

#include "ranker_internal.h"

#define IN RECAL_RANK_NFEATURES
#define H1 RECAL_RANK_HIDDEN1
#define H2 RECAL_RANK_HIDDEN2

/* Steps are doubled until the contributions add up this well, or there are this many. */
#define TOLERANCE 1e-4
#define FIRST_STEPS 64
#define MOST_STEPS 1024

/* The net's output without the gain, and its gradient unless that is NULL */
static double
output_at(const RecalRankNet *net, const double *input, double *gradient)
{
	double		hidden1[H1];
	double		hidden2[H2];
	double		back[H1] = {0};
	double		output = 0;

	for (int h = 0; h < H1; h++)
		hidden1[h] = net->bias1[h];
	for (int f = 0; f < IN; f++)
		for (int h = 0; h < H1; h++)
			hidden1[h] += input[f] * net->weights1[f * H1 + h];
	for (int h = 0; h < H2; h++)
		hidden2[h] = net->bias2[h];
	for (int h = 0; h < H1; h++)
		for (int k = 0; k < H2 && hidden1[h] > 0; k++)
			hidden2[k] += hidden1[h] * net->weights2[h * H2 + k];
	for (int k = 0; k < H2; k++)
		if (hidden2[k] > 0)
			output += hidden2[k] * net->weights3[k];
	if (gradient == NULL)
		return output;

	for (int h = 0; h < H1; h++)
		for (int k = 0; k < H2 && hidden1[h] > 0; k++)
			if (hidden2[k] > 0)
				back[h] += (double) net->weights2[h * H2 + k] * net->weights3[k];
	for (int f = 0; f < IN; f++)
	{
		gradient[f] = 0;
		for (int h = 0; h < H1; h++)
			gradient[f] += back[h] * net->weights1[f * H1 + h];
	}
	return output;
}

/* Mean of the gradients at the middles of n steps from zero to the input */
static void
mean_gradient(const RecalRankNet *net, const double *input, int n, double *mean)
{
	double		at[IN];
	double		gradient[IN];

	memset(mean, 0, sizeof(double) * IN);
	for (int step = 0; step < n; step++)
	{
		for (int f = 0; f < IN; f++)
			at[f] = input[f] * (step + 0.5) / n;
		(void) output_at(net, at, gradient);
		for (int f = 0; f < IN; f++)
			mean[f] += gradient[f] / n;
	}
}

float
recal_rank_explain(const RecalRankNet *net, const float *features, float *contributions)
{
	double		input[IN];
	double		zero[IN] = {0};
	double		mean[IN];
	double		baseline = output_at(net, zero, NULL);
	double		wanted;
	double		missing = 0;
	double		size = 0;

	for (int f = 0; f < IN; f++)
	{
		float		value = (features[f] - net->means[f]) * net->scales[f];

		input[f] = fmax(-RECAL_RANK_CLIP, fmin(RECAL_RANK_CLIP, value));
	}
	wanted = output_at(net, input, NULL) - baseline;
	for (int n = FIRST_STEPS; n <= MOST_STEPS; n *= 2)
	{
		mean_gradient(net, input, n, mean);
		missing = wanted;
		for (int f = 0; f < IN; f++)
			missing -= mean[f] * input[f];
		if (fabs(missing) <= TOLERANCE)
			break;
	}

	/* what the steps have missed goes to each by its size */
	for (int f = 0; f < IN; f++)
		size += fabs(mean[f] * input[f]);
	for (int f = 0; f < IN; f++)
	{
		double		part = mean[f] * input[f];

		contributions[f] = (float) (size > 0 ? part + missing * fabs(part) / size : 0);
	}
	contributions[RECAL_RANK_FACTORS] += (float) (net->gain * input[RECAL_RANK_FACTORS]);
	return (float) baseline;
}
