/* MultiTaskLasso and MultiTaskElasticNet: one fit of all cells of an animal together,
 *   min 1/(2n) ||Y - X W - b||_F^2 + alpha l1_ratio sum_j ||w_j|| + alpha (1 - l1_ratio)/2
 * ||W||_F^2 with w_j the weights of source j in all targets: a source serves every target or none
 * (Obozinski, Taskar & Jordan, Statistics and Computing 20 (2010) 231-252).
 *
 * The objective does not change if the states, or the targets, are rotated. So a problem with more
 * states than sources is first turned to as many rows as sources, and one with more targets than
 * rows to as many targets as rows; weights are turned back, and their certificate is worked out
 * from the data as they are. Without an l1 penalty the solution is ridge's, in closed form. */
#include "maps/map.h"

#include <float.h>
#include <math.h>
#include <string.h>

#include "maps/multi_task_solver.h"
#include "numerics/linalg.h"

/* Test rows that are gathered at a time. */
enum { ROWS = 256 };
/* Gaps below this many units in the last place of ||Y||^2 are rounding. */
static const double ROUNDING = 1024 * DBL_EPSILON;

typedef struct multi_task {
    const mec_problem *problem;
    size_t n, p;
    mec_multi_task_penalty penalty;
    double *x, *mean; /* (n, p) on the train states, less (p) */
    /* With an l1 penalty: X = Q R turned to `rows` rows, Q as reflections where that is fewer. */
    size_t rows;
    double *qr, *tau; /* (n, p), (p) */
    double *xt;       /* (p, rows) */
    /* Without: X = U diag(s) V', (n, rows), (rows), (rows, p). */
    double *u, *s, *vt;
} multi_task;

static bool is_joint(const mec_map_parameters *parameters) {
    (void)parameters;
    return true;
}

static bool wants_kernel(const mec_map_parameters *parameters, const mec_shape *shape) {
    (void)parameters;
    (void)shape;
    return false;
}

static mec_code gather_train(multi_task *t, mec_scratch *scratch, mec_status *status) {
    const mec_problem *problem = t->problem;
    t->x = mec_scratch_take(scratch, t->n * t->p, sizeof *t->x, status);
    t->mean = mec_scratch_take(scratch, t->p, sizeof *t->mean, status);
    if (!t->x || !t->mean)
        return status->code;
    mec_source_gather(problem->source, problem->train, t->n, t->x);
    memset(t->mean, 0, t->p * sizeof *t->mean);
    if (problem->parameters->fit_intercept) {
        mec_column_means(t->x, t->n, t->p, t->mean);
        mec_subtract_row(t->x, t->n, t->p, t->mean);
    }
    return MEC_OK;
}

/* The singular value decomposition of X. */
static mec_code prepare_ridge(multi_task *t, mec_scratch *scratch, mec_status *status) {
    double *copy = mec_scratch_take(scratch, t->n * t->p, sizeof *copy, status);
    t->u = mec_scratch_take(scratch, t->n * t->rows, sizeof *t->u, status);
    t->s = mec_scratch_take(scratch, t->rows, sizeof *t->s, status);
    t->vt = mec_scratch_take(scratch, t->rows * t->p, sizeof *t->vt, status);
    if (!copy || !t->u || !t->s || !t->vt)
        return status->code;
    memcpy(copy, t->x, t->n * t->p * sizeof *copy);
    return mec_svd(t->n, t->p, copy, t->p, t->u, t->s, t->vt, status);
}

/* X, turned to no more rows than it has columns, transposed. */
static mec_code prepare_groups(multi_task *t, mec_scratch *scratch, mec_status *status) {
    const double *x = t->x;
    size_t p = t->p;
    t->xt = mec_scratch_take(scratch, p * t->rows, sizeof *t->xt, status);
    if (!t->xt)
        return status->code;
    if (t->rows < t->n) {
        t->qr = mec_scratch_take(scratch, t->n * p, sizeof *t->qr, status);
        t->tau = mec_scratch_take(scratch, p, sizeof *t->tau, status);
        if (!t->qr || !t->tau)
            return status->code;
        memcpy(t->qr, t->x, t->n * p * sizeof *t->qr);
        if (mec_qr(t->n, p, t->qr, p, t->tau, status))
            return status->code;
        x = t->qr;
    }
    for (size_t j = 0; j < p; j++)
        for (size_t i = 0; i < t->rows; i++)
            t->xt[j * t->rows + i] = t->qr && i > j ? 0 : x[i * p + j];
    return MEC_OK;
}

static mec_code prepare(const mec_problem *problem, double l1_ratio, mec_scratch *scratch,
                        void **prepared, mec_status *status) {
    multi_task *t = mec_scratch_take(scratch, 1, sizeof *t, status);
    if (!t)
        return status->code;
    double alpha = (double)problem->n_train * problem->parameters->alpha;
    *t = (multi_task){.problem = problem,
                      .n = problem->n_train,
                      .p = problem->source->n_cell,
                      .penalty = {alpha * l1_ratio, alpha * (1 - l1_ratio)}};
    t->rows = t->n < t->p ? t->n : t->p;
    *prepared = t;
    if (gather_train(t, scratch, status))
        return status->code;
    return t->penalty.lam1 > 0 ? prepare_groups(t, scratch, status)
                               : prepare_ridge(t, scratch, status);
}

static mec_code prepare_lasso(const mec_problem *problem, mec_scratch *scratch, void **prepared,
                              mec_status *status) {
    return prepare(problem, 1, scratch, prepared, status);
}

static mec_code prepare_elastic_net(const mec_problem *problem, mec_scratch *scratch,
                                    void **prepared, mec_status *status) {
    return prepare(problem, problem->parameters->l1_ratio.values[0], scratch, prepared, status);
}

/* w (p, m) = V diag(s / (s^2 + lam2)) U'y; directions lost in rounding get 0. */
static mec_code solve_ridge(const multi_task *t, const double *y, size_t m, double *w,
                            mec_scratch *scratch, mec_status *status) {
    double *along = mec_scratch_take(scratch, t->rows * m, sizeof *along, status);
    if (!along)
        return status->code;
    double cut = (double)(t->n > t->p ? t->n : t->p) * DBL_EPSILON * t->s[0];
    mec_transposed_multiply(t->rows, m, t->n, t->u, t->rows, y, m, along, m);
    for (size_t k = 0; k < t->rows; k++) {
        double s = t->s[k];
        double weight = s > cut ? s / (s * s + t->penalty.lam2) : 0;
        for (size_t j = 0; j < m; j++)
            along[k * m + j] *= weight;
    }
    mec_transposed_multiply(t->p, m, t->rows, t->vt, t->p, along, m, w, m);
    return MEC_OK;
}

/* Solves with the targets turned to as many as there are rows: y (rows, m) = L Q, w = [v 0] Q. */
static mec_code solve_turned(const multi_task *t, double *y, size_t m, double *w,
                             mec_scratch *scratch, mec_status *status) {
    size_t rows = t->rows;
    double *tau = mec_scratch_take(scratch, rows, sizeof *tau, status);
    double *l = mec_scratch_take(scratch, rows * rows, sizeof *l, status);
    double *v = mec_scratch_take(scratch, t->p * rows, sizeof *v, status);
    if (!tau || !l || !v || mec_lq(rows, m, y, m, tau, status))
        return status->code;
    for (size_t i = 0; i < rows; i++)
        for (size_t j = 0; j < rows; j++)
            l[i * rows + j] = j > i ? 0 : y[i * m + j];
    mec_multi_task_problem problem = {
        .r = rows, .p = t->p, .m = rows, .xt = t->xt, .y = l, .penalty = t->penalty};
    if (mec_multi_task_solve(&problem, v, t->problem->pulse, scratch, status))
        return status->code;
    memset(w, 0, t->p * m * sizeof *w);
    for (size_t j = 0; j < t->p; j++)
        memcpy(w + j * m, v + j * rows, rows * sizeof *w);
    return mec_lq_apply(rows, m, y, m, tau, t->p, w, m, status);
}

/* w (p, m) for targets y (n, m), none of them zero. */
static mec_code solve(const multi_task *t, const double *y, size_t m, double *w,
                      mec_scratch *scratch, mec_status *status) {
    if (!(t->penalty.lam1 > 0))
        return solve_ridge(t, y, m, w, scratch, status);
    double *turned = mec_scratch_take(scratch, t->n * m, sizeof *turned, status);
    if (!turned)
        return status->code;
    memcpy(turned, y, t->n * m * sizeof *turned);
    if (t->qr && mec_qr_apply(t->n, t->p, t->qr, t->p, t->tau, m, turned, m, status))
        return status->code;
    if (m > t->rows)
        return solve_turned(t, turned, m, w, scratch, status);
    mec_multi_task_problem problem = {
        .r = t->rows, .p = t->p, .m = m, .xt = t->xt, .y = turned, .penalty = t->penalty};
    return mec_multi_task_solve(&problem, w, t->problem->pulse, scratch, status);
}

/* Whether a gap is within the certificate; `relative` receives what is compared with tol. */
static bool accept(const mec_map_parameters *parameters, mec_multi_task_gap gap, double square_y,
                   double *relative) {
    bool sklearn = parameters->certificate == MEC_CERTIFICATE_SKLEARN;
    double tol = parameters->tol;
    if (isnan(tol))
        tol = sklearn ? 1e-4 : 1e-6;
    double scale = sklearn ? square_y : fmax(gap.objective, ROUNDING * square_y / tol);
    *relative = square_y > 0 ? gap.gap / scale : 0;
    return *relative <= tol;
}

/* Moves the targets that are not all zero to the front of every row of y; `kept` lists them. A
 * target of zeros has no part in any norm, and weights that are exactly zero. */
static size_t keep_targets(double *y, size_t n, size_t m, uint32_t *kept) {
    size_t n_kept = 0;
    for (size_t j = 0; j < m; j++) {
        size_t i = 0;
        while (i < n && y[i * m + j] == 0)
            i++;
        if (i < n)
            kept[n_kept++] = (uint32_t)j;
    }
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < n_kept; j++)
            y[i * n_kept + j] = y[i * m + kept[j]];
    return n_kept;
}

/* The block's predictions from weights w (p, n_kept). */
static mec_code predict_test(const multi_task *t, const double *w, const uint32_t *kept,
                             size_t n_kept, mec_block *block, mec_scratch *scratch,
                             mec_status *status) {
    const mec_problem *problem = t->problem;
    double *rows = mec_scratch_take(scratch, ROWS * t->p, sizeof *rows, status);
    double *values = mec_scratch_take(scratch, ROWS * n_kept, sizeof *values, status);
    if (!rows || !values)
        return status->code;
    memset(block->prediction, 0, problem->n_test * block->m * sizeof *block->prediction);
    for (size_t first = 0; first < problem->n_test; first += ROWS) {
        size_t n = problem->n_test - first < ROWS ? problem->n_test - first : ROWS;
        mec_source_gather(problem->source, problem->test + first, n, rows);
        mec_subtract_row(rows, n, t->p, t->mean);
        mec_multiply(n, n_kept, t->p, rows, t->p, w, n_kept, 0.0, values, n_kept);
        for (size_t i = 0; i < n; i++)
            for (size_t j = 0; j < n_kept; j++)
                block->prediction[(first + i) * block->m + kept[j]] = values[i * n_kept + j];
    }
    return MEC_OK;
}

static mec_code predict(const void *prepared, mec_block *block, mec_scratch *scratch,
                        mec_status *status) {
    const multi_task *t = prepared;
    size_t m = block->m;
    uint32_t *kept = mec_scratch_take(scratch, m, sizeof *kept, status);
    double *w = mec_scratch_take(scratch, t->p * m, sizeof *w, status);
    if (!kept || !w)
        return status->code;
    size_t n_kept = keep_targets(block->y, t->n, m, kept);
    mec_multi_task_gap gap = {0};
    double square = 0;
    double relative;
    for (size_t i = 0; i < t->n * n_kept; i++)
        square += block->y[i] * block->y[i];
    if (n_kept > 0 && (solve(t, block->y, n_kept, w, scratch, status) ||
                       mec_multi_task_certify(t->x, block->y, t->n, t->p, n_kept, w, t->penalty,
                                              &gap, scratch, status)))
        return status->code;
    bool accepted = accept(t->problem->parameters, gap, square, &relative);
    for (size_t j = 0; j < m; j++) {
        block->gap[j] = relative;
        block->outcome[j] = accepted ? MEC_OUTCOME_DONE : MEC_OUTCOME_GAP_ABOVE_TOL;
    }
    if (accepted)
        return predict_test(t, w, kept, n_kept, block, scratch, status);
    for (size_t i = 0; i < t->problem->n_test * m; i++)
        block->prediction[i] = NAN;
    return MEC_OK;
}

/* With an l1 penalty, the steps that fits of real recordings take, most groups being non-zero. */
static double cost(const mec_map_parameters *parameters, const mec_shape *shape) {
    enum { STEPS = 15 };
    (void)parameters;
    double p = (double)shape->n_cell;
    double r = fmin(p, (double)shape->n_train);
    double m = (double)shape->m;
    double turned = fmin(m, r);
    double step = p * (r * r + r * p + turned * p) / 2 + p * p * p / 6 + 6 * p * r * turned;
    return STEPS * step + p * m * (2 * (double)shape->n_train + (double)shape->n_test) +
           2 * p * r * (double)shape->n_train;
}

static double memory(const mec_map_parameters *parameters, const mec_shape *shape) {
    (void)parameters;
    double p = (double)shape->n_cell;
    double n = (double)shape->n_train;
    double m = (double)shape->m;
    size_t r = shape->n_cell < shape->n_train ? shape->n_cell : shape->n_train;
    size_t turned = shape->m < r ? shape->m : r;
    return sizeof(double) * (3 * n * p + ROWS * (p + m) + 3 * p * m + 2 * n * m) +
           mec_multi_task_solver_memory(r, shape->n_cell, turned);
}

const mec_map mec_multi_task_lasso = {
    .parameters = "alpha fit_intercept tol max_iter warm_start selection certificate",
    .certified = true,
    .is_joint = is_joint,
    .wants_kernel = wants_kernel,
    .prepare = prepare_lasso,
    .predict = predict,
    .cost = cost,
    .memory = memory};

const mec_map mec_multi_task_elastic_net = {
    .parameters = "alpha l1_ratio fit_intercept tol max_iter warm_start selection certificate",
    .certified = true,
    .is_joint = is_joint,
    .wants_kernel = wants_kernel,
    .prepare = prepare_elastic_net,
    .predict = predict,
    .cost = cost,
    .memory = memory};
