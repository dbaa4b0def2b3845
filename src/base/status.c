#include "base/status.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"

mec_code mec_fail(mec_status *status, mec_code code, const char *format, ...) {
    if (status->code != MEC_OK)
        return status->code;
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(status->message, sizeof status->message, format, arguments);
    va_end(arguments);
    mec_text_to_line(status->message); /* what was found may be anything */
    status->code = code;
    return code;
}

mec_code mec_fail_within(mec_status *status, const char *format, ...) {
    char place[MEC_MESSAGE_SIZE];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(place, sizeof place, format, arguments);
    va_end(arguments);
    mec_text_to_line(place);

    char message[MEC_MESSAGE_SIZE];
    memcpy(message, status->message, sizeof message);
    int n_place = snprintf(status->message, sizeof status->message, "%s: ", place);
    if (n_place >= 0 && (size_t)n_place < sizeof status->message) {
        size_t left = sizeof status->message - (size_t)n_place;
        snprintf(status->message + n_place, left, "%.*s", (int)left - 1, message);
    }
    return status->code;
}

const char *mec_code_name(mec_code code) {
    switch (code) {
    case MEC_OK:
        return "complete";
    case MEC_REFUSED:
        return "refused";
    case MEC_INCOMPLETE:
        return "complete with failures";
    case MEC_STOPPED:
        return "stopped";
    case MEC_FAILED:
        break;
    }
    return "failed";
}
