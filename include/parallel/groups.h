/* Groups of ranks that do one task together, where one rank has not the memory for it or there are
 * fewer tasks than ranks.
 *
 * Ranks that follow each other make a group, so that most of its messages stay on a node; all
 * groups are of one size, because that decides the last bits of what they compute. Ranks that are
 * left over compute nothing and join the flushes. The first ranks of the groups are a farm of their
 * own (parallel/farm.h); each tells its group what the farm has ordered. */
#ifndef MEC_PARALLEL_GROUPS_H
#define MEC_PARALLEL_GROUPS_H

#include "parallel/farm.h"

typedef struct mec_groups {
    const mec_world *world;
    int size, n_group; /* ranks of a group; groups */
    mec_world group;   /* this rank's; of size 0 where it is left over */
    mec_world leaders; /* the first ranks of all groups; of size 0 on others */
    mec_world told;    /* this group, and with the last one those left over */
} mec_groups;

/* `size` is 1 to world->size. `world` must outlive the groups. Collective; size must agree. */
void mec_groups_create(const mec_world *world, int size, mec_groups *groups);

/* Collective; zeroed groups are ignored. */
void mec_groups_destroy(mec_groups *groups);

/* As mec_farm_run, but every task is computed by all ranks of a group at once: job->compute is
 * collective over groups->group and its status need not be agreed; job->flush is collective over
 * the world, and only the first rank of a group has records. Collective; the status is agreed. */
mec_code mec_groups_run(const mec_groups *groups, const mec_plan *plan, const mec_farm_job *job,
                        const mec_farm_options *options, mec_status *status);

#endif
