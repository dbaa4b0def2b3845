/* The other direction of storage/wire.h: numbers and messages appended to a growing block. */
#ifndef MEC_STORAGE_WIRE_WRITER_H
#define MEC_STORAGE_WIRE_WRITER_H

#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

/* Zeroed: empty. The first failure is kept, and nothing is appended after it. */
typedef struct mec_wire_writer {
    uint8_t *bytes;
    size_t size, capacity;
    mec_status status;
} mec_wire_writer;

void mec_wire_put(mec_wire_writer *writer, const void *bytes, size_t size);
void mec_wire_put_varint(mec_wire_writer *writer, uint64_t value);
void mec_wire_put_u32(mec_wire_writer *writer, uint32_t value);

/* Fields of a protocol-buffer message: a varint, left out where it is 0 as protocol buffers do; a
 * fixed-width word; bytes. */
void mec_wire_put_number(mec_wire_writer *writer, unsigned field, uint64_t value);
void mec_wire_put_fixed32(mec_wire_writer *writer, unsigned field, uint32_t value);
void mec_wire_put_bytes(mec_wire_writer *writer, unsigned field, const void *bytes, size_t size);

/* Appends `message` as a field, takes over its failure, and empties it for the next. */
void mec_wire_put_message(mec_wire_writer *writer, unsigned field, mec_wire_writer *message);

void mec_wire_writer_release(mec_wire_writer *writer);

#endif
