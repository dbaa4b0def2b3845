/* Representational similarity analysis (Kriegeskorte, Mur & Bandettini, Frontiers in Systems
 * Neuroscience 2 (2008) 4): do two populations tell the same states apart?
 *
 * A population's dissimilarity matrix holds 1 - Pearson's r between its response patterns to every
 * two states; the score is Pearson's r between the upper triangles of two such matrices. States in
 * which all cells of a population respond alike have no pattern: pairs with them are left out. */
#ifndef MEC_MAPS_RSA_H
#define MEC_MAPS_RSA_H

#include "base/scratch.h"

/* The score of patterns `a` (n, n_a) and `b` (n, n_b) of the same n states, n_a and n_b at least 1;
 * both are overwritten. NaN where fewer than two pairs are left, or the dissimilarities of either
 * are all equal but for rounding, or a pattern is not finite. Cost: n^2 (n_a + n_b) / 2
 * multiplications, in blocks: nothing of size n^2 is held, only 2 (128, n) from `scratch`. */
mec_code mec_rsa(size_t n, double *a, size_t n_a, double *b, size_t n_b, double *score,
                 mec_scratch *scratch, mec_status *status);

/* Bytes that it works in, besides the patterns. */
double mec_rsa_memory(size_t n);

#endif
