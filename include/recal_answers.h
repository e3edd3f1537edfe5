/*
 * recal_answers.h
 *		Answers to questions: one row a model, user and item in recal_answer.
 *
 * An answer takes the place of what the behaviour rows of its pair say, in
 * serving and in training. Ids are stored as text, as RecalIdToCString writes
 * them, so that they outlive a column's change of type.
 */
#ifndef RECAL_ANSWERS_H
#define RECAL_ANSWERS_H

#include "postgres.h"

#include "recal_ids.h"
#include "recal_model.h"

typedef struct RecalAnswer
{
	RecalId		user;
	RecalId		item;
	float		value;			/* 0 to 1, or a rating; NaN: "can't say" */
	double		time;			/* unix seconds when it was given */
} RecalAnswer;

/*
 * Writes an answer over the one there was. Sessions that answer the same pair
 * take turns, and the last one stands, seen by the caller's snapshot or not;
 * where a snapshot is kept for the whole transaction, 40001 as UPDATE has it.
 * 42704 when the model has been dropped.
 */
extern void RecalAnswerStore(const char *model, const RecalId *user, const RecalId *item,
							 float value);

/*
 * Removes a user's answers (the user as RecalIdToCString has it); returns their
 * number. The caller holds RecalAnswersLock in ExclusiveLock.
 */
extern int64 RecalAnswersDelete(const char *model, const char *user);

/*
 * Calls visit for each answer of a user, or of all (user NULL), that the active
 * snapshot shows, in the order of the ids' text. Ids that are none of their
 * kind are passed over. The answer is valid until visit returns, and what visit
 * allocates in the current context goes then too.
 */
typedef void (*RecalAnswerVisitor) (const RecalAnswer *answer, void *arg);

extern void RecalAnswersVisit(const char *model, const RecalId *user, RecalIdKind user_kind,
							  RecalIdKind item_kind, RecalAnswerVisitor visit, void *arg);

/*
 * What a value other than NaN is worth, in units of an average pair: from one
 * half on a like, below a dislike of no_weight. A rating is what it is.
 */
extern float RecalAnswerConfidence(float value, const RecalDefinition *definition);

#endif							/* RECAL_ANSWERS_H */
