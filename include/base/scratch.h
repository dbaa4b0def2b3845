/* Working memory that is taken piece by piece and given back all at once.
 *
 * A task takes what it needs; the next one starts over in the same memory, so that after the first
 * few tasks nothing is asked of the system any more. Pieces are not zeroed. */
#ifndef MEC_BASE_SCRATCH_H
#define MEC_BASE_SCRATCH_H

#include <stddef.h>

#include "base/status.h"

typedef struct mec_scratch {
    struct mec_scratch_chunk *chunk; /* newest first */
} mec_scratch;

/* `count` elements of `size` bytes, 64-byte aligned; NULL with a status if there is no room. */
void *mec_scratch_take(mec_scratch *scratch, size_t count, size_t size, mec_status *status);

/* Gives back everything taken since; keeps the memory for the next takes. */
void mec_scratch_reset(mec_scratch *scratch);

/* Frees the memory. A zeroed mec_scratch is valid and empty. */
void mec_scratch_release(mec_scratch *scratch);

#endif
