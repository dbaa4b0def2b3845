#include <stdlib.h>
#include <string.h>

#include "maps/emd.h"
#include "numerics/transport.h"
#include "random.h"
#include "unit.h"

enum { N_ROW = 7, N_COLUMN = 6, N_STATE = N_ROW * N_COLUMN, N_CELL = 5 };

static uint64_t seed = 53;

static const mec_bins metres = {N_ROW, N_COLUMN, 0.05, 0.025};
static const mec_bins squares = {N_ROW, N_COLUMN, 1, 1};

/* Some cells of a population of N_CELL, predicted on some of its states. */
typedef struct setting {
    mec_bins bins;
    double resp[N_STATE * N_CELL];
    uint32_t cells[N_CELL], test[N_STATE];
    size_t n, n_test;
    double prediction[N_STATE * N_CELL]; /* (n_test, n) */
    double intercept[N_CELL];
} setting;

static setting make_setting(size_t n_test, size_t n, mec_bins bins) {
    setting s = {.n = n, .n_test = n_test, .bins = bins};
    random_fill(&seed, s.resp, N_STATE * N_CELL);
    random_fill(&seed, s.prediction, n_test * n);
    random_fill(&seed, s.intercept, n);
    random_order(&seed, s.test, N_STATE);
    random_order(&seed, s.cells, N_CELL);
    return s;
}

static mec_code score_with(const setting *s, double *score, const mec_pulse *pulse,
                           mec_status *status) {
    mec_population target = {s->resp, N_STATE, N_CELL};
    mec_predictions predictions = {.target = &target,
                                   .cells = s->cells,
                                   .n = s->n,
                                   .test = s->test,
                                   .n_test = s->n_test,
                                   .prediction = s->prediction,
                                   .intercept = s->intercept};
    mec_scratch scratch = {0};
    mec_code code = mec_score_neg_emd(&predictions, &s->bins, score, pulse, &scratch, status);
    mec_scratch_release(&scratch);
    return code;
}

static void score(const setting *s, double *found) {
    mec_status status = {0};
    score_with(s, found, NULL, &status);
    assert_ok(status);
}

/* The score of two maps (n) on states 0 .. n - 1 of the bins. */
static double score_maps(const double *prediction, const double *response, size_t n,
                         mec_bins bins) {
    setting s = make_setting(n, 1, bins);
    double found;
    s.cells[0] = 0;
    s.intercept[0] = 0;
    for (size_t i = 0; i < n; i++) {
        s.test[i] = (uint32_t)i;
        s.resp[i * N_CELL] = response[i];
        s.prediction[i] = prediction[i];
    }
    score(&s, &found);
    return found;
}

static double distance_between(uint32_t a, uint32_t b, const mec_bins *bins) {
    double x = ((double)(a / bins->n_column) - (double)(b / bins->n_column)) * bins->row_spacing;
    double y = ((double)(a % bins->n_column) - (double)(b % bins->n_column)) * bins->column_spacing;
    return hypot(x, y);
}

/* The definition: everything may move, from every bin to every bin. */
static double score_by_definition(const setting *s, size_t k) {
    double from[N_STATE];
    double to[N_STATE];
    double cost[N_STATE * N_STATE];
    double sum_from = 0;
    double sum_to = 0;
    for (size_t i = 0; i < s->n_test; i++) {
        from[i] = fmax(0, s->prediction[i * s->n + k] + s->intercept[k]);
        to[i] = fmax(0, s->resp[s->test[i] * N_CELL + s->cells[k]]);
        sum_from += from[i];
        sum_to += to[i];
        for (size_t j = 0; j < s->n_test; j++)
            cost[i * s->n_test + j] = distance_between(s->test[i], s->test[j], &s->bins);
    }
    if (sum_from == 0 || sum_to == 0)
        return NAN;
    for (size_t i = 0; i < s->n_test; i++) {
        from[i] /= sum_from;
        to[i] /= sum_to;
    }
    mec_scratch scratch = {0};
    mec_status status = {0};
    mec_transport_problem problem = {s->n_test, s->n_test, from, to, cost};
    mec_transport *transport = mec_transport_create(2 * s->n_test, &scratch, &status);
    assert_ok(status);
    double found = mec_transport_solve(transport, &problem);
    mec_scratch_release(&scratch);
    return -found;
}

static void scores_agree_with_their_definition(void **state) {
    (void)state;
    for (size_t n_test = 1; n_test <= N_STATE; n_test++)
        for (size_t n = 1; n <= N_CELL; n++) {
            setting s = make_setting(n_test, n, n % 2 ? metres : squares);
            double found[N_CELL];
            score(&s, found);
            for (size_t k = 0; k < n; k++)
                assert_near(found[k], score_by_definition(&s, k), 1e-13);
        }
}

/* On a line it is the area between the cumulative sums. */
static void a_line_has_a_closed_form(void **state) {
    (void)state;
    for (int round = 0; round < 100; round++) {
        const mec_bins line = {1, N_STATE, 3, 0.5};
        double a[N_STATE];
        double b[N_STATE];
        double sum_a = 0;
        double sum_b = 0;
        double difference = 0;
        double wanted = 0;
        for (size_t i = 0; i < N_STATE; i++) {
            sum_a += a[i] = random_uniform(&seed);
            sum_b += b[i] = random_below(&seed, 4) ? 0 : random_uniform(&seed);
        }
        for (size_t i = 0; i < N_STATE; i++) {
            difference += a[i] / sum_a - b[i] / sum_b;
            wanted -= 0.5 * fabs(difference);
        }
        assert_near(score_maps(a, b, N_STATE, line), wanted, 1e-13);
    }
}

/* No plan is shorter than the way between the centres of mass, and a shift takes just that. */
static void a_shifted_map_is_as_far_as_the_shift(void **state) {
    (void)state;
    double a[N_STATE] = {0};
    double b[N_STATE] = {0};
    for (size_t row = 0; row < 4; row++)
        for (size_t column = 0; column < 3; column++) {
            double rate = random_uniform(&seed);
            a[row * N_COLUMN + column] = rate;
            b[(row + 3) * N_COLUMN + column + 2] = 7 * rate;
        }
    assert_near(score_maps(a, b, N_STATE, metres), -hypot(3 * 0.05, 2 * 0.025), 1e-14);
    assert_near(score_maps(a, b, N_STATE, squares), -sqrt(13), 1e-13);
}

static void from_a_single_bin_it_is_the_mean_distance(void **state) {
    (void)state;
    const uint32_t place = 17;
    double a[N_STATE] = {0};
    double b[N_STATE];
    double sum = 0;
    double wanted = 0;
    a[place] = 3;
    for (uint32_t i = 0; i < N_STATE; i++) {
        b[i] = random_uniform(&seed);
        sum += b[i];
        wanted -= b[i] * distance_between(place, i, &metres);
    }
    assert_near(score_maps(a, b, N_STATE, metres), wanted / sum, 1e-14);
    assert_near(score_maps(b, a, N_STATE, metres), wanted / sum, 1e-14);
}

static void equal_maps_score_zero(void **state) {
    (void)state;
    double a[N_STATE];
    double b[N_STATE];
    for (size_t i = 0; i < N_STATE; i++) {
        a[i] = random_uniform(&seed);
        b[i] = 3 * a[i];
    }
    double found = score_maps(a, a, N_STATE, metres);
    assert_near(found, 0, 0);
    assert_false(signbit(found));
    assert_near(score_maps(a, b, N_STATE, metres), 0, 1e-16);
    assert_near(score_maps(a, b, 1, metres), 0, 0);
}

static void scale_does_not_matter(void **state) {
    (void)state;
    const double scales[] = {3, 1e-200, 1e200, 1e-300};
    double a[N_STATE];
    double b[N_STATE];
    double scaled[N_STATE];
    random_fill(&seed, a, N_STATE);
    random_fill(&seed, b, N_STATE);
    double wanted = score_maps(a, b, N_STATE, metres);
    assert_true(wanted < -0.01);
    for (size_t s = 0; s < sizeof scales / sizeof *scales; s++) {
        for (size_t i = 0; i < N_STATE; i++)
            scaled[i] = a[i] * scales[s];
        assert_near(score_maps(scaled, b, N_STATE, metres), wanted, 1e-14);
        assert_near(score_maps(b, scaled, N_STATE, metres), wanted, 1e-14);
    }
}

static void negative_rates_count_as_none(void **state) {
    (void)state;
    double a[N_STATE];
    double b[N_STATE];
    double clipped[N_STATE];
    random_fill(&seed, a, N_STATE);
    random_fill(&seed, b, N_STATE);
    for (size_t i = 0; i < N_STATE; i++)
        clipped[i] = a[i] > 0 ? a[i] : 0;
    double wanted = score_maps(clipped, b, N_STATE, metres);
    assert_near(score_maps(a, b, N_STATE, metres), wanted, 0);
    assert_near(score_maps(b, a, N_STATE, metres), wanted, 1e-15);
}

static void without_rates_there_is_no_score(void **state) {
    (void)state;
    const double bad[] = {NAN, INFINITY, -INFINITY};
    const double none[4] = {0, -1, 0, -2};
    const double some[4] = {0, 1, 0, 2};
    assert_near(score_maps(none, some, 4, metres), NAN, 0);
    assert_near(score_maps(some, none, 4, metres), NAN, 0);
    assert_near(score_maps(none, none, 4, metres), NAN, 0);
    for (size_t k = 0; k < sizeof bad / sizeof *bad; k++)
        for (size_t place = 0; place < 4; place++) {
            double broken[4] = {0, 1, 0, 2};
            broken[place] = bad[k];
            assert_near(score_maps(broken, some, 4, metres), NAN, 0);
            assert_near(score_maps(some, broken, 4, metres), NAN, 0);
        }
}

/* A cell's NaN must not reach its neighbours. */
static void cells_are_independent(void **state) {
    (void)state;
    setting s = make_setting(20, 3, metres);
    double clean[3];
    double found[3];
    score(&s, clean);
    s.prediction[3 * 4 + 1] = NAN;
    score(&s, found);
    assert_near(found[0], clean[0], 0);
    assert_near(found[1], NAN, 0);
    assert_near(found[2], clean[2], 0);
}

static bool stop_third_time(void *owner) {
    int *n_beat = owner;
    return ++*n_beat == 3;
}

static void it_stops_between_cells(void **state) {
    (void)state;
    setting s = make_setting(20, N_CELL, metres);
    double found[N_CELL];
    int n_beat = 0;
    mec_pulse pulse = {stop_third_time, &n_beat};
    mec_status status = {0};
    assert_int_equal(score_with(&s, found, &pulse, &status), MEC_STOPPED);
    assert_int_equal(n_beat, 3);
}

static void memory_grows_with_the_pairs(void **state) {
    (void)state;
    assert_true(mec_neg_emd_memory(320) >= 8.0 * 160 * 160);
    assert_true(mec_neg_emd_memory(8000) >= 8.0 * 4000 * 4000);
    assert_true(mec_neg_emd_memory(8000) < 1.02 * 8.0 * 4000 * 4000);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(scores_agree_with_their_definition),
        cmocka_unit_test(a_line_has_a_closed_form),
        cmocka_unit_test(a_shifted_map_is_as_far_as_the_shift),
        cmocka_unit_test(from_a_single_bin_it_is_the_mean_distance),
        cmocka_unit_test(equal_maps_score_zero),
        cmocka_unit_test(scale_does_not_matter),
        cmocka_unit_test(negative_rates_count_as_none),
        cmocka_unit_test(without_rates_there_is_no_score),
        cmocka_unit_test(cells_are_independent),
        cmocka_unit_test(it_stops_between_cells),
        cmocka_unit_test(memory_grows_with_the_pairs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
