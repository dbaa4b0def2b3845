/* A LevelDB table in memory: the sorted keys and values of a TensorFlow checkpoint's index.
 *
 * A reader of our own: the C interface of libleveldb opens a database's directory, not a lone table
 * file, and takes its comparison of checksums for optional. Blocks are checked by their checksum
 * before anything in them is read; compressed ones are refused by name.
 * Format: LevelDB, doc/table_format.md. */
#ifndef MEC_STORAGE_TF_TABLE_H
#define MEC_STORAGE_TF_TABLE_H

#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

/* Is given every key (ended by NUL, valid during the call) and its value, in the order of keys. */
typedef mec_code (*mec_tf_table_take)(void *user, const char *key, const uint8_t *value,
                                      size_t size, mec_status *status);

/* Walks the `size` bytes of a table; `path` is for messages. MEC_REFUSED where it is damaged, cut
 * short, compressed or of another kind, or where keys do not rise. Ends at the first failure of
 * `take`. */
mec_code mec_tf_table_walk(const char *path, const uint8_t *bytes, size_t size,
                           mec_tf_table_take take, void *user, mec_status *status);

#endif
