/* A network that follows seeded batches of walks through a box, and what it leaves in the sums of
 * rate maps: of one process, which need not know of any other. */
#ifndef MEC_JOBS_RATEMAPS_FOLLOWER_H
#define MEC_JOBS_RATEMAPS_FOLLOWER_H

#include "model/network.h"
#include "model/place_cells.h"
#include "model/rate_map.h"
#include "model/trajectories.h"

typedef struct ratemaps_follower {
    size_t n_place, n_input;
    mec_forward *forward;
    double *code;      /* (batch, n_place) */
    mec_real *encoded; /* the same */
    mec_real *input;   /* (T, batch, n_input) */
    size_t *bin;       /* (T batch) of the states of the last batch */
    /* of the box at hand */
    mec_place_cells cells;
    mec_trajectories walks;
} ratemaps_follower;

/* For batches of `walk`'s sizes, up to layer `last`; takes the weights as mec_forward_set_weights
 * does. To be destroyed in any case. */
mec_code ratemaps_follower_create(ratemaps_follower *follower, const mec_weights *weights,
                                  const mec_walk *walk, mec_layer last, mec_status *status);
void ratemaps_follower_destroy(ratemaps_follower *follower);
double ratemaps_follower_memory(const mec_network *network, const mec_walk *walk,
                                mec_layer last); /* bytes */

/* Turns to the place cells and walks of a box. */
mec_code ratemaps_follower_turn(ratemaps_follower *follower, const mec_place_options *place,
                                const mec_walk *walk, mec_status *status);

/* Follows the batch of a seed; `walk` is that of the last turn. MEC_STOPPED where `pulse` (may be
 * NULL) asks for it. */
mec_code ratemaps_follower_run(ratemaps_follower *follower, const mec_walk *walk,
                               const mec_map_bins *bins, uint32_t seed, const mec_pulse *pulse,
                               mec_status *status);

/* Adds the batch to `count` (n_bin) and to the sums of every layer that has some. */
void ratemaps_follower_add(const ratemaps_follower *follower, int64_t *count,
                           mec_map_sums sums[MEC_N_LAYER]);

#endif
