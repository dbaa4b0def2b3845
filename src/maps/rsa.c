#include "maps/rsa.h"

#include <math.h>
#include <stdbool.h>
#include <stdint.h>

#include "numerics/linalg.h"

/* States whose dissimilarities are looked at together. */
enum { ROWS = 128 };

/* Number, means and centred sums of products of pairs (x, y), merged block by block (Chan, Golub &
 * LeVeque, American Statistician 37 (1983) 242-247). */
typedef struct moments {
    double n, mean_x, mean_y, xx, yy, xy;
    double min_x, max_x, min_y, max_y;
} moments;

static const moments no_pairs = {
    .min_x = INFINITY, .max_x = -INFINITY, .min_y = INFINITY, .max_y = -INFINITY};

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
    all->min_x = fmin(all->min_x, more->min_x);
    all->max_x = fmax(all->max_x, more->max_x);
    all->min_y = fmin(all->min_y, more->min_y);
    all->max_y = fmax(all->max_y, more->max_y);
}

/* Makes every row of `a` (n, m) sum to 0 and its squares to 1, so that inner products are
 * correlations; clears `has_pattern` where all its values are equal. */
static bool standardise(double *a, size_t n, size_t m, uint8_t *has_pattern) {
    for (size_t i = 0; i < n; i++) {
        double *row = a + i * m;
        double sum = 0;
        double squares = 0;
        bool constant = true;
        for (size_t j = 0; j < m; j++) {
            sum += row[j];
            constant &= row[j] == row[0];
        }
        if (!isfinite(sum))
            return false;
        for (size_t j = 0; j < m; j++) {
            row[j] -= sum / (double)m;
            squares += row[j] * row[j];
        }
        if (constant || squares == 0)
            has_pattern[i] = 0;
        for (size_t j = 0; j < m && squares > 0; j++)
            row[j] /= sqrt(squares);
    }
    return true;
}

/* The pairs of state i (row `i - first` of the blocks `x`, `y`, each (.., n_column)) with the
 * states of columns [0, n_column) before it. */
static moments row_moments(const double *x, const double *y, const uint8_t *has_pattern,
                           size_t n_column) {
    moments m = no_pairs;
    for (size_t j = 0; j < n_column; j++) {
        if (!has_pattern[j])
            continue;
        m.n++;
        m.mean_x += x[j];
        m.mean_y += y[j];
        m.min_x = fmin(m.min_x, x[j]);
        m.max_x = fmax(m.max_x, x[j]);
        m.min_y = fmin(m.min_y, y[j]);
        m.max_y = fmax(m.max_y, y[j]);
    }
    m.mean_x /= m.n > 0 ? m.n : 1;
    m.mean_y /= m.n > 0 ? m.n : 1;
    for (size_t j = 0; j < n_column; j++) {
        if (!has_pattern[j])
            continue;
        double dx = x[j] - m.mean_x;
        double dy = y[j] - m.mean_y;
        m.xx += dx * dx;
        m.yy += dy * dy;
        m.xy += dx * dy;
    }
    return m;
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
    for (size_t i = 0; i < n; i++)
        has_pattern[i] = 1;
    *score = NAN;
    if (!standardise(a, n, n_a, has_pattern) || !standardise(b, n, n_b, has_pattern))
        return MEC_OK;
    moments all = no_pairs;
    for (size_t first = 0; first < n; first += ROWS) {
        size_t n_row = n - first < ROWS ? n - first : ROWS;
        size_t width = first + n_row;
        mec_multiply_transposed(n_row, width, n_a, a + first * n_a, n_a, a, n_a, 0.0, x, width);
        mec_multiply_transposed(n_row, width, n_b, b + first * n_b, n_b, b, n_b, 0.0, y, width);
        for (size_t i = 0; i < n_row; i++) {
            moments row = row_moments(x + i * width, y + i * width, has_pattern, first + i);
            if (has_pattern[first + i])
                merge(&all, &row);
        }
    }
    /* 1 - r on both sides: the correlation of the correlations. */
    if (all.n >= 2 && all.min_x < all.max_x && all.min_y < all.max_y)
        *score = fmax(-1, fmin(1, all.xy / (sqrt(all.xx) * sqrt(all.yy))));
    return MEC_OK;
}
