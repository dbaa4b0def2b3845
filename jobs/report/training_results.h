/* The course of a training run, as its run file has it. Serial, reads only. */
#ifndef MEC_JOBS_TRAINING_RESULTS_H
#define MEC_JOBS_TRAINING_RESULTS_H

#include <stdbool.h>
#include <stddef.h>

#include "storage/h5.h"

typedef enum training_column {
    TRAINING_STEP,
    TRAINING_LOSS,
    TRAINING_ENTROPY,
    TRAINING_ERR_CM,
    TRAINING_FLOOR_CM,
    TRAINING_SECONDS,
    TRAINING_N_COLUMN
} training_column;

/* What is judged after every epoch, the mean over seeds; none where n is 0. */
typedef struct training_eval {
    size_t n;
    double *step, *loss, *err_cm; /* (n) */
} training_eval;

typedef struct training_results {
    size_t n; /* steps that have ended */
    double *columns[TRAINING_N_COLUMN];
    training_eval eval; /* of epochs that have ended */
} training_results;

/* Whether a file holds the course of a training. */
bool training_results_are_in(hid_t file);

/* Reads it; to be released in any case. */
mec_code training_results_read(hid_t file, const char *path, training_results *results,
                               mec_status *status);
void training_results_release(training_results *results);

#endif
