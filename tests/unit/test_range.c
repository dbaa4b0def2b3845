#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "numerics/range.h"
#include "unit.h"

static double *parse(const char *text, size_t *n) {
    mec_status status = {0};
    double *values = mec_range_parse(text, "alpha", n, &status);
    assert_ok(status);
    assert_non_null(values);
    return values;
}

static void plain_numbers_stand_as_they_are(void **state) {
    (void)state;
    size_t n = 0;
    double *values = parse(" 1, 2.5 ,1e-16", &n);
    assert_int_equal(n, 3);
    assert_true(values[0] == 1 && values[1] == 2.5 && values[2] == 1e-16);
    free(values);
}

/* Ends as they are written, inner values as NumPy has them: 10 ** linspace(-9, 9, 99). */
static void a_geometric_range_agrees_with_numpy(void **state) {
    (void)state;
    size_t n = 0;
    double *values = parse("geomspace(1e-9, 1e9, 99)", &n);
    assert_int_equal(n, 99);
    assert_true(values[0] == 1e-9 && values[98] == 1e9);
    assert_near(values[49], 1, 1e-14);
    for (size_t i = 1; i < 98; i++) {
        double wanted = (double)powl(10.0L, -9.0L + 18.0L * (long double)i / 98.0L);
        assert_near(values[i] / wanted, 1, 1e-14);
    }
    free(values);
}

static void a_linear_range_agrees_with_numpy(void **state) {
    (void)state;
    size_t n = 0;
    double *values = parse("1e-16, linspace(0.01, 1.0, 99)", &n);
    assert_int_equal(n, 100);
    assert_true(values[0] == 1e-16 && values[1] == 0.01 && values[99] == 1.0);
    for (size_t i = 1; i < 99; i++)
        assert_near(values[1 + i], 0.01 + 0.99 * (double)i / 98, 1e-15);
    free(values);
}

static void ranges_and_numbers_join(void **state) {
    (void)state;
    size_t n = 0;
    double *values = parse("0,linspace(1,2,3),geomspace(4, 16, 3), 5", &n);
    const double wanted[] = {0, 1, 1.5, 2, 4, 8, 16, 5};
    assert_int_equal(n, 8);
    for (size_t i = 0; i < n; i++)
        assert_near(values[i], wanted[i], 1e-14);
    free(values);
}

static void a_range_of_one_is_its_first_value(void **state) {
    (void)state;
    size_t n = 0;
    double *values = parse("linspace(3, 9, 1)", &n);
    assert_int_equal(n, 1);
    assert_true(values[0] == 3);
    free(values);
}

static void refuses(const char *text, const char *found) {
    mec_status status = {0};
    size_t n = 7;
    assert_null(mec_range_parse(text, "[grid] alpha", &n, &status));
    assert_status(status, MEC_REFUSED, "[grid] alpha: found \"");
    assert_non_null(strstr(status.message, found));
    assert_int_equal(n, 0);
}

static void what_is_no_list_is_refused(void **state) {
    (void)state;
    refuses("", "\"\"");
    refuses(" , ", "\" , \"");
    refuses("1, two", "\"two\"");
    refuses("1 2", "\"1 2\"");
    refuses("nan", "\"nan\"");
    refuses("geomspace(0, 1, 3)", "geomspace(0, 1, 3)");
    refuses("geomspace(1, 10)", "geomspace(1, 10)");
    refuses("linspace(0, 1, 2.5)", "linspace(0, 1, 2.5)");
    refuses("linspace(0, 1, 3, 4)", "linspace(0, 1, 3, 4)");
    refuses("linspace(0, 1, 0)", "linspace(0, 1, 0)");
    refuses("linspace(0, 1, 1000000)", "linspace(0, 1, 1000000)");
    refuses("linspace(0, inf, 3)", "linspace(0, inf, 3)");
    refuses("linspace(nan, 1, 3)", "linspace(nan, 1, 3)");
    refuses("linspace(-1e308, 1e308, 3)", "linspace(-1e308, 1e308, 3)");
    refuses("geomspace(1, 1e400, 3)", "geomspace(1, 1e400, 3)");
    refuses("logspace(0, 1, 3)", "logspace(0, 1, 3)");
    refuses("linspace(0, 1, 3", "linspace(0, 1, 3");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(plain_numbers_stand_as_they_are),
        cmocka_unit_test(a_geometric_range_agrees_with_numpy),
        cmocka_unit_test(a_linear_range_agrees_with_numpy),
        cmocka_unit_test(ranges_and_numbers_join),
        cmocka_unit_test(a_range_of_one_is_its_first_value),
        cmocka_unit_test(what_is_no_list_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
