#include "base/memory.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/fault.h"
#include "base/room.h"

enum { ALIGNMENT = 64 };
/* Whether blocks from this size on fit is asked first: Linux would grant them, and kill whoever
 * uses them. */
static const size_t LARGE = (size_t)1 << 28;

static void *out_of_memory(size_t count, size_t size, mec_status *status) {
    mec_fail(status, MEC_FAILED, "out of memory: asked for %zu elements of %zu bytes", count, size);
    return NULL;
}

static bool has_room(size_t bytes) {
    return (bytes < LARGE || (double)bytes <= mec_room_here().bytes) && !mec_fault_here("memory");
}

void *mec_alloc(size_t count, size_t size, mec_status *status) {
    if (size != 0 && count > (SIZE_MAX - ALIGNMENT) / size)
        return out_of_memory(count, size, status);
    size_t bytes = (count * size / ALIGNMENT + 1) * ALIGNMENT;
    void *block = has_room(bytes) ? aligned_alloc(ALIGNMENT, bytes) : NULL;
    if (!block)
        return out_of_memory(count, size, status);
    return memset(block, 0, bytes);
}

void *mec_grow(void *block, size_t count, size_t *capacity, size_t size, mec_status *status) {
    if (count < *capacity)
        return block;
    size_t wanted = *capacity == 0 ? 16 : 2 * *capacity;
    bool fits = wanted <= SIZE_MAX / size && has_room(wanted * size);
    void *grown = fits ? realloc(block, wanted * size) : NULL;
    if (!grown)
        return out_of_memory(wanted, size, status);
    *capacity = wanted;
    return grown;
}

char *mec_copy_text(const char *text, mec_status *status) {
    size_t size = strlen(text) + 1;
    char *copy = mec_alloc(size, 1, status);
    return copy ? memcpy(copy, text, size) : NULL;
}
