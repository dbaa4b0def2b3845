#include "summary.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "fit_output.h"
#include "maps/scores.h"
#include "numerics/statistics.h"
#include "storage/h5.h"
#include "storage/run_info.h"

typedef struct table {
    hid_t file;
    const char *path;
    const char *score;
    char first_score[32]; /* of the run, where that is the one */
    FILE *stream;
    int arena_width, animal_width;
    double *values; /* of all cells so far */
    size_t n_value, capacity;
    mec_status *status;
} table;

static const char HEAD[] = "%-*s  %-*s  %6s  %4s  %8s  %8s  %8s  %8s  %8s\n";

/* Summarises a copy: that sorts. */
static void print_row(const table *t, const char *arena, const char *animal, const double *values,
                      size_t n) {
    double *copy = mec_alloc(n, sizeof *copy, t->status);
    if (!copy)
        return;
    memcpy(copy, values, n * sizeof *copy);
    mec_summary s = mec_summarise(copy, n);
    fprintf(t->stream, "%-*s  %-*s  %6zu  %4zu  %8.4f  %8.4f  %8.4f  %8.4f  %8.4f\n",
            t->arena_width, arena, t->animal_width, animal, n, s.n_nan, s.median, s.mean, s.q25,
            s.q75, s.sem);
    free(copy);
}

static mec_code refuse_score(const table *t) {
    return mec_fail(t->status, MEC_REFUSED,
                    "%s: has no score \"%s\"; accepted: one of its own of %s", t->path, t->score,
                    MEC_SCORE_NAMES);
}

/* The values of one animal, appended to the table's; returns how many. */
static size_t append_values(table *t, const double *per_split, const hsize_t dims[3]) {
    size_t n_source = dims[2];
    for (size_t j = 0; j < dims[0]; j++) {
        double *values = mec_grow(t->values, t->n_value, &t->capacity, sizeof *values, t->status);
        if (!values)
            return 0;
        t->values = values;
        values[t->n_value++] =
            fit_output_mean(per_split + j * dims[1] * n_source, dims[1], n_source, NULL);
    }
    return dims[0];
}

/* Reads the score's array per split: `dims` (cells, splits, sources). NULL where it is absent. */
static double *read_per_split(const table *t, hid_t animal, hsize_t dims[3]) {
    char name[128];
    snprintf(name, sizeof name, "%s_per_split", t->score);
    if (!mec_h5_has_dataset(animal, name))
        return NULL;
    hid_t dataset = H5Dopen2(animal, name, H5P_DEFAULT);
    hid_t space = H5Dget_space(dataset);
    int n_dim = H5Sget_simple_extent_ndims(space);
    double *values = NULL;
    dims[2] = 1;
    if (n_dim == 2 || n_dim == 3) {
        H5Sget_simple_extent_dims(space, dims, NULL);
        values = mec_alloc(dims[0] * dims[1] * dims[2], sizeof *values, t->status);
    }
    if (values)
        H5Dread(dataset, H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, values);
    H5Sclose(space);
    H5Dclose(dataset);
    return values;
}

static void print_animal(table *t, hid_t arena, const char *arena_name, const char *name) {
    hsize_t dims[3];
    hid_t animal = H5Gopen2(arena, name, H5P_DEFAULT);
    double *per_split = read_per_split(t, animal, dims);
    size_t n = per_split ? append_values(t, per_split, dims) : 0;
    if (n > 0)
        print_row(t, arena_name, name, t->values + t->n_value - n, n);
    else if (t->status->code == MEC_OK)
        refuse_score(t);
    free(per_split);
    H5Gclose(animal);
}

static void print_arena(table *t, hid_t fits, const char *name) {
    char **animals = NULL;
    hid_t arena = H5Gopen2(fits, name, H5P_DEFAULT);
    size_t n = mec_h5_list_groups(arena, &animals, t->status);
    size_t start = t->n_value;
    for (size_t i = 0; i < n && t->status->code == MEC_OK; i++)
        print_animal(t, arena, i == 0 ? name : "", animals[i]);
    if (t->status->code == MEC_OK && t->n_value > start)
        print_row(t, "", "all", t->values + start, t->n_value - start);
    mec_h5_free_names(animals, n);
    H5Gclose(arena);
}

static void widen(int *width, const char *text) {
    if ((int)strlen(text) > *width)
        *width = (int)strlen(text);
}

static void measure_names(table *t, hid_t fits, char **arenas, size_t n) {
    t->arena_width = (int)strlen("arena");
    t->animal_width = (int)strlen("animal");
    for (size_t i = 0; i < n; i++) {
        char **animals = NULL;
        hid_t arena = H5Gopen2(fits, arenas[i], H5P_DEFAULT);
        size_t n_animal = mec_h5_list_groups(arena, &animals, t->status);
        widen(&t->arena_width, arenas[i]);
        for (size_t k = 0; k < n_animal; k++)
            widen(&t->animal_width, animals[k]);
        mec_h5_free_names(animals, n_animal);
        H5Gclose(arena);
    }
}

static void print_table(table *t) {
    char **arenas = NULL;
    hid_t fits = H5Gopen2(t->file, "/fits", H5P_DEFAULT);
    size_t n = mec_h5_list_groups(fits, &arenas, t->status);
    measure_names(t, fits, arenas, n);
    fprintf(t->stream, HEAD, t->arena_width, "arena", t->animal_width, "animal", "cells", "NaN",
            "median", "mean", "q25", "q75", "sem");
    for (size_t i = 0; i < n && t->status->code == MEC_OK; i++)
        print_arena(t, fits, arenas[i]);
    if (n > 1 && t->status->code == MEC_OK)
        print_row(t, "all", "all", t->values, t->n_value);
    mec_h5_free_names(arenas, n);
    H5Gclose(fits);
}

static mec_code print_skip(void *stream, const char *text) {
    fprintf(stream, "skipped: %s\n", text);
    return MEC_OK;
}

static void print_skips(hid_t file, FILE *stream) {
    if (!mec_h5_has_dataset(file, "skipped"))
        return;
    hid_t dataset = H5Dopen2(file, "skipped", H5P_DEFAULT);
    hid_t space = H5Dget_space(dataset);
    mec_h5_read_strings(dataset, (size_t)H5Sget_simple_extent_npoints(space), print_skip, stream);
    H5Sclose(space);
    H5Dclose(dataset);
}

/* The settings a reader of the table wants beside it. */
static void print_settings(const mec_run_info *info, FILE *stream) {
    static const char *const keys[][2] = {
        {"data", "dataset"}, {"source", "mode"},       {"map", "regression_type"},
        {"map", "alpha"},    {"splits", "num_splits"}, {"splits", "train_frac"},
    };
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        char value[MEC_TEXT_SIZE];
        if (mec_settings_find(info->config, keys[i][0], keys[i][1], value, sizeof value))
            fprintf(stream, "%s%s = %s", i ? ", " : "", keys[i][1], value);
    }
    fputc('\n', stream);
}

static bool has_score(const mec_run_info *info, const char *score) {
    char list[MEC_TEXT_SIZE];
    char name[32];
    const char *rest = list;
    if (!mec_settings_find(info->config, "fit", "scores", list, sizeof list))
        return true; /* the table will tell */
    while (mec_text_next(&rest, ", ", name, sizeof name))
        if (strcmp(name, score) == 0)
            return true;
    return false;
}

/* The default score gives way to the run's first one where it was not asked for. */
static void choose_score(table *t, const mec_run_info *info) {
    char list[MEC_TEXT_SIZE];
    const char *rest = list;
    if (strcmp(t->score, "corr") == 0 && !has_score(info, "corr") &&
        mec_settings_find(info->config, "fit", "scores", list, sizeof list) &&
        mec_text_next(&rest, ", ", t->first_score, sizeof t->first_score))
        t->score = t->first_score;
}

static void print_head(const table *t, const mec_run_info *info) {
    char seconds[32];
    mec_text_from_seconds(info->seconds, seconds, sizeof seconds);
    fprintf(t->stream, "%s: %s, %s, %zu of %zu tasks, %s of work\n", t->path, info->job,
            mec_run_info_state_name(info), info->n_done, info->n_task, seconds);
    print_settings(info, t->stream);
    print_skips(t->file, t->stream);
    fprintf(t->stream, "\n%s%s\n", t->score,
            info->state == MEC_RUN_RUNNING || info->state == MEC_RUN_STOPPED
                ? ", means over the splits that are done"
                : "");
}

mec_code summary_print(const char *path, const char *score, FILE *stream, mec_status *status) {
    table t = {.path = path, .score = score, .stream = stream, .status = status};
    mec_run_info info = {0};
    t.file = mec_h5_open(path, H5F_ACC_RDONLY, status);
    if (t.file < 0)
        return status->code;
    if (mec_run_info_read(t.file, path, &info, status) == MEC_OK) {
        choose_score(&t, &info);
        if (has_score(&info, t.score)) {
            print_head(&t, &info);
            print_table(&t);
        } else {
            refuse_score(&t);
        }
    }
    mec_run_info_destroy(&info);
    free(t.values);
    H5Fclose(t.file);
    return status->code;
}
