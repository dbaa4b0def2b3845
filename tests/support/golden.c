#include "golden.h"

#include <stdlib.h>

#include "unit.h"

hid_t golden_open(const char *path) {
    mec_status status = {0};
    mec_h5_set_defaults();
    hid_t file = mec_h5_open(path, H5F_ACC_RDONLY, &status);
    assert_ok(status);
    return file;
}

double *golden_read(hid_t file, const char *path, size_t *count, size_t *last) {
    hid_t dataset = H5Dopen2(file, path, H5P_DEFAULT);
    assert_true(dataset >= 0);
    hid_t space = H5Dget_space(dataset);
    hsize_t dims[H5S_MAX_RANK] = {0};
    int n_dim = H5Sget_simple_extent_dims(space, dims, NULL);
    size_t n = (size_t)H5Sget_simple_extent_npoints(space);
    double *values = malloc((n + 1) * sizeof *values);
    assert_non_null(values);
    assert_true(H5Dread(dataset, H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, values) >= 0);
    if (count)
        *count = n;
    if (last)
        *last = dims[n_dim - 1];
    H5Sclose(space);
    H5Dclose(dataset);
    return values;
}

void golden_dims(hid_t file, const char *path, size_t n_dim, size_t *dims) {
    hid_t dataset = H5Dopen2(file, path, H5P_DEFAULT);
    assert_true(dataset >= 0);
    hid_t space = H5Dget_space(dataset);
    hsize_t sizes[H5S_MAX_RANK] = {0};
    assert_int_equal(H5Sget_simple_extent_ndims(space), n_dim);
    H5Sget_simple_extent_dims(space, sizes, NULL);
    for (size_t k = 0; k < n_dim; k++)
        dims[k] = (size_t)sizes[k];
    H5Sclose(space);
    H5Dclose(dataset);
}
