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

static bool
OfRatings(const RecalReport *report)
{
	return report->definition->objective == RECAL_EXPLICIT;
}

static bool
TriedNetwork(const RecalReportVersion *version)
{
	return !isnan(version->network) && !isnan(version->factorization);
}

static bool
AnyTriedNetwork(const RecalReport *report)
{
	for (int v = 0; v < report->nversions; v++)
		if (TriedNetwork(&report->versions[v]))
			return true;
	return false;
}

static void
QualityTable(StringInfo out, const RecalReport *report)
{
	const char *columns[] = {"Version", OfRatings(report) ? "RMSE" : "NDCG@10",
		OfRatings(report) ? "Biases alone" : "Popularity", "Network, next items",
	"Factorization, next items", "Network kept"};
	int			ncolumns = AnyTriedNetwork(report) ? lengthof(columns) : 3;

	RecalTableBegin(out, "Quality by version", ncolumns, columns);
	for (int v = 0; v < report->nversions; v++)
	{
		const RecalReportVersion *version = &report->versions[v];
		char	   *cells[] = {
			RecalVersionName(version),
			isnan(version->quality) ? "not measured" : psprintf("%.4f", version->quality),
			isnan(version->baseline) ? "not measured" : psprintf("%.4f", version->baseline),
			TriedNetwork(version) ? psprintf("%.4f", version->network) : "",
			TriedNetwork(version) ? psprintf("%.4f", version->factorization) : "",
			!TriedNetwork(version) ? "not tried" : version->network_kept ? "yes" : "no"
		};

		RecalTableRow(out, ncolumns, cells);
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
	if (!TriedNetwork(version))
		return y;
	y += 6;
	QualityBar(out, x, "net", version->current && version->network_kept, version->network,
			   version->network_kept ? ", kept" : ", not kept", y, thick);
	y += thick + 2;
	QualityBar(out, x, "old", version->current && !version->network_kept, version->factorization,
			   "", y, thick);
	return y + thick;
}

/* What is said of the network, and its part of the legend */
static const char *const network_text =
" The lower pair of bars, network and factorization alone, is measured on other rows: each user's newest liked one,"
" held out for the choice between the two. Compare it within itself, not with the upper pair.";

static void
QualityLegend(StringInfo out, const RecalReport *report)
{
	double		x = RecalSvgLegend(out, "bar", LEFT, 14, "recal");

	x = RecalSvgLegend(out, "bar base", x, 14, OfRatings(report) ? "biases alone" : "popularity");
	if (!AnyTriedNetwork(report))
		return;
	x = RecalSvgLegend(out, "net", x, 14, "network");
	(void) RecalSvgLegend(out, "old", x, 14, "factorization");
}

void
RecalFigureQuality(StringInfo out, const RecalReport *report)
{
	RecalScale	x = {0, 0, LEFT, WIDTH - 60, false};
	int			n = report->nversions;
	bool		network = AnyTriedNetwork(report);
	double		step = Min(64.0, (BOTTOM - TOP) / (double) Max(n, 1));
	double		thick = network ? (n > 4 ? 10 : 12) : Min(16.0, step / 2 - 4);
	double		y = TOP;
	StringInfoData bars;

	for (int v = 0; v < n; v++)
	{
		const RecalReportVersion *version = &report->versions[v];

		x.max = Max(x.max, isnan(version->quality) ? 0 : version->quality);
		x.max = Max(x.max, isnan(version->baseline) ? 0 : version->baseline);
		if (TriedNetwork(version))
			x.max = Max(x.max, Max(version->network, version->factorization));
	}
	if (x.max <= 0)
		x.max = .01;
	if (network)
		x.to -= 50;				/* for what is said beside the value */

	/* first, for the picture's height */
	initStringInfo(&bars);
	for (int v = 0; v < n; v++)
	{
		double		end = QualityBars(&bars, &report->versions[v], &x, y, thick);

		y = network ? end + 16 : y + step;
	}

	RecalFigureBegin(out, "quality", false, "Quality by version");
	appendStringInfo(out,
					 "<p>%s The search chose by this number, so it flatters a little; <code>recal_evaluate</code> judges.%s</p>\n",
					 OfRatings(report) ?
					 "RMSE of predicted ratings, the smaller the better, on those that the search for hyper-parameters held out, beside the biases of users and items alone." :
					 "NDCG@10 of what people did next, on the rows that the search for hyper-parameters held out, beside showing everybody what is popular.",
					 network ? network_text : "");
	RecalPictureBegin(out, WIDTH, Max((int) y + 40, HEIGHT),
				  isnan(report->current->quality) ?
				  "Bar chart of the quality by version; the current version was not measured" :
				  psprintf("Bar chart of the quality by version; the current version has %s %.4f",
						   OfRatings(report) ? "RMSE" : "NDCG@10", report->current->quality));
	QualityLegend(out, report);
	appendBinaryStringInfo(out, bars.data, bars.len);
	RecalPictureEnd(out);
	QualityTable(out, report);
	RecalFigureEnd(out);
}
