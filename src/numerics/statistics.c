#include "numerics/statistics.h"

#include <math.h>
#include <stdlib.h>

static int by_value_nan_last(const void *left, const void *right) {
    double a = *(const double *)left;
    double b = *(const double *)right;
    if (isnan(a) || isnan(b))
        return isnan(a) - isnan(b);
    return (a > b) - (a < b);
}

/* `p` in [0, 1] of n > 0 sorted values. */
static double quantile(const double *sorted, size_t n, double p) {
    double position = p * (double)(n - 1);
    size_t below = (size_t)position;
    size_t above = below + 1 < n ? below + 1 : below;
    return sorted[below] + (position - (double)below) * (sorted[above] - sorted[below]);
}

mec_summary mec_summarise(double *values, size_t n) {
    mec_summary summary = {.median = NAN, .mean = NAN, .q25 = NAN, .q75 = NAN, .sem = NAN};
    qsort(values, n, sizeof *values, by_value_nan_last);
    summary.mean = mec_nanmean(values, n, 1, &summary.count);
    summary.n_nan = n - summary.count;
    if (summary.count == 0)
        return summary;
    summary.q25 = quantile(values, summary.count, 0.25);
    summary.median = quantile(values, summary.count, 0.5);
    summary.q75 = quantile(values, summary.count, 0.75);
    if (summary.count < 2)
        return summary;
    double squares = 0;
    for (size_t i = 0; i < summary.count; i++)
        squares += (values[i] - summary.mean) * (values[i] - summary.mean);
    summary.sem = sqrt(squares / (double)(summary.count - 1) / (double)summary.count);
    return summary;
}

double mec_nanmean(const double *values, size_t n, size_t stride, size_t *count) {
    double sum = 0;
    size_t valid = 0;
    for (size_t i = 0; i < n; i++) {
        if (isnan(values[i * stride]))
            continue;
        sum += values[i * stride];
        valid++;
    }
    if (count)
        *count = valid;
    return valid ? sum / (double)valid : NAN;
}
