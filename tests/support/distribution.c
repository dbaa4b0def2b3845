#include "distribution.h"

#include <math.h>
#include <stdlib.h>

double cumulated_uniform(double x) {
    return x < 0 ? 0 : x > 1 ? 1 : x;
}

double cumulated_normal(double x) {
    return erfc(-x / M_SQRT2) / 2;
}

double cumulated_rayleigh(double x) {
    return x < 0 ? 0 : -expm1(-x * x / 2);
}

static int ascending(const void *a, const void *b) {
    double x = *(const double *)a;
    double y = *(const double *)b;
    return (x > y) - (x < y);
}

double kolmogorov(double *x, size_t n, distribution cumulated) {
    double largest = 0;
    qsort(x, n, sizeof *x, ascending);
    for (size_t i = 0; i < n; i++) {
        double p = cumulated(x[i]);
        largest = fmax(largest, fmax(p - (double)i / (double)n, (double)(i + 1) / (double)n - p));
    }
    return largest * sqrt((double)n);
}

static double mean_of(const double *x, size_t n) {
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += x[i];
    return sum / (double)n;
}

double correlation_in_errors(const double *x, const double *y, size_t n) {
    double mean_x = mean_of(x, n);
    double mean_y = mean_of(y, n);
    double xx = 0;
    double xy = 0;
    double yy = 0;
    for (size_t i = 0; i < n; i++) {
        xx += (x[i] - mean_x) * (x[i] - mean_x);
        xy += (x[i] - mean_x) * (y[i] - mean_y);
        yy += (y[i] - mean_y) * (y[i] - mean_y);
    }
    return xy / sqrt(xx * yy) * sqrt((double)n);
}

double mean_in_errors(const double *x, size_t n, double mean, double variance) {
    return (mean_of(x, n) - mean) / sqrt(variance / (double)n);
}
