/* Binning and exact sums against a plain twin in double; order and division do not matter. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "model/rate_map.h"
#include "random.h"
#include "unit.h"

enum { N_X = 5, N_Y = 3, N_BIN = N_X * N_Y, N_UNIT = 19, N_SAMPLE = 400 };

static const mec_map_bins BINS = {
    .box = {.min_x = -1, .max_x = 1.5, .min_y = 0.25, .max_y = 1.25}, .nx = N_X, .ny = N_Y};

typedef struct samples {
    double positions[N_SAMPLE][2];
    size_t bin[N_SAMPLE];
    mec_real values[N_SAMPLE][N_UNIT];
} samples;

static samples *draw(uint64_t seed) {
    samples *s = calloc(1, sizeof *s);
    assert_non_null(s);
    for (size_t i = 0; i < N_SAMPLE; i++) {
        s->positions[i][0] = 2.6 * random_uniform(&seed) - 1.05; /* some outside */
        s->positions[i][1] = 1.1 * random_uniform(&seed) + 0.2;
        for (size_t k = 0; k < N_UNIT; k++)
            s->values[i][k] = (mec_real)(exp2(20 * random_uniform(&seed) - 10) *
                                         (random_uniform(&seed) < 0.5 ? -1 : 1));
    }
    mec_map_bins_find(&BINS, &s->positions[0][0], N_SAMPLE, s->bin);
    return s;
}

static void create(mec_map_sums *sums) {
    mec_status status = {0};
    mec_map_sums_create(sums, N_BIN, N_UNIT, &status);
    assert_ok(status);
}

static bool same_sums(const mec_map_sums *a, const mec_map_sums *b) {
    size_t n = (size_t)N_BIN * N_UNIT;
    return memcmp(a->high, b->high, n * sizeof *a->high) == 0 &&
           memcmp(a->low, b->low, n * sizeof *a->low) == 0 && memcmp(a->bad, b->bad, n) == 0;
}

/* Which edges a coordinate lies between, by looking at all. */
static size_t find_plainly(double min, double max, size_t n, double x) {
    for (size_t i = 0; i < n; i++)
        if (x >= mec_map_bins_edge(min, max, n, i) &&
            (x < mec_map_bins_edge(min, max, n, i + 1) || (i == n - 1 && x == max)))
            return i;
    return n;
}

static void bins_lie_between_their_edges(void **state) {
    (void)state;
    uint64_t seed = 3;
    for (size_t n = 1; n <= 60; n++) {
        mec_map_bins bins = {.box = BINS.box, .nx = n, .ny = 1};
        for (size_t i = 0; i <= n + 40; i++) {
            double edge = mec_map_bins_edge(-1, 1.5, n, i % (n + 1));
            double x = i > n ? -1.1 + 2.7 * random_uniform(&seed) : edge;
            const double positions[] = {x, 1, nextafter(x, -9), 1, nextafter(x, 9), 1};
            size_t found[3];
            mec_map_bins_find(&bins, positions, 3, found);
            for (size_t k = 0; k < 3; k++) {
                size_t plain = find_plainly(-1, 1.5, n, positions[2 * k]);
                assert_int_equal(found[k], plain == n ? SIZE_MAX : plain);
            }
        }
    }
}

static void both_axes_and_the_outside_count(void **state) {
    (void)state;
    const double positions[] = {-1, 0.25, -1, 1.25, 1.5,  0.25, 1.5,  1.25, 0.25, 0.75, -1.01,
                                1,  1.51, 1,  0,    0.24, 0,    1.26, NAN,  1,    0,    NAN};
    const size_t wanted[] = {0,        2,        12,       14,       7,       SIZE_MAX,
                             SIZE_MAX, SIZE_MAX, SIZE_MAX, SIZE_MAX, SIZE_MAX};
    size_t found[11];
    mec_map_bins_find(&BINS, positions, 11, found);
    for (size_t i = 0; i < 11; i++)
        assert_int_equal(found[i], wanted[i]);
}

static void means_are_those_of_plain_sums(void **state) {
    (void)state;
    samples *s = draw(1);
    mec_map_sums sums;
    create(&sums);
    mec_map_sums_add(&sums, s->bin, N_SAMPLE, &s->values[0][0]);
    int64_t count[N_BIN] = {0};
    long double plain[N_BIN][N_UNIT] = {{0}};
    double map[N_BIN][N_UNIT];
    for (size_t i = 0; i < N_SAMPLE; i++) {
        if (s->bin[i] == SIZE_MAX)
            continue;
        count[s->bin[i]]++;
        for (size_t k = 0; k < N_UNIT; k++)
            plain[s->bin[i]][k] += (long double)s->values[i][k];
    }
    count[4] = 0;
    mec_map_sums_mean(&sums, count, &map[0][0]);
    for (size_t b = 0; b < N_BIN; b++)
        for (size_t k = 0; k < N_UNIT; k++) {
            double wanted = count[b] ? (double)(plain[b][k] / (long double)count[b]) : NAN;
            assert_near(map[b][k], wanted, 1e-13);
        }
    mec_map_sums_destroy(&sums);
    free(s);
}

static void order_and_division_do_not_matter(void **state) {
    (void)state;
    samples *s = draw(2);
    uint32_t order[N_SAMPLE];
    uint64_t seed = 8;
    s->values[7][3] = NAN;
    random_order(&seed, order, N_SAMPLE);
    mec_map_sums whole;
    mec_map_sums parts[2];
    create(&whole);
    create(&parts[0]);
    create(&parts[1]);
    mec_map_sums_add(&whole, s->bin, N_SAMPLE, &s->values[0][0]);
    for (size_t i = 0; i < N_SAMPLE; i++)
        mec_map_sums_add(&parts[random_below(&seed, 2)], &s->bin[order[i]], 1, s->values[order[i]]);
    for (size_t i = 0; i < (size_t)N_BIN * N_UNIT; i++) {
        parts[0].high[i] += parts[1].high[i];
        parts[0].low[i] += parts[1].low[i];
        parts[0].bad[i] |= parts[1].bad[i];
    }
    assert_true(same_sums(&whole, &parts[0]));
    mec_map_sums_destroy(&whole);
    mec_map_sums_destroy(&parts[0]);
    mec_map_sums_destroy(&parts[1]);
    free(s);
}

/* A sum of one sample is that sample, to the last bit that is kept. */
static void small_and_large_numbers_are_kept(void **state) {
    (void)state;
    const mec_real values[] = {0,
                               (mec_real)0x1p-48,
                               (mec_real)-0x1p-48,
                               (mec_real)0x1p-50,
                               1048576,
                               -1048576,
                               (mec_real)1048575.9,
                               (mec_real)1e-9,
                               (mec_real)0.1,
                               (mec_real)-3.7,
                               (mec_real)1e5};
    enum { N = sizeof values / sizeof *values };
    mec_status status = {0};
    mec_map_sums sums;
    const int64_t one = 1;
    const size_t bin = 0;
    double map[N];
    mec_map_sums_create(&sums, 1, N, &status);
    assert_ok(status);
    mec_map_sums_add(&sums, &bin, 1, values);
    mec_map_sums_mean(&sums, &one, map);
    for (size_t i = 0; i < N; i++)
        assert_near(map[i], (double)values[i], 0x1p-49);
    mec_map_sums_destroy(&sums);
}

static void what_is_no_number_makes_its_bin_nan(void **state) {
    (void)state;
    const mec_real values[3][5] = {
        {1, NAN, 2, 3, 4}, {1, 1, INFINITY, -INFINITY, (mec_real)1048577}, {5, 5, 5, 5, 5}};
    const size_t bin[] = {0, 0, 1};
    const int64_t count[] = {2, 1};
    mec_status status = {0};
    mec_map_sums sums;
    double map[2][5];
    mec_map_sums_create(&sums, 2, 5, &status);
    assert_ok(status);
    mec_map_sums_add(&sums, bin, 3, &values[0][0]);
    mec_map_sums_mean(&sums, count, &map[0][0]);
    assert_near(map[0][0], 1, 0);
    for (size_t k = 0; k < 5; k++) {
        if (k > 0)
            assert_near(map[0][k], NAN, 0);
        assert_near(map[1][k], 5, 0);
    }
    mec_map_sums_destroy(&sums);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bins_lie_between_their_edges),
        cmocka_unit_test(both_axes_and_the_outside_count),
        cmocka_unit_test(means_are_those_of_plain_sums),
        cmocka_unit_test(order_and_division_do_not_matter),
        cmocka_unit_test(small_and_large_numbers_are_kept),
        cmocka_unit_test(what_is_no_number_makes_its_bin_nan),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
