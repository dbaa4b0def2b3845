#include "storage/wire_writer.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

enum { VARINT = 0, BYTES = 2, FIXED32 = 5 };

static void put_byte(mec_wire_writer *w, uint8_t byte) {
    uint8_t *grown = NULL;
    if (w->status.code == MEC_OK)
        grown = mec_grow(w->bytes, w->size, &w->capacity, 1, &w->status);
    if (!grown)
        return;
    w->bytes = grown;
    w->bytes[w->size++] = byte;
}

void mec_wire_put(mec_wire_writer *w, const void *bytes, size_t size) {
    for (size_t i = 0; i < size; i++)
        put_byte(w, ((const uint8_t *)bytes)[i]);
}

void mec_wire_put_varint(mec_wire_writer *w, uint64_t value) {
    for (; value >= 0x80; value >>= 7)
        put_byte(w, (uint8_t)(value | 0x80));
    put_byte(w, (uint8_t)value);
}

void mec_wire_put_u32(mec_wire_writer *w, uint32_t value) {
    for (int i = 0; i < 4; i++)
        put_byte(w, (uint8_t)(value >> (8 * i)));
}

static void put_tag(mec_wire_writer *w, unsigned field, unsigned type) {
    mec_wire_put_varint(w, (uint64_t)field << 3 | type);
}

void mec_wire_put_number(mec_wire_writer *w, unsigned field, uint64_t value) {
    if (value == 0)
        return;
    put_tag(w, field, VARINT);
    mec_wire_put_varint(w, value);
}

void mec_wire_put_fixed32(mec_wire_writer *w, unsigned field, uint32_t value) {
    put_tag(w, field, FIXED32);
    mec_wire_put_u32(w, value);
}

void mec_wire_put_bytes(mec_wire_writer *w, unsigned field, const void *bytes, size_t size) {
    put_tag(w, field, BYTES);
    mec_wire_put_varint(w, size);
    mec_wire_put(w, bytes, size);
}

void mec_wire_put_message(mec_wire_writer *w, unsigned field, mec_wire_writer *message) {
    if (message->status.code != MEC_OK)
        mec_fail(&w->status, message->status.code, "%s", message->status.message);
    mec_wire_put_bytes(w, field, message->bytes, message->size);
    message->size = 0;
}

void mec_wire_writer_release(mec_wire_writer *w) {
    free(w->bytes);
    *w = (mec_wire_writer){0};
}
