#include "storage/tf_bundle.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/memory.h"
#include "base/text_file.h"
#include "storage/crc32c.h"
#include "storage/tf_table.h"
#include "storage/wire.h"

enum {
    BUNDLE_VERSION = 1,
    MAX_SHARD = 99999, /* names have five digits */
    READ_SIZE = 1 << 30,
    PATH_SIZE = 4096,
};

/* ---- types and shapes ---- */

typedef struct type_row {
    int number;
    uint64_t size; /* of an element; 0: strings */
    const char *name;
} type_row;

/* tensorflow/core/framework/types.proto */
static const type_row types[] = {
    {MEC_TENSOR_FLOAT, 4, "float32"},
    {2, 8, "float64"},
    {MEC_TENSOR_INT32, 4, "int32"},
    {4, 1, "uint8"},
    {5, 2, "int16"},
    {6, 1, "int8"},
    {MEC_TENSOR_STRING, 0, "string"},
    {8, 8, "complex64"},
    {MEC_TENSOR_INT64, 8, "int64"},
    {10, 1, "bool"},
    {14, 2, "bfloat16"},
    {17, 2, "uint16"},
    {18, 16, "complex128"},
    {19, 2, "float16"},
    {22, 4, "uint32"},
    {23, 8, "uint64"},
};

static const type_row *find_type(int number) {
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        if (types[i].number == number)
            return &types[i];
    return NULL;
}

const char *mec_tensor_type_name(int type) {
    const type_row *row = find_type(type);
    return row ? row->name : "type of unknown number";
}

void mec_tensor_shape_text(const mec_tensor *tensor, char text[MEC_TENSOR_SHAPE_SIZE]) {
    size_t used = (size_t)snprintf(text, MEC_TENSOR_SHAPE_SIZE, "[");
    for (int d = 0; d < tensor->n_dim; d++)
        used += (size_t)snprintf(text + used, MEC_TENSOR_SHAPE_SIZE - used, "%s%llu", d ? ", " : "",
                                 (unsigned long long)tensor->dims[d]);
    snprintf(text + used, MEC_TENSOR_SHAPE_SIZE - used, "]");
}

/* ---- the index ---- */

typedef struct index_reader {
    mec_tf_bundle *bundle;
    const char *path; /* of the index */
} index_reader;

/* BundleHeaderProto */
static mec_code take_header(const index_reader *r, const uint8_t *value, size_t size,
                            mec_status *status) {
    mec_wire wire = mec_wire_start(value, size);
    mec_wire_field field;
    uint64_t big_endian = 0;
    uint64_t needed_version = 0;
    while (mec_wire_next(&wire, &field)) {
        mec_wire_field version;
        if (field.number == 1)
            r->bundle->n_shard = field.value;
        else if (field.number == 2)
            big_endian = field.value;
        else if (field.number == 3)
            while (mec_wire_next(&field.message, &version))
                if (version.number == 2)
                    needed_version = version.value;
        wire.bad = wire.bad || field.message.bad;
    }
    if (wire.bad)
        return mec_fail(status, MEC_REFUSED, "%s: the header is damaged", r->path);
    if (big_endian != 0)
        return mec_fail(status, MEC_REFUSED, "%s: numbers are big-endian; accepted: little-endian",
                        r->path);
    if (needed_version > BUNDLE_VERSION)
        return mec_fail(status, MEC_REFUSED, "%s: needs a reader of version %llu; accepted: %d",
                        r->path, (unsigned long long)needed_version, BUNDLE_VERSION);
    if (r->bundle->n_shard < 1 || r->bundle->n_shard > MAX_SHARD)
        return mec_fail(status, MEC_REFUSED,
                        "%s: says that there are %llu shards; accepted: 1 to "
                        "%d",
                        r->path, (unsigned long long)r->bundle->n_shard, MAX_SHARD);
    return MEC_OK;
}

/* TensorShapeProto; false where it is damaged, unknown, or of too many dimensions. */
static bool take_shape(mec_wire wire, mec_tensor *tensor) {
    mec_wire_field field;
    mec_wire_field part;
    while (mec_wire_next(&wire, &field)) {
        if (field.number == 3 && field.value)
            return false;
        if (field.number != 2)
            continue;
        if (tensor->n_dim == MEC_TENSOR_MAX_DIM)
            return false;
        uint64_t *dim = &tensor->dims[tensor->n_dim++];
        while (mec_wire_next(&field.message, &part))
            if (part.number == 1)
                *dim = part.value;
        if (field.message.bad || *dim > INT64_MAX)
            return false;
    }
    return !wire.bad;
}

/* Bytes of a tensor of numbers; false where they are more than can be counted. */
static bool count_bytes(const mec_tensor *tensor, uint64_t element, uint64_t *bytes) {
    *bytes = element;
    for (int d = 0; d < tensor->n_dim; d++)
        if (__builtin_mul_overflow(*bytes, tensor->dims[d], bytes))
            return false;
    return *bytes <= INT64_MAX;
}

static mec_code check_entry(const index_reader *r, const mec_tensor *tensor, mec_status *status) {
    const type_row *type = find_type(tensor->type);
    uint64_t bytes = 0;
    char shape[MEC_TENSOR_SHAPE_SIZE];
    mec_tensor_shape_text(tensor, shape);
    if (!type)
        return mec_fail(status, MEC_REFUSED,
                        "%s: %s has TensorFlow's type %d; accepted: numbers and strings", r->path,
                        tensor->key, tensor->type);
    if (!count_bytes(tensor, type->size > 0 ? type->size : 1, &bytes) ||
        (type->size > 0 && tensor->size != bytes))
        return mec_fail(status, MEC_REFUSED,
                        "%s: %s is %llu bytes long and %s of shape %s: the index is damaged",
                        r->path, tensor->key, (unsigned long long)tensor->size, type->name, shape);
    if (tensor->shard >= r->bundle->n_shard)
        return mec_fail(status, MEC_REFUSED, "%s: %s is in shard %llu, and there are %llu", r->path,
                        tensor->key, (unsigned long long)tensor->shard,
                        (unsigned long long)r->bundle->n_shard);
    if (tensor->size > INT64_MAX || tensor->offset > INT64_MAX - tensor->size)
        return mec_fail(status, MEC_REFUSED, "%s: %s lies outside any file", r->path, tensor->key);
    return MEC_OK;
}

/* BundleEntryProto */
static bool parse_entry(mec_wire wire, mec_tensor *tensor, bool *sliced) {
    mec_wire_field field;
    bool good = true;
    while (good && mec_wire_next(&wire, &field)) {
        switch (field.number) {
        case 1:
            tensor->type = field.value < 1000 ? (int)field.value : 0;
            break;
        case 2:
            good = take_shape(field.message, tensor);
            break;
        case 3:
            tensor->shard = field.value;
            break;
        case 4:
            tensor->offset = field.value;
            break;
        case 5:
            tensor->size = field.value;
            break;
        case 6:
            tensor->crc = (uint32_t)field.value;
            break;
        case 7:
            *sliced = true;
            break;
        default:
            break;
        }
    }
    return good && !wire.bad;
}

static mec_code take_entry(void *user, const char *key, const uint8_t *value, size_t size,
                           mec_status *status) {
    index_reader *r = user;
    mec_tf_bundle *bundle = r->bundle;
    if (*key == '\0')
        return take_header(r, value, size, status);
    if (bundle->n_shard == 0)
        return mec_fail(status, MEC_REFUSED, "%s: has no header", r->path);
    mec_tensor *tensors =
        mec_grow(bundle->tensors, bundle->n_tensor, &bundle->capacity, sizeof *tensors, status);
    char *copy = tensors ? mec_copy_text(key, status) : NULL;
    if (tensors)
        bundle->tensors = tensors;
    if (!copy)
        return status->code;
    mec_tensor *tensor = &tensors[bundle->n_tensor++];
    bool sliced = false;
    *tensor = (mec_tensor){.key = copy};
    if (!parse_entry(mec_wire_start(value, size), tensor, &sliced))
        return mec_fail(status, MEC_REFUSED, "%s: the entry of %s is damaged", r->path, key);
    if (sliced)
        return mec_fail(status, MEC_REFUSED, "%s: %s is stored in slices; accepted: whole tensors",
                        r->path, key);
    return check_entry(r, tensor, status);
}

static void shard_path(const mec_tf_bundle *bundle, uint64_t shard, char path[PATH_SIZE]) {
    snprintf(path, PATH_SIZE, "%s.data-%05llu-of-%05llu", bundle->prefix, (unsigned long long)shard,
             (unsigned long long)bundle->n_shard);
}

static mec_code cut_short(const mec_tf_bundle *bundle, const mec_tensor *tensor, const char *path,
                          mec_status *status) {
    unsigned long long end = tensor->offset + tensor->size;
    return mec_fail(status, MEC_REFUSED,
                    "%s: ends before byte %llu, where %s ends: the file is cut short or belongs to "
                    "another index than %s.index",
                    path, end, tensor->key, bundle->prefix);
}

/* Before any memory is asked for: every tensor lies in a shard that is there. */
static mec_code check_shards(const mec_tf_bundle *bundle, mec_status *status) {
    for (size_t i = 0; i < bundle->n_tensor; i++) {
        const mec_tensor *tensor = &bundle->tensors[i];
        char path[PATH_SIZE];
        struct stat shard;
        shard_path(bundle, tensor->shard, path);
        if (stat(path, &shard) != 0)
            return mec_fail(status, MEC_REFUSED, "%s: %s", path, strerror(errno));
        if ((uint64_t)shard.st_size < tensor->offset + tensor->size)
            return cut_short(bundle, tensor, path, status);
    }
    return MEC_OK;
}

mec_code mec_tf_bundle_open(mec_tf_bundle *bundle, const char *prefix, mec_status *status) {
    char path[PATH_SIZE];
    size_t size = 0;
    index_reader reader = {bundle, path};
    *bundle = (mec_tf_bundle){.prefix = mec_copy_text(prefix, status)};
    if (!bundle->prefix)
        return status->code;
    if (strlen(prefix) + sizeof ".data-00000-of-00000" > sizeof path)
        return mec_fail(status, MEC_REFUSED, "%.200s...: the name is too long", prefix);
    snprintf(path, sizeof path, "%s.index", prefix);
    char *bytes = mec_text_file_read(path, &size, status);
    if (status->code == MEC_OK)
        mec_tf_table_walk(path, (const uint8_t *)bytes, size, take_entry, &reader, status);
    if (status->code == MEC_OK && bundle->n_shard == 0)
        mec_fail(status, MEC_REFUSED, "%s: has no header", path);
    free(bytes);
    return status->code == MEC_OK ? check_shards(bundle, status) : status->code;
}

void mec_tf_bundle_close(mec_tf_bundle *bundle) {
    for (size_t i = 0; i < bundle->n_tensor; i++)
        free(bundle->tensors[i].key);
    free(bundle->tensors);
    free(bundle->prefix);
    *bundle = (mec_tf_bundle){0};
}

static int compare_key(const void *key, const void *tensor) {
    return strcmp(key, ((const mec_tensor *)tensor)->key);
}

const mec_tensor *mec_tf_bundle_find(const mec_tf_bundle *bundle, const char *key) {
    if (bundle->n_tensor == 0)
        return NULL;
    return bsearch(key, bundle->tensors, bundle->n_tensor, sizeof *bundle->tensors, compare_key);
}

/* ---- the shards ---- */

/* What the file ends before is left as it was; `*there` says how much came. */
static bool read_at(int file, uint64_t offset, uint8_t *bytes, uint64_t size, uint64_t *there) {
    *there = 0;
    while (*there < size) {
        uint64_t rest = size - *there;
        ssize_t n = pread(file, bytes + *there, rest < READ_SIZE ? (size_t)rest : READ_SIZE,
                          (off_t)(offset + *there));
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return n == 0;
        *there += (uint64_t)n;
    }
    return true;
}

/* Of numbers, of their bytes. Of strings (lengths as varints, the lengths' masked checksum, the
 * strings), of the lengths as 32-bit words (64-bit ones where that is too short), that checksum and
 * the strings. False where the lengths do not fit the size. */
static bool checksum(const mec_tensor *tensor, const uint8_t *bytes, uint32_t *crc) {
    mec_wire wire = mec_wire_start(bytes, (size_t)tensor->size);
    uint64_t n_string = 0;
    uint64_t total = 0;
    *crc = 0;
    if (tensor->type != MEC_TENSOR_STRING) {
        *crc = mec_crc32c(0, bytes, (size_t)tensor->size);
        return true;
    }
    if (!count_bytes(tensor, 1, &n_string))
        return false;
    for (uint64_t i = 0; i < n_string && !wire.bad; i++) {
        uint64_t length = mec_wire_varint(&wire);
        uint8_t word[8];
        for (int b = 0; b < 8; b++)
            word[b] = (uint8_t)(length >> (8 * b));
        *crc = mec_crc32c(*crc, word, length > UINT32_MAX ? 8 : 4);
        if (__builtin_add_overflow(total, length, &total))
            wire.bad = true;
    }
    const uint8_t *rest = mec_wire_take(&wire, 4);
    if (!rest || total != (uint64_t)(wire.end - wire.at))
        return false;
    *crc = mec_crc32c(*crc, rest, 4 + (size_t)total);
    return true;
}

static mec_code read_from(const mec_tf_bundle *bundle, const mec_tensor *tensor, int file,
                          const char *path, void *bytes, mec_status *status) {
    uint64_t there = 0;
    uint32_t crc = 0;
    if (!read_at(file, tensor->offset, bytes, tensor->size, &there))
        return mec_fail(status, MEC_FAILED, "%s: %s", path, strerror(errno));
    if (there < tensor->size)
        return cut_short(bundle, tensor, path, status);
    if (!checksum(tensor, bytes, &crc) || mec_crc32c_mask(crc) != tensor->crc)
        return mec_fail(status, MEC_REFUSED,
                        "%s: %s has another checksum (CRC-32C) than %s.index says: the file is "
                        "damaged or belongs to another index",
                        path, tensor->key, bundle->prefix);
    return MEC_OK;
}

mec_code mec_tf_bundle_read(const mec_tf_bundle *bundle, const mec_tensor *tensor, void *bytes,
                            mec_status *status) {
    char path[PATH_SIZE];
    shard_path(bundle, tensor->shard, path);
    int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0)
        return mec_fail(status, MEC_REFUSED, "%s: %s", path, strerror(errno));
    read_from(bundle, tensor, file, path, bytes, status);
    close(file);
    return status->code;
}

mec_code mec_tf_bundle_verify(const mec_tf_bundle *bundle, mec_status *status) {
    uint64_t most = 0;
    for (size_t i = 0; i < bundle->n_tensor; i++)
        most = bundle->tensors[i].size > most ? bundle->tensors[i].size : most;
    uint8_t *bytes = mec_alloc((size_t)most, 1, status);
    for (size_t i = 0; i < bundle->n_tensor && status->code == MEC_OK; i++)
        mec_tf_bundle_read(bundle, &bundle->tensors[i], bytes, status);
    free(bytes);
    return status->code;
}
