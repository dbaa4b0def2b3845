/* Finished results waiting for the next flush: slices of the layout's arrays, on the rank that
 * computed them. A task takes slices and fills them; they count once it commits. A flush may come
 * while a task is under way: what it has taken stays where it is. No I/O here. */
#ifndef MEC_STORAGE_OUTBOX_H
#define MEC_STORAGE_OUTBOX_H

#include "base/scratch.h"
#include "storage/layout.h"

typedef struct mec_slice {
    int array; /* index in the layout */
    size_t start[MEC_MAX_DIM], count[MEC_MAX_DIM];
    void *values; /* count elements, row-major */
} mec_slice;

typedef struct mec_outbox {
    const mec_layout *layout;
    mec_slice *slices;
    size_t n_slice, n_committed, capacity;
    mec_scratch memory, taken; /* of what is committed, and of what is not */
} mec_outbox;

/* Room for one slice, uninitialised; NULL with a status. Slices of one array never overlap: every
 * element belongs to one task. */
void *mec_outbox_take(mec_outbox *outbox, int array, const size_t *start, const size_t *count,
                      mec_status *status);

/* Keeps, or throws away, what was taken since the last commit. Where there is no memory to keep it,
 * it is thrown away. */
mec_code mec_outbox_commit(mec_outbox *outbox, mec_status *status);
void mec_outbox_discard(mec_outbox *outbox);

/* Puts the committed slices into the order of their arrays, those of one array into the order in
 * which a row-major walk over it meets their first elements. */
void mec_outbox_sort(mec_outbox *outbox);

/* The committed slices of `array`, in the order in which a row-major walk over the array meets
 * their elements: `*values` receives a packed copy (freed by the caller), `*n_value` its elements.
 */
mec_code mec_outbox_pack(const mec_outbox *outbox, int array, void **values, size_t *n_value,
                         mec_status *status);

/* Drops the committed slices after a flush; keeps their memory. */
void mec_outbox_clear(mec_outbox *outbox);
void mec_outbox_release(mec_outbox *outbox);

#endif
