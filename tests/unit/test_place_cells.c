#include "model/place_cells.h"

#include <stdlib.h>
#include <string.h>

#include "random.h"
#include "unit.h"

enum { N_CELL = 40, N_POSITION = 25 };
static const mec_box box = {-1, 1.5, 0.25, 1.25};
static const mec_place_options plain = {box, N_CELL, 0.12, 2, .dog = true};

static mec_place_cells create(const mec_place_options *options) {
    mec_status status = {0};
    mec_place_cells cells;
    mec_place_cells_create(&cells, options, &status);
    assert_ok(status);
    return cells;
}

static void centres_lie_in_the_box(void **state) {
    (void)state;
    mec_place_options options = plain;
    options.n_cell = 2000;
    mec_place_cells cells = create(&options);
    double sum[2] = {0, 0};
    for (size_t i = 0; i < options.n_cell; i++) {
        const double *centre = cells.centres + 2 * i;
        assert_true(centre[0] >= box.min_x && centre[0] < box.max_x);
        assert_true(centre[1] >= box.min_y && centre[1] < box.max_y);
        sum[0] += centre[0];
        sum[1] += centre[1];
    }
    assert_near(sum[0] / 2000, 0.25, 4 * 2.5 / sqrt(12.0 * 2000));
    assert_near(sum[1] / 2000, 0.75, 4 * 1.0 / sqrt(12.0 * 2000));
    mec_place_cells_destroy(&cells);
}

/* ---- encoding, as the formula reads ---- */

static double gaussian(const mec_place_cells *cells, const double *position, size_t cell,
                       double variance) {
    double dx = position[0] - cells->centres[2 * cell];
    double dy = position[1] - cells->centres[2 * cell + 1];
    return exp(-(dx * dx + dy * dy) / (2 * variance));
}

static void softmax(const mec_place_cells *cells, const double *position, double variance,
                    double *p) {
    double sum = 0;
    for (size_t cell = 0; cell < cells->options.n_cell; cell++)
        sum += gaussian(cells, position, cell, variance);
    for (size_t cell = 0; cell < cells->options.n_cell; cell++)
        p[cell] = gaussian(cells, position, cell, variance) / sum;
}

static void encode(const mec_place_cells *cells, const double *position, double *p) {
    const mec_place_options *options = &cells->options;
    const double variance = options->sigma * options->sigma;
    double surround[N_CELL];
    double least = INFINITY;
    double sum = 0;
    softmax(cells, position, variance, p);
    if (!options->dog)
        return;
    softmax(cells, position, options->surround_scale * variance, surround);
    for (size_t cell = 0; cell < options->n_cell; cell++)
        least = fmin(least, p[cell] - surround[cell]);
    for (size_t cell = 0; cell < options->n_cell; cell++) {
        p[cell] += fabs(least) - surround[cell];
        sum += p[cell];
    }
    for (size_t cell = 0; cell < options->n_cell; cell++)
        p[cell] /= sum;
}

static void codes_are_those_of_the_formula(void **state) {
    (void)state;
    const mec_place_options kinds[] = {plain,
                                       {box, N_CELL, 0.3, 1.5, .dog = true},
                                       {box, N_CELL, 0.3, 0.5, .dog = true},
                                       {box, N_CELL, 0.2, 1, .dog = false}};
    uint64_t seed = 5;
    double positions[2 * N_POSITION];
    random_fill(&seed, positions, (size_t)2 * N_POSITION);
    for (size_t k = 0; k < 4; k++) {
        mec_place_cells cells = create(&kinds[k]);
        double code[N_POSITION * N_CELL];
        mec_place_cells_encode(&cells, positions, N_POSITION, code);
        for (size_t i = 0; i < N_POSITION; i++) {
            double wanted[N_CELL];
            encode(&cells, positions + 2 * i, wanted);
            for (size_t cell = 0; cell < N_CELL; cell++)
                assert_near(code[i * N_CELL + cell], wanted[cell], 1e-14);
        }
        mec_place_cells_destroy(&cells);
    }
}

/* Where every Gaussian is zero to double precision, the code is still one: of sum 1, not negative,
 * largest at the nearest cell. */
static void far_away_there_is_a_code_too(void **state) {
    (void)state;
    const double position[2] = {6, -5};
    mec_place_cells cells = create(&plain);
    double code[N_CELL];
    double sum = 0;
    size_t nearest = 0;
    size_t most = 0;
    mec_place_cells_encode(&cells, position, 1, code);
    for (size_t i = 0; i < N_CELL; i++) {
        const double *c = cells.centres + 2 * i;
        const double *n = cells.centres + 2 * nearest;
        assert_true(code[i] >= 0);
        sum += code[i];
        if (code[i] > code[most])
            most = i;
        if (hypot(c[0] - 6, c[1] + 5) < hypot(n[0] - 6, n[1] + 5))
            nearest = i;
    }
    assert_near(sum, 1, 1e-14);
    assert_true(code[nearest] == code[most]);
    mec_place_cells_destroy(&cells);
}

/* ---- decoding ---- */

static void expect_decoded(const mec_place_cells *cells, const float *code, size_t a, size_t b,
                           size_t c) {
    double position[2];
    mec_place_cells_decode(cells, code, 1, position);
    for (size_t axis = 0; axis < 2; axis++)
        assert_near(position[axis],
                    (cells->centres[2 * a + axis] + cells->centres[2 * b + axis] +
                     cells->centres[2 * c + axis]) /
                        3,
                    1e-15);
}

/* Against a full sort, most active first and the lower index first among equals. */
static const float *sorted_code;

static int more_active(const void *a, const void *b) {
    size_t x = *(const size_t *)a;
    size_t y = *(const size_t *)b;
    if (sorted_code[x] != sorted_code[y])
        return sorted_code[x] > sorted_code[y] ? -1 : 1;
    return x < y ? -1 : 1;
}

static void the_three_most_active_are_found(void **state) {
    (void)state;
    uint64_t seed = 8;
    mec_place_cells cells = create(&plain);
    for (int trial = 0; trial < 500; trial++) {
        float code[N_CELL];
        size_t order[N_CELL];
        for (size_t i = 0; i < N_CELL; i++) {
            code[i] = (float)random_below(&seed, 12) - 6; /* with many ties */
            order[i] = i;
        }
        sorted_code = code;
        qsort(order, N_CELL, sizeof *order, more_active);
        expect_decoded(&cells, code, order[0], order[1], order[2]);
    }
    mec_place_cells_destroy(&cells);
}

static void equals_are_taken_from_the_lowest_index(void **state) {
    (void)state;
    mec_place_cells cells = create(&plain);
    float code[N_CELL] = {0};
    expect_decoded(&cells, code, 0, 1, 2);
    code[N_CELL - 1] = 1;
    expect_decoded(&cells, code, N_CELL - 1, 0, 1);
    for (size_t i = 0; i < N_CELL; i++)
        code[i] = -1e30F;
    code[7] = code[5] = code[30] = code[31] = -1;
    expect_decoded(&cells, code, 5, 7, 30);
    mec_place_cells_destroy(&cells);
}

static void rows_are_decoded_one_by_one(void **state) {
    (void)state;
    mec_place_options options = plain;
    options.n_cell = 3;
    mec_place_cells cells = create(&options);
    const float code[6] = {1, 2, 3, 3, 2, 1};
    double positions[4];
    mec_place_cells_decode(&cells, code, 2, positions);
    assert_near(positions[0], positions[2], 1e-15);
    assert_near(positions[1], positions[3], 1e-15);
    expect_decoded(&cells, code, 0, 1, 2);
    mec_place_cells_destroy(&cells);
}

/* A network that has gone astray is not said to be somewhere. */
static void nonsense_is_nowhere(void **state) {
    (void)state;
    const float bad[] = {NAN, INFINITY, -INFINITY};
    mec_place_cells cells = create(&plain);
    for (size_t k = 0; k < 3; k++)
        for (size_t at = 0; at < N_CELL; at += N_CELL - 1) {
            float code[2 * N_CELL] = {0};
            double positions[4];
            code[at] = bad[k];
            mec_place_cells_decode(&cells, code, 2, positions);
            assert_true(isnan(positions[0]) && isnan(positions[1]));
            assert_true(isfinite(positions[2]) && isfinite(positions[3]));
        }
    mec_place_cells_destroy(&cells);
}

/* The error that even a perfect code has, in a square of 2.2 m: 4.1 cm with 512 cells. */
static void positions_come_back_about_right(void **state) {
    (void)state;
    enum { N = 400, N_PAPER = 512 };
    const mec_place_options papers = {{-1.1, 1.1, -1.1, 1.1}, N_PAPER, 0.12, 2, .dog = true};
    mec_place_cells cells = create(&papers);
    uint64_t seed = 3;
    double *code = malloc(N_PAPER * sizeof *code);
    float *single = malloc(N_PAPER * sizeof *single);
    double err_m = 0;
    assert_true(code && single);
    for (size_t i = 0; i < N; i++) {
        double position[2] = {2.2 * random_uniform(&seed) - 1.1, 2.2 * random_uniform(&seed) - 1.1};
        double decoded[2];
        mec_place_cells_encode(&cells, position, 1, code);
        for (size_t cell = 0; cell < N_PAPER; cell++)
            single[cell] = (float)code[cell];
        mec_place_cells_decode(&cells, single, 1, decoded);
        err_m += hypot(decoded[0] - position[0], decoded[1] - position[1]) / N;
    }
    assert_near(err_m, 0.041, 0.004);
    free(code);
    free(single);
    mec_place_cells_destroy(&cells);
}

/* ---- identity, refusals ---- */

static void the_identity_is_the_position(void **state) {
    (void)state;
    const mec_place_options options = {box, 2, 0, 0, .identity = true};
    const double positions[4] = {0.5, -0.25, 7, 8};
    mec_place_cells cells = create(&options);
    double code[4];
    double decoded[4];
    assert_null(cells.centres);
    mec_place_cells_encode(&cells, positions, 2, code);
    assert_memory_equal(code, positions, sizeof code);
    const float single[4] = {0.5F, -0.25F, 7, 8};
    mec_place_cells_decode(&cells, single, 2, decoded);
    assert_memory_equal(decoded, positions, sizeof decoded);
    mec_place_cells_destroy(&cells);
}

static void expect_refused(mec_place_options options, const char *part) {
    mec_status status = {0};
    mec_place_cells cells;
    mec_place_cells_create(&cells, &options, &status);
    assert_status(status, MEC_REFUSED, part);
    assert_null(cells.centres);
}

static void bad_options_are_refused(void **state) {
    (void)state;
    mec_place_options o = plain;
    o.n_cell = 2;
    expect_refused(o, "[model] Np: found 2; accepted: 3 or more");
    o.identity = true;
    o.n_cell = 3;
    expect_refused(o, "[model] Np: found 3; accepted: 2 with place_cell_identity");
    const double bad[] = {0, -1, NAN, INFINITY};
    for (size_t i = 0; i < 4; i++) {
        o = plain;
        o.sigma = bad[i];
        expect_refused(o, "[model] place_cell_rf: found ");
        o = plain;
        o.surround_scale = bad[i];
        expect_refused(o, "[model] surround_scale: found ");
    }
    o.surround_scale = 1;
    expect_refused(o, "[model] surround_scale: found 1; accepted with DoG: above 0, other than 1");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(centres_lie_in_the_box),
        cmocka_unit_test(codes_are_those_of_the_formula),
        cmocka_unit_test(far_away_there_is_a_code_too),
        cmocka_unit_test(the_three_most_active_are_found),
        cmocka_unit_test(equals_are_taken_from_the_lowest_index),
        cmocka_unit_test(rows_are_decoded_one_by_one),
        cmocka_unit_test(nonsense_is_nowhere),
        cmocka_unit_test(positions_come_back_about_right),
        cmocka_unit_test(the_identity_is_the_position),
        cmocka_unit_test(bad_options_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
