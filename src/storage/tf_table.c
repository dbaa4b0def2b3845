#include "storage/tf_table.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "storage/crc32c.h"
#include "storage/wire.h"

enum { FOOTER_SIZE = 48, TRAILER_SIZE = 5, MAX_KEY = 1024 };

static const uint8_t magic[8] = {0x57, 0xfb, 0x80, 0x8b, 0x24, 0x75, 0x47, 0xdb};

typedef struct table {
    const char *path;
    const uint8_t *bytes;
    size_t size;
    mec_tf_table_take take;
    void *user;
    char last[MAX_KEY]; /* the last key that was given */
    bool any;
    mec_status *status;
} table;

/* One entry after another of a block: each key has a prefix in common with the one before. */
typedef struct cursor {
    mec_wire wire;
    char key[MAX_KEY]; /* of `length` bytes, ended by NUL */
    size_t length;
    const uint8_t *value;
    size_t value_size;
} cursor;

static mec_code damaged(const table *t, const char *what) {
    return mec_fail(t->status, MEC_REFUSED, "%s: %s: the index of the checkpoint is damaged",
                    t->path, what);
}

static mec_code check_trailer(const table *t, const uint8_t *block, uint64_t size) {
    mec_wire trailer = mec_wire_start(block + size + 1, 4);
    uint32_t found = mec_crc32c_mask(mec_crc32c(0, block, (size_t)size + 1));
    uint32_t stored = mec_wire_u32(&trailer);
    if (found != stored)
        return mec_fail(t->status, MEC_REFUSED,
                        "%s: a block of the index has checksum %08x, stored is %08x: the file is "
                        "damaged",
                        t->path, found, stored);
    if (block[size] != 0)
        return mec_fail(t->status, MEC_REFUSED,
                        "%s: a block of the index is compressed (type %d%s); accepted: type 0, not "
                        "compressed",
                        t->path, block[size], block[size] == 1 ? ", Snappy" : "");
    return MEC_OK;
}

/* The entries of the block that a handle names; what follows them (the restart points) is for
 * searches and left out. */
static mec_code open_block(const table *t, mec_wire *handle, cursor *c) {
    uint64_t offset = mec_wire_varint(handle);
    uint64_t size = mec_wire_varint(handle);
    uint64_t room = t->size - FOOTER_SIZE;
    if (handle->bad || offset > room || size > room - offset || room - offset - size < TRAILER_SIZE)
        return damaged(t, "a block lies outside the file");
    const uint8_t *block = t->bytes + offset;
    if (check_trailer(t, block, size))
        return t->status->code;
    if (size < 4)
        return damaged(t, "a block is too short");
    mec_wire tail = mec_wire_start(block + size - 4, 4);
    uint64_t n_restart = mec_wire_u32(&tail);
    if (n_restart > (size - 4) / 4)
        return damaged(t, "a block is too short for its restart points");
    *c = (cursor){.wire = mec_wire_start(block, (size_t)(size - 4 - 4 * n_restart))};
    return MEC_OK;
}

/* False at the end of the block, or with a status. */
static bool next_entry(const table *t, cursor *c) {
    if (c->wire.at == c->wire.end)
        return false;
    uint64_t shared = mec_wire_varint(&c->wire);
    uint64_t own = mec_wire_varint(&c->wire);
    uint64_t value_size = mec_wire_varint(&c->wire);
    const uint8_t *key = mec_wire_take(&c->wire, own);
    c->value = mec_wire_take(&c->wire, value_size);
    if (c->wire.bad || shared > c->length || own >= MAX_KEY - shared) {
        damaged(t, "an entry does not fit its block");
        return false;
    }
    memcpy(c->key + shared, key, (size_t)own);
    c->length = (size_t)(shared + own);
    c->key[c->length] = '\0';
    c->value_size = (size_t)value_size;
    return true;
}

static mec_code give(table *t, const cursor *c) {
    if (strlen(c->key) != c->length)
        return damaged(t, "a key holds a zero byte");
    if (t->any && strcmp(t->last, c->key) >= 0)
        return damaged(t, "keys are not in order");
    t->any = true;
    memcpy(t->last, c->key, c->length + 1);
    return t->take(t->user, c->key, c->value, c->value_size, t->status);
}

static mec_code walk_block(table *t, const cursor *index) {
    cursor block = {0};
    mec_wire handle = mec_wire_start(index->value, index->value_size);
    if (open_block(t, &handle, &block))
        return t->status->code;
    while (next_entry(t, &block))
        if (give(t, &block))
            break;
    return t->status->code;
}

mec_code mec_tf_table_walk(const char *path, const uint8_t *bytes, size_t size,
                           mec_tf_table_take take, void *user, mec_status *status) {
    table t = {
        .path = path, .bytes = bytes, .size = size, .take = take, .user = user, .status = status};
    if (size < FOOTER_SIZE || memcmp(bytes + size - sizeof magic, magic, sizeof magic) != 0)
        return mec_fail(status, MEC_REFUSED,
                        "%s: is no index of a TensorFlow checkpoint (damaged, cut short or of "
                        "another kind)",
                        path);
    mec_wire footer = mec_wire_start(bytes + size - FOOTER_SIZE, FOOTER_SIZE - sizeof magic);
    mec_wire_varint(&footer); /* the metaindex, which is empty */
    mec_wire_varint(&footer);
    cursor index = {0};
    if (open_block(&t, &footer, &index))
        return status->code;
    while (next_entry(&t, &index))
        if (walk_block(&t, &index))
            break;
    return status->code;
}
