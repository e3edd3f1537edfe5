/*
 * report.c
 *		The report's page: head, key numbers, pictures, style.
 */
#include "postgres.h"

#include <math.h>

#include "access/xact.h"
#include "pgtime.h"
#include "utils/builtins.h"
#include "utils/timestamp.h"

#include "recal_compat.h"
#include "recal_report.h"
#include "recal_svg.h"

/*
 * One palette for all pictures, in light, dark and on paper. Nothing is loaded
 * from elsewhere, and the policy in the head forbids it.
 */
static const char *const style =
"*{box-sizing:border-box}\n"
":root{color-scheme:light dark;--page:#fff;--ink:#1c1d20;--soft:#565a62;--faint:#6d727b;--grid:#ebecef;--rule:#d9dbe0;"
"--accent:#2459a9;--old:#9fb4d3;--base:#b9bdc6;--point:#2459a9;"
"--p0:#c2d2ea;--p1:#8fabd8;--p2:#bfa6d8;--p3:#dd9f4b;--p4:#2459a9;--p5:#c4607c;--p6:#87942f;--p7:#5b9a8b;--p8:#7f63a8;--p9:#b9bdc6}\n"
"@media (prefers-color-scheme:dark){:root{--page:#141619;--ink:#e8e9ec;--soft:#acb1ba;--faint:#8d939d;--grid:#24272c;--rule:#363a41;"
"--accent:#7fabf0;--old:#4c648a;--base:#5c626d;--point:#7fabf0;"
"--p0:#3f5273;--p1:#5d7cb0;--p2:#7d6a9c;--p3:#d39a50;--p4:#7fabf0;--p5:#d9738f;--p6:#b3c15a;--p7:#68ad9d;--p8:#b294dd;--p9:#5c626d}}\n"
"@media print{:root{color-scheme:light;--page:#fff;--ink:#000;--soft:#333;--faint:#555;--grid:#e4e4e4;--rule:#bbb;"
"--accent:#2459a9;--old:#9fb4d3;--base:#b9bdc6;--point:#2459a9;"
"--p0:#c2d2ea;--p1:#8fabd8;--p2:#bfa6d8;--p3:#dd9f4b;--p4:#2459a9;--p5:#c4607c;--p6:#87942f;--p7:#5b9a8b;--p8:#7f63a8;--p9:#b9bdc6}"
"*{print-color-adjust:exact;-webkit-print-color-adjust:exact}details{display:none}figure{break-inside:avoid}}\n"
"body{margin:0;background:var(--page);color:var(--ink);font:15px/1.5 system-ui,-apple-system,\"Segoe UI\",Roboto,\"Helvetica Neue\",\"Liberation Sans\",Arial,sans-serif;"
"font-variant-numeric:tabular-nums lining-nums}\n"
"main{max-width:1128px;margin:0 auto;padding:44px 24px 56px}\n"
".over{margin:0;color:var(--faint);font-size:13px}\n"
"h1{margin:2px 0 4px;font-size:30px;line-height:1.2;font-weight:650;letter-spacing:-.015em;overflow-wrap:anywhere}\n"
".under{margin:0;color:var(--soft)}\n"
"dl{display:grid;grid-template-columns:repeat(8,auto);justify-content:space-between;gap:18px 24px;margin:28px 0 44px;padding:18px 0;border:solid var(--rule);border-width:1px 0}\n"
"dt{color:var(--faint);font-size:13px}dd{margin:0;font-size:20px;font-weight:600;letter-spacing:-.01em;overflow-wrap:anywhere}\n"
".figures{display:grid;grid-template-columns:repeat(2,minmax(0,1fr));gap:48px 40px}\n"
"figure{margin:0;min-width:0;display:flex;flex-direction:column}figure.wide{grid-column:1/-1}\n"
"h2{margin:0 0 4px;font-size:17px;line-height:1.3;font-weight:650;letter-spacing:-.005em}\n"
"figcaption p{margin:0 0 16px;max-width:104ch;color:var(--soft);font-size:13.5px;line-height:1.5}\n"
"code{font:.94em ui-monospace,Menlo,Consolas,monospace}\n"
"svg{display:block;width:100%;height:auto;overflow:visible}\n"
"text{fill:var(--soft);font-size:12px}.tick{fill:var(--faint)}.axis{fill:var(--faint);font-size:11.5px}"
".label{fill:var(--ink);font-size:11.5px}.strong{fill:var(--ink);font-weight:650}\n"
".start{text-anchor:start}.middle{text-anchor:middle}.end{text-anchor:end}\n"
".halo{paint-order:stroke;stroke:var(--page);stroke-width:3.5px;stroke-linejoin:round}\n"
".grid{stroke:var(--grid)}.mark{stroke:var(--faint);stroke-dasharray:2 3}\n"
".line{fill:none;stroke:var(--accent);stroke-width:2.25px;stroke-linejoin:round;stroke-linecap:round}.thin{stroke:var(--old);stroke-width:1.25px}\n"
".bar{fill:var(--accent)}.base{fill:var(--base)}.dot{fill:var(--accent);stroke:var(--page)}.old{fill:var(--old)}.point{fill:var(--point);fill-opacity:.3}.point:hover{fill-opacity:1}\n"
".phase0{fill:var(--p0)}.phase1{fill:var(--p1)}.phase2{fill:var(--p2)}.phase3{fill:var(--p3)}.phase4{fill:var(--p4)}"
".phase5{fill:var(--p5)}.phase6{fill:var(--p6)}.phase7{fill:var(--p7)}.phase8{fill:var(--p8)}.phase9{fill:var(--p9)}\n"
".net{fill:var(--p5)}.rank{fill:var(--p6)}.count{fill:var(--faint)}.band{fill:var(--accent);fill-opacity:.14;stroke:none}.lead{stroke:var(--rule)}"
"#questions{display:grid;grid-template-columns:minmax(0,1fr) minmax(0,640px);column-gap:40px}#questions figcaption:last-child,#questions details{grid-column:1/-1}\n"
".c1{stroke:var(--p7);stroke-width:1.75px}.c2{stroke:var(--p3);stroke-width:1.75px}.c3{stroke:var(--faint);stroke-width:1.75px}"
".d1{fill:var(--p7)}.d2{fill:var(--p3)}.d3{fill:var(--faint)}\n"
"details{margin-top:12px;font-size:13px;color:var(--soft)}summary{cursor:pointer;color:var(--faint)}summary:focus-visible{outline:2px solid var(--accent);outline-offset:2px}\n"
".scroll{overflow-x:auto}table{border-collapse:collapse;margin-top:8px}th,td{padding:3px 18px 3px 0;text-align:right;border-bottom:1px solid var(--grid);white-space:nowrap}\n"
"th{font-weight:600;color:var(--ink)}th:first-child,td:first-child{text-align:left;white-space:normal}#quality th{white-space:normal;vertical-align:bottom}#quality td:first-child{white-space:nowrap}\n"
"footer{margin-top:56px;padding-top:16px;border-top:1px solid var(--rule);color:var(--faint);font-size:13px}\n"
"@media (max-width:960px){dl{grid-template-columns:repeat(4,1fr)}#questions{display:flex}}\n"
"@media (max-width:760px){dl{grid-template-columns:repeat(2,1fr)}main{padding:28px 16px 40px}.figures{grid-template-columns:minmax(0,1fr);gap:40px}figure.wide .picture{overflow-x:auto}figure.wide svg{min-width:720px}#questions svg{min-width:0}}\n";

/* In this order; a further picture is one more line. */
static const RecalFigure figures[] = {
	RecalFigureLoss,
	RecalFigureQuality,
	RecalFigurePhases,
	RecalFigurePopularity,
	RecalFigureHistories,
	RecalFigureLearning,
	RecalFigureMap
};

void
RecalFigureBegin(StringInfo out, const char *id, bool wide, const char *heading)
{
	appendStringInfo(out, "<figure id=\"%s\"%s>\n<figcaption>\n<h2>%s</h2>\n",
					 id, wide ? " class=\"wide\"" : "", heading);
}

/* After the paragraphs that say what the picture shows */
void
RecalPictureBegin(StringInfo out, int width, int height, const char *label)
{
	appendStringInfoString(out, "</figcaption>\n<div class=\"picture\">\n");
	RecalSvgBegin(out, width, height, label);
}

void
RecalPictureEnd(StringInfo out)
{
	RecalSvgEnd(out);
	appendStringInfoString(out, "</div>\n");
}

void
RecalFigureEnd(StringInfo out)
{
	appendStringInfoString(out, "</figure>\n");
}

void
RecalTableBegin(StringInfo out, const char *caption, int ncolumns, const char *const *columns)
{
	appendStringInfo(out, "<details><summary>%s</summary><div class=\"scroll\"><table>\n<tr>",
					 caption);
	for (int c = 0; c < ncolumns; c++)
		appendStringInfo(out, "<th scope=\"col\">%s</th>", columns[c]);
	appendStringInfoString(out, "</tr>\n");
}

void
RecalTableRow(StringInfo out, int ncolumns, char *const *cells)
{
	appendStringInfoString(out, "<tr>");
	for (int c = 0; c < ncolumns; c++)
		appendStringInfo(out, "<td>%s</td>", cells[c]);
	appendStringInfoString(out, "</tr>\n");
}

void
RecalTableEnd(StringInfo out)
{
	appendStringInfoString(out, "</table></div></details>\n");
}

/* To the minute, in the session's time zone */
static char *
TimeText(TimestampTz time)
{
	pg_time_t	seconds = timestamptz_to_time_t(time);
	char		text[128];

	if (pg_strftime(text, sizeof(text), "%Y-%m-%d %H:%M %Z",
					pg_localtime(&seconds, session_timezone)) == 0)
		return "";
	return RecalHtmlEscape(text, 0);
}

static void
KeyNumber(StringInfo out, const char *name, const char *value)
{
	appendStringInfo(out, "<div><dt>%s</dt><dd>%s</dd></div>\n", name, value);
}

static char *
CountOrUnknown(double count)
{
	return isnan(count) ? "unknown" : RecalCountText((int64) count);
}

static char *
BytesText(int64 bytes)
{
	if (bytes >= (int64) 1 << 30)
		return psprintf("%.1f GB", (double) bytes / (1 << 30));
	if (bytes >= 1 << 20)
		return psprintf("%.1f MB", (double) bytes / (1 << 20));
	return psprintf("%.1f kB", (double) bytes / (1 << 10));
}

static void
Head(StringInfo out, const RecalReport *report)
{
	const RecalReportVersion *current = report->current;
	const RecalDefinition *definition = report->definition;
	char	   *model = RecalHtmlEscape(report->model, 0);

	appendStringInfo(out,
					 "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\"/>\n"
					 "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"/>\n"
					 "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\"/>\n"
					 "<title>%s &#183; recal</title>\n<style>\n%s</style>\n</head>\n<body>\n<main>\n<header>\n",
					 model, style);
	appendStringInfo(out, "<p class=\"over\">recal model</p>\n<h1>%s</h1>\n", model);
	appendStringInfo(out, "<p class=\"under\">%s feedback in %s.%s, owned by %s; trained %s</p>\n",
					 definition->objective == RECAL_EXPLICIT ? "Explicit" : "Implicit",
					 RecalHtmlEscape(definition->events_schema, 0),
					 RecalHtmlEscape(definition->events_name, 0),
					 RecalHtmlEscape(report->owner, 0), TimeText(current->finished_at));
	appendStringInfoString(out, "<dl>\n");
	KeyNumber(out, "Objective",
			  definition->objective == RECAL_EXPLICIT ? "explicit" : "implicit");
	KeyNumber(out, "Current version", psprintf("%d", current->version));
	KeyNumber(out, "Rows read", CountOrUnknown(current->rows));
	KeyNumber(out, "Users", CountOrUnknown(current->users));
	KeyNumber(out, "Items", CountOrUnknown(current->items));
	KeyNumber(out, "Pairs", CountOrUnknown(current->pairs));
	KeyNumber(out, "Factors", psprintf("%d", definition->options.factors));
	KeyNumber(out, "Size", BytesText(current->bytes));
	appendStringInfoString(out, "</dl>\n</header>\n");
}

void
RecalReportPage(StringInfo out, const RecalReport *report)
{
	Head(out, report);
	appendStringInfoString(out, "<div class=\"figures\">\n");
	for (int i = 0; i < (int) lengthof(figures); i++)
		figures[i] (out, report);
	appendStringInfo(out,
					 "</div>\n<footer>Made by recal_report on %s. Popularity, histories, the map's sizes and questions are of the rows of that moment; the rest is as of the trainings.</footer>\n"
					 "</main>\n</body>\n</html>\n",
					 TimeText(GetCurrentTransactionStartTimestamp()));
}
