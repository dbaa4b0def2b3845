/* What a dataset file holds: its arenas, animals and cells, found by walking the file once;
 * whatever does not fit the layout (README, "Your own data") is refused here. Serial, one process.
 */
#ifndef MEC_STORAGE_CATALOGUE_H
#define MEC_STORAGE_CATALOGUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/digest.h"
#include "base/status.h"
#include "model/box.h"

/* Texts are offsets into the catalogue's pool: mec_catalogue_text. */
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
    mec_box box; /* m: where the file says, else of that width and height around 0; NaN likewise */
} mec_arena;

/* The file that was read: for the run file's provenance. */
typedef struct mec_input {
    char path[1024];
    double n_byte;
    double modified;        /* seconds since 1970 */
    uint64_t device, inode; /* so that no output overwrites it */
    char sha256[MEC_DIGEST_TEXT_SIZE];
} mec_input;

/* Fills in all but the digest for the file of a location ("file.h5" or "file.h5:/inside"). */
void mec_input_describe(mec_input *input, const char *location);

typedef struct mec_catalogue {
    mec_arena *arenas; /* in name order, as the animals of an arena are */
    mec_animal *animals;
    size_t *ids; /* of all cells, animal after animal */
    char *pool;
    size_t n_arena, n_animal, n_id, pool_size;
    mec_input input;
} mec_catalogue;

/* Reads everything of `location` ("file.h5" or "file.h5:/group") but the responses and their
 * digest: the arenas listed in `arenas` (separated by commas; empty: all). MEC_REFUSED
 * names file, arena, animal, what was found and what is accepted. */
mec_code mec_catalogue_read(mec_catalogue *catalogue, const char *location, const char *arenas,
                            mec_status *status);
void mec_catalogue_destroy(mec_catalogue *catalogue);

/* Reads the responses of one animal from the catalogue's file: `resp` (n_state, n_cell). */
mec_code mec_catalogue_read_animal(const mec_catalogue *catalogue, const mec_arena *arena,
                                   const mec_animal *animal, double *resp, mec_status *status);

const char *mec_catalogue_text(const mec_catalogue *catalogue, size_t offset);
const char *mec_catalogue_cell_id(const mec_catalogue *catalogue, const mec_animal *animal,
                                  size_t cell);

#endif
