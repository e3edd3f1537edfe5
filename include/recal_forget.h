/*
 * recal_forget.h
 *		Removing one person from what is stored of a model.
 */
#ifndef RECAL_FORGET_H
#define RECAL_FORGET_H

#include "postgres.h"

#include "recal_ids.h"

typedef struct RecalForgotten
{
	int64		answers;
	int64		ids;			/* versions that had the person's id */
	int64		factors;		/* versions that had the person's factor */
} RecalForgotten;

/*
 * Removes the person's answers, and their id and factor from every version that
 * has weights; other people's stay bit for bit. The caller has checked rights
 * and holds the model's lock.
 */
extern void RecalForgetUser(const char *model, const RecalId *user, RecalForgotten *forgotten);

#endif							/* RECAL_FORGET_H */
