/* What the file of mec ratemaps holds, for every box:
 *
 *     /ratemaps/BOX/LAYER                     (nx, ny, unit) mean activation, NaN in empty bins
 *     /ratemaps/BOX/count                     (nx, ny) samples
 *     /ratemaps/BOX/{x,y,x_edges,y_edges}     m
 *     /ratemaps/BOX/statistics/LAYER/{spatial_information,sparsity,grid_score}  (unit)
 *     /ratemaps/{unit,place_cell}             numbers, of g and pre_g, and of dc
 *
 * BOX is the side of a square box centred on 0, "2.2", as datasets name arenas, else its edges,
 * "min_x_max_x_min_y_max_y"; where there are several trajectory seeds, "/seed_S" follows. */
#ifndef MEC_JOBS_RATEMAPS_OUTPUT_H
#define MEC_JOBS_RATEMAPS_OUTPUT_H

#include "ratemaps/ratemaps_plan.h"
#include "storage/run_file.h"

typedef enum ratemaps_statistic {
    RATEMAPS_INFORMATION,
    RATEMAPS_SPARSITY,
    RATEMAPS_GRID_SCORE,
    RATEMAPS_N_STATISTIC
} ratemaps_statistic;
extern const char *const RATEMAPS_STATISTIC_NAMES[RATEMAPS_N_STATISTIC + 1]; /* NULL last */

/* Arrays of the layout, of one map; -1 where a layer is not asked for. */
typedef struct ratemaps_arrays {
    int count;
    int map[MEC_N_LAYER];
    int statistic[MEC_N_LAYER][RATEMAPS_N_STATISTIC];
} ratemaps_arrays;

/* Adds the arrays of every map; `arrays` (n_map). */
mec_code ratemaps_output_describe(const job_context *context, const ratemaps_plan *plan,
                                  mec_layout *layout, ratemaps_arrays *arrays, mec_status *status);

#endif
