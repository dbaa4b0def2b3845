/* How far a run is: a bar on a terminal, plain lines otherwise, and one JSON line an interval in a
 * side file that can be read while the run's own file is being written. Used by rank 0 only. */
#ifndef MEC_BASE_PROGRESS_H
#define MEC_BASE_PROGRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "base/status.h"

typedef struct mec_progress {
    FILE *file; /* the side file, or NULL */
    size_t n_task, n_before;
    double cost, cost_before; /* of all tasks; of those done before this start */
    double interval;          /* seconds between plain lines */
    double started, printed, written;
    const char *unit; /* what the tasks are called */
    char note[96];    /* said behind the numbers; empty: nothing */
    double flushed;   /* when results were written last, since 1970; 0: not yet */
    double *busy;     /* (n_rank) seconds of the tasks that each rank has done, owned; or NULL */
    size_t n_rank;
} mec_progress;

/* How many ranks' loads are told one by one; of more, only the mean and the least. */
enum { MEC_PROGRESS_RANKS = 64 };

/* Starts counting and opens `path` (NULL: no side file) for appending. `n_before` of the `n_task`
 * tasks, worth `cost_before` of `cost`, were done earlier. */
mec_code mec_progress_start(mec_progress *progress, const char *path, size_t n_task, double cost,
                            size_t n_before, double cost_before, double interval,
                            mec_status *status);

/* Tells of the load of so many ranks from now on, from what is added to p->busy. */
mec_code mec_progress_watch(mec_progress *progress, size_t n_rank, mec_status *status);

/* Tells where the run is now; prints and writes when it is time to, or always if `last`. `state` is
 * "running", "stopped", "complete", ... */
void mec_progress_update(mec_progress *progress, size_t n_done, double cost_done, const char *state,
                         bool last);

void mec_progress_end(mec_progress *progress);

/* Prints the newest line of a side file on `stream`: progress, rate, time left, the last flush, the
 * load of the ranks; false where there is none. */
bool mec_progress_print_newest(const char *path, FILE *stream);

#endif
