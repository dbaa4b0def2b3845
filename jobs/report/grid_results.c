#include "report/grid_results.h"

#include <math.h>
#include <stdlib.h>

#include "base/memory.h"

static const char SCORES[] = "cv_score";

/* ---- the grid ---- */

static double *read_list(const results *r, const char *path, size_t *n, mec_status *status) {
    hsize_t dims[1] = {0};
    double *values = NULL;
    bool good = mec_h5_has_dataset(r->file, path);
    if (good) {
        hid_t dataset = H5Dopen2(r->file, path, H5P_DEFAULT);
        good = mec_h5_shape(dataset, dims, 1) == 1;
        H5Dclose(dataset);
    }
    if (good)
        values = mec_alloc(dims[0], sizeof *values, status);
    *n = dims[0];
    if (status->code == MEC_OK &&
        (!good || !mec_h5_transfer(r->file, path, H5T_NATIVE_DOUBLE, values, false)))
        mec_fail(status, MEC_REFUSED, "%s: is not a whole run file: %s cannot be read", r->path,
                 path);
    return values;
}

mec_code grid_results_read(grid_results *g, const results *r, mec_status *status) {
    *g = (grid_results){.r = r};
    g->alphas = read_list(r, "/grid/alpha", &g->n_alpha, status);
    if (status->code == MEC_OK)
        g->l1_ratios = read_list(r, "/grid/l1_ratio", &g->n_l1_ratio, status);
    return status->code;
}

void grid_results_release(grid_results *g) {
    free(g->alphas);
    free(g->l1_ratios);
    *g = (grid_results){0};
}

const char *grid_results_setting(const grid_results *g, const char *key,
                                 char value[GRID_SETTING_SIZE]) {
    if (!mec_settings_find(g->r->info.config, "grid", key, value, GRID_SETTING_SIZE))
        *value = '\0';
    return value;
}

/* ---- arrays with further axes ---- */

/* The dimensions of an animal's array; 0 where it is absent or has more than MEC_MAX_DIM. */
static int shape_of(hid_t group, const char *name, hsize_t dims[MEC_MAX_DIM]) {
    if (!mec_h5_has_dataset(group, name))
        return 0;
    hid_t dataset = H5Dopen2(group, name, H5P_DEFAULT);
    int n_dim = mec_h5_shape(dataset, dims, MEC_MAX_DIM);
    H5Dclose(dataset);
    return n_dim <= MEC_MAX_DIM ? n_dim : 0;
}

static mec_code refuse(const grid_results *g, const results_animal *animal, const char *name,
                       mec_status *status) {
    return mec_fail(status, MEC_REFUSED, "%s: /%s/%s/%s/%s cannot be read, or has another shape",
                    g->r->path, g->r->top, animal->arena, animal->name, name);
}

double *grid_results_rejected(const grid_results *g, const results_animal *animal, size_t *n_listed,
                              mec_status *status) {
    static const char name[] = "rejected";
    hsize_t dims[MEC_MAX_DIM];
    size_t n_fit = animal->n_cell * animal->n_split * animal->n_source;
    hid_t group = results_open_group(g->r, animal);
    int n_dim = shape_of(group, name, dims);
    bool good = n_dim == (animal->sources ? 4 : 3);
    *n_listed = good ? dims[n_dim - 1] : 0;
    double *values = mec_alloc(n_fit * *n_listed, sizeof *values, status);
    if (values &&
        (!good || !mec_run_info_array(group, name, H5T_NATIVE_DOUBLE, n_fit * *n_listed, values)))
        refuse(g, animal, name, status);
    H5Gclose(group);
    if (status->code == MEC_OK)
        return values;
    free(values);
    return NULL;
}

/* ---- scores ---- */

bool grid_results_have_scores(const grid_results *g) {
    return results_have_array(g->r, SCORES);
}

/* One cell's scores at a time: (splits, alphas, l1_ratios, sources). */
static bool read_cell(hid_t dataset, size_t cell, int n_dim, const hsize_t *dims, double *values) {
    hsize_t start[MEC_MAX_DIM] = {cell};
    hsize_t count[MEC_MAX_DIM] = {1};
    for (int i = 1; i < n_dim; i++)
        count[i] = dims[i];
    hid_t in_file = H5Dget_space(dataset);
    hid_t in_memory = H5Screate_simple(n_dim, count, NULL);
    bool good = H5Sselect_hyperslab(in_file, H5S_SELECT_SET, start, NULL, count, NULL) >= 0 &&
                H5Dread(dataset, H5T_NATIVE_DOUBLE, in_memory, in_file, H5P_DEFAULT, values) >= 0;
    H5Sclose(in_memory);
    H5Sclose(in_file);
    return good;
}

static bool add_cells(const grid_results *g, const results_animal *animal, hid_t dataset,
                      double *values, double *sum, double *count) {
    hsize_t dims[MEC_MAX_DIM] = {animal->n_cell, animal->n_split, g->n_alpha, g->n_l1_ratio,
                                 animal->n_source};
    size_t n_point = g->n_alpha * g->n_l1_ratio;
    for (size_t j = 0; j < animal->n_cell; j++) {
        if (!read_cell(dataset, j, animal->sources ? 5 : 4, dims, values))
            return false;
        for (size_t i = 0; i < animal->n_split * n_point * animal->n_source; i++) {
            size_t point = i / animal->n_source % n_point;
            sum[point] += isnan(values[i]) ? 0 : values[i];
            count[point] += isnan(values[i]) ? 0 : 1;
        }
    }
    return true;
}

mec_code grid_results_add_scores(const grid_results *g, const results_animal *animal, double *sum,
                                 double *count, mec_status *status) {
    hsize_t dims[MEC_MAX_DIM];
    hid_t group = results_open_group(g->r, animal);
    int n_dim = shape_of(group, SCORES, dims);
    double *values = mec_alloc(animal->n_split * g->n_alpha * g->n_l1_ratio * animal->n_source,
                               sizeof *values, status);
    bool good = n_dim == (animal->sources ? 5 : 4) && dims[0] == animal->n_cell &&
                dims[1] == animal->n_split && dims[2] == g->n_alpha && dims[3] == g->n_l1_ratio &&
                (n_dim < 5 || dims[4] == animal->n_source);
    if (values && good) {
        hid_t dataset = H5Dopen2(group, SCORES, H5P_DEFAULT);
        good = add_cells(g, animal, dataset, values, sum, count);
        H5Dclose(dataset);
    }
    if (values && !good)
        refuse(g, animal, SCORES, status);
    free(values);
    H5Gclose(group);
    return status->code;
}
