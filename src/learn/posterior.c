/*
 * posterior.c
 *		Closed-form Gaussian posteriors of user and item factors.
 *
 * With C = LLᵀ the posterior covariance (C⁻¹ + Σ c y yᵀ / σ²)⁻¹ is L B⁻¹ Lᵀ,
 * B = I + PᵀP, P having a row √(c/σ²) yᵀL per observation. C is never inverted:
 * its smallest eigenvalues are far below what single precision could invert.
 */
#include <math.h>
#include <string.h>

#include "recal_blas.h"
#include "recal_posterior.h"

/* rounds of EM for the prior covariance; it hardly moves after the second */
#define EM_ROUNDS 3

/* added to the diagonal of C, as a share of its mean */
#define RIDGE 1e-4

#define SMALLEST_NOISE 1e-6
#define SMALLEST_VARIANCE 1e-9

/* rows of P at a time; the panel is on the stack */
#define STACK_FLOATS 8192

/* rows of P at a time when fitting */
#define FIT_PANEL 128

/* Makes a symmetric matrix of its lower triangle. */
static void
mirror(int d, float *a)
{
	for (int i = 0; i < d; i++)
		for (int j = 0; j < i; j++)
			a[(size_t) j * d + i] = a[(size_t) i * d + j];
}

static void
clear_upper(int d, float *a)
{
	for (int i = 0; i < d; i++)
		for (int j = i + 1; j < d; j++)
			a[(size_t) i * d + j] = 0.0f;
}

static void
transpose_square(int d, float *a)
{
	for (int i = 0; i < d; i++)
		for (int j = 0; j < i; j++)
		{
			float		value = a[(size_t) i * d + j];

			a[(size_t) i * d + j] = a[(size_t) j * d + i];
			a[(size_t) j * d + i] = value;
		}
}

static bool
all_finite(int64_t n, const float *x)
{
	for (int64_t i = 0; i < n; i++)
		if (!isfinite(x[i]))
			return false;
	return true;
}

/* out[n×d] ← rows times √(|c|/σ²) */
static void
weigh_rows(int d, int n, float noise, const float *gathered, const float *confidences, float *out)
{
	for (int j = 0; j < n; j++)
	{
		float		c = confidences != NULL ? confidences[j] : 1.0f;
		float		weight = sqrtf(fabsf(c) / noise);

		for (int f = 0; f < d; f++)
			out[(size_t) j * d + f] = gathered[(size_t) j * d + f] * weight;
	}
}

const char *
recal_posterior_root(int d, const float *covariance, float noise, int64_t n,
					 const float *gathered, const float *confidences, float *root, float *work)
{
	const size_t size = sizeof(float) * (size_t) d * d;
	const int	rows = STACK_FLOATS / 2 / d;
	float		panel[STACK_FLOATS];

	memcpy(root, covariance, size);
	if (recal_potrf(d, root, d) != 0)
		return "the prior covariance of the factors is not positive definite";
	clear_upper(d, root);
	memset(work, 0, size);
	for (int f = 0; f < d; f++)
		work[(size_t) f * d + f] = 1.0f;
	for (int64_t first = 0; first < n; first += rows)
	{
		int			count = n - first < rows ? (int) (n - first) : rows;
		float	   *p = panel + STACK_FLOATS / 2;

		weigh_rows(d, count, noise, gathered + first * d,
				   confidences != NULL ? confidences + first : NULL, panel);
		recal_gemm(count, d, d, 1.0f, panel, d, root, d, 0.0f, p, d);
		recal_syrk_tn(d, count, 1.0f, p, d, 1.0f, work, d);
	}

	/* L B⁻¹ Lᵀ = WᵀW with W = R⁻¹Lᵀ and B = RRᵀ */
	if (recal_potrf(d, work, d) != 0)
		return "the posterior covariance of the factors is not finite";
	transpose_square(d, root);
	recal_trsm(d, d, work, d, root, d);
	return all_finite((int64_t) d * d, root) ? NULL :
		"the posterior covariance of the factors is not finite";
}

const char *
recal_posterior_covariance(int d, const float *covariance, float noise, int64_t n,
						   const float *gathered, const float *confidences, float *s,
						   float *work)
{
	const char *message;

	if (n == 0)
	{
		memcpy(s, covariance, sizeof(float) * (size_t) d * d);
		return NULL;
	}
	message = recal_posterior_root(d, covariance, noise, n, gathered, confidences, s, work);
	if (message != NULL)
		return message;
	recal_syrk_tn(d, d, 1.0f, s, d, 0.0f, work, d);
	mirror(d, work);
	memcpy(s, work, sizeof(float) * (size_t) d * d);
	return NULL;
}

/*
 * The fit.
 */
typedef struct Fit
{
	int			d;
	const float *factors;
	const RecalCsr *rows;
	bool		ratings;
	const float *other;
	int64_t		nsample;		/* rows looked at; those without observations are skipped */
	RecalPoll	poll;
	void	   *arg;

	/* workspace */
	double	   *moment;			/* [d × d] covariance of the estimates */
	double	   *inverses;		/* [d × d] Σ B⁻¹ */
	float	   *panel;			/* [FIT_PANEL × d] */
	float	   *p;				/* [FIT_PANEL × d] */
	float	   *system;			/* [max(d, FIT_PANEL)²] */
	float	   *factor;			/* [d × d] L */
} Fit;

int64_t
recal_posterior_fit_work_size(int d)
{
	int64_t		side = d > FIT_PANEL ? d : FIT_PANEL;

	return 4 * (int64_t) d * d + 2 * (int64_t) FIT_PANEL * d + side * side + (int64_t) d * d + 16;
}

static inline int64_t
sample_row(const Fit *fit, int64_t i)
{
	return (int64_t) ((double) i * (double) fit->rows->nrows / (double) fit->nsample);
}

/* Mean of the rows with observations (of all rows when there is none) into sums[d] */
static void
fit_mean(const Fit *fit, double *sums, float *mean)
{
	const int	d = fit->d;
	const RecalCsr *rows = fit->rows;
	int64_t		used = 0;
	bool		all = recal_csr_nnz(rows) == 0;

	for (int f = 0; f < d; f++)
		sums[f] = 0;
	for (int64_t r = 0; r < rows->nrows; r++)
	{
		if (fit->poll != NULL && r % 4096 == 0)
			fit->poll(fit->arg);
		if (!all && rows->offsets[r + 1] == rows->offsets[r])
			continue;
		used++;
		for (int f = 0; f < d; f++)
			sums[f] += fit->factors[r * d + f];
	}
	for (int f = 0; f < d; f++)
		mean[f] = used > 0 ? (float) (sums[f] / (double) used) : 0.0f;
}

/* moment ← covariance of the sample's estimates; returns the number of rows used */
static int64_t
fit_moment(Fit *fit, const float *mean, float *noise)
{
	const int	d = fit->d;
	const RecalCsr *rows = fit->rows;
	double		squares = 0;
	double		mass = 0;
	int64_t		used = 0;
	int			filled = 0;

	memset(fit->moment, 0, sizeof(double) * (size_t) d * d);
	for (int64_t i = 0; i <= fit->nsample; i++)
	{
		int64_t		r = i < fit->nsample ? sample_row(fit, i) : 0;

		if (i == fit->nsample || filled == FIT_PANEL)
		{
			recal_syrk_tn(d, filled, 1.0f, fit->panel, d, 0.0f, fit->system, d);
			for (int a = 0; a < d; a++)
				for (int b = 0; b <= a; b++)
					fit->moment[(size_t) a * d + b] += fit->system[(size_t) a * d + b];
			filled = 0;
			if (i == fit->nsample)
				break;
		}
		if (rows->offsets[r + 1] == rows->offsets[r])
			continue;
		if (fit->poll != NULL)
			fit->poll(fit->arg);
		for (int64_t k = rows->offsets[r]; k < rows->offsets[r + 1]; k++)
		{
			float		c = rows->confidences[k];
			double		score = recal_dot(d, fit->factors + r * d,
										  fit->other + (size_t) rows->columns[k] * d);
			double		residual = (fit->ratings ? c : c > 0) - score;
			double		weight = fit->ratings ? 1 : fabsf(c);

			squares += weight * residual * residual;
			mass += weight;
		}
		for (int f = 0; f < d; f++)
			fit->panel[(size_t) filled * d + f] = fit->factors[r * d + f] - mean[f];
		filled++;
		used++;
	}
	for (size_t a = 0; a < (size_t) d * d; a++)
		fit->moment[a] /= used > 0 ? (double) used : 1.0;
	*noise = mass > 0 ? (float) (squares / mass) : 1.0f;
	if (*noise < SMALLEST_NOISE)
		*noise = SMALLEST_NOISE;
	return used;
}

/* inverses += B⁻¹ of one row */
static const char *
add_inverse(Fit *fit, int64_t r, float noise)
{
	const int	d = fit->d;
	const RecalCsr *rows = fit->rows;
	const int64_t end = rows->offsets[r + 1];
	const int64_t n = end - rows->offsets[r];
	const bool	dual = n <= FIT_PANEL && n < d;
	const float *result;

	if (!dual)
	{
		memset(fit->system, 0, sizeof(float) * (size_t) d * d);
		for (int f = 0; f < d; f++)
			fit->system[(size_t) f * d + f] = 1.0f;
	}
	for (int64_t first = rows->offsets[r]; first < end; first += FIT_PANEL)
	{
		int			count = end - first < FIT_PANEL ? (int) (end - first) : FIT_PANEL;

		if (fit->poll != NULL)
			fit->poll(fit->arg);
		for (int j = 0; j < count; j++)
			weigh_rows(d, 1, noise, fit->other + (size_t) rows->columns[first + j] * d,
					   fit->ratings ? NULL : rows->confidences + first + j, fit->panel + (size_t) j * d);
		recal_gemm(count, d, d, 1.0f, fit->panel, d, fit->factor, d, 0.0f, fit->p, d);
		if (!dual)
			recal_syrk_tn(d, count, 1.0f, fit->p, d, 1.0f, fit->system, d);
	}
	if (dual)
	{
		/* B⁻¹ = I − WᵀW with W = R⁻¹P and I + PPᵀ = RRᵀ */
		int			m = (int) n;

		recal_syrk_nt(m, d, 1.0f, fit->p, d, 0.0f, fit->system, m);
		for (int j = 0; j < m; j++)
			fit->system[(size_t) j * m + j] += 1.0f;
		if (recal_potrf(m, fit->system, m) != 0)
			return "the posterior covariance of the factors is not finite";
		recal_trsm(m, d, fit->system, m, fit->p, d);
		recal_syrk_tn(d, m, -1.0f, fit->p, d, 0.0f, fit->system, d);
		for (int f = 0; f < d; f++)
			fit->system[(size_t) f * d + f] += 1.0f;
	}
	else if (recal_potrf(d, fit->system, d) != 0 || recal_potri(d, fit->system, d) != 0)
		return "the posterior covariance of the factors is not finite";
	result = fit->system;
	for (int a = 0; a < d; a++)
		for (int b = 0; b <= a; b++)
			fit->inverses[(size_t) a * d + b] += result[(size_t) a * d + b];
	return NULL;
}

/* covariance ← moment + mean posterior + ridge; mean posterior [d×d] may be NULL */
static void
assemble(const Fit *fit, const float *mean, const float *posterior, float *covariance)
{
	const int	d = fit->d;
	double		trace = 0;

	for (int a = 0; a < d; a++)
		for (int b = 0; b <= a; b++)
		{
			size_t		at = (size_t) a * d + b;

			covariance[at] = (float) (fit->moment[at] + (posterior != NULL ? posterior[at] : 0.0f));
		}
	for (int f = 0; f < d; f++)
		trace += covariance[(size_t) f * d + f];

	/* one row has no spread: take the size of the factors for it */
	if (trace <= SMALLEST_VARIANCE)
	{
		trace = SMALLEST_VARIANCE;
		for (int f = 0; f < d; f++)
			trace += (double) mean[f] * mean[f];
		for (int f = 0; f < d; f++)
			covariance[(size_t) f * d + f] += (float) (trace / d);
	}
	for (int f = 0; f < d; f++)
		covariance[(size_t) f * d + f] += (float) (RIDGE * trace / d);
	mirror(d, covariance);
}

const char *
recal_posterior_fit(const float *factors, const RecalCsr *rows, bool ratings,
					const float *other, int d, int64_t max_sample, float *mean,
					float *covariance, float *noise, float *work, RecalPoll poll, void *arg)
{
	const size_t size = (size_t) d * d;
	const size_t side = d > FIT_PANEL ? (size_t) d : FIT_PANEL;
	Fit			fit = {0};
	int64_t		used;

	fit.d = d;
	fit.factors = factors;
	fit.rows = rows;
	fit.ratings = ratings;
	fit.other = other;
	fit.nsample = max_sample > 0 && max_sample < rows->nrows ? max_sample : rows->nrows;
	fit.poll = poll;
	fit.arg = arg;
	fit.moment = (double *) work;
	fit.inverses = fit.moment + size;
	fit.panel = work + 4 * size;
	fit.p = fit.panel + (size_t) FIT_PANEL * d;
	fit.system = fit.p + (size_t) FIT_PANEL * d;
	fit.factor = fit.system + side * side;

	fit_mean(&fit, fit.inverses, mean);
	used = fit_moment(&fit, mean, noise);
	assemble(&fit, mean, NULL, covariance);
	for (int round = 0; round < EM_ROUNDS && used > 0; round++)
	{
		memcpy(fit.factor, covariance, sizeof(float) * size);
		if (recal_potrf(d, fit.factor, d) != 0)
			return "the covariance of the factors is not finite";
		clear_upper(d, fit.factor);
		memset(fit.inverses, 0, sizeof(double) * size);
		for (int64_t i = 0; i < fit.nsample; i++)
		{
			int64_t		r = sample_row(&fit, i);
			const char *message = NULL;

			if (rows->offsets[r + 1] > rows->offsets[r])
				message = add_inverse(&fit, r, *noise);
			if (message != NULL)
				return message;
		}

		/* the mean posterior is L (mean of B⁻¹) Lᵀ */
		for (int a = 0; a < d; a++)
			for (int b = 0; b <= a; b++)
				fit.system[(size_t) a * d + b] = fit.system[(size_t) b * d + a] =
					(float) (fit.inverses[(size_t) a * d + b] / (double) used);
		recal_gemm(d, d, d, 1.0f, fit.factor, d, fit.system, d, 0.0f, covariance, d);
		recal_gemm_nt(d, d, d, 1.0f, covariance, d, fit.factor, d, 0.0f, fit.system, d);
		assemble(&fit, mean, fit.system, covariance);
	}
	if (!all_finite(d, mean) || !all_finite((int64_t) d * d, covariance) || !isfinite(*noise))
		return "the covariance of the factors is not finite";
	return NULL;
}

int64_t
recal_posterior_item_transform_work_size(int d)
{
	return 3 * (int64_t) d * d + d + recal_syev_work_size(d);
}

/*
 * L with LLᵀ = Σ, then the eigenvectors V of LᵀML: T = LV has TTᵀ = Σ and TᵀMT
 * diagonal. L is from Σ's eigenvectors and not a Cholesky factor, because
 * alike items leave Σ with no spread in most directions.
 */
const char *
recal_posterior_item_transform(int d, const float *item_covariance, const float *user_moment,
							   float *transform, float *rates, double *work)
{
	const size_t size = (size_t) d * d;
	double	   *l = work;
	double	   *k = l + size;
	double	   *product = k + size;
	double	   *values = product + size;

	for (size_t i = 0; i < size; i++)
	{
		l[i] = item_covariance[i];
		k[i] = user_moment[i];
	}
	if (recal_syev(d, l, values, values + d) != 0)
		return "the covariance of the items' factors cannot be diagonalized";
	/* rounding may take no spread for a little less */
	if (!(values[d - 1] >= -RIDGE * fabs(values[0])))
		return "the covariance of the items' factors is not one";
	for (int i = 0; i < d; i++)
		for (int j = 0; j < d; j++)
			l[(size_t) i * d + j] *= values[j] > 0 ? sqrt(values[j]) : 0;
	recal_gemm_double(d, k, l, product, false);
	recal_gemm_double(d, l, product, k, true);
	for (int i = 0; i < d; i++)
		for (int j = 0; j < i; j++)
			k[(size_t) i * d + j] = k[(size_t) j * d + i] =
				0.5 * (k[(size_t) i * d + j] + k[(size_t) j * d + i]);
	if (recal_syev(d, k, values, values + d) != 0)
		return "the items' posterior cannot be diagonalized";
	recal_gemm_double(d, l, k, product, false);
	for (size_t i = 0; i < size; i++)
		transform[i] = (float) product[i];
	for (int f = 0; f < d; f++)
		rates[f] = values[f] > 0 ? (float) values[f] : 0.0f;
	if (!all_finite((int64_t) size, transform) || !all_finite(d, rates))
		return "the items' posterior is not finite";
	return NULL;
}

void
recal_posterior_item_loadings(int d, const float *transform, const float *x, const float *s,
							  float *loadings, float *work)
{
	memset(loadings, 0, sizeof(float) * (size_t) d);
	recal_gemv_t(d, d, transform, d, x, loadings);
	recal_gemm(d, d, d, 1.0f, s, d, transform, d, 0.0f, work, d);
	for (int k = 0; k < d; k++)
		loadings[k] *= loadings[k];
	for (int f = 0; f < d; f++)
		for (int k = 0; k < d; k++)
			loadings[k] += transform[(size_t) f * d + k] * work[(size_t) f * d + k];
}

float
recal_posterior_score_variance(int d, const float *y, const float *s, const float *loadings,
							   const float *rates, float mass, float noise)
{
	const float ratio = mass / noise;
	double		variance = 0;

	for (int f = 0; f < d; f++)
		variance += (double) y[f] * recal_dot(d, s + (size_t) f * d, y) +
			loadings[f] / (1.0f + ratio * rates[f]);
	return variance > 0 ? (float) variance : 0.0f;
}
