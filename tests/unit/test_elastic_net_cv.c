#include <stdlib.h>
#include <string.h>

#include "maps/fit.h"
#include "numerics/linalg.h"
#include "oracle_elastic_net.h"
#include "random.h"
#include "unit.h"

enum { N_STATE = 30, N_TRAIN = 17, N_TEST = N_STATE - N_TRAIN, N_CELL = 8, N_TARGET = 3 };
enum { MAX_ALPHA = 12 };

static uint64_t seed = 71;

typedef struct animals {
    double x[N_STATE * N_CELL], y[N_STATE * N_TARGET];
    uint32_t order[N_STATE], cells[N_TARGET];
    mec_population source_population, target;
    const mec_population *parts[1];
    mec_source source;
    double mse[N_TARGET], gap[N_TARGET];
    int8_t outcome[N_TARGET];
} animals;

static void start(animals *a) {
    random_fill(&seed, a->x, N_STATE * N_CELL);
    random_fill(&seed, a->y, N_STATE * N_TARGET);
    for (size_t i = 0; i < N_STATE; i++)
        for (size_t j = 0; j < N_TARGET; j++)
            a->y[i * N_TARGET + j] += a->x[i * N_CELL + j] + 0.5 * a->x[i * N_CELL + 5] + 3;
    random_order(&seed, a->order, N_STATE);
    for (size_t j = 0; j < N_TARGET; j++)
        a->cells[j] = (uint32_t)j;
    a->source_population = (mec_population){a->x, N_STATE, N_CELL};
    a->target = (mec_population){a->y, N_STATE, N_TARGET};
    a->parts[0] = &a->source_population;
    a->source = (mec_source){.parts = a->parts, .n_part = 1, .n_cell = N_CELL};
}

static mec_code fit(animals *a, const mec_map *map, const mec_map_parameters *parameters,
                    size_t n_train, const mec_pulse *pulse) {
    mec_problem problem = {.source = &a->source,
                           .train = a->order,
                           .test = a->order + N_TRAIN,
                           .n_train = n_train,
                           .n_test = N_TEST,
                           .parameters = parameters,
                           .pulse = pulse};
    mec_fit run = {.problem = &problem, .map = map};
    mec_fit_target target = {.population = &a->target,
                             .cells = a->cells,
                             .n = N_TARGET,
                             .score = {[MEC_SCORE_MSE] = a->mse},
                             .gap = a->gap,
                             .outcome = a->outcome};
    mec_fit_workspace workspace = {0};
    mec_status status = {0};
    mec_fit_run(&run, &target, 1, &workspace, &status);
    mec_fit_workspace_release(&workspace);
    return status.code;
}

/* ---- the same by plain loops ---- */

/* What is fitted on some states, by the oracle, and the error on others. */
typedef struct plain {
    const animals *a;
    size_t cell;
    bool intercept, positive;
} plain;

/* The states of `order` in [0, n_train) but not in [first, last), centred; the largest correlation
 * is left in `*largest`. Returns the mean squared error on the states from `test` (n_test). */
static double error_of(const plain *c, size_t n_train, size_t first, size_t last,
                       const uint32_t *test, size_t n_test, double alpha, double l1_ratio,
                       double *largest) {
    double columns[N_CELL * N_TRAIN];
    double y[N_TRAIN];
    double mean[N_CELL + 1] = {0};
    double w[N_CELL];
    double mse = 0;
    size_t n = n_train - (last - first);
    for (int pass = 0; pass < 2; pass++)
        for (size_t i = 0, row = 0; i < n_train; i++) {
            if (i >= first && i < last)
                continue;
            const double *x = c->a->x + c->a->order[i] * N_CELL;
            double target = c->a->y[c->a->order[i] * N_TARGET + c->cell];
            for (size_t j = 0; j < N_CELL && pass == 1; j++)
                columns[j * n + row] = x[j] - mean[j];
            for (size_t j = 0; j < N_CELL && pass == 0 && c->intercept; j++)
                mean[j] += x[j] / (double)n;
            if (pass == 1)
                y[row] = target - mean[N_CELL];
            else if (c->intercept)
                mean[N_CELL] += target / (double)n;
            row++;
        }
    *largest = 0;
    for (size_t j = 0; j < N_CELL; j++) {
        double xy = mec_dot(n, columns + j * n, y);
        *largest = fmax(*largest, (c->positive ? xy : fabs(xy)) / (double)n);
    }
    oracle_net net = {n,
                      N_CELL,
                      columns,
                      y,
                      (double)n * alpha * l1_ratio,
                      (double)n * alpha * (1 - l1_ratio),
                      c->positive};
    oracle_net_solve(&net, w);
    for (size_t i = 0; i < n_test; i++) {
        double error = mean[N_CELL] - c->a->y[test[i] * N_TARGET + c->cell];
        for (size_t j = 0; j < N_CELL; j++)
            error += (c->a->x[test[i] * N_CELL + j] - mean[j]) * w[j];
        mse += error * error / (double)n_test;
    }
    return mse;
}

/* The test error after cross-validation. */
static double cross_validate(const plain *c, const mec_map_parameters *p, const mec_reals *ratios,
                             size_t n_fold, size_t n_alpha) {
    double best_mse = INFINITY;
    double alpha = 0;
    double l1_ratio = 0;
    double largest = 0;
    double ignored = 0;
    const uint32_t *order = c->a->order;
    error_of(c, N_TRAIN, 0, 0, order, 1, 1, 1, &largest);
    for (size_t r = 0; r < ratios->n; r++)
        for (size_t k = 0; k < n_alpha; k++) {
            double top = largest / ratios->values[r];
            double tried = p->alphas.n > 0 ? p->alphas.values[k]
                                           : top * pow(p->eps, (double)k / (double)(n_alpha - 1));
            double mse = 0;
            for (size_t f = 0, first = 0; f < n_fold; f++) {
                size_t size = N_TRAIN / n_fold + (f < N_TRAIN % n_fold);
                mse += error_of(c, N_TRAIN, first, first + size, order + first, size, tried,
                                ratios->values[r], &ignored);
                first += size;
            }
            if (mse < best_mse * (1 - 1e-12)) {
                best_mse = mse;
                alpha = tried;
                l1_ratio = ratios->values[r];
            }
        }
    return error_of(c, N_TRAIN, 0, 0, order + N_TRAIN, N_TEST, alpha, l1_ratio, &ignored);
}

static mec_map_parameters parameters_of(size_t n_alpha, size_t n_fold) {
    return (mec_map_parameters){.fit_intercept = true,
                                .tol = NAN,
                                .eps = 1e-2,
                                .n_alphas = (int64_t)n_alpha,
                                .cv = (int64_t)n_fold};
}

static void choices_are_those_of_plain_loops(void **state) {
    (void)state;
    animals a;
    for (int round = 0; round < 12; round++) {
        mec_map_parameters parameters = parameters_of(MAX_ALPHA, round % 2 ? 5 : 3);
        mec_reals lasso = {1, {1}};
        bool is_lasso = round % 3 == 0;
        parameters.fit_intercept = round % 4 != 1;
        parameters.positive = round % 4 == 2;
        parameters.certificate = round % 2 ? MEC_CERTIFICATE_SKLEARN : MEC_CERTIFICATE_OBJECTIVE;
        parameters.l1_ratio =
            round % 3 == 1 ? (mec_reals){1, {0.5}} : (mec_reals){3, {0.2, 0.7, 1}};
        start(&a);
        assert_int_equal(
            fit(&a, is_lasso ? &mec_lasso_cv : &mec_elastic_net_cv, &parameters, N_TRAIN, NULL),
            MEC_OK);
        for (size_t j = 0; j < N_TARGET; j++) {
            plain c = {&a, j, parameters.fit_intercept, parameters.positive};
            double wanted =
                cross_validate(&c, &parameters, is_lasso ? &lasso : &parameters.l1_ratio,
                               (size_t)parameters.cv, MAX_ALPHA);
            assert_near(a.mse[j], wanted, 1e-8 * wanted);
            assert_int_equal(a.outcome[j], MEC_OUTCOME_DONE);
            assert_true(a.gap[j] <= 1e-10);
        }
    }
}

/* In any order; the largest is tried first. */
static void alphas_may_be_given(void **state) {
    (void)state;
    animals a;
    start(&a);
    mec_map_parameters parameters = parameters_of(100, 4);
    parameters.alphas = (mec_reals){4, {1, 0.3, 0.05, 0.01}};
    mec_map_parameters turned = parameters;
    turned.alphas = (mec_reals){4, {0.05, 1, 0.01, 0.3}};
    mec_reals lasso = {1, {1}};
    fit(&a, &mec_lasso_cv, &turned, N_TRAIN, NULL);
    for (size_t j = 0; j < N_TARGET; j++) {
        plain c = {&a, j, true, false};
        double wanted = cross_validate(&c, &parameters, &lasso, 4, 4);
        assert_near(a.mse[j], wanted, 1e-9 * wanted);
    }
}

/* alpha = 0 may be among them. */
static void least_squares_may_be_among_the_alphas(void **state) {
    (void)state;
    animals a;
    start(&a);
    mec_map_parameters parameters = parameters_of(100, 4);
    parameters.alphas = (mec_reals){1, {0}};
    fit(&a, &mec_elastic_net_cv, &parameters, N_TRAIN, NULL);
    for (size_t j = 0; j < N_TARGET; j++) {
        double ignored = 0;
        plain c = {&a, j, true, false};
        double wanted = error_of(&c, N_TRAIN, 0, 0, a.order + N_TRAIN, N_TEST, 0, 1, &ignored);
        assert_near(a.mse[j], wanted, 1e-9 * wanted);
        assert_int_equal(a.outcome[j], MEC_OUTCOME_DONE);
    }
}

static void defaults_are_those_of_scikit_learn(void **state) {
    (void)state;
    animals a;
    double mse[N_TARGET];
    start(&a);
    mec_map_parameters given = parameters_of(100, 5);
    given.eps = 1e-3;
    given.l1_ratio = (mec_reals){1, {0.5}};
    mec_map_parameters left_out = {
        .fit_intercept = true, .tol = NAN, .eps = NAN, .n_alphas = MEC_AUTO, .cv = MEC_AUTO};
    fit(&a, &mec_elastic_net_cv, &given, N_TRAIN, NULL);
    memcpy(mse, a.mse, sizeof mse);
    fit(&a, &mec_elastic_net_cv, &left_out, N_TRAIN, NULL);
    for (size_t j = 0; j < N_TARGET; j++)
        assert_near(a.mse[j], mse[j], 0);
}

static void fewer_states_than_folds_fail(void **state) {
    (void)state;
    animals a;
    start(&a);
    mec_map_parameters parameters = parameters_of(10, 5);
    assert_int_equal(fit(&a, &mec_lasso_cv, &parameters, 4, NULL), MEC_OK);
    for (size_t j = 0; j < N_TARGET; j++) {
        assert_int_equal(a.outcome[j], MEC_OUTCOME_FAILED);
        assert_near(a.mse[j], NAN, 0);
        assert_near(a.gap[j], NAN, 0);
    }
    assert_int_equal(fit(&a, &mec_lasso_cv, &parameters, 5, NULL), MEC_OK);
    for (size_t j = 0; j < N_TARGET; j++)
        assert_int_equal(a.outcome[j], MEC_OUTCOME_DONE);
}

static void a_target_without_variation_gets_its_mean(void **state) {
    (void)state;
    animals a;
    start(&a);
    for (size_t i = 0; i < N_STATE; i++)
        a.y[i * N_TARGET + 1] = 0.1;
    mec_map_parameters parameters = parameters_of(10, 5);
    fit(&a, &mec_lasso_cv, &parameters, N_TRAIN, NULL);
    assert_near(a.mse[1], 0, 0);
    assert_near(a.gap[1], 0, 0);
    assert_int_equal(a.outcome[1], MEC_OUTCOME_DONE);
}

/* No alphas follow from an l1_ratio of 0. */
static void a_path_needs_an_l1_penalty(void **state) {
    (void)state;
    animals a;
    start(&a);
    mec_map_parameters parameters = parameters_of(10, 5);
    parameters.l1_ratio = (mec_reals){1, {0}};
    fit(&a, &mec_elastic_net_cv, &parameters, N_TRAIN, NULL);
    for (size_t j = 0; j < N_TARGET; j++)
        assert_int_equal(a.outcome[j], MEC_OUTCOME_FAILED);
}

static void what_is_not_certified_is_not_scored(void **state) {
    (void)state;
    animals a;
    start(&a);
    mec_map_parameters parameters = parameters_of(10, 5);
    parameters.tol = 1e-40;
    fit(&a, &mec_lasso_cv, &parameters, N_TRAIN, NULL);
    for (size_t j = 0; j < N_TARGET; j++) {
        assert_int_equal(a.outcome[j], MEC_OUTCOME_GAP_ABOVE_TOL);
        assert_near(a.mse[j], NAN, 0);
        assert_true(a.gap[j] > 0 && a.gap[j] < 1e-10);
    }
}

static bool beat(void *owner) {
    int *beats = owner;
    return ++*beats > 4;
}

static void a_pulse_can_stop_it(void **state) {
    (void)state;
    animals a;
    int beats = 0;
    mec_pulse pulse = {beat, &beats};
    start(&a);
    mec_map_parameters parameters = parameters_of(10, 5);
    assert_int_equal(fit(&a, &mec_lasso_cv, &parameters, N_TRAIN, &pulse), MEC_STOPPED);
    assert_int_equal(beats, 5);
}

int main(void) {
    mec_linalg_set_threads(1);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(choices_are_those_of_plain_loops),
        cmocka_unit_test(alphas_may_be_given),
        cmocka_unit_test(least_squares_may_be_among_the_alphas),
        cmocka_unit_test(defaults_are_those_of_scikit_learn),
        cmocka_unit_test(fewer_states_than_folds_fail),
        cmocka_unit_test(a_target_without_variation_gets_its_mean),
        cmocka_unit_test(a_path_needs_an_l1_penalty),
        cmocka_unit_test(what_is_not_certified_is_not_scored),
        cmocka_unit_test(a_pulse_can_stop_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
