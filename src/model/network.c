/* The forward pass.
 *
 * u_t is affine in the few inputs of a step, so the half of W that multiplies it, W_top, needs no
 * large product: u_t W_top = [x_t, 1] [W_M; b_M] W_top, and the small matrix in front of x_t is
 * made once for given weights. A step is then one product (batch, Ng) by (Ng, 2Ng), with the lower
 * half of W; layers that do not feed back are made for all steps at once.
 *
 * What a backward pass needs: h of all steps, the gate, and act'(d). The candidate follows from
 * these: (1 - s) (h_{t-1} - act(d)) = h_{t-1} - h_t. Gates of all steps are (T batch, 2Ng), too
 * much to hold for a pass that ends here (131 MB in the paper), and to make them again takes the
 * largest products again: so how many steps are held is a choice.
 *
 * For training W_bottom is kept packed, the one way for this pass and the other for the backward
 * one: 40 products are made with it before it changes, each with the few rows of a rank's walks. */
#include "model/network.h"

#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "numerics/linalg.h"
#include "numerics/packed.h"

const char *const MEC_LAYER_NAMES[MEC_N_LAYER + 1] = {"pre_g", "g", "dc", NULL};

/* Units that are updated together: what they need stays in the first cache (with 2 inputs 20 KB).
 */
enum { UNITS_AT_ONCE = 512 };

typedef enum packing { NOT_PACKED, PACKED, PACKED_TRANSPOSED } packing;

struct mec_forward {
    mec_network network;
    size_t batch_size, sequence_length; /* at most */
    mec_layer last;
    mec_weights weights;
    size_t n_row;     /* the last pass's batch */
    mec_real *drive;  /* (n_input + 1, 2 n_unit): [W_M; b_M] W_top, all biases in its last row */
    mec_real *states; /* ((T + 1) batch, n_unit): h_0 and the layer pre_g */
    mec_real *layer[MEC_N_LAYER]; /* (T batch, n_unit or n_place); NULL after `last` */
    bool keeps;                   /* slopes, for training */
    size_t n_kept;                /* steps of `gates`, 1 unless `keeps` */
    size_t first_held;            /* step of gates' first row; SIZE_MAX where they are spoiled */
    mec_real *gates;    /* (n_kept batch, 2 n_unit): [a | d], then [s(a + 1) | act(d) or act'(d)] */
    mec_real *slope_g;  /* (T batch, n_unit); NULL unless `keeps` */
    mec_packed *bottom; /* W_bottom or its transpose; NULL unless `keeps` */
    packing bottom_is;
};

static size_t width(const mec_network *network, mec_layer layer) {
    return layer == MEC_LAYER_DC ? network->n_place : network->n_unit;
}

static mec_forward *create(const mec_forward *wanted, mec_status *status) {
    const mec_network *network = &wanted->network;
    size_t n_unit = network->n_unit;
    size_t n_state = wanted->sequence_length * wanted->batch_size;
    mec_forward *forward = mec_alloc(1, sizeof *forward, status);
    if (!forward)
        return NULL;
    *forward = *wanted;
    forward->drive = mec_alloc((network->n_input + 1) * 2 * n_unit, sizeof(mec_real), status);
    forward->states = mec_alloc((n_state + wanted->batch_size) * n_unit, sizeof(mec_real), status);
    forward->gates =
        mec_alloc(wanted->n_kept * wanted->batch_size * 2 * n_unit, sizeof(mec_real), status);
    for (mec_layer layer = MEC_LAYER_G; layer <= wanted->last; layer++)
        forward->layer[layer] =
            mec_alloc(n_state * width(network, layer), sizeof(mec_real), status);
    if (wanted->keeps) {
        forward->slope_g = mec_alloc(n_state * n_unit, sizeof(mec_real), status);
        forward->bottom = mec_packed_create(n_unit, 2 * n_unit, MEC_PACKED_WIDEST, status);
    }
    if (!status->code)
        return forward;
    mec_forward_destroy(forward);
    return NULL;
}

mec_forward *mec_forward_create(const mec_network *network, size_t batch_size,
                                size_t sequence_length, mec_layer last, mec_status *status) {
    const mec_forward wanted = {.network = *network,
                                .batch_size = batch_size,
                                .sequence_length = sequence_length,
                                .last = last,
                                .n_kept = 1};
    return create(&wanted, status);
}

mec_forward *mec_forward_create_training(const mec_network *network, size_t batch_size,
                                         size_t sequence_length, size_t n_kept,
                                         mec_status *status) {
    assert(n_kept >= 1 && n_kept <= sequence_length);
    const mec_forward wanted = {.network = *network,
                                .batch_size = batch_size,
                                .sequence_length = sequence_length,
                                .last = MEC_LAYER_DC,
                                .keeps = true,
                                .n_kept = n_kept};
    return create(&wanted, status);
}

void mec_forward_destroy(mec_forward *forward) {
    if (!forward)
        return;
    for (mec_layer layer = MEC_LAYER_G; layer < MEC_N_LAYER; layer++)
        free(forward->layer[layer]);
    mec_packed_destroy(forward->bottom);
    free(forward->slope_g);
    free(forward->gates);
    free(forward->states);
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

double mec_forward_training_memory(const mec_network *network, size_t batch_size,
                                   size_t sequence_length, size_t n_kept) {
    size_t more = (2 * (n_kept - 1) + sequence_length) * batch_size * network->n_unit;
    return mec_forward_memory(network, batch_size, sequence_length, MEC_LAYER_DC) +
           (double)more * (double)sizeof(mec_real) +
           mec_packed_memory(network->n_unit, 2 * network->n_unit);
}

void mec_forward_set_weights(mec_forward *forward, const mec_weights *weights) {
    const mec_network *network = &forward->network;
    size_t n_unit = network->n_unit;
    forward->weights = *weights;
    forward->bottom_is = NOT_PACKED;
    /* b_M follows W_M in the block: together they are [W_M; b_M]. */
    mec_real_multiply(network->n_input + 1, 2 * n_unit, n_unit, weights->of[MEC_W_M], n_unit,
                      weights->of[MEC_W], 2 * n_unit, 0, forward->drive, 2 * n_unit);
    mec_real *last = forward->drive + network->n_input * 2 * n_unit;
    for (size_t j = 0; j < 2 * n_unit; j++)
        last[j] += weights->of[MEC_B][j] + (mec_real)(j < n_unit ? 1 : 0);
}

/* y (n_row, columns) = act(x (n_row, rows) W + b), of a matrix and the bias that follows it;
 * `slope` (n_row, columns; may be NULL) receives act' there. */
static void affine(const mec_weights *weights, mec_parameter matrix, mec_activation activation,
                   size_t n_row, const mec_real *x, mec_real *y, mec_real *slope) {
    mec_matrix_shape shape = mec_parameter_shape(&weights->network, matrix);
    const mec_real *bias = weights->of[matrix + 1];
    mec_real_multiply(n_row, shape.columns, shape.rows, x, shape.rows, weights->of[matrix],
                      shape.columns, 0, y, shape.columns);
#pragma omp parallel for schedule(static)
    for (size_t i = 0; i < n_row; i++) {
        mec_real *row = y + i * shape.columns;
        for (size_t j = 0; j < shape.columns; j++)
            row[j] += bias[j];
        if (slope) {
            memcpy(slope + i * shape.columns, row, shape.columns * sizeof *row);
            mec_activation_slope(activation, shape.columns, slope + i * shape.columns);
        }
        mec_activation_apply(activation, shape.columns, row);
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
    mec_real slope[UNITS_AT_ONCE];
    add_drive(forward, x, first, n, gate);
    add_drive(forward, x, forward->network.n_unit + first, n, candidate);
    if (forward->keeps) {
        memcpy(slope, candidate, n * sizeof *slope);
        mec_activation_slope(forward->network.activation, n, slope);
    }
    mec_activation_apply(MEC_ACTIVATION_SIGMOID, n, gate);
    mec_activation_apply(forward->network.activation, n, candidate);
    for (size_t j = 0; j < n; j++)
        h[first + j] = gate[j] * before[first + j] + (1 - gate[j]) * candidate[j];
    if (forward->keeps)
        memcpy(candidate, slope, n * sizeof *slope);
}

static void pack(mec_forward *forward, packing wanted) {
    size_t n = forward->network.n_unit;
    bool transposed = wanted == PACKED_TRANSPOSED;
    if (forward->bottom_is != wanted)
        mec_packed_set(forward->bottom, transposed ? 2 * n : n, transposed ? n : 2 * n,
                       forward->weights.of[MEC_W] + n * 2 * n, 2 * n, transposed);
    forward->bottom_is = wanted;
}

/* `gates` (n_row, 2 n_unit) = h (n_row, n_unit) W_bottom. */
static void multiply_bottom(mec_forward *forward, const mec_real *h, mec_real *gates) {
    size_t n = forward->network.n_unit;
    if (forward->bottom) {
        pack(forward, PACKED);
        mec_packed_multiply(forward->bottom, forward->n_row, h, n, false, gates, 2 * n);
    } else
        mec_real_multiply(forward->n_row, 2 * n, n, h, n, forward->weights.of[MEC_W] + n * 2 * n,
                          2 * n, 0, gates, 2 * n);
}

/* h_{t+1} of all walks from h_t and the pass's inputs. */
static void step(mec_forward *forward, const mec_real *input, size_t t) {
    size_t n_unit = forward->network.n_unit;
    size_t n_input = forward->network.n_input;
    size_t n_row = forward->n_row;
    const mec_real *x = input + t * n_row * n_input;
    const mec_real *before = forward->states + t * n_row * n_unit;
    mec_real *h = forward->states + (t + 1) * n_row * n_unit;
    mec_real *gates = forward->gates + t % forward->n_kept * n_row * 2 * n_unit;
    multiply_bottom(forward, before, gates);
#pragma omp parallel for schedule(static)
    for (size_t first = 0; first < n_unit; first += UNITS_AT_ONCE) {
        size_t n = n_unit - first < UNITS_AT_ONCE ? n_unit - first : UNITS_AT_ONCE;
        for (size_t i = 0; i < n_row; i++)
            update_units(forward, x + i * n_input, first, n, before + i * n_unit,
                         gates + i * 2 * n_unit, h + i * n_unit);
    }
}

bool mec_forward_run(mec_forward *forward, size_t batch_size, const mec_real *code,
                     const mec_real *input, const mec_pulse *pulse) {
    assert(batch_size <= forward->batch_size);
    const mec_network *network = &forward->network;
    const mec_weights *weights = &forward->weights;
    mec_real **layer = forward->layer;
    size_t n_state = forward->sequence_length * batch_size;
    forward->n_row = batch_size;
    layer[MEC_LAYER_PRE_G] = forward->states + batch_size * network->n_unit;
    affine(weights, MEC_W_ENC, MEC_ACTIVATION_LINEAR, batch_size, code, forward->states, NULL);
    for (size_t t = 0; t < forward->sequence_length; t++) {
        if (mec_pulse_stop(pulse))
            return false;
        step(forward, input, t);
    }
    forward->first_held = (forward->sequence_length - 1) / forward->n_kept * forward->n_kept;
    if (forward->last >= MEC_LAYER_G)
        affine(weights, MEC_W_DENSE, network->activation, n_state, layer[MEC_LAYER_PRE_G],
               layer[MEC_LAYER_G], forward->slope_g);
    if (forward->last >= MEC_LAYER_DC)
        affine(weights, MEC_W_DEC, MEC_ACTIVATION_LINEAR, n_state, layer[MEC_LAYER_G],
               layer[MEC_LAYER_DC], NULL);
    return true;
}

const mec_real *mec_forward_layer(const mec_forward *forward, mec_layer layer) {
    assert(layer <= forward->last);
    return forward->layer[layer];
}

mec_kept mec_forward_kept(const mec_forward *forward) {
    assert(forward->keeps);
    return (mec_kept){.batch_size = forward->n_row,
                      .sequence_length = forward->sequence_length,
                      .n_kept = forward->n_kept,
                      .states = forward->states,
                      .slope_g = forward->slope_g};
}

mec_real *mec_forward_gates(mec_forward *forward, const mec_real *input, size_t first) {
    assert(forward->keeps && first % forward->n_kept == 0 && first < forward->sequence_length);
    /* A step made again writes over its h with the same bits. */
    if (forward->first_held != first)
        for (size_t t = first; t < forward->sequence_length && t < first + forward->n_kept; t++)
            step(forward, input, t);
    forward->first_held = SIZE_MAX;
    return forward->gates;
}

void mec_forward_multiply_back(mec_forward *forward, const mec_real *gates, mec_real *states) {
    size_t n = forward->network.n_unit;
    assert(forward->keeps);
    pack(forward, PACKED_TRANSPOSED);
    mec_packed_multiply(forward->bottom, forward->n_row, gates, 2 * n, true, states, n);
}
