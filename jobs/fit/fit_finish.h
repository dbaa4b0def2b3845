/* What follows from the numbers per split of a finished run: means, noise-corrected scores, whether
 * fits failed. Worked out from the file alone, so that the job that wrote it and mec merge, which
 * has no plan, do the same. Serial. */
#ifndef MEC_JOBS_FIT_FINISH_H
#define MEC_JOBS_FIT_FINISH_H

#include "storage/h5.h"
#include "storage/run_file.h"

/* Calls `visit` for the group of every target below `top` ("fits", "grid") of the file at `path`,
 * until it says false, which is a failure to write. */
mec_code fit_finish_each(const char *path, const char *top,
                         bool (*visit)(void *self, hid_t group, mec_status *status), void *self,
                         mec_status *status);

/* The means along the splits, then the sources, of `per_split`, whose rows are cells where
 * `of_cells`, go to `means`; how many splits counted to `counts` (NULL: nowhere). False where an
 * array cannot be read or written. */
bool fit_finish_means(hid_t group, const char *per_split, bool of_cells, const char *means,
                      const char *counts, mec_status *status);

/* Finishes the run file of a fit: failed fits change the state. Only a whole file, of all tasks, is
 * given its means: those of a part are worked out when it is merged. */
mec_code fit_finish_file(const char *path, bool whole, mec_run_state *state, mec_status *status);

#endif
