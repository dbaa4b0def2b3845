/* The order in which tasks are handed out: costly ones first, so that the last to finish are small
 * (Graham, SIAM J. Appl. Math. 17 (1969) 416-429). No MPI here: the farm moves the tasks. */
#ifndef MEC_PARALLEL_SCHEDULE_H
#define MEC_PARALLEL_SCHEDULE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

/* What a job wants done: tasks 0 .. n_task - 1, owned by the job. */
typedef struct mec_plan {
    size_t n_task;
    const double *cost;  /* (n_task) estimates, in any one unit */
    const uint8_t *done; /* (n_task) not to be done again; NULL: none */
    size_t first, n_now; /* the tasks that are handed out now; n_now 0: all */
} mec_plan;

typedef struct mec_schedule {
    size_t *order; /* (n) tasks to hand out */
    size_t n, next;
} mec_schedule;

mec_code mec_schedule_create(mec_schedule *schedule, const mec_plan *plan, mec_status *status);
void mec_schedule_destroy(mec_schedule *schedule);

/* Hands out the next task; false where none is left. Ties in cost go by number. */
bool mec_schedule_next(mec_schedule *schedule, size_t *task);

/* How many have not been handed out. */
size_t mec_schedule_n_left(const mec_schedule *schedule);

/* How many tasks a worker may hold at once, the one it works on included: some, so that it never
 * waits for rank 0, which reads its mail between blocks of its own work; fewer the fewer are left,
 * down to one, so that at the end none waits behind another. At most MEC_SCHEDULE_DEPTH. */
enum { MEC_SCHEDULE_DEPTH = 4 };
size_t mec_schedule_depth(const mec_schedule *schedule, size_t n_rank);

#endif
