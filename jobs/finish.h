/* What is left to do in the file of a run whose tasks are done: one row a job. From the file alone:
 * the job does it to its own file, mec merge to one that it has joined. Serial. */
#ifndef MEC_JOBS_FINISH_H
#define MEC_JOBS_FINISH_H

#include "storage/run_file.h"

/* Finishes the file of `job` at `path`; `whole`: it has the results of all tasks, not of some
 * shard's. May change the state. */
mec_code finish_file(const char *job, const char *path, bool whole, mec_run_state *state,
                     mec_status *status);

#endif
