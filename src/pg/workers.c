/*
 * workers.c
 *		A pool of compute-only background workers over one piece of memory.
 *
 * Workers are registered once and live until the pool ends, across the
 * leader's commits. They have no database connection and wait by latches: a
 * condition variable in the segment would be touched after it has been unmapped
 * when an idle worker is terminated.
 */
#include "postgres.h"

#include "access/xact.h"
#include "port/atomics.h"
#include "postmaster/bgworker.h"
#include "storage/dsm.h"
#include "storage/ipc.h"
#include "storage/latch.h"
#include "storage/proc.h"
#include "tcop/tcopprot.h"
#include "utils/memutils.h"

#include "recal_attempt.h"
#include "recal_blas.h"
#include "recal_compat.h"
#include "recal_factorize.h"
#include "recal_neural.h"
#include "recal_weights.h"
#include "recal_workers.h"

#define POOL_MAGIC		0x6C616372
#define POOL_ALIGNMENT	64
#define MAX_WORKERS		256
#define TEXT_BYTES		256
#define SMALL_WORK		2e9		/* multiply-adds, about .15 s */

/* what a claim packs: step, number of blocks of that step, next block */
#define CLAIM_BITS		20
#define CLAIM_MASK		((UINT64CONST(1) << CLAIM_BITS) - 1)
#define MakeClaim(step, nblocks) \
	(((uint64) (step) << (2 * CLAIM_BITS)) | ((uint64) (nblocks) << CLAIM_BITS))
#define ClaimedBlocks(claim)	(((claim) >> CLAIM_BITS) & CLAIM_MASK)
#define ClaimedBlock(claim)		((claim) & CLAIM_MASK)

enum
{
	WORKER_NONE,				/* not attached yet */
	WORKER_RUNNING,
	WORKER_FAILED,				/* raised the error in its slot */
	WORKER_GONE					/* terminated */
};

typedef struct WorkerSlot
{
	pg_atomic_uint32 state;
	int			procno;
	int			sqlstate;
	char		message[TEXT_BYTES];
	char		detail[TEXT_BYTES];
	char		hint[TEXT_BYTES];
} WorkerSlot;

/* Beginning of the segment; the users' memory follows. */
typedef struct PoolHeader
{
	uint32		magic;
	int			leader_procno;
	Size		memory_offset;
	int			function;		/* of the open step */
	pg_atomic_uint32 stop;
	pg_atomic_uint32 done;		/* blocks of the open step */
	pg_atomic_uint64 claim;
	int			nslots;
	WorkerSlot	slots[FLEXIBLE_ARRAY_MEMBER];
} PoolHeader;

/*
 * The leader's side. It lies in TopMemoryContext because on FATAL the portal's
 * contexts go before the segment's callback runs.
 */
struct RecalPool
{
	PoolHeader *header;
	dsm_segment *segment;		/* NULL: private memory */
	uint32		step;
	int			nhandles;
	BackgroundWorkerHandle **handles;
	bool	   *lost;			/* ended before attaching */
	RecalParticipant leader;
};

static const RecalBlockRoutine routines[RECAL_NBLOCK_FUNCTIONS] = {
	[RECAL_BLOCK_START] = RecalStartBlock,
	[RECAL_BLOCK_GRAMIAN] = RecalGramianBlock,
	[RECAL_BLOCK_ROTATE] = RecalRotateBlock,
	[RECAL_BLOCK_SOLVE] = RecalSolveBlock,
	[RECAL_BLOCK_RANK] = RecalRankBlock,
	[RECAL_BLOCK_NET_SLICE] = RecalNetSliceBlock,
	[RECAL_BLOCK_NET_UPDATE] = RecalNetUpdateBlock,
	[RECAL_BLOCK_NET_RANK] = RecalNetRankBlock
};

extern RECAL_EXPORT void RecalWorkerMain(Datum main_arg);

float *
RecalParticipantScratch(RecalParticipant *me, int64 n)
{
	if (n > me->scratch_floats)
	{
		if (me->scratch != NULL)
			pfree(me->scratch);
		me->scratch = NULL;
		me->scratch_floats = 0;
		me->scratch = RecalAllocAligned(me->context, mul_size(sizeof(float), n));
		me->scratch_floats = n;
	}
	return me->scratch;
}

static inline void *
PoolMemory(PoolHeader *header)
{
	return (char *) header + header->memory_offset;
}

static void
WakeProcess(int procno)
{
	SetLatch(&GetPGProcByNumber(procno)->procLatch);
}

/*
 * Leader.
 */
void
RecalPollInterrupts(void *arg)
{
	CHECK_FOR_INTERRUPTS();
}

/* Tells workers to go, just before the leader's mapping does. */
static void
StopWorkers(dsm_segment *segment, Datum arg)
{
	RecalPool  *pool = (RecalPool *) DatumGetPointer(arg);

	pg_atomic_write_u32(&pool->header->stop, 1);
	pg_memory_barrier();
	for (int i = 0; i < pool->nhandles; i++)
	{
		WorkerSlot *slot = &pool->header->slots[i];

		/* one that has attached ends by the flag, without a line in the log */
		if (pg_atomic_read_u32(&slot->state) == WORKER_RUNNING)
			WakeProcess(slot->procno);
		else if (pg_atomic_read_u32(&slot->state) == WORKER_NONE)
			TerminateBackgroundWorker(pool->handles[i]);
	}
}

static void
RethrowWorkerError(const WorkerSlot *slot, int number)
{
	ereport(ERROR,
			(errcode(slot->sqlstate),
			 errmsg_internal("%s", slot->message),
			 slot->detail[0] ? errdetail_internal("%s", slot->detail) : 0,
			 slot->hint[0] ? errhint("%s", slot->hint) : 0,
			 errcontext("recal worker %d", number)));
}

static void
ErrorWorkerGone(void)
{
	ereport(ERROR,
			(errcode(ERRCODE_ADMIN_SHUTDOWN),
			 errmsg("a training worker was terminated"),
			 errhint("Train again, or without workers: SET max_parallel_maintenance_workers = 0.")));
}

/* Raises what a worker raised; an error too when one that had attached is gone. */
static void
CheckWorkers(RecalPool *pool)
{
	for (int i = 0; i < pool->nhandles; i++)
	{
		WorkerSlot *slot = &pool->header->slots[i];
		uint32		state = pg_atomic_read_u32(&slot->state);
		pid_t		pid;

		if (pool->lost[i])
			continue;
		pg_read_barrier();
		if (state == WORKER_FAILED)
			RethrowWorkerError(slot, i);
		if (state == WORKER_GONE)
			ErrorWorkerGone();
		if (GetBackgroundWorkerPid(pool->handles[i], &pid) != BGWH_STOPPED)
			continue;

		/* what it did last may have come after the first look */
		state = pg_atomic_read_u32(&slot->state);
		pg_read_barrier();
		if (state == WORKER_NONE)
			pool->lost[i] = true;
		else if (state == WORKER_FAILED)
			RethrowWorkerError(slot, i);
		else
			ErrorWorkerGone();
	}
}

/*
 * Computes blocks until none is left. Step and block come out of one atomic
 * operation, and the leader opens the next step only after all blocks of this
 * one: what a valid claim finds in memory belongs to its step. pool: the
 * leader's, NULL in a worker.
 */
static void
RunBlocks(PoolHeader *header, RecalParticipant *me, RecalPool *pool)
{
	for (;;)
	{
		uint64		claim = pg_atomic_fetch_add_u64(&header->claim, 1);
		uint64		nblocks = ClaimedBlocks(claim);

		if (ClaimedBlock(claim) >= nblocks)
			return;
		me->poll(me->poll_arg);
		routines[header->function] (PoolMemory(header), (int) ClaimedBlock(claim), me);
		if (pg_atomic_fetch_add_u32(&header->done, 1) + 1 == nblocks && pool == NULL)
			WakeProcess(header->leader_procno);
		if (pool != NULL)
			CheckWorkers(pool);
	}
}

typedef struct SegmentRequest
{
	Size		size;
	dsm_segment *segment;
} SegmentRequest;

static void
TrySegment(void *arg)
{
	SegmentRequest *request = arg;

	request->segment = dsm_create(request->size, DSM_CREATE_NULL_IF_MAXSEGMENTS);

	/* at once: a commit would take the mapping away */
	if (request->segment != NULL)
		dsm_pin_mapping(request->segment);
}

/*
 * A segment for the pool, or NULL with a WARNING when there is not enough
 * shared memory.
 */
static dsm_segment *
CreateSegment(Size size)
{
	SegmentRequest request = {.size = size};
	ErrorData  *error = RecalAttempt(TrySegment, &request);

	if (error != NULL)
	{
		if (ERRCODE_TO_CATEGORY(error->sqlerrcode) != ERRCODE_INSUFFICIENT_RESOURCES)
			ReThrowError(error);
		FreeErrorData(error);
		request.segment = NULL;
	}
	if (request.segment == NULL)
		ereport(WARNING,
				(errcode(ERRCODE_INSUFFICIENT_RESOURCES),
				 errmsg("training without parallel workers, because there is not enough shared memory"),
				 errdetail("%zu MB were asked for.", size / (1024 * 1024) + 1),
				 errhint("Raise the limit on /dev/shm (Docker: --shm-size), or set max_parallel_maintenance_workers to 0.")));
	return request.segment;
}

static Size
HeaderBytes(int nslots)
{
	return TYPEALIGN(POOL_ALIGNMENT, offsetof(PoolHeader, slots) + sizeof(WorkerSlot) * nslots);
}

static void
InitHeader(PoolHeader *header, int nslots)
{
	memset(header, 0, HeaderBytes(nslots));
	header->magic = POOL_MAGIC;
	header->leader_procno = RecalMyProcNumber();
	header->memory_offset = HeaderBytes(nslots);
	header->nslots = nslots;
	pg_atomic_init_u32(&header->stop, 0);
	pg_atomic_init_u32(&header->done, 0);
	pg_atomic_init_u64(&header->claim, MakeClaim(0, 0));
	for (int i = 0; i < nslots; i++)
		pg_atomic_init_u32(&header->slots[i].state, WORKER_NONE);
}

/*
 * Workers are not of the class that core keeps for its parallel queries, but
 * their number is held within the same settings.
 */
static void
RegisterWorkers(RecalPool *pool, int nworkers)
{
	BackgroundWorker worker;
	MemoryContext old = MemoryContextSwitchTo(TopMemoryContext);

	memset(&worker, 0, sizeof(worker));
	snprintf(worker.bgw_name, BGW_MAXLEN, "recal worker for PID %d", (int) MyProcPid);
	strlcpy(worker.bgw_type, "recal worker", BGW_MAXLEN);
	strlcpy(worker.bgw_library_name, "recal", sizeof(worker.bgw_library_name));
	strlcpy(worker.bgw_function_name, "RecalWorkerMain", sizeof(worker.bgw_function_name));
	worker.bgw_flags = BGWORKER_SHMEM_ACCESS;
	worker.bgw_start_time = BgWorkerStart_ConsistentState;
	worker.bgw_restart_time = BGW_NEVER_RESTART;
	worker.bgw_main_arg = UInt32GetDatum(dsm_segment_handle(pool->segment));
	worker.bgw_notify_pid = MyProcPid;

	for (int i = 0; i < nworkers; i++)
	{
		memcpy(worker.bgw_extra, &i, sizeof(i));
		if (!RegisterDynamicBackgroundWorker(&worker, &pool->handles[i]))
			break;				/* no slot is free: go on with fewer */
		pool->nhandles++;
	}
	MemoryContextSwitchTo(old);
	ereport(DEBUG1,
			(errmsg_internal("recal: %d of %d training workers registered", pool->nhandles, nworkers)));
}

/* A worker takes some 30 ms to come: none where it would come too late to help. */
int
RecalPoolPlan(double multiply_adds)
{
	if (multiply_adds < SMALL_WORK || !IsUnderPostmaster || IsInParallelMode())
		return 0;
	return Min(max_parallel_maintenance_workers, max_parallel_workers);
}

RecalPool *
RecalPoolBegin(Size size, int nworkers)
{
	dsm_segment *segment = NULL;
	RecalPool  *pool;

	nworkers = Min(nworkers, MAX_WORKERS);
	if (nworkers > 0)
		segment = CreateSegment(add_size(HeaderBytes(nworkers), size));
	if (segment == NULL)
		nworkers = 0;

	pool = MemoryContextAllocZero(TopMemoryContext, sizeof(RecalPool));
	pool->leader.poll = RecalPollInterrupts;
	pool->leader.context = CurrentMemoryContext;
	pool->segment = segment;
	if (segment == NULL)
	{
		pool->header = RecalAllocAligned(CurrentMemoryContext, add_size(HeaderBytes(0), size));
		InitHeader(pool->header, 0);
		return pool;
	}
	pool->header = dsm_segment_address(segment);
	InitHeader(pool->header, nworkers);
	pool->handles = MemoryContextAllocZero(TopMemoryContext,
										   sizeof(BackgroundWorkerHandle *) * nworkers);
	pool->lost = MemoryContextAllocZero(TopMemoryContext, sizeof(bool) * nworkers);
	on_dsm_detach(segment, StopWorkers, PointerGetDatum(pool));
	RegisterWorkers(pool, nworkers);
	return pool;
}

void *
RecalPoolMemory(RecalPool *pool)
{
	return PoolMemory(pool->header);
}

RecalParticipant *
RecalPoolLeader(RecalPool *pool)
{
	return &pool->leader;
}

int
RecalPoolWorkers(const RecalPool *pool)
{
	int			n = 0;

	for (int i = 0; i < pool->nhandles; i++)
		n += pg_atomic_read_u32(&pool->header->slots[i].state) != WORKER_NONE;
	return n;
}

void
RecalPoolRun(RecalPool *pool, RecalBlockFunction function, int nblocks)
{
	PoolHeader *header = pool->header;

	Assert(nblocks <= RECAL_MAX_BLOCKS);

	/* the death of an idle worker shows only here */
	CheckWorkers(pool);
	header->function = function;
	pg_atomic_write_u32(&header->done, 0);
	pg_memory_barrier();
	pg_atomic_write_u64(&header->claim, MakeClaim(++pool->step, nblocks));
	pg_memory_barrier();
	for (int i = 0; i < pool->nhandles && nblocks > 1; i++)
		if (pg_atomic_read_u32(&header->slots[i].state) == WORKER_RUNNING)
			WakeProcess(header->slots[i].procno);

	RunBlocks(header, &pool->leader, pool);

	while (pg_atomic_read_u32(&header->done) < (uint32) nblocks)
	{
		CheckWorkers(pool);
		(void) WaitLatch(MyLatch, WL_LATCH_SET | WL_TIMEOUT | WL_EXIT_ON_PM_DEATH, 500L,
						 PG_WAIT_EXTENSION);
		ResetLatch(MyLatch);
		CHECK_FOR_INTERRUPTS();
	}
	pg_memory_barrier();
}

void
RecalPoolEnd(RecalPool *pool)
{
	HOLD_INTERRUPTS();
	if (pool->segment != NULL)
		dsm_detach(pool->segment);	/* by StopWorkers ends them */
	else
		pfree(pool->header);
	for (int i = 0; i < pool->nhandles; i++)
	{
		(void) WaitForBackgroundWorkerShutdown(pool->handles[i]);
		pfree(pool->handles[i]);
	}
	if (pool->handles != NULL)
	{
		pfree(pool->handles);
		pfree(pool->lost);
	}
	if (pool->leader.scratch != NULL)
		pfree(pool->leader.scratch);
	pfree(pool);
	RESUME_INTERRUPTS();
}

/*
 * Worker.
 */
static void
WorkerPoll(void *arg)
{
	PoolHeader *header = arg;

	if (pg_atomic_read_u32(&header->stop))
		proc_exit(0);
	CHECK_FOR_INTERRUPTS();
}

/* However the worker ends, the leader hears of it. */
static void
WorkerGone(dsm_segment *segment, Datum arg)
{
	PoolHeader *header = dsm_segment_address(segment);
	WorkerSlot *slot = &header->slots[DatumGetInt32(arg)];

	if (pg_atomic_read_u32(&slot->state) != WORKER_RUNNING)
		return;
	pg_atomic_write_u32(&slot->state, WORKER_GONE);
	pg_memory_barrier();
	WakeProcess(header->leader_procno);
}

static void
CopyText(char *to, const char *from)
{
	strlcpy(to, from != NULL ? from : "", TEXT_BYTES);
}

static void
ReportError(PoolHeader *header, WorkerSlot *slot, MemoryContext context)
{
	ErrorData  *error;

	MemoryContextSwitchTo(context);
	error = CopyErrorData();
	FlushErrorState();
	slot->sqlstate = error->sqlerrcode;
	CopyText(slot->message, error->message);
	CopyText(slot->detail, error->detail);
	CopyText(slot->hint, error->hint);
	pg_memory_barrier();
	pg_atomic_write_u32(&slot->state, WORKER_FAILED);
	pg_memory_barrier();
	WakeProcess(header->leader_procno);
}

static void
WorkerLoop(PoolHeader *header, RecalParticipant *me)
{
	for (;;)
	{
		uint64		claim;

		ResetLatch(MyLatch);
		pg_memory_barrier();
		WorkerPoll(header);
		claim = pg_atomic_read_u64(&header->claim);
		if (ClaimedBlock(claim) < ClaimedBlocks(claim))
			RunBlocks(header, me, NULL);
		WorkerPoll(header);
		(void) WaitLatch(MyLatch, WL_LATCH_SET | WL_TIMEOUT | WL_EXIT_ON_PM_DEATH, 1000L,
						 PG_WAIT_EXTENSION);
	}
}

void
RecalWorkerMain(Datum main_arg)
{
	RecalParticipant me = {0};
	dsm_segment *segment;
	PoolHeader *header;
	WorkerSlot *slot;
	int			number;

	/* the default handler would end the process within the BLAS or malloc */
	pqsignal(SIGTERM, die);
	BackgroundWorkerUnblockSignals();
	me.context = AllocSetContextCreate(TopMemoryContext, "recal worker", ALLOCSET_DEFAULT_SIZES);
	MemoryContextSwitchTo(me.context);

	segment = dsm_attach(DatumGetUInt32(main_arg));
	if (segment == NULL)
		proc_exit(0);			/* the leader has finished */
	memcpy(&number, MyBgworkerEntry->bgw_extra, sizeof(number));
	header = dsm_segment_address(segment);
	if (header->magic != POOL_MAGIC || number < 0 || number >= header->nslots)
		proc_exit(0);
	slot = &header->slots[number];
	on_dsm_detach(segment, WorkerGone, Int32GetDatum(number));
	slot->procno = RecalMyProcNumber();
	pg_memory_barrier();
	pg_atomic_write_u32(&slot->state, WORKER_RUNNING);
	pg_memory_barrier();

	(void) recal_denormals_off();
	me.poll = WorkerPoll;
	me.poll_arg = header;
	PG_TRY();
	{
		WorkerLoop(header, &me);
	}
	PG_CATCH();
	{
		ReportError(header, slot, me.context);
		proc_exit(0);
	}
	PG_END_TRY();
}
