#include "storage/skeleton.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <hdf5_hl.h>

#include "base/clock.h"
#include "base/fault.h"
#include "base/memory.h"
#include "numerics/linalg.h"

hid_t mec_skeleton_file_type(const mec_array *array) {
    switch (array->element) {
    case MEC_REAL64:
        return H5Tcopy(H5T_IEEE_F64LE);
    case MEC_REAL32:
        return H5Tcopy(H5T_IEEE_F32LE);
    case MEC_INT64:
        return H5Tcopy(H5T_STD_I64LE);
    case MEC_INT32:
        return H5Tcopy(H5T_STD_I32LE);
    case MEC_INT8:
        return H5Tcopy(H5T_STD_I8LE);
    case MEC_UINT8:
        return H5Tcopy(H5T_STD_U8LE);
    case MEC_STRING:
        return mec_h5_string_type(array->string_size);
    }
    return H5I_INVALID_HID;
}

hid_t mec_skeleton_memory_type(const mec_array *array) {
    hid_t file_type = mec_skeleton_file_type(array);
    if (array->element == MEC_STRING)
        return file_type;
    hid_t memory_type = H5Tget_native_type(file_type, H5T_DIR_ASCEND);
    H5Tclose(file_type);
    return memory_type;
}

/* Contiguous, allocated now, filled now: its place in the file never changes. */
static hid_t creation_properties(const mec_array *array) {
    hid_t properties = H5Pcreate(H5P_DATASET_CREATE);
    H5Pset_layout(properties, H5D_CONTIGUOUS);
    H5Pset_alloc_time(properties, H5D_ALLOC_TIME_EARLY);
    H5Pset_fill_time(properties, array->scratch ? H5D_FILL_TIME_NEVER : H5D_FILL_TIME_ALLOC);
    bool real = array->element == MEC_REAL64 || array->element == MEC_REAL32;
    if (array->n_value == 1) { /* so that who reads the file can tell what was never written */
        hid_t type = mec_skeleton_memory_type(array);
        H5Pset_fill_value(properties, type, array->values);
        H5Tclose(type);
    } else if (real && !array->scratch) {
        H5Pset_fill_value(properties, H5T_NATIVE_DOUBLE, &(double){NAN});
    }
    return properties;
}

static bool write_labels(hid_t dataset, const mec_array *array) {
    bool good = true;
    if (array->units)
        good = good && mec_h5_write_text_attribute(dataset, "units", array->units);
    if (array->long_name)
        good = good && mec_h5_write_text_attribute(dataset, "long_name", array->long_name);
    if (array->is_scale)
        good = good && H5DSset_scale(dataset, strrchr(array->path, '/') + 1) >= 0;
    return good;
}

/* Elements `first` and following of an array of repeated values. */
static void repeat_values(const mec_array *array, size_t first, size_t n, char *out) {
    size_t element = mec_array_element_size(array);
    for (size_t i = 0; i < n; i++)
        memcpy(out + i * element, (char *)array->values + (first + i) % array->n_value * element,
               element);
}

/* One slab along the first dimension at a time. */
static bool write_repeated(hid_t dataset, const mec_array *array, hid_t type, mec_status *status) {
    size_t n_row = mec_array_count(array) / array->dims[0];
    char *row = mec_alloc(n_row, mec_array_element_size(array), status);
    bool good = row != NULL;
    hid_t memory = H5Screate_simple(1, &(hsize_t){n_row}, NULL);
    hid_t space = H5Dget_space(dataset);
    hsize_t count[MEC_MAX_DIM] = {1};
    for (int d = 1; d < array->n_dim; d++)
        count[d] = array->dims[d];
    for (size_t i = 0; i < array->dims[0] && good; i++) {
        hsize_t start[MEC_MAX_DIM] = {i};
        if (i == 0 || n_row % array->n_value != 0)
            repeat_values(array, i * n_row, n_row, row);
        H5Sselect_hyperslab(space, H5S_SELECT_SET, start, NULL, count, NULL);
        good = H5Dwrite(dataset, type, memory, space, H5P_DEFAULT, row) >= 0;
    }
    H5Sclose(space);
    H5Sclose(memory);
    free(row);
    return good;
}

static bool write_values(hid_t dataset, const mec_array *array, hid_t type, mec_status *status) {
    if (!array->values || mec_array_count(array) == 0)
        return true;
    if (array->n_value == 1)
        return true; /* the fill value */
    if (array->n_value > 1)
        return write_repeated(dataset, array, type, status);
    return H5Dwrite(dataset, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, array->values) >= 0;
}

static bool create_array(hid_t file, const mec_array *array, mec_status *status) {
    hsize_t dims[MEC_MAX_DIM];
    for (int i = 0; i < array->n_dim; i++)
        dims[i] = array->dims[i];
    hid_t space = H5Screate_simple(array->n_dim, dims, NULL);
    hid_t file_type = mec_skeleton_file_type(array);
    hid_t memory_type = mec_skeleton_memory_type(array);
    hid_t creation = creation_properties(array);
    hid_t links = H5Pcreate(H5P_LINK_CREATE);
    H5Pset_create_intermediate_group(links, 1);
    H5Pset_char_encoding(links, H5T_CSET_UTF8);
    hid_t dataset = H5Dcreate2(file, array->path, file_type, space, links, creation, H5P_DEFAULT);
    bool good = dataset >= 0 && write_labels(dataset, array) &&
                write_values(dataset, array, memory_type, status);
    H5Dclose(dataset);
    H5Pclose(links);
    H5Pclose(creation);
    H5Tclose(memory_type);
    H5Tclose(file_type);
    H5Sclose(space);
    return good;
}

typedef struct sized {
    double bytes;
    size_t index;
} sized;

static int by_bytes(const void *left, const void *right) {
    const sized *a = left;
    const sized *b = right;
    if (a->bytes != b->bytes)
        return a->bytes < b->bytes ? -1 : 1;
    return (a->index > b->index) - (a->index < b->index);
}

/* The smallest first: of many small arrays a flush writes a little each, and where these lie close
 * together MPI has one short stretch of the file to go through. */
static bool create_arrays(hid_t file, const mec_layout *layout, mec_status *status) {
    sized *order = mec_alloc(layout->n_array, sizeof *order, status);
    bool good = order != NULL;
    for (size_t i = 0; i < layout->n_array && good; i++) {
        const mec_array *array = &layout->arrays[i];
        double n = (double)mec_array_count(array);
        order[i] = (sized){n * (double)mec_array_element_size(array), i};
    }
    if (good)
        qsort(order, layout->n_array, sizeof *order, by_bytes);
    for (size_t i = 0; i < layout->n_array && good; i++)
        good = create_array(file, &layout->arrays[order[i].index], status);
    free(order);
    return good;
}

static bool attach_scales(hid_t file, const mec_layout *layout, const mec_array *array) {
    bool good = true;
    hid_t dataset = H5Dopen2(file, array->path, H5P_DEFAULT);
    for (int i = 0; i < array->n_dim && good && !array->is_scale; i++) {
        if (array->scale[i] < 0)
            continue;
        hid_t scale = H5Dopen2(file, layout->arrays[array->scale[i]].path, H5P_DEFAULT);
        good = H5DSattach_scale(dataset, scale, (unsigned)i) >= 0;
        H5Dclose(scale);
    }
    H5Dclose(dataset);
    return good;
}

static bool create_link(hid_t file, const mec_link *link) {
    hid_t links = H5Pcreate(H5P_LINK_CREATE);
    H5Pset_create_intermediate_group(links, 1);
    bool good = H5Lcreate_hard(file, link->target, file, link->path, links, H5P_DEFAULT) >= 0;
    H5Pclose(links);
    return good;
}

void mec_run_identity_digest(const mec_run_identity *identity, char text[MEC_DIGEST_TEXT_SIZE]) {
    mec_digest digest;
    mec_digest_start(&digest);
    mec_digest_add(&digest, identity->identity_config, strlen(identity->identity_config));
    mec_digest_finish(&digest, text);
}

static bool write_root_attributes(hid_t file, const mec_run_identity *identity) {
    char created[32];
    char digest[MEC_DIGEST_TEXT_SIZE];
    mec_clock_iso(mec_clock_epoch(), created, sizeof created);
    mec_run_identity_digest(identity, digest);
    const char *const attributes[][2] = {
        {"schema", MEC_RUN_SCHEMA},
        {"schema_version", MEC_RUN_SCHEMA_VERSION},
        {"job", identity->job},
        {"created", created},
        {"program_version", identity->program_version},
        {"config_sha256", digest},
        {"openblas_core", mec_linalg_core()},
    };
    bool good = true;
    for (size_t i = 0; i < sizeof attributes / sizeof *attributes && good; i++)
        good = mec_h5_write_text_attribute(file, attributes[i][0], attributes[i][1]);
    if (identity->share.n_shard > 1)
        good = good && mec_h5_write_int_attribute(file, "shard", identity->share.shard) &&
               mec_h5_write_int_attribute(file, "shards", identity->share.n_shard) &&
               mec_h5_write_int_attribute(file, "shard_tasks", identity->share.n_task);
    return good;
}

mec_code mec_skeleton_write(const char *path, const mec_run_identity *identity,
                            const mec_layout *layout, mec_status *status) {
    H5Eclear2(H5E_DEFAULT);
    hid_t file = H5Fcreate(path, H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
    bool good = file >= 0 && write_root_attributes(file, identity);
    if (file < 0)
        return mec_h5_fail(status, errno == ENOSPC || errno == EIO ? MEC_FAILED : MEC_REFUSED,
                           "%s: cannot be created: %s", path, strerror(errno));
    good = good && create_arrays(file, layout, status);
    for (size_t i = 0; i < layout->n_array && good; i++)
        good = attach_scales(file, layout, &layout->arrays[i]);
    for (size_t i = 0; i < layout->n_link && good; i++)
        good = create_link(file, &layout->links[i]);
    if (mec_fault_here("skeleton_write"))
        good = false;
    if (!good)
        mec_h5_fail(status, MEC_FAILED, "%s: the skeleton of the run file cannot be written", path);
    if (H5Fclose(file) < 0)
        mec_h5_fail(status, MEC_FAILED, "%s: the skeleton of the run file cannot be closed", path);
    return status->code;
}

mec_code mec_skeleton_places(const char *path, const mec_layout *layout, uint64_t *places,
                             mec_status *status) {
    hid_t file = mec_h5_open(path, H5F_ACC_RDONLY, status);
    for (size_t i = 0; i < layout->n_array && status->code == MEC_OK; i++) {
        const mec_array *array = &layout->arrays[i];
        hid_t dataset = H5Dopen2(file, array->path, H5P_DEFAULT);
        haddr_t place = dataset < 0 ? HADDR_UNDEF : H5Dget_offset(dataset);
        places[i] = place;
        if (place == HADDR_UNDEF && mec_array_count(array) > 0)
            mec_h5_fail(status, MEC_FAILED, "%s: %s is not an array of fixed place", path,
                        array->path);
        if (dataset >= 0)
            H5Dclose(dataset);
    }
    if (file >= 0)
        H5Fclose(file);
    return status->code;
}
