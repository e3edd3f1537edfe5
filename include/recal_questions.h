/*
 * recal_questions.h
 *		Active learning over a model: what recal_active.h needs, made of a
 *		factorization and its prior (served or just trained), and of the network
 *		where there is one.
 */
#ifndef RECAL_QUESTIONS_H
#define RECAL_QUESTIONS_H

#include "postgres.h"

#include "recal_active.h"
#include "recal_batch.h"
#include "recal_events.h"
#include "recal_serve.h"

/*
 * What is believed of everybody. With a network, rows are factor|output|bias
 * [2d + 1], and the factorization's score counts blend times; else they are
 * factors [d] and blend is 1.
 */
typedef struct RecalQuestionModel
{
	const char *model;			/* for messages */
	int			d;
	int			width;
	bool		ratings;
	bool		network;
	float		blend;
	float		noise;			/* σ² of an answer */
	double		nusers;			/* that popularity counts; 0: not known */
	const float *user_mean;		/* [d] */
	const float *user_covariance;	/* [d × d] */
	const float *item_transform;	/* [d × d] */
	const float *item_rates;	/* [d] */
	const float *network_spread;	/* of recal_net_fit_spread, or NULL */
} RecalQuestionModel;

extern RecalQuestionModel RecalServedQuestionModel(const RecalServed *served);

/* Items that may be asked about */
typedef struct RecalQuestions
{
	RecalQuestionModel model;
	RecalQuestionPool pool;
	float	   *shares;			/* [n × d]; · loadings is the item part of a variance */
	float	   *prior_variance; /* [n] yᵀCy of the factorization, where it is needed */
	float	   *spread_variance;	/* [RECAL_NET_SPREADS × n] of the network's spread, or NULL */
} RecalQuestions;

/*
 * n items: rows [n × width], mass [n] (confidences of all users' pairs), chance [n]
 * of an answer or NULL. What the strategy does not need is left out. bounded: for
 * RecalBeliefParts with bounds, which are of use where gains of many users compete
 * by uncertainty or diverse. Lives in the current context and refers to the
 * arguments.
 */
extern void RecalQuestionsBegin(RecalQuestions *questions, const RecalQuestionModel *model,
								int64 n, const float *rows, const float *mass,
								const float *chance, RecalStrategy strategy, bool bounded);

/* What is believed of one user */
typedef struct RecalBelief
{
	RecalQuestionUser user;		/* without parts and bounds */
	float	   *root;			/* [nroot × width] */
	float	   *loadings;		/* [d] */
	float		like;			/* for RecalQuestionOptions */
	int64		n;				/* pairs */
} RecalBelief;

extern RecalBelief *RecalBeliefAlloc(const RecalQuestionModel *model, MemoryContext context);

/*
 * From the factor [d] that was folded in, the vector [width] by which rows are
 * scored, and the n pairs that the user has: gathered factors [n × d] and
 * confidences. passes [RECAL_NETWORK_PASSES × d]: the network's vectors, or NULL,
 * and spread [d × d] what is added to their covariance, or NULL.
 */
extern void RecalBelieve(const RecalQuestionModel *model, const float *factor,
						 const float *vector, int64 n, const float *gathered,
						 const float *confidences, const float *passes, const float *spread,
						 RecalBelief *belief);

/* parts and, unless they are NULL, bounds [nusers × n] of some users, which then have them */
extern void RecalBeliefParts(const RecalQuestions *questions, RecalBelief *const *beliefs,
							 int nusers, float *parts, float *bounds);

/*
 * Chances that users can answer [matrix->nitems]: how many do of those who were
 * asked, drawn to the share of users who have rated the item, or without ratings
 * to 1. NULL when nothing is known. Reads answers under the active snapshot.
 */
extern float *RecalAnswerChances(const RecalModel *model, const RecalEvents *events,
								 const RecalMatrix *matrix);

/*
 * Questions for many users.
 */
typedef struct RecalQuestion
{
	int64		user;			/* of the histories' users */
	int32		position;		/* of the item */
	float		score;
	float		uncertainty;
	float		gain;
} RecalQuestion;

/*
 * The n best questions to everybody in histories about the shown items (ascending
 * positions; NULL: the whole catalogue), at most per_user of each, best first.
 * Seen and answered pairs are left out, and those answered with "can't say".
 * options->n and floor are not looked at. Needs an SPI connection.
 */
extern RecalQuestion *RecalSelectQuestions(const RecalHistories *histories, const int32 *shown,
										   int64 nshown, int n, int per_user,
										   const RecalQuestionOptions *options, int *count);

#endif							/* RECAL_QUESTIONS_H */
