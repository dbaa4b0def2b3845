#include "base/ini.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include <ini.h>

typedef struct reading {
    const char *file;
    const char *next;
    const char *end;
    int line;            /* of the text last handed to inih */
    const char *pending; /* that text, while inih has given no entry for it */
    size_t pending_length;
    mec_ini_handler handler;
    void *user;
    mec_status *status;
} reading;

/* inih goes on behind a line that it cannot read; such a line has given no entry by the next one.
 */
static bool refuse_pending(const reading *r) {
    if (r->pending && r->status->code == MEC_OK)
        mec_fail(
            r->status, MEC_REFUSED,
            "%s:%d: found \"%.*s\"; accepted: [section], key = value, or a comment after ; or #",
            r->file, r->line, (int)r->pending_length, r->pending);
    return r->status->code != MEC_OK;
}

/* A section's header, which inih itself keeps silent about; false where it does not end. */
static bool report_section(reading *r, const char *start, size_t length) {
    const char *close = memchr(start, ']', length);
    if (!close)
        return false;
    char section[MEC_INI_LINE_MAX + 1];
    snprintf(section, sizeof section, "%.*s", (int)(close - start - 1), start + 1);
    r->handler(r->user, &(mec_ini_entry){.section = section, .line = r->line}, r->status);
    return true;
}

static bool gives_no_entry(reading *r, const char *start, size_t length) {
    if (length == 0 || strchr(";#", *start))
        return true;
    return *start == '[' && report_section(r, start, length);
}

/* What inih calls in place of fgets: one line of at most `size` - 1 characters. */
static char *next_line(char *buffer, int size, void *stream) {
    reading *r = stream;
    if (refuse_pending(r) || r->next == r->end)
        return NULL;
    r->line++;
    const char *newline = memchr(r->next, '\n', (size_t)(r->end - r->next));
    const char *stop = newline ? newline : r->end;
    const char *start = r->next;
    while (start < stop && isspace((unsigned char)*start))
        start++;
    r->next = newline ? newline + 1 : r->end;
    while (stop > start && isspace((unsigned char)stop[-1]))
        stop--;
    size_t length = (size_t)(stop - start);
    if (length > MEC_INI_LINE_MAX || length + 2 > (size_t)size) {
        mec_fail(r->status, MEC_REFUSED,
                 "%s:%d: the line has %zu characters; accepted: at most %d (longer values can be "
                 "given on the command line as section.key=value)",
                 r->file, r->line, length, MEC_INI_LINE_MAX);
        return NULL;
    }
    memcpy(buffer, start, length);
    buffer[length] = '\n';
    buffer[length + 1] = '\0';
    r->pending = gives_no_entry(r, start, length) ? NULL : start;
    r->pending_length = length;
    return buffer;
}

/* inih's handler; 1 tells it that the line was well formed. */
static int take_entry(void *user, const char *section, const char *key, const char *value) {
    reading *r = user;
    r->pending = NULL;
    if (r->status->code == MEC_OK)
        r->handler(r->user, &(mec_ini_entry){section, key, value, r->line}, r->status);
    return 1;
}

mec_code mec_ini_parse(const char *file, const char *text, size_t length, mec_ini_handler handler,
                       void *user, mec_status *status) {
    static const char byte_order_mark[] = "\xEF\xBB\xBF";
    if (length > 0 && memchr(text, '\0', length))
        return mec_fail(status, MEC_REFUSED, "%s: found a NUL byte; accepted: INI text", file);
    bool marked = length >= 3 && memcmp(text, byte_order_mark, 3) == 0;
    reading r = {.file = file,
                 .next = text + (marked ? 3 : 0),
                 .end = text + length,
                 .handler = handler,
                 .user = user,
                 .status = status};
    if (ini_parse_stream(next_line, &r, take_entry, &r) < 0)
        mec_fail(status, MEC_FAILED, "%s: inih ran out of memory", file);
    refuse_pending(&r);
    return status->code;
}
