/* The train and test states of a group's split: drawn, by parts of the arena, or stored. */
#ifndef MEC_JOBS_FIT_SPLITS_H
#define MEC_JOBS_FIT_SPLITS_H

#include "fit/fit_plan.h"
#include "storage/layout.h"

/* How many splits the settings and the stored lists give. */
size_t fit_splits_count(const fit_data *data, const job_settings *settings);

/* The bins of every arena, where splits or scores need them: the arena's own, splits.shape_2d or a
 * square. MEC_REFUSED where they are needed and not known. `bins` one an arena. */
mec_code fit_splits_find_bins(const fit_data *data, const job_settings *settings, mec_bins *bins,
                              mec_status *status);

/* Split `split` of a group for cells whose parameters say `train_frac` (NaN: [splits] does):
 * `order` (group->n_state) receives the train states, then the test states. */
void fit_splits_draw(const fit_plan *plan, const fit_group *group, size_t split, double train_frac,
                     uint32_t *order, size_t *n_train, size_t *n_test);

/* Adds the arrays of splits.keep to the layout: /splits/<arena>/<animal>/order, n_train. */
mec_code fit_splits_describe(const fit_plan *plan, mec_layout *layout, mec_status *status);

/* Writes them, where splits.keep asks for it, to the run file at `path`. Serial. */
mec_code fit_splits_keep(const fit_plan *plan, const char *path, mec_status *status);

#endif
