/* Small helpers over HDF5: quiet errors turned into a status, strings, attributes. The only thing
 * here that knows more than HDF5 itself is how a failure is worded. */
#ifndef MEC_STORAGE_H5_H
#define MEC_STORAGE_H5_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <hdf5.h>

#include "base/status.h"

/* Before the first call of HDF5: it prints no error stacks (mec_h5_fail reads them), and takes no
 * file locks unless the user asks for them: many cluster file systems have none and then refuse to
 * open. FILE.lock does that work for run files. */
void mec_h5_set_defaults(void);

/* Records "what happened: HDF5's own innermost reason". */
mec_code mec_h5_fail(mec_status *status, mec_code code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Splits "file.h5:/group" (the last ":/") into `path` (of `size` bytes) and `*inside`, a pointer
 * into `path`; "/" where the location names a file only. */
void mec_h5_split_location(const char *location, char *path, size_t size, const char **inside);

/* Opens an existing file serially; `flags` are H5F_ACC_RDONLY or H5F_ACC_RDWR. Names what is wrong:
 * missing, not readable, not HDF5, truncated. Negative with MEC_REFUSED on failure. */
hid_t mec_h5_open(const char *path, unsigned flags, mec_status *status);

/* Before run.resume=overwrite replaces what is at `path`: MEC_REFUSED where that is neither HDF5,
 * damaged or not, nor empty, as a settings file or a shard of a checkpoint is named by mistake. */
mec_code mec_h5_check_replaceable(const char *path, mec_status *status);

/* Whether `name` exists below `location` and is a group (or a dataset). */
bool mec_h5_has_group(hid_t location, const char *name);
bool mec_h5_has_dataset(hid_t location, const char *name);

/* The number of dimensions of a dataset; `dims` receives them where there are 1 to `most`. */
int mec_h5_shape(hid_t dataset, hsize_t *dims, int most);

/* Whether its elements are numbers, floating point or integers. */
bool mec_h5_is_number(hid_t dataset);

/* A fixed-length UTF-8 string type of `size` bytes, padded with NUL; closed by the caller. */
hid_t mec_h5_string_type(size_t size);

/* Writes a text attribute; false on failure. */
bool mec_h5_write_text_attribute(hid_t object, const char *name, const char *text);

/* Writes a whole number as an attribute; false on failure. */
bool mec_h5_write_int_attribute(hid_t object, const char *name, int64_t value);

/* Reads a number from a scalar attribute, or leaves `*value` where there is none. */
void mec_h5_read_real_attribute(hid_t object, const char *name, double *value);

/* Reads a text attribute of fixed or variable length; false where there is none. */
bool mec_h5_read_text_attribute(hid_t object, const char *name, char *text, size_t size);

/* Calls `take(user, text)` for every one of the `count` strings, of fixed or variable length, of a
 * dataset, in order; false where it cannot be read or holds another number. The status tells only
 * of memory that was not to be had. */
bool mec_h5_read_strings(hid_t dataset, size_t count,
                         mec_code (*take)(void *user, const char *text), void *user,
                         mec_status *status);

/* Reads or writes a whole dataset; false on failure. */
bool mec_h5_transfer(hid_t location, const char *path, hid_t type, void *values, bool write);

/* Writes the part of a dataset that begins at `start` and has `count` elements along each of its
 * dimensions; false on failure. */
bool mec_h5_write_part(hid_t location, const char *path, const hsize_t *start, const hsize_t *count,
                       hid_t type, const void *values);

/* The names of the groups below `group`, sorted; returns how many. Freed with mec_h5_free_names. */
size_t mec_h5_list_groups(hid_t group, char ***names, mec_status *status);
void mec_h5_free_names(char **names, size_t n);

#endif
