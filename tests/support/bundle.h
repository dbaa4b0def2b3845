/* Writes TensorFlow checkpoints for the tests, right ones and wrong ones: what no real checkpoint
 * is needed for. One shard, one block of the table; checksums bit by bit, as they are defined. */
#ifndef MEC_TESTS_BUNDLE_H
#define MEC_TESTS_BUNDLE_H

#include <stddef.h>
#include <stdint.h>

typedef struct bundle_item {
    const char *key; /* "" : the header */
    int type, n_dim;
    uint64_t dims[4];
    const void *bytes;
    size_t size;
    /* What is written in the entry instead of the truth, where not 0. */
    uint64_t shard, offset, stated_size;
    int sliced;
} bundle_item;

/* What is wrong with the file as a whole; zeroed: nothing. */
typedef struct bundle_flaws {
    int block_type;
    uint64_t n_shard, big_endian, min_consumer;
    int no_header, unsorted;
} bundle_flaws;

/* Writes PREFIX.index and PREFIX.data-00000-of-00001; the items are put in order. */
void bundle_write(const char *prefix, const bundle_item *items, size_t n,
                  const bundle_flaws *flaws);

/* CRC-32C bit by bit (RFC 3720, appendix B.4, and Castagnoli's polynomial 0x1EDC6F41). */
uint32_t bundle_crc(const void *bytes, size_t size);

/* A whole file in memory, the caller frees it; and back. */
uint8_t *bundle_load(const char *path, size_t *size);
void bundle_save(const char *path, const uint8_t *bytes, size_t size);

/* Overwrites one byte of a file. */
void bundle_patch(const char *path, size_t at, int byte);

#endif
