/* Time: a monotonic clock for durations, the calendar for records, and a nap for polling loops. */
#ifndef MEC_BASE_CLOCK_H
#define MEC_BASE_CLOCK_H

#include <stddef.h>

/* Seconds since an arbitrary start; never goes back. */
double mec_clock_seconds(void);

/* Seconds since 1970-01-01 UTC. */
double mec_clock_epoch(void);

/* "2026-01-31T12:00:00Z" for the given epoch; `text` has at least 21 bytes. */
void mec_clock_iso(double epoch, char *text, size_t size);

/* Sleeps; used where a rank waits for a message, so that it leaves its core to others. */
void mec_clock_sleep(double seconds);

#endif
