/* Gradients of the reference on TensorFlow 2.0.1. */
#include <stdio.h>
#include <stdlib.h>

#include "golden_network.h"
#include "model/backward.h"
#include "numerics/linalg.h"
#include "unit.h"

static const double TOLERANCE = 1e-5; /* of an array's largest value */
static const mec_decay DECAY = {1e-4, MEC_DECAY_ON_BIAS};

static void compare_parameter(hid_t file, const golden_network *run, const mec_weights *gradient,
                              mec_parameter parameter) {
    char group[96];
    size_t count = 0;
    snprintf(group, sizeof group, "%s/gradients", run->group);
    mec_real *wanted = golden_reals(file, group, MEC_PARAMETER_NAMES[parameter], &count);
    double largest = 0;
    for (size_t i = 0; i < count; i++)
        largest = fmax(largest, fabs((double)wanted[i]));
    for (size_t i = 0; i < count; i++)
        assert_near(gradient->of[parameter][i], wanted[i], TOLERANCE * largest);
    free(wanted);
}

/* The gradients of one batch, by a pass that keeps the gates of `n_kept` steps. */
static void compare(hid_t file, const golden_network *run, size_t n_kept) {
    mec_status status = {0};
    const size_t n_parameter = mec_network_count(&run->network);
    mec_gradients gradients;
    mec_forward *forward =
        mec_forward_create_training(&run->network, run->batch_size, run->n_step, n_kept, &status);
    mec_backward *backward =
        mec_backward_create(&run->network, run->batch_size, run->n_step, &status);
    mec_gradients_create(&gradients, &run->network, &status);
    assert_ok(status);
    const mec_lesson lesson = {.code = run->code,
                               .input = run->input,
                               .target = run->target,
                               .loss =
                                   run->c->on_position ? MEC_LOSS_SQUARED : MEC_LOSS_CROSS_ENTROPY,
                               .n_total = run->batch_size * run->n_step};
    mec_forward_set_weights(forward, &run->weights);
    mec_forward_run(forward, run->batch_size, run->code, run->input, NULL);
    mec_backward_run(backward, forward, &run->weights, &lesson, &gradients);
    mec_gradients_close(&gradients, &run->weights);

    mec_real *block = malloc(n_parameter * sizeof *block);
    assert_non_null(block);
    mec_gradients_range(&gradients, &run->weights, DECAY, 0, n_parameter, block);
    mec_weights gradient = mec_weights_view(&run->network, block);
    for (mec_parameter parameter = 0; parameter < MEC_N_PARAMETER; parameter++)
        compare_parameter(file, run, &gradient, parameter);
    free(block);
    mec_gradients_destroy(&gradients);
    mec_backward_destroy(backward);
    mec_forward_destroy(forward);
}

static void gradients_agree(void **state) {
    (void)state;
    hid_t file = golden_open(MEC_GOLDEN_MODEL);
    for (size_t k = 0; k < GOLDEN_N_NETWORK; k++) {
        golden_network run = golden_read_network(file, &golden_networks[k]);
        compare(file, &run, run.n_step);
        compare(file, &run, 3);
        golden_free_network(&run);
    }
    H5Fclose(file);
}

int main(void) {
    mec_linalg_set_threads(1);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gradients_agree),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
