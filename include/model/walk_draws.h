/* The random numbers behind a batch of walks, before any of them is walked.
 *
 * They come from NumPy's legacy generator in the order of the published code, or from counters, and
 * are the only things here that do: what is made of them is arithmetic. */
#ifndef MEC_MODEL_WALK_DRAWS_H
#define MEC_MODEL_WALK_DRAWS_H

#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

/* What `n_walk` walks of `n_step` steps take. */
typedef struct mec_wandering {
    size_t n_step;
    double *heading; /* (n_walk) rad, in [0, 2 pi) */
    double *turn;    /* (n_walk, n_step) rad/s, normal */
    double *speed;   /* (n_walk, n_step) m/s, Rayleigh */
} mec_wandering;

typedef struct mec_walk_draws {
    size_t n_walk;
    double *start;         /* (n_walk, 2) in [0, 1), of the box */
    mec_wandering in_box;  /* from the start */
    mec_wandering in_zone; /* from the centre of a reward zone; no steps without rewards */
    uint8_t *chosen;       /* (n_walk) whether it has cues or is rewarded */
    uint32_t *order;       /* (n_walk) working memory */
    double *block;         /* that the arrays of doubles are parts of */
} mec_walk_draws;

/* For `n_walk` walks of `n_step` steps and as many of `n_zone_step`. */
mec_code mec_walk_draws_create(mec_walk_draws *draws, size_t n_walk, size_t n_step,
                               size_t n_zone_step, mec_status *status);
void mec_walk_draws_destroy(mec_walk_draws *draws);

/* The numbers of RandomState(seed), for a whole batch of which `n_chosen` are chosen. */
void mec_walk_draws_seeded(mec_walk_draws *draws, uint32_t seed, size_t n_chosen);

/* The numbers of walks first .. first + n_walk - 1 of the `batch_size` (below 2^32) of a training
 * step, `n_chosen` of which are chosen: the same whatever part of the batch is drawn. */
void mec_walk_draws_of_step(mec_walk_draws *draws, uint64_t seed, uint64_t step, size_t first,
                            size_t batch_size, size_t n_chosen);

#endif
