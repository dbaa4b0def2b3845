/* The weights that a training run starts with. */
#ifndef MEC_JOBS_TRAIN_WEIGHTS_H
#define MEC_JOBS_TRAIN_WEIGHTS_H

#include "train/learner.h"

/* Gives the learner the weights, moments and step that the plan starts from: drawn from the seed,
 * or read by rank 0 and handed to all; then the plan's input also gets its digest. Collective; the
 * status is agreed. */
mec_code train_weights_read(train_plan *plan, learner *learner, mec_status *status);

#endif
