/*
 * network_internal.h
 *		What the files of the network share.
 */
#ifndef RECAL_NETWORK_INTERNAL_H
#define RECAL_NETWORK_INTERNAL_H

#include "recal_network.h"

/* Loops over vectors; see network_kernels.h */
typedef struct RecalNetKernels
{
	void		(*decay_add) (int n, float decay, float *y, float weight, const float *x);
	float		(*add_max) (int n, float *x, const float *bias);
	float		(*exp_sum) (int n, float *x, float max);
	void		(*scale) (int n, float *x, float factor);
	void		(*dropout) (int n, float *x, uint64_t key, uint32_t threshold, float factor);
	void		(*rectify) (int n, float *x, const float *bias);
	void		(*rectify_back) (int n, float *g, const float *a, float factor);
	void		(*adam) (int64_t n, float *p, float *m, float *v, const float *g, float rate,
						 float epsilon);
} RecalNetKernels;

/* Kernels that run on this machine, best (0) first; NULL after the last */
extern const RecalNetKernels *recal_net_kernels_choice(int choice);

#define recal_net_align(n) (((n) + 15) & ~(int64_t) 15)

/* positions of a segment: a piece of a history that is walked at one go */
#define RECAL_NET_SEGMENT 32

/* items of one tile of the softmax */
#define RECAL_NET_TILE 512

/* some rows of a history, and the positions among them: each reads the rows before it */
typedef struct RecalNetSegment
{
	int64_t		start;			/* positions before it in the order of the epoch */
	int64_t		user;
	int64_t		row;			/* of the history's beginning */
	int32_t		first;			/* position of the first, counted from there */
	int32_t		count;
} RecalNetSegment;

/* What changes in the course of a training. */
typedef struct RecalNetState
{
	int64_t		nsegments;
	int64_t		npositions;
	int64_t		step;			/* batches so far, with the current one */
	int64_t		first;			/* of the batch, in the order of the epoch */
	int			epoch;
	int			count;			/* positions of the batch */
	int			nslices;
	int			nnegatives;		/* different ones */
	float		rate;			/* of the step, Adam's correction in it */
	float		epsilon;
} RecalNetState;

/* how the items are cut into blocks that are updated */
extern int64_t recal_net_block_items(const RecalNetShape *shape, const RecalNetOptions *options);

/* most rows of e that a slice has gradients for */
extern int64_t recal_net_max_entries(const RecalNetOptions *options);
extern int	recal_net_max_slices(const RecalNetOptions *options);

/*
 * network_input.c: inputs [count × width] of a segment's positions; reciprocals
 * [count × DECAYS] of the decayed weights, for the way back.
 */
extern void recal_net_segment_inputs(const RecalNet *net, const RecalNetHistories *histories,
									 const RecalNetSegment *segment, float *inputs,
									 float *reciprocals, const RecalNetKernels *kernels);

/*
 * From the gradient of the inputs to those of the rows of e that they were made
 * from, one entry a row; returns how many. work: DECAYS·d floats.
 */
extern int	recal_net_segment_gradients(const RecalNet *net,
										const RecalNetHistories *histories,
										const RecalNetSegment *segment, const float *inputs,
										const float *reciprocals, int32_t *entry_items,
										float *entries, float *work,
										const RecalNetKernels *kernels);

/*
 * How the inputs weigh each of m gathered rows: coefficients [m × SLOTS], so
 * that input slot s = Σ_j coefficients[j][s] · e_j.
 */
extern void recal_net_coefficients(int64_t m, const float *weights, float *coefficients);

/* network.c: what the random numbers of a position's, and of its layer's, dropout hang on */
extern uint64_t recal_net_dropout_key(uint64_t seed, int epoch, int64_t position);
extern uint64_t recal_net_layer_key(uint64_t key, int layer);

/*
 * One pass; keys [n] of dropout by row or NULL. activations[l]
 * [n × in]; the first holds the inputs and is changed by dropout.
 */
extern void recal_net_layers(const RecalNet *net, int n, float *const *activations, float *z,
							 const uint64_t *keys, float dropout,
							 const RecalNetKernels *kernels);

/* Backward: deltas[l] [n × out] from the last one; input_gradient [n × width] unless NULL. */
extern void recal_net_layers_back(const RecalNet *net, int n, float *const *activations,
								  float *const *deltas, float *input_gradient,
								  const uint64_t *keys, float dropout,
								  const RecalNetKernels *kernels);

/*
 * network_softmax.c: from z to the loss of a slice's positions, its gradient in
 * deltas of the last layer, and the exponentials.
 */
extern void recal_net_softmax(const RecalNetTraining *t, int slice, int first, int n,
							  const RecalNetKernels *kernels, RecalPoll poll, void *arg);

/* The gradient of o and b of an item block, applied. */
extern void recal_net_update_outputs(const RecalNetTraining *t, int64_t first, int64_t n,
									 float *work, const RecalNetKernels *kernels);
extern int64_t recal_net_outputs_work_size(const RecalNetTraining *t);

/* network_train.c: one step of p by gradient g */
extern void recal_net_apply(const RecalNetTraining *t, int64_t n, float *p, float *m, float *v,
							const float *g, const RecalNetKernels *kernels);

extern int	recal_net_ntiles(const RecalNetTraining *t);

#endif							/* RECAL_NETWORK_INTERNAL_H */
