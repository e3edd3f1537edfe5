/*
 * report_quality.c
 *		The report's chart of quality by version.
 */
#include "postgres.h"

#include <math.h>

#include "recal_compat.h"
#include "recal_report.h"
#include "recal_svg.h"

#define WIDTH			520
#define HEIGHT			300
#define LEFT			58		/* of the plot */
#define TOP				34
#define BOTTOM			252
#define LEGEND_HEIGHT	18

static bool
OfRatings(const RecalReport *report)
{
	return report->definition->objective == RECAL_EXPLICIT;
}

static bool
AnyNetwork(const RecalReport *report)
{
	for (int v = 0; v < report->nversions; v++)
		if (report->versions[v].network_tried)
			return true;
	return false;
}

static bool
TriedRanker(const RecalReportVersion *version)
{
	return !isnan(version->ranker);
}

static bool
AnyRanker(const RecalReport *report)
{
	for (int v = 0; v < report->nversions; v++)
		if (TriedRanker(&report->versions[v]))
			return true;
	return false;
}

/* Whether there is a lower group of bars, what serves beside what might have */
static bool
Compared(const RecalReportVersion *version)
{
	return version->network_tried || TriedRanker(version);
}

static char *
ValueText(double value, char *unknown)
{
	return isnan(value) ? unknown : psprintf("%.4f", value);
}

static char *
KeptText(bool tried, bool kept)
{
	return kept ? "yes" : tried ? "no" : "not tried";
}

typedef struct Table
{
	const char *columns[9];
	char	   *cells[9];
	int			n;
} Table;

static void
AddColumn(Table *table, const char *column, char *cell)
{
	table->columns[table->n] = column;
	table->cells[table->n++] = cell;
}

/* One version's columns; which there are depends on all versions. */
static void
QualityColumns(const RecalReport *report, const RecalReportVersion *version, Table *table)
{
	bool		network = AnyNetwork(report);
	bool		ranker = AnyRanker(report);

	table->n = 0;
	AddColumn(table, "Version", RecalVersionName(version));
	AddColumn(table, OfRatings(report) ? "RMSE" : "NDCG@10",
			  ValueText(version->quality, "not measured"));
	AddColumn(table, OfRatings(report) ? "Biases alone" : "Popularity",
			  ValueText(version->baseline, "not measured"));
	if (ranker)
		AddColumn(table, "Ranker, next items", ValueText(version->ranker, ""));
	if (network)
		AddColumn(table, "Network, next items",
				  version->network_tried ? ValueText(version->network, "") : "");
	if (network || ranker)
		AddColumn(table, "Factorization, next items",
				  Compared(version) ? ValueText(version->factorization, "") : "");
	if (ranker)
	{
		AddColumn(table, "Best count, next items", version->count_name == NULL ? "" :
				  psprintf("%.4f, %s", version->count, version->count_name));
		AddColumn(table, "Ranker kept", KeptText(TriedRanker(version), version->ranker_kept));
	}
	if (network)
		AddColumn(table, "Network kept",
				  KeptText(version->network_tried, version->network_kept));
}

static void
QualityTable(StringInfo out, const RecalReport *report)
{
	Table		table;

	QualityColumns(report, report->current, &table);
	RecalTableBegin(out, "Quality by version", table.n, table.columns);
	for (int v = 0; v < report->nversions; v++)
	{
		QualityColumns(report, &report->versions[v], &table);
		RecalTableRow(out, table.n, table.cells);
	}
	RecalTableEnd(out);
}

/* note: after the value, or "" */
static void
QualityBar(StringInfo out, const RecalScale *x, const char *class, bool strong, double value,
		   const char *note, double y, double height)
{
	char	   *text = psprintf("%.4f%s", value, note);
	double		end = RecalScaleAt(x, value);

	RecalSvgBar(out, class, x->from, y, Max(end - x->from, 1), height, text);
	RecalSvgText(out, strong ? "value strong" : "value", "start", end + 6,
				 y + height / 2 + 4, text);
}

/*
 * What was tried for serving, beside what it had to beat; what serves is
 * strong. Returns where the bars end.
 */
static double
ComparedBars(StringInfo out, const RecalReportVersion *version, const RecalScale *x, double y,
			 double thick)
{
	bool		network = version->network_kept && !version->ranker_kept;
	bool		factorization = !version->network_kept && !version->ranker_kept;

	if (TriedRanker(version))
	{
		QualityBar(out, x, "rank", version->current && version->ranker_kept, version->ranker,
				   version->ranker_kept ? ", kept" : ", not kept", y, thick);
		y += thick + 2;
	}
	if (version->network_tried && !isnan(version->network))
	{
		QualityBar(out, x, "net", version->current && network, version->network,
				   version->network_kept ? ", kept" : ", not kept", y, thick);
		y += thick + 2;
	}
	if (!isnan(version->factorization))
	{
		QualityBar(out, x, "old", version->current && factorization, version->factorization, "",
				   y, thick);
		y += thick + 2;
	}
	if (version->count_name != NULL)
	{
		QualityBar(out, x, "count", false, version->count,
				   psprintf(", %s", version->count_name), y, thick);
		y += thick + 2;
	}
	return y - 2;
}

/* The bars of one version from y on; returns where they end. */
static double
QualityBars(StringInfo out, const RecalReportVersion *version, const RecalScale *x, double y,
			double thick)
{
	RecalSvgText(out, version->current ? "key strong" : "key", "end", LEFT - 12,
				 y + thick + 4, psprintf("v%d", version->version));
	if (isnan(version->quality))
		RecalSvgText(out, "key", "start", LEFT, y + thick + 4,
					 "no held-out quality stored: options left nothing to search");
	else
		QualityBar(out, x, "bar", version->current, version->quality, "", y, thick);
	y += thick + 2;
	if (!isnan(version->baseline))
		QualityBar(out, x, "bar base", false, version->baseline, "", y, thick);
	y += thick;
	return Compared(version) ? ComparedBars(out, version, x, y + 6, thick) : y;
}

/* What is said of the lower group of bars */
static const char *const network_text =
" The lower pair of bars, network and factorization alone, is measured on other rows: each user's newest liked one,"
" held out for the choice between the two. Compare it within itself, not with the upper pair.";

static const char *const ranker_text =
" The lower group of bars is measured on other rows, each user's newest liked one, held out for the choice between them: compare it within itself."
" The best count is the best of recent popularity, transitions and co-occurrence; a network that was kept is one of the ranker's inputs."
" Unless the option <code>ranker</code> insists, the ranker serves only where it beats each of the others.";

/* With a ranker the lower group has a line of its own; returns where the bars may begin. */
static double
QualityLegend(StringInfo out, const RecalReport *report)
{
	bool		ranker = AnyRanker(report);
	double		y = ranker ? 14 + LEGEND_HEIGHT : 14;
	double		x = RecalSvgLegend(out, "bar", LEFT, 14, "recal");

	x = RecalSvgLegend(out, "bar base", x, 14, OfRatings(report) ? "biases alone" : "popularity");
	if (ranker)
		x = RecalSvgLegend(out, "rank", LEFT, y, "ranker");
	if (AnyNetwork(report))
		x = RecalSvgLegend(out, "net", x, y, "network");
	if (AnyNetwork(report) || ranker)
		x = RecalSvgLegend(out, "old", x, y, "factorization");
	if (ranker)
		(void) RecalSvgLegend(out, "count", x, y, "best count");
	return TOP + y - 14;
}

/* The largest of what is drawn of a version */
static double
LargestValue(const RecalReportVersion *version)
{
	double		values[] = {version->quality, version->baseline, version->ranker,
		version->network, version->factorization, version->count};
	double		largest = 0;

	for (int i = 0; i < (Compared(version) ? (int) lengthof(values) : 2); i++)
		largest = Max(largest, isnan(values[i]) ? 0 : values[i]);
	return largest;
}

/* What a screen reader says of the current version */
static char *
QualityLabel(const RecalReport *report)
{
	const RecalReportVersion *current = report->current;
	char	   *ranker = TriedRanker(current) ?
		psprintf(", its ranker, which was %s, %.4f on users' newest rows",
				 current->ranker_kept ? "kept" : "not kept", current->ranker) : "";

	if (isnan(current->quality))
		return psprintf("Bar chart of the quality by version; the current version was not measured%s",
						ranker);
	return psprintf("Bar chart of the quality by version; the current version has %s %.4f%s",
					OfRatings(report) ? "RMSE" : "NDCG@10", current->quality, ranker);
}

void
RecalFigureQuality(StringInfo out, const RecalReport *report)
{
	RecalScale	x = {0, 0, LEFT, WIDTH - 60, false};
	int			n = report->nversions;
	bool		ranker = AnyRanker(report);
	bool		compared = ranker || AnyNetwork(report);
	double		step = Min(64.0, (BOTTOM - TOP) / (double) Max(n, 1));
	double		thick = compared ? (n > 4 ? 10 : 12) : Min(16.0, step / 2 - 4);
	double		y;
	StringInfoData bars;

	for (int v = 0; v < n; v++)
		x.max = Max(x.max, LargestValue(&report->versions[v]));
	if (x.max <= 0)
		x.max = .01;
	/* for what is said beside the value */
	if (ranker)
		x.to -= 100;
	else if (compared)
		x.to -= 50;

	/* first, for the picture's height */
	initStringInfo(&bars);
	y = QualityLegend(&bars, report);
	for (int v = 0; v < n; v++)
	{
		double		end = QualityBars(&bars, &report->versions[v], &x, y, thick);

		y = compared ? end + 16 : y + step;
	}

	RecalFigureBegin(out, "quality", false, "Quality by version");
	appendStringInfo(out,
					 "<p>%s The search chose by this number, so it flatters a little; <code>recal_evaluate</code> judges.%s</p>\n",
					 OfRatings(report) ?
					 "RMSE of predicted ratings, the smaller the better, on those that the search for hyper-parameters held out, beside the biases of users and items alone." :
					 "NDCG@10 of what people did next, on the rows that the search for hyper-parameters held out, beside showing everybody what is popular.",
					 ranker ? ranker_text : compared ? network_text : "");
	RecalPictureBegin(out, WIDTH, Max((int) y + 40, HEIGHT), QualityLabel(report));
	appendBinaryStringInfo(out, bars.data, bars.len);
	RecalPictureEnd(out);
	QualityTable(out, report);
	RecalFigureEnd(out);
}
