#include "random.h"

uint64_t random_bits(uint64_t *state) {
    uint64_t z = (*state += UINT64_C(0x9E3779B97F4A7C15));
    z = (z ^ (z >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94D049BB133111EB);
    return z ^ (z >> 31);
}

double random_uniform(uint64_t *state) {
    return (double)(random_bits(state) >> 11) * 0x1p-53;
}

size_t random_below(uint64_t *state, size_t n) {
    return (size_t)(random_bits(state) % n);
}

void random_fill(uint64_t *state, double *x, size_t n) {
    for (size_t i = 0; i < n; i++)
        x[i] = 2 * random_uniform(state) - 1;
}

void random_order(uint64_t *state, uint32_t *order, size_t n) {
    for (size_t i = 0; i < n; i++)
        order[i] = (uint32_t)i;
    for (size_t i = n; i > 1; i--) {
        size_t j = random_below(state, i);
        uint32_t kept = order[i - 1];
        order[i - 1] = order[j];
        order[j] = kept;
    }
}
