#include "report/over_fits.h"

#include <math.h>

#include "fit/fit_output.h"
#include "maps/map.h"
#include "numerics/statistics.h"

double over_fits_mean(const double *values, size_t n_split, size_t n_source, size_t stride) {
    return n_source == stride ? fit_output_mean(values, n_split, n_source, NULL)
                              : mec_nanmean(values, n_split, stride, NULL);
}

double over_fits_count(const double *values, size_t n_split, size_t n_source, size_t stride) {
    size_t n = 0;
    for (size_t s = 0; s < n_split; s++)
        for (size_t k = 0; k < n_source; k++)
            n += isnan(values[s * stride + k]) ? 0 : 1;
    return (double)n;
}

/* The value that `rank` others lie before when they are sorted; lists are short. */
static double ranked(const double *values, size_t n_split, size_t n_source, size_t stride,
                     size_t rank) {
    for (size_t i = 0; i < n_split * n_source; i++) {
        double at = values[i / n_source * stride + i % n_source];
        size_t less = 0;
        size_t equal = 0;
        for (size_t j = 0; j < n_split * n_source; j++) {
            double other = values[j / n_source * stride + j % n_source];
            less += other < at;
            equal += other == at;
        }
        if (less <= rank && rank < less + equal)
            return at;
    }
    return NAN;
}

double over_fits_median(const double *values, size_t n_split, size_t n_source, size_t stride) {
    size_t n = (size_t)over_fits_count(values, n_split, n_source, stride);
    if (n == 0)
        return NAN;
    double low = ranked(values, n_split, n_source, stride, (n - 1) / 2);
    double high = ranked(values, n_split, n_source, stride, n / 2);
    return (low + high) / 2;
}

double over_fits_largest(const double *values, size_t n_split, size_t n_source, size_t stride) {
    double largest = NAN;
    for (size_t s = 0; s < n_split; s++)
        for (size_t k = 0; k < n_source; k++)
            largest = fmax(largest, values[s * stride + k]);
    return largest;
}

double over_fits_sum(const double *values, size_t n_split, size_t n_source, size_t stride) {
    double sum = 0;
    for (size_t s = 0; s < n_split; s++)
        for (size_t k = 0; k < n_source; k++)
            sum += isnan(values[s * stride + k]) ? 0 : values[s * stride + k];
    return sum;
}

static int severity(double outcome) {
    static const mec_outcome order[MEC_N_OUTCOME] = {MEC_OUTCOME_DONE, MEC_OUTCOME_NO_STATES,
                                                     MEC_OUTCOME_NOT_DONE,
                                                     MEC_OUTCOME_GAP_ABOVE_TOL, MEC_OUTCOME_FAILED};
    int i = 0;
    while (i < MEC_N_OUTCOME && order[i] != outcome)
        i++;
    return i;
}

double over_fits_worst(const double *values, size_t n_split, size_t n_source, size_t stride) {
    double worst = MEC_OUTCOME_DONE;
    for (size_t s = 0; s < n_split; s++)
        for (size_t k = 0; k < n_source; k++)
            if (severity(values[s * stride + k]) > severity(worst))
                worst = values[s * stride + k];
    return worst;
}

const char *over_fits_word(over_fits reduction) {
    return reduction == over_fits_median    ? "medians"
           : reduction == over_fits_largest ? "maxima"
                                            : "means";
}
