#include "report/maps_results.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "model/network.h"

static const char TOP[] = "/ratemaps";

enum { PATH_SIZE = 512 };

static void path_in(char path[PATH_SIZE], const char *box, const char *name) {
    snprintf(path, PATH_SIZE, "%s/%s/%s", TOP, box, name);
}

bool maps_results_is(const char *path) {
    mec_status ignored = {0};
    char job[32] = "";
    hid_t file = mec_h5_open(path, H5F_ACC_RDONLY, &ignored);
    if (file < 0)
        return false;
    if (mec_run_info_is_run(file))
        mec_h5_read_text_attribute(file, "job", job, sizeof job);
    H5Fclose(file);
    return strcmp(job, "ratemaps") == 0;
}

/* ---- listing ---- */

static mec_code add_layer(maps_results *maps, const char *box, const char *layer,
                          mec_status *status) {
    char path[PATH_SIZE];
    hsize_t dims[3];
    path_in(path, box, layer);
    hid_t dataset = H5Dopen2(maps->file, path, H5P_DEFAULT);
    int n_dim = mec_h5_shape(dataset, dims, 3);
    H5Dclose(dataset);
    if (n_dim != 3)
        return mec_fail(status, MEC_REFUSED, "%s: %s has %d dimensions; accepted: 3", maps->path,
                        path, n_dim);
    maps_layer *layers =
        mec_grow(maps->layers, maps->n_layer, &maps->capacity, sizeof *layers, status);
    if (!layers)
        return status->code;
    maps->layers = layers;
    maps_layer *added = &layers[maps->n_layer++];
    *added = (maps_layer){.layer = layer, .nx = dims[0], .ny = dims[1], .n_unit = dims[2]};
    snprintf(added->box, sizeof added->box, "%s", box);
    return MEC_OK;
}

static void add_box(maps_results *maps, const char *box, mec_status *status) {
    char path[PATH_SIZE];
    for (size_t i = 0; i < MEC_N_LAYER && status->code == MEC_OK; i++) {
        path_in(path, box, MEC_LAYER_NAMES[i]);
        if (mec_h5_has_dataset(maps->file, path))
            add_layer(maps, box, MEC_LAYER_NAMES[i], status);
    }
}

/* A box has maps, or groups of seeds that have. */
static void add_group(maps_results *maps, const char *box, mec_status *status) {
    char path[PATH_SIZE];
    char **names = NULL;
    path_in(path, box, "count");
    if (mec_h5_has_dataset(maps->file, path)) {
        add_box(maps, box, status);
        return;
    }
    snprintf(path, sizeof path, "%s/%s", TOP, box);
    hid_t group = H5Gopen2(maps->file, path, H5P_DEFAULT);
    size_t n = mec_h5_list_groups(group, &names, status);
    for (size_t i = 0; i < n && status->code == MEC_OK; i++) {
        snprintf(path, sizeof path, "%s/%s", box, names[i]);
        add_box(maps, path, status);
    }
    mec_h5_free_names(names, n);
    H5Gclose(group);
}

mec_code maps_results_open(maps_results *maps, const char *path, mec_status *status) {
    char **names = NULL;
    *maps = (maps_results){.path = path};
    maps->file = mec_h5_open(path, H5F_ACC_RDONLY, status);
    if (maps->file < 0 || mec_run_info_read(maps->file, path, &maps->info, status))
        return status->code;
    if (!mec_h5_has_group(maps->file, TOP))
        return mec_fail(status, MEC_REFUSED,
                        "%s: is a run file of \"%s\" without rate maps; accepted: one of mec "
                        "ratemaps",
                        path, maps->info.job);
    hid_t group = H5Gopen2(maps->file, TOP, H5P_DEFAULT);
    size_t n = mec_h5_list_groups(group, &names, status);
    for (size_t i = 0; i < n && status->code == MEC_OK; i++)
        add_group(maps, names[i], status);
    mec_h5_free_names(names, n);
    H5Gclose(group);
    return status->code;
}

void maps_results_close(maps_results *maps) {
    mec_run_info_destroy(&maps->info);
    free(maps->layers);
    if (maps->file >= 0)
        H5Fclose(maps->file);
}

/* ---- reading ---- */

static void *read_array(const maps_results *maps, const maps_layer *layer, const char *name,
                        hid_t type, size_t count, mec_status *status) {
    char path[PATH_SIZE];
    void *values = mec_alloc(count, H5Tget_size(type), status);
    path_in(path, layer->box, name);
    if (values && !mec_run_info_array(maps->file, path, type, count, values)) {
        mec_fail(status, MEC_REFUSED, "%s: %s cannot be read, or has not %zu numbers", maps->path,
                 path, count);
        free(values);
        values = NULL;
    }
    return values;
}

double *maps_results_statistic(const maps_results *maps, const maps_layer *layer, const char *name,
                               mec_status *status) {
    char within[128];
    snprintf(within, sizeof within, "statistics/%s/%s", layer->layer, name);
    return read_array(maps, layer, within, H5T_NATIVE_DOUBLE, layer->n_unit, status);
}

int64_t *maps_results_count(const maps_results *maps, const maps_layer *layer, mec_status *status) {
    return read_array(maps, layer, "count", H5T_NATIVE_INT64, layer->nx * layer->ny, status);
}

mec_code maps_results_unit(const maps_results *maps, const maps_layer *layer, size_t unit,
                           double *map, mec_status *status) {
    char path[PATH_SIZE];
    path_in(path, layer->box, layer->layer);
    hid_t dataset = H5Dopen2(maps->file, path, H5P_DEFAULT);
    hid_t space = H5Dget_space(dataset);
    hid_t memory = H5Screate_simple(1, &(hsize_t){layer->nx * layer->ny}, NULL);
    const hsize_t start[] = {0, 0, unit};
    const hsize_t count[] = {layer->nx, layer->ny, 1};
    if (H5Sselect_hyperslab(space, H5S_SELECT_SET, start, NULL, count, NULL) < 0 ||
        H5Dread(dataset, H5T_NATIVE_DOUBLE, memory, space, H5P_DEFAULT, map) < 0)
        mec_fail(status, MEC_FAILED, "%s: %s cannot be read", maps->path, path);
    H5Sclose(memory);
    H5Sclose(space);
    H5Dclose(dataset);
    return status->code;
}

mec_code maps_results_sides(const maps_results *maps, const maps_layer *layer, double *width,
                            double *height, mec_status *status) {
    double *x = read_array(maps, layer, "x_edges", H5T_NATIVE_DOUBLE, layer->nx + 1, status);
    double *y = read_array(maps, layer, "y_edges", H5T_NATIVE_DOUBLE, layer->ny + 1, status);
    if (x && y) {
        *width = x[layer->nx] - x[0];
        *height = y[layer->ny] - y[0];
    }
    free(x);
    free(y);
    return status->code;
}
