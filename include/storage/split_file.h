/* Stored splits (splits.file): lists of train and test states in place of drawn ones.
 *
 * They are read from
 *   HDF5, lists      [<arena>/[<animal>/]]<split>/train and test, integers (states)
 *   HDF5, as kept    <arena>/<animal>/order ([cell,] split [, source], state), the train states,
 * the test states, then -1; and n_train ([cell,] split [, source]). Of three axes the first says by
 * its label or its dimension scale whether it is cell or split CSV              columns [arena,]
 * [animal,] split, state, set (train or test) where a state is row * n_column + column on all bins
 * of the arena, the order is the one to be used, and splits are 0, 1, 2, ... Lists are for one
 * target animal of one arena, or for all of them where arena or animal is left out (or * in CSV);
 * the most exact ones are taken.
 *
 * However they are stored, they become one struct of flat blocks that every rank holds. Knows
 * nothing of fits. */
#ifndef MEC_STORAGE_SPLIT_FILE_H
#define MEC_STORAGE_SPLIT_FILE_H

#include "base/lookup.h"
#include "parallel/world.h"
#include "storage/catalogue.h"

/* In place of the name of an arena or an animal: all of them. */
#define MEC_SPLIT_ALL SIZE_MAX

/* The lists of one target animal, or of all that have no more exact ones. */
typedef struct mec_split_set {
    size_t arena, animal;    /* names, offsets into `pool`; or MEC_SPLIT_ALL */
    size_t n_cell, n_source; /* axes; 0: the same lists for all cells, for all sources */
    size_t first_list;       /* of its (cell, split, source) lists */
    bool kept; /* by a run: a list lacks train or test states where the run had none */
} mec_split_set;

/* One split: states are row * n_column + column, on all bins of the arena. */
typedef struct mec_split_list {
    size_t first; /* into `states`: the train states, then the test states */
    size_t n_train, n_test;
} mec_split_list;

typedef struct mec_split_file {
    mec_split_set *sets;
    mec_split_list *lists;
    uint32_t *states;
    char *pool;
    size_t n_set, n_list, n_state, pool_size;
    size_t n_split;    /* of every set */
    mec_lookup lookup; /* sets by their names */
    mec_input input;
} mec_split_file;

/* Reads all lists of `location`: "file.csv", "file.h5" or "file.h5:/group", told apart by content.
 * MEC_REFUSED names file, place, what was found and what is accepted. Collective; arguments must
 * agree, the status is agreed. To be destroyed in any case. */
mec_code mec_split_file_read(const mec_world *world, const char *location, mec_split_file *file,
                             mec_status *status);
void mec_split_file_destroy(mec_split_file *file);

/* The number of splits, the same for every animal. */
size_t mec_split_file_count(const mec_split_file *file);

/* The list of a split for one target animal: `*order` receives its train states and then its test
 * states, owned by `file`. `cell` (of the animal) and `source` (among the arena's other animals)
 * count where lists have such an axis. False where there is none. */
bool mec_split_file_find(const mec_split_file *file, const char *arena, const char *animal,
                         size_t cell, size_t source, size_t split, const uint32_t **order,
                         size_t *n_train, size_t *n_test);

/* What a run does with the lists. */
typedef struct mec_split_use {
    size_t fewest_animals; /* arenas with fewer are not compared, and need no lists */
    bool cells_alone;      /* every cell is fitted alone and may have lists of its own */
    bool pairwise;         /* every source animal is alone, and may too */
    bool needs_train;      /* a list without train states is refused */
} mec_split_use;

/* Whether the lists serve all animals that are compared: there are some; their axes are those of
 * the run and as long as the data's; no state is beyond the arena's or stands twice in a split;
 * there are test states and, where needed, train states. (What a run kept may lack them in some
 * lists, as the run did.) MEC_REFUSED names file, animal and split. */
mec_code mec_split_file_check(const mec_split_file *file, const mec_catalogue *catalogue,
                              const mec_split_use *use, mec_status *status);

#endif
