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

/* The scores that are plain sums over the test states: corr, r2, mse, by their definitions. */
enum { N_PLAIN_SCORE = MEC_SCORE_MSE + 1 };
void oracle_scores(const double *y, const double *prediction, double intercept, size_t n,
                   double score[N_PLAIN_SCORE]);

/* Pearson's r of `x` and `y` (n). */
double oracle_corr(const double *x, const double *y, size_t n);

/* The agreement of patterns `a` (n, n_a) and `b` (n, n_b), none of them constant: the correlation
 * over pairs of states of the dissimilarities 1 - r. */
double oracle_rsa(size_t n, const double *a, size_t n_a, const double *b, size_t n_b);

#endif
