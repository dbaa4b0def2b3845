/* Where the states of a fit are divided into train and test states.
 *
 * A split is a list of the kept states in which the train states come first. Nothing here looks at
 * responses. */
#ifndef MEC_MAPS_SPLITS_H
#define MEC_MAPS_SPLITS_H

#include <stddef.h>
#include <stdint.h>

/* How many of `n` states train: ceil(train_frac * n). */
size_t mec_split_n_train(size_t n, double train_frac);

/* The random split of one seed: the permutation numpy.random.RandomState(seed).permutation(n) of
 * the kept states. `states` (n) lists the kept states; `order` (n) receives them permuted, the
 * first mec_split_n_train(n, train_frac) of them train, the rest test. */
void mec_split_random(uint32_t seed, const uint32_t *states, size_t n, uint32_t *order);

#endif
