#include "maps/grid.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "maps/elastic_net_folds.h"
#include "maps/grid_score.h"
#include "numerics/linalg.h"

/* An l1_ratio up to this is ridge for every purpose: one decomposition of a fold serves all its
 * alphas and cells. The certificate decides, with the l1_ratio as it is. */
static const double RIDGE_L1_RATIO = 1e-12;
/* The gap, as a part of the objective, up to which a ridge solution stands for it. */
static const double RIDGE_TOL = 1e-10;

struct mec_grid_prepared {
    mec_grid grid;
    const mec_pulse *pulse;
    size_t n_train;
    mec_outcome outcome; /* MEC_OUTCOME_DONE, or why no cell can be searched */
    mec_net_fold *folds; /* (n_fold) */
    /* (n_fold, p) whether a weight of the column makes predictions differ between the states held
     * out: it can have one, and is not constant there. */
    uint8_t *counts;
    size_t *alphas;    /* (n_alpha) indices, from the largest to the smallest */
    size_t *l1_ratios; /* (n_l1_ratio) likewise */
};

typedef struct keyed {
    double value;
    size_t index;
} keyed;

static int descending(const void *left, const void *right) {
    const keyed *a = left;
    const keyed *b = right;
    if (a->value != b->value)
        return a->value < b->value ? 1 : -1;
    return (a->index > b->index) - (a->index < b->index);
}

/* Indices of the values, largest first. */
static size_t *sort(const double *values, size_t n, mec_scratch *scratch, mec_status *status) {
    keyed *order = mec_scratch_take(scratch, n, sizeof *order, status);
    size_t *indices = mec_scratch_take(scratch, n, sizeof *indices, status);
    if (!order || !indices)
        return NULL;
    for (size_t k = 0; k < n; k++)
        order[k] = (keyed){values[k], k};
    qsort(order, n, sizeof *order, descending);
    for (size_t k = 0; k < n; k++)
        indices[k] = order[k].index;
    return indices;
}

static bool is_ridge(const mec_grid *grid, double l1_ratio) {
    return l1_ratio <= RIDGE_L1_RATIO && !grid->positive;
}

/* Whether the folds are to be decomposed: for ridge, or where there may be no penalty. */
static bool wants_decomposition(const mec_grid *grid) {
    for (size_t k = 0; k < grid->n_l1_ratio; k++)
        if (is_ridge(grid, grid->l1_ratios[k]))
            return true;
    for (size_t k = 0; k < grid->n_alpha; k++)
        if (grid->alphas[k] == 0)
            return true;
    return false;
}

static bool is_constant(const double *x, size_t n) {
    for (size_t i = 1; i < n; i++)
        if (x[i] != x[0])
            return false;
    return true;
}

static mec_code mark_columns(mec_grid_prepared *g, mec_scratch *scratch, mec_status *status) {
    size_t p = g->folds[0].split.design.p;
    g->counts = mec_scratch_take(scratch, g->grid.n_fold * p, 1, status);
    for (size_t k = 0; k < g->grid.n_fold && g->counts; k++) {
        const mec_net_split *split = &g->folds[k].split;
        for (size_t j = 0; j < p; j++)
            g->counts[k * p + j] = split->design.square[j] > 0 &&
                                   !is_constant(split->test + j * split->n_test, split->n_test);
    }
    return status->code;
}

mec_code mec_grid_prepare(const mec_problem *problem, const mec_grid *grid, mec_scratch *scratch,
                          mec_grid_prepared **prepared, mec_status *status) {
    mec_grid_prepared *g = mec_scratch_take(scratch, 1, sizeof *g, status);
    if (!g)
        return status->code;
    *g = (mec_grid_prepared){.grid = *grid,
                             .pulse = problem->pulse,
                             .n_train = problem->n_train,
                             .outcome = MEC_OUTCOME_DONE,
                             .alphas = sort(grid->alphas, grid->n_alpha, scratch, status),
                             .l1_ratios = sort(grid->l1_ratios, grid->n_l1_ratio, scratch, status)};
    g->grid.tol = mec_certificate_tol(grid->rule, grid->tol);
    *prepared = g;
    if (problem->n_train < grid->n_fold)
        g->outcome = MEC_OUTCOME_NO_STATES;
    if (status->code != MEC_OK || g->outcome != MEC_OUTCOME_DONE)
        return status->code;
    g->folds = mec_net_folds_prepare(problem, grid->n_fold, grid->fit_intercept,
                                     wants_decomposition(grid), scratch, status);
    if (status->code == MEC_INCOMPLETE) { /* a decomposition broke down on the numbers */
        *status = (mec_status){0};
        g->outcome = MEC_OUTCOME_FAILED;
        return MEC_OK;
    }
    return g->folds ? mark_columns(g, scratch, status) : status->code;
}

/* The last solution with one l1_ratio. */
typedef struct spot {
    bool known, settled; /* settled: its active set, not empty, was that of the one before */
    size_t row;          /* its place in the order of alphas */
    uint64_t active;     /* signature of its active set */
} spot;

/* One cell's search. */
typedef struct search {
    const mec_grid_prepared *g;
    const double *y; /* (n_train) */
    const mec_grid_output *output;
    mec_grid_result *result;
    double *scores; /* (n_fold, n_alpha, n_l1_ratio) */
    mec_net_workspace *workspace;
    mec_net_weights weights; /* of the point looked at, and a guess for the next one */
    mec_net_weights first;   /* of the first point of a row: a guess for the next row's */
    mec_net_weights ridge;
    double *certify;     /* (n_train + p) */
    double *prediction;  /* (n_train) of a fold's states */
    double *along, *sum; /* (n_train), (p) of ridge: y along the singular vectors; weights */

    spot *spots;      /* (n_l1_ratio), in the order of search */
    double *products; /* (n_l1_ratio, p) X'(y - X w) at the spots */
    double *expected; /* (p) */

    /* Of the fold looked at. */
    size_t fold;
    const mec_net_split *split;
    const uint8_t *counts; /* (p) */
    mec_net_target target;
    mec_held_out held_out;
    double largest_product;
    double zero_score; /* of w = 0 */
} search;

static mec_code start_search(search *s, mec_scratch *scratch, mec_status *status) {
    const mec_grid *grid = &s->g->grid;
    size_t n = s->g->n_train;
    size_t p = s->g->folds[0].split.design.p;
    size_t n_score = grid->n_fold * grid->n_alpha * grid->n_l1_ratio;
    s->workspace = mec_net_workspace_take(n, p, scratch, status);
    s->scores = mec_scratch_take(scratch, n_score, sizeof *s->scores, status);
    s->certify = mec_scratch_take(scratch, n + p, sizeof *s->certify, status);
    s->prediction = mec_scratch_take(scratch, n, sizeof *s->prediction, status);
    s->along = mec_scratch_take(scratch, n, sizeof *s->along, status);
    s->sum = mec_scratch_take(scratch, p, sizeof *s->sum, status);
    s->spots = mec_scratch_take(scratch, grid->n_l1_ratio, sizeof *s->spots, status);
    s->products = mec_scratch_take(scratch, grid->n_l1_ratio * p, sizeof *s->products, status);
    s->expected = mec_scratch_take(scratch, p, sizeof *s->expected, status);
    s->held_out.deviation = mec_scratch_take(scratch, n, sizeof *s->prediction, status);
    mec_net_weights_take(p, &s->weights, scratch, status);
    mec_net_weights_take(p, &s->first, scratch, status);
    return mec_net_weights_take(p, &s->ridge, scratch, status);
}

/* Everything that follows from the fold and the cell alone. */
static mec_code start_fold(search *s, size_t fold, mec_scratch *scratch, mec_status *status) {
    const mec_grid *grid = &s->g->grid;
    const mec_net_fold *f = &s->g->folds[fold];
    const mec_net_design *design = &f->split.design;
    mec_net_targets targets;
    if (mec_net_fold_targets(f, s->y, 1, grid->fit_intercept, &s->held_out.intercept, &targets,
                             scratch, status))
        return status->code;
    s->fold = fold;
    s->split = &f->split;
    s->counts = s->g->counts + fold * design->p;
    s->target = mec_net_split_target(&f->split, &targets, 0);
    s->largest_product = mec_net_largest_product(design, &s->target, grid->positive);
    s->held_out.n = f->n;
    s->held_out.y = s->y + f->first;
    mec_held_out_start(&s->held_out);
    memset(s->prediction, 0, f->n * sizeof *s->prediction);
    s->zero_score = mec_held_out_score(&s->held_out, grid->cv_score, s->prediction, false);
    if (design->rank > 0)
        mec_transposed_multiply_vector(design->n, design->rank, design->basis, design->rank,
                                       s->target.y, s->along);
    mec_net_workspace_forget(s->workspace);
    s->weights.n = s->first.n = 0;
    memset(s->spots, 0, grid->n_l1_ratio * sizeof *s->spots);
    return MEC_OK;
}

static void copy_weights(mec_net_weights *to, const mec_net_weights *from) {
    to->n = from->n;
    memcpy(to->index, from->index, from->n * sizeof *to->index);
    memcpy(to->value, from->value, from->n * sizeof *to->value);
}

static double score_weights(const search *s, const mec_net_weights *weights) {
    bool varies = false;
    if (weights->n == 0)
        return s->zero_score;
    for (size_t k = 0; k < weights->n; k++)
        varies = varies || s->counts[weights->index[k]];
    mec_net_split_predict(s->split, weights, s->prediction);
    return mec_held_out_score(&s->held_out, s->g->grid.cv_score, s->prediction, varies);
}

/* The score of a point with these weights; NaN where they are not accepted. */
static double take_point(search *s, size_t alpha, size_t l1_ratio, const mec_net_weights *weights,
                         const mec_certified *certified) {
    const mec_grid *grid = &s->g->grid;
    mec_grid_result *result = s->result;
    if (mec_certificate_accepts(grid->rule, grid->tol, certified)) {
        double gap = mec_certificate_relative(grid->rule, grid->tol, certified);
        result->largest_relative_gap = fmax(result->largest_relative_gap, gap);
        return score_weights(s, weights);
    }
    if (result->n_rejected++ < s->output->n_rejected)
        s->output->rejected[result->n_rejected - 1] =
            (mec_grid_point){(uint32_t)s->fold, (uint32_t)alpha, (uint32_t)l1_ratio};
    return NAN;
}

/* Ridge, from the fold's decomposition: w = V diag(s / (s^2 + lam2)) U'y. */
static mec_certified solve_ridge(const search *s, const mec_net_penalty *penalty,
                                 mec_net_weights *ridge) {
    const mec_net_design *d = &s->split->design;
    memset(s->sum, 0, d->p * sizeof *s->sum);
    for (size_t k = 0; k < d->rank; k++) {
        double filter = d->singular[k] / (d->singular[k] * d->singular[k] + penalty->lam2);
        mec_add_multiple(d->p, filter * s->along[k], d->right + k * d->p, s->sum);
    }
    ridge->n = 0;
    for (size_t j = 0; j < d->p; j++)
        if (d->square[j] > 0) {
            ridge->index[ridge->n] = (uint32_t)j;
            ridge->value[ridge->n++] = s->sum[j];
        }
    return mec_net_certify(d, &s->target, penalty, ridge, s->certify);
}

/* A number that equal sets of columns and signs have in common, in whatever order. */
static uint64_t signature(const mec_net_weights *weights) {
    uint64_t sum = 0;
    for (size_t k = 0; k < weights->n; k++) {
        uint64_t x = 2 * (uint64_t)weights->index[k] + (weights->value[k] < 0) + 1;
        x *= 0x9e3779b97f4a7c15U;
        sum += x ^ (x >> 29);
    }
    return sum;
}

/* Notes the solution of a point, X'(y - X w) being `products`. */
static void remember(search *s, size_t row, size_t place, const double *products) {
    spot *at = &s->spots[place];
    size_t p = s->split->design.p;
    uint64_t active = signature(&s->weights);
    bool settled = at->known && at->row + 1 == row && at->active == active && s->weights.n > 0;
    *at = (spot){true, settled, row, active};
    memcpy(s->products + place * p, products, p * sizeof *products);
}

/* What to expect of X'(y - X w) at a point: (p), or NULL. Where the active set has stayed the same
 * from one alpha to the next, as it does where they are small, it shrinks with alpha; elsewhere it
 * goes on along a line from the last two points of the row. */
static const double *expect(const search *s, size_t row, size_t place) {
    const mec_grid *grid = &s->g->grid;
    const size_t *order = s->g->l1_ratios;
    size_t p = s->split->design.p;
    const double *here = s->products + place * p;
    const spot *at = &s->spots[place];
    if (at->settled && at->row + 1 == row) {
        double shrink = grid->alphas[s->g->alphas[row]] / grid->alphas[s->g->alphas[row - 1]];
        for (size_t j = 0; j < p; j++)
            s->expected[j] = shrink * here[j];
        return s->expected;
    }
    if (place < 2 || !at[-1].known || at[-1].row != row || !at[-2].known || at[-2].row != row)
        return NULL;
    double last = grid->l1_ratios[order[place - 1]];
    double step =
        (grid->l1_ratios[order[place]] - last) / (last - grid->l1_ratios[order[place - 2]]);
    for (size_t j = 0; j < p; j++)
        s->expected[j] = here[j - p] + step * (here[j - p] - here[j - 2 * p]);
    return s->expected;
}

/* The score of one point, given by its places in the orders of alphas and l1_ratios. */
static double search_point(search *s, size_t row, size_t place) {
    const mec_grid *grid = &s->g->grid;
    size_t alpha = s->g->alphas[row];
    size_t l1_ratio = s->g->l1_ratios[place];
    const mec_net_design *design = &s->split->design;
    double strength = (double)design->n * grid->alphas[alpha];
    double ratio = grid->l1_ratios[l1_ratio];
    mec_net_penalty penalty = {strength * ratio, strength * (1 - ratio), grid->positive};
    if (s->largest_product <= penalty.lam1) { /* w = 0: exact */
        s->result->largest_relative_gap = fmax(s->result->largest_relative_gap, 0);
        s->weights.n = 0;
        remember(s, row, place, s->target.xy);
        return s->zero_score;
    }
    if (is_ridge(grid, ratio)) {
        mec_certified certified = solve_ridge(s, &penalty, &s->ridge);
        if (mec_certificate_accepts(MEC_CERTIFICATE_OBJECTIVE, RIDGE_TOL, &certified))
            return take_point(s, alpha, l1_ratio, &s->ridge, &certified);
    }
    mec_certified certified = mec_net_solve_near(design, &s->target, &penalty,
                                                 expect(s, row, place), s->workspace, &s->weights);
    remember(s, row, place, mec_net_last_products(design, s->workspace));
    return take_point(s, alpha, l1_ratio, &s->weights, &certified);
}

/* All points of a fold: alphas from the largest to the smallest and, for each, l1_ratios likewise,
 * because they are closer together, so that each solution is a good guess for the next one. */
static mec_code search_fold(search *s, mec_status *status) {
    const mec_grid *grid = &s->g->grid;
    double *scores = s->scores + s->fold * grid->n_alpha * grid->n_l1_ratio;
    for (size_t row = 0; row < grid->n_alpha; row++) {
        double *row_scores = scores + s->g->alphas[row] * grid->n_l1_ratio;
        copy_weights(&s->weights, &s->first);
        for (size_t place = 0; place < grid->n_l1_ratio; place++) {
            row_scores[s->g->l1_ratios[place]] = search_point(s, row, place);
            if (place == 0)
                copy_weights(&s->first, &s->weights);
        }
        if (mec_pulse_stop(s->g->pulse))
            return mec_fail(status, MEC_STOPPED, "stopped on request");
    }
    return MEC_OK;
}

/* The surface is the caller's, or lives in `scratch`. */
static mec_code choose(search *s, mec_scratch *scratch, mec_status *status) {
    const mec_grid *grid = &s->g->grid;
    double *surface = s->output->surface;
    if (!surface)
        surface =
            mec_scratch_take(scratch, grid->n_alpha * grid->n_l1_ratio, sizeof *surface, status);
    if (!surface)
        return status->code;
    s->result->choice = mec_grid_choose(grid, s->scores, surface);
    if (s->result->choice.n_valid == 0 && s->result->n_rejected > 0)
        s->result->outcome = MEC_OUTCOME_GAP_ABOVE_TOL;
    return MEC_OK;
}

/* A result without any score. */
static void fill_nothing(const mec_grid *grid, const mec_grid_output *output,
                         mec_grid_result *result) {
    const mec_grid_pair none = {NAN, NAN};
    *result = (mec_grid_result){.choice = {.best = none, .score = NAN, .se = NAN, .one_se = none},
                                .largest_relative_gap = NAN};
    for (size_t k = 0; k < grid->n_alpha * grid->n_l1_ratio && output->surface; k++)
        output->surface[k] = NAN;
}

mec_code mec_grid_cell(const mec_grid_prepared *prepared, const double *y,
                       const mec_grid_output *output, mec_grid_result *result, mec_scratch *scratch,
                       mec_status *status) {
    search s = {.g = prepared, .y = y, .output = output, .result = result};
    fill_nothing(&prepared->grid, output, result);
    result->outcome = prepared->outcome;
    if (prepared->outcome != MEC_OUTCOME_DONE)
        return MEC_OK;
    if (start_search(&s, scratch, status))
        return status->code;
    for (size_t k = 0; k < prepared->grid.n_fold; k++)
        if (start_fold(&s, k, scratch, status) || search_fold(&s, status))
            return status->code;
    return choose(&s, scratch, status);
}

/* ---- in parts ---- */

size_t mec_grid_n_part(const mec_grid *grid, double wanted) {
    double n_block = ceil(wanted / (double)grid->n_fold);
    return grid->n_fold * (size_t)fmin(fmax(n_block, 1), (double)grid->n_alpha);
}

mec_grid_part mec_grid_part_at(const mec_grid *grid, size_t n_part, size_t part) {
    size_t step = n_part / grid->n_fold;
    size_t first = part % step;
    size_t n = grid->n_alpha / step;
    size_t n_longer = grid->n_alpha % step; /* the first of a fold's parts, by one */
    return (mec_grid_part){.fold = part / step,
                           .first = first,
                           .step = step,
                           .n = n + (first < n_longer ? 1 : 0),
                           .place = first * n + (first < n_longer ? first : n_longer)};
}

/* The index of the part's alpha `k`. */
static size_t alpha_of(const size_t *alphas, mec_grid_part part, size_t k) {
    return alphas[part.first + k * part.step];
}

/* The same folds for the part's alphas alone. */
static mec_code narrow(const mec_grid_prepared *prepared, mec_grid_part part, mec_grid_prepared *g,
                       mec_scratch *scratch, mec_status *status) {
    double *values = mec_scratch_take(scratch, part.n, sizeof *values, status);
    size_t *order = mec_scratch_take(scratch, part.n, sizeof *order, status);
    for (size_t k = 0; k < part.n && status->code == MEC_OK; k++) {
        values[k] = prepared->grid.alphas[alpha_of(prepared->alphas, part, k)];
        order[k] = k;
    }
    *g = *prepared;
    g->grid.alphas = values;
    g->grid.n_alpha = part.n;
    g->alphas = order;
    return status->code;
}

mec_code mec_grid_cell_part(const mec_grid_prepared *prepared, const double *y, mec_grid_part part,
                            const mec_grid_output *output, double *scores, mec_grid_result *result,
                            mec_scratch *scratch, mec_status *status) {
    size_t n_point = part.n * prepared->grid.n_l1_ratio;
    mec_grid_prepared g;
    search s = {.g = &g, .y = y, .output = output, .result = result};
    fill_nothing(&prepared->grid, output, result);
    for (size_t k = 0; k < n_point; k++)
        scores[k] = NAN;
    result->outcome = prepared->outcome;
    if (prepared->outcome != MEC_OUTCOME_DONE)
        return MEC_OK;
    if (narrow(prepared, part, &g, scratch, status) || start_search(&s, scratch, status) ||
        start_fold(&s, part.fold, scratch, status) || search_fold(&s, status))
        return status->code;
    memcpy(scores, s.scores + part.fold * n_point, n_point * sizeof *scores);
    for (size_t k = 0; k < output->n_rejected && k < result->n_rejected; k++)
        output->rejected[k].alpha =
            (uint32_t)alpha_of(prepared->alphas, part, output->rejected[k].alpha);
    return MEC_OK;
}

mec_code mec_grid_join(const mec_grid *grid, const double *scores, const mec_grid_result *parts,
                       size_t n_part, const mec_grid_output *output, mec_grid_result *result,
                       mec_scratch *scratch, mec_status *status) {
    size_t n_score = grid->n_fold * grid->n_alpha * grid->n_l1_ratio;
    const mec_grid_prepared g = {.grid = *grid};
    search s = {.g = &g, .output = output, .result = result};
    s.scores = mec_scratch_take(scratch, n_score, sizeof *scores, status);
    const size_t *alphas = sort(grid->alphas, grid->n_alpha, scratch, status);
    if (status->code != MEC_OK)
        return status->code;
    for (size_t i = 0; i < n_part; i++) {
        mec_grid_part part = mec_grid_part_at(grid, n_part, i);
        for (size_t k = 0; k < part.n; k++, scores += grid->n_l1_ratio)
            memcpy(s.scores +
                       (part.fold * grid->n_alpha + alpha_of(alphas, part, k)) * grid->n_l1_ratio,
                   scores, grid->n_l1_ratio * sizeof *scores);
    }
    fill_nothing(grid, output, result);
    result->outcome = parts[0].outcome; /* what the folds have in common */
    for (size_t k = 0; k < n_part; k++) {
        result->n_rejected += parts[k].n_rejected;
        result->largest_relative_gap =
            fmax(result->largest_relative_gap, parts[k].largest_relative_gap);
    }
    return result->outcome == MEC_OUTCOME_DONE ? choose(&s, scratch, status) : MEC_OK;
}

/* ---- estimates ---- */

static double n_point(const mec_grid *grid) {
    return (double)grid->n_fold * (double)grid->n_alpha * (double)grid->n_l1_ratio;
}

/* In multiplications of a product of matrices that take as long, as measured at 14 to 400 states
 * and 30 to 4096 cells: a point costs somewhat more than one factorisation, some products with all
 * columns, and many small steps; two points in three are not zero. */
double mec_grid_cost(const mec_shape *shape, const mec_grid *grid) {
    double p = (double)shape->n_cell;
    double n = (double)shape->n_train * (1 - 1 / (double)grid->n_fold);
    double gram = shape->n_cell <= MEC_NET_GRAM ? n * p * p : 0;
    double decomposed = wants_decomposition(grid) ? 4 * n * p * fmin(n, p) : 0;
    double point = 0.5 * pow(fmin(n, p), 3) + 10 * n * p + 5e4;
    return (double)grid->n_fold * (gram + decomposed) + (double)shape->m * n_point(grid) * point;
}

double mec_grid_memory(const mec_shape *shape, const mec_grid *grid) {
    double p = (double)shape->n_cell;
    double n = (double)shape->n_train;
    double products = (double)grid->n_l1_ratio * (p + 4);
    double lists = 3 * (double)(grid->n_alpha + grid->n_l1_ratio);
    double scores = n_point(grid) * (1 + 1 / (double)grid->n_fold);
    return mec_net_memory(shape->n_train, shape->n_cell) +
           mec_net_folds_memory(shape->n_train, shape->n_cell, grid->n_fold,
                                wants_decomposition(grid), 1) +
           sizeof(double) * (lists + scores + products + 8 * p + 5 * n);
}
