/* The cases of the one-to-one map. */
#include "base/text.h"
#include "golden_fits.h"
#include "numerics/linalg.h"
#include "unit.h"

#define BOTH "1.0 1.5"
#define BEST                                                                                       \
    .map = &mec_corr, .tolerance = 1e-10,                                                          \
    .parameters = {.percentile = 100, .identity = true, .fit_intercept = true}
#define COUNT(array) (sizeof(array) / sizeof *(array))

static void the_best_source_agrees(void **state) {
    (void)state;
    const golden_case cases[] = {
        {.name = "corr_one_to_one", .arenas = BOTH, BEST},
        {.name = "corr_one_to_one_pairwise", .source = GOLDEN_PAIRWISE, .arenas = BOTH, BEST},
        {.name = "model_corr", .source = GOLDEN_MODEL, .arenas = "1.0", BEST},
    };
    golden_fits_agree(cases, COUNT(cases));
}

static void regression_on_the_best_sources_agrees(void **state) {
    (void)state;
    const golden_case cases[] = {
        {.name = "corr_top10pct_ridge",
         .arenas = BOTH,
         .map = &mec_corr,
         .parameters = {.percentile = 90,
                        .alpha = 1,
                        .fit_intercept = true,
                        .regression = mec_text_index(MEC_REGRESSION_NAMES, "Ridge")},
         .tolerance = 1e-10},
    };
    golden_fits_agree(cases, COUNT(cases));
}

static void elastic_net_on_the_best_sources_agrees(void **state) {
    (void)state;
    int regression = mec_text_index(MEC_REGRESSION_NAMES, "ElasticNet");
    if (regression < 0)
        skip();
    const golden_case cases[] = {
        {.name = "corr_top50pct_elasticnet",
         .arenas = BOTH,
         .map = &mec_corr,
         .parameters = {.percentile = 50,
                        .alpha = 0.05,
                        .l1_ratio = {.n = 1, .values = {0.5}},
                        .tol = 1e-9,
                        .max_iter = 30000,
                        .fit_intercept = true,
                        .regression = regression},
         .tolerance = 1e-6},
    };
    golden_fits_agree(cases, COUNT(cases));
}

int main(void) {
    mec_linalg_set_threads(1);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_best_source_agrees),
        cmocka_unit_test(regression_on_the_best_sources_agrees),
        cmocka_unit_test(elastic_net_on_the_best_sources_agrees),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
