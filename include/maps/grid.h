/* The search for an elastic net's penalty, for one target cell at a time: every alpha with every
 * l1_ratio is fitted on all folds of a split's train states but one and scored on that one, and the
 * combination with the best mean score is the cell's choice. Zou & Hastie, J. R. Stat. Soc. B 67
 * (2005) 301-320 have the objective, scikit-learn's; Hastie, Tibshirani & Friedman, The Elements of
 * Statistical Learning (2nd ed., 2009), section 7.10, the one-standard-error rule.
 *
 * A split is prepared once for all cells that share its states. A point is a combination on a fold;
 * every one carries a duality gap found from its weights alone (maps/certificate.h), and those that
 * the certificate does not accept have no score. Where the rule is the objective's, every point is
 * solved to rounding; by scikit-learn's, weights of points nearby stand for most (maps/grid_row.h).
 * What a cell gets, to the bit, does not depend on which other cells are searched.
 *
 * Nothing here looks at the split's test states: the refit of what was chosen is a map's affair. */
#ifndef MEC_MAPS_GRID_H
#define MEC_MAPS_GRID_H

#include "maps/map.h"
#include "maps/scores.h"

/* Grids of every size are searched, in any order of their values. */
typedef struct mec_grid {
    const double *alphas;    /* (n_alpha) >= 0 */
    const double *l1_ratios; /* (n_l1_ratio) 0 .. 1 */
    size_t n_alpha, n_l1_ratio;
    size_t n_fold;      /* at least 2 */
    mec_score cv_score; /* MEC_SCORE_CORR, _R2 or _MSE; of the last the smallest is the best */
    mec_certificate rule;
    double tol; /* of the rule; NaN: its own */
    bool fit_intercept, positive;
} mec_grid;

/* What is chosen from a grid of scores. */
typedef struct mec_grid_pair {
    double alpha, l1_ratio; /* both NaN: none */
} mec_grid_pair;

typedef struct mec_grid_choice {
    size_t n_valid; /* combinations that have a score; 0: none can be chosen, all reals are NaN */
    mec_grid_pair best;
    double score; /* of the best: its mean over folds */
    double se;    /* sd of its scores on folds (ddof 1) / sqrt(folds with a score); NaN below two */
    bool on_edge; /* it is the first or last alpha or l1_ratio */
    size_t n_within_one_se; /* combinations whose score is at most se worse, the best included; 0
                               where se is NaN */
    mec_grid_pair one_se;   /* of these the largest alpha, then the largest l1_ratio */
} mec_grid_choice;

/* A point of one fold; indices into the grid's lists. */
typedef struct mec_grid_point {
    uint32_t fold, alpha, l1_ratio;
} mec_grid_point;

/* Where a cell's further results go. */
typedef struct mec_grid_output {
    double *surface; /* (n_alpha, n_l1_ratio) mean scores, NaN where there is none; may be NULL */
    mec_grid_point *rejected; /* (n_rejected) receives the points that were not accepted ... */
    size_t n_rejected;        /* ... as many as there is room for; 0 with NULL: none */
} mec_grid_output;

typedef struct mec_grid_result {
    /* done, also where no combination has a score (a constant target); no_states: fewer train
     * states than folds; failed: the decomposition of a fold broke down; gap_above_tol: no
     * combination has a score, and points were not accepted. */
    mec_outcome outcome;
    mec_grid_choice choice;
    double largest_relative_gap; /* of accepted points, mec_certificate_relative; NaN without any */
    size_t n_rejected;           /* points that were not accepted, listed or not */
} mec_grid_result;

typedef struct mec_grid_prepared mec_grid_prepared;

/* Prepares the folds of the problem's train states, in their order; its parameters and its test
 * states are not looked at. `grid`, its lists and the problem's pulse must outlive the result,
 * which lives in `scratch`. Costs a decomposition and n p^2 of every fold. */
mec_code mec_grid_prepare(const mec_problem *problem, const mec_grid *grid, mec_scratch *scratch,
                          mec_grid_prepared **prepared, mec_status *status);

/* Searches the grid for one cell with responses `y` (n_train), in the order of the train states. A
 * beat is given after every row of the grid; MEC_STOPPED where it asks for that. */
mec_code mec_grid_cell(const mec_grid_prepared *prepared, const double *y,
                       const mec_grid_output *output, mec_grid_result *result, mec_scratch *scratch,
                       mec_status *status);

/* A part of a cell's search that can be made by itself: on one fold some l1_ratios, those at
 * first .. first + n - 1 of the order from the largest to the smallest, with all alphas. What a
 * solution tells about that of the next alpha, most of what a search goes by, stays in a part, and
 * about its neighbours too but for those at the part's ends. */
typedef struct mec_grid_part {
    size_t fold;
    size_t first, n;
} mec_grid_part;

/* How many parts there are where about `wanted` are: as many of every fold, and no more than it has
 * l1_ratios; and part `part` of them, which are in the order of their folds and l1_ratios. */
size_t mec_grid_n_part(const mec_grid *grid, double wanted);
mec_grid_part mec_grid_part_at(const mec_grid *grid, size_t n_part, size_t part);

/* Searches a part of the grid for one cell, as mec_grid_cell does, without a guess from what comes
 * outside it: `scores` (part.n, n_alpha) receives those of its points, NaN without a fold; of
 * `result` all but the choice is set. */
mec_code mec_grid_cell_part(const mec_grid_prepared *prepared, const double *y, mec_grid_part part,
                            const mec_grid_output *output, double *scores, mec_grid_result *result,
                            mec_scratch *scratch, mec_status *status);

/* Joins the parts of a cell's search: the parts' scores, one after another (n_fold,
 * n_l1_ratio from the largest, n_alpha), and results (n_part). Only the surface of `output` is
 * filled. */
mec_code mec_grid_join(const mec_grid *grid, const double *scores, const mec_grid_result *parts,
                       size_t n_part, const mec_grid_output *output, mec_grid_result *result,
                       mec_scratch *scratch, mec_status *status);

/* Chooses by scores on folds, `scores` (n_fold, n_alpha, n_l1_ratio): the best mean over folds, NaN
 * left out. Scores within 1e-9 of the best are equal, and of those the largest alpha, then the
 * largest l1_ratio is taken. `surface` (n_alpha, n_l1_ratio) receives the means. */
mec_grid_choice mec_grid_choose(const mec_grid *grid, const double *scores, double *surface);

/* An estimate of the multiplications of mec_grid_prepare and mec_grid_cell for shape->m cells; the
 * bytes that preparing and one cell hold at once. */
double mec_grid_cost(const mec_shape *shape, const mec_grid *grid);
double mec_grid_memory(const mec_shape *shape, const mec_grid *grid);

#endif
