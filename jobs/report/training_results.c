#include "report/training_results.h"

#include <math.h>
#include <stdlib.h>

#include "base/memory.h"
#include "storage/run_info.h"

static const char *const paths[TRAINING_N_COLUMN] = {
    [TRAINING_STEP] = "/train/step",         [TRAINING_LOSS] = "/train/loss",
    [TRAINING_ENTROPY] = "/train/entropy",   [TRAINING_ERR_CM] = "/train/err_cm",
    [TRAINING_FLOOR_CM] = "/train/floor_cm", [TRAINING_SECONDS] = "/train/seconds",
};

bool training_results_are_in(hid_t file) {
    return mec_h5_has_group(file, "train") && mec_h5_has_dataset(file, "/train/loss");
}

/* Shape of an array of one or two dimensions; false where it is none. */
static bool shape_of(hid_t file, const char *path, hsize_t dims[2]) {
    dims[0] = dims[1] = 1;
    if (!mec_h5_has_dataset(file, path))
        return false;
    hid_t dataset = H5Dopen2(file, path, H5P_DEFAULT);
    int n_dim = mec_h5_shape(dataset, dims, 2);
    H5Dclose(dataset);
    return n_dim > 0;
}

static double *read_array(hid_t file, const char *path, size_t n, mec_status *status) {
    double *values = mec_alloc(n, sizeof *values, status);
    if (values && !mec_run_info_array(file, path, H5T_NATIVE_DOUBLE, n, values))
        mec_fail(status, MEC_REFUSED, "%s is not whole", path);
    return values;
}

static double *means_of_rows(double *rows, size_t n, size_t n_column) {
    for (size_t i = 0; i < n; i++) {
        double sum = 0;
        for (size_t k = 0; k < n_column; k++)
            sum += rows[i * n_column + k];
        rows[i] = sum / (double)n_column;
    }
    return rows;
}

/* The last step of an epoch, from how many the whole run has. */
static void read_eval(hid_t file, size_t n_step, double first_step, training_eval *eval,
                      mec_status *status) {
    hsize_t dims[2];
    if (!mec_h5_has_group(file, "/train/eval") || !shape_of(file, "/train/eval/loss", dims))
        return;
    size_t n = (size_t)dims[0];
    eval->step = read_array(file, "/train/eval/epoch", n, status);
    eval->loss = read_array(file, "/train/eval/loss", n * (size_t)dims[1], status);
    eval->err_cm = read_array(file, "/train/eval/err_cm", n * (size_t)dims[1], status);
    if (status->code != MEC_OK || n == 0)
        return;
    double per_epoch = (first_step + (double)n_step - 1) / eval->step[n - 1];
    means_of_rows(eval->loss, n, (size_t)dims[1]);
    means_of_rows(eval->err_cm, n, (size_t)dims[1]);
    for (size_t i = 0; i < n; i++)
        eval->step[i] *= per_epoch;
    while (eval->n < n && isfinite(eval->loss[eval->n]))
        eval->n++;
}

mec_code training_results_read(hid_t file, const char *path, training_results *r,
                               mec_status *status) {
    hsize_t dims[2];
    *r = (training_results){0};
    if (!shape_of(file, "/train/loss", dims))
        return mec_fail(status, MEC_REFUSED, "%s: /train/loss is no list of numbers", path);
    size_t n = (size_t)dims[0];
    for (training_column c = 0; c < TRAINING_N_COLUMN; c++)
        r->columns[c] = read_array(file, paths[c], n, status);
    if (status->code == MEC_OK && n > 0)
        read_eval(file, n, r->columns[TRAINING_STEP][0], &r->eval, status);
    if (status->code != MEC_OK)
        return mec_fail_within(status, "%s", path);
    while (r->n < n && isfinite(r->columns[TRAINING_LOSS][r->n]))
        r->n++;
    return MEC_OK;
}

void training_results_release(training_results *r) {
    for (training_column c = 0; c < TRAINING_N_COLUMN; c++)
        free(r->columns[c]);
    free(r->eval.step);
    free(r->eval.loss);
    free(r->eval.err_cm);
}
