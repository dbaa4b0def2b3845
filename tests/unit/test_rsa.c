#include <stdlib.h>
#include <string.h>

#include "maps/rsa.h"
#include "random.h"
#include "unit.h"

static uint64_t seed = 61;

typedef struct patterns {
    size_t n, m;
    double *values; /* (n, m) */
} patterns;

static patterns make_patterns(size_t n, size_t m) {
    patterns p = {n, m, malloc(n * m * sizeof(double))};
    assert_non_null(p.values);
    random_fill(&seed, p.values, n * m);
    return p;
}

/* mec_rsa overwrites what it is given: it gets copies. */
static double score(const patterns *a, const patterns *b) {
    double found = 0;
    mec_scratch scratch = {0};
    mec_status status = {0};
    patterns x = make_patterns(a->n, a->m);
    patterns y = make_patterns(b->n, b->m);
    memcpy(x.values, a->values, a->n * a->m * sizeof(double));
    memcpy(y.values, b->values, b->n * b->m * sizeof(double));
    assert_int_equal(a->n, b->n);
    mec_rsa(a->n, x.values, a->m, y.values, b->m, &found, &scratch, &status);
    assert_ok(status);
    mec_scratch_release(&scratch);
    free(x.values);
    free(y.values);
    return found;
}

/* ---- the oracle: explicit lists, in long double ---- */

static double pearson(const double *x, const double *y, size_t n) {
    long double mean_x = 0;
    long double mean_y = 0;
    long double xx = 0;
    long double yy = 0;
    long double xy = 0;
    for (size_t i = 0; i < n; i++) {
        mean_x += (long double)x[i] / (long double)n;
        mean_y += (long double)y[i] / (long double)n;
    }
    for (size_t i = 0; i < n; i++) {
        xx += (x[i] - mean_x) * (x[i] - mean_x);
        yy += (y[i] - mean_y) * (y[i] - mean_y);
        xy += (x[i] - mean_x) * (y[i] - mean_y);
    }
    return (double)(xy / sqrtl(xx * yy));
}

static bool is_constant(const patterns *p, size_t state) {
    const double *row = p->values + state * p->m;
    for (size_t j = 1; j < p->m; j++)
        if (row[j] != row[0])
            return false;
    return true;
}

static double dissimilarity(const patterns *p, size_t i, size_t j) {
    return 1 - pearson(p->values + i * p->m, p->values + j * p->m, p->m);
}

static double score_by_oracle(const patterns *a, const patterns *b) {
    size_t n_pair = 0;
    double *of_a = malloc((a->n * a->n + 1) * sizeof *of_a);
    double *of_b = malloc((a->n * a->n + 1) * sizeof *of_b);
    assert_true(of_a && of_b);
    for (size_t i = 0; i < a->n; i++)
        for (size_t j = i + 1; j < a->n; j++) {
            if (is_constant(a, i) || is_constant(b, i) || is_constant(a, j) || is_constant(b, j))
                continue;
            of_a[n_pair] = dissimilarity(a, i, j);
            of_b[n_pair++] = dissimilarity(b, i, j);
        }
    double found = n_pair >= 2 ? pearson(of_a, of_b, n_pair) : NAN;
    free(of_a);
    free(of_b);
    return found;
}

/* Two populations of n states that share part of their structure. */
typedef struct pair {
    patterns a, b;
} pair;

static pair make_pair(size_t n, size_t n_a, size_t n_b) {
    pair p = {make_patterns(n, n_a), make_patterns(n, n_b)};
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < n_b; j++)
            p.b.values[i * n_b + j] += p.a.values[i * n_a + j % n_a];
    return p;
}

static void free_pair(const pair *p) {
    free(p->a.values);
    free(p->b.values);
}

static void make_constant(const patterns *p, size_t state, double value) {
    for (size_t j = 0; j < p->m; j++)
        p->values[state * p->m + j] = value;
}

static void check_against_oracle(const pair *p, double tolerance) {
    assert_near(score(&p->a, &p->b), score_by_oracle(&p->a, &p->b), tolerance);
    assert_near(score(&p->b, &p->a), score(&p->a, &p->b), 1e-15);
}

/* ---- tests ---- */

/* With blocks of 128 states, of which the last may be full, almost empty or almost full. */
static void scores_agree_with_the_oracle(void **state) {
    (void)state;
    const size_t sizes[] = {3, 4, 5, 30, 127, 128, 129, 255, 256, 257, 300};
    const size_t widths[][2] = {{3, 3}, {7, 5}, {40, 9}};
    for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++)
        for (size_t w = 0; w < sizeof widths / sizeof *widths; w++) {
            pair p = make_pair(sizes[s], widths[w][0], widths[w][1]);
            check_against_oracle(&p, 1e-13);
            free_pair(&p);
        }
}

static void equal_populations_score_one(void **state) {
    (void)state;
    patterns a = make_patterns(50, 8);
    assert_near(score(&a, &a), 1, 1e-14);
    assert_true(score(&a, &a) <= 1);
    free(a.values);
}

/* Dissimilarities do not change where a state's rates are scaled or raised together, nor with the
 * order of the cells. */
static void what_keeps_dissimilarities_keeps_the_score(void **state) {
    (void)state;
    pair p = make_pair(40, 6, 6);
    double wanted = score(&p.a, &p.b);
    for (size_t i = 0; i < 40; i++) {
        double *row = p.b.values + i * 6;
        double factor = 0.1 + random_uniform(&seed);
        double offset = random_uniform(&seed);
        for (size_t j = 0; j < 6; j++)
            row[j] = factor * row[j] + offset;
        double kept = row[0];
        row[0] = row[4];
        row[4] = kept;
    }
    assert_near(score(&p.a, &p.b), wanted, 1e-13);
    free_pair(&p);
}

static void states_without_a_pattern_are_left_out(void **state) {
    (void)state;
    for (size_t n = 10; n <= 150; n += 140) {
        pair p = make_pair(n, 6, 7);
        make_constant(&p.a, 0, 0);
        make_constant(&p.a, n / 2, 0.1);
        make_constant(&p.b, n / 2, 0);
        make_constant(&p.b, n - 1, 1.0 / 3);
        check_against_oracle(&p, 1e-13);
        pair rest = {make_patterns(n - 3, 6), make_patterns(n - 3, 7)};
        size_t k = 0;
        for (size_t i = 1; i < n - 1; i++)
            if (i != n / 2) {
                memcpy(rest.a.values + k * 6, p.a.values + i * 6, 6 * sizeof(double));
                memcpy(rest.b.values + k++ * 7, p.b.values + i * 7, 7 * sizeof(double));
            }
        assert_near(score(&p.a, &p.b), score(&rest.a, &rest.b), 0);
        free_pair(&p);
        free_pair(&rest);
    }
}

static void two_pairs_are_needed(void **state) {
    (void)state;
    for (size_t n = 1; n <= 3; n++) {
        pair p = make_pair(n, 5, 5);
        assert_true(isfinite(score(&p.a, &p.b)) == (n >= 3));
        free_pair(&p);
    }
    pair p = make_pair(5, 4, 4);
    make_constant(&p.a, 1, 2);
    make_constant(&p.b, 3, 2);
    assert_true(isfinite(score(&p.a, &p.b)) != 0);
    make_constant(&p.a, 0, 2);
    assert_near(score(&p.a, &p.b), NAN, 0);
    for (size_t i = 0; i < 5; i++)
        make_constant(&p.a, i, (double)i);
    assert_near(score(&p.a, &p.b), NAN, 0);
    free_pair(&p);
}

/* One value has no pattern. */
static void a_single_cell_has_no_score(void **state) {
    (void)state;
    pair p = make_pair(20, 1, 5);
    assert_near(score(&p.a, &p.b), NAN, 0);
    assert_near(score(&p.b, &p.a), NAN, 0);
    free_pair(&p);
}

/* All states alike, or alike but for offset and scale: nothing is told apart, and rounding must not
 * make it look as if it was. */
static void equal_dissimilarities_have_no_score(void **state) {
    (void)state;
    for (size_t n = 5; n < 300; n += 47)
        for (size_t m = 2; m < 200; m += 11) {
            pair p = make_pair(n, m, 9);
            for (size_t i = 1; i < n; i++)
                memcpy(p.a.values + i * m, p.a.values, m * sizeof(double));
            assert_near(score(&p.a, &p.b), NAN, 0);
            assert_near(score(&p.b, &p.a), NAN, 0);
            for (size_t i = 1; i < n; i++)
                for (size_t j = 0; j < m; j++)
                    p.a.values[i * m + j] = p.a.values[j] * (double)(1 + i);
            assert_near(score(&p.a, &p.b), NAN, 0);
            free_pair(&p);
        }
}

/* Two cells are correlated by 1 or -1 between any two states. */
static void two_cells_tell_two_kinds_of_states_apart(void **state) {
    (void)state;
    pair p = make_pair(140, 2, 2);
    check_against_oracle(&p, 1e-13);
    for (size_t i = 0; i < 140; i++) {
        p.a.values[2 * i] = random_uniform(&seed);
        p.a.values[2 * i + 1] = p.a.values[2 * i] + 1;
    }
    assert_near(score(&p.a, &p.b), NAN, 0);
    free_pair(&p);
}

static void patterns_that_are_not_finite_have_no_score(void **state) {
    (void)state;
    const double bad[] = {NAN, INFINITY, -INFINITY};
    for (size_t k = 0; k < sizeof bad / sizeof *bad; k++)
        for (size_t place = 0; place < 30; place++) {
            pair p = make_pair(6, 5, 5);
            p.a.values[place] = bad[k];
            assert_near(score(&p.a, &p.b), NAN, 0);
            assert_near(score(&p.b, &p.a), NAN, 0);
            make_constant(&p.a, place / 5, bad[k]);
            assert_near(score(&p.a, &p.b), NAN, 0);
            free_pair(&p);
        }
}

/* Values are multiples of 2^-20: adding the offset is exact, and so should be the answer. */
static void a_large_common_offset_costs_no_digits(void **state) {
    (void)state;
    pair p = make_pair(140, 12, 9);
    for (size_t k = 0; k < (size_t)140 * 12; k++)
        p.a.values[k] = round(p.a.values[k] * 0x1p20) * 0x1p-20;
    double wanted = score(&p.a, &p.b);
    for (size_t k = 0; k < (size_t)140 * 12; k++)
        p.a.values[k] += 0x1p30 + 1;
    assert_near(score(&p.a, &p.b), wanted, 1e-14);
    check_against_oracle(&p, 1e-13);
    free_pair(&p);
}

static void tiny_and_huge_rates_have_patterns(void **state) {
    (void)state;
    const double scales[] = {1e-300, 1e-170, 1e170, 1e300};
    pair p = make_pair(30, 6, 6);
    double wanted = score(&p.a, &p.b);
    for (size_t s = 0; s < sizeof scales / sizeof *scales; s++) {
        patterns scaled = make_patterns(30, 6);
        for (size_t k = 0; k < 180; k++)
            scaled.values[k] = p.a.values[k] * scales[s];
        assert_near(score(&scaled, &p.b), wanted, 1e-13);
        free(scaled.values);
    }
    free_pair(&p);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(scores_agree_with_the_oracle),
        cmocka_unit_test(equal_populations_score_one),
        cmocka_unit_test(what_keeps_dissimilarities_keeps_the_score),
        cmocka_unit_test(states_without_a_pattern_are_left_out),
        cmocka_unit_test(two_pairs_are_needed),
        cmocka_unit_test(a_single_cell_has_no_score),
        cmocka_unit_test(equal_dissimilarities_have_no_score),
        cmocka_unit_test(two_cells_tell_two_kinds_of_states_apart),
        cmocka_unit_test(patterns_that_are_not_finite_have_no_score),
        cmocka_unit_test(a_large_common_offset_costs_no_digits),
        cmocka_unit_test(tiny_and_huge_rates_have_patterns),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
