/* What a grid search chose and how far that can be trusted, told above its scores. */
#ifndef MEC_JOBS_GRID_SUMMARY_H
#define MEC_JOBS_GRID_SUMMARY_H

#include <stdio.h>

#include "report/results.h"

/* Prints the size of the grid, what was chosen, the certificate, and the points that it did not
 * accept (the first of them by name); of an unfinished run, of the searches that are done. Prints
 * nothing for other runs. */
void grid_summary_print(const results *r, FILE *stream, mec_status *status);

#endif
