#include "report/training_maps.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "model/spatial.h"
#include "ratemaps/ratemaps_follower.h"
#include "storage/model_file.h"
#include "storage/run_info.h"

static const double FINE_BIN = 0.05;     /* m, those of mec ratemaps */
static const double SAMPLES_WANTED = 40; /* a bin, as long as they cost little */
static const double SAMPLES_NEEDED = 15; /* a bin, for the sake of which bins become larger */
static const double MOST_WORK = 6e11;    /* multiplications: some ten seconds */
/* Batches are of a size that products are fast with, whatever training was given. */
enum { ROWS_AT_ONCE = 4000, LEAST_BINS = 12, MOST_BINS = 60 /* along a side */ };

/* What the settings say of the evaluation. */
typedef struct evaluation {
    mec_settings *settings;
    mec_box box;
    mec_place_options place;
    model_walk walk;
    mec_network network;
} evaluation;

static mec_code read_settings(evaluation *e, const char *path, mec_status *status) {
    hid_t file = mec_h5_open(path, H5F_ACC_RDONLY, status);
    char *config = file >= 0 ? mec_run_info_config(file, status) : NULL;
    e->settings = mec_settings_create(&job_section_table, status);
    if (status->code == MEC_OK && !config)
        mec_fail(status, MEC_REFUSED, "%s: /config is not there", path);
    if (status->code == MEC_OK &&
        mec_settings_read(e->settings, path, config, strlen(config), status) == MEC_OK &&
        model_settings_box(e->settings, &e->box, status) == MEC_OK &&
        model_settings_place(e->settings, &e->box, &e->place, status) == MEC_OK &&
        model_settings_walk(e->settings, &e->box, &e->walk, status) == MEC_OK)
        model_settings_network(e->settings, &e->network, status);
    e->walk.walk.reward = NULL;
    free(config);
    if (file >= 0)
        H5Fclose(file);
    return status->code;
}

/* ---- how many walks, how many bins ---- */

static size_t bins_along(double side, double bin) {
    return (size_t)fmin(fmax(floor(side / bin + 1e-9), LEAST_BINS), MOST_BINS);
}

/* As many samples as fine bins want, unless the network is too large for that; then bins that are
 * as large as the samples need. */
static void plan(training_maps *maps, evaluation *e) {
    mec_walk *walk = &e->walk.walk;
    double width = e->box.max_x - e->box.min_x;
    double height = e->box.max_y - e->box.min_y;
    double n_unit = (double)e->network.n_unit;
    double wanted =
        SAMPLES_WANTED * (double)bins_along(width, FINE_BIN) * (double)bins_along(height, FINE_BIN);
    double affordable = MOST_WORK / (3 * n_unit * n_unit);
    double at_once = floor((double)ROWS_AT_ONCE / (double)walk->sequence_length);
    walk->batch_size = (size_t)fmax(at_once, 1);
    double rows = (double)walk->batch_size * (double)walk->sequence_length;
    maps->batch_size = walk->batch_size;
    maps->n_batch = (size_t)fmax(ceil(fmin(wanted, affordable) / rows), 1);
    double bin = sqrt(width * height * SAMPLES_NEEDED / (rows * (double)maps->n_batch));
    bin = fmax(bin, FINE_BIN);
    maps->bins = (mec_map_bins){e->box, bins_along(width, bin), bins_along(height, bin)};
    maps->n_unit = e->network.n_unit;
}

/* ---- the maps ---- */

static mec_code follow(training_maps *maps, const evaluation *e, const mec_weights *weights,
                       mec_status *status) {
    const mec_walk *walk = &e->walk.walk;
    size_t n_bin = maps->bins.nx * maps->bins.ny;
    ratemaps_follower follower;
    mec_map_sums sums[MEC_N_LAYER] = {{0}};
    maps->count = mec_alloc(n_bin, sizeof *maps->count, status);
    maps->map = mec_alloc(n_bin * maps->n_unit, sizeof *maps->map, status);
    mec_map_sums_create(&sums[MEC_LAYER_G], n_bin, maps->n_unit, status);
    ratemaps_follower_create(&follower, weights, walk, MEC_LAYER_G, status);
    if (status->code == MEC_OK)
        ratemaps_follower_turn(&follower, &e->place, walk, status);
    for (size_t i = 0; i < maps->n_batch && status->code == MEC_OK; i++)
        if (ratemaps_follower_run(&follower, walk, &maps->bins, (uint32_t)i, NULL, status) ==
            MEC_OK)
            ratemaps_follower_add(&follower, maps->count, sums);
    if (status->code == MEC_OK)
        mec_map_sums_mean(&sums[MEC_LAYER_G], maps->count, maps->map);
    ratemaps_follower_destroy(&follower);
    mec_map_sums_destroy(&sums[MEC_LAYER_G]);
    return status->code;
}

static mec_code measure(training_maps *maps, mec_status *status) {
    const mec_map_bins *b = &maps->bins;
    size_t n_bin = b->nx * b->ny;
    mec_spatial *spatial =
        mec_spatial_create(b->nx, b->ny, (b->box.max_x - b->box.min_x) / (double)b->nx,
                           (b->box.max_y - b->box.min_y) / (double)b->ny, status);
    double *unit = mec_alloc(n_bin, sizeof *unit, status);
    maps->information = mec_alloc(maps->n_unit, sizeof *maps->information, status);
    maps->score = mec_alloc(maps->n_unit, sizeof *maps->score, status);
    for (size_t i = 0; i < maps->n_unit && status->code == MEC_OK; i++) {
        training_maps_unit(maps, i, unit);
        maps->information[i] = mec_spatial_information(n_bin, unit, maps->count);
    }
    for (size_t i = 0; i < maps->n_unit && status->code == MEC_OK; i += MEC_CORRELOGRAM_MAPS) {
        size_t left = maps->n_unit - i;
        mec_spatial_grid_scores(spatial, left < MEC_CORRELOGRAM_MAPS ? left : MEC_CORRELOGRAM_MAPS,
                                maps->map + i, maps->n_unit, maps->score + i);
    }
    free(unit);
    mec_spatial_destroy(spatial);
    return status->code;
}

/* The settings and the checkpoint stand in one file, which may have been tampered with. */
static mec_code check(const evaluation *e, const mec_model_file *file, mec_status *status) {
    const mec_network *found = &mec_model_file_info(file)->network;
    const mec_network *told = &e->network;
    if (found->n_unit != told->n_unit || found->n_place != told->n_place ||
        found->n_input != told->n_input)
        mec_fail(status, MEC_REFUSED, "%s: holds another network than /config says",
                 mec_model_file_name(file));
    return status->code;
}

static mec_code make(training_maps *maps, evaluation *e, const mec_model_file *file,
                     mec_status *status) {
    if (check(e, file, status))
        return status->code;
    mec_real *block = mec_alloc(mec_network_count(&e->network), sizeof *block, status);
    plan(maps, e);
    maps->step = mec_model_file_info(file)->step;
    if (block && mec_model_file_read(file, block, NULL, NULL, status) == MEC_OK) {
        mec_weights weights = mec_weights_view(&e->network, block);
        if (follow(maps, e, &weights, status) == MEC_OK)
            measure(maps, status);
    }
    free(block);
    return status->code;
}

mec_code training_maps_make(training_maps *maps, const char *path, mec_status *status) {
    evaluation e = {0};
    mec_model_file *file = NULL;
    *maps = (training_maps){0};
    if (read_settings(&e, path, status) == MEC_OK)
        file = mec_model_file_open(path, status);
    if (file)
        make(maps, &e, file, status);
    mec_model_file_close(file);
    mec_settings_destroy(e.settings);
    return status->code;
}

void training_maps_unit(const training_maps *maps, size_t unit, double *map) {
    for (size_t bin = 0; bin < maps->bins.nx * maps->bins.ny; bin++)
        map[bin] = maps->map[bin * maps->n_unit + unit];
}

void training_maps_destroy(training_maps *maps) {
    free(maps->count);
    free(maps->map);
    free(maps->information);
    free(maps->score);
}
