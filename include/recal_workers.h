/*
 * recal_workers.h
 *		A pool of compute-only background workers over one piece of memory.
 *
 * Work comes in steps of numbered blocks. Whoever is there claims the next
 * block, the leader too; a step ends when every block is done. Nobody waits for
 * a worker, only for blocks, so that workers may come late or not at all. What a
 * block computes must depend on its number and on memory that the step leaves
 * alone, never on who computes it.
 */
#ifndef RECAL_WORKERS_H
#define RECAL_WORKERS_H

#include "postgres.h"

#include "storage/shmem.h"

#include "recal_sparse.h"

#define RECAL_MAX_BLOCKS 65536

/* The leader, or a worker, as the functions below see it. */
typedef struct RecalParticipant
{
	RecalPoll	poll;			/* for long loops: leaves when interrupted or told to stop */
	void	   *poll_arg;
	MemoryContext context;
	float	   *scratch;		/* see RecalParticipantScratch */
	int64		scratch_floats;
} RecalParticipant;

/* RecalPoll of a leader, and of who works alone */
extern void RecalPollInterrupts(void *arg);

/* 64-byte aligned workspace of at least n floats, kept from block to block; contents undefined. */
extern float *RecalParticipantScratch(RecalParticipant *me, int64 n);

/*
 * Functions that compute a block, by number because code lies at different
 * addresses in different processes.
 */
typedef enum RecalBlockFunction
{
	RECAL_BLOCK_START,
	RECAL_BLOCK_GRAMIAN,
	RECAL_BLOCK_ROTATE,
	RECAL_BLOCK_SOLVE,
	RECAL_BLOCK_RANK,
	RECAL_BLOCK_NET_SLICE,
	RECAL_BLOCK_NET_UPDATE,
	RECAL_BLOCK_NET_RANK,
	RECAL_NBLOCK_FUNCTIONS
} RecalBlockFunction;

typedef struct RecalPool RecalPool;

/* How many workers to ask for, within the settings for maintenance commands. */
extern int	RecalPoolPlan(double multiply_adds);

/*
 * Takes size bytes of shared memory and asks for nworkers workers. With none,
 * or when there is not enough shared memory (a WARNING), the memory is private
 * and the leader works alone. The current context must live until
 * RecalPoolEnd, which is to be called on errors too.
 */
extern RecalPool *RecalPoolBegin(Size size, int nworkers);
extern void *RecalPoolMemory(RecalPool *pool);	/* 64-byte aligned */

/* Where an array goes in that memory, 64-byte aligned; *end is what has been given away. */
static inline Size
RecalPlace(Size *end, Size element, int64 n)
{
	Size		at = *end;

	*end = add_size(*end, TYPEALIGN(64, mul_size(element, n)));
	return at;
}

extern void RecalPoolRun(RecalPool *pool, RecalBlockFunction function, int nblocks);
extern RecalParticipant *RecalPoolLeader(RecalPool *pool);
extern int	RecalPoolWorkers(const RecalPool *pool);	/* that have come so far */
extern void RecalPoolEnd(RecalPool *pool);

#endif							/* RECAL_WORKERS_H */
