/* The two formats of stored splits, and how a reader puts together what it found: set after set,
 * list after list, state after state. Serial, one process; used by storage/split_file.h alone. */
#ifndef MEC_STORAGE_SPLIT_READER_H
#define MEC_STORAGE_SPLIT_READER_H

#include "storage/split_file.h"

typedef struct mec_split_reader {
    const char *location; /* for messages */
    mec_split_file *file;
    size_t set_capacity, list_capacity, state_capacity, pool_capacity;
} mec_split_reader;

/* Reads the lists below the group `inside` of an HDF5 file, or those of a CSV file. */
mec_code mec_split_read_h5(mec_split_reader *reader, const char *path, const char *inside,
                           mec_status *status);
mec_code mec_split_read_csv(mec_split_reader *reader, const char *path, mec_status *status);

/* Begins a set of `n_split` splits for the animals named (NULL: all). `place` says in messages
 * where it stands; MEC_REFUSED where there is one for these already, or where its number of splits
 * is not that of the others. */
mec_code mec_split_add_set(mec_split_reader *reader, const char *place, const char *arena,
                           const char *animal, size_t n_cell, size_t n_source, size_t n_split,
                           mec_status *status);

/* Begins a list, the next of the set that was begun last. */
mec_code mec_split_add_list(mec_split_reader *reader, mec_status *status);

/* Adds a state to the list that was begun last; a list's train states come first. */
mec_code mec_split_add_state(mec_split_reader *reader, uint32_t state, bool test,
                             mec_status *status);

/* The set of exactly these names (NULL: all), or MEC_LOOKUP_NONE. */
size_t mec_split_find_set(const mec_split_file *file, const char *arena, const char *animal);

/* Makes a set known to mec_split_find_set, on ranks that got it from another one. */
mec_code mec_split_index_set(mec_split_file *file, size_t set, mec_status *status);

/* "arena 1.0, animal rat_a", "arena 1.0", "all animals": whom lists are for. Returns `text`. */
const char *mec_split_whom(const char *arena, const char *animal, char *text, size_t size);

#endif
