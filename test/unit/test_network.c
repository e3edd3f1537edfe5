/*
 * test_network.c
 *		The network's training against finite differences.
 */
#include "network_setup.h"

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
	double	   *x = unit_doubles(recal_net_width(&s->shape) + 4096);
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
			for (int f = 0; s->shape.nprofile > 0 && f < s->shape.d; f++)
				x[RECAL_NET_SLOTS * s->shape.d + f] =
					s->profiles[segment->user * s->shape.d + f];
			reference_layers(r, &key, x, z);
			loss += reference_cross_entropy(r, z, s->items[segment->row + p]);
		}
	}
	free(x);
	free(z);
	return loss / state->count;
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
gradients_of(float dropout, int negatives, int nhidden, int slice, int nprofile)
{
	const int	lengths[] = {1, 3, 40, 0, 7, 2, 150, 12, 33};
	const double rate = 1000;
	Setup		s = {.shape = {5, nhidden, {7, 6}, 23, nprofile}};
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
	gradients_of(0.0f, 0, 2, 256, 0);
	gradients_of(0.3f, 0, 2, 64, 1);
	gradients_of(0.3f, 0, 0, 37, 0);
	gradients_of(0.0f, 8, 1, 100, 1);
	gradients_of(0.3f, 8, 2, 19, 0);
	gradients_of(0.3f, 64, 2, 1, 1);
	gradients_of(0.3f, 0, 0, 37, 1);
}

/* Tiles and blocks of items are more than one: full and sampled gradients of a larger catalogue */
static void
test_gradients_of_many_items(void **state)
{
	const int	lengths[] = {70, 30, 120};

	for (int negatives = 0; negatives <= 900; negatives += 900)
	{
		Setup		s = {.shape = {3, 1, {4}, 1100, 0}};
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
			s[i].shape = (RecalNetShape) {16, 2, {33, 20}, 700, 1};
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
		Setup		s = {.shape = {16, 1, {32}, 30, 0}};
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
	Setup		s = {.shape = {8, 1, {16}, 100, 0}};
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
		{8, 0, {0}, 50, 0}, {8, 1, {1}, 50, 0}, {8, 2, {1500, 3}, 50, 0}, {1, 1, {2}, 2, 0}, {8, 1, {4}, 1, 1},
		{70, 8, {5, 6, 7, 8, 9, 10, 11, 12}, 513, 0}
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
	RecalNetShape shape = {64, 2, {256, 128}, 1000, 0};
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

/* What is drawn has the expectation that the correction names. */
static void
test_negatives(void **state)
{
	const int	lengths[] = {400, 300};
	Setup		s = {.shape = {4, 1, {4}, 200, 0}};
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
		cmocka_unit_test(test_gradients),
		cmocka_unit_test(test_gradients_of_many_items),
		cmocka_unit_test(test_order_of_blocks),
		cmocka_unit_test(test_learns_an_order),
		cmocka_unit_test(test_diverging),
		cmocka_unit_test(test_edges),
		cmocka_unit_test(test_checks),
		cmocka_unit_test(test_negatives),
	};

	recal_blas_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
