#include <stdlib.h>

#include "maps/selection.h"
#include "random.h"
#include "unit.h"

static uint64_t seed = 5;

static int by_value(const void *left, const void *right) {
    double a = *(const double *)left;
    double b = *(const double *)right;
    return (a > b) - (a < b);
}

/* numpy.percentile(values, percent) of NumPy 2.4.6. */
static void percentiles_are_those_of_numpy(void **state) {
    (void)state;
    const double percents[] = {0, 10, 33.3, 50, 61.7, 90, 99, 100};
    const double wanted[] = {
        -0.6, -0.29999999999999993, 0.12300987542199995, 0.2, 0.2702, 0.78, 0.8879999999999999,
        0.9};
    for (size_t k = 0; k < sizeof percents / sizeof *percents; k++) {
        double values[] = {0.3, -0.1, 0.7, 0.2, 0.9, -0.6, 0.123456789};
        mec_percentile p = mec_percentile_of(values, 7, percents[k]);
        assert_true(p.value == wanted[k]);
        assert_true(p.below <= p.value && p.value <= p.above);
    }
}

/* Against sorting, with ties and without. */
static void neighbours_are_those_of_the_sorted_list(void **state) {
    (void)state;
    const size_t counts[] = {1, 2, 3, 10, 57, 1000};
    const double percents[] = {0, 1, 25, 50, 75, 99, 99.9, 100};
    double values[1000];
    double sorted[1000];
    for (size_t c = 0; c < 6; c++)
        for (size_t k = 0; k < 8; k++)
            for (int ties = 0; ties < 2; ties++) {
                size_t n = counts[c];
                random_fill(&seed, values, n);
                for (size_t i = 0; i < n; i++)
                    sorted[i] = values[i] = ties ? floor(3 * values[i]) : values[i];
                qsort(sorted, n, sizeof *sorted, by_value);
                mec_percentile p = mec_percentile_of(values, n, percents[k]);
                size_t rank = (size_t)((double)(n - 1) * (percents[k] / 100));
                assert_true(p.below == sorted[rank]);
                assert_true(p.above == sorted[rank + 1 < n ? rank + 1 : rank]);
                qsort(values, n, sizeof *values, by_value);
                assert_memory_equal(values, sorted, n * sizeof *values);
            }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(percentiles_are_those_of_numpy),
        cmocka_unit_test(neighbours_are_those_of_the_sorted_list),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
