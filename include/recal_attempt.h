/*
 * recal_attempt.h
 *		What may fail without failing the whole.
 */
#ifndef RECAL_ATTEMPT_H
#define RECAL_ATTEMPT_H

#include "postgres.h"

/*
 * Calls work(arg) in a subtransaction and in the current memory context. An
 * error undoes what it did and is returned; NULL when all went well. The caller
 * tells which errors it can do with and throws the others on (ReThrowError).
 */
extern ErrorData *RecalAttempt(void (*work) (void *arg), void *arg);

/*
 * The same for a part of a training that a model can do without: false, with a
 * WARNING that the model is trained without it, after an error. Interrupts and
 * what runs out (classes 57 and 53) are thrown on. failed ends in what was being
 * done: "The factorization without ... failed".
 */
extern bool RecalAttemptPart(void (*work) (void *arg), void *arg, const char *model,
							 const char *part, const char *failed);

#endif							/* RECAL_ATTEMPT_H */
