#include "maps/splits.h"

#include <math.h>

#include "numerics/mt19937.h"

size_t mec_split_n_train(size_t n, double train_frac) {
    return (size_t)ceil(train_frac * (double)n);
}

void mec_split_random(uint32_t seed, const uint32_t *states, size_t n, uint32_t *order) {
    mec_mt19937 generator;
    mec_mt19937_seed(&generator, seed);
    mec_mt19937_permutation(&generator, n, order);
    for (size_t i = 0; i < n; i++)
        order[i] = states[order[i]];
}
