/* Reads the responses of one animal band by band of states, for those who never hold all of them:
 * (n_state, n_cell) doubles as mec_catalogue_read_animal gives them. Serial, one process; every
 * rank opens the file for itself. */
#ifndef MEC_STORAGE_SLAB_H
#define MEC_STORAGE_SLAB_H

#include "storage/catalogue.h"
#include "storage/h5.h"

typedef struct mec_slab {
    const char *location;
    hid_t file, group, values;
    size_t n_state, n_cell;
    size_t n_column; /* states of a line of bins; 0: the states are a list */
} mec_slab;

/* Bytes that a band should not exceed. */
enum { MEC_SLAB_BYTES = 8 << 20 };

mec_code mec_slab_open(const mec_catalogue *catalogue, const mec_arena *arena,
                       const mec_animal *animal, mec_slab *slab, mec_status *status);
void mec_slab_close(mec_slab *slab);

/* How many states a band has at most, and how many the one that begins at state `first` has: whole
 * lines of bins, or a part of one. */
size_t mec_slab_most(const mec_slab *slab);
size_t mec_slab_size(const mec_slab *slab, size_t first);

/* Reads that band: `resp` (mec_slab_size, n_cell). */
mec_code mec_slab_read(const mec_slab *slab, size_t first, double *resp, mec_status *status);

#endif
