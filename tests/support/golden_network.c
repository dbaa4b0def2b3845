#include "golden_network.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "unit.h"

enum { PATH_SIZE = 128 };

mec_real *golden_reals(hid_t file, const char *group, const char *name, size_t *count) {
    char path[PATH_SIZE];
    size_t n = 0;
    snprintf(path, sizeof path, "%s/%s", group, name);
    double *wide = golden_read(file, path, &n, NULL);
    mec_real *x = malloc((n + 1) * sizeof *x);
    assert_non_null(x);
    for (size_t i = 0; i < n; i++)
        x[i] = (mec_real)wide[i];
    free(wide);
    if (count)
        *count = n;
    return x;
}

mec_network golden_network_of(hid_t file, const char *group, mec_activation activation) {
    char path[PATH_SIZE];
    size_t encoder[2];
    size_t inputs[2];
    snprintf(path, sizeof path, "%s/W_enc", group);
    golden_dims(file, path, 2, encoder);
    snprintf(path, sizeof path, "%s/W_M", group);
    golden_dims(file, path, 2, inputs);
    return (mec_network){.n_unit = encoder[1],
                         .n_place = encoder[0],
                         .n_input = inputs[0],
                         .activation = activation};
}

mec_weights golden_weights(hid_t file, const char *group, const mec_network *network) {
    mec_real *block = malloc(mec_network_count(network) * sizeof *block);
    assert_non_null(block);
    mec_weights weights = mec_weights_view(network, block);
    for (mec_parameter parameter = 0; parameter < MEC_N_PARAMETER; parameter++) {
        mec_matrix_shape shape = mec_parameter_shape(network, parameter);
        size_t count = 0;
        mec_real *x = golden_reals(file, group, MEC_PARAMETER_NAMES[parameter], &count);
        assert_int_equal(count, shape.rows * shape.columns);
        memcpy(weights.of[parameter], x, count * sizeof *x);
        free(x);
    }
    return weights;
}

double golden_number(hid_t file, const char *group, const char *name) {
    double value = 0;
    hid_t attribute = H5Aopen_by_name(file, group, name, H5P_DEFAULT, H5P_DEFAULT);
    assert_true(attribute >= 0);
    assert_true(H5Aread(attribute, H5T_NATIVE_DOUBLE, &value) >= 0);
    H5Aclose(attribute);
    return value;
}

mec_real *golden_time_first(mec_real *x, size_t batch_size, size_t n_step, size_t n) {
    mec_real *turned = malloc(batch_size * n_step * n * sizeof *turned);
    assert_non_null(turned);
    for (size_t i = 0; i < batch_size; i++)
        for (size_t t = 0; t < n_step; t++)
            memcpy(turned + (t * batch_size + i) * n, x + (i * n_step + t) * n, n * sizeof *x);
    free(x);
    return turned;
}
