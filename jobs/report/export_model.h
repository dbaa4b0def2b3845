/* A network of a run file (or of another checkpoint) as a TensorFlow checkpoint. */
#ifndef MEC_JOBS_EXPORT_MODEL_H
#define MEC_JOBS_EXPORT_MODEL_H

#include "base/status.h"

/* Writes DIRECTORY/ckpt-N (N: epochs that have ended, and 1) of the network that `location` names
 * (storage/model_file.h), and the text file `checkpoint` that names it; says so on stdout.
 * MEC_REFUSED where the checkpoint is there already. */
mec_code export_model(const char *location, const char *directory, mec_status *status);

#endif
