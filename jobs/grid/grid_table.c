#include "grid/grid_table.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/csv.h"
#include "base/settings.h"
#include "base/text.h"
#include "report/results.h"

/* Beyond any data's: all weights are zero. */
static const double NOTHING = 1e300;

bool grid_table_is_run(const char *path) {
    return H5Fis_hdf5(path) > 0;
}

typedef struct writing {
    FILE *stream;
    const results *r;
    char certificate[32], tol[32];
    mec_status *status;
} writing;

static void print_real(FILE *stream, double value) {
    char text[32];
    mec_text_from_real(value, text, sizeof text);
    fprintf(stream, ",%s", text);
}

static void print_row(const writing *w, const results_animal *a, size_t cell, size_t split,
                      size_t source, double alpha, double l1_ratio) {
    mec_csv_print(w->stream, a->arena);
    if (a->sources) {
        fputc(',', w->stream);
        mec_csv_print(w->stream, a->sources[source]);
    }
    fputc(',', w->stream);
    mec_csv_print(w->stream, a->cell_ids[cell]);
    fprintf(w->stream, ",%d,ElasticNet,%s,%s", a->splits[split], w->certificate, w->tol);
    print_real(w->stream, isnan(alpha) ? NOTHING : alpha);
    print_real(w->stream, isnan(alpha) ? 1 : l1_ratio);
    fputc('\n', w->stream);
}

static void print_animal(const writing *w, const results_animal *a) {
    double *alpha = results_read(w->r, a, "best_alpha", RESULTS_FIT, w->status);
    double *l1_ratio = results_read(w->r, a, "best_l1_ratio", RESULTS_FIT, w->status);
    for (size_t i = 0; i < a->n_cell * a->n_split * a->n_source && alpha && l1_ratio; i++)
        print_row(w, a, i / (a->n_split * a->n_source), i / a->n_source % a->n_split,
                  i % a->n_source, alpha[i], l1_ratio[i]);
    if (!alpha || !l1_ratio)
        mec_fail(w->status, MEC_REFUSED, "%s: animal %s has no best_alpha and best_l1_ratio",
                 w->r->path, a->name);
    free(alpha);
    free(l1_ratio);
}

static mec_code print_table(writing *w) {
    const results *r = w->r;
    if (strcmp(r->info.job, "grid") != 0 || results_are_unfinished(r))
        return mec_fail(w->status, MEC_REFUSED,
                        "%s: is %s run of \"%s\"; accepted: a complete one of mec grid, or a CSV "
                        "file",
                        r->path, results_are_unfinished(r) ? "an unfinished" : "a", r->info.job);
    mec_settings_find(r->info.config, "grid", "certificate", w->certificate, sizeof w->certificate);
    mec_settings_find(r->info.config, "grid", "tol", w->tol, sizeof w->tol);
    fprintf(w->stream, "arena%s,cell_id,split,regression_type,certificate,tol,alpha,l1_ratio\n",
            r->n_animal > 0 && r->animals[0].sources ? ",source" : "");
    for (size_t i = 0; i < r->n_animal && w->status->code == MEC_OK; i++)
        print_animal(w, &r->animals[i]);
    return w->status->code;
}

char *grid_table_read(const char *path, size_t *size, mec_status *status) {
    results r;
    char *text = NULL;
    writing w = {.r = &r, .status = status};
    *size = 0;
    if (results_open(&r, path, status) == MEC_OK) {
        w.stream = open_memstream(&text, size);
        if (!w.stream)
            mec_fail(status, MEC_FAILED, "out of memory for the table of %s", path);
        else
            print_table(&w);
        if (w.stream)
            fclose(w.stream);
    }
    results_close(&r);
    return text;
}
