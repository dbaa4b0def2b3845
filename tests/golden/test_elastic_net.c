/* The cases of Lasso and ElasticNet, by mec_fit_run alone: what a job does with plans, ranks and
 * files is written out here as plain loops. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "golden.h"
#include "maps/fit.h"
#include "maps/splits.h"
#include "numerics/linalg.h"
#include "numerics/statistics.h"
#include "unit.h"

enum { N_ANIMAL = 3, MAX_CELL = 20, N_SPLIT = 10 };

typedef struct arena {
    const char *name;
    const char *animals[N_ANIMAL];
} arena;

static const arena arenas[] = {
    {"1.0", {"rat_a", "rat_b", "rat_c"}},
    {"1.5", {"rat_d", "rat_e", "rat_f"}},
};

typedef enum mode { HOLDOUT, PAIRWISE, MODEL } mode;

typedef struct golden_case {
    const char *name;
    const mec_map *map;
    mode mode;
    double alpha, l1_ratio;
    double alpha_factor, l1_ratio_step; /* from one split to the next */
} golden_case;

static const golden_case cases[] = {
    {"lasso_0p1", &mec_lasso, HOLDOUT, 0.1, 1, 1, 0},
    {"lasso_pairwise", &mec_lasso, PAIRWISE, 0.02, 1, 1, 0},
    {"model_lasso", &mec_lasso, MODEL, 0.05, 1, 1, 0},
    {"elasticnet_0p05_0p5", &mec_elastic_net, HOLDOUT, 0.05, 0.5, 1, 0},
    {"elasticnet_0p5_0p1", &mec_elastic_net, HOLDOUT, 0.5, 0.1, 1, 0},
    {"elasticnet_1em3_0p9", &mec_elastic_net, HOLDOUT, 1e-3, 0.9, 1, 0},
    {"elasticnet_kwargs_per_split", &mec_elastic_net, HOLDOUT, 1e-3, 0.1, 2.511886431509580, 0.1},
};

static mec_population animals[N_ANIMAL]; /* of the arena that is looked at */
static mec_population model;             /* its model response */

static mec_population read_population(hid_t file, const char *path) {
    mec_population population = {0};
    size_t count = 0;
    population.resp = golden_read(file, path, &count, &population.n_cell);
    population.n_state = count / population.n_cell;
    return population;
}

static void read_arena(hid_t file, const arena *a) {
    char path[128];
    for (size_t i = 0; i < N_ANIMAL; i++) {
        snprintf(path, sizeof path, "/dataset/%s/%s/resp", a->name, a->animals[i]);
        animals[i] = read_population(file, path);
    }
    snprintf(path, sizeof path, "/model/%s/resp", a->name);
    model = read_population(file, path);
}

static void free_arena(void) {
    for (size_t i = 0; i < N_ANIMAL; i++)
        free((void *)animals[i].resp);
    free((void *)model.resp);
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

static mec_map_parameters parameters_of(const golden_case *c, size_t split) {
    mec_map_parameters parameters = {.alpha = c->alpha * pow(c->alpha_factor, (double)split),
                                     .fit_intercept = true,
                                     .tol = 1e-9,
                                     .certificate = MEC_CERTIFICATE_OBJECTIVE};
    parameters.l1_ratio = (mec_reals){1, {c->l1_ratio + c->l1_ratio_step * (double)split}};
    return parameters;
}

/* The mean over splits of every cell's correlation. */
static void fit_source(const golden_case *c, const mec_source *source, const mec_population *target,
                       double *mean) {
    size_t n = 0;
    uint32_t *states = kept_states(source, target, &n);
    uint32_t *order = malloc(n * sizeof *order);
    uint32_t cells[MAX_CELL];
    double corr[N_SPLIT][MAX_CELL];
    double gap[MAX_CELL];
    mec_fit_workspace workspace = {0};
    mec_status status = {0};
    assert_non_null(order);
    for (size_t j = 0; j < target->n_cell; j++)
        cells[j] = (uint32_t)j;
    for (size_t s = 0; s < N_SPLIT; s++) {
        mec_map_parameters parameters = parameters_of(c, s);
        mec_split_random((uint32_t)s, states, n, order);
        size_t n_train = mec_split_n_train(n, 0.2);
        mec_problem problem = {.source = source,
                               .train = order,
                               .test = order + n_train,
                               .n_train = n_train,
                               .n_test = n - n_train,
                               .parameters = &parameters};
        mec_fit fit = {.problem = &problem, .map = c->map};
        mec_fit_target wanted = {.population = target,
                                 .cells = cells,
                                 .n = target->n_cell,
                                 .score = {[MEC_SCORE_CORR] = corr[s]},
                                 .gap = gap};
        mec_fit_run(&fit, &wanted, 1, &workspace, &status);
        for (size_t j = 0; j < target->n_cell; j++)
            assert_true(gap[j] <= 1e-9);
    }
    assert_ok(status);
    for (size_t j = 0; j < target->n_cell; j++)
        mean[j] = mec_nanmean(&corr[0][j], N_SPLIT, MAX_CELL, NULL);
    mec_fit_workspace_release(&workspace);
    free(states);
    free(order);
}

/* Every cell of animal `t`: from all others together, the mean over each of them alone, or from the
 * model. */
static void fit_animal(const golden_case *c, size_t t, double *found) {
    const mec_population *parts[N_ANIMAL - 1] = {&model};
    size_t n = c->mode == MODEL ? 1 : 0;
    mec_source all = {.parts = parts, .n_cell = c->mode == MODEL ? model.n_cell : 0};
    for (size_t i = 0; i < N_ANIMAL && c->mode != MODEL; i++)
        if (i != t) {
            parts[n++] = &animals[i];
            all.n_cell += animals[i].n_cell;
        }
    all.n_part = n;
    if (c->mode != PAIRWISE) {
        fit_source(c, &all, &animals[t], found);
        return;
    }
    double alone[N_ANIMAL - 1][MAX_CELL];
    for (size_t k = 0; k < n; k++) {
        mec_source one = {.parts = &parts[k], .n_part = 1, .n_cell = parts[k]->n_cell};
        fit_source(c, &one, &animals[t], alone[k]);
    }
    for (size_t j = 0; j < animals[t].n_cell; j++)
        found[j] = mec_nanmean(alone[0] + j, n, MAX_CELL, NULL);
}

static size_t compare_case(hid_t file, const golden_case *c, const arena *a) {
    char path[128];
    snprintf(path, sizeof path, "/cases/%s/%s", c->name, a->name);
    if (H5Lexists(file, path, H5P_DEFAULT) <= 0)
        return 0;
    for (size_t t = 0; t < N_ANIMAL; t++) {
        size_t count = 0;
        double found[MAX_CELL];
        snprintf(path, sizeof path, "/cases/%s/%s/%s/corr", c->name, a->name, a->animals[t]);
        double *wanted = golden_read(file, path, &count, NULL);
        assert_int_equal(count, animals[t].n_cell);
        fit_animal(c, t, found);
        for (size_t j = 0; j < count; j++)
            assert_near(found[j], wanted[j], 1e-6);
        free(wanted);
    }
    return 1;
}

static void cases_agree(void **state) {
    (void)state;
    hid_t file = golden_open(MEC_GOLDEN_FITS);
    size_t n = 0;
    for (size_t a = 0; a < sizeof arenas / sizeof *arenas; a++) {
        read_arena(file, &arenas[a]);
        for (size_t c = 0; c < sizeof cases / sizeof *cases; c++)
            n += compare_case(file, &cases[c], &arenas[a]);
        free_arena();
    }
    /* The model's case is about one arena, the others about both. */
    assert_int_equal(n, 2 * sizeof cases / sizeof *cases - 1);
    H5Fclose(file);
}

int main(void) {
    mec_linalg_set_threads(1);
    const struct CMUnitTest tests[] = {cmocka_unit_test(cases_agree)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
