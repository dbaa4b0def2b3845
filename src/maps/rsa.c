#include "maps/rsa.h"

#include <float.h>
#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "numerics/linalg.h"

/* States whose dissimilarities are looked at together. */
enum { ROWS = 128 };

/* Number, means and centred sums of products of pairs (x, y), merged row by row (Chan, Golub &
 * LeVeque, American Statistician 37 (1983) 242-247). */
typedef struct moments {
    double n, mean_x, mean_y, xx, yy, xy;
} moments;

static void merge(moments *all, const moments *more) {
    if (more->n == 0)
        return;
    double n = all->n + more->n;
    double dx = more->mean_x - all->mean_x;
    double dy = more->mean_y - all->mean_y;
    double weight = all->n * more->n / n;
    all->xx += more->xx + dx * dx * weight;
    all->yy += more->yy + dy * dy * weight;
    all->xy += more->xy + dx * dy * weight;
    all->mean_x += dx * more->n / n;
    all->mean_y += dy * more->n / n;
    all->n = n;
}

static moments moments_of(const double *x, const double *y, size_t n) {
    moments m = {.n = (double)n};
    for (size_t j = 0; j < n; j++) {
        m.mean_x += x[j];
        m.mean_y += y[j];
    }
    m.mean_x /= n > 0 ? m.n : 1;
    m.mean_y /= n > 0 ? m.n : 1;
    for (size_t j = 0; j < n; j++) {
        double dx = x[j] - m.mean_x;
        double dy = y[j] - m.mean_y;
        m.xx += dx * dx;
        m.yy += dy * dy;
        m.xy += dx * dy;
    }
    return m;
}

/* Subtracts the mean of `row` (m) and returns the largest magnitude of what is left: exactly 0 if
 * all are equal, not finite if any is not. The first value goes first, so that the mean is one of
 * differences: a large common offset takes no digits from it. */
static double centre(double *row, size_t m) {
    double first = row[0];
    double mean = 0;
    double largest = 0;
    for (size_t j = 0; j < m; j++) {
        row[j] -= first;
        mean += row[j] / (double)m;
    }
    for (size_t j = 0; j < m; j++) {
        row[j] -= mean;
        largest = fabs(row[j]) > largest ? fabs(row[j]) : largest;
    }
    return isfinite(mean) ? largest : NAN;
}

/* Makes every row of `a` (n, m) sum to 0 and its squares to 1, so that inner products are
 * correlations; clears `has_pattern` where all its values are equal. False if any is not finite. */
static bool standardise(double *a, size_t n, size_t m, uint8_t *has_pattern) {
    for (size_t i = 0; i < n; i++) {
        double *row = a + i * m;
        double squares = 0;
        double largest = centre(row, m);
        if (!isfinite(largest))
            return false;
        if (largest == 0)
            has_pattern[i] = 0;
        for (size_t j = 0; j < m && largest > 0; j++) {
            row[j] /= largest; /* squares of tiny or huge numbers would vanish or overflow */
            squares += row[j] * row[j];
        }
        for (size_t j = 0; j < m && largest > 0; j++)
            row[j] /= sqrt(squares);
    }
    return true;
}

/* Moves the rows of `a` (n, m) that are kept to the front; returns their number. */
static size_t keep_rows(double *a, size_t n, size_t m, const uint8_t *is_kept) {
    size_t n_kept = 0;
    for (size_t i = 0; i < n; i++)
        if (is_kept[i])
            memmove(a + n_kept++ * m, a + i * m, m * sizeof *a);
    return n_kept;
}

/* Of the correlations between all pairs of the standardised rows of `a` (n, n_a) and `b` (n, n_b).
 * `x` and `y` hold (ROWS, n). */
static moments moments_of_pairs(size_t n, const double *a, size_t n_a, const double *b, size_t n_b,
                                double *x, double *y) {
    moments all = {0};
    for (size_t first = 0; first < n; first += ROWS) {
        size_t n_row = n - first < ROWS ? n - first : ROWS;
        size_t width = first + n_row;
        mec_multiply_transposed(n_row, width, n_a, a + first * n_a, n_a, a, n_a, 0.0, x, width);
        mec_multiply_transposed(n_row, width, n_b, b + first * n_b, n_b, b, n_b, 0.0, y, width);
        for (size_t i = 0; i < n_row; i++) {
            moments row = moments_of(x + i * width, y + i * width, first + i);
            merge(&all, &row);
        }
    }
    return all;
}

/* Whether correlations of patterns of m cells, with `squares` around their mean, differ by more
 * than inner products of equal patterns do by rounding. */
static bool vary(double squares, double n, size_t m) {
    return sqrt(squares / n) > ((double)m + 8) * DBL_EPSILON;
}

double mec_rsa_memory(size_t n) {
    return (double)n * (2 * ROWS * (double)sizeof(double) + 1);
}

mec_code mec_rsa(size_t n, double *a, size_t n_a, double *b, size_t n_b, double *score,
                 mec_scratch *scratch, mec_status *status) {
    uint8_t *has_pattern = mec_scratch_take(scratch, n, 1, status);
    double *x = mec_scratch_take(scratch, ROWS * n, sizeof *x, status);
    double *y = mec_scratch_take(scratch, ROWS * n, sizeof *y, status);
    if (!has_pattern || !x || !y)
        return status->code;
    *score = NAN;
    memset(has_pattern, 1, n);
    if (!standardise(a, n, n_a, has_pattern) || !standardise(b, n, n_b, has_pattern))
        return MEC_OK;
    size_t n_kept = keep_rows(a, n, n_a, has_pattern);
    keep_rows(b, n, n_b, has_pattern);
    /* 1 - r on both sides: the correlation of the correlations. */
    moments all = moments_of_pairs(n_kept, a, n_a, b, n_b, x, y);
    if (all.n >= 2 && vary(all.xx, all.n, n_a) && vary(all.yy, all.n, n_b))
        *score = fmax(-1, fmin(1, all.xy / (sqrt(all.xx) * sqrt(all.yy))));
    return MEC_OK;
}
