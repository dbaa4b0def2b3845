/* Autocorrelograms: the correlation of a map with itself, moved by every lag. Eight maps are taken
 * at a time, each in its own lane of the processor's vectors, so that what comes out for a map does
 * not depend on the maps beside it. Bins that are NaN are left out. */
#ifndef MEC_MODEL_CORRELOGRAM_H
#define MEC_MODEL_CORRELOGRAM_H

#include <stddef.h>

#include "base/status.h"

/* A lag of fewer common bins has no correlation, as in Sargolini et al., Science 312 (2006)
 * 758-762. */
enum { MEC_CORRELOGRAM_LEAST_COMMON = 20, MEC_CORRELOGRAM_MAPS = 8 };

/* Sums over pairs of numbers. */
typedef struct mec_pair_sums {
    double n, a, b, aa, bb, ab;
} mec_pair_sums;

/* Their correlation; NaN where there are too few, or one side is constant up to rounding. */
double mec_pair_sums_correlation(const mec_pair_sums *sums);

/* Room for maps of (nx, ny) bins. */
typedef struct mec_correlogram mec_correlogram;
mec_correlogram *mec_correlogram_create(size_t nx, size_t ny, mec_status *status);
void mec_correlogram_destroy(mec_correlogram *correlogram);

/* The first `n_map` <= MEC_CORRELOGRAM_MAPS columns of `maps` (nx ny, stride), at lags -(nx - 1) ..
 * nx - 1 and -(ny - 1) .. ny - 1: (n_map, 2 nx - 1, 2 ny - 1), NaN where there is none; valid until
 * the next call. Cost: 3 (nx ny)^2 multiplications and additions of vectors. */
const double *mec_correlogram_run(mec_correlogram *correlogram, size_t n_map, const double *maps,
                                  size_t stride);

#endif
