#include "ratemaps/ratemaps_follower.h"

#include <stdlib.h>

#include "base/memory.h"

mec_code ratemaps_follower_create(ratemaps_follower *f, const mec_weights *weights,
                                  const mec_walk *walk, mec_layer last, mec_status *status) {
    const mec_network *network = &weights->network;
    size_t n_row = walk->batch_size * walk->sequence_length;
    *f = (ratemaps_follower){.n_place = network->n_place, .n_input = network->n_input};
    f->forward = mec_forward_create(network, walk->batch_size, walk->sequence_length, last, status);
    f->code = mec_alloc(walk->batch_size * f->n_place, sizeof *f->code, status);
    f->encoded = mec_alloc(walk->batch_size * f->n_place, sizeof *f->encoded, status);
    f->input = mec_alloc(n_row * f->n_input, sizeof *f->input, status);
    f->bin = mec_alloc(n_row, sizeof *f->bin, status);
    if (status->code == MEC_OK)
        mec_forward_set_weights(f->forward, weights);
    return status->code;
}

void ratemaps_follower_destroy(ratemaps_follower *f) {
    mec_forward_destroy(f->forward);
    mec_place_cells_destroy(&f->cells);
    mec_trajectories_destroy(&f->walks);
    free(f->code);
    free(f->encoded);
    free(f->input);
    free(f->bin);
}

double ratemaps_follower_memory(const mec_network *network, const mec_walk *walk, mec_layer last) {
    double n_row = (double)walk->batch_size * (double)walk->sequence_length;
    double bytes = mec_forward_memory(network, walk->batch_size, walk->sequence_length, last);
    bytes += n_row * ((double)network->n_input * sizeof(mec_real) + 12 * sizeof(double));
    return bytes + (double)walk->batch_size * (double)network->n_place *
                       (sizeof(double) + sizeof(mec_real));
}

mec_code ratemaps_follower_turn(ratemaps_follower *f, const mec_place_options *place,
                                const mec_walk *walk, mec_status *status) {
    mec_place_cells_destroy(&f->cells);
    mec_trajectories_destroy(&f->walks);
    if (mec_place_cells_create(&f->cells, place, status) == MEC_OK)
        mec_trajectories_create(&f->walks, walk, status);
    return status->code;
}

/* The network's inputs: velocity, then cues. */
static void gather_input(ratemaps_follower *f) {
    const mec_trajectories *w = &f->walks;
    for (size_t i = 0; i < w->sequence_length * w->batch_size; i++) {
        mec_real *input = f->input + i * f->n_input;
        input[0] = (mec_real)w->velocity[2 * i];
        input[1] = (mec_real)w->velocity[2 * i + 1];
        for (size_t k = 0; k < w->n_cue; k++)
            input[2 + k] = (mec_real)w->cue[i * w->n_cue + k];
    }
}

mec_code ratemaps_follower_run(ratemaps_follower *f, const mec_walk *walk, const mec_map_bins *bins,
                               uint32_t seed, const mec_pulse *pulse, mec_status *status) {
    const mec_trajectories *w = &f->walks;
    if (mec_trajectories_draw_seeded(&f->walks, walk, seed, status))
        return status->code;
    mec_place_cells_encode(&f->cells, w->initial, w->batch_size, f->code);
    for (size_t i = 0; i < w->batch_size * f->n_place; i++)
        f->encoded[i] = (mec_real)f->code[i];
    gather_input(f);
    mec_map_bins_find(bins, w->target, w->batch_size * w->sequence_length, f->bin);
    if (!mec_forward_run(f->forward, w->batch_size, f->encoded, f->input, pulse))
        return mec_fail(status, MEC_STOPPED, "stopped on request");
    return MEC_OK;
}

void ratemaps_follower_add(const ratemaps_follower *f, int64_t *count,
                           mec_map_sums sums[MEC_N_LAYER]) {
    size_t n_row = f->walks.batch_size * f->walks.sequence_length;
    for (size_t i = 0; i < n_row; i++)
        if (f->bin[i] != SIZE_MAX)
            count[f->bin[i]]++;
    for (mec_layer layer = 0; layer < MEC_N_LAYER; layer++)
        if (sums[layer].high)
            mec_map_sums_add(&sums[layer], f->bin, n_row, mec_forward_layer(f->forward, layer));
}
