#include "maps/spectrum.h"

#include <float.h>
#include <math.h>
#include <string.h>

#include "maps/design.h"
#include "numerics/linalg.h"

/* A matrix of inner products is known to about eps times its largest eigenvalue, so a filter
 * 1 / (lambda + penalty) of its eigenvalues is off by eps * largest / smallest of its size at most.
 * The eigenvectors are used where that is below 1e-10 with some room: eps / LEAST_RATIO is 2e-11.
 */
static const double LEAST_RATIO = 1e-5;

static bool is_complete(bool fit_intercept, size_t n_train, size_t n_cell) {
    return n_train <= n_cell + fit_intercept;
}

bool mec_spectrum_is_complete(const mec_map_parameters *parameters, const mec_shape *shape) {
    return is_complete(parameters->fit_intercept, shape->n_train, shape->n_cell);
}

size_t mec_spectrum_rank(const mec_map_parameters *parameters, const mec_shape *shape) {
    return mec_spectrum_is_complete(parameters, shape) ? shape->n_train : shape->n_cell;
}

double mec_spectrum_cut(const mec_spectrum *s, size_t n_cell) {
    size_t longest = n_cell > s->n_train ? n_cell : s->n_train;
    return pow((double)longest * DBL_EPSILON, 2) * s->largest;
}

/* Notes the largest of lambda; rounding may have put the smallest below 0. */
static void finish_lambda(mec_spectrum *s) {
    s->largest = 0;
    for (size_t k = 0; k < s->rank; k++) {
        s->lambda[k] = fmax(s->lambda[k], 0);
        s->largest = fmax(s->largest, s->lambda[k]);
    }
}

static bool is_accurate(const mec_spectrum *s) {
    double smallest = s->largest;
    for (size_t k = 0; k < s->rank; k++)
        smallest = fmin(smallest, s->lambda[k]);
    return smallest >= LEAST_RATIO * s->largest;
}

/* Takes lambda, train and test for `rank` directions. */
static bool take(mec_spectrum *s, size_t rank, mec_scratch *scratch, mec_status *status) {
    s->rank = rank;
    s->lambda = mec_scratch_take(scratch, rank, sizeof *s->lambda, status);
    s->train = mec_scratch_take(scratch, s->n_train * rank, sizeof *s->train, status);
    s->test = mec_scratch_take(scratch, s->n_test * rank, sizeof *s->test, status);
    return s->lambda && s->train && s->test;
}

static double frobenius(const double *a, size_t n) {
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += a[i] * a[i];
    return sqrt(sum);
}

/* Eigenvalues (n) of a kernel, which becomes its eigenvectors. With an intercept the constants are
 * first given an eigenvalue far above the others, so that theirs is the last vector and all others
 * are a basis of what is centred, whatever other eigenvalues are 0. */
static mec_code decompose_kernel(double *kernel, size_t n, bool fit_intercept, double *values,
                                 mec_status *status) {
    if (fit_intercept) {
        double size = frobenius(kernel, n * n);
        mec_design_lift_constants(kernel, n, size > 0 ? 2 * size : 1);
    }
    return mec_eigen(n, kernel, n, values, status);
}

/* V' = inverse(diag(s)) U' X_c; only where s is not small. */
static mec_code find_directions(const mec_problem *problem, mec_spectrum *s, mec_scratch *scratch,
                                mec_status *status) {
    size_t p = problem->source->n_cell;
    double *mean = mec_scratch_take(scratch, p, sizeof *mean, status);
    s->directions = mec_scratch_take(scratch, s->rank * p, sizeof *s->directions, status);
    s->ld_directions = p;
    if (!mean || !s->directions)
        return status->code;
    const double *x = mec_design_train(problem, p, mean, scratch, status);
    if (!x)
        return status->code;
    mec_transposed_multiply(s->rank, p, s->n_train, s->train, s->rank, x, p, s->directions, p);
    for (size_t k = 0; k < s->rank; k++)
        for (size_t j = 0; j < p; j++)
            s->directions[k * p + j] /= s->lambda[k] > 0 ? sqrt(s->lambda[k]) : 1;
    return MEC_OK;
}

/* From the eigenvectors of X_c X_c'; `*good` says whether they will do. */
static mec_code prepare_by_kernel(const mec_problem *problem, mec_spectrum *s, bool *good,
                                  mec_scratch *scratch, mec_status *status) {
    size_t n = s->n_train;
    bool intercept = problem->parameters->fit_intercept;
    double *kernel = mec_scratch_take(scratch, n * n, sizeof *kernel, status);
    double *values = mec_scratch_take(scratch, n, sizeof *values, status);
    double *between = mec_scratch_take(scratch, n * s->n_test, sizeof *between, status);
    if (!kernel || !values || !between || !take(s, n - intercept, scratch, status) ||
        mec_design_kernel(problem, kernel, between, scratch, status) ||
        decompose_kernel(kernel, n, intercept, values, status))
        return status->code;
    memcpy(s->lambda, values, s->rank * sizeof *values);
    finish_lambda(s);
    *good = is_accurate(s);
    if (!*good)
        return MEC_OK;
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < s->rank; k++)
            s->train[i * s->rank + k] = kernel[k * n + i];
    mec_transposed_multiply(s->n_test, s->rank, n, between, s->n_test, s->train, s->rank, s->test,
                            s->rank);
    return find_directions(problem, s, scratch, status);
}

/* From the eigenvectors of X_c'X_c, which are the directions; `*good` as above. */
static mec_code prepare_by_covariance(const mec_problem *problem, mec_spectrum *s, bool *good,
                                      mec_scratch *scratch, mec_status *status) {
    size_t p = problem->source->n_cell;
    double *mean = mec_scratch_take(scratch, p, sizeof *mean, status);
    double *vt = mec_scratch_take(scratch, p * p, sizeof *vt, status);
    if (!mean || !vt || !take(s, p, scratch, status))
        return status->code;
    const double *x = mec_design_train(problem, p, mean, scratch, status);
    if (!x)
        return status->code;
    mec_gram(p, s->n_train, x, p, vt, p);
    if (mec_eigen(p, vt, p, s->lambda, status))
        return status->code;
    finish_lambda(s);
    *good = is_accurate(s);
    if (!*good)
        return MEC_OK;
    s->directions = vt;
    s->ld_directions = p;
    mec_multiply_transposed(s->n_train, p, p, x, p, vt, p, 0.0, s->train, p);
    return mec_design_multiply_test(problem, mean, vt, p, p, s->test, scratch, status);
}

/* Appends to x (n, p + 1) a column of equal numbers that gives the constants a singular value above
 * all others, which makes theirs the first direction: see decompose_kernel. */
static void append_constants(double *x, size_t n, size_t p) {
    double squares = 0;
    for (size_t i = 0; i < n; i++)
        squares += pow(frobenius(x + i * (p + 1), p), 2);
    double value = squares > 0 ? sqrt(2 * squares / (double)n) : 1;
    for (size_t i = 0; i < n; i++)
        x[i * (p + 1) + p] = value;
}

/* train and test from X_c = U diag(s) V', of which the first `left_out` directions are left out; u
 * (n_train, n_s), s (n_s), V' in s->directions. The factor s goes where `complete` says. */
static mec_code fill_from_svd(const mec_problem *problem, const double *mean, const double *u,
                              const double *singular, size_t left_out, mec_spectrum *s,
                              mec_scratch *scratch, mec_status *status) {
    size_t n_s = s->rank + left_out;
    for (size_t k = 0; k < s->rank; k++)
        s->lambda[k] = singular[left_out + k] * singular[left_out + k];
    finish_lambda(s);
    for (size_t i = 0; i < s->n_train; i++)
        for (size_t k = 0; k < s->rank; k++)
            s->train[i * s->rank + k] =
                u[i * n_s + left_out + k] * (s->complete ? 1 : singular[left_out + k]);
    if (mec_design_multiply_test(problem, mean, s->directions, s->rank, s->ld_directions, s->test,
                                 scratch, status))
        return status->code;
    for (size_t i = 0; i < s->n_test && s->complete; i++)
        for (size_t k = 0; k < s->rank; k++)
            s->test[i * s->rank + k] *= singular[left_out + k];
    return MEC_OK;
}

static mec_code prepare_by_svd(const mec_problem *problem, mec_spectrum *s, mec_scratch *scratch,
                               mec_status *status) {
    size_t n = s->n_train;
    size_t p = problem->source->n_cell;
    size_t lifted = s->complete && problem->parameters->fit_intercept;
    size_t width = p + lifted;
    size_t n_s = n < width ? n : width;
    double *mean = mec_scratch_take(scratch, p, sizeof *mean, status);
    double *u = mec_scratch_take(scratch, n * n_s, sizeof *u, status);
    double *singular = mec_scratch_take(scratch, n_s, sizeof *singular, status);
    double *vt = mec_scratch_take(scratch, n_s * width, sizeof *vt, status);
    if (!mean || !u || !singular || !vt || !take(s, n_s - lifted, scratch, status))
        return status->code;
    double *x = mec_design_train(problem, width, mean, scratch, status);
    if (!x)
        return status->code;
    if (lifted)
        append_constants(x, n, p);
    if (mec_svd(n, width, x, width, u, singular, vt, status))
        return status->code;
    s->directions = vt + lifted * width;
    s->ld_directions = width;
    return fill_from_svd(problem, mean, u, singular, lifted, s, scratch, status);
}

mec_code mec_spectrum_prepare(const mec_problem *problem, mec_spectrum_way way, mec_spectrum *s,
                              mec_scratch *scratch, mec_status *status) {
    bool intercept = problem->parameters->fit_intercept;
    bool good = false;
    *s = (mec_spectrum){.n_train = problem->n_train, .n_test = problem->n_test};
    s->complete = way != MEC_SPECTRUM_PLAIN_SVD &&
                  is_complete(intercept, s->n_train, problem->source->n_cell);
    if (s->complete && s->n_train == 1 && intercept)
        return MEC_OK;
    if (way == MEC_SPECTRUM_FASTEST && !s->complete)
        prepare_by_covariance(problem, s, &good, scratch, status);
    else if (way == MEC_SPECTRUM_FASTEST && problem->source->kernel.values)
        prepare_by_kernel(problem, s, &good, scratch, status);
    if (good || status->code != MEC_OK)
        return status->code;
    return prepare_by_svd(problem, s, scratch, status);
}

double mec_spectrum_cost(const mec_map_parameters *parameters, const mec_shape *shape) {
    bool complete = mec_spectrum_is_complete(parameters, shape);
    double n = (double)shape->n_train;
    double p = (double)shape->n_cell;
    double rank = (double)mec_spectrum_rank(parameters, shape);
    double products = complete ? n * n * p : 1.5 * n * p * p;
    return 4 * rank * rank * rank + products + rank * rank * (double)shape->n_test;
}

double mec_spectrum_memory(const mec_map_parameters *parameters, const mec_shape *shape) {
    double n = (double)shape->n_train;
    double p = (double)shape->n_cell;
    double n_test = (double)shape->n_test;
    double rank = (double)mec_spectrum_rank(parameters, shape);
    /* The decomposition: X_c, U, V' and LAPACK's workspace; or a square of the rank and its. */
    double decomposition = n * p + rank * (n + p) + 4 * rank * rank;
    return (double)sizeof(double) * (decomposition + rank * (2 * n + 2 * n_test + p) + 256 * p);
}
