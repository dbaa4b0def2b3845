/* A file that a reader of results writes (a table, a picture): under a temporary name until it is
 * whole, and never in place of results. */
#ifndef MEC_JOBS_OUTPUT_FILE_H
#define MEC_JOBS_OUTPUT_FILE_H

#include <stdio.h>

#include "base/status.h"

typedef struct output_file {
    const char *path; /* NULL: stdout */
    char *draft;      /* the temporary name */
    FILE *stream;
} output_file;

/* Opens it for writing, with the directories it lies in; `path` NULL: stdout. MEC_REFUSED where
 * `path` is no plain file, or an HDF5 file: that is a dataset or the results of a run. */
mec_code output_file_open(output_file *file, const char *path, mec_status *status);

/* Gives it its name if `status` is MEC_OK and all was written; removes it otherwise. */
mec_code output_file_close(output_file *file, mec_status *status);

#endif
