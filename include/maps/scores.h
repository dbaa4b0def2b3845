/* How well predictions of test states agree with what was recorded: one number per cell. */
#ifndef MEC_MAPS_SCORES_H
#define MEC_MAPS_SCORES_H

#include "base/scratch.h"
#include "maps/population.h"

/* The scores, in the order of MEC_SCORE_NAMES. */
typedef enum mec_score {
    MEC_SCORE_CORR, /* Pearson's r; NaN where either side is constant or a prediction not finite */
    MEC_SCORE_R2,   /* 1 - residual / total sum of squares; NaN where the target is constant */
    MEC_SCORE_MSE,  /* mean squared error, Hz^2 */
    MEC_N_SCORE,
} mec_score;

#define MEC_SCORE_NAMES "corr r2 mse"

/* Scores predictions of cells [first, last) of `target` on the test states.
 *   test        (n_test) states
 *   prediction  (n_test, last - first), without the intercept
 *   intercept   (last - first), added for r2 and mse; corr does not depend on it, and is computed
 *               without it so that nothing is lost to rounding
 *   score       score[k] points to the first cell's result of score k, cells being `stride` apart;
 *               NULL where the score is not wanted
 * Two passes: means, then sums of products of what is left. */
mec_code mec_score_cells(const mec_population *target, size_t first, size_t last,
                         const uint32_t *test, size_t n_test, const double *prediction,
                         const double *intercept, double *const score[MEC_N_SCORE], size_t stride,
                         mec_scratch *scratch, mec_status *status);

#endif
