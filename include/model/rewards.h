/* Rewards: a square zone that some walks of a batch head for and stay in. */
#ifndef MEC_MODEL_REWARDS_H
#define MEC_MODEL_REWARDS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/status.h"
#include "model/box.h"

typedef struct mec_reward {
    mec_box zone;
    double size;               /* m, that the zone must have */
    double offset_x, offset_y; /* m, that it must keep from the walls */
    double probability;        /* part of a batch that is rewarded: (0, 1] */
    size_t n_step;             /* to its centre, in a straight line: 1 .. sequence_length */
} mec_reward;

/* Whether a point lies in the zone, edges included. */
bool mec_reward_contains(const mec_reward *reward, double x, double y);

/* MEC_REFUSED, naming the key of [reward], unless the zone is a square of its size inside the box
 * less the offsets, and the other numbers are in their ranges. */
mec_code mec_reward_check(const mec_reward *reward, const mec_box *box, size_t sequence_length,
                          mec_status *status);

#endif
