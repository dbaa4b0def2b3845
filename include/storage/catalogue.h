/* The part of the dataset reader that walks the file: finds arenas and animals, and refuses what
 * does not fit. Serial. */
#ifndef MEC_STORAGE_CATALOGUE_H
#define MEC_STORAGE_CATALOGUE_H

#include "storage/dataset.h"
#include "storage/h5.h"

/* Opens "file.h5" or "file.h5:/group"; returns the file and sets `*group`, both closed by the
 * caller. Negative on failure. */
hid_t mec_catalogue_open(const char *location, hid_t *group, mec_status *status);

/* Fills everything of `dataset` (zeroed) but the responses and their digest. */
mec_code mec_catalogue_read(const char *location, const char *arenas, mec_dataset *dataset,
                            mec_status *status);

#endif
