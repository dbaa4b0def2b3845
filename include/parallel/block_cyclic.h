/* Where the elements of an axis live that is dealt out to parts in blocks, like cards: block b goes
 * to part b mod n_part, and a part keeps its blocks one after the other. The layout of ScaLAPACK's
 * matrices along either axis (Dongarra & Walker, SIAM Rev. 37 (1995) 151-180). No communication. */
#ifndef MEC_PARALLEL_BLOCK_CYCLIC_H
#define MEC_PARALLEL_BLOCK_CYCLIC_H

#include <assert.h>
#include <stddef.h>

typedef struct mec_axis {
    size_t n;     /* elements, of all parts */
    size_t block; /* elements a block, but for the last */
    size_t n_part, part;
} mec_axis;

/* The part that has element `i`, and where it stands there. */
static inline size_t mec_axis_owner(const mec_axis *axis, size_t i) {
    return i / axis->block % axis->n_part;
}

static inline size_t mec_axis_local(const mec_axis *axis, size_t i) {
    return i / axis->block / axis->n_part * axis->block + i % axis->block;
}

/* Which element is this part's number `local`. */
static inline size_t mec_axis_global(const mec_axis *axis, size_t local) {
    return (local / axis->block * axis->n_part + axis->part) * axis->block + local % axis->block;
}

/* How many of elements 0 .. i - 1 are this part's: where those from `i` on begin here. */
static inline size_t mec_axis_count_before(const mec_axis *axis, size_t i) {
    size_t round = axis->block * axis->n_part;
    assert(round > 0);
    size_t first = axis->part * axis->block;
    size_t rest = i % round;
    size_t last = rest <= first ? 0 : rest - first < axis->block ? rest - first : axis->block;
    return i / round * axis->block + last;
}

/* How many elements are this part's. */
static inline size_t mec_axis_count(const mec_axis *axis) {
    return mec_axis_count_before(axis, axis->n);
}

#endif
