#include "fit/fit_splits.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "fit/fit_axes.h"
#include "maps/scores.h"
#include "maps/splits.h"
#include "storage/h5.h"

size_t fit_splits_count(const fit_data *data, const job_settings *settings) {
    if (data->has_splits)
        return mec_split_file_count(&data->splits);
    if (settings->splits.train_frac.word >= 0)
        return mec_split_count((mec_split_kind)settings->splits.train_frac.word);
    return (size_t)settings->splits.num_splits;
}

/* ---- bins ---- */

/* "20 x 30", "20x30"; false where it is something else. */
static bool parse_shape(const char *text, size_t *n_row, size_t *n_column) {
    char rows[32];
    const char *by = strpbrk(text, "xX");
    int64_t values[2];
    if (!by || by - text >= (ptrdiff_t)sizeof rows)
        return false;
    snprintf(rows, sizeof rows, "%.*s", (int)(by - text), text);
    if (!mec_text_to_int(rows, &values[0]) || !mec_text_to_int(by + 1, &values[1]) ||
        values[0] < 1 || values[1] < 1 || values[0] > INT32_MAX || values[1] > INT32_MAX)
        return false;
    *n_row = (size_t)values[0];
    *n_column = (size_t)values[1];
    return true;
}

static void set_spacing(const mec_arena *arena, mec_bins *bins) {
    bins->row_spacing = bins->column_spacing = 1;
    if (isfinite(arena->bin_cm))
        bins->row_spacing = bins->column_spacing = arena->bin_cm / 100;
    if (isfinite(arena->width_m) && isfinite(arena->height_m)) {
        bins->row_spacing = arena->width_m / (double)bins->n_row;
        bins->column_spacing = arena->height_m / (double)bins->n_column;
    }
}

/* The bins of one arena: its own, those of shape_2d, a square, or none. */
static mec_code find_bins(const mec_arena *arena, const char *name, const char *shape_2d,
                          mec_bins *bins, mec_status *status) {
    *bins = (mec_bins){.n_row = arena->n_row, .n_column = arena->n_column};
    size_t side = (size_t)lround(sqrt((double)arena->n_state));
    if (bins->n_row == 0 && *shape_2d) {
        if (!parse_shape(shape_2d, &bins->n_row, &bins->n_column) ||
            bins->n_row * bins->n_column != arena->n_state)
            return mec_fail(status, MEC_REFUSED,
                            "[splits] shape_2d: found \"%s\"; accepted: rows x columns of the %zu "
                            "states of arena %s",
                            shape_2d, arena->n_state, name);
    } else if (bins->n_row == 0 && side * side == arena->n_state) {
        bins->n_row = bins->n_column = side;
    }
    if (bins->n_row > 0)
        set_spacing(arena, bins);
    return MEC_OK;
}

mec_code fit_splits_find_bins(const fit_data *data, const job_settings *settings, mec_bins *bins,
                              mec_status *status) {
    const mec_catalogue *c = &data->dataset.catalogue;
    bool structured = !data->has_splits && settings->splits.train_frac.word >= 0;
    bool needed = structured || settings->fit.scores >> MEC_SCORE_NEG_EMD & 1;
    for (size_t a = 0; a < c->n_arena && status->code == MEC_OK; a++) {
        const char *name = mec_catalogue_text(c, c->arenas[a].name);
        find_bins(&c->arenas[a], name, settings->splits.shape_2d, &bins[a], status);
        if (needed && bins[a].n_row == 0)
            mec_fail(status, MEC_REFUSED,
                     "%s: arena %s has %zu states in a row that are no square, and %s needs their "
                     "bins; accepted: [splits] shape_2d = rows x columns",
                     c->input.path, name, c->arenas[a].n_state,
                     structured ? "train_frac" : "neg_emd");
    }
    return status->code;
}

/* ---- drawing ---- */

static bool is_kept(const fit_group *g, uint32_t state) {
    size_t low = 0;
    size_t high = g->n_state;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (g->states[middle] < state)
            low = middle + 1;
        else
            high = middle;
    }
    return low < g->n_state && g->states[low] == state;
}

/* Copies those of `list` (n) that the group keeps; returns how many. */
static size_t copy_kept(const fit_group *g, const uint32_t *list, size_t n, uint32_t *out) {
    size_t n_kept = 0;
    for (size_t i = 0; i < n; i++)
        if (is_kept(g, list[i]))
            out[n_kept++] = list[i];
    return n_kept;
}

/* A stored split loses the states that the group does not keep, as one by parts of the arena does.
 */
static void draw_stored(const fit_plan *plan, const fit_group *g, size_t split, uint32_t *order,
                        size_t *n_train, size_t *n_test) {
    const mec_catalogue *c = plan->catalogue;
    const fit_source *s = &plan->sources[g->source];
    const uint32_t *list = NULL;
    size_t n_listed_train = 0;
    size_t n_listed_test = 0;
    mec_split_file_find(&plan->data->splits, mec_catalogue_text(c, c->arenas[s->arena].name),
                        mec_catalogue_text(c, c->animals[g->cells[0].animal].name),
                        g->cells[0].cell, fit_plan_source_index(plan, s, g->cells[0].animal), split,
                        &list, &n_listed_train, &n_listed_test);
    *n_train = copy_kept(g, list, n_listed_train, order);
    *n_test = copy_kept(g, list + n_listed_train, n_listed_test, order + *n_train);
}

void fit_splits_draw(const fit_plan *plan, const fit_group *g, size_t split, double train_frac,
                     uint32_t *order, size_t *n_train, size_t *n_test) {
    const splits_settings *s = &plan->settings->splits;
    const mec_bins *bins = &plan->bins[plan->sources[g->source].arena];
    if (plan->data->has_splits) {
        draw_stored(plan, g, split, order, n_train, n_test);
        return;
    }
    if (isnan(train_frac) && s->train_frac.word >= 0) {
        *n_train = mec_split_structured((mec_split_kind)s->train_frac.word, split, bins, g->states,
                                        g->n_state, order);
    } else {
        mec_split_random((uint32_t)(s->split_start_seed + (int64_t)split), g->states, g->n_state,
                         order);
        *n_train =
            mec_split_n_train(g->n_state, isnan(train_frac) ? s->train_frac.number : train_frac);
    }
    *n_test = g->n_state - *n_train;
}

/* ---- keeping them ---- */

/* The axes of an animal's lists. */
static int list_axes(const fit_plan *plan) {
    return (plan->alone ? FIT_CELLS : 0) | FIT_SPLITS | FIT_SOURCES;
}

static void describe_target(const fit_plan *plan, mec_layout *layout, size_t arena, size_t animal,
                            mec_status *status) {
    int32_t none = -1;
    fit_axes axes;
    mec_array order = {.element = MEC_INT32,
                       .long_name = "states (bins in C order): those that train, then those that "
                                    "test, then -1",
                       .values = &none,
                       .n_value = 1};
    mec_array n_train = {.element = MEC_INT32, .long_name = "train states"};
    if (fit_axes_add(&axes, plan, layout, "splits", arena, animal, list_axes(plan), status))
        return;
    fit_axes_set(&axes, list_axes(plan), &order);
    order.dims[order.n_dim] = plan->catalogue->arenas[arena].n_state;
    order.scale[order.n_dim] =
        mec_layout_add_int_scale(layout, fit_axes_path(&axes, "position"), order.dims[order.n_dim],
                                 "position in the list", status);
    order.n_dim++;
    order.path = (char *)fit_axes_path(&axes, "order");
    mec_layout_add(layout, &order, status);
    fit_axes_set(&axes, list_axes(plan), &n_train);
    n_train.path = (char *)fit_axes_path(&axes, "n_train");
    mec_layout_add(layout, &n_train, status);
}

mec_code fit_splits_describe(const fit_plan *plan, mec_layout *layout, mec_status *status) {
    const mec_catalogue *c = plan->catalogue;
    for (size_t a = 0; a < c->n_arena; a++)
        for (size_t i = 0; i < c->arenas[a].n_animal && fit_plan_compares(plan, a); i++)
            describe_target(plan, layout, a, c->arenas[a].first_animal + i, status);
    return status->code;
}

/* Writes one split of one target: `order` (n_state) and its number of train states. */
static bool write_split(const fit_plan *plan, hid_t file, const fit_task *task, fit_cell cell,
                        const int32_t *order, size_t n_state) {
    const mec_catalogue *c = plan->catalogue;
    const fit_source *source = &plan->sources[plan->groups[task->group].source];
    hsize_t start[MEC_MAX_DIM] = {0};
    hsize_t count[MEC_MAX_DIM] = {1, 1, 1, 1};
    char path[2 * MEC_TEXT_SIZE];
    int32_t n_train = (int32_t)task->n_train;
    int n = 0;
    if (plan->alone)
        start[n++] = cell.cell;
    start[n++] = task->split;
    if (plan->pairwise)
        start[n++] = fit_plan_source_index(plan, source, cell.animal);
    count[n] = n_state;
    int folder = snprintf(path, sizeof path, "/splits/%s/%s/",
                          mec_catalogue_text(c, c->arenas[source->arena].name),
                          mec_catalogue_text(c, c->animals[cell.animal].name));
    snprintf(path + folder, sizeof path - (size_t)folder, "order");
    bool good = mec_h5_write_part(file, path, start, count, H5T_NATIVE_INT32, order);
    snprintf(path + folder, sizeof path - (size_t)folder, "n_train");
    return good && mec_h5_write_part(file, path, start, count, H5T_NATIVE_INT32, &n_train);
}

/* Of a task: one split an animal, or a cell where each has its own. */
static bool write_task(const fit_plan *plan, hid_t file, const fit_task *task, uint32_t *order,
                       int32_t *padded) {
    const fit_group *g = &plan->groups[task->group];
    size_t n_state = plan->catalogue->arenas[plan->sources[g->source].arena].n_state;
    size_t n_train = 0;
    size_t n_test = 0;
    fit_splits_draw(plan, g, task->split, plan->data->parameters.recipes[task->recipe].train_frac,
                    order, &n_train, &n_test);
    for (size_t i = 0; i < n_state; i++)
        padded[i] = i < n_train + n_test ? (int32_t)order[i] : -1;
    bool good = true;
    for (size_t i = 0; i < task->n_cell && good; i++)
        if (plan->alone || i == 0 || task->cells[i].animal != task->cells[i - 1].animal)
            good = write_split(plan, file, task, task->cells[i], padded, n_state);
    return good;
}

static mec_code write_tasks(const fit_plan *plan, hid_t file, mec_status *status) {
    size_t most = 0;
    for (size_t a = 0; a < plan->catalogue->n_arena; a++)
        most =
            plan->catalogue->arenas[a].n_state > most ? plan->catalogue->arenas[a].n_state : most;
    uint32_t *order = mec_alloc(most, sizeof *order, status);
    int32_t *padded = mec_alloc(most, sizeof *padded, status);
    bool good = status->code == MEC_OK;
    for (size_t i = 0; i < plan->n_task && good; i++)
        good = write_task(plan, file, &plan->tasks[i], order, padded);
    if (!good)
        mec_h5_fail(status, MEC_FAILED, "the splits cannot be written");
    free(order);
    free(padded);
    return status->code;
}

mec_code fit_splits_keep(const fit_plan *plan, const char *path, mec_status *status) {
    if (!plan->settings->splits.keep)
        return MEC_OK;
    hid_t file = mec_h5_open(path, H5F_ACC_RDWR, status);
    if (file < 0)
        return status->code;
    write_tasks(plan, file, status);
    if (H5Fclose(file) < 0)
        mec_h5_fail(status, MEC_FAILED, "%s: cannot be closed", path);
    return status->code;
}
