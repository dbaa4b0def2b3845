#include "report/maps_summary.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "numerics/statistics.h"
#include "report/maps_page.h"
#include "report/maps_results.h"
#include "report/settings_line.h"

/* Units above it are counted as grid cells. */
static const double GRID_SCORE = 0.3;

enum { N_BEST = 6 }; /* units that are named */

/* What a layer's units say, read from the file. */
typedef struct layer_values {
    const maps_layer *layer;
    double *information, *score; /* (n_unit) */
    int64_t *count;              /* (nx, ny) */
} layer_values;

static mec_code read_values(const maps_results *maps, const maps_layer *layer, layer_values *v,
                            mec_status *status) {
    *v = (layer_values){.layer = layer};
    v->information = maps_results_statistic(maps, layer, "spatial_information", status);
    v->score = maps_results_statistic(maps, layer, "grid_score", status);
    v->count = maps_results_count(maps, layer, status);
    return status->code;
}

static void release_values(layer_values *v) {
    free(v->information);
    free(v->score);
    free(v->count);
}

/* ---- the table ---- */

static size_t count_above(const double *values, size_t n, double limit) {
    size_t above = 0;
    for (size_t i = 0; i < n; i++)
        above += values[i] > limit;
    return above;
}

/* "0.751  0.512  0.901      3": median, quartiles and how many are not defined. */
static void print_numbers(const double *values, size_t n, FILE *stream, mec_status *status) {
    double *sorted = mec_alloc(n, sizeof *sorted, status);
    if (!sorted)
        return;
    memcpy(sorted, values, n * sizeof *sorted);
    mec_summary s = mec_summarise(sorted, n);
    const double numbers[] = {s.median, s.q25, s.q75};
    for (int i = 0; i < 3; i++)
        if (isnan(numbers[i]))
            fprintf(stream, "  %*s", i == 0 ? 11 : 6, "-");
        else
            fprintf(stream, "  %*.3f", i == 0 ? 11 : 6, numbers[i]);
    fprintf(stream, "  %5zu", s.n_nan);
    free(sorted);
}

static void print_row(const layer_values *v, int width, FILE *stream, mec_status *status) {
    const maps_layer *layer = v->layer;
    char bins[48];
    size_t empty = 0;
    for (size_t i = 0; i < layer->nx * layer->ny; i++)
        empty += v->count[i] == 0;
    snprintf(bins, sizeof bins, "%zu x %zu", layer->nx, layer->ny);
    fprintf(stream, "%-*s  %-5s  %6zu  %10s", width, layer->box, layer->layer, layer->n_unit, bins);
    if (empty == layer->nx * layer->ny) {
        fprintf(stream, "  not drawn yet\n");
        return;
    }
    fprintf(stream, "  %6zu", empty);
    print_numbers(v->information, layer->n_unit, stream, status);
    print_numbers(v->score, layer->n_unit, stream, status);
    fprintf(stream, "  %5zu\n", count_above(v->score, layer->n_unit, GRID_SCORE));
}

static void print_table_head(int width, FILE *stream) {
    fprintf(stream,
            "\nover units, medians and quartiles; spatial information in bit a spike, not defined "
            "(NaN) where a rate is below 0\n");
    fprintf(stream, "%-*s  %-5s  %6s  %10s  %6s", width, "box", "layer", "units", "bins", "empty");
    fprintf(stream, "  %11s  %6s  %6s  %5s", "information", "q25", "q75", "NaN");
    fprintf(stream, "  %11s  %6s  %6s  %5s  > %.1f\n", "grid score", "q25", "q75", "NaN",
            GRID_SCORE);
}

/* ---- the units that are worth a look ---- */

/* "  12 (1.31), 7 (1.02)" */
static void print_best(const double *values, size_t n_unit, FILE *stream) {
    size_t units[N_BEST];
    size_t n = maps_page_highest(values, n_unit, N_BEST, units);
    for (size_t i = 0; i < n; i++)
        fprintf(stream, "%s%zu (%.2f)", i > 0 ? ", " : "", units[i], values[units[i]]);
    fprintf(stream, n > 0 ? "\n" : "none has one\n");
}

static void print_units(const layer_values *v, int width, FILE *stream, mec_status *status) {
    const maps_layer *layer = v->layer;
    (void)status;
    fprintf(stream, "%-*s  %-5s  information  ", width, layer->box, layer->layer);
    print_best(v->information, layer->n_unit, stream);
    fprintf(stream, "%*s         grid score   ", width, "");
    print_best(v->score, layer->n_unit, stream);
}

/* ---- all of it ---- */

static void for_each_layer(const maps_results *maps, int width, FILE *stream,
                           void print(const layer_values *v, int width, FILE *stream,
                                      mec_status *status),
                           mec_status *status) {
    for (size_t i = 0; i < maps->n_layer && status->code == MEC_OK; i++) {
        layer_values v;
        if (read_values(maps, &maps->layers[i], &v, status) == MEC_OK)
            print(&v, width, stream, status);
        release_values(&v);
    }
}

static void print_layers(const maps_results *maps, FILE *stream, mec_status *status) {
    size_t width = strlen("box");
    for (size_t i = 0; i < maps->n_layer; i++)
        width = strlen(maps->layers[i].box) > width ? strlen(maps->layers[i].box) : width;
    print_table_head((int)width, stream);
    for_each_layer(maps, (int)width, stream, print_row, status);
    if (maps->info.state < MEC_RUN_COMPLETE)
        return;
    fprintf(stream,
            "\nunits of the highest; mec show --plot OUT.png %s layer=NAME units=N,N,... "
            "draws them\n",
            maps->path);
    for_each_layer(maps, (int)width, stream, print_units, status);
}

mec_code maps_summary_print(const char *path, FILE *stream, mec_status *status) {
    maps_results maps;
    if (maps_results_open(&maps, path, status) == MEC_OK) {
        char seconds[32];
        mec_text_from_seconds(maps.info.seconds, seconds, sizeof seconds);
        fprintf(stream, "%s: %s, %s, %zu of %zu tasks, %s of work\n", path, maps.info.job,
                mec_run_info_state_name(&maps.info), maps.info.n_done, maps.info.n_task, seconds);
        settings_line_print(maps.info.config, stream, status);
        print_layers(&maps, stream, status);
    }
    maps_results_close(&maps);
    return status->code;
}
