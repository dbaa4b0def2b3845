#include <float.h>
#include <stdlib.h>
#include <string.h>

#include "maps/certificate.h"
#include "numerics/linalg.h"
#include "oracle_elastic_net.h"
#include "random.h"
#include "unit.h"

enum { MAX_N = 12, MAX_P = 20 };

static uint64_t seed = 41;

typedef struct fixture {
    double columns[MAX_P * MAX_N], y[MAX_N], w[MAX_P];
    uint32_t index[MAX_P];
    double value[MAX_P];
    oracle_net net;
} fixture;

static void make_fixture(fixture *f, size_t n, size_t p, double lam1, double lam2, bool positive) {
    random_fill(&seed, f->columns, n * p);
    random_fill(&seed, f->y, n);
    f->net = (oracle_net){n, p, f->columns, f->y, lam1, lam2, positive};
    for (size_t j = 0; j < p; j++) {
        double w = random_uniform(&seed) < 0.5 ? 0 : 2 * random_uniform(&seed) - 1;
        f->w[j] = positive ? fabs(w) : w;
    }
}

static mec_certified certify(fixture *f, const double *w) {
    double work[MAX_N + MAX_P];
    mec_net_problem problem = {.n = f->net.n,
                               .p = f->net.p,
                               .columns = f->columns,
                               .y = f->y,
                               .lam1 = f->net.lam1,
                               .lam2 = f->net.lam2,
                               .positive = f->net.positive};
    mec_net_weights weights = {0, f->index, f->value};
    for (size_t j = 0; j < f->net.p; j++)
        if (w[j] != 0) {
            weights.index[weights.n] = (uint32_t)j;
            weights.value[weights.n++] = w[j];
        }
    return mec_certificate_find(&problem, &weights, work);
}

static const double penalties[][2] = {{0.3, 0.2}, {1, 0},      {1e-3, 1e-3}, {0.5, 1e-6},
                                      {0, 0.7},   {1e-9, 0.4}, {20, 5},      {1e-6, 0}};
enum { N_PENALTY = sizeof penalties / sizeof *penalties };

/* On a fine grid the best multiple is met to a millionth of the objective. */
static void gaps_are_those_of_the_definitions(void **state) {
    (void)state;
    for (int round = 0; round < 40; round++)
        for (size_t k = 0; k < N_PENALTY; k++) {
            fixture f;
            make_fixture(&f, 3 + random_below(&seed, 9), 1 + random_below(&seed, 19),
                         penalties[k][0], penalties[k][1], round % 3 == 0);
            mec_certified found = certify(&f, f.w);
            double objective = (double)oracle_net_objective(&f.net, f.w);
            double gap = (double)oracle_net_gap(&f.net, f.w);
            assert_near(found.objective, objective, 1e-13 * objective);
            assert_true(found.gap <= gap + 1e-13 * objective);
            assert_true(found.gap >=
                        gap - 1e-4 * (1 + 1 / fmax(penalties[k][1], 1e-3)) * objective);
        }
}

/* No weights are further from the best ones than their gap says, and the best ones have none. */
static void a_gap_bounds_the_distance_from_the_minimum(void **state) {
    (void)state;
    for (int round = 0; round < 12; round++)
        for (size_t k = 0; k < 5; k++) {
            fixture f;
            double best[MAX_P];
            make_fixture(&f, 3 + random_below(&seed, 9), 1 + random_below(&seed, 6),
                         penalties[k][0], penalties[k][1], round % 3 == 0);
            oracle_net_solve(&f.net, best);
            double least = (double)oracle_net_objective(&f.net, best);
            for (int step = 0; step < 6; step++) {
                double w[MAX_P];
                for (size_t j = 0; j < f.net.p; j++)
                    w[j] = best[j] + pow(10, -2 * step) * (f.w[j] - best[j]);
                mec_certified found = certify(&f, w);
                assert_true(found.gap >= found.objective - least - 1e-13 * least);
            }
            mec_certified found = certify(&f, best);
            assert_true(found.gap <= 64 * DBL_EPSILON * found.scale);
        }
}

/* Products that are known stand for the weights at any penalty; what is enough ends the search. */
static void known_products_are_judged(void **state) {
    (void)state;
    size_t n_enough = 0;
    for (int round = 0; round < 200; round++) {
        fixture f;
        double products[MAX_N + MAX_P];
        const double *penalty = penalties[round % N_PENALTY];
        make_fixture(&f, 3 + random_below(&seed, 9), 1 + random_below(&seed, 19), penalty[0],
                     penalty[1], round % 3 == 0);
        mec_certified wanted = certify(&f, f.w);
        mec_net_problem problem = {f.net.n,    f.net.p,        f.columns, f.y, f.net.lam1,
                                   f.net.lam2, f.net.positive, NULL,      0};
        mec_net_weights weights = {0, f.index, f.value};
        for (size_t j = 0; j < f.net.p; j++)
            if (f.w[j] != 0)
                weights.n++;
        for (size_t i = 0; i < f.net.n; i++) {
            products[i] = f.y[i];
            for (size_t j = 0; j < f.net.p; j++)
                products[i] -= f.columns[j * f.net.n + i] * f.w[j];
        }
        for (size_t j = 0; j < f.net.p; j++) {
            products[f.net.n + j] = 0;
            for (size_t i = 0; i < f.net.n; i++)
                products[f.net.n + j] += f.columns[j * f.net.n + i] * products[i];
        }
        mec_certified found = mec_certificate_judge(&problem, &weights, 0, products);
        assert_near(found.objective, wanted.objective, 1e-13 * wanted.objective);
        assert_near(found.gap, wanted.gap, 1e-12 * wanted.objective);
        double enough = random_uniform(&seed) * 2 * wanted.objective;
        found = mec_certificate_judge(&problem, &weights, enough, products);
        double least = fmin(wanted.gap, wanted.objective); /* the dual is 0 at 0 */
        assert_true(found.gap >= least - 1e-12 * wanted.objective);
        assert_int_equal(found.gap <= enough, least <= enough);
        n_enough += found.gap <= enough;
    }
    assert_in_range(n_enough, 20, 180);
}

static void a_wrong_sign_has_no_certificate(void **state) {
    (void)state;
    fixture f;
    make_fixture(&f, 8, 5, 0.1, 0.1, true);
    f.w[2] = -1e-300;
    assert_true(isinf(certify(&f, f.w).gap));
    assert_false(
        mec_certificate_accepts(MEC_CERTIFICATE_SKLEARN, 1, &(mec_certified){INFINITY, 1, 1}));
}

static void weights_that_are_not_finite_have_no_certificate(void **state) {
    (void)state;
    fixture f;
    make_fixture(&f, 8, 5, 0.1, 0.1, false);
    f.w[0] = NAN;
    assert_true(isinf(certify(&f, f.w).gap));
}

/* Without a penalty the gap is the part of the residual that X can still reach. */
static void least_squares_are_certified_by_a_basis(void **state) {
    (void)state;
    double columns[] = {2, 0, 0, 0, 3, 0};
    double y[] = {1, 2, 5};
    double basis[] = {1, 0, 0, 1, 0, 0};
    double work[5];
    mec_net_problem problem = {
        .n = 3, .p = 2, .columns = columns, .y = y, .basis = basis, .n_basis = 2};
    uint32_t index[] = {0, 1};
    double exact[] = {0.5, 2.0 / 3};
    double off[] = {0.5, 1};
    assert_near(mec_certificate_find(&problem, &(mec_net_weights){2, index, exact}, work).gap, 0,
                1e-30);
    assert_near(mec_certificate_find(&problem, &(mec_net_weights){2, index, off}, work).gap, 0.5,
                1e-15);
}

static void the_rules_accept_what_they_say(void **state) {
    (void)state;
    mec_certified c = {.gap = 1e-5, .objective = 1e-2, .scale = 1};
    assert_true(mec_certificate_accepts(MEC_CERTIFICATE_SKLEARN, 1e-5, &c));
    assert_false(mec_certificate_accepts(MEC_CERTIFICATE_SKLEARN, 0.99e-5, &c));
    assert_true(mec_certificate_accepts(MEC_CERTIFICATE_OBJECTIVE, 1e-3, &c));
    assert_false(mec_certificate_accepts(MEC_CERTIFICATE_OBJECTIVE, 0.99e-3, &c));
    assert_near(mec_certificate_relative(MEC_CERTIFICATE_SKLEARN, 1e-4, &c), 1e-5, 1e-20);
    assert_near(mec_certificate_relative(MEC_CERTIFICATE_OBJECTIVE, 1e-6, &c), 1e-3, 1e-18);
    mec_certified rounding = {.gap = 1000 * DBL_EPSILON, .objective = 1e-12, .scale = 1};
    assert_true(mec_certificate_accepts(MEC_CERTIFICATE_OBJECTIVE, 1e-6, &rounding));
    assert_true(mec_certificate_relative(MEC_CERTIFICATE_OBJECTIVE, 1e-6, &rounding) <= 1e-6);
    mec_certified nothing = {0, 0, 0};
    assert_true(mec_certificate_accepts(MEC_CERTIFICATE_OBJECTIVE, 1e-6, &nothing));
    assert_near(mec_certificate_relative(MEC_CERTIFICATE_OBJECTIVE, 1e-6, &nothing), 0, 0);
    assert_near(mec_certificate_tol(MEC_CERTIFICATE_SKLEARN, NAN), 1e-4, 0);
    assert_near(mec_certificate_tol(MEC_CERTIFICATE_OBJECTIVE, NAN), 1e-6, 0);
    assert_near(mec_certificate_tol(MEC_CERTIFICATE_OBJECTIVE, 0.5), 0.5, 0);
}

int main(void) {
    mec_linalg_set_threads(1);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gaps_are_those_of_the_definitions),
        cmocka_unit_test(a_gap_bounds_the_distance_from_the_minimum),
        cmocka_unit_test(known_products_are_judged),
        cmocka_unit_test(a_wrong_sign_has_no_certificate),
        cmocka_unit_test(weights_that_are_not_finite_have_no_certificate),
        cmocka_unit_test(least_squares_are_certified_by_a_basis),
        cmocka_unit_test(the_rules_accept_what_they_say),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
