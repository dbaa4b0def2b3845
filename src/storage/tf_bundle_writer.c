#include "storage/tf_bundle_writer.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fault.h"
#include "base/memory.h"
#include "storage/crc32c.h"
#include "storage/lock.h"
#include "storage/wire_writer.h"

enum { RESTART_INTERVAL = 16, FOOTER_SIZE = 48, PATH_SIZE = 4096, MAX_RESTART = 64 };

/* ---- a table's blocks (LevelDB, doc/table_format.md) ---- */

typedef struct block {
    mec_wire_writer entries;
    const char *last; /* key */
    uint32_t restarts[MAX_RESTART];
    uint32_t n_restart;
    size_t n_entry;
} block;

/* Every 16th key is written whole, the others without what they share with the one before. */
static void add_entry(block *b, const char *key, const mec_wire_writer *value) {
    size_t shared = 0;
    if (b->n_entry++ % RESTART_INTERVAL == 0 && b->n_restart < MAX_RESTART)
        b->restarts[b->n_restart++] = (uint32_t)b->entries.size;
    else
        while (b->last[shared] && b->last[shared] == key[shared])
            shared++;
    mec_wire_put_varint(&b->entries, shared);
    mec_wire_put_varint(&b->entries, strlen(key) - shared);
    mec_wire_put_varint(&b->entries, value->size);
    mec_wire_put(&b->entries, key + shared, strlen(key) - shared);
    mec_wire_put(&b->entries, value->bytes, value->size);
    b->last = key;
}

/* Appends the block to the file and gives its handle; the block is released. */
static void close_block(block *b, mec_wire_writer *file, mec_wire_writer *handle) {
    static const uint8_t not_compressed = 0;
    mec_wire_writer *bytes = &b->entries;
    if (b->n_restart == 0)
        b->n_restart = 1; /* an empty block has one, at 0 */
    for (uint32_t i = 0; i < b->n_restart; i++)
        mec_wire_put_u32(bytes, b->restarts[i]);
    mec_wire_put_u32(bytes, b->n_restart);
    mec_wire_put_varint(handle, file->size);
    mec_wire_put_varint(handle, bytes->size);
    mec_wire_put(bytes, &not_compressed, 1);
    mec_wire_put_u32(bytes, mec_crc32c_mask(mec_crc32c(0, bytes->bytes, bytes->size)));
    mec_wire_put(file, bytes->bytes, bytes->size);
    if (bytes->status.code != MEC_OK)
        mec_fail(&file->status, bytes->status.code, "%s", bytes->status.message);
    mec_wire_writer_release(bytes);
}

/* The data block, an empty metaindex, the index of one block, whose key is past the last one. */
static void close_table(block *data, mec_wire_writer *file) {
    static const uint8_t magic[8] = {0x57, 0xfb, 0x80, 0x8b, 0x24, 0x75, 0x47, 0xdb};
    static const uint8_t zeros[FOOTER_SIZE] = {0};
    const char past[2] = {(char)(*data->last + 1), '\0'};
    block metaindex = {0};
    block index = {0};
    mec_wire_writer handle = {0};
    mec_wire_writer footer = {0};
    close_block(data, file, &handle);
    add_entry(&index, past, &handle);
    close_block(&metaindex, file, &footer);
    close_block(&index, file, &footer);
    mec_wire_put(&footer, zeros, FOOTER_SIZE - sizeof magic - footer.size);
    mec_wire_put(&footer, magic, sizeof magic);
    mec_wire_put(file, footer.bytes, footer.size);
    mec_wire_writer_release(&handle);
    mec_wire_writer_release(&footer);
}

/* ---- the shard ---- */

/* What a string has before its text: its length, and the length's checksum. */
static void start_string(const mec_tensor_source *tensor, mec_wire_writer *head, uint32_t *crc) {
    mec_wire_writer length = {0};
    mec_wire_put_u32(&length, (uint32_t)tensor->size);
    *crc = mec_crc32c(0, length.bytes, length.size);
    mec_wire_put_u32(&length, mec_crc32c_mask(*crc));
    mec_wire_put_varint(head, tensor->size);
    mec_wire_put_u32(head, mec_crc32c_mask(*crc));
    *crc = length.bytes ? mec_crc32c(*crc, length.bytes + 4, 4) : 0;
    mec_wire_writer_release(&length);
}

/* BundleEntryProto; the tensor is written to the shard at `*offset`, which moves behind it. */
static bool write_tensor(const mec_tensor_source *tensor, FILE *shard, uint64_t *offset,
                         mec_wire_writer *entry) {
    mec_wire_writer shape = {0};
    mec_wire_writer dim = {0};
    mec_wire_writer head = {0};
    uint32_t crc = 0;
    if (tensor->type == MEC_TENSOR_STRING)
        start_string(tensor, &head, &crc);
    for (int d = 0; d < tensor->n_dim; d++) {
        mec_wire_put_number(&dim, 1, tensor->dims[d]);
        mec_wire_put_message(&shape, 2, &dim);
    }
    mec_wire_put_number(entry, 1, tensor->type);
    mec_wire_put_message(entry, 2, &shape);
    mec_wire_put_number(entry, 4, *offset);
    mec_wire_put_number(entry, 5, head.size + tensor->size);
    mec_wire_put_fixed32(entry, 6, mec_crc32c_mask(mec_crc32c(crc, tensor->bytes, tensor->size)));
    bool good = fwrite(head.bytes ? head.bytes : (uint8_t *)"", 1, head.size, shard) == head.size &&
                fwrite(tensor->bytes, 1, tensor->size, shard) == tensor->size;
    *offset += head.size + tensor->size;
    mec_wire_writer_release(&shape);
    mec_wire_writer_release(&dim);
    mec_wire_writer_release(&head);
    return good;
}

/* `entries` (n) receives what the index says of each tensor. */
static mec_code write_shard(const char *path, const mec_tensor_source *tensors, size_t n,
                            mec_wire_writer *entries, mec_status *status) {
    uint64_t offset = 0;
    FILE *shard = fopen(path, "wb");
    bool good = shard != NULL;
    for (size_t i = 0; i < n && good; i++)
        good = write_tensor(&tensors[i], shard, &offset, &entries[i]);
    if (shard && fclose(shard) != 0)
        good = false;
    if (mec_fault_here("bundle_write"))
        good = false;
    if (!good)
        mec_fail(status, MEC_FAILED, "%s: cannot be written: %s", path, strerror(errno));
    return status->code;
}

/* ---- the index ---- */

typedef struct row {
    const char *key;
    const mec_wire_writer *entry;
} row;

static int compare_key(const void *a, const void *b) {
    return strcmp(((const row *)a)->key, ((const row *)b)->key);
}

/* BundleHeaderProto of one shard, little-endian, made by a writer of version 1. */
static void add_header(block *data) {
    mec_wire_writer header = {0};
    mec_wire_writer version = {0};
    mec_wire_put_number(&version, 1, 1);
    mec_wire_put_number(&header, 1, 1);
    mec_wire_put_message(&header, 3, &version);
    add_entry(data, "", &header);
    mec_wire_writer_release(&version);
    mec_wire_writer_release(&header);
}

static mec_code write_index(const char *path, const mec_tensor_source *tensors, size_t n,
                            const mec_wire_writer *entries, mec_status *status) {
    block data = {0};
    mec_wire_writer file = {0};
    row *rows = mec_alloc(n, sizeof *rows, status);
    if (!rows)
        return status->code;
    for (size_t i = 0; i < n; i++) {
        rows[i] = (row){tensors[i].key, &entries[i]};
        if (entries[i].status.code != MEC_OK)
            mec_fail(&file.status, entries[i].status.code, "%s", entries[i].status.message);
    }
    qsort(rows, n, sizeof *rows, compare_key);
    add_header(&data);
    for (size_t i = 0; i < n; i++)
        add_entry(&data, rows[i].key, rows[i].entry);
    close_table(&data, &file);
    FILE *stream = file.status.code == MEC_OK ? fopen(path, "wb") : NULL;
    bool good = stream && fwrite(file.bytes, 1, file.size, stream) == file.size;
    if (stream && fclose(stream) != 0)
        good = false;
    if (file.status.code != MEC_OK)
        mec_fail(status, file.status.code, "%s", file.status.message);
    else if (!good)
        mec_fail(status, MEC_FAILED, "%s: cannot be written: %s", path, strerror(errno));
    mec_wire_writer_release(&file);
    free(rows);
    return status->code;
}

/* ---- both ---- */

static mec_code write_both(const char *prefix, const mec_tensor_source *tensors, size_t n,
                           mec_wire_writer *entries, mec_status *status) {
    char shard[PATH_SIZE];
    char index[PATH_SIZE];
    char draft[PATH_SIZE];
    snprintf(shard, sizeof shard, "%s.data-00000-of-00001", prefix);
    snprintf(index, sizeof index, "%s.index", prefix);
    snprintf(draft, sizeof draft, "%s.new", prefix);
    if (write_shard(draft, tensors, n, entries, status) == MEC_OK &&
        mec_path_publish(draft, shard, status) == MEC_OK &&
        write_index(draft, tensors, n, entries, status) == MEC_OK)
        mec_path_publish(draft, index, status);
    if (status->code != MEC_OK)
        unlink(draft);
    return status->code;
}

mec_code mec_tf_bundle_write(const char *prefix, const mec_tensor_source *tensors, size_t n,
                             mec_status *status) {
    if (strlen(prefix) + sizeof ".data-00000-of-00001" > PATH_SIZE)
        return mec_fail(status, MEC_REFUSED, "%.100s...: the name is too long", prefix);
    mec_wire_writer *entries = mec_alloc(n, sizeof *entries, status);
    if (entries)
        write_both(prefix, tensors, n, entries, status);
    for (size_t i = 0; i < n && entries; i++)
        mec_wire_writer_release(&entries[i]);
    free(entries);
    return status->code;
}
