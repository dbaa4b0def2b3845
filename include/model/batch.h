/* A batch of walks, or a rank's part of one, as a network reads it and is judged by: place codes
 * and inputs in the network's numbers, true positions, and the two bounds that no network gets
 * below: how far the decoder puts a perfect code, and the entropy of the codes. */
#ifndef MEC_MODEL_BATCH_H
#define MEC_MODEL_BATCH_H

#include <stddef.h>
#include <stdint.h>

#include "base/status.h"
#include "model/loss.h"
#include "model/place_cells.h"
#include "model/trajectories.h"
#include "numerics/real.h"

/* Which draws a batch has room for. */
typedef enum mec_batch_draws {
    MEC_BATCH_SEEDED = 1, /* of a whole batch by its seed; of it, the part is kept */
    MEC_BATCH_OF_STEP = 2 /* of the part alone */
} mec_batch_draws;

typedef struct mec_batch {
    mec_walk walk;
    mec_place_cells *cells;  /* not owned */
    size_t first, n_walk;    /* the part of walk.batch_size */
    size_t n_state, n_input; /* n_walk * T; inputs a state */
    mec_trajectories whole, part;
    double *position; /* (T, n_walk, 2) m, true positions after each step */
    double *wide;     /* working memory of encoding and decoding */
    mec_real *code;   /* (n_walk, n_place) of the initial positions */
    mec_real *input;  /* (T, n_walk, n_input): velocity, then cues */
    mec_real *target; /* (T, n_walk, n_place) */
} mec_batch;

/* Room for trajectories first .. first + n_walk - 1 of the batches of `walk`; `draws` are
 * mec_batch_draws. To be destroyed in any case. Draws allocate nothing. */
mec_code mec_batch_create(mec_batch *batch, const mec_walk *walk, mec_place_cells *cells,
                          size_t first, size_t n_walk, unsigned draws, mec_status *status);
void mec_batch_destroy(mec_batch *batch);
double mec_batch_memory(const mec_walk *walk, size_t n_place, size_t n_walk,
                        unsigned draws); /* bytes */

/* The part of the batch of NumPy's RandomState(seed), or of a training step. */
mec_code mec_batch_draw_seeded(mec_batch *batch, uint32_t seed, mec_status *status);
mec_code mec_batch_draw_step(mec_batch *batch, uint64_t seed, uint64_t step, mec_status *status);

/* What a batch says of a network, or of itself, as sums over the states of the part. */
typedef struct mec_batch_sums {
    double loss;    /* without weight decay */
    double error_m; /* from the position that the answer decodes to */
    double floor_m; /* the same of a perfect answer */
    double entropy; /* of the place codes, the least loss; 0 of a position */
} mec_batch_sums;

/* Of the answers `dc` (T, n_walk, n_place). */
void mec_batch_judge(mec_batch *batch, mec_loss loss, const mec_real *dc, mec_batch_sums *sums);

#endif
