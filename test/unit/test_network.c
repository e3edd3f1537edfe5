/*
 * test_network.c
 *		The network against plain loops and finite differences.
 */
#include "unit.h"

#include <stdio.h>

#include "../../src/learn/network_internal.h"
#include "recal_blas.h"

/* A training with everything that belongs to it */
typedef struct Setup
{
	RecalNetShape shape;
	RecalNetOptions options;
	RecalNetHistories histories;
	int64_t    *offsets;
	int32_t    *items;
	float	   *weights;
	int64_t    *counts;
	RecalNet	net;
	RecalNetTraining t;
	void	   *memory;
	int64_t		memory_bytes;
	float	   *work;
} Setup;

#define GUARD 64

/* Histories of the given lengths; skip < nitems makes them random walks */
static void
make_histories(Setup *s, int nusers, const int *lengths, bool weighted)
{
	int64_t		rows = 0;
	int64_t		at = 0;

	for (int u = 0; u < nusers; u++)
		rows += lengths[u];
	s->offsets = unit_alloc(sizeof(int64_t) * ((size_t) nusers + 1));
	s->items = unit_alloc(sizeof(int32_t) * (size_t) (rows + 1));
	s->weights = unit_floats(rows + 1);
	s->counts = unit_alloc(sizeof(int64_t) * (size_t) s->shape.nitems);
	memset(s->counts, 0, sizeof(int64_t) * (size_t) s->shape.nitems);
	for (int u = 0; u < nusers; u++)
	{
		s->offsets[u] = at;
		for (int i = 0; i < lengths[u]; i++, at++)
		{
			double		share = recal_rng_uniform(5, 1, (uint64_t) at);

			s->items[at] = (int32_t) ((double) s->shape.nitems * share * share);
			s->weights[at] = 1;
			if (weighted)
				s->weights[at] = (float) (0.25 + 3 * recal_rng_uniform(5, 2, (uint64_t) at));
			if (weighted && recal_rng_uniform(5, 3, (uint64_t) at) < 0.15)
				s->weights[at] = -s->weights[at];
			s->counts[s->items[at]]++;
		}
	}
	s->offsets[nusers] = at;
	s->histories = (RecalNetHistories) {nusers, s->offsets, s->items, s->weights};
}

static void
begin(Setup *s, double factor)
{
	int64_t		size = recal_net_size(&s->shape);
	float	   *factors = unit_normals(s->shape.nitems * s->shape.d, 1, 9);
	int64_t		work;

	assert_null(recal_net_check_shape(&s->shape));
	assert_null(recal_net_check_options(&s->options));
	recal_net_bind(&s->net, &s->shape, unit_floats(size));
	recal_net_init(&s->net, factors, s->counts, s->options.seed);

	/* larger than at the start, so that gradients are not all alike */
	for (int64_t i = 0; factor > 0 && i < size; i++)
		s->net.dense[i] = (float) (s->net.dense[i] * factor +
								   0.05 * recal_rng_normal(6, 1, (uint64_t) i));
	s->memory_bytes = recal_net_training_bytes(&s->shape, &s->options, &s->histories);
	s->memory = unit_alloc((size_t) s->memory_bytes + GUARD);
	recal_net_training_bind(&s->t, &s->net, &s->options, &s->histories, s->memory);
	work = recal_net_work_size(&s->t);
	s->work = unit_floats(work + GUARD);
	recal_net_start(&s->t, s->counts);
	free(factors);
}

static void
end(Setup *s)
{
	int64_t		work = recal_net_work_size(&s->t);
	unsigned char *after = (unsigned char *) s->memory + s->memory_bytes;

	/* nothing was written behind what was asked for */
	for (int i = 0; i < GUARD; i++)
		assert_int_equal(after[i], 0x7f);
	after = (unsigned char *) (s->work + work);
	for (int i = 0; i < GUARD; i++)
		assert_int_equal(after[i], 0x7f);
	free(s->offsets);
	free(s->items);
	free(s->weights);
	free(s->counts);
	free(s->net.dense);
	free(s->memory);
	free(s->work);
}

/* One batch, its blocks in order or backward */
static const char *
run_batch(Setup *s, int64_t batch, bool backward, double *loss, int64_t *targets)
{
	int			n;

	recal_net_begin_batch(&s->t, batch);
	n = recal_net_nslices(&s->t);
	for (int i = 0; i < n; i++)
		recal_net_slice(&s->t, backward ? n - 1 - i : i, s->work, NULL, NULL);
	n = recal_net_nupdates(&s->t);
	for (int i = 0; i < n; i++)
		recal_net_update(&s->t, backward ? n - 1 - i : i, s->work);
	return recal_net_end_batch(&s->t, loss, targets);
}

/* An epoch's mean loss; fails where it diverges */
static double
run_epoch(Setup *s, int epoch, bool backward)
{
	double		loss = 0;
	int64_t		targets = 0;

	recal_net_begin_epoch(&s->t, epoch);
	for (int64_t batch = 0; batch < recal_net_nbatches(&s->t); batch++)
		assert_null(run_batch(s, batch, backward, &loss, &targets));
	assert_true(targets > 0);
	return loss / (double) targets;
}

/*
 * The reference: the loss of the current batch in double precision and by its
 * definition, parameters in one array as the network has them.
 */
typedef struct Reference
{
	const Setup *s;
	double	   *dense;
	double	   *inputs;
	double	   *outputs;
	double	   *biases;
	double	   *corrections;	/* of negatives */
	double	   *expected;		/* [nitems] log expected count */
} Reference;

/* Input of position p of the history at row, from rows begin on */
static void
reference_input(const Reference *r, int64_t row, int begin, int p, double *x)
{
	const int	d = r->s->shape.d;

	memset(x, 0, sizeof(double) * RECAL_NET_SLOTS * (size_t) d);
	for (int slot = 0; slot < RECAL_NET_SLOTS; slot++)
	{
		double		total = 0;

		for (int j = begin; j < p; j++)
		{
			double		weight = r->s->weights[row + j];
			const double *e = r->inputs + (int64_t) r->s->items[row + j] * d;
			double		c = 0;

			if (slot < RECAL_NET_DECAYS)
			{
				c = pow((double) recal_net_decays[slot], p - 1 - j);
				total += c * fabs(weight);
				c *= weight;
			}
			else if (p - 1 - j == slot - RECAL_NET_DECAYS)
				c = weight < 0 ? -1 : 1;
			for (int f = 0; f < d; f++)
				x[slot * d + f] += c * e[f];
		}
		for (int f = 0; slot < RECAL_NET_DECAYS && total > 0 && f < d; f++)
			x[slot * d + f] /= total;
	}
}

/* Layers, with the dropout of a position's key; x has room for the widest one. */
static void
reference_layers(const Reference *r, const uint64_t *key, double *x, double *z)
{
	const RecalNetShape *shape = &r->s->shape;
	float		dropout = r->s->options.dropout;

	for (int l = 0; l <= shape->nhidden; l++)
	{
		RecalNetLayer layer = recal_net_layer(shape, l);
		float	   *mask = unit_floats(layer.in);
		double	   *y = unit_doubles(layer.out);

		for (int i = 0; i < layer.in; i++)
			mask[i] = 1;
		if (key != NULL && dropout > 0)
			recal_net_kernels_choice(0)->dropout(layer.in, mask, recal_net_layer_key(*key, l),
												 (uint32_t) (dropout * 4294967296.0),
												 1.0f / (1.0f - dropout));
		for (int o = 0; o < layer.out; o++)
		{
			y[o] = r->dense[layer.bias + o];
			for (int i = 0; i < layer.in; i++)
				y[o] += x[i] * mask[i] * r->dense[layer.weights + (int64_t) i * layer.out + o];
			if (l < shape->nhidden && y[o] < 0)
				y[o] = 0;
		}
		memcpy(l == shape->nhidden ? z : x, y, sizeof(double) * (size_t) layer.out);
		free(mask);
		free(y);
	}
}

static double
reference_cross_entropy(const Reference *r, const double *z, int32_t target)
{
	const RecalNetTraining *t = &r->s->t;
	const int	d = r->s->shape.d;
	bool		sampled = r->s->options.negatives > 0;
	int64_t		n = sampled ? t->state->nnegatives : r->s->shape.nitems;
	double		sum = 0;
	double		of_target = r->biases[target];

	for (int f = 0; f < d; f++)
		of_target += z[f] * r->outputs[(int64_t) target * d + f];
	if (sampled)
	{
		of_target -= r->expected[target];
		sum = exp(of_target);
	}
	for (int64_t k = 0; k < n; k++)
	{
		int64_t		item = sampled ? t->negatives[k] : k;
		double		logit = r->biases[item] + (sampled ? r->corrections[k] : 0);

		if (sampled && item == target)
			continue;
		for (int f = 0; f < d; f++)
			logit += z[f] * r->outputs[item * d + f];
		sum += exp(logit);
	}
	return log(sum) - of_target;
}

/* Mean loss over the batch; what is no target counts in the denominator. */
static double
reference_loss(const Reference *r)
{
	const Setup *s = r->s;
	const RecalNetState *state = s->t.state;
	double	   *x = unit_doubles(RECAL_NET_SLOTS * s->shape.d + 4096);
	double	   *z = unit_doubles(s->shape.d);
	double		loss = 0;

	for (int slice = 0; slice < state->nslices; slice++)
	{
		int64_t		first = state->first + (int64_t) state->count * slice / state->nslices;
		int64_t		last = state->first + (int64_t) state->count * (slice + 1) / state->nslices;

		for (int64_t at = first; at < last; at++)
		{
			const RecalNetSegment *segment = s->t.segments;
			uint64_t	key = recal_net_dropout_key(s->options.seed, state->epoch, at);
			int			p;
			int			cut;

			while (segment[1].start <= at)
				segment++;
			p = segment->first + (int) (at - segment->start);
			cut = segment->start < first ? segment->first + (int) (first - segment->start) :
				segment->first;
			if (s->weights[segment->row + p] < 0)
				continue;
			reference_input(r, segment->row,
							cut > RECAL_NET_WINDOW ? cut - RECAL_NET_WINDOW : 0, p, x);
			reference_layers(r, &key, x, z);
			loss += reference_cross_entropy(r, z, s->items[segment->row + p]);
		}
	}
	free(x);
	free(z);
	return loss / state->count;
}

/* The reference of parameters as they are now */
static Reference
make_reference(const Setup *s)
{
	int64_t		size = recal_net_size(&s->shape);
	Reference	r = {.s = s};

	r.dense = unit_doubles(size);
	for (int64_t i = 0; i < size; i++)
		r.dense[i] = s->net.dense[i];
	r.inputs = r.dense + (s->net.inputs - s->net.dense);
	r.outputs = r.dense + (s->net.outputs - s->net.dense);
	r.biases = r.dense + (s->net.biases - s->net.dense);
	return r;
}

static void
add_negatives(Reference *r)
{
	const RecalNetTraining *t = &r->s->t;
	int64_t		n = r->s->shape.nitems;

	if (r->s->options.negatives == 0)
		return;
	r->corrections = unit_doubles(t->state->nnegatives);
	r->expected = unit_doubles(n);
	for (int64_t i = 0; i < n; i++)
		r->expected[i] = log(r->s->options.negatives *
							 (t->cumulative[i + 1] - t->cumulative[i]) / t->cumulative[n]);
	for (int k = 0; k < t->state->nnegatives; k++)
		r->corrections[k] = (double) t->negative_biases[k] - r->biases[t->negatives[k]];
}

/* Compares the gradient of some parameters from place on with finite differences. */
static void
check_gradients(Reference *r, const float *after, double rate, int64_t place, int64_t n,
				const char *what)
{
	int64_t		step = n / 60 + 1;
	double		largest = 0;

	for (int64_t i = place; i < place + n; i += step)
	{
		double		value = r->dense[i];
		double		gradient = (value - (double) after[i]) / rate;
		double		expected;
		double		epsilon = 1e-5;

		r->dense[i] = value + epsilon;
		expected = reference_loss(r);
		r->dense[i] = value - epsilon;
		expected = (expected - reference_loss(r)) / (2 * epsilon);
		r->dense[i] = value;
		largest = fmax(largest, fabs(expected));
		if (!(fabs(gradient - expected) <= 2e-4 * fabs(expected) + 2e-6))
			fail_msg("gradient %ld of %s is %.9g, not %.9g", (long) (i - place), what, gradient,
					 expected);
	}

	/* a gradient of zeros would prove nothing */
	assert_true(largest > 1e-4);
}

static void
gradients_of(float dropout, int negatives, int nhidden, int slice)
{
	const int	lengths[] = {1, 3, 40, 0, 7, 2, 150, 12, 33};
	const double rate = 1000;
	Setup		s = {.shape = {5, nhidden, {7, 6}, 23}};
	Reference	r;
	double		loss = 0;
	double		expected;
	int64_t		targets = 0;

	s.options = (RecalNetOptions) {dropout, (float) rate, 300, slice, 4, negatives, true, 11};
	make_histories(&s, 9, lengths, true);
	begin(&s, 1.3);
	recal_net_begin_epoch(&s.t, 0);
	assert_int_equal(recal_net_nbatches(&s.t), 1);
	r = make_reference(&s);
	(void) run_batch(&s, 0, false, &loss, &targets);
	add_negatives(&r);
	expected = reference_loss(&r);
	assert_close(loss / s.t.state->count, expected, 1e-5);
	assert_true(targets < s.t.state->count);
	for (int l = 0; l <= nhidden; l++)
	{
		RecalNetLayer layer = recal_net_layer(&s.shape, l);

		check_gradients(&r, s.net.dense, rate, layer.weights, (int64_t) layer.in * layer.out,
						"weights");
		check_gradients(&r, s.net.dense, rate, layer.bias, layer.out, "bias");
	}
	check_gradients(&r, s.net.dense, rate, s.net.inputs - s.net.dense, 23 * 5, "e");
	check_gradients(&r, s.net.dense, rate, s.net.outputs - s.net.dense, 23 * 5, "o");
	check_gradients(&r, s.net.dense, rate, s.net.biases - s.net.dense, 23, "b");
	free(r.dense);
	free(r.corrections);
	free(r.expected);
	end(&s);
}

static void
test_gradients(void **state)
{
	gradients_of(0.0f, 0, 2, 256);
	gradients_of(0.3f, 0, 2, 64);
	gradients_of(0.3f, 0, 0, 37);
	gradients_of(0.0f, 8, 1, 100);
	gradients_of(0.3f, 8, 2, 19);
	gradients_of(0.3f, 64, 2, 1);
}

/* Tiles and blocks of items are more than one: full and sampled gradients of a larger catalogue */
static void
test_gradients_of_many_items(void **state)
{
	const int	lengths[] = {70, 30, 120};

	for (int negatives = 0; negatives <= 900; negatives += 900)
	{
		Setup		s = {.shape = {3, 1, {4}, 1100}};
		double		loss = 0;
		int64_t		targets = 0;
		Reference	r;

		s.options = (RecalNetOptions) {0.2f, 1000, 220, 50, 4, negatives, true, 12};
		make_histories(&s, 3, lengths, false);
		begin(&s, 1.5);
		recal_net_begin_epoch(&s.t, 0);
		r = make_reference(&s);
		(void) run_batch(&s, 0, true, &loss, &targets);
		add_negatives(&r);
		assert_close(loss / (double) targets, reference_loss(&r), 1e-5);
		check_gradients(&r, s.net.dense, 1000, s.net.inputs - s.net.dense, 1100 * 3, "e");
		check_gradients(&r, s.net.dense, 1000, s.net.outputs - s.net.dense, 1100 * 3, "o");
		check_gradients(&r, s.net.dense, 1000, s.net.biases - s.net.dense, 1100, "b");
		free(r.dense);
		free(r.corrections);
		free(r.expected);
		end(&s);
	}
}

/* Whoever computes the blocks, and in which order: the same bits */
static void
test_order_of_blocks(void **state)
{
	const int	lengths[] = {100, 5, 64, 200, 1, 31, 33, 80};

	for (int negatives = 0; negatives <= 40; negatives += 40)
	{
		Setup		s[2];

		for (int i = 0; i < 2; i++)
		{
			memset(&s[i], 0, sizeof(Setup));
			s[i].shape = (RecalNetShape) {16, 2, {33, 20}, 700};
			s[i].options = (RecalNetOptions) {0.2f, 1e-3f, 100, 16, 2, negatives, false, 13};
			make_histories(&s[i], 8, lengths, true);
			begin(&s[i], 0);
			for (int epoch = 0; epoch < 2; epoch++)
				run_epoch(&s[i], epoch, i == 1);
		}
		assert_memory_equal(s[0].net.dense, s[1].net.dense,
							sizeof(float) * (size_t) recal_net_size(&s[0].shape));
		assert_memory_equal(s[0].t.second.dense, s[1].t.second.dense,
							sizeof(float) * (size_t) recal_net_size(&s[0].shape));
		end(&s[0]);
		end(&s[1]);
	}
}

/* With nothing but the order to go by: an item is followed by the next one. */
static void
test_learns_an_order(void **state)
{
	for (int negatives = 0; negatives <= 12; negatives += 12)
	{
		int			lengths[60];
		Setup		s = {.shape = {16, 1, {32}, 30}};
		float	   *work;
		float		z[16];
		double		first;
		double		last = 0;
		int			right = 0;

		for (int u = 0; u < 60; u++)
			lengths[u] = 40;
		s.options = (RecalNetOptions) {0.1f, 1e-2f, 128, 64, 12, negatives, false, 14};
		make_histories(&s, 60, lengths, false);
		for (int64_t i = 0; i < s.offsets[60]; i++)
			s.items[i] = (int32_t) ((i / 40 * 7 + i % 40 * 11) % 30);
		begin(&s, 0);
		first = run_epoch(&s, 0, false);
		for (int epoch = 1; epoch < 12; epoch++)
			last = run_epoch(&s, epoch, false);
		assert_true(last < 0.3 * first);
		work = unit_floats(recal_net_forward_work_size(&s.shape, 1));
		for (int item = 0; item < 30; item++)
		{
			int32_t		history[3] = {(item + 8) % 30, (item + 19) % 30, item};
			float		ones[3] = {1, 1, 1};
			int			best = 0;
			float		score[30];

			recal_net_user_vector(&s.net, 3, history, ones, z, work);
			for (int i = 0; i < 30; i++)
			{
				score[i] = recal_dot(16, z, s.net.outputs + i * 16) + s.net.biases[i];
				if (score[i] > score[best])
					best = i;
			}
			right += best == (item + 11) % 30;
		}
		assert_true(right >= 28);
		free(work);
		end(&s);
	}
}

static void
test_diverging(void **state)
{
	const int	lengths[] = {100, 50, 64, 200};
	Setup		s = {.shape = {8, 1, {16}, 100}};
	const char *message = NULL;
	double		loss = 0;
	int64_t		targets = 0;

	s.options = (RecalNetOptions) {0.0f, 100, 32, 32, 20, 0, false, 15};
	make_histories(&s, 4, lengths, false);
	begin(&s, 0);
	for (int epoch = 0; epoch < 20 && message == NULL; epoch++)
	{
		recal_net_begin_epoch(&s.t, epoch);
		for (int64_t b = 0; message == NULL && b < recal_net_nbatches(&s.t); b++)
			message = run_batch(&s, b, false, &loss, &targets);
	}
	assert_non_null(message);
	assert_true(isfinite(loss));
	end(&s);
}

/* Shapes and data at the edge of what there is */
static void
test_edges(void **state)
{
	static const RecalNetShape shapes[] = {
		{8, 0, {0}, 50}, {8, 1, {1}, 50}, {8, 2, {1500, 3}, 50}, {1, 1, {2}, 2}, {8, 1, {4}, 1},
		{70, 8, {5, 6, 7, 8, 9, 10, 11, 12}, 513}
	};
	static const int histories[3][4] = {{1, 1, 1, 1}, {0, 0, 1, 0}, {300, 0, 2, 1}};

	for (size_t i = 0; i < sizeof(shapes) / sizeof(shapes[0]); i++)
		for (int h = 0; h < 3; h++)
			for (int negatives = 0; negatives <= 5; negatives += 5)
			{
				Setup		s = {.shape = shapes[i]};

				s.options = (RecalNetOptions) {0.2f, 1e-3f, 64, 32, 2, negatives, false, 16};
				make_histories(&s, 4, histories[h], false);
				begin(&s, 0);
				for (int epoch = 0; epoch < 2; epoch++)
					assert_true(isfinite(run_epoch(&s, epoch, false)));
				for (int64_t k = 0; k < recal_net_size(&s.shape); k++)
					assert_true(isfinite(s.net.dense[k]));
				end(&s);
			}
}

static void
test_checks(void **state)
{
	RecalNetShape shape = {64, 2, {256, 128}, 1000};
	RecalNetOptions options;

	recal_net_default_options(&options, 1000, 1000);
	assert_null(recal_net_check_shape(&shape));
	assert_null(recal_net_check_options(&options));
	assert_int_equal(options.negatives, 0);
	recal_net_default_options(&options, 1000, RECAL_NET_FULL_SOFTMAX + 1);
	assert_true(options.negatives > 0);
	shape.hidden[1] = 0;
	assert_non_null(recal_net_check_shape(&shape));
	shape.nhidden = RECAL_NET_MAX_HIDDEN + 1;
	assert_non_null(recal_net_check_shape(&shape));
	options.dropout = 1;
	assert_non_null(recal_net_check_options(&options));
	options.dropout = NAN;
	assert_non_null(recal_net_check_options(&options));
	options.dropout = 0;
	options.learning_rate = INFINITY;
	assert_non_null(recal_net_check_options(&options));
}

/* A history of 130 rows with weights and dislikes, in a net with random parameters */
static Setup
serving_setup(void)
{
	const int	lengths[] = {130};
	Setup		s = {.shape = {12, 2, {40, 20}, 60}};

	s.options = (RecalNetOptions) {0.3f, 1e-3f, 130, 130, 1, 0, false, 17};
	make_histories(&s, 1, lengths, true);
	begin(&s, 1.5);
	return s;
}

static void
test_user_vector(void **state)
{
	Setup		s = serving_setup();
	Reference	r = make_reference(&s);
	float	   *work = unit_floats(recal_net_forward_work_size(&s.shape, 1));
	const int	sizes[] = {0, 1, 2, 5, 6, 99, 100, 130};

	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++)
	{
		int			n = sizes[i];
		int			m = n < RECAL_NET_WINDOW ? n : RECAL_NET_WINDOW;
		float		gathered[RECAL_NET_WINDOW * 12];
		float		input[RECAL_NET_SLOTS * 12];
		float		z[12];
		float		again[12];
		double		x[256];
		double		expected[12];

		reference_input(&r, 0, n - m, n, x);
		recal_net_input(&s.net, n, s.items, s.weights, input);
		for (int f = 0; f < RECAL_NET_SLOTS * 12; f++)
			assert_close(input[f], x[f], 1e-5);
		reference_layers(&r, NULL, x, expected);
		recal_net_user_vector(&s.net, n, s.items, s.weights, z, work);
		for (int f = 0; f < 12; f++)
			assert_close(z[f], expected[f], 1e-5);

		for (int j = 0; j < m; j++)
			memcpy(gathered + j * 12, s.net.inputs + s.items[n - m + j] * 12, sizeof(float) * 12);
		recal_net_input_gathered(12, m, gathered, s.weights + (n - m), input);
		recal_net_forward(&s.net, 1, input, again, work);
		assert_memory_equal(z, again, sizeof(z));
	}
	free(r.dense);
	free(work);
	end(&s);
}

static void
test_dropout_vectors(void **state)
{
	enum
	{
		passes = 2000
	};
	Setup		s = serving_setup();
	float	   *work = unit_floats(recal_net_forward_work_size(&s.shape, passes));
	float	   *z = unit_floats(passes * 12);
	float	   *again = unit_floats(passes * 12);
	float		input[RECAL_NET_SLOTS * 12];
	float		one[12];
	double		spread = 0;

	recal_net_input(&s.net, 50, s.items, s.weights, input);
	recal_net_forward(&s.net, 1, input, one, work);
	recal_net_dropout_vectors(&s.net, input, 0.0f, 1, 3, z, work);
	for (int i = 0; i < 3 * 12; i++)
		assert_close(z[i], one[i % 12], 1e-6);
	recal_net_dropout_vectors(&s.net, input, 0.3f, 1, passes, z, work);
	recal_net_dropout_vectors(&s.net, input, 0.3f, 1, passes, again, work);
	assert_memory_equal(z, again, sizeof(float) * passes * 12);
	recal_net_dropout_vectors(&s.net, input, 0.3f, 2, passes, again, work);
	assert_memory_not_equal(z, again, sizeof(float) * passes * 12);
	for (int f = 0; f < 12; f++)
	{
		double		sum = 0;
		double		square = 0;

		for (int i = 0; i < passes; i++)
		{
			sum += z[i * 12 + f];
			square += (double) z[i * 12 + f] * z[i * 12 + f];
		}
		sum /= passes;
		spread += square / passes - sum * sum;
	}
	assert_true(spread > 1e-4);
	free(work);
	free(z);
	free(again);
	end(&s);
}

static void
test_explain(void **state)
{
	Setup		s = serving_setup();
	float	   *work = unit_floats(recal_net_explain_work_size(&s.shape));
	float	   *forward = unit_floats(recal_net_forward_work_size(&s.shape, 1));
	float		gathered[RECAL_NET_WINDOW * 12];
	float		contributions[RECAL_NET_WINDOW];
	float		baseline;
	float		z[12];
	float		nothing[12];

	recal_net_user_vector(&s.net, 0, s.items, s.weights, nothing, forward);
	for (int m = 0; m <= RECAL_NET_WINDOW; m += m < 8 ? 1 : 23)
		for (int item = 0; item < 60; item += 7)
		{
			const float *output = s.net.outputs + item * 12;
			double		sum = 0;

			for (int j = 0; j < m; j++)
				memcpy(gathered + j * 12, s.net.inputs + s.items[j] * 12, sizeof(float) * 12);
			recal_net_explain(&s.net, m, gathered, s.weights, output, contributions, &baseline,
							  work);
			assert_close(baseline, recal_dot(12, nothing, output), 1e-6);
			for (int j = 0; j < m; j++)
				sum += contributions[j];
			recal_net_user_vector(&s.net, m, s.items, s.weights, z, forward);
			assert_true(fabs(sum + baseline - recal_dot(12, z, output)) < 1e-4);
		}

	/* a row whose vector is zero has no part in it */
	memset(gathered, 0, sizeof(float) * 12);
	recal_net_explain(&s.net, 5, gathered, s.weights, s.net.outputs, contributions, &baseline, work);
	assert_true(contributions[0] == 0 && contributions[4] != 0);
	free(work);
	free(forward);
	end(&s);
}

/* In a net without hidden layers contributions are the layer's own products. */
static void
test_explain_linear(void **state)
{
	const int	lengths[] = {4};
	const float ones[2] = {1, 1};
	Setup		s = {.shape = {2, 0, {0}, 4}};
	float	   *work;
	float		contributions[2];
	float		baseline;
	float		output[2] = {1, -2};
	float		vectors[4] = {1, 0.5f, -1, 2};

	s.options = (RecalNetOptions) {0.3f, 1e-3f, 130, 130, 1, 0, false, 17};
	make_histories(&s, 1, lengths, false);
	begin(&s, 1.5);
	work = unit_floats(recal_net_explain_work_size(&s.shape));
	recal_net_explain(&s.net, 2, vectors, ones, output, contributions, &baseline, work);
	for (int j = 0; j < 2; j++)
	{
		double		expected = 0;

		for (int slot = 0; slot < RECAL_NET_SLOTS; slot++)
		{
			double		c = slot < RECAL_NET_DECAYS ?
				pow(recal_net_decays[slot], 1 - j) / (1 + recal_net_decays[slot]) :
				1 - j == slot - RECAL_NET_DECAYS;

			for (int f = 0; f < 2; f++)
				for (int k = 0; k < 2; k++)
					expected += c * vectors[j * 2 + f] * output[k] *
						s.net.dense[(slot * 2 + f) * 2 + k];
		}
		assert_close(contributions[j], expected, 1e-5);
	}
	free(work);
	end(&s);
}

/* Every instruction set's loops against plain ones */
static void
test_kernels(void **state)
{
	const RecalNetKernels *kernels;

	for (int choice = 0; (kernels = recal_net_kernels_choice(choice)) != NULL; choice++)
		for (int n = 1; n < 70; n++)
		{
			float	   *x = unit_normals(n, 10, 1);
			float	   *y = unit_normals(n, 1, 2);
			float	   *bias = unit_normals(n, 1, 3);
			float	   *p = unit_normals(n, 1, 4);
			float	   *m = unit_normals(n, 1, 5);
			float	   *v = unit_normals(n, 1, 6);
			double		max = -INFINITY;
			double		sum = 0;
			double		total = 0;
			int			kept = 0;
			float		got;

			for (int i = 0; i < n; i++)
				max = fmax(max, (double) (x[i] + bias[i]));
			for (int i = 0; i < n; i++)
				total += exp((double) (x[i] + bias[i]) - max);
			assert_close(kernels->add_max(n, x, bias), max, 1e-6);
			for (int i = 0; i < n; i++)
				p[i] = x[i];
			got = kernels->exp_sum(n, x, (float) max);
			assert_close(got, total, 1e-6);
			for (int i = 0; i < n; i++)
			{
				float		argument = p[i] - (float) max;
				double		expected = exp((double) argument);

				if (!(fabs(x[i] - expected) <= 5e-7 * expected + 1e-37))
					fail_msg("exp(%g) is %g", argument, x[i]);
			}

			for (int i = 0; i < n; i++)
				x[i] = 1;
			kernels->dropout(n, x, UINT64_C(0x123456789abcdef), 1u << 30, 2);
			for (int i = 0; i < n; i++)
			{
				assert_true(x[i] == 0 || x[i] == 2);
				kept += x[i] == 2;
			}
			if (n > 40)
				assert_true(kept > n / 2 && kept < n);

			for (int i = 0; i < n; i++)
				x[i] = y[i];
			kernels->decay_add(n, 0.5f, x, 3, bias);
			for (int i = 0; i < n; i++)
				assert_close(x[i], 0.5 * y[i] + 3.0 * bias[i], 1e-6);
			kernels->rectify(n, x, bias);
			for (int i = 0; i < n; i++)
				assert_close(x[i], fmax(0, 0.5 * y[i] + 4.0 * bias[i]), 1e-5);
			for (int i = 0; i < n; i++)
				p[i] = y[i];
			kernels->rectify_back(n, y, x, 2);
			for (int i = 0; i < n; i++)
				assert_close(y[i], x[i] > 0 ? 2 * p[i] : 0, 1e-6);
			kernels->scale(n, y, 0.5f);
			for (int i = 0; i < n; i++)
				assert_close(y[i], x[i] > 0 ? p[i] : 0, 1e-6);

			for (int i = 0; i < n; i++)
			{
				v[i] = fabsf(v[i]);
				x[i] = m[i];
				y[i] = v[i];
				bias[i] = p[i];
			}
			kernels->adam(n, p, m, v, bias, 0.1f, 1e-3f);
			for (int i = 0; i < n; i++)
			{
				double		mean = 0.9 * x[i] + 0.1 * bias[i];
				double		square = 0.999 * y[i] + 0.001 * bias[i] * bias[i];

				assert_close(m[i], mean, 1e-5);
				assert_close(v[i], square, 1e-5);
				assert_close(p[i], bias[i] - 0.1 * mean / (sqrt(square) + 1e-3), 1e-5);
				sum += p[i];
			}
			assert_true(isfinite(sum));
			free(x);
			free(y);
			free(bias);
			free(p);
			free(m);
			free(v);
		}
}

/* What is drawn has the expectation that the correction names. */
static void
test_negatives(void **state)
{
	const int	lengths[] = {400, 300};
	Setup		s = {.shape = {4, 1, {4}, 200}};
	double	   *sum;
	const int	draws = 3000;

	s.options = (RecalNetOptions) {0.0f, 1e-3f, 100, 100, 1, 50, false, 18};
	make_histories(&s, 2, lengths, false);
	begin(&s, 0);
	recal_net_begin_epoch(&s.t, 0);
	sum = unit_doubles(200);
	for (int i = 0; i < 200; i++)
		sum[i] = 0;
	for (int i = 0; i < draws; i++)
	{
		recal_net_begin_batch(&s.t, 0);
		for (int k = 0; k < s.t.state->nnegatives; k++)
		{
			assert_true(k == 0 || s.t.negatives[k] > s.t.negatives[k - 1]);

			/* times drawn / times expected */
			sum[s.t.negatives[k]] += exp((double) s.t.negative_biases[k] -
										 s.net.biases[s.t.negatives[k]]);
		}
	}
	for (int i = 0; i < 200; i++)
		if (!(fabs(sum[i] / draws - 1) < 0.5))
			fail_msg("item %d is drawn %.3g times as often as expected", i, sum[i] / draws);
	free(sum);
	end(&s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_kernels),
		cmocka_unit_test(test_gradients),
		cmocka_unit_test(test_gradients_of_many_items),
		cmocka_unit_test(test_order_of_blocks),
		cmocka_unit_test(test_learns_an_order),
		cmocka_unit_test(test_diverging),
		cmocka_unit_test(test_edges),
		cmocka_unit_test(test_checks),
		cmocka_unit_test(test_user_vector),
		cmocka_unit_test(test_dropout_vectors),
		cmocka_unit_test(test_explain),
		cmocka_unit_test(test_explain_linear),
		cmocka_unit_test(test_negatives),
	};

	recal_blas_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
