#include "model/activation.h"

#include <math.h>

const char *const MEC_ACTIVATION_NAMES[MEC_N_ACTIVATION + 1] = {
    "linear",   "tanh",        "sigmoid",      "relu",  "elu",  "selu", "softplus",
    "softsign", "exponential", "hard_sigmoid", "swish", "gelu", NULL};

/* Klambauer, Unterthiner, Mayr & Hochreiter, NIPS 2017. */
static const double SELU_ALPHA = 1.6732632423543772;
static const double SELU_SCALE = 1.0507009873554805;

static double sigmoid(double x) {
    return 1 / (1 + exp(-x));
}

static double value(mec_activation activation, double x) {
    switch (activation) {
    case MEC_ACTIVATION_TANH:
        return tanh(x);
    case MEC_ACTIVATION_SIGMOID:
        return sigmoid(x);
    case MEC_ACTIVATION_RELU:
        return x > 0 ? x : 0;
    case MEC_ACTIVATION_ELU:
        return x > 0 ? x : expm1(x);
    case MEC_ACTIVATION_SELU:
        return SELU_SCALE * (x > 0 ? x : SELU_ALPHA * expm1(x));
    case MEC_ACTIVATION_SOFTPLUS:
        return fmax(x, 0) + log1p(exp(-fabs(x)));
    case MEC_ACTIVATION_SOFTSIGN:
        return x / (1 + fabs(x));
    case MEC_ACTIVATION_EXPONENTIAL:
        return exp(x);
    case MEC_ACTIVATION_HARD_SIGMOID:
        return fmin(fmax(0.2 * x + 0.5, 0), 1);
    case MEC_ACTIVATION_SWISH:
        return x * sigmoid(x);
    case MEC_ACTIVATION_GELU:
        return x / 2 * (1 + erf(x / M_SQRT2));
    default:
        return x;
    }
}

void mec_activation_apply(mec_activation activation, size_t n, mec_real *x) {
    for (size_t i = 0; i < n; i++)
        x[i] = (mec_real)value(activation, x[i]);
}
