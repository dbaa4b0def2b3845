#include "grid/grid_finish.h"

#include <stdlib.h>

#include "base/memory.h"
#include "fit/fit_finish.h"
#include "grid/grid_parts.h"
#include "storage/lock.h"

typedef struct finishing {
    bool whole, failures;
} finishing;

static size_t count_of(hid_t group, const char *name) {
    hid_t dataset = H5Dopen2(group, name, H5P_DEFAULT);
    hid_t space = H5Dget_space(dataset);
    hssize_t n = dataset < 0 ? 0 : H5Sget_simple_extent_npoints(space);
    H5Sclose(space);
    H5Dclose(dataset);
    return n > 0 ? (size_t)n : 0;
}

/* Whether all points of the target's cells were accepted, and no search failed. */
static bool has_failures(hid_t group, bool *failures, mec_status *status) {
    size_t n = count_of(group, "n_rejected");
    bool fits = n == count_of(group, "status");
    int32_t *rejected = mec_alloc(n, sizeof *rejected, status);
    int8_t *codes = mec_alloc(n, sizeof *codes, status);
    bool good = fits && status->code == MEC_OK &&
                mec_h5_transfer(group, "n_rejected", H5T_NATIVE_INT32, rejected, false) &&
                mec_h5_transfer(group, "status", H5T_NATIVE_INT8, codes, false);
    for (size_t i = 0; i < n && good; i++)
        *failures |= rejected[i] > 0 || codes[i] == MEC_OUTCOME_GAP_ABOVE_TOL ||
                     codes[i] == MEC_OUTCOME_FAILED;
    free(rejected);
    free(codes);
    return good;
}

static bool finish_target(void *self, hid_t group, mec_status *status) {
    finishing *f = self;
    return has_failures(group, &f->failures, status) &&
           (!f->whole || fit_finish_means(group, "test_corr", true, "corr", NULL, status));
}

/* The scores of the parts of cells: many, and nobody reads them again. */
static mec_code give_back(const char *path, mec_status *status) {
    hid_t file = mec_h5_open(path, H5F_ACC_RDONLY, status);
    if (file < 0)
        return status->code;
    int64_t offset = 0;
    int64_t n_byte = 0;
    if (mec_h5_has_group(file, "parts")) {
        hid_t dataset = H5Dopen2(file, GRID_PARTS_SCORE, H5P_DEFAULT);
        offset = (int64_t)H5Dget_offset(dataset);
        n_byte = (int64_t)H5Dget_storage_size(dataset);
        H5Dclose(dataset);
    }
    H5Fclose(file);
    if (n_byte > 0)
        mec_path_give_back(path, offset, n_byte);
    return MEC_OK;
}

mec_code grid_finish_file(const char *path, bool whole, mec_run_state *state, mec_status *status) {
    finishing f = {.whole = whole};
    if (fit_finish_each(path, "grid", finish_target, &f, status) == MEC_OK)
        give_back(path, status);
    if (f.failures)
        *state = MEC_RUN_COMPLETE_WITH_FAILURES;
    return status->code;
}
