/* Tables of a run file's scores: per arena, per animal, over all. */
#ifndef MEC_JOBS_SUMMARY_H
#define MEC_JOBS_SUMMARY_H

#include <stdio.h>

#include "base/status.h"

/* Prints what the run file at `path` is and a table of `score` (its first score where it has no
 * such one and `score` is "corr"). Of an unfinished run the means are those of the splits that are
 * done. MEC_REFUSED where it is not a run file or has no such score. Serial. */
mec_code summary_print(const char *path, const char *score, FILE *stream, mec_status *status);

#endif
