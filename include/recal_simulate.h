/*
 * recal_simulate.h
 *		What questions are worth, on history: users that training has not seen are
 *		asked, answer with what they have, and are judged on what was not asked.
 */
#ifndef RECAL_SIMULATE_H
#define RECAL_SIMULATE_H

#include "postgres.h"

#include "recal_active.h"
#include "recal_model.h"

#define RECAL_MAX_ROUNDS	1000
#define RECAL_MAX_BATCH		1000

/* A place on a strategy's learning curve. */
typedef struct RecalLearningPoint
{
	int64		users;
	int64		answers;		/* of all users so far */
	double		sum;			/* of the metric over users */
	double		squares;
} RecalLearningPoint;

typedef struct RecalSimulation
{
	/* in */
	int			nstrategies;
	const RecalStrategy *strategies;
	int			rounds;
	int			batch;
	int64		seed;
	/* out */
	const char *metric;
	int64		askable;		/* items that there are to ask about */
	int			points_each;	/* rounds + 1, or fewer where the items run out */
	RecalLearningPoint *points; /* [nstrategies × (rounds + 1)] */
} RecalSimulation;

/*
 * Reads the model's rows as the caller and simulates, with the factorization
 * alone. Needs an SPI connection. 55000 where there are too few users.
 */
extern void RecalSimulate(const RecalModel *model, const RecalDefinition *definition,
						  RecalSimulation *simulation);

#endif							/* RECAL_SIMULATE_H */
