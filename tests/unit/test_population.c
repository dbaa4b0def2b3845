#include <string.h>

#include "maps/population.h"
#include "unit.h"

/* 4 states, 3 cells. */
static const double responses[] = {1, 2, 3, 4, NAN, 6, 7, 8, 9, 10, 11, INFINITY};
static const mec_population population = {responses, 4, 3};

static void states_are_marked(void **state) {
    (void)state;
    uint8_t finite[] = {1, 1, 1, 1};
    mec_population_mark_finite(&population, finite);
    const uint8_t wanted[] = {1, 0, 1, 0};
    assert_memory_equal(finite, wanted, 4);
    uint8_t before[] = {0, 1, 1, 1};
    mec_population_mark_finite(&population, before);
    const uint8_t wanted_before[] = {0, 0, 1, 0};
    assert_memory_equal(before, wanted_before, 4);
    const double negative[] = {-INFINITY, 1};
    uint8_t marks[] = {1, 1};
    mec_population_mark_finite(&(mec_population){negative, 2, 1}, marks);
    assert_int_equal(marks[0], 0);
    assert_int_equal(marks[1], 1);
}

static void means_take_finite_states(void **state) {
    (void)state;
    const uint8_t finite[] = {1, 0, 1, 0};
    const uint8_t none[] = {0, 0, 0, 0};
    double mean[3];
    mec_population_means(&population, finite, mean);
    for (int j = 0; j < 3; j++)
        assert_near(mean[j], 4 + j, 0);
    mec_population_means(&population, none, mean);
    for (int j = 0; j < 3; j++)
        assert_near(mean[j], 0, 0);
}

static void cells_are_gathered_in_the_order_of_the_list(void **state) {
    (void)state;
    const uint32_t states[] = {2, 0, 2};
    double out[7] = {[6] = -7};
    const uint32_t neighbours[] = {1, 2};
    mec_population_gather(&population, neighbours, 2, states, 3, out);
    assert_memory_equal(out, ((const double[]){8, 9, 2, 3, 8, 9, -7}), sizeof out);
    const uint32_t scattered[] = {2, 0};
    mec_population_gather(&population, scattered, 2, states, 3, out);
    assert_memory_equal(out, ((const double[]){9, 7, 3, 1, 9, 7, -7}), sizeof out);
    const uint32_t twice[] = {1, 1, 0};
    mec_population_gather(&population, twice, 3, states, 2, out);
    assert_memory_equal(out, ((const double[]){8, 8, 7, 2, 2, 1, -7}), sizeof out);
}

static void parts_stand_side_by_side(void **state) {
    (void)state;
    const double other[] = {-1, -2, -3, -4};
    const mec_population second = {other, 4, 1};
    const mec_population *const parts[] = {&second, &population, &second};
    const mec_source source = {.parts = parts, .n_part = 3, .n_cell = 5};
    const uint32_t states[] = {2, 0};
    double out[10];
    mec_source_gather(&source, states, 2, out);
    const double wanted[] = {-3, 7, 8, 9, -3, -1, 1, 2, 3, -1};
    assert_memory_equal(out, wanted, sizeof wanted);
}

/* Whether a source of `n_cell` columns varies on states {0, 1} and on {2, 3}. */
static bool varies_if(const double *resp, size_t n_cell, bool centred) {
    const mec_population part = {resp, 4, n_cell};
    const mec_population *const parts[] = {&part};
    const mec_source source = {.parts = parts, .n_part = 1, .n_cell = n_cell};
    const uint32_t a[] = {0, 1};
    const uint32_t b[] = {2, 3};
    return mec_source_varies(&source, a, 2, b, 2, centred);
}

static bool varies(const double *resp, size_t n_cell) {
    return varies_if(resp, n_cell, true);
}

static void a_column_must_vary_on_both_sides(void **state) {
    (void)state;
    assert_true(varies((const double[]){1, 2, 3, 4}, 1));
    assert_false(varies((const double[]){1, 1, 3, 4}, 1));
    assert_false(varies((const double[]){1, 2, 3, 3}, 1));
    /* one column varies on the one side, the other on the other */
    assert_false(varies((const double[]){1, 5, 2, 5, 3, 6, 3, 7}, 2));
    assert_true(varies((const double[]){5, 1, 5, 2, 6, 3, 7, 4}, 2));
}

/* A column that is not centred has a weight where it is constant, but not where it is zero. */
static void without_centring_a_constant_counts(void **state) {
    (void)state;
    assert_true(varies_if((const double[]){1, 1, 3, 4}, 1, false));
    assert_true(varies_if((const double[]){0, 1, 3, 4}, 1, false));
    assert_false(varies_if((const double[]){0, 0, 3, 4}, 1, false));
    assert_false(varies_if((const double[]){1, 1, 3, 3}, 1, false));
    assert_false(varies_if((const double[]){0, 5, 0, 5, 3, 6, 4, 6}, 2, false));
    assert_true(varies_if((const double[]){0, 5, 0, 5, 3, 6, 4, 7}, 2, false));
}

static void one_state_never_varies(void **state) {
    (void)state;
    const mec_population *const parts[] = {&population};
    const mec_source source = {.parts = parts, .n_part = 1, .n_cell = 3};
    const uint32_t one[] = {0};
    const uint32_t two[] = {0, 2};
    assert_false(mec_source_varies(&source, one, 1, two, 2, true));
    assert_false(mec_source_varies(&source, two, 2, one, 1, true));
    assert_true(mec_source_varies(&source, two, 2, two, 2, true));
}

static void the_mean_of_equal_values_is_exact(void **state) {
    (void)state;
    enum { N = 7 };
    double x[N * 2];
    for (int i = 0; i < N; i++) {
        x[2 * i] = 0.1;
        x[2 * i + 1] = i;
    }
    double mean[2];
    mec_column_means(x, N, 2, mean);
    assert_near(mean[0], 0.1, 0);
    assert_near(mean[1], 3, 0);
    mec_subtract_row(x, N, 2, mean);
    for (int i = 0; i < N; i++) {
        assert_near(x[2 * i], 0, 0);
        assert_near(x[2 * i + 1], i - 3, 0);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(states_are_marked),
        cmocka_unit_test(means_take_finite_states),
        cmocka_unit_test(cells_are_gathered_in_the_order_of_the_list),
        cmocka_unit_test(parts_stand_side_by_side),
        cmocka_unit_test(a_column_must_vary_on_both_sides),
        cmocka_unit_test(without_centring_a_constant_counts),
        cmocka_unit_test(one_state_never_varies),
        cmocka_unit_test(the_mean_of_equal_values_is_exact),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
