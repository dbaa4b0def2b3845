/* mec export FILE [OUT.csv] [splits=yes] [sources=yes]: the scores of a run file as a table, one
 * row a cell, or a cell and split, or a cell and source; mec export FILE [OUT.csv] per_cell=yes:
 * what a grid search chose, for [map] per_cell; mec export --tensorflow DIR FILE: a network as a
 * TensorFlow checkpoint. One process, no MPI.
 *
 * Of a grid search a row of several fits has the medians of what was chosen, the largest gap, and
 * how many of the fits are on the edge of the grid and points were not accepted. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "arguments.h"
#include "base/log.h"
#include "base/memory.h"
#include "job.h"
#include "report/csv_field.h"
#include "report/export_model.h"
#include "report/grid_table.h"
#include "report/output_file.h"
#include "report/results.h"

typedef struct exporting exporting;

/* One column: what its numbers are and, of the animal at hand, the numbers themselves. */
typedef struct column {
    char head[128];
    void (*load)(const exporting *e, const results_animal *animal, struct column *c);
    over_fits reduce;             /* of the numbers of many fits */
    const results_metric *metric; /* of the columns that show one */
    bool is_outcome;
    double *values;   /* owned; NULL: none of this animal */
    size_t stride[3]; /* along cells, splits, sources; 0: the same for all */
} column;

struct exporting {
    const results *r;
    bool splits, sources; /* one row each, or taken together */
    column *columns;
    size_t n_column, capacity, n_row;
    FILE *stream;
    mec_status *status;
};

/* Hands the column `full` (n, splits, sources), reduced to the rows that are wanted; frees it. */
static void keep(const exporting *e, const results_animal *animal, column *c, double *full,
                 size_t n) {
    size_t n_source = animal->n_source;
    size_t block = animal->n_split * n_source;
    if (e->splits || !full) {
        c->values = full;
        memcpy(c->stride, (size_t[3]){n > 1 ? block : 0, n_source, 1}, sizeof c->stride);
        return;
    }
    size_t width = e->sources ? n_source : 1;
    c->values = mec_alloc(n * width, sizeof *c->values, e->status);
    for (size_t j = 0; c->values && j < n; j++)
        for (size_t k = 0; k < width; k++)
            c->values[j * width + k] = c->reduce(full + j * block + k, animal->n_split,
                                                 e->sources ? 1 : n_source, n_source);
    memcpy(c->stride, (size_t[3]){n > 1 ? width : 0, 0, e->sources ? 1 : 0}, sizeof c->stride);
    free(full);
}

/* ---- columns ---- */

/* A score, or how many of its numbers there are. */
static void load_score(const exporting *e, const results_animal *animal, column *c) {
    double *full = results_per_split(e->r, animal, c->metric, e->status);
    keep(e, animal, c, full, c->metric->of_animal ? 1 : animal->n_cell);
}

/* An array over single fits. */
static void load_fits(const exporting *e, const results_animal *animal, column *c) {
    double *full = results_read(e->r, animal, c->head, RESULTS_FIT, e->status);
    keep(e, animal, c, full, animal->n_cell);
}

/* An array over cells and sources. */
static void load_sources(const exporting *e, const results_animal *animal, column *c) {
    c->values = results_read(e->r, animal, c->head, RESULTS_CELL | RESULTS_SOURCE, e->status);
    memcpy(c->stride, (size_t[3]){animal->n_source, 0, 1}, sizeof c->stride);
}

/* A metric without splits. */
static void load_metric(const exporting *e, const results_animal *animal, column *c) {
    size_t n = 0;
    c->values = results_means(e->r, animal, c->metric, &n, e->status);
    memcpy(c->stride, (size_t[3]){c->metric->of_animal ? 0 : 1, 0, 0}, sizeof c->stride);
}

static void add_column(exporting *e, const char *head,
                       void (*load)(const exporting *, const results_animal *, column *),
                       over_fits reduce, const results_metric *metric) {
    column *grown = mec_grow(e->columns, e->n_column, &e->capacity, sizeof *grown, e->status);
    if (!grown)
        return;
    e->columns = grown;
    column *c = &e->columns[e->n_column++];
    *c = (column){.load = load, .reduce = reduce, .metric = metric};
    c->is_outcome = reduce == over_fits_worst;
    snprintf(c->head, sizeof c->head, "%s", head);
}

static void add_metrics(exporting *e, bool has_splits, bool of_animal) {
    for (size_t i = 0; i < e->r->n_metric; i++) {
        const results_metric *m = &e->r->metrics[i];
        if ((*m->fits != '\0') == has_splits && m->of_animal == of_animal)
            add_column(e, e->splits && results_are_grid(e->r) ? m->fits : m->name,
                       has_splits ? load_score : load_metric, m->over, m);
    }
}

static void add_fits(exporting *e, const char *name, over_fits reduce) {
    if (results_have_array(e->r, name))
        add_column(e, name, load_fits, reduce, NULL);
}

/* What is known of a cell (reliability, ...) stands in rows of whole cells only, what is known of a
 * fit in rows of single fits. */
static void add_columns(exporting *e) {
    bool cells = !e->splits && !e->sources;
    add_metrics(e, true, false);
    if (!e->splits && *e->r->metrics[0].fits)
        add_column(e, "n_valid_splits", load_score, over_fits_count, &e->r->metrics[0]);
    if (cells)
        add_metrics(e, false, false);
    add_metrics(e, true, true);
    if (cells)
        add_metrics(e, false, true);
    if (e->splits)
        add_fits(e, "relative_gap", over_fits_mean);
    if (e->splits)
        add_fits(e, "n_within_one_se", over_fits_mean);
    add_fits(e, "on_edge", over_fits_sum);
    add_fits(e, "n_rejected", over_fits_sum);
    add_fits(e, "status", over_fits_worst);
    if (e->splits)
        add_fits(e, "n_train", over_fits_mean);
    if (!cells && results_have_array(e->r, "n_states"))
        add_column(e, "n_states", load_sources, over_fits_mean, NULL);
}

/* ---- the table ---- */

static void print_value(FILE *stream, const column *c, double value) {
    char text[RESULTS_OUTCOME_SIZE];
    if (c->is_outcome && c->values) {
        fputs(results_outcome_word(value, text), stream);
    } else {
        csv_field_real(stream, value);
    }
}

static void print_row(exporting *e, const results_animal *animal, size_t cell, size_t split,
                      size_t source) {
    csv_field_text(e->stream, animal->arena);
    fputc(',', e->stream);
    csv_field_text(e->stream, animal->name);
    fputc(',', e->stream);
    csv_field_text(e->stream, animal->cell_ids[cell]);
    if (e->splits)
        fprintf(e->stream, ",%d", animal->splits[split]);
    if (e->sources) {
        fputc(',', e->stream);
        csv_field_text(e->stream, animal->sources ? animal->sources[source] : "");
    }
    for (size_t i = 0; i < e->n_column; i++) {
        const column *c = &e->columns[i];
        size_t at = cell * c->stride[0] + split * c->stride[1] + source * c->stride[2];
        fputc(',', e->stream);
        print_value(e->stream, c, c->values ? c->values[at] : NAN);
    }
    fputc('\n', e->stream);
    e->n_row++;
}

static void print_head(const exporting *e) {
    fprintf(e->stream, "arena,animal,cell_id%s%s", e->splits ? ",split" : "",
            e->sources ? ",source" : "");
    for (size_t i = 0; i < e->n_column; i++) {
        fputc(',', e->stream);
        csv_field_text(e->stream, e->columns[i].head);
    }
    fputc('\n', e->stream);
}

static void print_animal(exporting *e, const results_animal *animal) {
    for (size_t i = 0; i < e->n_column; i++)
        e->columns[i].load(e, animal, &e->columns[i]);
    size_t n_split = e->splits ? animal->n_split : 1;
    size_t n_source = e->sources ? animal->n_source : 1;
    for (size_t j = 0; j < animal->n_cell && e->status->code == MEC_OK; j++)
        for (size_t s = 0; s < n_split; s++)
            for (size_t k = 0; k < n_source; k++)
                print_row(e, animal, j, s, k);
    for (size_t i = 0; i < e->n_column; i++) {
        free(e->columns[i].values);
        e->columns[i].values = NULL;
    }
}

static void export_results(exporting *e, const char *out) {
    output_file file = {0};
    size_t n_name = 3 + (size_t)e->splits + (size_t)e->sources;
    if (output_file_open(&file, out, e->status) == MEC_OK) {
        e->stream = file.stream;
        add_columns(e);
        print_head(e);
        for (size_t i = 0; i < e->r->n_animal && e->status->code == MEC_OK; i++)
            print_animal(e, &e->r->animals[i]);
    }
    if (output_file_close(&file, e->status) == MEC_OK && out)
        printf("wrote %s: %zu rows, %zu columns\n", out, e->n_row, n_name + e->n_column);
    free(e->columns);
}

static mec_code choose_rows(exporting *e, const char *splits, const char *sources, bool for_map) {
    bool pairwise = e->r->n_animal > 0 && e->r->animals[0].sources;
    if (arguments_yes("export", "splits", splits, &e->splits, e->status) ||
        arguments_yes("export", "sources", sources, &e->sources, e->status))
        return e->status->code;
    if (for_map && (e->splits || e->sources))
        return mec_fail(e->status, MEC_REFUSED,
                        "%s: found per_cell=yes beside other rows; usage: mec export %s",
                        e->r->path, JOB_EXPORT_USAGE);
    if (e->sources && !pairwise)
        return mec_fail(e->status, MEC_REFUSED,
                        "%s: found sources=yes, but all sources were fitted together; accepted "
                        "for runs with source.mode = pairwise",
                        e->r->path);
    e->sources |= e->splits && pairwise; /* a split's score is one source's */
    return MEC_OK;
}

mec_code job_export(int n, char **arguments, mec_status *status) {
    const char *files[2] = {NULL, NULL};
    const char *splits = "no";
    const char *sources = "no";
    const char *per_cell = "no";
    const char *checkpoint = NULL; /* a directory */
    const argument_row rows[] = {{"--tensorflow", ARGUMENT_BEHIND, &checkpoint},
                                 {"splits", ARGUMENT_EQUALS, &splits},
                                 {"sources", ARGUMENT_EQUALS, &sources},
                                 {"per_cell", ARGUMENT_EQUALS, &per_cell}};
    const argument_table table = {"export", JOB_EXPORT_USAGE, rows, sizeof rows / sizeof *rows, 2};
    bool for_map = false;
    size_t n_file = 0;
    results r = {.file = H5I_INVALID_HID};
    exporting e = {.r = &r, .status = status};
    if (arguments_read(&table, n, arguments, files, &n_file, status))
        return status->code;
    if (checkpoint)
        return n == 3 ? export_model(files[0], checkpoint, status)
                      : mec_fail(status, MEC_REFUSED,
                                 "export: found more than a file beside --tensorflow; usage: mec "
                                 "export %s",
                                 JOB_EXPORT_USAGE);
    if (arguments_yes("export", "per_cell", per_cell, &for_map, status) == MEC_OK &&
        results_open(&r, files[0], status) == MEC_OK &&
        choose_rows(&e, splits, sources, for_map) == MEC_OK) {
        if (results_are_unfinished(&r))
            mec_log("%s: is %s, %zu of %zu tasks done: what is missing is NaN", r.path,
                    mec_run_info_state_name(&r.info), r.info.n_done, r.info.n_task);
        if (for_map)
            grid_table_write(&r, files[1], status);
        else
            export_results(&e, files[1]);
    }
    results_close(&r);
    return status->code;
}
