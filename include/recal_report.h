/*
 * recal_report.h
 *		A model as one page with pictures: what is on it, and how it is drawn.
 */
#ifndef RECAL_REPORT_H
#define RECAL_REPORT_H

#include "postgres.h"

#include "lib/stringinfo.h"

#include "recal_model.h"
#include "recal_serve.h"
#include "recal_simulate.h"

#define RECAL_REPORT_VERSIONS	8	/* in one picture, the newest ones */
#define RECAL_REPORT_POINTS		2000	/* items on the map, the most popular ones */
#define RECAL_REPORT_PHASES		10
#define RECAL_REPORT_STRATEGIES	4

extern const char *const recal_report_phases[RECAL_REPORT_PHASES];

/* A version; numbers that were not stored are NaN */
typedef struct RecalReportVersion
{
	int			version;
	bool		current;
	int			nloss;
	double	   *loss;			/* [nloss] */
	double		quality;		/* NDCG@10, of ratings RMSE, on the search's held-out rows */
	double		baseline;		/* of popularity, of ratings biases alone, on the same */
	bool		network_tried;
	bool		network_kept;
	double		network;		/* NDCG@10 of the network on users' newest liked rows */
	double		factorization;	/* of the factorization alone on the same */
	double		ranker;			/* of the ranker on the same; NaN where none was judged */
	bool		ranker_kept;
	double		count;			/* beside a ranker: of the best simple count on the same */
	const char *count_name;		/* which one that is, or NULL */
	double		seconds[RECAL_REPORT_PHASES];
	double		total_seconds;
	double		rows;
	double		users;
	double		items;
	double		pairs;
	int64		bytes;
	TimestampTz finished_at;
} RecalReportVersion;

/* An item on the map */
typedef struct RecalReportItem
{
	int32		position;
	int64		rows;
	char	   *title;			/* as it is in the database; the id where there is none */
	bool		has_title;
	double		x;				/* along the first two principal components */
	double		y;
} RecalReportItem;

typedef struct RecalReport
{
	const char *model;
	const char *owner;
	const RecalDefinition *definition;
	int			nversions;		/* ascending */
	RecalReportVersion *versions;
	RecalReportVersion *current;	/* one of them */
	int64		nrows;			/* that were counted for: */
	int64		nitems;
	int64	   *item_rows;		/* [nitems] descending */
	int64		nusers;
	int64	   *user_rows;		/* [nusers] descending */
	int			nmapped;
	RecalReportItem *mapped;	/* [nmapped] most popular first */
	double		map_share[2];	/* of the variance, by the components */
	RecalFactorization used;	/* by the current version: what was searched, or given */
	RecalStrategy strategies[RECAL_REPORT_STRATEGIES];	/* the one advised first comes first */
	RecalSimulation learning;	/* of them; points is NULL where there is none: */
	const char *no_learning;	/* what an error said of the rows, or NULL */
} RecalReport;

/*
 * Everything on the page, read as the caller in the current context, with a
 * small simulation of questions where that takes seconds at most; nothing is
 * written. Row-level security that applies to the caller is an error. Needs
 * an SPI connection.
 */
extern RecalReport *RecalReportRead(RecalStatement *statement);

/* The page */
extern void RecalReportPage(StringInfo out, const RecalReport *report);

/* A picture with its heading, what it shows, and its numbers as a table */
typedef void (*RecalFigure) (StringInfo out, const RecalReport *report);

extern void RecalFigureLoss(StringInfo out, const RecalReport *report);
extern void RecalFigureQuality(StringInfo out, const RecalReport *report);
extern void RecalFigurePhases(StringInfo out, const RecalReport *report);
extern void RecalFigurePopularity(StringInfo out, const RecalReport *report);
extern void RecalFigureHistories(StringInfo out, const RecalReport *report);
extern void RecalFigureLearning(StringInfo out, const RecalReport *report);
extern void RecalFigureMap(StringInfo out, const RecalReport *report);

/* What the pictures have in common; text is escaped. */
extern char *RecalVersionName(const RecalReportVersion *version);
extern void RecalFigureBegin(StringInfo out, const char *id, bool wide, const char *heading);
extern void RecalPictureBegin(StringInfo out, int width, int height, const char *label);
extern void RecalPictureEnd(StringInfo out);
extern void RecalFigureEnd(StringInfo out);
extern void RecalTableBegin(StringInfo out, const char *caption, int ncolumns,
							const char *const *columns);
extern void RecalTableRow(StringInfo out, int ncolumns, char *const *cells);
extern void RecalTableEnd(StringInfo out);

#endif							/* RECAL_REPORT_H */
