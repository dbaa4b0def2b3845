/* Everything a fit reads before it plans: the recordings, and where settings name them a model's
 * responses, halves of the recordings, stored splits and parameters for single cells. */
#ifndef MEC_JOBS_FIT_DATA_H
#define MEC_JOBS_FIT_DATA_H

#include "fit/per_cell.h"
#include "job.h"
#include "storage/response.h"
#include "storage/split_file.h"

enum { FIT_MAX_INPUT = 6 };

typedef struct fit_data {
    mec_dataset dataset;
    mec_response response; /* source.kind = response or model */
    mec_split_file splits; /* splits.file */
    per_cell parameters;   /* map.per_cell; without it, recipe 0 alone */
    double *split_half_r;  /* one a cell, in the order of the catalogue's ids; NULL: no halves */
    mec_input inputs[FIT_MAX_INPUT];
    size_t n_input;
    bool has_response, has_splits;
} fit_data;

/* Reads it all. Collective; the status is agreed; MEC_REFUSED where files and settings do not fit
 * each other. */
mec_code fit_data_read(fit_data *data, const job_context *context, mec_status *status);

/* Collective. */
void fit_data_destroy(fit_data *data);

#endif
