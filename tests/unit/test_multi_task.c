#include <float.h>
#include <stdlib.h>
#include <string.h>

#include "maps/fit.h"
#include "maps/multi_task_solver.h"
#include "numerics/linalg.h"
#include "oracle.h"
#include "oracle_multi_task.h"
#include "random.h"
#include "unit.h"

static uint64_t seed = 41;

typedef enum twist {
    AS_IT_IS,
    DOUBLED_COLUMNS,
    ZERO_COLUMN,
    CONSTANT_TARGET,
    CONSTANT_TARGETS, /* all of them */
} twist;

typedef struct shape {
    size_t n_train, n_test, p, m;
    twist twist;
} shape;

/* A source, targets that a few of its columns explain in part, and a split. */
typedef struct fixture {
    shape shape;
    size_t n_state;
    double *x, *y; /* (n_state, p), (n_state, m) */
    uint32_t *order;
    mec_population source_population, target;
    const mec_population *parts[1];
    mec_source source;
    mec_map_parameters parameters;
    mec_problem problem;
    /* What a fit gives. */
    double *prediction, *gap;
    int8_t *outcome;
} fixture;

static double *room(size_t n) {
    double *a = calloc(n + 1, sizeof *a);
    assert_non_null(a);
    return a;
}

static void twist_columns(fixture *f) {
    size_t p = f->shape.p;
    size_t m = f->shape.m;
    for (size_t i = 0; i < f->n_state; i++) {
        for (size_t j = 0; j < p / 2 && f->shape.twist == DOUBLED_COLUMNS; j++)
            f->x[i * p + p / 2 + j] = f->x[i * p + j];
        if (f->shape.twist == ZERO_COLUMN)
            f->x[i * p] = 0;
    }
    for (size_t i = 0; i < f->shape.n_train; i++)
        for (size_t k = 0; k < m; k++)
            if (f->shape.twist == CONSTANT_TARGETS || (f->shape.twist == CONSTANT_TARGET && k == 1))
                f->y[f->order[i] * m + k] = 0.1;
}

static fixture *make_fixture(shape s) {
    fixture *f = calloc(1, sizeof *f);
    assert_non_null(f);
    f->shape = s;
    f->n_state = s.n_train + s.n_test;
    f->x = room(f->n_state * s.p);
    f->y = room(f->n_state * s.m);
    f->order = malloc(f->n_state * sizeof *f->order);
    f->prediction = room(s.n_test * s.m);
    f->gap = room(s.m);
    f->outcome = malloc(s.m);
    assert_true(f->order && f->outcome);
    random_fill(&seed, f->x, f->n_state * s.p);
    random_fill(&seed, f->y, f->n_state * s.m);
    random_order(&seed, f->order, f->n_state);
    for (size_t i = 0; i < f->n_state; i++)
        for (size_t k = 0; k < s.m; k++)
            f->y[i * s.m + k] += 2 * f->x[i * s.p + k % s.p] - f->x[i * s.p + s.p / 2] + 3;
    twist_columns(f);
    f->source_population = (mec_population){f->x, f->n_state, s.p};
    f->target = (mec_population){f->y, f->n_state, s.m};
    f->parts[0] = &f->source_population;
    f->source = (mec_source){.parts = f->parts, .n_part = 1, .n_cell = s.p};
    f->problem = (mec_problem){.source = &f->source,
                               .train = f->order,
                               .test = f->order + s.n_train,
                               .n_train = s.n_train,
                               .n_test = s.n_test,
                               .parameters = &f->parameters};
    return f;
}

static void free_fixture(fixture *f) {
    free(f->x);
    free(f->y);
    free(f->order);
    free(f->prediction);
    free(f->gap);
    free(f->outcome);
    free(f);
}

static mec_map_parameters parameters_of(double alpha, double l1_ratio, bool intercept) {
    return (mec_map_parameters){.alpha = alpha,
                                .l1_ratio = {.n = 1, .values = {l1_ratio}},
                                .fit_intercept = intercept,
                                .tol = NAN,
                                .certificate = MEC_CERTIFICATE_OBJECTIVE};
}

/* Train (or test) states of a matrix with `width` columns, less their train means if asked for. */
static double *part_of(const fixture *f, const double *a, size_t width, bool train, bool centred) {
    size_t n = train ? f->shape.n_train : f->shape.n_test;
    const uint32_t *states = train ? f->problem.train : f->problem.test;
    double *out = room(n * width);
    double *mean = room(width);
    double *all = room(f->shape.n_train * width);
    mec_population population = {a, f->n_state, width};
    uint32_t *columns = malloc(width * sizeof *columns);
    assert_non_null(columns);
    for (size_t j = 0; j < width; j++)
        columns[j] = (uint32_t)j;
    mec_population_gather(&population, columns, width, states, n, out);
    mec_population_gather(&population, columns, width, f->problem.train, f->shape.n_train, all);
    mec_column_means(all, f->shape.n_train, width, mean);
    if (centred)
        mec_subtract_row(out, n, width, mean);
    free(mean);
    free(all);
    free(columns);
    return out;
}

static mec_code try_fit(fixture *f, mec_map_parameters parameters, mec_status *status) {
    const mec_map *map =
        parameters.l1_ratio.values[0] == 1 ? &mec_multi_task_lasso : &mec_multi_task_elastic_net;
    mec_scratch first = {0};
    mec_scratch second = {0};
    void *prepared = NULL;
    double *y = part_of(f, f->y, f->shape.m, true, parameters.fit_intercept);
    mec_block block = {
        .m = f->shape.m, .y = y, .prediction = f->prediction, .gap = f->gap, .outcome = f->outcome};
    f->parameters = parameters;
    memset(f->outcome, MEC_OUTCOME_DONE, f->shape.m);
    if (map->prepare(&f->problem, &first, &prepared, status) == MEC_OK)
        map->predict(prepared, &block, &second, status);
    mec_scratch_release(&first);
    mec_scratch_release(&second);
    free(y);
    return status->code;
}

static void fit(fixture *f, mec_map_parameters parameters) {
    mec_status status = {0};
    try_fit(f, parameters, &status);
    assert_ok(status);
}

static void assert_accepted(const fixture *f, double tol) {
    for (size_t k = 0; k < f->shape.m; k++) {
        assert_int_equal(f->outcome[k], MEC_OUTCOME_DONE);
        assert_true(f->gap[k] <= tol);
        assert_true(f->gap[k] == f->gap[0]);
    }
}

/* Largest difference to `wanted` (n_test, m), relative to its largest value. */
static void compare(const fixture *f, const double *wanted, double tolerance) {
    double largest = 0;
    size_t n = f->shape.n_test * f->shape.m;
    for (size_t i = 0; i < n; i++)
        largest = fmax(largest, fabs(wanted[i]));
    for (size_t i = 0; i < n; i++)
        assert_near(f->prediction[i], wanted[i], tolerance * largest);
}

static void predict(const fixture *f, const double *w, bool intercept, double *prediction) {
    size_t p = f->shape.p;
    size_t m = f->shape.m;
    double *x = part_of(f, f->x, p, false, intercept);
    for (size_t i = 0; i < f->shape.n_test; i++)
        for (size_t k = 0; k < m; k++) {
            prediction[i * m + k] = 0;
            for (size_t j = 0; j < p; j++)
                prediction[i * m + k] += x[i * p + j] * w[j * m + k];
        }
    free(x);
}

static void compare_with_oracle(shape s, double alpha, double l1_ratio, bool intercept) {
    fixture *f = make_fixture(s);
    double *x = part_of(f, f->x, s.p, true, intercept);
    double *y = part_of(f, f->y, s.m, true, intercept);
    double *w = room(s.p * s.m);
    double *wanted = room(s.n_test * s.m);
    double scale = (double)s.n_train * alpha;
    oracle_multi_task(x, y, s.n_train, s.p, s.m, scale * l1_ratio, scale * (1 - l1_ratio), w);
    predict(f, w, intercept, wanted);
    fit(f, parameters_of(alpha, l1_ratio, intercept));
    assert_accepted(f, 1e-12);
    compare(f, wanted, 1e-8);
    free(x);
    free(y);
    free(w);
    free(wanted);
    free_fixture(f);
}

static const shape shapes[] = {
    {40, 9, 8, 5, AS_IT_IS},         {10, 9, 25, 4, AS_IT_IS},
    {12, 5, 12, 3, AS_IT_IS},        {40, 9, 10, 5, DOUBLED_COLUMNS},
    {10, 9, 24, 4, DOUBLED_COLUMNS}, {40, 9, 8, 5, ZERO_COLUMN},
    {10, 9, 20, 4, ZERO_COLUMN},     {30, 9, 8, 5, CONSTANT_TARGET},
    {9, 9, 20, 4, CONSTANT_TARGET},  {30, 9, 4, 12, AS_IT_IS}, /* more targets than sources, */
    {6, 9, 15, 20, AS_IT_IS},                                  /* or than train states */
    {20, 300, 7, 2, AS_IT_IS}, /* more test states than are gathered at a time */
    {2, 5, 3, 4, AS_IT_IS},          {20, 5, 1, 3, AS_IT_IS},
    {60, 5, 90, 6, AS_IT_IS}, /* more groups than are filled at a time */
};
enum { N_SHAPE = sizeof shapes / sizeof *shapes };

static void fits_agree_with_the_oracle(void **state) {
    (void)state;
    const double alphas[] = {0.1, 0.4};
    const double l1_ratios[] = {1, 0.5, 0.1};
    for (size_t s = 0; s < N_SHAPE; s++)
        for (size_t a = 0; a < 2; a++)
            for (size_t l = 0; l < 3; l++)
                compare_with_oracle(shapes[s], alphas[a], l1_ratios[l], (s + a + l) % 2);
}

/* Smaller penalties: the oracle has no hope, but the certificate and the conditions of optimality
 * need none. */
static void tiny_alphas_are_solved(void **state) {
    (void)state;
    const double alphas[] = {1e-2, 1e-4, 1e-6, 1e-9};
    const double l1_ratios[] = {1, 0.5, 1e-3, 1e-16};
    for (size_t s = 0; s < N_SHAPE; s++)
        for (size_t a = 0; a < 4; a++)
            for (size_t l = 0; l < 4; l++)
                for (int intercept = 0; intercept < 2; intercept++) {
                    fixture *f = make_fixture(shapes[s]);
                    fit(f, parameters_of(alphas[a], l1_ratios[l], intercept));
                    assert_accepted(f, alphas[a] <= 1e-4 ? 1e-6 : 1e-9);
                    free_fixture(f);
                }
}

static void without_an_l1_penalty_it_is_ridge(void **state) {
    (void)state;
    const double alphas[] = {0, 1e-3, 1, 1e6, 1e200};
    for (size_t s = 0; s < N_SHAPE; s++)
        for (size_t a = 0; a < 5; a++)
            for (int intercept = 0; intercept < 2; intercept++) {
                fixture *f = make_fixture(shapes[s]);
                size_t m = shapes[s].m;
                size_t n = shapes[s].n_train;
                size_t n_test = shapes[s].n_test;
                double *x = part_of(f, f->x, shapes[s].p, true, false);
                double *x_test = part_of(f, f->x, shapes[s].p, false, false);
                double *y = part_of(f, f->y, m, true, false);
                double *column = room(n);
                double *prediction = room(n_test);
                double *wanted = room(n_test * m);
                for (size_t k = 0; k < m; k++) {
                    double b = 0;
                    for (size_t i = 0; i < n; i++)
                        column[i] = y[i * m + k];
                    oracle_ridge(x, n, shapes[s].p, column, x_test, n_test, (double)n * alphas[a],
                                 intercept, prediction, &b);
                    for (size_t i = 0; i < n_test; i++)
                        wanted[i * m + k] = prediction[i];
                }
                fit(f, parameters_of(alphas[a], alphas[a] == 0 && s % 2 ? 1 : 0, intercept));
                assert_accepted(f, 1e-12);
                compare(f, wanted, 1e-8);
                free(x);
                free(x_test);
                free(y);
                free(column);
                free(prediction);
                free(wanted);
                free_fixture(f);
            }
}

static void one_target_is_the_elastic_net(void **state) {
    (void)state;
    for (size_t s = 0; s < 6; s++) {
        shape one = shapes[s];
        one.m = 1;
        fixture *f = make_fixture(one);
        double *x = part_of(f, f->x, one.p, true, true);
        double *y = part_of(f, f->y, 1, true, true);
        double *w = room(one.p);
        double *wanted = room(one.n_test);
        double scale = (double)one.n_train * 0.1;
        oracle_elastic_net(x, y, one.n_train, one.p, scale * 0.7, scale * (1 - 0.7), w);
        predict(f, w, true, wanted);
        fit(f, parameters_of(0.1, 0.7, true));
        compare(f, wanted, 1e-9);
        free(x);
        free(y);
        free(w);
        free(wanted);
        free_fixture(f);
    }
}

/* Gradients balance the penalties: exactly along non-zero groups, within lam1 at the others. Of
 * equal sources one may have next to no weights: their direction then hardly matters. */
static void check_optimality(const double *x, const double *y, shape s, const double *w,
                             mec_multi_task_penalty penalty) {
    double tolerance = s.twist == DOUBLED_COLUMNS ? 1e-5 : 1e-7;
    for (size_t j = 0; j < s.p; j++) {
        double norm_w = 0;
        double norm_c = 0;
        double off = 0;
        double c[32] = {0};
        for (size_t k = 0; k < s.m; k++) {
            norm_w += w[j * s.m + k] * w[j * s.m + k];
            for (size_t i = 0; i < s.n_train; i++) {
                double residual = y[i * s.m + k];
                for (size_t l = 0; l < s.p; l++)
                    residual -= x[i * s.p + l] * w[l * s.m + k];
                c[k] += x[i * s.p + j] * residual;
            }
            norm_c += c[k] * c[k];
        }
        for (size_t k = 0; k < s.m && norm_w > 0; k++)
            off += pow(c[k] - w[j * s.m + k] * (penalty.lam2 + penalty.lam1 / sqrt(norm_w)), 2);
        assert_true(norm_w > 0 || sqrt(norm_c) <= penalty.lam1 * (1 + 1e-7));
        assert_near(sqrt(off), 0, tolerance * penalty.lam1);
    }
}

static void weights_meet_the_conditions_of_optimality(void **state) {
    (void)state;
    const double alphas[] = {1e-3, 0.05, 0.5};
    for (size_t t = 0; t < N_SHAPE; t++)
        for (size_t a = 0; a < 6; a++) {
            shape s = shapes[t];
            fixture *f = make_fixture(s);
            double *x = part_of(f, f->x, s.p, true, true);
            double *y = part_of(f, f->y, s.m, true, true);
            double *xt = room(s.p * s.n_train);
            double *w = room(s.p * s.m);
            double scale = (double)s.n_train * alphas[a / 2];
            mec_multi_task_penalty penalty = {scale * (a % 2 ? 1 : 0.5), scale * (a % 2 ? 0 : 0.5)};
            for (size_t i = 0; i < s.n_train; i++)
                for (size_t j = 0; j < s.p; j++)
                    xt[j * s.n_train + i] = x[i * s.p + j];
            mec_multi_task_problem problem = {s.n_train, s.p, s.m, xt, y, penalty};
            mec_scratch scratch = {0};
            mec_status status = {0};
            mec_multi_task_solve(&problem, w, NULL, &scratch, &status);
            mec_scratch_release(&scratch);
            assert_ok(status);
            check_optimality(x, y, s, w, penalty);
            free(x);
            free(y);
            free(xt);
            free(w);
            free_fixture(f);
        }
}

/* At any weights: far from the optimum, near it, some of them zero. */
static void gaps_agree_with_their_definition(void **state) {
    (void)state;
    for (int i = 0; i < 200; i++) {
        shape s = shapes[i % N_SHAPE];
        fixture *f = make_fixture(s);
        double *x = part_of(f, f->x, s.p, true, false);
        double *y = part_of(f, f->y, s.m, true, false);
        double *w = room(s.p * s.m);
        double *noise = room(s.p * s.m);
        double scale = (double)s.n_train * pow(10, -3 * random_uniform(&seed));
        double ratio = i % 3 == 0 ? 1 : random_uniform(&seed);
        mec_multi_task_penalty penalty = {scale * ratio, scale * (1 - ratio)};
        if (i % 2)
            oracle_multi_task(x, y, s.n_train, s.p, s.m, scale, scale, w);
        random_fill(&seed, noise, s.p * s.m);
        for (size_t j = 0; j < s.p * s.m; j++)
            w[j] += w[j] != 0 || i % 4 == 0 ? noise[j] * pow(10, -i % 5) : 0;
        double gap = 0;
        double objective = 0;
        mec_multi_task_gap found = {0};
        mec_scratch scratch = {0};
        mec_status status = {0};
        oracle_multi_task_gap(x, y, s.n_train, s.p, s.m, w, penalty.lam1, penalty.lam2, &gap,
                              &objective);
        mec_multi_task_certify(x, y, s.n_train, s.p, s.m, w, penalty, &found, &scratch, &status);
        mec_scratch_release(&scratch);
        assert_ok(status);
        assert_near(found.objective, objective, 1e-13 * objective);
        assert_near(found.gap, gap, 1e-9 * gap + 1e-13 * objective);
        free(x);
        free(y);
        free(w);
        free(noise);
        free_fixture(f);
    }
}

/* Least squares: the gap is the objective less its least value. */
static void the_gap_of_least_squares_is_exact(void **state) {
    (void)state;
    const double x[] = {1, 0, 0, 2, 0, 0};
    const double y[] = {3, 4, 5};
    const double w[] = {1, 1};
    mec_multi_task_gap gap = {0};
    mec_scratch scratch = {0};
    mec_status status = {0};
    mec_multi_task_certify(x, y, 3, 2, 1, w, (mec_multi_task_penalty){0, 0}, &gap, &scratch,
                           &status);
    mec_scratch_release(&scratch);
    assert_ok(status);
    assert_near(gap.gap, (2 * 2 + 2 * 2) / 2.0, 1e-14);
    assert_near(gap.objective, (2 * 2 + 2 * 2 + 5 * 5) / 2.0, 1e-14);
}

/* The smallest alpha that leaves no weights, and anything above it. */
static void a_large_alpha_leaves_no_weights(void **state) {
    (void)state;
    for (size_t s = 0; s < N_SHAPE; s++) {
        fixture *f = make_fixture(shapes[s]);
        size_t n = shapes[s].n_train;
        size_t m = shapes[s].m;
        double *x = part_of(f, f->x, shapes[s].p, true, true);
        double *y = part_of(f, f->y, m, true, true);
        double largest = 0;
        for (size_t j = 0; j < shapes[s].p; j++) {
            double norm = 0;
            for (size_t k = 0; k < m; k++) {
                double c = 0;
                for (size_t i = 0; i < n; i++)
                    c += x[i * shapes[s].p + j] * y[i * m + k];
                norm += c * c;
            }
            largest = fmax(largest, sqrt(norm));
        }
        const double factors[] = {1, 1.5, 1e6, 1e200};
        for (size_t a = 0; a < 4; a++) {
            fit(f, parameters_of(largest / (double)n * factors[a], 1, true));
            assert_accepted(f, 1e-14);
            for (size_t i = 0; i < shapes[s].n_test * m; i++)
                assert_true(f->prediction[i] == 0);
        }
        fit(f, parameters_of(largest / (double)n * 0.99, 1, true));
        double any = 0;
        for (size_t i = 0; i < shapes[s].n_test * m; i++)
            any += fabs(f->prediction[i]);
        assert_true(any > 0);
        free(x);
        free(y);
        free_fixture(f);
    }
}

static void constant_targets_are_not_predicted(void **state) {
    (void)state;
    const double l1_ratios[] = {1, 0.5, 0};
    for (size_t l = 0; l < 3; l++) {
        fixture *one = make_fixture((shape){9, 7, 20, 15, CONSTANT_TARGET});
        fixture *all = make_fixture((shape){9, 7, 20, 15, CONSTANT_TARGETS});
        fit(one, parameters_of(0.1, l1_ratios[l], true));
        fit(all, parameters_of(0.1, l1_ratios[l], true));
        assert_accepted(one, 1e-12);
        assert_accepted(all, 0);
        for (size_t i = 0; i < 7; i++)
            for (size_t k = 0; k < 15; k++) {
                assert_true((one->prediction[i * 15 + k] == 0) == (k == 1));
                assert_true(all->prediction[i * 15 + k] == 0);
            }
        free_fixture(one);
        free_fixture(all);
    }
}

static void one_train_state_is_enough(void **state) {
    (void)state;
    const shape one = {1, 5, 6, 4, AS_IT_IS};
    const double alphas[] = {0, 1e-3, 0.1};
    for (size_t a = 0; a < 3; a++) {
        fixture *f = make_fixture(one);
        fit(f, parameters_of(alphas[a], 1, true));
        assert_accepted(f, 0);
        for (size_t i = 0; i < 5 * 4; i++)
            assert_true(f->prediction[i] == 0);
        fit(f, parameters_of(alphas[a], 0.5, false));
        assert_accepted(f, 1e-10);
        free_fixture(f);
    }
    compare_with_oracle(one, 0.1, 0.5, false);
}

/* What cannot be reached is told: NaN for every cell, and the gap that there is. */
static void a_gap_above_tol_gives_nan(void **state) {
    (void)state;
    for (int certificate = 0; certificate < 2; certificate++) {
        fixture *f = make_fixture(shapes[1]);
        mec_map_parameters parameters = parameters_of(0.1, 1, true);
        parameters.tol = certificate ? 1e-30 : 1e-25;
        parameters.certificate = certificate;
        /* Of an objective, less than rounding is never asked. */
        fit(f, parameters);
        for (size_t k = 0; k < shapes[1].m; k++)
            assert_int_equal(f->outcome[k],
                             certificate ? MEC_OUTCOME_DONE : MEC_OUTCOME_GAP_ABOVE_TOL);
        assert_true(f->gap[0] > 0);
        assert_true(isnan(f->prediction[0]) == !certificate);
        free_fixture(f);
    }
}

static void other_parameters_change_nothing(void **state) {
    (void)state;
    fixture *f = make_fixture(shapes[1]);
    size_t bytes = shapes[1].n_test * shapes[1].m * sizeof(double);
    mec_map_parameters parameters = parameters_of(0.1, 0.5, true);
    fit(f, parameters);
    double *before = room(shapes[1].n_test * shapes[1].m);
    memcpy(before, f->prediction, bytes);
    parameters.max_iter = 1;
    parameters.certificate = MEC_CERTIFICATE_SKLEARN;
    fit(f, parameters);
    assert_memory_equal(before, f->prediction, bytes);
    free(before);
    free_fixture(f);
}

/* All cells of an animal go together, unless each is to be fitted alone. */
static void cells_of_an_animal_are_fitted_together(void **state) {
    (void)state;
    fixture *f = make_fixture((shape){12, 8, 15, 6, AS_IT_IS});
    const uint32_t cells[] = {0, 1, 2, 3, 4, 5};
    double corr[2][6];
    double gap[6];
    int8_t outcome[6];
    mec_fit_workspace workspace = {0};
    mec_status status = {0};
    f->parameters = parameters_of(0.1, 0.5, true);
    for (int alone = 0; alone < 2; alone++) {
        mec_fit_target target = {.population = &f->target,
                                 .cells = cells,
                                 .n = 6,
                                 .score = {corr[alone]},
                                 .gap = gap,
                                 .outcome = outcome};
        mec_fit run = {&f->problem, &mec_multi_task_elastic_net, alone, NULL};
        mec_fit_run(&run, &target, 1, &workspace, &status);
        assert_ok(status);
        for (size_t k = 0; k < 6; k++) {
            assert_int_equal(outcome[k], MEC_OUTCOME_DONE);
            assert_true(alone || gap[k] == gap[0]);
        }
    }
    assert_true(fabs(corr[0][0] - corr[1][0]) > 1e-6);
    mec_fit_workspace_release(&workspace);
    free_fixture(f);
}

static bool beat(void *owner) {
    int *left = owner;
    return --*left < 0;
}

static void a_pulse_can_stop_it(void **state) {
    (void)state;
    for (int beats = 0; beats < 6; beats++) {
        fixture *f = make_fixture(shapes[1]);
        int left = beats;
        mec_pulse pulse = {beat, &left};
        mec_status status = {0};
        f->problem.pulse = &pulse;
        try_fit(f, parameters_of(1e-3, 1, true), &status);
        assert_status(status, MEC_STOPPED, "stopped on request");
        assert_int_equal(left, -1);
        free_fixture(f);
    }
}

int main(void) {
    mec_linalg_set_threads(1);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fits_agree_with_the_oracle),
        cmocka_unit_test(tiny_alphas_are_solved),
        cmocka_unit_test(without_an_l1_penalty_it_is_ridge),
        cmocka_unit_test(one_target_is_the_elastic_net),
        cmocka_unit_test(weights_meet_the_conditions_of_optimality),
        cmocka_unit_test(gaps_agree_with_their_definition),
        cmocka_unit_test(the_gap_of_least_squares_is_exact),
        cmocka_unit_test(a_large_alpha_leaves_no_weights),
        cmocka_unit_test(constant_targets_are_not_predicted),
        cmocka_unit_test(one_train_state_is_enough),
        cmocka_unit_test(a_gap_above_tol_gives_nan),
        cmocka_unit_test(other_parameters_change_nothing),
        cmocka_unit_test(cells_of_an_animal_are_fitted_together),
        cmocka_unit_test(a_pulse_can_stop_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
