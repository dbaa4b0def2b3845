#include "grid/grid_parts.h"

#include <stdlib.h>
#include <string.h>

/* ---- layout ---- */

static int add_places(mec_layout *layout, const char *path, size_t n, const char *long_name,
                      mec_status *status) {
    return mec_layout_add_int_scale(layout, path, n, long_name, status);
}

static int add_array(mec_layout *layout, const char *path, mec_element element, size_t n_cut,
                     int cut, size_t n_part, int part, const char *long_name, mec_status *status) {
    return mec_layout_add(layout,
                          &(mec_array){.path = (char *)path,
                                       .element = element,
                                       .n_dim = 2,
                                       .dims = {n_cut, n_part},
                                       .scale = {cut, part},
                                       .long_name = long_name},
                          status);
}

static int add_rejected(mec_layout *layout, size_t n_cut, int cut, size_t n_part, int part,
                        mec_status *status) {
    int32_t none = -1;
    int listed = add_places(layout, "/parts/listed", GRID_N_LISTED, "position in the list", status);
    return mec_layout_add(layout,
                          &(mec_array){.path = (char[]){"/parts/rejected"},
                                       .element = MEC_INT32,
                                       .n_dim = 3,
                                       .dims = {n_cut, n_part, GRID_N_LISTED},
                                       .scale = {cut, part, listed},
                                       .long_name = "points that were not accepted, the first "
                                                    "ones, as in the searches' own lists",
                                       .values = &none,
                                       .n_value = 1},
                          status);
}

static int add_score(mec_layout *layout, const mec_grid *grid, size_t n_cut, int cut,
                     mec_status *status) {
    int fold = add_places(layout, "/parts/fold", grid->n_fold, "fold", status);
    int l1_ratio = add_places(layout, "/parts/l1_ratio", grid->n_l1_ratio,
                              "l1_ratios from the largest to the smallest", status);
    int alpha =
        add_places(layout, "/parts/alpha", grid->n_alpha, "position in the list of alphas", status);
    return mec_layout_add(
        layout,
        &(mec_array){.path = (char[]){GRID_PARTS_SCORE},
                     .element = MEC_REAL64,
                     .n_dim = 4,
                     .dims = {n_cut, grid->n_fold, grid->n_l1_ratio, grid->n_alpha},
                     .scale = {cut, fold, l1_ratio, alpha},
                     .long_name = "scores on held-out folds; zeros once "
                                  "they are joined",
                     .scratch = true},
        status);
}

mec_code grid_parts_describe(grid_parts *parts, const fit_plan *plan, const mec_grid *grid,
                             mec_layout *layout, mec_status *status) {
    *parts = (grid_parts){.plan = plan, .grid = grid};
    size_t n = plan->n_cut;
    size_t m = plan->most_part;
    if (n == 0)
        return MEC_OK;
    int cut = add_places(layout, "/parts/cut", n, "cells and splits that are cut", status);
    int part = add_places(layout, "/parts/part", m, "part of a cell's search", status);
    parts->score = add_score(layout, grid, n, cut, status);
    parts->largest_relative_gap = add_array(
        layout, "/parts/largest_relative_gap", MEC_REAL64, n, cut, m, part,
        "largest duality gap of the accepted points over the certificate's scale", status);
    parts->status = add_array(layout, "/parts/status", MEC_INT8, n, cut, m, part,
                              "0 not_done, 1 done, 2 gap_above_tol, 3 failed, 4 no_states", status);
    parts->n_rejected = add_array(layout, "/parts/n_rejected", MEC_INT32, n, cut, m, part,
                                  "points that the certificate did not accept", status);
    parts->rejected = add_rejected(layout, n, cut, m, part, status);
    return status->code;
}

mec_code grid_parts_open(grid_parts *parts, mec_run_file *file, mec_status *status) {
    const int arrays[] = {parts->score, parts->largest_relative_gap, parts->status,
                          parts->n_rejected, parts->rejected};
    parts->file = file;
    if (parts->plan->n_cut == 0)
        return MEC_OK;
    return mec_run_file_open_arrays(file, arrays, sizeof arrays / sizeof *arrays, status);
}

/* ---- what a part leaves ---- */

double *grid_parts_take_scores(const grid_parts *parts, mec_outbox *outbox, const fit_task *task,
                               mec_status *status) {
    mec_grid_part part = mec_grid_part_at(parts->grid, task->n_part, task->part);
    const size_t start[MEC_MAX_DIM] = {task->cut, part.fold, part.first};
    const size_t count[MEC_MAX_DIM] = {1, 1, part.n, parts->grid->n_alpha, 1};
    return mec_outbox_take(outbox, parts->score, start, count, status);
}

/* Where a part's numbers go. */
typedef struct placing {
    mec_outbox *outbox;
    size_t start[MEC_MAX_DIM];
    mec_status *status;
} placing;

static void put(const placing *p, int array, const void *value, size_t size) {
    const size_t one[MEC_MAX_DIM] = {1, 1, 1, 1, 1};
    void *slice = p->status->code == MEC_OK
                      ? mec_outbox_take(p->outbox, array, p->start, one, p->status)
                      : NULL;
    if (slice)
        memcpy(slice, value, size);
}

static void put_rejected(const placing *p, const grid_parts *parts, const grid_cell_result *r) {
    size_t n = r->found.n_rejected < GRID_N_LISTED ? r->found.n_rejected : GRID_N_LISTED;
    const size_t count[MEC_MAX_DIM] = {1, 1, n, 1, 1};
    int32_t *slice = n > 0 && p->status->code == MEC_OK
                         ? mec_outbox_take(p->outbox, parts->rejected, p->start, count, p->status)
                         : NULL;
    for (size_t i = 0; i < n && slice; i++)
        slice[i] = grid_output_position(parts->grid, r->rejected[i]);
}

mec_code grid_parts_put(const grid_parts *parts, mec_outbox *outbox, const fit_task *task,
                        const grid_cell_result *result, mec_status *status) {
    const placing p = {.outbox = outbox, .start = {task->cut, task->part}, .status = status};
    int8_t outcome = (int8_t)result->found.outcome;
    int32_t n_rejected = (int32_t)result->found.n_rejected;
    put(&p, parts->largest_relative_gap, &result->found.largest_relative_gap, sizeof(double));
    put(&p, parts->status, &outcome, sizeof outcome);
    put(&p, parts->n_rejected, &n_rejected, sizeof n_rejected);
    put_rejected(&p, parts, result);
    return status->code;
}

/* ---- joining ---- */

/* What all parts of a cell have left: (n_part) each. */
typedef struct leftovers {
    double *score; /* (n_fold, n_l1_ratio, n_alpha) */
    double *gap;
    int8_t *outcome;
    int32_t *n_rejected;
    int32_t *rejected; /* (n_part, GRID_N_LISTED) */
    mec_grid_result *found;
} leftovers;

static mec_code read_leftovers(const grid_parts *parts, const fit_task *task, leftovers *l,
                               mec_scratch *scratch, mec_status *status) {
    const mec_grid *grid = parts->grid;
    size_t n = task->n_part;
    const size_t start[MEC_MAX_DIM] = {task->cut};
    const size_t each[MEC_MAX_DIM] = {1, n, GRID_N_LISTED};
    const size_t all[MEC_MAX_DIM] = {1, grid->n_fold, grid->n_l1_ratio, grid->n_alpha};
    size_t n_score = grid->n_fold * grid->n_alpha * grid->n_l1_ratio;
    l->score = mec_scratch_take(scratch, n_score, sizeof *l->score, status);
    l->gap = mec_scratch_take(scratch, n, sizeof *l->gap, status);
    l->outcome = mec_scratch_take(scratch, n, sizeof *l->outcome, status);
    l->n_rejected = mec_scratch_take(scratch, n, sizeof *l->n_rejected, status);
    l->rejected = mec_scratch_take(scratch, n * GRID_N_LISTED, sizeof *l->rejected, status);
    l->found = mec_scratch_take(scratch, n, sizeof *l->found, status);
    const mec_run_file *file = parts->file;
    if (status->code != MEC_OK ||
        mec_run_file_fetch(file, parts->score, start, all, l->score, status) ||
        mec_run_file_fetch(file, parts->largest_relative_gap, start, each, l->gap, status) ||
        mec_run_file_fetch(file, parts->status, start, each, l->outcome, status) ||
        mec_run_file_fetch(file, parts->n_rejected, start, each, l->n_rejected, status) ||
        mec_run_file_fetch(file, parts->rejected, start, each, l->rejected, status))
        return status->code;
    for (size_t k = 0; k < n; k++)
        l->found[k] = (mec_grid_result){.outcome = (mec_outcome)l->outcome[k],
                                        .largest_relative_gap = l->gap[k],
                                        .n_rejected = (size_t)l->n_rejected[k]};
    return MEC_OK;
}

/* A listed point, to be put in order. */
typedef struct listed {
    double alpha, l1_ratio;
    mec_grid_point point;
} listed;

static int by_search(const void *left, const void *right) {
    const listed *a = left;
    const listed *b = right;
    if (a->point.fold != b->point.fold)
        return a->point.fold < b->point.fold ? -1 : 1;
    if (a->alpha != b->alpha)
        return a->alpha > b->alpha ? -1 : 1;
    if (a->point.alpha != b->point.alpha)
        return a->point.alpha < b->point.alpha ? -1 : 1;
    if (a->l1_ratio != b->l1_ratio)
        return a->l1_ratio > b->l1_ratio ? -1 : 1;
    return (a->point.l1_ratio > b->point.l1_ratio) - (a->point.l1_ratio < b->point.l1_ratio);
}

/* The first points that were not accepted, in the order of one search over all parts. */
static mec_code list_rejected(const grid_parts *parts, const leftovers *l, size_t n_part,
                              grid_cell_result *result, mec_scratch *scratch, mec_status *status) {
    const mec_grid *grid = parts->grid;
    size_t n = 0;
    listed *list = mec_scratch_take(scratch, n_part * GRID_N_LISTED, sizeof *list, status);
    if (!list)
        return status->code;
    for (size_t i = 0; i < n_part * GRID_N_LISTED; i++) {
        if (l->rejected[i] < 0)
            continue;
        mec_grid_point at = grid_output_point(grid, l->rejected[i]);
        list[n++] = (listed){grid->alphas[at.alpha], grid->l1_ratios[at.l1_ratio], at};
    }
    qsort(list, n, sizeof *list, by_search);
    for (size_t i = 0; i < n && i < GRID_N_LISTED; i++)
        result->rejected[i] = list[i].point;
    return MEC_OK;
}

mec_code grid_parts_join(const grid_parts *parts, const fit_task *task, grid_cell_result *result,
                         mec_scratch *scratch, mec_status *status) {
    leftovers l;
    const mec_grid_output output = {.surface = result->surface};
    if (read_leftovers(parts, task, &l, scratch, status) ||
        list_rejected(parts, &l, task->n_part, result, scratch, status))
        return status->code;
    return mec_grid_join(parts->grid, l.score, l.found, task->n_part, &output, &result->found,
                         scratch, status);
}
