/* What can go wrong, and how it is told.
 *
 * A failure (file, setting, input, I/O) is a status with one line of text; a bug is an assertion; a
 * numerical outcome (singular, constant target) is a value in the results and never comes here.
 * Functions that can fail take a `mec_status *` last and return its code, so that a caller writes
 * `if (mec_x(..., status)) goto done;`. The first failure recorded is kept: what follows from it is
 * noise. Nothing here prints or exits. */
#ifndef MEC_BASE_STATUS_H
#define MEC_BASE_STATUS_H

#include <stdbool.h>

/* The codes are also the exit codes of the program. */
typedef enum mec_code {
    MEC_OK = 0,
    MEC_FAILED = 1,     /* anything else: I/O, memory, a rank that failed */
    MEC_REFUSED = 2,    /* bad usage, settings or input; nothing was written */
    MEC_INCOMPLETE = 3, /* done, but some fits failed or did not reach their certificate */
    MEC_STOPPED = 75,   /* stopped on request after saving (EX_TEMPFAIL) */
} mec_code;

enum { MEC_MESSAGE_SIZE = 1024 };

typedef struct mec_status {
    mec_code code;
    char message[MEC_MESSAGE_SIZE]; /* one line, no newline; empty while code is MEC_OK */
} mec_status;

/* Records a failure unless one is recorded already; returns the code that stands. */
mec_code mec_fail(mec_status *status, mec_code code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Puts "prefix: " before the message of a failure, to say where it was met. */
mec_code mec_fail_within(mec_status *status, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* The name of a code as users read it: "complete", "refused", ... */
const char *mec_code_name(mec_code code);

#endif
