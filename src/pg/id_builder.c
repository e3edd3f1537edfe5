/*
 * id_builder.c
 *		Builds the sorted table of ids from a stream that repeats them.
 *
 * Most ids arrive many times, so finding a known one is what has to be fast:
 * small integers are an array lookup, other integers and bytes a hash lookup,
 * and the id of the row before is remembered.
 */
#include "postgres.h"

#include <limits.h>

#include "common/hashfn.h"
#include "utils/memutils.h"
#include "utils/uuid.h"

#include "recal_compat.h"
#include "recal_ids.h"

/* integer → code */
typedef struct IntegerCode
{
	int64		integer;
	int32		code;
	char		status;
} IntegerCode;

static inline uint32
HashInteger(int64 integer)
{
	uint64		h = (uint64) integer;

	/* murmur3's finalizer */
	h ^= h >> 33;
	h *= UINT64CONST(0xff51afd7ed558ccd);
	h ^= h >> 33;
	h *= UINT64CONST(0xc4ceb9fe1a85ec53);
	h ^= h >> 33;
	return (uint32) h;
}

#define SH_PREFIX integercode
#define SH_ELEMENT_TYPE IntegerCode
#define SH_KEY_TYPE int64
#define SH_KEY integer
#define SH_HASH_KEY(tb, key) HashInteger(key)
#define SH_EQUAL(tb, a, b) ((a) == (b))
#define SH_SCOPE static inline
#define SH_DECLARE
#define SH_DEFINE
#include "lib/simplehash.h"

/*
 * bytes → code. Elements do not hold the bytes but the code, by which the
 * builder finds them; PROBE stands for the id that is being looked up.
 */
typedef struct BytesCode
{
	int32		code;
	uint32		hash;
	char		status;
} BytesCode;

#define PROBE (-1)

struct bytescode_hash;

struct RecalIdBuilder
{
	RecalIdKind kind;
	MemoryContext result;		/* of what Finish returns */
	MemoryContext scratch;		/* of everything else, this struct too */
	int64		n;
	int64		capacity;		/* of integers or offsets */
	int32		last_code;		/* of the last id added, or -1 */

	/* RECAL_ID_INT */
	int64		last_integer;
	int64	   *integers;		/* [n] by code */
	int32	   *direct;			/* code by integer, -1: unknown */
	int64		direct_size;	/* every known id in 0 .. direct_size - 1 is in direct */
	int64		ndirect;		/* known ids among them */
	integercode_hash *integer_codes;	/* the others (and some of those) */

	/* RECAL_ID_UUID, RECAL_ID_TEXT */
	char	   *data;			/* bytes by code */
	uint64		data_used;
	uint64		data_capacity;
	uint64	   *offsets;		/* [n + 1] into data; text only */
	RecalId		probe;
	uint32		probe_hash;
	struct bytescode_hash *bytes_codes;
};

/* bytes of the id with that code */
static inline RecalId
BytesOf(const RecalIdBuilder *builder, int32 code)
{
	RecalId		id = {.kind = builder->kind};

	if (code == PROBE)
		return builder->probe;
	if (builder->kind == RECAL_ID_UUID)
	{
		id.data = builder->data + (int64) code * UUID_LEN;
		id.len = UUID_LEN;
	}
	else
	{
		id.data = builder->data + builder->offsets[code];
		id.len = (int32) (builder->offsets[code + 1] - builder->offsets[code]);
	}
	return id;
}

static inline bool
BytesEqual(const RecalIdBuilder *builder, int32 a, int32 b)
{
	RecalId		x = BytesOf(builder, a);
	RecalId		y = BytesOf(builder, b);

	return x.len == y.len && memcmp(x.data, y.data, x.len) == 0;
}

#define SH_PREFIX bytescode
#define SH_ELEMENT_TYPE BytesCode
#define SH_KEY_TYPE int32
#define SH_KEY code
#define SH_HASH_KEY(tb, key) (((RecalIdBuilder *) (tb)->private_data)->probe_hash)
#define SH_EQUAL(tb, a, b) BytesEqual((tb)->private_data, a, b)
#define SH_STORE_HASH
#define SH_GET_HASH(tb, element) ((element)->hash)
#define SH_SCOPE static inline
#define SH_DECLARE
#define SH_DEFINE
#include "lib/simplehash.h"

/* An id and the code it came with, for sorting. */
typedef struct SortedInteger
{
	int64		integer;
	int32		code;
} SortedInteger;

#define ST_SORT SortIntegers
#define ST_ELEMENT_TYPE SortedInteger
#define ST_COMPARE(a, b) (((a)->integer > (b)->integer) - ((a)->integer < (b)->integer))
#define ST_CHECK_FOR_INTERRUPTS
#define ST_SCOPE static
#define ST_DEFINE
#include "lib/sort_template.h"

typedef struct SortedBytes
{
	uint64		prefix;			/* the first eight bytes, most significant first */
	int32		code;
} SortedBytes;

static inline int
CompareBytes(const SortedBytes *a, const SortedBytes *b, const RecalIdBuilder *builder)
{
	RecalId		x;
	RecalId		y;

	if (a->prefix != b->prefix)
		return a->prefix < b->prefix ? -1 : 1;
	x = BytesOf(builder, a->code);
	y = BytesOf(builder, b->code);
	return RecalIdCompare(&x, &y);
}

#define ST_SORT SortBytes
#define ST_ELEMENT_TYPE SortedBytes
#define ST_COMPARE(a, b, builder) CompareBytes(a, b, builder)
#define ST_COMPARE_ARG_TYPE const RecalIdBuilder
#define ST_CHECK_FOR_INTERRUPTS
#define ST_SCOPE static
#define ST_DEFINE
#include "lib/sort_template.h"

#define FIRST_CAPACITY 1024
#define FIRST_DIRECT_SIZE 65536
/* the direct array may have this many times as many places as there are ids */
#define DIRECT_SPARSENESS 4

RecalIdBuilder *
RecalIdBuilderBegin(RecalIdKind kind)
{
	MemoryContext scratch = AllocSetContextCreate(CurrentMemoryContext, "recal id builder",
												  ALLOCSET_DEFAULT_SIZES);
	RecalIdBuilder *builder = MemoryContextAllocZero(scratch, sizeof(RecalIdBuilder));

	builder->kind = kind;
	builder->result = CurrentMemoryContext;
	builder->scratch = scratch;
	builder->capacity = FIRST_CAPACITY;
	builder->last_code = -1;
	if (kind == RECAL_ID_INT)
	{
		builder->integers = MemoryContextAlloc(scratch, sizeof(int64) * builder->capacity);
		builder->integer_codes = integercode_create(scratch, FIRST_CAPACITY, NULL);
	}
	else
	{
		builder->data_capacity = FIRST_CAPACITY * UUID_LEN;
		builder->data = MemoryContextAlloc(scratch, builder->data_capacity);
		builder->bytes_codes = bytescode_create(scratch, FIRST_CAPACITY, builder);
	}
	if (kind == RECAL_ID_TEXT)
		builder->offsets = MemoryContextAllocZero(scratch,
												  sizeof(uint64) * (builder->capacity + 1));
	return builder;
}

/* The code of a new id, with room for it in the arrays by code. */
static int32
NewCode(RecalIdBuilder *builder)
{
	if (builder->n >= INT_MAX)
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("too many distinct ids"),
				 errdetail("A model can have at most %d users and as many items.", INT_MAX)));
	if (builder->n == builder->capacity)
	{
		int64		capacity = builder->capacity * 2;

		if (builder->integers != NULL)
			builder->integers = repalloc_huge(builder->integers,
											  mul_size(sizeof(int64), capacity));
		if (builder->offsets != NULL)
			builder->offsets = repalloc_huge(builder->offsets,
											 mul_size(sizeof(uint64), capacity + 1));
		builder->capacity = capacity;
	}
	return (int32) builder->n++;
}

/* Makes the direct array cover size integers, with the ids that are known already. */
static void
GrowDirect(RecalIdBuilder *builder, int64 size)
{
	Size		bytes = mul_size(sizeof(int32), size);
	int64		old_size = builder->direct_size;

	if (builder->direct == NULL)
		builder->direct = MemoryContextAllocHuge(builder->scratch, bytes);
	else
		builder->direct = repalloc_huge(builder->direct, bytes);
	memset(builder->direct + old_size, -1, sizeof(int32) * (size - old_size));

	for (int64 code = 0; code < builder->n; code++)
	{
		int64		integer = builder->integers[code];

		if (integer >= old_size && integer < size)
		{
			builder->direct[integer] = (int32) code;
			builder->ndirect++;
		}
	}
	builder->direct_size = size;
}

static int32
AddInteger(RecalIdBuilder *builder, int64 integer)
{
	IntegerCode *entry;
	int32		code;
	bool		found;

	if ((uint64) integer < (uint64) builder->direct_size)
	{
		code = builder->direct[integer];
		if (code < 0)
		{
			code = NewCode(builder);
			builder->integers[code] = integer;
			builder->direct[integer] = code;
			builder->ndirect++;
		}
		return code;
	}

	entry = integercode_insert(builder->integer_codes, integer, &found);
	if (found)
		return entry->code;
	entry->code = code = NewCode(builder);
	builder->integers[code] = integer;
	if (integer >= 0 &&
		integer < Max(FIRST_DIRECT_SIZE, builder->n * DIRECT_SPARSENESS))
	{
		int64		size = FIRST_DIRECT_SIZE;

		while (size <= integer)
			size *= 2;
		GrowDirect(builder, size);
	}
	return code;
}

static int32
AddBytes(RecalIdBuilder *builder, const RecalId *id)
{
	BytesCode  *entry;
	uint32		hash = hash_bytes((const unsigned char *) id->data, id->len);
	bool		found;
	int32		code;

	builder->probe = *id;
	builder->probe_hash = hash;
	entry = bytescode_insert_hash(builder->bytes_codes, PROBE, hash, &found);
	if (found)
		return entry->code;

	/* nothing is left half-done by an error: the element must not stay a PROBE */
	entry->hash = hash;
	entry->code = code = NewCode(builder);
	if (builder->data_used + id->len > builder->data_capacity)
	{
		while (builder->data_used + id->len > builder->data_capacity)
			builder->data_capacity *= 2;
		builder->data = repalloc_huge(builder->data, builder->data_capacity);
	}
	memcpy(builder->data + builder->data_used, id->data, id->len);
	builder->data_used += id->len;
	if (builder->offsets != NULL)
		builder->offsets[code + 1] = builder->data_used;
	return code;
}

int32
RecalIdBuilderAdd(RecalIdBuilder *builder, const RecalId *id)
{
	Assert(id->kind == builder->kind);
	if (builder->kind == RECAL_ID_INT)
	{
		if (builder->last_code < 0 || builder->last_integer != id->integer)
		{
			builder->last_code = AddInteger(builder, id->integer);
			builder->last_integer = id->integer;
		}
	}
	else
	{
		bool		same = false;

		if (builder->last_code >= 0)
		{
			RecalId		last = BytesOf(builder, builder->last_code);

			same = last.len == id->len && memcmp(last.data, id->data, id->len) == 0;
		}
		if (!same)
			builder->last_code = AddBytes(builder, id);
	}
	return builder->last_code;
}

void
RecalIdBuilderAddIntegers(RecalIdBuilder *builder, const int64 *integers, int n, int32 *codes)
{
	const integercode_hash *hash = builder->integer_codes;

	/* with many ids each lookup misses the caches: let the misses overlap */
	for (int i = 0; i < n; i++)
	{
		if ((uint64) integers[i] < (uint64) builder->direct_size)
			__builtin_prefetch(&builder->direct[integers[i]]);
		else
			__builtin_prefetch(&hash->data[HashInteger(integers[i]) & hash->sizemask]);
	}
	for (int i = 0; i < n; i++)
		codes[i] = AddInteger(builder, integers[i]);
}

int64
RecalIdBuilderCount(const RecalIdBuilder *builder)
{
	return builder->n;
}

/* What is held now, and what Finish adds: the sort's array, the table, ranks. */
Size
RecalIdBuilderBytes(const RecalIdBuilder *builder)
{
	Size		each = sizeof(SortedInteger) + sizeof(uint64) + sizeof(int32);

	return add_size(MemoryContextMemAllocated(builder->scratch, false),
					add_size(builder->data_used, mul_size(each, builder->n)));
}

/* Fills table and rank in numeric order. */
static void
FinishIntegers(RecalIdBuilder *builder, RecalIdTable *table, int32 *rank)
{
	int64	   *integers = MemoryContextAllocHuge(builder->result,
												  mul_size(sizeof(int64), Max(builder->n, 1)));
	int64		n = 0;

	integercode_destroy(builder->integer_codes);
	if (builder->ndirect == builder->n)
	{
		/* the direct array is in order already */
		for (int64 integer = 0; integer < builder->direct_size; integer++)
		{
			if (builder->direct[integer] < 0)
				continue;
			rank[builder->direct[integer]] = (int32) n;
			integers[n++] = integer;
		}
	}
	else
	{
		SortedInteger *sorted = MemoryContextAllocHuge(builder->scratch,
													   mul_size(sizeof(SortedInteger), builder->n));

		for (int64 code = 0; code < builder->n; code++)
		{
			sorted[code].integer = builder->integers[code];
			sorted[code].code = (int32) code;
		}
		SortIntegers(sorted, builder->n);
		for (; n < builder->n; n++)
		{
			integers[n] = sorted[n].integer;
			rank[sorted[n].code] = (int32) n;
		}
	}
	table->integers = integers;
}

/* Fills table and rank in bytewise order. */
static void
FinishBytes(RecalIdBuilder *builder, RecalIdTable *table, int32 *rank)
{
	SortedBytes *sorted = MemoryContextAllocHuge(builder->scratch,
												 mul_size(sizeof(SortedBytes), Max(builder->n, 1)));
	char	   *data = MemoryContextAllocHuge(builder->result, Max(builder->data_used, 1));
	uint64	   *offsets = NULL;
	uint64		used = 0;

	bytescode_destroy(builder->bytes_codes);
	if (builder->kind == RECAL_ID_TEXT)
	{
		offsets = MemoryContextAllocHuge(builder->result,
										 mul_size(sizeof(uint64), builder->n + 1));
		offsets[0] = 0;
	}

	for (int64 code = 0; code < builder->n; code++)
	{
		RecalId		id = BytesOf(builder, (int32) code);
		uint64		prefix = 0;

		for (int i = 0; i < 8; i++)
			prefix = prefix << 8 | (i < id.len ? (unsigned char) id.data[i] : 0);
		sorted[code].prefix = prefix;
		sorted[code].code = (int32) code;
	}
	SortBytes(sorted, builder->n, builder);
	for (int64 n = 0; n < builder->n; n++)
	{
		RecalId		id = BytesOf(builder, sorted[n].code);

		memcpy(data + used, id.data, id.len);
		used += id.len;
		if (offsets != NULL)
			offsets[n + 1] = used;
		rank[sorted[n].code] = (int32) n;
	}
	table->data = data;
	table->offsets = offsets;
}

void
RecalIdBuilderFinish(RecalIdBuilder *builder, RecalIdTable *table, int32 **rank)
{
	*rank = MemoryContextAllocHuge(builder->result,
								   mul_size(sizeof(int32), Max(builder->n, 1)));
	memset(table, 0, sizeof(RecalIdTable));
	table->kind = builder->kind;
	table->n = builder->n;
	if (builder->kind == RECAL_ID_INT)
		FinishIntegers(builder, table, *rank);
	else
		FinishBytes(builder, table, *rank);
	MemoryContextDelete(builder->scratch);
}

/* Moves the kept ids to the front, in place. */
void
RecalIdTableKeep(RecalIdTable *table, const bool *keep)
{
	int64	   *integers = (int64 *) table->integers;
	char	   *data = (char *) table->data;
	uint64	   *offsets = (uint64 *) table->offsets;
	uint64		start = 0;		/* of the id at hand, before it moves */
	uint64		used = 0;
	int64		n = 0;

	for (int64 i = 0; i < table->n; i++)
	{
		uint64		end = table->kind == RECAL_ID_UUID ? start + UUID_LEN :
			table->kind == RECAL_ID_TEXT ? offsets[i + 1] : 0;

		if (keep[i])
		{
			if (table->kind == RECAL_ID_INT)
				integers[n] = integers[i];
			else
				memmove(data + used, data + start, end - start);
			used += end - start;
			n++;
			if (table->kind == RECAL_ID_TEXT)
				offsets[n] = used;
		}
		start = end;
	}
	table->n = n;
}

static void *
CopyArray(const void *from, Size size)
{
	void	   *copy = MemoryContextAllocHuge(CurrentMemoryContext, Max(size, 1));

	memcpy(copy, from, size);
	return copy;
}

void
RecalIdTableCopy(const RecalIdTable *table, RecalIdTable *copy)
{
	*copy = *table;
	if (table->kind == RECAL_ID_INT)
		copy->integers = CopyArray(table->integers, sizeof(int64) * table->n);
	else if (table->kind == RECAL_ID_UUID)
		copy->data = CopyArray(table->data, UUID_LEN * table->n);
	else
	{
		copy->data = CopyArray(table->data, table->offsets[table->n]);
		copy->offsets = CopyArray(table->offsets, sizeof(uint64) * (table->n + 1));
	}
}
