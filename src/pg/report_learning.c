/*
 * report_learning.c
 *		The report's learning curves: what questions are worth.
 */
#include "postgres.h"

#include <math.h>

#include "recal_compat.h"
#include "recal_report.h"
#include "recal_svg.h"

#define WIDTH			640		/* beside the text, where there is room */
#define HEIGHT			312
#define LEFT			58		/* of the plot */
#define RIGHT			(WIDTH - 148)
#define TOP				34
#define BOTTOM			264
#define LABEL_HEIGHT	17

/* Lines and dots of the strategies, the one that is advised first in bold */
static const char *const line_classes[RECAL_REPORT_STRATEGIES] = {
	"line", "line c1", "line c2", "line c3"
};
static const char *const dot_classes[RECAL_REPORT_STRATEGIES] = {
	"dot", "dot d1", "dot d2", "dot d3"
};

typedef struct Curves
{
	const RecalSimulation *simulation;
	int			npoints;
	RecalScale	x;
	RecalScale	y;
} Curves;

static double
MeanAt(const Curves *curves, int strategy, int round, double *error)
{
	double		mean = RecalLearningMean(RecalLearningAt(curves->simulation, strategy, round),
										 error);

	if (isnan(*error))
		*error = 0;
	return mean;
}

static void
BeginCurves(Curves *curves, const RecalSimulation *simulation)
{
	double		low = INFINITY;
	double		high = -INFINITY;

	curves->simulation = simulation;
	curves->npoints = simulation->points_each;
	curves->x = (RecalScale)
	{
		0, Max(RecalLearningQuestions(simulation, curves->npoints - 1), 1), LEFT, RIGHT, false
	};
	for (int s = 0; s < simulation->nstrategies; s++)
		for (int p = 0; p < curves->npoints; p++)
		{
			double		error;
			double		mean = MeanAt(curves, s, p, &error);

			low = Min(low, mean - (s == 0 ? error : 0));
			high = Max(high, mean + (s == 0 ? error : 0));
		}
	if (high - low < 1e-6)
	{
		low -= .01;
		high += .01;
	}
	curves->y = (RecalScale)
	{
		low - (high - low) * .05, high + (high - low) * .05, BOTTOM, TOP, false
	};
}

/* One standard error on either side of the first strategy's line */
static void
Band(StringInfo out, const Curves *curves)
{
	int			n = curves->npoints;
	double	   *x = recal_palloc_array(double, 2 * n);
	double	   *y = recal_palloc_array(double, 2 * n);

	for (int p = 0; p < n; p++)
	{
		double		error;
		double		mean = MeanAt(curves, 0, p, &error);

		x[p] = x[2 * n - 1 - p] =
			RecalScaleAt(&curves->x, RecalLearningQuestions(curves->simulation, p));
		y[p] = RecalScaleAt(&curves->y, mean + error);
		y[2 * n - 1 - p] = RecalScaleAt(&curves->y, mean - error);
	}
	RecalSvgPolyline(out, "band", 2 * n, x, y);
}

static void
Curve(StringInfo out, const Curves *curves, int strategy)
{
	const RecalSimulation *simulation = curves->simulation;
	int			n = curves->npoints;
	double	   *x = recal_palloc_array(double, n);
	double	   *y = recal_palloc_array(double, n);
	double		error;

	for (int p = 0; p < n; p++)
	{
		x[p] = RecalScaleAt(&curves->x, RecalLearningQuestions(simulation, p));
		y[p] = RecalScaleAt(&curves->y, MeanAt(curves, strategy, p, &error));
	}
	RecalSvgPolyline(out, line_classes[strategy], n, x, y);
	for (int p = 0; p < n; p++)
		RecalSvgPoint(out, dot_classes[strategy], x[p], y[p], strategy == 0 ? 4 : 3,
					  psprintf("%s, %d questions: %.4f",
							   recal_strategy_names[simulation->strategies[strategy]],
							   RecalLearningQuestions(simulation, p),
							   MeanAt(curves, strategy, p, &error)));
}

/* Names at the lines' ends, in the ends' order and apart */
static void
Labels(StringInfo out, const Curves *curves)
{
	const RecalSimulation *simulation = curves->simulation;
	int			order[RECAL_REPORT_STRATEGIES];
	double		ends[RECAL_REPORT_STRATEGIES];
	double		at[RECAL_REPORT_STRATEGIES];
	int			n = simulation->nstrategies;
	double		error;

	for (int s = 0; s < n; s++)
	{
		int			i = s;

		ends[s] = RecalScaleAt(&curves->y, MeanAt(curves, s, curves->npoints - 1, &error));
		for (; i > 0 && ends[order[i - 1]] > ends[s]; i--)
			order[i] = order[i - 1];
		order[i] = s;
	}

	/* each below the one before, then all up from the bottom as far as need be */
	for (int i = 0; i < n; i++)
		at[i] = Max(ends[order[i]], i > 0 ? at[i - 1] + LABEL_HEIGHT : TOP);
	for (int i = n - 1; i >= 0; i--)
		at[i] = Min(at[i], i < n - 1 ? at[i + 1] - LABEL_HEIGHT : BOTTOM);
	for (int i = 0; i < n; i++)
	{
		int			s = order[i];

		RecalSvgLine(out, "lead", RIGHT + 6, ends[s], RIGHT + 20, at[i]);
		RecalSvgText(out, s == 0 ? "key strong" : "key", "start", RIGHT + 24, at[i] + 4,
					 recal_strategy_names[simulation->strategies[s]]);
	}
}

static void
Table(StringInfo out, const Curves *curves)
{
	const RecalSimulation *simulation = curves->simulation;
	const char *columns[RECAL_REPORT_STRATEGIES + 1] = {"Questions"};
	char	   *cells[RECAL_REPORT_STRATEGIES + 1];

	for (int s = 0; s < simulation->nstrategies; s++)
		columns[s + 1] = recal_strategy_names[simulation->strategies[s]];
	RecalTableBegin(out, "Learning curves, with standard errors", lengthof(columns), columns);
	for (int p = 0; p < curves->npoints; p++)
	{
		cells[0] = psprintf("%d", RecalLearningQuestions(simulation, p));
		for (int s = 0; s < simulation->nstrategies; s++)
		{
			double		error;
			double		mean = MeanAt(curves, s, p, &error);

			cells[s + 1] = psprintf("%.4f &#177; %.4f", mean, error);
		}
		RecalTableRow(out, lengthof(cells), cells);
	}
	RecalTableEnd(out);
}

static void
NoCurves(StringInfo out, const RecalReport *report)
{
	if (report->no_learning != NULL)
		appendStringInfo(out, "<p>Nothing to simulate questions with yet: %s</p>\n",
						 RecalHtmlEscape(report->no_learning, 400));
	else if (report->learning.too_much)
		appendStringInfoString(out,
							   "<p>With so many rows a simulation of questions takes longer than a page should: <code>recal_simulate</code> draws no picture, but says what they are worth.</p>\n");
	else
		appendStringInfoString(out,
							   "<p>None of the users who were taken for new had anything to be judged by.</p>\n");
	appendStringInfoString(out, "</figcaption>\n");
}

static void
About(StringInfo out, const RecalReport *report)
{
	const RecalSimulation *simulation = &report->learning;
	bool		ratings = report->definition->objective == RECAL_EXPLICIT;

	appendStringInfo(out,
					 "<p>%s by the number of questions that new people have been asked, for four ways to choose the questions. "
					 "%s users are new here: the factorization is trained without them, they are asked about one half of the items, %d at a time, %s, and are judged by the other half. "
					 "The band is one standard error of <code>%s</code>. All lines are of the same users, so differences between them are surer than that. "
					 "A small simulation, as of version %d%s; <code>recal_simulate</code> makes larger ones.</p>\n",
					 ratings ? "RMSE of predicted ratings, the smaller the better," :
					 "NDCG@10 of recommendations",
					 RecalCountText(RecalLearningAt(simulation, 0, 0)->users), simulation->batch,
					 ratings ? "answer with the rating they gave, or cannot say" :
					 "say yes to what they have and no to the rest",
					 recal_strategy_names[simulation->strategies[0]], report->current->version,
					 report->definition->nitem_features > 0 ||
					 report->definition->nuser_features > 0 ? " but without features" : "");
}

void
RecalFigureLearning(StringInfo out, const RecalReport *report)
{
	const RecalSimulation *simulation = &report->learning;
	const char *first = recal_strategy_names[report->strategies[0]];
	Curves		curves;
	double		error;
	double		before;
	double		after;

	RecalFigureBegin(out, "questions", true, "What questions are worth");
	if (simulation->points == NULL || RecalLearningAt(simulation, 0, 0)->users == 0)
	{
		NoCurves(out, report);
		RecalFigureEnd(out);
		return;
	}
	BeginCurves(&curves, simulation);
	before = MeanAt(&curves, 0, 0, &error);
	after = MeanAt(&curves, 0, curves.npoints - 1, &error);
	About(out, report);
	RecalPictureBegin(out, WIDTH, HEIGHT,
				  psprintf("Line chart of the quality by questions asked; %s goes from %.4f to %.4f in %d questions",
						   first, before, after,
						   RecalLearningQuestions(simulation, curves.npoints - 1)));
	RecalSvgAxisY(out, &curves.y, LEFT, RIGHT,
				  report->definition->objective == RECAL_EXPLICIT ? "RMSE" : "NDCG@10");
	RecalSvgAxisX(out, &curves.x, BOTTOM, BOTTOM, "questions asked", true);
	Band(out, &curves);
	for (int s = simulation->nstrategies - 1; s >= 0; s--)
		Curve(out, &curves, s);
	Labels(out, &curves);
	RecalPictureEnd(out);
	Table(out, &curves);
	RecalFigureEnd(out);
}
