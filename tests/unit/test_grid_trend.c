#include <math.h>

#include "maps/grid_trend.h"
#include "unit.h"

enum { P = 5, N_PLACE = 9 };

/* Products within the bound that bend over places by the same in every row, times n alpha. */
static double product(size_t row, size_t place, size_t j) {
    double x = (double)place / N_PLACE;
    return 0.01 * (double)(j + 1) * (x * x + 0.1 * (double)row + 0.3 * x * (double)row);
}

static void note(mec_grid_trend *trend, size_t row, size_t place, double unit) {
    double products[P];
    for (size_t j = 0; j < P; j++)
        products[j] = unit * product(row, place, j);
    mec_grid_trend_note(trend, row, place, 0.5, unit, products);
}

static void the_row_before_tells_of_the_bend(void **state) {
    (void)state;
    mec_grid_trend trend;
    mec_scratch scratch = {0};
    mec_status status = {0};
    double expected[P];
    mec_grid_trend_take(N_PLACE, P, &trend, &scratch, &status);
    assert_ok(status);
    for (size_t place = 0; place < N_PLACE; place++)
        note(&trend, 3, place, 8);
    note(&trend, 4, 1, 4);
    note(&trend, 4, 7, 6); /* solved at another alpha */
    assert_true(mec_grid_trend_has(&trend, 4, 7));
    assert_false(mec_grid_trend_has(&trend, 4, 5));
    assert_false(mec_grid_trend_has(&trend, 5, 1));
    mec_grid_trend_expect(&trend, 4, 5, 1, 7, 4.0 / 6, 4, expected);
    for (size_t j = 0; j < P; j++)
        assert_near(expected[j], 4 * product(4, 5, j), 1e-6);
    mec_grid_trend_forget(&trend);
    assert_false(mec_grid_trend_has(&trend, 4, 7));
    mec_scratch_release(&scratch);
}

static void without_a_row_before_it_is_a_line(void **state) {
    (void)state;
    mec_grid_trend trend;
    mec_scratch scratch = {0};
    mec_status status = {0};
    double expected[P];
    mec_grid_trend_take(N_PLACE, P, &trend, &scratch, &status);
    assert_ok(status);
    note(&trend, 0, 0, 2);
    note(&trend, 0, 8, 2);
    mec_grid_trend_expect(&trend, 0, 2, 0, 8, 0.25, 2, expected);
    for (size_t j = 0; j < P; j++)
        assert_near(expected[j], 1.5 * product(0, 0, j) + 0.5 * product(0, 8, j), 1e-6);
    mec_scratch_release(&scratch);
}

/* What is beyond the bound counts more, to either side, and stays beyond it. */
static void what_is_beyond_the_bound_counts_more(void **state) {
    (void)state;
    mec_grid_trend trend;
    mec_scratch scratch = {0};
    mec_status status = {0};
    const double products[P] = {0.2, 0.6, -0.6, 0.5, -0.1};
    double expected[P];
    mec_grid_trend_take(N_PLACE, P, &trend, &scratch, &status);
    assert_ok(status);
    mec_grid_trend_note(&trend, 0, 0, 0.5, 1, products);
    mec_grid_trend_note(&trend, 0, 8, 0.5, 1, products);
    mec_grid_trend_expect(&trend, 0, 4, 0, 8, 0.5, 1, expected);
    assert_near(expected[0], 0.2, 1e-6);
    assert_true(expected[1] > 0.6 && expected[2] < -0.6);
    assert_near(expected[1], -expected[2], 1e-6);
    assert_near(expected[3], 0.5, 1e-6);
    assert_near(expected[4], -0.1, 1e-6);
    mec_scratch_release(&scratch);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_row_before_tells_of_the_bend),
        cmocka_unit_test(without_a_row_before_it_is_a_line),
        cmocka_unit_test(what_is_beyond_the_bound_counts_more),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
