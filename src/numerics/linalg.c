#include "numerics/linalg.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <cblas-openblas.h>
#include <lapacke.h>
#include <omp.h>

#include "base/memory.h"
#include "numerics/cholesky.h"
#include "numerics/clones.h"
#include "numerics/eight.h"
#include "numerics/product_clock.h"

/* A row-major lower triangle is LAPACK's column-major upper one: no copy is made. */
static const char LOWER = 'U';

#ifdef MEC_REAL_IS_DOUBLE
#define REAL_GEMM cblas_dgemm
#else
#define REAL_GEMM cblas_sgemm
#endif

void mec_linalg_set_threads(int n_thread) {
    openblas_set_num_threads(n_thread);
    omp_set_num_threads(n_thread);
}

const char *mec_linalg_core(void) {
    return openblas_get_corename();
}

void mec_multiply(size_t m, size_t n, size_t k, const double *a, size_t lda, const double *b,
                  size_t ldb, double beta, double *c, size_t ldc) {
    cblas_dgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, (int)m, (int)n, (int)k, 1.0, a, (int)lda,
                b, (int)ldb, beta, c, (int)ldc);
}

void mec_multiply_transposed(size_t m, size_t n, size_t k, const double *a, size_t lda,
                             const double *b, size_t ldb, double beta, double *c, size_t ldc) {
    cblas_dgemm(CblasRowMajor, CblasNoTrans, CblasTrans, (int)m, (int)n, (int)k, 1.0, a, (int)lda,
                b, (int)ldb, beta, c, (int)ldc);
}

void mec_transposed_multiply(size_t m, size_t n, size_t k, const double *a, size_t lda,
                             const double *b, size_t ldb, double *c, size_t ldc) {
    cblas_dgemm(CblasRowMajor, CblasTrans, CblasNoTrans, (int)m, (int)n, (int)k, 1.0, a, (int)lda,
                b, (int)ldb, 0.0, c, (int)ldc);
}

void mec_real_multiply(size_t m, size_t n, size_t k, const mec_real *a, size_t lda,
                       const mec_real *b, size_t ldb, mec_real beta, mec_real *c, size_t ldc) {
    double start = mec_product_clock_start();
    REAL_GEMM(CblasRowMajor, CblasNoTrans, CblasNoTrans, (int)m, (int)n, (int)k, 1, a, (int)lda, b,
              (int)ldb, beta, c, (int)ldc);
    mec_product_clock_stop(start);
}

void mec_real_multiply_transposed(size_t m, size_t n, size_t k, const mec_real *a, size_t lda,
                                  const mec_real *b, size_t ldb, mec_real beta, mec_real *c,
                                  size_t ldc) {
    double start = mec_product_clock_start();
    REAL_GEMM(CblasRowMajor, CblasNoTrans, CblasTrans, (int)m, (int)n, (int)k, 1, a, (int)lda, b,
              (int)ldb, beta, c, (int)ldc);
    mec_product_clock_stop(start);
}

void mec_real_transposed_multiply(size_t m, size_t n, size_t k, const mec_real *a, size_t lda,
                                  const mec_real *b, size_t ldb, mec_real beta, mec_real *c,
                                  size_t ldc) {
    double start = mec_product_clock_start();
    REAL_GEMM(CblasRowMajor, CblasTrans, CblasNoTrans, (int)m, (int)n, (int)k, 1, a, (int)lda, b,
              (int)ldb, beta, c, (int)ldc);
    mec_product_clock_stop(start);
}

void mec_gram(size_t n, size_t k, const double *a, size_t lda, double *g, size_t ldg) {
    cblas_dsyrk(CblasRowMajor, CblasLower, CblasTrans, (int)n, (int)k, 1.0, a, (int)lda, 0.0, g,
                (int)ldg);
}

void mec_gram_rows(size_t n, size_t k, const double *a, size_t lda, double *g, size_t ldg) {
    cblas_dsyrk(CblasRowMajor, CblasLower, CblasNoTrans, (int)n, (int)k, 1.0, a, (int)lda, 0.0, g,
                (int)ldg);
}

void mec_gram_add(size_t n, size_t k, double factor, const double *a, size_t lda, double *g,
                  size_t ldg) {
    cblas_dsyrk(CblasRowMajor, CblasLower, CblasTrans, (int)n, (int)k, factor, a, (int)lda, 1.0, g,
                (int)ldg);
}

bool mec_cholesky_shifted(size_t n, const double *a, size_t lda, double shift, double *l,
                          size_t ldl) {
    if (n <= MEC_CHOLESKY_SMALL)
        return mec_cholesky_small(n, a, lda, shift, l, ldl);
    for (size_t i = 0; i < n; i++) {
        if (l != a)
            memcpy(l + i * ldl, a + i * lda, (i + 1) * sizeof *l);
        l[i * ldl + i] += shift;
    }
    return LAPACKE_dpotrf_work(LAPACK_COL_MAJOR, LOWER, (int)n, l, (int)ldl) == 0;
}

bool mec_cholesky_factor(size_t n, double *a, size_t lda) {
    return mec_cholesky_shifted(n, a, lda, 0, a, lda);
}

void mec_multiply_vector(size_t m, size_t n, const double *a, size_t lda, const double *x,
                         double beta, double *y) {
    cblas_dgemv(CblasRowMajor, CblasNoTrans, (int)m, (int)n, 1.0, a, (int)lda, x, 1, beta, y, 1);
}

void mec_transposed_multiply_vector(size_t m, size_t n, const double *a, size_t lda,
                                    const double *x, double *y) {
    cblas_dgemv(CblasRowMajor, CblasTrans, (int)m, (int)n, 1.0, a, (int)lda, x, 1, 0.0, y, 1);
}

double mec_dot(size_t n, const double *x, const double *y) {
    return cblas_ddot((int)n, x, 1, y, 1);
}

void mec_add_multiple(size_t n, double a, const double *x, double *y) {
    cblas_daxpy((int)n, a, x, 1, y, 1);
}

/* Four rows at a time, so that y is read and written less often; rows are too short for a call of
 * the BLAS each. */
MEC_CLONES
void mec_add_rows(size_t n, const double *a, size_t lda, const uint32_t *rows, size_t m,
                  double factor, const double *v, double *restrict y) {
    size_t k = 0;
    for (; k + 4 <= m; k += 4) {
        const double *r0 = a + rows[k] * lda;
        const double *r1 = a + rows[k + 1] * lda;
        const double *r2 = a + rows[k + 2] * lda;
        const double *r3 = a + rows[k + 3] * lda;
        double v0 = factor * v[k];
        double v1 = factor * v[k + 1];
        double v2 = factor * v[k + 2];
        double v3 = factor * v[k + 3];
        for (size_t j = 0; j < n; j++)
            y[j] += v0 * r0[j] + v1 * r1[j] + v2 * r2[j] + v3 * r3[j];
    }
    for (; k < m; k++) {
        const double *row = a + rows[k] * lda;
        double multiple = factor * v[k];
        for (size_t j = 0; j < n; j++)
            y[j] += multiple * row[j];
    }
}

MEC_CLONES
void mec_dot_rows(size_t n, const double *a, size_t lda, const uint32_t *rows, size_t m,
                  const double *x, double *restrict out) {
    for (size_t k = 0; k < m; k += 4) {
        /* The last row stands in for those that are not there. */
        const size_t last = m - 1;
        const double *r[4];
        for (size_t i = 0; i < 4; i++)
            r[i] = a + rows[k + i < last ? k + i : last] * lda;
        mec_eight sums[4] = {{0}};
        double rest[4] = {0};
        size_t j = 0;
        for (; j + 8 <= n; j += 8)
            for (size_t i = 0; i < 4; i++)
                sums[i] += *(const mec_eight *)(r[i] + j) * *(const mec_eight *)(x + j);
        for (; j < n; j++)
            for (size_t i = 0; i < 4; i++)
                rest[i] += r[i][j] * x[j];
        for (size_t i = 0; i < 4 && k + i < m; i++)
            out[k + i] = mec_sum_of_eight((const double *)&sums[i]) + rest[i];
    }
}

double mec_cholesky_rcond(size_t n, double *a, size_t lda, double *work, int *iwork) {
    double norm = LAPACKE_dlansy_work(LAPACK_COL_MAJOR, '1', LOWER, (int)n, a, (int)lda, work);
    if (!isfinite(norm) || !mec_cholesky_factor(n, a, lda))
        return 0;
    double rcond = 0;
    LAPACKE_dpocon_work(LAPACK_COL_MAJOR, LOWER, (int)n, a, (int)lda, norm, &rcond, work, iwork);
    return rcond;
}

void mec_cholesky_solve(size_t n, size_t m, const double *l, size_t ldl, double *b, size_t ldb) {
    mec_lower_solve(n, m, l, ldl, b, ldb);
    mec_lower_solve_transposed(n, m, l, ldl, b, ldb);
}

void mec_lower_solve(size_t n, size_t m, const double *l, size_t ldl, double *b, size_t ldb) {
    cblas_dtrsm(CblasRowMajor, CblasLeft, CblasLower, CblasNoTrans, CblasNonUnit, (int)n, (int)m,
                1.0, l, (int)ldl, b, (int)ldb);
}

void mec_lower_solve_transposed(size_t n, size_t m, const double *l, size_t ldl, double *b,
                                size_t ldb) {
    cblas_dtrsm(CblasRowMajor, CblasLeft, CblasLower, CblasTrans, CblasNonUnit, (int)n, (int)m, 1.0,
                l, (int)ldl, b, (int)ldb);
}

void mec_lower_solve_rows(size_t n, size_t m, const double *l, size_t ldl, double *b, size_t ldb) {
    cblas_dtrsm(CblasRowMajor, CblasRight, CblasLower, CblasTrans, CblasNonUnit, (int)m, (int)n,
                1.0, l, (int)ldl, b, (int)ldb);
}

/* What LAPACK says of a failure: no memory for its workspace, or else of the numbers. */
static mec_code code_of(int info) {
    return info == LAPACK_WORK_MEMORY_ERROR || info == LAPACK_TRANSPOSE_MEMORY_ERROR
               ? MEC_FAILED
               : MEC_INCOMPLETE;
}

/* In the four that follow, a row-major matrix is LAPACK's column-major transpose: its QR
 * factorisation is the transpose's LQ, and the reverse. */
static mec_code check_reflections(int info, const char *name, mec_status *status) {
    if (info != 0)
        return mec_fail(status, code_of(info), "an orthogonal factorisation failed (%s: %d)", name,
                        info);
    return MEC_OK;
}

mec_code mec_qr(size_t n, size_t p, double *a, size_t lda, double *tau, mec_status *status) {
    int info = LAPACKE_dgelqf(LAPACK_COL_MAJOR, (int)p, (int)n, a, (int)lda, tau);
    return check_reflections(info, "dgelqf", status);
}

mec_code mec_qr_apply(size_t n, size_t p, const double *a, size_t lda, const double *tau, size_t m,
                      double *b, size_t ldb, mec_status *status) {
    int info = LAPACKE_dormlq(LAPACK_COL_MAJOR, 'R', 'T', (int)m, (int)n, (int)p, a, (int)lda, tau,
                              b, (int)ldb);
    return check_reflections(info, "dormlq", status);
}

mec_code mec_lq(size_t n, size_t m, double *a, size_t lda, double *tau, mec_status *status) {
    int info = LAPACKE_dgeqrf(LAPACK_COL_MAJOR, (int)m, (int)n, a, (int)lda, tau);
    return check_reflections(info, "dgeqrf", status);
}

mec_code mec_lq_apply(size_t n, size_t m, const double *a, size_t lda, const double *tau, size_t p,
                      double *b, size_t ldb, mec_status *status) {
    int info = LAPACKE_dormqr(LAPACK_COL_MAJOR, 'L', 'N', (int)m, (int)p, (int)n, a, (int)lda, tau,
                              b, (int)ldb);
    return check_reflections(info, "dormqr", status);
}

mec_code mec_svd(size_t m, size_t n, double *a, size_t lda, double *u, double *s, double *vt,
                 mec_status *status) {
    size_t r = m < n ? m : n;
    /* The transposed problem is LAPACK's column-major one: A' = V diag(s) U'. */
    int info = LAPACKE_dgesdd(LAPACK_COL_MAJOR, 'S', (int)n, (int)m, a, (int)lda, s, vt, (int)n, u,
                              (int)r);
    if (info != 0)
        return mec_fail(
            status, code_of(info),
            "the singular value decomposition of a %zu x %zu matrix failed (dgesdd: %d)", m, n,
            info);
    return MEC_OK;
}

mec_code mec_eigen(size_t n, double *a, size_t lda, double *values, mec_status *status) {
    int info = LAPACKE_dsyevd(LAPACK_COL_MAJOR, 'V', LOWER, (int)n, a, (int)lda, values);
    if (info != 0)
        return mec_fail(status, code_of(info),
                        "the eigenvalues of a %zu x %zu matrix were not found (dsyevd: %d)", n, n,
                        info);
    return MEC_OK;
}

mec_code mec_tridiagonal(size_t n, double *a, size_t lda, double *diagonal, double *beside,
                         mec_status *status) {
    double *tau = mec_alloc(n, sizeof *tau, status);
    if (!tau)
        return status->code;
    int info = LAPACKE_dsytrd(LAPACK_COL_MAJOR, LOWER, (int)n, a, (int)lda, diagonal, beside, tau);
    if (info == 0)
        info = LAPACKE_dorgtr(LAPACK_COL_MAJOR, LOWER, (int)n, a, (int)lda, tau);
    free(tau);
    if (info != 0)
        return mec_fail(status, code_of(info),
                        "a %zu x %zu matrix was not made tridiagonal (dsytrd, dorgtr: %d)", n, n,
                        info);
    return MEC_OK;
}

double mec_tridiagonal_factor(size_t n, double *diagonal, double *beside, double *work) {
    double norm = 0;
    double rcond = 0;
    for (size_t k = 0; k < n; k++) {
        double sum = fabs(diagonal[k]) + (k > 0 ? fabs(beside[k - 1]) : 0) +
                     (k + 1 < n ? fabs(beside[k]) : 0);
        norm = sum <= norm ? norm : sum; /* keeps NaN */
        if (!isfinite(norm))
            return 0;
    }
    if (LAPACKE_dpttrf_work((int)n, diagonal, beside) != 0)
        return 0;
    LAPACKE_dptcon_work((int)n, diagonal, beside, norm, &rcond, work);
    return rcond;
}
