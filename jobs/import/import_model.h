/* A network in another file, taken over into a run file that holds one checkpoint. */
#ifndef MEC_JOBS_IMPORT_MODEL_H
#define MEC_JOBS_IMPORT_MODEL_H

#include <stdbool.h>

#include "settings.h"

/* Imports [import] from into the run file `out`; what is given of [model] and [cues] must agree
 * with what is found. A dry run reads all but the numbers, writes nothing and says what would be
 * written. MEC_REFUSED where `out` exists, unless run.resume is overwrite. */
mec_code import_model(mec_settings *settings, const char *out, bool dry_run, mec_status *status);

#endif
