#include "fit_output.h"

#include <math.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/fault.h"
#include "base/memory.h"
#include "base/text.h"
#include "numerics/statistics.h"
#include "storage/h5.h"

/* One target animal while its arrays are described. */
typedef struct describing {
    const fit_plan *plan;
    mec_layout *layout;
    const mec_arena *arena;
    size_t target; /* animal */
    char folder[MEC_TEXT_SIZE];
    bool pairwise;
    size_t n_cell, n_source;
    int cell, split, source; /* the dimensions' scales */
    mec_status *status;
} describing;

static const char *path_of(const describing *d, const char *name) {
    static char path[MEC_TEXT_SIZE + 64];
    snprintf(path, sizeof path, "%s/%s", d->folder, name);
    return path;
}

static void add_scales(describing *d) {
    const mec_catalogue *data = d->plan->catalogue;
    size_t n = d->n_cell > d->arena->n_animal ? d->n_cell : d->arena->n_animal;
    const char **texts = mec_alloc(n, sizeof *texts, d->status);
    if (!texts)
        return;
    for (size_t j = 0; j < d->n_cell; j++)
        texts[j] = mec_catalogue_cell_id(data, &data->animals[d->target], j);
    d->cell = mec_layout_add_text_scale(d->layout, path_of(d, "cell"), texts, d->n_cell, "cell id",
                                        d->status);
    size_t size = 0;
    char *ids = mec_layout_pack(texts, d->n_cell, &size, d->status);
    if (ids)
        mec_layout_add(d->layout,
                       &(mec_array){.path = (char *)path_of(d, "cell_ids"),
                                    .element = MEC_STRING,
                                    .string_size = size,
                                    .n_dim = 1,
                                    .dims = {d->n_cell},
                                    .scale = {d->cell},
                                    .long_name = "cell id",
                                    .values = ids},
                       d->status);
    free(ids);
    d->split = mec_layout_add_int_scale(d->layout, path_of(d, "split"), d->plan->n_split,
                                        "train-test split", d->status);
    for (size_t i = 0, k = 0; i < d->arena->n_animal; i++)
        if (d->arena->first_animal + i != d->target)
            texts[k++] = mec_catalogue_text(data, data->animals[d->arena->first_animal + i].name);
    if (d->pairwise)
        d->source = mec_layout_add_text_scale(d->layout, path_of(d, "source"), texts, d->n_source,
                                              "source animal", d->status);
    free(texts);
}

/* An array over cells, and splits or sources or both as asked for; `values`, one a source, are
 * those of every cell and split. */
static int add_array(describing *d, const char *name, mec_element element, bool splits,
                     bool sources, const char *units, const char *long_name, void *values) {
    mec_array array = {.path = (char *)path_of(d, name),
                       .element = element,
                       .n_dim = 1,
                       .dims = {d->n_cell},
                       .scale = {d->cell},
                       .units = units,
                       .long_name = long_name,
                       .values = values};
    if (splits) {
        array.scale[array.n_dim] = d->split;
        array.dims[array.n_dim++] = d->plan->n_split;
    }
    if (sources && d->pairwise) {
        array.scale[array.n_dim] = d->source;
        array.dims[array.n_dim++] = d->n_source;
    }
    if (values)
        array.n_value = d->pairwise ? d->n_source : 1;
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
    };
    const char *names = MEC_SCORE_NAMES;
    char name[32];
    char per_split[64];
    for (int k = 0; k < MEC_N_SCORE; k++) {
        mec_text_next(&names, " ", name, sizeof name);
        arrays->score[k] = arrays->per_split[k] = -1;
        if (!(d->plan->settings->fit.scores >> k & 1))
            continue;
        snprintf(per_split, sizeof per_split, "%s_per_split", name);
        arrays->score[k] = add_array(d, name, MEC_REAL64, false, false, labels[k].units,
                                     labels[k].long_name, NULL);
        arrays->per_split[k] = add_array(d, per_split, MEC_REAL64, true, true, labels[k].units,
                                         labels[k].per_split, NULL);
    }
}

/* How many states, train states and source cells stand behind each score of the target: they differ
 * between sources, not between cells and splits. */
static void add_counts(describing *d, fit_arrays *arrays) {
    size_t n_source = d->pairwise ? d->n_source : 1;
    int32_t *states = mec_alloc(n_source, sizeof *states, d->status);
    int32_t *train = mec_alloc(n_source, sizeof *train, d->status);
    int32_t *sources = mec_alloc(n_source, sizeof *sources, d->status);
    for (size_t i = 0; i < d->plan->n_group && d->status->code == MEC_OK; i++) {
        const fit_group *g = &d->plan->groups[i];
        const fit_source *s = &d->plan->sources[g->source];
        bool ours = false;
        for (size_t t = 0; t < g->n_target; t++)
            ours |= g->targets[t] == d->target;
        if (!ours)
            continue;
        size_t k = d->pairwise ? fit_plan_source_index(d->arena, s->animal, d->target) : 0;
        states[k] = (int32_t)g->n_state;
        train[k] = (int32_t)g->n_train;
        sources[k] = (int32_t)s->source.n_cell;
    }
    add_array(d, "n_states", MEC_INT32, false, true, NULL,
              "states finite in all sources and targets", states);
    add_array(d, "n_train", MEC_INT32, true, true, NULL, "train states", train);
    add_array(d, "n_sources", MEC_INT32, false, true, NULL, "source cells", sources);
    arrays->n_valid_splits = add_array(d, "n_valid_splits", MEC_INT32, false, true, NULL,
                                       "splits whose first score is not NaN", NULL);
    free(states);
    free(train);
    free(sources);
}

static void describe_target(fit_output *output, mec_layout *layout, size_t arena, size_t target,
                            mec_status *status) {
    const fit_plan *plan = output->plan;
    const mec_catalogue *data = plan->catalogue;
    describing d = {.plan = plan,
                    .layout = layout,
                    .arena = &data->arenas[arena],
                    .target = target,
                    .pairwise = plan->settings->source.mode == MODE_PAIRWISE,
                    .n_cell = data->animals[target].n_cell,
                    .n_source = fit_plan_n_source_of(plan, &data->arenas[arena]),
                    .status = status};
    snprintf(d.folder, sizeof d.folder, "/fits/%s/%s",
             mec_catalogue_text(data, data->arenas[arena].name),
             mec_catalogue_text(data, data->animals[target].name));
    add_scales(&d);
    add_scores(&d, &output->arrays[target]);
    add_counts(&d, &output->arrays[target]);
}

/* /skipped: the arenas that were left out, with the reason. */
static void describe_skips(const fit_plan *plan, mec_layout *layout, mec_status *status) {
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

mec_code fit_output_describe(fit_output *output, const fit_plan *plan, mec_layout *layout,
                             mec_status *status) {
    const mec_catalogue *data = plan->catalogue;
    *output = (fit_output){.plan = plan, .layout = layout};
    output->arrays = mec_alloc(data->n_animal, sizeof *output->arrays, status);
    describe_skips(plan, layout, status);
    for (size_t s = 0; s < plan->n_source && status->code == MEC_OK; s++)
        describe_target(output, layout, plan->sources[s].arena, plan->sources[s].animal, status);
    return status->code;
}

void fit_output_destroy(fit_output *output) {
    free(output->arrays);
    *output = (fit_output){0};
}

mec_code fit_output_take(const fit_output *output, mec_outbox *outbox, size_t task, size_t target,
                         size_t first, size_t last, mec_fit_target *fit, mec_status *status) {
    const fit_plan *plan = output->plan;
    const fit_task *t = &plan->tasks[task];
    const fit_source *s = &plan->sources[plan->groups[t->group].source];
    const mec_arena *arena = &plan->catalogue->arenas[s->arena];
    size_t source = s->animal == target ? 0 : fit_plan_source_index(arena, s->animal, target);
    size_t start[MEC_MAX_DIM] = {first, t->split, source};
    size_t count[MEC_MAX_DIM] = {last - first, 1, 1};
    *fit = (mec_fit_target){
        .population = &plan->populations[target], .first = first, .last = last, .stride = 1};
    for (int k = 0; k < MEC_N_SCORE && status->code == MEC_OK; k++)
        if (output->arrays[target].per_split[k] >= 0)
            fit->score[k] =
                mec_outbox_take(outbox, output->arrays[target].per_split[k], start, count, status);
    return status->code;
}

double fit_output_mean(const double *per_split, size_t n_split, size_t n_source, int32_t *n_valid) {
    double sum = 0;
    size_t n = 0;
    for (size_t k = 0; k < n_source; k++) {
        size_t valid = 0;
        double mean = mec_nanmean(per_split + k, n_split, n_source, &valid);
        if (n_valid)
            n_valid[k] = (int32_t)valid;
        if (valid == 0)
            continue;
        sum += mean;
        n++;
    }
    return n ? sum / (double)n : NAN;
}

static bool transfer(hid_t file, const mec_array *array, hid_t type, void *values, bool write) {
    hid_t dataset = H5Dopen2(file, array->path, H5P_DEFAULT);
    herr_t result = write ? H5Dwrite(dataset, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, values)
                          : H5Dread(dataset, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, values);
    H5Dclose(dataset);
    return result >= 0;
}

/* The means of one score of one target; the first score's valid splits are counted too. */
static bool finish_score(const fit_output *output, hid_t file, const fit_arrays *arrays, int score,
                         bool counts, mec_status *status) {
    const mec_array *per_split = &output->layout->arrays[arrays->per_split[score]];
    const mec_array *valid = &output->layout->arrays[arrays->n_valid_splits];
    size_t n_cell = per_split->dims[0];
    size_t n_split = per_split->dims[1];
    size_t n_source = per_split->n_dim == 3 ? per_split->dims[2] : 1;
    double *values = mec_alloc(n_cell * n_split * n_source, sizeof *values, status);
    double *means = mec_alloc(n_cell, sizeof *means, status);
    int32_t *n_valid = mec_alloc(n_cell * n_source, sizeof *n_valid, status);
    bool good =
        status->code == MEC_OK && transfer(file, per_split, H5T_NATIVE_DOUBLE, values, false);
    for (size_t j = 0; j < n_cell && good; j++)
        means[j] = fit_output_mean(values + j * n_split * n_source, n_split, n_source,
                                   n_valid + j * n_source);
    good = good && transfer(file, &output->layout->arrays[arrays->score[score]], H5T_NATIVE_DOUBLE,
                            means, true);
    if (counts)
        good = good && transfer(file, valid, H5T_NATIVE_INT32, n_valid, true);
    free(values);
    free(means);
    free(n_valid);
    return good;
}

mec_code fit_output_finish(void *self, const char *path, mec_status *status) {
    const fit_output *output = self;
    hid_t file = mec_h5_open(path, H5F_ACC_RDWR, status);
    if (file < 0)
        return status->code;
    bool good = !mec_fault_here("fit_output_finish");
    for (size_t s = 0; s < output->plan->n_source && good; s++) {
        const fit_arrays *arrays = &output->arrays[output->plan->sources[s].animal];
        bool first = true;
        for (int k = 0; k < MEC_N_SCORE && good; k++) {
            if (arrays->score[k] < 0)
                continue;
            good = finish_score(output, file, arrays, k, first, status);
            first = false;
        }
    }
    if (!good)
        mec_h5_fail(status, MEC_FAILED, "%s: the means over splits cannot be written", path);
    if (H5Fclose(file) < 0)
        mec_h5_fail(status, MEC_FAILED, "%s: cannot be closed", path);
    return status->code;
}
