/*
 * lanes.c
 *		The solve of many rows at once.
 *
 * The system of one row is too small for BLAS: calls and latencies dominate.
 * Rows of about equal length are therefore solved side by side, one SIMD lane
 * each. The instruction set is chosen at run time.
 */
#include <math.h>
#include <stddef.h>

#include "als_internal.h"

#if defined(__clang__) || __GNUC__ >= 12
#define SHUFFLE(a, b, ...) __builtin_shufflevector(a, b, __VA_ARGS__)
#endif

#if defined(__x86_64__) && defined(SHUFFLE)

#include <immintrin.h>

#define LANES 16
#define LANES_FN(name) name##_avx512
#define LANES_TARGET __attribute__((target("avx512f,avx512dq,avx512vl,fma")))
#define LANES_SQRT(v) _mm512_sqrt_ps((__m512) (v))
#define LANES_ZIP_LOW(a, b) \
	SHUFFLE(a, b, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23)
#define LANES_ZIP_HIGH(a, b) \
	SHUFFLE(a, b, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31)
#include "lanes_kernel.h"
#undef LANES
#undef LANES_FN
#undef LANES_TARGET
#undef LANES_SQRT
#undef LANES_ZIP_LOW
#undef LANES_ZIP_HIGH

#define LANES 8
#define LANES_FN(name) name##_avx2
#define LANES_TARGET __attribute__((target("avx2,fma")))
#define LANES_SQRT(v) _mm256_sqrt_ps((__m256) (v))
#define LANES_ZIP_LOW(a, b) SHUFFLE(a, b, 0, 8, 1, 9, 2, 10, 3, 11)
#define LANES_ZIP_HIGH(a, b) SHUFFLE(a, b, 4, 12, 5, 13, 6, 14, 7, 15)
#include "lanes_kernel.h"
#undef LANES
#undef LANES_FN
#undef LANES_TARGET
#undef LANES_SQRT
#undef LANES_ZIP_LOW
#undef LANES_ZIP_HIGH

#define HAVE_X86_LANES
#endif

/* four lanes are what every 64-bit machine has */
#define LANES 4
#define LANES_FN(name) name##_plain
#define LANES_TARGET
#ifdef SHUFFLE
#define LANES_ZIP_LOW(a, b) SHUFFLE(a, b, 0, 4, 1, 5)
#define LANES_ZIP_HIGH(a, b) SHUFFLE(a, b, 2, 6, 3, 7)
#else
typedef int ShuffleMask __attribute__((vector_size(16)));
#define LANES_ZIP_LOW(a, b) __builtin_shuffle(a, b, (ShuffleMask) {0, 4, 1, 5})
#define LANES_ZIP_HIGH(a, b) __builtin_shuffle(a, b, (ShuffleMask) {2, 6, 3, 7})
#endif
#include "lanes_kernel.h"

static const RecalLanes plain_lanes = {4, "plain", solve_plain};

#ifdef HAVE_X86_LANES
static const RecalLanes avx512_lanes = {16, "AVX-512", solve_avx512};
static const RecalLanes avx2_lanes = {8, "AVX2", solve_avx2};
#endif

const RecalLanes *
recal_lanes_choice(int choice)
{
#ifdef HAVE_X86_LANES
	if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
		__builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("fma") && choice-- == 0)
		return &avx512_lanes;
	if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && choice-- == 0)
		return &avx2_lanes;
#endif
	return choice == 0 ? &plain_lanes : NULL;
}

int64_t
recal_lanes_work_size(int d, int nmax, bool dual)
{
	int64_t		size = dual ? nmax : d;
	int64_t		tiles = (size + 3) / 4;
	int64_t		length = dual ? d : RECAL_LANE_PANEL(d);

	return RECAL_MAX_LANES * (tiles * 4 * length + 8 * tiles * (tiles + 1) +
							  16 * tiles + length + 3 * (int64_t) d);
}
