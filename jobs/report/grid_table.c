#include "report/grid_table.h"

#include <math.h>
#include <stdlib.h>

#include "report/csv_field.h"
#include "report/output_file.h"

/* Beyond any data's: all weights are zero. */
static const double NOTHING = 1e300;

typedef struct writing {
    const results *r;
    FILE *stream;
    bool pairwise;
    char certificate[32], tol[32];
    size_t n_row;
    mec_status *status;
} writing;

static void write_search(writing *w, const results_animal *animal, size_t index, double alpha,
                         double l1_ratio) {
    size_t split = index / animal->n_source % animal->n_split;
    csv_field_text(w->stream, animal->arena);
    if (w->pairwise) {
        fputc(',', w->stream);
        csv_field_text(w->stream, animal->sources[index % animal->n_source]);
    }
    fputc(',', w->stream);
    csv_field_text(w->stream, animal->cell_ids[index / animal->n_source / animal->n_split]);
    fprintf(w->stream, ",%d,ElasticNet,%s,%s,", animal->splits[split], w->certificate, w->tol);
    csv_field_real(w->stream, isnan(alpha) ? NOTHING : alpha);
    fputc(',', w->stream);
    csv_field_real(w->stream, isnan(alpha) ? 1 : l1_ratio);
    fputc('\n', w->stream);
    w->n_row++;
}

static void write_animal(writing *w, const results_animal *animal) {
    size_t n_fit = animal->n_cell * animal->n_split * animal->n_source;
    double *alphas = results_read(w->r, animal, "best_alpha", RESULTS_FIT, w->status);
    double *l1_ratios = results_read(w->r, animal, "best_l1_ratio", RESULTS_FIT, w->status);
    for (size_t i = 0; i < n_fit && alphas && l1_ratios; i++)
        write_search(w, animal, i, alphas[i], l1_ratios[i]);
    free(alphas);
    free(l1_ratios);
}

/* The whole table to w->stream. */
static mec_code write_table(writing *w) {
    const char *config = w->r->info.config;
    mec_settings_find(config, "grid", "certificate", w->certificate, sizeof w->certificate);
    mec_settings_find(config, "grid", "tol", w->tol, sizeof w->tol);
    w->pairwise = w->r->n_animal > 0 && w->r->animals[0].sources;
    fprintf(w->stream, "arena,%scell_id,split,regression_type,certificate,tol,alpha,l1_ratio\n",
            w->pairwise ? "source," : "");
    for (size_t i = 0; i < w->r->n_animal && w->status->code == MEC_OK; i++)
        write_animal(w, &w->r->animals[i]);
    return w->status->code;
}

bool grid_table_is_run(const char *path) {
    return H5Fis_hdf5(path) > 0;
}

static mec_code read_table(const results *r, char **text, size_t *size, mec_status *status) {
    writing w = {.r = r, .status = status};
    if (!results_are_grid(r) || results_are_unfinished(r))
        return mec_fail(status, MEC_REFUSED,
                        "%s: is %s run of mec %s; accepted: a complete one of mec grid, or a CSV "
                        "file",
                        r->path, results_are_unfinished(r) ? "an unfinished" : "a", r->info.job);
    w.stream = open_memstream(text, size);
    if (!w.stream)
        return mec_fail(status, MEC_FAILED, "out of memory for the table of %s", r->path);
    write_table(&w);
    fclose(w.stream);
    return status->code;
}

char *grid_table_read(const char *path, size_t *size, mec_status *status) {
    results r = {.file = H5I_INVALID_HID};
    char *text = NULL;
    *size = 0;
    if (results_open(&r, path, status) == MEC_OK)
        read_table(&r, &text, size, status);
    results_close(&r);
    return text;
}

mec_code grid_table_write(const results *r, const char *out, mec_status *status) {
    output_file file = {0};
    writing w = {.r = r, .status = status};
    if (!results_are_grid(r))
        return mec_fail(status, MEC_REFUSED,
                        "%s: found per_cell=yes for a run of mec %s; accepted: for one of mec grid",
                        r->path, r->info.job);
    if (output_file_open(&file, out, status) == MEC_OK) {
        w.stream = file.stream;
        write_table(&w);
    }
    if (output_file_close(&file, status) != MEC_OK)
        return status->code;
    if (out)
        printf("wrote %s: %zu rows, %d columns\n", out, w.n_row, w.pairwise ? 9 : 8);
    return MEC_OK;
}
