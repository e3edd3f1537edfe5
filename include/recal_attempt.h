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

#endif							/* RECAL_ATTEMPT_H */
