#include "report/results.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "maps/map.h"
#include "maps/scores.h"
#include "storage/lock.h"

static const char PER_SPLIT[] = "_per_split";
static const char TEST_CORR[] = "test_corr"; /* a grid search's corr_per_split */

/* What of its fits stands for a cell, where that is not their mean. */
static const char BY_MEDIAN[] = "best_alpha best_l1_ratio one_se_alpha one_se_l1_ratio";
static const char BY_MAXIMUM[] = "largest_relative_gap";

/* The order in which metrics are told; others follow by name. */
static const char KNOWN[] = MEC_SCORE_NAMES " split_half_r reliability corr_noise_corrected";

/* ---- arrays ---- */

hid_t results_open_group(const results *r, const results_animal *animal) {
    char path[2 * MEC_TEXT_SIZE];
    snprintf(path, sizeof path, "/%s/%s/%s", r->top, animal->arena, animal->name);
    return H5Gopen2(r->file, path, H5P_DEFAULT);
}

/* The number of dimensions of an array, or -1 where it is absent or has too many. */
static int dims_of(hid_t group, const char *name, hsize_t dims[MEC_MAX_DIM]) {
    if (!mec_h5_has_dataset(group, name))
        return -1;
    hid_t dataset = H5Dopen2(group, name, H5P_DEFAULT);
    hid_t space = H5Dget_space(dataset);
    int n_dim = H5Sget_simple_extent_ndims(space);
    if (n_dim > MEC_MAX_DIM)
        n_dim = -1;
    if (n_dim > 0)
        H5Sget_simple_extent_dims(space, dims, NULL);
    H5Sclose(space);
    H5Dclose(dataset);
    return n_dim;
}

/* The shape that an array over `axes` has; returns the number of dimensions. */
static int shape_of(const results_animal *animal, unsigned axes, hsize_t dims[MEC_MAX_DIM]) {
    int n_dim = 0;
    if (axes & RESULTS_CELL)
        dims[n_dim++] = animal->n_cell;
    if (axes & RESULTS_SPLIT)
        dims[n_dim++] = animal->n_split;
    if (axes & RESULTS_SOURCE && animal->sources)
        dims[n_dim++] = animal->n_source;
    return n_dim;
}

/* Whether the array is there and has the shape of `axes`. */
static bool has_shape(hid_t group, const results_animal *animal, const char *name, unsigned axes) {
    hsize_t found[MEC_MAX_DIM];
    hsize_t wanted[MEC_MAX_DIM];
    int n_dim = shape_of(animal, axes, wanted);
    return dims_of(group, name, found) == n_dim &&
           memcmp(found, wanted, (size_t)n_dim * sizeof *wanted) == 0;
}

bool results_have_array(const results *r, const char *name) {
    bool found = false;
    for (size_t i = 0; i < r->n_animal && !found; i++) {
        hid_t group = results_open_group(r, &r->animals[i]);
        found = mec_h5_has_dataset(group, name);
        H5Gclose(group);
    }
    return found;
}

double *results_read(const results *r, const results_animal *animal, const char *name,
                     unsigned axes, mec_status *status) {
    double *values = NULL;
    bool good = true;
    hid_t group = results_open_group(r, animal);
    if (mec_h5_has_dataset(group, name)) {
        hsize_t dims[MEC_MAX_DIM];
        int n_dim = shape_of(animal, axes, dims);
        size_t count = 1;
        for (int i = 0; i < n_dim; i++)
            count *= dims[i];
        values = mec_alloc(count, sizeof *values, status);
        good = has_shape(group, animal, name, axes) &&
               (!values || mec_run_info_array(group, name, H5T_NATIVE_DOUBLE, count, values));
    }
    H5Gclose(group);
    if (!good) {
        free(values);
        values = NULL;
        mec_fail(status, MEC_REFUSED, "%s: /%s/%s/%s/%s cannot be read, or has another shape",
                 r->path, r->top, animal->arena, animal->name, name);
    }
    return values;
}

static unsigned axes_of(const results_metric *metric) {
    return RESULTS_SPLIT | RESULTS_SOURCE | (metric->of_animal ? 0 : RESULTS_CELL);
}

double *results_per_split(const results *r, const results_animal *animal,
                          const results_metric *metric, mec_status *status) {
    return results_read(r, animal, metric->fits, axes_of(metric), status);
}

double *results_means(const results *r, const results_animal *animal, const results_metric *metric,
                      size_t *n, mec_status *status) {
    *n = metric->of_animal ? 1 : animal->n_cell;
    double *per_split = *metric->fits ? results_per_split(r, animal, metric, status) : NULL;
    double *means = NULL;
    if (!*metric->fits && status->code == MEC_OK)
        means = results_read(r, animal, metric->name, metric->of_animal ? 0 : RESULTS_CELL, status);
    if (means || status->code != MEC_OK)
        return means;
    means = mec_alloc(*n, sizeof *means, status);
    size_t stride = animal->n_split * animal->n_source;
    for (size_t j = 0; means && j < *n; j++)
        means[j] = per_split ? metric->over(per_split + j * stride, animal->n_split,
                                            animal->n_source, animal->n_source)
                             : NAN;
    free(per_split);
    return means;
}

/* ---- labels ---- */

typedef struct texts {
    char **items;
    size_t n;
    mec_status *status;
} texts;

static mec_code keep_text(void *user, const char *text) {
    texts *list = user;
    char *copy = mec_copy_text(text, list->status);
    if (copy)
        list->items[list->n++] = copy;
    return list->status->code;
}

/* All strings of an array of one dimension; NULL where it is absent. */
static char **read_texts(hid_t group, const char *name, size_t *n, mec_status *status) {
    hsize_t dims[MEC_MAX_DIM];
    if (dims_of(group, name, dims) != 1)
        return NULL;
    texts list = {.items = mec_alloc(dims[0], sizeof *list.items, status), .status = status};
    hid_t dataset = H5Dopen2(group, name, H5P_DEFAULT);
    bool good = list.items && mec_h5_read_strings(dataset, dims[0], keep_text, &list, status);
    H5Dclose(dataset);
    *n = good ? list.n : 0;
    if (good)
        return list.items;
    mec_h5_free_names(list.items, list.n);
    return NULL;
}

static bool read_splits(hid_t group, results_animal *animal, mec_status *status) {
    hsize_t dims[MEC_MAX_DIM];
    if (dims_of(group, "split", dims) != 1)
        return false;
    animal->n_split = dims[0];
    animal->splits = mec_alloc(animal->n_split, sizeof *animal->splits, status);
    return animal->splits &&
           mec_run_info_array(group, "split", H5T_NATIVE_INT32, animal->n_split, animal->splits);
}

static mec_code read_labels(const results *r, results_animal *animal, mec_status *status) {
    hid_t group = results_open_group(r, animal);
    animal->cell_ids = read_texts(group, "cell_ids", &animal->n_cell, status);
    animal->sources = read_texts(group, "source", &animal->n_source, status);
    if (!animal->sources)
        animal->n_source = 1;
    if (!animal->cell_ids || !read_splits(group, animal, status))
        mec_fail(status, MEC_REFUSED, "%s: is not a whole run file: /%s/%s/%s has no %s", r->path,
                 r->top, animal->arena, animal->name, animal->cell_ids ? "split" : "cell_ids");
    H5Gclose(group);
    return status->code;
}

/* ---- metrics ---- */

const results_metric *results_metric_at(const results *r, const char *name) {
    for (size_t i = 0; i < r->n_metric; i++)
        if (strcmp(r->metrics[i].name, name) == 0)
            return &r->metrics[i];
    return NULL;
}

const results_metric *results_find(const results *r, const char *name, mec_status *status) {
    char known[MEC_MESSAGE_SIZE / 2] = "";
    const results_metric *found = results_metric_at(r, name);
    if (found)
        return found;
    for (size_t i = 0, used = 0; i < r->n_metric && used < sizeof known; i++)
        used += (size_t)snprintf(known + used, sizeof known - used, "%s%s", i ? ", " : "",
                                 r->metrics[i].name);
    mec_fail(status, MEC_REFUSED, "%s: has no score \"%.100s\"; accepted: %s", r->path, name,
             known);
    return NULL;
}

static bool is_real(hid_t group, const char *name) {
    hid_t dataset = H5Dopen2(group, name, H5P_DEFAULT);
    hid_t type = H5Dget_type(dataset);
    bool real = H5Tget_class(type) == H5T_FLOAT;
    H5Tclose(type);
    H5Dclose(dataset);
    return real;
}

/* Names a metric, "" where the name is too long, and the array of its single fits. */
static void name_metric(results_metric *metric, const char *name, size_t length, const char *fits) {
    *metric = (results_metric){.over = over_fits_mean};
    if (length >= sizeof metric->name)
        return;
    memcpy(metric->name, name, length);
    snprintf(metric->fits, sizeof metric->fits, "%s", fits);
    if (mec_text_index(BY_MEDIAN, metric->name) >= 0)
        metric->over = over_fits_median;
    if (mec_text_index(BY_MAXIMUM, metric->name) >= 0)
        metric->over = over_fits_largest;
}

static bool describe_grid_metric(hid_t group, const results_animal *animal, const char *array,
                                 results_metric *metric) {
    bool of_fits = has_shape(group, animal, array, RESULTS_FIT);
    const char *name = strcmp(array, TEST_CORR) == 0 ? "corr" : array;
    name_metric(metric, name, strlen(name), of_fits ? array : "");
    return *metric->name && (of_fits || has_shape(group, animal, array, RESULTS_CELL));
}

static bool describe_fit_metric(hid_t group, const results_animal *animal, const char *array,
                                results_metric *metric) {
    size_t length = strlen(array);
    size_t tail = strlen(PER_SPLIT);
    bool of_fits = length > tail && strcmp(array + length - tail, PER_SPLIT) == 0;
    name_metric(metric, array, of_fits ? length - tail : length, of_fits ? array : "");
    unsigned axes = of_fits ? RESULTS_SPLIT | RESULTS_SOURCE : 0;
    metric->of_animal = has_shape(group, animal, array, axes);
    return *metric->name &&
           (metric->of_animal || has_shape(group, animal, array, axes | RESULTS_CELL));
}

/* Takes the array for a metric if it is one; false where it is not. */
static bool describe_metric(const results *r, hid_t group, const results_animal *animal,
                            const char *array, results_metric *metric) {
    if (!mec_h5_has_dataset(group, array) || !is_real(group, array))
        return false;
    return results_are_grid(r) ? describe_grid_metric(group, animal, array, metric)
                               : describe_fit_metric(group, animal, array, metric);
}

/* The label of the mean is that of the array of means, where there is one. */
static void read_names(hid_t group, const char *array, results_metric *metric) {
    const char *name = mec_h5_has_dataset(group, metric->name) ? metric->name : array;
    hid_t dataset = H5Dopen2(group, name, H5P_DEFAULT);
    if (!mec_h5_read_text_attribute(dataset, "units", metric->units, sizeof metric->units))
        snprintf(metric->units, sizeof metric->units, "1");
    if (!mec_h5_read_text_attribute(dataset, "long_name", metric->long_name,
                                    sizeof metric->long_name))
        snprintf(metric->long_name, sizeof metric->long_name, "%s", metric->name);
    H5Dclose(dataset);
}

static void add_metric(results *r, const results_metric *metric, mec_status *status) {
    for (size_t i = 0; i < r->n_metric; i++)
        if (strcmp(r->metrics[i].name, metric->name) == 0) {
            if (*metric->fits)
                memcpy(r->metrics[i].fits, metric->fits, sizeof metric->fits);
            return;
        }
    results_metric *grown =
        mec_grow(r->metrics, r->n_metric, &r->metric_capacity, sizeof *grown, status);
    if (!grown)
        return;
    r->metrics = grown;
    r->metrics[r->n_metric++] = *metric;
}

static void add_metrics(results *r, const results_animal *animal, mec_status *status) {
    hid_t group = results_open_group(r, animal);
    H5G_info_t info = {0};
    H5Gget_info(group, &info);
    for (hsize_t i = 0; i < info.nlinks && status->code == MEC_OK; i++) {
        char name[128] = "";
        results_metric metric;
        H5Lget_name_by_idx(group, ".", H5_INDEX_NAME, H5_ITER_INC, i, name, sizeof name,
                           H5P_DEFAULT);
        if (!describe_metric(r, group, animal, name, &metric))
            continue;
        read_names(group, name, &metric);
        add_metric(r, &metric, status);
    }
    H5Gclose(group);
}

/* Known ones as listed, then others, scores before the rest, by name. */
static int compare_metrics(const void *a, const void *b) {
    const results_metric *x = a;
    const results_metric *y = b;
    int at_x = mec_text_index(KNOWN, x->name);
    int at_y = mec_text_index(KNOWN, y->name);
    if (at_x != at_y && at_x >= 0 && at_y >= 0)
        return at_x < at_y ? -1 : 1;
    if ((at_x < 0) != (at_y < 0))
        return at_x < 0 ? 1 : -1;
    if ((*x->fits != '\0') != (*y->fits != '\0'))
        return *x->fits ? -1 : 1;
    return strcmp(x->name, y->name);
}

/* ---- the file ---- */

static void add_arena(results *r, hid_t fits, const char *arena, size_t *capacity,
                      mec_status *status) {
    char **names = NULL;
    hid_t group = H5Gopen2(fits, arena, H5P_DEFAULT);
    size_t n = mec_h5_list_groups(group, &names, status);
    for (size_t i = 0; i < n && status->code == MEC_OK; i++) {
        results_animal *grown = mec_grow(r->animals, r->n_animal, capacity, sizeof *grown, status);
        if (!grown)
            break;
        r->animals = grown;
        results_animal *animal = &r->animals[r->n_animal++];
        *animal = (results_animal){.arena = mec_copy_text(arena, status),
                                   .name = mec_copy_text(names[i], status)};
        if (status->code == MEC_OK && read_labels(r, animal, status) == MEC_OK)
            add_metrics(r, animal, status);
    }
    r->n_arena += n > 0;
    mec_h5_free_names(names, n);
    H5Gclose(group);
}

static mec_code find_all(results *r, mec_status *status) {
    char **arenas = NULL;
    size_t capacity = 0;
    r->top = mec_h5_has_group(r->file, "grid") ? "grid" : "fits";
    if (!mec_h5_has_group(r->file, r->top))
        return mec_fail(status, MEC_REFUSED,
                        "%s: is a run file of \"%s\" without fits; accepted: one of mec fit or "
                        "mec grid",
                        r->path, r->info.job);
    hid_t fits = H5Gopen2(r->file, r->top, H5P_DEFAULT);
    size_t n = mec_h5_list_groups(fits, &arenas, status);
    for (size_t i = 0; i < n && status->code == MEC_OK; i++)
        add_arena(r, fits, arenas[i], &capacity, status);
    mec_h5_free_names(arenas, n);
    H5Gclose(fits);
    if (status->code == MEC_OK && r->n_metric == 0)
        mec_fail(status, MEC_REFUSED, "%s: is not a whole run file: no scores in /%s", r->path,
                 r->top);
    if (r->metrics)
        qsort(r->metrics, r->n_metric, sizeof *r->metrics, compare_metrics);
    return status->code;
}

mec_code results_open(results *r, const char *path, mec_status *status) {
    *r = (results){.path = path, .file = H5I_INVALID_HID};
    if (mec_lock_is_held(path))
        return mec_fail(status, MEC_REFUSED,
                        "%s: is being written; mec show tells how far it is, its results can be "
                        "read when the run has ended",
                        path);
    r->file = mec_h5_open(path, H5F_ACC_RDONLY, status);
    if (r->file < 0)
        return status->code;
    if (!mec_run_info_is_run(r->file))
        return mec_fail(status, MEC_REFUSED,
                        "%s: is no run file; accepted: what mec fit or mec grid has written", path);
    if (mec_run_info_read(r->file, path, &r->info, status) == MEC_OK)
        find_all(r, status);
    return status->code;
}

void results_close(results *r) {
    for (size_t i = 0; i < r->n_animal; i++) {
        results_animal *animal = &r->animals[i];
        free(animal->arena);
        free(animal->name);
        mec_h5_free_names(animal->cell_ids, animal->n_cell);
        free(animal->splits);
        if (animal->sources)
            mec_h5_free_names(animal->sources, animal->n_source);
    }
    free(r->animals);
    free(r->metrics);
    mec_run_info_destroy(&r->info);
    if (r->file >= 0)
        H5Fclose(r->file);
    *r = (results){.file = H5I_INVALID_HID};
}

bool results_are_grid(const results *r) {
    return strcmp(r->top, "grid") == 0;
}

bool results_are_unfinished(const results *r) {
    return r->info.state == MEC_RUN_RUNNING || r->info.state == MEC_RUN_STOPPED ||
           r->info.n_done < r->info.n_task; /* a shard has all of its own tasks, not all */
}

bool results_starts_arena(const results *r, size_t i) {
    return i == 0 || strcmp(r->animals[i].arena, r->animals[i - 1].arena) != 0;
}

void results_append(double **values, size_t *n, const double *more, size_t n_more,
                    mec_status *status) {
    double *grown = realloc(*values, (*n + n_more + 1) * sizeof *grown);
    if (!grown) {
        mec_fail(status, MEC_FAILED, "out of memory for %zu values", *n + n_more);
        return;
    }
    memcpy(grown + *n, more, n_more * sizeof *grown);
    *values = grown;
    *n += n_more;
}

void results_widen(int *width, const char *text) {
    if ((int)strlen(text) > *width)
        *width = (int)strlen(text);
}

const char *results_outcome_word(double outcome, char word[RESULTS_OUTCOME_SIZE]) {
    const char *words = MEC_OUTCOME_NAMES;
    double i = -1;
    while (i < outcome && mec_text_next(&words, " ", word, RESULTS_OUTCOME_SIZE))
        i++;
    if (outcome < 0 || i != outcome)
        snprintf(word, RESULTS_OUTCOME_SIZE, "unknown");
    return word;
}
