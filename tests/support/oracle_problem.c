#include "oracle_problem.h"

#include <stdlib.h>
#include <string.h>

#include "random.h"
#include "unit.h"

enum { M = N_PROBLEM_TARGET };
static const double NOISE[M] = {0, 0.01, 0.3, 3, 30, 1};

static uint64_t seed = 71;

static void twist_source(problem_data *d, problem_twist what) {
    for (size_t i = 0; i < d->n_state; i++) {
        double *first = d->resp[0] + i * d->parts[0].n_cell;
        double *second = d->resp[1] + i * d->parts[1].n_cell;
        if (what == TWIST_DOUBLED)
            for (size_t j = 0; j < d->parts[1].n_cell; j++)
                second[j] = first[j % d->parts[0].n_cell];
        if (what == TWIST_ZERO)
            second[0] = 0;
        if (what == TWIST_NEARLY_EQUAL)
            second[0] = first[0] * (1 + 1e-3 * random_uniform(&seed));
        if (what == TWIST_ALL_ZERO) {
            memset(first, 0, d->parts[0].n_cell * sizeof *first);
            memset(second, 0, d->parts[1].n_cell * sizeof *second);
        }
    }
}

static void make_targets(problem_data *d) {
    double *weights = malloc(d->n_cell * M * sizeof *weights);
    assert_non_null(weights);
    random_fill(&seed, weights, d->n_cell * M);
    random_fill(&seed, d->target, d->n_state * M);
    for (size_t i = 0; i < d->n_state; i++)
        for (size_t j = 0; j < M; j++) {
            double *y = d->target + i * M + j;
            *y = *y * NOISE[j] + 2;
            for (size_t k = 0; k < d->n_cell; k++) {
                const mec_population *part = &d->parts[k >= d->parts[0].n_cell];
                size_t cell = k - (part == d->parts ? 0 : d->parts[0].n_cell);
                *y += weights[k * M + j] * part->resp[i * part->n_cell + cell];
            }
        }
    for (size_t i = 0; i < d->n_train; i++)
        d->target[d->order[i] * M + M - 1] = 0.1;
    free(weights);
}

problem_data *make_problem(problem_shape shape) {
    problem_data *d = calloc(1, sizeof *d);
    assert_non_null(d);
    d->n_state = shape.n_train + shape.n_test + 5;
    d->n_train = shape.n_train;
    d->n_test = shape.n_test;
    for (int k = 0; k < 2; k++) {
        d->resp[k] = malloc(d->n_state * shape.n_cell[k] * sizeof(double));
        assert_non_null(d->resp[k]);
        random_fill(&seed, d->resp[k], d->n_state * shape.n_cell[k]);
        for (size_t i = 0; i < d->n_state * shape.n_cell[k]; i++)
            d->resp[k][i] = 3 * d->resp[k][i] + 1;
        d->parts[k] = (mec_population){d->resp[k], d->n_state, shape.n_cell[k]};
        d->list[k] = &d->parts[k];
        d->n_cell += shape.n_cell[k];
    }
    d->target = malloc(d->n_state * M * sizeof(double));
    d->order = malloc(d->n_state * sizeof *d->order);
    assert_true(d->target && d->order);
    random_order(&seed, d->order, d->n_state);
    twist_source(d, shape.twist);
    make_targets(d);
    return d;
}

void free_problem(problem_data *data) {
    free(data->resp[0]);
    free(data->resp[1]);
    free(data->target);
    free(data->order);
    free(data);
}

static mec_block make_block(const problem_data *d, bool fit_intercept, problem_result *result) {
    static const uint32_t cells[M] = {0, 1, 2, 3, 4, 5};
    mec_block block = {.m = M,
                       .cells = cells,
                       .n_cell = M,
                       .y = malloc(d->n_train * M * sizeof(double)),
                       .prediction = malloc(d->n_test * M * sizeof(double)),
                       .intercept = calloc(M, sizeof(double)),
                       .gap = calloc(M, sizeof(double)),
                       .outcome = result->outcome};
    assert_true(block.y && block.prediction && block.intercept && block.gap);
    mec_population target = {d->target, d->n_state, M};
    mec_population_gather(&target, cells, M, d->order, d->n_train, block.y);
    if (fit_intercept) {
        mec_column_means(block.y, d->n_train, M, block.intercept);
        mec_subtract_row(block.y, d->n_train, M, block.intercept);
    }
    memset(result->outcome, MEC_OUTCOME_DONE, M);
    return block;
}

problem_result predict_by_map(const problem_data *d, const mec_map *map,
                              const mec_map_parameters *parameters, bool with_kernel) {
    mec_source source = {.parts = d->list, .n_part = 2, .n_cell = d->n_cell};
    mec_problem problem = {.source = &source,
                           .train = d->order,
                           .test = d->order + d->n_train,
                           .n_train = d->n_train,
                           .n_test = d->n_test,
                           .parameters = parameters};
    mec_shape shape = {d->n_cell, d->n_train, d->n_test, M};
    if (with_kernel && map->wants_kernel(parameters, &shape))
        source.kernel = make_kernel(&source, d->order, d->n_state, parameters->fit_intercept);
    problem_result result = {0};
    mec_block block = make_block(d, parameters->fit_intercept, &result);
    mec_scratch scratch = {0};
    mec_status status = {0};
    void *prepared = NULL;
    if (!map->prepare(&problem, &scratch, &prepared, &status))
        map->predict(prepared, &block, &scratch, &status);
    assert_ok(status);
    result.prediction = block.prediction;
    result.full = malloc(d->n_test * M * sizeof(double));
    assert_non_null(result.full);
    for (size_t i = 0; i < d->n_test * M; i++)
        result.full[i] = result.prediction[i] + block.intercept[i % M];
    mec_scratch_release(&scratch);
    free_kernel(&source.kernel);
    free(block.y);
    free(block.intercept);
    free(block.gap);
    return result;
}

void free_result(problem_result *result) {
    free(result->prediction);
    free(result->full);
}

/* The oracle's predictions with the intercept. */
static double *predict_by_oracle(const problem_data *d, problem_oracle *oracle,
                                 const mec_map_parameters *parameters) {
    mec_source source = {.parts = d->list, .n_part = 2, .n_cell = d->n_cell};
    size_t n = d->n_train + d->n_test;
    double *x = malloc(n * d->n_cell * sizeof *x);
    double *y = malloc(d->n_train * sizeof *y);
    double *one = malloc(d->n_test * sizeof *one);
    double *all = malloc(d->n_test * M * sizeof *all);
    assert_true(x && y && one && all);
    mec_source_gather(&source, d->order, n, x);
    for (size_t j = 0; j < M; j++) {
        double intercept = 0;
        for (size_t i = 0; i < d->n_train; i++)
            y[i] = d->target[d->order[i] * M + j];
        oracle(x, d->n_train, d->n_cell, y, x + d->n_train * d->n_cell, d->n_test, parameters, one,
               &intercept);
        for (size_t i = 0; i < d->n_test; i++)
            all[i * M + j] = one[i] + intercept;
    }
    free(x);
    free(y);
    free(one);
    return all;
}

static void compare(const problem_data *d, const problem_result *found, const double *wanted,
                    bool fit_intercept, double tolerance) {
    for (size_t j = 0; j < M; j++) {
        double largest = 0;
        for (size_t i = 0; i < d->n_test; i++)
            largest = fmax(largest, fabs(wanted[i * M + j]));
        assert_int_equal(found->outcome[j], MEC_OUTCOME_DONE);
        for (size_t i = 0; i < d->n_test; i++)
            assert_near(found->full[i * M + j], wanted[i * M + j], tolerance * largest);
    }
    for (size_t i = 0; i < d->n_test && fit_intercept; i++)
        assert_true(found->prediction[i * M + M - 1] == 0);
}

void compare_with_oracle(problem_shape shape, const mec_map *map, problem_oracle *oracle,
                         const mec_map_parameters *parameters, double tolerance) {
    problem_data *d = make_problem(shape);
    double *wanted = predict_by_oracle(d, oracle, parameters);
    for (int with_kernel = 0; with_kernel < 2; with_kernel++) {
        problem_result found = predict_by_map(d, map, parameters, with_kernel);
        compare(d, &found, wanted, parameters->fit_intercept, tolerance);
        free_result(&found);
    }
    free(wanted);
    free_problem(d);
}
