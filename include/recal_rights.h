/*
 * recal_rights.h
 *		Who may do what (design §3 "Rights", §4).
 */
#ifndef RECAL_RIGHTS_H
#define RECAL_RIGHTS_H

#include "postgres.h"

#include "executor/spi.h"

#include "recal_compat.h"
#include "recal_model.h"

/*
 * Owner's privileges (pg_has_role USAGE) or an error 42501 "must be owner of
 * model"; superusers pass.
 */
extern void RecalCheckOwner(const RecalModel *model);
extern bool RecalIsOwner(const RecalModel *model);

/*
 * The model as of now, locked to the end of the transaction, with the caller's
 * right to change it checked.
 */
extern RecalModel *RecalLockOwnModel(const char *name);

/*
 * Runs `SELECT columns FROM events LIMIT 0` as the current user, so that
 * privileges and policies of tables, columns and views are checked by the
 * executor. Also tells whether row-level security restricts the current user
 * somewhere below the relation. The plan is kept between calls. Needs an SPI
 * connection.
 */
extern void RecalCheckReadable(const char *model, const RecalDefinition *definition,
							   bool *row_security);

/*
 * The same for any query that reads no rows, such as SELECT ... LIMIT 0; returns
 * whether policies apply.
 */
extern bool RecalCheckQuery(const char *model, const char *query);

/* Whether any relation below this prepared query has policies applied for the current user. */
extern bool RecalPlanHasRowSecurity(SPIPlanPtr plan);

/* 42501: row-level security applies, and the function would show others' rows */
pg_noreturn extern void RecalErrorRowSecurity(const char *model, const char *function);

/*
 * Switches to the owner in a security-restricted context with a pinned
 * search_path around a read query, and back. Errors between the two restore by
 * transaction abort; never commit in between.
 */
typedef struct RecalOwnerSwitch
{
	Oid			user;
	int			context;
	int			guc_level;
} RecalOwnerSwitch;

extern void RecalBecomeOwner(const RecalModel *model, RecalOwnerSwitch *saved);
extern void RecalBecomeSelf(const RecalOwnerSwitch *saved);

#endif							/* RECAL_RIGHTS_H */
