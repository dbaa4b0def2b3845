/* Numbers as LevelDB's tables and protocol buffers have them: little-endian words and varints, read
 * from bytes that may be damaged. A reader that meets the end, or a varint that has none, turns bad
 * and gives zeros from then on; it is asked once, at the end. */
#ifndef MEC_STORAGE_WIRE_H
#define MEC_STORAGE_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct mec_wire {
    const uint8_t *at, *end;
    bool bad;
} mec_wire;

mec_wire mec_wire_start(const void *bytes, size_t size);
uint64_t mec_wire_varint(mec_wire *wire);
uint32_t mec_wire_u32(mec_wire *wire);

/* The next `size` bytes, or NULL. */
const uint8_t *mec_wire_take(mec_wire *wire, uint64_t size);

/* A field of a protocol-buffer message. */
typedef struct mec_wire_field {
    unsigned number;
    uint64_t value;   /* of a varint or a fixed-width number */
    mec_wire message; /* of a length-delimited one, else empty */
} mec_wire_field;

/* The next field; false at the end, or where the message is bad. */
bool mec_wire_next(mec_wire *wire, mec_wire_field *field);

#endif
