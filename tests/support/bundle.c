#include "bundle.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "unit.h"

typedef struct buffer {
    uint8_t *bytes;
    size_t size;
} buffer;

static void put(buffer *b, const void *bytes, size_t size) {
    b->bytes = realloc(b->bytes, b->size + size + 1);
    assert_non_null(b->bytes);
    if (size > 0)
        memcpy(b->bytes + b->size, bytes, size);
    b->size += size;
}

static void put_varint(buffer *b, uint64_t value) {
    for (; value >= 0x80; value >>= 7)
        put(b, &(uint8_t){(uint8_t)(value | 0x80)}, 1);
    put(b, &(uint8_t){(uint8_t)value}, 1);
}

static void put_u32(buffer *b, uint32_t value) {
    for (int i = 0; i < 4; i++)
        put(b, &(uint8_t){(uint8_t)(value >> (8 * i))}, 1);
}

static void put_number(buffer *b, unsigned field, uint64_t value) {
    put_varint(b, field << 3);
    put_varint(b, value);
}

static void put_message(buffer *b, unsigned field, const buffer *message) {
    put_varint(b, field << 3 | 2);
    put_varint(b, message->size);
    put(b, message->bytes, message->size);
}

uint32_t bundle_crc(const void *bytes, size_t size) {
    const uint8_t *at = bytes;
    uint32_t crc = 0xFFFFFFFFU;
    for (size_t i = 0; i < size; i++) {
        crc ^= at[i];
        for (int bit = 0; bit < 8; bit++)
            crc = (crc >> 1) ^ (crc & 1 ? 0x82F63B78U : 0);
    }
    return ~crc;
}

static uint32_t masked(uint32_t crc) {
    return ((crc >> 15) | (crc << 17)) + 0xa282ead8U;
}

static buffer header_of(const bundle_flaws *flaws) {
    buffer header = {0};
    buffer version = {0};
    put_number(&header, 1, flaws->n_shard ? flaws->n_shard : 1);
    put_number(&header, 2, flaws->big_endian);
    put_number(&version, 1, 1);
    put_number(&version, 2, flaws->min_consumer);
    put_message(&header, 3, &version);
    free(version.bytes);
    return header;
}

static buffer entry_of(const bundle_item *item, uint64_t offset) {
    buffer entry = {0};
    buffer shape = {0};
    for (int d = 0; d < item->n_dim; d++) {
        buffer dim = {0};
        put_number(&dim, 1, item->dims[d]);
        put_message(&shape, 2, &dim);
        free(dim.bytes);
    }
    put_number(&entry, 1, (uint64_t)item->type);
    put_message(&entry, 2, &shape);
    put_number(&entry, 3, item->shard);
    put_number(&entry, 4, item->offset ? item->offset : offset);
    put_number(&entry, 5, item->stated_size ? item->stated_size : item->size);
    put_varint(&entry, 6 << 3 | 5);
    put_u32(&entry, masked(bundle_crc(item->bytes, item->size)));
    if (item->sliced)
        put_message(&entry, 7, &(buffer){0});
    free(shape.bytes);
    return entry;
}

static void put_entry(buffer *block, const char *key, const buffer *value) {
    put_varint(block, 0);
    put_varint(block, strlen(key));
    put_varint(block, value->size);
    put(block, key, strlen(key));
    put(block, value->bytes, value->size);
}

/* Ends a block with one restart point; writes it and gives its handle. */
static buffer close_block(buffer *block, int type, buffer *file) {
    buffer handle = {0};
    put_u32(block, 0);
    put_u32(block, 1);
    put_varint(&handle, file->size);
    put_varint(&handle, block->size);
    put(block, &(uint8_t){(uint8_t)type}, 1);
    put_u32(block, masked(bundle_crc(block->bytes, block->size)));
    put(file, block->bytes, block->size);
    free(block->bytes);
    return handle;
}

static void write_table(const char *prefix, buffer *block, int block_type) {
    static const uint8_t magic[8] = {0x57, 0xfb, 0x80, 0x8b, 0x24, 0x75, 0x47, 0xdb};
    static const uint8_t padding[40] = {0};
    char path[512];
    buffer file = {0};
    buffer index = {0};
    buffer footer = {0};
    buffer handle = close_block(block, block_type, &file);
    put_entry(&index, "~", &handle);
    free(handle.bytes);
    handle = close_block(&index, 0, &file);
    put_varint(&footer, 0); /* no metaindex */
    put_varint(&footer, 0);
    put(&footer, handle.bytes, handle.size);
    put(&footer, padding, sizeof padding - footer.size);
    put(&footer, magic, sizeof magic);
    put(&file, footer.bytes, footer.size);
    snprintf(path, sizeof path, "%s.index", prefix);
    bundle_save(path, file.bytes, file.size);
    free(handle.bytes);
    free(footer.bytes);
    free(file.bytes);
}

static int compare_items(const void *a, const void *b) {
    return strcmp(((const bundle_item *)a)->key, ((const bundle_item *)b)->key);
}

void bundle_write(const char *prefix, const bundle_item *items, size_t n,
                  const bundle_flaws *flaws) {
    char path[512];
    buffer block = {0};
    buffer shard = {0};
    buffer header = header_of(flaws);
    bundle_item *sorted = malloc((n + 1) * sizeof *sorted);
    assert_non_null(sorted);
    memcpy(sorted, items, n * sizeof *sorted);
    if (!flaws->unsorted)
        qsort(sorted, n, sizeof *sorted, compare_items);
    if (!flaws->no_header)
        put_entry(&block, "", &header);
    for (size_t i = 0; i < n; i++) {
        buffer entry = entry_of(&sorted[i], shard.size);
        put_entry(&block, sorted[i].key, &entry);
        put(&shard, sorted[i].bytes, sorted[i].size);
        free(entry.bytes);
    }
    snprintf(path, sizeof path, "%s.data-00000-of-00001", prefix);
    bundle_save(path, shard.bytes, shard.size);
    write_table(prefix, &block, flaws->block_type);
    free(header.bytes);
    free(shard.bytes);
    free(sorted);
}

uint8_t *bundle_load(const char *path, size_t *size) {
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    fseek(file, 0, SEEK_END);
    *size = (size_t)ftell(file);
    rewind(file);
    uint8_t *bytes = malloc(*size + 1);
    assert_non_null(bytes);
    assert_int_equal(fread(bytes, 1, *size, file), *size);
    fclose(file);
    return bytes;
}

void bundle_save(const char *path, const uint8_t *bytes, size_t size) {
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, size, file), size);
    fclose(file);
}

void bundle_patch(const char *path, size_t at, int byte) {
    FILE *file = fopen(path, "r+b");
    assert_non_null(file);
    assert_int_equal(fseek(file, (long)at, SEEK_SET), 0);
    assert_int_equal(fputc(byte, file), byte);
    fclose(file);
}
