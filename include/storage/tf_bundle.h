/* A TensorFlow 2 checkpoint (a tensor bundle): PREFIX.index says where in the shards
 * PREFIX.data-00000-of-00001 ... each tensor lies, of which type and shape it is and what its
 * checksum is; the shards are raw little-endian numbers.
 *
 * Messages are read with storage/wire.h: three small ones do not earn a code generator. Knows
 * nothing of networks; reads only; serial. Layout: tensorflow/core/util/tensor_bundle and
 * core/protobuf/tensor_bundle.proto. */
#ifndef MEC_STORAGE_TF_BUNDLE_H
#define MEC_STORAGE_TF_BUNDLE_H

#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

/* TensorFlow's numbers for the types that models are made of. */
typedef enum mec_tensor_type {
    MEC_TENSOR_FLOAT = 1,
    MEC_TENSOR_INT32 = 3,
    MEC_TENSOR_STRING = 7,
    MEC_TENSOR_INT64 = 9,
} mec_tensor_type;

enum { MEC_TENSOR_MAX_DIM = 8 };

typedef struct mec_tensor {
    char *key;
    int type; /* mec_tensor_type, or another */
    int n_dim;
    uint64_t dims[MEC_TENSOR_MAX_DIM];
    uint64_t shard, offset, size; /* bytes */
    uint32_t crc;                 /* masked, as stored */
} mec_tensor;

typedef struct mec_tf_bundle {
    char *prefix;
    mec_tensor *tensors; /* (n_tensor), sorted by key */
    size_t n_tensor, capacity;
    uint64_t n_shard;
} mec_tf_bundle;

/* Reads PREFIX.index. MEC_REFUSED where a file is missing, damaged, of another byte order or
 * version, where a tensor's size does not follow from type and shape, or where a shard ends before
 * its tensors do. To be closed in any case. */
mec_code mec_tf_bundle_open(mec_tf_bundle *bundle, const char *prefix, mec_status *status);
void mec_tf_bundle_close(mec_tf_bundle *bundle);

/* The tensor of this key, or NULL. */
const mec_tensor *mec_tf_bundle_find(const mec_tf_bundle *bundle, const char *key);

/* Reads a tensor's bytes: `bytes` (tensor->size). MEC_REFUSED, with shard and key, where the shard
 * is missing or too short, or where the bytes do not have the stored checksum. */
mec_code mec_tf_bundle_read(const mec_tf_bundle *bundle, const mec_tensor *tensor, void *bytes,
                            mec_status *status);

/* Reads every tensor and checks its checksum. */
mec_code mec_tf_bundle_verify(const mec_tf_bundle *bundle, mec_status *status);

/* "float32", ...: TensorFlow's name of a type; "type of unknown number" where there is none. */
const char *mec_tensor_type_name(int type);

/* "[2, 24]"; "[]" of a scalar. */
enum { MEC_TENSOR_SHAPE_SIZE = 192 };
void mec_tensor_shape_text(const mec_tensor *tensor, char text[MEC_TENSOR_SHAPE_SIZE]);

#endif
