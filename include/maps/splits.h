/* Where the states of a fit are divided into train and test states.
 *
 * A split is a list of the kept states in which the train states come first. Nothing here looks at
 * responses. */
#ifndef MEC_MAPS_SPLITS_H
#define MEC_MAPS_SPLITS_H

#include <stddef.h>
#include <stdint.h>

#include "maps/bins.h"

/* How many of `n` states train: ceil(train_frac * n). */
size_t mec_split_n_train(size_t n, double train_frac);

/* The random split of one seed: the permutation numpy.random.RandomState(seed).permutation(n) of
 * the kept states. `states` (n) lists the kept states; `order` (n) receives them permuted, the
 * first mec_split_n_train(n, train_frac) of them train, the rest test. */
void mec_split_random(uint32_t seed, const uint32_t *states, size_t n, uint32_t *order);

/* Splits by parts of the arena, on its whole grid of bins:
 *   topbottom  rows below n_row / 2 | the others          leftright  the same with columns
 *   diag1      on and above the diagonal (column >= row) | below    diag2      mirrored columns
 * each gives two splits: the first part trains, the second tests, and the reverse; and
 *   quad       four splits, each testing on one quarter (row and column below their halves or not,
 *              columns running fastest) and training on the other three */
typedef enum mec_split_kind {
    MEC_SPLIT_TOPBOTTOM,
    MEC_SPLIT_LEFTRIGHT,
    MEC_SPLIT_DIAG1,
    MEC_SPLIT_DIAG2,
    MEC_SPLIT_QUAD,
} mec_split_kind;

#define MEC_SPLIT_NAMES "topbottom leftright diag1 diag2 quad"

/* How many splits a kind gives. */
size_t mec_split_count(mec_split_kind kind);

/* Split `index` of a kind: `order` (n) receives the kept `states` (n, ascending), those that train
 * first, each part ascending (diag2: row by row, columns descending); returns how many train.
 * Departs from the reference, which needs every bin visited: here the parts are made on the full
 * grid and then lose the states that are not kept.
 */
size_t mec_split_structured(mec_split_kind kind, size_t index, const mec_bins *bins,
                            const uint32_t *states, size_t n, uint32_t *order);

#endif
