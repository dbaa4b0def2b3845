/* What a grid search chose, as the table of parameters that [map] per_cell takes (fit/per_cell.h),
 * so that a fit can be made with it.
 *
 * One line a cell, split and, in pairwise runs, source; numbers read back to the same bits. Where
 * nothing could be chosen the line has a penalty so strong that it predicts nothing, as the search
 * found nothing. */
#ifndef MEC_JOBS_GRID_TABLE_H
#define MEC_JOBS_GRID_TABLE_H

#include "report/results.h"

/* Whether the file at `path` is HDF5, and so no table itself. */
bool grid_table_is_run(const char *path);

/* The table of the run file at `path` as CSV text of `*size` bytes, owned by the caller. NULL with
 * MEC_REFUSED where that is no complete grid search. Serial. */
char *grid_table_read(const char *path, size_t *size, mec_status *status);

/* Writes the table to `out` (NULL: stdout), and says on stdout how many lines. MEC_REFUSED where
 * the run was no grid search. */
mec_code grid_table_write(const results *r, const char *out, mec_status *status);

#endif
