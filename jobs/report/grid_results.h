/* What the run file of a grid search holds beside its metrics, for those who read it. */
#ifndef MEC_JOBS_GRID_RESULTS_H
#define MEC_JOBS_GRID_RESULTS_H

#include "report/results.h"

/* The grid. */
typedef struct grid_results {
    const results *r;
    double *alphas;    /* (n_alpha) */
    double *l1_ratios; /* (n_l1_ratio) */
    size_t n_alpha, n_l1_ratio;
} grid_results;

/* MEC_REFUSED where the file lacks it. To be released in any case. */
mec_code grid_results_read(grid_results *g, const results *r, mec_status *status);
void grid_results_release(grid_results *g);

/* The value of a key of [grid] in the run's settings, "" where there is none. */
enum { GRID_SETTING_SIZE = 64 };
const char *grid_results_setting(const grid_results *g, const char *key,
                                 char value[GRID_SETTING_SIZE]);

/* The points of an animal's searches that were not accepted, as far as they are listed: (fits,
 * `*n_listed`) positions in (fold, alpha, l1_ratio), -1 where there are fewer. Owned by the caller;
 * NULL with a status. */
double *grid_results_rejected(const grid_results *g, const results_animal *animal, size_t *n_listed,
                              mec_status *status);

/* Whether the scores of all combinations were kept. */
bool grid_results_have_scores(const grid_results *g);

/* Adds those of an animal to `sum` (n_alpha, n_l1_ratio), and how many they are to `count`; NaN
 * left out. */
mec_code grid_results_add_scores(const grid_results *g, const results_animal *animal, double *sum,
                                 double *count, mec_status *status);

#endif
