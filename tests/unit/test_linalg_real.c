#include <stdlib.h>

#include "numerics/linalg.h"
#include "random.h"
#include "unit.h"

enum { PAD = 3 }; /* leading dimensions are wider than the matrices */

#ifdef MEC_REAL_IS_DOUBLE
static const double TOLERANCE = 1e-13;
#else
static const double TOLERANCE = 1e-5;
#endif

static uint64_t seed = 5;

static mec_real *random_matrix(size_t n) {
    mec_real *x = malloc((n + 1) * sizeof *x);
    assert_non_null(x);
    for (size_t i = 0; i < n; i++)
        x[i] = (mec_real)(2 * random_uniform(&seed) - 1);
    return x;
}

typedef struct shape {
    size_t m, n, k;
} shape;

static const shape shapes[] = {{1, 1, 1}, {3, 4, 5}, {17, 1, 9}, {1, 20, 33}, {40, 31, 64}};

/* What stands before in the padding stays; NaN before does not matter where beta is 0. */
static void compare(shape s, bool transpose_a, bool transpose_b, mec_real beta) {
    size_t lda = (transpose_a ? s.m : s.k) + PAD;
    size_t ldb = (transpose_b ? s.k : s.n) + PAD;
    size_t ldc = s.n + PAD;
    mec_real *a = random_matrix((s.m + s.k) * lda);
    mec_real *b = random_matrix((s.n + s.k) * ldb);
    mec_real *c = malloc(s.m * ldc * sizeof *c);
    assert_non_null(c);
    for (size_t i = 0; i < s.m * ldc; i++)
        c[i] = i % ldc >= s.n ? 99 : beta == 0 ? NAN : (mec_real)(i % 7);
    if (transpose_a)
        mec_real_transposed_multiply(s.m, s.n, s.k, a, lda, b, ldb, beta, c, ldc);
    else if (transpose_b)
        mec_real_multiply_transposed(s.m, s.n, s.k, a, lda, b, ldb, beta, c, ldc);
    else
        mec_real_multiply(s.m, s.n, s.k, a, lda, b, ldb, beta, c, ldc);
    for (size_t i = 0; i < s.m; i++)
        for (size_t j = 0; j < ldc; j++) {
            double wanted = j < s.n ? beta * (double)((i * ldc + j) % 7) : 99;
            for (size_t k = 0; k < s.k && j < s.n; k++)
                wanted += (double)(transpose_a ? a[k * lda + i] : a[i * lda + k]) *
                          (double)(transpose_b ? b[j * ldb + k] : b[k * ldb + j]);
            assert_near(c[i * ldc + j], wanted, TOLERANCE);
        }
    free(a);
    free(b);
    free(c);
}

static void products_agree_with_loops(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
        compare(shapes[i], false, false, 0);
        compare(shapes[i], false, false, -0.5);
        compare(shapes[i], false, true, 0);
        compare(shapes[i], false, true, 1);
        compare(shapes[i], true, false, 0);
        compare(shapes[i], true, false, 1);
    }
}

int main(void) {
    mec_linalg_set_threads(1);
    const struct CMUnitTest tests[] = {cmocka_unit_test(products_agree_with_loops)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
