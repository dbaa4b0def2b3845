#include "numerics/linalg.h"
#include "oracle_bayesian_ridge.h"
#include "oracle_problem.h"
#include "unit.h"

static int64_t most_rounds;

static void oracle(const double *x, size_t n, size_t p, const double *y, const double *x_test,
                   size_t n_test, const mec_map_parameters *parameters, double *prediction,
                   double *intercept) {
    int64_t n_round =
        oracle_bayesian_ridge(x, n, p, y, x_test, n_test, parameters, prediction, intercept);
    if (n_round > most_rounds)
        most_rounds = n_round;
}

static mec_map_parameters standard(bool fit_intercept) {
    return (mec_map_parameters){.fit_intercept = fit_intercept,
                                .tol = NAN,
                                .max_iter = MEC_AUTO,
                                .alpha_1 = 1e-6,
                                .alpha_2 = 1e-6,
                                .lambda_1 = 1e-6,
                                .lambda_2 = 1e-6};
}

static void compare_shape(problem_shape shape, double tolerance) {
    for (int fit_intercept = 0; fit_intercept < 2; fit_intercept++) {
        mec_map_parameters parameters = standard(fit_intercept);
        compare_with_oracle(shape, &mec_bayesian_ridge, oracle, &parameters, tolerance);
    }
}

static const problem_shape shapes[] = {
    {40, 30, {5, 7}, TWIST_NONE},  {12, 30, {15, 10}, TWIST_NONE},   {12, 20, {7, 6}, TWIST_NONE},
    {14, 20, {7, 6}, TWIST_NONE},  {15, 20, {7, 6}, TWIST_NONE},     {12, 300, {10, 5}, TWIST_NONE},
    {30, 300, {3, 5}, TWIST_NONE}, {2, 10, {3, 4}, TWIST_NONE},      {2, 10, {1, 1}, TWIST_NONE},
    {1, 10, {3, 4}, TWIST_NONE},   {12, 10, {300, 400}, TWIST_NONE}, {30, 2, {1, 2}, TWIST_NONE},
};
enum { N_SHAPE = sizeof shapes / sizeof *shapes };

static void fits_agree_with_the_oracle(void **state) {
    (void)state;
    for (size_t s = 0; s < N_SHAPE; s++)
        compare_shape(shapes[s], 1e-8);
    assert_true(most_rounds > 5);
}

/* Doubled cells with an intercept only: without one, the constant target starts with a penalty of
 * eps, at which the oracle's own rounding shows. */
static void without_full_rank_they_agree_too(void **state) {
    (void)state;
    mec_map_parameters parameters = standard(true);
    const problem_shape doubled[] = {{30, 20, {4, 4}, TWIST_DOUBLED},
                                     {12, 20, {10, 10}, TWIST_DOUBLED}};
    for (size_t s = 0; s < 2; s++)
        compare_with_oracle(doubled[s], &mec_bayesian_ridge, oracle, &parameters, 1e-8);
    compare_shape((problem_shape){30, 20, {4, 4}, TWIST_ZERO}, 1e-8);
    compare_shape((problem_shape){12, 20, {10, 10}, TWIST_ZERO}, 1e-8);
    compare_shape((problem_shape){30, 20, {4, 4}, TWIST_NEARLY_EQUAL}, 1e-11);
    compare_shape((problem_shape){12, 20, {10, 10}, TWIST_NEARLY_EQUAL}, 1e-11);
    compare_shape((problem_shape){12, 10, {3, 3}, TWIST_ALL_ZERO}, 1e-8);
    compare_shape((problem_shape){4, 10, {3, 3}, TWIST_ALL_ZERO}, 1e-8);
}

/* When the rounds end decides the result, so each of these must end when the oracle's do. */
static void the_rounds_end_where_they_should(void **state) {
    (void)state;
    const double tols[] = {1000, 1, 0.1, 1e-2, 1e-4, 1e-8};
    const int64_t most[] = {1, 2, 3, 7};
    for (size_t s = 0; s < 5; s++) {
        mec_map_parameters parameters = standard(true);
        for (size_t t = 0; t < sizeof tols / sizeof *tols; t++) {
            parameters.tol = tols[t];
            compare_with_oracle(shapes[s], &mec_bayesian_ridge, oracle, &parameters, 1e-8);
        }
        for (size_t t = 0; t < sizeof most / sizeof *most; t++) {
            parameters.max_iter = most[t];
            compare_with_oracle(shapes[s], &mec_bayesian_ridge, oracle, &parameters, 1e-8);
        }
    }
}

static void priors_matter(void **state) {
    (void)state;
    for (size_t s = 0; s < 3; s++) {
        mec_map_parameters parameters = standard(true);
        parameters.alpha_1 = 2;
        parameters.alpha_2 = 0.5;
        parameters.lambda_1 = 3;
        parameters.lambda_2 = 0.1;
        compare_with_oracle(shapes[s], &mec_bayesian_ridge, oracle, &parameters, 1e-8);
    }
}

/* A constant target has precisions that are no numbers then, but weights all the same: none. */
static void without_priors_a_constant_target_is_predicted(void **state) {
    (void)state;
    mec_map_parameters parameters = {.fit_intercept = true, .tol = NAN, .max_iter = MEC_AUTO};
    for (size_t s = 0; s < 2; s++) {
        problem_data *data = make_problem(shapes[s]);
        problem_result found = predict_by_map(data, &mec_bayesian_ridge, &parameters, true);
        for (size_t i = 0; i < data->n_test; i++)
            assert_true(found.prediction[i * N_PROBLEM_TARGET + N_PROBLEM_TARGET - 1] == 0);
        assert_int_equal(found.outcome[N_PROBLEM_TARGET - 1], MEC_OUTCOME_DONE);
        free_result(&found);
        free_problem(data);
    }
}

int main(void) {
    mec_linalg_set_threads(1);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fits_agree_with_the_oracle),
        cmocka_unit_test(without_full_rank_they_agree_too),
        cmocka_unit_test(the_rounds_end_where_they_should),
        cmocka_unit_test(priors_matter),
        cmocka_unit_test(without_priors_a_constant_target_is_predicted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
