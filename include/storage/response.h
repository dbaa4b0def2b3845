/* Responses of a model as the source of a comparison: one matrix an arena, read from any HDF5 file.
 *
 * Whatever a model's units are, all that counts here is their response in every bin of an arena
 * that animals were recorded in. One copy a node; rank 0 alone reads. */
#ifndef MEC_STORAGE_RESPONSE_H
#define MEC_STORAGE_RESPONSE_H

#include "storage/dataset.h"

typedef struct mec_response_arena {
    size_t n_unit;
    size_t offset; /* of its (n_state, n_unit) values in `values`, row-major */
} mec_response_arena;

typedef struct mec_response {
    mec_response_arena *arenas; /* one an arena of the catalogue */
    size_t n_arena;
    mec_node_array values;
    mec_input input;
} mec_response;

/* Reads `location`, "file.h5:/path", for every arena of the catalogue: {arena} in the path stands
 * for the arena's name. The arrays are (x bins, y bins, units) or (states, units), of any type of
 * number; MEC_REFUSED, with both shapes and the arena's bins, where they do not fit the arena.
 * Collective; arguments must agree, the status is agreed. */
mec_code mec_response_read(const mec_world *world, const char *location,
                           const mec_catalogue *catalogue, mec_response *response,
                           mec_status *status);

/* Reads `n_part` arrays of one file for every arena, `paths` (arena, part), stacked along states:
 * the arena's responses must then be flat, and of as many states. Otherwise as mec_response_read.
 */
mec_code mec_response_read_stacked(const mec_world *world, const char *file,
                                   const char *const *paths, size_t n_part,
                                   const mec_catalogue *catalogue, mec_response *response,
                                   mec_status *status);

/* Collective. */
void mec_response_destroy(mec_response *response);

#endif
