/*
 * weights.c
 *		Weights in recal_weights: chunks with a header and a checksum.
 *
 * Numbers are stored in the machine's own representation; the header says which
 * byte order that was. Nothing of a chunk is used before all of it was checked.
 */
#include "postgres.h"

#include "access/detoast.h"
#include "access/genam.h"
#include "access/htup_details.h"
#include "access/table.h"
#include "access/xact.h"
#include "catalog/indexing.h"
#include "catalog/pg_collation.h"
#include "catalog/pg_type.h"
#include "port/pg_bswap.h"
#include "port/pg_crc32c.h"
#include "utils/builtins.h"
#include "utils/datum.h"
#include "utils/fmgroids.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"
#include "utils/uuid.h"

#include "recal_compat.h"
#include "recal_model.h"
#include "recal_weights.h"

enum
{
	Anum_weights_model = 1,
	Anum_weights_version,
	Anum_weights_part,
	Anum_weights_chunk,
	Anum_weights_data
};

#define CHUNK_MAGIC			0x6C636572	/* "recl" */
#define CHUNK_FORMAT		1
#define CHUNK_BYTE_ORDER	0x01020304
#define CHECK_BYTES			(32 * 1024)
#define MAX_PAYLOAD			(RECAL_CHUNK_BYTES - sizeof(ChunkHeader))

/* What a chunk's payload is; ids by their RecalIdKind. */
#define CHUNK_FLOATS		'f'
#define CHUNK_BYTES			'b'

/*
 * On-disk header of a chunk. header_crc covers the part's name, so that a chunk
 * does not pass for one of another part, and the header with header_crc = 0:
 * sizes can be trusted before the payload has been read.
 */
typedef struct ChunkHeader
{
	uint32		magic;
	uint16		format;
	uint16		kind;			/* CHUNK_FLOATS, CHUNK_BYTES or a RecalIdKind */
	uint32		byte_order;
	int32		columns;		/* 0 for ids */
	int64		total_rows;
	int64		first_row;
	int64		rows;
	int64		chunk_rows;		/* rows of every chunk but the last; 0 for text ids */
	int32		chunk;
	int32		nchunks;
	int64		payload_bytes;
	uint64		flags;			/* 0, for use by later formats */
	uint32		payload_crc;
	uint32		header_crc;
} ChunkHeader;

/* Which chunk of what is being read or written. */
typedef struct ChunkKey
{
	const char *model;
	int			version;
	const char *part;
	int			chunk;
} ChunkKey;

pg_noreturn static void ErrorDamaged(const ChunkKey *key, const char *problem);

static void
ErrorDamaged(const ChunkKey *key, const char *problem)
{
	ereport(ERROR,
			(errcode(ERRCODE_DATA_CORRUPTED),
			 errmsg("weights of model \"%s\", version %d, part \"%s\" are damaged",
					key->model, key->version, key->part),
			 errdetail("Chunk %d %s.", key->chunk, problem),
			 errhint("Activate another version with recal_activate, or train the model again.")));
}

static pg_crc32c
HeaderChecksum(const char *part, const ChunkHeader *header)
{
	ChunkHeader copy = *header;
	pg_crc32c	crc;

	copy.header_crc = 0;
	INIT_CRC32C(crc);
	COMP_CRC32C(crc, part, strlen(part));
	COMP_CRC32C(crc, &copy, sizeof(copy));
	FIN_CRC32C(crc);
	return crc;
}

/* Inserts one chunk; data starts with room for its header. */
static void
WriteChunk(Relation relation, CatalogIndexState indexes, const ChunkKey *key,
		   ChunkHeader *header, bytea *data)
{
	Datum		values[Anum_weights_data];
	bool		isnull[Anum_weights_data] = {0};
	char	   *payload = VARDATA(data) + sizeof(ChunkHeader);
	pg_crc32c	crc;
	HeapTuple	tuple;

	CHECK_FOR_INTERRUPTS();
	header->magic = CHUNK_MAGIC;
	header->format = CHUNK_FORMAT;
	header->byte_order = CHUNK_BYTE_ORDER;
	header->chunk = key->chunk;
	header->flags = 0;
	INIT_CRC32C(crc);
	COMP_CRC32C(crc, payload, header->payload_bytes);
	FIN_CRC32C(crc);
	header->payload_crc = crc;
	header->header_crc = HeaderChecksum(key->part, header);
	memcpy(VARDATA(data), header, sizeof(ChunkHeader));
	SET_VARSIZE(data, VARHDRSZ + sizeof(ChunkHeader) + header->payload_bytes);

	values[Anum_weights_model - 1] = CStringGetTextDatum(key->model);
	values[Anum_weights_version - 1] = Int32GetDatum(key->version);
	values[Anum_weights_part - 1] = CStringGetTextDatum(key->part);
	values[Anum_weights_chunk - 1] = Int32GetDatum(key->chunk);
	values[Anum_weights_data - 1] = PointerGetDatum(data);
	tuple = heap_form_tuple(RelationGetDescr(relation), values, isnull);
	CatalogTupleInsertWithInfo(relation, tuple, indexes);
	heap_freetuple(tuple);
}

/* Rows that lie in memory. */
typedef struct RowArray
{
	const char *data;
	Size		row_bytes;
} RowArray;

static void
CopyRows(void *arg, int64 first, int64 n, void *dst)
{
	const RowArray *array = arg;

	memcpy(dst, array->data + first * array->row_bytes, n * array->row_bytes);
}

/* Rows of equal size: floats, bytes, integers, uuids. */
static int64
WriteRows(const char *model, int version, const char *part, char kind, int64 rows, int columns,
		  Size row_bytes, RecalRowSource source, void *arg)
{
	Relation	relation = RecalTableOpen(RECAL_TABLE_WEIGHTS, RowExclusiveLock);
	CatalogIndexState indexes = CatalogOpenIndexes(relation);
	int64		chunk_rows = Max(1, MAX_PAYLOAD / Max(row_bytes, 1));
	int			nchunks = Max(1, (rows + chunk_rows - 1) / chunk_rows);
	bytea	   *buffer = palloc(VARHDRSZ + sizeof(ChunkHeader) +
								Min(rows, chunk_rows) * row_bytes);
	int64		written = 0;

	for (int chunk = 0; chunk < nchunks; chunk++)
	{
		ChunkKey	key = {model, version, part, chunk};
		ChunkHeader header = {0};

		header.kind = kind;
		header.columns = columns;
		header.total_rows = rows;
		header.first_row = chunk * chunk_rows;
		header.rows = Min(chunk_rows, rows - header.first_row);
		header.chunk_rows = chunk_rows;
		header.nchunks = nchunks;
		header.payload_bytes = header.rows * row_bytes;
		source(arg, header.first_row, header.rows, VARDATA(buffer) + sizeof(ChunkHeader));
		WriteChunk(relation, indexes, &key, &header, buffer);
		written += VARSIZE(buffer);
	}
	pfree(buffer);
	CatalogCloseIndexes(indexes);
	table_close(relation, RowExclusiveLock);
	CommandCounterIncrement();
	return written;
}

/* End of the text ids that fit into one chunk from first on. */
static int64
TextChunkEnd(const RecalIdTable *ids, int64 first)
{
	int64		end = first;
	Size		bytes = 0;

	while (end < ids->n)
	{
		Size		id_bytes = ids->offsets[end + 1] - ids->offsets[end] + sizeof(uint32);

		if (end > first && bytes + id_bytes > MAX_PAYLOAD)
			break;
		bytes += id_bytes;
		end++;
	}
	return end;
}

/* A chunk of text ids: their lengths, then their bytes. */
static int64
WriteTextIds(const char *model, int version, const char *part, const RecalIdTable *ids)
{
	Relation	relation = RecalTableOpen(RECAL_TABLE_WEIGHTS, RowExclusiveLock);
	CatalogIndexState indexes = CatalogOpenIndexes(relation);
	int			nchunks = 0;
	int			chunk = 0;
	int64		first = 0;
	int64		written = 0;

	for (int64 end = 0; end < ids->n; nchunks++)
		end = TextChunkEnd(ids, end);
	nchunks = Max(nchunks, 1);

	for (; chunk < nchunks; chunk++)
	{
		ChunkKey	key = {model, version, part, chunk};
		ChunkHeader header = {0};
		int64		end = TextChunkEnd(ids, first);
		Size		text_bytes = ids->n > 0 ? ids->offsets[end] - ids->offsets[first] : 0;
		bytea	   *buffer;
		char	   *payload;

		header.kind = RECAL_ID_TEXT;
		header.total_rows = ids->n;
		header.first_row = first;
		header.rows = end - first;
		header.nchunks = nchunks;
		header.payload_bytes = header.rows * sizeof(uint32) + text_bytes;
		buffer = palloc(VARHDRSZ + sizeof(ChunkHeader) + header.payload_bytes);
		payload = VARDATA(buffer) + sizeof(ChunkHeader);
		for (int64 i = first; i < end; i++)
		{
			uint32		len = ids->offsets[i + 1] - ids->offsets[i];

			memcpy(payload, &len, sizeof(len));
			payload += sizeof(len);
		}
		if (text_bytes > 0)
			memcpy(payload, ids->data + ids->offsets[first], text_bytes);
		WriteChunk(relation, indexes, &key, &header, buffer);
		written += VARSIZE(buffer);
		pfree(buffer);
		first = end;
	}
	CatalogCloseIndexes(indexes);
	table_close(relation, RowExclusiveLock);
	CommandCounterIncrement();
	return written;
}

int64
RecalWeightsWriteFloats(const char *model, int version, const char *part, int64 rows,
						int columns, const float *data)
{
	RowArray	array = {(const char *) data, sizeof(float) * columns};

	return RecalWeightsWriteFloatsFrom(model, version, part, rows, columns, CopyRows, &array);
}

int64
RecalWeightsWriteFloatsFrom(const char *model, int version, const char *part, int64 rows,
							int columns, RecalRowSource source, void *arg)
{
	return WriteRows(model, version, part, CHUNK_FLOATS, rows, columns,
					 sizeof(float) * columns, source, arg);
}

int64
RecalWeightsWriteBytes(const char *model, int version, const char *part, const void *data,
					   Size nbytes)
{
	RowArray	array = {data, 1};

	return WriteRows(model, version, part, CHUNK_BYTES, (int64) nbytes, 1, 1, CopyRows, &array);
}

int64
RecalWeightsWriteIds(const char *model, int version, const char *part, const RecalIdTable *ids)
{
	RowArray	array = {ids->data, UUID_LEN};

	if (ids->kind == RECAL_ID_TEXT)
		return WriteTextIds(model, version, part, ids);
	if (ids->kind == RECAL_ID_INT)
	{
		array.data = (const char *) ids->integers;
		array.row_bytes = sizeof(int64);
	}
	return WriteRows(model, version, part, ids->kind, ids->n, 0, array.row_bytes, CopyRows,
					 &array);
}

/* The primary key's columns: one chunk, or the first of them for what holds it. */
static void
InitKeys(const ChunkKey *key, ScanKey keys)
{
	ScanKeyEntryInitialize(&keys[0], 0, Anum_weights_model, BTEqualStrategyNumber, TEXTOID,
						   C_COLLATION_OID, F_TEXTEQ, CStringGetTextDatum(key->model));
	ScanKeyInit(&keys[1], Anum_weights_version, BTEqualStrategyNumber, F_INT4EQ,
				Int32GetDatum(key->version));
	ScanKeyEntryInitialize(&keys[2], 0, Anum_weights_part, BTEqualStrategyNumber, TEXTOID,
						   C_COLLATION_OID, F_TEXTEQ, CStringGetTextDatum(key->part));
	ScanKeyInit(&keys[3], Anum_weights_chunk, BTEqualStrategyNumber, F_INT4EQ,
				Int32GetDatum(key->chunk));
}

void
RecalWeightsDelete(const char *model, int version, const char *part)
{
	ChunkKey	key = {model, version, part != NULL ? part : "", 0};
	ScanKeyData keys[4];

	InitKeys(&key, keys);
	(void) RecalTableDelete(RECAL_TABLE_WEIGHTS, keys, part != NULL ? 3 : 2);
}

int64
RecalWeightsBytes(const char *model, int version)
{
	ChunkKey	key = {model, version, "", 0};
	Relation	relation = RecalTableOpen(RECAL_TABLE_WEIGHTS, AccessShareLock);
	Snapshot	snapshot = RegisterSnapshot(GetLatestSnapshot());
	ScanKeyData keys[4];
	SysScanDesc scan;
	HeapTuple	tuple;
	int64		bytes = 0;
	bool		isnull;

	InitKeys(&key, keys);
	scan = systable_beginscan(relation, RecalTablePrimaryKey(relation), true, snapshot, 2, keys);
	while (HeapTupleIsValid(tuple = systable_getnext(scan)))
		bytes += toast_raw_datum_size(heap_getattr(tuple, Anum_weights_data,
												   RelationGetDescr(relation), &isnull));
	systable_endscan(scan);
	UnregisterSnapshot(snapshot);
	table_close(relation, AccessShareLock);
	return bytes;
}

/*
 * The chunk's data column, not detoasted, in the current context; error when
 * there is no such chunk.
 */
static struct varlena *
FetchChunk(const ChunkKey *key)
{
	Relation	relation = RecalTableOpen(RECAL_TABLE_WEIGHTS, AccessShareLock);
	ScanKeyData keys[4];
	SysScanDesc scan;
	HeapTuple	tuple;
	struct varlena *data = NULL;

	if (!ActiveSnapshotSet())
		elog(ERROR, "recal's tables were read without an active snapshot");
	InitKeys(key, keys);
	scan = systable_beginscan(relation, RecalTablePrimaryKey(relation), true,
							  GetActiveSnapshot(), 4, keys);
	tuple = systable_getnext(scan);
	if (HeapTupleIsValid(tuple))
	{
		bool		isnull;
		Datum		value = heap_getattr(tuple, Anum_weights_data, RelationGetDescr(relation), &isnull);

		data = (struct varlena *) DatumGetPointer(datumCopy(value, false, -1));
	}
	systable_endscan(scan);
	table_close(relation, AccessShareLock);
	if (data == NULL)
		ErrorDamaged(key, "is missing");
	return data;
}

/* Reads and checks the header; nbytes is the size of the whole value. */
static void
ReadHeader(const ChunkKey *key, const char *data, Size nbytes, ChunkHeader *header)
{
	if (nbytes < sizeof(ChunkHeader))
		ErrorDamaged(key, "is shorter than its header");
	memcpy(header, data, sizeof(ChunkHeader));
	if (header->magic == pg_bswap32(CHUNK_MAGIC) ||
		(header->magic == CHUNK_MAGIC && header->byte_order != CHUNK_BYTE_ORDER))
		ErrorDamaged(key, "was written by a machine with another byte order");
	if (header->magic != CHUNK_MAGIC)
		ErrorDamaged(key, "does not begin as a chunk does");
	if (header->format != CHUNK_FORMAT || header->flags != 0)
		ErrorDamaged(key, "has a format that this version of recal does not know");
	if (!EQ_CRC32C(HeaderChecksum(key->part, header), header->header_crc))
		ErrorDamaged(key, "has a header that does not match its checksum");
	if (header->chunk != key->chunk || header->nchunks <= header->chunk)
		ErrorDamaged(key, "is numbered as another chunk");
	if (header->columns < 0 || header->total_rows < 0 || header->rows < 0 ||
		header->first_row < 0 || header->chunk_rows < 0 ||
		header->first_row > header->total_rows ||
		header->rows > header->total_rows - header->first_row)
		ErrorDamaged(key, "has an impossible shape");
	if (header->payload_bytes < 0 ||
		(Size) header->payload_bytes != nbytes - sizeof(ChunkHeader))
		ErrorDamaged(key, "is truncated");
}

static void
InfoFromHeader(const ChunkHeader *header, RecalPart *info)
{
	info->rows = header->total_rows;
	info->columns = header->columns;
	info->id_kind = (RecalIdKind) header->kind;
	info->chunk_rows = header->chunk_rows;
	info->nchunks = header->nchunks;
}

void
RecalWeightsInfo(const char *model, int version, const char *part, RecalPart *info)
{
	ChunkKey	key = {model, version, part, 0};
	struct varlena *data = FetchChunk(&key);
	Size		nbytes = toast_raw_datum_size(PointerGetDatum(data)) - VARHDRSZ;
	struct varlena *head = detoast_attr_slice(data, 0, sizeof(ChunkHeader));
	ChunkHeader header;

	if (VARSIZE_ANY_EXHDR(head) < sizeof(ChunkHeader))
		ErrorDamaged(&key, "is shorter than its header");
	ReadHeader(&key, VARDATA_ANY(head), nbytes, &header);
	InfoFromHeader(&header, info);
	if (head != data)
		pfree(head);
	pfree(data);
}

/*
 * Copies the payload to dst and checks it on the way, in pieces that stay in
 * the processor's cache. dst is not to be used when this raises an error.
 */
static void
CopyPayload(const ChunkKey *key, const ChunkHeader *header, const char *payload, char *dst)
{
	pg_crc32c	crc;
	bool		finite = true;

	INIT_CRC32C(crc);
	for (Size done = 0; done < (Size) header->payload_bytes; done += CHECK_BYTES)
	{
		Size		n = Min(CHECK_BYTES, (Size) header->payload_bytes - done);

		COMP_CRC32C(crc, payload + done, n);
		memcpy(dst + done, payload + done, n);
		if (header->kind == CHUNK_FLOATS)
			finite &= RecalAllFinite((const float *) (dst + done), n / sizeof(float));
	}
	FIN_CRC32C(crc);
	if (!EQ_CRC32C(crc, header->payload_crc))
		ErrorDamaged(key, "does not match its checksum");
	if (!finite)
		ErrorDamaged(key, "contains values that are not finite");
}

static bool
HeaderMatches(const ChunkHeader *header, const RecalPart *info)
{
	return header->total_rows == info->rows && header->columns == info->columns &&
		header->kind == info->id_kind && header->chunk_rows == info->chunk_rows &&
		header->nchunks == info->nchunks;
}

/* Bytes of one row of equal size */
static Size
RowBytes(const RecalPart *info)
{
	switch ((int) info->id_kind)
	{
		case CHUNK_FLOATS:
			return sizeof(float) * info->columns;
		case CHUNK_BYTES:
			return 1;
		case RECAL_ID_INT:
			return sizeof(int64);
		case RECAL_ID_UUID:
			return 16;
	}
	return 0;
}

/* Reads a chunk of rows of equal size into dst, checked against info. */
static int64
ReadRows(const ChunkKey *key, const RecalPart *info, char *dst)
{
	struct varlena *stored = FetchChunk(key);
	struct varlena *data = detoast_attr(stored);
	ChunkHeader header;
	int64		expected;

	ReadHeader(key, VARDATA(data), VARSIZE(data) - VARHDRSZ, &header);
	expected = Min(info->chunk_rows, info->rows - key->chunk * info->chunk_rows);
	if (!HeaderMatches(&header, info) ||
		header.first_row != key->chunk * info->chunk_rows || header.rows != expected ||
		(Size) header.payload_bytes != header.rows * RowBytes(info))
		ErrorDamaged(key, "has a shape that does not fit the other chunks");
	CopyPayload(key, &header, VARDATA(data) + sizeof(ChunkHeader), dst);
	if (data != stored)
		pfree(data);
	pfree(stored);
	return header.rows;
}

/*
 * A sane RecalPart for a part of rows of equal size, so that sizes computed
 * from it can be trusted as far as memory goes.
 */
static void
CheckInfo(const ChunkKey *key, const RecalPart *info)
{
	if (info->chunk_rows <= 0 || RowBytes(info) == 0 ||
		info->nchunks != Max(1, (info->rows + info->chunk_rows - 1) / info->chunk_rows))
		ErrorDamaged(key, "has an impossible shape");
}

int64
RecalWeightsReadChunk(const char *model, int version, const char *part, const RecalPart *info,
					  int chunk, float *dst)
{
	ChunkKey	key = {model, version, part, chunk};

	if ((int) info->id_kind != CHUNK_FLOATS)
		ErrorDamaged(&key, "does not hold numbers");
	CheckInfo(&key, info);
	CHECK_FOR_INTERRUPTS();
	return ReadRows(&key, info, (char *) dst);
}

/* All chunks of a part of rows of equal size, 64-byte aligned. */
static void *
ReadAllRows(const char *model, int version, const char *part, const RecalPart *info)
{
	ChunkKey	key = {model, version, part, 0};
	Size		row_bytes = RowBytes(info);
	char	   *rows;

	CheckInfo(&key, info);
	rows = RecalAllocAligned(CurrentMemoryContext, Max(1, mul_size(info->rows, row_bytes)));
	for (int chunk = 0; chunk < info->nchunks; chunk++)
	{
		key.chunk = chunk;
		CHECK_FOR_INTERRUPTS();
		(void) ReadRows(&key, info, rows + chunk * info->chunk_rows * row_bytes);
	}
	return rows;
}

float *
RecalWeightsReadFloats(const char *model, int version, const char *part, int64 rows, int columns)
{
	ChunkKey	key = {model, version, part, 0};
	RecalPart	info;

	RecalWeightsInfo(model, version, part, &info);
	if ((int) info.id_kind != CHUNK_FLOATS)
		ErrorDamaged(&key, "does not hold numbers");
	if (info.columns != columns || (rows >= 0 && info.rows != rows))
		ErrorDamaged(&key, "has a shape that does not fit the model's other parts");
	return ReadAllRows(model, version, part, &info);
}

void *
RecalWeightsReadBytes(const char *model, int version, const char *part, Size *nbytes)
{
	ChunkKey	key = {model, version, part, 0};
	RecalPart	info;

	RecalWeightsInfo(model, version, part, &info);
	if ((int) info.id_kind != CHUNK_BYTES || info.columns != 1)
		ErrorDamaged(&key, "does not hold bytes");
	*nbytes = (Size) info.rows;
	return ReadAllRows(model, version, part, &info);
}

/* One chunk of text ids, appended to offsets and data. */
static void
ReadTextChunk(const ChunkKey *key, const RecalPart *info, int64 first, RecalIdTable *ids,
			  uint64 *offsets, char **data, Size *allocated)
{
	struct varlena *stored = FetchChunk(key);
	struct varlena *value = detoast_attr(stored);
	ChunkHeader header;
	Size		lengths_bytes;
	Size		text_bytes;
	Size		sum = 0;
	char	   *payload;

	ReadHeader(key, VARDATA(value), VARSIZE(value) - VARHDRSZ, &header);
	lengths_bytes = mul_size(header.rows, sizeof(uint32));
	if (!HeaderMatches(&header, info) || header.first_row != first ||
		lengths_bytes > (Size) header.payload_bytes)
		ErrorDamaged(key, "has a shape that does not fit the other chunks");
	payload = palloc(Max(header.payload_bytes, 1));
	CopyPayload(key, &header, VARDATA(value) + sizeof(ChunkHeader), payload);
	text_bytes = header.payload_bytes - lengths_bytes;

	for (int64 i = 0; i < header.rows; i++)
	{
		offsets[first + i + 1] = offsets[first + i] + ((uint32 *) payload)[i];
		sum += ((uint32 *) payload)[i];
	}
	if (sum != text_bytes)
		ErrorDamaged(key, "has ids whose lengths do not add up");
	if (offsets[first] + text_bytes > *allocated)
	{
		*allocated = Max(2 * *allocated, offsets[first] + text_bytes);
		*data = repalloc_huge(*data, *allocated);
	}
	memcpy(*data + offsets[first], payload + lengths_bytes, text_bytes);
	ids->n += header.rows;
	pfree(payload);
	if (value != stored)
		pfree(value);
	pfree(stored);
}

static void
ReadTextIds(const char *model, int version, const char *part, const RecalPart *info,
			RecalIdTable *ids)
{
	ChunkKey	key = {model, version, part, 0};
	uint64	   *offsets = palloc_extended(mul_size(info->rows + 1, sizeof(uint64)),
										  MCXT_ALLOC_HUGE);
	Size		allocated = 1024;
	char	   *data = palloc(allocated);

	offsets[0] = 0;
	for (int chunk = 0; chunk < info->nchunks; chunk++)
	{
		key.chunk = chunk;
		CHECK_FOR_INTERRUPTS();
		ReadTextChunk(&key, info, ids->n, ids, offsets, &data, &allocated);
	}
	if (ids->n != info->rows)
		ErrorDamaged(&key, "is not followed by others that hold the rest of the ids");
	ids->offsets = offsets;
	ids->data = data;
}

/* Binary search relies on ids being distinct and in order. */
static void
CheckOrder(const ChunkKey *key, const RecalIdTable *ids)
{
	for (int64 i = 1; i < ids->n; i++)
	{
		RecalId		previous = RecalIdTableGet(ids, i - 1);
		RecalId		id = RecalIdTableGet(ids, i);

		if (RecalIdCompare(&previous, &id) >= 0)
			ErrorDamaged(key, "has ids that are not in order");
	}
}

void
RecalWeightsReadIds(const char *model, int version, const char *part, RecalIdTable *ids)
{
	ChunkKey	key = {model, version, part, 0};
	RecalPart	info;

	RecalWeightsInfo(model, version, part, &info);
	memset(ids, 0, sizeof(*ids));
	ids->kind = info.id_kind;
	switch ((int) info.id_kind)
	{
		case RECAL_ID_INT:
			ids->integers = ReadAllRows(model, version, part, &info);
			ids->n = info.rows;
			break;
		case RECAL_ID_UUID:
			ids->data = ReadAllRows(model, version, part, &info);
			ids->n = info.rows;
			break;
		case RECAL_ID_TEXT:
			ReadTextIds(model, version, part, &info, ids);
			break;
		default:
			ErrorDamaged(&key, "does not hold ids");
	}
	CheckOrder(&key, ids);
}
