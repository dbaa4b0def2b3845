/* Recordings in memory: the catalogue on every rank, the responses in one copy a node.
 *
 * Rank 0 alone opens the file; everything is checked before anything is computed. The SHA-256 of
 * what was read identifies the data. Knows nothing of fits. */
#ifndef MEC_STORAGE_DATASET_H
#define MEC_STORAGE_DATASET_H

#include "parallel/node.h"
#include "storage/catalogue.h"

typedef struct mec_dataset {
    mec_catalogue catalogue;
    mec_node_array resp; /* all animals' responses */
} mec_dataset;

/* Reads `location`: see mec_catalogue_read. Collective; arguments must agree, the status is agreed.
 */
mec_code mec_dataset_read(const mec_world *world, const char *location, const char *arenas,
                          mec_dataset *dataset, mec_status *status);

/* Collective. */
void mec_dataset_destroy(mec_dataset *dataset);

/* (n_state, n_cell) of one animal, row-major. */
const double *mec_dataset_resp(const mec_dataset *dataset, const mec_animal *animal);

#endif
