/* The grid search against exact, certified surfaces: every animal of an arena predicted by the
 * others, every cell alone. */
#include <stdio.h>
#include <stdlib.h>

#include "golden.h"
#include "maps/grid.h"
#include "maps/splits.h"
#include "numerics/linalg.h"
#include "unit.h"

enum { N_ANIMAL = 3, N_SPLIT = 10, N_ALPHA = 9, N_L1_RATIO = 10, N_PAIR = N_ALPHA * N_L1_RATIO };

static const char *const names[N_ANIMAL] = {"rat_a", "rat_b", "rat_c"};

typedef struct ranges {
    double alphas[N_ALPHA], l1_ratios[N_L1_RATIO];
} ranges;

/* geomspace(1e-9, 1e9, 9); 1e-16 and linspace(0.01, 1, 9). */
static ranges short_ranges(void) {
    ranges r = {.l1_ratios = {1e-16}};
    for (int k = 0; k < N_ALPHA; k++)
        r.alphas[k] = pow(10, -9 + 2.25 * k);
    for (int k = 1; k < N_L1_RATIO; k++)
        r.l1_ratios[k] = 0.01 + (k - 1) * (1 - 0.01) / (N_L1_RATIO - 2);
    r.alphas[0] = 1e-9;
    r.alphas[N_ALPHA - 1] = 1e9;
    r.l1_ratios[N_L1_RATIO - 1] = 1;
    return r;
}

static mec_population read_population(hid_t file, const char *animal) {
    char path[64];
    size_t dims[3];
    snprintf(path, sizeof path, "/dataset/1.0/%s/resp", animal);
    golden_dims(file, path, 3, dims);
    return (mec_population){golden_read(file, path, NULL, NULL), dims[0] * dims[1], dims[2]};
}

static double *read_grid(hid_t file, const char *animal, const char *name, size_t n) {
    char path[64];
    size_t count = 0;
    snprintf(path, sizeof path, "/1.0/%s/%s", animal, name);
    double *values = golden_read(file, path, &count, NULL);
    assert_int_equal(count, n);
    return values;
}

/* What was compared. */
typedef struct comparison {
    size_t n, n_close, n_search, n_same_pair;
    double largest;
} comparison;

static void compare(comparison *c, const double *found, const double *wanted,
                    const mec_grid_result *result, double best_score, const double *best) {
    for (size_t k = 0; k < N_PAIR; k++) {
        assert_int_equal(isnan(found[k]), isnan(wanted[k]));
        if (isnan(wanted[k]))
            continue;
        double off = fabs(found[k] - wanted[k]);
        assert_true(off <= 1e-6);
        c->largest = fmax(c->largest, off);
        c->n++;
        c->n_close += off <= 1e-8;
    }
    assert_int_equal(result->outcome, MEC_OUTCOME_DONE);
    assert_int_equal(result->n_rejected, 0);
    assert_true(result->largest_relative_gap <= 1e-9);
    assert_near(result->choice.score, best_score, 1e-6);
    c->n_search++;
    c->n_same_pair += fabs(result->choice.best.alpha / best[0] - 1) < 1e-9 &&
                      fabs(result->choice.best.l1_ratio - best[1]) < 1e-12;
}

/* All cells of an animal on one split. */
static void search_split(const mec_source *source, const mec_population *target, const double *all,
                         const double *best_scores, const double *best, size_t split,
                         comparison *c) {
    ranges r = short_ranges();
    mec_grid grid = {
        r.alphas, r.l1_ratios, N_ALPHA, N_L1_RATIO, 2, MEC_SCORE_CORR, MEC_CERTIFICATE_OBJECTIVE,
        1e-9,     true,        false};
    size_t n = target->n_state;
    uint32_t *states = malloc(n * sizeof *states);
    uint32_t *order = malloc(n * sizeof *order);
    double *y = malloc(n * sizeof *y);
    mec_scratch scratch = {0};
    mec_scratch cell_scratch = {0};
    mec_status status = {0};
    mec_grid_prepared *prepared = NULL;
    double surface[N_PAIR];
    mec_grid_output output = {.surface = surface};
    for (size_t i = 0; i < n; i++)
        states[i] = (uint32_t)i;
    mec_split_random((uint32_t)split, states, n, order);
    mec_problem problem = {.source = source, .train = order, .n_train = mec_split_n_train(n, 0.2)};
    mec_grid_prepare(&problem, &grid, &scratch, &prepared, &status);
    for (uint32_t cell = 0; cell < target->n_cell && status.code == MEC_OK; cell++) {
        size_t at = cell * N_SPLIT + split;
        mec_grid_result result;
        mec_population_gather(target, &cell, 1, order, problem.n_train, y);
        mec_scratch_reset(&cell_scratch);
        mec_grid_cell(prepared, y, &output, &result, &cell_scratch, &status);
        compare(c, surface, all + at * N_PAIR, &result, best_scores[at], best + 2 * at);
    }
    assert_ok(status);
    mec_scratch_release(&scratch);
    mec_scratch_release(&cell_scratch);
    free(states);
    free(order);
    free(y);
}

static void search_animal(hid_t file, const mec_population *animals, size_t target, comparison *c) {
    const mec_population *parts[N_ANIMAL];
    mec_source source = {.parts = parts};
    for (size_t k = 0; k < N_ANIMAL; k++)
        if (k != target) {
            parts[source.n_part++] = &animals[k];
            source.n_cell += animals[k].n_cell;
        }
    size_t n = animals[target].n_cell * N_SPLIT;
    double *all = read_grid(file, names[target], "cv_score", n * N_PAIR);
    double *best_scores = read_grid(file, names[target], "best_cv_score", n);
    double *best = read_grid(file, names[target], "best", 2 * n);
    for (size_t split = 0; split < N_SPLIT; split++)
        search_split(&source, &animals[target], all, best_scores, best, split, c);
    free(all);
    free(best_scores);
    free(best);
}

static void surfaces_are_the_exact_ones(void **state) {
    (void)state;
    mec_population animals[N_ANIMAL];
    comparison c = {0};
    hid_t fits = golden_open(MEC_GOLDEN_FITS);
    hid_t file = golden_open(MEC_GOLDEN_GRID);
    for (size_t k = 0; k < N_ANIMAL; k++)
        animals[k] = read_population(fits, names[k]);
    for (size_t k = 0; k < N_ANIMAL; k++)
        search_animal(file, animals, k, &c);
    print_message("%zu points of %zu searches, the furthest off by %.1e; %zu chose the same pair\n",
                  c.n, c.n_search, c.largest, c.n_same_pair);
    assert_true(c.n > 0 && 10 * c.n_close >= 9 * c.n);
    /* Elsewhere a stronger penalty has an equal score. */
    assert_true(10 * c.n_same_pair >= 9 * c.n_search);
    for (size_t k = 0; k < N_ANIMAL; k++)
        free((void *)animals[k].resp);
    H5Fclose(fits);
    H5Fclose(file);
}

int main(void) {
    mec_linalg_set_threads(1);
    const struct CMUnitTest tests[] = {cmocka_unit_test(surfaces_are_the_exact_ones)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
