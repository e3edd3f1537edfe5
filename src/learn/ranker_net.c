/*
 * ranker_net.c
 *		The ranker's net: forward, backward, and its training.
 */
#include <math.h>
#include <stddef.h>
#include <string.h>

#include "ranker_internal.h"
#include "recal_blas.h"
#include "recal_rng.h"

#define STREAM_LAYERS	0x72616e6b6e6574
#define STREAM_SHUFFLE	0x72616e6b73687566
#define STREAM_HELD_OUT	0x72616e6b68656c64

#define ADAM_FIRST		0.9
#define ADAM_SECOND		0.999
#define ADAM_EPSILON	1e-8

/* what a step's net counts in the mean that is kept */
#define MEAN_SHARE 0.01f

/* examples whose loss is computed together where no gradient is wanted */
#define LOSS_BLOCK 64

/* standard deviations below this are those of a constant */
#define LEAST_DEVIATION 1e-6

/* a cross-entropy that no net that learns ever has */
#define DIVERGED 1000.0

#define IN RECAL_RANK_NFEATURES
#define H1 RECAL_RANK_HIDDEN1
#define H2 RECAL_RANK_HIDDEN2

typedef struct Activations
{
	float	   *input;			/* [n × IN] */
	float	   *hidden1;		/* [n × H1] */
	float	   *hidden2;		/* [n × H2] */
} Activations;

static float *
cut_activations(Activations *a, int64_t n, float *work)
{
	a->input = work;
	a->hidden1 = a->input + n * IN;
	a->hidden2 = a->hidden1 + n * H1;
	return a->hidden2 + n * H2;
}

#define ACTIVATIONS (IN + H1 + H2)

/* All that is learned */
static float *
parameters_of(RecalRankNet *net)
{
	return (float *) ((char *) net + offsetof(RecalRankNet, weights1));
}

const char *
recal_rank_net_check(const RecalRankNet *net)
{
	const float *values = (const float *) net;

	for (size_t i = 0; i < sizeof(RecalRankNet) / sizeof(float); i++)
		if (!isfinite(values[i]))
			return "the ranker has a parameter that is not finite";
	return NULL;
}

static void
standardize(const RecalRankNet *net, int64_t n, const float *features, float *out)
{
	for (int64_t i = 0; i < n * IN; i += IN)
		for (int f = 0; f < IN; f++)
		{
			float		value = (features[i + f] - net->means[f]) * net->scales[f];

			value = value > RECAL_RANK_CLIP ? RECAL_RANK_CLIP : value;
			out[i + f] = value < -RECAL_RANK_CLIP ? -RECAL_RANK_CLIP : value;
		}
}

/* rows[n × width] ← max(rows + bias, 0) */
static void
rectify(int64_t n, int width, float *rows, const float *bias)
{
	for (int64_t i = 0; i < n * width; i += width)
		for (int f = 0; f < width; f++)
		{
			float		value = rows[i + f] + bias[f];

			rows[i + f] = value > 0 ? value : 0;
		}
}

/* Scores of standardized features in a->input */
static void
forward(const RecalRankNet *net, int64_t n, const Activations *a, float *scores)
{
	recal_gemm((int) n, H1, IN, 1.0f, a->input, IN, net->weights1, H1, 0.0f, a->hidden1, H1);
	rectify(n, H1, a->hidden1, net->bias1);
	recal_gemm((int) n, H2, H1, 1.0f, a->hidden1, H1, net->weights2, H2, 0.0f, a->hidden2, H2);
	rectify(n, H2, a->hidden2, net->bias2);
	recal_gemv((int) n, H2, a->hidden2, H2, net->weights3, scores);
	for (int64_t i = 0; i < n; i++)
		scores[i] += net->gain * a->input[i * IN + RECAL_RANK_FACTORS];
}

int64_t
recal_rank_score_work_size(int64_t n)
{
	return n * ACTIVATIONS;
}

void
recal_rank_score(const RecalRankNet *net, int64_t n, const float *features, float *scores,
				 float *work)
{
	Activations a;

	if (n == 0)
		return;
	(void) cut_activations(&a, n, work);
	standardize(net, n, features, a.input);
	forward(net, n, &a, scores);
}

/*
 * Start.
 */
void
recal_rank_net_init(RecalRankNet *net, const RecalRankExamples *examples, uint64_t seed)
{
	double		sums[IN] = {0};
	double		squares[IN] = {0};
	double		n = 0;

	memset(net, 0, sizeof(*net));

	/* the first example's features are what others are measured from: no cancellation */
	for (int pass = 0; pass < 2; pass++)
		for (int64_t e = 0; e < examples->n; e++)
			for (int c = 0; c < examples->counts[e]; c++)
			{
				const float *row = examples->features + (e * RECAL_RANK_CANDIDATES + c) * IN;

				n += pass == 0;
				for (int f = 0; f < IN; f++)
					if (pass == 0)
						sums[f] += row[f];
					else
						squares[f] += (row[f] - sums[f] / n) * (row[f] - sums[f] / n);
			}
	for (int f = 0; f < IN && n > 0; f++)
	{
		double		deviation = sqrt(squares[f] / n);

		net->means[f] = (float) (sums[f] / n);
		net->scales[f] = deviation > LEAST_DEVIATION ? (float) (1.0 / deviation) : 0;
	}
	for (int i = 0; i < IN * H1; i++)
		net->weights1[i] = (float) (sqrt(2.0 / IN) * recal_rng_normal(seed, STREAM_LAYERS, (uint64_t) i));
	for (int i = 0; i < H1 * H2; i++)
		net->weights2[i] = (float) (sqrt(2.0 / H1) *
									recal_rng_normal(seed, STREAM_LAYERS, (uint64_t) (IN * H1 + i)));
	net->gain = 1;
}

/*
 * Loss.
 */
int64_t
recal_rank_loss_work_size(int64_t n)
{
	return n * RECAL_RANK_CANDIDATES * (ACTIVATIONS + 1 + H1 + H2);
}

/* Σ cross-entropy of corrected scores, which become its gradient. Rows of an example lie together. */
static double
softmax(const RecalRankExamples *examples, const int64_t *order, int64_t n, float *scores)
{
	double		loss = 0;

	for (int64_t i = 0; i < n; i++)
	{
		int			count = examples->counts[order[i]];
		const float *corrections = examples->corrections + order[i] * RECAL_RANK_CANDIDATES;
		float		largest;
		double		sum = 0;

		for (int c = 0; c < count; c++)
			scores[c] += corrections[c];
		largest = scores[0];
		for (int c = 1; c < count; c++)
			largest = scores[c] > largest ? scores[c] : largest;
		loss += largest - scores[0];
		for (int c = 0; c < count; c++)
			sum += scores[c] = expf(scores[c] - largest);
		loss += log(sum);
		for (int c = 0; c < count; c++)
			scores[c] = (float) (scores[c] / sum);
		scores[0] -= 1;
		scores += count;
	}
	return loss;
}

/* out[width] ← sums of rows[n × width] */
static void
sum_rows(int64_t n, int width, const float *rows, float *out)
{
	memset(out, 0, sizeof(float) * (size_t) width);
	for (int64_t i = 0; i < n * width; i += width)
		for (int f = 0; f < width; f++)
			out[f] += rows[i + f];
}

/* The gradient's places are those of the parameters in a net. */
static void
backward(const RecalRankNet *net, int64_t n, const Activations *a, const float *deltas,
		 float *gradient, float *work)
{
	float	   *weights1 = gradient;
	float	   *bias1 = weights1 + IN * H1;
	float	   *weights2 = bias1 + H1;
	float	   *bias2 = weights2 + H1 * H2;
	float	   *weights3 = bias2 + H2;
	float	   *delta1 = work;
	float	   *delta2 = delta1 + n * H1;
	double		gain = 0;

	for (int64_t i = 0; i < n; i++)
		gain += (double) deltas[i] * a->input[i * IN + RECAL_RANK_FACTORS];
	weights3[H2] = (float) gain;
	memset(weights3, 0, sizeof(float) * H2);
	recal_gemv_t((int) n, H2, a->hidden2, H2, deltas, weights3);

	for (int64_t i = 0; i < n; i++)
		for (int f = 0; f < H2; f++)
			delta2[i * H2 + f] = a->hidden2[i * H2 + f] > 0 ? deltas[i] * net->weights3[f] : 0;
	recal_gemm_tn(H1, H2, (int) n, 1.0f, a->hidden1, H1, delta2, H2, 0.0f, weights2, H2);
	sum_rows(n, H2, delta2, bias2);

	recal_gemm_nt((int) n, H1, H2, 1.0f, delta2, H2, net->weights2, H2, 0.0f, delta1, H1);
	for (int64_t i = 0; i < n * H1; i++)
		delta1[i] = a->hidden1[i] > 0 ? delta1[i] : 0;
	recal_gemm_tn(IN, H1, (int) n, 1.0f, a->input, IN, delta1, H1, 0.0f, weights1, H1);
	sum_rows(n, H1, delta1, bias1);
}

double
recal_rank_loss(const RecalRankNet *net, const RecalRankExamples *examples, const int64_t *order,
				int64_t n, float *gradient, float *work)
{
	int64_t		rows = 0;
	int64_t		at = 0;
	Activations a;
	float	   *scores;
	double		loss;

	for (int64_t i = 0; i < n; i++)
		rows += examples->counts[order[i]];
	if (rows == 0)
		return 0;
	scores = cut_activations(&a, rows, work);
	for (int64_t i = 0; i < n; i++)
	{
		int			count = examples->counts[order[i]];

		standardize(net, count, examples->features + order[i] * RECAL_RANK_CANDIDATES * IN,
					a.input + at * IN);
		at += count;
	}
	forward(net, rows, &a, scores);
	loss = softmax(examples, order, n, scores);
	if (gradient != NULL)
		backward(net, rows, &a, scores, gradient, scores + rows);
	return loss;
}

/*
 * Training.
 */
void
recal_rank_default_options(RecalRankOptions *options)
{
	options->learning_rate = 2e-3f;
	options->batch = 64;
	options->epochs = 12;
	options->patience = 3;
	options->held_out = 0.1;
	options->seed = 1;
}

typedef struct Trainer
{
	RecalRankNet *best;
	RecalRankNet *mean;			/* of the last steps' nets, which is what is kept */
	float	   *gradient;		/* [RECAL_RANK_NPARAMETERS] and the moments */
	float	   *first;
	float	   *second;
	int64_t    *order;			/* [nexamples] those trained on, then those held out */
	float	   *work;
	int64_t		step;
} Trainer;

static int64_t
lay_out(Trainer *t, int64_t nexamples, const RecalRankOptions *options, char *memory)
{
	int64_t		at = 0;
	int			n = options->batch > LOSS_BLOCK ? options->batch : LOSS_BLOCK;

	t->best = recal_rank_cut(memory, &at, 1, sizeof(RecalRankNet));
	t->mean = recal_rank_cut(memory, &at, 1, sizeof(RecalRankNet));
	t->gradient = recal_rank_cut(memory, &at, RECAL_RANK_NPARAMETERS, sizeof(float));
	t->first = recal_rank_cut(memory, &at, RECAL_RANK_NPARAMETERS, sizeof(float));
	t->second = recal_rank_cut(memory, &at, RECAL_RANK_NPARAMETERS, sizeof(float));
	t->order = recal_rank_cut(memory, &at, nexamples, sizeof(int64_t));
	t->work = recal_rank_cut(memory, &at, recal_rank_loss_work_size(n), sizeof(float));
	return at;
}

int64_t
recal_rank_train_bytes(int64_t nexamples, const RecalRankOptions *options)
{
	Trainer		t;

	return lay_out(&t, nexamples, options, NULL);
}

/* A step by the gradient of n examples' sum, and the mean of the nets so far */
static void
step(Trainer *t, RecalRankNet *net, float rate, int64_t n)
{
	float	   *parameters = parameters_of(net);
	float	   *means = parameters_of(t->mean);
	float		scale = 1.0f / (float) n;
	double		unbiased;
	float		epsilon;
	float		share;

	t->step++;
	unbiased = sqrt(1.0 - pow(ADAM_SECOND, (double) t->step));
	rate *= (float) (unbiased / (1.0 - pow(ADAM_FIRST, (double) t->step)));
	epsilon = (float) (ADAM_EPSILON * unbiased);
	share = fmaxf(MEAN_SHARE, 1.0f / (float) t->step);
	for (size_t i = 0; i < RECAL_RANK_NPARAMETERS; i++)
	{
		float		g = t->gradient[i] * scale;

		t->first[i] += (float) (1 - ADAM_FIRST) * (g - t->first[i]);
		t->second[i] += (float) (1 - ADAM_SECOND) * (g * g - t->second[i]);
		parameters[i] -= rate * t->first[i] / (sqrtf(t->second[i]) + epsilon);
		means[i] += share * (parameters[i] - means[i]);
	}
}

/* Mean loss of examples, in blocks */
static double
mean_loss(const Trainer *t, const RecalRankNet *net, const RecalRankExamples *examples,
		  const int64_t *order, int64_t n, RecalPoll poll, void *arg)
{
	double		loss = 0;

	for (int64_t first = 0; first < n; first += LOSS_BLOCK)
	{
		if (poll != NULL)
			poll(arg);
		loss += recal_rank_loss(net, examples, order + first,
								n - first < LOSS_BLOCK ? n - first : LOSS_BLOCK, NULL, t->work);
	}
	return n > 0 ? loss / (double) n : 0;
}

static void
shuffle(int64_t *order, int64_t n, uint64_t seed, int epoch)
{
	for (int64_t i = n - 1; i > 0; i--)
	{
		int64_t		j = (int64_t) (recal_rng_bits(seed, STREAM_SHUFFLE + (uint64_t) epoch, (uint64_t) i) %
								   (uint64_t) (i + 1));
		int64_t		swapped = order[i];

		order[i] = order[j];
		order[j] = swapped;
	}
}

/* Those trained on first; returns their number. */
static int64_t
split_users(const RecalRankExamples *examples, const RecalRankOptions *options, int64_t *order)
{
	int64_t		n = 0;
	int64_t		end = examples->n;

	for (int64_t e = 0; e < examples->n; e++)
		if (recal_rng_uniform(options->seed, STREAM_HELD_OUT, (uint64_t) examples->users[e]) <
			options->held_out)
			order[--end] = e;
		else
			order[n++] = e;
	return n;
}

const char *
recal_rank_train(RecalRankNet *net, const RecalRankExamples *examples,
				 const RecalRankOptions *options, RecalRankResult *result, void *memory,
				 RecalPoll poll, void *arg)
{
	Trainer		t = {0};
	int64_t		ntrained;
	int64_t		nheld;

	(void) lay_out(&t, examples->n, options, memory);
	memset(t.first, 0, sizeof(float) * RECAL_RANK_NPARAMETERS);
	memset(t.second, 0, sizeof(float) * RECAL_RANK_NPARAMETERS);
	recal_rank_net_init(net, examples, options->seed);
	ntrained = split_users(examples, options, t.order);
	nheld = examples->n - ntrained;
	*t.best = *t.mean = *net;
	result->epochs = result->passes = 0;
	result->start = result->loss = mean_loss(&t, net, examples, t.order + ntrained, nheld, poll, arg);
	for (int epoch = 1; ntrained > 0 && epoch <= options->epochs &&
		 epoch - result->epochs <= options->patience; epoch++)
	{
		double		loss;

		shuffle(t.order, ntrained, options->seed, epoch);
		for (int64_t first = 0; first < ntrained; first += options->batch)
		{
			int64_t		n = ntrained - first < options->batch ? ntrained - first : options->batch;

			if (poll != NULL)
				poll(arg);
			loss = recal_rank_loss(net, examples, t.order + first, n, t.gradient, t.work);
			if (!(loss < DIVERGED * (double) n))
				return "the ranker's loss has grown out of range";
			step(&t, net, options->learning_rate, n);
		}
		loss = mean_loss(&t, t.mean, examples, t.order + ntrained, nheld, poll, arg);
		if (nheld == 0 || loss < result->loss)
		{
			result->loss = loss;
			result->epochs = epoch;
			*t.best = *t.mean;
		}
		result->passes = epoch;
	}
	*net = *t.best;
	return recal_rank_net_check(net);
}
