/*
 * recal_weights.h
 *		Weights in recal_weights: parts of a version, cut into chunks of at most
 *		8 MB, each with a header (magic, format version, byte order, dtype,
 *		shape) and a CRC-32C that is verified whenever a chunk is read.
 *
 * Parts of an implicit model of n items, m users, d factors:
 *		item_ids, user_ids			ids, ascending
 *		item_factors  [n × d]		in the eigenbasis of their Gramian
 *		user_factors  [m × d]		same basis (batch work only)
 *		gramian       [1 × d]		eigenvalues of YᵀY, descending
 *		user_mean     [1 × d]		prior mean of users
 *		user_covariance [d × d]		prior covariance of users
 *		item_transform [d × d], item_rates [1 × d]	items' posterior (recal_posterior.h)
 *		item_mass     [n × 1]		Σ|c| of each item
 *		scalars       [1 × RECAL_NSCALARS]
 * And where a network was kept, which scores z·o + b + blend · x·y:
 *		network_shape [1 × (2 + hidden layers)]	d, number of hidden layers, their widths,
 *									and one more, a 1, where users have features
 *		network_dense [.. × 16]		parameters of the layers (recal_network.h)
 *		network_inputs [n × d]		e
 *		network_outputs [n × (d + 1)]	o and b
 *		network_spread [7·d × d]	covariances of the user's vector (recal_network.h)
 *		network_content [p × (2d + 1)]	with features of items: weights that make
 *									o, b and e of features
 * And where a ranker was kept (recal_ranker.h):
 *		ranker_net    [1 × sizeof(RecalRankNet) / 4]
 *		ranker_tastes [m × 4]		RecalTaste of each user, as the users' ids
 *		ranker_counters				the counters' memory, bytes
 * With features of items (and of users, user_...) of p columns, c declared:
 *		item_vocabulary				words as text ids: number of the column, value
 *		item_scales   [c × 4]		RecalFeatureScale
 *		item_content  [p × d]		weights that make factors of features
 */
#ifndef RECAL_WEIGHTS_H
#define RECAL_WEIGHTS_H

#include "postgres.h"

#include "recal_ids.h"

#define RECAL_CHUNK_BYTES (8 * 1024 * 1024)

/* positions in the part "scalars" */
enum
{
	RECAL_SCALAR_UNOBSERVED_WEIGHT,
	RECAL_SCALAR_REGULARIZATION,
	RECAL_SCALAR_MEAN_CONFIDENCE,	/* what confidences were divided by */
	RECAL_SCALAR_NOISE,			/* σ² */
	RECAL_SCALAR_HISTORY_DECAY, /* of a pair for each newer one of its user */
	/* of ratings, otherwise 0; their REGULARIZATION is the whole ridge of a factor */
	RECAL_SCALAR_BIAS_RIDGE,
	RECAL_SCALAR_MEAN_RATING,
	RECAL_SCALAR_RATING_DEVIATION,
	RECAL_SCALAR_USER_PRIOR,	/* 1 where users' features are the mean of the fold-in */
	RECAL_SCALAR_NETWORK_BLEND, /* weight of the factorization's score beside the network's */
	RECAL_SCALAR_NETWORK_DROPOUT,	/* -1 where there is no network */
	RECAL_SCALAR_NETWORK_SPREAD,	/* 1 where network_spread is stored */
	RECAL_SCALAR_USERS,			/* that had rows; 0 where an earlier release did not say */
	RECAL_SCALAR_CHANCES,		/* 1 where there is a part item_chance */
	RECAL_SCALAR_MEAN_USER,		/* mean_likes of recal_als_mean_prior; 0 where an earlier release
								 * trained: the mean user left with the first like */
	RECAL_SCALAR_RANKER,		/* 1 where there is a ranker */
	RECAL_NSCALARS
};

typedef struct RecalPart
{
	int64		rows;
	int			columns;		/* 0 for ids */
	RecalIdKind id_kind;		/* ids only */
	int64		chunk_rows;		/* rows of every chunk but the last */
	int			nchunks;
} RecalPart;

extern int64 RecalWeightsWriteFloats(const char *model, int version, const char *part,
									 int64 rows, int columns, const float *data);	/* returns bytes */

/* Puts n rows from row first on at dst; it is asked for all rows, in order. */
typedef void (*RecalRowSource) (void *arg, int64 first, int64 n, void *dst);

/* The same for rows that are not in memory together. */
extern int64 RecalWeightsWriteFloatsFrom(const char *model, int version, const char *part,
										 int64 rows, int columns, RecalRowSource source,
										 void *arg);
extern int64 RecalWeightsWriteIds(const char *model, int version, const char *part,
								  const RecalIdTable *ids);

/* Bytes without a shape */
extern int64 RecalWeightsWriteBytes(const char *model, int version, const char *part,
									const void *data, Size nbytes);
extern void RecalWeightsDelete(const char *model, int version, const char *part);	/* NULL: all */

/* Size of all chunks as of now, whatever the active snapshot; 0: no weights */
extern int64 RecalWeightsBytes(const char *model, int version);

/*
 * Readers use the active snapshot. A missing, damaged or wrongly shaped chunk
 * is ERRCODE_DATA_CORRUPTED naming model, version, part and chunk, with a hint.
 */
extern void RecalWeightsInfo(const char *model, int version, const char *part, RecalPart *info);

/*
 * Reads one chunk's floats into dst, which has room for chunk_rows rows;
 * returns the number of rows.
 */
extern int64 RecalWeightsReadChunk(const char *model, int version, const char *part,
								   const RecalPart *info, int chunk, float *dst);

/* Whole part, 64-byte aligned, in the current memory context. */
extern float *RecalWeightsReadFloats(const char *model, int version, const char *part,
									 int64 rows, int columns);	/* expected shape; rows -1: any */
extern void *RecalWeightsReadBytes(const char *model, int version, const char *part,
								   Size *nbytes);
extern void RecalWeightsReadIds(const char *model, int version, const char *part,
								RecalIdTable *ids);

extern bool RecalAllFinite(const float *data, Size n);

/* 64-byte aligned, may exceed 1 GB; for pfree, but not for repalloc */
extern void *RecalAllocAligned(MemoryContext context, Size size);

/* [rows × columns] in the current context, room for one where there are none */
extern float *RecalAllocFloats(int64 rows, int64 columns);

#endif							/* RECAL_WEIGHTS_H */
