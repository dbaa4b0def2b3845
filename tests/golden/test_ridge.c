/* The cases of ridge regression. */
#include "golden_fits.h"
#include "numerics/linalg.h"
#include "unit.h"

#define BOTH "1.0 1.5"
#define RIDGE                                                                                      \
    .map = &mec_ridge, .parameters = {.alpha = 1, .fit_intercept = true}, .tolerance = 1e-10
#define COUNT(array) (sizeof(array) / sizeof *(array))

static void random_splits_agree(void **state) {
    (void)state;
    const golden_case cases[] = {
        {.name = "ridge_default", .arenas = BOTH, RIDGE},
        {.name = "ridge_pairwise", .source = GOLDEN_PAIRWISE, .arenas = BOTH, RIDGE},
        {.name = "ridge_alpha10_nointercept",
         .arenas = BOTH,
         .map = &mec_ridge,
         .parameters = {.alpha = 10},
         .tolerance = 1e-10},
        {.name = "ridge_seed7_3splits_half",
         .arenas = BOTH,
         .train_frac = 0.5,
         .n_split = 3,
         .first_seed = 7,
         RIDGE},
    };
    golden_fits_agree(cases, COUNT(cases));
}

static void structured_splits_agree(void **state) {
    (void)state;
    const golden_case cases[] = {
        {.name = "ridge_topbottom", .arenas = "1.0", .kind = "topbottom", RIDGE},
        {.name = "ridge_leftright", .arenas = "1.0", .kind = "leftright", RIDGE},
        {.name = "ridge_diag1", .arenas = "1.0", .kind = "diag1", RIDGE},
        {.name = "ridge_diag2", .arenas = "1.0", .kind = "diag2", RIDGE},
        {.name = "ridge_quad", .arenas = "1.0", .kind = "quad", RIDGE},
    };
    golden_fits_agree(cases, COUNT(cases));
}

/* Responses of a model; in arena 1.5 some states are not finite. */
static void a_model_as_the_source_agrees(void **state) {
    (void)state;
    const golden_case cases[] = {
        {.name = "model_ridge", .source = GOLDEN_MODEL, .arenas = "1.0", RIDGE},
        {.name = "model_ridge_nan", .source = GOLDEN_MODEL, .arenas = "1.5", RIDGE},
        {.name = "model_ridge_quad",
         .source = GOLDEN_MODEL,
         .arenas = "1.0",
         .kind = "quad",
         RIDGE},
    };
    golden_fits_agree(cases, COUNT(cases));
}

int main(void) {
    mec_linalg_set_threads(1);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(random_splits_agree),
        cmocka_unit_test(structured_splits_agree),
        cmocka_unit_test(a_model_as_the_source_agrees),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
