/* The cases of partial least squares. */
#include "golden_fits.h"
#include "numerics/linalg.h"
#include "unit.h"

#define BOTH "1.0 1.5"
#define PLS(components, scaled)                                                                    \
    .map = &mec_pls, .tolerance = 1e-8,                                                            \
    .parameters = {.n_components = (components),                                                   \
                   .scale = (scaled),                                                              \
                   .fit_intercept = true,                                                          \
                   .tol = NAN,                                                                     \
                   .max_iter = MEC_AUTO}
#define COUNT(array) (sizeof(array) / sizeof *(array))

static void pls_between_animals_agrees(void **state) {
    (void)state;
    const golden_case cases[] = {
        {.name = "pls_1", .arenas = BOTH, PLS(1, false)},
        {.name = "pls_2", .arenas = BOTH, PLS(2, false)},
        {.name = "pls_2_pairwise", .source = GOLDEN_PAIRWISE, .arenas = BOTH, PLS(2, false)},
        {.name = "pls_3_scaled", .arenas = BOTH, PLS(3, true)},
        {.name = "pls_5", .arenas = BOTH, PLS(5, false)},
    };
    golden_fits_agree(cases, COUNT(cases));
}

static void pls_from_a_model_agrees(void **state) {
    (void)state;
    const golden_case cases[] = {
        {.name = "model_pls_3", .source = GOLDEN_MODEL, .arenas = "1.0", PLS(3, false)},
    };
    golden_fits_agree(cases, COUNT(cases));
}

int main(void) {
    mec_linalg_set_threads(1);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pls_between_animals_agrees),
        cmocka_unit_test(pls_from_a_model_agrees),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
