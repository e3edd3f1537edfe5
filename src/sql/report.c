/*
 * report.c
 *		recal_report: a model as one page with pictures.
 */
#include "postgres.h"

#include "executor/spi.h"
#include "fmgr.h"
#include "utils/builtins.h"

#include "recal_arguments.h"
#include "recal_compat.h"
#include "recal_report.h"

PG_FUNCTION_INFO_V1(recal_report);
Datum
recal_report(PG_FUNCTION_ARGS)
{
	RecalStatement *statement = RecalStatementGet(fcinfo, RecalOptionalText(fcinfo, 0));
	StringInfoData page;

	initStringInfo(&page);
	SPI_connect();
	RecalReportPage(&page, RecalReportRead(statement));
	SPI_finish();
	PG_RETURN_TEXT_P(cstring_to_text_with_len(page.data, page.len));
}
