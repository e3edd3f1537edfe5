/*
 * als.c
 *		Alternating least squares for implicit feedback: the half-step.
 */
#include <math.h>
#include <string.h>

#include "als_internal.h"
#include "recal_blas.h"
#include "recal_rng.h"

/* the stream of starting factors */
#define STREAM_FACTORS 0x616c73

/* how far ahead to ask for the offsets of a row */
#define ROWS_AHEAD		16

/* for how many observations of a row to ask at once */
#define COLUMNS_AHEAD	32

#define GRAMIAN_ROWS	256
#define ROTATE_ROWS		256

void
recal_als_init_factors(float *factors, int64_t first, int64_t n, int d, uint64_t seed)
{
	const double deviation = 0.1 / sqrt((double) d);

	for (int64_t i = 0; i < n; i++)
		for (int f = 0; f < d; f++)
			factors[i * d + f] = (float) (deviation *
										  recal_rng_normal(seed, STREAM_FACTORS,
														   (uint64_t) (first + i) * RECAL_MAX_FACTORS + (uint64_t) f));
}

int64_t
recal_gramian_work_size(int d)
{
	return (int64_t) d * d;
}

void
recal_gramian(const float *rows, int64_t n, int d, double *gram, float *work, RecalPoll poll,
			  void *arg)
{
	const size_t size = (size_t) d * d;

	memset(gram, 0, sizeof(double) * size);
	for (int64_t first = 0; first < n; first += GRAMIAN_ROWS)
	{
		int64_t		left = n - first;
		int			count = left < GRAMIAN_ROWS ? (int) left : GRAMIAN_ROWS;

		if (poll != NULL)
			poll(arg);
		recal_syrk_tn(d, count, 1.0f, rows + first * d, d, 0.0f, work, d);
		for (int i = 0; i < d; i++)
			for (int j = 0; j <= i; j++)
				gram[(size_t) i * d + j] += work[(size_t) i * d + j];
	}
	for (int i = 0; i < d; i++)
		for (int j = 0; j < i; j++)
			gram[(size_t) j * d + i] = gram[(size_t) i * d + j];
}

int64_t
recal_rotate_work_size(int d)
{
	return (int64_t) ROTATE_ROWS * d;
}

void
recal_rotate(float *rows, int64_t n, int d, const float *basis, float *work)
{
	for (int64_t first = 0; first < n; first += ROTATE_ROWS)
	{
		int64_t		left = n - first;
		int			count = left < ROTATE_ROWS ? (int) left : ROTATE_ROWS;
		float	   *panel = rows + first * d;

		memcpy(work, panel, sizeof(float) * (size_t) count * d);
		recal_gemm(count, d, d, 1.0f, work, d, basis, d, 0.0f, panel, d);
	}
}

/* s = 1/√(a0·w + reg); eigenvalues that rounding made negative count as 0 */
static void
make_scale(int d, float unobserved_weight, float reg, const float *eigenvalues, float *scale)
{
	for (int f = 0; f < d; f++)
	{
		float		w = eigenvalues[f] > 0 ? eigenvalues[f] : 0.0f;

		scale[f] = 1.0f / sqrtf(unobserved_weight * w + reg);
	}
}

/*
 * What the prior costs at x0, where nothing is observed: Σ prior² · reg · a0·w · s².
 * With ratings a0·w is ridge, and the ridge pulls to x0 itself.
 */
static double
prior_loss(const RecalAlsHalfStep *step, float reg, const float *scale, const float *prior)
{
	double		loss = 0;

	if (prior == NULL || step->ratings)
		return 0;
	for (int f = 0; f < step->d; f++)
	{
		double		w = step->eigenvalues[f] > 0 ? step->eigenvalues[f] : 0.0f;

		loss += w * scale[f] * scale[f] * prior[f] * prior[f];
	}
	return loss * reg * step->unobserved_weight;
}

static float
row_ridge(const RecalAlsHalfStep *step, int64_t n)
{
	if (step->ratings)
		return step->regularization;
	return (float) (step->regularization *
					((double) n + (double) step->unobserved_weight * (double) step->nfixed));
}

void
recal_als_mean_prior(int d, float mean_likes, float unobserved_weight, float reg,
					 const float *eigenvalues, int64_t n, const float *confidences,
					 const float *mean, float *prior)
{
	int64_t		likes = 0;
	float		share;

	for (int64_t j = 0; j < n; j++)
		likes += confidences[j] > 0;
	share = likes > 0 ? mean_likes / (mean_likes + (float) likes) : 1.0f;
	for (int f = 0; f < d; f++)
	{
		float		w = eigenvalues[f] > 0 ? eigenvalues[f] : 0.0f;

		prior[f] = share * mean[f] * (unobserved_weight * w + reg) / reg;
	}
}

/*
 * Which way a row of n observations is solved, from n and d alone: a row's
 * bits must not depend on its company. Break-evens as measured by
 * test/unit/bench_rows.c.
 */
typedef enum Way
{
	WAY_LANES_DUAL,
	WAY_LANES_PRIMAL,
	WAY_ALONE
} Way;

/* beyond this, lengths differ too much from row to row to fill the lanes */
#define LONGEST_IN_LANES 8192

/* with more factors the lanes' systems are too large for the caches */
#define MOST_FACTORS_IN_LANES 256

/* The n×n system is the cheaper one up to n = d, give or take a tenth. */
static int
lanes_dual_limit(int d)
{
	return d <= MOST_FACTORS_IN_LANES ? d : MOST_FACTORS_IN_LANES;
}

static Way
choose_way(int d, int64_t n)
{
	if (n <= lanes_dual_limit(d))
		return WAY_LANES_DUAL;
	if (n <= LONGEST_IN_LANES && d <= MOST_FACTORS_IN_LANES)
		return WAY_LANES_PRIMAL;
	return WAY_ALONE;
}

static int64_t
align_floats(int64_t n)
{
	return (n + 15) & ~(int64_t) 15;
}

/* The batch being collected, and its place in the workspace */
typedef struct Collector
{
	RecalLaneBatch batch;
	RecalLaneRow rows[RECAL_MAX_LANES];
	int64_t		numbers[RECAL_MAX_LANES];
	int			count;
	const RecalLanes *kernel;
	float	   *scales;			/* [RECAL_MAX_LANES + 1][d] */
	float	   *priors;			/* likewise, of the mean */
	float		regs[RECAL_MAX_LANES + 1];
	float	   *row_work;
} Collector;

int64_t
recal_als_work_size(int d)
{
	int64_t		row = recal_row_work_size(d);
	int64_t		lanes = recal_lanes_work_size(d, lanes_dual_limit(d), true);

	if (d <= MOST_FACTORS_IN_LANES && lanes < recal_lanes_work_size(d, 0, false))
		lanes = recal_lanes_work_size(d, 0, false);
	return align_floats(row > lanes ? row : lanes) +
		align_floats((int64_t) (3 * RECAL_MAX_LANES + 2) * d);
}

static void
collector_init(Collector *c, const RecalAlsHalfStep *step, float *work)
{
	const int	d = step->d;

	memset(c, 0, sizeof(*c));
	c->kernel = recal_lanes_choice(0);
	c->scales = work;
	c->priors = work + (size_t) (RECAL_MAX_LANES + 1) * d;
	c->batch.solved = c->priors + (size_t) (RECAL_MAX_LANES + 1) * d;
	work += align_floats((int64_t) (3 * RECAL_MAX_LANES + 2) * d);
	c->row_work = work;
	c->batch.work = work;
	c->batch.d = d;
	c->batch.ratings = step->ratings;
	c->batch.fixed = step->fixed;
	c->batch.rows = c->rows;
	for (int u = 0; u <= RECAL_MAX_LANES; u++)
		c->regs[u] = NAN;
}

/* The scale of a ridge, remembered in a slot: neighbours mostly have the same length */
static const float *
collector_scale(Collector *c, const RecalAlsHalfStep *step, int slot, float reg)
{
	float	   *scale = c->scales + (size_t) slot * step->d;

	if (c->regs[slot] != reg)
	{
		make_scale(step->d, step->unobserved_weight, reg, step->eigenvalues, scale);
		c->regs[slot] = reg;
	}
	return scale;
}

static const float *
collector_prior(Collector *c, const RecalAlsHalfStep *step, int slot, int64_t number, float reg)
{
	const RecalCsr *rows = step->rows;
	int64_t		offset = rows->offsets[number];
	float	   *prior = c->priors + (size_t) slot * step->d;

	if (step->mean == NULL)
		return step->prior != NULL ? step->prior + number * step->prior_stride : NULL;
	recal_als_mean_prior(step->d, step->mean_likes, step->unobserved_weight, reg,
						 step->eigenvalues, rows->offsets[number + 1] - offset,
						 rows->confidences + offset, step->mean, prior);
	return prior;
}

/* Solves what has been collected and stores it row by row. */
static const char *
collector_flush(Collector *c, const RecalAlsHalfStep *step, double *loss, int64_t *bad_row)
{
	const int	d = step->d;

	if (c->count == 0)
		return NULL;
	c->batch.nmax = 0;
	for (int u = 0; u < c->count; u++)
		if (c->rows[u].n > c->batch.nmax)
			c->batch.nmax = c->rows[u].n;
	for (int u = c->count; u < c->kernel->lanes; u++)
	{
		c->rows[u] = c->rows[0];
		c->rows[u].n = 0;
	}
	c->kernel->solve(&c->batch);
	for (int u = 0; u < c->count; u++)
	{
		const RecalLaneRow *row = &c->rows[u];
		const float *x = c->batch.solved + (size_t) u * d;
		float		check = 0;

		for (int f = 0; f < d; f++)
			check += x[f] * 0.0f;
		if (!(check == 0.0f && isfinite(row->loss)))
		{
			*bad_row = c->numbers[u];
			return recal_singular_message;
		}
		memcpy(step->solved + c->numbers[u] * d, x, sizeof(float) * (size_t) d);
		*loss += row->loss + prior_loss(step, row->reg, row->scale, row->prior);
	}
	c->count = 0;
	return NULL;
}

/* A row too long for the lanes, on its own */
static const char *
solve_long_row(Collector *c, const RecalAlsHalfStep *step, int64_t number, float reg,
			   double *loss, RecalPoll poll, void *arg)
{
	const RecalCsr *rows = step->rows;
	int64_t		offset = rows->offsets[number];
	RecalRow	row = {0};
	const char *message;

	row.d = step->d;
	row.ratings = step->ratings;
	row.n = rows->offsets[number + 1] - offset;
	row.reg = reg;
	row.fixed = step->fixed;
	row.columns = rows->columns + offset;
	row.confidences = rows->confidences + offset;
	row.scale = collector_scale(c, step, RECAL_MAX_LANES, reg);
	row.prior = collector_prior(c, step, RECAL_MAX_LANES, number, reg);
	row.x = step->solved + number * step->d;
	message = recal_row_solve(&row, row.n <= step->d, c->row_work, poll, arg);
	if (message == NULL)
		*loss += row.loss + prior_loss(step, reg, row.scale, row.prior);
	return message;
}

const char *
recal_als_solve_rows(const RecalAlsHalfStep *step, const int32_t *order, int64_t first,
					 int64_t n, float *work, double *loss, int64_t *bad_row, RecalPoll poll,
					 void *arg)
{
	const RecalCsr *rows = step->rows;
	Collector	collector;
	const char *message;

	collector_init(&collector, step, work);
	for (int64_t i = first; i < first + n; i++)
	{
		int64_t		number = order != NULL ? order[i] : i;
		int64_t		offset = rows->offsets[number];
		int64_t		count = rows->offsets[number + 1] - offset;
		float		reg = row_ridge(step, count);
		Way			way = choose_way(step->d, count);
		RecalLaneRow *row;

		if (poll != NULL)
			poll(arg);
		if (order != NULL && i + ROWS_AHEAD < first + n)
			__builtin_prefetch(rows->offsets + order[i + ROWS_AHEAD]);
		if (way == WAY_ALONE)
		{
			message = solve_long_row(&collector, step, number, reg, loss, poll, arg);
			if (message != NULL)
			{
				*bad_row = number;
				return message;
			}
			continue;
		}
		if (collector.count > 0 && collector.batch.dual != (way == WAY_LANES_DUAL))
		{
			message = collector_flush(&collector, step, loss, bad_row);
			if (message != NULL)
				return message;
		}
		collector.batch.dual = way == WAY_LANES_DUAL;
		row = &collector.rows[collector.count];
		row->n = (int) count;
		row->reg = reg;
		row->columns = rows->columns + offset;
		row->confidences = rows->confidences + offset;
		for (int j = 0; j < COLUMNS_AHEAD; j += 16)
		{
			__builtin_prefetch(row->columns + j);
			__builtin_prefetch(row->confidences + j);
		}
		/* which is written when the batch is full */
		for (int f = 0; f < step->d; f += 16)
			__builtin_prefetch(step->solved + number * step->d + f, 1, 2);
		row->scale = collector_scale(&collector, step, collector.count, reg);
		row->prior = collector_prior(&collector, step, collector.count, number, reg);
		collector.numbers[collector.count++] = number;
		if (collector.count == collector.kernel->lanes)
		{
			message = collector_flush(&collector, step, loss, bad_row);
			if (message != NULL)
				return message;
		}
	}
	return collector_flush(&collector, step, loss, bad_row);
}

/* A row whose factors lie gathered; its scale is put at the beginning of work. */
static RecalRow
gathered_row(int d, bool ratings, float unobserved_weight, float reg, const float *eigenvalues, int64_t n,
			 const float *gathered, const float *confidences, float *scale)
{
	RecalRow	row = {0};

	make_scale(d, unobserved_weight, reg, eigenvalues, scale);
	row.d = d;
	row.ratings = ratings;
	row.n = n;
	row.reg = reg;
	row.gathered = gathered;
	row.confidences = confidences;
	row.scale = scale;
	return row;
}

const char *
recal_als_fold_in(int d, bool ratings, float unobserved_weight, float reg,
				  const float *eigenvalues, int64_t n, float *gathered,
				  const float *confidences, const float *prior, float *x, float *work,
				  RecalPoll poll, void *arg)
{
	RecalRow	row = gathered_row(d, ratings, unobserved_weight, reg, eigenvalues, n, gathered,
								   confidences, work);

	row.prior = prior;
	row.x = x;
	return recal_row_solve(&row, n <= d, work + align_floats(d), poll, arg);
}

const char *
recal_als_reasons(int d, bool ratings, float unobserved_weight, float reg,
				  const float *eigenvalues, int64_t n, const float *gathered,
				  const float *confidences, const float *y, float *reasons, float *work,
				  RecalPoll poll, void *arg)
{
	RecalRow	row = gathered_row(d, ratings, unobserved_weight, reg, eigenvalues, n, gathered,
								   confidences, work);

	return recal_row_reasons(&row, n <= d, y, reasons, work + align_floats(d), poll, arg);
}

double
recal_als_regularizer(const float *factors, const RecalCsr *rows, int d,
					  float unobserved_weight, int64_t nother)
{
	double		sum = 0;

	for (int64_t r = 0; r < rows->nrows; r++)
	{
		const float *x = factors + r * d;
		double		norm = 0;

		for (int f = 0; f < d; f++)
			norm += (double) x[f] * x[f];
		sum += norm * ((double) (rows->offsets[r + 1] - rows->offsets[r]) +
					   (double) unobserved_weight * (double) nother);
	}
	return sum;
}
