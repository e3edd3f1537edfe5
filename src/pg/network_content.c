/*
 * network_content.c
 *		What the network makes of items that have features and no behaviour: a
 *		ridge regression (recal_content.h) from features to the vectors and biases
 *		that training gave the others, as the factorization has one for its factors.
 *
 * Each item counts once, however many rows it has. What has not been touched is
 * most like what has hardly been, and that is what most items of a catalogue are:
 * their features then predict the bias of the typical item of its kind. Were they
 * weighted by their rows, as the factorization's are, new items would begin with
 * the popularity of the popular ones.
 */
#include "postgres.h"

#include "recal_factorize.h"
#include "recal_neural.h"
#include "recal_weights.h"

/* On the weights, in units of an item, as the factorization's */
#define CONTENT_RIDGE	1.0

/* weights [p × width] ← from features to targets [nrows × width] of the rows that count */
static const char *
Fit(const RecalFeatureRows *rows, const float *row_weights, const float *targets, int width,
	float *weights)
{
	Size		p = rows->width;
	double	   *system = RecalAllocArray(sizeof(double), p * p);
	double	   *right = RecalAllocArray(sizeof(double), p * width);
	const char *message;

	message = recal_content_system(rows, row_weights, CONTENT_RIDGE, system, RecalPollInterrupts,
								   NULL);
	if (message == NULL)
		message = recal_content_fit(rows, row_weights, system, targets, width, right, weights,
									RecalPollInterrupts, NULL);
	pfree(system);
	pfree(right);
	return message;
}

/* What Fit takes at its peak, targets included */
Size
RecalNetworkContentBytes(const RecalFeatureRows *rows, int width)
{
	Size		p = rows->width;

	return add_size(mul_size(sizeof(float) * (width + 1), rows->nrows),
					mul_size(p, sizeof(double) * p + (sizeof(double) + sizeof(float)) * width));
}

/* [nitems] 1 for items that have pairs and features, else 0; which ones have pairs */
static float *
CountOnce(const RecalFeatureRows *rows, const RecalMatrix *matrix, bool *touched)
{
	float	   *weights = RecalAllocArray(sizeof(float), rows->nrows);

	memset(touched, 0, rows->nrows);
	for (int64 j = 0; j < matrix->nnz; j++)
		touched[matrix->by_user.columns[j]] = true;
	for (int64 i = 0; i < rows->nrows; i++)
		weights[i] = touched[i] && rows->offsets[i + 1] > rows->offsets[i];
	return weights;
}

/* o, b and e of all items side by side */
static float *
GatherTargets(const RecalNet *net)
{
	int			d = net->shape.d;
	int64		n = net->shape.nitems;
	float	   *targets = RecalAllocArray(sizeof(float) * RecalNetContentWidth(d), n);
	float	   *row = targets;

	for (int64 i = 0; i < n; i++, row += RecalNetContentWidth(d))
	{
		memcpy(row, net->outputs + i * d, sizeof(float) * d);
		row[d] = net->biases[i];
		memcpy(row + d + 1, net->inputs + i * d, sizeof(float) * d);
	}
	return targets;
}

/* Items without pairs have what serving would give them. */
static void
FillUntouched(const RecalFeatureRows *rows, const bool *touched, const float *content,
			  RecalNet *net)
{
	int			d = net->shape.d;
	float	   *vector = palloc(sizeof(float) * RecalNetContentWidth(d));

	for (int64 i = 0; i < rows->nrows; i++)
	{
		int64		first = rows->offsets[i];
		int			n = (int) (rows->offsets[i + 1] - first);

		if (touched[i] || n == 0)
			continue;
		recal_content_row(n, rows->columns + first, rows->values + first, content,
						  RecalNetContentWidth(d), vector);
		memcpy(net->outputs + i * d, vector, sizeof(float) * d);
		net->biases[i] = vector[d];
		memcpy(net->inputs + i * d, vector + d + 1, sizeof(float) * d);
	}
	pfree(vector);
}

const char *
RecalNetworkFitContent(RecalNetworkRun *run)
{
	RecalNetwork *network = run->network;
	const RecalFeatures *features = run->work->features[RECAL_SIDE_ITEMS];
	int			width = RecalNetContentWidth(run->shape.d);
	const RecalFeatureRows *rows;
	bool	   *touched;
	float	   *weights;
	float	   *targets;
	const char *message;

	if (features == NULL)
		return NULL;
	rows = &features->rows;
	touched = RecalAllocArray(sizeof(bool), rows->nrows);
	weights = CountOnce(rows, run->matrix, touched);
	targets = GatherTargets(&network->net);
	network->content_rows = rows->width;
	network->content = RecalAllocAligned(run->results, mul_size(sizeof(float) * width, rows->width));
	message = Fit(rows, weights, targets, width, network->content);
	if (message == NULL)
		FillUntouched(rows, touched, network->content, &network->net);
	pfree(touched);
	pfree(weights);
	pfree(targets);
	return message;
}

const char *
RecalNetworkFitProfile(const RecalFeatureRows *rows, const RecalMatrix *matrix,
					   const float *user_factors, int d, float *weights)
{
	const int64_t *pairs = matrix->by_user.offsets;
	float	   *row_weights = RecalAllocArray(sizeof(float), rows->nrows);
	const char *message;

	for (int64 u = 0; u < rows->nrows; u++)
		row_weights[u] = pairs[u + 1] > pairs[u] && rows->offsets[u + 1] > rows->offsets[u];
	message = Fit(rows, row_weights, user_factors, d, weights);
	pfree(row_weights);
	return message;
}
