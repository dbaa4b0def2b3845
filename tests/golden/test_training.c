/* Whole training runs of the reference on TensorFlow 2.0.1: its losses step by step, and the
 * weights and moments they end with. One process; the batches are its own. */
#include <stdio.h>
#include <stdlib.h>

#include "golden_network.h"
#include "model/adam.h"
#include "model/backward.h"
#include "model/place_cells.h"
#include "model/trajectories.h"
#include "numerics/linalg.h"
#include "unit.h"

/* 1 - 0.999 in double for the floats' difference would put v off by 1.3e-5. */
static const double TOLERANCE = 1e-5;       /* of an array's largest value */
static const double LOSS_TOLERANCE = 1e-6;  /* of the loss */
static const double ERROR_TOLERANCE = 1e-6; /* m; positions come from floats */

static const mec_box box = {-1.1, 1.1, -1.1, 1.1};
static const mec_cue five_cues[5] = {{0, 0, 0.3, 0.3},
                                     {0.35, 0.35, 0.2, 0.2},
                                     {-0.3, -0.3, 0.1, 0.1},
                                     {0.6, 0.5, 0.1, 0.1},
                                     {-0.7, -0.6, 0.06, 0.06}};
static const mec_reward reward = {{0.65, 0.85, 0.65, 0.85}, 0.2, 0.15, 0.15, 0.625, 7};
enum { N_WALK = 6, N_STEP = 20, N_STATE = N_WALK * N_STEP, N_CUE = 5 };

static const mec_adam adam = {
    .learning_rate = 1e-3, .beta_1 = 0.9, .beta_2 = 0.999, .epsilon = 1e-7};

typedef struct training_case {
    const char *name;
    uint32_t seed; /* of its first batch */
    size_t n_update;
    mec_activation activation;
    size_t n_cue;
    const mec_reward *reward;
    bool on_position;
    double decay;
} training_case;

static const training_case cases[] = {
    {"UGRNN_relu", 100, 20, MEC_ACTIVATION_RELU, .decay = 1e-4},
    {"CueUGRNN_relu_two_shards", 130, 10, MEC_ACTIVATION_RELU, .n_cue = N_CUE, .decay = 1e-4},
    {"UGRNN_tanh_rewards", 160, 10, MEC_ACTIVATION_TANH, .reward = &reward, .decay = 1e-2},
    {"UGRNN_position_loss", 190, 10, MEC_ACTIVATION_RELU, .on_position = true, .decay = 1e-4},
};
enum { N_CASE = sizeof cases / sizeof *cases };

typedef struct training {
    const training_case *c;
    char group[64];
    mec_network network;
    size_t n_parameter;
    mec_weights weights, m, v;
    mec_walk walk;
    mec_trajectories batch;
    mec_place_cells cells;
    mec_forward *forward;
    mec_backward *backward;
    mec_gradients gradients;
    mec_real *code, *input, *target;
} training;

static void *make(size_t count, size_t size) {
    void *x = calloc(count, size);
    assert_non_null(x);
    return x;
}

static mec_weights zeros(const training *run) {
    return mec_weights_view(&run->network, make(run->n_parameter, sizeof(mec_real)));
}

static training start(hid_t file, const training_case *c) {
    training run = {.c = c};
    char path[96];
    mec_status status = {0};
    snprintf(run.group, sizeof run.group, "training/%s", c->name);
    snprintf(path, sizeof path, "%s/initial_weights", run.group);
    run.network = golden_network_of(file, path, c->activation);
    run.weights = golden_weights(file, path, &run.network);
    run.n_parameter = mec_network_count(&run.network);
    run.m = zeros(&run);
    run.v = zeros(&run);
    run.walk = (mec_walk){box, N_WALK, N_STEP, 0.02, five_cues, c->n_cue, 0.5, c->reward};
    mec_trajectories_create(&run.batch, &run.walk, &status);
    const mec_place_options options = {box, run.network.n_place, 0.12,
                                       2,   .dog = true,         .identity = c->on_position};
    mec_place_cells_create(&run.cells, &options, &status);
    run.forward = mec_forward_create_training(&run.network, N_WALK, N_STEP, N_STEP, &status);
    run.backward = mec_backward_create(&run.network, N_WALK, N_STEP, &status);
    mec_gradients_create(&run.gradients, &run.network, &status);
    assert_ok(status);
    run.code = make(N_WALK * run.network.n_place, sizeof *run.code);
    run.input = make(N_STATE * run.network.n_input, sizeof *run.input);
    run.target = make(N_STATE * run.network.n_place, sizeof *run.target);
    return run;
}

static void finish(training *run) {
    free(run->target);
    free(run->input);
    free(run->code);
    mec_gradients_destroy(&run->gradients);
    mec_backward_destroy(run->backward);
    mec_forward_destroy(run->forward);
    mec_place_cells_destroy(&run->cells);
    mec_trajectories_destroy(&run->batch);
    free(run->v.block);
    free(run->m.block);
    free(run->weights.block);
}

static void encode(training *run, const double *positions, size_t n, mec_real *code) {
    size_t n_place = run->network.n_place;
    double *wide = make(n * n_place, sizeof *wide);
    mec_place_cells_encode(&run->cells, positions, n, wide);
    for (size_t i = 0; i < n * n_place; i++)
        code[i] = (mec_real)wide[i];
    free(wide);
}

static void draw_batch(training *run, uint32_t seed) {
    mec_status status = {0};
    mec_trajectories_draw_seeded(&run->batch, &run->walk, seed, &status);
    assert_ok(status);
    size_t n_cue = run->c->n_cue;
    mec_real *x = run->input;
    for (size_t i = 0; i < N_STATE; i++) {
        *x++ = (mec_real)run->batch.velocity[2 * i];
        *x++ = (mec_real)run->batch.velocity[2 * i + 1];
        for (size_t k = 0; k < n_cue; k++)
            *x++ = (mec_real)run->batch.cue[n_cue * i + k];
    }
    encode(run, run->batch.initial, N_WALK, run->code);
    encode(run, run->batch.target, N_STATE, run->target);
}

static double loss_of(const training *run) {
    const mec_real *dc = mec_forward_layer(run->forward, MEC_LAYER_DC);
    size_t n_place = run->network.n_place;
    double loss = run->c->on_position ? mec_loss_squared(N_STATE, n_place, run->target, dc)
                                      : mec_loss_cross_entropy(N_STATE, n_place, run->target, dc);
    return loss + mec_loss_decay(&run->weights, run->c->decay, MEC_DECAY_ON_BIAS);
}

static double error_of(const training *run) {
    double decoded[2 * N_STATE];
    double sum = 0;
    mec_place_cells_decode(&run->cells, mec_forward_layer(run->forward, MEC_LAYER_DC), N_STATE,
                           decoded);
    for (size_t i = 0; i < 2 * N_STATE; i += 2)
        sum += hypot(decoded[i] - run->batch.target[i], decoded[i + 1] - run->batch.target[i + 1]);
    return sum / N_STATE;
}

static void update(training *run, size_t t) {
    const mec_share all = {0, run->n_parameter, run->m.block, run->v.block};
    const mec_decay decay = {run->c->decay, MEC_DECAY_ON_BIAS};
    const mec_lesson lesson = {.code = run->code,
                               .input = run->input,
                               .target = run->target,
                               .loss =
                                   run->c->on_position ? MEC_LOSS_SQUARED : MEC_LOSS_CROSS_ENTROPY,
                               .n_total = N_STATE};
    mec_backward_run(run->backward, run->forward, &run->weights, &lesson, &run->gradients);
    mec_gradients_close(&run->gradients, &run->weights);
    mec_adam_move_share(&adam, t, 1, &run->gradients, decay, &run->weights, &all);
}

static void compare_parameters(hid_t file, const training *run, const char *name,
                               const mec_weights *found) {
    char path[96];
    snprintf(path, sizeof path, "%s/%s", run->group, name);
    for (mec_parameter p = 0; p < MEC_N_PARAMETER; p++) {
        size_t count = 0;
        double largest = 0;
        mec_real *wanted = golden_reals(file, path, MEC_PARAMETER_NAMES[p], &count);
        for (size_t i = 0; i < count; i++)
            largest = fmax(largest, fabs((double)wanted[i]));
        for (size_t i = 0; i < count; i++)
            assert_near(found->of[p][i], wanted[i], TOLERANCE * largest);
        free(wanted);
    }
}

static void compare_run(hid_t file, const training_case *c) {
    training run = start(file, c);
    char path[96];
    size_t n_update = 0;
    snprintf(path, sizeof path, "%s/loss", run.group);
    double *loss = golden_read(file, path, &n_update, NULL);
    assert_int_equal(n_update, c->n_update);
    snprintf(path, sizeof path, "%s/error_m", run.group);
    double *error_m = golden_read(file, path, NULL, NULL);
    for (size_t k = 0; k < n_update; k++) {
        draw_batch(&run, c->seed + (uint32_t)k);
        mec_forward_set_weights(run.forward, &run.weights);
        mec_forward_run(run.forward, N_WALK, run.code, run.input, NULL);
        assert_near(loss_of(&run), loss[k], LOSS_TOLERANCE * loss[k]);
        assert_near(error_of(&run), error_m[k], ERROR_TOLERANCE);
        update(&run, k + 1);
    }
    compare_parameters(file, &run, "final_weights", &run.weights);
    compare_parameters(file, &run, "final_adam/m", &run.m);
    compare_parameters(file, &run, "final_adam/v", &run.v);
    free(error_m);
    free(loss);
    finish(&run);
}

static void runs_agree(void **state) {
    (void)state;
    H5G_info_t info;
    hid_t file = golden_open(MEC_GOLDEN_MODEL);
    assert_true(H5Gget_info_by_name(file, "training", &info, H5P_DEFAULT) >= 0);
    assert_int_equal(info.nlinks, N_CASE);
    for (size_t k = 0; k < N_CASE; k++)
        compare_run(file, &cases[k]);
    H5Fclose(file);
}

int main(void) {
    mec_linalg_set_threads(1);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(runs_agree),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
