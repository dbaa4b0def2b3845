#include "base/text_file.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

/* No table of cells comes near it; a device that never ends does. */
static const size_t LARGEST = (size_t)256 << 20;

char *mec_text_file_read(const char *path, size_t *size, mec_status *status) {
    FILE *file = fopen(path, "rb");
    char *text = NULL;
    size_t capacity = 0;
    *size = 0;
    for (int c; file && (c = getc(file)) != EOF;) {
        char *grown = NULL;
        if (*size == LARGEST)
            mec_fail(status, MEC_REFUSED,
                     "%s: found more than 256 MiB; accepted: text files up to that", path);
        else
            grown = mec_grow(text, *size, &capacity, 1, status);
        if (!grown)
            break;
        text = grown;
        text[(*size)++] = (char)c;
    }
    if (!file || ferror(file))
        mec_fail(status, MEC_REFUSED, "%s: cannot be read: %s", path, strerror(errno));
    if (file)
        fclose(file);
    if (status->code == MEC_OK)
        return text;
    free(text);
    return NULL;
}
