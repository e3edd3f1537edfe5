/*
 * pca.c
 *		Principal components: the eigenvectors of the covariance.
 */
#include <string.h>

#include "recal_blas.h"
#include "recal_pca.h"

/* covariance and its eigenvectors, eigenvalues, the same in floats, the solver's own */
int64_t
recal_pca_work_size(int d)
{
	return 2 * (int64_t) d * d + d + recal_syev_work_size(d);
}

static void
center(int n, int d, float *x, double *mean)
{
	memset(mean, 0, sizeof(double) * (size_t) d);
	for (int i = 0; i < n; i++)
		for (int j = 0; j < d; j++)
			mean[j] += x[(int64_t) i * d + j];
	for (int i = 0; i < n; i++)
		for (int j = 0; j < d; j++)
			x[(int64_t) i * d + j] -= (float) (mean[j] / n);
}

int
recal_pca(int n, int d, float *x, int k, float *coordinates, double *share, double *work)
{
	double	   *covariance = work;	/* [d × d] */
	double	   *variance = covariance + (int64_t) d * d;	/* [d] */
	float	   *products = (float *) (variance + d);	/* [d × d] */
	double	   *rest = variance + d + (int64_t) d * d;
	double		total = 0;

	memset(coordinates, 0, sizeof(float) * (size_t) n * (size_t) k);
	memset(share, 0, sizeof(double) * (size_t) k);
	if (n < 2)
		return 0;

	center(n, d, x, variance);
	recal_syrk_tn(d, n, 1, x, d, 0, products, d);
	for (int i = 0; i < d; i++)
		for (int j = 0; j <= i; j++)
			covariance[(int64_t) i * d + j] = covariance[(int64_t) j * d + i] =
				products[(int64_t) i * d + j];
	for (int j = 0; j < d; j++)
		total += covariance[(int64_t) j * d + j];
	if (!(total > 0))
		return 0;
	if (recal_syev(d, covariance, variance, rest) != 0)
		return -1;

	for (int c = 0; c < k && c < d; c++)
	{
		share[c] = variance[c] > 0 ? variance[c] / total : 0;
		for (int i = 0; i < n; i++)
		{
			double		sum = 0;

			for (int j = 0; j < d; j++)
				sum += x[(int64_t) i * d + j] * covariance[(int64_t) j * d + c];
			coordinates[(int64_t) i * k + c] = (float) sum;
		}
	}
	return 0;
}
