/* The networks of a run file, told. */
#ifndef MEC_JOBS_MODEL_SUMMARY_H
#define MEC_JOBS_MODEL_SUMMARY_H

#include <stdbool.h>
#include <stdio.h>

#include "storage/model_info.h"

/* Whether the run file at `path` holds checkpoints. */
bool model_summary_applies(const char *path);

/* Prints what run it is, the network, and each checkpoint. */
mec_code model_summary_print(const char *path, FILE *stream, mec_status *status);

/* "UGRNN, Ng = 4096, Np = 512, 2 inputs, activation relu" */
void model_summary_line(const mec_model_info *info, FILE *stream);

#endif
