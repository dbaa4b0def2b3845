#include "base/ini.h"

#include <stdio.h>
#include <string.h>

#include <ini.h>

typedef struct reading {
    const char *file;
    const char *next;
    const char *end;
    int line; /* of the text last handed to inih */
    mec_ini_handler handler;
    void *user;
    mec_status *status;
} reading;

static void report_section(reading *r, const char *start, size_t length) {
    const char *close = memchr(start, ']', length);
    if (!close)
        return; /* inih calls it a malformed line */
    char section[MEC_INI_LINE_MAX + 1];
    snprintf(section, sizeof section, "%.*s", (int)(close - start - 1), start + 1);
    r->handler(r->user, &(mec_ini_entry){.section = section, .line = r->line}, r->status);
}

/* What inih calls in place of fgets: one line of at most `size` - 1 characters. */
static char *next_line(char *buffer, int size, void *stream) {
    reading *r = stream;
    if (r->next == r->end || r->status->code != MEC_OK)
        return NULL;
    r->line++;
    const char *newline = memchr(r->next, '\n', (size_t)(r->end - r->next));
    const char *stop = newline ? newline : r->end;
    const char *start = r->next + strspn(r->next, " \t");
    r->next = newline ? newline + 1 : r->end;
    size_t length = start < stop ? (size_t)(stop - start) : 0;
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
    if (*buffer == '[')
        report_section(r, buffer, length);
    return buffer;
}

/* inih's handler; 1 tells it that the line was well formed. */
static int take_entry(void *user, const char *section, const char *key, const char *value) {
    reading *r = user;
    if (r->status->code == MEC_OK)
        r->handler(r->user, &(mec_ini_entry){section, key, value, r->line}, r->status);
    return 1;
}

static void refuse_malformed(const reading *r, const char *text, int line) {
    const char *start = text;
    for (int i = 1; i < line; i++)
        start = strchr(start, '\n') + 1;
    mec_fail(r->status, MEC_REFUSED,
             "%s:%d: found \"%.*s\"; accepted: [section], key = value, or a comment after ; or #",
             r->file, line, (int)strcspn(start, "\r\n"), start);
}

mec_code mec_ini_parse(const char *file, const char *text, size_t length, mec_ini_handler handler,
                       void *user, mec_status *status) {
    if (memchr(text, '\0', length))
        return mec_fail(status, MEC_REFUSED, "%s: found a NUL byte; accepted: INI text", file);
    reading r = {.file = file,
                 .next = text,
                 .end = text + length,
                 .handler = handler,
                 .user = user,
                 .status = status};
    int malformed = ini_parse_stream(next_line, &r, take_entry, &r);
    if (malformed > 0 && status->code == MEC_OK)
        refuse_malformed(&r, text, malformed);
    else if (malformed < 0)
        mec_fail(status, MEC_FAILED, "%s: inih ran out of memory", file);
    return status->code;
}
