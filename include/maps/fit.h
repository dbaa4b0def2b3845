/* One fit: a source, a split, any number of target cells; their scores on the test states.
 *
 * This is where a cell's number comes from: its responses and the source's on the train states go
 * into the map, the map predicts the test states, the prediction is scored against the responses.
 */
#ifndef MEC_MAPS_FIT_H
#define MEC_MAPS_FIT_H

#include "maps/map.h"
#include "maps/scores.h"

/* Some cells of a population, and where their results go; NULL where not wanted. */
typedef struct mec_fit_target {
    const mec_population *population;
    const uint32_t *cells; /* (n) its columns */
    size_t n;
    double *score[MEC_N_CELL_SCORE]; /* (n) each */
    double *rsa;                     /* one number: of all these cells together */
    double *gap;                     /* (n) relative duality gap, see mec_block */
    int8_t *outcome;                 /* (n) mec_outcome */
} mec_fit_target;

typedef struct mec_fit {
    const mec_problem *problem;
    const mec_map *map;
    bool alone;           /* every cell is fitted by itself, by a joint map too */
    const mec_bins *bins; /* of the states; for neg_emd */
} mec_fit;

/* Memory that a rank keeps from one fit to the next. Zeroed: empty. */
typedef struct mec_fit_workspace {
    mec_scratch fit;    /* lives as long as one fit */
    mec_scratch target; /* one target */
    mec_scratch block;  /* one block of target cells */
} mec_fit_workspace;

void mec_fit_workspace_release(mec_fit_workspace *workspace);

/* Fits and scores every cell of the `n_target` targets; all states of the problem must be finite in
 * the source and the targets. Target cells are taken in blocks of fixed width (joint maps: whole
 * targets), so that memory is bounded and the bits depend on shapes alone. Without a train state
 * (unless the map needs none) or a test state every score is NaN. MEC_STOPPED where the problem's
 * pulse asked for it: the results are then incomplete. */
mec_code mec_fit_run(const mec_fit *fit, const mec_fit_target *targets, size_t n_target,
                     mec_fit_workspace *workspace, mec_status *status);

/* The most target cells in a block; bytes that one fit holds, with m the cells of its largest
 * target, `scores` a bit for every mec_score. */
enum { MEC_FIT_BLOCK = 512 };
double mec_fit_memory(const mec_map *map, const mec_map_parameters *parameters,
                      const mec_shape *shape, uint32_t scores);

#endif
