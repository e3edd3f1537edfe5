/*
 * report_figures.c
 *		The report's charts of trainings and of behaviour.
 */
#include "postgres.h"

#include <math.h>

#include "recal_compat.h"
#include "recal_report.h"
#include "recal_svg.h"

#define WIDTH			520		/* of a picture that shares its line */
#define WIDE			1080
#define HEIGHT			300
#define LEFT			58		/* of the plot */
#define TOP				34
#define BOTTOM			252
#define LABEL_HEIGHT	15
#define CURVE_POINTS	300

char *
RecalVersionName(const RecalReportVersion *version)
{
	return psprintf(version->current ? "version %d, current" : "version %d", version->version);
}

/*
 * Loss by epoch.
 */

/* The range of the losses; first epochs, far above the rest, may leave the picture. */
static void
LossRange(const RecalReport *report, RecalScale *y, int *epochs)
{
	double		low = INFINITY;
	double		high = -INFINITY;

	*epochs = 0;
	for (int v = 0; v < report->nversions; v++)
	{
		const RecalReportVersion *version = &report->versions[v];

		*epochs = Max(*epochs, version->nloss);
		for (int e = version->nloss > 3 ? 1 : 0; e < version->nloss; e++)
		{
			if (!isfinite(version->loss[e]))
				continue;
			low = Min(low, version->loss[e]);
			high = Max(high, version->loss[e]);
		}
	}
	if (!(low <= high))
		low = high = 0;
	if (high - low <= fabs(high) * 1e-9)
	{
		low -= Max(fabs(high) * .01, 1e-6);
		high += Max(fabs(high) * .01, 1e-6);
	}
	y->min = low - (high - low) * .04;
	y->max = high + (high - low) * .04;
}

static void
LossLine(StringInfo out, const RecalReportVersion *version, const RecalScale *x,
		 const RecalScale *y)
{
	double	   *px = recal_palloc_array(double, Max(version->nloss, 1));
	double	   *py = recal_palloc_array(double, Max(version->nloss, 1));
	int			n = 0;

	for (int e = 0; e < version->nloss; e++)
	{
		double		at = RecalScaleAt(y, version->loss[e]);

		if (!isfinite(at))
			continue;
		px[n] = RecalScaleAt(x, e + 1);
		py[n++] = Max(at, -1e5);
	}
	RecalSvgPolyline(out, version->current ? "line" : "line thin", n, px, py);
	if (n == 1)
		RecalSvgPoint(out, version->current ? "dot" : "dot old", px[0], py[0], 3, NULL);
}

typedef struct EndLabel
{
	double		y;
	const RecalReportVersion *version;
} EndLabel;

/* Names at the lines' ends, moved apart; the current one keeps its place. */
static void
LossLabels(StringInfo out, const RecalReport *report, double x, const RecalScale *y)
{
	EndLabel	labels[RECAL_REPORT_VERSIONS + 1];
	int			n = 0;

	for (int pass = 0; pass < 2; pass++)
		for (int v = report->nversions - 1; v >= 0; v--)
		{
			const RecalReportVersion *version = &report->versions[v];
			double		at;

			if (version->current != (pass == 0) || version->nloss == 0)
				continue;
			at = RecalScaleAt(y, version->loss[version->nloss - 1]);
			if (!isfinite(at))
				continue;
			at = Min(Max(at, TOP), BOTTOM);
			for (int i = 0; i < n; i++)
				if (fabs(labels[i].y - at) < LABEL_HEIGHT)
				{
					/* below it, and look again */
					at = labels[i].y + LABEL_HEIGHT;
					i = -1;
				}
			if (at >= BOTTOM + 6)
				continue;
			labels[n].y = at;
			labels[n++].version = version;
			RecalSvgText(out, version->current ? "key strong" : "key", "start", x + 8, at + 4,
						 psprintf("v%d", version->version));
		}
}

static void
LossTable(StringInfo out, const RecalReport *report, int epochs)
{
	const char **columns = recal_palloc_array(const char *, report->nversions + 1);
	char	  **cells = recal_palloc_array(char *, report->nversions + 1);

	columns[0] = "Epoch";
	for (int v = 0; v < report->nversions; v++)
		columns[v + 1] = RecalVersionName(&report->versions[v]);
	RecalTableBegin(out, "Loss by epoch", report->nversions + 1, columns);
	for (int e = 0; e < epochs; e++)
	{
		cells[0] = psprintf("%d", e + 1);
		for (int v = 0; v < report->nversions; v++)
			cells[v + 1] = e < report->versions[v].nloss && isfinite(report->versions[v].loss[e]) ?
				psprintf("%.6g", report->versions[v].loss[e]) : "";
		RecalTableRow(out, report->nversions + 1, cells);
	}
	RecalTableEnd(out);
}

void
RecalFigureLoss(StringInfo out, const RecalReport *report)
{
	RecalScale	x = {1, 2, LEFT, WIDTH - 44, false};
	RecalScale	y = {0, 1, BOTTOM, TOP, false};
	int			epochs;
	bool		above = false;

	LossRange(report, &y, &epochs);
	x.max = Max(epochs, 2);
	for (int v = 0; v < report->nversions; v++)
		above |= report->versions[v].nloss > 0 && report->versions[v].loss[0] > y.max;

	RecalFigureBegin(out, "loss", false, "Loss by epoch");
	appendStringInfo(out,
					 "<p>What the factorization minimizes, after each pass over the data. The bold line is version %d, which is current. "
					 "Versions compare where data and options are the same.%s</p>\n",
					 report->current->version,
					 above ? " The first epoch of a cold start lies above the picture." : "");
	RecalPictureBegin(out, WIDTH, HEIGHT,
				  psprintf("Line chart of the loss by epoch; version %d ends at %.6g after %d epochs",
						   report->current->version,
						   report->current->nloss > 0 ?
						   report->current->loss[report->current->nloss - 1] : 0,
						   report->current->nloss));
	RecalSvgAxisY(out, &y, LEFT, x.to, "loss");
	RecalSvgAxisX(out, &x, BOTTOM, BOTTOM, "epoch", true);
	RecalSvgClip(out, "loss-plot", LEFT - 4, TOP - 4, x.to - LEFT + 8, BOTTOM - TOP + 8);
	for (int pass = 0; pass < 2; pass++)
		for (int v = 0; v < report->nversions; v++)
			if (report->versions[v].current == (pass == 1))
				LossLine(out, &report->versions[v], &x, &y);
	RecalSvgUnclip(out);
	LossLabels(out, report, x.to, &y);
	RecalPictureEnd(out);
	LossTable(out, report, epochs);
	RecalFigureEnd(out);
}

/*
 * Seconds by phase.
 */
static const char *const phase_names[RECAL_REPORT_PHASES] = {
	"reading rows", "indexing them", "choosing a sample", "searching hyper-parameters",
	"factorizing", "training the network", "training the ranker", "fitting uncertainty",
	"comparing the sample", "storing"
};

static char *
SecondsText(double seconds)
{
	if (isnan(seconds))
		return "";
	if (seconds >= 7200)
		return psprintf("%.1f h", seconds / 3600);
	if (seconds >= 120)
		return psprintf("%.1f min", seconds / 60);
	return psprintf(seconds >= 10 ? "%.1f s" : seconds >= 1 ? "%.2f s" : "%.3f s", seconds);
}

/*
 * Phases that are on the page: the usual ones, and what any of these versions
 * has spent time on. Returns their number.
 */
static int
PhasesShown(const RecalReport *report, int *shown)
{
	int			n = 0;

	for (int p = 0; p < RECAL_REPORT_PHASES; p++)
	{
		const char *name = recal_report_phases[p];
		bool		any = strcmp(name, "sample") != 0 && strcmp(name, "network") != 0 &&
			strcmp(name, "ranker") != 0 && strcmp(name, "compare") != 0;

		for (int v = 0; v < report->nversions; v++)
			any |= report->versions[v].seconds[p] > 0;
		if (any)
			shown[n++] = p;
	}
	return n;
}

static void
PhasesTable(StringInfo out, const RecalReport *report, const int *shown, int nshown)
{
	const char *columns[RECAL_REPORT_PHASES + 2];
	char	   *cells[RECAL_REPORT_PHASES + 2];

	columns[0] = "Version";
	for (int p = 0; p < nshown; p++)
		columns[p + 1] = recal_report_phases[shown[p]];
	columns[nshown + 1] = "total";
	RecalTableBegin(out, "Time by phase", nshown + 2, columns);
	for (int v = 0; v < report->nversions; v++)
	{
		cells[0] = RecalVersionName(&report->versions[v]);
		for (int p = 0; p < nshown; p++)
			cells[p + 1] = SecondsText(report->versions[v].seconds[shown[p]]);
		cells[nshown + 1] = SecondsText(report->versions[v].total_seconds);
		RecalTableRow(out, nshown + 2, cells);
	}
	RecalTableEnd(out);
}

/* One version's bar; returns where it ends. */
static double
PhasesBar(StringInfo out, const RecalReportVersion *version, const RecalScale *x, double y)
{
	double		sum = 0;

	for (int p = 0; p < RECAL_REPORT_PHASES; p++)
	{
		double		seconds = version->seconds[p];
		double		from = RecalScaleAt(x, sum);
		double		width;

		if (isnan(seconds) || seconds <= 0)
			continue;
		sum += seconds;
		width = RecalScaleAt(x, sum) - from;
		/* a hair of space between neighbours that are wide enough for it */
		RecalSvgBar(out, psprintf("phase%d", p), from, y, width > 4 ? width - 1.5 : width, 22,
					psprintf("%s: %s", recal_report_phases[p], SecondsText(seconds)));
	}
	return RecalScaleAt(x, sum);
}

void
RecalFigurePhases(StringInfo out, const RecalReport *report)
{
	RecalScale	x = {0, 0, LEFT, WIDE - 90, false};
	int			n = report->nversions;
	double		bottom = TOP + 34.0 * n + 4;
	double		legend = LEFT;
	double		plotted = 0;
	int			shown[RECAL_REPORT_PHASES];
	int			nshown = PhasesShown(report, shown);

	for (int v = 0; v < n; v++)
	{
		double		sum = 0;

		for (int p = 0; p < RECAL_REPORT_PHASES; p++)
			sum += isnan(report->versions[v].seconds[p]) ? 0 : report->versions[v].seconds[p];
		plotted = Max(plotted, sum);
	}
	x.max = plotted > 0 ? plotted : 1;

	RecalFigureBegin(out, "phases", true, "Where training spent its time");
	appendStringInfoString(out, "<p>Seconds a phase: ");
	for (int p = 0; p < nshown; p++)
		appendStringInfo(out, "%s%s", p > 0 ? ", " : "", phase_names[shown[p]]);
	appendStringInfoString(out, ".</p>\n");
	RecalPictureBegin(out, WIDE, (int) bottom + 48,
				  psprintf("Stacked bars of seconds by phase; the current version took %s",
						   SecondsText(report->current->total_seconds)));
	for (int p = 0; p < nshown; p++)
		legend = RecalSvgLegend(out, psprintf("phase%d", shown[p]), legend, 14,
								recal_report_phases[shown[p]]);
	RecalSvgAxisX(out, &x, bottom, TOP - 4, "seconds", false);
	for (int v = 0; v < n; v++)
	{
		const RecalReportVersion *version = &report->versions[v];
		double		y = TOP + 34.0 * v;
		double		end = PhasesBar(out, version, &x, y);

		RecalSvgText(out, version->current ? "key strong" : "key", "end", LEFT - 12, y + 15,
					 psprintf("v%d", version->version));
		RecalSvgText(out, version->current ? "value strong" : "value", "start", end + 8, y + 15,
					 SecondsText(version->total_seconds));
	}
	RecalPictureEnd(out);
	PhasesTable(out, report, shown, nshown);
	RecalFigureEnd(out);
}

/*
 * Popularity: rows an item, sorted.
 */

/* How many of the first items hold this share of all rows */
static int64
ItemsHolding(const RecalReport *report, double share)
{
	double		sum = 0;

	for (int64 i = 0; i < report->nitems; i++)
	{
		sum += (double) report->item_rows[i];
		if (sum >= share * (double) report->nrows)
			return i + 1;
	}
	return report->nitems;
}

static void
PopularityTable(StringInfo out, const RecalReport *report)
{
	static const char *const columns[] = {"Share of the rows", "Items", "Share of the items"};
	static const double shares[] = {.1, .25, .5, .75, .9, 1};

	RecalTableBegin(out, "How many items hold how many rows", lengthof(columns), columns);
	for (int i = 0; i < (int) lengthof(shares) && report->nitems > 0; i++)
	{
		int64		items = ItemsHolding(report, shares[i]);
		char	   *cells[] = {
			psprintf("%.0f %%", shares[i] * 100), RecalCountText(items),
			psprintf("%.1f %%", 100.0 * (double) items / (double) report->nitems)
		};

		RecalTableRow(out, lengthof(columns), cells);
	}
	RecalTableEnd(out);
}

/* Ranks evenly spaced on the logarithmic scale */
static void
PopularityCurve(StringInfo out, const RecalReport *report, const RecalScale *x,
				const RecalScale *y)
{
	double		px[CURVE_POINTS];
	double		py[CURVE_POINTS];
	int			n = 0;
	int64		last = 0;

	for (int i = 0; i < CURVE_POINTS; i++)
	{
		double		share = i / (double) (CURVE_POINTS - 1);
		int64		rank = (int64) rint(pow((double) report->nitems, share));

		if (rank <= last || rank > report->nitems)
			continue;
		px[n] = RecalScaleAt(x, (double) rank);
		py[n++] = RecalScaleAt(y, (double) report->item_rows[rank - 1]);
		last = rank;
	}
	RecalSvgPolyline(out, "line", n, px, py);
	if (n == 1)
		RecalSvgPoint(out, "dot", px[0], py[0], 3, NULL);
}

void
RecalFigurePopularity(StringInfo out, const RecalReport *report)
{
	RecalScale	x = {1, 10, LEFT, WIDTH - 16, true};
	RecalScale	y = {1, 10, BOTTOM, TOP, true};
	int64		half = ItemsHolding(report, .5);

	RecalFigureBegin(out, "popularity", false, "Popularity of items");
	if (report->nitems == 0)
		appendStringInfoString(out, "<p>There are no rows.</p>\n");
	else
		appendStringInfo(out,
						 "<p>Rows an item, the most popular first, on logarithmic scales. Half of all rows fall on %s of %s items (%.1f&#8201;%%).</p>\n",
						 RecalCountText(half), RecalCountText(report->nitems),
						 100.0 * (double) half / (double) report->nitems);
	x.max = Max(report->nitems, 2);
	y.max = report->nitems > 0 ? Max(report->item_rows[0], 2) : 2;
	RecalPictureBegin(out, WIDTH, HEIGHT,
				  psprintf("Curve of rows an item; the most popular of %s items has %s rows",
						   RecalCountText(report->nitems),
						   RecalCountText(report->nitems > 0 ? report->item_rows[0] : 0)));
	RecalSvgAxisY(out, &y, LEFT, x.to, "rows");
	RecalSvgAxisX(out, &x, BOTTOM, TOP, "rank of the item", true);
	if (report->nitems > 0)
	{
		double		at = RecalScaleAt(&x, (double) half);
		double		height = RecalScaleAt(&y, (double) report->item_rows[half - 1]);

		PopularityCurve(out, report, &x, &y);
		RecalSvgLine(out, "mark", at, BOTTOM, at, height);
		RecalSvgPoint(out, "dot", at, height, 4, NULL);
		RecalSvgText(out, "key", at > WIDTH - 120 ? "end" : "start",
					 at > WIDTH - 120 ? WIDTH - 16 : at + 10, height - 8, "half of all rows");
	}
	RecalPictureEnd(out);
	PopularityTable(out, report);
	RecalFigureEnd(out);
}

/*
 * Histories: users by how many rows they have.
 */
#define MAX_BINS 63

/* bins[b]: users with 2^b to 2^(b+1) - 1 rows; returns how many bins there are */
static int
HistoryBins(const RecalReport *report, int64 *bins)
{
	int			n = 0;

	memset(bins, 0, sizeof(int64) * MAX_BINS);
	for (int64 u = 0; u < report->nusers; u++)
	{
		int			b = 0;

		while (b < MAX_BINS - 1 && (report->user_rows[u] >> (b + 1)) > 0)
			b++;
		bins[b]++;
		n = Max(n, b + 1);
	}
	return n;
}

static char *
BinName(int b)
{
	int64		low = (int64) 1 << b;

	return b == 0 ? "1" : psprintf("%s&#8211;%s", RecalCountText(low), RecalCountText(low * 2 - 1));
}

/* The least number of rows of a bin, short enough to stand beneath its edge */
static char *
EdgeName(int b)
{
	static const char *const units[] = {"", "k", "M", "G", "T", "P", "E"};

	return b < 14 ? RecalCountText((int64) 1 << b) : psprintf("%d%s", 1 << b % 10, units[b / 10]);
}

static void
HistoriesTable(StringInfo out, const int64 *bins, int n)
{
	static const char *const columns[] = {"Rows", "Users"};

	RecalTableBegin(out, "Users by number of rows", lengthof(columns), columns);
	for (int b = 0; b < n; b++)
	{
		char	   *cells[] = {BinName(b), RecalCountText(bins[b])};

		RecalTableRow(out, lengthof(columns), cells);
	}
	RecalTableEnd(out);
}

void
RecalFigureHistories(StringInfo out, const RecalReport *report)
{
	RecalScale	y = {0, 1, BOTTOM, TOP, false};
	int64		bins[MAX_BINS];
	int			n = HistoryBins(report, bins);
	double		step = Min(72, (WIDTH - 24 - LEFT) / (double) Max(n, 1));
	int64		median = report->nusers > 0 ? report->user_rows[report->nusers / 2] : 0;
	int			every = (int) ceil((RecalTextWidth(EdgeName(n), 12) + 12) / step);

	for (int b = 0; b < n; b++)
		y.max = Max(y.max, (double) bins[b]);
	y.max *= 1.06;
	RecalFigureBegin(out, "histories", false, "Length of histories");
	appendStringInfo(out, "<p>Users by how many rows they have; each bar reaches to twice its least number. The median of %s users is %s %s.</p>\n",
					 RecalCountText(report->nusers), RecalCountText(median),
					 median == 1 ? "row" : "rows");
	RecalPictureBegin(out, WIDTH, HEIGHT,
				  psprintf("Histogram of rows a user; the median of %s users is %s",
						   RecalCountText(report->nusers), RecalCountText(median)));
	RecalSvgAxisY(out, &y, LEFT, WIDTH - 16, "users");
	for (int b = 0; b < n; b++)
	{
		double		x = LEFT + step * b;
		double		top = RecalScaleAt(&y, (double) bins[b]);

		if (bins[b] > 0)
			RecalSvgBar(out, "bar", x + 1, Min(top, BOTTOM - 1), step - 2, Max(BOTTOM - top, 1),
						psprintf("%s rows: %s users", BinName(b), RecalCountText(bins[b])));
		if (b % every == 0)
			RecalSvgText(out, "tick", "middle", x, BOTTOM + 17, EdgeName(b));
	}
	if (n % every == 0)
		RecalSvgText(out, "tick", "middle", LEFT + step * n, BOTTOM + 17, EdgeName(n));
	RecalSvgText(out, "axis", "end", WIDTH - 16, BOTTOM + 36, "rows of the user");
	RecalPictureEnd(out);
	HistoriesTable(out, bins, n);
	RecalFigureEnd(out);
}
