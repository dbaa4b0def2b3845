/* What mec ratemaps found, as text. */
#ifndef MEC_JOBS_MAPS_SUMMARY_H
#define MEC_JOBS_MAPS_SUMMARY_H

#include <stdio.h>

#include "base/status.h"

/* Prints how far the run at `path` is and, for every box and layer, what its maps say of its units.
 */
mec_code maps_summary_print(const char *path, FILE *stream, mec_status *status);

#endif
