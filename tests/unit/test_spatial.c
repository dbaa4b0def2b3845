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
    double score;
    mec_spatial_grid_scores(s, 1, map, 1, &score);
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
        cmocka_unit_test(hexagonal_grids_score_high),
        cmocka_unit_test(square_grids_score_low),
        cmocka_unit_test(bins_have_sides),
        cmocka_unit_test(noise_scores_about_nothing),
        cmocka_unit_test(maps_without_a_ring_have_no_score),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
