/*
 * recal_pca.h
 *		Principal components, to show vectors in a plane.
 */
#ifndef RECAL_PCA_H
#define RECAL_PCA_H

#include <stdint.h>

/* doubles that recal_pca needs to work in */
extern int64_t recal_pca_work_size(int d);

/*
 * Coordinates [n × k] of the rows of x [n × d] along the first k principal
 * components, and the share [k] of the variance that each holds. x is centred
 * in place. Components beyond d, and all of rows that are alike, are 0.
 * Returns 0 on success.
 */
extern int	recal_pca(int n, int d, float *x, int k, float *coordinates, double *share,
					  double *work);

#endif							/* RECAL_PCA_H */
