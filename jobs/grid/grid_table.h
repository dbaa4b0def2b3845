/* What a grid search chose, as the table of parameters that `map.per_cell` takes: so that a fit can
 * be made with it. */
#ifndef MEC_JOBS_GRID_TABLE_H
#define MEC_JOBS_GRID_TABLE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/status.h"

/* Whether the file at `path` is HDF5. */
bool grid_table_is_run(const char *path);

/* The choices of the grid run file at `path` as CSV text of `*size` bytes, owned by the caller:
 * arena, source (pairwise), cell_id, split, and the elastic net's parameters, which read back to
 * the same bits. A cell and split for which nothing could be chosen gets a penalty so strong that
 * it predicts nothing. NULL with MEC_REFUSED where the file is no complete grid run. Serial. */
char *grid_table_read(const char *path, size_t *size, mec_status *status);

#endif
