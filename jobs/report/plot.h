/* Pictures of the scores of run files. */
#ifndef MEC_JOBS_PLOT_H
#define MEC_JOBS_PLOT_H

#include <stddef.h>

#include "base/status.h"

/* Draws the metric called `score` to `out` (.png or .svg) and prints what was drawn on stdout: of
 * one run file how the values are distributed over the cells of every animal, of two the one file
 * against the other, cell by cell. `score` NULL: corr; of one grid search the picture of its grid.
 */
mec_code plot_draw(const char *out, const char *const *files, size_t n_file, const char *score,
                   mec_status *status);

#endif
