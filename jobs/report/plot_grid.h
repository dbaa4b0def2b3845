/* The picture of a grid search while it is made: its numbers (plot_grid_data.c), the picture
 * (plot_grid.c). */
#ifndef MEC_JOBS_PLOT_GRID_H
#define MEC_JOBS_PLOT_GRID_H

#include "report/grid_results.h"
#include "report/plot_kinds.h"

/* One side of the grid as it is drawn: its values in ascending order, neighbours taken together
 * where there are more of them than bars can be told apart. */
typedef struct grid_axis {
    size_t n;
    size_t *order; /* (n) which value of the list is drawn at each place */
    size_t *place; /* (n) the inverse */
    double *edges; /* (n + 1) between neighbours' places; of alphas their log10 */
    size_t per_bin, n_bin;
    double *counts; /* (n_bin) choices */
    double median;  /* of the choices, as drawn */
    double zero;    /* where an alpha of 0 is drawn; NaN: there is none */
} grid_axis;

typedef struct grid_picture {
    grid_results grid;
    grid_axis alpha, l1_ratio;
    double *counts;   /* (alpha bins, l1_ratio bins) choices */
    double *surface;  /* (n_alpha, n_l1_ratio) mean scores, NaN where most searches have none;
           NULL: they were not kept */
    double low, high; /* of the colours */
    size_t n_outside, n_surface; /* points beyond these; points with a score */
    size_t best;                 /* the best point of the surface */
    bool smallest_is_best;
    size_t n_chosen, n_edge;
    char score[GRID_SETTING_SIZE];
    gnuplot g;
    mec_status *status;
} grid_picture;

/* Reads and counts; MEC_REFUSED where nothing was chosen yet. To be released in any case. */
mec_code plot_grid_read(grid_picture *p, const results *r, mec_status *status);
void plot_grid_release(grid_picture *p);

/* Where bin `i` of an axis begins; the end of the last is the begin of the one behind it. */
double plot_grid_edge(const grid_axis *axis, size_t i);

#endif
