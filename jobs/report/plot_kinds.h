/* The kinds of pictures, and what they share. */
#ifndef MEC_JOBS_PLOT_KINDS_H
#define MEC_JOBS_PLOT_KINDS_H

#include "report/gnuplot.h"
#include "report/results.h"

/* Distributions over the cells of every animal, animals grouped by arena (of a metric of animals:
 * over the animals of every arena). */
mec_code plot_groups(const results *r, const results_metric *metric, const char *out,
                     mec_status *status);

/* Two run files, one point a cell that both have. */
mec_code plot_pairs(const results *x, const results *y, const char *score, const char *out,
                    mec_status *status);

/* A grid search: the mean score over its grid, and what was chosen. */
mec_code plot_grid(const results *r, const char *out, mec_status *status);

/* Writes the metric's long name and unit, quoted; on several lines if `lines` and it is long. */
void plot_write_name(gnuplot *g, const results_metric *metric, bool lines);

/* How many lines that takes. */
size_t plot_name_lines(const results_metric *metric);

#endif
