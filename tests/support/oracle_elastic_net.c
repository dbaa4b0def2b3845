#include "oracle_elastic_net.h"

#include <math.h>
#include <stdlib.h>

typedef long double real;

enum { MOST_SWEEPS = 200000, N_MULTIPLE = 2000 };

static real dot(const double *x, const real *r, size_t n) {
    real sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += (real)x[i] * r[i];
    return sum;
}

/* y - X w; the caller frees it. */
static real *residual_of(const oracle_net *net, const double *w) {
    real *r = malloc((net->n + 1) * sizeof *r);
    for (size_t i = 0; r && i < net->n; i++) {
        r[i] = net->y[i];
        for (size_t j = 0; j < net->p; j++)
            r[i] -= (real)net->columns[j * net->n + i] * (real)w[j];
    }
    return r;
}

static real square_of(const real *r, size_t n) {
    real sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += r[i] * r[i];
    return sum;
}

long double oracle_net_objective(const oracle_net *net, const double *w) {
    real *r = residual_of(net, w);
    real sum = square_of(r, net->n) / 2;
    for (size_t j = 0; j < net->p; j++)
        sum += (real)net->lam1 * fabsl((real)w[j]) + (real)net->lam2 / 2 * (real)w[j] * (real)w[j];
    free(r);
    return sum;
}

static real shrink(real z, real lam1, bool positive) {
    if (z > lam1)
        return z - lam1;
    return z < -lam1 && !positive ? z + lam1 : 0;
}

/* One sweep over the exact weights `u`; the largest change of a prediction. */
static real sweep(const oracle_net *net, real *u, real *r) {
    real largest = 0;
    for (size_t j = 0; j < net->p; j++) {
        const double *x = net->columns + j * net->n;
        real square = 0;
        for (size_t i = 0; i < net->n; i++)
            square += (real)x[i] * (real)x[i];
        if (square == 0)
            continue;
        real next = shrink(dot(x, r, net->n) + square * u[j], net->lam1, net->positive) /
                    (square + (real)net->lam2);
        real change = next - u[j];
        for (size_t i = 0; i < net->n; i++)
            r[i] -= change * (real)x[i];
        u[j] = next;
        largest = fmaxl(largest, fabsl(change) * sqrtl(square));
    }
    return largest;
}

void oracle_net_solve(const oracle_net *net, double *w) {
    real *u = calloc(net->p + 1, sizeof *u);
    for (size_t j = 0; j < net->p; j++)
        w[j] = 0;
    real *r = residual_of(net, w);
    real scale = sqrtl(square_of(r, net->n));
    for (int i = 0; i < MOST_SWEEPS; i++)
        if (sweep(net, u, r) <= 1e-16L * scale)
            break;
    for (size_t j = 0; j < net->p; j++)
        w[j] = (double)u[j];
    free(u);
    free(r);
}

static real push(const oracle_net *net, real c) {
    return net->positive ? c : fabsl(c);
}

static real scaled_dual(const oracle_net *net, const double *w, const real *r) {
    real steepest = 0;
    real ry = 0;
    real square = square_of(r, net->n);
    for (size_t j = 0; j < net->p; j++) {
        real c = dot(net->columns + j * net->n, r, net->n) - (real)net->lam2 * (real)w[j];
        steepest = fmaxl(steepest, push(net, c));
        square += (real)net->lam2 * (real)w[j] * (real)w[j];
    }
    for (size_t i = 0; i < net->n; i++)
        ry += r[i] * (real)net->y[i];
    real scale = steepest > (real)net->lam1 ? (real)net->lam1 / steepest : 1;
    return scale * ry - scale * scale / 2 * square;
}

static real smooth_dual(const oracle_net *net, const real *r, real b) {
    real dual = -b * b / 2 * square_of(r, net->n);
    for (size_t i = 0; i < net->n; i++)
        dual += b * r[i] * (real)net->y[i];
    for (size_t j = 0; j < net->p; j++) {
        real t = push(net, b * dot(net->columns + j * net->n, r, net->n)) - (real)net->lam1;
        if (t > 0)
            dual -= t * t / (2 * (real)net->lam2);
    }
    return dual;
}

long double oracle_net_gap(const oracle_net *net, const double *w) {
    real *r = residual_of(net, w);
    real dual = scaled_dual(net, w, r);
    for (int k = 0; k <= N_MULTIPLE && net->lam2 > 0; k++)
        dual = fmaxl(dual, smooth_dual(net, r, (real)k / N_MULTIPLE));
    free(r);
    return oracle_net_objective(net, w) - dual;
}

double oracle_net_violation(const oracle_net *net, const double *w) {
    real *r = residual_of(net, w);
    real largest = 0;
    for (size_t j = 0; j < net->p; j++) {
        real g = dot(net->columns + j * net->n, r, net->n) - (real)net->lam2 * (real)w[j];
        real off = push(net, g) - (real)net->lam1;
        if (w[j] != 0)
            off = fabsl((w[j] < 0 ? -g : g) - (real)net->lam1);
        if (net->positive && w[j] < 0)
            off = INFINITY;
        largest = fmaxl(largest, off);
    }
    free(r);
    return (double)largest;
}
