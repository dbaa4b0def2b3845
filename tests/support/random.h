/* Random numbers for test data, of a kind the project itself does not use (splitmix64: Steele, Lea
 * & Flood, OOPSLA 2014): a test of the project's generators does not lean on them. */
#ifndef MEC_TESTS_RANDOM_H
#define MEC_TESTS_RANDOM_H

#include <stddef.h>
#include <stdint.h>

/* The state is any number, the seed. */
uint64_t random_bits(uint64_t *state);

/* Uniform in [0, 1). */
double random_uniform(uint64_t *state);

/* Uniform in 0 .. n - 1. */
size_t random_below(uint64_t *state, size_t n);

/* Fills `x` (n) with numbers in [-1, 1). */
void random_fill(uint64_t *state, double *x, size_t n);

/* A random order of 0 .. n - 1. */
void random_order(uint64_t *state, uint32_t *order, size_t n);

#endif
