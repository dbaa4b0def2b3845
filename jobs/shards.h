/* Runs that are divided among the jobs of a SLURM array: run.shards jobs, each with some of the
 * tasks and a run file of its own, which mec merge joins. */
#ifndef MEC_JOBS_SHARDS_H
#define MEC_JOBS_SHARDS_H

#include "batch.h"
#include "command_line.h"

/* The jobs that can be divided. */
#define SHARDS_JOBS "fit grid ratemaps"

/* Finds out which shard this job is and gives run->output its name, NAME.<shard>-of-<shards>.h5.
 * MEC_REFUSED where that cannot be told, or the job cannot be divided. The same on all ranks, whose
 * environment agrees. */
mec_code shards_resolve(mec_settings *settings, const job_row *job, run_settings *run,
                        mec_status *status);

/* Which of a batch's tasks are this shard's: `own` (n_task); returns how many. A function of the
 * plan alone, so that jobs that never meet agree on it. */
size_t shards_share(const batch *b, const run_settings *run, bool *own, mec_status *status);

#endif
