/* The task farm: rank 0 hands tasks out and computes too, every rank computes, all flush together.
 *
 * A job supplies a plan and two functions. `compute` does one task on one rank: numbers in, numbers
 * out, no communication; it gives the pulse a beat at the ends of its blocks. `flush` puts finished
 * results where they are safe; it is collective and called every flush_seconds and at the end,
 * between tasks and, where the job allows it, at their beats, so that nobody waits for another's
 * task to end. Results stay on the rank that computed them until then: only orders and reports pass
 * through rank 0. What is computed depends on the task alone, never on the rank.
 *
 * Where the plan has waves, all that one has found is flushed before the next one begins, so that
 * its tasks can read it. A worker holds its next tasks while it works on one. Ranks that wait
 * sleep. A failure or a stop on any rank ends the handing out; tasks in hand are finished or
 * dropped, finished ones are flushed, and every rank returns the same status. */
#ifndef MEC_PARALLEL_FARM_H
#define MEC_PARALLEL_FARM_H

#include "base/progress.h"
#include "base/pulse.h"
#include "parallel/schedule.h"
#include "parallel/world.h"

/* A task that this rank has finished. */
typedef struct mec_task_record {
    size_t task;
    double started; /* seconds since 1970 */
    double seconds;
} mec_task_record;

typedef struct mec_farm_job {
    void *self;
    mec_code (*compute)(void *self, size_t task, const mec_pulse *pulse, mec_status *status);
    /* `records` are the tasks that this rank finished since the last flush. Returns an agreed
     * status. */
    mec_code (*flush)(void *self, const mec_task_record *records, size_t n_record,
                      mec_status *status);
    bool flushes_at_beats; /* `flush` may come while `compute` gives a beat */
} mec_farm_job;

typedef struct mec_farm_options {
    double flush_seconds;
    double time_limit;      /* seconds from `started`, after which it stops on request; 0: none */
    double started;         /* of the program, by mec_clock_seconds */
    mec_progress *progress; /* on rank 0 */
    int ranks_each;         /* of the program, that a rank of the farm leads; 0: itself alone */
} mec_farm_options;

/* Does every task of the plan that is not done. Collective; plan, job and options must agree. The
 * status is agreed: MEC_OK (all done), MEC_STOPPED (on request, what was finished is flushed) or
 * what failed first. */
mec_code mec_farm_run(const mec_world *world, const mec_plan *plan, const mec_farm_job *job,
                      const mec_farm_options *options, mec_status *status);

#endif
