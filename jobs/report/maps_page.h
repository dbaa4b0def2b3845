/* A page of rate maps in a picture: rows of units, each with its number, its highest rate and what
 * is said of it. */
#ifndef MEC_JOBS_MAPS_PAGE_H
#define MEC_JOBS_MAPS_PAGE_H

#include <stddef.h>

#include "report/gnuplot.h"

/* The maps of a layer, wherever they come from. */
typedef struct maps_page_source {
    size_t nx, ny, n_unit;
    double width_m, height_m;          /* of the box */
    const double *information, *score; /* (n_unit) spatial information and grid score; NaN: none */
    /* Fills `map` (nx, ny); `self` is what follows. */
    mec_code (*read)(const void *self, size_t unit, double *map, mec_status *status);
    const void *self;
} maps_page_source;

typedef struct maps_page {
    const maps_page_source *source;
    const size_t *units; /* (n) drawn in this order */
    size_t n, per_row;
} maps_page;

/* The numbers of the units of the highest values (n_unit), the highest first, the lower number
 * first among equals, NaN left out: into `units`, `most` of them at most. Returns how many. */
size_t maps_page_highest(const double *values, size_t n_unit, size_t most, size_t *units);

/* What the pictures say of their maps. */
extern const char MAPS_PAGE_KEY[];

/* Pixels that a page takes. */
int maps_page_width(size_t per_row);
int maps_page_height(const maps_page *page);

/* Draws it with its upper left corner at (left, top) pixels of the picture, as further plots of the
 * multiplot: what is set of axes, keys and labels before is lost. */
mec_code maps_page_draw(const maps_page *page, gnuplot *g, double left, double top,
                        mec_status *status);

#endif
