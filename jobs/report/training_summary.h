/* The tail of a training run, for `show` and for the end of `train`. */
#ifndef MEC_JOBS_TRAINING_SUMMARY_H
#define MEC_JOBS_TRAINING_SUMMARY_H

#include <stdio.h>

#include "storage/h5.h"

/* Prints the last steps of the run in `file` and what was judged last; nothing where the file holds
 * no training. */
mec_code training_summary_print(hid_t file, const char *path, FILE *stream, mec_status *status);

#endif
