#include "maps/reliability.h"

#include <math.h>

/* Whether both halves have visited the bin. */
static bool is_common(double a, double b) {
    return isfinite(a) && isfinite(b);
}

double mec_split_half_r(const mec_population *half1, size_t cell1, const mec_population *half2,
                        size_t cell2) {
    const double *a = half1->resp + cell1;
    const double *b = half2->resp + cell2;
    double n = 0;
    double mean_a = 0;
    double mean_b = 0;
    double min_a = INFINITY;
    double max_a = -INFINITY;
    double min_b = INFINITY;
    double max_b = -INFINITY;
    for (size_t i = 0; i < half1->n_state; i++) {
        double x = a[i * half1->n_cell];
        double y = b[i * half2->n_cell];
        if (!is_common(x, y))
            continue;
        n++;
        mean_a += x;
        mean_b += y;
        min_a = fmin(min_a, x);
        max_a = fmax(max_a, x);
        min_b = fmin(min_b, y);
        max_b = fmax(max_b, y);
    }
    if (n < 2 || min_a == max_a || min_b == max_b)
        return NAN;
    mean_a /= n;
    mean_b /= n;
    double aa = 0;
    double bb = 0;
    double ab = 0;
    for (size_t i = 0; i < half1->n_state; i++) {
        double x = a[i * half1->n_cell];
        double y = b[i * half2->n_cell];
        if (!is_common(x, y))
            continue;
        aa += (x - mean_a) * (x - mean_a);
        bb += (y - mean_b) * (y - mean_b);
        ab += (x - mean_a) * (y - mean_b);
    }
    return fmax(-1, fmin(1, ab / (sqrt(aa) * sqrt(bb))));
}

double mec_reliability(double split_half_r) {
    return split_half_r > -1 ? 2 * split_half_r / (1 + split_half_r) : NAN;
}

double mec_noise_corrected(double score, double reliability) {
    return reliability > 0 ? score / sqrt(reliability) : NAN;
}
