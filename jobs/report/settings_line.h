/* The settings of a run that a reader of its scores wants beside them, on one line. */
#ifndef MEC_JOBS_SETTINGS_LINE_H
#define MEC_JOBS_SETTINGS_LINE_H

#include <stdio.h>

#include "base/status.h"

/* Prints "key = value, ..." and a newline: what is predicted from what, the map with the parameters
 * that it has, the splits, and whatever else is not at its default. `config` is the INI text that
 * the run file keeps. */
void settings_line_print(const char *config, FILE *stream, mec_status *status);

#endif
