#include "report/grid_table.h"

#include <math.h>
#include <stdlib.h>

#include "base/log.h"
#include "report/csv_field.h"
#include "report/output_file.h"

typedef struct writing {
    const results *r;
    FILE *stream;
    bool pairwise;
    size_t n_row, n_missing;
    mec_status *status;
} writing;

static void write_search(writing *w, const results_animal *animal, size_t index, double alpha,
                         double l1_ratio) {
    if (isnan(alpha) || isnan(l1_ratio)) {
        w->n_missing++;
        return;
    }
    size_t split = index / animal->n_source % animal->n_split;
    csv_field_text(w->stream, animal->arena);
    if (w->pairwise) {
        fputc(',', w->stream);
        csv_field_text(w->stream, animal->sources[index % animal->n_source]);
    }
    fputc(',', w->stream);
    csv_field_text(w->stream, animal->cell_ids[index / animal->n_source / animal->n_split]);
    fprintf(w->stream, ",%d,ElasticNet,", animal->splits[split]);
    csv_field_real(w->stream, alpha);
    fputc(',', w->stream);
    csv_field_real(w->stream, l1_ratio);
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

mec_code grid_table_write(const results *r, const char *out, mec_status *status) {
    output_file file = {0};
    writing w = {.r = r, .status = status};
    if (!results_are_grid(r))
        return mec_fail(status, MEC_REFUSED,
                        "%s: found per_cell=yes for a run of mec %s; accepted: for one of mec grid",
                        r->path, r->info.job);
    w.pairwise = r->n_animal > 0 && r->animals[0].sources;
    if (output_file_open(&file, out, status) == MEC_OK) {
        w.stream = file.stream;
        fprintf(w.stream, "arena,%scell_id,split,regression_type,alpha,l1_ratio\n",
                w.pairwise ? "source," : "");
        for (size_t i = 0; i < r->n_animal && status->code == MEC_OK; i++)
            write_animal(&w, &r->animals[i]);
    }
    if (output_file_close(&file, status) != MEC_OK)
        return status->code;
    if (w.n_missing > 0)
        mec_log("%s: nothing is chosen for %zu of %zu searches; they have no line", r->path,
                w.n_missing, w.n_missing + w.n_row);
    if (out)
        printf("wrote %s: %zu rows, %d columns\n", out, w.n_row, w.pairwise ? 7 : 6);
    return MEC_OK;
}
