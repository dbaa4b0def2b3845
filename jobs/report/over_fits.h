/* Many fits as one number: what a table tells of a cell that has several splits and sources. */
#ifndef MEC_JOBS_OVER_FITS_H
#define MEC_JOBS_OVER_FITS_H

#include <stddef.h>

/* Of the values of `n_split` splits, `stride` apart, and `n_source` sources. NaN is left out, and
 * is the answer where nothing else is there. */
typedef double (*over_fits)(const double *values, size_t n_split, size_t n_source, size_t stride);

double over_fits_mean(const double *values, size_t n_split, size_t n_source, size_t stride);
double over_fits_median(const double *values, size_t n_split, size_t n_source, size_t stride);
double over_fits_largest(const double *values, size_t n_split, size_t n_source, size_t stride);
double over_fits_sum(const double *values, size_t n_split, size_t n_source, size_t stride);

/* How many are not NaN: 0 where all are. */
double over_fits_count(const double *values, size_t n_split, size_t n_source, size_t stride);

/* Of values of a mec_outcome, the one that is furthest from "done". */
double over_fits_worst(const double *values, size_t n_split, size_t n_source, size_t stride);

/* "means", "medians", "maxima". */
const char *over_fits_word(over_fits reduction);

#endif
