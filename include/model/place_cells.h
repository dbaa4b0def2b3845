/* Place cells: the code of position that a path integrator starts from and is trained to keep.
 *
 * Centres are uniform in the box, drawn as TensorFlow 2.0 draws them from global seed 0, so that
 * published networks fit. Nothing here knows of networks. */
#ifndef MEC_MODEL_PLACE_CELLS_H
#define MEC_MODEL_PLACE_CELLS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/status.h"
#include "model/box.h"

typedef struct mec_place_options {
    mec_box box;
    size_t n_cell;         /* Np; 2 with `identity`, at least 3 without */
    double sigma;          /* m, width of a place field (place_cell_rf) */
    double surround_scale; /* of the variance of the surround */
    bool dog;              /* difference of Gaussians */
    bool identity;         /* the code is the position itself */
} mec_place_options;

typedef struct mec_place_cells {
    mec_place_options options;
    double *centres;  /* (n_cell, 2) x, y in m; NULL with `identity` */
    double *surround; /* (n_cell) working memory of the encoder: one thread at a time */
} mec_place_cells;

/* MEC_REFUSED, naming the key of [model], where the options do not go together. */
mec_code mec_place_cells_create(mec_place_cells *cells, const mec_place_options *options,
                                mec_status *status);
void mec_place_cells_destroy(mec_place_cells *cells);

/* The code of positions (n, 2): `code` (n, n_cell). Cost: two exponentials a cell and position. */
void mec_place_cells_encode(const mec_place_cells *cells, const double *positions, size_t n,
                            double *code);

/* The position that each row of `code` (n, n_cell), activations or logits, stands for: the mean of
 * the centres of its 3 most active cells, the lower index first among equals; NaN where a row
 * has a number that is not finite. `positions` (n, 2). */
void mec_place_cells_decode(const mec_place_cells *cells, const float *code, size_t n,
                            double *positions);

#endif
