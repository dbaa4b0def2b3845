/* maps/synthetic: what is drawn does not depend on how it is asked for, counts are exact, noise is
 * Poisson's, and animals share what they are said to share. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/memory.h"
#include "maps/fit.h"
#include "maps/splits.h"
#include "maps/synthetic.h"
#include "numerics/statistics.h"

static const mec_synthetic_arena arena = {"1.0", 1.0, 20};

static mec_synthetic defaults(void) {
    return (mec_synthetic){.seed = 7,
                           .n_animal = 4,
                           .n_cell = 50,
                           .fraction_grid = 0.4,
                           .fraction_place = 0.2,
                           .fraction_border = 0.1,
                           .peak_hz = 15,
                           .poisson = true,
                           .unvisited = 0.02};
}

/* The responses of rows and cells of an animal; the caller frees them. */
static double *draw(const mec_synthetic *synthetic, const mec_synthetic_arena *in, size_t animal,
                    mec_synthetic_block block) {
    mec_status status = {0};
    double *resp = mec_alloc(block.n_row * in->n_side * block.n_cell, sizeof *resp, &status);
    mec_synthetic_session *session = mec_synthetic_session_create(synthetic, in, animal, &status);
    assert_int_equal(status.code, MEC_OK);
    mec_synthetic_fill(session, &block, resp);
    mec_synthetic_session_destroy(session);
    return resp;
}

static double *draw_all(const mec_synthetic *synthetic, const mec_synthetic_arena *in,
                        size_t animal) {
    return draw(synthetic, in, animal, (mec_synthetic_block){0, in->n_side, 0, synthetic->n_cell});
}

/* Every bit of `n` values, NaN included. */
static bool same(const double *a, const double *b, size_t n) {
    return memcmp(a, b, n * sizeof *a) == 0;
}

static void test_blocks_agree_with_the_whole(void **state) {
    (void)state;
    mec_synthetic synthetic = defaults();
    double *whole = draw_all(&synthetic, &arena, 2);
    size_t row = arena.n_side * synthetic.n_cell;
    for (size_t first = 0; first < arena.n_side; first += 7) {
        size_t n = arena.n_side - first < 7 ? arena.n_side - first : 7;
        double *rows = draw(&synthetic, &arena, 2, (mec_synthetic_block){first, n, 0, 50});
        assert_true(same(rows, whole + first * row, n * row));
        free(rows);
    }
    double *cell = draw(&synthetic, &arena, 2, (mec_synthetic_block){0, arena.n_side, 33, 1});
    for (size_t bin = 0; bin < arena.n_side * arena.n_side; bin++)
        assert_true(same(&cell[bin], &whole[bin * synthetic.n_cell + 33], 1));
    free(cell);
    free(whole);
}

static void test_every_number_has_its_own_draw(void **state) {
    (void)state;
    mec_synthetic synthetic = defaults();
    mec_synthetic other_seed = synthetic;
    mec_synthetic_arena other_arena = arena;
    other_seed.seed = 8;
    other_arena.name = "room";
    size_t n = arena.n_side * arena.n_side * synthetic.n_cell;
    double *first = draw_all(&synthetic, &arena, 0);
    double *others[] = {draw_all(&synthetic, &arena, 1), draw_all(&other_seed, &arena, 0),
                        draw_all(&synthetic, &other_arena, 0)};
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        assert_false(same(first, others[i], n));
        free(others[i]);
    }
    mec_synthetic more_animals = synthetic;
    more_animals.n_animal = 100;
    double *again = draw_all(&more_animals, &arena, 0);
    assert_true(same(first, again, n));
    free(again);
    free(first);
}

static void test_unvisited_bins_are_the_least_occupied(void **state) {
    (void)state;
    const double fractions[] = {0, 0.02, 0.5, 0.9};
    for (size_t f = 0; f < sizeof fractions / sizeof *fractions; f++) {
        mec_status status = {0};
        mec_synthetic synthetic = defaults();
        mec_synthetic_session *full = mec_synthetic_session_create(
            &(mec_synthetic){.n_animal = 4, .seed = synthetic.seed}, &arena, 1, &status);
        synthetic.unvisited = fractions[f];
        double *resp = draw_all(&synthetic, &arena, 1);
        const double *seconds = mec_synthetic_seconds(full);
        size_t n_nan = 0;
        double most_left_out = 0;
        double least_kept = INFINITY;
        for (size_t bin = 0; bin < 400; bin++) {
            bool left_out = isnan(resp[bin * synthetic.n_cell]);
            for (size_t cell = 0; cell < synthetic.n_cell; cell++)
                assert_int_equal(left_out, isnan(resp[bin * synthetic.n_cell + cell]) != 0);
            n_nan += left_out;
            if (left_out)
                most_left_out = fmax(most_left_out, seconds[bin]);
            else
                least_kept = fmin(least_kept, seconds[bin]);
        }
        assert_int_equal(n_nan, lround(fractions[f] * 400));
        assert_true(most_left_out < least_kept);
        mec_synthetic_session_destroy(full);
        free(resp);
    }
}

static void test_time_is_spent_along_the_walls(void **state) {
    (void)state;
    mec_status status = {0};
    mec_synthetic synthetic = defaults();
    synthetic.unvisited = 0;
    double sum = 0;
    double wall = 0;
    for (size_t animal = 0; animal < 20; animal++) {
        mec_synthetic_session *session =
            mec_synthetic_session_create(&synthetic, &arena, animal, &status);
        const double *seconds = mec_synthetic_seconds(session);
        for (size_t bin = 0; bin < 400; bin++) {
            size_t x = bin / 20;
            size_t y = bin % 20;
            sum += seconds[bin];
            wall += x == 0 || x == 19 || y == 0 || y == 19 ? seconds[bin] : 0;
        }
        mec_synthetic_session_destroy(session);
    }
    assert_true(fabs(sum / (20 * 400) - 1.5) < 1e-9);
    assert_true(wall / (20 * 76) > 1.2 * (sum - wall) / (20 * 324));
}

static void test_kinds_have_their_shares(void **state) {
    (void)state;
    const double shares[][3] = {{0.4, 0.2, 0.1}, {0, 0, 0}, {1, 0, 0}, {0.3, 0.3, 0.4}};
    for (size_t i = 0; i < sizeof shares / sizeof *shares; i++) {
        mec_synthetic synthetic = {.n_animal = 1,
                                   .n_cell = 50,
                                   .fraction_grid = shares[i][0],
                                   .fraction_place = shares[i][1],
                                   .fraction_border = shares[i][2]};
        long count[4] = {0};
        for (size_t cell = 0; cell < synthetic.n_cell; cell++)
            count[mec_synthetic_kind(&synthetic, cell)]++;
        for (size_t kind = 0; kind < 3; kind++)
            assert_int_equal(count[kind], lround(50 * shares[i][kind]));
    }
}

static void test_names_sort_as_numbers(void **state) {
    (void)state;
    char before[64] = "";
    char text[64];
    mec_synthetic synthetic = defaults();
    synthetic.n_animal = 12000;
    for (size_t animal = 0; animal < synthetic.n_animal; animal++) {
        mec_synthetic_animal_name(&synthetic, animal, text, sizeof text);
        assert_true(strcmp(before, text) < 0);
        snprintf(before, sizeof before, "%s", text);
    }
    synthetic.n_animal = 4;
    mec_synthetic_cell_id(&synthetic, 0, 2, text, sizeof text);
    assert_string_equal(text, "animal_0001_grid_0003");
    mec_synthetic_cell_id(&synthetic, 3, 49, text, sizeof text);
    assert_string_equal(text, "animal_0004_mixed_0050");
}

/* The counts' mean and variance are both rate x time: summed over all bins and cells, their
 * deviations from it stay within five standard errors. */
static void test_noise_is_poisson(void **state) {
    (void)state;
    mec_status status = {0};
    mec_synthetic noisy = defaults();
    mec_synthetic exact = noisy;
    exact.poisson = false;
    mec_synthetic_session *session = mec_synthetic_session_create(&noisy, &arena, 0, &status);
    const double *seconds = mec_synthetic_seconds(session);
    double *resp = draw_all(&noisy, &arena, 0);
    double *rate = draw_all(&exact, &arena, 0);
    double n = 0;
    double expected = 0;
    double excess = 0;
    double dispersion = 0;
    for (size_t i = 0; i < 400 * noisy.n_cell; i++) {
        double time = seconds[i / noisy.n_cell];
        double mean = rate[i] * time;
        if (isnan(resp[i]))
            continue;
        assert_true(fabs(resp[i] * time - round(resp[i] * time)) < 1e-9);
        n++;
        expected += mean;
        excess += resp[i] * time - mean;
        dispersion += pow(resp[i] * time - mean, 2) / mean;
    }
    assert_true(fabs(excess) < 5 * sqrt(expected));
    assert_true(fabs(dispersion / n - 1) < 0.1);
    mec_synthetic_session_destroy(session);
    free(resp);
    free(rate);
}

static void test_peaks_are_near_the_setting(void **state) {
    (void)state;
    mec_synthetic synthetic = defaults();
    synthetic.poisson = false;
    synthetic.unvisited = 0;
    synthetic.n_cell = 200;
    double *rate = draw_all(&synthetic, &arena, 0);
    double peaks[200];
    for (size_t cell = 0; cell < 200; cell++) {
        peaks[cell] = 0;
        for (size_t bin = 0; bin < 400; bin++) {
            assert_true(rate[bin * 200 + cell] >= 0);
            peaks[cell] = fmax(peaks[cell], rate[bin * 200 + cell]);
        }
    }
    mec_summary summary = mec_summarise(peaks, 200);
    assert_true(summary.median > 10 && summary.median < 25);
    free(rate);
}

/* The mean over bins of map a times map b, both standardised. */
static double correlation(const double *a, const double *b, size_t n, size_t stride) {
    double sum[5] = {0};
    for (size_t i = 0; i < n; i++) {
        double x = a[i * stride];
        double y = b[i * stride];
        const double terms[] = {x, y, x * x, y * y, x * y};
        for (int k = 0; k < 5; k++)
            sum[k] += terms[k] / (double)n;
    }
    return (sum[4] - sum[0] * sum[1]) /
           sqrt((sum[2] - sum[0] * sum[0]) * (sum[3] - sum[1] * sum[1]));
}

/* Border cells stay at their wall in another arena; place cells find new fields there. */
static void test_what_cells_keep_between_arenas(void **state) {
    (void)state;
    mec_synthetic synthetic = defaults();
    synthetic.poisson = false;
    synthetic.unvisited = 0;
    synthetic.n_cell = 100;
    synthetic.fraction_grid = 0;
    synthetic.fraction_place = 0.5;
    synthetic.fraction_border = 0.5;
    mec_synthetic_arena room = arena;
    room.name = "room";
    double *here = draw_all(&synthetic, &arena, 0);
    double *there = draw_all(&synthetic, &room, 0);
    double kept[100];
    for (size_t cell = 0; cell < 100; cell++)
        kept[cell] = correlation(here + cell, there + cell, 400, 100);
    assert_true(mec_summarise(kept + 50, 50).median > 0.6);
    assert_true(mec_summarise(kept, 50).median < 0.3);
    free(here);
    free(there);
}

/* The median held-out correlation of Ridge from animals of `source` to animal 0 of `target`. */
static double predict(const mec_synthetic *source, const mec_synthetic *target,
                      const mec_synthetic_arena *in) {
    enum { N_PART = 3, MOST_BINS = 2000 };
    size_t n_bin = in->n_side * in->n_side;
    mec_status status = {0};
    mec_population parts[N_PART];
    const mec_population *pointers[N_PART];
    double *resp[N_PART + 1];
    uint32_t states[MOST_BINS];
    uint32_t order[MOST_BINS];
    uint32_t cells[64];
    double corr[64];
    for (size_t i = 0; i < N_PART; i++) {
        resp[i] = draw_all(source, in, i + 1);
        parts[i] = (mec_population){resp[i], n_bin, source->n_cell};
        pointers[i] = &parts[i];
    }
    resp[N_PART] = draw_all(target, in, 0);
    mec_population population = {resp[N_PART], n_bin, target->n_cell};
    for (uint32_t i = 0; i < n_bin; i++)
        states[i] = i;
    size_t n_train = mec_split_n_train(n_bin, 0.2);
    mec_split_random(0, states, n_bin, order);
    mec_source all = {.parts = pointers, .n_part = N_PART, .n_cell = N_PART * source->n_cell};
    mec_map_parameters parameters = {.alpha = 1, .fit_intercept = true};
    mec_problem problem = {.source = &all,
                           .train = order,
                           .test = order + n_train,
                           .n_train = n_train,
                           .n_test = n_bin - n_train,
                           .parameters = &parameters};
    mec_fit fit = {.problem = &problem, .map = &mec_ridge};
    mec_fit_target cells_of_it = {.population = &population,
                                  .cells = cells,
                                  .n = target->n_cell,
                                  .score = {[MEC_SCORE_CORR] = corr}};
    mec_fit_workspace workspace = {0};
    for (uint32_t j = 0; j < target->n_cell; j++)
        cells[j] = j;
    assert_int_equal(mec_fit_run(&fit, &cells_of_it, 1, &workspace, &status), MEC_OK);
    mec_fit_workspace_release(&workspace);
    for (size_t i = 0; i <= N_PART; i++)
        free(resp[i]);
    return mec_summarise(corr, target->n_cell).median;
}

/* Possible, but not perfect, with every kind of cell and noise. */
static void test_animals_predict_each_other(void **state) {
    (void)state;
    mec_synthetic synthetic = defaults();
    synthetic.unvisited = 0;
    double median = predict(&synthetic, &synthetic, &arena);
    assert_true(median > 0.4 && median < 0.85);
}

/* Grid cells of animals that share modules predict each other far better than those of animals that
 * do not: another seed has other modules. The arena is large against the spacings, so that no other
 * cells will do. */
static void test_animals_share_their_modules(void **state) {
    (void)state;
    const mec_synthetic_arena large = {"2.2", 2.2, 44};
    mec_synthetic synthetic = defaults();
    synthetic.unvisited = 0;
    synthetic.fraction_grid = 1;
    synthetic.fraction_place = synthetic.fraction_border = 0;
    mec_synthetic stranger = synthetic;
    stranger.seed = 1234;
    double shared = predict(&synthetic, &synthetic, &large);
    assert_true(shared > predict(&stranger, &synthetic, &large) + 0.1);
    assert_true(shared < 0.95);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_blocks_agree_with_the_whole),
        cmocka_unit_test(test_every_number_has_its_own_draw),
        cmocka_unit_test(test_unvisited_bins_are_the_least_occupied),
        cmocka_unit_test(test_time_is_spent_along_the_walls),
        cmocka_unit_test(test_kinds_have_their_shares),
        cmocka_unit_test(test_names_sort_as_numbers),
        cmocka_unit_test(test_noise_is_poisson),
        cmocka_unit_test(test_peaks_are_near_the_setting),
        cmocka_unit_test(test_what_cells_keep_between_arenas),
        cmocka_unit_test(test_animals_predict_each_other),
        cmocka_unit_test(test_animals_share_their_modules),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
