/* Reading a small text file whole. */
#ifndef MEC_BASE_TEXT_FILE_H
#define MEC_BASE_TEXT_FILE_H

#include <stddef.h>

#include "base/status.h"

/* The bytes of the file at `path`, `*size` of them; the caller frees them. NULL with MEC_REFUSED,
 * which names the file and the reason, where it cannot be read or has more than 256 MiB; an empty
 * file may give NULL too. */
char *mec_text_file_read(const char *path, size_t *size, mec_status *status);

#endif
