#include <stdlib.h>
#include <string.h>

#include "mapping.h"
#include "numerics/linalg.h"
#include "oracle_pls.h"
#include "unit.h"

static uint64_t seed = 41;

typedef struct shape {
    size_t n_train, n_first, n_second, m;
} shape;
enum { N_TEST = 15 };

static const shape shapes[] = {
    {40, 5, 7, 6},    /* fewer sources than train states, fewer targets than sources */
    {40, 5, 7, 30},   /* more targets than sources */
    {20, 25, 20, 6},  /* fewer train states than sources */
    {20, 25, 20, 35}, /* fewer train states than targets, too */
    {25, 15, 10, 8},  /* as many train states as sources */
    {30, 6, 4, 1},    /* one target */
    {12, 20, 14, 1},
};
enum { N_SHAPE = sizeof shapes / sizeof *shapes };

static mapping *make(shape s) {
    return mapping_create(&seed, s.n_train, N_TEST, s.n_first, s.n_second, s.m);
}

static mec_map_parameters pls(int64_t n_components, bool scale) {
    return (mec_map_parameters){.n_components = n_components,
                                .scale = scale,
                                .fit_intercept = true,
                                .tol = NAN,
                                .max_iter = MEC_AUTO};
}

static void run(mapping *p, const mec_map_parameters *parameters, bool with_kernel) {
    mec_status status = {0};
    mapping_run(p, &mec_pls, parameters, with_kernel, NULL, &status);
    assert_ok(status);
}

/* Predictions by the oracle, (n_test, m); the caller frees them. */
static double *run_oracle(const mapping *p, const mec_map_parameters *parameters) {
    oracle_pls_rules rules = {
        .n_component = (size_t)parameters->n_components,
        .scale = parameters->scale,
        .tol = isnan(parameters->tol) ? 1e-6 : parameters->tol,
        .max_iter = parameters->max_iter == MEC_AUTO ? 500 : (size_t)parameters->max_iter};
    double *x = mapping_source(p);
    double *y = mapping_targets(p);
    double *test = x + p->n_train * p->n_cell;
    double *wanted = calloc(p->n_test * p->m + p->n_train + p->n_test, sizeof *wanted);
    assert_non_null(wanted);
    double *one = wanted + p->n_test * p->m;
    double *predicted = one + p->n_train;
    if (!parameters->fit_per_target_unit)
        oracle_pls(&rules, x, p->n_train, p->n_cell, y, p->m, test, p->n_test, wanted);
    for (size_t j = 0; j < p->m && parameters->fit_per_target_unit; j++) {
        for (size_t i = 0; i < p->n_train; i++)
            one[i] = y[i * p->m + j];
        oracle_pls(&rules, x, p->n_train, p->n_cell, one, 1, test, p->n_test, predicted);
        for (size_t i = 0; i < p->n_test; i++)
            wanted[i * p->m + j] = predicted[i];
    }
    free(x);
    free(y);
    return wanted;
}

static void compare(const mapping *p, const double *wanted, double tolerance) {
    for (size_t k = 0; k < p->n_test * p->m; k++)
        assert_near(p->prediction[k], wanted[k], tolerance);
    for (size_t j = 0; j < p->m; j++)
        assert_int_equal(p->outcome[j], MEC_OUTCOME_DONE);
}

static void compare_with_oracle(mapping *p, const mec_map_parameters *parameters,
                                double tolerance) {
    double *wanted = run_oracle(p, parameters);
    for (int with_kernel = 0; with_kernel < 2; with_kernel++) {
        run(p, parameters, with_kernel);
        compare(p, wanted, tolerance);
    }
    free(wanted);
}

static void components_agree_with_the_oracle(void **state) {
    (void)state;
    for (size_t s = 0; s < N_SHAPE; s++)
        for (int64_t k = 1; k <= 6; k++)
            for (int scale = 0; scale < 2; scale++) {
                mapping *p = make(shapes[s]);
                mec_map_parameters parameters = pls(k, scale);
                compare_with_oracle(p, &parameters, 1e-10);
                parameters.fit_per_target_unit = true;
                compare_with_oracle(p, &parameters, 1e-10);
                mapping_destroy(p);
            }
}

static void components_may_reach_the_rank(void **state) {
    (void)state;
    for (size_t s = 0; s < N_SHAPE; s++) {
        mapping *p = make(shapes[s]);
        size_t rank = p->n_cell < p->n_train - 1 ? p->n_cell : p->n_train - 1;
        for (size_t k = 7; k <= rank; k++) {
            mec_map_parameters parameters = pls((int64_t)k, false);
            compare_with_oracle(p, &parameters, 1e-7);
        }
        mapping_destroy(p);
    }
}

/* An iteration that is cut short has its iterates, not only its limit, to agree. */
static void iterations_end_where_they_should(void **state) {
    (void)state;
    const int64_t most[] = {1, 2, 3, 10};
    const double tols[] = {0, 1e-14, 1e-3, 0.1};
    for (size_t s = 0; s < N_SHAPE; s++)
        for (size_t i = 0; i < 4; i++) {
            mapping *p = make(shapes[s]);
            mec_map_parameters parameters = pls(3, i % 2);
            parameters.max_iter = most[i];
            compare_with_oracle(p, &parameters, 1e-10);
            parameters.max_iter = 500;
            parameters.tol = tols[i];
            compare_with_oracle(p, &parameters, 1e-10);
            mapping_destroy(p);
        }
}

/* Sets a source's responses to `states` of the split. */
static void set_cell(mapping *p, size_t cell, size_t n, double value) {
    for (size_t i = 0; i < n; i++)
        *mapping_response(p, i, cell) = value;
}

static void doubled_constant_and_silent_sources_are_fine(void **state) {
    (void)state;
    for (size_t s = 0; s < N_SHAPE; s++)
        for (int scale = 0; scale < 2; scale++) {
            mapping *p = make(shapes[s]);
            mec_map_parameters parameters = pls(3, scale);
            for (size_t i = 0; i < p->n_state; i++)
                *mapping_response(p, i, p->n_cell - 1) = *mapping_response(p, i, 0);
            set_cell(p, 1, p->n_state, 0);
            set_cell(p, 2, p->n_train, 0.1); /* which varies on the test states alone */
            compare_with_oracle(p, &parameters, 1e-10);
            mapping_destroy(p);
        }
}

static void constant_targets_are_not_predicted(void **state) {
    (void)state;
    for (size_t s = 0; s < N_SHAPE; s++)
        for (int each = 0; each < 2; each++) {
            mapping *p = make(shapes[s]);
            mec_map_parameters parameters = pls(3, false);
            parameters.fit_per_target_unit = each;
            for (size_t i = 0; i < p->n_train; i++)
                *mapping_target(p, i, 0) = 0.1;
            compare_with_oracle(p, &parameters, 1e-10);
            for (size_t i = 0; i < p->n_test; i++)
                assert_true(p->prediction[i * p->m] == 0);
            for (size_t i = 0; i < p->n_train; i++)
                for (size_t j = 0; j < p->m; j++)
                    *mapping_target(p, i, j) = 0.1;
            run(p, &parameters, true);
            for (size_t k = 0; k < p->n_test * p->m; k++)
                assert_true(p->prediction[k] == 0);
            assert_int_equal(p->outcome[0], MEC_OUTCOME_DONE);
            mapping_destroy(p);
        }
}

/* Targets that their scores explain fully leave nothing for further components. */
static void residuals_of_nothing_but_rounding_end_it(void **state) {
    (void)state;
    for (size_t s = 0; s < N_SHAPE; s++) {
        mapping *p = make(shapes[s]);
        for (size_t i = 0; i < p->n_state; i++)
            for (size_t c = 1; c < p->n_cell; c++)
                *mapping_response(p, i, c) = 0;
        for (size_t i = 0; i < p->n_state; i++)
            for (size_t j = 0; j < p->m; j++)
                *mapping_target(p, i, j) = (double)(j + 1) * *mapping_response(p, i, 0);
        mec_map_parameters one = pls(1, false);
        mec_map_parameters parameters = pls(4, false);
        double *wanted = run_oracle(p, &one);
        for (int with_kernel = 0; with_kernel < 2; with_kernel++) {
            run(p, &parameters, with_kernel);
            compare(p, wanted, 1e-10);
        }
        free(wanted);
        mapping_destroy(p);
    }
}

/* Sources of a lower rank than the components asked for: those there are give least squares. */
static void components_beyond_the_rank_add_nothing(void **state) {
    (void)state;
    for (size_t s = 0; s < N_SHAPE; s++) {
        mapping *p = make(shapes[s]);
        for (size_t i = 0; i < p->n_state; i++)
            for (size_t c = 3; c < p->n_cell; c++)
                *mapping_response(p, i, c) = *mapping_response(p, i, c % 3);
        mec_map_parameters three = pls(3, false);
        mec_map_parameters parameters = pls(6, false);
        double *wanted = run_oracle(p, &three);
        for (int with_kernel = 0; with_kernel < 2; with_kernel++) {
            run(p, &parameters, with_kernel);
            compare(p, wanted, 1e-9);
        }
        free(wanted);
        mapping_destroy(p);
    }
}

static void assert_failed(mapping *p, const mec_map_parameters *parameters) {
    for (int with_kernel = 0; with_kernel < 2; with_kernel++) {
        run(p, parameters, with_kernel);
        for (size_t k = 0; k < p->n_test * p->m; k++)
            assert_true(isnan(p->prediction[k]));
        for (size_t j = 0; j < p->m; j++)
            assert_int_equal(p->outcome[j], MEC_OUTCOME_FAILED);
    }
}

static void more_components_than_states_or_sources_fail(void **state) {
    (void)state;
    for (size_t s = 0; s < N_SHAPE; s++) {
        mapping *p = make(shapes[s]);
        int64_t most = (int64_t)(p->n_cell < p->n_train ? p->n_cell : p->n_train);
        mec_map_parameters parameters = pls(most, false);
        run(p, &parameters, true);
        assert_int_equal(p->outcome[0], MEC_OUTCOME_DONE);
        parameters.n_components = most + 1;
        assert_failed(p, &parameters);
        parameters.fit_per_target_unit = true;
        assert_failed(p, &parameters);
        mapping_destroy(p);
    }
}

static void one_train_state_fails(void **state) {
    (void)state;
    mapping *p = make((shape){1, 2, 2, 3});
    for (int scale = 0; scale < 2; scale++) {
        mec_map_parameters parameters = pls(1, scale);
        assert_failed(p, &parameters);
    }
    mapping_destroy(p);
}

static void sources_that_do_not_vary_fail(void **state) {
    (void)state;
    for (size_t s = 0; s < N_SHAPE; s++)
        for (int scale = 0; scale < 2; scale++) {
            mapping *p = make(shapes[s]);
            mec_map_parameters parameters = pls(2, scale);
            for (size_t c = 0; c < p->n_cell; c++)
                set_cell(p, c, p->n_train, 0.1);
            assert_failed(p, &parameters);
            mapping_destroy(p);
        }
}

/* Squares that overflow are no numbers to predict with. */
static void numbers_that_overflow_fail(void **state) {
    (void)state;
    for (size_t s = 0; s < N_SHAPE; s++) {
        mapping *p = make(shapes[s]);
        mec_map_parameters parameters = pls(2, false);
        for (size_t k = 0; k < p->n_state * p->m; k++)
            p->y[k] *= 1e200;
        assert_failed(p, &parameters);
        mapping_destroy(p);
    }
}

/* A target that fails by itself takes no other with it. */
static void targets_fail_alone_if_fitted_alone(void **state) {
    (void)state;
    for (size_t s = 0; s < 4; s++) {
        mapping *p = make(shapes[s]);
        mec_map_parameters parameters = pls(2, false);
        parameters.fit_per_target_unit = true;
        for (size_t i = 0; i < p->n_state; i++)
            *mapping_target(p, i, 1) *= 1e200;
        run(p, &parameters, true);
        for (size_t j = 0; j < p->m; j++) {
            assert_int_equal(p->outcome[j], j == 1 ? MEC_OUTCOME_FAILED : MEC_OUTCOME_DONE);
            assert_int_equal(isnan(p->prediction[j]), j == 1);
        }
        mapping_destroy(p);
    }
}

static bool count_down(void *owner) {
    return --*(int *)owner == 0;
}

static void a_pulse_can_stop_it(void **state) {
    (void)state;
    for (int each = 0; each < 2; each++) {
        mapping *p = make(shapes[0]);
        mec_map_parameters parameters = pls(4, false);
        parameters.fit_per_target_unit = each;
        for (int beats = 1; beats <= 4; beats++) {
            int left = beats;
            mec_pulse pulse = {count_down, &left};
            mec_status status = {0};
            mapping_run(p, &mec_pls, &parameters, false, &pulse, &status);
            assert_status(status, MEC_STOPPED, "stopped on request");
            assert_int_equal(left, 0);
        }
        mapping_destroy(p);
    }
}

static void estimates_grow_with_the_problem(void **state) {
    (void)state;
    mec_map_parameters parameters = pls(3, false);
    const mec_shape little = {150, 80, 320, 40};
    const mec_shape more[] = {
        {300, 80, 320, 40}, {150, 81, 320, 40}, {150, 80, 640, 40}, {150, 80, 320, 80}};
    for (int variant = 0; variant < 4; variant++) {
        parameters.scale = variant & 1;
        parameters.fit_per_target_unit = variant >> 1;
        assert_int_equal(mec_pls.wants_kernel(&parameters, &little), !parameters.scale);
        assert_int_equal(mec_pls.is_joint(&parameters), !parameters.fit_per_target_unit);
        for (size_t k = 0; k < 4; k++) {
            assert_true(mec_pls.cost(&parameters, &more[k]) >= mec_pls.cost(&parameters, &little));
            assert_true(mec_pls.memory(&parameters, &more[k]) >=
                        mec_pls.memory(&parameters, &little));
        }
    }
    const mec_shape many_states = {79, 80, 320, 40};
    assert_false(mec_pls.wants_kernel(&(mec_map_parameters){0}, &many_states));
}

int main(void) {
    mec_linalg_set_threads(1);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(components_agree_with_the_oracle),
        cmocka_unit_test(components_may_reach_the_rank),
        cmocka_unit_test(iterations_end_where_they_should),
        cmocka_unit_test(doubled_constant_and_silent_sources_are_fine),
        cmocka_unit_test(constant_targets_are_not_predicted),
        cmocka_unit_test(residuals_of_nothing_but_rounding_end_it),
        cmocka_unit_test(components_beyond_the_rank_add_nothing),
        cmocka_unit_test(more_components_than_states_or_sources_fail),
        cmocka_unit_test(one_train_state_fails),
        cmocka_unit_test(sources_that_do_not_vary_fail),
        cmocka_unit_test(numbers_that_overflow_fail),
        cmocka_unit_test(targets_fail_alone_if_fitted_alone),
        cmocka_unit_test(a_pulse_can_stop_it),
        cmocka_unit_test(estimates_grow_with_the_problem),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
