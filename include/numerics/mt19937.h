/* NumPy's legacy generator, index for index.
 *
 * MT19937 (Matsumoto & Nishimura 1998) seeded as numpy.random.RandomState(seed) does for an integer
 * seed, and its permutation: the published splits are drawn with it. Seed 0 is a seed like any
 * other. */
#ifndef MEC_NUMERICS_MT19937_H
#define MEC_NUMERICS_MT19937_H

#include <stddef.h>
#include <stdint.h>

enum { MEC_MT19937_WORDS = 624 };

typedef struct mec_mt19937 {
    uint32_t state[MEC_MT19937_WORDS];
    size_t next; /* index of the next word to hand out */
} mec_mt19937;

void mec_mt19937_seed(mec_mt19937 *generator, uint32_t seed);

/* Seeds with `key` (n >= 1), as Python's random.Random does with the 32-bit digits of an integer.
 */
void mec_mt19937_seed_by_array(mec_mt19937 *generator, const uint32_t *key, size_t n);

/* The next 32 random bits. */
uint32_t mec_mt19937_next(mec_mt19937 *generator);

/* Uniform in [0, max], max below 2^32: draws masked by the smallest 2^k - 1 >= max, those above max
 * thrown away. */
uint32_t mec_mt19937_interval(mec_mt19937 *generator, uint32_t max);

/* Fills `order` (n) with RandomState.permutation(n): Fisher-Yates from the end. n below 2^32. */
void mec_mt19937_permutation(mec_mt19937 *generator, size_t n, uint32_t *order);

#endif
