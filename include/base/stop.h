/* Stopping on request: SIGTERM, SIGINT and SIGUSR1 set a flag that long computations look at. */
#ifndef MEC_BASE_STOP_H
#define MEC_BASE_STOP_H

#include "base/status.h"

/* Takes the signals over. */
void mec_stop_install(void);

/* The signal that asked for a stop, or 0. */
int mec_stop_signal(void);

/* MEC_STOPPED where a signal asked for it, or where `limit` seconds (0: any number) have passed
 * since `started`, by mec_clock_seconds. */
mec_code mec_stop_check(double started, double limit, mec_status *status);

#endif
