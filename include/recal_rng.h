/*
 * recal_rng.h
 *		Counter-based random numbers: a value is a pure function of the seed and
 *		of what it is for, so results do not depend on the order of draws.
 */
#ifndef RECAL_RNG_H
#define RECAL_RNG_H

#include <stdint.h>

/* 64 random bits for (seed, stream, counter) */
extern uint64_t recal_rng_bits(uint64_t seed, uint64_t stream, uint64_t counter);

/* uniform in [0, 1) */
extern double recal_rng_uniform(uint64_t seed, uint64_t stream, uint64_t counter);

/* standard normal */
extern double recal_rng_normal(uint64_t seed, uint64_t stream, uint64_t counter);

#endif							/* RECAL_RNG_H */
