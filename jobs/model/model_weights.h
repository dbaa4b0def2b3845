/* The weights of a model, one copy a node, and where they come from. */
#ifndef MEC_JOBS_MODEL_WEIGHTS_H
#define MEC_JOBS_MODEL_WEIGHTS_H

#include "job.h"
#include "model/network.h"
#include "parallel/node.h"
#include "storage/catalogue.h"
#include "storage/model_file.h"

typedef struct model_weights {
    mec_node_array block;
    mec_weights weights;
    char name[MEC_TEXT_SIZE]; /* for people: which checkpoint, or "random" */
    mec_input input;          /* with the digest of the numbers */
    size_t n_input;           /* 0: drawn, not read */
} model_weights;

/* MEC_REFUSED, with what the file holds, where it does not hold this network; a line of log where
 * neither file nor settings say the activation. */
mec_code model_weights_check(const job_context *context, const mec_network *wanted,
                             const mec_model_file *file, mec_status *status);

/* Checks that the file that [model] names holds this network; with `read` also reads its weights,
 * or draws them. MEC_REFUSED names what the file holds. Collective; the status is agreed. */
mec_code model_weights_read(const job_context *context, const mec_network *network, bool read,
                            model_weights *weights, mec_status *status);

/* Collective. */
void model_weights_destroy(model_weights *weights);

#endif
