/* The order in which tasks are handed out: costly ones first, so that the last to finish are small
 * (Graham, SIAM J. Appl. Math. 17 (1969) 416-429). No MPI here: the farm moves the tasks.
 *
 * Estimated costs compare tasks of one class; how many seconds a unit of cost takes is learned for
 * each class from the tasks that are done, and what is left is handed out by what is expected then.
 * A class that nobody has worked on yet goes first with one task, so that it is known early. Only
 * the order depends on that, never what a task computes. */
#ifndef MEC_PARALLEL_SCHEDULE_H
#define MEC_PARALLEL_SCHEDULE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

/* Whether a task is to be done here. */
typedef enum mec_task_mark {
    MEC_TASK_TO_DO = 0,
    MEC_TASK_DONE = 1,
    MEC_TASK_ELSEWHERE = 2, /* belongs to another run; does not count */
} mec_task_mark;

/* What a job wants done: tasks 0 .. n_task - 1, owned by the job. */
typedef struct mec_plan {
    size_t n_task;
    const double *cost;  /* (n_task) estimates, in any one unit */
    const uint8_t *done; /* (n_task) a mec_task_mark each; NULL: all are to do */
    size_t first, n_now; /* the tasks that are handed out now; n_now 0: all */
    /* (n_task) small numbers; tasks alike in shape, and of one wave, share one; NULL: all do */
    const uint32_t *class;
    /* (n_task) tasks of a wave begin when all of those before it are done; NULL: there is one */
    const uint8_t *wave;
} mec_plan;

typedef struct mec_schedule {
    const mec_plan *plan;
    size_t *order; /* (n) tasks to hand out, class by class, each from costly to cheap */
    struct mec_schedule_class *classes; /* (n_class) */
    size_t n, n_class;
    unsigned wave;
    size_t n_left; /* of the wave */
} mec_schedule;

/* The plan must outlive the schedule. */
mec_code mec_schedule_create(mec_schedule *schedule, const mec_plan *plan, mec_status *status);
void mec_schedule_destroy(mec_schedule *schedule);

/* Hands out the next task of the wave; false where none is left. Ties go by class,
 * then by number. O(n_class). */
bool mec_schedule_next(mec_schedule *schedule, size_t *task);

/* Goes on to the next wave that has tasks, once all tasks of this one are done; false where there
 * is none. */
bool mec_schedule_next_wave(mec_schedule *schedule);

/* Learns from a task that was handed out and is done. */
void mec_schedule_learn(mec_schedule *schedule, size_t task, double seconds);

/* Seconds that one rank was busy with the tasks learned from, and would be with all others of the
 * schedule; the latter in units of cost as long as nothing was learned. */
void mec_schedule_work(const mec_schedule *schedule, double *done, double *left);

/* How many of the wave have not been handed out. */
size_t mec_schedule_n_left(const mec_schedule *schedule);

/* How many tasks a worker may hold at once, the one it works on included: some, so that it never
 * waits for rank 0, which reads its mail between blocks of its own work; fewer the fewer are left,
 * down to one, so that those that follow still go where there is time. At most MEC_SCHEDULE_DEPTH.
 */
enum { MEC_SCHEDULE_DEPTH = 4 };
size_t mec_schedule_depth(const mec_schedule *schedule, size_t n_rank);

#endif
