/* Checkpoints that are damaged, cut short or of another kind: refused with a line that says which,
 * or read to the very same numbers. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bundle.h"
#include "storage/crc32c.h"
#include "storage/tf_bundle.h"
#include "unit.h"

#define SOURCE MEC_GOLDEN_CHECKPOINTS "/UGRNN_relu/ckpts/ckpt-2"
#define SHARD ".data-00000-of-00001"

static char directory[] = "/tmp/mec_test_bundle_XXXXXX";
static char prefix[64];
static char index_path[80];
static char shard_path[96];

static int enter(void **state) {
    (void)state;
    if (!mkdtemp(directory))
        return -1;
    snprintf(prefix, sizeof prefix, "%s/ckpt-2", directory);
    snprintf(index_path, sizeof index_path, "%s.index", prefix);
    snprintf(shard_path, sizeof shard_path, "%s" SHARD, prefix);
    return 0;
}

static int leave(void **state) {
    (void)state;
    unlink(index_path);
    unlink(shard_path);
    return rmdir(directory);
}

/* Both files of the source, as they are now at `prefix`, and the numbers in it. */
typedef struct original {
    uint8_t *index, *shard;
    size_t n_index, n_shard;
    mec_tf_bundle bundle;
} original;

static original start(void) {
    original o;
    mec_status status = {0};
    o.index = bundle_load(SOURCE ".index", &o.n_index);
    o.shard = bundle_load(SOURCE SHARD, &o.n_shard);
    bundle_save(index_path, o.index, o.n_index);
    bundle_save(shard_path, o.shard, o.n_shard);
    mec_tf_bundle_open(&o.bundle, SOURCE, &status);
    assert_ok(status);
    return o;
}

static void end(original *o) {
    mec_tf_bundle_close(&o->bundle);
    free(o->index);
    free(o->shard);
}

static void assert_same_tensor(const mec_tensor *found, const mec_tensor *wanted) {
    assert_string_equal(found->key, wanted->key);
    assert_int_equal(found->type, wanted->type);
    assert_int_equal(found->n_dim, wanted->n_dim);
    assert_memory_equal(found->dims, wanted->dims, sizeof found->dims);
    assert_int_equal(found->shard, wanted->shard);
    assert_int_equal(found->offset, wanted->offset);
    assert_int_equal(found->size, wanted->size);
    assert_int_equal(found->crc, wanted->crc);
}

/* Opens what is at `prefix`: refused, or the same tensors in the same places. True if refused. */
static bool refused_or_same(const original *o) {
    mec_status status = {0};
    mec_tf_bundle bundle;
    if (mec_tf_bundle_open(&bundle, prefix, &status) == MEC_OK) {
        assert_int_equal(bundle.n_tensor, o->bundle.n_tensor);
        for (size_t i = 0; i < bundle.n_tensor; i++)
            assert_same_tensor(&bundle.tensors[i], &o->bundle.tensors[i]);
    } else {
        assert_status(status, MEC_REFUSED, index_path);
        assert_null(strchr(status.message, '\n'));
    }
    mec_tf_bundle_close(&bundle);
    return status.code != MEC_OK;
}

static void any_byte_of_the_index_may_be_wrong(void **state) {
    (void)state;
    static const uint8_t flips[] = {0x01, 0x02, 0x10, 0x80, 0xFF};
    original o = start();
    size_t n_same = 0;
    for (size_t i = 0; i < o.n_index; i++)
        for (size_t k = 0; k <= sizeof flips; k++) { /* and once to put it right again */
            bundle_patch(index_path, i, k < sizeof flips ? o.index[i] ^ flips[k] : o.index[i]);
            n_same += k < sizeof flips && !refused_or_same(&o);
        }
    /* The footer's padding and the handle of the metaindex are not read, nor is that block, of 8
     * bytes and its trailer. */
    assert_true(n_same <= (48 + 8 + 5) * sizeof flips);
    end(&o);
}

static uint32_t mask(uint32_t crc) {
    return ((crc >> 15) | (crc << 17)) + 0xa282ead8U;
}

static uint32_t word_at(const uint8_t *bytes) {
    return (uint32_t)bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 |
           (uint32_t)bytes[3] << 24;
}

/* The size of the table's first block, which ends where its checksum stands. */
static size_t data_block(const original *o) {
    size_t size = 1;
    while (mask(bundle_crc(o->index, size + 1)) != word_at(o->index + size + 1))
        assert_true(++size < o->n_index - 8);
    return size;
}

/* Checksums do not help against a file that was made so: whatever an entry says is either refused
 * or read within bounds, which the sanitizers watch. */
static void any_byte_may_be_wrong_under_a_right_checksum(void **state) {
    (void)state;
    static const uint8_t flips[] = {0x01, 0x08, 0x80, 0xFF};
    original o = start();
    size_t size = data_block(&o);
    size_t n_refused = 0;
    for (size_t i = 0; i < size; i++)
        for (size_t k = 0; k < sizeof flips; k++) {
            mec_status status = {0};
            mec_tf_bundle bundle;
            o.index[i] ^= flips[k];
            uint32_t crc = mask(bundle_crc(o.index, size + 1));
            bundle_patch(index_path, i, o.index[i]);
            for (size_t b = 0; b < 4; b++)
                bundle_patch(index_path, size + 1 + b, (uint8_t)(crc >> (8 * b)));
            if (mec_tf_bundle_open(&bundle, prefix, &status) == MEC_OK)
                mec_tf_bundle_verify(&bundle, &status);
            if (status.code != MEC_OK)
                assert_status(status, MEC_REFUSED, prefix);
            n_refused += status.code != MEC_OK;
            mec_tf_bundle_close(&bundle);
            o.index[i] ^= flips[k];
            bundle_patch(index_path, i, o.index[i]);
        }
    assert_true(n_refused > size); /* letters of keys may change unseen */
    end(&o);
}

static void the_index_may_end_anywhere(void **state) {
    (void)state;
    original o = start();
    for (size_t size = o.n_index; size-- > 0;) {
        assert_int_equal(truncate(index_path, (off_t)size), 0);
        assert_true(refused_or_same(&o));
    }
    end(&o);
}

/* The tensor that holds byte `at` of the shard. */
static const mec_tensor *tensor_at(const mec_tf_bundle *bundle, size_t at) {
    for (size_t i = 0; i < bundle->n_tensor; i++)
        if (bundle->tensors[i].offset <= at &&
            at < bundle->tensors[i].offset + bundle->tensors[i].size)
            return &bundle->tensors[i];
    return NULL;
}

static void a_wrong_byte_of_a_shard_names_its_tensor(void **state) {
    (void)state;
    original o = start();
    for (size_t at = 0; at < o.n_shard; at += at < 100 ? 1 : 37) {
        mec_status status = {0};
        mec_tf_bundle bundle;
        const mec_tensor *tensor = tensor_at(&o.bundle, at);
        assert_non_null(tensor);
        bundle_patch(shard_path, at, o.shard[at] ^ 0x20);
        mec_tf_bundle_open(&bundle, prefix, &status);
        mec_tf_bundle_verify(&bundle, &status);
        assert_status(status, MEC_REFUSED, tensor->key);
        assert_non_null(strstr(status.message, shard_path));
        assert_non_null(strstr(status.message, "checksum"));
        mec_tf_bundle_close(&bundle);
        bundle_patch(shard_path, at, o.shard[at]);
    }
    end(&o);
}

static void a_shard_may_be_cut_short_or_missing(void **state) {
    (void)state;
    original o = start();
    for (size_t size = o.n_shard - 1; size > 997; size -= 997) {
        mec_status status = {0};
        mec_tf_bundle bundle;
        assert_int_equal(truncate(shard_path, (off_t)size), 0);
        mec_tf_bundle_open(&bundle, prefix, &status);
        assert_status(status, MEC_REFUSED, "cut short");
        mec_tf_bundle_close(&bundle);
    }
    mec_status status = {0};
    mec_tf_bundle bundle;
    unlink(shard_path);
    mec_tf_bundle_open(&bundle, prefix, &status);
    assert_status(status, MEC_REFUSED, shard_path);
    mec_tf_bundle_close(&bundle);
    end(&o);
}

/* ---- files that are whole and yet not to be read ---- */

static const float numbers[6] = {1, 2, 3, 4, 5, 6};

static void expect(const bundle_item *item, const bundle_flaws *flaws, const char *part) {
    mec_status status = {0};
    mec_tf_bundle bundle;
    const bundle_item items[] = {
        *item, {.key = "z", .type = 1, .n_dim = 1, .dims = {6}, .bytes = numbers, .size = 24}};
    bundle_write(prefix, items, 2, flaws);
    mec_tf_bundle_open(&bundle, prefix, &status);
    if (status.code == MEC_OK)
        mec_tf_bundle_verify(&bundle, &status);
    if (part)
        assert_status(status, MEC_REFUSED, part);
    else
        assert_ok(status);
    mec_tf_bundle_close(&bundle);
}

static void what_cannot_be_is_refused(void **state) {
    (void)state;
    const bundle_item good = {
        .key = "a", .type = 1, .n_dim = 2, .dims = {2, 3}, .bytes = numbers, .size = 24};
    const bundle_flaws none = {0};
    bundle_item item = good;
    expect(&good, &none, NULL);
    expect(&good, &(bundle_flaws){.block_type = 1}, "compressed (type 1, Snappy)");
    expect(&good, &(bundle_flaws){.block_type = 2}, "compressed (type 2)");
    expect(&good, &(bundle_flaws){.big_endian = 1}, "big-endian");
    expect(&good, &(bundle_flaws){.min_consumer = 2}, "reader of version 2");
    expect(&good, &(bundle_flaws){.n_shard = 100000}, "100000 shards");
    expect(&good, &(bundle_flaws){.no_header = 1}, "has no header");
    item.key = "zz";
    expect(&item, &(bundle_flaws){.unsorted = 1}, "keys are not in order");
    item = good;
    item.dims[0] = 3;
    expect(&item, &none, "a is 24 bytes long and float32 of shape [3, 3]");
    item.dims[0] = UINT64_MAX / 2;
    expect(&item, &none, "a is 24 bytes long");
    item = good;
    item.type = 21;
    expect(&item, &none, "a has TensorFlow's type 21");
    item = good;
    item.sliced = 1;
    expect(&item, &none, "a is stored in slices");
    item = good;
    item.shard = 1;
    expect(&item, &none, "a is in shard 1, and there are 1");
    item = good;
    item.offset = INT64_MAX;
    expect(&item, &none, "a lies outside any file");
    item = good;
    item.offset = 1 << 20;
    expect(&item, &none, "cut short");
    item =
        (bundle_item){.key = "s", .type = 7, .n_dim = 1, .dims = {9}, .bytes = "\1\1", .size = 2};
    expect(&item, &none, "s has another checksum");
}

static void checksums_are_those_of_the_definition(void **state) {
    (void)state;
    uint8_t bytes[1000];
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (uint8_t)(i * i + i / 7);
    assert_int_equal(mec_crc32c(0, "123456789", 9), 0xE3069283U); /* the catalogued check value */
    for (size_t n = 0; n < sizeof bytes; n += n < 70 ? 1 : 101) {
        uint32_t whole = bundle_crc(bytes, n);
        assert_int_equal(mec_crc32c(0, bytes, n), whole);
        assert_int_equal(mec_crc32c(mec_crc32c(0, bytes, n / 3), bytes + n / 3, n - n / 3), whole);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(any_byte_of_the_index_may_be_wrong),
        cmocka_unit_test(any_byte_may_be_wrong_under_a_right_checksum),
        cmocka_unit_test(the_index_may_end_anywhere),
        cmocka_unit_test(a_wrong_byte_of_a_shard_names_its_tensor),
        cmocka_unit_test(a_shard_may_be_cut_short_or_missing),
        cmocka_unit_test(what_cannot_be_is_refused),
        cmocka_unit_test(checksums_are_those_of_the_definition),
    };
    return cmocka_run_group_tests(tests, enter, leave);
}
