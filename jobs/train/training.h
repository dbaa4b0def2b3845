/* One training run: its network, its file, and the loop between them. */
#ifndef MEC_JOBS_TRAINING_H
#define MEC_JOBS_TRAINING_H

#include "train/learner.h"

/* Trains from where the run file is, or from the start, to the end or to a stop on request.
 * Collective; the status is agreed. */
mec_code training_run(train_plan *plan, mec_status *status);

/* Bytes of the run file. */
double training_disk(const train_plan *plan, mec_status *status);

#endif
