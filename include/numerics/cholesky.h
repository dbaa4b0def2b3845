/* The Cholesky factor of a matrix of a few hundred rows at most, where LAPACK spends its time on
 * calls: blocks of eight columns, four rows at a time, in the widest vectors of the processor. For
 * linalg.h, which is what others call. */
#ifndef MEC_NUMERICS_CHOLESKY_H
#define MEC_NUMERICS_CHOLESKY_H

#include <stdbool.h>
#include <stddef.h>

enum { MEC_CHOLESKY_SMALL = 256 };

/* Factors A (n x n, n at most MEC_CHOLESKY_SMALL): mec_cholesky_factor. */
bool mec_cholesky_small(size_t n, double *a, size_t lda);

#endif
