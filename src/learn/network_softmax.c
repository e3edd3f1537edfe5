/*
 * network_softmax.c
 *		Softmax cross-entropy over the catalogue, or over a sample of it.
 *
 * Items are taken in tiles that stay in the cache. A row's exponentials of one
 * tile refer to the largest logit so far, and what has been summed is rescaled
 * when a larger one turns up, so that every logit is computed only once
 * (Milakov, Gimelshein 2018, "Online normalizer calculation for softmax"). The
 * exponentials are kept: the items' gradient is their product with z.
 */
#include <math.h>
#include <string.h>

#include "network_internal.h"
#include "recal_blas.h"

/* a logit that counts for nothing, and is finite */
#define MASKED -1e30f

int
recal_net_ntiles(const RecalNetTraining *t)
{
	int64_t		n = t->options.negatives > 0 ? t->state->nnegatives : t->net.shape.nitems;

	return (int) ((n + RECAL_NET_TILE - 1) / RECAL_NET_TILE);
}

static float *
tile_exponentials(const RecalNetTraining *t, int tile, int position)
{
	return t->exponentials +
		((size_t) tile * t->options.batch + (size_t) position) * RECAL_NET_TILE;
}

/* Place of an item among the negatives, or -1 */
static int
find_negative(const RecalNetTraining *t, int32_t item)
{
	int			low = 0;
	int			high = t->state->nnegatives;

	while (low < high)
	{
		int			middle = low + (high - low) / 2;

		if (t->negatives[middle] < item)
			low = middle + 1;
		else
			high = middle;
	}
	return low < t->state->nnegatives && t->negatives[low] == item ? low : -1;
}

/* log of the number of times that the item is expected among the negatives */
static float
log_expected(const RecalNetTraining *t, int32_t item)
{
	double		share = (t->cumulative[item + 1] - t->cumulative[item]) /
		t->cumulative[t->net.shape.nitems];

	return (float) log(share * t->options.negatives);
}

/* What a slice's rows know while they walk through the tiles. */
typedef struct Rows
{
	float	   *sums;			/* Σ exp(logit - maximum) */
	float	   *maxima;
	float	   *target_logits;
	int		   *places;			/* of the target among the columns; -1: nowhere */
} Rows;

/* With negatives a row begins with its target, which is in no tile. */
static void
begin_rows(const RecalNetTraining *t, int first, int n, Rows *rows)
{
	const int	d = t->net.shape.d;
	float	   *gradient = t->deltas[t->net.shape.nhidden] + (size_t) first * d;

	for (int i = 0; i < n; i++)
	{
		int32_t		target = t->targets[first + i];
		const float *output = t->net.outputs + (int64_t) target * d;

		if (t->options.negatives == 0)
		{
			rows->maxima[i] = -INFINITY;
			rows->sums[i] = 0;
			rows->places[i] = target;
			memset(gradient + (size_t) i * d, 0, sizeof(float) * (size_t) d);
			continue;
		}
		rows->target_logits[i] = recal_dot(d, t->z + (size_t) (first + i) * d, output) +
			t->net.biases[target] - log_expected(t, target);
		rows->maxima[i] = rows->target_logits[i];
		rows->sums[i] = 1;
		rows->places[i] = find_negative(t, target);
		memcpy(gradient + (size_t) i * d, output, sizeof(float) * (size_t) d);
	}
}

/* One tile of n columns from column0 on: logits, exponentials, and their part of the gradient of z */
static void
add_tile(const RecalNetTraining *t, int tile, int first, int n, const float *outputs,
		 const float *biases, int columns, Rows *rows, const RecalNetKernels *kernels)
{
	const int	d = t->net.shape.d;
	const int	column0 = tile * RECAL_NET_TILE;
	float	   *x = tile_exponentials(t, tile, first);
	float	   *gradient = t->deltas[t->net.shape.nhidden] + (size_t) first * d;

	recal_gemm_nt(n, columns, d, 1.0f, t->z + (size_t) first * d, d, outputs, d, 0.0f, x,
				  RECAL_NET_TILE);
	for (int i = 0; i < n; i++)
	{
		float	   *row = x + (size_t) i * RECAL_NET_TILE;
		int			place = rows->places[i] - column0;
		bool		here = rows->places[i] >= 0 && place >= 0 && place < columns;
		float		max;

		if (here && t->options.negatives > 0)
			row[place] = MASKED;
		max = kernels->add_max(columns, row, biases);
		if (here && t->options.negatives == 0)
			rows->target_logits[i] = row[place];
		if (max > rows->maxima[i])
		{
			float		factor = expf(rows->maxima[i] - max);

			rows->sums[i] *= factor;
			kernels->scale(d, gradient + (size_t) i * d, factor);
			rows->maxima[i] = max;
		}
		rows->sums[i] += kernels->exp_sum(columns, row, rows->maxima[i]);
		t->tile_maxima[(size_t) tile * t->options.batch + first + i] = rows->maxima[i];
	}
	recal_gemm(n, d, columns, 1.0f, x, RECAL_NET_TILE, outputs, d, 1.0f, gradient, d);
}

void
recal_net_softmax(const RecalNetTraining *t, int slice, int first, int n,
				  const RecalNetKernels *kernels, RecalPoll poll, void *arg)
{
	const int	d = t->net.shape.d;
	const bool	sampled = t->options.negatives > 0;
	const float *outputs = sampled ? t->negative_outputs : t->net.outputs;
	const float *biases = sampled ? t->negative_biases : t->net.biases;
	int64_t		ncolumns = sampled ? t->state->nnegatives : t->net.shape.nitems;
	int			ntiles = recal_net_ntiles(t);
	float		sums[RECAL_NET_MAX_SLICE];
	float		target_logits[RECAL_NET_MAX_SLICE];
	int			places[RECAL_NET_MAX_SLICE];
	Rows		rows = {sums, t->maxima + first, target_logits, places};

	begin_rows(t, first, n, &rows);
	for (int tile = 0; tile < ntiles; tile++)
	{
		int64_t		column = (int64_t) tile * RECAL_NET_TILE;
		int64_t		left = ncolumns - column;

		if (poll != NULL)
			poll(arg);
		add_tile(t, tile, first, n, outputs + column * d, biases + column,
				 left < RECAL_NET_TILE ? (int) left : RECAL_NET_TILE, &rows, kernels);
	}

	t->losses[slice] = 0;
	t->counts[slice] = 0;
	for (int i = 0; i < n; i++)
	{
		float		scale = t->scales[first + i];
		float	   *gradient = t->deltas[t->net.shape.nhidden] + (size_t) (first + i) * d;

		/* z's gradient: Σ_i p_i o_i - o_target */
		t->norms[first + i] = scale / sums[i];
		kernels->decay_add(d, t->norms[first + i], gradient, -scale,
						   t->net.outputs + (int64_t) t->targets[first + i] * d);
		t->target_shares[first + i] = sampled ?
			expf(target_logits[i] - rows.maxima[i]) * t->norms[first + i] : 0.0f;
		if (scale > 0)
		{
			t->losses[slice] += log(sums[i]) + (double) rows.maxima[i] - target_logits[i];
			t->counts[slice]++;
		}

		/* few columns: they become shares at once, and z serves as it is */
		for (int tile = 0; sampled && tile < ntiles; tile++)
			kernels->scale(RECAL_NET_TILE, tile_exponentials(t, tile, first + i),
						   t->norms[first + i] *
						   expf(t->tile_maxima[(size_t) tile * t->options.batch + first + i] -
								rows.maxima[i]));
	}
}

/*
 * The update's side. work: sums [n × d], sums of biases [n], z [batch × d], a
 * column [batch], which rows were touched [n bytes].
 */
int64_t
recal_net_outputs_work_size(const RecalNetTraining *t)
{
	int64_t		n = recal_net_block_items(&t->net.shape, &t->options);

	return recal_net_align(n * t->net.shape.d) + recal_net_align(n) +
		recal_net_align((int64_t) t->options.batch * t->net.shape.d) +
		recal_net_align(t->options.batch) + recal_net_align(n / 4 + 1);
}

/* Softmax over all: the block is a tile. Shares are the exponentials times what z is scaled by. */
static void
sum_tile(const RecalNetTraining *t, int tile, int n, float *sums, float *bias_sums, float *z,
		 float *column, const RecalNetKernels *kernels)
{
	const int	d = t->net.shape.d;
	const int	count = t->state->count;
	const float *x = tile_exponentials(t, tile, 0);

	memcpy(z, t->z, sizeof(float) * (size_t) count * d);
	for (int i = 0; i < count; i++)
	{
		column[i] = t->norms[i] *
			expf(t->tile_maxima[(size_t) tile * t->options.batch + i] - t->maxima[i]);
		kernels->scale(d, z + (size_t) i * d, column[i]);
	}
	recal_gemm_tn(n, d, count, 1.0f, x, RECAL_NET_TILE, z, d, 0.0f, sums, d);
	memset(bias_sums, 0, sizeof(float) * (size_t) n);
	for (int i = 0; i < count; i++)
		kernels->decay_add(n, 1.0f, bias_sums, column[i], x + (size_t) i * RECAL_NET_TILE);
}

/* The negatives among items first .. first + n - 1 */
static void
sum_negatives(const RecalNetTraining *t, int64_t first, int64_t n, float *sums,
			  float *bias_sums, uint8_t *touched, float *work, const RecalNetKernels *kernels)
{
	const int	d = t->net.shape.d;
	const int	count = t->state->count;
	int			at = 0;
	int			high = t->state->nnegatives;

	while (at < high)
	{
		int			middle = at + (high - at) / 2;

		if (t->negatives[middle] < first)
			at = middle + 1;
		else
			high = middle;
	}
	while (at < t->state->nnegatives && t->negatives[at] < first + n)
	{
		int			tile = at / RECAL_NET_TILE;
		int			column = at % RECAL_NET_TILE;
		int			columns = 1;
		const float *x = tile_exponentials(t, tile, 0) + column;

		/* as many as work has room for: it is as long as a batch */
		while (column + columns < RECAL_NET_TILE && columns < t->options.batch &&
			   at + columns < t->state->nnegatives &&
			   t->negatives[at + columns] < first + n)
			columns++;
		recal_gemm_tn(columns, d, count, 1.0f, x, RECAL_NET_TILE, t->z, d, 0.0f, work, d);
		for (int c = 0; c < columns; c++)
		{
			int64_t		row = t->negatives[at + c] - first;

			touched[row] = 1;
			memcpy(sums + row * d, work + (size_t) c * d, sizeof(float) * (size_t) d);
			bias_sums[row] = 0;
		}
		for (int i = 0; i < count; i++)
			for (int c = 0; c < columns; c++)
				bias_sums[t->negatives[at + c] - first] += x[(size_t) i * RECAL_NET_TILE + c];
		at += columns;
	}
}

void
recal_net_update_outputs(const RecalNetTraining *t, int64_t first, int64_t n, float *work,
						 const RecalNetKernels *kernels)
{
	const int	d = t->net.shape.d;
	const bool	sampled = t->options.negatives > 0;
	float	   *sums = work;
	float	   *bias_sums = sums + recal_net_align(n * d);
	float	   *z = bias_sums + recal_net_align(n);
	float	   *column = z + recal_net_align((int64_t) t->options.batch * d);
	uint8_t    *touched = (uint8_t *) (column + recal_net_align(t->options.batch));

	memset(touched, !sampled, (size_t) n);
	if (sampled)
		sum_negatives(t, first, n, sums, bias_sums, touched, z, kernels);
	else
		sum_tile(t, (int) (first / RECAL_NET_TILE), (int) n, sums, bias_sums, z, column, kernels);
	for (int i = 0; i < t->state->count; i++)
	{
		int64_t		row = t->targets[i] - first;
		float		share = t->target_shares[i] - t->scales[i];

		if (row < 0 || row >= n || t->scales[i] == 0)
			continue;
		if (!touched[row])
		{
			touched[row] = 1;
			memset(sums + row * d, 0, sizeof(float) * (size_t) d);
			bias_sums[row] = 0;
		}
		kernels->decay_add(d, 1.0f, sums + row * d, share, t->z + (size_t) i * d);
		bias_sums[row] += share;
	}
	for (int64_t row = 0; row < n; row++)
	{
		int64_t		end = row;

		while (end < n && touched[end])
			end++;
		if (end == row)
			continue;
		recal_net_apply(t, (end - row) * d, t->net.outputs + (first + row) * d,
						t->first.outputs + (first + row) * d,
						t->second.outputs + (first + row) * d, sums + row * d, kernels);
		recal_net_apply(t, end - row, t->net.biases + first + row,
						t->first.biases + first + row, t->second.biases + first + row,
						bias_sums + row, kernels);
		row = end;
	}
}
