#include "base/stop.h"

#include <signal.h>
#include <stddef.h>

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
