/* Layers and losses of the reference on TensorFlow 2.0.1. */
#include <stdio.h>
#include <stdlib.h>

#include "golden_network.h"
#include "model/loss.h"
#include "numerics/linalg.h"
#include "unit.h"

static const double TOLERANCE = 1e-5; /* of a layer's largest value, and of a loss */
static const double WEIGHT_DECAY = 1e-4;

static void compare_layer(hid_t file, const golden_network *run, const mec_forward *forward,
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

static void compare_loss(hid_t file, const golden_network *run, const mec_forward *forward) {
    size_t n = run->batch_size * run->n_step;
    size_t n_place = run->network.n_place;
    const mec_real *dc = mec_forward_layer(forward, MEC_LAYER_DC);
    double loss = run->c->on_position ? mec_loss_squared(n, n_place, run->target, dc)
                                      : mec_loss_cross_entropy(n, n_place, run->target, dc);
    loss += mec_loss_decay(&run->weights, WEIGHT_DECAY, MEC_DECAY_ON_BIAS);
    double wanted = golden_number(file, run->group, "loss");
    assert_near(loss, wanted, TOLERANCE * wanted);
}

static void layers_and_losses_agree(void **state) {
    (void)state;
    hid_t file = golden_open(MEC_GOLDEN_MODEL);
    for (size_t k = 0; k < GOLDEN_N_NETWORK; k++) {
        mec_status status = {0};
        golden_network run = golden_read_network(file, &golden_networks[k]);
        mec_forward *forward =
            mec_forward_create(&run.network, run.batch_size, run.n_step, MEC_LAYER_DC, &status);
        assert_ok(status);
        mec_forward_set_weights(forward, &run.weights);
        mec_forward_run(forward, run.batch_size, run.code, run.input, NULL);
        for (mec_layer layer = 0; layer < MEC_N_LAYER; layer++)
            compare_layer(file, &run, forward, layer);
        compare_loss(file, &run, forward);
        mec_forward_destroy(forward);
        golden_free_network(&run);
    }
    H5Fclose(file);
}

static void every_network_of_the_file_is_a_case(void **state) {
    (void)state;
    H5G_info_t info;
    hid_t file = golden_open(MEC_GOLDEN_MODEL);
    assert_true(H5Gget_info_by_name(file, "network", &info, H5P_DEFAULT) >= 0);
    assert_int_equal(info.nlinks, GOLDEN_N_NETWORK);
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
