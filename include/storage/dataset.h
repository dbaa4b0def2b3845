/* Recordings: arenas, their animals, the cells' rate maps (layout: README, "Dataset file").
 *
 * Rank 0 alone opens the file; it checks everything before anything is computed. The catalogue goes
 * to all ranks, the responses into one copy a node. The SHA-256 of what was read identifies the
 * data. Knows nothing of fits. */
#ifndef MEC_STORAGE_DATASET_H
#define MEC_STORAGE_DATASET_H

#include <stdbool.h>
#include <stddef.h>

#include "base/digest.h"
#include "parallel/node.h"

/* Texts are offsets into the dataset's pool: mec_dataset_text. */
typedef struct mec_animal {
    size_t name;
    size_t n_cell;
    size_t first_id; /* into `ids` */
    size_t offset;   /* of its responses (n_state, n_cell) in `resp`, row-major */
} mec_animal;

typedef struct mec_arena {
    size_t name;
    size_t first_animal, n_animal;
    size_t n_state;         /* of every animal */
    size_t n_row, n_column; /* bins along x and y; 0 where some animal's responses are flat */
    double width_m, height_m, bin_cm; /* NaN where the file does not say */
} mec_arena;

/* The file that was read: for the run file's provenance. */
typedef struct mec_input {
    char path[1024];
    double n_byte;
    double modified; /* seconds since 1970 */
    char sha256[MEC_DIGEST_TEXT_SIZE];
} mec_input;

typedef struct mec_dataset {
    mec_arena *arenas; /* in name order, as the animals of an arena are */
    mec_animal *animals;
    size_t *ids; /* of all cells, animal after animal */
    char *pool;
    size_t n_arena, n_animal, n_id, pool_size;
    mec_input input;
    mec_node_array resp; /* all animals' responses */
} mec_dataset;

/* Reads `location` ("file.h5" or "file.h5:/group"): the arenas listed in `arenas` (separated by
 * commas or blanks; empty: all). Collective; arguments must agree, the status is agreed:
 * MEC_REFUSED names file, arena, animal, what was found and what is accepted. */
mec_code mec_dataset_read(const mec_world *world, const char *location, const char *arenas,
                          mec_dataset *dataset, mec_status *status);

/* Rank 0's half without the responses and without communication: what `show` needs. */
mec_code mec_dataset_catalogue(const char *location, const char *arenas, mec_dataset *dataset,
                               mec_status *status);

/* The responses of one animal, read again from the file of a catalogue: (n_state, n_cell). */
mec_code mec_dataset_read_animal(const char *location, const mec_dataset *dataset,
                                 const mec_arena *arena, const mec_animal *animal, double *resp,
                                 mec_status *status);

/* Collective where the dataset was read by mec_dataset_read. */
void mec_dataset_destroy(mec_dataset *dataset);

const char *mec_dataset_text(const mec_dataset *dataset, size_t offset);
const char *mec_dataset_cell_id(const mec_dataset *dataset, const mec_animal *animal, size_t cell);
const double *mec_dataset_resp(const mec_dataset *dataset, const mec_animal *animal);

#endif
