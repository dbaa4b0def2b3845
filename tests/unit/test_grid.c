#include <stdlib.h>
#include <string.h>

#include "maps/grid.h"
#include "numerics/linalg.h"
#include "oracle.h"
#include "oracle_elastic_net.h"
#include "random.h"
#include "unit.h"

enum { MAX_STATE = 24, MAX_CELL = 30, MAX_POINT = 64, N_SCORE = 3 };

static uint64_t seed = 91;

/* One target cell, and a source, on states that all train. */
typedef struct setting {
    size_t n, p;
    double x[MAX_STATE * MAX_CELL], y[MAX_STATE]; /* y in the order of the train states */
    uint32_t order[MAX_STATE];
    mec_population population;
    const mec_population *parts[1];
    mec_source source;
    mec_problem problem;
    double surface[MAX_POINT];
    mec_grid_point rejected[4];
    mec_grid_result result;
} setting;

static double *value_at(setting *s, size_t i, size_t j) {
    return &s->x[s->order[i] * s->p + j];
}

static void start(setting *s, size_t n, size_t p) {
    *s = (setting){.n = n, .p = p};
    random_fill(&seed, s->x, n * p);
    random_fill(&seed, s->y, n);
    random_order(&seed, s->order, n);
    for (size_t i = 0; i < n; i++)
        s->y[i] += 3 + *value_at(s, i, 0) - 0.5 * *value_at(s, i, p - 1);
    s->population = (mec_population){s->x, n, p};
    s->parts[0] = &s->population;
    s->source = (mec_source){.parts = s->parts, .n_part = 1, .n_cell = p};
    s->problem = (mec_problem){.source = &s->source, .train = s->order, .n_train = n};
}

static mec_grid make_grid(const double *alphas, size_t n_alpha, const double *l1_ratios,
                          size_t n_l1_ratio) {
    return (mec_grid){.alphas = alphas,
                      .l1_ratios = l1_ratios,
                      .n_alpha = n_alpha,
                      .n_l1_ratio = n_l1_ratio,
                      .n_fold = 2,
                      .cv_score = MEC_SCORE_CORR,
                      .rule = MEC_CERTIFICATE_OBJECTIVE,
                      .tol = NAN,
                      .fit_intercept = true};
}

static mec_code search(setting *s, const mec_grid *grid) {
    mec_scratch prepared_scratch = {0};
    mec_scratch scratch = {0};
    mec_status status = {0};
    mec_grid_prepared *prepared = NULL;
    mec_grid_output output = {s->surface, s->rejected, sizeof s->rejected / sizeof *s->rejected};
    if (!mec_grid_prepare(&s->problem, grid, &prepared_scratch, &prepared, &status))
        mec_grid_cell(prepared, s->y, &output, &s->result, &scratch, &status);
    mec_scratch_release(&prepared_scratch);
    mec_scratch_release(&scratch);
    return status.code;
}

/* ---- the same by plain loops ---- */

/* The score of one point: trained on all states but [first, last), scored on those. */
static double plain_score(setting *s, const mec_grid *grid, size_t first, size_t last, double alpha,
                          double l1_ratio) {
    double columns[MAX_CELL * MAX_STATE];
    double y[MAX_STATE];
    double mean[MAX_CELL + 1] = {0};
    double w[MAX_CELL];
    double prediction[MAX_STATE] = {0};
    double score[N_PLAIN_SCORE];
    bool zero = true;
    size_t n = s->n - (last - first);
    for (int pass = 0; pass < 2; pass++)
        for (size_t i = 0, row = 0; i < s->n; i++) {
            if (i >= first && i < last)
                continue;
            for (size_t j = 0; j < s->p; j++)
                if (pass == 1)
                    columns[j * n + row] = *value_at(s, i, j) - mean[j];
                else if (grid->fit_intercept)
                    mean[j] += *value_at(s, i, j) / (double)n;
            if (pass == 1)
                y[row] = s->y[i] - mean[s->p];
            else if (grid->fit_intercept)
                mean[s->p] += s->y[i] / (double)n;
            row++;
        }
    oracle_net net = {n,
                      s->p,
                      columns,
                      y,
                      (double)n * alpha * l1_ratio,
                      (double)n * alpha * (1 - l1_ratio),
                      grid->positive};
    oracle_net_solve(&net, w);
    for (size_t i = first; i < last; i++)
        for (size_t j = 0; j < s->p; j++) {
            prediction[i - first] += (*value_at(s, i, j) - mean[j]) * w[j];
            zero = zero && w[j] == 0;
        }
    oracle_scores(s->y + first, prediction, mean[s->p], last - first, score);
    return zero && grid->cv_score == MEC_SCORE_CORR ? NAN : score[grid->cv_score];
}

static double plain_mean(setting *s, const mec_grid *grid, double alpha, double l1_ratio) {
    double sum = 0;
    size_t count = 0;
    for (size_t k = 0, first = 0; k < grid->n_fold; k++) {
        size_t size = s->n / grid->n_fold + (k < s->n % grid->n_fold);
        double score = plain_score(s, grid, first, first + size, alpha, l1_ratio);
        first += size;
        sum += isnan(score) ? 0 : score;
        count += isnan(score) ? 0 : 1;
    }
    return count > 0 ? sum / (double)count : NAN;
}

static const double some_alphas[] = {0.02, 0.1, 0.3, 1, 10};
static const double some_ratios[] = {0, 1e-16, 0.3, 0.7, 1};
enum { N_SOME = 5 };

static void surfaces_are_those_of_plain_loops(void **state) {
    (void)state;
    static const size_t shapes[][2] = {{17, 6}, {11, 20}, {7, 3}};
    setting s;
    for (int round = 0; round < 18; round++) {
        mec_grid grid = make_grid(some_alphas, N_SOME, some_ratios, N_SOME);
        start(&s, shapes[round % 3][0], shapes[round % 3][1]);
        grid.n_fold = round % 2 ? 2 : 3;
        grid.cv_score = (mec_score)(round / 3 % N_SCORE);
        grid.fit_intercept = round % 4 != 1;
        grid.positive = round % 5 == 2;
        assert_int_equal(search(&s, &grid), MEC_OK);
        assert_int_equal(s.result.outcome, MEC_OUTCOME_DONE);
        assert_int_equal(s.result.n_rejected, 0);
        assert_true(s.result.largest_relative_gap <= 1e-6);
        for (size_t a = 0; a < N_SOME; a++)
            for (size_t r = 0; r < N_SOME; r++)
                assert_near(s.surface[a * N_SOME + r],
                            plain_mean(&s, &grid, some_alphas[a], some_ratios[r]), 1e-8);
    }
}

/* ---- problems at the edge of what can be solved ---- */

typedef enum twist {
    TWIST_NONE,
    TWIST_REPEATS, /* every column twice */
    TWIST_CONSTANT_COLUMNS,
    TWIST_CONSTANT_ON_A_FOLD, /* all columns on the states of the second of two folds */
    TWIST_CONSTANT_TARGET,
    TWIST_SMALL, /* all numbers are small */
    TWIST_LARGE,
    N_TWIST
} twist;

static void apply(setting *s, twist t) {
    for (size_t i = 0; i < s->n; i++) {
        for (size_t j = 0; j < s->p; j++) {
            if (t == TWIST_REPEATS && j % 2 == 1)
                *value_at(s, i, j) = *value_at(s, i, j - 1);
            if ((t == TWIST_CONSTANT_COLUMNS && j % 3 == 0) ||
                (t == TWIST_CONSTANT_ON_A_FOLD && i >= (s->n + 1) / 2))
                *value_at(s, i, j) = 0.1;
            *value_at(s, i, j) *= t == TWIST_SMALL ? 1e-30 : t == TWIST_LARGE ? 1000 : 1;
        }
        if (t == TWIST_CONSTANT_TARGET)
            s->y[i] = 0.1;
        s->y[i] *= t == TWIST_SMALL ? 1e-20 : t == TWIST_LARGE ? 1000 : 1;
    }
}

static void all_points_are_certified(void **state) {
    (void)state;
    static const size_t shapes[][2] = {{2, 3}, {3, 1}, {4, 6}, {5, 2}, {20, 29}, {23, 4}, {24, 12}};
    static const double alphas[] = {1e-12, 1e-9, 1e-5, 1e-2, 1, 1e3, 1e12};
    static const double ratios[] = {0, 1e-16, 1e-3, 0.5, 0.99, 1};
    setting s;
    for (int round = 0; round < 7 * N_TWIST * 4; round++) {
        twist t = (twist)(round / 7 % N_TWIST);
        /* Correlations of large numbers are not known to so small a penalty. */
        size_t skipped = t == TWIST_LARGE ? 3 : 0;
        mec_grid grid = make_grid(alphas + skipped, 7 - skipped, ratios, 6);
        start(&s, shapes[round % 7][0], shapes[round % 7][1]);
        apply(&s, t);
        grid.fit_intercept = round / 7 / N_TWIST % 2 == 0;
        grid.positive = round / 7 / N_TWIST / 2 == 1;
        grid.cv_score = round % 2 ? MEC_SCORE_MSE : MEC_SCORE_CORR;
        assert_int_equal(search(&s, &grid), MEC_OK);
        assert_int_equal(s.result.outcome, MEC_OUTCOME_DONE);
        assert_int_equal(s.result.n_rejected, 0);
        assert_true(s.result.largest_relative_gap <= 1e-6);
        if (grid.cv_score == MEC_SCORE_MSE)
            assert_int_equal(s.result.choice.n_valid, grid.n_alpha * grid.n_l1_ratio);
    }
}

static void least_squares_may_be_in_the_grid(void **state) {
    (void)state;
    static const double alphas[] = {0, 1};
    static const double ratios[] = {0, 0.5, 1};
    setting s;
    start(&s, 20, 4);
    mec_grid grid = make_grid(alphas, 2, ratios, 3);
    assert_int_equal(search(&s, &grid), MEC_OK);
    assert_int_equal(s.result.n_rejected, 0);
    for (size_t k = 0; k < 6; k++)
        assert_near(s.surface[k], plain_mean(&s, &grid, alphas[k / 3], ratios[k % 3]), 1e-9);
}

/* Only folds whose states the source tells apart have a correlation. */
static void what_cannot_vary_has_no_correlation(void **state) {
    (void)state;
    setting s;
    start(&s, 20, 7);
    apply(&s, TWIST_CONSTANT_ON_A_FOLD);
    mec_grid grid = make_grid(some_alphas, N_SOME, some_ratios, N_SOME);
    search(&s, &grid);
    /* The first fold trains on constants; the second predicts one. */
    assert_int_equal(s.result.choice.n_valid, 0);
    assert_int_equal(s.result.outcome, MEC_OUTCOME_DONE);
    assert_near(s.result.choice.best.alpha, NAN, 0);
    assert_near(s.result.choice.score, NAN, 0);
    start(&s, 20, 7);
    apply(&s, TWIST_CONSTANT_TARGET);
    search(&s, &grid);
    assert_int_equal(s.result.choice.n_valid, 0);
    assert_near(s.surface[0], NAN, 0);
    assert_near(s.result.largest_relative_gap, 0, 0);
    grid.cv_score = MEC_SCORE_MSE;
    search(&s, &grid);
    assert_int_equal(s.result.choice.n_valid, N_SOME * N_SOME);
    assert_near(s.result.choice.best.alpha, 10, 0);
    assert_near(s.result.choice.best.l1_ratio, 1, 0);
    assert_near(s.result.choice.score, 0, 0);
}

static void fewer_states_than_folds_cannot_be_searched(void **state) {
    (void)state;
    setting s;
    start(&s, 4, 3);
    mec_grid grid = make_grid(some_alphas, N_SOME, some_ratios, N_SOME);
    grid.n_fold = 5;
    assert_int_equal(search(&s, &grid), MEC_OK);
    assert_int_equal(s.result.outcome, MEC_OUTCOME_NO_STATES);
    assert_int_equal(s.result.choice.n_valid, 0);
    assert_near(s.result.choice.score, NAN, 0);
    assert_near(s.result.choice.one_se.l1_ratio, NAN, 0);
    assert_near(s.surface[3], NAN, 0);
    grid.n_fold = 4;
    search(&s, &grid);
    assert_int_equal(s.result.outcome, MEC_OUTCOME_DONE);
}

static void what_is_not_certified_is_listed(void **state) {
    (void)state;
    setting s;
    start(&s, 20, 7);
    mec_grid grid = make_grid(some_alphas, N_SOME, some_ratios, N_SOME);
    grid.rule = MEC_CERTIFICATE_SKLEARN;
    grid.tol = -1; /* nothing meets that */
    assert_int_equal(search(&s, &grid), MEC_OK);
    assert_int_equal(s.result.outcome, MEC_OUTCOME_GAP_ABOVE_TOL);
    assert_int_equal(s.result.choice.n_valid, 0);
    assert_true(s.result.n_rejected > 4);
    for (size_t k = 0; k < 4; k++) {
        mec_grid_point point = s.rejected[k];
        assert_true(point.fold == 0 && point.alpha < N_SOME && point.l1_ratio < N_SOME);
        assert_near(s.surface[point.alpha * N_SOME + point.l1_ratio], NAN, 0);
    }
    assert_near(s.result.largest_relative_gap, 0, 0); /* that of w = 0 */
}

/* A cell's bits do not depend on what was searched before it. */
static void cells_do_not_touch(void **state) {
    (void)state;
    setting s;
    start(&s, 22, 29);
    mec_grid grid = make_grid(some_alphas, N_SOME, some_ratios, N_SOME);
    double other[MAX_STATE];
    double surface[MAX_POINT];
    mec_scratch fold_scratch = {0};
    mec_scratch scratch = {0};
    mec_status status = {0};
    mec_grid_prepared *prepared = NULL;
    mec_grid_output output = {.surface = surface};
    mec_grid_result result;
    random_fill(&seed, other, s.n);
    search(&s, &grid);
    mec_grid_prepare(&s.problem, &grid, &fold_scratch, &prepared, &status);
    for (int i = 0; i < 3; i++) {
        mec_grid_cell(prepared, i % 2 ? other : s.y, &output, &result, &scratch, &status);
        mec_scratch_reset(&scratch);
    }
    assert_ok(status);
    assert_memory_equal(surface, s.surface, N_SOME * N_SOME * sizeof *surface);
    assert_near(result.choice.se, s.result.choice.se, 0);
    assert_near(result.largest_relative_gap, s.result.largest_relative_gap, 0);
    mec_scratch_release(&fold_scratch);
    mec_scratch_release(&scratch);
}

static void lists_may_be_in_any_order(void **state) {
    (void)state;
    static const double alphas[] = {1, 0.02, 10, 0.1, 0.3};
    static const double ratios[] = {0.7, 1, 0, 0.3};
    static const size_t alpha_at[] = {3, 0, 4, 1, 2};
    static const size_t ratio_at[] = {3, 4, 0, 2};
    setting s;
    double surface[MAX_POINT];
    start(&s, 20, 29);
    mec_grid grid = make_grid(some_alphas, N_SOME, some_ratios, N_SOME);
    search(&s, &grid);
    memcpy(surface, s.surface, sizeof surface);
    mec_grid_choice wanted = s.result.choice;
    grid = make_grid(alphas, 5, ratios, 4);
    search(&s, &grid);
    for (size_t k = 0; k < 20; k++)
        assert_near(s.surface[k], surface[alpha_at[k / 4] * N_SOME + ratio_at[k % 4]], 1e-12);
    assert_near(s.result.choice.score, wanted.score, 1e-9);
}

static bool beat(void *owner) {
    int *beats = owner;
    return ++*beats > 4;
}

static void a_pulse_can_stop_it(void **state) {
    (void)state;
    setting s;
    int beats = 0;
    mec_pulse pulse = {beat, &beats};
    start(&s, 20, 7);
    s.problem.pulse = &pulse;
    mec_grid grid = make_grid(some_alphas, N_SOME, some_ratios, N_SOME);
    assert_int_equal(search(&s, &grid), MEC_STOPPED);
    assert_int_equal(beats, 5);
}

/* ---- choosing, by made-up scores ---- */

static const double three_alphas[] = {0.1, 1, 10};
static const double three_ratios[] = {0, 0.5, 1};
enum { N_PAIR = 9 };

static mec_grid_choice choose(mec_score score, const double *first, const double *second) {
    double scores[2 * N_PAIR];
    double surface[N_PAIR];
    mec_grid grid = make_grid(three_alphas, 3, three_ratios, 3);
    grid.cv_score = score;
    memcpy(scores, first, N_PAIR * sizeof *scores);
    memcpy(scores + N_PAIR, second, N_PAIR * sizeof *scores);
    mec_grid_choice c = mec_grid_choose(&grid, scores, surface);
    for (size_t k = 0; k < N_PAIR; k++)
        assert_near(surface[k],
                    isnan(first[k])    ? second[k]
                    : isnan(second[k]) ? first[k]
                                       : (first[k] + second[k]) / 2,
                    1e-15);
    return c;
}

static void check_pair(mec_grid_pair found, double alpha, double l1_ratio) {
    assert_near(found.alpha, alpha, 0);
    assert_near(found.l1_ratio, l1_ratio, 0);
}

static void the_best_mean_is_chosen(void **state) {
    (void)state;
    const double first[N_PAIR] = {0.1, 0.2, 0.3, 0.5, 0.7, 0.2, 0.1, 0.1, 0.45};
    const double second[N_PAIR] = {0.9, 0.2, 0.3, 0.5, 0.5, 0.2, 0.1, 0.1, 0.7};
    mec_grid_choice c = choose(MEC_SCORE_CORR, first, second);
    check_pair(c.best, 1, 0.5);
    assert_near(c.score, 0.6, 1e-15);
    assert_near(c.se, 0.1, 1e-15);
    assert_false(c.on_edge);
    assert_int_equal(c.n_valid, N_PAIR);
    /* 0.6, 0.575 and, up to rounding, the two of 0.5. */
    assert_in_range(c.n_within_one_se, 2, 4);
    check_pair(c.one_se, 10, 1);
    c = choose(MEC_SCORE_MSE, first, second);
    check_pair(c.best, 10, 0.5);
    assert_near(c.score, 0.1, 1e-15);
    assert_near(c.se, 0, 0);
    assert_true(c.on_edge);
    assert_int_equal(c.n_within_one_se, 2);
    check_pair(c.one_se, 10, 0.5);
}

static void of_equal_scores_the_strongest_penalty_is_taken(void **state) {
    (void)state;
    double scores[N_PAIR] = {0.5, 0.5, 0.5, 0.5, 0.5 - 0.9e-9, 0.5 - 2e-9, 0, 0, 0.5 - 2e-9};
    mec_grid_choice c = choose(MEC_SCORE_CORR, scores, scores);
    check_pair(c.best, 1, 0.5);
    assert_near(c.score, 0.5 - 0.9e-9, 1e-15);
    for (size_t k = 0; k < N_PAIR; k++)
        scores[k] = 1 - scores[k];
    c = choose(MEC_SCORE_MSE, scores, scores);
    check_pair(c.best, 1, 0.5);
    scores[3] = scores[4] = 0.7;
    c = choose(MEC_SCORE_MSE, scores, scores);
    check_pair(c.best, 0.1, 1);
    assert_true(c.on_edge);
}

static void folds_without_a_score_are_left_out(void **state) {
    (void)state;
    double first[N_PAIR] = {NAN, 0.2, NAN, 0.3, NAN, 0.1, NAN, NAN, NAN};
    double second[N_PAIR] = {NAN, 0.2, 0.4, NAN, 0.8, 0.1, NAN, NAN, NAN};
    mec_grid_choice c = choose(MEC_SCORE_CORR, first, second);
    check_pair(c.best, 1, 0.5);
    assert_int_equal(c.n_valid, 5);
    assert_near(c.se, NAN, 0);
    assert_int_equal(c.n_within_one_se, 0);
    check_pair(c.one_se, NAN, NAN);
    for (size_t k = 0; k < N_PAIR; k++)
        first[k] = second[k] = NAN;
    c = choose(MEC_SCORE_R2, first, second);
    assert_int_equal(c.n_valid, 0);
    check_pair(c.best, NAN, NAN);
    assert_near(c.score, NAN, 0);
    assert_false(c.on_edge);
}

static void one_standard_error_reaches_weaker_scores(void **state) {
    (void)state;
    const double first[N_PAIR] = {0.1, 0.2, 0.7, 0.6, 0.9, 0.55, 0.1, 0.5, 0.1};
    const double second[N_PAIR] = {0.1, 0.2, 0.5, 0.5, 0.5, 0.55, 0.1, 0.55, 0.1};
    mec_grid_choice c = choose(MEC_SCORE_CORR, first, second);
    check_pair(c.best, 1, 0.5); /* 0.7, se 0.2 */
    assert_int_equal(c.n_within_one_se, 5);
    check_pair(c.one_se, 10, 0.5);
}

static void estimates_grow_with_what_is_asked(void **state) {
    (void)state;
    mec_grid grid = make_grid(some_alphas, N_SOME, some_ratios, N_SOME);
    mec_shape shape = {.n_cell = 30, .n_train = 40, .m = 1};
    double cost = mec_grid_cost(&shape, &grid);
    double memory = mec_grid_memory(&shape, &grid);
    assert_true(cost > 0 && memory > 0);
    shape.n_cell = 60;
    assert_true(mec_grid_cost(&shape, &grid) > cost);
    assert_true(mec_grid_memory(&shape, &grid) > memory);
    shape.n_cell = 30;
    grid.n_alpha = 2;
    assert_true(mec_grid_cost(&shape, &grid) < cost);
    assert_true(mec_grid_memory(&shape, &grid) < memory);
}

int main(void) {
    mec_linalg_set_threads(1);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(surfaces_are_those_of_plain_loops),
        cmocka_unit_test(all_points_are_certified),
        cmocka_unit_test(least_squares_may_be_in_the_grid),
        cmocka_unit_test(what_cannot_vary_has_no_correlation),
        cmocka_unit_test(fewer_states_than_folds_cannot_be_searched),
        cmocka_unit_test(what_is_not_certified_is_listed),
        cmocka_unit_test(cells_do_not_touch),
        cmocka_unit_test(lists_may_be_in_any_order),
        cmocka_unit_test(a_pulse_can_stop_it),
        cmocka_unit_test(the_best_mean_is_chosen),
        cmocka_unit_test(of_equal_scores_the_strongest_penalty_is_taken),
        cmocka_unit_test(folds_without_a_score_are_left_out),
        cmocka_unit_test(one_standard_error_reaches_weaker_scores),
        cmocka_unit_test(estimates_grow_with_what_is_asked),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
