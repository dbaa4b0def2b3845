/* Creates the whole of a run file before the first number: what a kill can then damage is only the
 * numbers that were being written. Serial. */
#ifndef MEC_STORAGE_SKELETON_H
#define MEC_STORAGE_SKELETON_H

#include "storage/h5.h"
#include "storage/run_file.h"

/* Writes every array of `layout` with its attributes and dimension scales to a new file `path`. */
mec_code mec_skeleton_write(const char *path, const mec_run_identity *identity,
                            const mec_layout *layout, mec_status *status);

/* places (n_array): the byte of the file at which each array of the layout begins. */
mec_code mec_skeleton_places(const char *path, const mec_layout *layout, uint64_t *places,
                             mec_status *status);

/* HDF5's types of an element, closed by the caller: as it lies in the file, and in memory. */
hid_t mec_skeleton_file_type(const mec_array *array);
hid_t mec_skeleton_memory_type(const mec_array *array);

/* SHA-256 of the settings that decide the results. */
void mec_run_identity_digest(const mec_run_identity *identity, char text[MEC_DIGEST_TEXT_SIZE]);

#endif
