#include "model/gradients.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "numerics/linalg.h"

static size_t count_of_inputs(const mec_network *network) {
    return (network->n_input + 1) * network->n_unit;
}

size_t mec_gradients_count(const mec_network *network) {
    size_t n_unit = network->n_unit;
    size_t n_place = network->n_place;
    return 3 * n_unit * n_unit + 2 * n_unit * n_place + 2 * n_unit + n_place +
           2 * count_of_inputs(network);
}

size_t mec_gradients_early(const mec_network *network) {
    return network->n_unit * network->n_place + network->n_place +
           network->n_unit * network->n_unit + network->n_unit;
}

static size_t count_of_all(const mec_network *network) {
    return mec_gradients_count(network) + 2 * count_of_inputs(network);
}

double mec_gradients_memory(const mec_network *network) {
    return (double)count_of_all(network) * (double)sizeof(mec_real);
}

mec_code mec_gradients_create(mec_gradients *gradients, const mec_network *network,
                              mec_status *status) {
    size_t n_unit = network->n_unit;
    size_t n_place = network->n_place;
    mec_real *block = mec_alloc(count_of_all(network), sizeof *block, status);
    *gradients = (mec_gradients){.network = *network, .block = block};
    if (!block)
        return status->code;
    gradients->w_dec = block;
    gradients->b_dec = gradients->w_dec + n_unit * n_place;
    gradients->w_dense = gradients->b_dec + n_place;
    gradients->b_dense = gradients->w_dense + n_unit * n_unit;
    gradients->w_bottom = gradients->b_dense + n_unit;
    gradients->drive = gradients->w_bottom + n_unit * 2 * n_unit;
    gradients->w_enc = gradients->drive + 2 * count_of_inputs(network);
    gradients->b_enc = gradients->w_enc + n_place * n_unit;
    gradients->inputs = gradients->b_enc + n_unit;
    gradients->inputs_slopes = gradients->inputs + count_of_inputs(network);
    return status->code;
}

void mec_gradients_destroy(mec_gradients *gradients) {
    free(gradients->block);
    *gradients = (mec_gradients){0};
}

void mec_gradients_close(mec_gradients *gradients, const mec_weights *weights) {
    const mec_network *network = &gradients->network;
    size_t n_unit = network->n_unit;
    /* b_M follows W_M in the block of weights. */
    memcpy(gradients->inputs, weights->of[MEC_W_M],
           count_of_inputs(network) * sizeof *gradients->inputs);
    mec_real_multiply_transposed(network->n_input + 1, n_unit, 2 * n_unit, gradients->drive,
                                 2 * n_unit, weights->of[MEC_W], 2 * n_unit, 0,
                                 gradients->inputs_slopes, n_unit);
}

/* Columns first .. first + n - 1 of row `row` of [W_M; b_M]' D. */
static void expand_row(const mec_gradients *gradients, size_t row, size_t first, size_t n,
                       mec_real *restrict gradient) {
    size_t n_unit = gradients->network.n_unit;
    const mec_real *weight = gradients->inputs + row;
    const mec_real *drive = gradients->drive + first;
    for (size_t j = 0; j < n; j++)
        gradient[j] = weight[0] * drive[j];
    for (size_t k = 1; k <= gradients->network.n_input; k++) {
        weight += n_unit;
        drive += 2 * n_unit;
        for (size_t j = 0; j < n; j++)
            gradient[j] += weight[0] * drive[j];
    }
}

/* Numbers first .. first + n - 1 of the upper half of W, which may begin and end within rows. */
static void expand(const mec_gradients *gradients, size_t first, size_t n, mec_real *gradient) {
    size_t width = 2 * gradients->network.n_unit;
    while (n > 0) {
        size_t column = first % width;
        size_t part = width - column < n ? width - column : n;
        expand_row(gradients, first / width, column, part, gradient);
        first += part;
        gradient += part;
        n -= part;
    }
}

/* Where a piece of the parameters' block stands; NULL: the upper half of W, which stands nowhere.
 */
typedef struct piece {
    const mec_real *from;
    size_t count;
    bool decays;
} piece;

/* The pieces in the order of the block of weights; W is two. */
enum { N_PIECE = MEC_N_PARAMETER };

static void list_pieces(const mec_gradients *g, mec_decay_on on, piece pieces[N_PIECE]) {
    size_t n_unit = g->network.n_unit;
    size_t n_place = g->network.n_place;
    bool on_bias = on == MEC_DECAY_ON_BIAS;
    const mec_real *b = g->drive + g->network.n_input * 2 * n_unit;
    const piece all[N_PIECE] = {
        {g->w_enc, n_place * n_unit, false},
        {g->b_enc, n_unit, false},
        {g->inputs_slopes, count_of_inputs(&g->network), false},
        {NULL, n_unit * 2 * n_unit, !on_bias},
        {g->w_bottom, n_unit * 2 * n_unit, !on_bias},
        {b, 2 * n_unit, on_bias},
        {g->w_dense, n_unit * n_unit, false},
        {g->b_dense, n_unit, false},
        {g->w_dec, n_unit * n_place, false},
        {g->b_dec, n_place, false},
    };
    memcpy(pieces, all, sizeof all);
}

void mec_gradients_range(const mec_gradients *gradients, const mec_weights *weights,
                         mec_decay decay, size_t first, size_t count, mec_real *gradient) {
    piece pieces[N_PIECE];
    const mec_real *weight = weights->block + first;
    const mec_real factor = (mec_real)(2 * decay.decay);
    list_pieces(gradients, decay.on, pieces);
    for (const piece *p = pieces; count > 0; first -= p->count, p++) {
        if (first >= p->count)
            continue;
        size_t n = p->count - first < count ? p->count - first : count;
        if (p->from)
            memcpy(gradient, p->from + first, n * sizeof *gradient);
        else
            expand(gradients, first, n, gradient);
        for (size_t i = 0; p->decays && i < n; i++)
            gradient[i] += factor * weight[i];
        first += n;
        count -= n;
        gradient += n;
        weight += n;
    }
}
