/*
 * network_setup.h
 *		What the tests of the network share: a net with histories, and the net by its
 *		definition in double precision.
 */
#ifndef RECAL_NETWORK_SETUP_H
#define RECAL_NETWORK_SETUP_H

#include "unit.h"

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
	float	   *profiles;
	int64_t    *counts;
	RecalNet	net;
	RecalNetTraining t;
	void	   *memory;
	int64_t		memory_bytes;
	float	   *work;
} Setup;

#define GUARD 64

/* Histories of the given lengths, low items the more frequent ones */
static inline void
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
	s->profiles = s->shape.nprofile == 0 ? NULL :
		unit_normals((int64_t) nusers * s->shape.d, 0.5, 10);
	s->histories = (RecalNetHistories) {nusers, s->offsets, s->items, s->weights, s->profiles};
}

static inline void
begin(Setup *s, double factor)
{
	int64_t		size = recal_net_size(&s->shape);
	float	   *factors = unit_normals(s->shape.nitems * s->shape.d, 1, 9);
	int64_t		work;

	assert_null(recal_net_check_shape(&s->shape));
	assert_null(recal_net_check_options(&s->options));
	recal_net_bind(&s->net, &s->shape, unit_floats(size));
	recal_net_init(&s->net, factors, s->counts, s->options.seed, NULL, NULL);

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

static inline void
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
	free(s->profiles);
	free(s->counts);
	free(s->net.dense);
	free(s->memory);
	free(s->work);
}

/*
 * The reference: everything in double precision and by its definition,
 * parameters in one array as the network has them.
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
static inline void
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
static inline void
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

/* The reference of parameters as they are now */
static inline Reference
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

#endif							/* RECAL_NETWORK_SETUP_H */
