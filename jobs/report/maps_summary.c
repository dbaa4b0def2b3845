#include "report/maps_summary.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "numerics/statistics.h"
#include "report/maps_results.h"
#include "report/settings_line.h"

/* Units above it are counted as grid cells. */
static const double GRID_SCORE = 0.3;

static size_t count_above(const double *values, size_t n, double limit) {
    size_t above = 0;
    for (size_t i = 0; i < n; i++)
        above += values[i] > limit;
    return above;
}

static void print_number(FILE *stream, int width, double value) {
    if (isnan(value))
        fprintf(stream, "  %*s", width, "-");
    else
        fprintf(stream, "  %*.3f", width, value);
}

static size_t count_empty(const int64_t *count, size_t n) {
    size_t empty = 0;
    for (size_t i = 0; i < n; i++)
        empty += count[i] == 0;
    return empty;
}

static mec_code print_layer(const maps_results *maps, const maps_layer *layer, int width,
                            FILE *stream, mec_status *status) {
    char bins[48];
    size_t n_bin = layer->nx * layer->ny;
    double *information = maps_results_statistic(maps, layer, "spatial_information", status);
    double *score = maps_results_statistic(maps, layer, "grid_score", status);
    int64_t *count = maps_results_count(maps, layer, status);
    if (status->code == MEC_OK) {
        snprintf(bins, sizeof bins, "%zu x %zu", layer->nx, layer->ny);
        size_t n_grid = count_above(score, layer->n_unit, GRID_SCORE);
        mec_summary i = mec_summarise(information, layer->n_unit);
        mec_summary s = mec_summarise(score, layer->n_unit);
        fprintf(stream, "%-*s  %-5s  %6zu  %10s  %6zu", width, layer->box, layer->layer,
                layer->n_unit, bins, count_empty(count, n_bin));
        print_number(stream, 11, i.median);
        fprintf(stream, "  %6zu", i.n_nan);
        print_number(stream, 10, s.median);
        fprintf(stream, "  %6zu  %6zu\n", s.n_nan, n_grid);
    }
    free(information);
    free(score);
    free(count);
    return status->code;
}

static void print_table(const maps_results *maps, FILE *stream, mec_status *status) {
    size_t width = strlen("box");
    for (size_t i = 0; i < maps->n_layer; i++)
        width = strlen(maps->layers[i].box) > width ? strlen(maps->layers[i].box) : width;
    fprintf(stream, "\nmedians over units; spatial information in bit a spike\n");
    fprintf(stream, "%-*s  %-5s  %6s  %10s  %6s  %11s  %6s  %10s  %6s  > %.1f\n", (int)width, "box",
            "layer", "units", "bins", "empty", "information", "NaN", "grid score", "NaN",
            GRID_SCORE);
    for (size_t i = 0; i < maps->n_layer && status->code == MEC_OK; i++)
        print_layer(maps, &maps->layers[i], (int)width, stream, status);
}

mec_code maps_summary_print(const char *path, FILE *stream, mec_status *status) {
    maps_results maps;
    if (maps_results_open(&maps, path, status) == MEC_OK) {
        char seconds[32];
        mec_text_from_seconds(maps.info.seconds, seconds, sizeof seconds);
        fprintf(stream, "%s: %s, %s, %zu of %zu tasks, %s of work\n", path, maps.info.job,
                mec_run_info_state_name(&maps.info), maps.info.n_done, maps.info.n_task, seconds);
        settings_line_print(maps.info.config, stream, status);
        print_table(&maps, stream, status);
    }
    maps_results_close(&maps);
    return status->code;
}
