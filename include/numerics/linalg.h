/* Dense linear algebra on row-major matrices: the one place that names BLAS and LAPACK.
 *
 * A matrix is a pointer to its first element, its numbers of rows and columns, and a leading
 * dimension (elements from one row to the next). Nothing here allocates except where said. */
#ifndef MEC_NUMERICS_LINALG_H
#define MEC_NUMERICS_LINALG_H

#include <stdbool.h>
#include <stddef.h>

#include "base/status.h"

/* Tells OpenBLAS how many threads this process may use, and names the kernels it picked
 * ("Haswell", ...): results agree to the last bit only between equal ones. */
void mec_linalg_set_threads(int n_thread);
const char *mec_linalg_core(void);

/* C (m x n) = beta C + A (m x k) B (k x n). */
void mec_multiply(size_t m, size_t n, size_t k, const double *a, size_t lda, const double *b,
                  size_t ldb, double beta, double *c, size_t ldc);

/* C (m x n) = beta C + A (m x k) B' where B is (n x k). */
void mec_multiply_transposed(size_t m, size_t n, size_t k, const double *a, size_t lda,
                             const double *b, size_t ldb, double beta, double *c, size_t ldc);

/* C (m x n) = A' B where A is (k x m), B is (k x n). */
void mec_transposed_multiply(size_t m, size_t n, size_t k, const double *a, size_t lda,
                             const double *b, size_t ldb, double *c, size_t ldc);

/* The lower triangle of G (n x n) = A' A where A is (k x n). */
void mec_gram(size_t n, size_t k, const double *a, size_t lda, double *g, size_t ldg);

/* Factors the symmetric positive definite A (n x n, lower triangle read) into L L', L in the lower
 * triangle. False where A is not positive definite or its reciprocal condition number (1-norm,
 * LAPACK dpocon) is below `least_rcond`; A is then spoiled. `work` holds 3 n doubles, `iwork` n
 * ints. */
bool mec_cholesky(size_t n, double *a, size_t lda, double least_rcond, double *work, int *iwork);

/* The same without a limit: the reciprocal condition number; 0 where A is not positive definite. */
double mec_cholesky_rcond(size_t n, double *a, size_t lda, double *work, int *iwork);

/* B (n x m) := inverse(L L') B, with L from mec_cholesky. */
void mec_cholesky_solve(size_t n, size_t m, const double *l, size_t ldl, double *b, size_t ldb);

/* Singular value decomposition A (m x n, spoiled) = U diag(s) Vt with r = min(m, n): U (m x r), s
 * (r, descending), Vt (r x n), all contiguous (LAPACK dgesdd). Allocates its workspace; fails only
 * where that fails or the iteration does not converge (MEC_FAILED). */
mec_code mec_svd(size_t m, size_t n, double *a, size_t lda, double *u, double *s, double *vt,
                 mec_status *status);

/* Eigenvalues (n, ascending) of the symmetric A (n x n, lower triangle read), which is replaced by
 * their orthonormal eigenvectors, one a row (LAPACK dsyevd). Allocates its workspace; fails only
 * where that fails or the iteration does not converge (MEC_FAILED). */
mec_code mec_eigen(size_t n, double *a, size_t lda, double *values, mec_status *status);

/* Q'AQ = T for the symmetric A (n x n, lower triangle read): T is tridiagonal, `diagonal` (n) and
 * `beside` (n - 1); A becomes Q', orthogonal (LAPACK dsytrd, dorgtr). A quarter of the time of
 * mec_eigen. Allocates its workspace; fails only where that fails. */
mec_code mec_tridiagonal(size_t n, double *a, size_t lda, double *diagonal, double *beside,
                         mec_status *status);

/* Factors the symmetric positive definite tridiagonal T (n x n) into L D L': `diagonal` becomes D,
 * `beside` (n - 1) what L has below its ones. Its reciprocal condition number (1-norm, LAPACK
 * dptcon); 0 where it is not positive definite. `work` holds n doubles. */
double mec_tridiagonal_factor(size_t n, double *diagonal, double *beside, double *work);

#endif
