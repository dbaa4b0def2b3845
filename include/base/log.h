/* The program's voice: lines on stderr, from one rank.
 *
 * Results go to stdout and are printed by the jobs; everything else (progress, notes, the one line
 * of a failure) goes through here. The parallel layer silences all ranks but rank 0. */
#ifndef MEC_BASE_LOG_H
#define MEC_BASE_LOG_H

#include <stdbool.h>

/* Whether this process prints at all; true until told otherwise. */
void mec_log_set_speaking(bool speaking);

/* Whether a person watches stderr on a terminal: this process's own, or, where that is a pipe to
 * the launcher (as mpirun makes it), the launcher's. */
bool mec_log_on_terminal(void);

/* Prints "mec: ..." and a newline on stderr. */
void mec_log(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Redraws a line in place on a terminal (no newline); the next mec_log starts on a new line. */
void mec_log_redraw(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
