/*
 * recal_network.h
 *		A multilayer perceptron that reads a user's history and writes the user's
 *		vector: score = z · o_i + b_i, trained by softmax over the catalogue
 *		(Covington, Adams, Sargin 2016, "Deep Neural Networks for YouTube
 *		Recommendations", candidate generation).
 *
 * Input of a position, from the rows before it: for each of four decays γ the
 * weighted mean Σ γ^age w e / Σ γ^age |w| over the newest rows, and the vectors
 * of the last five, zero where there are none; e is the item's input vector,
 * which is not its output vector o. A row of negative weight (a dislike) counts
 * with its sign and is no target. Where something is known about users besides
 * (a profile: d numbers that the training leaves alone, zeros for a user of whom
 * nothing is known), it comes after these. Then layers with rectifiers, dropout before
 * each, and a linear one of width d.
 */
#ifndef RECAL_NETWORK_H
#define RECAL_NETWORK_H

#include "recal_sparse.h"

#define RECAL_NET_MAX_HIDDEN	8
#define RECAL_NET_MAX_WIDTH		8192
#define RECAL_NET_DECAYS		4
#define RECAL_NET_LAST			5
#define RECAL_NET_SLOTS			(RECAL_NET_DECAYS + RECAL_NET_LAST)

/* rows of a history that serving reads, the newest */
#define RECAL_NET_WINDOW		100

extern const float recal_net_decays[RECAL_NET_DECAYS];

typedef struct RecalNetShape
{
	int			d;
	int			nhidden;		/* may be 0: one linear layer */
	int			hidden[RECAL_NET_MAX_HIDDEN];
	int64_t		nitems;
	int			nprofile;		/* slots of the input for a user's profile: 0 or 1 */
} RecalNetShape;

/* floats of an input */
#define recal_net_width(shape) ((RECAL_NET_SLOTS + (shape)->nprofile) * (shape)->d)

/*
 * All parameters lie in one piece of memory: the dense ones, layer by layer
 * weights [in × out] and bias [out]; then e [nitems × d], o [nitems × d], b
 * [nitems]. Each of the four begins at a multiple of 16 floats.
 */
typedef struct RecalNet
{
	RecalNetShape shape;
	float	   *dense;
	float	   *inputs;			/* e */
	float	   *outputs;		/* o */
	float	   *biases;			/* b */
} RecalNet;

/* A layer's place in the dense parameters. */
typedef struct RecalNetLayer
{
	int			in;
	int			out;
	int64_t		weights;		/* offset of [in × out] */
	int64_t		bias;			/* offset of [out] */
} RecalNetLayer;

/* NULL, or what is wrong with a shape */
extern const char *recal_net_check_shape(const RecalNetShape *shape);

#define recal_net_nlayers(shape) ((shape)->nhidden + 1)
extern RecalNetLayer recal_net_layer(const RecalNetShape *shape, int layer);
extern int64_t recal_net_dense_size(const RecalNetShape *shape);	/* floats */
extern int64_t recal_net_size(const RecalNetShape *shape);	/* floats of all parameters */

/* Points a net at its parameters, 64-byte aligned. */
extern void recal_net_bind(RecalNet *net, const RecalNetShape *shape, float *memory);

/*
 * Start: e and o from factors [nitems × d], scaled to a mean norm of
 * .5 · √(d/64); b the log popularity from counts [nitems] of rows; layers
 * random (He). Items without a factor start at 0.
 */
extern void recal_net_init(RecalNet *net, const float *factors, const int64_t *counts,
						   uint64_t seed, RecalPoll poll, void *arg);

/*
 * Training.
 *
 * A batch is two steps of numbered blocks: slices of its positions (forward,
 * softmax, backward), then updates, each of which computes one part of the
 * gradient over the whole batch and applies it. Whoever is there takes the next
 * block; all blocks of a step end before the next step begins. What a block
 * computes depends on its number and on memory that its step leaves alone, so
 * the result is the same, bit for bit, whoever computed it:
 *
 *		recal_net_start
 *		for each epoch: recal_net_begin_epoch, and for each of its batches
 *			recal_net_begin_batch
 *			recal_net_slice for 0 .. recal_net_nslices - 1, by anybody
 *			recal_net_update for 0 .. recal_net_nupdates - 1, by anybody
 *			recal_net_end_batch
 *
 * Only the leader calls begin, end and start. Participants call
 * recal_denormals_off before.
 */
typedef struct RecalNetHistories
{
	int64_t		nusers;
	const int64_t *offsets;		/* [nusers + 1] */
	const int32_t *items;		/* [rows], ascending in time within a user */
	const float *weights;		/* [rows], never 0 */
	const float *profiles;		/* [nusers × d] where the shape has a slot for them */
} RecalNetHistories;

#define RECAL_NET_MAX_BATCH		8192
#define RECAL_NET_MAX_SLICE		256
#define RECAL_NET_MAX_NEGATIVES	65536

typedef struct RecalNetOptions
{
	float		dropout;		/* before each layer, 0 <= dropout < 1 */
	float		learning_rate;	/* at the start; falls to 0 as a cosine */
	int			batch;			/* positions */
	int			slice;			/* positions of a slice, at most */
	int			epochs;			/* the schedule's length */
	int			negatives;		/* 0: softmax over all items */
	bool		plain_descent;	/* not Adam: the change is -learning_rate · gradient */
	uint64_t	seed;
} RecalNetOptions;

/* What RecalNetOptions had better be for so many rows and items. */
extern void recal_net_default_options(RecalNetOptions *options, int64_t rows, int64_t nitems);
extern const char *recal_net_check_options(const RecalNetOptions *options);

/*
 * Up to this many items, and scores in an epoch, the softmax is over all items by
 * default.
 */
#define RECAL_NET_FULL_SOFTMAX	20000
#define RECAL_NET_FULL_WORK		5e9

typedef struct RecalNetTraining RecalNetTraining;

/*
 * The memory of a training: 64-byte aligned, the same for all participants
 * though at an address of their own, and holding no addresses. Every participant
 * has a RecalNetTraining of its own, bound to net and memory.
 */
extern int64_t recal_net_training_bytes(const RecalNetShape *shape,
										const RecalNetOptions *options,
										const RecalNetHistories *histories);
extern void recal_net_training_bind(RecalNetTraining *t, const RecalNet *net,
									const RecalNetOptions *options,
									const RecalNetHistories *histories, void *memory);

/* floats of a participant's workspace, 64-byte aligned */
extern int64_t recal_net_work_size(const RecalNetTraining *t);

/* Sets up the memory; counts [nitems] of rows, from which negatives are drawn. */
extern void recal_net_start(RecalNetTraining *t, const int64_t *counts);
extern void recal_net_begin_epoch(RecalNetTraining *t, int epoch);
extern int64_t recal_net_nbatches(const RecalNetTraining *t);
extern void recal_net_begin_batch(RecalNetTraining *t, int64_t batch);
extern int	recal_net_nslices(const RecalNetTraining *t);
extern void recal_net_slice(const RecalNetTraining *t, int slice, float *work,
							RecalPoll poll, void *arg);
extern int	recal_net_nupdates(const RecalNetTraining *t);
extern void recal_net_update(const RecalNetTraining *t, int block, float *work);

/*
 * Adds the batch's loss (cross-entropy) and number of targets. Returns NULL, or
 * a message when the training diverges.
 */
extern const char *recal_net_end_batch(RecalNetTraining *t, double *loss, int64_t *targets);

/*
 * Serving. A history is given newest last; items are numbers of items.
 */

/* floats of workspace for n vectors at a time */
extern int64_t recal_net_forward_work_size(const RecalNetShape *shape, int n);

/* Input [recal_net_width] of a history, the profile 0. */
extern void recal_net_input(const RecalNet *net, int64_t n, const int32_t *items,
							const float *weights, float *input);

/*
 * The same, all but the profile's place, from gathered vectors e [m × d] of the newest
 * m = min(n, RECAL_NET_WINDOW) rows.
 */
extern void recal_net_input_gathered(int d, int64_t m, const float *vectors,
									 const float *weights, float *input);

/* The profile's place in an input; profile [d], NULL: nothing is known. */
extern void recal_net_put_profile(const RecalNetShape *shape, const float *profile,
								  float *input);

/* Multiplies the weights that read the profile, as if profiles were multiplied by factor. */
extern void recal_net_scale_profile(RecalNet *net, float factor);

/* z [n × d] of inputs [n × recal_net_width], which are left alone */
extern void recal_net_forward(const RecalNet *net, int n, const float *inputs, float *z,
							  float *work);

extern void recal_net_user_vector(const RecalNet *net, int64_t n, const int32_t *items,
								  const float *weights, float *z, float *work);

/*
 * z [passes × d] of one input with dropout kept on (Gal, Ghahramani 2016): their
 * spread is how unsure the net is. work for `passes` vectors.
 */
extern void recal_net_dropout_vectors(const RecalNet *net, const float *input, float dropout,
									  uint64_t seed, int passes, float *z, float *work);

/*
 * Dropout does not know how short a history is, so the spread has a second part:
 * how far user vectors of the newest rows alone are from those of at least twice
 * as many, by the number of rows: measured on at most max_users histories, as
 * covariances [RECAL_NET_SPREADS × d × d].
 */
#define RECAL_NET_SPREADS		7

extern const int recal_net_spread_rows[RECAL_NET_SPREADS];
extern int64_t recal_net_spread_work_size(const RecalNetShape *shape);
extern void recal_net_fit_spread(const RecalNet *net, const RecalNetHistories *histories,
								 int64_t max_users, float *spread, float *work, RecalPoll poll,
								 void *arg);

/* n rows are at the length of this number, and share of the way to the next one */
extern int	recal_net_spread_place(int64_t n, float *share);

/* covariance [d × d] of the vector of a history of n rows */
extern void recal_net_spread_at(int d, const float *spread, int64_t n, float *covariance);

/*
 * Integrated gradients (Sundararajan, Taly, Yan 2017) of z · o, from the empty
 * history without a profile: contributions[j] of the newest
 * m = min(n, RECAL_NET_WINDOW) rows, and profile · by_profile [d], sum to
 * z · o - baseline, which is that of where the path begins. vectors and weights
 * as for recal_net_input_gathered; profile and by_profile NULL: there is none.
 * work: recal_net_explain_work_size.
 */
extern int64_t recal_net_explain_work_size(const RecalNetShape *shape);
extern void recal_net_explain(const RecalNet *net, int64_t m, const float *vectors,
							  const float *weights, const float *profile,
							  const float *output, float *contributions, float *by_profile,
							  float *baseline, float *work);

/*
 * A participant's view of a training; its fields are of no use to callers.
 */
struct RecalNetTraining
{
	RecalNet	net;
	RecalNetOptions options;
	RecalNetHistories histories;
	struct RecalNetState *state;

	/* Adam's moments, laid out as the parameters are */
	RecalNet	first;
	RecalNet	second;

	struct RecalNetSegment *segments;	/* in the order of the epoch, and one at the end */

	/* of the batch, by position */
	int32_t    *targets;		/* [batch] */
	float	   *scales;			/* [batch] share of the loss: 0 for what is no target */
	float	   *activations[RECAL_NET_MAX_HIDDEN + 1];	/* [batch × in] of each layer */
	float	   *deltas[RECAL_NET_MAX_HIDDEN + 1];	/* [batch × out] */
	float	   *z;				/* [batch × d] */
	float	   *maxima;			/* [batch] largest logit */
	float	   *norms;			/* [batch] scale / Σ exp(logit - maximum) */
	float	   *target_shares;	/* [batch] probability of the target, with negatives */
	float	   *tile_maxima;	/* [ntiles × batch] that a tile's exponentials refer to */
	float	   *exponentials;	/* [ntiles × batch × tile width] */

	/* of the batch, by slice */
	double	   *losses;
	int64_t    *counts;			/* targets */
	int32_t    *entry_items;	/* [nslices × entries] rows of e with a gradient */
	float	   *entries;		/* [nslices × entries × d] */
	int32_t    *entry_order;	/* [nslices × entries] by item block */
	int32_t    *entry_starts;	/* [nslices × (item blocks + 1)] */

	/* negatives */
	double	   *cumulative;		/* [nitems + 1] */
	int32_t    *strata;			/* [negatives + 1] first item of each stratum */
	int32_t    *negatives;		/* [negatives] ascending */
	float	   *negative_outputs;	/* [negatives × d] */
	float	   *negative_biases;	/* [negatives] with the correction */
};

#endif							/* RECAL_NETWORK_H */
