/* A job for the farm that keeps book: who computed and flushed what, how often. */
#ifndef MEC_TESTS_FARM_JOB_H
#define MEC_TESTS_FARM_JOB_H

#include "parallel/farm.h"

enum { MAX_TASK = 400 };

typedef struct farm_job {
    const mec_world *world;
    size_t n_task;
    double cost[MAX_TASK];    /* seconds that a task sleeps */
    uint32_t class[MAX_TASK]; /* as in a mec_plan */
    uint8_t wave[MAX_TASK];   /* likewise; 0 or 1 */
    size_t n_first_flushed;   /* on all ranks, of wave 0 */
    bool deaf;            /* rank 0 takes 0.3 s for any task and gives no beat then, others none */
    bool early;           /* a task of wave 1 was begun before all of wave 0 were flushed */
    size_t stopping_task; /* raises SIGTERM; MAX_TASK: none */
    int failing_flush, on_rank; /* the number of the flush that fails, from 1, and where; 0: none */
    int computed[MAX_TASK];     /* on this rank */
    int flushed[MAX_TASK];      /* on this rank */
    int n_flush;
    bool flushed_after_failure;
    bool flushes_at_beats; /* as in a mec_farm_job */
    bool computing;
    bool flushed_within; /* a flush came while this rank computed */
} farm_job;

/* `n_task` tasks of no cost. */
farm_job farm_job_make(const mec_world *world, size_t n_task);

/* Runs the farm; `done` may be NULL. Collective. */
mec_code farm_job_run(farm_job *job, const uint8_t *done, double flush_seconds, double time_limit,
                      mec_status *status);

/* Sums over ranks; collective. How many tasks were computed, how many flushed, whether every one of
 * them at most once, and whether those flushed are those computed. */
typedef struct farm_tally {
    size_t n_computed, n_flushed;
    bool once, all_flushed;
} farm_tally;

farm_tally farm_job_tally(const farm_job *job);

#endif
