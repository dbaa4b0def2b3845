/* Backpropagation through time.
 *
 * With e_t = dL/dh_t, s the gate, and (1 - s) (h_{t-1} - act(d)) = h_{t-1} - h_t:
 *
 *     da = e_t s (h_{t-1} - h_t)      dd = e_t (1 - s) act'(d)
 *     e_{t-1} = e_t s + [da | dd] W_bottom' + what comes from g_{t-1}
 *
 * Only the product with W_bottom' has to go step by step. [da | dd] takes the place of the gates it
 * is made of, and what they tell of the weights is one product over all steps that are held:
 * W_bottom's gradient is [h_0 .. h_{T-1}]' [da | dd], for which h_0 stands before the others. */
#include "model/backward.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "numerics/linalg.h"

/* Of a sum over rows: it stays in the first cache. */
enum { COLUMNS_AT_ONCE = 1024 };

struct mec_backward {
    mec_network network;
    mec_backward_beat beat;
    size_t batch_size, sequence_length; /* at most */
    mec_real *output;                   /* (T batch, n_place): gradient with respect to dc */
    mec_real *dense;                    /* (T batch, n_unit): with respect to what act makes g of */
    mec_real *state;                    /* ((T + 1) batch, n_unit): with respect to h_0 .. h_T */
    mec_real *driver;                   /* (T batch, n_input + 1): [x, 1] */
};

static size_t count_of(const mec_network *network, size_t batch_size, size_t sequence_length) {
    size_t per_state = network->n_place + 2 * network->n_unit + network->n_input + 1;
    return batch_size * (sequence_length * per_state + network->n_unit);
}

double mec_backward_memory(const mec_network *network, size_t batch_size, size_t sequence_length) {
    return (double)count_of(network, batch_size, sequence_length) * (double)sizeof(mec_real);
}

mec_backward *mec_backward_create(const mec_network *network, size_t batch_size,
                                  size_t sequence_length, mec_status *status) {
    size_t n_state = sequence_length * batch_size;
    mec_backward *backward = mec_alloc(1, sizeof *backward, status);
    if (!backward)
        return NULL;
    *backward = (mec_backward){
        .network = *network, .batch_size = batch_size, .sequence_length = sequence_length};
    backward->output = mec_alloc(n_state * network->n_place, sizeof(mec_real), status);
    backward->dense = mec_alloc(n_state * network->n_unit, sizeof(mec_real), status);
    backward->state = mec_alloc((n_state + batch_size) * network->n_unit, sizeof(mec_real), status);
    backward->driver = mec_alloc(n_state * (network->n_input + 1), sizeof(mec_real), status);
    if (!status->code)
        return backward;
    mec_backward_destroy(backward);
    return NULL;
}

void mec_backward_set_beat(mec_backward *backward, mec_backward_beat beat) {
    backward->beat = beat;
}

static void beat(const mec_backward *backward) {
    if (backward->beat.call)
        backward->beat.call(backward->beat.self, mec_gradients_early(&backward->network));
}

void mec_backward_destroy(mec_backward *backward) {
    if (!backward)
        return;
    free(backward->driver);
    free(backward->state);
    free(backward->dense);
    free(backward->output);
    free(backward);
}

/* sum (n) of the rows of x (n_row, n). */
static void sum_rows(size_t n_row, size_t n, const mec_real *restrict x, mec_real *restrict sum) {
    memset(sum, 0, n * sizeof *sum);
#pragma omp parallel for schedule(static)
    for (size_t first = 0; first < n; first += COLUMNS_AT_ONCE) {
        size_t end = n - first < COLUMNS_AT_ONCE ? n : first + COLUMNS_AT_ONCE;
        for (size_t i = 0; i < n_row; i++)
            for (size_t j = first; j < end; j++)
                sum[j] += x[i * n + j];
    }
}

/* Gradients of a matrix (rows, columns) and of the bias that follows it, from its inputs x (n_row,
 * rows) and the gradient y (n_row, columns) of its outputs. */
static void affine_gradients(size_t n_row, size_t rows, size_t columns, const mec_real *x,
                             const mec_real *y, mec_real *matrix, mec_real *bias) {
    mec_real_transposed_multiply(rows, columns, n_row, x, rows, y, columns, 0, matrix, columns);
    sum_rows(n_row, columns, y, bias);
}

/* From the loss to e_1 .. e_T as far as they come from g_1 .. g_T. */
static void through_layers(mec_backward *backward, const mec_forward *forward, const mec_kept *kept,
                           const mec_weights *weights, const mec_lesson *lesson,
                           mec_gradients *gradients) {
    size_t n_unit = backward->network.n_unit;
    size_t n_place = backward->network.n_place;
    size_t n_state = kept->sequence_length * kept->batch_size;
    mec_real *output = backward->output;
    mec_real *dense = backward->dense;
    mec_loss_gradient(lesson->loss, n_state, lesson->n_total, n_place, lesson->target,
                      mec_forward_layer(forward, MEC_LAYER_DC), output);
    affine_gradients(n_state, n_unit, n_place, mec_forward_layer(forward, MEC_LAYER_G), output,
                     gradients->w_dec, gradients->b_dec);
    mec_real_multiply_transposed(n_state, n_unit, n_place, output, n_place, weights->of[MEC_W_DEC],
                                 n_place, 0, dense, n_unit);
#pragma omp parallel for schedule(static)
    for (size_t i = 0; i < n_state * n_unit; i++)
        dense[i] *= kept->slope_g[i];
    affine_gradients(n_state, n_unit, n_unit, mec_forward_layer(forward, MEC_LAYER_PRE_G), dense,
                     gradients->w_dense, gradients->b_dense);
    mec_real_multiply_transposed(n_state, n_unit, n_unit, dense, n_unit, weights->of[MEC_W_DENSE],
                                 n_unit, 0, backward->state + kept->batch_size * n_unit, n_unit);
}

/* One walk's step: `gates` [s | act'(d)] become [da | dd], and `error_before` receives more. */
static void update_units(size_t n, const mec_real *restrict before, const mec_real *restrict h,
                         const mec_real *restrict error, mec_real *restrict gates,
                         mec_real *restrict error_before) {
    mec_real *restrict slope = gates + n;
    for (size_t j = 0; j < n; j++) {
        mec_real through = error[j] * gates[j];
        gates[j] = through * (before[j] - h[j]);
        slope[j] *= error[j] - through;
        error_before[j] += through;
    }
}

/* e_t from e_{t+1}; `gates` (batch, 2 n_unit) are those of step t. */
static void step_back(mec_backward *backward, mec_forward *forward, const mec_kept *kept, size_t t,
                      mec_real *gates) {
    size_t n = backward->network.n_unit;
    size_t n_walk = kept->batch_size;
    const mec_real *before = kept->states + t * n_walk * n;
    mec_real *error_before = backward->state + t * n_walk * n;
#pragma omp parallel for schedule(static)
    for (size_t i = 0; i < n_walk; i++)
        update_units(n, before + i * n, before + (n_walk + i) * n, error_before + (n_walk + i) * n,
                     gates + i * 2 * n, error_before + i * n);
    mec_forward_multiply_back(forward, gates, error_before);
}

/* [x, 1] of all states. */
static void make_driver(mec_backward *backward, size_t n_state, const mec_real *input) {
    size_t n_input = backward->network.n_input;
    mec_real *driver = backward->driver;
    for (size_t i = 0; i < n_state; i++, driver += n_input + 1, input += n_input) {
        memcpy(driver, input, n_input * sizeof *driver);
        driver[n_input] = 1;
    }
}

/* From e_1 .. e_T as they are to e_0, in blocks of steps whose gates are held together, the last
 * one first. */
static void through_time(mec_backward *backward, mec_forward *forward, const mec_kept *kept,
                         const mec_lesson *lesson, mec_gradients *gradients) {
    size_t n = backward->network.n_unit;
    size_t n_driver = backward->network.n_input + 1;
    size_t n_walk = kept->batch_size;
    size_t n_block = (kept->sequence_length + kept->n_kept - 1) / kept->n_kept;
    memset(backward->state, 0, n_walk * n * sizeof *backward->state);
    make_driver(backward, kept->sequence_length * n_walk, lesson->input);
    for (size_t block = n_block; block-- > 0;) {
        size_t first = block * kept->n_kept;
        size_t left = kept->sequence_length - first;
        size_t n_step = left < kept->n_kept ? left : kept->n_kept;
        mec_real beta = block == n_block - 1 ? 0 : 1;
        mec_real *gates = mec_forward_gates(forward, lesson->input, first);
        for (size_t t = n_step; t-- > 0; beat(backward))
            step_back(backward, forward, kept, first + t, gates + t * n_walk * 2 * n);
        mec_real_transposed_multiply(n, 2 * n, n_step * n_walk, kept->states + first * n_walk * n,
                                     n, gates, 2 * n, beta, gradients->w_bottom, 2 * n);
        mec_real_transposed_multiply(n_driver, 2 * n, n_step * n_walk,
                                     backward->driver + first * n_walk * n_driver, n_driver, gates,
                                     2 * n, beta, gradients->drive, 2 * n);
    }
}

void mec_backward_run(mec_backward *backward, mec_forward *forward, const mec_weights *weights,
                      const mec_lesson *lesson, mec_gradients *gradients) {
    const mec_kept kept = mec_forward_kept(forward);
    assert(kept.batch_size <= backward->batch_size);
    assert(kept.sequence_length <= backward->sequence_length);
    if (kept.batch_size == 0) {
        memset(gradients->block, 0, mec_gradients_count(&backward->network) * sizeof(mec_real));
        beat(backward);
        return;
    }
    through_layers(backward, forward, &kept, weights, lesson, gradients);
    beat(backward);
    through_time(backward, forward, &kept, lesson, gradients);
    affine_gradients(kept.batch_size, backward->network.n_place, backward->network.n_unit,
                     lesson->code, backward->state, gradients->w_enc, gradients->b_enc);
}
