/* Recordings in memory: the catalogue on every rank, the responses in one copy a node.
 *
 * Rank 0 alone opens the file; everything is checked before anything is computed. The SHA-256 of
 * what was read identifies the data. Knows nothing of fits.
 *
 * Reading takes two steps, so that what the catalogue says can decide on the second: load the
 * responses, or scan them where ranks will read the parts they need themselves (storage/slab.h). */
#ifndef MEC_STORAGE_DATASET_H
#define MEC_STORAGE_DATASET_H

#include "parallel/node.h"
#include "storage/catalogue.h"

typedef struct mec_dataset {
    mec_catalogue catalogue;
    mec_node_array resp; /* all animals' responses; data is NULL where they were scanned */
    uint8_t *finite;     /* where they were: (n_animal, most states), see mec_dataset_finite */
    size_t most_state;
} mec_dataset;

/* Reads the catalogue of `location`: see mec_catalogue_read. Collective; arguments must agree, the
 * status is agreed. */
mec_code mec_dataset_open(const mec_world *world, const char *location, const char *arenas,
                          mec_dataset *dataset, mec_status *status);

/* Reads the responses. Collective; the status is agreed. */
mec_code mec_dataset_load(const mec_world *world, mec_dataset *dataset, mec_status *status);

/* Reads them once without keeping them: finds the digest and which states are finite in all cells
 * of an animal. Collective; the status is agreed. */
mec_code mec_dataset_scan(const mec_world *world, mec_dataset *dataset, mec_status *status);

/* Opens and loads. */
mec_code mec_dataset_read(const mec_world *world, const char *location, const char *arenas,
                          mec_dataset *dataset, mec_status *status);

/* Collective. */
void mec_dataset_destroy(mec_dataset *dataset);

/* (n_state, n_cell) of one animal, row-major; NULL where the responses were scanned. */
const double *mec_dataset_resp(const mec_dataset *dataset, const mec_animal *animal);

/* (n_state) 1 where all cells of an animal are finite; NULL where the responses were loaded. */
const uint8_t *mec_dataset_finite(const mec_dataset *dataset, const mec_animal *animal);

#endif
