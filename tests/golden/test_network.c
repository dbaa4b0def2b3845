/* Layers and losses of the reference on TensorFlow 2.0.1. */
#include <stdio.h>
#include <stdlib.h>

#include "golden_network.h"
#include "model/loss.h"
#include "numerics/linalg.h"
#include "unit.h"

static const double TOLERANCE = 1e-5; /* of a layer's largest value, and of a loss */
static const double WEIGHT_DECAY = 1e-4;

typedef struct golden_case {
    const char *name;
    mec_activation activation;
    bool with_cues, on_position;
} golden_case;

static const golden_case cases[] = {
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
enum { N_CASE = sizeof cases / sizeof *cases };

/* One case as read: time is the first axis of everything but the code. */
typedef struct golden_run {
    const golden_case *c;
    char group[64];
    mec_network network;
    mec_weights weights;
    size_t batch_size, n_step;
    mec_real *code, *input;
} golden_run;

/* Velocities, with cues behind them. */
static mec_real *read_input(hid_t file, const golden_run *run) {
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

static golden_run read_run(hid_t file, const golden_case *c) {
    golden_run run = {.c = c};
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
    return run;
}

static void free_run(golden_run *run) {
    free(run->weights.block);
    free(run->code);
    free(run->input);
}

static void compare_layer(hid_t file, const golden_run *run, const mec_forward *forward,
                          mec_layer layer) {
    size_t n = layer == MEC_LAYER_DC ? run->network.n_place : run->network.n_unit;
    size_t count = 0;
    mec_real *wanted = golden_reals(file, run->group, MEC_LAYER_NAMES[layer], &count);
    assert_int_equal(count, run->batch_size * run->n_step * n);
    wanted = golden_time_first(wanted, run->batch_size, run->n_step, n);
    const mec_real *found = mec_forward_layer(forward, layer);
    double largest = 0;
    for (size_t i = 0; i < count; i++)
        largest = fmax(largest, fabs((double)wanted[i]));
    for (size_t i = 0; i < count; i++)
        assert_near(found[i], wanted[i], TOLERANCE * largest);
    free(wanted);
}

static void compare_loss(hid_t file, const golden_run *run, const mec_forward *forward) {
    size_t n = run->batch_size * run->n_step;
    size_t n_place = run->network.n_place;
    mec_real *target = golden_reals(
        file, run->group, run->c->on_position ? "target_position" : "target_place_code", NULL);
    target = golden_time_first(target, run->batch_size, run->n_step, n_place);
    const mec_real *dc = mec_forward_layer(forward, MEC_LAYER_DC);
    double loss = run->c->on_position ? mec_loss_squared(n, n_place, target, dc)
                                      : mec_loss_cross_entropy(n, n_place, target, dc);
    loss += mec_loss_decay(&run->weights, WEIGHT_DECAY, MEC_DECAY_ON_BIAS);
    double wanted = golden_number(file, run->group, "loss");
    assert_near(loss, wanted, TOLERANCE * wanted);
    free(target);
}

static void layers_and_losses_agree(void **state) {
    (void)state;
    hid_t file = golden_open(MEC_GOLDEN_MODEL);
    for (size_t k = 0; k < N_CASE; k++) {
        mec_status status = {0};
        golden_run run = read_run(file, &cases[k]);
        mec_forward *forward =
            mec_forward_create(&run.network, run.batch_size, run.n_step, MEC_LAYER_DC, &status);
        assert_ok(status);
        mec_forward_set_weights(forward, &run.weights);
        mec_forward_run(forward, run.batch_size, run.code, run.input);
        for (mec_layer layer = 0; layer < MEC_N_LAYER; layer++)
            compare_layer(file, &run, forward, layer);
        compare_loss(file, &run, forward);
        mec_forward_destroy(forward);
        free_run(&run);
    }
    H5Fclose(file);
}

static void every_network_of_the_file_is_a_case(void **state) {
    (void)state;
    H5G_info_t info;
    hid_t file = golden_open(MEC_GOLDEN_MODEL);
    assert_true(H5Gget_info_by_name(file, "network", &info, H5P_DEFAULT) >= 0);
    assert_int_equal(info.nlinks, N_CASE);
    H5Fclose(file);
}

int main(void) {
    mec_linalg_set_threads(1);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(layers_and_losses_agree),
        cmocka_unit_test(every_network_of_the_file_is_a_case),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
