/* The earth mover's distance between two rate maps (Rubner, Tomasi & Guibas, International Journal
 * of Computer Vision 40 (2000) 99-121): both, with negative rates set to 0, are scaled to a total
 * of 1; the distance is the least mean path of a unit of one moved onto the other, over the
 * Euclidean distances of the bins' centres. Solved exactly (numerics/transport.h). */
#ifndef MEC_MAPS_EMD_H
#define MEC_MAPS_EMD_H

#include "base/pulse.h"
#include "base/scratch.h"
#include "maps/bins.h"
#include "maps/scores.h"

/* Minus the distance between prediction (with its intercept) and response of every cell on the test
 * states, in the unit of the bins' spacing: `score` (n). NaN where either sums to 0 or is not
 * finite. The bins must be known, the test states different ones. MEC_STOPPED where the pulse asks
 * for it, between cells: scores are then incomplete. About 1 ms per cell for 320 test
 * states, 25 ms for 1,500, 0.3 s for 4,000, 2 s for 8,000. */
mec_code mec_score_neg_emd(const mec_predictions *predictions, const mec_bins *bins, double *score,
                           const mec_pulse *pulse, mec_scratch *scratch, mec_status *status);

/* Bytes that it takes for n_test states: nearly all for the distances of at most n_test^2 / 4 pairs
 * of states. */
double mec_neg_emd_memory(size_t n_test);

#endif
