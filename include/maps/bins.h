/* Where the states of an arena lie: state = row * n_column + column on a grid of equal bins. */
#ifndef MEC_MAPS_BINS_H
#define MEC_MAPS_BINS_H

#include <stdbool.h>
#include <stddef.h>

typedef struct mec_bins {
    size_t n_row, n_column;             /* along x and y; 0: not known */
    double row_spacing, column_spacing; /* metres, or 1 where the arena's extent is not known */
} mec_bins;

#endif
