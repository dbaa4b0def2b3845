/* NumPy's legacy distributions, number for number: what numpy.random.RandomState draws.
 *
 * Evaluations of path integrators are published with seeds of that generator. */
#ifndef MEC_NUMERICS_NUMPY_RANDOM_H
#define MEC_NUMERICS_NUMPY_RANDOM_H

#include <stdbool.h>
#include <stdint.h>

#include "numerics/mt19937.h"

typedef struct mec_numpy_random {
    mec_mt19937 bits; /* also for mec_mt19937_permutation */
    double kept;      /* normals come in pairs: the one that waits */
    bool has_kept;
} mec_numpy_random;

/* RandomState(seed). */
void mec_numpy_seed(mec_numpy_random *random, uint32_t seed);

/* random_sample(): uniform in [0, 1), 53 bits of two words. */
double mec_numpy_uniform(mec_numpy_random *random);

/* standard_normal(): the polar method (Marsaglia & Bray 1964). */
double mec_numpy_normal(mec_numpy_random *random);

/* rayleigh(scale), by inversion. */
double mec_numpy_rayleigh(mec_numpy_random *random, double scale);

#endif
