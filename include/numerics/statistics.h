/* Summaries of a list of numbers in which NaN means "no value". */
#ifndef MEC_NUMERICS_STATISTICS_H
#define MEC_NUMERICS_STATISTICS_H

#include <stddef.h>

typedef struct mec_summary {
    size_t count; /* values that are not NaN */
    size_t n_nan;
    double median, mean, q25, q75; /* NaN where count is 0 */
    double sem;                    /* sd (ddof 1) / sqrt(count); NaN where count is below 2 */
} mec_summary;

/* Summarises `n` values; sorts them in place (NaN last). Quartiles interpolate linearly, as
 * numpy.percentile does. */
mec_summary mec_summarise(double *values, size_t n);

/* The mean of `n` values `stride` apart, NaN left out; NaN where all are. `*count` (may be NULL)
 * receives how many were not NaN. */
double mec_nanmean(const double *values, size_t n, size_t stride, size_t *count);

#endif
