/* Initial weights as TensorFlow 2.0 draws them after the reference has seeded it for its place
 * cells: the layers' draws follow those of x and y (numerics/tensorflow_random.h). Only in float.
 */
#include <math.h>

#include "model/network.h"
#include "numerics/tensorflow_random.h"

/* Glorot & Bengio, AISTATS 2010, by Keras' own order of operations. */
static float limit_of(mec_matrix_shape shape) {
    double mean = fmax(1, (double)(shape.rows + shape.columns) / 2);
    return (float)sqrt(3 * (1 / mean));
}

void mec_weights_initialize(const mec_weights *weights, uint64_t seed) {
    enum { N_PLACE_SEED = 2, N_MATRIX = 5 };
    static const mec_parameter order[N_MATRIX] = {MEC_W_ENC, MEC_W_M, MEC_W, MEC_W_DENSE,
                                                  MEC_W_DEC};
    uint32_t seeds[N_PLACE_SEED + N_MATRIX];
    mec_tensorflow_op_seeds(seeds, N_PLACE_SEED + N_MATRIX);
    size_t count = mec_network_count(&weights->network);
    for (size_t i = 0; i < count; i++)
        weights->block[i] = 0;
    for (size_t k = 0; k < N_MATRIX; k++) {
        mec_matrix_shape shape = mec_parameter_shape(&weights->network, order[k]);
        float limit = limit_of(shape);
        mec_tensorflow_uniform_float(seed, seeds[N_PLACE_SEED + k], -limit, limit,
                                     shape.rows * shape.columns, weights->of[order[k]]);
    }
}
