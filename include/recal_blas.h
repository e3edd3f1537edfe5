/*
 * recal_blas.h
 *		The only door to BLAS and LAPACK.
 *
 * Everything is row-major and single precision unless said otherwise. The
 * wrappers check nothing: callers pass valid shapes. No wrapper allocates.
 */
#ifndef RECAL_BLAS_H
#define RECAL_BLAS_H

#include <stdbool.h>
#include <stdint.h>

/*
 * Makes the library run on the calling thread only (stopping a pool that a
 * threaded build started on load). Called once from _PG_init.
 */
extern void recal_blas_init(void);

/*
 * Compares small products, an update, a solve and an eigendecomposition with
 * plain loops; some old builds compute wrong results on newer CPUs. Returns
 * NULL, or a message naming the routine that is wrong. The result of the first
 * call is remembered for the process.
 */
extern const char *recal_blas_self_check(void);

/* Name of the kernel set in use, such as "SkylakeX"; never NULL. */
extern const char *recal_blas_corename(void);

/* 1 when the library still computes with more than one thread (OpenMP builds) */
extern int	recal_blas_is_threaded(void);

/*
 * Makes results too small for a normal float zero, on processors that are slow
 * with such numbers: regularization takes useless factors through their range.
 * Returns what recal_denormals_restore needs. Results depend on it, so all
 * participants of a computation must do it.
 */
extern uint32_t recal_denormals_off(void);
extern void recal_denormals_restore(uint32_t state);

/* c[m×n] = alpha · a[m×k] · b[k×n] + beta · c */
extern void recal_gemm(int m, int n, int k, float alpha, const float *a, int lda,
					   const float *b, int ldb, float beta, float *c, int ldc);

/* c[m×n] = alpha · a[m×k] · b[n×k]ᵀ + beta · c */
extern void recal_gemm_nt(int m, int n, int k, float alpha, const float *a, int lda,
						  const float *b, int ldb, float beta, float *c, int ldc);

/* c[m×n] = alpha · a[k×m]ᵀ · b[k×n] + beta · c */
extern void recal_gemm_tn(int m, int n, int k, float alpha, const float *a, int lda,
						  const float *b, int ldb, float beta, float *c, int ldc);

/* lower triangle of c[d×d] = alpha · a[n×d]ᵀ · a + beta · c */
extern void recal_syrk_tn(int d, int n, float alpha, const float *a, int lda,
						  float beta, float *c, int ldc);

/* lower triangle of c[n×n] = alpha · a[n×d] · aᵀ + beta · c */
extern void recal_syrk_nt(int n, int d, float alpha, const float *a, int lda,
						  float beta, float *c, int ldc);

/* y[m] = a[m×n] · x[n] */
extern void recal_gemv(int m, int n, const float *a, int lda, const float *x, float *y);

/* y[n] += a[m×n]ᵀ · x[m] */
extern void recal_gemv_t(int m, int n, const float *a, int lda, const float *x, float *y);

extern float recal_dot(int n, const float *x, const float *y);

/*
 * Cholesky factor of a symmetric positive definite matrix whose lower
 * (row-major) triangle is given, in place. Returns 0, or k > 0 when the
 * leading minor of order k is not positive.
 */
extern int	recal_potrf(int n, float *a, int lda);

/* Solves with the factor of recal_potrf, in place; b[n] */
extern void recal_potrs(int n, const float *a, int lda, float *b);

/* b[n×m] ← l⁻¹ b, with the factor l of recal_potrf */
extern void recal_trsm(int n, int m, const float *l, int ldl, float *b, int ldb);

/* Inverse from the factor of recal_potrf, in place, both triangles filled. Returns 0 on success. */
extern int	recal_potri(int n, float *a, int lda);

/* c = a·b or aᵀ·b, square, in double precision */
extern void recal_gemm_double(int d, const double *a, const double *b, double *c, bool transpose_a);

/* recal_potrf in double precision; a[n×n] */
extern int	recal_potrf_double(int n, double *a);

/* Solves with its factor, in place, for all columns of b[n×m] at once. */
extern void recal_potrs_double(int n, int m, const double *a, double *b);

/*
 * Eigendecomposition of a symmetric matrix in double precision. On entry
 * a[d×d] holds the matrix (both triangles), on return the eigenvectors as
 * COLUMNS of the row-major a (so that y·a is y in the eigenbasis), the
 * eigenvalues in w[d] in descending order; work must hold
 * recal_syev_work_size(d) doubles. The sign of each vector is fixed (its
 * largest component is positive). Returns 0 on success.
 */
extern int64_t recal_syev_work_size(int d);
extern int	recal_syev(int d, double *a, double *w, double *work);

#endif							/* RECAL_BLAS_H */
