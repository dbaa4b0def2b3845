/* Rate maps of given boxes: what mec ratemaps is made of, for jobs that need maps of their own. */
#ifndef MEC_JOBS_RATEMAPS_JOB_H
#define MEC_JOBS_RATEMAPS_JOB_H

#include "ratemaps/ratemaps_plan.h"
#include "storage/catalogue.h"

typedef struct ratemaps_request {
    const ratemaps_box *boxes; /* (n_box) */
    size_t n_box;
    const mec_input *input; /* what the boxes come from; NULL: the settings */
} ratemaps_request;

/* Draws them into the context's output, or goes on with it; a dry run prints what would be done.
 * Collective; the status is agreed. */
mec_code ratemaps_make(const job_context *context, const ratemaps_request *request,
                       mec_status *status);

#endif
