/* Lasso, ElasticNet and LassoLars, scikit-learn's objective:
 *     1/(2n) ||y - X w - b||^2 + alpha l1_ratio ||w||_1 + alpha (1 - l1_ratio)/2 ||w||^2
 * with the intercept b unpenalised. Tibshirani, J. R. Stat. Soc. B 58 (1996) 267-288; Zou & Hastie,
 * J. R. Stat. Soc. B 67 (2005) 301-320. One solver serves all three (maps/elastic_net.h); it solves
 * to rounding, so that max_iter, warm_start and selection change nothing and tol is only what a
 * certificate is held against. */
#include "maps/elastic_net_split.h"
#include "maps/map.h"

#include <math.h>

/* LassoLars has no tolerance of its own: what it finds is held against Lasso's. */
static const double LARS_TOL = 1e-4;

typedef struct lasso {
    mec_net_split split;
    mec_net_penalty penalty;
    mec_certificate rule;
    double tol;
    const mec_pulse *pulse;
} lasso;

static mec_code prepare(const mec_problem *problem, double l1_ratio, mec_certificate rule,
                        double tol, mec_scratch *scratch, void **prepared, mec_status *status) {
    const mec_map_parameters *parameters = problem->parameters;
    lasso *l = mec_scratch_take(scratch, 1, sizeof *l, status);
    if (!l)
        return status->code;
    double alpha = isnan(parameters->alpha) ? 1 : parameters->alpha;
    *l = (lasso){.penalty = {.lam1 = (double)problem->n_train * alpha * l1_ratio,
                             .lam2 = (double)problem->n_train * alpha * (1 - l1_ratio),
                             .positive = parameters->positive},
                 .rule = rule,
                 .tol = mec_certificate_tol(rule, tol),
                 .pulse = problem->pulse};
    *prepared = l;
    mec_net_states states = {problem->train, problem->test, problem->n_train, problem->n_test};
    return mec_net_split_prepare(problem->source, &states, parameters->fit_intercept, alpha == 0,
                                 &l->split, scratch, status);
}

static mec_code prepare_lasso(const mec_problem *problem, mec_scratch *scratch, void **prepared,
                              mec_status *status) {
    const mec_map_parameters *parameters = problem->parameters;
    return prepare(problem, 1, (mec_certificate)parameters->certificate, parameters->tol, scratch,
                   prepared, status);
}

static mec_code prepare_elastic_net(const mec_problem *problem, mec_scratch *scratch,
                                    void **prepared, mec_status *status) {
    const mec_map_parameters *parameters = problem->parameters;
    double l1_ratio = parameters->l1_ratio.n > 0 ? parameters->l1_ratio.values[0] : 0.5;
    return prepare(problem, l1_ratio, (mec_certificate)parameters->certificate, parameters->tol,
                   scratch, prepared, status);
}

static mec_code prepare_lasso_lars(const mec_problem *problem, mec_scratch *scratch,
                                   void **prepared, mec_status *status) {
    return prepare(problem, 1, MEC_CERTIFICATE_SKLEARN, LARS_TOL, scratch, prepared, status);
}

/* Fits the j-th target of the block; `row` (n_test) is room for its predictions. */
static void fit_target(const lasso *l, const mec_net_targets *targets, size_t j,
                       mec_net_workspace *workspace, mec_net_weights *weights, double *row,
                       mec_block *block) {
    mec_net_target target = mec_net_split_target(&l->split, targets, j);
    /* From nothing, so that no bit depends on which target came before. */
    mec_net_workspace_forget(workspace);
    weights->n = 0;
    mec_certified certified =
        mec_net_solve(&l->split.design, &target, &l->penalty, workspace, weights);
    bool accepted = mec_certificate_accepts(l->rule, l->tol, &certified);
    block->gap[j] = mec_certificate_relative(l->rule, l->tol, &certified);
    if (!accepted)
        block->outcome[j] = MEC_OUTCOME_GAP_ABOVE_TOL;
    mec_net_split_predict(&l->split, weights, row);
    for (size_t i = 0; i < l->split.n_test; i++)
        block->prediction[i * block->m + j] = accepted ? row[i] : NAN;
}

static mec_code predict(const void *prepared, mec_block *block, mec_scratch *scratch,
                        mec_status *status) {
    const lasso *l = prepared;
    size_t p = l->split.design.p;
    mec_net_targets targets;
    mec_net_weights weights;
    mec_net_workspace *workspace = mec_net_workspace_take(l->split.design.n, p, scratch, status);
    double *row = mec_scratch_take(scratch, l->split.n_test, sizeof *row, status);
    if (!workspace || !row || mec_net_weights_take(p, &weights, scratch, status) ||
        mec_net_split_targets(&l->split, block->y, block->m, &targets, scratch, status))
        return status->code;
    for (size_t j = 0; j < block->m; j++) {
        fit_target(l, &targets, j, workspace, &weights, row, block);
        if (mec_pulse_stop(l->pulse))
            return mec_fail(status, MEC_STOPPED, "stopped on request");
    }
    return MEC_OK;
}

static bool wants_kernel(const mec_map_parameters *parameters, const mec_shape *shape) {
    (void)parameters;
    (void)shape;
    return false;
}

/* A target's path has about as many pieces as half its states (or cells, where they are fewer),
 * each with products of all cells and the active ones. */
static double cost(const mec_map_parameters *parameters, const mec_shape *s) {
    (void)parameters;
    double p = (double)s->n_cell;
    double n = (double)s->n_train;
    double active = fmin(n, p) / 2;
    double shared = s->n_cell <= MEC_NET_GRAM ? n * p * p : 0;
    double target = active * active * (p + 2 * active) + 4 * n * p + active * (double)s->n_test;
    return shared + (double)s->m * target;
}

static double memory(const mec_map_parameters *parameters, const mec_shape *s) {
    double p = (double)s->n_cell;
    double n = (double)s->n_train;
    double test = (double)s->n_test;
    double least_squares = parameters->alpha == 0 ? 3 * n * p : 0;
    return mec_net_memory(s->n_train, s->n_cell) +
           sizeof(double) *
               (least_squares + 2 * p * (n + test) + 4 * p + (double)s->m * (n + p) + test);
}

const mec_map mec_lasso = {
    .parameters = "alpha fit_intercept positive tol max_iter warm_start selection certificate",
    .certified = true,
    .wants_kernel = wants_kernel,
    .prepare = prepare_lasso,
    .predict = predict,
    .cost = cost,
    .memory = memory};

const mec_map mec_elastic_net = {.parameters = "alpha l1_ratio fit_intercept positive tol max_iter "
                                               "warm_start selection certificate",
                                 .certified = true,
                                 .wants_kernel = wants_kernel,
                                 .prepare = prepare_elastic_net,
                                 .predict = predict,
                                 .cost = cost,
                                 .memory = memory};

const mec_map mec_lasso_lars = {.parameters = "alpha fit_intercept positive max_iter",
                                .certified = true,
                                .wants_kernel = wants_kernel,
                                .prepare = prepare_lasso_lars,
                                .predict = predict,
                                .cost = cost,
                                .memory = memory};
