/* Writes a TensorFlow 2 checkpoint (see storage/tf_bundle.h) of one shard, as TensorFlow's own
 * BundleWriter does: tensors one behind the other, the index a LevelDB table of one block. */
#ifndef MEC_STORAGE_TF_BUNDLE_WRITER_H
#define MEC_STORAGE_TF_BUNDLE_WRITER_H

#include "storage/tf_bundle.h"

/* A tensor and its bytes; of a string scalar, the text. */
typedef struct mec_tensor_source {
    const char *key;
    mec_tensor_type type;
    int n_dim; /* 0 to 2 */
    uint64_t dims[2];
    const void *bytes;
    size_t size;
} mec_tensor_source;

/* Writes PREFIX.data-00000-of-00001 with the tensors in the given order and then PREFIX.index, each
 * under a temporary name until it is whole. Serial. */
mec_code mec_tf_bundle_write(const char *prefix, const mec_tensor_source *tensors, size_t n,
                             mec_status *status);

#endif
