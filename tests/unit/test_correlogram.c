/* Autocorrelograms against plain sums. */
#include <math.h>
#include <stdbool.h>
#include <string.h>

#include "model/correlogram.h"
#include "random.h"
#include "unit.h"

enum { NX = 9, NY = 7, N_BIN = NX * NY, N_MAP = MEC_CORRELOGRAM_MAPS, STRIDE = N_MAP + 2 };
enum { N_LAG = (2 * NX - 1) * (2 * NY - 1) };

/* The correlation at one lag, as it is defined. */
static double plain_correlation(size_t nx, size_t ny, const double *map, long lag_x, long lag_y) {
    double n = 0;
    double sum[5] = {0};
    for (long i = 0; i < (long)nx; i++)
        for (long j = 0; j < (long)ny; j++) {
            long k = i + lag_x;
            long l = j + lag_y;
            if (k < 0 || l < 0 || k >= (long)nx || l >= (long)ny)
                continue;
            double a = map[i * (long)ny + j];
            double b = map[k * (long)ny + l];
            if (isnan(a) || isnan(b))
                continue;
            n++;
            sum[0] += a;
            sum[1] += b;
            sum[2] += a * a;
            sum[3] += b * b;
            sum[4] += a * b;
        }
    double variance = (n * sum[2] - sum[0] * sum[0]) * (n * sum[3] - sum[1] * sum[1]);
    return n < MEC_CORRELOGRAM_LEAST_COMMON ? NAN : (n * sum[4] - sum[0] * sum[1]) / sqrt(variance);
}

static void correlograms_are_those_of_plain_sums(void **state) {
    (void)state;
    mec_status status = {0};
    uint64_t seed = 5;
    double maps[N_BIN * STRIDE];
    double map[N_BIN];
    random_fill(&seed, maps, sizeof maps / sizeof *maps);
    for (size_t k = 0; k < N_MAP; k++) /* of every map other bins are missing */
        for (size_t i = 0; i < k; i++)
            maps[(3 + 17 * k + 20 * i) % N_BIN * STRIDE + k] = NAN;
    mec_correlogram *c = mec_correlogram_create(NX, NY, &status);
    assert_ok(status);
    const double *found = mec_correlogram_run(c, N_MAP, maps, STRIDE);
    for (size_t k = 0; k < N_MAP; k++) {
        for (size_t i = 0; i < N_BIN; i++)
            map[i] = maps[i * STRIDE + k];
        for (long x = -(NX - 1); x < NX; x++)
            for (long y = -(NY - 1); y < NY; y++)
                assert_near(*found++, plain_correlation(NX, NY, map, x, y), 1e-12);
    }
    mec_correlogram_destroy(c);
}

/* So that results do not depend on how units are shared out. */
static void maps_do_not_depend_on_those_beside_them(void **state) {
    (void)state;
    mec_status status = {0};
    uint64_t seed = 7;
    double maps[N_BIN * STRIDE];
    double together[N_MAP * N_LAG];
    random_fill(&seed, maps, sizeof maps / sizeof *maps);
    maps[2 * STRIDE + 1] = NAN;
    mec_correlogram *c = mec_correlogram_create(NX, NY, &status);
    assert_ok(status);
    memcpy(together, mec_correlogram_run(c, N_MAP, maps, STRIDE), sizeof together);
    for (size_t k = 0; k < N_MAP; k++)
        assert_memory_equal(mec_correlogram_run(c, 1, maps + k, STRIDE), together + k * N_LAG,
                            N_LAG * sizeof *together);
    mec_correlogram_destroy(c);
}

/* Where a unit is silent it is constant, however strong it is elsewhere. */
static void constant_parts_have_no_correlation(void **state) {
    (void)state;
    enum { SIDE = 14, N = SIDE * SIDE };
    mec_status status = {0};
    uint64_t seed = 9;
    double map[N];
    random_fill(&seed, map, N);
    for (size_t i = 0; i < N; i++)
        map[i] = i / SIDE < 7 ? 0.1 : 1e6 * map[i];
    mec_correlogram *c = mec_correlogram_create(SIDE, SIDE, &status);
    assert_ok(status);
    const double *found = mec_correlogram_run(c, 1, map, 1);
    for (size_t x = 0; x < 2 * SIDE - 1; x++) { /* up to 7 rows are in common with silent ones */
        bool constant = x < SIDE - 7 || x > SIDE + 5;
        assert_true(isnan(found[x * (2 * SIDE - 1) + SIDE - 1]) == constant);
    }
    mec_correlogram_destroy(c);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(correlograms_are_those_of_plain_sums),
        cmocka_unit_test(maps_do_not_depend_on_those_beside_them),
        cmocka_unit_test(constant_parts_have_no_correlation),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
