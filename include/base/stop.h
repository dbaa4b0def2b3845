/* Stopping on request: SIGTERM, SIGINT and SIGUSR1 set a flag that long computations look at. */
#ifndef MEC_BASE_STOP_H
#define MEC_BASE_STOP_H

/* Takes the signals over. */
void mec_stop_install(void);

/* The signal that asked for a stop, or 0. */
int mec_stop_signal(void);

#endif
