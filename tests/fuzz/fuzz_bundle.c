/* TensorFlow checkpoints. The first byte says how the rest becomes an index: as it is; or as one
 * block of entries that is put into a table with right checksums, since made-up bytes never have
 * them. The shard is the same bytes. */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "fuzz.h"
#include "storage/crc32c.h"
#include "storage/tf_bundle.h"
#include "storage/tf_model.h"

enum { HEAD_ROOM = 64, FOOTER = 48, TRAILER = 5 };

static size_t put_varint(uint8_t *at, uint64_t value) {
    size_t n = 0;
    for (; value >= 0x80; value >>= 7)
        at[n++] = (uint8_t)(value | 0x80);
    at[n++] = (uint8_t)value;
    return n;
}

static void put_u32(uint8_t *at, uint32_t value) {
    for (int i = 0; i < 4; i++)
        at[i] = (uint8_t)(value >> (8 * i));
}

/* Ends a block of `size` bytes that begins at `start` with its restart points and trailer; the
 * offset behind it. */
static size_t end_block(uint8_t *table, size_t start, size_t size) {
    put_u32(table + start + size, 0);
    put_u32(table + start + size + 4, 1);
    size += 8;
    table[start + size] = 0;
    put_u32(table + start + size + 1, mec_crc32c_mask(mec_crc32c(0, table + start, size + 1)));
    return start + size + TRAILER;
}

/* A table whose one block holds `entries`. */
static uint8_t *make_table(const uint8_t *entries, size_t size, size_t *n) {
    static const uint8_t magic[8] = {0x57, 0xfb, 0x80, 0x8b, 0x24, 0x75, 0x47, 0xdb};
    mec_status status = {0};
    uint8_t *table = mec_alloc(size + 4 * HEAD_ROOM, 1, &status);
    FUZZ_CHECK(table);
    if (size > 0)
        memcpy(table, entries, size);
    size_t index = end_block(table, 0, size);
    uint8_t *entry = table + index; /* nothing shared, a key of one byte, the block's handle */
    size_t used = 4;
    used += put_varint(entry + used, 0);
    used += put_varint(entry + used, size + 8);
    entry[1] = 1;
    entry[2] = (uint8_t)(used - 4);
    entry[3] = 0x7F;
    size_t footer = end_block(table, index, used);
    size_t at = footer;
    at += put_varint(table + at, 0);
    at += put_varint(table + at, 0);
    at += put_varint(table + at, index);
    put_varint(table + at, used + 8);
    memcpy(table + footer + FOOTER - sizeof magic, magic, sizeof magic);
    *n = footer + FOOTER;
    return table;
}

static void read_model(const mec_tf_bundle *bundle) {
    mec_status status = {0};
    mec_model_info info = {0};
    if (mec_tf_model_describe(bundle, &info, &status) == MEC_OK) {
        size_t count = mec_network_count(&info.network);
        mec_real *block = mec_alloc(3 * count, sizeof *block, &status);
        FUZZ_CHECK(block);
        mec_tf_model_read(bundle, &info, block, info.has_moments ? block + count : NULL,
                          info.has_moments ? block + 2 * count : NULL, &status);
        free(block);
    }
    if (status.code != MEC_OK)
        fuzz_check_refusal(&status);
}

static void read_bundle(const char *prefix) {
    mec_status status = {0};
    mec_tf_bundle bundle;
    if (mec_tf_bundle_open(&bundle, prefix, &status) == MEC_OK) {
        for (size_t i = 0; i < bundle.n_tensor; i++) {
            char shape[MEC_TENSOR_SHAPE_SIZE];
            mec_tensor_shape_text(&bundle.tensors[i], shape);
            FUZZ_CHECK(mec_tf_bundle_find(&bundle, bundle.tensors[i].key) == &bundle.tensors[i]);
        }
        mec_tf_bundle_verify(&bundle, &status);
        read_model(&bundle);
    }
    if (status.code != MEC_OK)
        fuzz_check_refusal(&status);
    mec_tf_bundle_close(&bundle);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    char prefix[512];
    char path[576];
    fuzz_bytes bytes = {data, data + size};
    bool as_it_is = fuzz_take(&bytes) % 2 == 0;
    size_t rest = (size_t)(bytes.end - bytes.at);
    size_t n_index = rest;
    uint8_t *table = as_it_is ? NULL : make_table(bytes.at, rest, &n_index);
    snprintf(prefix, sizeof prefix, "%s/ckpt", fuzz_folder());
    snprintf(path, sizeof path, "%s.index", prefix);
    fuzz_save(path, table ? table : bytes.at, n_index);
    snprintf(path, sizeof path, "%s.data-00000-of-00001", prefix);
    fuzz_save(path, bytes.at, rest);
    read_bundle(prefix);
    free(table);
    return 0;
}
