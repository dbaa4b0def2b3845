#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "numerics/cholesky.h"
#include "numerics/linalg.h"
#include "random.h"
#include "unit.h"

enum { MOST = 261, PAD = 3 };

static uint64_t seed = 11;

/* Sizes around blocks, and one beyond what is small. */
static const size_t sizes[] = {1,  2,  3,  4,  5,  7,  8,  9,   11, 12,
                               13, 16, 17, 20, 21, 39, 97, 256, 261};
enum { N_SIZE = sizeof sizes / sizeof *sizes };

/* (n, ld) with NaN above the diagonal, which nobody reads. */
static double *lower(size_t n, size_t ld, double diagonal) {
    double *a = malloc(n * ld * sizeof *a);
    assert_non_null(a);
    random_fill(&seed, a, n * ld);
    for (size_t i = 0; i < n; i++) {
        a[i * ld + i] = diagonal;
        for (size_t j = i + 1; j < ld; j++)
            a[i * ld + j] = NAN;
    }
    return a;
}

/* A + shift I = L L' by loops, A staying as it is. */
static void a_shift_is_added(void **state) {
    (void)state;
    for (size_t s = 0; s < N_SIZE; s++) {
        size_t n = sizes[s];
        size_t ld = n + PAD;
        size_t ldl = n + 1;
        double shift = 1.5 * (double)n;
        double *a = lower(n, ld, 0.5);
        double *kept = malloc(n * ld * sizeof *kept);
        double *l = malloc(n * ldl * sizeof *l);
        assert_non_null(kept);
        assert_non_null(l);
        memcpy(kept, a, n * ld * sizeof *a);
        assert_true(mec_cholesky_shifted(n, a, ld, shift, l, ldl));
        assert_memory_equal(a, kept, n * ld * sizeof *a);
        for (size_t i = 0; i < n; i++)
            for (size_t j = 0; j <= i; j++) {
                double product = 0;
                for (size_t k = 0; k <= j; k++)
                    product += l[i * ldl + k] * l[j * ldl + k];
                assert_near(product, a[i * ld + j] + (i == j ? shift : 0), 1e-12);
            }
        assert_false(mec_cholesky_shifted(n, a, ld, -1, l, ldl));
        free(a);
        free(kept);
        free(l);
    }
}

static void a_triangle_solves_a_vector(void **state) {
    (void)state;
    for (size_t s = 0; s < N_SIZE; s++) {
        size_t n = sizes[s];
        size_t ld = n + PAD;
        double x[MOST + 1];
        double b[MOST + 1];
        double transposed[MOST + 1];
        double *l = lower(n, ld, sqrt((double)n));
        random_fill(&seed, x, n);
        for (size_t i = 0; i < n; i++) {
            b[i] = transposed[i] = 0;
            for (size_t k = 0; k <= i; k++)
                b[i] += l[i * ld + k] * x[k];
            for (size_t k = i; k < n; k++)
                transposed[i] += l[k * ld + i] * x[k];
        }
        b[n] = transposed[n] = 7; /* stays */
        mec_lower_solve_vector(n, l, ld, b);
        mec_lower_solve_vector_transposed(n, l, ld, transposed);
        for (size_t i = 0; i < n; i++) {
            assert_near(b[i], x[i], 1e-10);
            assert_near(transposed[i], x[i], 1e-10);
        }
        assert_true(b[n] == 7 && transposed[n] == 7);
        free(l);
    }
}

int main(void) {
    mec_linalg_set_threads(1);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_shift_is_added),
        cmocka_unit_test(a_triangle_solves_a_vector),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
