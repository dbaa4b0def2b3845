#include "numerics/soft.h"
#include "random.h"
#include "unit.h"

enum { MAX_N = 40 };

static uint64_t seed = 17;

static void sums_are_those_of_plain_loops(void **state) {
    (void)state;
    for (size_t n = 0; n <= MAX_N; n++)
        for (int round = 0; round < 6; round++) {
            double c[MAX_N];
            double mirror = round % 2 ? -1 : 1;
            double bound = random_uniform(&seed) * (round < 2 ? 0 : 1);
            double largest = 0;
            mec_soft wanted = {0, 0, 0};
            random_fill(&seed, c, n);
            for (size_t j = 0; j < n; j++) {
                double size = mirror < 0 ? fabs(c[j]) : c[j];
                largest = fmax(largest, size);
                if (size <= bound)
                    continue;
                wanted.squares += (size - bound) * (size - bound);
                wanted.slope += (size - bound) * size;
                wanted.curvature += size * size;
            }
            mec_soft found = mec_soft_sums(n, c, mirror, bound);
            assert_near(mec_soft_largest(n, c, mirror), largest, 0);
            assert_near(mec_soft_squares(n, c, mirror, bound), wanted.squares, 1e-13);
            assert_near(found.squares, wanted.squares, 1e-13);
            assert_near(found.slope, wanted.slope, 1e-13);
            assert_near(found.curvature, wanted.curvature, 1e-13);
        }
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(sums_are_those_of_plain_loops)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
