/* Reads the INI text of a job file with inih and hands over its entries with their line numbers.
 *
 * inih as distributions build it cuts long lines silently, takes an indented line for the
 * continuation of the one above, and tells no line numbers. The stream reader given to it here
 * refuses over-long lines, strips leading blanks and counts. It knows nothing of what the keys
 * mean: that is base/settings.h. */
#ifndef MEC_BASE_INI_H
#define MEC_BASE_INI_H

#include <stddef.h>

#include "base/status.h"

/* The longest line inih passes on whole. */
enum { MEC_INI_LINE_MAX = 198 };

/* One entry; `key` and `value` are NULL for a section's header. Valid during the call only. */
typedef struct mec_ini_entry {
    const char *section;
    const char *key;
    const char *value;
    int line;
} mec_ini_entry;

typedef mec_code (*mec_ini_handler)(void *user, const mec_ini_entry *entry, mec_status *status);

/* Calls `handler` for every entry of `text` (`length` bytes) in order, up to the first failure.
 * `file` is the name used in messages. Fails with MEC_REFUSED on an over-long line, a line that is
 * neither section, comment nor `key = value`, and a NUL byte. */
mec_code mec_ini_parse(const char *file, const char *text, size_t length, mec_ini_handler handler,
                       void *user, mec_status *status);

#endif
