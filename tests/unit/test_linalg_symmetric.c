#include <string.h>

#include "numerics/linalg.h"
#include "random.h"
#include "unit.h"

enum { MOST = 60, PAD = 3 };

static const size_t sizes[] = {1, 2, 3, 17, MOST};
enum { N_SIZE = sizeof sizes / sizeof *sizes };

static uint64_t seed = 12;

/* A random symmetric matrix, (n, n) in `full`; its lower triangle alone, rows n + PAD apart. */
static void make_symmetric(size_t n, double *full, double *lower) {
    for (size_t i = 0; i < n * (n + PAD); i++)
        lower[i] = NAN;
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j <= i; j++) {
            full[i * n + j] = full[j * n + i] = random_uniform(&seed) - 0.5;
            lower[i * (n + PAD) + j] = full[i * n + j];
        }
}

/* Element (k, l) of Q A Q' where the rows of q are n + PAD apart. */
static double rotated(const double *a, const double *q, size_t n, size_t k, size_t l) {
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < n; j++)
            sum += q[k * (n + PAD) + i] * a[i * n + j] * q[l * (n + PAD) + j];
    return sum;
}

static void assert_orthogonal(const double *q, size_t n) {
    for (size_t k = 0; k < n; k++)
        for (size_t l = 0; l <= k; l++) {
            double sum = 0;
            for (size_t i = 0; i < n; i++)
                sum += q[k * (n + PAD) + i] * q[l * (n + PAD) + i];
            assert_near(sum, k == l, 1e-13);
        }
}

static void eigenvectors_are_rows(void **state) {
    (void)state;
    double full[MOST * MOST];
    double q[MOST * (MOST + PAD)];
    double values[MOST];
    for (size_t s = 0; s < N_SIZE; s++) {
        size_t n = sizes[s];
        mec_status status = {0};
        make_symmetric(n, full, q);
        mec_eigen(n, q, n + PAD, values, &status);
        assert_ok(status);
        assert_orthogonal(q, n);
        for (size_t k = 0; k < n; k++) {
            assert_true(k == 0 || values[k] >= values[k - 1]);
            for (size_t l = 0; l <= k; l++)
                assert_near(rotated(full, q, n, k, l), k == l ? values[k] : 0, 1e-13);
        }
    }
}

static void tridiagonal_form_is_similar(void **state) {
    (void)state;
    double full[MOST * MOST];
    double q[MOST * (MOST + PAD)];
    double diagonal[MOST];
    double beside[MOST];
    for (size_t s = 0; s < N_SIZE; s++) {
        size_t n = sizes[s];
        mec_status status = {0};
        make_symmetric(n, full, q);
        mec_tridiagonal(n, q, n + PAD, diagonal, beside, &status);
        assert_ok(status);
        assert_orthogonal(q, n);
        for (size_t k = 0; k < n; k++)
            for (size_t l = 0; l <= k; l++)
                assert_near(rotated(full, q, n, k, l),
                            k == l       ? diagonal[k]
                            : k == l + 1 ? beside[l]
                                         : 0,
                            1e-13);
    }
}

static void tridiagonal_factors_multiply_back(void **state) {
    (void)state;
    double diagonal[] = {4, 5, 6, 3};
    double beside[] = {1, -2, 0.5};
    double pivots[4];
    double factors[3];
    double work[4];
    memcpy(pivots, diagonal, sizeof pivots);
    memcpy(factors, beside, sizeof factors);
    double rcond = mec_tridiagonal_factor(4, pivots, factors, work);
    assert_true(rcond > 0.1 && rcond < 1);
    assert_near(pivots[0], diagonal[0], 0);
    for (size_t k = 0; k < 3; k++) {
        assert_near(pivots[k] * factors[k], beside[k], 1e-15);
        assert_near(pivots[k] * factors[k] * factors[k] + pivots[k + 1], diagonal[k + 1], 1e-15);
    }
}

static void condition_numbers_are_found(void **state) {
    (void)state;
    double work[6];
    int iwork[2];
    double diagonal[] = {1, 1e-7};
    double beside[] = {0};
    double matrix[] = {1, 0, 0, 1e-7};
    assert_near(mec_tridiagonal_factor(2, diagonal, beside, work), 1e-7, 1e-20);
    assert_near(mec_cholesky_rcond(2, matrix, 2, work, iwork), 1e-7, 1e-20);
}

static void what_is_not_positive_definite_has_none(void **state) {
    (void)state;
    double work[6];
    int iwork[2];
    const double bad[] = {-1, 0, NAN, INFINITY};
    for (size_t b = 0; b < 4; b++) {
        double diagonal[] = {1, bad[b]};
        double beside[] = {0.5};
        double matrix[] = {1, 0.5, 0.5, bad[b]};
        assert_true(mec_tridiagonal_factor(2, diagonal, beside, work) == 0);
        assert_true(mec_cholesky_rcond(2, matrix, 2, work, iwork) == 0);
    }
}

int main(void) {
    mec_linalg_set_threads(1);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(eigenvectors_are_rows),
        cmocka_unit_test(tridiagonal_form_is_similar),
        cmocka_unit_test(tridiagonal_factors_multiply_back),
        cmocka_unit_test(condition_numbers_are_found),
        cmocka_unit_test(what_is_not_positive_definite_has_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
