/* One row of the grid: all l1_ratios at one alpha, on one fold, for one cell.
 *
 * Where the rule asks for a gap of some part of ||y||^2 only, most points need no solve. Weights
 * stay within it over many points: at each point those that the last alpha had there are certified
 * first. Of the others the two ends of the row are solved, and the mean of the weights of two
 * points is what the points between them are certified with, the middle one first; where that is
 * not good enough, the middle is solved and each half is treated likewise. The distance of such a
 * mean from the solution falls with the square of the interval, and its gap with the fourth power.
 *
 * Where the rule asks for what is left of the objective, every point is solved, to rounding, in the
 * same order: what is expected between two points (grid_trend.h) tells its active set. */
#ifndef MEC_MAPS_GRID_ROW_H
#define MEC_MAPS_GRID_ROW_H

#include "maps/elastic_net_ray.h"
#include "maps/grid.h"
#include "maps/grid_known.h"
#include "maps/grid_trend.h"

/* One point of a row while it is searched, in the order of l1_ratios. */
typedef struct mec_grid_spot {
    mec_grid_known known;
    bool is_known;
    bool accepted; /* at the alpha looked at */
    bool settled;  /* its active set, not empty, was that of the solution before */
    bool done;     /* nothing is left to do at the alpha looked at */
    size_t row;    /* where it was solved last, and the alpha there */
    double alpha;
    uint64_t active; /* signature of its active set there */
    /* Of the alphas that were solved ahead: rows first_ahead to, without it, end_ahead. */
    size_t first_ahead, end_ahead;
    bool reaches; /* all that were tried the last time were solved */
    double scores[MEC_NET_RAY];
    mec_certified certificates[MEC_NET_RAY];
    mec_certified certified;
} mec_grid_spot;

/* Working memory of one cell's rows, one fold after another. */
typedef struct mec_grid_rows {
    const mec_grid *grid;
    /* Indices, from the largest to the smallest: (n_alpha), (n_l1_ratio). */
    const size_t *alphas, *l1_ratios;
    const mec_grid_fold *fold;
    mec_net_workspace *workspace;
    mec_grid_spot *spots; /* (n_l1_ratio) */
    mec_grid_known mean;
    mec_net_ray ray;
    mec_grid_trend trend; /* where every point is solved */
    mec_net_weights weights;
    double largest_product;  /* of the fold */
    double *along;           /* (rank) y along the singular vectors of the fold */
    double *work, *expected; /* (n + p), (p) */
    double *sum;             /* (p) zeros between uses */
} mec_grid_rows;

/* Whether an l1_ratio is ridge for every purpose: one decomposition of a fold serves all its alphas
 * and cells. */
bool mec_grid_is_ridge(const mec_grid *grid, double l1_ratio);

mec_code mec_grid_rows_take(const mec_grid *grid, const size_t *alphas, const size_t *l1_ratios,
                            size_t n, size_t p, mec_grid_rows *rows, mec_scratch *scratch,
                            mec_status *status);
double mec_grid_rows_memory(const mec_grid *grid, size_t n, size_t p);

/* Forgets the fold before. */
void mec_grid_rows_start(mec_grid_rows *rows, const mec_grid_fold *fold);

/* Searches the row of an alpha, the row-th of the largest; to be called for one after another. The
 * spots then hold the weights of its points with their scores, certificates, and whether the rule
 * accepts them. */
void mec_grid_rows_search(mec_grid_rows *rows, size_t row);

#endif
