#include "base/lookup.h"

#include <stdlib.h>

#include "base/memory.h"

enum { FIRST_SIZE = 64 };

struct mec_lookup_slot {
    uint64_t hash;
    size_t number; /* the index, from 1; 0: the slot is free */
};

/* FNV-1a, its low bits mixed with the high ones, since they choose the slot. */
uint64_t mec_lookup_hash(uint64_t seed, const void *bytes, size_t size) {
    const unsigned char *byte = bytes;
    uint64_t hash = seed ^ UINT64_C(0xcbf29ce484222325);
    for (size_t i = 0; i < size; i++)
        hash = (hash ^ byte[i]) * UINT64_C(0x100000001b3);
    return hash ^ hash >> 32;
}

static void put(struct mec_lookup_slot *slots, size_t n_slot, struct mec_lookup_slot slot) {
    size_t at = slot.hash & (n_slot - 1);
    while (slots[at].number != 0)
        at = (at + 1) & (n_slot - 1);
    slots[at] = slot;
}

static mec_code grow(mec_lookup *lookup, mec_status *status) {
    size_t n_slot = lookup->n_slot == 0 ? FIRST_SIZE : 2 * lookup->n_slot;
    struct mec_lookup_slot *slots = mec_alloc(n_slot, sizeof *slots, status);
    if (!slots)
        return status->code;
    for (size_t i = 0; i < lookup->n_slot; i++)
        if (lookup->slots[i].number != 0)
            put(slots, n_slot, lookup->slots[i]);
    free(lookup->slots);
    lookup->slots = slots;
    lookup->n_slot = n_slot;
    return MEC_OK;
}

mec_code mec_lookup_add(mec_lookup *lookup, uint64_t hash, size_t index, mec_status *status) {
    if (2 * (lookup->n + 1) > lookup->n_slot && grow(lookup, status))
        return status->code;
    put(lookup->slots, lookup->n_slot, (struct mec_lookup_slot){hash, index + 1});
    lookup->n++;
    return MEC_OK;
}

size_t mec_lookup_find(const mec_lookup *lookup, uint64_t hash,
                       bool (*is_it)(const void *array, size_t index, const void *value),
                       const void *array, const void *value) {
    if (lookup->n == 0)
        return MEC_LOOKUP_NONE;
    size_t at = hash & (lookup->n_slot - 1);
    for (; lookup->slots[at].number != 0; at = (at + 1) & (lookup->n_slot - 1)) {
        size_t index = lookup->slots[at].number - 1;
        if (lookup->slots[at].hash == hash && is_it(array, index, value))
            return index;
    }
    return MEC_LOOKUP_NONE;
}

void mec_lookup_destroy(mec_lookup *lookup) {
    free(lookup->slots);
    *lookup = (mec_lookup){0};
}
