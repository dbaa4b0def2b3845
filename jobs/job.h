/* What a job is to the program: a name, the sections it reads, a function. One row a job in
 * main.c. */
#ifndef MEC_JOBS_JOB_H
#define MEC_JOBS_JOB_H

#include "parallel/world.h"
#include "settings.h"

/* What every job is given. */
typedef struct job_context {
    const mec_world *world;
    mec_settings *settings; /* for provenance: where a value was given */
    const job_settings *values;
    const char *sections; /* that the job reads */
    bool dry_run;         /* print what would be done, write nothing */
    bool rehearsal;       /* plan alone, before maps are drawn: see fit_model_rehearse */
    double started;       /* of the program, by mec_clock_seconds */
} job_context;

/* Runs on every rank; collective; the status is agreed. Results go to stdout from rank 0. */
mec_code job_fit(const job_context *context, mec_status *status);
mec_code job_grid(const job_context *context, mec_status *status);
mec_code job_train(const job_context *context, mec_status *status);
mec_code job_synth(const job_context *context, mec_status *status);
mec_code job_ratemaps(const job_context *context, mec_status *status);

/* Runs on one process without MPI. `arguments` are those behind the job's name. */
mec_code job_merge(int n, char **arguments, mec_status *status);
mec_code job_show(int n, char **arguments, mec_status *status);
mec_code job_export(int n, char **arguments, mec_status *status);
mec_code job_import(int n, char **arguments, mec_status *status);

/* What follows the name of a job that runs alone: for its messages and for the program's help. */
#define JOB_SHOW_USAGE                                                                             \
    "[--status|--tasks] [--plot OUT.png|OUT.svg] FILE [FILE2] [score=NAME] | [layer=NAME] "        \
    "[box=NAME] [units=LIST] [by=NAME]"
#define JOB_MERGE_USAGE "[--partial] OUT.h5 PART.h5..."
#define JOB_IMPORT_USAGE                                                                           \
    "FROM OUT.h5 [CONFIG.ini] [section.key=value ...] [--dry-run] | --published DIR"
#define JOB_EXPORT_USAGE                                                                           \
    "FILE [OUT.csv] [splits=yes] [sources=yes] | per_cell=yes | --tensorflow DIR FILE"

#endif
