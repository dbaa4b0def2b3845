/* The cases of ridge regression between animals, by mec_fit_run alone: what a job does with plans,
 * ranks and files is written out here as plain loops. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fitting.h"
#include "golden.h"
#include "maps/splits.h"
#include "numerics/linalg.h"
#include "numerics/statistics.h"
#include "unit.h"

enum { N_ANIMAL = 3, MAX_CELL = 20 };

typedef struct arena {
    const char *name;
    const char *animals[N_ANIMAL];
} arena;

static const arena arenas[] = {
    {"1.0", {"rat_a", "rat_b", "rat_c"}},
    {"1.5", {"rat_d", "rat_e", "rat_f"}},
};

typedef struct golden_case {
    const char *name;
    bool pairwise;
    uint32_t first_seed;
    size_t n_split;
    double train_frac;
    mec_map_parameters parameters;
} golden_case;

static const golden_case cases[] = {
    {"ridge_default", false, 0, 10, 0.2, {1, true}},
    {"ridge_pairwise", true, 0, 10, 0.2, {1, true}},
    {"ridge_alpha10_nointercept", false, 0, 10, 0.2, {10, false}},
    {"ridge_seed7_3splits_half", false, 7, 3, 0.5, {1, true}},
};

static mec_population animals[N_ANIMAL]; /* of the arena that is looked at */

static void read_animals(hid_t file, const arena *a) {
    for (size_t i = 0; i < N_ANIMAL; i++) {
        char path[128];
        size_t count = 0;
        snprintf(path, sizeof path, "/dataset/%s/%s/resp", a->name, a->animals[i]);
        animals[i].resp = golden_read(file, path, &count, &animals[i].n_cell);
        animals[i].n_state = count / animals[i].n_cell;
    }
}

static void free_animals(void) {
    for (size_t i = 0; i < N_ANIMAL; i++)
        free((void *)animals[i].resp);
}

/* The states that are finite in all parts of the source and in the target. */
static uint32_t *kept_states(const mec_source *source, const mec_population *target, size_t *n) {
    uint8_t *finite = malloc(target->n_state);
    uint32_t *states = malloc(target->n_state * sizeof *states);
    assert_true(finite && states);
    memset(finite, 1, target->n_state);
    mec_population_mark_finite(target, finite);
    for (size_t k = 0; k < source->n_part; k++)
        mec_population_mark_finite(source->parts[k], finite);
    *n = 0;
    for (size_t i = 0; i < target->n_state; i++)
        if (finite[i])
            states[(*n)++] = (uint32_t)i;
    free(finite);
    return states;
}

/* The mean over splits of every cell's correlation. */
static void fit_source(const golden_case *c, const mec_source *source, const mec_population *target,
                       double *mean) {
    size_t n = 0;
    uint32_t *states = kept_states(source, target, &n);
    uint32_t *order = malloc(n * sizeof *order);
    double corr[MAX_CELL * 10];
    mec_fit_workspace workspace = {0};
    mec_status status = {0};
    assert_non_null(order);
    for (size_t s = 0; s < c->n_split; s++) {
        mec_split_random(c->first_seed + (uint32_t)s, states, n, order);
        size_t n_train = mec_split_n_train(n, c->train_frac);
        mec_problem problem = {.source = source,
                               .train = order,
                               .test = order + n_train,
                               .n_train = n_train,
                               .n_test = n - n_train,
                               .parameters = &c->parameters};
        mec_fit_target cells = {.population = target,
                                .first = 0,
                                .last = target->n_cell,
                                .score = {corr + s},
                                .stride = c->n_split};
        mec_fit_run(&problem, &mec_ridge, &cells, 1, &workspace, NULL, &status);
    }
    assert_ok(status);
    for (size_t j = 0; j < target->n_cell; j++)
        mean[j] = mec_nanmean(corr + j * c->n_split, c->n_split, 1, NULL);
    mec_fit_workspace_release(&workspace);
    free(states);
    free(order);
}

static void fit_with_kernel(const golden_case *c, mec_source *source, const mec_population *target,
                            bool with_kernel, double *mean) {
    size_t n = 0;
    uint32_t *states = kept_states(source, target, &n);
    if (with_kernel)
        source->kernel = make_kernel(source, states, n, c->parameters.fit_intercept);
    fit_source(c, source, target, mean);
    free_kernel(&source->kernel);
    free(states);
}

/* Every cell of animal `t`: from all others together, or the mean over each of them alone. */
static void fit_animal(const golden_case *c, size_t t, bool with_kernel, double *found) {
    const mec_population *others[N_ANIMAL - 1];
    size_t n = 0;
    mec_source all = {.parts = others};
    for (size_t i = 0; i < N_ANIMAL; i++)
        if (i != t) {
            others[n++] = &animals[i];
            all.n_cell += animals[i].n_cell;
        }
    all.n_part = n;
    if (!c->pairwise) {
        fit_with_kernel(c, &all, &animals[t], with_kernel, found);
        return;
    }
    double alone[N_ANIMAL - 1][MAX_CELL];
    for (size_t k = 0; k < n; k++) {
        mec_source one = {.parts = &others[k], .n_part = 1, .n_cell = others[k]->n_cell};
        fit_with_kernel(c, &one, &animals[t], with_kernel, alone[k]);
    }
    for (size_t j = 0; j < animals[t].n_cell; j++)
        found[j] = mec_nanmean(alone[0] + j, n, MAX_CELL, NULL);
}

static void compare_case(hid_t file, const golden_case *c, const arena *a, bool with_kernel) {
    for (size_t t = 0; t < N_ANIMAL; t++) {
        char path[128];
        size_t count = 0;
        double found[MAX_CELL];
        snprintf(path, sizeof path, "/cases/%s/%s/%s/corr", c->name, a->name, a->animals[t]);
        double *wanted = golden_read(file, path, &count, NULL);
        assert_int_equal(count, animals[t].n_cell);
        fit_animal(c, t, with_kernel, found);
        for (size_t j = 0; j < count; j++)
            assert_near(found[j], wanted[j], 1e-10);
        free(wanted);
    }
}

static void ridge_cases_agree(void **state) {
    (void)state;
    hid_t file = golden_open();
    for (size_t a = 0; a < sizeof arenas / sizeof *arenas; a++) {
        read_animals(file, &arenas[a]);
        for (size_t c = 0; c < sizeof cases / sizeof *cases; c++)
            for (int with_kernel = 0; with_kernel < 2; with_kernel++)
                compare_case(file, &cases[c], &arenas[a], with_kernel);
        free_animals();
    }
    H5Fclose(file);
}

int main(void) {
    mec_linalg_set_threads(1);
    const struct CMUnitTest tests[] = {cmocka_unit_test(ridge_cases_agree)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
