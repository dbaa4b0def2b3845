#include "storage/checkpoint.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/fault.h"
#include "storage/run_info.h"

static_assert(sizeof(mec_real) == sizeof(float), "checkpoints hold float32");

/* The numbers beside the weights. */
typedef struct number_row {
    const char *name;
    size_t offset; /* in mec_model_info */
    bool whole;    /* int64_t, else double */
} number_row;

static const number_row numbers[] = {
    {"step", offsetof(mec_model_info, step), true},
    {"epoch", offsetof(mec_model_info, epoch), true},
    {"learning_rate", offsetof(mec_model_info, learning_rate), false},
    {"beta_1", offsetof(mec_model_info, beta_1), false},
    {"beta_2", offsetof(mec_model_info, beta_2), false},
};
enum { N_NUMBER = sizeof numbers / sizeof *numbers };

static hid_t number_type(const number_row *row) {
    return row->whole ? H5T_NATIVE_INT64 : H5T_NATIVE_DOUBLE;
}

/* ---- writing ---- */

static bool write_numbers(hid_t file, const char *name, const mec_model_info *info) {
    bool good = true;
    for (int i = 0; i < N_NUMBER && good; i++) {
        char path[MEC_CHECKPOINT_PATH_SIZE];
        mec_checkpoint_item_path(name, numbers[i].name, path);
        good = mec_h5_transfer(file, path, number_type(&numbers[i]),
                               (char *)info + numbers[i].offset, true);
    }
    return good;
}

static bool write_blocks(hid_t file, const char *name, const mec_network *network,
                         mec_real *const blocks[MEC_CHECKPOINT_N_BLOCK]) {
    bool good = true;
    for (mec_checkpoint_block b = 0; b < MEC_CHECKPOINT_N_BLOCK; b++) {
        mec_weights view = mec_weights_view(network, blocks[b]);
        for (mec_parameter p = 0; p < MEC_N_PARAMETER && blocks[b] && good; p++) {
            char path[MEC_CHECKPOINT_PATH_SIZE];
            mec_checkpoint_path(name, b, p, path);
            good = mec_h5_transfer(file, path, H5T_NATIVE_FLOAT, view.of[p], true);
        }
    }
    return good;
}

mec_code mec_checkpoint_write(hid_t file, const char *path, const char *name,
                              const mec_model_info *info,
                              mec_real *const blocks[MEC_CHECKPOINT_N_BLOCK], mec_status *status) {
    char mark[MEC_CHECKPOINT_PATH_SIZE];
    int8_t complete = 1;
    mec_checkpoint_item_path(name, "complete", mark);
    bool good = write_numbers(file, name, info) &&
                write_blocks(file, name, &info->network, blocks) &&
                !mec_fault_here("checkpoint_write") && H5Fflush(file, H5F_SCOPE_GLOBAL) >= 0 &&
                mec_h5_transfer(file, mark, H5T_NATIVE_INT8, &complete, true);
    if (!good)
        mec_h5_fail(status, MEC_FAILED, "%s: checkpoint %s cannot be written", path, name);
    return status->code;
}

/* ---- finding ---- */

static bool is_complete(hid_t file, const char *name) {
    char path[MEC_CHECKPOINT_PATH_SIZE];
    int8_t complete = 0;
    mec_checkpoint_item_path(name, "complete", path);
    return mec_run_info_array(file, path, H5T_NATIVE_INT8, 1, &complete) && complete == 1;
}

static bool has_moments(hid_t file, const char *name) {
    char path[MEC_CHECKPOINT_PATH_SIZE];
    mec_checkpoint_item_path(name, "adam", path);
    return mec_h5_has_group(file, path);
}

mec_code mec_checkpoint_find_newest(hid_t file, const char *path,
                                    char name[MEC_CHECKPOINT_NAME_SIZE], mec_status *status) {
    char **names = NULL;
    size_t n = 0;
    int64_t newest = -1;
    bool moments = false; /* of equals, the one that training can go on from */
    *name = '\0';
    hid_t group = mec_h5_has_group(file, "checkpoints") ? H5Gopen2(file, "checkpoints", H5P_DEFAULT)
                                                        : H5I_INVALID_HID;
    if (group >= 0)
        n = mec_h5_list_groups(group, &names, status);
    for (size_t i = 0; i < n; i++) {
        char step_path[MEC_CHECKPOINT_PATH_SIZE];
        int64_t step = -1;
        if (strlen(names[i]) >= MEC_CHECKPOINT_NAME_SIZE || !is_complete(file, names[i]))
            continue;
        mec_checkpoint_item_path(names[i], "step", step_path);
        mec_run_info_array(file, step_path, H5T_NATIVE_INT64, 1, &step);
        if (step > newest || (step == newest && !moments && has_moments(file, names[i]))) {
            newest = step;
            moments = has_moments(file, names[i]);
            snprintf(name, MEC_CHECKPOINT_NAME_SIZE, "%s", names[i]);
        }
    }
    mec_h5_free_names(names, n);
    if (group >= 0)
        H5Gclose(group);
    if (!*name)
        mec_fail(status, MEC_REFUSED,
                 "%s: holds no complete checkpoint; accepted: a run file with "
                 "/checkpoints, such as mec train and mec import write",
                 path);
    return status->code;
}

/* ---- reading ---- */

static mec_code read_text(void *text, const char *found) {
    snprintf(text, 32, "%s", found);
    return MEC_OK;
}

/* The activation, where the file knows it. */
static mec_code read_activation(hid_t file, const char *path, mec_model_info *info,
                                mec_status *status) {
    char found[32] = "";
    if (!mec_h5_has_group(file, "model") || !mec_h5_has_dataset(file, "/model/activation"))
        return MEC_OK;
    hid_t dataset = H5Dopen2(file, "/model/activation", H5P_DEFAULT);
    bool good = mec_h5_read_strings(dataset, 1, read_text, found, status);
    H5Dclose(dataset);
    for (int i = 0; good && i < MEC_N_ACTIVATION; i++)
        if (strcmp(found, MEC_ACTIVATION_NAMES[i]) == 0) {
            info->network.activation = (mec_activation)i;
            info->knows_activation = true;
        }
    if (!good || (*found && !info->knows_activation))
        mec_fail(status, MEC_REFUSED,
                 "%s: /model/activation holds \"%s\", which this version does not know", path,
                 found);
    return status->code;
}

/* The shape of an array; a vector has one row. */
static mec_code read_shape(hid_t file, const char *path, const char *array, mec_matrix_shape *shape,
                           mec_status *status) {
    hsize_t dims[2] = {0};
    if (!mec_h5_has_dataset(file, array))
        return mec_fail(status, MEC_REFUSED, "%s: has no %s", path, array);
    hid_t dataset = H5Dopen2(file, array, H5P_DEFAULT);
    int n_dim = mec_h5_shape(dataset, dims, 2);
    bool number = mec_h5_is_number(dataset);
    H5Dclose(dataset);
    if (n_dim < 1 || n_dim > 2 || !number)
        return mec_fail(status, MEC_REFUSED, "%s: %s is no matrix or vector of numbers", path,
                        array);
    *shape = n_dim == 2 ? (mec_matrix_shape){(size_t)dims[0], (size_t)dims[1]}
                        : (mec_matrix_shape){1, (size_t)dims[0]};
    return MEC_OK;
}

static mec_code infer_network(hid_t file, const char *path, const char *name, mec_network *network,
                              mec_status *status) {
    char encoder[MEC_CHECKPOINT_PATH_SIZE];
    char input[MEC_CHECKPOINT_PATH_SIZE];
    mec_matrix_shape shape = {0};
    mec_checkpoint_path(name, MEC_CHECKPOINT_WEIGHTS, MEC_W_ENC, encoder);
    mec_checkpoint_path(name, MEC_CHECKPOINT_WEIGHTS, MEC_W_M, input);
    if (read_shape(file, path, encoder, &shape, status))
        return status->code;
    network->n_place = shape.rows;
    network->n_unit = shape.columns;
    if (read_shape(file, path, input, &shape, status))
        return status->code;
    network->n_input = shape.rows;
    if (network->n_place == 0 || network->n_unit == 0 || network->n_input < 2)
        mec_fail(status, MEC_REFUSED,
                 "%s: %s says Ng = %zu, Np = %zu and %s says %zu inputs; accepted: at least 1, 1 "
                 "and 2",
                 path, encoder, network->n_unit, network->n_place, input, network->n_input);
    return status->code;
}

static mec_code check_block(hid_t file, const char *path, const char *name,
                            const mec_network *network, mec_checkpoint_block block,
                            mec_status *status) {
    for (mec_parameter p = 0; p < MEC_N_PARAMETER; p++) {
        char array[MEC_CHECKPOINT_PATH_SIZE];
        mec_matrix_shape wanted = mec_parameter_shape(network, p);
        mec_matrix_shape found = {0};
        mec_checkpoint_path(name, block, p, array);
        if (read_shape(file, path, array, &found, status))
            return status->code;
        if (found.rows != wanted.rows || found.columns != wanted.columns)
            return mec_fail(status, MEC_REFUSED,
                            "%s: %s is %zu x %zu; accepted: %zu x %zu, since W_enc and W_M say Ng "
                            "= %zu, Np = %zu and %zu inputs",
                            path, array, found.rows, found.columns, wanted.rows, wanted.columns,
                            network->n_unit, network->n_place, network->n_input);
    }
    return MEC_OK;
}

static mec_code read_numbers(hid_t file, const char *path, const char *name, mec_model_info *info,
                             mec_status *status) {
    for (int i = 0; i < N_NUMBER; i++) {
        char array[MEC_CHECKPOINT_PATH_SIZE];
        mec_checkpoint_item_path(name, numbers[i].name, array);
        if (!mec_run_info_array(file, array, number_type(&numbers[i]), 1,
                                (char *)info + numbers[i].offset))
            return mec_fail(status, MEC_REFUSED, "%s: has no number %s", path, array);
    }
    return MEC_OK;
}

mec_code mec_checkpoint_read_info(hid_t file, const char *path, const char *name,
                                  mec_model_info *info, mec_status *status) {
    char group[MEC_CHECKPOINT_PATH_SIZE];
    *info = (mec_model_info){0};
    mec_checkpoint_item_path(name, "", group);
    if (!mec_h5_has_group(file, "checkpoints") || !mec_h5_has_group(file, group))
        return mec_fail(status, MEC_REFUSED,
                        "%s: has no checkpoint %s; accepted: one of those "
                        "that mec show lists",
                        path, name);
    if (!is_complete(file, name))
        return mec_fail(status, MEC_REFUSED,
                        "%s: checkpoint %s is not complete: it is yet to be written, or the run "
                        "was killed while it was",
                        path, name);
    info->has_moments = has_moments(file, name);
    if (infer_network(file, path, name, &info->network, status))
        return status->code;
    mec_checkpoint_block last = info->has_moments ? MEC_CHECKPOINT_V : MEC_CHECKPOINT_WEIGHTS;
    for (mec_checkpoint_block block = 0; block <= last; block++)
        if (check_block(file, path, name, &info->network, block, status))
            return status->code;
    if (read_numbers(file, path, name, info, status) == MEC_OK)
        read_activation(file, path, info, status);
    return status->code;
}

mec_code mec_checkpoint_read(hid_t file, const char *path, const char *name,
                             const mec_model_info *info,
                             mec_real *const blocks[MEC_CHECKPOINT_N_BLOCK], mec_status *status) {
    for (mec_checkpoint_block b = 0; b < MEC_CHECKPOINT_N_BLOCK; b++) {
        mec_weights view = mec_weights_view(&info->network, blocks[b]);
        for (mec_parameter p = 0; p < MEC_N_PARAMETER && blocks[b]; p++) {
            char array[MEC_CHECKPOINT_PATH_SIZE];
            mec_checkpoint_path(name, b, p, array);
            H5Eclear2(H5E_DEFAULT);
            if (!mec_h5_transfer(file, array, H5T_NATIVE_FLOAT, view.of[p], false))
                return mec_h5_fail(status, MEC_REFUSED, "%s: %s cannot be read", path, array);
        }
    }
    return status->code;
}
