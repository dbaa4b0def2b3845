/* Whether what the settings say of a path integrator is what its rate maps were drawn with: for a
 * model that is named by a file of maps. */
#ifndef MEC_JOBS_FIT_MODEL_AGREE_H
#define MEC_JOBS_FIT_MODEL_AGREE_H

#include "job.h"

/* Refuses a file of mec ratemaps that is not complete, or was drawn with other values of [model],
 * [cues], [reward] and [ratemaps] than those that are given; what is not given is as it was drawn.
 * Boxes and bins are left to the arenas, layers to what is read. Serial. */
mec_code fit_model_agree(const job_context *context, const char *path, mec_status *status);

#endif
