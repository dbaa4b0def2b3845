#include "model/network.h"

const char *const MEC_PARAMETER_NAMES[MEC_N_PARAMETER + 1] = {
    "W_enc", "b_enc", "W_M", "b_M", "W", "b", "W_dense", "b_dense", "W_dec", "b_dec", NULL};

mec_matrix_shape mec_parameter_shape(const mec_network *network, mec_parameter parameter) {
    size_t n_unit = network->n_unit;
    const mec_matrix_shape shapes[MEC_N_PARAMETER] = {
        [MEC_W_ENC] = {network->n_place, n_unit}, [MEC_B_ENC] = {1, n_unit},
        [MEC_W_M] = {network->n_input, n_unit},   [MEC_B_M] = {1, n_unit},
        [MEC_W] = {2 * n_unit, 2 * n_unit},       [MEC_B] = {1, 2 * n_unit},
        [MEC_W_DENSE] = {n_unit, n_unit},         [MEC_B_DENSE] = {1, n_unit},
        [MEC_W_DEC] = {n_unit, network->n_place}, [MEC_B_DEC] = {1, network->n_place},
    };
    return shapes[parameter];
}

static size_t count_of(const mec_network *network, mec_parameter parameter) {
    mec_matrix_shape shape = mec_parameter_shape(network, parameter);
    return shape.rows * shape.columns;
}

size_t mec_network_count(const mec_network *network) {
    size_t count = 0;
    for (mec_parameter parameter = 0; parameter < MEC_N_PARAMETER; parameter++)
        count += count_of(network, parameter);
    return count;
}

mec_weights mec_weights_view(const mec_network *network, mec_real *block) {
    mec_weights weights = {.network = *network, .block = block};
    for (mec_parameter parameter = 0; parameter < MEC_N_PARAMETER; parameter++) {
        weights.of[parameter] = block;
        block += count_of(network, parameter);
    }
    return weights;
}
