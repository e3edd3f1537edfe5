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
#include "recal_train.h"

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
	int			splits;			/* trainings, each without other users; 0: three */
	int			max_users;		/* new ones of a split; 0: by default */
	const RecalFactorization *as;	/* no search, and no features: what this one used; or NULL */
	double		most_work;		/* multiply-adds with trainings, about: where fewer users do not
								 * help there is no simulation. 0: by default, and there always is */
	/* out */
	bool		too_much;		/* there is none */
	const char *metric;
	int64		askable;		/* items that there are to ask about */
	int			points_each;	/* rounds + 1, or fewer where the items run out */
	int64		new_users;		/* that were taken for new; some had nothing to be judged by */
	RecalLearningPoint *points; /* [nstrategies × (rounds + 1)] */
} RecalSimulation;

/*
 * Reads the model's rows as the caller and simulates, with the factorization
 * alone. Needs an SPI connection. 55000 where there are too few users.
 */
extern void RecalSimulate(const RecalModel *model, const RecalDefinition *definition,
						  RecalSimulation *simulation);

extern const RecalLearningPoint *RecalLearningAt(const RecalSimulation *simulation, int strategy,
												 int round);

/* so many have each user been asked by then */
extern int	RecalLearningQuestions(const RecalSimulation *simulation, int round);

/* The metric's mean over users, and its standard error; NaN where there are too few for it. */
extern double RecalLearningMean(const RecalLearningPoint *point, double *error);

#endif							/* RECAL_SIMULATE_H */
