/* Measures of rate maps: by hand, against plain sums, and on maps whose kind is known. */
#include <math.h>
#include <stdlib.h>

#include "model/spatial.h"
#include "random.h"
#include "unit.h"

enum { N = 30, N_BIN = N * N };
static const double SIDE = 0.05; /* m, of a bin */

static void few_rates_by_hand(void **state) {
    (void)state;
    const double map[] = {4, 0, NAN, 0, 4};
    const int64_t count[] = {1, 3, 7, 4, 1};
    /* of 9 samples 2 have rate 4: the mean is 8/9, 4 is 4.5 times that */
    assert_near(mec_spatial_information(5, map, count), log2(4.5), 1e-14);
    assert_near(mec_spatial_sparsity(5, map, count), 2.0 / 9, 1e-14);
}

static void what_is_not_defined_is_nan(void **state) {
    (void)state;
    const double negative[] = {1, -1e-9, 2};
    const double none[] = {0, 0, 0};
    const double unknown[] = {NAN, NAN, NAN};
    const double flat[] = {3, 3, 3};
    const int64_t count[] = {1, 2, 3};
    assert_near(mec_spatial_information(3, negative, count), NAN, 0);
    assert_near(mec_spatial_information(3, none, count), NAN, 0);
    assert_near(mec_spatial_information(3, unknown, count), NAN, 0);
    assert_near(mec_spatial_information(3, flat, count), 0, 1e-15);
    assert_near(mec_spatial_sparsity(3, negative, count), NAN, 0);
    assert_near(mec_spatial_sparsity(3, none, count), NAN, 0);
    assert_near(mec_spatial_sparsity(3, flat, count), 1, 1e-15);
}

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
    return n < MEC_SPATIAL_LEAST_COMMON ? NAN : (n * sum[4] - sum[0] * sum[1]) / sqrt(variance);
}

static void correlograms_are_those_of_plain_sums(void **state) {
    (void)state;
    enum { NX = 9, NY = 7 };
    mec_status status = {0};
    uint64_t seed = 5;
    double map[NX * NY];
    random_fill(&seed, map, NX * NY);
    map[3] = map[20] = map[NX * NY - 1] = NAN;
    mec_spatial *s = mec_spatial_create(NX, NY, 1, 1, &status);
    assert_ok(status);
    const double *found = mec_spatial_autocorrelogram(s, map);
    for (long x = -(NX - 1); x < NX; x++)
        for (long y = -(NY - 1); y < NY; y++)
            assert_near(found[(x + NX - 1) * (2 * NY - 1) + y + NY - 1],
                        plain_correlation(NX, NY, map, x, y), 1e-12);
    mec_spatial_destroy(s);
}

/* ---- kinds of maps ---- */

/* Three waves 60 degrees apart make a hexagonal grid, two at a right angle a square one. */
static void draw_waves(double *map, int n_wave, double turn, double spacing, double angle) {
    double k = 2 * acos(-1) / spacing * (n_wave == 3 ? 2 / sqrt(3) : 1);
    for (int i = 0; i < N; i++)
        for (int j = 0; j < N; j++) {
            double rate = n_wave;
            for (int w = 0; w < n_wave; w++) {
                double a = angle + w * turn;
                rate += cos(k * SIDE * (cos(a) * (i + 0.3) + sin(a) * (j - 0.4)));
            }
            map[i * N + j] = rate;
        }
}

static double score_of(const double *map, size_t nx, size_t ny, double dx, double dy) {
    mec_status status = {0};
    mec_spatial *s = mec_spatial_create(nx, ny, dx, dy, &status);
    assert_ok(status);
    double score = mec_spatial_grid_score(s, map);
    mec_spatial_destroy(s);
    return score;
}

static const double SIXTH = 1.0471975511965976, QUARTER = 1.5707963267948966;

static void hexagonal_grids_score_high(void **state) {
    (void)state;
    double map[N_BIN];
    for (double spacing = 0.3; spacing < 0.65; spacing += 0.1)
        for (double angle = 0; angle < 1; angle += 0.19) {
            draw_waves(map, 3, SIXTH, spacing, angle);
            assert_true(score_of(map, N, N, SIDE, SIDE) > 0.8);
            map[5] = map[77] = map[400] = map[401] = NAN;
            assert_true(score_of(map, N, N, SIDE, SIDE) > 0.8);
        }
}

static void square_grids_score_low(void **state) {
    (void)state;
    double map[N_BIN];
    for (double spacing = 0.3; spacing < 0.65; spacing += 0.1) {
        draw_waves(map, 2, QUARTER, spacing, 0.1);
        assert_true(score_of(map, N, N, SIDE, SIDE) < 0);
    }
}

/* Bins need not be square: what counts is the map in metres. */
static void bins_have_sides(void **state) {
    (void)state;
    double map[N_BIN];
    double wide[N_BIN / 2];
    draw_waves(map, 3, SIXTH, 0.5, 0.3);
    for (int i = 0; i < N / 2; i++)
        for (int j = 0; j < N; j++)
            wide[i * N + j] = (map[2 * i * N + j] + map[(2 * i + 1) * N + j]) / 2;
    assert_true(score_of(wide, N / 2, N, 2 * SIDE, SIDE) > 0.8);
    assert_true(score_of(wide, N / 2, N, SIDE, SIDE) < 0.3);
}

static void noise_scores_about_nothing(void **state) {
    (void)state;
    enum { N_MAP = 60 };
    uint64_t seed = 1;
    double map[N_BIN];
    double sum = 0;
    for (int k = 0; k < N_MAP; k++) {
        random_fill(&seed, map, N_BIN);
        double score = score_of(map, N, N, SIDE, SIDE);
        assert_true(fabs(score) < 1.2);
        sum += score;
    }
    assert_near(sum / N_MAP, 0, 0.1);
}

static void maps_without_a_ring_have_no_score(void **state) {
    (void)state;
    double map[N_BIN];
    for (int i = 0; i < N_BIN; i++)
        map[i] = 3.7;
    assert_near(score_of(map, N, N, SIDE, SIDE), NAN, 0);
    for (int i = 0; i < N_BIN; i++)
        map[i] = NAN;
    assert_near(score_of(map, N, N, SIDE, SIDE), NAN, 0);
    map[0] = 1;
    assert_near(score_of(map, 1, 1, SIDE, SIDE), NAN, 0);
    assert_near(score_of(map, 1, N, SIDE, SIDE), NAN, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(few_rates_by_hand),
        cmocka_unit_test(what_is_not_defined_is_nan),
        cmocka_unit_test(correlograms_are_those_of_plain_sums),
        cmocka_unit_test(hexagonal_grids_score_high),
        cmocka_unit_test(square_grids_score_low),
        cmocka_unit_test(bins_have_sides),
        cmocka_unit_test(noise_scores_about_nothing),
        cmocka_unit_test(maps_without_a_ring_have_no_score),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
