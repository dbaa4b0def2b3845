/* A picture of a training run: loss and error over its steps, and rate maps of its newest
 * checkpoint. */
#ifndef MEC_JOBS_PLOT_TRAINING_H
#define MEC_JOBS_PLOT_TRAINING_H

#include <stdbool.h>

#include "base/status.h"

/* Whether the file at `path` holds a training run. */
bool plot_training_applies(const char *path);

mec_code plot_training(const char *path, const char *out, mec_status *status);

#endif
