/*
 * init.c
 *		Module load: configuration parameters and the BLAS.
 */
#include "postgres.h"

#include <limits.h>

#include "fmgr.h"
#include "utils/guc.h"

#include "recal_blas.h"
#include "recal_compat.h"
#include "recal_settings.h"

PG_MODULE_MAGIC;

char	   *recal_default_model = NULL;
int			recal_train_memory_mb = 4096;
int			recal_cache_size_mb = 256;
int			recal_ranker_refresh = 10;

RECAL_EXPORT void _PG_init(void);

void
_PG_init(void)
{
	DefineCustomStringVariable("recal.default_model",
							   "The model that functions use when no model is named.",
							   "Empty: the model marked as default.",
							   &recal_default_model, "",
							   PGC_USERSET, 0, NULL, NULL, NULL);

	DefineCustomIntVariable("recal.train_memory",
							"The most memory one training may take, workers included.",
							NULL,
							&recal_train_memory_mb, 4096, 16, INT_MAX,
							PGC_USERSET, GUC_UNIT_MB, NULL, NULL, NULL);

	DefineCustomIntVariable("recal.cache_size",
							"The most memory a session keeps for models that it serves.",
							"A larger model is read from its table chunk by chunk, which is slower.",
							&recal_cache_size_mb, 256, 1, INT_MAX,
							PGC_USERSET, GUC_UNIT_MB, NULL, NULL, NULL);

	DefineCustomIntVariable("recal.ranker_refresh",
							"How old the ranker's counts of other people's rows may be.",
							"0: they are brought up to date for every statement. -1: they stay as they were trained.",
							&recal_ranker_refresh, 10, -1, INT_MAX / 1000,
							PGC_USERSET, GUC_UNIT_S, NULL, NULL, NULL);

	MarkGUCPrefixReserved("recal");

	recal_blas_init();
}
