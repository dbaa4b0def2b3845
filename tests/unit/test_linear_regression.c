#include "numerics/linalg.h"
#include "oracle.h"
#include "oracle_problem.h"
#include "unit.h"

static void oracle(const double *x, size_t n, size_t p, const double *y, const double *x_test,
                   size_t n_test, const mec_map_parameters *parameters, double *prediction,
                   double *intercept) {
    oracle_ridge(x, n, p, y, x_test, n_test, 0, parameters->fit_intercept, prediction, intercept);
}

static void compare_shape(problem_shape shape, double tolerance) {
    for (int fit_intercept = 0; fit_intercept < 2; fit_intercept++) {
        mec_map_parameters parameters = {.fit_intercept = fit_intercept};
        compare_with_oracle(shape, &mec_linear_regression, oracle, &parameters, tolerance);
    }
}

static void fits_agree_with_the_oracle(void **state) {
    (void)state;
    const problem_shape shapes[] = {
        {60, 40, {5, 7}, TWIST_NONE},  {20, 40, {35, 30}, TWIST_NONE},
        {30, 300, {5, 5}, TWIST_NONE}, {20, 300, {31, 5}, TWIST_NONE},
        {2, 10, {3, 4}, TWIST_NONE},   {2, 10, {1, 1}, TWIST_NONE},
        {50, 2, {1, 2}, TWIST_NONE},   {1, 10, {3, 4}, TWIST_NONE},
        {1, 10, {1, 1}, TWIST_NONE},
    };
    for (size_t s = 0; s < sizeof shapes / sizeof *shapes; s++)
        compare_shape(shapes[s], 1e-10);
}

/* Sources as many as states, or nearly: the condition is poor. */
static void square_problems_agree(void **state) {
    (void)state;
    for (size_t n = 23; n < 29; n++)
        compare_shape((problem_shape){n, 30, {15, 10}, TWIST_NONE}, 1e-8);
}

/* Where Cholesky alone would lose what refinement keeps. */
static void poor_condition_loses_nothing(void **state) {
    (void)state;
    compare_shape((problem_shape){60, 40, {5, 7}, TWIST_NEARLY_EQUAL}, 1e-10);
    compare_shape((problem_shape){15, 40, {20, 7}, TWIST_NEARLY_EQUAL}, 1e-10);
}

static void without_full_rank_the_norm_is_least(void **state) {
    (void)state;
    compare_shape((problem_shape){60, 40, {6, 6}, TWIST_DOUBLED}, 1e-8);
    compare_shape((problem_shape){15, 40, {30, 30}, TWIST_DOUBLED}, 1e-8);
    compare_shape((problem_shape){15, 40, {10, 30}, TWIST_DOUBLED}, 1e-8);
    compare_shape((problem_shape){60, 40, {5, 5}, TWIST_ZERO}, 1e-8);
    compare_shape((problem_shape){15, 40, {30, 30}, TWIST_ZERO}, 1e-8);
    compare_shape((problem_shape){12, 10, {3, 3}, TWIST_ALL_ZERO}, 1e-8);
    compare_shape((problem_shape){5, 10, {3, 3}, TWIST_ALL_ZERO}, 1e-8);
}

int main(void) {
    mec_linalg_set_threads(1);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fits_agree_with_the_oracle),
        cmocka_unit_test(square_problems_agree),
        cmocka_unit_test(poor_condition_loses_nothing),
        cmocka_unit_test(without_full_rank_the_norm_is_least),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
