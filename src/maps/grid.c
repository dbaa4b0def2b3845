#include "maps/grid.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "maps/elastic_net_folds.h"
#include "maps/grid_row.h"

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

/* Whether the folds are to be decomposed: for ridge, or where there may be no penalty. */
static bool wants_decomposition(const mec_grid *grid) {
    for (size_t k = 0; k < grid->n_l1_ratio; k++)
        if (mec_grid_is_ridge(grid, grid->l1_ratios[k]))
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

/* One cell's search. */
typedef struct search {
    const mec_grid_prepared *g;
    const double *y; /* (n_train) */
    const mec_grid_output *output;
    mec_grid_result *result;
    double *scores; /* (n_fold, n_alpha, n_l1_ratio) */
    mec_grid_rows rows;
    mec_grid_fold fold; /* the one looked at */
    size_t fold_index;
} search;

static mec_code start_search(search *s, mec_scratch *scratch, mec_status *status) {
    const mec_grid *grid = &s->g->grid;
    size_t n = s->g->n_train;
    size_t p = s->g->folds[0].split.design.p;
    size_t n_score = grid->n_fold * grid->n_alpha * grid->n_l1_ratio;
    s->scores = mec_scratch_take(scratch, n_score, sizeof *s->scores, status);
    s->fold.held_out.deviation = mec_scratch_take(scratch, n, sizeof *s->scores, status);
    if (status->code != MEC_OK)
        return status->code;
    return mec_grid_rows_take(grid, s->g->alphas, s->g->l1_ratios, n, p, &s->rows, scratch, status);
}

/* Everything that follows from the fold and the cell alone. */
static mec_code start_fold(search *s, size_t index, mec_scratch *scratch, mec_status *status) {
    const mec_grid *grid = &s->g->grid;
    const mec_net_fold *f = &s->g->folds[index];
    mec_grid_fold *fold = &s->fold;
    mec_net_targets targets;
    if (mec_net_fold_targets(f, s->y, 1, grid->fit_intercept, &fold->held_out.intercept, &targets,
                             scratch, status))
        return status->code;
    s->fold_index = index;
    fold->split = &f->split;
    fold->counts = s->g->counts + index * f->split.design.p;
    fold->target = mec_net_split_target(&f->split, &targets, 0);
    fold->cv_score = grid->cv_score;
    fold->held_out.n = f->n;
    fold->held_out.y = s->y + f->first;
    mec_held_out_start(&fold->held_out);
    mec_grid_rows_start(&s->rows, fold);
    return MEC_OK;
}

/* The score of a point; NaN where it is not accepted, and it is listed. */
static double take_point(search *s, size_t alpha, size_t l1_ratio, const mec_grid_spot *spot) {
    const mec_grid *grid = &s->g->grid;
    mec_grid_result *result = s->result;
    if (spot->accepted) {
        double gap = mec_certificate_relative(grid->rule, grid->tol, &spot->certified);
        result->largest_relative_gap = fmax(result->largest_relative_gap, gap);
        return spot->known.score;
    }
    if (result->n_rejected++ < s->output->n_rejected)
        s->output->rejected[result->n_rejected - 1] =
            (mec_grid_point){(uint32_t)s->fold_index, (uint32_t)alpha, (uint32_t)l1_ratio};
    return NAN;
}

/* All points of a fold: alphas from the largest to the smallest, so that what is known at one tells
 * about the next. */
static mec_code search_fold(search *s, mec_status *status) {
    const mec_grid *grid = &s->g->grid;
    for (size_t row = 0; row < grid->n_alpha; row++) {
        size_t alpha = s->g->alphas[row];
        double *scores = s->scores + (s->fold_index * grid->n_alpha + alpha) * grid->n_l1_ratio;
        mec_grid_rows_search(&s->rows, row);
        for (size_t place = 0; place < grid->n_l1_ratio; place++) {
            size_t l1_ratio = s->g->l1_ratios[place];
            scores[l1_ratio] = take_point(s, alpha, l1_ratio, &s->rows.spots[place]);
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
    double n_range = ceil(wanted / (double)grid->n_fold);
    return grid->n_fold * (size_t)fmin(fmax(n_range, 1), (double)grid->n_l1_ratio);
}

mec_grid_part mec_grid_part_at(const mec_grid *grid, size_t n_part, size_t part) {
    size_t n_range = n_part / grid->n_fold;
    size_t range = part % n_range;
    size_t n = grid->n_l1_ratio / n_range;
    size_t n_longer = grid->n_l1_ratio % n_range; /* the first of a fold's parts, by one */
    return (mec_grid_part){.fold = part / n_range,
                           .first = range * n + (range < n_longer ? range : n_longer),
                           .n = n + (range < n_longer ? 1 : 0)};
}

/* The same folds for the part's l1_ratios alone. */
static mec_code narrow(const mec_grid_prepared *prepared, mec_grid_part part, mec_grid_prepared *g,
                       mec_scratch *scratch, mec_status *status) {
    double *values = mec_scratch_take(scratch, part.n, sizeof *values, status);
    size_t *order = mec_scratch_take(scratch, part.n, sizeof *order, status);
    for (size_t k = 0; k < part.n && status->code == MEC_OK; k++) {
        values[k] = prepared->grid.l1_ratios[prepared->l1_ratios[part.first + k]];
        order[k] = k;
    }
    *g = *prepared;
    g->grid.l1_ratios = values;
    g->grid.n_l1_ratio = part.n;
    g->l1_ratios = order;
    return status->code;
}

mec_code mec_grid_cell_part(const mec_grid_prepared *prepared, const double *y, mec_grid_part part,
                            const mec_grid_output *output, double *scores, mec_grid_result *result,
                            mec_scratch *scratch, mec_status *status) {
    size_t n_alpha = prepared->grid.n_alpha;
    mec_grid_prepared g;
    search s = {.g = &g, .y = y, .output = output, .result = result};
    fill_nothing(&prepared->grid, output, result);
    for (size_t k = 0; k < part.n * n_alpha; k++)
        scores[k] = NAN;
    result->outcome = prepared->outcome;
    if (prepared->outcome != MEC_OUTCOME_DONE)
        return MEC_OK;
    if (narrow(prepared, part, &g, scratch, status) || start_search(&s, scratch, status) ||
        start_fold(&s, part.fold, scratch, status) || search_fold(&s, status))
        return status->code;
    const double *found = s.scores + part.fold * n_alpha * part.n;
    for (size_t alpha = 0; alpha < n_alpha; alpha++)
        for (size_t k = 0; k < part.n; k++)
            scores[k * n_alpha + alpha] = found[alpha * part.n + k];
    for (size_t k = 0; k < output->n_rejected && k < result->n_rejected; k++) {
        mec_grid_point *point = &output->rejected[k];
        point->l1_ratio = (uint32_t)prepared->l1_ratios[part.first + point->l1_ratio];
    }
    return MEC_OK;
}

/* What the parts of a cell have in common, and the sums over them. */
static void join_results(const mec_grid_result *parts, size_t n_part, mec_grid_result *result) {
    result->outcome = parts[0].outcome; /* what the folds have in common */
    for (size_t k = 0; k < n_part; k++) {
        result->n_rejected += parts[k].n_rejected;
        result->largest_relative_gap =
            fmax(result->largest_relative_gap, parts[k].largest_relative_gap);
    }
}

mec_code mec_grid_join(const mec_grid *grid, const double *scores, const mec_grid_result *parts,
                       size_t n_part, const mec_grid_output *output, mec_grid_result *result,
                       mec_scratch *scratch, mec_status *status) {
    size_t n_alpha = grid->n_alpha;
    size_t n_l1_ratio = grid->n_l1_ratio;
    const mec_grid_prepared g = {.grid = *grid};
    search s = {.g = &g, .output = output, .result = result};
    s.scores =
        mec_scratch_take(scratch, grid->n_fold * n_alpha * n_l1_ratio, sizeof *scores, status);
    const size_t *l1_ratios = sort(grid->l1_ratios, n_l1_ratio, scratch, status);
    if (status->code != MEC_OK)
        return status->code;
    for (size_t fold = 0; fold < grid->n_fold; fold++)
        for (size_t place = 0; place < n_l1_ratio; place++)
            for (size_t alpha = 0; alpha < n_alpha; alpha++)
                s.scores[(fold * n_alpha + alpha) * n_l1_ratio + l1_ratios[place]] = *scores++;
    fill_nothing(grid, output, result);
    join_results(parts, n_part, result);
    return result->outcome == MEC_OUTCOME_DONE ? choose(&s, scratch, status) : MEC_OK;
}

/* ---- estimates ---- */

static double n_point(const mec_grid *grid) {
    return (double)grid->n_fold * (double)grid->n_alpha * (double)grid->n_l1_ratio;
}

/* In multiplications of a product of matrices that take as long, as measured at 39 to 100 states
 * and 149 to 4096 cells: a part of the points is solved, at the cost of a factorisation and some
 * products with all columns each; the others, which are most by scikit-learn's rule, are certified.
 */
double mec_grid_cost(const mec_shape *shape, const mec_grid *grid) {
    double p = (double)shape->n_cell;
    double n = (double)shape->n_train * (1 - 1 / (double)grid->n_fold);
    double gram = shape->n_cell <= MEC_NET_GRAM ? n * p * p : 0;
    double decomposed = wants_decomposition(grid) ? 4 * n * p * fmin(n, p) : 0;
    double cube = pow(fmin(n, p), 3);
    double point = grid->rule == MEC_CERTIFICATE_SKLEARN ? 0.02 * cube + 1.7 * n * p + 1e4
                                                         : 0.35 * cube + 3 * n * p + 3e4;
    return (double)grid->n_fold * (gram + decomposed) + (double)shape->m * n_point(grid) * point;
}

double mec_grid_memory(const mec_shape *shape, const mec_grid *grid) {
    double p = (double)shape->n_cell;
    double n = (double)shape->n_train;
    double lists = 3 * (double)(grid->n_alpha + grid->n_l1_ratio);
    double scores = n_point(grid) * (1 + 1 / (double)grid->n_fold);
    return mec_grid_rows_memory(grid, shape->n_train, shape->n_cell) +
           mec_net_folds_memory(shape->n_train, shape->n_cell, grid->n_fold,
                                wants_decomposition(grid), 1) +
           sizeof(double) * (lists + scores + 2 * p + 3 * n);
}
