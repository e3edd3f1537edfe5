/*
 * network.c
 *		The network's parameters, and the way through its layers and back.
 */
#include <math.h>
#include <string.h>

#include "network_internal.h"
#include "recal_als.h"
#include "recal_blas.h"
#include "recal_rng.h"

#define STREAM_LAYERS	0x6e6574
#define STREAM_DROPOUT	0x6e65746472000000

/* a count of rows more, so that an item without any has a logarithm */
#define POPULARITY_PRIOR 1.0

const float recal_net_decays[RECAL_NET_DECAYS] = {0.5f, 0.8f, 0.95f, 0.99f};

const char *
recal_net_check_shape(const RecalNetShape *shape)
{
	if (shape->d < 1 || shape->d > RECAL_MAX_FACTORS)
		return "the number of factors is out of range";
	if (shape->nhidden < 0 || shape->nhidden > RECAL_NET_MAX_HIDDEN)
		return "there are too many hidden layers";
	for (int i = 0; i < shape->nhidden; i++)
		if (shape->hidden[i] < 1 || shape->hidden[i] > RECAL_NET_MAX_WIDTH)
			return "the width of a hidden layer is out of range";
	if (shape->nprofile < 0 || shape->nprofile > 1)
		return "there is more than one profile";
	if (shape->nitems < 1 || shape->nitems > INT32_MAX)
		return "the number of items is out of range";
	return NULL;
}

RecalNetLayer
recal_net_layer(const RecalNetShape *shape, int layer)
{
	RecalNetLayer at = {0};

	for (int l = 0; l <= layer; l++)
	{
		at.weights = l == 0 ? 0 : recal_net_align(at.bias + at.out);
		at.in = l == 0 ? recal_net_width(shape) : shape->hidden[l - 1];
		at.out = l == shape->nhidden ? shape->d : shape->hidden[l];
		at.bias = at.weights + (int64_t) at.in * at.out;
	}
	return at;
}

int64_t
recal_net_dense_size(const RecalNetShape *shape)
{
	RecalNetLayer last = recal_net_layer(shape, shape->nhidden);

	return recal_net_align(last.bias + last.out);
}

int64_t
recal_net_size(const RecalNetShape *shape)
{
	return recal_net_dense_size(shape) + 2 * recal_net_align(shape->nitems * shape->d) +
		recal_net_align(shape->nitems);
}

void
recal_net_bind(RecalNet *net, const RecalNetShape *shape, float *memory)
{
	net->shape = *shape;
	net->dense = memory;
	net->inputs = net->dense + recal_net_dense_size(shape);
	net->outputs = net->inputs + recal_net_align(shape->nitems * shape->d);
	net->biases = net->outputs + recal_net_align(shape->nitems * shape->d);
}

static inline void
poll_now_and_then(int64_t i, RecalPoll poll, void *arg)
{
	if ((i & 0xFFFF) == 0xFFFF && poll != NULL)
		poll(arg);
}

/* Σ norms of the rows that are not zero, and their number */
static double
mean_norm(const float *factors, int64_t n, int d, RecalPoll poll, void *arg)
{
	double		sum = 0;
	int64_t		count = 0;

	for (int64_t i = 0; i < n; i++)
	{
		double		norm = 0;

		poll_now_and_then(i, poll, arg);
		for (int f = 0; f < d; f++)
			norm += (double) factors[i * d + f] * factors[i * d + f];
		sum += sqrt(norm);
		count += norm > 0;
	}
	return count > 0 ? sum / (double) count : 0;
}

void
recal_net_init(RecalNet *net, const float *factors, const int64_t *counts, uint64_t seed,
			   RecalPoll poll, void *arg)
{
	const RecalNetShape *shape = &net->shape;
	const int64_t n = shape->nitems * shape->d;
	double		norm = mean_norm(factors, shape->nitems, shape->d, poll, arg);
	double		scale = norm > 0 ? 0.5 * sqrt(shape->d / 64.0) / norm : 0;
	double		total = POPULARITY_PRIOR * (double) shape->nitems;

	/* the gaps between arrays too: they are stored */
	memset(net->dense, 0, sizeof(float) * (size_t) recal_net_size(shape));
	for (int l = 0; l < recal_net_nlayers(shape); l++)
	{
		RecalNetLayer layer = recal_net_layer(shape, l);
		double		deviation = sqrt((l == shape->nhidden ? 1.0 : 2.0) / layer.in);

		for (int64_t i = 0; i < (int64_t) layer.in * layer.out; i++)
		{
			poll_now_and_then(i, poll, arg);
			net->dense[layer.weights + i] = (float)
				(deviation * recal_rng_normal(seed, STREAM_LAYERS, (uint64_t) (layer.weights + i)));
		}
	}
	for (int64_t i = 0; i < n; i++)
	{
		poll_now_and_then(i, poll, arg);
		net->inputs[i] = net->outputs[i] = (float) (factors[i] * scale);
	}
	for (int64_t i = 0; i < shape->nitems; i++)
		total += (double) counts[i];
	for (int64_t i = 0; i < shape->nitems; i++)
		net->biases[i] = (float) log(((double) counts[i] + POPULARITY_PRIOR) / total);
}

uint64_t
recal_net_dropout_key(uint64_t seed, int epoch, int64_t position)
{
	return recal_rng_bits(seed, STREAM_DROPOUT + (uint64_t) epoch, (uint64_t) position);
}

uint64_t
recal_net_layer_key(uint64_t key, int layer)
{
	return recal_rng_bits(key, (uint64_t) layer, 0);
}

/* Dropout of one layer's rows [n × width]; the same call drops the gradient. */
static void
drop(int n, int width, float *rows, int layer, const uint64_t *keys, float dropout,
	 const RecalNetKernels *kernels)
{
	uint32_t	threshold = (uint32_t) ((double) dropout * 4294967296.0);

	for (int i = 0; i < n; i++)
		kernels->dropout(width, rows + (size_t) i * width,
						 recal_net_layer_key(keys[i], layer), threshold,
						 1.0f / (1.0f - dropout));
}

void
recal_net_layers(const RecalNet *net, int n, float *const *activations, float *z,
				 const uint64_t *keys, float dropout, const RecalNetKernels *kernels)
{
	const int	last = net->shape.nhidden;

	for (int l = 0; l <= last; l++)
	{
		RecalNetLayer layer = recal_net_layer(&net->shape, l);
		float	   *out = l == last ? z : activations[l + 1];

		if (keys != NULL)
			drop(n, layer.in, activations[l], l, keys, dropout, kernels);
		recal_gemm(n, layer.out, layer.in, 1.0f, activations[l], layer.in,
				   net->dense + layer.weights, layer.out, 0.0f, out, layer.out);
		for (int i = 0; i < n; i++)
		{
			float	   *row = out + (size_t) i * layer.out;

			if (l == last)
				kernels->decay_add(layer.out, 1.0f, row, 1.0f, net->dense + layer.bias);
			else
				kernels->rectify(layer.out, row, net->dense + layer.bias);
		}
	}
}

void
recal_net_layers_back(const RecalNet *net, int n, float *const *activations,
					  float *const *deltas, float *input_gradient, const uint64_t *keys,
					  float dropout, const RecalNetKernels *kernels)
{
	for (int l = net->shape.nhidden; l >= 0; l--)
	{
		RecalNetLayer layer = recal_net_layer(&net->shape, l);
		float	   *gradient = l > 0 ? deltas[l - 1] : input_gradient;

		recal_gemm_nt(n, layer.in, layer.out, 1.0f, deltas[l], layer.out,
					  net->dense + layer.weights, layer.out, 0.0f, gradient, layer.in);

		/* a hidden activation is positive where the unit is active and was kept */
		if (l > 0)
			for (int i = 0; i < n; i++)
				kernels->rectify_back(layer.in, gradient + (size_t) i * layer.in,
									  activations[l] + (size_t) i * layer.in,
									  keys != NULL ? 1.0f / (1.0f - dropout) : 1.0f);
		else if (keys != NULL)
			drop(n, layer.in, gradient, l, keys, dropout, kernels);
	}
}

void
recal_net_scale_profile(RecalNet *net, float factor)
{
	RecalNetLayer layer = recal_net_layer(&net->shape, 0);
	int64_t		first = (int64_t) RECAL_NET_SLOTS * net->shape.d * layer.out;

	for (int64_t i = first; i < (int64_t) layer.in * layer.out; i++)
		net->dense[layer.weights + i] *= factor;
}
