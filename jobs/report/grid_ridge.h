/* What a grid search was worth: the test scores with what was chosen next to those of Ridge with
 * alpha = 1 on the same splits, which takes no search. */
#ifndef MEC_JOBS_GRID_RIDGE_H
#define MEC_JOBS_GRID_RIDGE_H

#include <stdio.h>

#include "report/results.h"

/* Prints medians over the cells that have both, of every animal, arena and of all. Nothing for
 * other runs. */
void grid_ridge_print(const results *r, FILE *stream, mec_status *status);

#endif
