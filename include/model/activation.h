/* The functions between layers, by the names that Keras gives them. */
#ifndef MEC_MODEL_ACTIVATION_H
#define MEC_MODEL_ACTIVATION_H

#include <stddef.h>

#include "numerics/real.h"

typedef enum mec_activation {
    MEC_ACTIVATION_LINEAR,
    MEC_ACTIVATION_TANH,
    MEC_ACTIVATION_SIGMOID,
    MEC_ACTIVATION_RELU,
    MEC_ACTIVATION_ELU,
    MEC_ACTIVATION_SELU,
    MEC_ACTIVATION_SOFTPLUS,
    MEC_ACTIVATION_SOFTSIGN,
    MEC_ACTIVATION_EXPONENTIAL,
    MEC_ACTIVATION_HARD_SIGMOID,
    MEC_ACTIVATION_SWISH,
    MEC_ACTIVATION_GELU, /* with erf */
    MEC_N_ACTIVATION
} mec_activation;

extern const char *const MEC_ACTIVATION_NAMES[MEC_N_ACTIVATION + 1]; /* NULL last */

/* x (n) := f(x). */
void mec_activation_apply(mec_activation activation, size_t n, mec_real *x);

/* x (n) := f'(x), with TensorFlow's choice where f has a corner: relu'(0) = 0, elu'(0) = 1, and the
 * ends of hard_sigmoid's line belong to the line. */
void mec_activation_slope(mec_activation activation, size_t n, mec_real *x);

#endif
