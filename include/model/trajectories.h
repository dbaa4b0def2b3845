/* Random walks in a box, their cues and rewards: what a path integrator moves by and is asked for.
 *
 * A batch is a function of the options and of a seed alone (NumPy's legacy generator, as the
 * published evaluations), or of (seed, step, index in batch) (counter-based, for training), never
 * of who draws it. */
#ifndef MEC_MODEL_TRAJECTORIES_H
#define MEC_MODEL_TRAJECTORIES_H

#include <stddef.h>
#include <stdint.h>

#include "base/status.h"
#include "model/box.h"
#include "model/cues.h"
#include "model/rewards.h"
#include "model/walk_draws.h"

typedef struct mec_walk {
    mec_box box;
    size_t batch_size, sequence_length;
    double dt;           /* s */
    const mec_cue *cues; /* (n_cue), not owned */
    size_t n_cue;
    double cue_probability;   /* part of a batch that has cues: [0, 1] */
    const mec_reward *reward; /* NULL: none; not owned */
} mec_walk;

/* A batch, T = sequence_length. Time is the first axis of what a network reads step by step. */
typedef struct mec_trajectories {
    size_t batch_size, sequence_length, n_cue;
    double *initial;  /* (batch, 2) m, position before the first step */
    double *velocity; /* (T, batch, 2) m per step */
    double *target;   /* (T, batch, 2) m, position after the step */
    double *cue;      /* (T, batch, n_cue) m from the position before the step; NULL: no cues */
    uint8_t *reward; /* (T, batch) whether it is rewarded where the step begins; NULL: no rewards */
    mec_walk_draws draws; /* what it was made of; working memory */
} mec_trajectories;

/* MEC_REFUSED with one line that says which cue, zone or number cannot be, and what can. */
mec_code mec_walk_check(const mec_walk *walk, mec_status *status);

/* Room for walk->batch_size trajectories (0 is a number too: a rank may have no part of a batch) of
 * a walk that mec_walk_check accepts. Draws allocate nothing. */
mec_code mec_trajectories_create(mec_trajectories *batch, const mec_walk *walk, mec_status *status);
void mec_trajectories_destroy(mec_trajectories *batch);

/* The batch of NumPy's RandomState(seed). Refused unless `batch` was made for this walk's sizes. */
mec_code mec_trajectories_draw_seeded(mec_trajectories *batch, const mec_walk *walk, uint32_t seed,
                                      mec_status *status);

/* Trajectories first .. first + batch->batch_size - 1 of the batch (of walk->batch_size) of a
 * training step: the same ones whatever part of it is drawn. Refused unless `batch` was made for
 * this walk's sizes, but for the number of trajectories. */
mec_code mec_trajectories_draw_step(mec_trajectories *batch, const mec_walk *walk, uint64_t seed,
                                    uint64_t step, size_t first, mec_status *status);

#endif
