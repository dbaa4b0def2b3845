#include "storage/crc32c.h"

#include <isa-l/crc.h>

enum { PIECE = 1 << 30 }; /* the library counts in int */

uint32_t mec_crc32c(uint32_t crc, const void *bytes, size_t size) {
    const unsigned char *at = bytes;
    crc = ~crc;
    while (size > 0) {
        size_t n = size < PIECE ? size : PIECE;
        crc = crc32_iscsi((unsigned char *)at, (int)n, crc);
        at += n;
        size -= n;
    }
    return ~crc;
}

uint32_t mec_crc32c_mask(uint32_t crc) {
    return ((crc >> 15) | (crc << 17)) + 0xa282ead8U;
}
