/*
 * network_train.c
 *		Training of the network: memory, batches, and the blocks of a step.
 *
 * Gradients of parameters are never stored by slice. Slices leave behind what
 * goes into and out of every layer, and a block of the update multiplies the
 * two over the whole batch for the parameters it is to change. Rows of e are
 * touched here and there: slices list their gradients, sorted by item block,
 * and the block adds them up in the order of slices.
 */
#include <math.h>
#include <string.h>

#include "network_internal.h"
#include "recal_blas.h"
#include "recal_rng.h"

#define STREAM_SHUFFLE		0x6e65747368756600
#define STREAM_NEGATIVES	0x6e65746e65670000

/* parameters of a layer that a block changes, about */
#define BLOCK_PARAMETERS	16384

/* blocks of items with negatives, at most */
#define MAX_ITEM_BLOCKS		64

/* negatives are drawn in proportion to a power of popularity */
#define POPULARITY_POWER	0.75

#define ADAM_FIRST			0.9
#define ADAM_SECOND			0.999
#define ADAM_EPSILON		1e-8

/* a mean loss that no honest start has: blind guessing has log(items) */
#define DIVERGED(nitems)	(20.0 + 4.0 * log((double) (nitems) + 1.0))

/*
 * Few rows want many steps: small batches. Measured on two sets of 100,000
 * ratings, of which one learns from eight epochs and the other forgets after four.
 */
void
recal_net_default_options(RecalNetOptions *options, int64_t rows, int64_t nitems)
{
	memset(options, 0, sizeof(*options));
	options->dropout = 0.2f;
	options->learning_rate = 1e-3f;
	options->batch = rows < 500000 ? 256 : rows < 5000000 ? 512 : 1024;
	options->slice = 64;
	options->epochs = rows < 20000000 ? 6 : 4;
	options->negatives = nitems > RECAL_NET_FULL_SOFTMAX ||
		(double) rows * (double) nitems > RECAL_NET_FULL_WORK ? 1024 : 0;
	options->seed = 42;
}

const char *
recal_net_check_options(const RecalNetOptions *options)
{
	if (!(options->dropout >= 0 && options->dropout < 1))
		return "dropout is out of range";
	if (!(options->learning_rate > 0 && isfinite(options->learning_rate)))
		return "the learning rate is out of range";
	if (options->batch < 1 || options->batch > RECAL_NET_MAX_BATCH)
		return "the batch size is out of range";
	if (options->slice < 1 || options->slice > RECAL_NET_MAX_SLICE)
		return "the size of slices is out of range";
	if (options->epochs < 1)
		return "the number of epochs is out of range";
	if (options->negatives < 0 || options->negatives > RECAL_NET_MAX_NEGATIVES)
		return "the number of negatives is out of range";
	return NULL;
}

/*
 * Memory.
 */
int
recal_net_max_slices(const RecalNetOptions *options)
{
	return (options->batch + options->slice - 1) / options->slice;
}

/*
 * A segment with rows before it is at least half a RECAL_NET_SEGMENT long, or
 * else cut by the slice's borders.
 */
int64_t
recal_net_max_entries(const RecalNetOptions *options)
{
	int64_t		pieces = options->slice / (RECAL_NET_SEGMENT / 2) + 2;

	return options->slice + RECAL_NET_WINDOW * (pieces < options->slice ? pieces : options->slice);
}

int64_t
recal_net_block_items(const RecalNetShape *shape, const RecalNetOptions *options)
{
	int64_t		n = RECAL_NET_TILE;

	if (options->negatives > 0 && n * MAX_ITEM_BLOCKS < shape->nitems)
		n = (shape->nitems + MAX_ITEM_BLOCKS - 1) / MAX_ITEM_BLOCKS;
	return n;
}

static int
item_blocks(const RecalNetShape *shape, const RecalNetOptions *options)
{
	int64_t		n = recal_net_block_items(shape, options);

	return (int) ((shape->nitems + n - 1) / n);
}

static int64_t
max_segments(const RecalNetHistories *histories)
{
	return histories->offsets[histories->nusers] / RECAL_NET_SEGMENT + histories->nusers + 1;
}

/* Takes the next bytes; at counts from the memory's beginning. */
static void *
take(char *memory, int64_t *at, int64_t bytes)
{
	void	   *place = (void *) ((uintptr_t) memory + (uintptr_t) *at);

	*at += (bytes + 63) & ~(int64_t) 63;
	return place;
}

#define TAKE(field, count) \
	(t->field = take(memory, &at, (int64_t) sizeof(*t->field) * (count)))

/* Lays the memory out; returns its size. */
static int64_t
lay_out(RecalNetTraining *t, char *memory)
{
	const RecalNetShape *shape = &t->net.shape;
	const RecalNetOptions *options = &t->options;
	const int64_t batch = options->batch;
	const int64_t slices = recal_net_max_slices(options);
	const int64_t entries = slices * recal_net_max_entries(options);
	const int64_t negatives = options->negatives;
	const int64_t size = (int64_t) sizeof(float) * recal_net_size(shape);
	int64_t		tiles;
	int64_t		at = 0;

	tiles = ((negatives > 0 ? negatives : shape->nitems) + RECAL_NET_TILE - 1) / RECAL_NET_TILE;
	TAKE(state, 1);
	recal_net_bind(&t->first, shape, take(memory, &at, size));
	recal_net_bind(&t->second, shape, take(memory, &at, size));
	TAKE(targets, batch);
	TAKE(scales, batch);
	for (int l = 0; l < recal_net_nlayers(shape); l++)
	{
		RecalNetLayer layer = recal_net_layer(shape, l);

		TAKE(activations[l], batch * layer.in);
		TAKE(deltas[l], batch * layer.out);
	}
	TAKE(z, batch * shape->d);
	TAKE(maxima, batch);
	TAKE(norms, batch);
	TAKE(target_shares, batch);
	TAKE(tile_maxima, tiles * batch);
	TAKE(exponentials, tiles * batch * RECAL_NET_TILE);
	TAKE(losses, slices);
	TAKE(counts, slices);
	TAKE(entry_items, entries);
	TAKE(entries, entries * shape->d);
	TAKE(entry_order, entries);
	TAKE(entry_starts, slices * (item_blocks(shape, options) + 1));
	if (negatives > 0)
	{
		TAKE(cumulative, shape->nitems + 1);
		TAKE(strata, negatives + 1);
		TAKE(negatives, negatives);
		TAKE(negative_outputs, negatives * shape->d);
		TAKE(negative_biases, negatives);
	}
	TAKE(segments, max_segments(&t->histories) + 1);
	return at;
}

void
recal_net_training_bind(RecalNetTraining *t, const RecalNet *net, const RecalNetOptions *options,
						const RecalNetHistories *histories, void *memory)
{
	memset(t, 0, sizeof(*t));
	t->net = *net;
	t->options = *options;
	t->histories = *histories;
	(void) lay_out(t, memory);
}

int64_t
recal_net_training_bytes(const RecalNetShape *shape, const RecalNetOptions *options,
						 const RecalNetHistories *histories)
{
	RecalNetTraining t = {0};

	/* places are computed and not used */
	t.net.shape = *shape;
	t.options = *options;
	t.histories = *histories;
	return lay_out(&t, NULL);
}

int64_t
recal_net_work_size(const RecalNetTraining *t)
{
	const RecalNetShape *shape = &t->net.shape;
	int64_t		slice = t->options.slice;
	int64_t		size = recal_net_align(slice * RECAL_NET_DECAYS) +
		recal_net_align(slice * recal_net_width(shape)) +
		recal_net_align(RECAL_NET_DECAYS * shape->d) + slice * 2;
	int64_t		update = recal_net_outputs_work_size(t);

	for (int l = 0; l < recal_net_nlayers(shape); l++)
	{
		RecalNetLayer layer = recal_net_layer(shape, l);
		int64_t		block = BLOCK_PARAMETERS + 16 * (int64_t) layer.out;

		if (update < block)
			update = block;
	}
	return recal_net_align(size > update ? size : update);
}

/*
 * The leader's side.
 */
void
recal_net_start(RecalNetTraining *t, const int64_t *counts)
{
	const int64_t size = recal_net_size(&t->net.shape);
	const int	n = t->options.negatives;
	int64_t		item = 0;

	memset(t->state, 0, sizeof(*t->state));
	memset(t->first.dense, 0, sizeof(float) * (size_t) size);
	memset(t->second.dense, 0, sizeof(float) * (size_t) size);
	if (n == 0)
		return;
	t->cumulative[0] = 0;
	for (int64_t i = 0; i < t->net.shape.nitems; i++)
		t->cumulative[i + 1] = t->cumulative[i] + pow((double) counts[i] + 0.1, POPULARITY_POWER);
	for (int k = 0; k <= n; k++)
	{
		double		at = t->cumulative[t->net.shape.nitems] * k / n;

		while (item + 1 < t->net.shape.nitems && t->cumulative[item + 1] <= at)
			item++;
		t->strata[k] = (int32_t) item;
	}
}

int64_t
recal_net_nbatches(const RecalNetTraining *t)
{
	return (t->state->npositions + t->options.batch - 1) / t->options.batch;
}

void
recal_net_begin_epoch(RecalNetTraining *t, int epoch)
{
	const RecalNetHistories *histories = &t->histories;
	RecalNetSegment *segments = t->segments;
	int64_t		n = 0;
	int64_t		start = 0;

	for (int64_t u = 0; u < histories->nusers; u++)
	{
		int64_t		rows = histories->offsets[u + 1] - histories->offsets[u];
		int64_t		pieces = (rows + RECAL_NET_SEGMENT - 1) / RECAL_NET_SEGMENT;

		for (int64_t i = 0; i < pieces; i++)
		{
			segments[n].user = u;
			segments[n].row = histories->offsets[u];
			segments[n].first = (int32_t) (rows * i / pieces);
			segments[n].count = (int32_t) (rows * (i + 1) / pieces) - segments[n].first;
			n++;
		}
	}
	for (int64_t i = n - 1; i > 0; i--)
	{
		int64_t		j = (int64_t) (recal_rng_bits(t->options.seed,
												  STREAM_SHUFFLE + (uint64_t) epoch,
												  (uint64_t) i) % (uint64_t) (i + 1));
		RecalNetSegment segment = segments[i];

		segments[i] = segments[j];
		segments[j] = segment;
	}
	for (int64_t i = 0; i < n; i++)
	{
		segments[i].start = start;
		start += segments[i].count;
	}
	segments[n].start = start;
	t->state->nsegments = n;
	t->state->npositions = start;
	t->state->epoch = epoch;
}

/*
 * One item from each of as many strata of even weight as there are negatives:
 * the number of times an item is drawn has the expectation that the correction
 * names, and less variance than independent draws. They come out sorted; what
 * was drawn more than once has a larger bias.
 */
static void
draw_negatives(RecalNetTraining *t)
{
	const int	d = t->net.shape.d;
	const int	n = t->options.negatives;
	const double total = t->cumulative[t->net.shape.nitems];
	int			different = 0;

	for (int k = 0; k < n; k++)
	{
		double		at = total / n *
			(k + recal_rng_uniform(t->options.seed, STREAM_NEGATIVES,
								   (uint64_t) t->state->step * RECAL_NET_MAX_NEGATIVES + (uint64_t) k));
		int32_t		low = t->strata[k];
		int32_t		high = t->strata[k + 1];

		while (low < high)
		{
			int32_t		middle = low + (high - low) / 2;

			if (t->cumulative[middle + 1] <= at)
				low = middle + 1;
			else
				high = middle;
		}
		if (different == 0 || t->negatives[different - 1] != low)
		{
			t->negatives[different] = low;
			t->negative_biases[different++] = 0;
		}
		t->negative_biases[different - 1] += 1;
	}
	for (int k = 0; k < different; k++)
	{
		int32_t		item = t->negatives[k];
		double		expected = n * (t->cumulative[item + 1] - t->cumulative[item]) / total;

		t->negative_biases[k] = t->net.biases[item] +
			(float) log((double) t->negative_biases[k] / expected);
		memcpy(t->negative_outputs + (size_t) k * d, t->net.outputs + (int64_t) item * d,
			   sizeof(float) * (size_t) d);
	}
	t->state->nnegatives = different;
}

void
recal_net_begin_batch(RecalNetTraining *t, int64_t batch)
{
	RecalNetState *state = t->state;
	int64_t		nbatches = recal_net_nbatches(t);
	double		done = ((double) batch + (double) state->epoch * (double) nbatches) /
		((double) t->options.epochs * (double) nbatches);
	double		unbiased;

	state->first = state->npositions * batch / nbatches;
	state->count = (int) (state->npositions * (batch + 1) / nbatches - state->first);
	state->nslices = (state->count + t->options.slice - 1) / t->options.slice;
	state->step++;

	state->rate = (float) (t->options.learning_rate *
						   0.5 * (1.0 + cos(3.141592653589793 * (done < 1 ? done : 1))));
	if (!t->options.plain_descent)
	{
		unbiased = sqrt(1.0 - pow(ADAM_SECOND, (double) state->step));
		state->rate *= (float) (unbiased / (1.0 - pow(ADAM_FIRST, (double) state->step)));
		state->epsilon = (float) (ADAM_EPSILON * unbiased);
	}
	if (t->options.negatives > 0)
		draw_negatives(t);
}

const char *
recal_net_end_batch(RecalNetTraining *t, double *loss, int64_t *targets)
{
	double		sum = 0;
	int64_t		count = 0;

	for (int i = 0; i < t->state->nslices; i++)
	{
		sum += t->losses[i];
		count += t->counts[i];
	}
	if (!isfinite(sum) || sum > DIVERGED(t->net.shape.nitems) * (double) count)
		return "the loss has grown out of range";
	*loss += sum;
	*targets += count;
	return NULL;
}

/*
 * Slices.
 */
int
recal_net_nslices(const RecalNetTraining *t)
{
	return t->state->nslices;
}

static const RecalNetSegment *
find_segment(const RecalNetTraining *t, int64_t position)
{
	int64_t		low = 0;
	int64_t		high = t->state->nsegments;

	/* the last one that starts at or before the position */
	while (low + 1 < high)
	{
		int64_t		middle = low + (high - low) / 2;

		if (t->segments[middle].start <= position)
			low = middle;
		else
			high = middle;
	}
	return t->segments + low;
}

/* The part of a segment that lies in [position, end) */
static RecalNetSegment
cut_segment(const RecalNetSegment *segment, int64_t position, int64_t end)
{
	RecalNetSegment piece = *segment;
	int32_t		skip = (int32_t) (position - segment->start);

	piece.start = position;
	piece.first += skip;
	piece.count -= skip;
	if (piece.count > end - position)
		piece.count = (int32_t) (end - position);
	return piece;
}

/* Sorts a slice's entries by item block, keeping their order within one. */
static void
sort_entries(const RecalNetTraining *t, int slice, int n)
{
	const int64_t capacity = recal_net_max_entries(&t->options);
	const int64_t block_items = recal_net_block_items(&t->net.shape, &t->options);
	const int	nblocks = item_blocks(&t->net.shape, &t->options);
	const int32_t *items = t->entry_items + slice * capacity;
	int32_t    *order = t->entry_order + slice * capacity;
	int32_t    *starts = t->entry_starts + (int64_t) slice * (nblocks + 1);
	int32_t		sum = 0;

	memset(starts, 0, sizeof(int32_t) * ((size_t) nblocks + 1));
	for (int i = 0; i < n; i++)
		starts[items[i] / block_items]++;
	for (int b = 0; b <= nblocks; b++)
	{
		int32_t		count = starts[b];

		starts[b] = sum;
		sum += count;
	}
	for (int i = 0; i < n; i++)
		order[starts[items[i] / block_items]++] = i;
	for (int b = nblocks; b > 0; b--)
		starts[b] = starts[b - 1];
	starts[0] = 0;
}

void
recal_net_slice(const RecalNetTraining *t, int slice, float *work, RecalPoll poll, void *arg)
{
	const RecalNetKernels *kernels = recal_net_kernels_choice(0);
	const RecalNetState *state = t->state;
	const int	d = t->net.shape.d;
	const int64_t width = recal_net_width(&t->net.shape);
	const int	first = (int) ((int64_t) state->count * slice / state->nslices);
	const int	n = (int) ((int64_t) state->count * (slice + 1) / state->nslices) - first;
	const int64_t capacity = recal_net_max_entries(&t->options);
	float	   *reciprocals = work;
	float	   *gradient = reciprocals + recal_net_align((int64_t) t->options.slice * RECAL_NET_DECAYS);
	float	   *sums = gradient + recal_net_align(t->options.slice * width);
	uint64_t   *keys = (uint64_t *) (sums + recal_net_align(RECAL_NET_DECAYS * d));
	int64_t		begin = state->first + first;
	float	   *activations[RECAL_NET_MAX_HIDDEN + 1];
	float	   *deltas[RECAL_NET_MAX_HIDDEN + 1];
	const bool	dropout = t->options.dropout > 0;
	const RecalNetSegment *segment;
	int			entries = 0;

	for (int l = 0; l < recal_net_nlayers(&t->net.shape); l++)
	{
		RecalNetLayer layer = recal_net_layer(&t->net.shape, l);

		activations[l] = t->activations[l] + (int64_t) first * layer.in;
		deltas[l] = t->deltas[l] + (int64_t) first * layer.out;
	}

	segment = find_segment(t, begin);
	for (int64_t at = begin; at < begin + n; segment++)
	{
		RecalNetSegment piece = cut_segment(segment, at, begin + n);
		int			row = (int) (at - begin);

		recal_net_segment_inputs(&t->net, &t->histories, &piece, activations[0] + row * width,
								 reciprocals + (size_t) row * RECAL_NET_DECAYS, kernels);
		for (int i = 0; i < piece.count; i++)
		{
			int64_t		source = piece.row + piece.first + i;

			t->targets[first + row + i] = t->histories.items[source];
			t->scales[first + row + i] =
				t->histories.weights[source] > 0 ? 1.0f / (float) state->count : 0.0f;
			keys[row + i] = recal_net_dropout_key(t->options.seed, state->epoch, at + i);
		}
		at += piece.count;
	}

	recal_net_layers(&t->net, n, activations, t->z + (int64_t) first * d,
					 dropout ? keys : NULL, t->options.dropout, kernels);
	recal_net_softmax(t, slice, first, n, kernels, poll, arg);
	recal_net_layers_back(&t->net, n, activations, deltas, gradient,
						  dropout ? keys : NULL, t->options.dropout, kernels);

	segment = find_segment(t, begin);
	for (int64_t at = begin; at < begin + n; segment++)
	{
		RecalNetSegment piece = cut_segment(segment, at, begin + n);
		int			row = (int) (at - begin);

		entries += recal_net_segment_gradients(&t->net, &t->histories, &piece,
											   gradient + row * width,
											   reciprocals + (size_t) row * RECAL_NET_DECAYS,
											   t->entry_items + slice * capacity + entries,
											   t->entries + (slice * capacity + entries) * d,
											   sums, kernels);
		at += piece.count;
	}
	sort_entries(t, slice, entries);
}

/*
 * Updates.
 */
void
recal_net_apply(const RecalNetTraining *t, int64_t n, float *p, float *m, float *v,
				const float *g, const RecalNetKernels *kernels)
{
	if (t->options.plain_descent)
		for (int64_t i = 0; i < n; i++)
			p[i] -= t->state->rate * g[i];
	else
		kernels->adam(n, p, m, v, g, t->state->rate, t->state->epsilon);
}

/* rows of a layer's weights that a block changes */
static int
layer_rows(const RecalNetLayer *layer)
{
	int			rows = BLOCK_PARAMETERS / layer->out;

	rows = rows < 16 ? 16 : rows & ~15;
	return rows < layer->in ? rows : layer->in;
}

int
recal_net_nupdates(const RecalNetTraining *t)
{
	int			n = item_blocks(&t->net.shape, &t->options);

	for (int l = 0; l < recal_net_nlayers(&t->net.shape); l++)
	{
		RecalNetLayer layer = recal_net_layer(&t->net.shape, l);
		int			rows = layer_rows(&layer);

		n += (layer.in + rows - 1) / rows;
	}
	return n;
}

/* Rows of a layer's weights from first on, and with the first ones its bias */
static void
update_layer(const RecalNetTraining *t, int l, int first, int rows, float *work,
			 const RecalNetKernels *kernels)
{
	RecalNetLayer layer = recal_net_layer(&t->net.shape, l);
	int64_t		at = layer.weights + (int64_t) first * layer.out;

	recal_gemm_tn(rows, layer.out, t->state->count, 1.0f, t->activations[l] + first, layer.in,
				  t->deltas[l], layer.out, 0.0f, work, layer.out);
	recal_net_apply(t, (int64_t) rows * layer.out, t->net.dense + at, t->first.dense + at,
					t->second.dense + at, work, kernels);
	if (first > 0)
		return;
	memset(work, 0, sizeof(float) * (size_t) layer.out);
	for (int i = 0; i < t->state->count; i++)
		kernels->decay_add(layer.out, 1.0f, work, 1.0f, t->deltas[l] + (size_t) i * layer.out);
	recal_net_apply(t, layer.out, t->net.dense + layer.bias, t->first.dense + layer.bias,
					t->second.dense + layer.bias, work, kernels);
}

/* Rows of e in a block of items: those that some slice has a gradient for */
static void
update_inputs(const RecalNetTraining *t, int block, int64_t first, int64_t n, float *work,
			  const RecalNetKernels *kernels)
{
	const int	d = t->net.shape.d;
	const int64_t capacity = recal_net_max_entries(&t->options);
	const int	nblocks = item_blocks(&t->net.shape, &t->options);
	uint8_t    *touched = (uint8_t *) (work + recal_net_align(n * d));

	memset(touched, 0, (size_t) n);
	for (int slice = 0; slice < t->state->nslices; slice++)
	{
		const int32_t *starts = t->entry_starts + (int64_t) slice * (nblocks + 1);
		const int32_t *order = t->entry_order + slice * capacity;

		for (int32_t i = starts[block]; i < starts[block + 1]; i++)
		{
			int64_t		entry = slice * capacity + order[i];
			int64_t		row = t->entry_items[entry] - first;

			if (touched[row])
				kernels->decay_add(d, 1.0f, work + row * d, 1.0f, t->entries + entry * d);
			else
				memcpy(work + row * d, t->entries + entry * d, sizeof(float) * (size_t) d);
			touched[row] = 1;
		}
	}
	for (int64_t row = 0; row < n; row++)
		if (touched[row])
			recal_net_apply(t, d, t->net.inputs + (first + row) * d,
							t->first.inputs + (first + row) * d,
							t->second.inputs + (first + row) * d, work + row * d, kernels);
}

void
recal_net_update(const RecalNetTraining *t, int block, float *work)
{
	const RecalNetKernels *kernels = recal_net_kernels_choice(0);
	int			nblocks = item_blocks(&t->net.shape, &t->options);
	int64_t		block_items = recal_net_block_items(&t->net.shape, &t->options);

	if (block < nblocks)
	{
		int64_t		first = block * block_items;
		int64_t		left = t->net.shape.nitems - first;
		int64_t		n = left < block_items ? left : block_items;

		recal_net_update_outputs(t, first, n, work, kernels);
		update_inputs(t, block, first, n, work, kernels);
		return;
	}
	block -= nblocks;
	for (int l = 0; l < recal_net_nlayers(&t->net.shape); l++)
	{
		RecalNetLayer layer = recal_net_layer(&t->net.shape, l);
		int			rows = layer_rows(&layer);
		int			blocks = (layer.in + rows - 1) / rows;

		if (block < blocks)
		{
			int			first = block * rows;

			update_layer(t, l, first, layer.in - first < rows ? layer.in - first : rows, work,
						 kernels);
			return;
		}
		block -= blocks;
	}
}
