#include "grid/grid_output.h"

#include <stdlib.h>
#include <string.h>

#include "base/fault.h"
#include "base/memory.h"
#include "fit/fit_axes.h"
#include "fit/fit_output.h"
#include "fit/fit_splits.h"
#include "storage/h5.h"

enum { EACH_FIT = FIT_CELLS | FIT_SPLITS | FIT_SOURCES };

/* ---- layout ---- */

typedef struct describing {
    grid_output *output;
    mec_layout *layout;
    fit_axes axes;
    mec_status *status;
} describing;

static int add_array(describing *d, const char *name, mec_element element, int axes,
                     const char *units, const char *long_name) {
    mec_array array = {.path = (char *)fit_axes_path(&d->axes, name),
                       .element = element,
                       .units = units,
                       .long_name = long_name};
    fit_axes_set(&d->axes, axes, &array);
    return mec_layout_add(d->layout, &array, d->status);
}

/* Which points were not accepted: positions in (fold, alpha, l1_ratio), -1 where there are fewer.
 */
static int add_rejected(describing *d) {
    int32_t none = -1;
    mec_array array = {.path = (char *)fit_axes_path(&d->axes, "rejected"),
                       .element = MEC_INT32,
                       .long_name = "points that were not accepted, the first ones: (fold x alphas "
                                    "+ alpha) x l1_ratios + l1_ratio, from 0",
                       .values = &none,
                       .n_value = 1};
    fit_axes_set(&d->axes, EACH_FIT, &array);
    array.dims[array.n_dim] = GRID_N_LISTED;
    array.scale[array.n_dim] =
        mec_layout_add_int_scale(d->layout, fit_axes_path(&d->axes, "listed"), GRID_N_LISTED,
                                 "position in the list", d->status);
    array.n_dim++;
    array.path = (char *)fit_axes_path(&d->axes, "rejected");
    return mec_layout_add(d->layout, &array, d->status);
}

static int add_alphas(mec_layout *layout, const char *path, const mec_grid *grid,
                      mec_status *status) {
    return mec_layout_add_values_scale(layout, path, MEC_REAL64, grid->alphas, grid->n_alpha,
                                       "penalty", status);
}

static int add_l1_ratios(mec_layout *layout, const char *path, const mec_grid *grid,
                         mec_status *status) {
    return mec_layout_add_values_scale(layout, path, MEC_REAL64, grid->l1_ratios, grid->n_l1_ratio,
                                       "share of the l1 penalty", status);
}

/* Labelled by lists of its own: xarray looks for labels in the group it opens only. */
static int add_surface(describing *d) {
    const mec_grid *grid = d->output->grid;
    int alpha = add_alphas(d->layout, fit_axes_path(&d->axes, "alpha"), grid, d->status);
    int l1_ratio = add_l1_ratios(d->layout, fit_axes_path(&d->axes, "l1_ratio"), grid, d->status);
    mec_array array = {.path = (char *)fit_axes_path(&d->axes, "cv_score"),
                       .element = MEC_REAL64,
                       .long_name = "mean score on held-out folds"};
    fit_axes_set(&d->axes, FIT_CELLS | FIT_SPLITS, &array);
    array.dims[array.n_dim] = grid->n_alpha;
    array.scale[array.n_dim++] = alpha;
    array.dims[array.n_dim] = grid->n_l1_ratio;
    array.scale[array.n_dim++] = l1_ratio;
    fit_axes_set(&d->axes, FIT_SOURCES, &array);
    return mec_layout_add(d->layout, &array, d->status);
}

static void describe_target(describing *d, size_t arena, size_t animal) {
    const fit_plan *plan = d->output->plan;
    grid_arrays *a = &d->output->arrays[animal];
    if (fit_axes_add(&d->axes, plan, d->layout, "grid", arena, animal, EACH_FIT, d->status))
        return;
    fit_axes_add_cell_ids(&d->axes, d->layout, animal, d->status);
    a->best_alpha =
        add_array(d, "best_alpha", MEC_REAL64, EACH_FIT, "1", "alpha of the best score");
    a->best_l1_ratio =
        add_array(d, "best_l1_ratio", MEC_REAL64, EACH_FIT, "1", "l1_ratio of the best score");
    a->best_cv_score = add_array(d, "best_cv_score", MEC_REAL64, EACH_FIT, NULL,
                                 "best mean score on held-out folds");
    a->test_corr = add_array(d, "test_corr", MEC_REAL64, EACH_FIT, "1",
                             "Pearson correlation of prediction and response on the test states");
    a->ridge_test_corr =
        add_array(d, "ridge_test_corr", MEC_REAL64, EACH_FIT, "1",
                  "the same of Ridge with alpha = 1, fitted on the same train states");
    a->largest_relative_gap =
        add_array(d, "largest_relative_gap", MEC_REAL64, EACH_FIT, "1",
                  "largest duality gap of the accepted points over the certificate's scale");
    a->one_se_alpha = add_array(d, "one_se_alpha", MEC_REAL64, EACH_FIT, "1",
                                "alpha by the one-standard-error rule");
    a->one_se_l1_ratio = add_array(d, "one_se_l1_ratio", MEC_REAL64, EACH_FIT, "1",
                                   "l1_ratio by the one-standard-error rule");
    a->n_within_one_se = add_array(d, "n_within_one_se", MEC_INT32, EACH_FIT, NULL,
                                   "combinations within one standard error of the best");
    a->on_edge = add_array(d, "on_edge", MEC_INT8, EACH_FIT, NULL,
                           "1 where the best lies on the grid's edge");
    a->status = add_array(d, "status", MEC_INT8, EACH_FIT, NULL,
                          "0 not_done, 1 done, 2 gap_above_tol, 3 failed, 4 no_states");
    a->n_rejected = add_array(d, "n_rejected", MEC_INT32, EACH_FIT, NULL,
                              "points that the certificate did not accept");
    a->rejected = add_rejected(d);
    a->cv_score = d->output->keep_scores ? add_surface(d) : -1;
    a->corr = add_array(d, "corr", MEC_REAL64, FIT_CELLS, "1",
                        "Pearson correlation of prediction and response, mean over splits");
}

mec_code grid_output_describe(grid_output *output, const fit_plan *plan, const mec_grid *grid,
                              bool keep_scores, mec_layout *layout, mec_status *status) {
    const mec_catalogue *c = plan->catalogue;
    *output =
        (grid_output){.plan = plan, .grid = grid, .layout = layout, .keep_scores = keep_scores};
    output->arrays = mec_alloc(c->n_animal, sizeof *output->arrays, status);
    describing d = {.output = output, .layout = layout, .status = status};
    fit_output_describe_skips(plan, layout, status);
    add_alphas(layout, "/grid/alpha", grid, status);
    add_l1_ratios(layout, "/grid/l1_ratio", grid, status);
    for (size_t a = 0; a < c->n_arena; a++)
        for (size_t i = 0; i < c->arenas[a].n_animal && status->code == MEC_OK; i++)
            if (fit_plan_compares(plan, a))
                describe_target(&d, a, c->arenas[a].first_animal + i);
    if (plan->settings->splits.keep && status->code == MEC_OK)
        fit_splits_describe(plan, layout, status);
    return status->code;
}

void grid_output_destroy(grid_output *output) {
    free(output->arrays);
    *output = (grid_output){0};
}

/* ---- results ---- */

/* Where a cell's numbers of one split go. */
typedef struct placing {
    mec_outbox *outbox;
    size_t start[MEC_MAX_DIM];
    mec_status *status;
} placing;

static void put(const placing *p, int array, const void *value, size_t size) {
    const size_t count[MEC_MAX_DIM] = {1, 1, 1, 1, 1};
    void *slice = NULL;
    if (p->status->code == MEC_OK)
        slice = mec_outbox_take(p->outbox, array, p->start, count, p->status);
    if (slice)
        memcpy(slice, value, size);
}

static void put_real(const placing *p, int array, double value) {
    put(p, array, &value, sizeof value);
}

static void put_count(const placing *p, int array, size_t value) {
    int32_t count = (int32_t)value;
    put(p, array, &count, sizeof count);
}

static void put_code(const placing *p, int array, int value) {
    int8_t code = (int8_t)value;
    put(p, array, &code, sizeof code);
}

int32_t grid_output_position(const mec_grid *grid, mec_grid_point point) {
    return (int32_t)((point.fold * grid->n_alpha + point.alpha) * grid->n_l1_ratio +
                     point.l1_ratio);
}

mec_grid_point grid_output_point(const mec_grid *grid, int32_t position) {
    size_t pair = (size_t)position / grid->n_l1_ratio;
    return (mec_grid_point){.fold = (uint32_t)(pair / grid->n_alpha),
                            .alpha = (uint32_t)(pair % grid->n_alpha),
                            .l1_ratio = (uint32_t)((size_t)position % grid->n_l1_ratio)};
}

/* The listed points. */
static void put_rejected(const grid_output *output, const placing *p, int array,
                         const grid_cell_result *r) {
    size_t n = r->found.n_rejected < GRID_N_LISTED ? r->found.n_rejected : GRID_N_LISTED;
    size_t count[MEC_MAX_DIM] = {1, 1, 1, 1, 1};
    count[output->plan->pairwise ? 3 : 2] = n; /* the list is the last axis */
    int32_t *slice = NULL;
    if (n > 0 && p->status->code == MEC_OK)
        slice = mec_outbox_take(p->outbox, array, p->start, count, p->status);
    for (size_t i = 0; i < n && slice; i++)
        slice[i] = grid_output_position(output->grid, r->rejected[i]);
}

static void put_surface(const grid_output *output, const placing *p, int array,
                        const grid_cell_result *r) {
    size_t n = output->grid->n_alpha * output->grid->n_l1_ratio;
    const size_t start[MEC_MAX_DIM] = {p->start[0], p->start[1], 0, 0, p->start[2]};
    const size_t count[MEC_MAX_DIM] = {1, 1, output->grid->n_alpha, output->grid->n_l1_ratio, 1};
    double *slice = NULL;
    if (p->status->code == MEC_OK)
        slice = mec_outbox_take(p->outbox, array, start, count, p->status);
    if (slice)
        memcpy(slice, r->surface, n * sizeof *slice);
}

mec_code grid_output_put(const grid_output *output, mec_outbox *outbox, const fit_task *task,
                         fit_cell cell, const grid_cell_result *result, mec_status *status) {
    const fit_plan *plan = output->plan;
    const fit_source *s = &plan->sources[plan->groups[task->group].source];
    const grid_arrays *a = &output->arrays[cell.animal];
    const mec_grid_choice *choice = &result->found.choice;
    const placing p = {
        .outbox = outbox,
        .start = {cell.cell, task->split, fit_plan_source_index(plan, s, cell.animal)},
        .status = status};
    put_real(&p, a->best_alpha, choice->best.alpha);
    put_real(&p, a->best_l1_ratio, choice->best.l1_ratio);
    put_real(&p, a->best_cv_score, choice->score);
    put_real(&p, a->test_corr, result->test_corr);
    put_real(&p, a->ridge_test_corr, result->ridge_test_corr);
    put_real(&p, a->largest_relative_gap, result->found.largest_relative_gap);
    put_real(&p, a->one_se_alpha, choice->one_se.alpha);
    put_real(&p, a->one_se_l1_ratio, choice->one_se.l1_ratio);
    put_count(&p, a->n_within_one_se, choice->n_within_one_se);
    put_code(&p, a->on_edge, choice->on_edge);
    put_code(&p, a->status, (int)result->found.outcome);
    put_count(&p, a->n_rejected, result->found.n_rejected);
    put_rejected(output, &p, a->rejected, result);
    if (a->cv_score >= 0)
        put_surface(output, &p, a->cv_score, result);
    return status->code;
}
