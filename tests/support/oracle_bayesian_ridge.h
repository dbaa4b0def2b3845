/* Bayesian ridge regression as its updates are published, one target, every matrix formed and
 * solved with anew in every round, in long double. */
#ifndef MEC_TESTS_ORACLE_BAYESIAN_RIDGE_H
#define MEC_TESTS_ORACLE_BAYESIAN_RIDGE_H

#include "maps/map.h"

/* Predictions without the intercept on `x_test` (n_test, p), and the intercept; returns the number
 * of rounds. */
int64_t oracle_bayesian_ridge(const double *x, size_t n, size_t p, const double *y,
                              const double *x_test, size_t n_test,
                              const mec_map_parameters *parameters, double *prediction,
                              double *intercept);

#endif
