/*
 * aligned.c
 *		Memory for arrays of numbers: aligned, and as large as it has to be.
 */
#include "postgres.h"

#include "utils/memutils.h"

#include "recal_compat.h"
#include "recal_weights.h"

#define ALIGNMENT			64

/*
 * palloc_aligned() came with 16. In 15 the pointer before an aligned chunk,
 * where pfree looks for the context, leads to a context that can only free.
 */
#ifdef RECAL_ALIGNED_CHUNKS
void *
RecalAllocAligned(MemoryContext context, Size size)
{
	return MemoryContextAllocAligned(context, size, ALIGNMENT, MCXT_ALLOC_HUGE);
}
#else
static void
FreeAligned(MemoryContext context, void *pointer)
{
	pfree(((void **) pointer)[-2]);
}

static const MemoryContextMethods aligned_methods = {.free_p = FreeAligned};
static MemoryContextData aligned_context = {
	.type = T_AllocSetContext,
	.methods = &aligned_methods,
	.name = "recal aligned chunks"
};

void *
RecalAllocAligned(MemoryContext context, Size size)
{
	char	   *raw = MemoryContextAllocHuge(context, add_size(size, ALIGNMENT + 2 * sizeof(void *)));
	void	  **aligned = (void **) TYPEALIGN(ALIGNMENT, raw + 2 * sizeof(void *));

	aligned[-2] = raw;
	aligned[-1] = &aligned_context;
	return aligned;
}
#endif

float *
RecalAllocFloats(int64 rows, int64 columns)
{
	return RecalAllocAligned(CurrentMemoryContext,
							 mul_size(mul_size(sizeof(float), Max(rows, 1)), Max(columns, 1)));
}

/* The inner loop has a fixed length for the compiler's sake. */
bool
RecalAllFinite(const float *data, Size n)
{
	const uint32 exponent = 0x7F800000;
	uint32		bad = 0;
	Size		i = 0;

	for (; i + 16 <= n; i += 16)
	{
		uint32		bits[16];

		memcpy(bits, data + i, sizeof(bits));
		for (int j = 0; j < 16; j++)
			bad |= (bits[j] & exponent) == exponent;
	}
	for (; i < n; i++)
	{
		uint32		bits;

		memcpy(&bits, data + i, sizeof(bits));
		bad |= (bits & exponent) == exponent;
	}
	return bad == 0;
}
