/* What the user asked for on the command line, and the help that answers when it was help. */
#ifndef MEC_JOBS_COMMAND_LINE_H
#define MEC_JOBS_COMMAND_LINE_H

#include "job.h"

/* Every job is one row of a table. `sections` are the settings it reads, or NULL. Jobs that `run`
 * do so on all ranks, those that `run_alone` on one process, without MPI. */
typedef struct job_row {
    const char *name, *sections;
    mec_code (*run)(const job_context *context, mec_status *status);
    mec_code (*run_alone)(int n, char **arguments, mec_status *status);
    const char *usage, *help;
} job_row;

typedef struct command_line {
    const job_row *job; /* NULL: the user asked for help or the version, and was answered */
    const char *config; /* the job file */
    char **rest;        /* overrides; of a job that runs alone, all its arguments */
    int n_rest;
    bool dry_run;
} command_line;

/* Takes the arguments apart; prints help and version itself if `speaks`. MEC_REFUSED names what was
 * found and what is accepted. `line` points into `argv`. */
mec_code command_line_read(command_line *line, const job_row *jobs, size_t n_job, int argc,
                           char **argv, bool speaks, mec_status *status);

/* The rank that the launcher will give this process, before MPI is started: who prints. */
int command_line_launched_rank(void);

#endif
