/* A job that is many tasks: run file, farm, progress, what is told before and after. Written once;
 * a job supplies what its tasks are, how one is computed, and what its file holds. */
#ifndef MEC_JOBS_BATCH_H
#define MEC_JOBS_BATCH_H

#include "base/pulse.h"
#include "job.h"
#include "parallel/groups.h"
#include "storage/outbox.h"
#include "storage/run_file.h"

/* For results that are sums over tasks, not slices that one task fills: the tasks run in phases of
 * equal numbers, one after the other, and the job itself puts its results into the file. All are
 * collective, and their status is agreed. */
typedef struct batch_phases {
    size_t n_task; /* of each phase */
    /* Once the file is open: may find more tasks to be done than it says. */
    mec_code (*open)(void *self, mec_run_file *file, uint8_t *done, mec_status *status);
    /* Before the first task of a phase. */
    mec_code (*begin)(void *self, size_t phase, mec_status *status);
    mec_code (*flush)(void *self, mec_run_file *file, const mec_task_record *records,
                      size_t n_record, mec_status *status);
    /* Whether a phase whose tasks are done has still to be ended. */
    bool (*is_open)(void *self, size_t phase);
    /* Once all tasks of a phase are flushed. */
    mec_code (*end)(void *self, mec_run_file *file, size_t phase, mec_status *status);
    /* Once all phases have ended. */
    mec_code (*close)(void *self, mec_run_file *file, mec_status *status);
} batch_phases;

typedef struct batch {
    void *self;
    const char *job; /* its name in the file */
    size_t n_task;
    const double *cost;       /* (n_task) multiplications */
    const char *const *names; /* (n_task) */
    const uint32_t *class;    /* (n_task) as in mec_plan; NULL: all alike */
    const uint8_t *wave;      /* (n_task) as in mec_plan; NULL: one */
    const size_t *unit; /* (n_task) the first task of those that share a shard; NULL: itself */
    const mec_groups *groups; /* that do tasks together, of 1 rank or more; NULL: of 1 always */
    const mec_input *inputs;
    size_t n_input;
    /* Adds the job's arrays to the layout. */
    mec_code (*describe)(void *self, mec_layout *layout, mec_status *status);
    /* What is made before the first task; not called where all are done. `file` outlives the tasks,
     * of which later waves may read it. Collective; the status is agreed. NULL: nothing. */
    mec_code (*prepare)(void *self, mec_run_file *file, mec_status *status);
    /* Computes one task and takes slices of the outbox for its results; with groups on all ranks
     * of one, the first of which takes the slices. */
    mec_code (*compute)(void *self, size_t task, mec_outbox *outbox, const mec_pulse *pulse,
                        mec_status *status);
    const batch_phases *phases; /* NULL: results go through the outbox */
    /* Once all tasks are done, before finish_file; NULL: nothing. */
    mec_run_finish finish;
    const char *failures; /* what is told where the run is complete with failures */
} batch;

/* Runs what is not done yet, closes the file and prints its summary on rank 0. MEC_INCOMPLETE, with
 * b->failures, where the run is complete with failures. Collective; until the summary, which rank 0
 * alone may fail to print, the status is agreed. */
mec_code batch_run(const job_context *context, const batch *b, mec_status *status);

/* Refuses run.output where it holds another run, as batch_run will: for jobs with long work before
 * that. Inputs that are not there yet have an empty digest. Collective; the status is agreed. */
mec_code batch_check_output(const job_context *context, const char *job, const mec_input *inputs,
                            size_t n_input, mec_status *status);

/* What a dry run tells of a batch, besides the job's own lines. */
typedef struct batch_estimate {
    const char *of_tasks; /* "4 sources, 10 splits" */
    double data, kernels; /* bytes a node */
    double rank;          /* bytes a rank */
    double disk;          /* bytes of the run file; 0: not told */
    double cost;          /* multiplications, of all tasks and what is made before them */
    double seconds;       /* on one core, where some of it was tried; 0: from the cost */
    const char *ranks;    /* how many can be used; NULL: not told */
    const char *groups;   /* how many share a task; NULL: not told */
} batch_estimate;

/* Prints the settings, the tasks, memory and work. */
mec_code batch_print_dry_run(const job_context *context, const batch *b,
                             const batch_estimate *estimate, mec_status *status);

#endif
