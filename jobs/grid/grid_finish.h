/* What follows from the numbers per split of a finished grid search, from its file alone, as
 * fit/fit_finish.h. Serial. */
#ifndef MEC_JOBS_GRID_FINISH_H
#define MEC_JOBS_GRID_FINISH_H

#include "storage/run_file.h"

/* Finishes the run file of a search: points that were not accepted and searches that failed change
 * the state; the room of what only the search itself needed is given back. Only a whole file is
 * given its means. */
mec_code grid_finish_file(const char *path, bool whole, mec_run_state *state, mec_status *status);

#endif
