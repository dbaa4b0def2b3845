/* Random walks in a box, their cues and rewards: what a path integrator moves by and is asked for.
 *
 * A batch is a function of the options and of a seed alone (NumPy's legacy generator, as the
 * published evaluations), or of (seed, step, index in batch) (counter-based, for training), never
 * of who draws it. */
#ifndef MEC_MODEL_TRAJECTORIES_H
#define MEC_MODEL_TRAJECTORIES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"
#include "model/box.h"

/* An axis-aligned rectangle whose distance is felt. */
typedef struct mec_cue {
    double x, y; /* m, centre */
    double width, height;
} mec_cue;

/* A square zone that some trajectories head for and stay in. */
typedef struct mec_reward {
    mec_box zone;
    double size;               /* m, that the zone must have */
    double offset_x, offset_y; /* m, that it must keep from the walls */
    double probability;        /* part of a batch that is rewarded: (0, 1] */
    size_t n_step;             /* to its centre, in a straight line; <= sequence_length */
} mec_reward;

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
    uint8_t *reward;  /* (T, batch) whether it is rewarded there; NULL: no rewards */
} mec_trajectories;

/* MEC_REFUSED with one line that says which cue, zone or number cannot be, and what can. */
mec_code mec_walk_check(const mec_walk *walk, mec_status *status);

mec_code mec_trajectories_create(mec_trajectories *batch, const mec_walk *walk, mec_status *status);
void mec_trajectories_destroy(mec_trajectories *batch);

/* The batch of NumPy's RandomState(seed). */
mec_code mec_trajectories_draw_seeded(mec_trajectories *batch, const mec_walk *walk, uint32_t seed,
                                      mec_status *status);

/* Trajectories first .. first + batch->batch_size - 1 of the batch (of walk->batch_size) of a
 * training step. */
mec_code mec_trajectories_draw_step(mec_trajectories *batch, const mec_walk *walk, uint64_t seed,
                                    uint64_t step, size_t first, mec_status *status);

#endif
