/* Builds the kernels of states that the fits of a run share (maps/kernel.h): one for every source,
 * one copy a node, filled by all ranks of the node. */
#ifndef MEC_JOBS_FIT_KERNELS_H
#define MEC_JOBS_FIT_KERNELS_H

#include "fit/fit_plan.h"

typedef struct fit_kernels {
    mec_node_array *arrays; /* [arena] empty where none is wanted */
    uint32_t **index;       /* [arena] (n_state) where each state stands in the kernels */
    size_t n_arena;
} fit_kernels;

/* Fills source->kernel of every source of an arena in which some fit wants it. Collective; the
 * status is agreed. */
mec_code fit_kernels_build(fit_kernels *kernels, fit_plan *plan, const mec_world *world,
                           mec_status *status);

/* Collective. */
void fit_kernels_destroy(fit_kernels *kernels);

/* Bytes of all kernels of the plan, on every node, and the multiplications that fill them. */
mec_code fit_kernels_estimate(const fit_plan *plan, double *bytes, double *cost,
                              mec_status *status);

#endif
