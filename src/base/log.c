#include "base/log.h"

#include <stdarg.h>
#include <stdio.h>

static bool is_speaking = true;
static bool line_is_open = false; /* a redrawn line without its newline */

void mec_log_set_speaking(bool speaking) {
    is_speaking = speaking;
}

bool mec_log_speaking(void) {
    return is_speaking;
}

void mec_log(const char *format, ...) {
    if (!is_speaking)
        return;
    if (line_is_open)
        fputc('\n', stderr);
    line_is_open = false;
    fputs("mec: ", stderr);
    va_list arguments;
    va_start(arguments, format);
    vfprintf(stderr, format, arguments);
    va_end(arguments);
    fputc('\n', stderr);
}

void mec_log_redraw(const char *format, ...) {
    if (!is_speaking)
        return;
    fputs("\r\033[K", stderr);
    va_list arguments;
    va_start(arguments, format);
    vfprintf(stderr, format, arguments);
    va_end(arguments);
    fflush(stderr);
    line_is_open = true;
}
