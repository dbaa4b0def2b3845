/* What X'(y - X w) of a point of the grid is expected to be, which tells its active set: between
 * two points of its row, and off that line by as much as in the row before. Between one alpha and
 * the next that distance changes little, which saves a fifth of Newton's steps.
 *
 * Products are kept in units of n alpha, in which the bound is the l1_ratio: it goes along a line
 * between two points too, and does not change where the active set stays. Only src/maps/grid*.c
 * look in here. */
#ifndef MEC_MAPS_GRID_TREND_H
#define MEC_MAPS_GRID_TREND_H

#include "base/scratch.h"

typedef struct mec_grid_trend {
    size_t n_place, p;
    float *products; /* (2, n_place, p) of the last even and odd row */
    size_t *row;     /* (2, n_place) which row that was, plus 1; 0: none */
} mec_grid_trend;

mec_code mec_grid_trend_take(size_t n_place, size_t p, mec_grid_trend *trend, mec_scratch *scratch,
                             mec_status *status);
double mec_grid_trend_memory(size_t n_place, size_t p);

void mec_grid_trend_forget(mec_grid_trend *trend);

/* Notes the products (p) of a solution for the place of an l1_ratio in a row; `unit` is n alpha of
 * the alpha that they were found at, which is another than the row's where the active set stays. */
void mec_grid_trend_note(mec_grid_trend *trend, size_t row, size_t place, double l1_ratio,
                         double unit, const double *products);
bool mec_grid_trend_has(const mec_grid_trend *trend, size_t row, size_t place);

/* out (p): the products expected in a row at `place`, a part of the way from `first` to `last`,
 * which have been noted there. */
void mec_grid_trend_expect(const mec_grid_trend *trend, size_t row, size_t place, size_t first,
                           size_t last, double part, double unit, double *out);

#endif
