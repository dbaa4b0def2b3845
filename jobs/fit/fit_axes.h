/* The axes of what a run file holds of one target animal: its cells, the splits and, in pairwise
 * comparisons, the source animals; and the dimension scales that label them. */
#ifndef MEC_JOBS_FIT_AXES_H
#define MEC_JOBS_FIT_AXES_H

#include "fit/fit_plan.h"
#include "storage/layout.h"

/* Axes of an array, in this order. */
enum { FIT_CELLS = 1, FIT_SPLITS = 2, FIT_SOURCES = 4 };

/* A group of the file and its scales: indices in the layout, -1 where there is none. */
typedef struct fit_axes {
    const fit_plan *plan;
    size_t n_cell, n_source;
    int cell, split, source;
    char folder[MEC_TEXT_SIZE]; /* "/fits/1.0/rat_a" */
} fit_axes;

/* Adds the scales of `wanted` axes below /`top`/<arena>/<animal>/; sources only where the
 * comparison is pairwise. */
mec_code fit_axes_add(fit_axes *axes, const fit_plan *plan, mec_layout *layout, const char *top,
                      size_t arena, size_t animal, int wanted, mec_status *status);

/* Adds the ids of the animal's cells once more, under the name that datasets have them under. */
void fit_axes_add_cell_ids(const fit_axes *axes, mec_layout *layout, size_t animal,
                           mec_status *status);

/* The path of an array of the group; valid until the next call. */
const char *fit_axes_path(const fit_axes *axes, const char *name);

/* Gives `array` these axes, in front of what it has none of yet. */
void fit_axes_set(const fit_axes *axes, int wanted, mec_array *array);

#endif
