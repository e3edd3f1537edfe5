/*
 * recal_history.h
 *		What was done last says most about what comes next: in fold-in a user's
 *		pairs count less the more newer ones there are.
 */
#ifndef RECAL_HISTORY_H
#define RECAL_HISTORY_H

#include <stdint.h>

typedef struct RecalTimed
{
	double		time;
	int32_t		item;			/* of the same time, the higher item is the newer */
	int32_t		index;			/* of the pair in the caller's arrays */
} RecalTimed;

/* Newest first. */
extern void recal_history_sort(RecalTimed *pairs, int64_t n);

/*
 * Multiplies confidences[pairs[i].index] by decay^i, with the pairs [n] sorted;
 * 0 < decay <= 1.
 */
extern void recal_history_decay(const RecalTimed *pairs, int64_t n, double decay,
								float *confidences);

#endif							/* RECAL_HISTORY_H */
