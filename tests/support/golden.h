/* Reads arrays of the files of golden numbers. */
#ifndef MEC_TESTS_GOLDEN_H
#define MEC_TESTS_GOLDEN_H

#include <stddef.h>

#include "storage/h5.h"

/* The whole array at `path`, as doubles; the caller frees it. `*count` (may be NULL) receives its
 * number of elements, `*last` (may be NULL) its last dimension. */
double *golden_read(hid_t file, const char *path, size_t *count, size_t *last);

/* The sizes of the array at `path`, which has `n_dim` dimensions: `dims` (n_dim). */
void golden_dims(hid_t file, const char *path, size_t n_dim, size_t *dims);

/* Opens MEC_GOLDEN_FITS, MEC_GOLDEN_GRID or MEC_GOLDEN_MODEL. */
hid_t golden_open(const char *path);

#endif
