/* The serial, obvious versions of fits and scores, in long double: what the fast ones must agree
 * with. */
#ifndef MEC_TESTS_ORACLE_H
#define MEC_TESTS_ORACLE_H

#include <stdbool.h>
#include <stddef.h>

#include "maps/scores.h"

/* Ridge regression of `y` (n) on `x` (n, p), of least norm where alpha is 0 and x has not full
 * rank: predictions without the intercept on `x_test` (n_test, p), and the intercept. */
void oracle_ridge(const double *x, size_t n, size_t p, const double *y, const double *x_test,
                  size_t n_test, double alpha, bool fit_intercept, double *prediction,
                  double *intercept);

/* Scores by their definitions. */
void oracle_scores(const double *y, const double *prediction, double intercept, size_t n,
                   double score[MEC_N_SCORE]);

#endif
