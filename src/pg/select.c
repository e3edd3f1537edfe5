/*
 * select.c
 *		The best questions to many users.
 *
 * Users are gone through in groups, whose item parts of the variance are one
 * matrix product. Once there are as many questions as are wanted, the least of
 * them is what a further one has to reach: an item whose bound (the prior's
 * variance, which no user's exceeds) is below that is not looked at.
 */
#include "postgres.h"

#include <math.h>

#include "common/hashfn.h"
#include "miscadmin.h"
#include "utils/memutils.h"

#include "recal_compat.h"
#include "recal_factorize.h"
#include "recal_questions.h"
#include "recal_rng.h"
#include "recal_workers.h"

#define GROUP_USERS 32
#define GROUP_FLOATS (8 * 1024 * 1024)	/* of parts, at most */

#define STREAM_SHARE 0x61736b736861

/* Asking */
typedef struct Asking
{
	const RecalHistories *histories;
	RecalServed *served;
	RecalQuestions questions;
	int32	   *positions;		/* [n] of the pool's items, or NULL: the place is the position */
	int32	   *place;			/* [nitems] of an item, or -1; NULL with positions */
	int64		n;
	bool	   *excluded;		/* [n], all false between users */
	float	   *pick_work;
	RecalPick  *picks;			/* [per_user] */
	/* the group */
	MemoryContext context;
	int			max_users;
	RecalUser **users;
	RecalBelief **beliefs;
	float	   *parts;			/* [max_users × n] */
	float	   *bounds;			/* likewise */
	/* what is kept: found[heap[].index] */
	int			wanted;
	int			per_user;
	RecalQuestion *found;
	int			nfound;
	int			found_capacity;
	RecalScored *heap;			/* [wanted] */
	int			size;
	/* pairs that are not to be asked about again: those at random, ascending */
	RecalQuestion *taken;
	int			ntaken;
} Asking;

/* Known items alone can be asked about: of others nothing is believed yet. */
static void
PlaceItems(Asking *asking, const int32 *shown, int64 nshown)
{
	int64		nitems = asking->served->nitems;

	asking->n = nitems;
	if (shown == NULL)
		return;
	asking->n = 0;
	asking->positions = RecalAllocArray(sizeof(int32), nshown);
	asking->place = RecalAllocArray(sizeof(int32), nitems);
	memset(asking->place, -1, sizeof(int32) * nitems);
	for (int64 i = 0; i < nshown && shown[i] < nitems; i++)
	{
		asking->place[shown[i]] = (int32) asking->n;
		asking->positions[asking->n++] = shown[i];
	}
}

/* One of an item's numbers for each of the pool's items */
static const float *
GatherNumbers(const Asking *asking, const float *numbers)
{
	float	   *gathered;

	if (asking->positions == NULL || numbers == NULL)
		return numbers;
	gathered = RecalAllocFloats(asking->n, 1);
	for (int64 i = 0; i < asking->n; i++)
		gathered[i] = numbers[asking->positions[i]];
	return gathered;
}

static const float *
ItemRows(const Asking *asking)
{
	RecalServed *served = asking->served;
	int32	   *positions = asking->positions;
	float	   *rows;
	int64		first;
	int64		count;

	/* in memory the blocks lie one behind the other */
	if (positions == NULL && RecalServedResident(served))
		return RecalServedBlock(served, 0, &first, &count);
	rows = RecalAllocFloats(asking->n, served->width);
	if (positions == NULL)
	{
		positions = RecalAllocArray(sizeof(int32), asking->n);
		for (int64 i = 0; i < asking->n; i++)
			positions[i] = (int32) i;
	}
	RecalServedRows(served, positions, asking->n, rows);
	return rows;
}

static void
BeginAsking(Asking *asking, RecalStrategy strategy)
{
	RecalServed *served = asking->served;
	RecalQuestionModel model = RecalServedQuestionModel(served);
	MemoryContext context = CurrentMemoryContext;
	int64		nusers = asking->histories->users.n;
	bool		bounded = nusers > 1 && (strategy == RECAL_STRATEGY_UNCERTAINTY ||
										 strategy == RECAL_STRATEGY_DIVERSE);
	int			nroot;

	RecalQuestionsBegin(&asking->questions, &model, asking->n, ItemRows(asking),
						GatherNumbers(asking, served->item_mass),
						GatherNumbers(asking, served->item_chance), strategy, bounded);
	asking->excluded = palloc_extended(asking->n, MCXT_ALLOC_HUGE | MCXT_ALLOC_ZERO);
	asking->max_users = (int) Max(1, Min(Min(GROUP_USERS, nusers), GROUP_FLOATS / asking->n));
	asking->users = recal_palloc_array(RecalUser *, asking->max_users);
	asking->beliefs = recal_palloc_array(RecalBelief *, asking->max_users);
	for (int i = 0; i < asking->max_users; i++)
		asking->beliefs[i] = RecalBeliefAlloc(&model, context);
	nroot = asking->beliefs[0]->user.nroot;
	asking->pick_work = RecalAllocFloats(recal_questions_work_size(&asking->questions.pool, nroot), 1);
	asking->picks = RecalAllocArray(sizeof(RecalPick), asking->per_user);
	asking->parts = RecalAllocFloats(asking->max_users, asking->n);
	if (bounded)
		asking->bounds = RecalAllocFloats(asking->max_users, asking->n);
	asking->context = AllocSetContextCreate(context, "recal questions", ALLOCSET_DEFAULT_SIZES);
}

/* A number that an id always has, whoever else there is */
static uint64
KeyOf(const RecalId *id)
{
	if (id->kind == RECAL_ID_INT)
		return (uint64) id->integer;
	return hash_bytes_extended((const unsigned char *) id->data, id->len, 0);
}

/* Folds a user in, and says what is believed of them. */
static void
LoadUser(Asking *asking, int64 number, int slot)
{
	RecalServed *served = asking->served;
	RecalUser  *user = RecalHistoriesUser(asking->histories, number, asking->context);
	RecalId		id = RecalIdTableGet(&asking->histories->users, number);
	float	   *gathered = RecalAllocFloats(user->npairs, served->factors);

	RecalUserFoldIn(served, user);
	if (served->network)
		RecalNetworkPasses(served, user, asking->context);
	RecalServedGather(served, user->item, user->npairs, gathered);
	RecalBelieve(&asking->questions.model, user->factor, user->vector, user->npairs, gathered,
				 user->confidence, user->passes, user->spread, asking->beliefs[slot]);
	asking->beliefs[slot]->user.key = KeyOf(&id);
	asking->users[slot] = user;
	pfree(gathered);
}

static inline int64
PlaceOf(const Asking *asking, int32 position)
{
	if (position >= asking->served->nitems)
		return -1;
	return asking->place != NULL ? asking->place[position] : position;
}

static void
ExcludeItems(const Asking *asking, const int32 *positions, int64 n, bool value)
{
	for (int64 i = 0; i < n; i++)
	{
		int64		place = PlaceOf(asking, positions[i]);

		if (place >= 0)
			asking->excluded[place] = value;
	}
}

/*
 * What a user has seen, answered, or could not say, and what was taken at random:
 * returns how much that is.
 */
static int
Exclude(const Asking *asking, const RecalUser *user, int64 number, bool value)
{
	int			taken = 0;

	ExcludeItems(asking, user->item, user->npairs, value);
	ExcludeItems(asking, user->seen, user->nseen, value);
	ExcludeItems(asking, user->unable, user->nunable, value);
	for (int i = 0; i < asking->ntaken; i++)
		if (asking->taken[i].user == number)
		{
			ExcludeItems(asking, &asking->taken[i].position, 1, value);
			taken++;
		}
	return taken;
}

static void
Keep(Asking *asking, int64 user, const RecalPick *pick)
{
	RecalQuestion *question;

	if (asking->nfound == asking->found_capacity)
	{
		asking->found_capacity *= 2;
		asking->found = repalloc_huge(asking->found,
									  sizeof(RecalQuestion) * asking->found_capacity);
	}
	question = &asking->found[asking->nfound];
	question->user = user;
	question->position = asking->positions != NULL ? asking->positions[pick->item] : pick->item;
	question->score = pick->score;
	question->uncertainty = pick->uncertainty;
	question->gain = pick->gain;
	recal_topk_push_block(asking->heap, &asking->size, asking->wanted, &question->gain, 1,
						  asking->nfound++);
}

static void
AskUser(Asking *asking, int64 number, int slot, const RecalQuestionOptions *options)
{
	RecalQuestionOptions mine = *options;
	int			n;

	mine.like = asking->beliefs[slot]->like;
	mine.floor = asking->size == asking->wanted ? asking->heap[0].score : -INFINITY;
	mine.n = asking->per_user - Exclude(asking, asking->users[slot], number, true);
	n = recal_questions_pick(&asking->questions.pool, &asking->beliefs[slot]->user,
							 asking->excluded, &mine, asking->picks, asking->pick_work,
							 RecalPollInterrupts, NULL);
	(void) Exclude(asking, asking->users[slot], number, false);
	for (int i = 0; i < n; i++)
		Keep(asking, number, &asking->picks[i]);
}

/* The n best questions to all users, by options->strategy */
static void
AskAll(Asking *asking, int n, const RecalQuestionOptions *options)
{
	int64		nusers = asking->histories->users.n;

	asking->wanted = n;
	asking->heap = RecalAllocArray(sizeof(RecalScored), n);
	asking->size = 0;
	for (int64 first = 0; first < nusers; first += asking->max_users)
	{
		int			count = (int) Min(asking->max_users, nusers - first);
		MemoryContext old = MemoryContextSwitchTo(asking->context);

		MemoryContextReset(asking->context);
		for (int u = 0; u < count; u++)
		{
			CHECK_FOR_INTERRUPTS();
			LoadUser(asking, first + u, u);
		}
		RecalBeliefParts(&asking->questions, asking->beliefs, count, asking->parts,
						 asking->bounds);
		MemoryContextSwitchTo(old);
		for (int u = 0; u < count; u++)
			AskUser(asking, first + u, u, options);
	}
	recal_topk_sort(asking->heap, asking->size);
}

/* Moves what AskAll left behind what is there; returns how many there are then. */
static int
TakeFound(const Asking *asking, RecalQuestion *result, int count)
{
	for (int i = 0; i < asking->size; i++)
		result[count + i] = asking->found[asking->heap[i].index];
	return count + asking->size;
}

/* How many of n questions are left to chance: the share, and the rest by a draw */
static int
ShareOf(int n, const RecalQuestionOptions *options)
{
	double		share = n * options->explore;
	int			whole = (int) share;

	return Min(n, whole + (recal_rng_uniform(options->seed, STREAM_SHARE, (uint64) n) <
						   share - whole));
}

RecalQuestion *
RecalSelectQuestions(const RecalHistories *histories, const int32 *shown, int64 nshown, int n,
					 int per_user, const RecalQuestionOptions *options, int *count)
{
	Asking		asking = {.histories = histories, .served = histories->served};
	RecalQuestionOptions mine = *options;
	RecalQuestion *result;
	int			nrandom = 0;

	*count = 0;
	PlaceItems(&asking, shown, nshown);
	n = (int) Min((double) n, (double) histories->users.n * (double) asking.n);
	if (n == 0)
		return NULL;
	asking.per_user = (int) Min(Min(per_user, n), asking.n);
	result = RecalAllocArray(sizeof(RecalQuestion), n);
	asking.found_capacity = 1024;
	asking.found = RecalAllocArray(sizeof(RecalQuestion), asking.found_capacity);
	BeginAsking(&asking, options->strategy);

	/* gains of many users compete, and those of chance would not be heard among them */
	if (histories->users.n > 1)
	{
		nrandom = ShareOf(n, options);
		mine.explore = 0;
	}
	if (nrandom > 0)
	{
		mine.strategy = RECAL_STRATEGY_RANDOM;
		AskAll(&asking, nrandom, &mine);
		mine.strategy = options->strategy;
		*count = TakeFound(&asking, result, 0);
		asking.taken = recal_palloc_array(RecalQuestion, Max(*count, 1));
		memcpy(asking.taken, result, sizeof(RecalQuestion) * *count);
		asking.ntaken = *count;
		asking.nfound = 0;
	}
	if (n > *count)
	{
		AskAll(&asking, n - *count, &mine);
		*count = TakeFound(&asking, result, *count);
	}
	MemoryContextDelete(asking.context);
	return result;
}
