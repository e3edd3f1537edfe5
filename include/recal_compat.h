/*
 * recal_compat.h
 *		The one place that knows PostgreSQL's versions (15 to 18).
 *
 * Wrappers carry the newest signature; the rest of the code has no version
 * tests.
 */
#ifndef RECAL_COMPAT_H
#define RECAL_COMPAT_H

#include "fmgr.h"
#include "miscadmin.h"
#include "storage/proc.h"
#include "utils/guc.h"
#include "utils/wait_event.h"

#if PG_VERSION_NUM < 150000 || PG_VERSION_NUM >= 190000
#error "recal supports PostgreSQL 15 to 18"
#endif

#if PG_VERSION_NUM >= 160000
#include "varatt.h"
#endif

/*
 * PGXS of 16 and later passes -fvisibility=hidden and PG_FUNCTION_INFO_V1
 * exports by itself; in 15 nothing is hidden. Entry points found by name
 * (worker mains) need this on every version.
 */
#define RECAL_EXPORT __attribute__((visibility("default")))

/* 18 marks functions in front of the declaration, older versions behind it */
#ifndef pg_noreturn
#define pg_noreturn pg_attribute_noreturn()
#endif

/* chunks that pfree takes whatever their alignment, MemoryContextAllocAligned(), came with 16 */
#if PG_VERSION_NUM >= 160000
#define RECAL_ALIGNED_CHUNKS 1
#endif

/* MyProcNumber came with 17 */
#if PG_VERSION_NUM >= 170000
#define RecalMyProcNumber() ((int) MyProcNumber)
#else
#define RecalMyProcNumber() (MyProc->pgprocno)
#endif

/*
 * RestrictSearchPath() came with 17: pin search_path for the current GUC nest
 * level, so that nothing a user can create is found by an unqualified name.
 */
static inline void
RecalRestrictSearchPath(void)
{
#if PG_VERSION_NUM >= 170000
	RestrictSearchPath();
#else
	(void) set_config_option("search_path", "pg_catalog, pg_temp",
							 PGC_USERSET, PGC_S_SESSION,
							 GUC_ACTION_SAVE, true, 0, false);
#endif
}

#define recal_palloc_array(type, count) \
	((type *) palloc(mul_size(sizeof(type), (count))))
#define recal_palloc0_array(type, count) \
	((type *) palloc0(mul_size(sizeof(type), (count))))

#endif							/* RECAL_COMPAT_H */
