#include "maps/least_squares.h"

#include <math.h>

#include "maps/design.h"
#include "maps/spectrum.h"
#include "numerics/linalg.h"

/* Down to this reciprocal condition one step of refinement makes up for what the primal form loses:
 * (eps / 1e-9)^2 is 5e-14. */
static const double REFINED_RCOND = 1e-9;

typedef enum form { PRIMAL, DUAL, SPECTRAL } form;

/* `prediction = design * solve(y)`, where solve depends on the form:
 *   primal    inverse(L L') train' y        design (n_test, n_cell): X_c of the test states
 *   dual      inverse(L L') y               design (n_train, n_test), transposed: K_c between them
 *   spectral  train' y, train = U diag(s) (n_train, r)   design (n_test, r): X_c V / (s^2 + alpha)
 */
typedef struct least_squares {
    form form;
    bool refines; /* primal: see refine */
    double alpha;
    size_t n_train, n_test, width; /* width: columns of `design` */
    double *design;
    double *train;  /* (n_train, width); primal and spectral */
    double *factor; /* (width, width), L; primal and dual */
} least_squares;

bool mec_least_squares_wants_kernel(const mec_map_parameters *parameters, const mec_shape *shape) {
    (void)parameters;
    return shape->n_train <= shape->n_cell;
}

/* Adds alpha to the diagonal and factors; the reciprocal condition number, 0 where that fails. */
static double factor_with_alpha(const least_squares *r, mec_scratch *scratch, mec_status *status) {
    size_t n = r->width;
    double *work = mec_scratch_take(scratch, 3 * n, sizeof *work, status);
    int *iwork = mec_scratch_take(scratch, n, sizeof *iwork, status);
    if (!work || !iwork)
        return 0;
    for (size_t i = 0; i < n; i++)
        r->factor[i * n + i] += r->alpha;
    return mec_cholesky_rcond(n, r->factor, n, work, iwork);
}

static bool prepare_primal(const mec_problem *problem, double least_rcond, least_squares *r,
                           mec_scratch *scratch, mec_status *status) {
    size_t p = problem->source->n_cell;
    double *mean = mec_scratch_take(scratch, p, sizeof *mean, status);
    r->design = mec_scratch_take(scratch, r->n_test * p, sizeof *r->design, status);
    r->factor = mec_scratch_take(scratch, p * p, sizeof *r->factor, status);
    if (!mean || !r->design || !r->factor)
        return false;
    r->train = mec_design_train(problem, p, mean, scratch, status);
    if (!r->train)
        return false;
    r->form = PRIMAL;
    r->width = p;
    mec_source_gather(problem->source, problem->test, r->n_test, r->design);
    mec_subtract_row(r->design, r->n_test, p, mean);
    mec_gram(p, r->n_train, r->train, p, r->factor, p);
    double rcond = factor_with_alpha(r, scratch, status);
    r->refines = rcond < least_rcond;
    return rcond >= fmin(least_rcond, REFINED_RCOND);
}

/* The constants are given an eigenvalue in the middle of the others: the condition number then
 * tells only of what matters. */
static bool prepare_dual(const mec_problem *problem, double least_rcond, least_squares *r,
                         mec_scratch *scratch, mec_status *status) {
    size_t n = r->n_train;
    r->factor = mec_scratch_take(scratch, n * n, sizeof *r->factor, status);
    r->design = mec_scratch_take(scratch, n * r->n_test, sizeof *r->design, status);
    if (!r->factor || !r->design ||
        mec_design_kernel(problem, r->factor, r->design, scratch, status))
        return false;
    r->form = DUAL;
    r->width = n;
    if (problem->parameters->fit_intercept)
        mec_design_lift_constants(r->factor, n, mec_design_mean_eigenvalue(r->factor, n));
    return factor_with_alpha(r, scratch, status) >= least_rcond;
}

/* Directions lost in rounding get no weight. */
static mec_code prepare_spectral(const mec_problem *problem, least_squares *r, mec_scratch *scratch,
                                 mec_status *status) {
    mec_spectrum s;
    if (mec_spectrum_prepare(problem, MEC_SPECTRUM_PLAIN_SVD, &s, scratch, status))
        return status->code;
    r->form = SPECTRAL;
    r->refines = false;
    r->width = s.rank;
    r->train = s.train;
    r->design = s.test;
    double cut = mec_spectrum_cut(&s, problem->source->n_cell);
    for (size_t i = 0; i < r->n_test; i++)
        for (size_t k = 0; k < s.rank; k++)
            r->design[i * s.rank + k] *= s.lambda[k] > cut ? 1 / (s.lambda[k] + r->alpha) : 0;
    return MEC_OK;
}

mec_code mec_least_squares_prepare(const mec_problem *problem, double alpha, double least_rcond,
                                   mec_scratch *scratch, void **prepared, mec_status *status) {
    least_squares *r = mec_scratch_take(scratch, 1, sizeof *r, status);
    if (!r)
        return status->code;
    *r = (least_squares){.alpha = alpha, .n_train = problem->n_train, .n_test = problem->n_test};
    *prepared = r;
    bool good = false;
    if (problem->source->n_cell < r->n_train)
        good = prepare_primal(problem, least_rcond, r, scratch, status);
    else if (problem->source->kernel.values)
        good = prepare_dual(problem, least_rcond, r, scratch, status);
    if (good || status->code != MEC_OK)
        return status->code;
    return prepare_spectral(problem, r, scratch, status);
}

/* Corrects a solution w (width, m) of the normal equations by that for its own residual. The first
 * is off by eps / rcond of its size, the second by that much of it again, and what is left is the
 * rounding of the residual, eps / sqrt(rcond), as if the condition had never been squared (Bjorck,
 * Linear Algebra Appl. 88/89 (1987) 31-48). y becomes the residual with its sign turned. */
static mec_code refine(const least_squares *r, size_t m, double *y, double *w, mec_scratch *scratch,
                       mec_status *status) {
    size_t n = r->n_train;
    double *correction = mec_scratch_take(scratch, r->width * m, sizeof *w, status);
    if (!correction)
        return status->code;
    mec_multiply(n, m, r->width, r->train, r->width, w, m, -1.0, y, m);
    mec_transposed_multiply(r->width, m, n, r->train, r->width, y, m, correction, m);
    for (size_t i = 0; i < r->width * m; i++)
        correction[i] += r->alpha * w[i];
    mec_cholesky_solve(r->width, m, r->factor, r->width, correction, m);
    for (size_t i = 0; i < r->width * m; i++)
        w[i] -= correction[i];
    return MEC_OK;
}

mec_code mec_least_squares_predict(const void *prepared, mec_block *block, mec_scratch *scratch,
                                   mec_status *status) {
    const least_squares *r = prepared;
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
    if (r->refines && refine(r, m, block->y, solution, scratch, status))
        return status->code;
    if (r->form == DUAL)
        mec_transposed_multiply(r->n_test, m, r->width, r->design, r->n_test, solution, m,
                                block->prediction, m);
    else
        mec_multiply(r->n_test, m, r->width, r->design, r->width, solution, m, 0.0,
                     block->prediction, m);
    return MEC_OK;
}

double mec_least_squares_cost(const mec_map_parameters *parameters, const mec_shape *s) {
    bool dual = mec_least_squares_wants_kernel(parameters, s);
    double width = (double)(dual ? s->n_train : s->n_cell);
    double gram = dual ? 0 : width * width * (double)s->n_train / 2;
    return gram + width * width * width / 6 +
           width * (double)s->m * (width + (double)s->n_test + (double)s->n_train);
}

double mec_least_squares_memory(const mec_map_parameters *parameters, const mec_shape *s) {
    bool dual = mec_least_squares_wants_kernel(parameters, s);
    double width = (double)(dual ? s->n_train : s->n_cell);
    double train = dual ? 0 : (double)s->n_train * width;
    return (double)sizeof(double) *
           (width * width + (double)s->n_test * width + train + width * (double)s->m);
}
