/* Ridge regression whose alpha is chosen per target by leave-one-out cross-validation.
 *
 * Leaving state i out changes its residual from e_i to e_i / d_i, without a refit (Allen,
 * Technometrics 16 (1974) 125-127; Golub, Heath & Wahba, Technometrics 21 (1979) 215-223; Rifkin &
 * Lippert, MIT-CSAIL-TR-2007-025), an intercept being refitted too:
 *
 *   few states   e = c = G y_c, G = inverse(X_c X_c' + alpha I), d = diag(G), less what the
 *                constants, which no centred target has a part along, have in it
 *   many         e = y_c - H y_c, H = X_c inverse(X_c'X_c + alpha I) X_c', d = 1 - 1/n - diag(H)
 *
 * The first has no difference of nearly equal numbers in it where the map interpolates. The alpha
 * of the smallest mean of (e / d)^2 wins, the first given one of equals.
 *
 * One decomposition serves all alphas and targets: X_c X_c' = Q T Q' (or X_c'X_c) with T
 * tridiagonal, since T + alpha I is as quickly solved with as a diagonal one and found in a quarter
 * of the time (Elden, BIT 17 (1977) 134-145). Where inner products would cost accuracy, or the
 * kernel was not built, it is the spectrum of maps/spectrum.h, T = diag(s^2). With `basis` = Q', or
 * Q'X_c' where states are many, both are sums over basis' inverse(T + alpha I) basis. */
#include <float.h>
#include <math.h>
#include <string.h>

#include "maps/design.h"
#include "maps/spectrum.h"
#include "numerics/linalg.h"

static const mec_reals DEFAULT_ALPHAS = {3, {0.1, 1, 10}};
/* Inner products are trusted from this reciprocal condition of T + alpha I on: what they lose, eps
 * / LEAST_RCOND, is 2e-11 of a solution. */
static const double LEAST_RCOND = 1e-5;
/* Scores that differ by less than their rounding, as all do where one state is left after leaving
 * one out, are equal. */
static const double TIE = 64 * DBL_EPSILON;

typedef struct ridge_cv {
    bool complete; /* few states */
    bool dual;     /* `design` is the kernel, (n_train, n_test), and takes c; else (n_test, rank),
                      and takes inverse(T + alpha I) basis y */
    const mec_reals *alphas;
    size_t n_train, n_test, rank; /* rank 0: predicts nothing but the intercept */
    double *basis;                /* (rank, n_train) */
    double *diagonal, *beside;    /* of T: (rank) each */
    double constants;             /* their eigenvalue in T; INFINITY: left out */
    double *design;
    double *pivots, *factors; /* (alphas, rank): T + alpha I = L D L' */
    double *scale;            /* (alphas, n_train): 1 / d */
} ridge_cv;

static const mec_reals *alphas_of(const mec_map_parameters *parameters) {
    return parameters->alphas.n > 0 ? &parameters->alphas : &DEFAULT_ALPHAS;
}

/* Factors T + alpha I for every alpha. False where inner products are not to be trusted. */
static bool factor(const ridge_cv *r, double *work) {
    double least = INFINITY;
    for (size_t a = 0; a < r->alphas->n; a++) {
        double *pivots = r->pivots + a * r->rank;
        double *factors = r->factors + a * r->rank;
        for (size_t k = 0; k < r->rank; k++)
            pivots[k] = r->diagonal[k] + r->alphas->values[a];
        memcpy(factors, r->beside, r->rank * sizeof *factors);
        least = fmin(least, mec_tridiagonal_factor(r->rank, pivots, factors, work));
    }
    return least >= LEAST_RCOND;
}

static bool take_factors(ridge_cv *r, size_t rank, double **work, mec_scratch *scratch,
                         mec_status *status) {
    size_t n_alpha = r->alphas->n;
    r->rank = rank;
    r->diagonal = mec_scratch_take(scratch, rank, sizeof(double), status);
    r->beside = mec_scratch_take(scratch, rank, sizeof(double), status);
    r->pivots = mec_scratch_take(scratch, n_alpha * rank, sizeof(double), status);
    r->factors = mec_scratch_take(scratch, n_alpha * rank, sizeof(double), status);
    r->scale = mec_scratch_take(scratch, n_alpha * r->n_train, sizeof(double), status);
    *work = mec_scratch_take(scratch, rank, sizeof(double), status);
    if (status->code == MEC_OK)
        memset(r->beside, 0, rank * sizeof(double));
    return status->code == MEC_OK;
}

/* From the kernel. Its constants are given an eigenvalue in the middle of the others. */
static bool prepare_dual(const mec_problem *problem, ridge_cv *r, mec_scratch *scratch,
                         mec_status *status) {
    size_t n = r->n_train;
    double *work = NULL;
    r->dual = true;
    r->basis = mec_scratch_take(scratch, n * n, sizeof(double), status);
    r->design = mec_scratch_take(scratch, n * r->n_test, sizeof(double), status);
    if (!take_factors(r, n, &work, scratch, status) ||
        mec_design_kernel(problem, r->basis, r->design, scratch, status))
        return false;
    if (problem->parameters->fit_intercept) {
        r->constants = mec_design_mean_eigenvalue(r->basis, n);
        mec_design_lift_constants(r->basis, n, r->constants);
    }
    return !mec_tridiagonal(n, r->basis, n, r->diagonal, r->beside, status) && factor(r, work);
}

/* From X_c'X_c. */
static bool prepare_primal(const mec_problem *problem, ridge_cv *r, mec_scratch *scratch,
                           mec_status *status) {
    size_t p = problem->source->n_cell;
    double *work = NULL;
    double *mean = mec_scratch_take(scratch, p, sizeof *mean, status);
    double *vt = mec_scratch_take(scratch, p * p, sizeof *vt, status);
    r->basis = mec_scratch_take(scratch, p * r->n_train, sizeof(double), status);
    r->design = mec_scratch_take(scratch, r->n_test * p, sizeof(double), status);
    if (!take_factors(r, p, &work, scratch, status))
        return false;
    const double *x = mec_design_train(problem, p, mean, scratch, status);
    if (!x)
        return false;
    mec_gram(p, r->n_train, x, p, vt, p);
    if (mec_tridiagonal(p, vt, p, r->diagonal, r->beside, status) || !factor(r, work))
        return false;
    mec_multiply_transposed(p, r->n_train, p, vt, p, x, p, 0.0, r->basis, r->n_train);
    return !mec_design_multiply_test(problem, mean, vt, p, p, r->design, scratch, status);
}

/* From the singular value decomposition. */
static mec_code prepare_spectral(const mec_problem *problem, ridge_cv *r, mec_scratch *scratch,
                                 mec_status *status) {
    mec_spectrum s;
    double *work = NULL;
    if (mec_spectrum_prepare(problem, MEC_SPECTRUM_SVD, &s, scratch, status))
        return status->code;
    r->dual = false;
    r->constants = INFINITY;
    r->basis = mec_scratch_take(scratch, s.rank * r->n_train, sizeof(double), status);
    if (!take_factors(r, s.rank, &work, scratch, status))
        return status->code;
    for (size_t k = 0; k < s.rank; k++)
        for (size_t i = 0; i < r->n_train; i++)
            r->basis[k * r->n_train + i] = s.train[i * s.rank + k];
    memcpy(r->diagonal, s.lambda, s.rank * sizeof(double));
    r->design = s.test;
    factor(r, work);
    return MEC_OK;
}

/* 1 / d for alpha number `a`: diag(basis' inverse(L D L') basis), row by row of inverse(L) basis,
 * of which `row` (n_train) holds one. */
static void find_scale(const ridge_cv *r, size_t a, bool fit_intercept, double *row) {
    size_t n = r->n_train;
    const double *pivots = r->pivots + a * r->rank;
    const double *factors = r->factors + a * r->rank;
    double *scale = r->scale + a * n;
    double constants = fit_intercept ? 1 / (double)n : 0;
    memset(scale, 0, n * sizeof *scale);
    for (size_t k = 0; k < r->rank; k++)
        for (size_t i = 0; i < n; i++) {
            row[i] = r->basis[k * n + i] - (k > 0 ? factors[k - 1] * row[i] : 0);
            scale[i] += row[i] * row[i] / pivots[k];
        }
    for (size_t i = 0; i < n; i++) {
        double few = scale[i] - constants / (r->constants + r->alphas->values[a]);
        scale[i] = 1 / (r->complete ? few : 1 - constants - scale[i]);
    }
}

static mec_code decompose(const mec_problem *problem, ridge_cv *r, mec_scratch *scratch,
                          mec_status *status) {
    bool good = false;
    if (!r->complete)
        good = prepare_primal(problem, r, scratch, status);
    else if (problem->source->kernel.values)
        good = prepare_dual(problem, r, scratch, status);
    if (good || status->code != MEC_OK)
        return status->code;
    return prepare_spectral(problem, r, scratch, status);
}

static mec_code prepare(const mec_problem *problem, mec_scratch *scratch, void **prepared,
                        mec_status *status) {
    bool intercept = problem->parameters->fit_intercept;
    ridge_cv *r = mec_scratch_take(scratch, 1, sizeof *r, status);
    double *row = mec_scratch_take(scratch, problem->n_train, sizeof *row, status);
    if (!r || !row)
        return status->code;
    mec_shape shape = {.n_cell = problem->source->n_cell, .n_train = problem->n_train};
    *r = (ridge_cv){.complete = mec_spectrum_is_complete(problem->parameters, &shape),
                    .alphas = alphas_of(problem->parameters),
                    .n_train = problem->n_train,
                    .n_test = problem->n_test,
                    .constants = INFINITY};
    *prepared = r;
    if (intercept && r->n_train == 1)
        return MEC_OK;
    if (decompose(problem, r, scratch, status))
        return status->code;
    for (size_t a = 0; a < r->alphas->n; a++)
        find_scale(r, a, intercept, row);
    return MEC_OK;
}

/* Room for the choice. */
typedef struct choice {
    double *projected; /* (rank, m): basis y */
    double *solved;    /* (rank, m): inverse(T + alpha I) of that */
    double *fitted;    /* (n_train, m): basis' of that: c, or H y */
    double *score;     /* (m) sum of (e / d)^2 at the alpha that is looked at */
    double *best;      /* (m) the smallest so far */
    double *kept;      /* what `design` takes, at the alpha of `best` */
} choice;

static mec_code take_room(const ridge_cv *r, size_t m, choice *c, mec_scratch *scratch,
                          mec_status *status) {
    size_t rows = r->dual ? r->n_train : r->rank;
    c->projected = mec_scratch_take(scratch, r->rank * m, sizeof(double), status);
    c->solved = mec_scratch_take(scratch, r->rank * m, sizeof(double), status);
    c->fitted = mec_scratch_take(scratch, r->n_train * m, sizeof(double), status);
    c->kept = mec_scratch_take(scratch, rows * m, sizeof(double), status);
    c->score = mec_scratch_take(scratch, m, sizeof(double), status);
    c->best = mec_scratch_take(scratch, m, sizeof(double), status);
    return status->code;
}

/* solved := inverse(L D L') projected. */
static void solve(const ridge_cv *r, size_t a, size_t m, const double *projected, double *solved) {
    const double *pivots = r->pivots + a * r->rank;
    const double *factors = r->factors + a * r->rank;
    memcpy(solved, projected, m * sizeof *solved);
    for (size_t k = 1; k < r->rank; k++)
        for (size_t j = 0; j < m; j++)
            solved[k * m + j] = projected[k * m + j] - factors[k - 1] * solved[(k - 1) * m + j];
    for (size_t k = r->rank; k-- > 0;)
        for (size_t j = 0; j < m; j++)
            solved[k * m + j] = solved[k * m + j] / pivots[k] -
                                (k + 1 < r->rank ? factors[k] * solved[(k + 1) * m + j] : 0);
}

/* The score of every target at alpha number `a`. */
static void find_scores(const ridge_cv *r, size_t a, const mec_block *block, choice *c) {
    size_t m = block->m;
    solve(r, a, m, c->projected, c->solved);
    mec_transposed_multiply(r->n_train, m, r->rank, r->basis, r->n_train, c->solved, m, c->fitted,
                            m);
    memset(c->score, 0, m * sizeof *c->score);
    for (size_t i = 0; i < r->n_train; i++) {
        double scale = r->scale[a * r->n_train + i];
        for (size_t j = 0; j < m; j++) {
            double fitted = c->fitted[i * m + j];
            double error = (r->complete ? fitted : block->y[i * m + j] - fitted) * scale;
            c->score[j] += error * error;
        }
    }
}

static void choose(const ridge_cv *r, const mec_block *block, choice *c) {
    size_t m = block->m;
    size_t rows = r->dual ? r->n_train : r->rank;
    const double *found = r->dual ? c->fitted : c->solved;
    for (size_t a = 0; a < r->alphas->n; a++) {
        find_scores(r, a, block, c);
        for (size_t j = 0; j < m; j++) {
            if (a > 0 && !(c->score[j] < c->best[j] * (1 - TIE)))
                continue;
            c->best[j] = c->score[j];
            for (size_t k = 0; k < rows; k++)
                c->kept[k * m + j] = found[k * m + j];
        }
    }
}

static mec_code predict(const void *prepared, mec_block *block, mec_scratch *scratch,
                        mec_status *status) {
    const ridge_cv *r = prepared;
    size_t m = block->m;
    choice c;
    if (r->rank == 0) {
        memset(block->prediction, 0, r->n_test * m * sizeof *block->prediction);
        return MEC_OK;
    }
    if (take_room(r, m, &c, scratch, status))
        return status->code;
    mec_multiply(r->rank, m, r->n_train, r->basis, r->n_train, block->y, m, 0.0, c.projected, m);
    choose(r, block, &c);
    if (r->dual)
        mec_transposed_multiply(r->n_test, m, r->n_train, r->design, r->n_test, c.kept, m,
                                block->prediction, m);
    else
        mec_multiply(r->n_test, m, r->rank, r->design, r->rank, c.kept, m, 0.0, block->prediction,
                     m);
    return MEC_OK;
}

static double cost(const mec_map_parameters *parameters, const mec_shape *shape) {
    double n_alpha = (double)alphas_of(parameters)->n;
    double rank = (double)mec_spectrum_rank(parameters, shape);
    double n = (double)shape->n_train;
    double n_test = (double)shape->n_test;
    double products =
        mec_spectrum_is_complete(parameters, shape) ? 0 : rank * rank * (1.5 * n + n_test);
    return 1.5 * rank * rank * rank + products + n_alpha * n * rank +
           rank * (double)shape->m * (n + n_alpha * n + n_test);
}

static double memory(const mec_map_parameters *parameters, const mec_shape *shape) {
    double n = (double)shape->n_train;
    double rank = (double)mec_spectrum_rank(parameters, shape);
    double n_alpha = (double)alphas_of(parameters)->n;
    double held = n_alpha * (n + 2 * rank) + n * rank + (double)shape->m * (3 * rank + n + 2);
    return mec_spectrum_memory(parameters, shape) + (double)sizeof(double) * held;
}

const mec_map mec_ridge_cv = {.parameters = "alphas fit_intercept",
                              .wants_kernel = mec_spectrum_is_complete,
                              .prepare = prepare,
                              .predict = predict,
                              .cost = cost,
                              .memory = memory};
