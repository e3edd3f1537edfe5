/*
 * recal_posterior.h
 *		Closed-form Gaussian posteriors of user and item factors.
 *
 * The users' factors are a draw from N(m, C), with C learned (moment matching
 * with the mean posterior covariance added, a step of EM); a user's own rows
 * then give N(x̂, S), S⁻¹ = C⁻¹ + Σ c y yᵀ / σ². Items likewise, with the sum
 * over an item's users replaced by its confidence mass times the mean user
 * second moment, which makes one scalar an item enough.
 *
 * Variance of the score of a pair: yᵀS_u y + xᵀS_i x + tr(S_u S_i).
 */
#ifndef RECAL_POSTERIOR_H
#define RECAL_POSTERIOR_H

#include "recal_sparse.h"

/*
 * With ratings the entries of rows are targets of confidence 1.
 *
 * Fits m [d] to all rows, C [d×d] and σ² (confidence-weighted mean squared
 * residual of the observed pairs) to at most max_sample rows, taken evenly.
 * Rows without observations say nothing and are left out. work:
 * recal_posterior_fit_work_size(d) floats, 64-byte aligned. Returns NULL or a
 * message.
 */
extern int64_t recal_posterior_fit_work_size(int d);
extern const char *recal_posterior_fit(const float *factors, const RecalCsr *rows, bool ratings,
									   const float *other, int d, int64_t max_sample,
									   float *mean, float *covariance, float *noise,
									   float *work, RecalPoll poll, void *arg);

/*
 * S [d×d] of one row from its gathered factors [n×d] and confidences (their
 * absolute values count; NULL: all are 1). Work: d×d floats. With n = 0, S = C.
 */
extern const char *recal_posterior_covariance(int d, const float *covariance, float noise,
											  int64_t n, const float *gathered,
											  const float *confidences, float *s, float *work);

/* The same as a root R [d×d], S = RᵀR. */
extern const char *recal_posterior_root(int d, const float *covariance, float noise, int64_t n,
										const float *gathered, const float *confidences,
										float *root, float *work);

/*
 * Items' posterior from scalars. Fit once: joint diagonalization of the items'
 * prior covariance and the users' second moment M = E[x xᵀ]: T [d×d] with
 * T Tᵀ = item_covariance and Tᵀ M T = diag(rates), so that
 * S_i = T diag(1 / (1 + mass_i · rate_k / σ²)) Tᵀ.
 * transform [d×d] row-major (columns are the T_k), rates [d].
 */
extern const char *recal_posterior_item_transform(int d, const float *item_covariance,
												  const float *user_moment, float *transform,
												  float *rates, double *work);
extern int64_t recal_posterior_item_transform_work_size(int d);	/* doubles */

/*
 * For one user: loadings_k = (Tᵀx)_k² + (TᵀS T)_kk, so that an item's share of
 * the variance is Σ_k loadings_k / (1 + mass_i · rate_k / σ²). work: d×d floats.
 */
extern void recal_posterior_item_loadings(int d, const float *transform, const float *x,
										  const float *s, float *loadings, float *work);

/* yᵀS y + Σ_k loadings_k / (1 + mass·rates_k/noise): the variance of one score */
extern float recal_posterior_score_variance(int d, const float *y, const float *s,
											const float *loadings, const float *rates,
											float mass, float noise);

#endif							/* RECAL_POSTERIOR_H */
