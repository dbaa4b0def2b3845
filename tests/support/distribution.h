/* Whether numbers are distributed as they claim: the distance of Kolmogorov and Smirnov, moments,
 * correlation. Tests draw with fixed seeds, so that what passes once always passes. */
#ifndef MEC_TESTS_DISTRIBUTION_H
#define MEC_TESTS_DISTRIBUTION_H

#include <stddef.h>

/* Reached by one true sample in a thousand: of kolmogorov(), and of standard errors. */
#define KOLMOGOROV_LIMIT 1.95
#define ERROR_LIMIT 3.3

typedef double (*distribution)(double x); /* cumulated probability */
double cumulated_uniform(double x);       /* in [0, 1) */
double cumulated_normal(double x);        /* of mean 0, variance 1 */
double cumulated_rayleigh(double x);      /* of scale 1 */

/* sqrt(n) times the largest distance between the cumulated frequencies of `x` (n), which is sorted,
 * and the distribution. */
double kolmogorov(double *x, size_t n, distribution cumulated);

/* sqrt(n) times the correlation of x and y (n): a standard normal if they are independent. */
double correlation_in_errors(const double *x, const double *y, size_t n);

/* How many standard errors the mean of `x` (n) lies off `mean`, given the true variance. */
double mean_in_errors(const double *x, size_t n, double mean, double variance);

#endif
