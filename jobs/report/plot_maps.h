/* A page of rate maps. */
#ifndef MEC_JOBS_PLOT_MAPS_H
#define MEC_JOBS_PLOT_MAPS_H

#include "base/status.h"

/* Which maps are drawn; NULL: the first layer of the file's first box, its units of the highest
 * spatial information (where that is not defined, grid score). */
typedef struct plot_maps_choice {
    const char *layer, *box;
    const char *units; /* numbers separated by commas, drawn in this order */
    const char *by;    /* the statistic whose highest units are drawn */
} plot_maps_choice;

/* Draws to `out` (.png or .svg) and prints what was drawn. */
mec_code plot_maps(const char *path, const plot_maps_choice *choice, const char *out,
                   mec_status *status);

#endif
