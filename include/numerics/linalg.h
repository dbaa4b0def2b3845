/* Dense linear algebra on row-major matrices: the one place that names BLAS and LAPACK.
 *
 * A matrix is a pointer to its first element, its numbers of rows and columns, and a leading
 * dimension (elements from one row to the next). Nothing here allocates except where said. Where a
 * decomposition breaks down on its numbers (not finite, no convergence) the status is
 * MEC_INCOMPLETE; without memory MEC_FAILED. */
#ifndef MEC_NUMERICS_LINALG_H
#define MEC_NUMERICS_LINALG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"
#include "numerics/real.h"

/* Tells OpenBLAS and the parallel loops of networks how many threads this process may use, and
 * names the kernels OpenBLAS picked ("Haswell", ...): results agree to the last bit only between
 * equal ones. */
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

/* The same three for the numbers of networks, in their own precision; all add to beta C. */
void mec_real_multiply(size_t m, size_t n, size_t k, const mec_real *a, size_t lda,
                       const mec_real *b, size_t ldb, mec_real beta, mec_real *c, size_t ldc);
void mec_real_multiply_transposed(size_t m, size_t n, size_t k, const mec_real *a, size_t lda,
                                  const mec_real *b, size_t ldb, mec_real beta, mec_real *c,
                                  size_t ldc);
void mec_real_transposed_multiply(size_t m, size_t n, size_t k, const mec_real *a, size_t lda,
                                  const mec_real *b, size_t ldb, mec_real beta, mec_real *c,
                                  size_t ldc);

/* The lower triangle of G (n x n) = A' A where A is (k x n). */
void mec_gram(size_t n, size_t k, const double *a, size_t lda, double *g, size_t ldg);

/* The lower triangle of G (n x n) = A A' where A is (n x k). */
void mec_gram_rows(size_t n, size_t k, const double *a, size_t lda, double *g, size_t ldg);

/* The lower triangle of G (n x n) += `factor` A'A where A is (k x n). */
void mec_gram_add(size_t n, size_t k, double factor, const double *a, size_t lda, double *g,
                  size_t ldg);

/* y (m) = beta y + A (m x n) x. */
void mec_multiply_vector(size_t m, size_t n, const double *a, size_t lda, const double *x,
                         double beta, double *y);

/* y (n) = A' x where A is (m x n). */
void mec_transposed_multiply_vector(size_t m, size_t n, const double *a, size_t lda,
                                    const double *x, double *y);

/* The sum of x_i y_i. */
double mec_dot(size_t n, const double *x, const double *y);

/* y (n) += a x. */
void mec_add_multiple(size_t n, double a, const double *x, double *y);

/* y (n) += `factor` times the sum of v_k times row rows[k] of A (.., n); `rows` and v (m). */
void mec_add_rows(size_t n, const double *a, size_t lda, const uint32_t *rows, size_t m,
                  double factor, const double *v, double *y);

/* out_k = product of row rows[k] of A (.., n) with x (n); `rows` and `out` (m). */
void mec_dot_rows(size_t n, const double *a, size_t lda, const uint32_t *rows, size_t m,
                  const double *x, double *out);

/* Factors the symmetric positive definite A (n x n, lower triangle read) into L L', L in the lower
 * triangle. False where A is not positive definite; A is then spoiled. */
bool mec_cholesky_factor(size_t n, double *a, size_t lda);

/* The same of A with `shift` added to its diagonal; L may be A, which is left alone otherwise. */
bool mec_cholesky_shifted(size_t n, const double *a, size_t lda, double shift, double *l,
                          size_t ldl);

/* Factors A as mec_cholesky_factor does, and returns the reciprocal condition number (1-norm,
 * LAPACK dpocon); 0 where A is not positive definite. `work` holds 3 n doubles, `iwork` n ints. */
double mec_cholesky_rcond(size_t n, double *a, size_t lda, double *work, int *iwork);

/* B (n x m) := inverse(L L') B, with L from mec_cholesky_factor. */
void mec_cholesky_solve(size_t n, size_t m, const double *l, size_t ldl, double *b, size_t ldb);

/* With L (n x n) lower triangular: B (n x m) := inverse(L) B; B (n x m) := inverse(L') B; and, of
 * the rows of B (m x n), B := B inverse(L'). */
void mec_lower_solve(size_t n, size_t m, const double *l, size_t ldl, double *b, size_t ldb);
void mec_lower_solve_transposed(size_t n, size_t m, const double *l, size_t ldl, double *b,
                                size_t ldb);
void mec_lower_solve_rows(size_t n, size_t m, const double *l, size_t ldl, double *b, size_t ldb);

/* A (n x p, n >= p) = Q R: the upper triangle of A's first p rows receives R, the rest of A and
 * `tau` (p) hold the orthogonal Q (n x n) as reflections (LAPACK dgelqf of A'). Allocates its
 * workspace; fails where that fails. */
mec_code mec_qr(size_t n, size_t p, double *a, size_t lda, double *tau, mec_status *status);

/* B (n x m) := Q'B, with Q (n x n) from mec_qr. Allocates and fails likewise. */
mec_code mec_qr_apply(size_t n, size_t p, const double *a, size_t lda, const double *tau, size_t m,
                      double *b, size_t ldb, mec_status *status);

/* A (n x m, n <= m) = L Q: the lower triangle of A's first n columns receives L, the rest of A and
 * `tau` (n) hold the orthogonal Q (m x m) as reflections (LAPACK dgeqrf of A'). Allocates its
 * workspace; fails where that fails. */
mec_code mec_lq(size_t n, size_t m, double *a, size_t lda, double *tau, mec_status *status);

/* B (p x m) := B Q, with Q (m x m) from mec_lq. Allocates and fails likewise. */
mec_code mec_lq_apply(size_t n, size_t m, const double *a, size_t lda, const double *tau, size_t p,
                      double *b, size_t ldb, mec_status *status);

/* Singular value decomposition A (m x n, spoiled) = U diag(s) Vt with r = min(m, n): U (m x r), s
 * (r, descending), Vt (r x n), all contiguous (LAPACK dgesdd). Allocates its workspace; fails only
 * where that fails or the iteration does not converge. */
mec_code mec_svd(size_t m, size_t n, double *a, size_t lda, double *u, double *s, double *vt,
                 mec_status *status);

/* Eigenvalues (n, ascending) of the symmetric A (n x n, lower triangle read), which is replaced by
 * their orthonormal eigenvectors, one a row (LAPACK dsyevd). Allocates its workspace; fails only
 * where that fails or the iteration does not converge. */
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
