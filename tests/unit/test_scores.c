#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "maps/scores.h"
#include "oracle.h"
#include "random.h"
#include "unit.h"

enum { N_STATE = 30, N_CELL = 9, MAX_TEST = 25 };

static uint64_t seed = 17;

static const uint32_t first_cells[N_CELL] = {0, 1, 2, 3, 4, 5, 6, 7, 8};

typedef struct setting {
    double resp[N_STATE * N_CELL];
    mec_population target;
    uint32_t test[MAX_TEST];
    size_t n_test;
    double prediction[MAX_TEST * N_CELL]; /* (n_test, cells) */
    double intercept[N_CELL];
} setting;

static setting make_setting(size_t n_test, size_t width) {
    setting s = {.n_test = n_test};
    uint32_t order[N_STATE];
    random_fill(&seed, s.resp, N_STATE * N_CELL);
    random_fill(&seed, s.prediction, n_test * width);
    random_fill(&seed, s.intercept, width);
    random_order(&seed, order, N_STATE);
    for (size_t i = 0; i < n_test; i++)
        s.test[i] = order[i];
    return s;
}

/* Scores of `n` cells; `score` points to (n) numbers each, NULL where not wanted. */
static void score_cells(setting *s, const uint32_t *cells, size_t n,
                        double *const score[N_PLAIN_SCORE]) {
    mec_status status = {0};
    mec_scratch scratch = {0};
    double *const all[MEC_N_CELL_SCORE] = {score[0], score[1], score[2]};
    s->target = (mec_population){s->resp, N_STATE, N_CELL};
    mec_predictions predictions = {.target = &s->target,
                                   .cells = cells,
                                   .n = n,
                                   .test = s->test,
                                   .n_test = s->n_test,
                                   .prediction = s->prediction,
                                   .intercept = s->intercept};
    mec_score_cells(&predictions, all, &scratch, &status);
    mec_scratch_release(&scratch);
    assert_ok(status);
}

/* Scores of cell 0 alone, whose responses and predictions on the test states are given. */
static void score_one(const double *y, const double *prediction, double intercept, size_t n_test,
                      double found[N_PLAIN_SCORE]) {
    setting s = make_setting(n_test, 1);
    for (size_t i = 0; i < n_test; i++) {
        s.resp[s.test[i] * N_CELL] = y[i];
        s.prediction[i] = prediction[i];
    }
    s.intercept[0] = intercept;
    double *score[] = {&found[0], &found[1], &found[2]};
    score_cells(&s, first_cells, 1, score);
}

static void compare_with_definitions(const uint32_t *cells, size_t n, size_t n_test) {
    setting s = make_setting(n_test, n);
    double found[N_PLAIN_SCORE][N_CELL];
    double *score[] = {found[0], found[1], found[2]};
    score_cells(&s, cells, n, score);
    for (size_t j = 0; j < n; j++) {
        double y[MAX_TEST];
        double p[MAX_TEST];
        double wanted[N_PLAIN_SCORE];
        for (size_t i = 0; i < n_test; i++) {
            y[i] = s.resp[s.test[i] * N_CELL + cells[j]];
            p[i] = s.prediction[i * n + j];
        }
        oracle_scores(y, p, s.intercept[j], n_test, wanted);
        for (int k = 0; k < N_PLAIN_SCORE; k++)
            assert_near(found[k][j], wanted[k], 1e-12 * (1 + fabs(wanted[k])));
    }
}

static void scores_agree_with_their_definitions(void **state) {
    (void)state;
    const uint32_t range[] = {2, 3, 4, 5, 6};
    const uint32_t last[] = {8};
    const uint32_t scattered[] = {7, 0, 3, 8};
    for (size_t n_test = 2; n_test <= MAX_TEST; n_test++) {
        compare_with_definitions(first_cells, N_CELL, n_test);
        compare_with_definitions(range, 5, n_test);
        compare_with_definitions(last, 1, n_test);
        compare_with_definitions(scattered, 4, n_test);
    }
}

static void add(double *to, const double *from, size_t n) {
    for (size_t i = 0; i < n; i++)
        to[i] += from[i];
}

/* Every state in one of the parts, by turns; `pass` is the first or the second. */
static void pass_over(const setting *s, int pass, const mec_score_sums *parts, size_t n_part) {
    for (size_t i = 0; i < s->n_test; i++) {
        const double *y = s->resp + s->test[i] * N_CELL;
        const double *p = s->prediction + i * N_CELL;
        if (pass == 0)
            mec_score_first_pass(&parts[i % n_part], y, p);
        else
            mec_score_second_pass(&parts[i % n_part], y, p, s->intercept);
    }
}

/* Those who have some of the states each come to the same scores. */
static void parts_of_the_states_make_the_whole(void **state) {
    enum { N_PART = 3 };
    (void)state;
    mec_status status = {0};
    mec_scratch scratch = {0};
    mec_score_sums parts[N_PART];
    setting s = make_setting(MAX_TEST, N_CELL);
    double whole[N_PLAIN_SCORE][N_CELL];
    double found[N_PLAIN_SCORE][N_CELL];
    double *score[] = {whole[0], whole[1], whole[2]};
    double *const own[MEC_N_CELL_SCORE] = {found[0], found[1], found[2]};
    score_cells(&s, first_cells, N_CELL, score);
    for (size_t k = 0; k < N_PART; k++)
        mec_score_start(&parts[k], N_CELL, &scratch, &status);
    assert_ok(status);
    pass_over(&s, 0, parts, N_PART);
    for (size_t k = 1; k < N_PART; k++) {
        add(parts[0].mean_y, parts[k].mean_y, 2 * N_CELL);
        for (size_t j = 0; j < 2 * N_CELL; j++) {
            parts[0].min_y[j] = fmin(parts[0].min_y[j], parts[k].min_y[j]);
            parts[0].max_y[j] = fmax(parts[0].max_y[j], parts[k].max_y[j]);
        }
    }
    mec_score_between_passes(&parts[0], MAX_TEST);
    for (size_t k = 1; k < N_PART; k++) {
        memcpy(parts[k].mean_y, parts[0].mean_y, 2 * N_CELL * sizeof(double));
        memcpy(parts[k].scale_y, parts[0].scale_y, 2 * N_CELL * sizeof(double));
    }
    pass_over(&s, 1, parts, N_PART);
    for (size_t k = 1; k < N_PART; k++)
        add(parts[0].yy, parts[k].yy, 4 * N_CELL);
    mec_score_end(&parts[0], MAX_TEST, own);
    for (int k = 0; k < N_PLAIN_SCORE; k++)
        for (size_t j = 0; j < N_CELL; j++)
            assert_near(found[k][j], whole[k][j], 1e-12 * (1 + fabs(whole[k][j])));
    mec_scratch_release(&scratch);
}

static void results_are_contiguous_and_missing_scores_are_left_out(void **state) {
    (void)state;
    setting s = make_setting(10, 3);
    double all[N_PLAIN_SCORE][3];
    double own[9];
    double *every[] = {all[0], all[1], all[2]};
    const uint32_t cells[] = {6, 1, 2};
    score_cells(&s, cells, 3, every);
    for (int k = 0; k < N_PLAIN_SCORE; k++) {
        double *one[N_PLAIN_SCORE] = {NULL, NULL, NULL};
        one[k] = own;
        for (int i = 0; i < 9; i++)
            own[i] = -7;
        score_cells(&s, cells, 3, one);
        for (size_t i = 0; i < 9; i++)
            assert_near(own[i], i < 3 ? all[k][i] : -7, 0);
    }
    double *none[] = {NULL, NULL, NULL};
    score_cells(&s, cells, 3, none);
}

/* The earth mover's distance is maps/emd's to fill in. */
static void other_scores_are_left_alone(void **state) {
    (void)state;
    setting s = make_setting(4, 1);
    mec_status status = {0};
    mec_scratch scratch = {0};
    s.target = (mec_population){s.resp, N_STATE, N_CELL};
    mec_predictions predictions = {&s.target, first_cells,  1,          s.test,
                                   s.n_test,  s.prediction, s.intercept};
    double corr = -7;
    double other = -7;
    double *const score[MEC_N_CELL_SCORE] = {
        [MEC_SCORE_CORR] = &corr, [MEC_SCORE_NEG_EMD] = &other};
    mec_score_cells(&predictions, score, &scratch, &status);
    mec_scratch_release(&scratch);
    assert_ok(status);
    assert_true(corr >= -1);
    assert_near(other, -7, 0);
}

static void a_perfect_prediction_scores_one(void **state) {
    (void)state;
    const double y[] = {1, 2, 4, 8};
    const double p[] = {-9, -8, -6, -2};
    double found[N_PLAIN_SCORE];
    score_one(y, p, 10, 4, found);
    assert_near(found[MEC_SCORE_CORR], 1, 0);
    assert_near(found[MEC_SCORE_R2], 1, 0);
    assert_near(found[MEC_SCORE_MSE], 0, 0);
    const double opposite[] = {-1, -2, -4, -8};
    score_one(y, opposite, 0, 4, found);
    assert_near(found[MEC_SCORE_CORR], -1, 0);
}

static void corr_never_leaves_its_range(void **state) {
    (void)state;
    for (int round = 0; round < 2000; round++) {
        double y[5];
        double p[5];
        double found[N_PLAIN_SCORE];
        random_fill(&seed, y, 5);
        for (int i = 0; i < 5; i++)
            p[i] = 3 * y[i];
        score_one(y, p, 0, 5, found);
        assert_true(found[MEC_SCORE_CORR] <= 1 && found[MEC_SCORE_CORR] >= 1 - 1e-14);
    }
}

static void a_constant_target_has_no_corr_and_no_r2(void **state) {
    (void)state;
    const double y[] = {0.1, 0.1, 0.1};
    const double p[] = {1, 2, 3};
    double found[N_PLAIN_SCORE];
    score_one(y, p, 0.1, 3, found);
    assert_near(found[MEC_SCORE_CORR], NAN, 0);
    assert_near(found[MEC_SCORE_R2], NAN, 0);
    assert_near(found[MEC_SCORE_MSE], 14.0 / 3, 1e-12);
}

static void a_constant_prediction_has_no_corr(void **state) {
    (void)state;
    const double y[] = {1, 2, 3};
    const double p[] = {0.1, 0.1, 0.1};
    double found[N_PLAIN_SCORE];
    score_one(y, p, 1.9, 3, found);
    assert_near(found[MEC_SCORE_CORR], NAN, 0);
    assert_near(found[MEC_SCORE_R2], 0, 1e-15);
    assert_near(found[MEC_SCORE_MSE], 2.0 / 3, 1e-15);
}

static void one_test_state_has_no_corr(void **state) {
    (void)state;
    double found[N_PLAIN_SCORE];
    score_one((const double[]){2}, (const double[]){1}, 0.5, 1, found);
    assert_near(found[MEC_SCORE_CORR], NAN, 0);
    assert_near(found[MEC_SCORE_R2], NAN, 0);
    assert_near(found[MEC_SCORE_MSE], 0.25, 0);
}

static void a_prediction_that_is_not_finite_has_no_score(void **state) {
    (void)state;
    const double y[] = {1, 2, 3};
    const double bad[] = {NAN, INFINITY, -INFINITY};
    for (size_t b = 0; b < 3; b++)
        for (size_t place = 0; place < 3; place++) {
            double p[] = {1, 2, 4};
            double found[N_PLAIN_SCORE];
            p[place] = bad[b];
            score_one(y, p, 0, 3, found);
            for (int k = 0; k < N_PLAIN_SCORE; k++)
                assert_near(found[k], NAN, 0);
        }
    const double both[] = {INFINITY, -INFINITY, 1};
    double found[N_PLAIN_SCORE];
    score_one(y, both, 0, 3, found);
    for (int k = 0; k < N_PLAIN_SCORE; k++)
        assert_near(found[k], NAN, 0);
}

/* A cell's NaN must not reach its neighbours. */
static void neighbours_are_independent(void **state) {
    (void)state;
    setting s = make_setting(10, 3);
    double clean[N_PLAIN_SCORE][3];
    double found[N_PLAIN_SCORE][3];
    double *wanted[] = {clean[0], clean[1], clean[2]};
    double *score[] = {found[0], found[1], found[2]};
    score_cells(&s, first_cells, 3, wanted);
    s.prediction[3 * 4 + 1] = NAN;
    score_cells(&s, first_cells, 3, score);
    for (int k = 0; k < N_PLAIN_SCORE; k++) {
        assert_near(found[k][0], clean[k][0], 0);
        assert_near(found[k][1], NAN, 0);
        assert_near(found[k][2], clean[k][2], 0);
    }
}

/* A strong penalty makes predictions as small as this; their shape is still there. */
static void corr_does_not_depend_on_scale(void **state) {
    (void)state;
    const double y[] = {1, 2, 4, 7};
    const double p[] = {2, 1, 5, 6};
    const double scales[] = {1e-30, 1e-100, 1e-170, 1e-250, 1e30, 1e150, 1e170};
    double wanted[N_PLAIN_SCORE];
    score_one(y, p, 0, 4, wanted);
    for (size_t s = 0; s < sizeof scales / sizeof *scales; s++) {
        double scaled[4];
        double found[N_PLAIN_SCORE];
        for (int i = 0; i < 4; i++)
            scaled[i] = p[i] * scales[s];
        score_one(y, scaled, 0, 4, found);
        assert_near(found[MEC_SCORE_CORR], wanted[MEC_SCORE_CORR], 1e-14);
    }
}

/* A large offset of the prediction costs r2 and mse their last digits, but not corr: it comes as
 * the intercept. */
static void the_intercept_does_not_touch_corr(void **state) {
    (void)state;
    const double y[] = {1e9 + 1, 1e9 + 2, 1e9 + 4, 1e9 + 7};
    const double p[] = {2, 1, 5, 6};
    double found[N_PLAIN_SCORE];
    double wanted[N_PLAIN_SCORE];
    score_one(y, p, 1e9, 4, found);
    score_one((const double[]){1, 2, 4, 7}, p, 0, 4, wanted);
    for (int k = 0; k < N_PLAIN_SCORE; k++)
        assert_near(found[k], wanted[k], 1e-12);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(scores_agree_with_their_definitions),
        cmocka_unit_test(parts_of_the_states_make_the_whole),
        cmocka_unit_test(results_are_contiguous_and_missing_scores_are_left_out),
        cmocka_unit_test(other_scores_are_left_alone),
        cmocka_unit_test(a_perfect_prediction_scores_one),
        cmocka_unit_test(corr_never_leaves_its_range),
        cmocka_unit_test(a_constant_target_has_no_corr_and_no_r2),
        cmocka_unit_test(a_constant_prediction_has_no_corr),
        cmocka_unit_test(one_test_state_has_no_corr),
        cmocka_unit_test(a_prediction_that_is_not_finite_has_no_score),
        cmocka_unit_test(neighbours_are_independent),
        cmocka_unit_test(corr_does_not_depend_on_scale),
        cmocka_unit_test(the_intercept_does_not_touch_corr),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
