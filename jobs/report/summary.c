#include "report/summary.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "numerics/statistics.h"
#include "report/failures.h"
#include "report/grid_ridge.h"
#include "report/grid_summary.h"
#include "report/maps_results.h"
#include "report/maps_summary.h"
#include "report/results.h"
#include "report/settings_line.h"

typedef struct table {
    const results *r;
    const results_metric *metric;
    FILE *stream;
    int arena_width, animal_width, count_width;
    double *values; /* of everything so far */
    size_t n_value;
    mec_status *status;
} table;

/* Summarises a copy: that sorts. */
static void print_row(const table *t, const char *arena, const char *animal, const double *values,
                      size_t n) {
    double *copy = mec_alloc(n, sizeof *copy, t->status);
    if (!copy)
        return;
    memcpy(copy, values, n * sizeof *copy);
    mec_summary s = mec_summarise(copy, n);
    const double numbers[] = {s.median, s.mean, s.q25, s.q75, s.sem};
    fprintf(t->stream, "%-*s  %-*s  %*zu  %4zu", t->arena_width, arena, t->animal_width, animal,
            t->count_width, n, s.n_nan);
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        fprintf(t->stream, t->metric->over == over_fits_mean ? "  %8.4f" : "  %8.3g", numbers[i]);
    fputc('\n', t->stream);
    free(copy);
}

static void print_animal(table *t, size_t index) {
    const results_animal *animal = &t->r->animals[index];
    size_t n = 0;
    double *values = results_means(t->r, animal, t->metric, &n, t->status);
    if (values) {
        print_row(t, results_starts_arena(t->r, index) ? animal->arena : "", animal->name, values,
                  n);
        results_append(&t->values, &t->n_value, values, n, t->status);
    }
    free(values);
}

static void print_rows(table *t) {
    size_t start = 0; /* of the arena's values */
    for (size_t i = 0; i < t->r->n_animal && t->status->code == MEC_OK; i++) {
        if (results_starts_arena(t->r, i))
            start = t->n_value;
        print_animal(t, i);
        bool last = i + 1 == t->r->n_animal || results_starts_arena(t->r, i + 1);
        if (last && t->status->code == MEC_OK)
            print_row(t, "", "all", t->values + start, t->n_value - start);
    }
    if (t->r->n_arena > 1 && t->status->code == MEC_OK)
        print_row(t, "all", "all", t->values, t->n_value);
}

static void print_table(const results *r, const results_metric *metric, FILE *stream,
                        mec_status *status) {
    table t = {.r = r,
               .metric = metric,
               .stream = stream,
               .arena_width = (int)strlen("arena"),
               .animal_width = (int)strlen("animal"),
               .count_width = metric->of_animal ? 7 : 6,
               .status = status};
    for (size_t i = 0; i < r->n_animal; i++) {
        results_widen(&t.arena_width, r->animals[i].arena);
        results_widen(&t.animal_width, r->animals[i].name);
    }
    fprintf(stream, "\n%s", metric->name);
    if (*metric->fits && (results_are_unfinished(r) || metric->over != over_fits_mean))
        fprintf(stream, ", %s over %s", over_fits_word(metric->over),
                results_are_unfinished(r) ? "the splits that are done" : "splits");
    fputc('\n', stream);
    fprintf(stream, "%-*s  %-*s  %*s  %4s  %8s  %8s  %8s  %8s  %8s\n", t.arena_width, "arena",
            t.animal_width, "animal", t.count_width, metric->of_animal ? "animals" : "cells", "NaN",
            "median", "mean", "q25", "q75", "sem");
    print_rows(&t);
    free(t.values);
}

static mec_code print_skip(void *stream, const char *text) {
    fprintf(stream, "skipped: %s\n", text);
    return MEC_OK;
}

static void print_skips(hid_t file, FILE *stream, mec_status *status) {
    if (!mec_h5_has_dataset(file, "skipped"))
        return;
    hid_t dataset = H5Dopen2(file, "skipped", H5P_DEFAULT);
    hid_t space = H5Dget_space(dataset);
    mec_h5_read_strings(dataset, (size_t)H5Sget_simple_extent_npoints(space), print_skip, stream,
                        status);
    H5Sclose(space);
    H5Dclose(dataset);
}

static void print_head(const results *r, FILE *stream, mec_status *status) {
    char seconds[32];
    mec_text_from_seconds(r->info.seconds, seconds, sizeof seconds);
    fprintf(stream, "%s: %s, %s, %zu of %zu tasks, %s of work\n", r->path, r->info.job,
            mec_run_info_state_name(&r->info), r->info.n_done, r->info.n_task, seconds);
    settings_line_print(r->info.config, stream, status);
    print_skips(r->file, stream, status);
    grid_summary_print(r, stream, status);
    failures_print(r, stream, status);
}

/* The correlation is told as it is; where the recording's own noise is known, what it would be
 * without stands beside it. Both are filled when the run ends. */
static void print_noise(const results *r, FILE *stream, mec_status *status) {
    static const char *const names[] = {"corr_noise_corrected", "reliability"};
    for (size_t i = 0; i < 2 && status->code == MEC_OK && !results_are_unfinished(r); i++) {
        const results_metric *metric = results_metric_at(r, names[i]);
        if (metric)
            print_table(r, metric, stream, status);
    }
}

mec_code summary_print(const char *path, const char *score, FILE *stream, mec_status *status) {
    results r;
    if (maps_results_is(path))
        return maps_summary_print(path, stream, status);
    if (results_open(&r, path, status) == MEC_OK) {
        /* The default gives way to the run's first score where it was not asked for. */
        bool first = strcmp(score, "corr") == 0 && !results_metric_at(&r, score);
        const results_metric *metric = first ? r.metrics : results_find(&r, score, status);
        if (metric)
            print_head(&r, stream, status);
        if (metric && status->code == MEC_OK)
            print_table(&r, metric, stream, status);
        if (metric && status->code == MEC_OK && strcmp(metric->name, "corr") == 0) {
            print_noise(&r, stream, status);
            grid_ridge_print(&r, stream, status);
        }
    }
    results_close(&r);
    return status->code;
}
