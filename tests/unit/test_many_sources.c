/* Far more sources than states: every map but the multi-task ones, which are said to hold a square
 * of sources (their `memory`), and the grid search work in the space of the states.
 * The process may take a quarter of the bytes that one matrix of sources x sources has. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#include "mapping.h"
#include "maps/grid.h"
#include "numerics/linalg.h"
#include "unit.h"

enum { N_TRAIN = 24, N_TEST = 12, N_SOURCE = 10000, N_TARGET = 2 };

static const size_t SQUARE = sizeof(double) * N_SOURCE * N_SOURCE;
static uint64_t seed = 17;

/* Bytes of addresses that the process has. */
static size_t addresses(void) {
    size_t pages = 0;
    FILE *file = fopen("/proc/self/statm", "r");
    assert_non_null(file);
    assert_int_equal(fscanf(file, "%zu", &pages), 1);
    fclose(file);
    return pages * (size_t)sysconf(_SC_PAGESIZE);
}

static struct rlimit before;

/* From here on a square of sources cannot be had. */
static void limit_memory(void) {
    assert_int_equal(getrlimit(RLIMIT_AS, &before), 0);
    struct rlimit limit = {.rlim_cur = addresses() + SQUARE / 4, .rlim_max = before.rlim_max};
    assert_int_equal(setrlimit(RLIMIT_AS, &limit), 0);
    void *square = malloc(SQUARE / 2);
    assert_null(square);
    free(square);
}

static void unlimit_memory(void) {
    assert_int_equal(setrlimit(RLIMIT_AS, &before), 0);
}

static mec_map_parameters parameters_of(int regression) {
    return (mec_map_parameters){.regression = regression,
                                .alpha = 0.3,
                                .l1_ratio = {.n = 1, .values = {0.5}},
                                .fit_intercept = true,
                                .tol = 1e-6,
                                .max_iter = 300,
                                .n_alphas = 5,
                                .cv = 3,
                                .eps = 1e-2,
                                .alpha_1 = 1e-6,
                                .alpha_2 = 1e-6,
                                .lambda_1 = 1e-6,
                                .lambda_2 = 1e-6,
                                .n_components = 4,
                                .scale = true,
                                .percentile = 99};
}

static void check_map(const mec_map *map, const char *name, int regression) {
    mec_status status = {0};
    mec_map_parameters parameters = parameters_of(regression);
    mapping *p = mapping_create(&seed, N_TRAIN, N_TEST, N_SOURCE / 2, N_SOURCE / 2, N_TARGET);
    limit_memory();
    mapping_run(p, map, &parameters, true, NULL, &status);
    unlimit_memory();
    print_message("%s\n", name);
    assert_ok(status);
    for (size_t j = 0; j < N_TARGET; j++)
        assert_int_equal(p->outcome[j], MEC_OUTCOME_DONE);
    mapping_destroy(p);
}

/* The identity has no targets of its own. */
static bool is_left_out(const mec_map *map) {
    return map == &mec_identity || map == &mec_multi_task_lasso ||
           map == &mec_multi_task_elastic_net;
}

static void no_map_holds_a_square_of_sources(void **state) {
    (void)state;
#define NAME(name, map) #name,
    const char *const names[] = {MEC_REGRESSIONS(NAME)};
    for (int i = 0; i < (int)(sizeof names / sizeof *names); i++)
        if (!is_left_out(mec_map_at(i)))
            check_map(mec_map_at(i), names[i], i);
    check_map(&mec_pls, "pls", 0);
    check_map(&mec_corr, "corr", 0);
}

/* With ridge among its l1_ratios, which takes a decomposition. */
static void the_grid_search_does_not_either(void **state) {
    (void)state;
    const double alphas[] = {1e-3, 0.1, 1};
    const double l1_ratios[] = {1e-16, 0.5, 1};
    const mec_grid grid = {.alphas = alphas,
                           .l1_ratios = l1_ratios,
                           .n_alpha = 3,
                           .n_l1_ratio = 3,
                           .n_fold = 2,
                           .cv_score = MEC_SCORE_CORR,
                           .rule = MEC_CERTIFICATE_OBJECTIVE,
                           .tol = NAN,
                           .fit_intercept = true};
    mec_status status = {0};
    mec_scratch scratch[2] = {{0}};
    mec_grid_prepared *prepared = NULL;
    mec_grid_result result = {0};
    mec_grid_output output = {0};
    mapping *p = mapping_create(&seed, N_TRAIN, N_TEST, N_SOURCE / 2, N_SOURCE / 2, 1);
    double *y = mapping_targets(p);
    mec_problem problem = {.source = &p->source, .train = p->order, .n_train = N_TRAIN};
    limit_memory();
    if (!mec_grid_prepare(&problem, &grid, &scratch[0], &prepared, &status))
        mec_grid_cell(prepared, y, &output, &result, &scratch[1], &status);
    unlimit_memory();
    assert_ok(status);
    assert_int_equal(result.outcome, MEC_OUTCOME_DONE);
    assert_int_equal(result.n_rejected, 0);
    assert_true(isfinite(result.choice.score));
    mec_scratch_release(&scratch[0]);
    mec_scratch_release(&scratch[1]);
    free(y);
    mapping_destroy(p);
}

/* OpenBLAS takes its working memory with the first product, and tries for ever to get it. */
static void let_products_have_their_memory(void) {
    enum { N = 1000 };
    double *a = calloc(3 * N * N, sizeof *a);
    assert_non_null(a);
    mec_multiply(N, N, N, a, N, a + N * N, N, 0, a + 2 * N * N, N);
    free(a);
}

int main(void) {
    mec_linalg_set_threads(1);
    let_products_have_their_memory();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_map_holds_a_square_of_sources),
        cmocka_unit_test(the_grid_search_does_not_either),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
