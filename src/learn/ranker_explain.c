/*
 * ranker_explain.c
 *		What each feature adds to the ranker's score: integrated gradients.
 *
 * Along the straight line from the means to the features the net is linear in
 * pieces, which end where a rectifier opens or shuts. The gradient is the same all
 * over a piece, so the integral is a sum over pieces, and exact.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "ranker_internal.h"

#define IN RECAL_RANK_NFEATURES
#define H1 RECAL_RANK_HIDDEN1
#define H2 RECAL_RANK_HIDDEN2

/* The line: units are bias + t · slope before the first layer's rectifiers */
typedef struct Line
{
	const RecalRankNet *net;
	double		slopes[H1];
} Line;

/* Units of both layers, before the second one's rectifiers and after the first one's */
static void
units_at(const Line *line, double t, double *hidden1, double *hidden2)
{
	const RecalRankNet *net = line->net;

	for (int k = 0; k < H2; k++)
		hidden2[k] = net->bias2[k];
	for (int h = 0; h < H1; h++)
	{
		hidden1[h] = fmax(0, net->bias1[h] + t * line->slopes[h]);
		for (int k = 0; k < H2 && hidden1[h] > 0; k++)
			hidden2[k] += hidden1[h] * net->weights2[h * H2 + k];
	}
}

/* The net's output without the gain */
static double
output_at(const Line *line, double t)
{
	double		hidden1[H1];
	double		hidden2[H2];
	double		output = 0;

	units_at(line, t, hidden1, hidden2);
	for (int k = 0; k < H2; k++)
		output += fmax(0, hidden2[k]) * line->net->weights3[k];
	return output;
}

/* back [H1] += width times the output's gradient by the first layer's units, at t */
static void
add_gradient(const Line *line, double t, double width, double *back)
{
	const RecalRankNet *net = line->net;
	double		hidden1[H1];
	double		hidden2[H2];
	double		open[H2];

	units_at(line, t, hidden1, hidden2);
	for (int k = 0; k < H2; k++)
		open[k] = hidden2[k] > 0 ? width * net->weights3[k] : 0;
	for (int h = 0; h < H1; h++)
		for (int k = 0; k < H2 && hidden1[h] > 0; k++)
			back[h] += open[k] * net->weights2[h * H2 + k];
}

static int
compare_places(const void *a, const void *b)
{
	return (*(const double *) a > *(const double *) b) - (*(const double *) a < *(const double *) b);
}

/* The same over all pieces from begin to end, between which the first layer has no bend */
static void
add_pieces(const Line *line, double begin, double end, double *back)
{
	double		ignored[H1];
	double		first[H2];
	double		last[H2];
	double		bends[H2 + 1];
	int			n = 0;

	units_at(line, begin, ignored, first);
	units_at(line, end, ignored, last);
	for (int k = 0; k < H2; k++)
		if ((first[k] > 0) != (last[k] > 0))
			bends[n++] = begin + (end - begin) * first[k] / (first[k] - last[k]);
	qsort(bends, (size_t) n, sizeof(double), compare_places);
	bends[n++] = end;
	for (int i = 0; i < n; i++)
	{
		if (bends[i] > begin)
			add_gradient(line, (begin + bends[i]) / 2, bends[i] - begin, back);
		begin = fmax(begin, bends[i]);
	}
}

float
recal_rank_explain(const RecalRankNet *net, const float *features, float *contributions)
{
	Line		line = {.net = net};
	double		input[IN];
	double		bends[H1 + 1];
	double		back[H1] = {0};
	double		begin = 0;
	int			n = 0;

	for (int f = 0; f < IN; f++)
	{
		float		value = (features[f] - net->means[f]) * net->scales[f];

		input[f] = fmax(-RECAL_RANK_CLIP, fmin(RECAL_RANK_CLIP, value));
		for (int h = 0; h < H1; h++)
			line.slopes[h] += input[f] * net->weights1[f * H1 + h];
	}
	for (int h = 0; h < H1; h++)
		if ((net->bias1[h] > 0) != (net->bias1[h] + line.slopes[h] > 0))
			bends[n++] = -net->bias1[h] / line.slopes[h];
	qsort(bends, (size_t) n, sizeof(double), compare_places);
	bends[n++] = 1;
	for (int i = 0; i < n; i++)
	{
		if (bends[i] > begin)
			add_pieces(&line, begin, bends[i], back);
		begin = fmax(begin, bends[i]);
	}

	for (int f = 0; f < IN; f++)
	{
		double		gradient = 0;

		for (int h = 0; h < H1; h++)
			gradient += back[h] * net->weights1[f * H1 + h];
		contributions[f] = (float) (input[f] * gradient);
	}
	contributions[RECAL_RANK_FACTORS] += (float) (net->gain * input[RECAL_RANK_FACTORS]);
	return (float) output_at(&line, 0);
}
