/* The walk that golden tests of maps share: arenas, target animals, sources, splits, by mec_fit_run
 * alone. What a job does with plans, ranks and files is written out here as plain loops. */
#ifndef MEC_TESTS_GOLDEN_FITS_H
#define MEC_TESTS_GOLDEN_FITS_H

#include "maps/fit.h"

typedef enum golden_source {
    GOLDEN_HOLDOUT,  /* all other animals together */
    GOLDEN_PAIRWISE, /* each of them alone; the mean over them */
    GOLDEN_MODEL,    /* /model/<arena>/resp */
} golden_source;

/* One case of the file of golden numbers, every animal of its arenas being a target. */
typedef struct golden_case {
    const char *name;     /* in /cases */
    golden_source source; /* what predicts the targets */
    const char *arenas;   /* separated by blanks */
    const char *kind;     /* of MEC_SPLIT_NAMES; NULL: random splits */
    double train_frac;    /* of random splits; 0: 0.2 */
    size_t n_split;       /* of random splits; 0: 10 */
    uint32_t first_seed;
    const mec_map *map;
    bool alone; /* every cell is fitted by itself */
    mec_map_parameters parameters;
    /* Changes map, parameters and train_frac, in a copy of the case, for one cell and split: cells
     * are then fitted one by one. NULL: nothing differs. */
    void (*adjust)(struct golden_case *copy, const char *animal, size_t cell, size_t split);
    double tolerance; /* of every cell's mean correlation */
} golden_case;

/* Runs the cases and compares every cell with its golden number: without the source's kernel, and
 * with it where the map wants it for the first split. A case that compares nothing fails. */
void golden_fits_agree(const golden_case *cases, size_t n_case);

#endif
