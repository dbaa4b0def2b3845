/* Finds the element of an array that has a value, by hashing: for tables of cells and parameters
 * that are asked millions of times. Holds indices only; the elements stay with the caller, who says
 * which of them is the one. */
#ifndef MEC_BASE_LOOKUP_H
#define MEC_BASE_LOOKUP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

#define MEC_LOOKUP_NONE SIZE_MAX

/* Zeroed: empty. */
typedef struct mec_lookup {
    struct mec_lookup_slot *slots; /* (n_slot), a power of 2, at most half of them taken */
    size_t n_slot, n;
} mec_lookup;

/* A hash of `size` bytes on top of `seed`: 0, or the hash of what stands before them. */
uint64_t mec_lookup_hash(uint64_t seed, const void *bytes, size_t size);

/* Adds an element; that no other has its value is the caller's care. */
mec_code mec_lookup_add(mec_lookup *lookup, uint64_t hash, size_t index, mec_status *status);

/* The index of the element of this hash for which `is_it(array, index, value)` holds, or
 * MEC_LOOKUP_NONE. */
size_t mec_lookup_find(const mec_lookup *lookup, uint64_t hash,
                       bool (*is_it)(const void *array, size_t index, const void *value),
                       const void *array, const void *value);

void mec_lookup_destroy(mec_lookup *lookup);

#endif
