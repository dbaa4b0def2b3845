#include "storage/slab.h"

#include <stdio.h>

#include "base/fault.h"

mec_code mec_slab_open(const mec_catalogue *catalogue, const mec_arena *arena,
                       const mec_animal *animal, mec_slab *slab, mec_status *status) {
    char path[2048];
    char file[2048];
    const char *inside = NULL;
    hsize_t dims[3] = {0};
    *slab = (mec_slab){.location = catalogue->input.path,
                       .file = H5I_INVALID_HID,
                       .n_state = arena->n_state,
                       .n_cell = animal->n_cell};
    mec_h5_split_location(slab->location, file, sizeof file, &inside);
    slab->file = mec_h5_open(file, H5F_ACC_RDONLY, status);
    if (slab->file < 0)
        return status->code;
    slab->group = H5Gopen2(slab->file, inside, H5P_DEFAULT);
    snprintf(path, sizeof path, "%s/%s/resp", mec_catalogue_text(catalogue, arena->name),
             mec_catalogue_text(catalogue, animal->name));
    slab->values = H5Dopen2(slab->group, path, H5P_DEFAULT);
    if (mec_h5_shape(slab->values, dims, 3) == 3)
        slab->n_column = dims[1];
    if (slab->values < 0)
        mec_h5_fail(status, MEC_FAILED, "%s: %s cannot be read", slab->location, path);
    return status->code;
}

void mec_slab_close(mec_slab *slab) {
    if (slab->file < 0)
        return;
    H5Dclose(slab->values);
    H5Gclose(slab->group);
    H5Fclose(slab->file);
    slab->file = H5I_INVALID_HID;
}

size_t mec_slab_most(const mec_slab *slab) {
    size_t most = MEC_SLAB_BYTES / sizeof(double) / slab->n_cell;
    size_t line = slab->n_column;
    most = most > slab->n_state ? slab->n_state : most > 0 ? most : 1;
    return line == 0 || most < line ? most : most / line * line;
}

size_t mec_slab_size(const mec_slab *slab, size_t first) {
    size_t most = mec_slab_most(slab);
    size_t line = slab->n_column;
    size_t end = line > most ? first - first % line + line : slab->n_state;
    return end - first < most ? end - first : most;
}

mec_code mec_slab_read(const mec_slab *slab, size_t first, double *resp, mec_status *status) {
    size_t line = slab->n_column;
    size_t n = mec_slab_size(slab, first);
    bool lines = line > 0 && n >= line;
    const hsize_t start[2][3] = {{first, 0, 0},
                                 {line ? first / line : 0, line ? first % line : 0, 0}};
    const hsize_t count[2][3] = {{n, slab->n_cell, 0},
                                 {lines ? n / line : 1, lines ? line : n, slab->n_cell}};
    const hsize_t size = n * slab->n_cell;
    hid_t memory = H5Screate_simple(1, &size, NULL);
    hid_t space = H5Dget_space(slab->values);
    H5Eclear2(H5E_DEFAULT);
    if (H5Sselect_hyperslab(space, H5S_SELECT_SET, start[line > 0], NULL, count[line > 0], NULL) <
            0 ||
        H5Dread(slab->values, H5T_NATIVE_DOUBLE, memory, space, H5P_DEFAULT, resp) < 0)
        mec_h5_fail(status, MEC_FAILED, "%s: states %zu to %zu cannot be read", slab->location,
                    first, first + n - 1);
    if (mec_fault_here("slab_read"))
        mec_fail(status, MEC_FAILED, "injected: %s: states cannot be read", slab->location);
    H5Sclose(space);
    H5Sclose(memory);
    return status->code;
}
