/* What the run file of a training holds besides its checkpoints: /train, one number a step, and
 * what is judged after every epoch. */
#ifndef MEC_JOBS_TRAIN_OUTPUT_H
#define MEC_JOBS_TRAIN_OUTPUT_H

#include "storage/outbox.h"
#include "train/learner.h"

typedef enum train_column {
    TRAIN_LOSS,
    TRAIN_ERR_CM,
    TRAIN_FLOOR_CM,
    TRAIN_ENTROPY,
    TRAIN_SECONDS,
    TRAIN_SECONDS_PRODUCTS,
    TRAIN_SECONDS_SUMS,
    TRAIN_SECONDS_UPDATE,
    TRAIN_LEARNING_RATE,
    TRAIN_N_COLUMN
} train_column;

/* The steps that are not in the file yet; on rank 0. */
typedef struct train_output {
    const train_plan *plan;
    int columns[TRAIN_N_COLUMN]; /* arrays of the layout */
    int eval_loss, eval_err_cm;
    size_t first, n;                 /* rows of /train that wait */
    double *waiting[TRAIN_N_COLUMN]; /* of one allocation, (n_steps) each */
} train_output;

/* To be destroyed in any case. */
mec_code train_output_create(train_output *output, const train_plan *plan, mec_status *status);
void train_output_destroy(train_output *output);

/* Adds the arrays to the layout. */
mec_code train_output_describe(train_output *output, mec_layout *layout, mec_status *status);

/* Step number `step` (from 1) has ended. Steps come one after the other, and are taken before
 * those of a second epoch come. */
void train_output_add(train_output *output, size_t step, const learner_result *result,
                      double seconds);

/* Puts what waits into the outbox. */
mec_code train_output_take(train_output *output, mec_outbox *outbox, mec_status *status);

/* What seed number `seed` gave after epoch number `epoch`, both from 0. */
mec_code train_output_eval(const train_output *output, mec_outbox *outbox, size_t epoch,
                           size_t seed, const learner_result *result, mec_status *status);

#endif
