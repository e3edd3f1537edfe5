/*
 * rng.c
 *		Counter-based random numbers.
 */
#include <math.h>

#include "recal_rng.h"

/* The finalizer of splitmix64 (Steele, Lea, Flood 2014): every input bit reaches every output bit */
static inline uint64_t
mix(uint64_t x)
{
	x ^= x >> 30;
	x *= UINT64_C(0xbf58476d1ce4e5b9);
	x ^= x >> 27;
	x *= UINT64_C(0x94d049bb133111eb);
	x ^= x >> 31;
	return x;
}

uint64_t
recal_rng_bits(uint64_t seed, uint64_t stream, uint64_t counter)
{
	const uint64_t golden = UINT64_C(0x9e3779b97f4a7c15);
	uint64_t	x = mix(seed + golden);

	x = mix((x ^ stream) + golden);
	return mix((x ^ counter) + golden);
}

double
recal_rng_uniform(uint64_t seed, uint64_t stream, uint64_t counter)
{
	return (double) (recal_rng_bits(seed, stream, counter) >> 11) * 0x1.0p-53;
}

/* Box and Muller's transform of the two halves of one draw */
double
recal_rng_normal(uint64_t seed, uint64_t stream, uint64_t counter)
{
	uint64_t	bits = recal_rng_bits(seed, stream, counter);
	double		radius = ((double) (bits >> 32) + 0.5) * 0x1.0p-32;
	double		angle = (double) (bits & UINT32_MAX) * 0x1.0p-32;

	return sqrt(-2.0 * log(radius)) * cos(6.283185307179586 * angle);
}
