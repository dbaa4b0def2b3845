/* How many ranks share a fit: the planner of run.group.
 *
 * Memory. A fit by one rank needs its working memory and the rank's share of what its node holds
 * for all: responses and kernels of states. Shared by g ranks each needs 1.1 / g of the matrices
 * (blocks do not divide evenly, and products want copies of panels) and 160 MiB; the responses stay
 * in the file. What a rank has is run.memory_per_rank, or its share of the machine.
 *
 * Time. By one rank each, all fits take what all ranks need for their multiplications together, or
 * the longest task; shared, the fits that a group gets one after the other, each 1.25 / g of its
 * multiplications (1.0 was measured on one node, tests/bench/scale_fit; the rest is for a network),
 * and the time to read its responses once.
 *
 * Chosen is 1 where that fits into memory and is not slower by a quarter, or fits are small; else
 * the size that fits and is the fastest, the smallest of equal ones. It is a function of settings,
 * shapes, ranks and memory; it decides the last bits of the results, and so which run a file can go
 * on with. */
#ifndef MEC_JOBS_FIT_GROUPS_H
#define MEC_JOBS_FIT_GROUPS_H

#include "fit/fit_data.h"

typedef struct fit_groups {
    int size;             /* ranks that share a fit; 1: none */
    double alone, shared; /* bytes a rank needs for the largest fit, by itself and with `size` */
    double has;           /* bytes a rank has */
} fit_groups;

/* Chooses, once the catalogue, the parameters and the source's shapes are known. MEC_REFUSED where
 * nothing fits, or where the setting asks for what cannot be done. Collective; the status is
 * agreed. */
mec_code fit_groups_choose(const job_context *context, const fit_data *data, fit_groups *groups,
                           mec_status *status);

#endif
