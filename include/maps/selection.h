/* Percentiles of a list of numbers as numpy.nanpercentile counts them, by which the one-to-one map
 * keeps sources. */
#ifndef MEC_MAPS_SELECTION_H
#define MEC_MAPS_SELECTION_H

#include <stddef.h>

/* A percentile, between two neighbours of the sorted list. */
typedef struct mec_percentile {
    double below, above; /* the neighbours; equal at the upper end */
    double value;        /* interpolated linearly, to the bits of NumPy's own formula */
} mec_percentile;

/* The percentile `percent` (0 to 100) of `values` (n > 0, none NaN), which are reordered. Cost:
 * about 3 n comparisons. */
mec_percentile mec_percentile_of(double *values, size_t n, double percent);

#endif
