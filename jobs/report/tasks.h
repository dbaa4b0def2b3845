/* What /tasks of a run file tells of how the work went: the load of every rank, the slowest tasks,
 * and when each rank was at work. */
#ifndef MEC_JOBS_TASKS_H
#define MEC_JOBS_TASKS_H

#include "storage/resume.h"
#include "storage/run_info.h"

typedef struct tasks {
    mec_task_table table;
    mec_run_info info;
    char **names;    /* (table.n_task) */
    size_t n_rank;   /* the highest one that did a task, and 1 */
    double *busy;    /* (n_rank) seconds */
    size_t *n_done;  /* (n_rank) */
    size_t *slowest; /* (info.n_done) the tasks that are done, from slow to fast */
    double first;    /* when the first task began, since 1970 */
    double last;     /* when the last one ended */
} tasks;

/* Reads them; MEC_REFUSED where the file is being written, or is no whole run file. */
mec_code tasks_read(tasks *t, const char *path, mec_status *status);
void tasks_release(tasks *t);

/* mec show --tasks: prints loads, idle shares, the slowest tasks and those that are not done. */
mec_code tasks_print(const char *path, FILE *stream, mec_status *status);

/* mec show --tasks --plot: draws when each rank was at work to `out`, .png or .svg. */
mec_code tasks_plot(const char *path, const char *out, mec_status *status);

#endif
