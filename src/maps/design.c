#include "maps/design.h"

#include <string.h>

#include "numerics/linalg.h"

/* Test states that are gathered at a time. */
enum { ROWS = 256 };

double *mec_design_train(const mec_problem *problem, size_t stride, double *mean,
                         mec_scratch *scratch, mec_status *status) {
    size_t n = problem->n_train;
    size_t p = problem->source->n_cell;
    double *x = mec_scratch_take(scratch, n * stride, sizeof *x, status);
    if (!x)
        return NULL;
    mec_source_gather(problem->source, problem->train, n, x);
    memset(mean, 0, p * sizeof *mean);
    if (problem->parameters->fit_intercept) {
        mec_column_means(x, n, p, mean);
        mec_subtract_row(x, n, p, mean);
    }
    for (size_t i = n; i-- > 1 && stride > p;)
        memmove(x + i * stride, x + i * p, p * sizeof *x);
    return x;
}

mec_code mec_design_multiply_test(const mec_problem *problem, const double *mean, const double *vt,
                                  size_t r, size_t ldv, double *out, mec_scratch *scratch,
                                  mec_status *status) {
    size_t p = problem->source->n_cell;
    size_t most = problem->n_test < ROWS ? problem->n_test : ROWS;
    double *rows = mec_scratch_take(scratch, most * p, sizeof *rows, status);
    if (!rows)
        return status->code;
    for (size_t first = 0; first < problem->n_test; first += ROWS) {
        size_t n = problem->n_test - first < ROWS ? problem->n_test - first : ROWS;
        mec_source_gather(problem->source, problem->test + first, n, rows);
        mec_subtract_row(rows, n, p, mean);
        mec_multiply_transposed(n, r, p, rows, p, vt, ldv, 0.0, out + first * r, r);
    }
    return MEC_OK;
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

mec_code mec_design_kernel(const mec_problem *problem, double *train, double *test,
                           mec_scratch *scratch, mec_status *status) {
    size_t n = problem->n_train;
    size_t widest = n > problem->n_test ? n : problem->n_test;
    double *mean = mec_scratch_take(scratch, n, sizeof *mean, status);
    double *column_mean = mec_scratch_take(scratch, widest, sizeof *mean, status);
    if (!mean || !column_mean)
        return status->code;
    gather_kernel(problem, problem->train, n, train);
    gather_kernel(problem, problem->test, problem->n_test, test);
    if (problem->parameters->fit_intercept) {
        for (size_t i = 0; i < n; i++)
            mean[i] = mean_of(train + i * n, n);
        centre_kernel(train, n, n, mean, column_mean);
        centre_kernel(test, n, problem->n_test, mean, column_mean);
    }
    return MEC_OK;
}

double mec_design_mean_eigenvalue(const double *k, size_t n) {
    double trace = 0;
    for (size_t i = 0; i < n; i++)
        trace += k[i * n + i];
    return trace / (double)n;
}

void mec_design_lift_constants(double *k, size_t n, double value) {
    double lift = value / (double)n;
    for (size_t i = 0; i < n * n; i++)
        k[i] += lift;
}
