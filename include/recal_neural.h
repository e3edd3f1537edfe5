/*
 * recal_neural.h
 *		Training of the network (recal_network.h) in the server: what is held out
 *		to judge it by, the epochs, and whether it is worth keeping.
 */
#ifndef RECAL_NEURAL_H
#define RECAL_NEURAL_H

#include "postgres.h"

#include "portability/instr_time.h"

#include "recal_events.h"
#include "recal_model.h"
#include "recal_network.h"
#include "recal_train.h"
#include "recal_workers.h"

/* A network of an earlier version, for the items that are still there. */
typedef struct RecalWarmNetwork
{
	const float *dense;
	const float *inputs;		/* [nitems × d] */
	const float *outputs;		/* [nitems × (d + 1)] */
	const bool *has;			/* [nitems], rows that are set */
	double		as_of;			/* it has seen nothing later, and may have seen all before */
} RecalWarmNetwork;

/*
 * By whom a network was judged, and what made their scores: what else there is can
 * be compared with it, or built on it, for the same users.
 */
typedef struct RecalNetworkJudged
{
	MemoryContext context;		/* that it lies in, with all below */
	int64		n;
	int32	   *users;			/* [n] */
	double	   *ndcg;			/* [n] of each one's row to be found, cross-fitted */
	float	   *vectors;		/* [n × d] z without that row */
	float	   *outputs;		/* [nitems × d] o */
	float	   *biases;			/* [nitems] b */
	float	   *factors;		/* [n × d] x of the factorization without those rows */
	float	   *item_factors;	/* [nitems × d] y, likewise */
} RecalNetworkJudged;

/* What the training of a network needs and gives. */
typedef struct RecalNetwork
{
	/* in */
	const char *model;			/* for messages */
	RecalSwitch mode;
	int			nhidden;		/* -1: by default */
	int			hidden[RECAL_NET_MAX_HIDDEN];
	double		dropout;		/* this and the next two: RECAL_AUTO_VALUE, or 0, by data */
	double		learning_rate;
	int			batch_size;
	int			epochs;			/* 0: by data */
	int			negatives;		/* -1: by data; 0: softmax over all items */
	int64		seed;
	const RecalWarmNetwork *warm;	/* or NULL; it must have the shape that is to be trained */
	int			unjudged_epochs;	/* to train on all rows, and keep what comes of it; 0: as is best */
	void		(*progress) (void *arg, const RecalProgress *progress);	/* as that of
																		 * RecalFactorization;
																		 * phase "network" */
	void	   *progress_arg;
	/* out */
	bool		tried;
	bool		kept;
	bool		warmed;			/* warm was of use */
	RecalNetShape shape;
	RecalNetOptions options;	/* as they were used */
	float	   *parameters;		/* [recal_net_size], 64-byte aligned */
	RecalNet	net;			/* bound to them */
	float	   *spread;			/* [RECAL_NET_SPREADS × d × d] of recal_net_fit_spread */
	float	   *content;		/* [p × RecalNetContentWidth] what makes o, b and e of an item's
								 * features, or NULL */
	int			content_rows;	/* p */
	float		blend;			/* score = z·o + b + blend · x·y */
	int			epochs_run;		/* that the parameters have been through */
	int			nloss;
	double	   *loss;			/* mean cross-entropy of each epoch, with those after the best one */
	int64		nvalid;			/* users that it was judged by */
	RecalNetworkJudged *judged; /* by them, when it is kept, or NULL */
	double		ndcg;			/* these of their rows, blended, cross-fitted; NaN if none */
	double		factorization_ndcg;
	double		popularity_ndcg;
	double		seconds;
	int64		positions;		/* targets that epochs went through, with those after the best one */
	double		epoch_seconds;	/* what that took, ranking left out */
	int			nworkers;
} RecalNetwork;

/*
 * Trains a network beside a factorization of the same matrix, which its item
 * vectors start from. Nothing is tried where feedback is ratings or pairs have
 * no time. RECAL_AUTO keeps it where it ranks each user's next item better than
 * the factorization does, both without that item's row; RECAL_ON always. Results
 * are in the current context, and the same bit for bit whatever the number of
 * workers. Errors with RECAL_ON, else a WARNING and no network: 22003 when the
 * training diverges, 53400 when recal.train_memory does not suffice. With
 * unjudged_epochs there are neither spread nor content.
 */
extern void RecalTrainNetwork(const RecalMatrix *matrix, const RecalFactorization *work,
							  RecalNetwork *network);

/* Whether it would try: there may be something to learn from. */
extern bool RecalNetworkMayBe(const RecalMatrix *matrix, const RecalNetwork *network);

/* Options for RecalTrainNetwork */
extern void RecalNetworkOptions(const RecalDefinition *definition, RecalNetwork *network);

/* The shape that a network would have; profile: users have features */
extern void RecalNetworkShape(const RecalNetwork *network, int factors, int64 nitems,
							  bool profile, RecalNetShape *shape);

/* the dense parameters are stored in rows, so that chunks can be as small as all are */
#define RECAL_NET_DENSE_COLUMNS	16

/* o, b and e of one item, side by side */
#define RecalNetContentWidth(d) (2 * (d) + 1)

/*
 * Weights: parts network_shape, network_dense, network_inputs, network_outputs,
 * network_spread, and network_content where items have features; returns their bytes.
 */
extern int64 RecalNetworkStore(const char *model, int version, const RecalNetwork *network);

/*
 * For the version's row: options as used; facts and metrics as JSON text of
 * members, each after a comma (metrics: if there is something before).
 */
extern Jsonb *RecalNetworkUsed(const RecalNetwork *network);
extern char *RecalNetworkFacts(const RecalNetwork *network);
extern char *RecalNetworkMetrics(const RecalNetwork *network, bool follows);

/* The shape of a version's network but for the items, or XX001 */
extern void RecalNetworkReadShape(const char *model, int version, RecalNetShape *shape);

/*
 * The network of a version for items that now have these places, or NULL when
 * it has none of this shape. at [nitems of that version]: new place, -1 for items
 * that are gone.
 */
extern RecalWarmNetwork *RecalNetworkLoadWarm(const RecalVersion *version,
											  const RecalNetShape *shape,
											  int64 old_items, const int64 *at);

/*
 * For the files of the training.
 */

/* what is ranked: the network's scores blended, then others alone */
#define RECAL_NET_BLENDS		5
#define RECAL_NET_FACTORIZATION	RECAL_NET_BLENDS
#define RECAL_NET_POPULARITY	(RECAL_NET_BLENDS + 1)
#define RECAL_NET_RANKED		(RECAL_NET_BLENDS + 2)

extern const float recal_network_blends[RECAL_NET_BLENDS];

typedef struct RecalNetworkRun
{
	const RecalMatrix *matrix;
	const RecalFactorization *work;
	RecalNetwork *network;
	MemoryContext context;
	MemoryContext results;
	RecalNetShape shape;
	RecalNetOptions options;
	const RecalWarmNetwork *warm;

	/* histories, ascending in time within a user; users as in the matrix */
	int32	   *items;			/* [nnz] */
	float	   *weights;		/* [nnz] */

	/* users by whom the network is judged, ascending */
	int64		nvalid;
	int32	   *valid_user;
	int32	   *valid_length;	/* rows before the one to be found, the rest being held out */
	float	   *valid_vectors;	/* [nvalid × d] of the factorization */
	float	   *held_items;		/* [nitems × d] of the factorization without what is held out */
	double		chosen_ndcg;	/* of the epoch and blend that all of them choose */
	double		half_ndcg[2];	/* of those that half of them choose */
	double	   *crossed;		/* [nvalid] NDCG with what the other half chooses */
	const double *gains;		/* of RecalNetworkRank, latest */
	const float *held_profile;	/* [p × d] what makes profiles of users' features, of the same */
	bool		again;			/* once more on everything when the number of epochs is known */

	RecalPool  *pool;
	struct RecalNetShared *shared;
	RecalNetTraining training;	/* the leader's */
	float		profile_scale;	/* of profiles while they are trained with */
	double		told;			/* fraction */
	instr_time	told_at;
} RecalNetworkRun;

/* of the network's time */
#define RECAL_NET_FACTORIZE_SHARE	.1

/* Tells how far it is; what is allocated here and now stays. */
extern void RecalNetworkProgress(RecalNetworkRun *run, int epoch, int epochs, double fraction);

/* network_validate.c */
extern void RecalNetworkHistories(RecalNetworkRun *run);
extern bool RecalNetworkHoldOut(RecalNetworkRun *run);
extern void RecalNetworkFactorize(RecalNetworkRun *run);

/*
 * network_judge.c: RecalNetworkJudge ranks after an epoch and says whether it is
 * the best so far; then RecalNetworkWins, whether the best is worth keeping.
 */
extern void RecalNetworkJudgeBegin(RecalNetworkRun *run);
extern bool RecalNetworkJudge(RecalNetworkRun *run);
extern bool RecalNetworkWins(RecalNetworkRun *run);

/* network_steps.c */
extern Size RecalNetworkBytes(const RecalNetworkRun *run);
extern void RecalNetworkBegin(RecalNetworkRun *run, bool held_out, const float *factors);

/* NULL, or a message when it diverges */
extern const char *RecalNetworkEpoch(RecalNetworkRun *run, int epoch, int epochs,
									 double begin, double end, double *loss);

/* gains [nvalid × RECAL_NET_RANKED]: NDCG of each user's row to be found */
extern const double *RecalNetworkRank(RecalNetworkRun *run);

/* [nvalid × d] z, of the latest ranking */
extern const float *RecalNetworkRankedVectors(const RecalNetworkRun *run);

/* [nusers × d] as serving makes them of users' features; NULL where it reads none */
extern float *RecalNetworkProfiles(const RecalNetworkRun *run);
extern const float *RecalNetworkParameters(const RecalNetworkRun *run);

/*
 * network_content.c: fits the network's content where items have features, and
 * gives items without pairs, which only evaluation has, what serving would give
 * them. NULL, or a message.
 */
extern const char *RecalNetworkFitContent(RecalNetworkRun *run);

/*
 * Weights [p × d] from users' features to user factors, which stand for the
 * factorization's where it does without them. NULL, or a message.
 */
extern const char *RecalNetworkFitProfile(const RecalFeatureRows *rows,
										  const RecalMatrix *matrix,
										  const float *user_factors, int d, float *weights);
extern Size RecalNetworkContentBytes(const RecalFeatureRows *rows, int width);

extern void RecalNetSliceBlock(void *memory, int block, RecalParticipant *me);
extern void RecalNetUpdateBlock(void *memory, int block, RecalParticipant *me);
extern void RecalNetRankBlock(void *memory, int block, RecalParticipant *me);

#endif							/* RECAL_NEURAL_H */
