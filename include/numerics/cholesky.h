/* The Cholesky factor of a matrix of a few hundred rows at most, and one right-hand side by it,
 * where BLAS and LAPACK spend their time on calls: blocks of eight columns, eight rows at a time,
 * in the widest vectors of the processor. Row-major, the lower triangle, as in linalg.h, whose
 * mec_cholesky_shifted comes here for small matrices. */
#ifndef MEC_NUMERICS_CHOLESKY_H
#define MEC_NUMERICS_CHOLESKY_H

#include <stdbool.h>
#include <stddef.h>

enum { MEC_CHOLESKY_SMALL = 256 };

/* Factors A (n x n, n at most MEC_CHOLESKY_SMALL) with `shift` added to its diagonal:
 * mec_cholesky_shifted. */
bool mec_cholesky_small(size_t n, const double *a, size_t lda, double shift, double *l, size_t ldl);

/* With L (n x n) lower triangular, of any size: b (n) := inverse(L) b; b (n) := inverse(L') b. */
void mec_lower_solve_vector(size_t n, const double *l, size_t ldl, double *b);
void mec_lower_solve_vector_transposed(size_t n, const double *l, size_t ldl, double *b);

#endif
