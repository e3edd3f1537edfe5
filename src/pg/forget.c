/*
 * forget.c
 *		Removing one person from what is stored of a model.
 *
 * Serving does not use the users of a version, and a warm start only its items:
 * nothing refers to positions of users but user_factors, and the ranker's
 * tastes, to user_ids. Item factors and what else was learnt from everybody
 * stay as they are.
 *
 * Factors are rewritten chunk by chunk, so that a large version takes no more
 * memory than a small one: old chunks, though deleted, are still read through
 * the snapshot of before.
 */
#include "postgres.h"

#include "utils/memutils.h"
#include "utils/snapmgr.h"

#include "recal_answers.h"
#include "recal_forget.h"
#include "recal_model.h"
#include "recal_weights.h"

/* The rows of a part but one. */
typedef struct Remaining
{
	const char *model;
	int			version;
	const char *part;
	RecalPart	info;			/* as it was */
	int64		removed;		/* position */
	int			loaded;			/* chunk */
	float	   *chunk;
} Remaining;

static void
CopyRemaining(void *arg, int64 first, int64 n, void *dst)
{
	Remaining  *remaining = arg;
	const RecalPart *info = &remaining->info;
	Size		row_bytes = sizeof(float) * info->columns;
	char	   *next = dst;

	while (n > 0)
	{
		bool		before = first < remaining->removed;
		int64		old = before ? first : first + 1;
		int			chunk = (int) (old / info->chunk_rows);
		int64		start = chunk * info->chunk_rows;
		int64		end = Min(start + info->chunk_rows, before ? remaining->removed : info->rows);
		int64		run = Min(n, end - old);

		if (remaining->loaded != chunk)
		{
			(void) RecalWeightsReadChunk(remaining->model, remaining->version, remaining->part,
										 info, chunk, remaining->chunk);
			remaining->loaded = chunk;
		}
		memcpy(next, (char *) remaining->chunk + (old - start) * row_bytes, run * row_bytes);
		next += run * row_bytes;
		first += run;
		n -= run;
	}
}

/* Removes one of the rows that a part has for each user. */
static void
RemoveRow(const char *model, int version, const char *part, int64 position, int64 nusers)
{
	Remaining	remaining = {
		.model = model,.version = version,.part = part,
		.removed = position
	};
	RecalPart  *info = &remaining.info;

	RecalWeightsInfo(model, version, part, info);
	if (info->rows != nusers)
		ereport(ERROR,
				(errcode(ERRCODE_DATA_CORRUPTED),
				 errmsg("weights of model \"%s\", version %d, part \"%s\" are damaged",
						model, version, "user_ids"),
				 errdetail("There are " INT64_FORMAT " ids for " INT64_FORMAT " rows of part \"%s\".",
						   nusers, info->rows, part),
				 errhint("Train the model again; versions beyond keep_versions are removed.")));
	remaining.chunk = RecalAllocAligned(CurrentMemoryContext,
										mul_size(mul_size(Min(info->chunk_rows, nusers),
														  info->columns), sizeof(float)));
	/* which also checks the shape that positions are computed from */
	(void) RecalWeightsReadChunk(model, version, part, info, 0, remaining.chunk);
	RecalWeightsDelete(model, version, part);
	(void) RecalWeightsWriteFloatsFrom(model, version, part, nusers - 1, info->columns,
									   CopyRemaining, &remaining);
}

/* Whether a version has a ranker, and with it tastes */
static bool
HasTastes(const char *model, int version)
{
	RecalPart	part;
	float	   *scalars;

	RecalWeightsInfo(model, version, "scalars", &part);
	if (part.columns <= RECAL_SCALAR_RANKER)
		return false;
	scalars = RecalWeightsReadFloats(model, version, "scalars", 1, part.columns);
	return scalars[RECAL_SCALAR_RANKER] != 0;
}

static void
RemoveId(const char *model, int version, RecalIdTable *ids, int64 position)
{
	bool	   *keep = palloc_extended(ids->n, MCXT_ALLOC_HUGE);

	memset(keep, true, ids->n);
	keep[position] = false;
	RecalIdTableKeep(ids, keep);
	RecalWeightsDelete(model, version, "user_ids");
	(void) RecalWeightsWriteIds(model, version, "user_ids", ids);
}

/* Whether the version knew the person; user as RecalIdToCString has it. */
static bool
ForgetInVersion(const RecalVersion *version, const char *user)
{
	const char *model = version->model;
	int			number = version->version;
	RecalIdTable ids;
	RecalId		id;
	int64		position;

	/* failed or left out of a dump */
	if (version->status != RECAL_READY || RecalWeightsBytes(model, number) == 0)
		return false;

	/* the column may have had another type then */
	RecalWeightsReadIds(model, number, "user_ids", &ids);
	if (!RecalIdFromCString(user, ids.kind, &id))
		return false;
	position = RecalIdTableFind(&ids, &id);
	if (position < 0)
		return false;
	RemoveRow(model, number, "user_factors", position, ids.n);
	if (HasTastes(model, number))
		RemoveRow(model, number, "ranker_tastes", position, ids.n);
	RemoveId(model, number, &ids, position);
	RecalVersionRewritten(version, ids.n, RecalWeightsBytes(model, number));
	return true;
}

void
RecalForgetUser(const char *model, const RecalId *user, RecalForgotten *forgotten)
{
	const char *text = RecalIdToCString(user);
	MemoryContext context = AllocSetContextCreate(CurrentMemoryContext, "recal forget",
												  ALLOCSET_DEFAULT_SIZES);
	ListCell   *cell;

	/* answers that are being given come first, or they would stay behind */
	RecalAnswersLock(model, ExclusiveLock);
	memset(forgotten, 0, sizeof(*forgotten));
	forgotten->answers = RecalAnswersDelete(model, text);

	/* the state under the locks, not the one of the statement's start */
	foreach(cell, RecalVersionList(model))
	{
		MemoryContext old = MemoryContextSwitchTo(context);

		PushActiveSnapshot(GetLatestSnapshot());
		if (ForgetInVersion(lfirst(cell), text))
		{
			forgotten->ids++;
			forgotten->factors++;
		}
		PopActiveSnapshot();
		MemoryContextSwitchTo(old);
		MemoryContextReset(context);
	}
	MemoryContextDelete(context);
}
