/* LassoCV and ElasticNetCV as scikit-learn has them: for every l1_ratio a path of alphas is fitted
 * on the train states of each fold (contiguous blocks of the train states in their order), the
 * alpha with the smallest mean over folds of the mean squared error is taken (the largest alpha of
 * equal ones, the first l1_ratio), and refitted on all train states. Every target chooses for
 * itself. Along a path each solution is where the next one starts; every solve is certified. */
#include "maps/elastic_net_folds.h"
#include "maps/map.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const double NO_ALPHA = 1e-15; /* of every alpha where X'y = 0: numpy.finfo.resolution */
static const double DEFAULT_EPS = 1e-3;
static const double DEFAULT_L1_RATIO = 0.5;
enum { DEFAULT_N_ALPHAS = 100, DEFAULT_CV = 5 };

typedef struct cv {
    const mec_map_parameters *parameters;
    const mec_pulse *pulse;
    const double *l1_ratios; /* (n_l1_ratio) */
    size_t n_l1_ratio, n_alpha, n_fold;
    mec_net_fold *folds; /* (n_fold); NULL where there are fewer states than folds */
    mec_net_split all;
    mec_certificate rule;
    double tol;
} cv;

static size_t count_or(int64_t count, size_t fallback) {
    return count == MEC_AUTO ? fallback : (size_t)count;
}

/* Whether a problem without any penalty will be solved. */
static bool has_zero(const mec_reals *alphas) {
    for (size_t k = 0; k < alphas->n; k++)
        if (alphas->values[k] == 0)
            return true;
    return false;
}

static mec_code prepare(const mec_problem *problem, const double *l1_ratios, size_t n_l1_ratio,
                        mec_scratch *scratch, void **prepared, mec_status *status) {
    const mec_map_parameters *parameters = problem->parameters;
    cv *c = mec_scratch_take(scratch, 1, sizeof *c, status);
    if (!c)
        return status->code;
    mec_certificate rule = (mec_certificate)parameters->certificate;
    *c =
        (cv){.parameters = parameters,
             .pulse = problem->pulse,
             .l1_ratios = l1_ratios,
             .n_l1_ratio = n_l1_ratio,
             .n_alpha = parameters->alphas.n > 0 ? parameters->alphas.n
                                                 : count_or(parameters->n_alphas, DEFAULT_N_ALPHAS),
             .n_fold = count_or(parameters->cv, DEFAULT_CV),
             .rule = rule,
             .tol = mec_certificate_tol(rule, parameters->tol)};
    *prepared = c;
    bool least_squares = has_zero(&parameters->alphas);
    mec_net_states states = {problem->train, problem->test, problem->n_train, problem->n_test};
    if (mec_net_split_prepare(problem->source, &states, parameters->fit_intercept, least_squares,
                              &c->all, scratch, status))
        return status->code;
    if (problem->n_train < c->n_fold)
        return MEC_OK;
    c->folds = mec_net_folds_prepare(problem, c->n_fold, parameters->fit_intercept, least_squares,
                                     scratch, status);
    return status->code;
}

static mec_code prepare_lasso(const mec_problem *problem, mec_scratch *scratch, void **prepared,
                              mec_status *status) {
    static const double lasso = 1;
    return prepare(problem, &lasso, 1, scratch, prepared, status);
}

static mec_code prepare_elastic_net(const mec_problem *problem, mec_scratch *scratch,
                                    void **prepared, mec_status *status) {
    const mec_reals *given = &problem->parameters->l1_ratio;
    if (given->n == 0)
        return prepare(problem, &DEFAULT_L1_RATIO, 1, scratch, prepared, status);
    return prepare(problem, given->values, given->n, scratch, prepared, status);
}

/* What predict works with: all targets of a block, and one at a time. */
typedef struct search {
    const cv *c;
    mec_block *block;
    mec_net_targets all;
    mec_net_targets *targets; /* (n_fold) of the folds */
    double *mean;             /* (n_fold, m) of y on a fold's train states */
    mec_net_workspace *workspace;
    mec_net_weights weights;
    double *row;    /* predictions of one target */
    double *alphas; /* (n_alpha) descending */
    double *mse;    /* (n_alpha) sum over folds */
    double worst;   /* of one target: the largest relative gap */
    bool accepted;  /* all its solves are */
} search;

static mec_code start_search(search *s, mec_scratch *scratch, mec_status *status) {
    const cv *c = s->c;
    size_t n = c->all.design.n;
    size_t p = c->all.design.p;
    size_t widest = n > c->all.n_test ? n : c->all.n_test;
    s->workspace = mec_net_workspace_take(n, p, scratch, status);
    s->targets = mec_scratch_take(scratch, c->n_fold, sizeof *s->targets, status);
    s->mean = mec_scratch_take(scratch, c->n_fold * s->block->m, sizeof *s->mean, status);
    s->row = mec_scratch_take(scratch, widest, sizeof *s->row, status);
    s->alphas = mec_scratch_take(scratch, c->n_alpha, sizeof *s->alphas, status);
    s->mse = mec_scratch_take(scratch, c->n_alpha, sizeof *s->mse, status);
    if (status->code != MEC_OK || mec_net_weights_take(p, &s->weights, scratch, status) ||
        mec_net_split_targets(&c->all, s->block->y, s->block->m, &s->all, scratch, status))
        return status->code;
    for (size_t k = 0; k < c->n_fold && status->code == MEC_OK; k++)
        mec_net_fold_targets(&c->folds[k], s->block->y, s->block->m, c->parameters->fit_intercept,
                             s->mean + k * s->block->m, &s->targets[k], scratch, status);
    return status->code;
}

static int descending(const void *left, const void *right) {
    double a = *(const double *)left;
    double b = *(const double *)right;
    return (a < b) - (a > b);
}

/* The path's alphas for one target; false where there is none. */
static bool fill_alphas(search *s, const mec_net_target *target, double l1_ratio) {
    const cv *c = s->c;
    size_t n = c->n_alpha;
    if (c->parameters->alphas.n > 0) {
        memcpy(s->alphas, c->parameters->alphas.values, n * sizeof *s->alphas);
        qsort(s->alphas, n, sizeof *s->alphas, descending);
        return true;
    }
    if (l1_ratio == 0)
        return false;
    double largest = mec_net_largest_product(&c->all.design, target, c->parameters->positive);
    largest /= (double)c->all.design.n * l1_ratio;
    bool none = largest <= NO_ALPHA;
    double eps = isnan(c->parameters->eps) ? DEFAULT_EPS : c->parameters->eps;
    double first = log10(largest);
    double last = log10(largest * eps);
    for (size_t k = 0; k < n; k++)
        s->alphas[k] =
            none ? NO_ALPHA
                 : pow(10, first + (last - first) * (double)k / (double)(n > 1 ? n - 1 : 1));
    if (!none) {
        s->alphas[n - 1] = largest * eps;
        s->alphas[0] = largest;
    }
    return true;
}

/* One solve, from the weights of the one before. */
static void solve(search *s, const mec_net_split *split, const mec_net_target *target, double alpha,
                  double l1_ratio) {
    double strength = (double)split->design.n * alpha;
    mec_net_penalty penalty = {strength * l1_ratio, strength * (1 - l1_ratio),
                               s->c->parameters->positive};
    mec_certified certified =
        mec_net_solve(&split->design, target, &penalty, s->workspace, &s->weights);
    s->worst = fmax(s->worst, mec_certificate_relative(s->c->rule, s->c->tol, &certified));
    s->accepted = s->accepted && mec_certificate_accepts(s->c->rule, s->c->tol, &certified);
}

static void forget(search *s) {
    mec_net_workspace_forget(s->workspace);
    s->weights.n = 0;
}

/* Adds a fold's errors along the path. */
static void follow_path(search *s, size_t k, size_t j, double l1_ratio) {
    const mec_net_fold *f = &s->c->folds[k];
    size_t m = s->block->m;
    double mean = s->mean[k * m + j];
    mec_net_target target = mec_net_split_target(&f->split, &s->targets[k], j);
    forget(s);
    for (size_t a = 0; a < s->c->n_alpha; a++) {
        double sum = 0;
        solve(s, &f->split, &target, s->alphas[a], l1_ratio);
        mec_net_split_predict(&f->split, &s->weights, s->row);
        for (size_t i = 0; i < f->n; i++) {
            double error = s->row[i] + mean - s->block->y[(f->first + i) * m + j];
            sum += error * error;
        }
        s->mse[a] += sum / (double)f->n;
    }
}

typedef struct choice {
    double alpha, l1_ratio, mse;
} choice;

/* The best of one l1_ratio's path, if better than what was met. MEC_STOPPED is the pulse's. */
static mec_code try_l1_ratio(search *s, size_t j, double l1_ratio, choice *best,
                             mec_status *status) {
    const cv *c = s->c;
    mec_net_target target = mec_net_split_target(&c->all, &s->all, j);
    if (!fill_alphas(s, &target, l1_ratio))
        return MEC_OK;
    memset(s->mse, 0, c->n_alpha * sizeof *s->mse);
    for (size_t k = 0; k < c->n_fold; k++) {
        follow_path(s, k, j, l1_ratio);
        if (mec_pulse_stop(c->pulse))
            return mec_fail(status, MEC_STOPPED, "stopped on request");
    }
    for (size_t a = 0; a < c->n_alpha; a++) {
        double mse = s->mse[a] / (double)c->n_fold;
        if (mse < best->mse)
            *best = (choice){s->alphas[a], l1_ratio, mse};
    }
    return MEC_OK;
}

static void fill(const search *s, size_t j, const double *values, int8_t outcome) {
    mec_block *block = s->block;
    block->outcome[j] = outcome;
    for (size_t i = 0; i < s->c->all.n_test; i++)
        block->prediction[i * block->m + j] = outcome == MEC_OUTCOME_DONE ? values[i] : NAN;
}

static mec_code fit_target(search *s, size_t j, mec_status *status) {
    const cv *c = s->c;
    mec_net_target target = mec_net_split_target(&c->all, &s->all, j);
    choice best = {.mse = INFINITY};
    s->worst = 0;
    s->accepted = true;
    /* No penalty of one's own choice, and no source of use: all penalties give weights of 0. On a
     * fold alone a source may seem to be of use, but 1e-15 is no penalty that can be certified. */
    bool useless = c->parameters->alphas.n == 0 &&
                   mec_net_largest_product(&c->all.design, &target, c->parameters->positive) == 0;
    if (useless)
        best = (choice){NO_ALPHA, 1, 0};
    for (size_t r = 0; r < c->n_l1_ratio && !useless; r++)
        if (try_l1_ratio(s, j, c->l1_ratios[r], &best, status))
            return status->code;
    s->block->gap[j] = s->worst;
    if (isinf(best.mse)) {
        fill(s, j, NULL, MEC_OUTCOME_FAILED);
        return MEC_OK;
    }
    forget(s);
    solve(s, &c->all, &target, best.alpha, best.l1_ratio);
    mec_net_split_predict(&c->all, &s->weights, s->row);
    s->block->gap[j] = s->worst;
    fill(s, j, s->row, s->accepted ? MEC_OUTCOME_DONE : MEC_OUTCOME_GAP_ABOVE_TOL);
    return MEC_OK;
}

static mec_code predict(const void *prepared, mec_block *block, mec_scratch *scratch,
                        mec_status *status) {
    search s = {.c = prepared, .block = block};
    if (!s.c->folds) {
        for (size_t j = 0; j < block->m; j++)
            fill(&s, j, NULL, MEC_OUTCOME_FAILED);
        return MEC_OK;
    }
    if (start_search(&s, scratch, status))
        return status->code;
    for (size_t j = 0; j < block->m && status->code == MEC_OK; j++)
        fit_target(&s, j, status);
    return status->code;
}

static bool wants_kernel(const mec_map_parameters *parameters, const mec_shape *shape) {
    (void)parameters;
    (void)shape;
    return false;
}

/* Every point of a path costs one or two systems of its active set, and its certificate. */
static double cost(const mec_map_parameters *parameters, const mec_shape *s) {
    double p = (double)s->n_cell;
    double n = (double)s->n_train;
    double n_fold = (double)count_or(parameters->cv, DEFAULT_CV);
    double n_alpha = parameters->alphas.n > 0
                         ? (double)parameters->alphas.n
                         : (double)count_or(parameters->n_alphas, DEFAULT_N_ALPHAS);
    double n_l1_ratio = parameters->l1_ratio.n > 0 ? (double)parameters->l1_ratio.n : 1;
    double active = fmin(n, p) / 2;
    double shared = s->n_cell <= MEC_NET_GRAM ? (n_fold + 1) * n * p * p : 0;
    double point = 2 * active * active * active + 3 * active * p + 2 * n * p;
    return shared + (double)s->m * n_fold * n_alpha * n_l1_ratio * point;
}

static double memory(const mec_map_parameters *parameters, const mec_shape *s) {
    double p = (double)s->n_cell;
    double n = (double)s->n_train;
    double test = (double)s->n_test;
    bool least_squares = has_zero(&parameters->alphas);
    double decomposed = least_squares ? 4 * n * p : 0;
    return mec_net_memory(s->n_train, s->n_cell) +
           mec_net_folds_memory(s->n_train, s->n_cell, count_or(parameters->cv, DEFAULT_CV),
                                least_squares, s->m) +
           sizeof(double) * (decomposed + 2 * p * (n + test) + (double)s->m * (n + p));
}

const mec_map mec_lasso_cv = {
    .parameters =
        "alphas fit_intercept positive tol max_iter selection certificate n_alphas eps cv",
    .certified = true,
    .wants_kernel = wants_kernel,
    .prepare = prepare_lasso,
    .predict = predict,
    .cost = cost,
    .memory = memory};

const mec_map mec_elastic_net_cv = {.parameters = "alphas l1_ratio fit_intercept positive tol "
                                                  "max_iter selection certificate n_alphas eps cv",
                                    .certified = true,
                                    .wants_kernel = wants_kernel,
                                    .prepare = prepare_elastic_net,
                                    .predict = predict,
                                    .cost = cost,
                                    .memory = memory};
