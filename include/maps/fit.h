/* One fit: a source, a split, any number of target cells; their scores on the test states.
 *
 * This is where a cell's number comes from: its responses and the source's on the train states go
 * into the map, the map predicts the test states, the prediction is scored against the responses.
 */
#ifndef MEC_MAPS_FIT_H
#define MEC_MAPS_FIT_H

#include "base/pulse.h"
#include "maps/map.h"
#include "maps/scores.h"

/* Cells [first, last) of a population, and where their scores go. */
typedef struct mec_fit_target {
    const mec_population *population;
    size_t first, last;
    double *score[MEC_N_SCORE]; /* of cell `first`; NULL where not wanted */
    size_t stride;              /* from one cell's score to the next's */
} mec_fit_target;

/* Memory that a rank keeps from one fit to the next. Zeroed: empty. */
typedef struct mec_fit_workspace {
    mec_scratch fit;   /* lives as long as one fit */
    mec_scratch block; /* one block of target cells */
} mec_fit_workspace;

void mec_fit_workspace_release(mec_fit_workspace *workspace);

/* Fits `map` and scores every cell of the `n_target` targets; all states of the problem must be
 * finite in the source and the targets. Target cells are taken in blocks of fixed width, so that
 * memory is bounded and the bits depend on shapes alone. Without a train or a test state every
 * score is NaN. MEC_STOPPED where the pulse asked for it: the scores are then incomplete. */
mec_code mec_fit_run(const mec_problem *problem, const mec_map *map, const mec_fit_target *targets,
                     size_t n_target, mec_fit_workspace *workspace, const mec_pulse *pulse,
                     mec_status *status);

/* The most target cells in a block; bytes that one fit holds. */
enum { MEC_FIT_BLOCK = 512 };
double mec_fit_memory(const mec_map *map, size_t n_source_cell, size_t n_train, size_t n_test,
                      size_t n_target_cell);

#endif
