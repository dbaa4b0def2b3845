/* What a grid search chose, as a file that [map] per_cell reads (fit/per_cell.h). */
#ifndef MEC_JOBS_GRID_TABLE_H
#define MEC_JOBS_GRID_TABLE_H

#include "report/results.h"

/* Writes one line a search to `out` (NULL: stdout), and says on stdout how many. Searches in which
 * nothing was chosen have no line, which is told on stderr: [map] would decide for them.
 * MEC_REFUSED where the run was no grid search. */
mec_code grid_table_write(const results *r, const char *out, mec_status *status);

#endif
