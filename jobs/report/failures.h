/* Fits that failed, told beside the scores that they are missing from. */
#ifndef MEC_JOBS_FAILURES_H
#define MEC_JOBS_FAILURES_H

#include <stdio.h>

#include "report/results.h"

/* Prints how many fits failed, of which kind, and the first of them; nothing where none did, or the
 * file does not say. */
void failures_print(const results *r, FILE *stream, mec_status *status);

#endif
