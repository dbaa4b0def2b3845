/* How well predictions of test states agree with what was recorded. */
#ifndef MEC_MAPS_SCORES_H
#define MEC_MAPS_SCORES_H

#include "base/scratch.h"
#include "maps/bins.h"
#include "maps/population.h"

/* The scores, in the order of MEC_SCORE_NAMES: first those of single cells, then of animals. */
typedef enum mec_score {
    MEC_SCORE_CORR, /* Pearson's r; NaN where either side is constant or a prediction not finite */
    MEC_SCORE_R2,   /* 1 - residual / total sum of squares; NaN where the target is constant */
    MEC_SCORE_MSE,  /* mean squared error, Hz^2 */
    MEC_SCORE_NEG_EMD, /* minus the earth mover's distance: maps/emd.h */
    MEC_N_CELL_SCORE,
    MEC_SCORE_RSA = MEC_N_CELL_SCORE, /* representational similarity: maps/rsa.h */
    MEC_N_SCORE,
} mec_score;

#define MEC_SCORE_NAMES "corr r2 mse neg_emd rsa"

/* Predictions of some cells of a population on the test states. */
typedef struct mec_predictions {
    const mec_population *target;
    const uint32_t *cells; /* (n) columns of the target */
    size_t n;
    const uint32_t *test; /* (n_test) states */
    size_t n_test;
    const double *prediction; /* (n_test, n), without the intercept */
    const double *intercept;  /* (n) */
} mec_predictions;

/* Pearson's r, r2 and mse of every cell: score[k] (n), NULL where not wanted. The correlation does
 * not depend on the intercept and is computed without it, so that nothing is lost to rounding. Two
 * passes: means, then sums of products of what is left. */
mec_code mec_score_cells(const mec_predictions *predictions, double *const score[MEC_N_CELL_SCORE],
                         mec_scratch *scratch, mec_status *status);

/* The same for those who have the test states one after the other, or only some of them: what two
 * passes over the states gather for each of n cells. Where several have a part of the states each,
 * they add up and compare these numbers after each pass, as said there. */
typedef struct mec_score_sums {
    size_t n;
    double *min_y, *min_p;           /* first pass; 2 n numbers in a row: the least of all counts */
    double *max_y, *max_p;           /* first pass, likewise: the most */
    double *mean_y, *mean_p;         /* first pass, likewise: their sum; then the means */
    double *yy, *pp, *yp, *residual; /* second pass; 4 n numbers in a row: their sum */
    /* Powers of two near 1 / range that yy, pp, yp are scaled by, so that squares of very small or
     * large numbers neither vanish nor overflow; exact. */
    double *scale_y, *scale_p;
} mec_score_sums;

/* Takes the numbers from `scratch` and starts the first pass. */
mec_code mec_score_start(mec_score_sums *sums, size_t n, mec_scratch *scratch, mec_status *status);

/* Adds one state: responses `y` (n) and predictions `p` (n), without the intercept (n). */
void mec_score_first_pass(const mec_score_sums *sums, const double *y, const double *p);
void mec_score_second_pass(const mec_score_sums *sums, const double *y, const double *p,
                           const double *intercept);

/* Between the passes over `n_test` states, and after them: score[k] (n) as above. */
void mec_score_between_passes(const mec_score_sums *sums, size_t n_test);
void mec_score_end(const mec_score_sums *sums, size_t n_test,
                   double *const score[MEC_N_CELL_SCORE]);

/* A power of two near 1 / range, by which deviations are scaled before they are squared, so that
 * squares of very small or large numbers neither vanish nor overflow; exact. */
double mec_score_scale(double range);

#endif
