#include "fit/fit_output.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "fit/fit_axes.h"
#include "fit/fit_splits.h"
#include "maps/reliability.h"

/* How many states, train states and source cells stand behind the scores of one target: the same
 * for all its cells, unless each is fitted alone. */
typedef struct counts {
    size_t n_row; /* cells told apart */
    size_t n_split, n_source;
    int32_t *states;  /* (n_row, n_source) */
    int32_t *sources; /* (n_row, n_source) */
    int32_t *train;   /* (n_row, n_split, n_source) */
} counts;

/* One target animal while its arrays are described. */
typedef struct describing {
    const fit_plan *plan;
    mec_layout *layout;
    size_t arena, target; /* target: animal */
    fit_axes axes;
    mec_status *status;
} describing;

/* Adds an array; `values` (n_value, repeated until it is full) are NULL where they come later. */
static int add_array(describing *d, const char *name, mec_element element, int axes,
                     const char *units, const char *long_name, void *values, size_t n_value) {
    mec_array array = {.path = (char *)fit_axes_path(&d->axes, name),
                       .element = element,
                       .units = units,
                       .long_name = long_name,
                       .values = values,
                       .n_value = n_value};
    fit_axes_set(&d->axes, axes, &array);
    return mec_layout_add(d->layout, &array, d->status);
}

static void add_scores(describing *d, fit_arrays *arrays) {
    static const struct {
        const char *units, *long_name, *per_split;
    } labels[MEC_N_SCORE] = {
        {"1", "Pearson correlation of prediction and response, mean over splits",
         "Pearson correlation of prediction and response on the test states"},
        {"1", "coefficient of determination, mean over splits",
         "coefficient of determination on the test states"},
        {"Hz2", "mean squared error, mean over splits", "mean squared error on the test states"},
        {NULL, "minus the earth mover's distance between prediction and response, mean over splits",
         "minus the earth mover's distance between prediction and response on the test states"},
        {"1", "representational similarity of predictions and responses, mean over splits",
         "representational similarity of predictions and responses on the test states"},
    };
    const char *names = MEC_SCORE_NAMES;
    char name[32];
    char per_split[64];
    const mec_arena *arena = &d->plan->catalogue->arenas[d->arena];
    bool in_metres =
        isfinite(arena->bin_cm) || (isfinite(arena->width_m) && isfinite(arena->height_m));
    for (int k = 0; k < MEC_N_SCORE; k++) {
        mec_text_next(&names, " ", name, sizeof name);
        arrays->score[k] = arrays->per_split[k] = -1;
        if (!(d->plan->settings->fit.scores >> k & 1))
            continue;
        const char *units = labels[k].units;
        if (k == MEC_SCORE_NEG_EMD)
            units = in_metres ? "m" : "bins";
        int cells = k < MEC_N_CELL_SCORE ? FIT_CELLS : 0;
        snprintf(per_split, sizeof per_split, "%s_per_split", name);
        arrays->score[k] =
            add_array(d, name, MEC_REAL64, cells, units, labels[k].long_name, NULL, 0);
        arrays->per_split[k] = add_array(d, per_split, MEC_REAL64, cells | FIT_SPLITS | FIT_SOURCES,
                                         units, labels[k].per_split, NULL, 0);
    }
}

/* What became of every fit. */
static void add_outcomes(describing *d, fit_arrays *arrays) {
    const per_cell *parameters = &d->plan->data->parameters;
    bool certified = false;
    for (size_t i = 0; i < parameters->n_recipe; i++)
        certified |= map_settings_map(&parameters->recipes[i].map)->certified;
    arrays->outcome =
        add_array(d, "status", MEC_INT8, FIT_CELLS | FIT_SPLITS | FIT_SOURCES, NULL,
                  "0 not_done, 1 done, 2 gap_above_tol, 3 failed, 4 no_states", NULL, 0);
    arrays->gap = -1;
    if (certified)
        arrays->gap = add_array(d, "relative_gap", MEC_REAL64, FIT_CELLS | FIT_SPLITS | FIT_SOURCES,
                                "1", "duality gap over the certificate's scale", NULL, 0);
}

/* How reproducible each cell is, where halves of the recordings are given. */
static void add_reliability(describing *d, fit_arrays *arrays) {
    const mec_animal *animal = &d->plan->catalogue->animals[d->target];
    const double *split_half_r = d->plan->data->split_half_r;
    arrays->noise_corrected = -1;
    if (!split_half_r)
        return;
    double *reliability = mec_alloc(d->axes.n_cell, sizeof *reliability, d->status);
    for (size_t j = 0; j < d->axes.n_cell && reliability; j++)
        reliability[j] = mec_reliability(split_half_r[animal->first_id + j]);
    add_array(d, "split_half_r", MEC_REAL64, FIT_CELLS, "1",
              "Pearson correlation between the two halves of the recording",
              (void *)(split_half_r + animal->first_id), d->axes.n_cell);
    if (reliability)
        add_array(d, "reliability", MEC_REAL64, FIT_CELLS, "1",
                  "reliability of the whole recording (Spearman-Brown)", reliability,
                  d->axes.n_cell);
    if (arrays->score[MEC_SCORE_CORR] >= 0)
        arrays->noise_corrected =
            add_array(d, "corr_noise_corrected", MEC_REAL64, FIT_CELLS, "1",
                      "Pearson correlation over the square root of the reliability", NULL, 0);
    free(reliability);
}

static void add_counts(describing *d, const counts *c, fit_arrays *arrays) {
    size_t n = c->n_row * c->n_source;
    add_array(d, "n_states", MEC_INT32, FIT_CELLS | FIT_SOURCES, NULL,
              "states finite in all sources and targets", c->states, n);
    add_array(d, "n_train", MEC_INT32, FIT_CELLS | FIT_SPLITS | FIT_SOURCES, NULL, "train states",
              c->train, n * c->n_split);
    add_array(d, "n_sources", MEC_INT32, FIT_CELLS | FIT_SOURCES, NULL, "source cells", c->sources,
              n);
    arrays->n_valid_splits = add_array(d, "n_valid_splits", MEC_INT32, FIT_CELLS | FIT_SOURCES,
                                       NULL, "splits whose first score is not NaN", NULL, 0);
}

static void describe_target(fit_output *output, mec_layout *layout, size_t arena, size_t target,
                            const counts *c, mec_status *status) {
    describing d = {
        .plan = output->plan, .layout = layout, .arena = arena, .target = target, .status = status};
    if (fit_axes_add(&d.axes, d.plan, layout, "fits", arena, target,
                     FIT_CELLS | FIT_SPLITS | FIT_SOURCES, status))
        return;
    fit_axes_add_cell_ids(&d.axes, layout, target, status);
    add_scores(&d, &output->arrays[target]);
    add_outcomes(&d, &output->arrays[target]);
    add_reliability(&d, &output->arrays[target]);
    add_counts(&d, c, &output->arrays[target]);
}

/* /skipped: the arenas that were left out, with the reason. */
void fit_output_describe_skips(const fit_plan *plan, mec_layout *layout, mec_status *status) {
    enum { SIZE = 256 };
    if (plan->n_skip == 0)
        return;
    char *texts = mec_alloc(plan->n_skip, SIZE, status);
    for (size_t i = 0; i < plan->n_skip && texts; i++)
        snprintf(
            texts + i * SIZE, SIZE, "arena %s: %s",
            mec_catalogue_text(plan->catalogue, plan->catalogue->arenas[plan->skips[i].arena].name),
            plan->skips[i].reason);
    if (texts)
        mec_layout_add(layout,
                       &(mec_array){.path = "/skipped",
                                    .element = MEC_STRING,
                                    .string_size = SIZE,
                                    .n_dim = 1,
                                    .dims = {plan->n_skip},
                                    .scale = {-1},
                                    .long_name = "arenas that were left out",
                                    .values = texts},
                       status);
    free(texts);
}

/* Room for the counts of one animal. */
static void start_counts(const fit_plan *plan, size_t arena, size_t animal, counts *c,
                         mec_status *status) {
    *c = (counts){.n_row = plan->alone ? plan->catalogue->animals[animal].n_cell : 1,
                  .n_split = plan->n_split,
                  .n_source = fit_plan_n_source_of(plan, &plan->catalogue->arenas[arena])};
    c->states = mec_alloc(c->n_row * c->n_source, sizeof *c->states, status);
    c->sources = mec_alloc(c->n_row * c->n_source, sizeof *c->sources, status);
    c->train = mec_alloc(c->n_row * c->n_source * c->n_split, sizeof *c->train, status);
}

/* Enters a task into the counts of its cells: `all` one an animal. */
static void count_task(const fit_plan *plan, const fit_task *task, counts *all) {
    const fit_group *g = &plan->groups[task->group];
    const fit_source *s = &plan->sources[g->source];
    for (size_t i = 0; i < task->n_cell; i++) {
        size_t animal = task->cells[i].animal;
        if (!plan->alone && i > 0 && animal == task->cells[i - 1].animal)
            continue;
        counts *c = &all[animal];
        size_t row = plan->alone ? task->cells[i].cell : 0;
        size_t k = fit_plan_source_index(plan, s, animal);
        c->states[row * c->n_source + k] = (int32_t)g->n_state;
        c->sources[row * c->n_source + k] = (int32_t)s->source.n_cell;
        c->train[(row * c->n_split + task->split) * c->n_source + k] = (int32_t)task->n_train;
    }
}

/* Describes every target of the arenas that are compared; `all` (n_animal) is room for counts. */
static mec_code describe_targets(fit_output *output, mec_layout *layout, counts *all,
                                 mec_status *status) {
    const fit_plan *plan = output->plan;
    const mec_catalogue *c = plan->catalogue;
    for (size_t a = 0; a < c->n_arena; a++)
        for (size_t i = 0; i < c->arenas[a].n_animal && fit_plan_compares(plan, a); i++)
            start_counts(plan, a, c->arenas[a].first_animal + i,
                         &all[c->arenas[a].first_animal + i], status);
    for (size_t i = 0; i < plan->n_task && status->code == MEC_OK; i++)
        count_task(plan, &plan->tasks[i], all);
    for (size_t a = 0; a < c->n_arena; a++)
        for (size_t i = 0; i < c->arenas[a].n_animal && fit_plan_compares(plan, a); i++) {
            size_t animal = c->arenas[a].first_animal + i;
            if (status->code == MEC_OK)
                describe_target(output, layout, a, animal, &all[animal], status);
            free(all[animal].states);
            free(all[animal].sources);
            free(all[animal].train);
        }
    return status->code;
}

mec_code fit_output_describe(fit_output *output, const fit_plan *plan, mec_layout *layout,
                             mec_status *status) {
    size_t n_animal = plan->catalogue->n_animal;
    *output = (fit_output){.plan = plan, .layout = layout};
    output->arrays = mec_alloc(n_animal, sizeof *output->arrays, status);
    counts *all = mec_alloc(n_animal, sizeof *all, status);
    if (status->code == MEC_OK) {
        fit_output_describe_skips(plan, layout, status);
        describe_targets(output, layout, all, status);
    }
    free(all);
    if (plan->settings->splits.keep && status->code == MEC_OK)
        fit_splits_describe(plan, layout, status);
    return status->code;
}

void fit_output_destroy(fit_output *output) {
    free(output->arrays);
    *output = (fit_output){0};
}
