#include <stdlib.h>
#include <string.h>

#include "numerics/linalg.h"
#include "random.h"
#include "unit.h"

enum { PAD = 3 }; /* leading dimensions are wider than the matrices */

static uint64_t seed = 5;

static double *random_matrix(size_t n) {
    double *x = malloc((n + 1) * sizeof *x);
    assert_non_null(x);
    random_fill(&seed, x, n);
    return x;
}

typedef struct shape {
    size_t m, n, k;
} shape;

static const shape shapes[] = {{1, 1, 1}, {3, 4, 5}, {17, 1, 9}, {1, 20, 33}, {40, 31, 64}};
enum { N_SHAPE = sizeof shapes / sizeof *shapes };

static void a_gram_matrix_is_added(void **state) {
    (void)state;
    for (size_t n = 1; n < 20; n++) {
        size_t k = 1 + n % 4;
        size_t ld = n + PAD;
        double *g = random_matrix(n * ld);
        double *a = random_matrix(k * ld);
        double *before = malloc(n * ld * sizeof *before);
        assert_non_null(before);
        memcpy(before, g, n * ld * sizeof *g);
        mec_gram_add(n, k, -0.5, a, ld, g, ld);
        for (size_t i = 0; i < n; i++)
            for (size_t j = 0; j < ld; j++) {
                double wanted = before[i * ld + j];
                for (size_t r = 0; r < k && j <= i; r++)
                    wanted -= 0.5 * a[r * ld + i] * a[r * ld + j];
                assert_near(g[i * ld + j], wanted, 1e-14);
            }
        free(g);
        free(a);
        free(before);
    }
}

typedef enum product_kind { PLAIN, SECOND_TRANSPOSED, FIRST_TRANSPOSED } product_kind;

static void compare_product(product_kind which, shape s, double beta) {
    size_t lda = (which == FIRST_TRANSPOSED ? s.m : s.k) + PAD;
    size_t ldb = (which == SECOND_TRANSPOSED ? s.k : s.n) + PAD;
    size_t ldc = s.n + PAD;
    size_t larger = s.m + s.n + s.k;
    double *a = random_matrix(larger * lda);
    double *b = random_matrix(larger * ldb);
    double *c = random_matrix(s.m * ldc);
    double *before = malloc(s.m * ldc * sizeof *before);
    assert_non_null(before);
    memcpy(before, c, s.m * ldc * sizeof *c);
    if (which == PLAIN)
        mec_multiply(s.m, s.n, s.k, a, lda, b, ldb, beta, c, ldc);
    else if (which == SECOND_TRANSPOSED)
        mec_multiply_transposed(s.m, s.n, s.k, a, lda, b, ldb, beta, c, ldc);
    else
        mec_transposed_multiply(s.m, s.n, s.k, a, lda, b, ldb, c, ldc);
    for (size_t i = 0; i < s.m; i++)
        for (size_t j = 0; j < ldc; j++) {
            double wanted = j < s.n ? beta * before[i * ldc + j] : before[i * ldc + j];
            for (size_t k = 0; k < s.k && j < s.n; k++)
                wanted += (which == FIRST_TRANSPOSED ? a[k * lda + i] : a[i * lda + k]) *
                          (which == SECOND_TRANSPOSED ? b[j * ldb + k] : b[k * ldb + j]);
            assert_near(c[i * ldc + j], wanted, 1e-13);
        }
    free(a);
    free(b);
    free(c);
    free(before);
}

static void rows_are_added(void **state) {
    (void)state;
    enum { N_ROW = 13, LONGEST = 21 };
    double *a = random_matrix(N_ROW * (LONGEST + PAD));
    double *v = random_matrix(N_ROW);
    double *y = random_matrix(LONGEST + 1);
    double before[LONGEST + 1];
    uint32_t rows[N_ROW];
    for (size_t m = 0; m <= N_ROW; m++)
        for (size_t n = 0; n <= LONGEST; n++) {
            random_order(&seed, rows, N_ROW);
            memcpy(before, y, sizeof before);
            mec_add_rows(n, a, LONGEST + PAD, rows, m, -2, v, y);
            for (size_t j = 0; j <= LONGEST; j++) {
                double wanted = before[j];
                for (size_t k = 0; k < m && j < n; k++)
                    wanted -= 2 * v[k] * a[rows[k] * (LONGEST + PAD) + j];
                assert_near(y[j], wanted, 1e-12);
            }
            random_fill(&seed, y, LONGEST + 1);
        }
    free(a);
    free(v);
    free(y);
}

static void rows_are_multiplied(void **state) {
    (void)state;
    enum { N_ROW = 13, LONGEST = 37 };
    double *a = random_matrix(N_ROW * (LONGEST + PAD));
    double *x = random_matrix(LONGEST);
    double out[N_ROW + 1];
    uint32_t rows[N_ROW];
    for (size_t m = 0; m <= N_ROW; m++)
        for (size_t n = 0; n <= LONGEST; n++) {
            random_order(&seed, rows, N_ROW);
            out[m] = 7;
            mec_dot_rows(n, a, LONGEST + PAD, rows, m, x, out);
            for (size_t k = 0; k < m; k++) {
                double wanted = 0;
                for (size_t j = 0; j < n; j++)
                    wanted += a[rows[k] * (LONGEST + PAD) + j] * x[j];
                assert_near(out[k], wanted, 1e-13);
            }
            assert_true(out[m] == 7);
        }
    free(a);
    free(x);
}

static void products_agree_with_loops(void **state) {
    (void)state;
    for (size_t i = 0; i < N_SHAPE; i++) {
        compare_product(PLAIN, shapes[i], 0);
        compare_product(PLAIN, shapes[i], -0.5);
        compare_product(SECOND_TRANSPOSED, shapes[i], 0);
        compare_product(SECOND_TRANSPOSED, shapes[i], 1);
        compare_product(FIRST_TRANSPOSED, shapes[i], 0);
    }
}

/* What stands in the result before must not matter where beta is 0. */
static void nan_in_the_result_is_overwritten(void **state) {
    (void)state;
    double a[] = {1, 2};
    double c[] = {NAN};
    mec_multiply(1, 1, 2, a, 2, a, 1, 0.0, c, 1);
    assert_near(c[0], 5, 0);
    c[0] = NAN;
    mec_multiply_transposed(1, 1, 2, a, 2, a, 2, 0.0, c, 1);
    assert_near(c[0], 5, 0);
    c[0] = NAN;
    mec_transposed_multiply(1, 1, 2, a, 1, a, 1, c, 1);
    assert_near(c[0], 5, 0);
    c[0] = NAN;
    mec_gram(1, 2, a, 1, c, 1);
    assert_near(c[0], 5, 0);
}

static void gram_fills_the_lower_triangle(void **state) {
    (void)state;
    for (size_t i = 0; i < N_SHAPE; i++) {
        size_t n = shapes[i].n;
        size_t k = shapes[i].k;
        size_t ld = n + PAD;
        double *a = random_matrix(k * ld);
        double *g = malloc(n * ld * sizeof *g);
        assert_non_null(g);
        for (size_t e = 0; e < n * ld; e++)
            g[e] = 99;
        mec_gram(n, k, a, ld, g, ld);
        for (size_t r = 0; r < n; r++)
            for (size_t c = 0; c < ld; c++) {
                double wanted = c <= r ? 0 : 99;
                for (size_t e = 0; e < k && c <= r; e++)
                    wanted += a[e * ld + r] * a[e * ld + c];
                assert_near(g[r * ld + c], wanted, 1e-13);
            }
        free(a);
        free(g);
    }
}

/* The lower triangle of a symmetric matrix with eigenvalues of 1 and above; the rest is NaN. */
static double *positive_definite(size_t n, size_t ld, double *full) {
    double *x = random_matrix(n * n);
    double *a = malloc(n * ld * sizeof *a);
    assert_non_null(a);
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < n; j++) {
            double sum = i == j ? 1 : 0;
            for (size_t k = 0; k < n; k++)
                sum += x[i * n + k] * x[j * n + k];
            full[i * n + j] = sum;
        }
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < ld; j++)
            a[i * ld + j] = j <= i ? full[i * n + j] : NAN;
    free(x);
    return a;
}

static void cholesky_factors_and_solves(void **state) {
    (void)state;
    const size_t sizes[] = {1, 2, 5, 8, 33, 100, 256, 257}; /* small ones are our own affair */
    for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++) {
        size_t n = sizes[s];
        size_t m = 4;
        size_t ld = n + PAD;
        static double full[257 * 257];
        double work[3 * 257];
        int iwork[257];
        double *l = positive_definite(n, ld, full);
        double *b = random_matrix(n * m);
        double *x = malloc(n * m * sizeof *x);
        assert_non_null(x);
        memcpy(x, b, n * m * sizeof *x);
        assert_true(mec_cholesky_rcond(n, l, ld, work, iwork) >= 1e-10);
        for (size_t i = 0; i < n; i++)
            for (size_t j = 0; j <= i; j++) {
                double product = 0;
                for (size_t k = 0; k <= j; k++)
                    product += l[i * ld + k] * l[j * ld + k];
                assert_near(product, full[i * n + j], 1e-12);
            }
        mec_cholesky_solve(n, m, l, ld, x, m);
        for (size_t i = 0; i < n; i++)
            for (size_t j = 0; j < m; j++) {
                double product = 0;
                for (size_t k = 0; k < n; k++)
                    product += full[i * n + k] * x[k * m + j];
                assert_near(product, b[i * m + j], 1e-11);
            }
        free(l);
        free(b);
        free(x);
    }
}

static bool factors(size_t n, const double *a, double least_rcond) {
    double copy[16];
    double work[12];
    int iwork[4];
    memcpy(copy, a, n * n * sizeof *a);
    return mec_cholesky_rcond(n, copy, n, work, iwork) >= least_rcond;
}

static void cholesky_refuses(void **state) {
    (void)state;
    const double zero[] = {0, 0, 0, 0};
    const double indefinite[] = {1, 2, 2, 1};
    const double singular[] = {1, 1, 1, 1};
    const double nearly[] = {1, 0, 0, 1e-12};
    const double not_a_number[] = {1, NAN, NAN, 1};
    const double infinite[] = {INFINITY, 0, 0, 1};
    assert_false(factors(2, zero, 1e-16));
    assert_false(factors(2, indefinite, 1e-16));
    assert_false(factors(2, singular, 1e-16));
    assert_false(factors(2, nearly, 1e-11));
    assert_true(factors(2, nearly, 1e-13));
    assert_false(factors(2, not_a_number, 1e-16));
    assert_false(factors(2, infinite, 1e-16));
}

static void assert_orthonormal(const double *x, size_t n, size_t length, size_t step,
                               size_t stride) {
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j <= i; j++) {
            double sum = 0;
            for (size_t k = 0; k < length; k++)
                sum += x[i * step + k * stride] * x[j * step + k * stride];
            assert_near(sum, i == j ? 1 : 0, 1e-12);
        }
}

static void svd_reconstructs(void **state) {
    (void)state;
    const size_t cases[][2] = {{1, 1}, {5, 3},   {3, 5},   {1, 7},
                               {7, 1}, {40, 12}, {12, 40}, {20, 20}};
    for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
        size_t m = cases[c][0];
        size_t n = cases[c][1];
        size_t r = m < n ? m : n;
        size_t ld = n + PAD;
        double *a = random_matrix(m * ld);
        double kept[40 * 43];
        double u[40 * 40];
        double s[40];
        double vt[40 * 40];
        memcpy(kept, a, m * ld * sizeof *a);
        mec_status status = {0};
        mec_svd(m, n, a, ld, u, s, vt, &status);
        assert_ok(status);
        for (size_t k = 1; k < r; k++)
            assert_true(s[k] <= s[k - 1] && s[k] >= 0);
        assert_orthonormal(u, r, m, 1, r);
        assert_orthonormal(vt, r, n, n, 1);
        for (size_t i = 0; i < m; i++)
            for (size_t j = 0; j < n; j++) {
                double sum = 0;
                for (size_t k = 0; k < r; k++)
                    sum += u[i * r + k] * s[k] * vt[k * n + j];
                assert_near(sum, kept[i * ld + j], 1e-12);
            }
        free(a);
    }
}

static void svd_of_nan_fails(void **state) {
    (void)state;
    double a[] = {1, NAN, 0, 1};
    double u[4];
    double s[2];
    double vt[4];
    mec_status status = {0};
    mec_svd(2, 2, a, 2, u, s, vt, &status);
    assert_status(status, MEC_INCOMPLETE, "singular value");
}

int main(void) {
    mec_linalg_set_threads(1);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(products_agree_with_loops),
        cmocka_unit_test(rows_are_added),
        cmocka_unit_test(rows_are_multiplied),
        cmocka_unit_test(nan_in_the_result_is_overwritten),
        cmocka_unit_test(gram_fills_the_lower_triangle),
        cmocka_unit_test(cholesky_factors_and_solves),
        cmocka_unit_test(cholesky_refuses),
        cmocka_unit_test(a_gram_matrix_is_added),
        cmocka_unit_test(svd_reconstructs),
        cmocka_unit_test(svd_of_nan_fails),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
