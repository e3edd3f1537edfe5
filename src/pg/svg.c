/*
 * svg.c
 *		Charts as SVG: lines, bars, points, axes with round ticks, safe text.
 */
#include "postgres.h"

#include <math.h>

#include "mb/pg_wchar.h"

#include "recal_compat.h"
#include "recal_svg.h"

#define REPLACEMENT		0xFFFD
#define ELLIPSIS		0x2026

/*
 * Text.
 */

/* What the page may not contain: controls, halves and ends of Unicode, changes of direction. */
static bool
IsForbidden(pg_wchar c)
{
	return c < 0x20 || (c >= 0x7F && c < 0xA0) || (c >= 0xD800 && c < 0xE000) ||
		(c & 0xFFFE) == 0xFFFE || (c >= 0xFDD0 && c < 0xFDF0) || c > 0x10FFFF ||
		(c >= 0x202A && c <= 0x202E) || (c >= 0x2066 && c <= 0x2069);
}

static void
AppendChar(StringInfo out, pg_wchar c)
{
	if (c == '\t' || c == '\n' || c == '\r')
		c = ' ';
	if (IsForbidden(c))
		c = REPLACEMENT;
	if (c > 0x7E || strchr("<>&\"'", (int) c) != NULL)
		appendStringInfo(out, "&#%u;", (unsigned int) c);
	else
		appendStringInfoChar(out, (char) c);
}

void
RecalHtmlText(StringInfo out, const char *text, int max_chars)
{
	const unsigned char *at;
	const unsigned char *end;
	int			written = 0;

	/* bytes of an unknown encoding are taken for UTF-8 where they can be */
	if (GetDatabaseEncoding() != PG_SQL_ASCII)
		text = pg_server_to_any(text, (int) strlen(text), PG_UTF8);
	at = (const unsigned char *) text;
	end = at + strlen(text);
	while (at < end)
	{
		int			length = pg_utf_mblen(at);
		bool		legal = length <= end - at && pg_utf8_islegal(at, length);

		if (max_chars > 0 && ++written == max_chars && at + length < end)
		{
			while (out->len > 0 && out->data[out->len - 1] == ' ')
				out->data[--out->len] = '\0';
			AppendChar(out, ELLIPSIS);
			return;
		}
		AppendChar(out, legal ? utf8_to_unicode(at) : REPLACEMENT);
		at += legal ? length : 1;
	}
}

char *
RecalHtmlEscape(const char *text, int max_chars)
{
	StringInfoData out;

	initStringInfo(&out);
	RecalHtmlText(&out, text, max_chars);
	return out.data;
}

/* Shares of the font's size, for the wider of the usual sans serif fonts. */
static double
CharWidth(unsigned int c)
{
	if (c >= 0x1100)
		return c >= 0x2000 && c < 0x2E80 ? .6 : 1;
	if (strchr("iljI.,:;'|!()[] ", (int) c) != NULL && c != 0)
		return .34;
	if (strchr("mwMW@%", (int) c) != NULL && c != 0)
		return .9;
	return c >= 'A' && c <= 'Z' ? .7 : .6;
}

double
RecalTextWidth(const char *escaped, double size)
{
	double		width = 0;

	while (*escaped != '\0')
	{
		unsigned int c = (unsigned char) *escaped;
		const char *end = strchr(escaped, ';');

		if (c == '&' && escaped[1] == '#' && end != NULL)
		{
			c = (unsigned int) strtoul(escaped + 2, NULL, 10);
			escaped = end;
		}
		width += CharWidth(c);
		escaped++;
	}
	return width * size;
}

char *
RecalCountText(int64 count)
{
	char	   *digits = psprintf(INT64_FORMAT, count);
	int			n = (int) strlen(digits);
	StringInfoData out;

	initStringInfo(&out);
	for (int i = 0; i < n; i++)
	{
		if (i > 0 && (n - i) % 3 == 0 && digits[i - 1] != '-')
			appendStringInfoChar(&out, ',');
		appendStringInfoChar(&out, digits[i]);
	}
	return out.data;
}

/* As many decimals as steps of this size need */
char *
RecalNumberText(double value, double step)
{
	int			decimals = step > 0 && step < 1 ? (int) ceil(-log10(step) - 1e-9) : 0;

	if (fabs(value) >= 1e15 || decimals > 9)
		return psprintf("%g", value);
	if (decimals == 0)
		return RecalCountText((int64) rint(value));
	return psprintf("%.*f", decimals, value);
}

char *
RecalShortText(double value)
{
	static const struct
	{
		double		unit;
		const char *name;
	}			units[] = {{1e12, "T"}, {1e9, "G"}, {1e6, "M"}, {1e3, "k"}};

	for (int i = 0; i < (int) lengthof(units); i++)
		if (fabs(value) >= units[i].unit * 10 || (fabs(value) >= units[i].unit && i < 3))
			return psprintf("%.4g%s", value / units[i].unit, units[i].name);
	if (fabs(value) >= 1000)
		return RecalCountText((int64) rint(value));
	return psprintf("%.4g", value);
}

/*
 * Scales.
 */
double
RecalScaleAt(const RecalScale *scale, double value)
{
	double		span = scale->max - scale->min;
	double		share;

	if (scale->logarithmic)
	{
		span = log(scale->max / scale->min);
		share = log(Max(value, scale->min) / scale->min);
	}
	else
		share = value - scale->min;
	share = span > 0 ? share / span : .5;
	return scale->from + share * (scale->to - scale->from);
}

double
RecalTickStep(double span, int parts)
{
	double		raw = span / Max(parts, 1);
	double		unit;

	if (!(raw > 0) || !isfinite(raw))
		return 1;
	unit = pow(10, floor(log10(raw)));
	if (raw <= unit)
		return unit;
	if (raw <= unit * 2)
		return unit * 2;
	return raw <= unit * 5 ? unit * 5 : unit * 10;
}

/*
 * Elements.
 */
void
RecalSvgBegin(StringInfo out, int width, int height, const char *label)
{
	appendStringInfo(out, "<svg role=\"img\" aria-label=\"%s\" viewBox=\"0 0 %d %d\">\n",
					 label, width, height);
}

void
RecalSvgEnd(StringInfo out)
{
	appendStringInfoString(out, "</svg>\n");
}

void
RecalSvgLine(StringInfo out, const char *class, double x1, double y1, double x2, double y2)
{
	appendStringInfo(out, "<line class=\"%s\" x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\"/>\n",
					 class, x1, y1, x2, y2);
}

void
RecalSvgPolyline(StringInfo out, const char *class, int n, const double *x, const double *y)
{
	appendStringInfo(out, "<polyline class=\"%s\" points=\"", class);
	for (int i = 0; i < n; i++)
		appendStringInfo(out, "%s%.1f,%.1f", i > 0 ? " " : "", x[i], y[i]);
	appendStringInfoString(out, "\"/>\n");
}

void
RecalSvgText(StringInfo out, const char *class, const char *anchor, double x, double y,
			 const char *text)
{
	appendStringInfo(out, "<text class=\"%s %s\" x=\"%.1f\" y=\"%.1f\">%s</text>\n",
					 class, anchor, x, y, text);
}

static void
AppendTooltip(StringInfo out, const char *element, const char *tooltip)
{
	if (tooltip != NULL)
		appendStringInfo(out, "><title>%s</title></%s>\n", tooltip, element);
	else
		appendStringInfoString(out, "/>\n");
}

void
RecalSvgBar(StringInfo out, const char *class, double x, double y, double width, double height,
			const char *tooltip)
{
	appendStringInfo(out, "<rect class=\"%s\" x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\"",
					 class, x, y, Max(width, 0), Max(height, 0));
	AppendTooltip(out, "rect", tooltip);
}

void
RecalSvgPoint(StringInfo out, const char *class, double x, double y, double radius,
			  const char *tooltip)
{
	appendStringInfo(out, "<circle class=\"%s\" cx=\"%.1f\" cy=\"%.1f\" r=\"%.1f\"",
					 class, x, y, radius);
	AppendTooltip(out, "circle", tooltip);
}

void
RecalSvgClip(StringInfo out, const char *id, double x, double y, double width, double height)
{
	appendStringInfo(out, "<clipPath id=\"%s\">", id);
	RecalSvgBar(out, "clip", x, y, width, height, NULL);
	appendStringInfo(out, "</clipPath>\n<g clip-path=\"url(#%s)\">\n", id);
}

void
RecalSvgUnclip(StringInfo out)
{
	appendStringInfoString(out, "</g>\n");
}

/*
 * Axes.
 */
typedef void (*TickFunction) (StringInfo out, const RecalScale *scale, double value,
							  const char *label, double at, double end);

static void
TickX(StringInfo out, const RecalScale *scale, double value, const char *label, double y,
	  double end)
{
	double		x = RecalScaleAt(scale, value);

	RecalSvgLine(out, "grid", x, y, x, end);
	RecalSvgText(out, "tick", "middle", x, y + 17, label);
}

static void
TickY(StringInfo out, const RecalScale *scale, double value, const char *label, double x,
	  double end)
{
	double		y = RecalScaleAt(scale, value);

	RecalSvgLine(out, "grid", x, y, end, y);
	RecalSvgText(out, "tick", "end", x - 8, y + 4, label);
}

/* Powers of ten, or of a power of ten where there are many */
static void
LogTicks(StringInfo out, const RecalScale *scale, TickFunction tick, double at, double end)
{
	int			first = (int) ceil(log10(scale->min) - 1e-9);
	int			last = (int) floor(log10(scale->max) + 1e-9);
	int			step = Max(1, (last - first) / 6);

	for (int e = first; e <= last; e += step)
	{
		tick(out, scale, pow(10, e), RecalShortText(pow(10, e)), at, end);
		for (int m = 2; last - first < 2 && m <= 5; m += 3)
			if (m * pow(10, e) <= scale->max)
				tick(out, scale, m * pow(10, e), RecalShortText(m * pow(10, e)), at, end);
	}
}

/* Large numbers in the unit of the largest, so that ticks can be compared */
static void
LinearTicks(StringInfo out, const RecalScale *scale, TickFunction tick, int parts, bool whole,
			double at, double end)
{
	double		step = RecalTickStep(scale->max - scale->min, parts);
	double		largest = Max(fabs(scale->min), fabs(scale->max));
	double		unit = largest >= 1e9 ? 1e9 : largest >= 1e6 ? 1e6 : largest >= 1e4 ? 1e3 : 1;
	const char *suffix = unit == 1e9 ? "G" : unit == 1e6 ? "M" : unit == 1e3 ? "k" : "";
	double		first;

	if (whole)
		step = Max(step, 1);
	first = ceil(scale->min / step - 1e-9);
	for (int i = 0; i <= 4 * parts; i++)
	{
		double		value = (first + i) * step;

		if (value > scale->max + step * 1e-6)
			break;
		tick(out, scale, value,
			 value == 0 ? "0" : psprintf("%s%s", RecalNumberText(value / unit, step / unit), suffix),
			 at, end);
	}
}

void
RecalSvgAxisX(StringInfo out, const RecalScale *scale, double y, double end, const char *title,
			  bool whole)
{
	if (scale->logarithmic)
		LogTicks(out, scale, TickX, y, end);
	else
		LinearTicks(out, scale, TickX, 6, whole, y, end);
	RecalSvgText(out, "axis", "end", scale->to, y + 36, title);
}

/* The title stands above the axis, where it can be read. */
void
RecalSvgAxisY(StringInfo out, const RecalScale *scale, double x, double end, const char *title)
{
	if (scale->logarithmic)
		LogTicks(out, scale, TickY, x, end);
	else
		LinearTicks(out, scale, TickY, 5, false, x, end);
	RecalSvgText(out, "axis", "start", 0, scale->to - 14, title);
}

double
RecalSvgLegend(StringInfo out, const char *class, double x, double y, const char *name)
{
	RecalSvgBar(out, class, x, y - 9, 10, 10, NULL);
	RecalSvgText(out, "key", "start", x + 16, y, name);
	return x + 16 + RecalTextWidth(name, 12) + 22;
}
