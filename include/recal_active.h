/*
 * recal_active.h
 *		Active learning: which items to ask a user about.
 *
 * A user's vector is known up to a Gaussian N(x, S), S = RᵀR, so a score has
 * mean x·y and variance ‖Ry‖². An answer about item i is the score with noise
 * τ_i; it takes Syyᵀ S / (τ_i + yᵀSy) off S, whatever the answer says. So a batch
 * is chosen greedily without knowing the answers: after each pick S is what it
 * will be, and the batch does not ask the same thing twice.
 */
#ifndef RECAL_ACTIVE_H
#define RECAL_ACTIVE_H

#include <stdbool.h>
#include <stdint.h>

#include "recal_sparse.h"

/*
 * What a strategy takes for the gain of asking about item i; score s = x·y,
 * variance v = ‖Ry‖², u = √(v + item part), a like is a score of t or more, Φ the
 * normal distribution's. Gains are multiplied by the chance of an answer where
 * that is known (negative ones divided), but for popularity and random.
 */
typedef enum RecalStrategy
{
	RECAL_STRATEGY_UNCERTAINTY, /* ½ log₂(1 + v / τ): the bits that an answer tells of the user,
								 * uncertainty by the noise of the answer (MacKay 1992) */
	RECAL_STRATEGY_VARIANCE_REDUCTION,	/* Σ_j w_j (y_jᵀSy)² / (τ + v): what an answer takes off the
										 * variance of all scores, A-optimal design */
	RECAL_STRATEGY_MARGIN,		/* 2 Φ(-|s - t| / √τ): the answer nearest to a toss-up, the score taken
								 * to be known (Scheffer et al. 2001) */
	RECAL_STRATEGY_ENTROPY,		/* H(Φ((s - t) / √(u² + τ))): entropy of the answer */
	RECAL_STRATEGY_INTEREST,	/* s: what the user would most likely say yes to */
	RECAL_STRATEGY_THOMPSON,	/* x̃·y with x̃ drawn from N(x, S) for each pick */
	RECAL_STRATEGY_POPULARITY,	/* users who have the item */
	RECAL_STRATEGY_POPULARITY_ENTROPY,	/* log popularity · entropy of the answers (Rashid et
										 * al. 2002) */
	RECAL_STRATEGY_COMMITTEE,	/* vote entropy of members drawn from N(x, S) (Seung, Opper,
								 * Sompolinsky 1992) */
	RECAL_STRATEGY_DIVERSE,		/* the same as uncertainty, but as if answers had hardly any noise: the
								 * largest determinant of the picks' covariance by their noise (a
								 * DPP's mode) */
	RECAL_STRATEGY_RANDOM,
	RECAL_NSTRATEGIES
} RecalStrategy;

extern const char *const recal_strategy_names[RECAL_NSTRATEGIES];

/* -1 when there is none of this name */
extern int	recal_strategy_find(const char *name);

/* Items as all users see them. */
typedef struct RecalQuestionPool
{
	int64_t		n;
	int			width;			/* of a row */
	const float *rows;			/* [n × width] */
	const float *noise;			/* [n] τ */
	const float *popularity;	/* [n] */
	const float *popularity_entropy;	/* [n] */
	const float *answerable;	/* [n] chance of an answer, by which gains are multiplied; NULL: 1 */
	const float *target_root;	/* [width × width] L of Σ w y yᵀ = LLᵀ; needed by variance_reduction alone */
} RecalQuestionPool;

/* A user's beliefs. */
typedef struct RecalQuestionUser
{
	const float *vector;		/* [width] x */
	int			nroot;
	const float *root;			/* [nroot × width] R */
	const float *parts;			/* [n] item parts of the variance, or NULL: none */
	const float *bounds;		/* [n] at least u², or NULL: unknown */
	uint64_t	key;			/* for draws: another one for each user */
} RecalQuestionUser;

typedef struct RecalQuestionOptions
{
	RecalStrategy strategy;
	int			n;				/* picks, at most */
	float		threshold;		/* least u of a pick; 0: any */
	float		like;			/* t; NaN: the user's tenth best score */
	double		explore;		/* share of picks that are random */
	float		floor;			/* picks of less gain are not wanted; -INFINITY: all are */
	uint64_t	seed;
} RecalQuestionOptions;

typedef struct RecalPick
{
	int32_t		item;			/* place in the pool */
	float		score;
	float		uncertainty;	/* u, with what was picked before taken to be answered */
	float		gain;
	bool		explored;		/* at random, whatever the strategy */
} RecalPick;

/*
 * Picks [options->n] of items that are not excluded [n] (NULL: of all), best
 * first; returns their number. Ties go to the lower place. Gains of
 * uncertainty and diverse fall with each pick and the picks are the greedy ones
 * exactly; those of variance_reduction nearly always do. work:
 * recal_questions_work_size floats, 64-byte aligned.
 */
extern int64_t recal_questions_work_size(const RecalQuestionPool *pool, int nroot);
extern int	recal_questions_pick(const RecalQuestionPool *pool, const RecalQuestionUser *user,
								 const bool *excluded, const RecalQuestionOptions *options,
								 RecalPick *picks, float *work, RecalPoll poll, void *arg);

/* Entropy, in bits, of a yes whose chance is Φ(z) */
extern float recal_answer_entropy(double z);

#endif							/* RECAL_ACTIVE_H */
