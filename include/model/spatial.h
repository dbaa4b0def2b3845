/* What a rate map says of a unit: how much a spike tells of the place, how much of the box it is
 * active in, and how hexagonal its map is.
 *
 * Spatial information, bits a spike (Skaggs, McNaughton, Gothard & Markus, NIPS 1993): the sum of
 * p r/R log2(r/R), with p the share of the time in a bin, r its rate and R the sum of p r.
 *
 * Sparsity (Skaggs, McNaughton, Wilson & Barnes, Hippocampus 6 (1996) 149-172): R^2 over the sum of
 * p r^2.
 *
 * Grid score (Sargolini et al., Science 312 (2006) 758-762): in the autocorrelogram of the map, the
 * ring around the central peak is correlated with itself turned; the score is the lower of the
 * correlations at 60 and 120 degrees less the highest of those at 30, 90 and 150. The central peak
 * ends at the first minimum r0, 2 bins away or more, of the correlogram's mean over circles. How
 * far the ring reaches is chosen between 2 r0 and 3 r0, which holds the six nearest peaks of a
 * hexagonal grid and not the next ones, so that the score is highest (as Langston et al., Science
 * 328 (2010) 1576-1580, choose it).
 *
 * Bins that are NaN are left out. A measure is NaN where it is not defined: information and
 * sparsity of a rate that is negative anywhere, or 0 everywhere; the score where the correlogram
 * has no minimum, or no room for the ring. Nothing here knows of networks. */
#ifndef MEC_MODEL_SPATIAL_H
#define MEC_MODEL_SPATIAL_H

#include <stddef.h>
#include <stdint.h>

#include "base/status.h"
#include "model/correlogram.h"

/* `map` (n) and the samples in every bin `count` (n). */
double mec_spatial_information(size_t n, const double *map, const int64_t *count);
double mec_spatial_sparsity(size_t n, const double *map, const int64_t *count);

/* Room for the grid scores of maps (nx, ny) whose bins have sides dx and dy. */
typedef struct mec_spatial mec_spatial;
mec_spatial *mec_spatial_create(size_t nx, size_t ny, double dx, double dy, mec_status *status);
void mec_spatial_destroy(mec_spatial *spatial);

/* Of the first `n_map` <= MEC_CORRELOGRAM_MAPS columns of `maps` (nx ny, stride). Cost: mostly
 * their autocorrelograms. */
void mec_spatial_grid_scores(mec_spatial *spatial, size_t n_map, const double *maps, size_t stride,
                             double *scores);

#endif
