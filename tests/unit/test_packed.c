#include <stdlib.h>
#include <string.h>

#include "numerics/linalg.h"
#include "numerics/packed.h"
#include "random.h"
#include "unit.h"

enum { PAD = 3, OLD = 99 }; /* leading dimensions are wider than the matrices */

#ifdef MEC_REAL_IS_DOUBLE
static const double TOLERANCE = 1e-12;
#else
static const double TOLERANCE = 2e-4;
#endif

static uint64_t seed = 9;

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

/* Beside tiles (6 or 14 rows), panels (4 to 32 columns) and blocks (512 deep, 224 rows). */
static const shape shapes[] = {{1, 1, 1},    {0, 5, 7},      {5, 31, 9},     {13, 32, 511},
                               {15, 33, 16}, {29, 100, 513}, {225, 70, 530}, {14, 64, 1025}};

typedef struct problem {
    shape s;
    size_t lda, ldb, ldc;
    bool transposed, adds;
    mec_real *a, *b;
} problem;

static mec_packed *create(const problem *p, size_t bytes) {
    mec_status status = {0};
    mec_packed *packed = mec_packed_create(p->s.k, p->s.n, bytes, &status);
    assert_int_equal(status.code, MEC_OK);
    return packed;
}

/* C, to be freed; NaN before where nothing is added, and OLD in the padding. */
static mec_real *multiply(const problem *p, mec_packed *packed, size_t n_row) {
    mec_real *c = malloc((p->s.m * p->ldc + 1) * sizeof *c);
    assert_non_null(c);
    for (size_t i = 0; i < p->s.m * p->ldc; i++)
        c[i] = i % p->ldc >= p->s.n ? OLD : p->adds ? (mec_real)(i % 7) : NAN;
    mec_packed_set(packed, p->s.k, p->s.n, p->b, p->ldb, p->transposed);
    for (size_t i = 0; i < p->s.m; i += n_row)
        mec_packed_multiply(packed, i + n_row < p->s.m ? n_row : p->s.m - i, p->a + i * p->lda,
                            p->lda, p->adds, c + i * p->ldc, p->ldc);
    return c;
}

static void check_by_loops(const problem *p, const mec_real *c) {
    for (size_t i = 0; i < p->s.m; i++)
        for (size_t j = 0; j < p->ldc; j++) {
            double wanted = j >= p->s.n ? OLD : p->adds ? (double)((i * p->ldc + j) % 7) : 0;
            for (size_t k = 0; k < p->s.k && j < p->s.n; k++)
                wanted += (double)p->a[i * p->lda + k] *
                          (double)p->b[p->transposed ? j * p->ldb + k : k * p->ldb + j];
            assert_near(c[i * p->ldc + j], wanted, TOLERANCE);
        }
}

static void for_all(void (*check)(const problem *p)) {
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++)
        for (int kind = 0; kind < 4; kind++) {
            problem p = {.s = shapes[i], .transposed = kind & 1, .adds = kind & 2};
            p.lda = p.s.k + PAD;
            p.ldb = (p.transposed ? p.s.k : p.s.n) + PAD;
            p.ldc = p.s.n + PAD;
            p.a = random_matrix(p.s.m * p.lda);
            p.b = random_matrix((p.s.n + p.s.k) * p.ldb);
            check(&p);
            free(p.a);
            free(p.b);
        }
}

static void check_widths(const problem *p) {
    for (size_t bytes = 16; bytes <= MEC_PACKED_WIDEST; bytes *= 2) {
        mec_packed *packed = create(p, bytes);
        mec_real *c = multiply(p, packed, p->s.m + 1);
        check_by_loops(p, c);
        free(c);
        mec_packed_destroy(packed);
    }
}

static void every_width_agrees_with_loops(void **state) {
    (void)state;
    for_all(check_widths);
}

static void check_bits(const problem *p) {
    mec_packed *packed = create(p, MEC_PACKED_WIDEST);
    mec_packed *narrow = create(p, 32);
    mec_real *whole = multiply(p, packed, p->s.m + 1);
    mec_real *by_rows = multiply(p, packed, 3);
    mec_real *of_narrow = multiply(p, narrow, p->s.m + 1);
    mec_linalg_set_threads(3);
    mec_real *by_threads = multiply(p, packed, p->s.m + 1);
    mec_linalg_set_threads(1);
    size_t n_byte = p->s.m * p->ldc * sizeof *whole;
    assert_memory_equal(whole, by_rows, n_byte);
    assert_memory_equal(whole, by_threads, n_byte);
#if defined(__x86_64__) && defined(__GNUC__) && !defined(MEC_REAL_IS_DOUBLE)
    if (__builtin_cpu_supports("fma"))
        assert_memory_equal(whole, of_narrow, n_byte);
#endif
    free(whole);
    free(by_rows);
    free(by_threads);
    free(of_narrow);
    mec_packed_destroy(packed);
    mec_packed_destroy(narrow);
}

static void bits_depend_on_neither_rows_nor_threads_nor_width(void **state) {
    (void)state;
    for_all(check_bits);
}

/* The same memory holds one matrix after the other, and either way round. */
static void is_set_again(void **state) {
    (void)state;
    problem p = {{3, 40, 600},
                 600,
                 600,
                 40,
                 true,
                 false,
                 random_matrix((size_t)3 * 600),
                 random_matrix((size_t)40 * 600)};
    problem turned = {{3, 600, 40}, 600, 600, 600, false, false, p.a, p.b};
    mec_packed *packed = create(&p, MEC_PACKED_WIDEST);
    const problem *both[] = {&p, &turned, &p};
    for (size_t i = 0; i < 3; i++) {
        mec_real *c = multiply(both[i], packed, 3);
        check_by_loops(both[i], c);
        free(c);
    }
    mec_packed_destroy(packed);
    free(p.a);
    free(p.b);
}

/* Ten rows of one panel, filled up, whichever way round; and a block of A. */
static void memory_is_what_is_allocated(void **state) {
    (void)state;
    assert_near(mec_packed_memory(5, 10), 10 * 128 + 224.0 * 512 * sizeof(mec_real), 0);
}

static void too_much_memory_is_a_failure(void **state) {
    (void)state;
    mec_status status = {0};
    assert_null(mec_packed_create((size_t)1 << 40, 1 << 10, MEC_PACKED_WIDEST, &status));
    assert_status(status, MEC_FAILED, "out of memory");
}

int main(void) {
    mec_linalg_set_threads(1);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_width_agrees_with_loops),
        cmocka_unit_test(bits_depend_on_neither_rows_nor_threads_nor_width),
        cmocka_unit_test(is_set_again),
        cmocka_unit_test(memory_is_what_is_allocated),
        cmocka_unit_test(too_much_memory_is_a_failure),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
