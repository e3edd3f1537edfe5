/*
 * recal_svg.h
 *		Charts as SVG inside an HTML page, and text that is safe in both.
 *
 * Colours and sizes of text come from classes, so that one style sheet serves
 * light, dark and paper. Coordinates are the picture's own units, which are
 * pixels where the page is as wide as it wants to be.
 */
#ifndef RECAL_SVG_H
#define RECAL_SVG_H

#include "postgres.h"

#include "lib/stringinfo.h"

/*
 * Text of the database for HTML and XML, in ASCII whatever the encodings of
 * server and client: markup is escaped, other characters become references,
 * and what XML forbids or would change the direction of writing becomes
 * U+FFFD. max_chars > 0: longer text is cut and gets an ellipsis.
 */
extern void RecalHtmlText(StringInfo out, const char *text, int max_chars);
extern char *RecalHtmlEscape(const char *text, int max_chars);

/* About how wide escaped text is, for a font of this size. */
extern double RecalTextWidth(const char *escaped, double size);

/* Numbers for people: 12,345 and 0.0123 and 1.2 million */
extern char *RecalCountText(int64 count);
extern char *RecalNumberText(double value, double step);
extern char *RecalShortText(double value);

/* From data to coordinates. */
typedef struct RecalScale
{
	double		min;			/* data at from */
	double		max;			/* data at to */
	double		from;			/* coordinates */
	double		to;
	bool		logarithmic;	/* min > 0 */
} RecalScale;

extern double RecalScaleAt(const RecalScale *scale, double value);

/* A round step (1, 2, 5 · 10^n) that cuts a span into about so many parts. */
extern double RecalTickStep(double span, int parts);

/*
 * A picture: label is what a screen reader says in its place. All text passed
 * to the functions below is escaped already.
 */
extern void RecalSvgBegin(StringInfo out, int width, int height, const char *label);
extern void RecalSvgEnd(StringInfo out);

extern void RecalSvgLine(StringInfo out, const char *class, double x1, double y1,
						 double x2, double y2);
extern void RecalSvgPolyline(StringInfo out, const char *class, int n, const double *x,
							 const double *y);

/* anchor: start, middle or end */
extern void RecalSvgText(StringInfo out, const char *class, const char *anchor,
						 double x, double y, const char *text);

/* tooltip: NULL for none */
extern void RecalSvgBar(StringInfo out, const char *class, double x, double y,
						double width, double height, const char *tooltip);
extern void RecalSvgPoint(StringInfo out, const char *class, double x, double y, double radius,
						  const char *tooltip);

/* Everything outside the rectangle is cut off, until RecalSvgUnclip; id is unique on the page. */
extern void RecalSvgClip(StringInfo out, const char *id, double x, double y, double width,
						 double height);
extern void RecalSvgUnclip(StringInfo out);

/*
 * Ticks, grid lines and title of an axis. x axes lie at y, grid lines go up to
 * end; y axes lie at x, grid lines go right to end.
 */
extern void RecalSvgAxisX(StringInfo out, const RecalScale *scale, double y, double end,
						  const char *title, bool whole);
extern void RecalSvgAxisY(StringInfo out, const RecalScale *scale, double x, double end,
						  const char *title);

/* A swatch with its name; returns where the next one may begin. */
extern double RecalSvgLegend(StringInfo out, const char *class, double x, double y,
							 const char *name);

#endif							/* RECAL_SVG_H */
