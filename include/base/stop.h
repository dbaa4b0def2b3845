/* Stopping on request: SIGTERM, SIGINT and SIGUSR1 set a flag that long computations look at. What
 * is asked for is due soon: a process that has not come to its end by then, because it is in the
 * middle of something long, leaves at once with the code of a stop. What was flushed before is
 * safe, as after a kill. */
#ifndef MEC_BASE_STOP_H
#define MEC_BASE_STOP_H

#include "base/status.h"

/* Takes the signals over. */
void mec_stop_install(void);

/* How long after a request, from now on, the process may still take. */
void mec_stop_set_patience(double seconds);

/* The signal that asked for a stop, or 0. */
int mec_stop_signal(void);

/* As if that signal had come: for what another process was asked. */
void mec_stop_request(int signal_number);

/* MEC_STOPPED where a signal asked for it, or where `limit` seconds (0: any number) have passed
 * since `started`, by mec_clock_seconds. */
mec_code mec_stop_check(double started, double limit, mec_status *status);

/* Everything is done: there is nothing to be late with. */
void mec_stop_end(void);

#endif
