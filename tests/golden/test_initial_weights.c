/* Initial weights of the reference on TensorFlow 2.0.1, bit for bit. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "golden_network.h"
#include "unit.h"

static mec_weights initial(const mec_network *network, uint64_t seed) {
    mec_status status = {0};
    mec_real *block = mec_alloc(mec_network_count(network), sizeof *block, &status);
    assert_ok(status);
    mec_weights weights = mec_weights_view(network, block);
    block[network->n_place * network->n_unit] = 1; /* of b_enc, and nothing may stay of it */
    mec_weights_initialize(&weights, seed);
    return weights;
}

static void every_training_run_starts_from_them(void **state) {
    (void)state;
    const char *runs[] = {"UGRNN_relu", "UGRNN_tanh_rewards", "UGRNN_position_loss",
                          "CueUGRNN_relu_two_shards"};
    hid_t file = golden_open(MEC_GOLDEN_MODEL);
    for (size_t k = 0; k < sizeof runs / sizeof *runs; k++) {
        char group[96];
        snprintf(group, sizeof group, "training/%s/initial_weights", runs[k]);
        mec_network network = golden_network_of(file, group, MEC_ACTIVATION_RELU);
        mec_weights wanted = golden_weights(file, group, &network);
        mec_weights found = initial(&network, 0);
        assert_memory_equal(found.block, wanted.block,
                            mec_network_count(&network) * sizeof *found.block);
        free(found.block);
        free(wanted.block);
    }
    H5Fclose(file);
}

/* Another seed gives other weights of the same sizes; biases stay 0. */
static void another_seed_gives_others(void **state) {
    (void)state;
    const mec_network network = {.n_unit = 8, .n_place = 5, .n_input = 3};
    mec_weights first = initial(&network, 0);
    mec_weights second = initial(&network, (uint64_t)1 << 32);
    for (mec_parameter p = 0; p < MEC_N_PARAMETER; p++) {
        mec_matrix_shape shape = mec_parameter_shape(&network, p);
        double limit = shape.rows == 1 ? 0 : sqrt(6.0 / (double)(shape.rows + shape.columns));
        for (size_t i = 0; i < shape.rows * shape.columns; i++) {
            assert_true(fabs((double)second.of[p][i]) <= limit);
            assert_int_equal(first.of[p][i] == second.of[p][i], shape.rows == 1);
        }
    }
    free(first.block);
    free(second.block);
}

/* A corner (2, 8) of a matrix, and sums over it. */
static void compare_matrix(hid_t file, const mec_weights *weights, mec_parameter parameter) {
    mec_matrix_shape shape = mec_parameter_shape(&weights->network, parameter);
    char group[64];
    snprintf(group, sizeof group, "initial_weights/paper/%s", MEC_PARAMETER_NAMES[parameter]);
    mec_real *top_left = golden_reals(file, group, "top_left", NULL);
    mec_real *bottom_right = golden_reals(file, group, "bottom_right", NULL);
    const mec_real *w = weights->of[parameter];
    for (size_t i = 0; i < 2; i++) {
        const mec_real *row = w + (shape.rows - 2 + i) * shape.columns;
        assert_memory_equal(w + i * shape.columns, top_left + i * 8, 8 * sizeof *w);
        assert_memory_equal(row + shape.columns - 8, bottom_right + i * 8, 8 * sizeof *w);
    }
    double sum = 0;
    double squares = 0;
    for (size_t i = 0; i < shape.rows * shape.columns; i++) {
        sum += (double)w[i];
        squares += (double)w[i] * (double)w[i];
    }
    assert_near(sum, golden_number(file, group, "sum"), 1e-7);
    assert_near(squares, golden_number(file, group, "sum_of_squares"), 1e-9 * squares);
    free(top_left);
    free(bottom_right);
}

static void those_of_the_papers_size_agree(void **state) {
    (void)state;
    const mec_network network = {.n_unit = 4096, .n_place = 512, .n_input = 2};
    const mec_parameter matrices[] = {MEC_W_ENC, MEC_W_M, MEC_W, MEC_W_DENSE, MEC_W_DEC};
    hid_t file = golden_open(MEC_GOLDEN_MODEL);
    mec_weights weights = initial(&network, 0);
    for (size_t k = 0; k < sizeof matrices / sizeof *matrices; k++)
        compare_matrix(file, &weights, matrices[k]);
    free(weights.block);
    H5Fclose(file);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_training_run_starts_from_them),
        cmocka_unit_test(another_seed_gives_others),
        cmocka_unit_test(those_of_the_papers_size_agree),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
