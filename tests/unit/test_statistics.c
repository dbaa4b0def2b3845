#include "numerics/statistics.h"
#include "unit.h"

static void summaries_are_numpys(void **state) {
    (void)state;
    double values[] = {3, NAN, 1, 10, 2, NAN, 7};
    mec_summary s = mec_summarise(values, 7);
    assert_int_equal(s.count, 5);
    assert_int_equal(s.n_nan, 2);
    assert_near(s.median, 3, 0);
    assert_near(s.mean, 4.6, 1e-15);
    assert_near(s.q25, 2, 0);
    assert_near(s.q75, 7, 0);
    assert_near(s.sem, sqrt((1.6 * 1.6 + 3.6 * 3.6 + 5.4 * 5.4 + 2.6 * 2.6 + 2.4 * 2.4) / 4 / 5),
                1e-15);
    assert_near(values[0], 1, 0);
    assert_near(values[4], 10, 0);
    assert_near(values[6], NAN, 0);
}

static void quartiles_interpolate(void **state) {
    (void)state;
    double values[] = {4, 1, 3, 2};
    mec_summary s = mec_summarise(values, 4);
    assert_near(s.q25, 1.75, 1e-15);
    assert_near(s.median, 2.5, 1e-15);
    assert_near(s.q75, 3.25, 1e-15);
}

static void few_values_leave_nan(void **state) {
    (void)state;
    double none[] = {NAN, NAN};
    mec_summary s = mec_summarise(none, 2);
    assert_int_equal(s.count, 0);
    assert_int_equal(s.n_nan, 2);
    assert_true(isnan(s.median) && isnan(s.mean) && isnan(s.q25) && isnan(s.q75) && isnan(s.sem));
    s = mec_summarise(none, 0);
    assert_int_equal(s.count + s.n_nan, 0);
    assert_true(isnan(s.mean));
    double one[] = {NAN, 2};
    s = mec_summarise(one, 2);
    assert_int_equal(s.count, 1);
    assert_near(s.median, 2, 0);
    assert_near(s.q25, 2, 0);
    assert_near(s.q75, 2, 0);
    assert_true(isnan(s.sem));
}

static void equal_values_have_no_spread(void **state) {
    (void)state;
    double values[] = {0.5, 0.5, 0.5};
    mec_summary s = mec_summarise(values, 3);
    assert_near(s.sem, 0, 0);
    assert_near(s.median, 0.5, 0);
}

static void means_leave_nan_out(void **state) {
    (void)state;
    const double values[] = {1, 100, NAN, 100, 4, 100};
    size_t count = 99;
    assert_near(mec_nanmean(values, 3, 2, &count), 2.5, 0);
    assert_int_equal(count, 2);
    assert_near(mec_nanmean(values, 2, 1, NULL), 50.5, 0);
    assert_true(isnan(mec_nanmean(values + 2, 1, 1, &count)));
    assert_int_equal(count, 0);
    assert_true(isnan(mec_nanmean(values, 0, 1, &count)));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(summaries_are_numpys), cmocka_unit_test(quartiles_interpolate),
        cmocka_unit_test(few_values_leave_nan), cmocka_unit_test(equal_values_have_no_spread),
        cmocka_unit_test(means_leave_nan_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
