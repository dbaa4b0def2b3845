/* A path integrator: an encoder of the place code where a walk starts, a recurrent cell (UGRNN,
 * Collins, Sohl-Dickstein & Sussillo 2017) driven by velocity and cues, a dense layer, a decoder.
 *
 *     h_0 = p_0 W_enc + b_enc             u_t = x_t W_M + b_M
 *     [a | d] = [u_t, h_{t-1}] W + b      h_t = s(a + 1) h_{t-1} + (1 - s(a + 1)) act(d)
 *     g_t = act(h_t W_dense + b_dense)    dc_t = g_t W_dec + b_dec
 *
 * Numbers are mec_real: float, as the published networks have them; double in the tests' second
 * build of the same source. */
#ifndef MEC_MODEL_NETWORK_H
#define MEC_MODEL_NETWORK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/pulse.h"
#include "base/status.h"
#include "model/activation.h"
#include "numerics/real.h"

typedef struct mec_network {
    size_t n_unit;  /* Ng */
    size_t n_place; /* Np */
    size_t n_input; /* 2 and one for each cue */
    mec_activation activation;
} mec_network;

/* Parameters, in the order of their block. */
typedef enum mec_parameter {
    MEC_W_ENC,   /* (n_place, n_unit) */
    MEC_B_ENC,   /* (n_unit) */
    MEC_W_M,     /* (n_input, n_unit) */
    MEC_B_M,     /* (n_unit) */
    MEC_W,       /* (2 n_unit, 2 n_unit): rows of u, then of h; columns of the gate, then of d */
    MEC_B,       /* (2 n_unit) */
    MEC_W_DENSE, /* (n_unit, n_unit) */
    MEC_B_DENSE, /* (n_unit) */
    MEC_W_DEC,   /* (n_unit, n_place) */
    MEC_B_DEC,   /* (n_place) */
    MEC_N_PARAMETER
} mec_parameter;

extern const char *const MEC_PARAMETER_NAMES[MEC_N_PARAMETER + 1]; /* "W_enc", ..., NULL */

/* Rows and columns; a bias has one row. */
typedef struct mec_matrix_shape {
    size_t rows, columns;
} mec_matrix_shape;
mec_matrix_shape mec_parameter_shape(const mec_network *network, mec_parameter parameter);
size_t mec_network_count(const mec_network *network); /* numbers in the block of parameters */

/* Parameters as views of one block (mec_network_count), which the caller owns. */
typedef struct mec_weights {
    mec_network network;
    mec_real *block;
    mec_real *of[MEC_N_PARAMETER];
} mec_weights;
mec_weights mec_weights_view(const mec_network *network, mec_real *block);

/* Glorot's uniform weights and biases of zero, as the reference draws them: seed 0 gives the same
 * as TensorFlow 2.0 with its global seed 0, bit for bit. */
void mec_weights_initialize(const mec_weights *weights, uint64_t seed);

typedef enum mec_layer { MEC_LAYER_PRE_G, MEC_LAYER_G, MEC_LAYER_DC, MEC_N_LAYER } mec_layer;
extern const char *const MEC_LAYER_NAMES[MEC_N_LAYER + 1]; /* "pre_g", "g", "dc", NULL */

/* What a forward pass needs and leaves. Rows of a layer are states of all steps: t * batch + i. */
typedef struct mec_forward mec_forward;

/* For batches of up to `batch_size` walks of `sequence_length` steps, up to layer `last` (a layer
 * needs those before it). */
mec_forward *mec_forward_create(const mec_network *network, size_t batch_size,
                                size_t sequence_length, mec_layer last, mec_status *status);
double mec_forward_memory(const mec_network *network, size_t batch_size, size_t sequence_length,
                          mec_layer last); /* bytes */

/* The same up to dc, with what a backward pass needs besides. The gates of `n_kept` steps are held
 * at a time (1 .. sequence_length): of all steps, or, where memory is short, of fewer, which the
 * backward pass has to make again. */
mec_forward *mec_forward_create_training(const mec_network *network, size_t batch_size,
                                         size_t sequence_length, size_t n_kept, mec_status *status);
double mec_forward_training_memory(const mec_network *network, size_t batch_size,
                                   size_t sequence_length, size_t n_kept); /* bytes */
void mec_forward_destroy(mec_forward *forward);

/* Takes the weights, a view of one block that must stay as it is: precomputes [W_M; b_M] W_top (see
 * model/network.c). */
void mec_forward_set_weights(mec_forward *forward, const mec_weights *weights);

/* `code` (batch, n_place) of the initial positions, `input` (T, batch, n_input): velocity, then
 * cues. Cost: T products (batch, Ng) by (Ng, 2Ng), one (T batch, Ng) by (Ng, Ng), one (T batch, Ng)
 * by (Ng, Np). Gives a beat before every step; false where that asks it to stop: its layers are not
 * to be used then. */
bool mec_forward_run(mec_forward *forward, size_t batch_size, const mec_real *code,
                     const mec_real *input, const mec_pulse *pulse);

/* (T * batch, n_unit or n_place) of the last pass; valid until the next. */
const mec_real *mec_forward_layer(const mec_forward *forward, mec_layer layer);

/* What a backward pass needs of the last pass, beside its layers. */
typedef struct mec_kept {
    size_t batch_size, sequence_length, n_kept;
    const mec_real *states;  /* ((T + 1) batch, n_unit): h_0 .. h_T */
    const mec_real *slope_g; /* (T batch, n_unit): act' where g is act */
} mec_kept;
mec_kept mec_forward_kept(const mec_forward *forward);

/* [s(a + 1) | act'(d)] of up to n_kept steps from `first`, a multiple of n_kept: (steps batch,
 * 2 n_unit), which the caller may write over. Those that are not held any more are made again from
 * the pass's `input`, to the same bits. */
mec_real *mec_forward_gates(mec_forward *forward, const mec_real *input, size_t first);

/* `states` (batch, n_unit) += `gates` (batch, 2 n_unit) W_bottom', with the last pass's weights. */
void mec_forward_multiply_back(mec_forward *forward, const mec_real *gates, mec_real *states);

#endif
