/*
 * network_kernels.c
 *		The network's loops over vectors, for the instruction set at hand.
 */
#include <math.h>
#include <stddef.h>

#include "network_internal.h"

#if defined(__x86_64__)

#include <immintrin.h>

#define LANES 16
#define LANES_FN(name) name##_avx512
#define LANES_TARGET __attribute__((target("avx512f,avx512dq,avx512vl,fma")))
#define LANES_SQRT(v) ((VEC) _mm512_sqrt_ps((__m512) (v)))
#include "network_kernels.h"
#undef LANES
#undef LANES_FN
#undef LANES_TARGET
#undef LANES_SQRT

#define LANES 8
#define LANES_FN(name) name##_avx2
#define LANES_TARGET __attribute__((target("avx2,fma")))
#define LANES_SQRT(v) ((VEC) _mm256_sqrt_ps((__m256) (v)))
#include "network_kernels.h"
#undef LANES
#undef LANES_FN
#undef LANES_TARGET
#undef LANES_SQRT

#define HAVE_X86_KERNELS
#endif

/* four lanes are what every 64-bit machine has */
#define LANES 4
#define LANES_FN(name) name##_plain
#define LANES_TARGET
#define LANES_SQRT(v) ((VEC) {sqrtf((v)[0]), sqrtf((v)[1]), sqrtf((v)[2]), sqrtf((v)[3])})
#include "network_kernels.h"

const RecalNetKernels *
recal_net_kernels_choice(int choice)
{
#ifdef HAVE_X86_KERNELS
	if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
		__builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("fma") && choice-- == 0)
		return &kernels_avx512;
	if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && choice-- == 0)
		return &kernels_avx2;
#endif
	return choice == 0 ? &kernels_plain : NULL;
}
