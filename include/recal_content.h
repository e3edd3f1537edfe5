/*
 * recal_content.h
 *		Factors from features: a ridge regression from what is known about items
 *		(or users) to their factors.
 *
 *		W = argmin Σ_i r_i ‖y_i − Wᵀf_i‖²  +  ridge ‖W‖²
 *
 * with r_i the weight that the ALS objective gives to ‖y_i‖². So Wᵀf_i is the
 * mean that the regularization should pull y_i towards, and the factor of an
 * item that nobody has touched.
 */
#ifndef RECAL_CONTENT_H
#define RECAL_CONTENT_H

#include "recal_sparse.h"

/* Features as sparse rows; an empty row is one that nothing is known about. */
typedef struct RecalFeatureRows
{
	int64_t		nrows;
	int			width;			/* p */
	int64_t    *offsets;		/* [nrows + 1] */
	int32_t    *columns;		/* ascending within a row, below p */
	float	   *values;
} RecalFeatureRows;

/* out[d] ← Wᵀf of one row with n features; 0 without any */
extern void recal_content_row(int n, const int32_t *columns, const float *values,
							  const float *weights, int d, float *out);

/*
 * system[p × p] ← the Cholesky factor of Σ r f fᵀ + ridge I, ridge > 0.
 * row_weights [nrows]: r, 0 for rows that are to be left out. Returns NULL or a
 * message.
 */
extern const char *recal_content_system(const RecalFeatureRows *rows, const float *row_weights,
										double ridge, double *system, RecalPoll poll, void *arg);

/* weights[p × d] ← W for factors[nrows × d]; right: [p × d] of workspace. NULL or a message. */
extern const char *recal_content_fit(const RecalFeatureRows *rows, const float *row_weights,
									 const double *system, const float *factors, int d,
									 double *right, float *weights, RecalPoll poll, void *arg);

#endif							/* RECAL_CONTENT_H */
