#include "oracle_bayesian_ridge.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "unit.h"

typedef long double real;

/* One target and its source, centred where an intercept is fitted. */
typedef struct fit {
    size_t n, p;
    real *x, *y;     /* (n, p), (n) */
    real *w, *w_old; /* (p) */
    real *a;         /* (k, k + 1 + k), k = min(n, p): room for elimination */
    real alpha, lambda;
    real gamma, sse;
} fit;

/* Gauss and Jordan's elimination of a (n, m), m > n, to the identity beside what solves it. */
static void eliminate(real *a, size_t n, size_t m) {
    for (size_t k = 0; k < n; k++) {
        size_t best = k;
        for (size_t i = k + 1; i < n; i++)
            if (fabsl(a[i * m + k]) > fabsl(a[best * m + k]))
                best = i;
        for (size_t j = 0; j < m; j++) {
            real kept = a[k * m + j];
            a[k * m + j] = a[best * m + j];
            a[best * m + j] = kept;
        }
        for (size_t j = m; j-- > k;)
            a[k * m + j] /= a[k * m + k];
        for (size_t i = 0; i < n; i++) {
            real factor = a[i * m + k];
            for (size_t j = k; j < m && i != k; j++)
                a[i * m + j] -= factor * a[k * m + j];
        }
    }
}

/* Element (i, j) of x'x where sources are fewer than states, else of xx'. */
static real product(const fit *f, size_t i, size_t j) {
    real sum = 0;
    for (size_t k = 0; f->p < f->n && k < f->n; k++)
        sum += f->x[k * f->p + i] * f->x[k * f->p + j];
    for (size_t k = 0; f->p >= f->n && k < f->p; k++)
        sum += f->x[i * f->p + k] * f->x[j * f->p + k];
    return sum;
}

/* w = inverse(x'x + r I) x'y = x' inverse(xx' + r I) y with r = lambda / alpha; gamma, the trace of
 * either matrix over itself plus r; sse. */
static void update_weights(fit *f) {
    bool primal = f->p < f->n;
    size_t k = primal ? f->p : f->n;
    size_t m = 2 * k + 1;
    for (size_t i = 0; i < k; i++) {
        for (size_t j = 0; j < k; j++) {
            f->a[i * m + k + 1 + j] = product(f, i, j);
            f->a[i * m + j] = f->a[i * m + k + 1 + j] + (i == j ? f->lambda / f->alpha : 0);
        }
        f->a[i * m + k] = primal ? 0 : f->y[i];
        for (size_t j = 0; j < f->n && primal; j++)
            f->a[i * m + k] += f->x[j * f->p + i] * f->y[j];
    }
    eliminate(f->a, k, m);
    f->gamma = f->sse = 0;
    for (size_t i = 0; i < k; i++)
        f->gamma += f->a[i * m + k + 1 + i];
    for (size_t i = 0; i < f->p; i++) {
        f->w[i] = primal ? f->a[i * m + k] : 0;
        for (size_t j = 0; j < f->n && !primal; j++)
            f->w[i] += f->x[j * f->p + i] * f->a[j * m + k];
    }
    for (size_t i = 0; i < f->n; i++) {
        real left = f->y[i];
        for (size_t j = 0; j < f->p; j++)
            left -= f->x[i * f->p + j] * f->w[j];
        f->sse += left * left;
    }
}

static int64_t iterate(fit *f, const mec_map_parameters *given) {
    int64_t most = given->max_iter == MEC_AUTO ? 300 : given->max_iter;
    real tol = isnan(given->tol) ? 1e-3L : (real)given->tol;
    int64_t round = 0;
    for (bool moves = true; moves && round < most; round++) {
        real move = 0;
        real squares = 0;
        update_weights(f);
        for (size_t j = 0; j < f->p; j++) {
            squares += f->w[j] * f->w[j];
            move += fabsl(f->w_old[j] - f->w[j]);
        }
        f->lambda = (f->gamma + 2 * (real)given->lambda_1) / (squares + 2 * (real)given->lambda_2);
        f->alpha = ((real)f->n - f->gamma + 2 * (real)given->alpha_1) /
                   (f->sse + 2 * (real)given->alpha_2);
        moves = round == 0 || move >= tol;
        memcpy(f->w_old, f->w, f->p * sizeof *f->w);
    }
    update_weights(f);
    return round;
}

static real mean_of(const double *x, size_t n, size_t stride) {
    real sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += (real)x[i * stride] / (real)n;
    return sum;
}

int64_t oracle_bayesian_ridge(const double *x, size_t n, size_t p, const double *y,
                              const double *x_test, size_t n_test,
                              const mec_map_parameters *parameters, double *prediction,
                              double *intercept) {
    bool centred = parameters->fit_intercept;
    size_t k = n < p ? n : p;
    fit f = {.n = n, .p = p, .lambda = 1};
    f.x = calloc(n * p, sizeof(real));
    f.y = calloc(n, sizeof(real));
    f.w = calloc(p, sizeof(real));
    f.w_old = calloc(p, sizeof(real));
    f.a = calloc(k * (2 * k + 1), sizeof(real));
    assert_true(f.x && f.y && f.w && f.w_old && f.a);
    real variance = 0;
    for (size_t i = 0; i < n; i++) {
        real apart = (real)y[i] - mean_of(y, n, 1);
        variance += apart * apart / (real)n;
        f.y[i] = centred ? apart : (real)y[i];
        for (size_t j = 0; j < p; j++)
            f.x[i * p + j] = (real)x[i * p + j] - (centred ? mean_of(x + j, n, p) : 0);
    }
    f.alpha = 1 / (variance + (real)DBL_EPSILON);
    int64_t n_round = iterate(&f, parameters);
    *intercept = centred ? (double)mean_of(y, n, 1) : 0;
    for (size_t i = 0; i < n_test; i++) {
        real sum = 0;
        for (size_t j = 0; j < p; j++)
            sum += ((real)x_test[i * p + j] - (centred ? mean_of(x + j, n, p) : 0)) * f.w[j];
        prediction[i] = (double)sum;
    }
    free(f.x);
    free(f.y);
    free(f.w);
    free(f.w_old);
    free(f.a);
    return n_round;
}
