/*
 * report_map.c
 *		The report's map of items, with as many titles as find a place.
 */
#include "postgres.h"

#include <math.h>

#include "recal_compat.h"
#include "recal_report.h"
#include "recal_svg.h"

#define WIDTH			1080
#define LEAST_HEIGHT	420
#define MOST_HEIGHT		760
#define MARGIN			26
#define FOOT			26		/* for the axes' names */
#define LABELS			36		/* of popular items */
#define COLUMNS			7		/* of cells, each of which may name its most popular item, too */
#define ROWS			7
#define MOST_LABELS		(LABELS + COLUMNS * ROWS)
#define STRETCH			1.45	/* at most, of the first axis */
#define TRIED			160		/* of the most popular items, to find places for them */
#define LABEL_CHARS		30
#define TITLE_CHARS		120		/* in tooltips and the table */
#define FONT			11.5
#define LISTED			20

typedef struct Box
{
	double		left;
	double		top;
	double		right;
	double		bottom;
} Box;

typedef struct Map
{
	const RecalReport *report;
	RecalScale	x;
	RecalScale	y;
	double		height;
	bool		named[COLUMNS][ROWS];
	int			nboxes;			/* taken by labels and their points */
	Box			boxes[MOST_LABELS * 2];
} Map;

/* Units are about as long on both axes; the picture's height follows. */
static void
Fit(Map *map, const RecalReport *report)
{
	double		low[2] = {INFINITY, INFINITY};
	double		high[2] = {-INFINITY, -INFINITY};
	double		scale;
	double		across;

	memset(map, 0, sizeof(Map));
	map->report = report;
	for (int i = 0; i < report->nmapped; i++)
	{
		const RecalReportItem *item = &report->mapped[i];

		low[0] = Min(low[0], item->x);
		high[0] = Max(high[0], item->x);
		low[1] = Min(low[1], item->y);
		high[1] = Max(high[1], item->y);
	}
	if (!(high[0] - low[0] > 1e-9))
	{
		low[0] = report->nmapped > 0 ? low[0] - 1 : -1;
		high[0] = low[0] + 2;
	}
	if (!(high[1] - low[1] > 1e-9))
	{
		low[1] = report->nmapped > 0 ? low[1] - .5 : -.5;
		high[1] = low[1] + 1;
	}
	scale = (WIDTH - 2 * MARGIN) / (high[0] - low[0]);
	map->height = Max(LEAST_HEIGHT, Min(MOST_HEIGHT, scale * (high[1] - low[1])));
	scale = Min(scale, map->height / (high[1] - low[1]));

	map->x = (RecalScale) {low[0], high[0], 0, 0, false};
	across = Min(scale * STRETCH, (WIDTH - 2 * MARGIN) / (high[0] - low[0]));
	map->x.from = (WIDTH - across * (high[0] - low[0])) / 2;
	map->x.to = WIDTH - map->x.from;
	map->y = (RecalScale) {low[1], high[1], 0, 0, false};
	map->y.from = MARGIN + (map->height + scale * (high[1] - low[1])) / 2;
	map->y.to = MARGIN + (map->height - scale * (high[1] - low[1])) / 2;
}

/* Area follows popularity. */
static double
Radius(const Map *map, const RecalReportItem *item)
{
	double		most = (double) map->report->mapped[0].rows;

	return 1.6 + 6.4 * sqrt((double) item->rows / Max(most, 1));
}

static char *
Tooltip(const RecalReportItem *item)
{
	return psprintf("%s: %s rows", RecalHtmlEscape(item->title, TITLE_CHARS),
					RecalCountText(item->rows));
}

static bool
IsFree(const Map *map, const Box *box)
{
	if (box->left < 2 || box->right > WIDTH - 2 || box->top < 2 ||
		box->bottom > map->height + 2 * MARGIN - 2)
		return false;
	for (int i = 0; i < map->nboxes; i++)
	{
		const Box  *other = &map->boxes[i];

		if (box->left < other->right && box->right > other->left &&
			box->top < other->bottom && box->bottom > other->top)
			return false;
	}
	return true;
}

static bool *
CellOf(Map *map, const RecalReportItem *item)
{
	double		x = RecalScaleAt(&map->x, item->x) / WIDTH;
	double		y = RecalScaleAt(&map->y, item->y) / (map->height + 2 * MARGIN);

	return &map->named[Max(0, Min(COLUMNS - 1, (int) (x * COLUMNS)))]
		[Max(0, Min(ROWS - 1, (int) (y * ROWS)))];
}

/* Right of the point, left, above, below: the first that is free, or none. */
static bool
Label(StringInfo out, Map *map, const RecalReportItem *item)
{
	static const char *const anchors[] = {"start", "end", "middle", "middle"};
	char	   *text = RecalHtmlEscape(item->title, LABEL_CHARS);
	double		x = RecalScaleAt(&map->x, item->x);
	double		y = RecalScaleAt(&map->y, item->y);
	double		r = Radius(map, item);
	Box			point = {x - r, y - r, x + r, y + r};
	double		width = RecalTextWidth(text, FONT);

	if (map->nboxes > MOST_LABELS * 2 - 2 || !IsFree(map, &point))
		return false;
	for (int place = 0; place < (int) lengthof(anchors); place++)
	{
		double		at = place == 0 ? x + r + 4 : place == 1 ? x - r - 4 : x;
		double		base = place == 2 ? y - r - 4 : place == 3 ? y + r + 12 : y + 4;
		double		left = place == 0 ? at : place == 1 ? at - width : at - width / 2;
		Box			box = {left - 3, base - 11, left + width + 3, base + 4};

		if (!IsFree(map, &box))
			continue;
		map->boxes[map->nboxes++] = box;
		map->boxes[map->nboxes++] = point;
		*CellOf(map, item) = true;
		RecalSvgPoint(out, "dot", x, y, r,
					  Tooltip(item));
		RecalSvgText(out, "label halo", anchors[place], at, base, text);
		return true;
	}
	return false;
}

/* The most popular items first; then one for each part of the map that is still without. */
static void
DrawLabels(StringInfo out, Map *map)
{
	const RecalReport *report = map->report;
	int			placed = 0;

	for (int i = 0; i < Min(report->nmapped, TRIED) && placed < LABELS; i++)
		if (report->mapped[i].has_title)
			placed += Label(out, map, &report->mapped[i]);
	for (int i = 0; i < report->nmapped; i++)
		if (report->mapped[i].has_title && !*CellOf(map, &report->mapped[i]))
			(void) Label(out, map, &report->mapped[i]);
}

static void
Draw(StringInfo out, Map *map)
{
	const RecalReport *report = map->report;
	double		bottom = map->height + 2 * MARGIN;
	double		x0 = RecalScaleAt(&map->x, 0);
	double		y0 = RecalScaleAt(&map->y, 0);

	RecalSvgLine(out, "grid", 0, y0, WIDTH, y0);
	RecalSvgLine(out, "grid", x0, 0, x0, bottom);
	for (int i = report->nmapped - 1; i >= 0; i--)
	{
		const RecalReportItem *item = &report->mapped[i];

		RecalSvgPoint(out, "point", RecalScaleAt(&map->x, item->x),
					  RecalScaleAt(&map->y, item->y), Radius(map, item),
					  Tooltip(item));
	}
	DrawLabels(out, map);
	RecalSvgText(out, "axis", "end", WIDTH, bottom + FOOT - 6,
				 psprintf("across: first component, %.0f %% of the variance; up: second, %.0f %%",
						  report->map_share[0] * 100, report->map_share[1] * 100));
}

static void
Table(StringInfo out, const RecalReport *report)
{
	static const char *const columns[] = {"Item", "Rows"};

	RecalTableBegin(out, "The most popular items", lengthof(columns), columns);
	for (int i = 0; i < Min(report->nmapped, LISTED); i++)
	{
		const RecalReportItem *item = &report->mapped[i];
		char	   *cells[] = {
			RecalHtmlEscape(item->title, TITLE_CHARS), RecalCountText(item->rows)
		};

		RecalTableRow(out, lengthof(columns), cells);
	}
	RecalTableEnd(out);
}

void
RecalFigureMap(StringInfo out, const RecalReport *report)
{
	Map			map;

	Fit(&map, report);
	RecalFigureBegin(out, "map", true, "Map of items");
	appendStringInfo(out,
					 "<p>The %s most popular items, placed by the directions of their vectors: what the same people like lies close together. "
					 "The plane keeps the first two principal components of %d dimensions. Points grow with popularity; %s.</p>\n",
					 RecalCountText(report->nmapped), report->definition->options.factors,
					 report->nmapped > 0 && report->mapped[0].has_title ?
					 "the most popular items have their titles, so has the most popular one wherever there is room, and the others show theirs when hovered over" :
					 "hover over one for its id");
	RecalPictureBegin(out, WIDTH, (int) (map.height + 2 * MARGIN + FOOT),
				  psprintf("Map of %s items in two dimensions; the table below lists the most popular ones",
						   RecalCountText(report->nmapped)));
	Draw(out, &map);
	RecalPictureEnd(out);
	Table(out, report);
	RecalFigureEnd(out);
}
