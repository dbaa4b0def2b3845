#include <stdlib.h>
#include <string.h>

#include "fitting.h"
#include "numerics/linalg.h"
#include "random.h"
#include "unit.h"

enum { BLOCK = MEC_KERNEL_BLOCK };

static uint64_t seed = 3;

static double *random_block(size_t n) {
    double *x = malloc((n + 1) * sizeof *x);
    assert_non_null(x);
    random_fill(&seed, x, n);
    return x;
}

static uint32_t *random_states(size_t n_state) {
    uint32_t *states = malloc(n_state * sizeof *states);
    assert_non_null(states);
    random_order(&seed, states, n_state);
    return states;
}

/* The kernel of `n` states, in any order, out of a few more. */
static void compare_kernel(size_t n, size_t p) {
    size_t n_state = n + 3;
    double *resp = random_block(n_state * p);
    double *offset = random_block(p);
    double *kernel = random_block(n * n);
    double *z = random_block(n_state * p);
    uint32_t *states = random_states(n_state);
    uint8_t *finite = calloc(n_state, 1);
    assert_non_null(finite);
    for (size_t i = 0; i < n_state; i++) {
        finite[i] = random_below(&seed, 10) > 0;
        if (!finite[i])
            resp[i * p + random_below(&seed, p)] = NAN;
        for (size_t j = 0; j < p; j++)
            z[i * p + j] = finite[i] ? resp[i * p + j] - offset[j] : 0;
    }
    fill_kernel(&(mec_population){resp, n_state, p}, states, n, finite, offset, kernel);
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < n; j++) {
            double sum = 0;
            for (size_t k = 0; k < p; k++)
                sum += z[states[i] * p + k] * z[states[j] * p + k];
            if (!(fabs(kernel[i * n + j] - sum) <= 1e-13 * (double)(p + 10)))
                assert_near(kernel[i * n + j], sum, 1e-13 * (double)(p + 10));
        }
    free(resp);
    free(offset);
    free(kernel);
    free(z);
    free(states);
    free(finite);
}

static void blocks_make_up_the_plain_product(void **state) {
    (void)state;
    compare_kernel(1, 1);
    compare_kernel(7, 3);
    compare_kernel(BLOCK - 1, 5);
    compare_kernel(BLOCK, 5);
    compare_kernel(BLOCK + 1, 5);
    compare_kernel(2 * BLOCK + 37, 11);
    compare_kernel(40, 2500); /* more cells than are packed at a time */
    compare_kernel(BLOCK + 3, 1025);
}

static void blocks_cover_all_states(void **state) {
    (void)state;
    assert_int_equal(mec_kernel_n_block(1), 1);
    assert_int_equal(mec_kernel_n_block(BLOCK), 1);
    assert_int_equal(mec_kernel_n_block(BLOCK + 1), 2);
    assert_int_equal(mec_kernel_n_block(10 * BLOCK), 10);
}

/* The order in which blocks are filled changes no bit. */
static void the_order_of_blocks_does_not_matter(void **state) {
    (void)state;
    size_t n = 2 * BLOCK + 9;
    size_t p = 30;
    double *resp = random_block(n * p);
    uint32_t *states = random_states(n);
    double *offset = calloc(p, sizeof *offset);
    uint8_t *finite = malloc(n);
    double *forward = calloc(n * n, sizeof *forward);
    double *backward = calloc(n * n, sizeof *backward);
    assert_true(offset && finite && forward && backward);
    memset(finite, 1, n);
    mec_population population = {resp, n, p};
    fill_kernel(&population, states, n, finite, offset, forward);
    mec_scratch scratch = {0};
    mec_status status = {0};
    for (size_t block = mec_kernel_n_block(n); block-- > 0;)
        mec_kernel_fill(&population, states, n, finite, offset, block, backward, &scratch, &status);
    for (size_t block = mec_kernel_n_block(n); block-- > 0;)
        mec_kernel_mirror(backward, n, block);
    assert_ok(status);
    assert_memory_equal(forward, backward, n * n * sizeof *forward);
    mec_scratch_release(&scratch);
    free(states);
    free(resp);
    free(offset);
    free(finite);
    free(forward);
    free(backward);
}

static void compare_leave_one_out(size_t n_kernel, size_t n) {
    double *kernels = random_block(n_kernel * n * n);
    double *before = malloc(n_kernel * n * n * sizeof *before);
    assert_non_null(before);
    memcpy(before, kernels, n_kernel * n * n * sizeof *before);
    mec_scratch scratch = {0};
    mec_status status = {0};
    for (size_t block = 0; block < mec_kernel_n_block(n); block++) {
        mec_scratch_reset(&scratch);
        mec_kernel_leave_one_out(kernels, n_kernel, n, block, &scratch, &status);
    }
    assert_ok(status);
    for (size_t k = 0; k < n_kernel; k++)
        for (size_t i = 0; i < n; i++)
            for (size_t j = 0; j < n; j++) {
                double wanted = j > i ? before[(k * n + i) * n + j] : 0;
                for (size_t other = 0; other < n_kernel && j <= i; other++)
                    wanted += other == k ? 0 : before[(other * n + i) * n + j];
                if (!(fabs(kernels[(k * n + i) * n + j] - wanted) <= 1e-14))
                    assert_near(kernels[(k * n + i) * n + j], wanted, 1e-14);
            }
    mec_scratch_release(&scratch);
    free(kernels);
    free(before);
}

static void each_becomes_the_sum_of_the_others(void **state) {
    (void)state;
    compare_leave_one_out(1, 5);
    compare_leave_one_out(2, 5);
    compare_leave_one_out(3, BLOCK + 17);
    compare_leave_one_out(5, 50);
}

/* Two animals: each one's source is the other, to the last bit. */
static void two_kernels_change_places(void **state) {
    (void)state;
    double kernels[] = {0.1, 0.7};
    mec_scratch scratch = {0};
    mec_status status = {0};
    mec_kernel_leave_one_out(kernels, 2, 1, 0, &scratch, &status);
    assert_ok(status);
    assert_near(kernels[0], 0.7, 0);
    assert_near(kernels[1], 0.1, 0);
    mec_scratch_release(&scratch);
}

int main(void) {
    mec_linalg_set_threads(1);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(blocks_make_up_the_plain_product),
        cmocka_unit_test(blocks_cover_all_states),
        cmocka_unit_test(the_order_of_blocks_does_not_matter),
        cmocka_unit_test(each_becomes_the_sum_of_the_others),
        cmocka_unit_test(two_kernels_change_places),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
