#include "numerics/numpy_random.h"

#include <math.h>

void mec_numpy_seed(mec_numpy_random *random, uint32_t seed) {
    mec_mt19937_seed(&random->bits, seed);
    random->has_kept = false;
}

double mec_numpy_uniform(mec_numpy_random *random) {
    uint32_t high = mec_mt19937_next(&random->bits) >> 5;
    uint32_t low = mec_mt19937_next(&random->bits) >> 6;
    return (high * 0x1p26 + low) * 0x1p-53;
}

double mec_numpy_normal(mec_numpy_random *random) {
    if (random->has_kept) {
        random->has_kept = false;
        return random->kept;
    }
    double x;
    double y;
    double square;
    do {
        x = 2 * mec_numpy_uniform(random) - 1;
        y = 2 * mec_numpy_uniform(random) - 1;
        square = x * x + y * y;
    } while (square >= 1 || square == 0);
    double factor = sqrt(-2 * log(square) / square);
    random->kept = factor * x;
    random->has_kept = true;
    return factor * y;
}

double mec_numpy_rayleigh(mec_numpy_random *random, double scale) {
    return scale * sqrt(-2 * log1p(-mec_numpy_uniform(random)));
}
