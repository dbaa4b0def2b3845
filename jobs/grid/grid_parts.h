/* What the parts of cells whose search is cut leave in the run file for the tasks that join them:
 * below /parts, one row a cell and split that is cut (none: no such group). Once the run is
 * complete nobody needs it. */
#ifndef MEC_JOBS_GRID_PARTS_H
#define MEC_JOBS_GRID_PARTS_H

#include "grid/grid_output.h"

/* The scores of all points on all folds: by far the most of it. */
#define GRID_PARTS_SCORE "/parts/score"

typedef struct grid_parts {
    const fit_plan *plan;
    const mec_grid *grid;
    int score, largest_relative_gap, status, n_rejected, rejected; /* indices in the layout */
    mec_run_file *file;
} grid_parts;

mec_code grid_parts_describe(grid_parts *parts, const fit_plan *plan, const mec_grid *grid,
                             mec_layout *layout, mec_status *status);

/* Opens what there is for reading. Collective; the status is agreed. */
mec_code grid_parts_open(grid_parts *parts, mec_run_file *file, mec_status *status);

/* Room in the outbox for the scores of a part's points, (n l1_ratios, alphas); NULL with a status.
 */
double *grid_parts_take_scores(const grid_parts *parts, mec_outbox *outbox, const fit_task *task,
                               mec_status *status);

/* Puts what else a part has found into the outbox. */
mec_code grid_parts_put(const grid_parts *parts, mec_outbox *outbox, const fit_task *task,
                        const grid_cell_result *result, mec_status *status);

/* Joins all parts of the cell that `task` joins: `result` as one search would have left it, but for
 * the test scores; its lists are the caller's. */
mec_code grid_parts_join(const grid_parts *parts, const fit_task *task, grid_cell_result *result,
                         mec_scratch *scratch, mec_status *status);

#endif
