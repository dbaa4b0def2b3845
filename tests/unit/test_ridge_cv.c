#include <stdlib.h>
#include <string.h>

#include "numerics/linalg.h"
#include "oracle.h"
#include "oracle_problem.h"
#include "unit.h"

/* The sum of squared errors of predicting every state by a fit on the others. */
static double leave_one_out(const double *x, size_t n, size_t p, const double *y, double alpha,
                            bool fit_intercept) {
    double *others = malloc(n * p * sizeof *others);
    double *their_y = malloc(n * sizeof *their_y);
    double sum = 0;
    assert_true(others && their_y);
    for (size_t i = 0; i < n; i++) {
        double prediction = 0;
        double intercept = 0;
        memcpy(others, x, i * p * sizeof *x);
        memcpy(others + i * p, x + (i + 1) * p, (n - i - 1) * p * sizeof *x);
        memcpy(their_y, y, i * sizeof *y);
        memcpy(their_y + i, y + i + 1, (n - i - 1) * sizeof *y);
        if (n > 1)
            oracle_ridge(others, n - 1, p, their_y, x + i * p, 1, alpha, fit_intercept, &prediction,
                         &intercept);
        sum += pow(y[i] - prediction - intercept, 2);
    }
    free(others);
    free(their_y);
    return sum;
}

static void oracle(const double *x, size_t n, size_t p, const double *y, const double *x_test,
                   size_t n_test, const mec_map_parameters *parameters, double *prediction,
                   double *intercept) {
    mec_reals alphas = parameters->alphas;
    if (alphas.n == 0)
        alphas = (mec_reals){3, {0.1, 1, 10}};
    double best = INFINITY;
    double chosen = alphas.values[0];
    for (size_t a = 0; a < alphas.n; a++) {
        double sum = leave_one_out(x, n, p, y, alphas.values[a], parameters->fit_intercept);
        if (sum < best * (1 - 1e-13)) {
            best = sum;
            chosen = alphas.values[a];
        }
    }
    oracle_ridge(x, n, p, y, x_test, n_test, chosen, parameters->fit_intercept, prediction,
                 intercept);
}

static void compare_shape(problem_shape shape, mec_reals alphas, double tolerance) {
    for (int fit_intercept = 0; fit_intercept < 2; fit_intercept++) {
        mec_map_parameters parameters = {.fit_intercept = fit_intercept, .alphas = alphas};
        compare_with_oracle(shape, &mec_ridge_cv, oracle, &parameters, tolerance);
    }
}

static const problem_shape shapes[] = {
    {24, 30, {3, 4}, TWIST_NONE},     {10, 30, {12, 9}, TWIST_NONE},
    {12, 20, {7, 5}, TWIST_NONE},     {13, 20, {7, 5}, TWIST_NONE},
    {14, 20, {7, 5}, TWIST_NONE},     {20, 20, {4, 4}, TWIST_DOUBLED},
    {8, 20, {10, 10}, TWIST_DOUBLED}, {20, 20, {4, 4}, TWIST_ZERO},
    {8, 20, {10, 10}, TWIST_ZERO},    {12, 10, {2, 3}, TWIST_ALL_ZERO},
    {5, 10, {3, 3}, TWIST_ALL_ZERO},  {8, 300, {10, 4}, TWIST_NONE},
    {20, 300, {3, 4}, TWIST_NONE},    {3, 10, {1, 1}, TWIST_NONE},
    {3, 10, {4, 1}, TWIST_NONE},
};
enum { N_SHAPE = sizeof shapes / sizeof *shapes };

static void fits_agree_with_leaving_one_out(void **state) {
    (void)state;
    for (size_t s = 0; s < N_SHAPE; s++) {
        compare_shape(shapes[s], (mec_reals){0}, 1e-10);
        compare_shape(shapes[s], (mec_reals){5, {1000, 30, 0.5, 3, 100}}, 1e-10);
        compare_shape(shapes[s], (mec_reals){1, {7}}, 1e-10);
    }
}

/* So small that inner products would lose the answer where rank is not full. */
static void small_alphas_lose_nothing(void **state) {
    (void)state;
    const mec_reals alphas = {3, {1e-7, 1e-3, 1}};
    for (size_t s = 0; s < 2; s++)
        compare_shape(shapes[s], alphas, 1e-9);
    compare_shape((problem_shape){15, 20, {5, 12}, TWIST_DOUBLED}, alphas, 1e-8);
    compare_shape((problem_shape){15, 20, {5, 12}, TWIST_DOUBLED}, (mec_reals){1, {1e-9}}, 1e-9);
    compare_shape((problem_shape){8, 20, {10, 10}, TWIST_ZERO}, alphas, 1e-8);
    compare_shape((problem_shape){20, 20, {4, 4}, TWIST_ZERO}, alphas, 1e-8);
}

/* With one state left every alpha predicts it alike, so the first is taken. */
static void the_first_of_equals_is_taken(void **state) {
    (void)state;
    const mec_reals alphas = {4, {3, 0.1, 50, 1}};
    compare_shape((problem_shape){2, 10, {3, 4}, TWIST_NONE}, alphas, 1e-10);
    compare_shape((problem_shape){2, 10, {1, 1}, TWIST_NONE}, alphas, 1e-10);
    compare_shape((problem_shape){1, 10, {3, 4}, TWIST_NONE}, alphas, 1e-10);
}

int main(void) {
    mec_linalg_set_threads(1);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fits_agree_with_leaving_one_out),
        cmocka_unit_test(small_alphas_lose_nothing),
        cmocka_unit_test(the_first_of_equals_is_taken),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
