#include "base/stop.h"

#include <math.h>
#include <signal.h>
#include <stddef.h>
#include <unistd.h>

#include "base/clock.h"

static volatile sig_atomic_t requested = 0;
static volatile sig_atomic_t due = 0;      /* whether the alarm is set */
static volatile sig_atomic_t patience = 0; /* s; 0: any */

/* May be called from a signal handler, as mec_stop_request is. */
static void set_alarm(void) {
    if (due || patience == 0)
        return;
    due = 1;
    alarm((unsigned)patience);
}

void mec_stop_request(int signal_number) {
    requested = signal_number;
    set_alarm();
}

static void leave(int signal_number) {
    static const char text[] =
        "mec: stopped on request, in the middle of its work as run.stop_seconds "
        "are over; what was flushed is safe, run the same command again to "
        "go on\n";
    (void)signal_number;
    ssize_t ignored = write(STDERR_FILENO, text, sizeof text - 1);
    (void)ignored;
    _exit(MEC_STOPPED);
}

void mec_stop_install(void) {
    struct sigaction action = {.sa_handler = mec_stop_request};
    struct sigaction late = {.sa_handler = leave};
    sigemptyset(&action.sa_mask);
    sigemptyset(&late.sa_mask);
    signal(SIGXFSZ, SIG_IGN); /* at a limit of file sizes: an error that is told, not a death */
    sigaction(SIGTERM, &action, NULL);
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGUSR1, &action, NULL);
    sigaction(SIGALRM, &late, NULL);
}

void mec_stop_set_patience(double seconds) {
    patience = (sig_atomic_t)ceil(seconds);
    if (requested) /* before it was known how long it may take */
        set_alarm();
}

int mec_stop_signal(void) {
    return requested;
}

mec_code mec_stop_check(double started, double limit, mec_status *status) {
    if (mec_stop_signal() != 0)
        return mec_fail(status, MEC_STOPPED,
                        "stopped on request (signal %d); run the same command again to go on",
                        mec_stop_signal());
    if (limit <= 0 || mec_clock_seconds() - started < limit)
        return MEC_OK;
    set_alarm();
    return mec_fail(status, MEC_STOPPED,
                    "stopped at the time limit of %g s; run the same command again to go on",
                    limit);
}

void mec_stop_end(void) {
    patience = 0;
    alarm(0);
}
