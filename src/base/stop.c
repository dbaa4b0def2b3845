#include "base/stop.h"

#include <signal.h>
#include <stddef.h>

#include "base/clock.h"

static volatile sig_atomic_t requested = 0;

static void note_request(int signal_number) {
    requested = signal_number;
}

void mec_stop_install(void) {
    struct sigaction action = {.sa_handler = note_request};
    sigemptyset(&action.sa_mask);
    sigaction(SIGTERM, &action, NULL);
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGUSR1, &action, NULL);
}

int mec_stop_signal(void) {
    return requested;
}

mec_code mec_stop_check(double started, double limit, mec_status *status) {
    if (mec_stop_signal() != 0)
        return mec_fail(status, MEC_STOPPED,
                        "stopped on request (signal %d); run the same command again to go on",
                        mec_stop_signal());
    if (limit > 0 && mec_clock_seconds() - started >= limit)
        return mec_fail(status, MEC_STOPPED,
                        "stopped at the time limit of %g s; run the same command again to go on",
                        limit);
    return MEC_OK;
}
