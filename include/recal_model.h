/*
 * recal_model.h
 *		Models and versions: definitions, options, and recal's own tables.
 *
 * recal_model and recal_version are read and written the way core treats its
 * catalogs: table_open, index scans, CatalogTupleInsert and Update, after
 * recal's own rights check; no SPI, no change of user. Reads use the active
 * snapshot, so that a statement sees one state, and uncommitted work of its
 * own transaction.
 */
#ifndef RECAL_MODEL_H
#define RECAL_MODEL_H

#include "postgres.h"

#include "access/attnum.h"
#include "access/skey.h"
#include "nodes/pg_list.h"
#include "storage/lockdefs.h"
#include "utils/jsonb.h"
#include "utils/rel.h"
#include "utils/snapshot.h"
#include "utils/timestamp.h"
#include "utils/uuid.h"

#include "recal_active.h"
#include "recal_ids.h"
#include "recal_network.h"

typedef enum RecalObjective
{
	RECAL_IMPLICIT,
	RECAL_EXPLICIT
} RecalObjective;

typedef enum RecalConfidence
{
	RECAL_CONFIDENCE_LINEAR,
	RECAL_CONFIDENCE_LOG,
	RECAL_CONFIDENCE_BINARY
} RecalConfidence;

typedef enum RecalSwitch
{
	RECAL_AUTO,
	RECAL_ON,
	RECAL_OFF
} RecalSwitch;

#define RECAL_AUTO_VALUE (-1.0)	/* "auto" of a number */

/* The pairs that training learns from; recal_sample.h */
typedef struct RecalSampleOption
{
	double		fraction;		/* 0: all pairs */
	RecalStrategy strategy;
	bool		compare;
} RecalSampleOption;

/* Options with defaults filled in (design §3, "Options"). */
typedef struct RecalOptions
{
	int			factors;
	int			epochs;
	double		regularization; /* or RECAL_AUTO_VALUE */
	double		unobserved_weight;	/* or RECAL_AUTO_VALUE */
	double		history_decay;	/* or RECAL_AUTO_VALUE */
	RecalConfidence confidence;
	RecalSwitch network;
	int			nhidden;		/* -1: by default */
	int			hidden[RECAL_NET_MAX_HIDDEN];
	double		dropout;		/* this and the next: RECAL_AUTO_VALUE by default */
	double		learning_rate;
	int			batch_size;		/* 0: by data */
	int			network_epochs; /* 0: by data */
	int			negatives;		/* -1: by data; 0: softmax over all items */
	RecalSwitch ranker;
	bool		warm_start;
	int			nseen_events;	/* -1: all */
	char	  **seen_events;
	int			max_history;
	double		no_weight;
	double		explore;
	RecalSampleOption sample;
	bool		skip_bad_rows;	/* on_bad_row = 'skip' */
	int			keep_versions;
	int64		seed;
} RecalOptions;

/* The arguments of recal_create_model; absent ones are NULL. */
typedef struct RecalDefinition
{
	char	   *events_schema;
	char	   *events_name;
	char	   *user_column;
	char	   *item_column;
	char	   *event_column;
	char	   *value_column;
	char	   *time_column;
	int			nevent_weights; /* -1: event_weights is NULL */
	char	  **event_types;
	double	   *event_weights;
	double		half_life;		/* seconds; 0: no decay */
	RecalObjective objective;
	char	   *items_schema;
	char	   *items_name;
	char	   *item_id_column;
	int			nitem_features;
	char	  **item_features;
	char	   *users_schema;
	char	   *users_name;
	char	   *user_id_column;
	int			nuser_features;
	char	  **user_features;
	RecalOptions options;
} RecalDefinition;

typedef struct RecalModel
{
	char	   *name;
	char	   *owner_name;
	Oid			owner;			/* InvalidOid when no such role exists here */
	Jsonb	   *definition;
	bool		is_default;
	int			current_version;	/* 0: never trained */
	int			last_version;	/* highest number ever given; numbers are not reused */
	TimestampTz created_at;
} RecalModel;

typedef enum RecalStatus
{
	RECAL_RUNNING,
	RECAL_READY,
	RECAL_FAILED,
	RECAL_ABORTED
} RecalStatus;

typedef struct RecalVersion
{
	char	   *model;
	int			version;
	RecalStatus status;
	pg_uuid_t	stamp;
	Jsonb	   *definition;		/* as trained, options resolved */
	double		as_of;			/* unix seconds; NaN: no time column */
	Jsonb	   *facts;
} RecalVersion;

/*
 * Parses and checks a definition (jsonb keys are the arguments' names; events,
 * items, users are {"schema", "name"}; options nested under "options"). Every
 * unknown key, wrong type or value out of range is an error that names it and
 * lists what is valid. Checks nothing that needs the catalogs.
 */
extern RecalDefinition *RecalDefinitionParse(Jsonb *definition);

/* The same with a model for messages to name, or NULL. */
extern RecalDefinition *RecalDefinitionCheck(const char *model, Jsonb *definition);
extern void RecalOptionsCheck(const char *model, Jsonb *options, RecalOptions *result);

/*
 * For the parsers' messages: a JSON value as text, and a number or string of
 * it (false, NULL when it is something else).
 */
extern char *RecalJsonText(const JsonbValue *value);
extern bool RecalJsonDouble(const JsonbValue *value, double *number);
extern bool RecalJsonInt(const JsonbValue *value, int64 *number);
extern char *RecalJsonString(const JsonbValue *value);

/* The number under a key of an object, NaN where there is none */
extern double RecalJsonNumber(Jsonb *object, const char *key);

/* Whether there is true under it */
extern bool RecalJsonTrue(Jsonb *object, const char *key);

/* ' of model "m"', or nothing for NULL */
extern const char *RecalOfModel(const char *model);

/* Whether there is an option of this name, and all names for a hint. */
extern bool RecalOptionExists(const char *name);
extern char *RecalOptionNames(void);

/* Whether there is an argument of recal_create_model of this name besides options. */
extern bool RecalArgumentExists(const char *name);
extern char *RecalArgumentNames(void);

/*
 * A half-life from text, and as text that does not depend on IntervalStyle;
 * both check that it is positive.
 */
extern Interval *RecalHalfLifeParse(const char *model, const char *text);
extern char *RecalHalfLifeText(const char *model, const Interval *half_life);

/* "schema"."name" quoted for a query */
extern char *RecalQualifiedName(const char *schema, const char *name);

/*
 * Opens nothing, locks nothing: the relation of a definition by name as the
 * current user, or an error (42P01 undefined_table naming the model, what (such
 * as "events") and a hint).
 */
extern Oid	RecalResolveRelation(const char *model, const char *what,
								 const char *schema, const char *name);

/*
 * Column's number and type, or an error (42703) that names relation, column
 * and model.
 */
extern AttrNumber RecalResolveColumn(const char *model, Oid relation, const char *column,
									 Oid *type, int32 *typmod, Oid *collation);

/* Whether rows of a table can be read in the order of a column by an index */
extern bool RecalHasOrderedIndex(Oid relation, const char *column);

/* 42809 when a model cannot be made over this kind of relation; what as above */
extern void RecalCheckRelationKind(const char *model, const char *what, Oid relation);

/*
 * Everything about a definition that takes the catalogs: relations, columns
 * and their types, event types of an enum, and that the current user may read
 * the events. warn_index: warns when no index leads with the user column.
 */
extern void RecalDefinitionValidate(const char *model, const RecalDefinition *definition,
									bool warn_index);

/*
 * The model called name, or with NULL the default one (recal.default_model,
 * else the marked one); an error when there is none (42704 undefined_object
 * with a hint), or NULL with missing_ok.
 */
extern RecalModel *RecalModelGet(const char *name, bool missing_ok);

/*
 * The same by name as of now, whatever the active snapshot: for whoever is
 * about to change it. An error when there is none.
 */
extern RecalModel *RecalModelGetLatest(const char *name);
extern bool RecalModelExists(const char *name);

/* All models in name order, in the current memory context. */
extern List *RecalModelList(void);

/* All versions of a model by number, whoever wrote them, as of now. */
extern List *RecalVersionList(const char *model);

/* The version, or NULL. */
extern RecalVersion *RecalVersionGet(const char *model, int version);

/* What a training reached, beside the version itself. */
typedef struct RecalTrained
{
	int			version;
	int			nloss;
	double	   *loss;			/* per epoch */
	Jsonb	   *facts;
	Jsonb	   *metrics;
	Jsonb	   *timings;
	int64		bytes;
	TimestampTz finished_at;
} RecalTrained;

/* The model's ready versions (RecalTrained), ascending, without any of another owner. */
extern List *RecalVersionsTrained(const RecalModel *model);

/* The current version; 55000 with a hint when never trained. */
extern RecalVersion *RecalVersionCurrent(const RecalModel *model);

/*
 * Writers; the caller has checked rights, holds the model's lock and has an
 * active snapshot. last_version and current_version move only through these.
 */
extern int	RecalVersionBegin(const char *model, Jsonb *definition);	/* status running; returns its number */

typedef struct RecalProgress
{
	const char *phase;			/* read, index, sample, tune, factorize, network, ranker,
								 * posterior, compare, store */
	int			epoch;
	int			epochs;
	double		fraction;		/* of the whole training, 0 to 1 */
} RecalProgress;

extern void RecalVersionProgress(const char *model, int version, const RecalProgress *progress);

typedef struct RecalVersionResult
{
	Jsonb	   *definition;		/* options resolved: regularization and so on as used */
	double		as_of;			/* NaN: none */
	Jsonb	   *facts;			/* rows_read, rows_skipped, users, items, pairs, row_security, ... */
	int			nloss;
	double	   *loss;			/* per epoch */
	Jsonb	   *metrics;
	Jsonb	   *timings;		/* seconds by phase */
	int64		bytes;
} RecalVersionResult;

/* Marks ready with a fresh random stamp, makes it current, removes versions beyond keep_versions. */
extern void RecalVersionFinish(const char *model, int version, const RecalVersionResult *result,
							   int keep_versions);

extern void RecalVersionFail(const char *model, int version, RecalStatus status,
							 const char *sqlstate, const char *message);

/*
 * The version's weights have been written anew: a fresh stamp, so that sessions
 * load them again, and what they are now made of.
 */
extern void RecalVersionRewritten(const RecalVersion *version, int64 users, int64 bytes);

/* Marks this model's running versions other than except as aborted (their sessions are gone). */
extern void RecalVersionAbortOthers(const char *model, int except);

extern void RecalModelSetCurrent(const char *model, int version);

/*
 * Creates (owner: the current user), changes and removes a model's row. The
 * first model gets the default mark unless make_default is RECAL_OFF;
 * RECAL_ON takes it from whoever has it, which takes the rights of that
 * model's owner (42501). definition NULL: as it is.
 */
extern void RecalModelInsert(const char *model, Jsonb *definition, RecalSwitch make_default);
extern void RecalModelUpdate(const char *model, Jsonb *definition, RecalSwitch make_default);

/*
 * With versions, weights and answers; a default mark goes to the same owner's
 * oldest model, if there is one.
 */
extern void RecalModelDelete(const char *model);

/* Counts last_version up and returns it. */
extern int	RecalModelNextVersion(const char *model);

/* Numbers of the ready versions, ascending: "1, 2"; NULL when there are none. */
extern char *RecalVersionReadyList(const char *model);

/*
 * recal's own tables. Table and index are found by the extension's schema,
 * wherever that is; RecalTableOpen opens the table, RecalTablePrimaryKey gives
 * the index to scan it by.
 */
typedef enum RecalTable
{
	RECAL_TABLE_MODEL,
	RECAL_TABLE_VERSION,
	RECAL_TABLE_WEIGHTS,
	RECAL_TABLE_ANSWER,
	RECAL_NTABLES
} RecalTable;

#define RECAL_MAX_COLUMNS 64	/* of each, checked when it is opened */

extern Relation RecalTableOpen(RecalTable table, LOCKMODE lockmode);
extern Oid	RecalTablePrimaryKey(Relation relation);

/* Deletes the rows of a table that match these columns of its primary key, as of now; returns their number. */
extern int64 RecalTableDelete(RecalTable table, ScanKey keys, int nkeys);

/* Deletes the rows of a table whose key begins with (model) or, version > 0, (model, version). */
extern int64 RecalTableDeleteRows(RecalTable table, const char *model, int version);

/* jsonb from printf-formatted JSON text */
extern Jsonb *RecalJsonb(const char *format,...) pg_attribute_printf(1, 2);

/*
 * The model's lock (train, alter, activate, drop). Never waits: 55006
 * object_in_use with a hint when another session holds it. session: held until
 * RecalModelUnlock, else to the end of the transaction.
 */
extern void RecalModelLock(const char *model, bool session);
extern void RecalModelUnlock(const char *model);

/*
 * Waits for the right to move the default mark, held to the end of the
 * transaction.
 */
extern void RecalDefaultMarkLock(void);

/*
 * A model's answers, to the end of the transaction: ShareLock for whoever adds
 * some, ExclusiveLock for whoever removes them with the model. Waits.
 */
extern void RecalAnswersLock(const char *model, LOCKMODE mode);

/* One user's answer about one item, only while it is being written. Waits. */
extern void RecalAnswerPairLock(const char *model, const char *user, const char *item);
extern void RecalAnswerPairUnlock(const char *model, const char *user, const char *item);

#endif							/* RECAL_MODEL_H */
