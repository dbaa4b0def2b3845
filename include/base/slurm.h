/* What SLURM says of a job: from the environment, else by asking squeue, which is started directly
 * (no shell) and given a few seconds. Without SLURM every answer is that nothing is known. */
#ifndef MEC_BASE_SLURM_H
#define MEC_BASE_SLURM_H

#include <stdbool.h>

/* Seconds until SLURM ends this job; infinite where there is no limit, or none can be read. */
double mec_slurm_seconds_left(void);

/* Whether SLURM knows that nothing of the job with this id runs any more. */
bool mec_slurm_has_ended(const char *job);

/* How many processes the step that this one belongs to has; 0 outside of steps. */
int mec_slurm_step_size(void);

/* "[days-]hours:minutes:seconds" or less of it, as squeue prints times; infinite for words. */
double mec_slurm_parse_time(const char *text);

#endif
