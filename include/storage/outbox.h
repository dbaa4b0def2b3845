/* Finished results waiting for the next flush: slices of the layout's arrays, on the rank that
 * computed them. A task takes slices and fills them; they count once it commits. A flush may come
 * while a task is under way: what it has taken stays where it is. No I/O here. */
#ifndef MEC_STORAGE_OUTBOX_H
#define MEC_STORAGE_OUTBOX_H

#include <stdint.h>

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

/* Bytes that stay together in memory and in a file. */
typedef struct mec_stretch {
    uint64_t place; /* in the file */
    const void *values;
    size_t size; /* bytes */
} mec_stretch;

/* The committed slices as stretches of a file in which array i of the layout begins at byte
 * places[i]; in no order; the values stay in the box. `*n` receives how many there are; there is
 * room for `n_more` behind them. The caller frees the list; NULL with a status. */
mec_stretch *mec_outbox_cut(const mec_outbox *outbox, const uint64_t *places, size_t n_more,
                            size_t *n, mec_status *status);

/* Puts stretches into the order of their places. */
void mec_stretches_sort(mec_stretch *stretches, size_t n);

/* Drops the committed slices after a flush; keeps their memory. */
void mec_outbox_clear(mec_outbox *outbox);
void mec_outbox_release(mec_outbox *outbox);

#endif
