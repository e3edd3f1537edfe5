/*
 * recal_tune.h
 *		recal_tune: a search over hyper-parameters by successive halving.
 *
 * The search itself knows nothing of factors. What is searched, what is
 * measured and how a candidate is trained is an objective, and there is one
 * for each objective of a model.
 */
#ifndef RECAL_TUNE_H
#define RECAL_TUNE_H

#include "postgres.h"

#include "recal_evaluate.h"
#include "recal_factorize.h"
#include "recal_model.h"
#include "recal_workers.h"

#define RECAL_MAX_TRIALS 1000

/* How the values of a range are drawn and written. */
typedef enum RecalTuneKind
{
	RECAL_TUNE_INTEGER,			/* on a logarithmic scale, rounded */
	RECAL_TUNE_LOGARITHMIC,
	RECAL_TUNE_LINEAR,
	RECAL_TUNE_INTERVAL,		/* on a logarithmic scale, seconds */
	RECAL_TUNE_CHOICE			/* no range */
} RecalTuneKind;

/* Something that can be searched: an option, or an argument of recal_create_model. */
typedef struct RecalTuneParameter
{
	const char *name;
	RecalTuneKind kind;
} RecalTuneParameter;

/* Values as JSON text. */
typedef struct RecalTuneDomain
{
	const char *name;
	RecalTuneKind kind;
	bool		given;			/* by the caller, and not by default */
	bool		searched;
	int			nvalues;
	char	  **values;
	double		share;			/* of draws that take one of values; the others are of the range */
	double		min;
	double		max;
	double		center;			/* every second draw lies around it; 0: none does */
} RecalTuneDomain;

typedef struct RecalTuneTrial
{
	int			number;			/* from 1, which is the model as it is */
	char	  **values;			/* [domains] */
	RecalDefinition *definition;	/* of the model with these values */
	int			rung;			/* the last one it reached, from 1; 0: none */
	bool		complete;		/* trained as the model would be */
	bool		failed;			/* could not be solved */
	double		value;			/* of the last rung */
	double		seconds;
} RecalTuneTrial;

typedef struct RecalTuneSpace
{
	const RecalModel *model;
	const struct RecalTuneObjective *objective;
	int			n;
	RecalTuneDomain *domains;	/* the objective's parameters, then options with one value */
} RecalTuneSpace;

/* A step of successive halving. */
typedef struct RecalTuneRung
{
	double		epochs;			/* share of those of a training */
	int64		pairs;			/* of the sample of users, about; 0: all */
	int64		test_users;		/* at most */
	bool		narrow;			/* with no more factors than the model has now */
} RecalTuneRung;

typedef struct RecalTuner
{
	RecalTuneSpace space;
	int64		seed;
	RecalProtocol protocol;
	int			most_trials;
	int			ntrials;		/* so far */
	RecalTuneTrial *trials;		/* [most_trials] */

	/* what default domains follow from */
	double		mean_age;		/* of rows, seconds; 0 without times */
	bool		weights_vary;	/* of pairs: confidence makes a difference */
	double		bias_regularization;	/* of ratings, as the first trial found it */

	/* rows that are kept, to make other matrices of */
	bool		has_events;
	RecalEvents events;

	/* what the trials at hand are trained on */
	RecalDefinition *definition;
	RecalMatrix matrix;
	RecalHoldout holdout;
	const RecalTuneRung *rung;
	RecalTuning sample;

	RecalPool  *pool;
	Size		pool_bytes;
	MemoryContext context;
	MemoryContext events_context;
	MemoryContext data_context;
	MemoryContext sample_context;
} RecalTuner;

typedef struct RecalTuneObjective
{
	RecalObjective objective;
	const char *metric;
	bool		less_is_better;
	int			nparameters;
	const RecalTuneParameter *parameters;

	/* What is searched of a parameter that the caller says nothing about; false: nothing. */
	bool		(*domain) (const RecalTuner *tuner, RecalTuneDomain *domain);

	/*
	 * Sets values of a copy of the first trial to candidate number i of those
	 * that are good on many data; false when there are no more. NULL: none.
	 */
	bool		(*known) (const RecalTuner *tuner, int i, RecalTuneTrial *trial);

	/*
	 * Trains the model as it is on tuner->holdout.train, all of it, and returns
	 * the metric; "auto" in its values becomes what was found.
	 */
	double		(*first) (RecalTuner *tuner, RecalTuneTrial *trial);

	/* Trains a candidate on tuner->sample for so many epochs and returns the metric. */
	double		(*measure) (RecalTuner *tuner, RecalTuneTrial *trial, int epochs);

	/* bytes of the pool that a trial takes, on all rows */
	Size		(*bytes) (const RecalTuner *tuner, const RecalDefinition *definition);
} RecalTuneObjective;

extern const RecalTuneObjective RecalTuneImplicit;
extern const RecalTuneObjective RecalTuneRatings;

/*
 * The space that the caller's options (or NULL) leave; errors name the key and
 * what is valid. Defaults come later, by RecalTuneSpaceComplete, when the first
 * trial has been trained.
 */
extern void RecalTuneSpaceParse(const RecalModel *model, const RecalDefinition *definition,
								Jsonb *options, RecalTuneSpace *space);
extern void RecalTuneSpaceComplete(RecalTuner *tuner);

/* The model's definition with the one value of every domain that has only one */
extern RecalDefinition *RecalTuneFixed(const RecalTuneSpace *space);

/* The model as it is, as a trial */
extern void RecalTunePresent(const RecalTuneSpace *space, RecalTuneTrial *trial);

/* Draw number draw of a quasi-random sequence, without its definition */
extern void RecalTuneDraw(const RecalTuneSpace *space, int64 seed, int draw,
						  RecalTuneTrial *trial);

/* The same values as best's but for those of ranges, which are drawn near it; false: there are none. */
extern bool RecalTuneDrawNear(const RecalTuneSpace *space, int64 seed, int draw,
							  const RecalTuneTrial *best, RecalTuneTrial *trial);
extern RecalDefinition *RecalTuneDefinition(const RecalTuneSpace *space,
											const RecalTuneTrial *trial);

/* The place of a domain, or -1; sets a trial's value of it, formatted as JSON. */
extern int	RecalTuneFind(const RecalTuneSpace *space, const char *name);
extern void RecalTuneSet(const RecalTuneSpace *space, RecalTuneTrial *trial, const char *name,
						 const char *format,...) pg_attribute_printf(4, 5);

/* A trial's values as options for recal_alter_model */
extern Jsonb *RecalTuneOptions(const RecalTuneSpace *space, const RecalTuneTrial *trial);

/* The pool with room for bytes, kept from trial to trial. */
extern RecalPool *RecalTunePool(RecalTuner *tuner, Size bytes);

/*
 * Reads the model's rows as the caller, searches, and leaves trials in the
 * order in which they are to be shown: best first. Needs an SPI connection.
 */
extern void RecalTune(const RecalModel *model, const RecalDefinition *definition, int trials,
					  Jsonb *options, int64 seed, RecalTuner *tuner);

#endif							/* RECAL_TUNE_H */
