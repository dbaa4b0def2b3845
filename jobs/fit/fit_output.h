/* What `fit` writes: /fits/<arena>/<animal>/ with one array a score (cells), one a score and split
 * (cells x splits, pairwise: x sources), what became of every fit, and the counts behind them. The
 * place where these names and shapes are defined. */
#ifndef MEC_JOBS_FIT_OUTPUT_H
#define MEC_JOBS_FIT_OUTPUT_H

#include "fit/fit_plan.h"
#include "storage/outbox.h"
#include "storage/run_file.h"

/* Indices in the layout of one target animal's arrays; -1 where one is not wanted. */
typedef struct fit_arrays {
    int score[MEC_N_SCORE];     /* means over splits; rsa: of the animal */
    int per_split[MEC_N_SCORE]; /* rsa: without cells */
    int n_valid_splits;
    int gap, outcome;
    int noise_corrected; /* of corr */
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

/* Adds /skipped: the arenas that were left out, with the reason; for any job that plans fits. */
void fit_output_describe_skips(const fit_plan *plan, mec_layout *layout, mec_status *status);

/* The targets of a task, with room for their results, in `scratch`: `*targets` (one an animal). */
size_t fit_output_start(const fit_output *output, const fit_task *task, mec_fit_target **targets,
                        mec_scratch *scratch, mec_status *status);

/* Puts the results of the task into the outbox. */
mec_code fit_output_put(const fit_output *output, mec_outbox *outbox, const fit_task *task,
                        const mec_fit_target *targets, size_t n_target, mec_status *status);

/* The mean over splits (and then over sources) of one cell: `per_split` (n_split, n_source). NaN
 * left out. `n_valid` (n_source) receives the splits that counted; NULL: not wanted. */
double fit_output_mean(const double *per_split, size_t n_split, size_t n_source, int32_t *n_valid);

#endif
