/* What `grid` writes: /grid/alpha and /grid/l1_ratio, and below /grid/<arena>/<animal>/ what was
 * chosen for every cell and split (pairwise: and source), how sure that is, and how well it
 * predicts the split's test states. The place where these names and shapes are defined. */
#ifndef MEC_JOBS_GRID_OUTPUT_H
#define MEC_JOBS_GRID_OUTPUT_H

#include "fit/fit_plan.h"
#include "maps/grid.h"
#include "storage/outbox.h"
#include "storage/run_file.h"

/* The first points of a cell and split that were not accepted are listed in the file. */
enum { GRID_N_LISTED = 8 };

/* Indices in the layout of one target animal's arrays. */
typedef struct grid_arrays {
    int best_alpha, best_l1_ratio, best_cv_score, test_corr, ridge_test_corr;
    int largest_relative_gap;
    int one_se_alpha, one_se_l1_ratio, n_within_one_se, on_edge;
    int status, n_rejected, rejected;
    int cv_score; /* -1 unless the surfaces are kept */
    int corr;
} grid_arrays;

typedef struct grid_output {
    const fit_plan *plan;
    const mec_grid *grid;
    const mec_layout *layout;
    bool keep_scores;
    grid_arrays *arrays; /* one an animal of the dataset */
} grid_output;

/* One cell's results for one split. */
typedef struct grid_cell_result {
    mec_grid_result found;
    double test_corr;
    double ridge_test_corr;   /* of Ridge with alpha = 1, what there is without a search */
    double *surface;          /* (n_alpha, n_l1_ratio), or NULL */
    mec_grid_point *rejected; /* (GRID_N_LISTED) */
} grid_cell_result;

mec_code grid_output_describe(grid_output *output, const fit_plan *plan, const mec_grid *grid,
                              bool keep_scores, mec_layout *layout, mec_status *status);
void grid_output_destroy(grid_output *output);

/* A point as it is listed, its position in (fold, alpha, l1_ratio); and back. */
int32_t grid_output_position(const mec_grid *grid, mec_grid_point point);
mec_grid_point grid_output_point(const mec_grid *grid, int32_t position);

/* Puts the results of one cell of a task into the outbox. */
mec_code grid_output_put(const grid_output *output, mec_outbox *outbox, const fit_task *task,
                         fit_cell cell, const grid_cell_result *result, mec_status *status);

#endif
