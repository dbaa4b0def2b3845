#include "fit/fit_finish.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/fault.h"
#include "base/memory.h"
#include "base/text.h"
#include "fit/fit_output.h"
#include "maps/reliability.h"

static bool visit_arena(hid_t arena, bool (*visit)(void *self, hid_t group, mec_status *status),
                        void *self, mec_status *status) {
    char **names = NULL;
    size_t n = mec_h5_list_groups(arena, &names, status);
    bool good = status->code == MEC_OK;
    for (size_t i = 0; i < n && good; i++) {
        hid_t group = H5Gopen2(arena, names[i], H5P_DEFAULT);
        good = visit(self, group, status);
        H5Gclose(group);
    }
    mec_h5_free_names(names, n);
    return good;
}

mec_code fit_finish_each(const char *path, const char *top,
                         bool (*visit)(void *self, hid_t group, mec_status *status), void *self,
                         mec_status *status) {
    char **names = NULL;
    hid_t file = mec_h5_open(path, H5F_ACC_RDWR, status);
    if (file < 0)
        return status->code;
    hid_t all = H5Gopen2(file, top, H5P_DEFAULT);
    size_t n = mec_h5_list_groups(all, &names, status);
    bool good = status->code == MEC_OK && !mec_fault_here("fit_finish");
    for (size_t i = 0; i < n && good; i++) {
        hid_t arena = H5Gopen2(all, names[i], H5P_DEFAULT);
        good = visit_arena(arena, visit, self, status);
        H5Gclose(arena);
    }
    mec_h5_free_names(names, n);
    H5Gclose(all);
    if (!good)
        mec_h5_fail(status, MEC_FAILED, "%s: the means over splits cannot be written", path);
    if (H5Fclose(file) < 0)
        mec_h5_fail(status, MEC_FAILED, "%s: cannot be closed", path);
    return status->code;
}

/* The shape of an array of the group; the dimensions that it lacks are 1. */
static bool shape_of(hid_t group, const char *name, hsize_t dims[3]) {
    dims[0] = dims[1] = dims[2] = 1;
    hid_t dataset = H5Dopen2(group, name, H5P_DEFAULT);
    int n_dim = dataset < 0 ? 0 : mec_h5_shape(dataset, dims, 3);
    H5Dclose(dataset);
    return n_dim >= 1 && n_dim <= 3;
}

bool fit_finish_means(hid_t group, const char *per_split, bool of_cells, const char *means,
                      const char *counts, mec_status *status) {
    hsize_t dims[3];
    if (!shape_of(group, per_split, dims))
        return false;
    size_t n_cell = of_cells ? dims[0] : 1;
    size_t n_split = of_cells ? dims[1] : dims[0];
    size_t n_source = of_cells ? dims[2] : dims[1];
    double *values = mec_alloc(n_cell * n_split * n_source, sizeof *values, status);
    double *sums = mec_alloc(n_cell, sizeof *sums, status);
    int32_t *n_valid = mec_alloc(n_cell * n_source, sizeof *n_valid, status);
    bool good = status->code == MEC_OK &&
                mec_h5_transfer(group, per_split, H5T_NATIVE_DOUBLE, values, false);
    for (size_t j = 0; j < n_cell && good; j++)
        sums[j] = fit_output_mean(values + j * n_split * n_source, n_split, n_source,
                                  n_valid + j * n_source);
    good = good && mec_h5_transfer(group, means, H5T_NATIVE_DOUBLE, sums, true);
    if (counts)
        good = good && mec_h5_transfer(group, counts, H5T_NATIVE_INT32, n_valid, true);
    free(values);
    free(sums);
    free(n_valid);
    return good;
}

/* corr over the square root of each cell's reliability. */
static bool write_noise_corrected(hid_t group, mec_status *status) {
    hsize_t dims[3];
    if (!mec_h5_has_dataset(group, "corr_noise_corrected"))
        return true;
    if (!shape_of(group, "corr", dims))
        return false;
    double *corr = mec_alloc(dims[0], sizeof *corr, status);
    double *reliability = mec_alloc(dims[0], sizeof *reliability, status);
    bool good = status->code == MEC_OK &&
                mec_h5_transfer(group, "corr", H5T_NATIVE_DOUBLE, corr, false) &&
                mec_h5_transfer(group, "reliability", H5T_NATIVE_DOUBLE, reliability, false);
    for (size_t j = 0; j < dims[0] && good; j++)
        corr[j] = mec_noise_corrected(corr[j], reliability[j]);
    good = good && mec_h5_transfer(group, "corr_noise_corrected", H5T_NATIVE_DOUBLE, corr, true);
    free(corr);
    free(reliability);
    return good;
}

/* Whether any fit of the target failed. */
static bool has_failures(hid_t group, bool *failures, mec_status *status) {
    hsize_t dims[3];
    if (!shape_of(group, "status", dims))
        return false;
    size_t n = dims[0] * dims[1] * dims[2];
    int8_t *outcome = mec_alloc(n, sizeof *outcome, status);
    bool good = outcome && mec_h5_transfer(group, "status", H5T_NATIVE_INT8, outcome, false);
    for (size_t i = 0; i < n && good; i++)
        *failures |= outcome[i] == MEC_OUTCOME_GAP_ABOVE_TOL || outcome[i] == MEC_OUTCOME_FAILED;
    free(outcome);
    return good;
}

typedef struct finishing {
    bool whole, failures;
} finishing;

static bool finish_target(void *self, hid_t group, mec_status *status) {
    finishing *f = self;
    char name[64];
    char per_split[sizeof name + sizeof "_per_split"];
    bool first = true;
    const char *names = MEC_SCORE_NAMES;
    bool good = has_failures(group, &f->failures, status);
    for (int k = 0; f->whole && good && mec_text_next(&names, " ", name, sizeof name); k++) {
        snprintf(per_split, sizeof per_split, "%s_per_split", name);
        bool of_cells = k < MEC_N_CELL_SCORE;
        if (!mec_h5_has_dataset(group, per_split))
            continue;
        good = fit_finish_means(group, per_split, of_cells, name,
                                first && of_cells ? "n_valid_splits" : NULL, status);
        first = false;
    }
    return good && (!f->whole || write_noise_corrected(group, status));
}

mec_code fit_finish_file(const char *path, bool whole, mec_run_state *state, mec_status *status) {
    finishing f = {.whole = whole};
    fit_finish_each(path, "fits", finish_target, &f, status);
    if (f.failures)
        *state = MEC_RUN_COMPLETE_WITH_FAILURES;
    return status->code;
}
