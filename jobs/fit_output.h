/* What `fit` writes: /fits/<arena>/<animal>/ with one array a score (cells), one a score and split
 * (cells x splits, pairwise: x sources), and the counts behind them. The place where these names
 * and shapes are defined. */
#ifndef MEC_JOBS_FIT_OUTPUT_H
#define MEC_JOBS_FIT_OUTPUT_H

#include "fit_plan.h"
#include "storage/outbox.h"

/* Indices in the layout of one target animal's arrays; -1 where a score is not wanted. */
typedef struct fit_arrays {
    int score[MEC_N_SCORE];
    int per_split[MEC_N_SCORE];
    int n_valid_splits;
} fit_arrays;

typedef struct fit_output {
    const fit_plan *plan;
    const mec_layout *layout;
    fit_arrays *arrays; /* one an animal of the dataset; unused for animals that are no target */
} fit_output;

/* Adds the arrays of every target to the layout, which must outlive the output. */
mec_code fit_output_describe(fit_output *output, const fit_plan *plan, mec_layout *layout,
                             mec_status *status);
void fit_output_destroy(fit_output *output);

/* Takes slices for the scores of cells [first, last) of `target` and points them into `fit`. */
mec_code fit_output_take(const fit_output *output, mec_outbox *outbox, size_t task, size_t target,
                         size_t first, size_t last, mec_fit_target *fit, mec_status *status);

/* Fills the arrays that are means over splits from those per split, in the file at `path`. Serial;
 * for mec_run_file_close. */
mec_code fit_output_finish(void *self, const char *path, mec_status *status);

/* The mean over splits (and then over sources) of one cell: `per_split` (n_split, n_source). NaN
 * left out. `n_valid` (n_source) receives the splits that counted; NULL: not wanted. */
double fit_output_mean(const double *per_split, size_t n_split, size_t n_source, int32_t *n_valid);

#endif
