/* The forward pass.
 *
 * u_t is affine in the few inputs of a step, so the half of W that multiplies it, W_top, needs no
 * large product: u_t W_top = [x_t, 1] [W_M; b_M] W_top, and the small matrix in front of x_t is
 * made once for given weights. A step is then one product (batch, Ng) by (Ng, 2Ng), with the lower
 * half of W; layers that do not feed back are made for all steps at once.
 *
 * What a backward pass needs: h of all steps (the layer pre_g, and h_0), which are kept, and a and
 * d of all steps, of which the gate and the candidate, and their slopes for every activation,
 * follow at a hundredth of the cost. They would be (T batch, 2Ng), too much to hold for a pass that
 * ends here (131 MB in the paper), and to make them again takes the largest products again:
 * training has to keep them where `gates` holds one step. */
#include "model/network.h"

#include <assert.h>
#include <stdlib.h>

#include "base/memory.h"
#include "numerics/linalg.h"

const char *const MEC_LAYER_NAMES[MEC_N_LAYER + 1] = {"pre_g", "g", "dc", NULL};

/* Units that are updated together: what they need stays in the first cache (with 2 inputs 20 KB).
 */
enum { UNITS_AT_ONCE = 512 };

struct mec_forward {
    mec_network network;
    size_t batch_size, sequence_length;
    mec_layer last;
    mec_weights weights;
    mec_real *drive; /* (n_input + 1, 2 n_unit): [W_M; b_M] W_top, all biases in its last row */
    mec_real *start; /* (batch, n_unit): h_0 */
    mec_real *gates; /* (batch, 2 n_unit): [a | d], then [s(a + 1) | act(d)] of one step */
    mec_real *layer[MEC_N_LAYER]; /* (T batch, n_unit or n_place); NULL after `last` */
};

static size_t width(const mec_network *network, mec_layer layer) {
    return layer == MEC_LAYER_DC ? network->n_place : network->n_unit;
}

mec_forward *mec_forward_create(const mec_network *network, size_t batch_size,
                                size_t sequence_length, mec_layer last, mec_status *status) {
    size_t n_unit = network->n_unit;
    mec_forward *forward = mec_alloc(1, sizeof *forward, status);
    if (!forward)
        return NULL;
    *forward = (mec_forward){.network = *network,
                             .batch_size = batch_size,
                             .sequence_length = sequence_length,
                             .last = last};
    forward->drive = mec_alloc((network->n_input + 1) * 2 * n_unit, sizeof(mec_real), status);
    forward->start = mec_alloc(batch_size * n_unit, sizeof(mec_real), status);
    forward->gates = mec_alloc(batch_size * 2 * n_unit, sizeof(mec_real), status);
    for (mec_layer layer = 0; layer <= last; layer++)
        forward->layer[layer] = mec_alloc(sequence_length * batch_size * width(network, layer),
                                          sizeof(mec_real), status);
    if (!status->code)
        return forward;
    mec_forward_destroy(forward);
    return NULL;
}

void mec_forward_destroy(mec_forward *forward) {
    if (!forward)
        return;
    for (mec_layer layer = 0; layer < MEC_N_LAYER; layer++)
        free(forward->layer[layer]);
    free(forward->gates);
    free(forward->start);
    free(forward->drive);
    free(forward);
}

double mec_forward_memory(const mec_network *network, size_t batch_size, size_t sequence_length,
                          mec_layer last) {
    size_t count = (2 * (network->n_input + 1) + 3 * batch_size) * network->n_unit;
    for (mec_layer layer = 0; layer <= last; layer++)
        count += sequence_length * batch_size * width(network, layer);
    return (double)count * (double)sizeof(mec_real);
}

void mec_forward_set_weights(mec_forward *forward, const mec_weights *weights) {
    const mec_network *network = &forward->network;
    size_t n_unit = network->n_unit;
    forward->weights = *weights;
    /* b_M follows W_M in the block: together they are [W_M; b_M]. */
    mec_real_multiply(network->n_input + 1, 2 * n_unit, n_unit, weights->of[MEC_W_M], n_unit,
                      weights->of[MEC_W], 2 * n_unit, 0, forward->drive, 2 * n_unit);
    mec_real *last = forward->drive + network->n_input * 2 * n_unit;
    for (size_t j = 0; j < 2 * n_unit; j++)
        last[j] += weights->of[MEC_B][j] + (mec_real)(j < n_unit ? 1 : 0);
}

/* y (n_row, columns) = act(x (n_row, rows) W + b), of a matrix and the bias that follows it. */
static void affine(const mec_weights *weights, mec_parameter matrix, mec_activation activation,
                   size_t n_row, const mec_real *x, mec_real *y) {
    mec_matrix_shape shape = mec_parameter_shape(&weights->network, matrix);
    const mec_real *bias = weights->of[matrix + 1];
    mec_real_multiply(n_row, shape.columns, shape.rows, x, shape.rows, weights->of[matrix],
                      shape.columns, 0, y, shape.columns);
    for (size_t i = 0; i < n_row; i++, y += shape.columns) {
        for (size_t j = 0; j < shape.columns; j++)
            y[j] += bias[j];
        mec_activation_apply(activation, shape.columns, y);
    }
}

/* y (n) += [x, 1] drive, in columns from `first`. */
static void add_drive(const mec_forward *forward, const mec_real *x, size_t first, size_t n,
                      mec_real *restrict y) {
    const mec_real *drive = forward->drive + first;
    for (size_t k = 0; k < forward->network.n_input; k++, drive += 2 * forward->network.n_unit)
        for (size_t j = 0; j < n; j++)
            y[j] += x[k] * drive[j];
    for (size_t j = 0; j < n; j++)
        y[j] += drive[j];
}

/* h (n) of units from `first` of one walk: `gates` is its row of [a | d]. */
static void update_units(const mec_forward *forward, const mec_real *x, size_t first, size_t n,
                         const mec_real *restrict before, mec_real *gates, mec_real *restrict h) {
    mec_real *restrict gate = gates + first;
    mec_real *restrict candidate = gates + forward->network.n_unit + first;
    add_drive(forward, x, first, n, gate);
    add_drive(forward, x, forward->network.n_unit + first, n, candidate);
    mec_activation_apply(MEC_ACTIVATION_SIGMOID, n, gate);
    mec_activation_apply(forward->network.activation, n, candidate);
    for (size_t j = 0; j < n; j++)
        h[first + j] = gate[j] * before[first + j] + (1 - gate[j]) * candidate[j];
}

/* One step of all walks: inputs `x` (batch, n_input), `before` and `h` (batch, n_unit). */
static void step(mec_forward *forward, size_t batch_size, const mec_real *x, const mec_real *before,
                 mec_real *h) {
    size_t n_unit = forward->network.n_unit;
    const mec_real *bottom = forward->weights.of[MEC_W] + n_unit * 2 * n_unit;
    mec_real_multiply(batch_size, 2 * n_unit, n_unit, before, n_unit, bottom, 2 * n_unit, 0,
                      forward->gates, 2 * n_unit);
    for (size_t first = 0; first < n_unit; first += UNITS_AT_ONCE) {
        size_t n = n_unit - first < UNITS_AT_ONCE ? n_unit - first : UNITS_AT_ONCE;
        for (size_t i = 0; i < batch_size; i++)
            update_units(forward, x + i * forward->network.n_input, first, n, before + i * n_unit,
                         forward->gates + i * 2 * n_unit, h + i * n_unit);
    }
}

void mec_forward_run(mec_forward *forward, size_t batch_size, const mec_real *code,
                     const mec_real *input) {
    assert(batch_size <= forward->batch_size);
    const mec_network *network = &forward->network;
    const mec_weights *weights = &forward->weights;
    mec_real *const *layer = forward->layer;
    size_t n_row = forward->sequence_length * batch_size;
    affine(weights, MEC_W_ENC, MEC_ACTIVATION_LINEAR, batch_size, code, forward->start);
    const mec_real *before = forward->start;
    for (size_t t = 0; t < forward->sequence_length; t++) {
        mec_real *h = layer[MEC_LAYER_PRE_G] + t * batch_size * network->n_unit;
        step(forward, batch_size, input + t * batch_size * network->n_input, before, h);
        before = h;
    }
    if (forward->last >= MEC_LAYER_G)
        affine(weights, MEC_W_DENSE, network->activation, n_row, layer[MEC_LAYER_PRE_G],
               layer[MEC_LAYER_G]);
    if (forward->last >= MEC_LAYER_DC)
        affine(weights, MEC_W_DEC, MEC_ACTIVATION_LINEAR, n_row, layer[MEC_LAYER_G],
               layer[MEC_LAYER_DC]);
}

const mec_real *mec_forward_layer(const mec_forward *forward, mec_layer layer) {
    assert(layer <= forward->last);
    return forward->layer[layer];
}
