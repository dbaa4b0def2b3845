/* The golden case of ordinary least squares between animals. In arena 1.0 some cells are copies of
 * others, so that two of its three sources have not full rank. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fitting.h"
#include "golden.h"
#include "maps/splits.h"
#include "numerics/linalg.h"
#include "numerics/statistics.h"
#include "unit.h"

enum { N_ANIMAL = 3, MAX_CELL = 20, N_SPLIT = 10 };

typedef struct arena {
    const char *name;
    const char *animals[N_ANIMAL];
    double tolerance;
} arena;

static const arena arenas[] = {
    {"1.0", {"rat_a", "rat_b", "rat_c"}, 1e-8},
    {"1.5", {"rat_d", "rat_e", "rat_f"}, 1e-10},
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

/* The states that are finite in all animals. */
static uint32_t *kept_states(size_t *n) {
    uint8_t *finite = malloc(animals[0].n_state);
    uint32_t *states = malloc(animals[0].n_state * sizeof *states);
    assert_true(finite && states);
    memset(finite, 1, animals[0].n_state);
    for (size_t k = 0; k < N_ANIMAL; k++)
        mec_population_mark_finite(&animals[k], finite);
    *n = 0;
    for (size_t i = 0; i < animals[0].n_state; i++)
        if (finite[i])
            states[(*n)++] = (uint32_t)i;
    free(finite);
    return states;
}

/* The correlation of every cell of `target` on every split: corr (N_SPLIT, cells). */
static void fit_splits(const mec_source *source, const mec_population *target, double *corr) {
    size_t n = 0;
    uint32_t *states = kept_states(&n);
    uint32_t *order = malloc(n * sizeof *order);
    uint32_t cells[MAX_CELL];
    mec_map_parameters parameters = {.fit_intercept = true};
    mec_fit_workspace workspace = {0};
    mec_status status = {0};
    assert_non_null(order);
    for (uint32_t j = 0; j < MAX_CELL; j++)
        cells[j] = j;
    for (uint32_t s = 0; s < N_SPLIT; s++) {
        mec_split_random(s, states, n, order);
        size_t n_train = mec_split_n_train(n, 0.5);
        mec_problem problem = {.source = source,
                               .train = order,
                               .test = order + n_train,
                               .n_train = n_train,
                               .n_test = n - n_train,
                               .parameters = &parameters};
        mec_fit fit = {.problem = &problem, .map = &mec_linear_regression};
        mec_fit_target all = {.population = target,
                              .cells = cells,
                              .n = target->n_cell,
                              .score = {corr + s * target->n_cell}};
        mec_fit_run(&fit, &all, 1, &workspace, &status);
    }
    assert_ok(status);
    mec_fit_workspace_release(&workspace);
    free(states);
    free(order);
}

static void compare_animal(hid_t file, const arena *a, size_t t) {
    const mec_population *others[N_ANIMAL - 1];
    double corr[N_SPLIT * MAX_CELL];
    mec_source source = {.parts = others};
    for (size_t i = 0; i < N_ANIMAL; i++)
        if (i != t) {
            others[source.n_part++] = &animals[i];
            source.n_cell += animals[i].n_cell;
        }
    fit_splits(&source, &animals[t], corr);
    char path[128];
    size_t count = 0;
    snprintf(path, sizeof path, "/cases/linear_regression/%s/%s/corr", a->name, a->animals[t]);
    double *wanted = golden_read(file, path, &count, NULL);
    assert_int_equal(count, animals[t].n_cell);
    for (size_t j = 0; j < count; j++)
        assert_near(mec_nanmean(corr + j, N_SPLIT, count, NULL), wanted[j], a->tolerance);
    free(wanted);
}

static void linear_regression_agrees(void **state) {
    (void)state;
    hid_t file = golden_open();
    for (size_t a = 0; a < sizeof arenas / sizeof *arenas; a++) {
        read_animals(file, &arenas[a]);
        for (size_t t = 0; t < N_ANIMAL; t++)
            compare_animal(file, &arenas[a], t);
        for (size_t i = 0; i < N_ANIMAL; i++)
            free((void *)animals[i].resp);
    }
    H5Fclose(file);
}

int main(void) {
    mec_linalg_set_threads(1);
    const struct CMUnitTest tests[] = {cmocka_unit_test(linear_regression_agrees)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
