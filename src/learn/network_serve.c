/*
 * network_serve.c
 *		What a trained network says of one history: the user's vector, how sure it
 *		is, and why an item scores as it does.
 */
#include <math.h>
#include <string.h>

#include "network_internal.h"
#include "recal_blas.h"
#include "recal_rng.h"

#define STREAM_PASSES 0x6e6574706173

/* midpoints of one pass, and of all at most */
#define EXPLAIN_STEPS 32
#define MAX_EXPLAIN_STEPS 256

/* what the contributions may miss of the score before more midpoints are taken */
#define EXPLAIN_TOLERANCE 2e-4

/* Input from the newest m rows, whose vectors are gathered or looked up by item. */
static void
make_input(int d, int64_t m, const float *vectors, const float *inputs, const int32_t *items,
		   const float *weights, float *input)
{
	const RecalNetKernels *kernels = recal_net_kernels_choice(0);
	float		coefficients[RECAL_NET_WINDOW * RECAL_NET_SLOTS];

	memset(input, 0, sizeof(float) * RECAL_NET_SLOTS * (size_t) d);
	recal_net_coefficients(m, weights, coefficients);
	for (int64_t j = 0; j < m; j++)
	{
		const float *vector = vectors != NULL ? vectors + j * d : inputs + (int64_t) items[j] * d;

		for (int s = 0; s < RECAL_NET_SLOTS; s++)
			if (coefficients[j * RECAL_NET_SLOTS + s] != 0)
				kernels->decay_add(d, 1.0f, input + s * d,
								   coefficients[j * RECAL_NET_SLOTS + s], vector);
	}
}

void
recal_net_input(const RecalNet *net, int64_t n, const int32_t *items, const float *weights,
				float *input)
{
	int64_t		m = n < RECAL_NET_WINDOW ? n : RECAL_NET_WINDOW;

	make_input(net->shape.d, m, NULL, net->inputs, items + (n - m), weights + (n - m), input);
	recal_net_put_profile(&net->shape, NULL, input);
}

void
recal_net_input_gathered(int d, int64_t m, const float *vectors, const float *weights,
						 float *input)
{
	make_input(d, m, vectors, NULL, NULL, weights, input);
}

/* Cuts work into the layers' activations [n × in]; returns what is left of it. */
static float *
cut_activations(const RecalNetShape *shape, int n, float **activations, float *work)
{
	for (int l = 0; l < recal_net_nlayers(shape); l++)
	{
		activations[l] = work;
		work += recal_net_align((int64_t) n * recal_net_layer(shape, l).in);
	}
	return work;
}

int64_t
recal_net_forward_work_size(const RecalNetShape *shape, int n)
{
	int64_t		size = 0;

	for (int l = 0; l < recal_net_nlayers(shape); l++)
		size += recal_net_align((int64_t) n * recal_net_layer(shape, l).in);
	return size + recal_net_align(recal_net_width(shape)) + recal_net_align(2 * (int64_t) n);
}

void
recal_net_forward(const RecalNet *net, int n, const float *inputs, float *z, float *work)
{
	float	   *activations[RECAL_NET_MAX_HIDDEN + 1];

	(void) cut_activations(&net->shape, n, activations, work);
	memcpy(activations[0], inputs, sizeof(float) * (size_t) n * (size_t) recal_net_width(&net->shape));
	recal_net_layers(net, n, activations, z, NULL, 0.0f, recal_net_kernels_choice(0));
}

void
recal_net_user_vector(const RecalNet *net, int64_t n, const int32_t *items, const float *weights,
					  float *z, float *work)
{
	float	   *activations[RECAL_NET_MAX_HIDDEN + 1];

	(void) cut_activations(&net->shape, 1, activations, work);
	recal_net_input(net, n, items, weights, activations[0]);
	recal_net_layers(net, 1, activations, z, NULL, 0.0f, recal_net_kernels_choice(0));
}

void
recal_net_dropout_vectors(const RecalNet *net, const float *input, float dropout, uint64_t seed,
						  int passes, float *z, float *work)
{
	const size_t width = (size_t) recal_net_width(&net->shape);
	float	   *activations[RECAL_NET_MAX_HIDDEN + 1];
	uint64_t   *keys = (uint64_t *) cut_activations(&net->shape, passes, activations, work);

	for (int i = 0; i < passes; i++)
	{
		keys[i] = recal_rng_bits(seed, STREAM_PASSES, (uint64_t) i);
		memcpy(activations[0] + i * width, input, sizeof(float) * width);
	}
	recal_net_layers(net, passes, activations, z, dropout > 0 ? keys : NULL, dropout,
					 recal_net_kernels_choice(0));
}

/*
 * Integrated gradients. work: activations and deltas of EXPLAIN_STEPS rows, the
 * input's gradient by row, and the input.
 */
int64_t
recal_net_explain_work_size(const RecalNetShape *shape)
{
	int64_t		size = 2 * recal_net_align(recal_net_width(shape)) +
		recal_net_align(recal_net_width(shape) * EXPLAIN_STEPS) +
		recal_net_align((int64_t) shape->d * EXPLAIN_STEPS);

	for (int l = 0; l < recal_net_nlayers(shape); l++)
	{
		RecalNetLayer layer = recal_net_layer(shape, l);

		size += recal_net_align((int64_t) EXPLAIN_STEPS * layer.in) +
			recal_net_align((int64_t) EXPLAIN_STEPS * layer.out);
	}
	return size;
}

/* The places in work */
typedef struct Path
{
	float	   *activations[RECAL_NET_MAX_HIDDEN + 1];
	float	   *deltas[RECAL_NET_MAX_HIDDEN + 1];
	float	   *gradients;		/* [EXPLAIN_STEPS × width] */
	float	   *z;				/* [EXPLAIN_STEPS × d] */
	float	   *input;			/* [width] */
	float	   *mean;			/* [width] gradient */
} Path;

static void
cut_path(const RecalNetShape *shape, float *work, Path *path)
{
	work = cut_activations(shape, EXPLAIN_STEPS, path->activations, work);
	for (int l = 0; l < recal_net_nlayers(shape); l++)
	{
		path->deltas[l] = work;
		work += recal_net_align((int64_t) EXPLAIN_STEPS * recal_net_layer(shape, l).out);
	}
	path->gradients = work;
	work += recal_net_align(recal_net_width(shape) * EXPLAIN_STEPS);
	path->z = work;
	work += recal_net_align((int64_t) shape->d * EXPLAIN_STEPS);
	path->input = work;
	path->mean = work + recal_net_align(recal_net_width(shape));
}

/* The gradient of z · output by the input, mean over the path's midpoints */
static void
mean_gradient(const RecalNet *net, const float *output, int steps, Path *path)
{
	const RecalNetKernels *kernels = recal_net_kernels_choice(0);
	const int	d = net->shape.d;
	const int	width = recal_net_width(&net->shape);

	memset(path->mean, 0, sizeof(float) * (size_t) width);
	for (int first = 0; first < steps; first += EXPLAIN_STEPS)
	{
		for (int i = 0; i < EXPLAIN_STEPS; i++)
		{
			float	   *row = path->activations[0] + (size_t) i * width;

			memcpy(row, path->input, sizeof(float) * (size_t) width);
			kernels->scale(width, row, ((float) (first + i) + 0.5f) / (float) steps);
			memcpy(path->deltas[net->shape.nhidden] + (size_t) i * d, output,
				   sizeof(float) * (size_t) d);
		}
		recal_net_layers(net, EXPLAIN_STEPS, path->activations, path->z, NULL, 0.0f, kernels);
		recal_net_layers_back(net, EXPLAIN_STEPS, path->activations, path->deltas,
							  path->gradients, NULL, 0.0f, kernels);
		for (int i = 0; i < EXPLAIN_STEPS; i++)
			kernels->decay_add(width, 1.0f, path->mean, 1.0f / (float) steps,
							   path->gradients + (size_t) i * width);
	}
}

void
recal_net_explain(const RecalNet *net, int64_t m, const float *vectors, const float *weights,
				  const float *profile, const float *output, float *contributions,
				  float *by_profile, float *baseline, float *work)
{
	const int	d = net->shape.d;
	const size_t width = (size_t) recal_net_width(&net->shape);
	float		coefficients[RECAL_NET_WINDOW * RECAL_NET_SLOTS];
	double		difference;
	double		missing = 0;
	double		of_profile = 0;
	double		size;
	Path		path;

	/* the ends of the path: neither history nor profile, and all of it */
	cut_path(&net->shape, work, &path);
	recal_net_input_gathered(d, m, vectors, weights, path.input);
	recal_net_put_profile(&net->shape, profile, path.input);
	memset(path.activations[0], 0, sizeof(float) * width);
	memcpy(path.activations[0] + width, path.input, sizeof(float) * width);
	recal_net_layers(net, 2, path.activations, path.z, NULL, 0.0f, recal_net_kernels_choice(0));
	*baseline = recal_dot(d, path.z, output);
	difference = (double) recal_dot(d, path.z + d, output) - *baseline;

	/* the net is linear between the places where a unit switches: few steps mostly do */
	for (int steps = EXPLAIN_STEPS; (m > 0 || profile != NULL) && steps <= MAX_EXPLAIN_STEPS;
		 steps *= 2)
	{
		mean_gradient(net, output, steps, &path);
		missing = difference - recal_dot((int) width, path.mean, path.input);
		if (fabs(missing) <= EXPLAIN_TOLERANCE * (1.0 + fabs(difference)))
			break;
	}

	if (profile != NULL)
	{
		memcpy(by_profile, path.mean + RECAL_NET_SLOTS * d, sizeof(float) * (size_t) d);
		of_profile = recal_dot(d, by_profile, profile);
	}
	size = fabs(of_profile);
	recal_net_coefficients(m, weights, coefficients);
	for (int64_t j = 0; j < m; j++)
	{
		double		sum = 0;

		for (int s = 0; s < RECAL_NET_SLOTS; s++)
			sum += (double) coefficients[j * RECAL_NET_SLOTS + s] *
				recal_dot(d, path.mean + s * d, vectors + j * d);
		contributions[j] = (float) sum;
		size += fabs(sum);
	}

	/* the rest of the error in proportion to what each row, and the profile, has */
	for (int64_t j = 0; j < m && size > 0; j++)
		contributions[j] += (float) (missing * fabs((double) contributions[j]) / size);
	if (of_profile != 0)
		recal_net_kernels_choice(0)->scale(d, by_profile, (float)
										   (1 + copysign(missing / size, missing * of_profile)));
}
