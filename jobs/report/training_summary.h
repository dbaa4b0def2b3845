/* The tail of a training run, for `show` and for the end of `train`. */
#ifndef MEC_JOBS_TRAINING_SUMMARY_H
#define MEC_JOBS_TRAINING_SUMMARY_H

#include <stdio.h>

#include "report/training_results.h"

/* Prints the last steps and what was judged last; nothing where there are none. */
void training_summary_print(const training_results *results, FILE *stream);

#endif
