#include "oracle_pls.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static double *room(size_t n) {
    return calloc(n + 1, sizeof(double));
}

/* Centres columns, and scales them to unit deviation if asked for, as the n rows of `x` are; `test`
 * (n_test, m), which may be NULL, is changed alike. `deviation` (m). */
static void standardise(double *x, size_t n, double *test, size_t n_test, size_t m, bool scale,
                        double *deviation) {
    for (size_t j = 0; j < m; j++) {
        double mean = 0;
        double square = 0;
        bool constant = true;
        for (size_t i = 0; i < n; i++) {
            mean += x[i * m + j] / (double)n;
            constant = constant && x[i * m + j] == x[j];
        }
        mean = constant ? x[j] : mean;
        for (size_t i = 0; i < n; i++)
            square += pow(x[i * m + j] - mean, 2);
        deviation[j] = scale && square > 0 ? sqrt(square / (double)(n - 1)) : 1;
        for (size_t i = 0; i < n; i++)
            x[i * m + j] = (x[i * m + j] - mean) / deviation[j];
        for (size_t i = 0; i < n_test; i++)
            test[i * m + j] = (test[i * m + j] - mean) / deviation[j];
    }
}

/* out (m) = a' x / x'x, a (n, m). */
static void regress(const double *a, size_t n, size_t m, const double *x, double *out) {
    double square = 0;
    for (size_t i = 0; i < n; i++)
        square += x[i] * x[i];
    for (size_t j = 0; j < m; j++) {
        out[j] = 0;
        for (size_t i = 0; i < n; i++)
            out[j] += a[i * m + j] * x[i] / square;
    }
}

/* out (n) = a x, a (n, m). */
static void multiply(const double *a, size_t n, size_t m, const double *x, double *out) {
    for (size_t i = 0; i < n; i++) {
        out[i] = 0;
        for (size_t j = 0; j < m; j++)
            out[i] += a[i * m + j] * x[j];
    }
}

static void subtract_outer(double *a, size_t n, size_t m, const double *x, const double *y) {
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < m; j++)
            a[i * m + j] -= x[i] * y[j];
}

static double norm(const double *x, size_t n) {
    double square = 0;
    for (size_t i = 0; i < n; i++)
        square += x[i] * x[i];
    return sqrt(square);
}

/* Zeroes tiny columns of y; u (n) becomes the first that is not null, false where there is none. */
static bool start(double *y, size_t n, size_t m, double *u) {
    bool found = false;
    for (size_t j = 0; j < m; j++) {
        double largest = 0;
        for (size_t i = 0; i < n; i++)
            largest = fmax(largest, fabs(y[i * m + j]));
        for (size_t i = 0; i < n && largest < 10 * DBL_EPSILON; i++)
            y[i * m + j] = 0;
        for (size_t i = 0; i < n && !found && largest >= 10 * DBL_EPSILON; i++)
            u[i] = y[i * m + j];
        found = found || largest >= 10 * DBL_EPSILON;
    }
    return found;
}

/* One component: weights w (p), scores t (n), loadings q (m) of y. */
static void find(const oracle_pls_rules *rules, const double *x, size_t n, size_t p,
                 const double *y, size_t m, double *u, double *w, double *t, double *q) {
    double *old = room(p);
    for (size_t j = 0; j < p; j++)
        old[j] = 100;
    for (size_t iteration = 0; iteration < rules->max_iter; iteration++) {
        double change = 0;
        regress(x, n, p, u, w);
        double length = norm(w, p) + DBL_EPSILON;
        for (size_t j = 0; j < p; j++) {
            w[j] /= length;
            change += (w[j] - old[j]) * (w[j] - old[j]);
            old[j] = w[j];
        }
        multiply(x, n, p, w, t);
        regress(y, n, m, t, q);
        multiply(y, n, m, q, u);
        for (size_t i = 0; i < n; i++)
            u[i] /= norm(q, m) * norm(q, m) + DBL_EPSILON;
        if (change < rules->tol || m == 1)
            break;
    }
    free(old);
}

void oracle_pls(const oracle_pls_rules *rules, const double *x_given, size_t n, size_t p,
                const double *y_given, size_t m, const double *x_test, size_t n_test,
                double *prediction) {
    double *x = room(n * p);
    double *y = room(n * m);
    double *test = room(n_test * p);
    double *deviation = room(p);
    double *unit = room(m);
    double *w = room(p);
    double *load = room(p);
    double *t = room(n);
    double *u = room(n);
    double *q = room(m);
    double *t_test = room(n_test);
    memcpy(x, x_given, n * p * sizeof *x);
    memcpy(y, y_given, n * m * sizeof *y);
    memcpy(test, x_test, n_test * p * sizeof *test);
    memset(prediction, 0, n_test * m * sizeof *prediction);
    standardise(x, n, test, n_test, p, rules->scale, deviation);
    standardise(y, n, NULL, 0, m, rules->scale, unit);
    for (size_t k = 0; k < rules->n_component && start(y, n, m, u); k++) {
        find(rules, x, n, p, y, m, u, w, t, q);
        regress(x, n, p, t, load);
        multiply(test, n_test, p, w, t_test);
        subtract_outer(x, n, p, t, load);
        subtract_outer(test, n_test, p, t_test, load);
        subtract_outer(y, n, m, t, q);
        for (size_t i = 0; i < n_test; i++)
            for (size_t j = 0; j < m; j++)
                prediction[i * m + j] += t_test[i] * q[j] * unit[j];
    }
    free(x);
    free(y);
    free(test);
    free(deviation);
    free(unit);
    free(w);
    free(load);
    free(t);
    free(u);
    free(q);
    free(t_test);
}
