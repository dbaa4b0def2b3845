#include "base/clock.h"

#include <time.h>

static double seconds_of(clockid_t clock) {
    struct timespec time;
    clock_gettime(clock, &time);
    return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

double mec_clock_seconds(void) {
    return seconds_of(CLOCK_MONOTONIC);
}

double mec_clock_epoch(void) {
    return seconds_of(CLOCK_REALTIME);
}

void mec_clock_iso(double epoch, char *text, size_t size) {
    time_t time = (time_t)epoch;
    struct tm calendar;
    gmtime_r(&time, &calendar);
    strftime(text, size, "%Y-%m-%dT%H:%M:%SZ", &calendar);
}

void mec_clock_sleep(double seconds) {
    struct timespec time = {.tv_sec = (time_t)seconds};
    time.tv_nsec = (long)((seconds - (double)time.tv_sec) * 1e9);
    nanosleep(&time, NULL);
}
