#include "storage/wire.h"

mec_wire mec_wire_start(const void *bytes, size_t size) {
    return (mec_wire){.at = bytes, .end = (const uint8_t *)bytes + size};
}

const uint8_t *mec_wire_take(mec_wire *wire, uint64_t size) {
    if (wire->bad || size > (uint64_t)(wire->end - wire->at)) {
        wire->bad = true;
        return NULL;
    }
    const uint8_t *taken = wire->at;
    wire->at += size;
    return taken;
}

uint64_t mec_wire_varint(mec_wire *wire) {
    uint64_t value = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
        const uint8_t *byte = mec_wire_take(wire, 1);
        if (!byte)
            return 0;
        value |= (uint64_t)(*byte & 0x7F) << shift;
        if (*byte < 0x80)
            return value;
    }
    wire->bad = true;
    return 0;
}

static uint64_t fixed(mec_wire *wire, unsigned n_byte) {
    const uint8_t *bytes = mec_wire_take(wire, n_byte);
    uint64_t value = 0;
    for (unsigned i = 0; bytes && i < n_byte; i++)
        value |= (uint64_t)bytes[i] << (8 * i);
    return value;
}

uint32_t mec_wire_u32(mec_wire *wire) {
    return (uint32_t)fixed(wire, 4);
}

/* https://protobuf.dev/programming-guides/encoding */
enum { WIRE_VARINT = 0, WIRE_FIXED64 = 1, WIRE_BYTES = 2, WIRE_FIXED32 = 5 };

bool mec_wire_next(mec_wire *wire, mec_wire_field *field) {
    if (wire->bad || wire->at == wire->end)
        return false;
    uint64_t tag = mec_wire_varint(wire);
    *field = (mec_wire_field){.number = (unsigned)(tag >> 3)};
    switch (tag & 7) {
    case WIRE_VARINT:
        field->value = mec_wire_varint(wire);
        break;
    case WIRE_FIXED64:
        field->value = fixed(wire, 8);
        break;
    case WIRE_FIXED32:
        field->value = fixed(wire, 4);
        break;
    case WIRE_BYTES: {
        uint64_t size = mec_wire_varint(wire);
        const uint8_t *bytes = mec_wire_take(wire, size);
        if (bytes)
            field->message = mec_wire_start(bytes, (size_t)size);
        break;
    }
    default:
        wire->bad = true;
    }
    return !wire->bad;
}
