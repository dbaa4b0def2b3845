#include <stdlib.h>
#include <string.h>

#include "fitting.h"
#include "numerics/linalg.h"
#include "oracle.h"
#include "random.h"
#include "unit.h"

enum { N_TARGET = 6 };

static uint64_t seed = 23;

/* What is done to the source's columns. */
typedef enum twist {
    AS_IT_IS,
    DOUBLED_COLUMNS,
    ZERO_COLUMN,
    OFFSET_COLUMN,   /* 1e6 added to one */
    SUM_COLUMN,      /* one is a sum of others, but on the train states only */
    REPEATED_STATES, /* train states come in equal pairs, with targets of their own */
} twist;

typedef struct shape {
    size_t n_train, n_test;
    size_t n_cell[2]; /* of the two populations that are the source */
    twist twist;
} shape;

/* A source of two populations, a target, a split: states that are kept lie between others that are
 * not finite. */
typedef struct fixture {
    size_t n_state, n_train, n_test, n_cell;
    double *resp[2], *target_resp;
    mec_population parts[2], target;
    const mec_population *list[2];
    mec_source source;
    uint32_t *order;
} fixture;

static void twist_columns(fixture *f, twist what) {
    for (size_t i = 0; i < f->n_state; i++) {
        double *row = f->resp[1] + i * f->parts[1].n_cell;
        if (what == DOUBLED_COLUMNS)
            for (size_t j = 0; j < f->parts[1].n_cell; j++)
                row[j] = f->resp[0][i * f->parts[0].n_cell + j % f->parts[0].n_cell];
        if (what == ZERO_COLUMN)
            row[0] = 0;
        if (what == OFFSET_COLUMN)
            row[0] += 1e6;
    }
}

static void twist_train_states(fixture *f, twist what) {
    for (size_t i = 0; i < f->n_train; i++) {
        size_t n_first = f->parts[0].n_cell;
        size_t n_second = f->parts[1].n_cell;
        double *first = f->resp[0] + f->order[i] * n_first;
        double *second = f->resp[1] + f->order[i] * n_second;
        if (what == SUM_COLUMN)
            second[0] = 0.3 * first[0] + 1.3 * first[1] - first[2];
        if (what == REPEATED_STATES && i % 2 == 1) {
            memcpy(first, f->resp[0] + f->order[i - 1] * n_first, n_first * sizeof *first);
            memcpy(second, f->resp[1] + f->order[i - 1] * n_second, n_second * sizeof *second);
        }
    }
}

static fixture make_fixture(shape s) {
    size_t kept = s.n_train + s.n_test;
    fixture f = {.n_state = kept + 5, .n_train = s.n_train, .n_test = s.n_test};
    for (int k = 0; k < 2; k++) {
        f.resp[k] = malloc(f.n_state * s.n_cell[k] * sizeof(double));
        assert_non_null(f.resp[k]);
        random_fill(&seed, f.resp[k], f.n_state * s.n_cell[k]);
        f.parts[k] = (mec_population){f.resp[k], f.n_state, s.n_cell[k]};
        f.n_cell += s.n_cell[k];
    }
    twist_columns(&f, s.twist);
    f.target_resp = malloc(f.n_state * N_TARGET * sizeof(double));
    f.order = malloc(f.n_state * sizeof *f.order);
    assert_true(f.target_resp && f.order);
    random_fill(&seed, f.target_resp, f.n_state * N_TARGET);
    random_order(&seed, f.order, f.n_state);
    twist_train_states(&f, s.twist);
    for (size_t i = kept; i < f.n_state; i++)
        f.resp[0][f.order[i] * s.n_cell[0]] = NAN;
    f.target = (mec_population){f.target_resp, f.n_state, N_TARGET};
    return f;
}

/* The source looks at the fixture's own parts, which must not move after this. */
static void link_source(fixture *f) {
    f->list[0] = &f->parts[0];
    f->list[1] = &f->parts[1];
    f->source.parts = f->list;
    f->source.n_part = 2;
    f->source.n_cell = f->n_cell;
}

static void free_fixture(fixture *f) {
    free(f->resp[0]);
    free(f->resp[1]);
    free(f->target_resp);
    free(f->order);
    free_kernel(&f->source.kernel);
}

static const uint32_t all_cells[N_TARGET] = {0, 1, 2, 3, 4, 5};

static mec_problem problem_of(fixture *f, const mec_map_parameters *parameters) {
    link_source(f);
    return (mec_problem){.source = &f->source,
                         .train = f->order,
                         .test = f->order + f->n_train,
                         .n_train = f->n_train,
                         .n_test = f->n_test,
                         .parameters = parameters};
}

static void run(const mec_problem *problem, const mec_fit_target *targets, size_t n_target,
                mec_status *status) {
    mec_fit fit = {.problem = problem, .map = &mec_ridge};
    mec_fit_workspace workspace = {0};
    mec_fit_run(&fit, targets, n_target, &workspace, status);
    mec_fit_workspace_release(&workspace);
}

typedef struct scores {
    double of[N_PLAIN_SCORE][N_TARGET];
} scores;

static scores fit(fixture *f, double alpha, bool intercept, bool with_kernel) {
    mec_map_parameters parameters = {.alpha = alpha, .fit_intercept = intercept};
    mec_problem problem = problem_of(f, &parameters);
    free_kernel(&f->source.kernel);
    if (with_kernel)
        f->source.kernel = make_kernel(&f->source, f->order, f->n_train + f->n_test, intercept);
    scores found;
    mec_fit_target target = {.population = &f->target, .cells = all_cells, .n = N_TARGET};
    for (int k = 0; k < N_PLAIN_SCORE; k++)
        target.score[k] = found.of[k];
    mec_status status = {0};
    run(&problem, &target, 1, &status);
    assert_ok(status);
    return found;
}

static scores fit_by_oracle(fixture *f, double alpha, bool intercept) {
    link_source(f);
    size_t n = f->n_train + f->n_test;
    double *x = malloc(n * f->n_cell * sizeof *x);
    double *y = malloc(n * sizeof *y);
    double *prediction = malloc(f->n_test * sizeof *prediction);
    assert_true(x && y && prediction);
    mec_source_gather(&f->source, f->order, n, x);
    scores wanted;
    for (size_t j = 0; j < N_TARGET; j++) {
        double b = 0;
        double score[N_PLAIN_SCORE];
        for (size_t i = 0; i < n; i++)
            y[i] = f->target_resp[f->order[i] * N_TARGET + j];
        oracle_ridge(x, f->n_train, f->n_cell, y, x + f->n_train * f->n_cell, f->n_test, alpha,
                     intercept, prediction, &b);
        oracle_scores(y + f->n_train, prediction, b, f->n_test, score);
        for (int k = 0; k < N_PLAIN_SCORE; k++)
            wanted.of[k][j] = score[k];
    }
    free(x);
    free(y);
    free(prediction);
    return wanted;
}

static void compare(const scores *found, const scores *wanted, double tolerance) {
    for (int k = 0; k < N_PLAIN_SCORE; k++)
        for (size_t j = 0; j < N_TARGET; j++)
            assert_near(found->of[k][j], wanted->of[k][j],
                        tolerance * (1 + fabs(wanted->of[k][j])));
}

static void compare_with_oracle(shape s, double alpha, bool intercept, double tolerance) {
    fixture f = make_fixture(s);
    scores wanted = fit_by_oracle(&f, alpha, intercept);
    scores plain = fit(&f, alpha, intercept, false);
    scores with_kernel = fit(&f, alpha, intercept, true);
    compare(&plain, &wanted, tolerance);
    compare(&with_kernel, &wanted, tolerance);
    free_fixture(&f);
}

static const shape shapes[] = {
    {60, 40, {5, 7}, AS_IT_IS},        /* fewer sources than train states */
    {20, 40, {35, 30}, AS_IT_IS},      /* more */
    {25, 30, {15, 10}, AS_IT_IS},      /* as many */
    {26, 30, {15, 10}, AS_IT_IS},      /* as many as train states have directions */
    {60, 40, {6, 6}, DOUBLED_COLUMNS}, /* rank below the number of sources */
    {15, 40, {30, 30}, DOUBLED_COLUMNS},
    {60, 40, {5, 5}, ZERO_COLUMN},
    {15, 40, {30, 30}, ZERO_COLUMN},
    {40, 300, {5, 5}, AS_IT_IS}, /* more test states than are gathered at a time */
    {30, 300, {31, 5}, AS_IT_IS},
    {2, 10, {3, 4}, AS_IT_IS},
    {2, 10, {1, 1}, AS_IT_IS},
    {50, 2, {1, 2}, AS_IT_IS},
};
enum { N_SHAPE = sizeof shapes / sizeof *shapes };

static void fits_agree_with_the_oracle(void **state) {
    (void)state;
    const double alphas[] = {0.01, 1, 10, 1000};
    for (size_t s = 0; s < N_SHAPE; s++)
        for (size_t a = 0; a < 4; a++)
            for (int intercept = 0; intercept < 2; intercept++)
                compare_with_oracle(shapes[s], alphas[a], intercept, 1e-10);
}

/* The predictions shrink with 1 / alpha, their correlation does not. */
static void large_alphas_lose_nothing(void **state) {
    (void)state;
    const double alphas[] = {1e6, 1e9, 1e12, 1e100, 1e200};
    for (size_t s = 0; s < N_SHAPE; s++)
        for (size_t a = 0; a < 5; a++)
            compare_with_oracle(shapes[s], alphas[a], true, 1e-9);
}

static void small_alphas_are_still_solved(void **state) {
    (void)state;
    const double alphas[] = {1e-3, 1e-6, 1e-8, 1e-10, 1e-11, 1e-12};
    for (size_t s = 0; s < N_SHAPE; s++)
        for (size_t a = 0; a < 6; a++)
            for (int intercept = 0; intercept < 2; intercept++)
                compare_with_oracle(shapes[s], alphas[a], intercept, 1e-8);
}

/* Here nothing but the penalty tells the solution from its neighbours: rounding is amplified, but
 * never so far that it shows in a score. */
static void a_small_alpha_may_decide_alone(void **state) {
    (void)state;
    const double alphas[] = {1, 1e-3, 1e-6, 1e-8, 3e-9, 1e-9, 1e-10, 1e-12, 0};
    const size_t cells[][2] = {{5, 7}, {35, 30}, {15, 10}};
    const size_t n_train[] = {60, 20, 25};
    for (size_t s = 0; s < 3; s++)
        for (size_t a = 0; a < sizeof alphas / sizeof *alphas; a++)
            for (int intercept = 0; intercept < 2; intercept++)
                for (twist t = SUM_COLUMN; t <= REPEATED_STATES; t++)
                    compare_with_oracle((shape){n_train[s], 40, {cells[s][0], cells[s][1]}, t},
                                        alphas[a], intercept, alphas[a] >= 1e-3 ? 1e-10 : 1e-6);
}

static void without_a_penalty_the_norm_is_least(void **state) {
    (void)state;
    for (size_t s = 0; s < N_SHAPE; s++)
        for (int intercept = 0; intercept < 2; intercept++)
            compare_with_oracle(shapes[s], 0, intercept, 1e-8);
}

static void a_large_offset_of_a_source_changes_nothing(void **state) {
    (void)state;
    const shape offsets[] = {{60, 40, {5, 7}, OFFSET_COLUMN}, {20, 40, {35, 30}, OFFSET_COLUMN}};
    for (size_t s = 0; s < 2; s++) {
        compare_with_oracle(offsets[s], 1, true, 1e-6);
        compare_with_oracle(offsets[s], 1e-3, true, 1e-6);
    }
}

/* Sources far apart in scale, as rates and units of a model are. */
static void scales_may_differ(void **state) {
    (void)state;
    for (size_t s = 0; s < 3; s++) {
        fixture f = make_fixture(shapes[s]);
        for (size_t i = 0; i < f.n_state * shapes[s].n_cell[1]; i++)
            f.resp[1][i] *= 1e-4;
        scores wanted = fit_by_oracle(&f, 1e-3, true);
        scores plain = fit(&f, 1e-3, true, false);
        scores with_kernel = fit(&f, 1e-3, true, true);
        compare(&plain, &wanted, 1e-9);
        compare(&with_kernel, &wanted, 1e-9);
        free_fixture(&f);
    }
}

/* A target that is constant on the train states gets no weights. */
static void a_target_without_variation_is_not_predicted(void **state) {
    (void)state;
    for (size_t s = 0; s < 3; s++)
        for (int kernel = 0; kernel < 2; kernel++) {
            fixture f = make_fixture(shapes[s]);
            for (size_t i = 0; i < f.n_train; i++)
                f.target_resp[f.order[i] * N_TARGET + 2] = 0.1;
            scores clean = fit_by_oracle(&f, 1, true);
            scores found = fit(&f, 1, true, kernel);
            assert_near(found.of[MEC_SCORE_CORR][2], NAN, 0);
            clean.of[MEC_SCORE_CORR][2] = NAN;
            compare(&found, &clean, 1e-10);
            free_fixture(&f);
        }
}

static void a_target_constant_on_the_test_states_has_no_corr(void **state) {
    (void)state;
    fixture f = make_fixture(shapes[0]);
    for (size_t i = 0; i < f.n_test; i++)
        f.target_resp[f.order[f.n_train + i] * N_TARGET + 1] = 0.1;
    scores found = fit(&f, 1, true, false);
    assert_near(found.of[MEC_SCORE_CORR][1], NAN, 0);
    assert_near(found.of[MEC_SCORE_R2][1], NAN, 0);
    assert_true(found.of[MEC_SCORE_MSE][1] > 0);
    assert_true(isfinite(found.of[MEC_SCORE_CORR][0]));
    free_fixture(&f);
}

/* Sets the source's columns to `value` on some of the split's states. */
static void flatten(fixture *f, size_t first, size_t last, double value, size_t odd) {
    size_t cell = 0;
    for (int k = 0; k < 2; k++)
        for (size_t j = 0; j < f->parts[k].n_cell; j++, cell++)
            for (size_t i = first; i < last && (odd > 1 || cell % 2 == odd); i++)
                f->resp[k][f->order[i] * f->parts[k].n_cell + j] = value;
}
enum { EVERY_COLUMN = 2 };

static void assert_no_corr(fixture *f, double alpha, bool intercept) {
    for (int kernel = 0; kernel < 2; kernel++) {
        scores found = fit(f, alpha, intercept, kernel);
        for (size_t j = 0; j < N_TARGET; j++) {
            assert_near(found.of[MEC_SCORE_CORR][j], NAN, 0);
            assert_true(isfinite(found.of[MEC_SCORE_MSE][j]));
        }
    }
}

static void a_source_flat_on_the_test_states_predicts_a_constant(void **state) {
    (void)state;
    for (size_t s = 0; s < 3; s++)
        for (int intercept = 0; intercept < 2; intercept++) {
            fixture f = make_fixture(shapes[s]);
            flatten(&f, f.n_train, f.n_train + f.n_test, 0.1, EVERY_COLUMN);
            assert_no_corr(&f, 1, intercept);
            free_fixture(&f);
        }
}

static void a_source_flat_on_the_train_states_predicts_a_constant(void **state) {
    (void)state;
    for (size_t s = 0; s < 3; s++) {
        fixture f = make_fixture(shapes[s]);
        flatten(&f, 0, f.n_train, 0.1, EVERY_COLUMN);
        assert_no_corr(&f, 1, true);
        assert_no_corr(&f, 0, true);
        free_fixture(&f);
    }
}

/* Every column is flat on one side, but not all on the same. */
static void a_source_flat_on_one_side_or_the_other_predicts_a_constant(void **state) {
    (void)state;
    for (size_t s = 0; s < 3; s++) {
        fixture f = make_fixture(shapes[s]);
        flatten(&f, 0, f.n_train, 0.1, 0);
        flatten(&f, f.n_train, f.n_train + f.n_test, 0.7, 1);
        assert_no_corr(&f, 1, true);
        free_fixture(&f);
    }
}

/* Without an intercept, a source that is flat on the train states has weights all the same. */
static void without_an_intercept_a_flat_source_predicts(void **state) {
    (void)state;
    for (size_t s = 0; s < 3; s++) {
        fixture f = make_fixture(shapes[s]);
        flatten(&f, 0, f.n_train, 0.3, EVERY_COLUMN);
        scores wanted = fit_by_oracle(&f, 1, false);
        scores plain = fit(&f, 1, false, false);
        scores with_kernel = fit(&f, 1, false, true);
        compare(&plain, &wanted, 1e-10);
        compare(&with_kernel, &wanted, 1e-10);
        free_fixture(&f);
    }
}

/* ... and where it is zero there, none. */
static void without_an_intercept_a_source_of_zeros_predicts_zero(void **state) {
    (void)state;
    for (size_t s = 0; s < 3; s++) {
        fixture f = make_fixture(shapes[s]);
        flatten(&f, 0, f.n_train, 0, EVERY_COLUMN);
        assert_no_corr(&f, 1, false);
        assert_no_corr(&f, 0, false);
        free_fixture(&f);
    }
}

static void one_train_state_gives_the_intercept_alone(void **state) {
    (void)state;
    const shape one[] = {{1, 10, {3, 4}, AS_IT_IS}, {1, 10, {1, 1}, AS_IT_IS}};
    for (size_t s = 0; s < 2; s++) {
        fixture f = make_fixture(one[s]);
        assert_no_corr(&f, 1, true);
        assert_no_corr(&f, 0, true);
        for (int kernel = 0; kernel < 2; kernel++) {
            scores found = fit(&f, 1, true, kernel);
            for (size_t j = 0; j < N_TARGET; j++) {
                double b = f.target_resp[f.order[0] * N_TARGET + j];
                double mse = 0;
                for (size_t i = 1; i <= 10; i++)
                    mse += pow(f.target_resp[f.order[i] * N_TARGET + j] - b, 2) / 10;
                assert_near(found.of[MEC_SCORE_MSE][j], mse, 1e-14);
            }
        }
        free_fixture(&f);
    }
}

static void one_train_state_without_an_intercept_has_weights(void **state) {
    (void)state;
    compare_with_oracle((shape){1, 10, {3, 4}, AS_IT_IS}, 1, false, 1e-10);
    compare_with_oracle((shape){1, 10, {1, 1}, AS_IT_IS}, 0, false, 1e-10);
}

static void no_train_or_test_state_gives_nan(void **state) {
    (void)state;
    fixture f = make_fixture(shapes[0]);
    size_t n_test = f.n_test;
    for (int side = 0; side < 2; side++) {
        if (side == 0) {
            f.n_test = 0;
        } else {
            f.n_test = n_test;
            f.n_train = 0;
        }
        scores found = fit(&f, 1, true, false);
        for (int k = 0; k < N_PLAIN_SCORE; k++)
            for (size_t j = 0; j < N_TARGET; j++)
                assert_near(found.of[k][j], NAN, 0);
    }
    free_fixture(&f);
}

/* Which others are asked for, and in what order, changes no cell's scores; several targets put each
 * number in its place. */
static void lists_of_cells_land_in_their_places(void **state) {
    (void)state;
    fixture f = make_fixture(shapes[0]);
    scores all = fit(&f, 1, true, false);
    mec_map_parameters parameters = {.alpha = 1, .fit_intercept = true};
    mec_problem problem = problem_of(&f, &parameters);
    double spread[20];
    for (int i = 0; i < 20; i++)
        spread[i] = -7;
    const uint32_t two[] = {5, 2};
    const uint32_t one[] = {0};
    const mec_fit_target targets[] = {
        {.population = &f.target, .cells = two, .n = 2, .score = {spread}},
        {.population = &f.target, .cells = one, .n = 1, .score = {NULL, spread + 10}},
        {.population = &f.target, .cells = NULL, .n = 0, .score = {spread + 11}},
    };
    mec_status status = {0};
    run(&problem, targets, 3, &status);
    assert_ok(status);
    for (size_t i = 0; i < 20; i++) {
        double wanted = i == 0    ? all.of[MEC_SCORE_CORR][5]
                        : i == 1  ? all.of[MEC_SCORE_CORR][2]
                        : i == 10 ? all.of[MEC_SCORE_R2][0]
                                  : -7;
        assert_near(spread[i], wanted, 1e-12);
    }
    free_fixture(&f);
}

/* More targets than a block holds. */
static void blocks_of_targets_meet(void **state) {
    (void)state;
    enum { N = MEC_FIT_BLOCK + 7 };
    fixture f = make_fixture((shape){12, 9, {2, 3}, AS_IT_IS});
    double *resp = malloc(f.n_state * N * sizeof *resp);
    double *corr = malloc(N * sizeof *corr);
    uint32_t *cells = malloc(N * sizeof *cells);
    assert_true(resp && corr && cells);
    for (size_t i = 0; i < f.n_state; i++)
        for (size_t j = 0; j < N; j++)
            resp[i * N + j] = f.target_resp[i * N_TARGET + j % N_TARGET];
    for (uint32_t j = 0; j < N; j++)
        cells[j] = N - 1 - j;
    mec_population wide = {resp, f.n_state, N};
    mec_fit_target target = {.population = &wide, .cells = cells, .n = N, .score = {corr}};
    mec_map_parameters parameters = {.alpha = 1, .fit_intercept = true};
    mec_problem problem = problem_of(&f, &parameters);
    mec_status status = {0};
    run(&problem, &target, 1, &status);
    assert_ok(status);
    scores wanted = fit(&f, 1, true, false);
    for (size_t j = 0; j < N; j++)
        assert_near(corr[j], wanted.of[MEC_SCORE_CORR][cells[j] % N_TARGET], 1e-12);
    free(resp);
    free(corr);
    free(cells);
    free_fixture(&f);
}

/* A linear fit that has its states is done, and has no duality gap. */
static void every_cell_is_done_without_a_gap(void **state) {
    (void)state;
    for (size_t s = 0; s < N_SHAPE; s++) {
        fixture f = make_fixture(shapes[s]);
        mec_map_parameters parameters = {.alpha = 1, .fit_intercept = true};
        mec_problem problem = problem_of(&f, &parameters);
        int8_t outcome[N_TARGET] = {0};
        double gap[N_TARGET] = {0};
        mec_fit_target target = {.population = &f.target,
                                 .cells = all_cells,
                                 .n = N_TARGET,
                                 .gap = gap,
                                 .outcome = outcome};
        mec_status status = {0};
        run(&problem, &target, 1, &status);
        assert_ok(status);
        for (size_t j = 0; j < N_TARGET; j++) {
            assert_int_equal(outcome[j], MEC_OUTCOME_DONE);
            assert_near(gap[j], NAN, 0);
        }
        free_fixture(&f);
    }
}

static bool beat_once(void *owner) {
    int *beats = owner;
    return ++*beats > 1;
}

static void a_pulse_can_stop_it(void **state) {
    (void)state;
    fixture f = make_fixture(shapes[0]);
    int beats = 0;
    mec_pulse pulse = {beat_once, &beats};
    double corr[2 * N_TARGET];
    mec_fit_target targets[2];
    for (size_t t = 0; t < 2; t++)
        targets[t] = (mec_fit_target){.population = &f.target,
                                      .cells = all_cells,
                                      .n = N_TARGET,
                                      .score = {corr + t * N_TARGET}};
    mec_map_parameters parameters = {.alpha = 1, .fit_intercept = true};
    mec_problem problem = problem_of(&f, &parameters);
    problem.pulse = &pulse;
    mec_status status = {0};
    run(&problem, targets, 2, &status);
    assert_status(status, MEC_STOPPED, "");
    assert_int_equal(beats, 2);
    free_fixture(&f);
}

/* Source and targets are only read. */
static void data_are_not_changed(void **state) {
    (void)state;
    fixture f = make_fixture(shapes[1]);
    size_t n = f.n_state * N_TARGET;
    double *before = malloc(n * sizeof *before);
    assert_non_null(before);
    memcpy(before, f.target_resp, n * sizeof *before);
    fit(&f, 1, true, true);
    assert_memory_equal(before, f.target_resp, n * sizeof *before);
    free(before);
    free_fixture(&f);
}

int main(void) {
    mec_linalg_set_threads(1);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fits_agree_with_the_oracle),
        cmocka_unit_test(large_alphas_lose_nothing),
        cmocka_unit_test(small_alphas_are_still_solved),
        cmocka_unit_test(a_small_alpha_may_decide_alone),
        cmocka_unit_test(without_a_penalty_the_norm_is_least),
        cmocka_unit_test(a_large_offset_of_a_source_changes_nothing),
        cmocka_unit_test(scales_may_differ),
        cmocka_unit_test(a_target_without_variation_is_not_predicted),
        cmocka_unit_test(a_target_constant_on_the_test_states_has_no_corr),
        cmocka_unit_test(a_source_flat_on_the_test_states_predicts_a_constant),
        cmocka_unit_test(a_source_flat_on_the_train_states_predicts_a_constant),
        cmocka_unit_test(a_source_flat_on_one_side_or_the_other_predicts_a_constant),
        cmocka_unit_test(without_an_intercept_a_flat_source_predicts),
        cmocka_unit_test(without_an_intercept_a_source_of_zeros_predicts_zero),
        cmocka_unit_test(one_train_state_gives_the_intercept_alone),
        cmocka_unit_test(one_train_state_without_an_intercept_has_weights),
        cmocka_unit_test(no_train_or_test_state_gives_nan),
        cmocka_unit_test(lists_of_cells_land_in_their_places),
        cmocka_unit_test(blocks_of_targets_meet),
        cmocka_unit_test(every_cell_is_done_without_a_gap),
        cmocka_unit_test(a_pulse_can_stop_it),
        cmocka_unit_test(data_are_not_changed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
