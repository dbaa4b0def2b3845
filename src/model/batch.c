#include "model/batch.h"

#include <math.h>
#include <stdlib.h>

#include "base/memory.h"

/* Positions that are encoded or decoded at a time: their codes stay in the cache. */
enum { AT_ONCE = 32 };

static size_t wide_count(size_t n_place) {
    return AT_ONCE * (n_place > 2 ? n_place : 2);
}

mec_code mec_batch_create(mec_batch *batch, const mec_walk *walk, mec_place_cells *cells,
                          size_t first, size_t n_walk, unsigned draws, mec_status *status) {
    size_t n_state = n_walk * walk->sequence_length;
    size_t n_place = cells->options.n_cell;
    mec_walk part = *walk;
    part.batch_size = n_walk;
    *batch = (mec_batch){.walk = *walk,
                         .cells = cells,
                         .first = first,
                         .n_walk = n_walk,
                         .n_state = n_state,
                         .n_input = 2 + walk->n_cue};
    batch->position = mec_alloc(2 * n_state, sizeof *batch->position, status);
    batch->wide = mec_alloc(wide_count(n_place), sizeof *batch->wide, status);
    batch->code = mec_alloc(n_walk * n_place, sizeof *batch->code, status);
    batch->input = mec_alloc(n_state * batch->n_input, sizeof *batch->input, status);
    batch->target = mec_alloc(n_state * n_place, sizeof *batch->target, status);
    if (draws & MEC_BATCH_SEEDED)
        mec_trajectories_create(&batch->whole, walk, status);
    if (draws & MEC_BATCH_OF_STEP)
        mec_trajectories_create(&batch->part, &part, status);
    return status->code;
}

void mec_batch_destroy(mec_batch *batch) {
    mec_trajectories_destroy(&batch->whole);
    mec_trajectories_destroy(&batch->part);
    free(batch->position);
    free(batch->wide);
    free(batch->code);
    free(batch->input);
    free(batch->target);
    *batch = (mec_batch){0};
}

/* Of a walk: draws (heading, turns and speeds, twice where rewards are), steps and positions. */
static double walk_memory(const mec_walk *walk) {
    double n_step = (double)walk->sequence_length;
    double draws = 2 * (n_step + 2) * (walk->reward ? 2 : 1);
    return sizeof(double) * (draws + n_step * (4 + (double)walk->n_cue) + 8);
}

double mec_batch_memory(const mec_walk *walk, size_t n_place, size_t n_walk, unsigned draws) {
    double n_state = (double)(n_walk * walk->sequence_length);
    double bytes = sizeof(double) * (2 * n_state + (double)wide_count(n_place));
    bytes += sizeof(mec_real) *
             ((double)n_place * (n_state + (double)n_walk) + n_state * (double)(2 + walk->n_cue));
    if (draws & MEC_BATCH_SEEDED)
        bytes += (double)walk->batch_size * walk_memory(walk);
    if (draws & MEC_BATCH_OF_STEP)
        bytes += (double)n_walk * walk_memory(walk);
    return bytes;
}

/* ---- drawing ---- */

static void encode(mec_batch *batch, const double *positions, size_t n, mec_real *code) {
    size_t n_place = batch->cells->options.n_cell;
    for (size_t i = 0; i < n; i += AT_ONCE) {
        size_t m = n - i < AT_ONCE ? n - i : AT_ONCE;
        mec_place_cells_encode(batch->cells, positions + 2 * i, m, batch->wide);
        for (size_t k = 0; k < m * n_place; k++)
            code[i * n_place + k] = (mec_real)batch->wide[k];
    }
}

/* Takes over what walks `skipped` and following of `from` are for a network. */
static void take(mec_batch *batch, const mec_trajectories *from, size_t skipped) {
    size_t n_cue = batch->walk.n_cue;
    double *position = batch->position;
    mec_real *x = batch->input;
    for (size_t t = 0; t < batch->walk.sequence_length; t++)
        for (size_t i = 0; i < batch->n_walk; i++) {
            size_t state = t * from->batch_size + skipped + i;
            for (size_t axis = 0; axis < 2; axis++) {
                *position++ = from->target[2 * state + axis];
                *x++ = (mec_real)from->velocity[2 * state + axis];
            }
            for (size_t k = 0; k < n_cue; k++)
                *x++ = (mec_real)from->cue[n_cue * state + k];
        }
    encode(batch, from->initial + 2 * skipped, batch->n_walk, batch->code);
    encode(batch, batch->position, batch->n_state, batch->target);
}

mec_code mec_batch_draw_seeded(mec_batch *batch, uint32_t seed, mec_status *status) {
    if (mec_trajectories_draw_seeded(&batch->whole, &batch->walk, seed, status) == MEC_OK)
        take(batch, &batch->whole, batch->first);
    return status->code;
}

mec_code mec_batch_draw_step(mec_batch *batch, uint64_t seed, uint64_t step, mec_status *status) {
    if (mec_trajectories_draw_step(&batch->part, &batch->walk, seed, step, batch->first, status) ==
        MEC_OK)
        take(batch, &batch->part, 0);
    return status->code;
}

/* ---- judging ---- */

/* The sum of the distances between what `code` (n_state, n_place) decodes to and where it was. */
static double sum_errors(mec_batch *batch, const mec_real *code) {
    size_t n_place = batch->cells->options.n_cell;
    double sum = 0;
    for (size_t i = 0; i < batch->n_state; i += AT_ONCE) {
        size_t m = batch->n_state - i < AT_ONCE ? batch->n_state - i : AT_ONCE;
        const double *true_position = batch->position + 2 * i;
        mec_place_cells_decode(batch->cells, code + i * n_place, m, batch->wide);
        for (size_t k = 0; k < 2 * m; k += 2)
            sum +=
                hypot(batch->wide[k] - true_position[k], batch->wide[k + 1] - true_position[k + 1]);
    }
    return sum;
}

void mec_batch_judge(mec_batch *batch, mec_loss loss, const mec_real *dc, mec_batch_sums *sums) {
    size_t n = batch->n_state;
    size_t n_place = batch->cells->options.n_cell;
    *sums = (mec_batch_sums){0};
    if (n == 0)
        return;
    if (loss == MEC_LOSS_SQUARED)
        sums->loss = (double)n * mec_loss_squared(n, n_place, batch->target, dc);
    else {
        sums->loss = (double)n * mec_loss_cross_entropy(n, n_place, batch->target, dc);
        sums->entropy = (double)n * mec_loss_entropy(n, n_place, batch->target);
        sums->floor_m = sum_errors(batch, batch->target);
    }
    sums->error_m = sum_errors(batch, dc);
}
