/* CRC-32C (Castagnoli), computed by ISA-L with the processor's own instructions, and the mask that
 * LevelDB and TensorFlow put over one that is stored among the bytes it covers. */
#ifndef MEC_STORAGE_CRC32C_H
#define MEC_STORAGE_CRC32C_H

#include <stddef.h>
#include <stdint.h>

/* Of `size` bytes behind those whose checksum is `crc` (0: none). */
uint32_t mec_crc32c(uint32_t crc, const void *bytes, size_t size);

/* As it is stored: rotated right by 15 bits, plus a constant (LevelDB, util/crc32c.h). */
uint32_t mec_crc32c_mask(uint32_t crc);

#endif
