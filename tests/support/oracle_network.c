#include "oracle_network.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "unit.h"

long double oracle_activation(mec_activation activation, long double x) {
    const long double alpha = 1.6732632423543772L;
    switch (activation) {
    case MEC_ACTIVATION_LINEAR:
        return x;
    case MEC_ACTIVATION_TANH:
        return tanhl(x);
    case MEC_ACTIVATION_SIGMOID:
        return 1 / (1 + expl(-x));
    case MEC_ACTIVATION_RELU:
        return fmaxl(x, 0);
    case MEC_ACTIVATION_ELU:
        return x > 0 ? x : expm1l(x);
    case MEC_ACTIVATION_SELU:
        return 1.0507009873554805L * (x > 0 ? x : alpha * expm1l(x));
    case MEC_ACTIVATION_SOFTPLUS:
        return fmaxl(x, 0) + log1pl(expl(-fabsl(x)));
    case MEC_ACTIVATION_SOFTSIGN:
        return x / (1 + fabsl(x));
    case MEC_ACTIVATION_EXPONENTIAL:
        return expl(x);
    case MEC_ACTIVATION_HARD_SIGMOID:
        return fminl(fmaxl(x / 5 + 0.5L, 0), 1);
    case MEC_ACTIVATION_SWISH:
        return x / (1 + expl(-x));
    case MEC_ACTIVATION_GELU:
        return x / 2 * erfcl(-x / sqrtl(2));
    case MEC_N_ACTIVATION:
        break;
    }
    fail_msg("no oracle of activation %d", (int)activation);
    return 0;
}

/* y (columns) = x W + b. */
static void affine(const oracle_network *oracle, mec_parameter matrix, mec_parameter bias,
                   const double *x, double *y) {
    mec_matrix_shape shape = mec_parameter_shape(&oracle->network, matrix);
    for (size_t j = 0; j < shape.columns; j++) {
        y[j] = oracle->of[bias][j];
        for (size_t i = 0; i < shape.rows; i++)
            y[j] += x[i] * oracle->of[matrix][i * shape.columns + j];
    }
}

static double activate(const oracle_network *oracle, double x) {
    return (double)oracle_activation(oracle->network.activation, x);
}

/* `both` holds [u, h], then the step's [a | d]. */
static void step(const oracle_network *oracle, const double *x, double *both, double *gates,
                 double *h) {
    size_t n = oracle->network.n_unit;
    affine(oracle, MEC_W_M, MEC_B_M, x, both);
    memcpy(both + n, h, n * sizeof *h);
    affine(oracle, MEC_W, MEC_B, both, gates);
    for (size_t j = 0; j < n; j++) {
        double gate = 1 / (1 + exp(-gates[j] - 1));
        h[j] = gate * h[j] + (1 - gate) * activate(oracle, gates[n + j]);
    }
}

void oracle_network_run(const oracle_network *oracle, size_t batch_size, size_t n_step,
                        const double *code, const double *input, double *const layer[MEC_N_LAYER]) {
    size_t n = oracle->network.n_unit;
    size_t n_place = oracle->network.n_place;
    double *h = malloc(5 * n * sizeof *h);
    assert_non_null(h);
    for (size_t i = 0; i < batch_size; i++) {
        affine(oracle, MEC_W_ENC, MEC_B_ENC, code + i * n_place, h);
        for (size_t t = 0; t < n_step; t++) {
            size_t row = t * batch_size + i;
            double *g = layer[MEC_LAYER_G] + row * n;
            step(oracle, input + row * oracle->network.n_input, h + n, h + 3 * n, h);
            memcpy(layer[MEC_LAYER_PRE_G] + row * n, h, n * sizeof *h);
            affine(oracle, MEC_W_DENSE, MEC_B_DENSE, h, g);
            for (size_t j = 0; j < n; j++)
                g[j] = activate(oracle, g[j]);
            affine(oracle, MEC_W_DEC, MEC_B_DEC, g, layer[MEC_LAYER_DC] + row * n_place);
        }
    }
    free(h);
}
