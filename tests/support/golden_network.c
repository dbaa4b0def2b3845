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

const golden_case golden_networks[GOLDEN_N_NETWORK] = {
    {.name = "UGRNN_relu", .activation = MEC_ACTIVATION_RELU},
    {.name = "UGRNN_relu_rewards", .activation = MEC_ACTIVATION_RELU},
    {.name = "UGRNN_position_loss", .activation = MEC_ACTIVATION_RELU, .on_position = true},
    {.name = "CueUGRNN_relu", .activation = MEC_ACTIVATION_RELU, .with_cues = true},
    {.name = "UGRNN_linear", .activation = MEC_ACTIVATION_LINEAR},
    {.name = "UGRNN_tanh", .activation = MEC_ACTIVATION_TANH},
    {.name = "UGRNN_sigmoid", .activation = MEC_ACTIVATION_SIGMOID},
    {.name = "UGRNN_elu", .activation = MEC_ACTIVATION_ELU},
    {.name = "UGRNN_selu", .activation = MEC_ACTIVATION_SELU},
    {.name = "UGRNN_softplus", .activation = MEC_ACTIVATION_SOFTPLUS},
    {.name = "UGRNN_softsign", .activation = MEC_ACTIVATION_SOFTSIGN},
    {.name = "UGRNN_exponential", .activation = MEC_ACTIVATION_EXPONENTIAL},
    {.name = "UGRNN_hard_sigmoid", .activation = MEC_ACTIVATION_HARD_SIGMOID},
};

/* Velocities, with cues behind them. */
static mec_real *read_input(hid_t file, const golden_network *run) {
    size_t n_input = run->network.n_input;
    size_t n_row = run->batch_size * run->n_step;
    mec_real *velocity = golden_reals(file, run->group, "velocity", NULL);
    mec_real *cue = run->c->with_cues ? golden_reals(file, run->group, "cue_distance", NULL) : NULL;
    mec_real *input = malloc(n_row * n_input * sizeof *input);
    assert_non_null(input);
    assert_int_equal(n_input > 2, run->c->with_cues);
    for (size_t row = 0; row < n_row; row++)
        for (size_t k = 0; k < n_input; k++)
            input[row * n_input + k] =
                k < 2 ? velocity[row * 2 + k] : cue[row * (n_input - 2) + k - 2];
    free(velocity);
    free(cue);
    return golden_time_first(input, run->batch_size, run->n_step, n_input);
}

golden_network golden_read_network(hid_t file, const golden_case *c) {
    golden_network run = {.c = c};
    char path[96];
    size_t dims[3];
    snprintf(run.group, sizeof run.group, "network/%s", c->name);
    snprintf(path, sizeof path, "%s/weights", run.group);
    run.network = golden_network_of(file, path, c->activation);
    run.weights = golden_weights(file, path, &run.network);
    snprintf(path, sizeof path, "%s/velocity", run.group);
    golden_dims(file, path, 3, dims);
    run.batch_size = dims[0];
    run.n_step = dims[1];
    run.code = golden_reals(file, run.group, "initial_place_code", NULL);
    run.input = read_input(file, &run);
    run.target = golden_reals(file, run.group,
                              c->on_position ? "target_position" : "target_place_code", NULL);
    run.target = golden_time_first(run.target, run.batch_size, run.n_step, run.network.n_place);
    return run;
}

void golden_free_network(golden_network *run) {
    free(run->weights.block);
    free(run->code);
    free(run->input);
    free(run->target);
}
