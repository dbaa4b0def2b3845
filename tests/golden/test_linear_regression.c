/* The case of least squares; two of the three sources of arena 1.0 have not full rank. */
#include "golden_fits.h"
#include "numerics/linalg.h"
#include "unit.h"

#define LEAST_SQUARES                                                                              \
    .name = "linear_regression", .train_frac = 0.5, .map = &mec_linear_regression,                 \
    .parameters = {.fit_intercept = true}

static void least_squares_agrees(void **state) {
    (void)state;
    const golden_case cases[] = {
        {LEAST_SQUARES, .arenas = "1.0", .tolerance = 1e-8},
        {LEAST_SQUARES, .arenas = "1.5", .tolerance = 1e-10},
    };
    golden_fits_agree(cases, sizeof cases / sizeof *cases);
}

int main(void) {
    mec_linalg_set_threads(1);
    const struct CMUnitTest tests[] = {cmocka_unit_test(least_squares_agrees)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
