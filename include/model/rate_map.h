/* Rate maps: the mean activation of every unit in every bin of a box.
 *
 * Sums are integers (fixed point, in two limbs), so that they do not depend on the order in which
 * samples, batches or ranks are added: the maps are the same to the bit on any number of ranks.
 *
 * A sample is rounded to a multiple of 2^-48. A sample that is not finite, or greater in size than
 * MEC_MAP_LARGEST, makes its unit's map NaN in its bin: it is not added, but remembered in `bad`.
 * The limbs hold MEC_MAP_MOST_SAMPLES such samples a bin without overflow. */
#ifndef MEC_MODEL_RATE_MAP_H
#define MEC_MODEL_RATE_MAP_H

#include <stddef.h>
#include <stdint.h>

#include "base/status.h"
#include "model/box.h"
#include "numerics/real.h"

#define MEC_MAP_LARGEST 1048576.0 /* 2^20 */
#define MEC_MAP_MOST_SAMPLES (INT64_C(1) << 27)

/* Bins of a box: edges linspace(min, max, n + 1), half-open except the last. */
typedef struct mec_map_bins {
    mec_box box;
    size_t nx, ny;
} mec_map_bins;

/* Edge i of the n + 1 edges linspace(min, max, n + 1), as NumPy rounds it. */
double mec_map_bins_edge(double min, double max, size_t n, size_t i);

/* The bin (ix * ny + iy) of every position (n, 2); SIZE_MAX outside. */
void mec_map_bins_find(const mec_map_bins *bins, const double *positions, size_t n, size_t *bin);

/* Running sums of one layer: value = (high + low 2^-32) 2^-16, low never carried. */
typedef struct mec_map_sums {
    size_t n_bin, n_unit;
    int64_t *high, *low; /* (n_bin, n_unit) */
    uint8_t *bad;        /* (n_bin, n_unit) 1: a sample there was no number to add */
} mec_map_sums;

mec_code mec_map_sums_create(mec_map_sums *sums, size_t n_bin, size_t n_unit, mec_status *status);
void mec_map_sums_destroy(mec_map_sums *sums);
double mec_map_sums_memory(size_t n_bin, size_t n_unit); /* bytes */

/* Adds row i of `values` (n, n_unit) to bin[i], where there is one. Cost: the memory's speed; rows
 * of one bin that follow each other find it in the cache. */
void mec_map_sums_add(mec_map_sums *sums, const size_t *bin, size_t n, const mec_real *values);

/* `map` (n_bin, n_unit): sums over `count` (n_bin) samples; NaN where there are none. */
void mec_map_sums_mean(const mec_map_sums *sums, const int64_t *count, double *map);

#endif
