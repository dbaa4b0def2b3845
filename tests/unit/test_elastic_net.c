#include <stdlib.h>
#include <string.h>

#include "maps/elastic_net.h"
#include "maps/fit.h"
#include "numerics/linalg.h"
#include "oracle.h"
#include "oracle_elastic_net.h"
#include "random.h"
#include "unit.h"

enum { MAX_N = 60, MAX_P = 120, WIDE_P = 230, N_TARGET = 4, N_TEST = 15 };

static uint64_t seed = 57;

/* What is done to the columns. */
typedef enum twist {
    AS_IT_IS,
    DOUBLED_COLUMNS,
    ZERO_COLUMNS,
    SPARSE_COUNTS,
    MEAN_COLUMNS, /* every third is the mean of the two before it */
    EXACT_TARGET, /* y is a sum of columns */
    N_TWIST,
} twist;

/* A problem, its design and a workspace. */
typedef struct fixture {
    double columns[WIDE_P * MAX_N], y[MAX_N], xy[WIDE_P], w[WIDE_P];
    mec_net_design design;
    mec_net_target target;
    mec_net_workspace *workspace;
    mec_net_weights weights;
    mec_scratch scratch;
} fixture;

static void twist_columns(fixture *f, size_t n, size_t p, twist what) {
    for (size_t j = 0; j < p; j++)
        for (size_t i = 0; i < n; i++) {
            double *x = f->columns + j * n + i;
            if (what == DOUBLED_COLUMNS && j >= p / 2)
                *x = f->columns[(j - p / 2) * n + i];
            if (what == ZERO_COLUMNS && j % 3 == 0)
                *x = 0;
            if (what == SPARSE_COUNTS)
                *x = *x > 0.7 ? floor(*x * 20) : 0;
            if (what == MEAN_COLUMNS && j % 3 == 2)
                *x = (f->columns[(j - 1) * n + i] + f->columns[(j - 2) * n + i]) / 2;
            if (what == EXACT_TARGET)
                f->y[i] = (j == 0 ? 0 : f->y[i]) + *x;
        }
}

static void centre(double *x, size_t n) {
    double mean = 0;
    mec_column_means(x, n, 1, &mean);
    mec_subtract_row(x, n, 1, &mean);
}

static void prepare(fixture *f, size_t n, size_t p, bool centred) {
    mec_status status = {0};
    mec_net_prepare(f->columns, n, p, centred, true, &f->design, &f->scratch, &status);
    f->workspace = mec_net_workspace_take(n, p, &f->scratch, &status);
    mec_net_weights_take(p, &f->weights, &f->scratch, &status);
    assert_ok(status);
    mec_multiply_vector(p, n, f->columns, n, f->y, 0.0, f->xy);
    f->target = (mec_net_target){f->y, f->xy};
}

static void start(fixture *f, size_t n, size_t p, twist what, bool centred) {
    mec_scratch_reset(&f->scratch);
    random_fill(&seed, f->columns, n * p);
    random_fill(&seed, f->y, n);
    twist_columns(f, n, p, what);
    for (size_t j = 0; j < p && centred; j++)
        centre(f->columns + j * n, n);
    if (centred)
        centre(f->y, n);
    prepare(f, n, p, centred);
}

/* Solves, with X'(y - X w) expected to be `expected` if not NULL; `w` receives all weights. */
static mec_certified solve_near(fixture *f, double alpha, double l1_ratio, bool positive,
                                const double *expected) {
    double strength = (double)f->design.n * alpha;
    mec_net_penalty penalty = {strength * l1_ratio, strength * (1 - l1_ratio), positive};
    mec_certified found = mec_net_solve_near(&f->design, &f->target, &penalty, expected, NULL,
                                             f->workspace, &f->weights);
    memset(f->w, 0, f->design.p * sizeof *f->w);
    for (size_t k = 0; k < f->weights.n; k++)
        f->w[f->weights.index[k]] = f->weights.value[k];
    return found;
}

static mec_certified solve(fixture *f, double alpha, double l1_ratio, bool positive) {
    return solve_near(f, alpha, l1_ratio, positive, NULL);
}

static oracle_net net_of(const fixture *f, double alpha, double l1_ratio, bool positive) {
    double strength = (double)f->design.n * alpha;
    return (oracle_net){f->design.n, f->design.p,         f->columns,
                        f->y,        strength * l1_ratio, strength * (1 - l1_ratio),
                        positive};
}

static const double l1_ratios[] = {1e-16, 0.01, 0.3, 0.5, 0.9, 0.99, 1};
enum { N_RATIO = sizeof l1_ratios / sizeof *l1_ratios };

static const size_t shapes[][2] = {{1, 1},  {2, 5}, {1, 4},  {3, 2},
                                   {12, 5}, {9, 9}, {8, 20}, {20, 30}};
enum { N_SHAPE = sizeof shapes / sizeof *shapes };

/* Where weights are not unique (lasso, dependent columns) predictions still are. */
static void compare_with_oracle(fixture *f, double alpha, double l1_ratio, bool positive) {
    double wanted[MAX_P];
    oracle_net net = net_of(f, alpha, l1_ratio, positive);
    oracle_net_solve(&net, wanted);
    f->weights.n = 0;
    solve(f, alpha, l1_ratio, positive);
    for (size_t i = 0; i < net.n; i++) {
        double difference = 0;
        for (size_t j = 0; j < net.p; j++)
            difference += f->columns[j * net.n + i] * (f->w[j] - wanted[j]);
        assert_near(difference, 0, 1e-8);
    }
    assert_true(oracle_net_objective(&net, f->w) <=
                oracle_net_objective(&net, wanted) * (1 + 1e-12L) + 1e-15L);
}

static void solutions_agree_with_coordinate_descent(void **state) {
    fixture *f = *state;
    const double alphas[] = {3e-3, 0.03, 0.2};
    for (size_t s = 0; s < N_SHAPE; s++)
        for (int what = 0; what < N_TWIST; what++)
            for (size_t a = 0; a < 3; a++) {
                start(f, shapes[s][0], shapes[s][1], what, (s + a) % 2);
                compare_with_oracle(f, alphas[a], l1_ratios[(s + a + (size_t)what) % N_RATIO],
                                    what % 2);
                compare_with_oracle(f, alphas[a], l1_ratios[(s * a + 3) % N_RATIO], a == 1);
            }
}

static void solutions_are_optimal(void **state) {
    fixture *f = *state;
    const double alphas[] = {1e-4, 1e-2, 0.1, 1};
    for (size_t a = 0; a < 4; a++)
        for (size_t r = 0; r < N_RATIO; r++)
            for (int positive = 0; positive < 2; positive++) {
                start(f, 40, 100, AS_IT_IS, true);
                solve(f, alphas[a], l1_ratios[r], positive);
                oracle_net net = net_of(f, alphas[a], l1_ratios[r], positive);
                assert_near(oracle_net_violation(&net, f->w), 0, 1e-12);
            }
}

/* From whatever guess, the same solution. */
static void a_guess_changes_nothing_but_the_time(void **state) {
    fixture *f = *state;
    double cold[MAX_P];
    start(f, 30, 80, AS_IT_IS, true);
    for (size_t r = 0; r < N_RATIO; r++)
        for (double alpha = 1; alpha > 1e-4; alpha /= 3) {
            mec_net_workspace_forget(f->workspace);
            f->weights.n = 0;
            solve(f, alpha, l1_ratios[r], false);
            memcpy(cold, f->w, sizeof cold);
            solve(f, alpha * 4, l1_ratios[(r + 1) % N_RATIO], false);
            solve(f, alpha, l1_ratios[r], false);
            for (size_t j = 0; j < 80; j++)
                assert_near(f->w[j], cold[j], 1e-10);
        }
}

static double random_alpha(void) {
    return pow(10, 18 * random_uniform(&seed) - 9);
}

/* Neither do expectations, be they true, false or empty. */
static void expectations_change_nothing_but_the_time(void **state) {
    fixture *f = *state;
    double cold[MAX_P];
    double expected[MAX_P];
    for (int round = 0; round < 200; round++) {
        double alpha = pow(10, 4 * random_uniform(&seed) - 4);
        double l1_ratio = l1_ratios[random_below(&seed, N_RATIO)];
        bool positive = round % 3 == 0;
        size_t p = round % 2 ? 12 : 80;
        start(f, 30, p, AS_IT_IS, round % 5 != 0);
        solve(f, alpha, l1_ratio, positive);
        memcpy(cold, f->w, sizeof cold);
        memcpy(expected, mec_net_last_products(f->workspace) + f->design.n, p * sizeof *expected);
        for (int k = 0; k < 5; k++) {
            if (k == 1 || k == 2)
                random_fill(&seed, expected, p);
            if (k == 3)
                memset(expected, 0, sizeof expected);
            if (k == 2)
                f->weights.n = 0;
            mec_certified found = solve_near(f, alpha, l1_ratio, positive, expected);
            assert_true(mec_certificate_accepts(MEC_CERTIFICATE_OBJECTIVE, 1e-9, &found));
            for (size_t j = 0; j < p; j++)
                assert_near(f->w[j], cold[j], 1e-9);
        }
    }
}

/* Every shape, every strength: certified. */
static void no_point_fails(void **state) {
    fixture *f = *state;
    for (int round = 0; round < 700; round++) {
        size_t n = 1 + random_below(&seed, round % 3 == 0 ? 5 : MAX_N);
        size_t p = 1 + random_below(&seed, round % 5 == 0 ? 4 : MAX_P);
        start(f, n, p, (twist)random_below(&seed, N_TWIST), round % 4 != 0);
        if (round % 7 == 0)
            f->design.gram = NULL;
        for (int k = 0; k < 6; k++) {
            bool positive = random_below(&seed, 4) == 0;
            double l1_ratio = random_below(&seed, 2) ? l1_ratios[random_below(&seed, N_RATIO)]
                                                     : random_uniform(&seed);
            if (positive || k % 2 == 0)
                f->weights.n = 0;
            mec_certified found = solve(f, random_alpha(), l1_ratio, positive);
            assert_true(mec_certificate_accepts(MEC_CERTIFICATE_OBJECTIVE, 1e-6, &found));
        }
    }
}

/* Columns like place fields, in states at random places: bumps with noise on them. */
static void fill_with_bumps(fixture *f, size_t n, size_t p) {
    double place[2 * MAX_N];
    random_fill(&seed, place, 2 * n);
    for (size_t j = 0; j < p; j++) {
        double middle[2];
        random_fill(&seed, middle, 2);
        double height = 20 * random_uniform(&seed);
        for (size_t i = 0; i < n; i++) {
            double dx = place[2 * i] - middle[0];
            double dy = place[2 * i + 1] - middle[1];
            f->columns[j * n + i] = height * random_uniform(&seed) * exp(-5 * (dx * dx + dy * dy));
        }
    }
}

/* A target that is zero but for one or two values, which weak penalties all but interpolate. */
static void start_spike(fixture *f, size_t n, size_t p, size_t n_spike) {
    mec_scratch_reset(&f->scratch);
    fill_with_bumps(f, n, p);
    memset(f->y, 0, sizeof f->y);
    for (size_t k = 0; k < n_spike; k++)
        f->y[random_below(&seed, n)] = 1 + random_uniform(&seed);
    for (size_t j = 0; j < p; j++)
        centre(f->columns + j * n, n);
    centre(f->y, n);
    prepare(f, n, p, true);
}

/* Newton's method takes far more steps there than elsewhere: cold, and from a stronger penalty. */
static void a_spike_is_certified(void **state) {
    fixture *f = *state;
    for (int round = 0; round < 12; round++) {
        size_t n = 40 + random_below(&seed, 16);
        start_spike(f, n, WIDE_P - random_below(&seed, 30), 1 + (size_t)round % 2);
        for (size_t r = 0; r < N_RATIO; r++)
            for (double alpha = 1e-3; alpha > 5e-13; alpha /= 10) {
                if (alpha == 1e-3 || round % 3)
                    f->weights.n = 0;
                mec_certified found = solve(f, alpha, l1_ratios[r], false);
                assert_true(mec_certificate_accepts(MEC_CERTIFICATE_OBJECTIVE, 1e-6, &found));
            }
    }
}

static void equal_columns_predict_like_one(void **state) {
    fixture *f = *state;
    double prediction[MAX_N] = {0};
    for (size_t r = 0; r < N_RATIO; r++) {
        start(f, 25, 40, DOUBLED_COLUMNS, true);
        solve(f, 0.02, l1_ratios[r], false);
        oracle_net net = net_of(f, 0.02, l1_ratios[r], false);
        double wanted[MAX_P];
        oracle_net_solve(&net, wanted);
        for (size_t i = 0; i < 25; i++) {
            prediction[i] = 0;
            for (size_t j = 0; j < 40; j++)
                prediction[i] += f->columns[j * 25 + i] * (f->w[j] - wanted[j]);
            assert_near(prediction[i], 0, 1e-9);
        }
    }
}

static void without_variation_there_are_no_weights(void **state) {
    fixture *f = *state;
    start(f, 10, 20, AS_IT_IS, true);
    memset(f->y, 0, sizeof f->y);
    memset(f->xy, 0, sizeof f->xy);
    for (size_t r = 0; r < N_RATIO; r++)
        for (double alpha = 0; alpha < 1; alpha += 0.4) {
            mec_certified found = solve(f, alpha, l1_ratios[r], false);
            assert_near(found.gap, 0, 0);
            for (size_t j = 0; j < 20; j++)
                assert_near(f->w[j], 0, 0);
        }
}

/* alpha = 0: the least squares solution of least norm. */
static void without_a_penalty_the_norm_is_least(void **state) {
    fixture *f = *state;
    for (int what = 0; what < N_TWIST; what++)
        for (size_t s = 0; s < N_SHAPE; s++) {
            size_t n = shapes[s][0];
            size_t p = shapes[s][1];
            double x[30 * 30];
            double prediction[30];
            double intercept = 0;
            start(f, n, p, what, false);
            for (size_t i = 0; i < n * p; i++)
                x[i] = f->columns[i % p * n + i / p];
            /* Unit test states show the weights themselves. */
            double *unit = calloc(p * p, sizeof *unit);
            assert_non_null(unit);
            for (size_t j = 0; j < p; j++)
                unit[j * p + j] = 1;
            oracle_ridge(x, n, p, f->y, unit, p, 0, false, prediction, &intercept);
            mec_certified found = solve(f, 0, 1, false);
            assert_true(mec_certificate_accepts(MEC_CERTIFICATE_OBJECTIVE, 1e-6, &found));
            for (size_t j = 0; j < p; j++)
                assert_near(f->w[j], prediction[j], 1e-8);
            free(unit);
        }
}

static void positive_least_squares_are_certified(void **state) {
    fixture *f = *state;
    for (int round = 0; round < 60; round++) {
        start(f, 5 + random_below(&seed, 25), 1 + random_below(&seed, 40), (twist)(round % N_TWIST),
              round % 2);
        mec_certified found = solve(f, 0, 1, true);
        assert_true(mec_certificate_accepts(MEC_CERTIFICATE_SKLEARN, 1e-4, &found));
        for (size_t j = 0; j < f->design.p; j++)
            assert_true(f->w[j] >= 0);
    }
}

/* ---- the maps ---- */

/* A source of one population and a target, all states finite. */
typedef struct animals {
    double x[40 * 50], y[40 * N_TARGET];
    uint32_t order[40], cells[N_TARGET];
    mec_population source_population, target;
    const mec_population *parts[1];
    mec_source source;
    double corr[N_TARGET], mse[N_TARGET], gap[N_TARGET];
    int8_t outcome[N_TARGET];
} animals;

static const size_t n_train = 25, n_cell = 50;

static void start_animals(animals *a) {
    size_t n_state = n_train + N_TEST;
    random_fill(&seed, a->x, n_state * n_cell);
    random_fill(&seed, a->y, n_state * N_TARGET);
    for (size_t i = 0; i < n_state; i++)
        for (size_t j = 0; j < N_TARGET; j++)
            a->y[i * N_TARGET + j] += 2 * a->x[i * n_cell + j] + 5;
    random_order(&seed, a->order, n_state);
    for (size_t j = 0; j < N_TARGET; j++)
        a->cells[j] = (uint32_t)j;
    a->source_population = (mec_population){a->x, n_state, n_cell};
    a->target = (mec_population){a->y, n_state, N_TARGET};
    a->parts[0] = &a->source_population;
    a->source = (mec_source){.parts = a->parts, .n_part = 1, .n_cell = n_cell};
}

static mec_code fit(animals *a, const mec_map *map, const mec_map_parameters *parameters,
                    const mec_pulse *pulse) {
    mec_problem problem = {.source = &a->source,
                           .train = a->order,
                           .test = a->order + n_train,
                           .n_train = n_train,
                           .n_test = N_TEST,
                           .parameters = parameters,
                           .pulse = pulse};
    mec_fit run = {.problem = &problem, .map = map};
    mec_fit_target target = {.population = &a->target,
                             .cells = a->cells,
                             .n = N_TARGET,
                             .score = {[MEC_SCORE_CORR] = a->corr, [MEC_SCORE_MSE] = a->mse},
                             .gap = a->gap,
                             .outcome = a->outcome};
    mec_fit_workspace workspace = {0};
    mec_status status = {0};
    mec_fit_run(&run, &target, 1, &workspace, &status);
    mec_fit_workspace_release(&workspace);
    return status.code;
}

/* The mean squared error of one target by the oracle. */
static double mse_by_oracle(const animals *a, size_t cell, double alpha, double l1_ratio,
                            bool intercept) {
    static double columns[50 * 25];
    double y[25];
    double mean[50] = {0};
    double mean_y = 0;
    double w[50];
    double mse = 0;
    for (size_t i = 0; i < n_train && intercept; i++) {
        mean_y += a->y[a->order[i] * N_TARGET + cell] / (double)n_train;
        for (size_t j = 0; j < n_cell; j++)
            mean[j] += a->x[a->order[i] * n_cell + j] / (double)n_train;
    }
    for (size_t i = 0; i < n_train; i++) {
        y[i] = a->y[a->order[i] * N_TARGET + cell] - mean_y;
        for (size_t j = 0; j < n_cell; j++)
            columns[j * n_train + i] = a->x[a->order[i] * n_cell + j] - mean[j];
    }
    oracle_net net = {n_train,
                      n_cell,
                      columns,
                      y,
                      (double)n_train * alpha * l1_ratio,
                      (double)n_train * alpha * (1 - l1_ratio),
                      false};
    oracle_net_solve(&net, w);
    for (size_t i = 0; i < N_TEST; i++) {
        const double *x = a->x + a->order[n_train + i] * n_cell;
        double error = mean_y - a->y[a->order[n_train + i] * N_TARGET + cell];
        for (size_t j = 0; j < n_cell; j++)
            error += (x[j] - mean[j]) * w[j];
        mse += error * error / N_TEST;
    }
    return mse;
}

static mec_map_parameters parameters_of(double alpha, double l1_ratio) {
    return (mec_map_parameters){
        .alpha = alpha, .l1_ratio = {1, {l1_ratio}}, .fit_intercept = true, .tol = NAN};
}

static void maps_fit_their_objectives(void **state) {
    (void)state;
    const mec_map *maps[] = {&mec_lasso, &mec_lasso_lars, &mec_elastic_net};
    animals a;
    start_animals(&a);
    for (size_t k = 0; k < 3; k++)
        for (int intercept = 0; intercept < 2; intercept++) {
            mec_map_parameters parameters = parameters_of(0.1, 0.3);
            parameters.fit_intercept = intercept;
            assert_int_equal(fit(&a, maps[k], &parameters, NULL), MEC_OK);
            for (size_t j = 0; j < N_TARGET; j++) {
                double wanted = mse_by_oracle(&a, j, 0.1, k == 2 ? 0.3 : 1, intercept);
                assert_near(a.mse[j], wanted, 1e-9 * wanted);
                assert_int_equal(a.outcome[j], MEC_OUTCOME_DONE);
                assert_true(a.gap[j] <= 1e-12);
            }
        }
}

static void a_target_without_variation_is_done(void **state) {
    (void)state;
    animals a;
    start_animals(&a);
    for (size_t i = 0; i < n_train; i++)
        a.y[a.order[i] * N_TARGET + 1] = 0.1;
    mec_map_parameters parameters = parameters_of(0.1, 0.5);
    fit(&a, &mec_elastic_net, &parameters, NULL);
    assert_near(a.corr[1], NAN, 0);
    assert_near(a.gap[1], 0, 0);
    assert_int_equal(a.outcome[1], MEC_OUTCOME_DONE);
    assert_true(isfinite(a.mse[1]));
}

/* A tolerance that no arithmetic can meet. */
static void what_is_not_certified_is_not_scored(void **state) {
    (void)state;
    animals a;
    start_animals(&a);
    mec_map_parameters parameters = parameters_of(0.05, 0.5);
    parameters.tol = 1e-40;
    fit(&a, &mec_lasso, &parameters, NULL);
    for (size_t j = 0; j < N_TARGET; j++) {
        assert_int_equal(a.outcome[j], MEC_OUTCOME_GAP_ABOVE_TOL);
        assert_near(a.corr[j], NAN, 0);
        assert_true(a.gap[j] > 0 && a.gap[j] < 1e-12);
    }
}

static bool beat(void *owner) {
    int *beats = owner;
    return ++*beats > 3;
}

static void a_pulse_can_stop_it(void **state) {
    (void)state;
    animals a;
    int beats = 0;
    mec_pulse pulse = {beat, &beats};
    mec_map_parameters parameters = parameters_of(0.05, 0.5);
    start_animals(&a);
    assert_int_equal(fit(&a, &mec_lasso, &parameters, &pulse), MEC_STOPPED);
    assert_int_equal(beats, 4);
}

int main(void) {
    mec_linalg_set_threads(1);
    static fixture f;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_prestate(solutions_agree_with_coordinate_descent, &f),
        cmocka_unit_test_prestate(solutions_are_optimal, &f),
        cmocka_unit_test_prestate(a_guess_changes_nothing_but_the_time, &f),
        cmocka_unit_test_prestate(expectations_change_nothing_but_the_time, &f),
        cmocka_unit_test_prestate(no_point_fails, &f),
        cmocka_unit_test_prestate(equal_columns_predict_like_one, &f),
        cmocka_unit_test_prestate(without_variation_there_are_no_weights, &f),
        cmocka_unit_test_prestate(without_a_penalty_the_norm_is_least, &f),
        cmocka_unit_test_prestate(positive_least_squares_are_certified, &f),
        cmocka_unit_test_prestate(a_spike_is_certified, &f),
        cmocka_unit_test(maps_fit_their_objectives),
        cmocka_unit_test(a_target_without_variation_is_done),
        cmocka_unit_test(what_is_not_certified_is_not_scored),
        cmocka_unit_test(a_pulse_can_stop_it),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    mec_scratch_release(&f.scratch);
    return failed;
}
