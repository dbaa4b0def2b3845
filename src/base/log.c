#include "base/log.h"

#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/status.h"
#include "base/text.h"

static bool is_speaking = true;
static bool line_is_open = false; /* a redrawn line without its newline */

void mec_log_set_speaking(bool speaking) {
    is_speaking = speaking;
}

bool mec_log_on_terminal(void) {
    static int answer = -1;
    if (answer < 0) {
        char path[64];
        snprintf(path, sizeof path, "/proc/%ld/fd/2", (long)getppid());
        int launcher = getenv("OMPI_COMM_WORLD_RANK") ? open(path, O_WRONLY | O_NOCTTY) : -1;
        answer = isatty(STDERR_FILENO) || (launcher >= 0 && isatty(launcher));
        if (launcher >= 0)
            close(launcher);
    }
    return answer != 0;
}

void mec_log(const char *format, ...) {
    char text[2 * MEC_MESSAGE_SIZE];
    if (!is_speaking)
        return;
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    mec_text_to_line(text); /* names in files may be anything */
    fprintf(stderr, "%smec: %s\n", line_is_open ? "\n" : "", text);
    line_is_open = false;
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
