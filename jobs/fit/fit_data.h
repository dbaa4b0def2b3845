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

/* Reads all but the recordings' responses: what their catalogue says can decide how those are read.
 * Collective; the status is agreed; MEC_REFUSED where files and settings do not fit each other. */
mec_code fit_data_open(fit_data *data, const job_context *context, mec_status *status);

/* Reads the responses: loads them, or where they are not `whole` only finds what is finite (see
 * storage/dataset.h). Likewise. */
mec_code fit_data_load(fit_data *data, const job_context *context, bool whole, mec_status *status);

/* Bytes of what a node holds of it for as long as the run takes. */
double fit_data_bytes(const fit_data *data);

/* Collective. */
void fit_data_destroy(fit_data *data);

#endif
