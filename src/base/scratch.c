#include "base/scratch.h"

#include <stdint.h>
#include <stdlib.h>

#include "base/memory.h"

enum { ALIGNMENT = 64 };

typedef struct mec_scratch_chunk {
    struct mec_scratch_chunk *older;
    char *bytes;
    size_t size, used;
} mec_scratch_chunk;

static mec_scratch_chunk *add_chunk(mec_scratch *scratch, size_t size, mec_status *status) {
    mec_scratch_chunk *chunk = mec_alloc(1, sizeof *chunk, status);
    char *bytes = chunk ? aligned_alloc(ALIGNMENT, size) : NULL;
    if (!bytes) {
        free(chunk);
        mec_fail(status, MEC_FAILED, "out of memory: asked for %zu bytes to work in", size);
        return NULL;
    }
    *chunk = (mec_scratch_chunk){.older = scratch->chunk, .bytes = bytes, .size = size};
    scratch->chunk = chunk;
    return chunk;
}

void *mec_scratch_take(mec_scratch *scratch, size_t count, size_t size, mec_status *status) {
    if (size != 0 && count > (SIZE_MAX / 2) / size) {
        mec_fail(status, MEC_FAILED, "out of memory: asked for %zu elements of %zu bytes", count,
                 size);
        return NULL;
    }
    size_t bytes = (count * size / ALIGNMENT + 1) * ALIGNMENT;
    mec_scratch_chunk *chunk = scratch->chunk;
    if (!chunk || chunk->size - chunk->used < bytes)
        chunk = add_chunk(scratch, bytes, status);
    if (!chunk)
        return NULL;
    void *piece = chunk->bytes + chunk->used;
    chunk->used += bytes;
    return piece;
}

void mec_scratch_reset(mec_scratch *scratch) {
    size_t total = 0;
    for (mec_scratch_chunk *chunk = scratch->chunk; chunk; chunk = chunk->older)
        total += chunk->size;
    if (scratch->chunk && scratch->chunk->older) {
        mec_scratch_release(scratch);
        add_chunk(scratch, total, &(mec_status){0}); /* if it fails, the next take asks again */
    } else if (scratch->chunk) {
        scratch->chunk->used = 0;
    }
}

void mec_scratch_release(mec_scratch *scratch) {
    while (scratch->chunk) {
        mec_scratch_chunk *older = scratch->chunk->older;
        free(scratch->chunk->bytes);
        free(scratch->chunk);
        scratch->chunk = older;
    }
}
