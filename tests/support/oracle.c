#include "oracle.h"

#include <math.h>
#include <stdlib.h>

typedef long double real;

static real *room(size_t n) {
    return calloc(n + 1, sizeof(real));
}

static real dot(const real *a, const real *b, size_t n) {
    real sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += a[i] * b[i];
    return sum;
}

/* Column means over the train states, or zeros. */
static real *means_of(const double *x, size_t n, size_t p, bool fit_intercept) {
    real *mean = room(p);
    for (size_t i = 0; i < n && fit_intercept; i++)
        for (size_t j = 0; j < p; j++)
            mean[j] += (real)x[i * p + j] / (real)n;
    return mean;
}

static real *less_mean(const double *x, size_t n, size_t p, const real *mean) {
    real *centred = room(n * p);
    for (size_t i = 0; i < n * p; i++)
        centred[i] = (real)x[i] - mean[i % p];
    return centred;
}

/* An orthonormal basis `q` (rank, p) of the rows of `x` (n, p), by Gram and Schmidt, twice; the
 * weights of a ridge regression, and of least squares of least norm, lie in their span. */
static size_t basis_of_rows(const real *x, size_t n, size_t p, real *q) {
    size_t rank = 0;
    for (size_t i = 0; i < n && rank < p; i++) {
        real *row = q + rank * p;
        for (size_t j = 0; j < p; j++)
            row[j] = x[i * p + j];
        real before = sqrtl(dot(row, row, p));
        for (size_t k = 0; k < 2 * rank; k++) {
            const real *other = q + k % rank * p;
            real along = dot(row, other, p);
            for (size_t j = 0; j < p; j++)
                row[j] -= along * other[j];
        }
        real after = sqrtl(dot(row, row, p));
        if (after <= 1e-11L * before || before == 0)
            continue;
        for (size_t j = 0; j < p; j++)
            row[j] /= after;
        rank++;
    }
    return rank;
}

/* Solves a (n, n) x = b by Gauss's elimination with row exchange; x replaces b. */
static void solve(real *a, real *b, size_t n) {
    for (size_t k = 0; k < n; k++) {
        size_t best = k;
        for (size_t i = k + 1; i < n; i++)
            if (fabsl(a[i * n + k]) > fabsl(a[best * n + k]))
                best = i;
        for (size_t j = 0; j < n; j++) {
            real kept = a[k * n + j];
            a[k * n + j] = a[best * n + j];
            a[best * n + j] = kept;
        }
        real kept = b[k];
        b[k] = b[best];
        b[best] = kept;
        for (size_t i = k + 1; i < n; i++) {
            real factor = a[i * n + k] / a[k * n + k];
            for (size_t j = k; j < n; j++)
                a[i * n + j] -= factor * a[k * n + j];
            b[i] -= factor * b[k];
        }
    }
    for (size_t k = n; k-- > 0;) {
        for (size_t j = k + 1; j < n; j++)
            b[k] -= a[k * n + j] * b[j];
        b[k] /= a[k * n + k];
    }
}

/* w (p) = q' c, (z'z + alpha) c = z'y, z = x q'. */
static void fit_weights(const real *x, size_t n, size_t p, const real *y, double alpha, real *w) {
    real *q = room((n + 1) * p);
    size_t rank = basis_of_rows(x, n, p, q);
    real *z = room(n * rank);
    real *normal = room(rank * rank);
    real *c = room(rank);
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < rank; k++)
            z[i * rank + k] = dot(x + i * p, q + k * p, p);
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < rank; k++) {
            c[k] += z[i * rank + k] * y[i];
            for (size_t l = 0; l < rank; l++)
                normal[k * rank + l] += z[i * rank + k] * z[i * rank + l];
        }
    for (size_t k = 0; k < rank; k++)
        normal[k * rank + k] += (real)alpha;
    solve(normal, c, rank);
    for (size_t k = 0; k < rank; k++)
        for (size_t j = 0; j < p; j++)
            w[j] += c[k] * q[k * p + j];
    free(q);
    free(z);
    free(normal);
    free(c);
}

void oracle_ridge(const double *x, size_t n, size_t p, const double *y, const double *x_test,
                  size_t n_test, double alpha, bool fit_intercept, double *prediction,
                  double *intercept) {
    real *mean_x = means_of(x, n, p, fit_intercept);
    real *mean_y = means_of(y, n, 1, fit_intercept);
    real *x_c = less_mean(x, n, p, mean_x);
    real *y_c = less_mean(y, n, 1, mean_y);
    real *test_c = less_mean(x_test, n_test, p, mean_x);
    real *w = room(p);
    fit_weights(x_c, n, p, y_c, alpha, w);
    for (size_t i = 0; i < n_test; i++)
        prediction[i] = (double)dot(test_c + i * p, w, p);
    *intercept = (double)mean_y[0];
    free(mean_x);
    free(mean_y);
    free(x_c);
    free(y_c);
    free(test_c);
    free(w);
}

static bool is_constant(const double *x, size_t n) {
    for (size_t i = 1; i < n; i++)
        if (x[i] != x[0])
            return false;
    return true;
}

static real mean_of(const double *x, size_t n) {
    real sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += (real)x[i];
    return sum / (real)n;
}

void oracle_scores(const double *y, const double *prediction, double intercept, size_t n,
                   double score[N_PLAIN_SCORE]) {
    real mean_y = mean_of(y, n);
    real mean_p = mean_of(prediction, n);
    real yy = 0;
    real pp = 0;
    real yp = 0;
    real residual = 0;
    for (size_t i = 0; i < n; i++) {
        real error = (real)y[i] - (real)prediction[i] - (real)intercept;
        yy += ((real)y[i] - mean_y) * ((real)y[i] - mean_y);
        pp += ((real)prediction[i] - mean_p) * ((real)prediction[i] - mean_p);
        yp += ((real)y[i] - mean_y) * ((real)prediction[i] - mean_p);
        residual += error * error;
    }
    bool flat = is_constant(y, n);
    score[MEC_SCORE_CORR] =
        flat || is_constant(prediction, n) ? NAN : (double)(yp / sqrtl(yy * pp));
    score[MEC_SCORE_R2] = flat ? NAN : (double)(1 - residual / yy);
    score[MEC_SCORE_MSE] = (double)(residual / (real)n);
}

double oracle_corr(const double *x, const double *y, size_t n) {
    double score[N_PLAIN_SCORE];
    oracle_scores(x, y, 0, n, score);
    return score[MEC_SCORE_CORR];
}

double oracle_rsa(size_t n, const double *a, size_t n_a, const double *b, size_t n_b) {
    double *x = malloc((n * n + 1) * sizeof *x);
    double *y = malloc((n * n + 1) * sizeof *y);
    size_t n_pair = 0;
    for (size_t i = 0; i < n && x && y; i++)
        for (size_t j = i + 1; j < n; j++) {
            x[n_pair] = 1 - oracle_corr(a + i * n_a, a + j * n_a, n_a);
            y[n_pair++] = 1 - oracle_corr(b + i * n_b, b + j * n_b, n_b);
        }
    double score = x && y ? oracle_corr(x, y, n_pair) : NAN;
    free(x);
    free(y);
    return score;
}
