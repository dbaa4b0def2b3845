/* Ridge regression: min ||y - X w - b||^2 + alpha ||w||^2, intercept b unpenalised.
 * Hoerl & Kennard, Technometrics 12 (1970) 55-67; the dual form: Saunders, Gammerman & Vovk, ICML
 * 1998.
 *
 * With X_c, y_c centred on the train states, three forms of one solution:
 *   primal    w = inverse(X_c'X_c + alpha I) X_c'y_c           where sources are fewer than states
 *   dual      X_c w = K_c inverse(K_c + alpha I) y_c, K_c = X_c X_c'               otherwise
 *   spectral  X_c = U diag(s) V', w = V diag(s / (s^2 + alpha)) U'y_c    where Cholesky cannot be
 *             trusted (alpha small or zero, X_c without full rank), or the kernel was not built
 * All targets share the factorisation. */
#include "maps/map.h"

#include <float.h>
#include <string.h>

#include "numerics/linalg.h"

/* Test rows that the spectral form gathers at a time. */
enum { ROWS = 256 };
/* Below this reciprocal condition Cholesky's solution can be off by more than 1e-6 of its size, and
 * the spectral form, which does not square it, takes over. */
static const double LEAST_RCOND = 1e-10;

typedef enum form { PRIMAL, DUAL, SPECTRAL } form;

/* `prediction = design * solve(y)`, where solve depends on the form:
 *   primal    inverse(L L') train' y        design (n_test, n_cell): X_c of the test states
 *   dual      inverse(L L') y               design (n_train, n_test), transposed: K_c between them
 *   spectral  train' y, train = U (n_train, r)    design (n_test, r): X_c V diag(s / (s^2 + alpha))
 */
typedef struct ridge {
    form form;
    size_t n_train, n_test, width; /* width: columns of `design` */
    double *design;
    double *train;  /* (n_train, width); primal and spectral */
    double *factor; /* (width, width), L; primal and dual */
} ridge;

static bool wants_kernel(const mec_map_parameters *parameters, const mec_shape *shape) {
    (void)parameters;
    return shape->n_train <= shape->n_cell;
}

/* X on the train states, centred there if asked for; `mean` (n_cell) receives what was subtracted.
 */
static double *gather_train(const mec_problem *problem, double *mean, mec_scratch *scratch,
                            mec_status *status) {
    size_t p = problem->source->n_cell;
    double *x = mec_scratch_take(scratch, problem->n_train * p, sizeof *x, status);
    if (!x)
        return NULL;
    mec_source_gather(problem->source, problem->train, problem->n_train, x);
    memset(mean, 0, p * sizeof *mean);
    if (problem->parameters->fit_intercept) {
        mec_column_means(x, problem->n_train, p, mean);
        mec_subtract_row(x, problem->n_train, p, mean);
    }
    return x;
}

/* Adds alpha to the diagonal and factors. */
static bool factor_with_alpha(ridge *r, double alpha, mec_scratch *scratch, mec_status *status) {
    size_t n = r->width;
    double *work = mec_scratch_take(scratch, 3 * n, sizeof *work, status);
    int *iwork = mec_scratch_take(scratch, n, sizeof *iwork, status);
    if (!work || !iwork)
        return false;
    for (size_t i = 0; i < n; i++)
        r->factor[i * n + i] += alpha;
    return mec_cholesky(n, r->factor, n, LEAST_RCOND, work, iwork);
}

static bool prepare_primal(const mec_problem *problem, ridge *r, mec_scratch *scratch,
                           mec_status *status) {
    size_t p = problem->source->n_cell;
    double *mean = mec_scratch_take(scratch, p, sizeof *mean, status);
    r->design = mec_scratch_take(scratch, r->n_test * p, sizeof *r->design, status);
    r->factor = mec_scratch_take(scratch, p * p, sizeof *r->factor, status);
    if (!mean || !r->design || !r->factor)
        return false;
    r->train = gather_train(problem, mean, scratch, status);
    if (!r->train)
        return false;
    r->form = PRIMAL;
    r->width = p;
    mec_source_gather(problem->source, problem->test, r->n_test, r->design);
    mec_subtract_row(r->design, r->n_test, p, mean);
    mec_gram(p, r->n_train, r->train, p, r->factor, p);
    return factor_with_alpha(r, problem->parameters->alpha, scratch, status);
}

/* The kernel between the train states and `columns`: out (n_train, n). Rows of train states are
 * read, never those of test states: the kernel is symmetric, and they are fewer. */
static void gather_kernel(const mec_problem *problem, const uint32_t *columns, size_t n,
                          double *out) {
    const mec_kernel *kernel = &problem->source->kernel;
    for (size_t i = 0; i < problem->n_train; i++) {
        const double *row = kernel->values + kernel->index[problem->train[i]] * kernel->n;
        for (size_t j = 0; j < n; j++)
            out[i * n + j] = row[kernel->index[columns[j]]];
    }
}

static double mean_of(const double *x, size_t n) {
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += x[i];
    return sum / (double)n;
}

/* Inner products of responses centred on the train states, k (n_train, n): each less its row's mean
 * over train states (`train_mean`) and its column's (`column_mean`, (n), worked out here), plus the
 * mean of all. */
static void centre_kernel(double *k, size_t n_train, size_t n, const double *train_mean,
                          double *column_mean) {
    double all = mean_of(train_mean, n_train);
    mec_column_means(k, n_train, n, column_mean);
    for (size_t i = 0; i < n_train; i++)
        for (size_t j = 0; j < n; j++)
            k[i * n + j] -= (train_mean[i] - all) + column_mean[j];
}

/* A centred kernel maps constants to 0. Adding a multiple of the constants' projection gives them
 * an eigenvalue in the middle of the others; neither y_c nor the design has a part along them, so
 * no prediction changes, but the condition number then tells only of what matters. */
static void lift_constants(double *k, size_t n) {
    double trace = 0;
    for (size_t i = 0; i < n; i++)
        trace += k[i * n + i];
    double lift = trace / ((double)n * (double)n);
    for (size_t i = 0; i < n * n; i++)
        k[i] += lift;
}

static bool prepare_dual(const mec_problem *problem, ridge *r, mec_scratch *scratch,
                         mec_status *status) {
    size_t n = r->n_train;
    size_t widest = n > r->n_test ? n : r->n_test;
    double *mean = mec_scratch_take(scratch, n, sizeof *mean, status);
    double *column_mean = mec_scratch_take(scratch, widest, sizeof *mean, status);
    r->factor = mec_scratch_take(scratch, n * n, sizeof *r->factor, status);
    r->design = mec_scratch_take(scratch, n * r->n_test, sizeof *r->design, status);
    if (!mean || !column_mean || !r->factor || !r->design)
        return false;
    r->form = DUAL;
    r->width = n;
    gather_kernel(problem, problem->train, n, r->factor);
    gather_kernel(problem, problem->test, r->n_test, r->design);
    if (problem->parameters->fit_intercept) {
        for (size_t i = 0; i < n; i++)
            mean[i] = mean_of(r->factor + i * n, n);
        centre_kernel(r->factor, n, n, mean, column_mean);
        lift_constants(r->factor, n);
        centre_kernel(r->design, n, r->n_test, mean, column_mean);
    }
    return factor_with_alpha(r, problem->parameters->alpha, scratch, status);
}

/* V diag(s / (s^2 + alpha)) in place of Vt (rank, p); directions lost in rounding get 0. */
static void filter_directions(double *vt, const double *s, size_t rank, size_t p, size_t n_train,
                              double alpha) {
    double cut = (double)(p > n_train ? p : n_train) * DBL_EPSILON * s[0];
    for (size_t k = 0; k < rank; k++) {
        double weight = s[k] > cut ? s[k] / (s[k] * s[k] + alpha) : 0;
        for (size_t j = 0; j < p; j++)
            vt[k * p + j] *= weight;
    }
}

static mec_code prepare_spectral(const mec_problem *problem, ridge *r, mec_scratch *scratch,
                                 mec_status *status) {
    size_t p = problem->source->n_cell;
    size_t rank = p < r->n_train ? p : r->n_train;
    double *mean = mec_scratch_take(scratch, p, sizeof *mean, status);
    double *s = mec_scratch_take(scratch, rank, sizeof *s, status);
    double *vt = mec_scratch_take(scratch, rank * p, sizeof *vt, status);
    double *rows = mec_scratch_take(scratch, ROWS * p, sizeof *rows, status);
    r->train = mec_scratch_take(scratch, r->n_train * rank, sizeof *r->train, status);
    r->design = mec_scratch_take(scratch, r->n_test * rank, sizeof *r->design, status);
    if (!mean || !s || !vt || !rows || !r->train || !r->design)
        return status->code;
    double *x = gather_train(problem, mean, scratch, status);
    if (!x || mec_svd(r->n_train, p, x, p, r->train, s, vt, status))
        return status->code;
    r->form = SPECTRAL;
    r->width = rank;
    filter_directions(vt, s, rank, p, r->n_train, problem->parameters->alpha);
    for (size_t first = 0; first < r->n_test; first += ROWS) {
        size_t n = r->n_test - first < ROWS ? r->n_test - first : ROWS;
        mec_source_gather(problem->source, problem->test + first, n, rows);
        mec_subtract_row(rows, n, p, mean);
        mec_multiply_transposed(n, rank, p, rows, p, vt, p, 0.0, r->design + first * rank, rank);
    }
    return MEC_OK;
}

static mec_code prepare(const mec_problem *problem, mec_scratch *scratch, void **prepared,
                        mec_status *status) {
    ridge *r = mec_scratch_take(scratch, 1, sizeof *r, status);
    if (!r)
        return status->code;
    *r = (ridge){.n_train = problem->n_train, .n_test = problem->n_test};
    *prepared = r;
    bool good = false;
    if (problem->source->n_cell < r->n_train)
        good = prepare_primal(problem, r, scratch, status);
    else if (problem->source->kernel.values)
        good = prepare_dual(problem, r, scratch, status);
    if (good || status->code != MEC_OK)
        return status->code;
    return prepare_spectral(problem, r, scratch, status);
}

static mec_code predict(const void *prepared, mec_block *block, mec_scratch *scratch,
                        mec_status *status) {
    const ridge *r = prepared;
    size_t m = block->m;
    double *solution = block->y;
    if (r->form != DUAL) {
        solution = mec_scratch_take(scratch, r->width * m, sizeof *solution, status);
        if (!solution)
            return status->code;
        mec_transposed_multiply(r->width, m, r->n_train, r->train, r->width, block->y, m, solution,
                                m);
    }
    if (r->form != SPECTRAL)
        mec_cholesky_solve(r->width, m, r->factor, r->width, solution, m);
    if (r->form == DUAL)
        mec_transposed_multiply(r->n_test, m, r->width, r->design, r->n_test, solution, m,
                                block->prediction, m);
    else
        mec_multiply(r->n_test, m, r->width, r->design, r->width, solution, m, 0.0,
                     block->prediction, m);
    return MEC_OK;
}

static double cost(const mec_map_parameters *parameters, const mec_shape *s) {
    bool dual = wants_kernel(parameters, s);
    double width = (double)(dual ? s->n_train : s->n_cell);
    double gram = dual ? 0 : width * width * (double)s->n_train / 2;
    return gram + width * width * width / 6 +
           width * (double)s->m * (width + (double)s->n_test + (double)s->n_train);
}

static double memory(const mec_map_parameters *parameters, const mec_shape *s) {
    bool dual = wants_kernel(parameters, s);
    double width = (double)(dual ? s->n_train : s->n_cell);
    double train = dual ? 0 : (double)s->n_train * width;
    return sizeof(double) *
           (width * width + (double)s->n_test * width + train + width * (double)s->m);
}

const mec_map mec_ridge = {.parameters = "alpha fit_intercept",
                           .wants_kernel = wants_kernel,
                           .prepare = prepare,
                           .predict = predict,
                           .cost = cost,
                           .memory = memory};
