#include <stdlib.h>

#include "base/text.h"
#include "mapping.h"
#include "numerics/linalg.h"
#include "oracle.h"
#include "unit.h"

static uint64_t seed = 43;
enum { N_TEST = 15 };

static mec_map_parameters best(void) {
    return (mec_map_parameters){.percentile = 100, .identity = true, .fit_intercept = true};
}

static mec_map_parameters ridge_on(double percentile, bool fit_intercept) {
    return (mec_map_parameters){.percentile = percentile,
                                .alpha = 0.5,
                                .fit_intercept = fit_intercept,
                                .regression = mec_text_index(MEC_REGRESSION_NAMES, "Ridge")};
}

static void run(mapping *p, const mec_map_parameters *parameters) {
    mec_status status = {0};
    mapping_run(p, &mec_corr, parameters, false, NULL, &status);
    assert_ok(status);
    for (size_t j = 0; j < p->m; j++)
        assert_int_equal(p->outcome[j], MEC_OUTCOME_DONE);
}

/* Pearson's r on the train states by its definition; NaN where either is constant. */
static double correlation(const mapping *p, size_t cell, size_t target) {
    long double n = (long double)p->n_train;
    long double mean[2] = {0};
    long double xx = 0;
    long double yy = 0;
    long double xy = 0;
    for (size_t i = 0; i < p->n_train; i++) {
        mean[0] += (long double)*mapping_response(p, i, cell) / n;
        mean[1] += (long double)*mapping_target(p, i, target) / n;
    }
    for (size_t i = 0; i < p->n_train; i++) {
        long double x = (long double)*mapping_response(p, i, cell) - mean[0];
        long double y = (long double)*mapping_target(p, i, target) - mean[1];
        xx += x * x;
        yy += y * y;
        xy += x * y;
    }
    return xx < 1e-25L || yy < 1e-25L ? NAN : (double)(xy / sqrtl(xx * yy));
}

static int by_value(const void *left, const void *right) {
    double a = *(const double *)left;
    double b = *(const double *)right;
    return (a > b) - (a < b);
}

/* Which cells to keep for a target; r that should be equal are rounded to be so. */
static size_t kept_cells(const mapping *p, size_t target, double percentile, size_t *kept) {
    double *r = calloc(2 * p->n_cell, sizeof *r);
    assert_non_null(r);
    double *sorted = r + p->n_cell;
    size_t n_valid = 0;
    size_t n_kept = 0;
    for (size_t c = 0; c < p->n_cell; c++) {
        r[c] = round(correlation(p, c, target) * 1e12) / 1e12;
        if (!isnan(r[c]))
            sorted[n_valid++] = r[c];
    }
    bool by_index = n_valid == 0;
    for (size_t c = 0; c < p->n_cell && by_index; c++)
        sorted[n_valid++] = r[c] = (double)c;
    qsort(sorted, n_valid, sizeof *sorted, by_value);
    double position = (double)(n_valid - 1) * (percentile / 100);
    size_t below = (size_t)position;
    double least = sorted[below];
    if (below + 1 < n_valid)
        least += (position - (double)below) * (sorted[below + 1] - sorted[below]);
    for (size_t c = 0; c < p->n_cell; c++)
        if (r[c] >= least - 1e-13)
            kept[n_kept++] = c;
    free(r);
    return n_kept;
}

/* Predictions are the responses of `cell`. */
static void assert_is_cell(const mapping *p, size_t target, size_t cell) {
    assert_true(p->intercept[target] == 0);
    for (size_t i = 0; i < p->n_test; i++)
        assert_true(p->prediction[i * p->m + target] == *mapping_response(p, p->n_train + i, cell));
}

static void the_best_source_itself_predicts(void **state) {
    (void)state;
    const size_t shapes[][4] = {{20, 5, 8, 7}, {9, 1, 1, 3}, {50, 70, 61, 130}, {2, 3, 3, 5}};
    for (size_t s = 0; s < 4; s++)
        for (int intercept = 0; intercept < 2; intercept++) {
            const size_t *shape = shapes[s];
            mapping *p = mapping_create(&seed, shape[0], N_TEST, shape[1], shape[2], shape[3]);
            mec_map_parameters parameters = best();
            parameters.fit_intercept = intercept;
            run(p, &parameters);
            for (size_t j = 0; j < p->m && p->n_train > 2; j++) {
                size_t kept[200];
                assert_int_equal(kept_cells(p, j, 100, kept), 1);
                assert_is_cell(p, j, kept[0]);
                assert_true(isnan(p->gap[j]));
            }
            mapping_destroy(p);
        }
}

/* With two train states every r is 1 or -1 but for rounding, which must not choose. */
static void perfect_correlations_are_ties(void **state) {
    (void)state;
    mapping *p = mapping_create(&seed, 2, N_TEST, 4, 4, 6);
    for (size_t c = 0; c < p->n_cell; c++) {
        *mapping_response(p, 0, c) = c < 3 ? 1 : 0;
        *mapping_response(p, 1, c) = c < 3 ? 0 : 1;
    }
    for (size_t j = 0; j < p->m; j++) {
        *mapping_target(p, 0, j) = 2;
        *mapping_target(p, 1, j) = (double)j + 3;
    }
    mec_map_parameters parameters = best();
    run(p, &parameters);
    for (size_t j = 0; j < p->m; j++)
        assert_is_cell(p, j, 3);
    mapping_destroy(p);
}

/* Wherever equal columns stand, the first one is taken. */
static void the_first_of_equal_sources_is_taken(void **state) {
    (void)state;
    for (size_t n_cell = 2; n_cell < 70; n_cell++) {
        mapping *p = mapping_create(&seed, 13 + n_cell % 7, N_TEST, n_cell, 3, 9);
        for (size_t i = 0; i < p->n_state; i++)
            for (size_t c = 0; c < p->n_cell; c++)
                if (i < p->n_train)
                    *mapping_response(p, i, c) = *mapping_response(p, i, c % 2);
        mec_map_parameters parameters = best();
        run(p, &parameters);
        for (size_t j = 0; j < p->m; j++)
            assert_is_cell(p, j, correlation(p, 1, j) > correlation(p, 0, j));
        mapping_destroy(p);
    }
}

/* Fits target j on its kept cells by the oracle. */
static void compare_target(const mapping *p, const mec_map_parameters *parameters, const double *x,
                           size_t j) {
    size_t *kept = calloc(p->n_cell, sizeof *kept);
    size_t n_kept = kept_cells(p, j, parameters->percentile, kept);
    double *few = calloc(p->n_state * n_kept + 1, sizeof *few);
    double *y = calloc(p->n_train, sizeof *y);
    double wanted[N_TEST];
    double b = 0;
    assert_true(kept && few && y);
    for (size_t i = 0; i < p->n_state; i++)
        for (size_t k = 0; k < n_kept; k++)
            few[i * n_kept + k] = x[i * p->n_cell + kept[k]];
    for (size_t i = 0; i < p->n_train; i++)
        y[i] = *mapping_target(p, i, j);
    oracle_ridge(few, p->n_train, n_kept, y, few + p->n_train * n_kept, p->n_test,
                 parameters->alpha, parameters->fit_intercept, wanted, &b);
    for (size_t i = 0; i < p->n_test; i++)
        assert_near(p->prediction[i * p->m + j], wanted[i], 1e-10);
    assert_near(p->intercept[j], b, 1e-12);
    free(kept);
    free(few);
    free(y);
}

static void compare_regressions(mapping *p, const mec_map_parameters *parameters) {
    double *x = mapping_source(p);
    run(p, parameters);
    for (size_t j = 0; j < p->m; j++)
        compare_target(p, parameters, x, j);
    free(x);
}

static const double percentiles[] = {0, 37, 50, 90, 99, 100};
enum { N_PERCENTILE = sizeof percentiles / sizeof *percentiles };

static void regressions_on_kept_sources_agree(void **state) {
    (void)state;
    const size_t shapes[][3] = {{20, 5, 8}, {10, 60, 41}, {50, 30, 31}, {12, 6, 6}};
    for (size_t s = 0; s < 4; s++)
        for (size_t k = 0; k < N_PERCENTILE; k++)
            for (int intercept = 0; intercept < 2; intercept++) {
                mapping *p =
                    mapping_create(&seed, shapes[s][0], N_TEST, shapes[s][1], shapes[s][2], 7);
                mec_map_parameters parameters = ridge_on(percentiles[k], intercept);
                compare_regressions(p, &parameters);
                mapping_destroy(p);
            }
}

/* Of equal sources all are kept, or none. */
static void equal_sources_are_kept_together(void **state) {
    (void)state;
    for (size_t n_cell = 6; n_cell < 40; n_cell++)
        for (size_t k = 0; k < N_PERCENTILE; k++) {
            mapping *p = mapping_create(&seed, 17, N_TEST, n_cell, 3, 4);
            for (size_t i = 0; i < p->n_state; i++)
                for (size_t c = 3; c < p->n_cell; c++)
                    *mapping_response(p, i, c) = *mapping_response(p, i, c % 3);
            mec_map_parameters parameters = ridge_on(percentiles[k], true);
            compare_regressions(p, &parameters);
            mapping_destroy(p);
        }
}

/* Constant sources have no r: they are left out, and do not count for the percentile. */
static void constant_sources_are_left_out(void **state) {
    (void)state;
    for (size_t k = 0; k < N_PERCENTILE; k++) {
        mapping *p = mapping_create(&seed, 14, N_TEST, 12, 11, 5);
        for (size_t i = 0; i < p->n_train; i++)
            for (size_t c = 1; c < p->n_cell; c += 2)
                *mapping_response(p, i, c) = 0.1 * (double)c;
        mec_map_parameters parameters = ridge_on(percentiles[k], true);
        compare_regressions(p, &parameters);
        parameters = best();
        run(p, &parameters);
        for (size_t j = 0; j < p->m; j++) {
            size_t kept[30];
            kept_cells(p, j, 100, kept);
            assert_is_cell(p, j, kept[0]);
        }
        mapping_destroy(p);
    }
}

/* A target that is constant on the train states ranks sources by their index, alone. */
static void a_constant_target_ranks_by_index(void **state) {
    (void)state;
    for (size_t k = 0; k < N_PERCENTILE; k++) {
        mapping *p = mapping_create(&seed, 14, N_TEST, 12, 11, 5);
        for (size_t i = 0; i < p->n_train; i++)
            *mapping_target(p, i, 2) = 0.1;
        mec_map_parameters parameters = ridge_on(percentiles[k], true);
        compare_regressions(p, &parameters);
        parameters = best();
        parameters.percentile = percentiles[k];
        run(p, &parameters);
        assert_is_cell(p, 2, p->n_cell - 1);
        mapping_destroy(p);
    }
}

static void sources_that_are_all_constant_rank_by_index(void **state) {
    (void)state;
    mapping *p = mapping_create(&seed, 14, N_TEST, 6, 6, 5);
    for (size_t i = 0; i < p->n_train; i++)
        for (size_t c = 0; c < p->n_cell; c++)
            *mapping_response(p, i, c) = 0.1;
    mec_map_parameters parameters = best();
    run(p, &parameters);
    for (size_t j = 0; j < p->m; j++)
        assert_is_cell(p, j, p->n_cell - 1);
    mapping_destroy(p);
}

static void one_train_state_ranks_by_index(void **state) {
    (void)state;
    mapping *p = mapping_create(&seed, 1, N_TEST, 6, 6, 5);
    mec_map_parameters parameters = best();
    run(p, &parameters);
    for (size_t j = 0; j < p->m; j++)
        assert_is_cell(p, j, p->n_cell - 1);
    parameters = ridge_on(100, true);
    run(p, &parameters);
    for (size_t j = 0; j < p->m; j++)
        assert_true(p->intercept[j] == *mapping_target(p, 0, j) && p->prediction[j] == 0);
    mapping_destroy(p);
}

/* The kept source does not tell the test states apart, though others do. */
static void a_flat_kept_source_predicts_one_value(void **state) {
    (void)state;
    mapping *p = mapping_create(&seed, 14, N_TEST, 6, 6, 1);
    for (size_t i = 0; i < p->n_state; i++)
        if (i < p->n_train)
            *mapping_response(p, i, 4) = *mapping_target(p, i, 0);
        else
            *mapping_response(p, i, 4) = 0.1;
    mec_map_parameters parameters = ridge_on(100, true);
    run(p, &parameters);
    for (size_t i = 1; i < p->n_test; i++)
        assert_true(p->prediction[i] == p->prediction[0]);
    mapping_destroy(p);
}

static bool count_down(void *owner) {
    return --*(int *)owner == 0;
}

static void a_pulse_can_stop_it_between_targets(void **state) {
    (void)state;
    mapping *p = mapping_create(&seed, 14, N_TEST, 6, 6, 5);
    mec_map_parameters parameters = ridge_on(50, true);
    for (int beats = 1; beats <= 5; beats++) {
        int left = beats;
        mec_pulse pulse = {count_down, &left};
        mec_status status = {0};
        mapping_run(p, &mec_corr, &parameters, false, &pulse, &status);
        assert_status(status, MEC_STOPPED, "stopped on request");
        assert_int_equal(left, 0);
    }
    mapping_destroy(p);
}

static void estimates_grow_with_the_problem(void **state) {
    (void)state;
    const mec_shape little = {150, 80, 320, 40};
    const mec_shape more[] = {
        {300, 80, 320, 40}, {150, 81, 320, 40}, {150, 80, 640, 40}, {150, 80, 320, 80}};
    for (size_t v = 0; v <= N_PERCENTILE; v++) {
        mec_map_parameters parameters = v < N_PERCENTILE ? ridge_on(percentiles[v], true) : best();
        assert_false(mec_corr.wants_kernel(&parameters, &little));
        for (size_t k = 0; k < 4; k++) {
            assert_true(mec_corr.cost(&parameters, &more[k]) >=
                        mec_corr.cost(&parameters, &little));
            assert_true(mec_corr.memory(&parameters, &more[k]) >=
                        mec_corr.memory(&parameters, &little));
        }
    }
}

int main(void) {
    mec_linalg_set_threads(1);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_best_source_itself_predicts),
        cmocka_unit_test(perfect_correlations_are_ties),
        cmocka_unit_test(the_first_of_equal_sources_is_taken),
        cmocka_unit_test(equal_sources_are_kept_together),
        cmocka_unit_test(regressions_on_kept_sources_agree),
        cmocka_unit_test(constant_sources_are_left_out),
        cmocka_unit_test(a_constant_target_ranks_by_index),
        cmocka_unit_test(sources_that_are_all_constant_rank_by_index),
        cmocka_unit_test(one_train_state_ranks_by_index),
        cmocka_unit_test(a_flat_kept_source_predicts_one_value),
        cmocka_unit_test(a_pulse_can_stop_it_between_targets),
        cmocka_unit_test(estimates_grow_with_the_problem),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
