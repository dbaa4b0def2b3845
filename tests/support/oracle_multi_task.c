#include "oracle_multi_task.h"

#include <math.h>
#include <stdlib.h>

typedef long double real;

enum { MOST_SWEEPS = 100000 };

static real *room(size_t n) {
    return calloc(n + 1, sizeof(real));
}

/* y - x w (n, m) */
static real *residual_of(const double *x, const double *y, size_t n, size_t p, size_t m,
                         const real *w) {
    real *residual = room(n * m);
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < m; k++) {
            residual[i * m + k] = y[i * m + k];
            for (size_t j = 0; j < p; j++)
                residual[i * m + k] -= (real)x[i * p + j] * w[j * m + k];
        }
    return residual;
}

static real norm(const real *a, size_t n) {
    real sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += a[i] * a[i];
    return sqrtl(sum);
}

/* x_j'residual + square w_j (m), what the other sources leave for source j; returns the square of
 * x_j's norm. */
static real left_for(const double *x, size_t n, size_t p, size_t m, size_t j, const real *residual,
                     const real *w, real *out) {
    real square = 0;
    for (size_t i = 0; i < n; i++)
        square += (real)x[i * p + j] * x[i * p + j];
    for (size_t k = 0; k < m; k++) {
        out[k] = square * w[j * m + k];
        for (size_t i = 0; i < n; i++)
            out[k] += (real)x[i * p + j] * residual[i * m + k];
    }
    return square;
}

/* Sets w_j; returns how far it moved. */
static real move_to(const double *x, size_t n, size_t p, size_t m, size_t j, const real *next,
                    real *residual, real *w) {
    real moved = 0;
    for (size_t k = 0; k < m; k++) {
        real change = next[k] - w[j * m + k];
        moved = fmaxl(moved, fabsl(change));
        w[j * m + k] = next[k];
        for (size_t i = 0; i < n; i++)
            residual[i * m + k] -= (real)x[i * p + j] * change;
    }
    return moved;
}

typedef void shrink(const real *left, size_t m, real square, real lam1, real lam2, real *next);

static void shrink_group(const real *left, size_t m, real square, real lam1, real lam2,
                         real *next) {
    real size = norm(left, m);
    for (size_t k = 0; k < m; k++)
        next[k] = size > lam1 ? (1 - lam1 / size) * left[k] / (square + lam2) : 0;
}

static void shrink_number(const real *left, size_t m, real square, real lam1, real lam2,
                          real *next) {
    for (size_t k = 0; k < m; k++) {
        next[k] = 0;
        if (left[k] > lam1)
            next[k] = (left[k] - lam1) / (square + lam2);
        if (left[k] < -lam1)
            next[k] = (left[k] + lam1) / (square + lam2);
    }
}

static void descend(const double *x, const double *y, size_t n, size_t p, size_t m, double lam1,
                    double lam2, shrink *by, double *w) {
    real *weights = room(p * m);
    real *left = room(m);
    real *next = room(m);
    real *residual = residual_of(x, y, n, p, m, weights);
    real moved = 1;
    for (int sweep = 0; sweep < MOST_SWEEPS && moved > 1e-15L; sweep++) {
        moved = 0;
        for (size_t j = 0; j < p; j++) {
            real square = left_for(x, n, p, m, j, residual, weights, left);
            if (square == 0)
                continue;
            by(left, m, square, lam1, lam2, next);
            moved = fmaxl(moved, move_to(x, n, p, m, j, next, residual, weights));
        }
    }
    for (size_t i = 0; i < p * m; i++)
        w[i] = (double)weights[i];
    free(weights);
    free(left);
    free(next);
    free(residual);
}

void oracle_multi_task(const double *x, const double *y, size_t n, size_t p, size_t m, double lam1,
                       double lam2, double *w) {
    descend(x, y, n, p, m, lam1, lam2, shrink_group, w);
}

void oracle_elastic_net(const double *x, const double *y, size_t n, size_t p, double lam1,
                        double lam2, double *w) {
    descend(x, y, n, p, 1, lam1, lam2, shrink_number, w);
}

void oracle_multi_task_gap(const double *x, const double *y, size_t n, size_t p, size_t m,
                           const double *w, double lam1, double lam2, double *gap,
                           double *objective) {
    real *weights = room(p * m);
    real *zero = room(p * m);
    real *c = room(m);
    for (size_t i = 0; i < p * m; i++)
        weights[i] = w[i];
    real *residual = residual_of(x, y, n, p, m, weights);
    real rr = powl(norm(residual, n * m), 2);
    real ww = powl(norm(weights, p * m), 2);
    real ry = 0;
    real largest = 0;
    real norms = 0;
    real excess = 0;
    for (size_t i = 0; i < n * m; i++)
        ry += residual[i] * y[i];
    for (size_t j = 0; j < p; j++) {
        left_for(x, n, p, m, j, residual, zero, c);
        excess += powl(fmaxl(norm(c, m) - lam1, 0), 2);
        for (size_t k = 0; k < m; k++)
            c[k] -= lam2 * weights[j * m + k];
        largest = fmaxl(largest, norm(c, m));
        norms += norm(weights + j * m, m);
    }
    real s = largest > lam1 ? lam1 / largest : 1;
    real primal = rr / 2 + lam1 * norms + lam2 / 2 * ww;
    real dual = s * ry - s * s / 2 * (rr + lam2 * ww);
    if (lam2 > 0)
        dual = fmaxl(dual, ry - rr / 2 - excess / (2 * lam2));
    *gap = (double)(primal - dual);
    *objective = (double)primal;
    free(weights);
    free(zero);
    free(c);
    free(residual);
}
