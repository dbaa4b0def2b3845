/* Checked memory: sizes cannot overflow, blocks are aligned for vector loads, and running out is a
 * status that says how much was asked for. Freed with free(). */
#ifndef MEC_BASE_MEMORY_H
#define MEC_BASE_MEMORY_H

#include <stddef.h>

#include "base/status.h"

/* `count` elements of `size` bytes, zeroed, 64-byte aligned; NULL with a status if there is no
 * room. A count of 0 gives a valid block. */
void *mec_alloc(size_t count, size_t size, mec_status *status);

/* Grows a block for an append: makes room for one more than `count` elements, doubling `*capacity`.
 * Returns the block (moved or not), or NULL with a status and the old block untouched. */
void *mec_grow(void *block, size_t count, size_t *capacity, size_t size, mec_status *status);

/* A copy of `text` owned by the caller. */
char *mec_copy_text(const char *text, mec_status *status);

#endif
