/*
 * content.c
 *		A ridge regression from features to factors, by its normal equations.
 *
 * Features are sparse, and their number is small beside that of rows, so the
 * system is summed in double precision, row by row in their order, and
 * factorized once for all the factors that are fitted with the same weights.
 */
#include <math.h>
#include <string.h>

#include "recal_blas.h"
#include "recal_content.h"

#define POLL_ROWS 1024

static const char *const singular =
	"the regression from features to factors has no finite solution";

void
recal_content_row(int n, const int32_t *columns, const float *values, const float *weights,
				  int d, float *out)
{
	memset(out, 0, sizeof(float) * (size_t) d);
	for (int j = 0; j < n; j++)
	{
		const float *w = weights + (size_t) columns[j] * d;

		for (int f = 0; f < d; f++)
			out[f] += values[j] * w[f];
	}
}

const char *
recal_content_system(const RecalFeatureRows *rows, const float *row_weights, double ridge,
					 double *system, RecalPoll poll, void *arg)
{
	const int	p = rows->width;

	memset(system, 0, sizeof(double) * (size_t) p * p);
	for (int64_t i = 0; i < rows->nrows; i++)
	{
		if (poll != NULL && i % POLL_ROWS == 0)
			poll(arg);
		if (row_weights[i] == 0)
			continue;
		for (int64_t a = rows->offsets[i]; a < rows->offsets[i + 1]; a++)
		{
			double	   *line = system + (size_t) rows->columns[a] * p;
			double		value = (double) row_weights[i] * rows->values[a];

			/* columns ascend: the lower triangle */
			for (int64_t b = rows->offsets[i]; b <= a; b++)
				line[rows->columns[b]] += value * rows->values[b];
		}
	}
	for (int k = 0; k < p; k++)
		system[(size_t) k * p + k] += ridge;
	return recal_potrf_double(p, system) == 0 ? NULL : singular;
}

const char *
recal_content_fit(const RecalFeatureRows *rows, const float *row_weights, const double *system,
				  const float *factors, int d, double *right, float *weights, RecalPoll poll,
				  void *arg)
{
	const int	p = rows->width;
	double		check = 0;

	memset(right, 0, sizeof(double) * (size_t) p * d);
	for (int64_t i = 0; i < rows->nrows; i++)
	{
		const float *y = factors + i * d;

		if (poll != NULL && i % POLL_ROWS == 0)
			poll(arg);
		if (row_weights[i] == 0)
			continue;
		for (int64_t a = rows->offsets[i]; a < rows->offsets[i + 1]; a++)
		{
			double	   *line = right + (size_t) rows->columns[a] * d;
			double		value = (double) row_weights[i] * rows->values[a];

			for (int f = 0; f < d; f++)
				line[f] += value * y[f];
		}
	}
	recal_potrs_double(p, d, system, right);
	for (size_t k = 0; k < (size_t) p * d; k++)
	{
		weights[k] = (float) right[k];
		check += weights[k] * 0.0;
	}
	return check == 0 ? NULL : singular;
}
