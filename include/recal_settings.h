/*
 * recal_settings.h
 *		Configuration parameters, defined in src/sql/init.c.
 */
#ifndef RECAL_SETTINGS_H
#define RECAL_SETTINGS_H

extern char *recal_default_model;	/* recal.default_model; NULL or "" for none */
extern int	recal_train_memory_mb;	/* recal.train_memory */
extern int	recal_cache_size_mb;	/* recal.cache_size */
extern int	recal_ranker_refresh;	/* recal.ranker_refresh, in seconds */

#endif							/* RECAL_SETTINGS_H */
