/*
 * blas.c
 *		The only door to BLAS and LAPACK.
 *
 * The Fortran interface is used, as every build exports it. A row-major matrix
 * is its own transpose to Fortran, so operands swap places, the lower triangle
 * is called upper, and nothing is ever copied.
 */
#include <math.h>
#include <stddef.h>
#include <string.h>

#ifdef __SSE2__
#include <xmmintrin.h>
#endif

#include "recal_blas.h"
#include "recal_rng.h"

extern void sgemm_(const char *transa, const char *transb, const int *m, const int *n,
				   const int *k, const float *alpha, const float *a, const int *lda,
				   const float *b, const int *ldb, const float *beta, float *c,
				   const int *ldc);
extern void ssyrk_(const char *uplo, const char *trans, const int *n, const int *k,
				   const float *alpha, const float *a, const int *lda, const float *beta,
				   float *c, const int *ldc);
extern void sgemv_(const char *trans, const int *m, const int *n, const float *alpha,
				   const float *a, const int *lda, const float *x, const int *incx,
				   const float *beta, float *y, const int *incy);
extern float sdot_(const int *n, const float *x, const int *incx, const float *y,
				   const int *incy);
extern void spotrf_(const char *uplo, const int *n, float *a, const int *lda, int *info);
extern void spotrs_(const char *uplo, const int *n, const int *nrhs, const float *a,
					const int *lda, float *b, const int *ldb, int *info);
extern void spotri_(const char *uplo, const int *n, float *a, const int *lda, int *info);
extern void strsm_(const char *side, const char *uplo, const char *trans, const char *diag,
				   const int *m, const int *n, const float *alpha, const float *a,
				   const int *lda, float *b, const int *ldb);
extern void dgemm_(const char *transa, const char *transb, const int *m, const int *n,
				   const int *k, const double *alpha, const double *a, const int *lda,
				   const double *b, const int *ldb, const double *beta, double *c,
				   const int *ldc);
extern void dpotrf_(const char *uplo, const int *n, double *a, const int *lda, int *info);
extern void dtrsm_(const char *side, const char *uplo, const char *trans, const char *diag,
				   const int *m, const int *n, const double *alpha, const double *a,
				   const int *lda, double *b, const int *ldb);
extern void dsytrd_(const char *uplo, const int *n, double *a, const int *lda, double *d,
					double *e, double *tau, double *work, const int *lwork, int *info);
extern void dorgtr_(const char *uplo, const int *n, double *a, const int *lda,
					const double *tau, double *work, const int *lwork, int *info);
extern void dstedc_(const char *compz, const int *n, double *d, double *e, double *z,
					const int *ldz, double *work, const int *lwork, int *iwork,
					const int *liwork, int *info);
extern char *openblas_get_corename(void);
extern void openblas_set_num_threads(int n);
extern int	openblas_get_parallel(void);
extern int	blas_thread_shutdown_(void) __attribute__((weak));

#define OPENBLAS_PTHREADS	1
#define OPENBLAS_OPENMP		2

void
recal_blas_init(void)
{
	if (openblas_get_parallel() == 0)
		return;
	openblas_set_num_threads(1);

	/* a pool may have been started on load, with our signal mask: stop it */
	if (openblas_get_parallel() == OPENBLAS_PTHREADS && blas_thread_shutdown_ != NULL)
		blas_thread_shutdown_();
}

const char *
recal_blas_corename(void)
{
	const char *name = openblas_get_corename();

	return name != NULL ? name : "unknown";
}

int
recal_blas_is_threaded(void)
{
	return openblas_get_parallel() == OPENBLAS_OPENMP;
}

void
recal_gemm(int m, int n, int k, float alpha, const float *a, int lda, const float *b,
		   int ldb, float beta, float *c, int ldc)
{
	sgemm_("N", "N", &n, &m, &k, &alpha, b, &ldb, a, &lda, &beta, c, &ldc);
}

void
recal_gemm_nt(int m, int n, int k, float alpha, const float *a, int lda, const float *b,
			  int ldb, float beta, float *c, int ldc)
{
	sgemm_("T", "N", &n, &m, &k, &alpha, b, &ldb, a, &lda, &beta, c, &ldc);
}

void
recal_gemm_tn(int m, int n, int k, float alpha, const float *a, int lda, const float *b,
			  int ldb, float beta, float *c, int ldc)
{
	sgemm_("N", "T", &n, &m, &k, &alpha, b, &ldb, a, &lda, &beta, c, &ldc);
}

void
recal_syrk_tn(int d, int n, float alpha, const float *a, int lda, float beta, float *c,
			  int ldc)
{
	ssyrk_("U", "N", &d, &n, &alpha, a, &lda, &beta, c, &ldc);
}

void
recal_syrk_nt(int n, int d, float alpha, const float *a, int lda, float beta, float *c,
			  int ldc)
{
	ssyrk_("U", "T", &n, &d, &alpha, a, &lda, &beta, c, &ldc);
}

void
recal_gemv(int m, int n, const float *a, int lda, const float *x, float *y)
{
	const int	one = 1;
	const float alpha = 1.0f;
	const float beta = 0.0f;

	sgemv_("T", &n, &m, &alpha, a, &lda, x, &one, &beta, y, &one);
}

void
recal_gemv_t(int m, int n, const float *a, int lda, const float *x, float *y)
{
	const int	one = 1;
	const float alpha = 1.0f;

	sgemv_("N", &n, &m, &alpha, a, &lda, x, &one, &alpha, y, &one);
}

float
recal_dot(int n, const float *x, const float *y)
{
	const int	one = 1;

	return sdot_(&n, x, &one, y, &one);
}

int
recal_potrf(int n, float *a, int lda)
{
	int			info;

	spotrf_("U", &n, a, &lda, &info);
	return info;
}

void
recal_potrs(int n, const float *a, int lda, float *b)
{
	const int	one = 1;
	int			info;

	spotrs_("U", &n, &one, a, &lda, b, &n, &info);
}

void
recal_trsm(int n, int m, const float *l, int ldl, float *b, int ldb)
{
	const float alpha = 1.0f;

	strsm_("R", "U", "N", "N", &m, &n, &alpha, l, &ldl, b, &ldb);
}

void
recal_gemm_double(int d, const double *a, const double *b, double *c, bool transpose_a)
{
	const double alpha = 1.0;
	const double beta = 0.0;

	dgemm_("N", transpose_a ? "T" : "N", &d, &d, &d, &alpha, b, &d, a, &d, &beta, c, &d);
}

int
recal_potrf_double(int n, double *a)
{
	int			info;

	dpotrf_("U", &n, a, &n, &info);
	return info;
}

void
recal_potrs_double(int n, int m, const double *a, double *b)
{
	const double alpha = 1.0;

	dtrsm_("R", "U", "N", "N", &m, &n, &alpha, a, &n, b, &m);
	dtrsm_("R", "U", "T", "N", &m, &n, &alpha, a, &n, b, &m);
}

int
recal_potri(int n, float *a, int lda)
{
	int			info;

	spotri_("U", &n, a, &lda, &info);
	if (info != 0)
		return info;
	for (int i = 0; i < n; i++)
		for (int j = 0; j < i; j++)
			a[(size_t) j * lda + i] = a[(size_t) i * lda + j];
	return 0;
}

/* dstedc's documented workspaces, in doubles and in ints; dsytrd's is smaller */
static int64_t
stedc_doubles(int d)
{
	int			log2 = 0;

	while ((1 << log2) < d)
		log2++;
	return 1 + (3 + 2 * (int64_t) log2 + 64) * d + 4 * (int64_t) d * d;
}

static int64_t
stedc_ints(int d)
{
	int			log2 = 0;

	while ((1 << log2) < d)
		log2++;
	return 6 + 6 * (int64_t) d + 5 * (int64_t) d * log2;
}

int64_t
recal_syev_work_size(int d)
{
	return 2 * (int64_t) d + stedc_doubles(d) + (stedc_ints(d) + 1) / 2;
}

/* Makes the largest component of the vector v[d] positive. */
static void
fix_sign(int d, double *v)
{
	int			largest = 0;

	for (int i = 1; i < d; i++)
		if (fabs(v[i]) > fabs(v[largest]))
			largest = i;
	if (v[largest] < 0)
		for (int i = 0; i < d; i++)
			v[i] = -v[i];
}

/*
 * Tridiagonal form, then divide and conquer: what dsyevd does, in the steps
 * that need nothing of the Fortran run-time library, so that the static BLAS
 * can be linked without one.
 */
int
recal_syev(int d, double *a, double *w, double *work)
{
	double	   *off_diagonal = work;
	double	   *tau = off_diagonal + d;
	int			lwork = (int) stedc_doubles(d);
	int			liwork = (int) stedc_ints(d);
	int		   *iwork;
	int			info;

	work = tau + d;
	iwork = (int *) (work + lwork);
	dsytrd_("U", &d, a, &d, w, off_diagonal, tau, work, &lwork, &info);
	if (info == 0)
		dorgtr_("U", &d, a, &d, tau, work, &lwork, &info);
	if (info == 0)
		dstedc_("V", &d, w, off_diagonal, a, &d, work, &lwork, iwork, &liwork, &info);
	if (info != 0)
		return info;

	/* row i of a is now the eigenvector of the i-th smallest eigenvalue */
	for (int i = 0; i < d; i++)
		fix_sign(d, a + (size_t) i * d);
	for (int i = 0, j = d - 1; i < j; i++, j--)
	{
		double	   *first = a + (size_t) i * d;
		double	   *last = a + (size_t) j * d;
		double		value = w[i];

		w[i] = w[j];
		w[j] = value;
		for (int f = 0; f < d; f++)
		{
			value = first[f];
			first[f] = last[f];
			last[f] = value;
		}
	}
	for (int i = 0; i < d; i++)
		for (int j = 0; j < i; j++)
		{
			double		value = a[(size_t) i * d + j];

			a[(size_t) i * d + j] = a[(size_t) j * d + i];
			a[(size_t) j * d + i] = value;
		}
	return 0;
}

/*
 * The self-check. Sizes are odd on purpose, and large enough for every
 * kernel's main loop and its edges.
 */
#define CHECK_N		83
#define CHECK_K		70
#define CHECK_LD	96

typedef struct CheckData
{
	float		a[CHECK_LD * CHECK_LD];
	float		b[CHECK_LD * CHECK_LD];
	float		c[CHECK_LD * CHECK_LD];
	float		saved[CHECK_LD * CHECK_LD];
	double		eigen[CHECK_N * CHECK_N];
	double		values[CHECK_N];
	double		work[256 * CHECK_N + 4 * CHECK_N * CHECK_N];	/* more than enough */
} CheckData;

static int
differs(double value, double expected)
{
	/* written so that NaN differs */
	return !(fabs(value - expected) <= 1e-3 * (1.0 + fabs(expected)));
}

/* Σ_f x[f·xstep] y[f·ystep] */
static double
plain_dot(int n, const float *x, int xstep, const float *y, int ystep)
{
	double		sum = 0;

	for (int f = 0; f < n; f++)
		sum += (double) x[(size_t) f * xstep] * y[(size_t) f * ystep];
	return sum;
}

static const char *
check_products(CheckData *s)
{
	const int	n = CHECK_N;
	const int	k = CHECK_K;
	const int	ld = CHECK_LD;
	float		y[CHECK_LD];

	recal_gemm(n, k, n, 1.0f, s->a, ld, s->b, ld, 0.0f, s->c, ld);
	for (int i = 0; i < n; i++)
		for (int j = 0; j < k; j++)
			if (differs(s->c[i * ld + j], plain_dot(n, s->a + i * ld, 1, s->b + j, ld)))
				return "sgemm of the BLAS library computes wrong results on this machine";
	recal_gemm_nt(k, n, k, 1.0f, s->a, ld, s->b, ld, 0.0f, s->c, ld);
	for (int i = 0; i < k; i++)
		for (int j = 0; j < n; j++)
			if (differs(s->c[i * ld + j], plain_dot(k, s->a + i * ld, 1, s->b + j * ld, 1)))
				return "sgemm of the BLAS library computes wrong results on this machine";
	recal_gemm_tn(k, n, n, 1.0f, s->a, ld, s->b, ld, 0.0f, s->c, ld);
	for (int i = 0; i < k; i++)
		for (int j = 0; j < n; j++)
			if (differs(s->c[i * ld + j], plain_dot(n, s->a + i, ld, s->b + j, ld)))
				return "sgemm of the BLAS library computes wrong results on this machine";
	recal_syrk_tn(k, n, 1.0f, s->a, ld, 0.0f, s->c, ld);
	for (int i = 0; i < k; i++)
		for (int j = 0; j <= i; j++)
			if (differs(s->c[i * ld + j], plain_dot(n, s->a + i, ld, s->a + j, ld)))
				return "ssyrk of the BLAS library computes wrong results on this machine";
	recal_gemv(n, k, s->a, ld, s->b, y);
	for (int i = 0; i < n; i++)
		if (differs(y[i], plain_dot(k, s->a + i * ld, 1, s->b, 1)))
			return "sgemv of the BLAS library computes wrong results on this machine";
	memset(y, 0, sizeof(y));
	recal_gemv_t(n, k, s->a, ld, s->b, y);
	for (int i = 0; i < k; i++)
		if (differs(y[i], plain_dot(n, s->a + i, ld, s->b, 1)))
			return "sgemv of the BLAS library computes wrong results on this machine";
	if (differs(recal_dot(n, s->a, s->b), plain_dot(n, s->a, 1, s->b, 1)))
		return "sdot of the BLAS library computes wrong results on this machine";
	return NULL;
}

/* saved ← I + a aᵀ / 8, both triangles; c its Cholesky factor */
static const char *
check_factorizations(CheckData *s)
{
	const int	n = CHECK_N;
	const int	ld = CHECK_LD;
	float		x[CHECK_LD];

	recal_syrk_nt(n, CHECK_K, 0.125f, s->a, ld, 0.0f, s->c, ld);
	for (int i = 0; i < n; i++)
		for (int j = 0; j <= i; j++)
		{
			double		sum = plain_dot(CHECK_K, s->a + i * ld, 1, s->a + j * ld, 1) / 8;

			if (differs(s->c[i * ld + j], sum))
				return "ssyrk of the BLAS library computes wrong results on this machine";
			s->c[i * ld + j] = (float) (sum + (i == j));
			s->saved[i * ld + j] = s->saved[j * ld + i] = s->c[i * ld + j];
		}
	if (recal_potrf(n, s->c, ld) != 0)
		return "spotrf of the BLAS library fails on this machine";
	memcpy(x, s->b, sizeof(x));
	recal_potrs(n, s->c, ld, x);
	for (int i = 0; i < n; i++)
		if (differs(plain_dot(n, s->saved + i * ld, 1, x, 1), s->b[i]))
			return "spotrf or spotrs of the BLAS library computes wrong results on this machine";
	if (recal_potri(n, s->c, ld) != 0)
		return "spotri of the BLAS library fails on this machine";
	for (int i = 0; i < n; i++)
		for (int j = 0; j < n; j++)
			if (differs(plain_dot(n, s->saved + i * ld, 1, s->c + j, ld), i == j))
				return "spotri of the BLAS library computes wrong results on this machine";
	return NULL;
}

static const char *
check_eigen(CheckData *s)
{
	const int	n = CHECK_N;
	const int	ld = CHECK_LD;

	for (int i = 0; i < n; i++)
		for (int j = 0; j < n; j++)
			s->eigen[i * n + j] = s->saved[i * ld + j];
	if (recal_syev(n, s->eigen, s->values, s->work) != 0)
		return "the eigensolver (dstedc) of the BLAS library fails on this machine";
	for (int i = 0; i < n; i++)
		for (int j = 0; j < n; j++)
		{
			double		sum = 0;

			for (int k = 0; k < n; k++)
				sum += s->eigen[i * n + k] * s->values[k] * s->eigen[j * n + k];
			if (differs(sum, s->saved[i * ld + j]))
				return "the eigensolver (dstedc) of the BLAS library computes wrong results on this machine";
		}
	return NULL;
}

const char *
recal_blas_self_check(void)
{
	static CheckData scratch;
	static const char *message = NULL;
	static int	done = 0;

	if (done)
		return message;
	for (int i = 0; i < CHECK_LD * CHECK_LD; i++)
	{
		scratch.a[i] = (float) recal_rng_uniform(1, 1, (uint64_t) i) - 0.5f;
		scratch.b[i] = (float) recal_rng_uniform(1, 2, (uint64_t) i) - 0.5f;
	}
	message = check_products(&scratch);
	if (message == NULL)
		message = check_factorizations(&scratch);
	if (message == NULL)
		message = check_eigen(&scratch);
	done = 1;
	return message;
}

#define FLUSH_TO_ZERO		0x8000
#define DENORMALS_ARE_ZERO	0x0040

uint32_t
recal_denormals_off(void)
{
#ifdef __SSE2__
	uint32_t	state = _mm_getcsr();

	_mm_setcsr(state | FLUSH_TO_ZERO | DENORMALS_ARE_ZERO);
	return state;
#else
	return 0;
#endif
}

void
recal_denormals_restore(uint32_t state)
{
#ifdef __SSE2__
	_mm_setcsr(state);
#endif
}
