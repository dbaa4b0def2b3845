#include "model/activation.h"

#include <string.h>

#include "oracle_network.h"
#include "unit.h"

#ifdef MEC_REAL_IS_DOUBLE
static const double TOLERANCE = 1e-14;
#else
static const double TOLERANCE = 2.5e-7; /* 2 to 4 units in the last place */
#endif

/* Relative to the value, but where hard_sigmoid comes out of a difference. */
static void compare(mec_activation activation, size_t n, const mec_real *x) {
    mec_real y[64];
    assert_true(n <= sizeof y / sizeof *y);
    for (size_t i = 0; i < n; i++)
        y[i] = x[i];
    mec_activation_apply(activation, n, y);
    for (size_t i = 0; i < n; i++) {
        double wanted = (double)oracle_activation(activation, x[i]);
        double size = activation == MEC_ACTIVATION_HARD_SIGMOID ? 0.5 : fabs(wanted);
        if (!(fabs(y[i] - wanted) <= TOLERANCE * size)) {
            print_error("%s(%.9g): ", MEC_ACTIVATION_NAMES[activation], (double)x[i]);
            assert_near(y[i], wanted, TOLERANCE * size);
        }
    }
}

/* Steps that are no multiple of anything, dense around 0 and as far as results are normal numbers;
 * pieces of every length that vectors leave over. */
static void values_are_exact(void **state) {
    (void)state;
    const double ranges[] = {1e-4, 1, 8, 80};
    enum { N_POINT = 30011 };
    for (mec_activation activation = 0; activation < MEC_N_ACTIVATION; activation++)
        for (size_t k = 0; k < sizeof ranges / sizeof *ranges; k++) {
            /* What gelu leaves of its argument below is ill-conditioned. */
            double range = activation == MEC_ACTIVATION_GELU ? fmin(ranges[k], 8) : ranges[k];
            for (size_t i = 0, n = 1; i < N_POINT; i += n, n = n % 37 + 1) {
                mec_real x[37];
                for (size_t j = 0; j < n; j++)
                    x[j] = (mec_real)(range * (2.0 * (double)(i + j) / N_POINT - 1));
                compare(activation, n, x);
            }
        }
}

/* To what is left of 1 after a difference; but for selu and the exponential slopes are about 1 at
 * most. */
static void slopes_are_exact(void **state) {
    (void)state;
    const double ranges[] = {1e-4, 1, 8, 80};
    enum { N_POINT = 3001 };
    for (mec_activation activation = 0; activation < MEC_N_ACTIVATION; activation++)
        for (size_t k = 0; k < sizeof ranges / sizeof *ranges; k++) {
            mec_real x[N_POINT];
            mec_real slope[N_POINT];
            for (size_t i = 0; i < N_POINT; i++)
                x[i] = (mec_real)(ranges[k] * (2.0 * (double)i / (N_POINT - 1) - 1));
            memcpy(slope, x, sizeof x);
            mec_activation_slope(activation, N_POINT, slope);
            for (size_t i = 0; i < N_POINT; i++) {
                double wanted = (double)oracle_slope(activation, x[i]);
                assert_near(slope[i], wanted, 2 * TOLERANCE * fmax(wanted, 1));
            }
        }
}

/* As TensorFlow has it. The middle of each range above is 0. */
static void corners_have_one_slope(void **state) {
    (void)state;
    static const double at_0[MEC_N_ACTIVATION] = {1,   1, 0.25, 0,   1,   1.0507009873554805,
                                                  0.5, 1, 1,    0.2, 0.5, 0.5};
    for (mec_activation activation = 0; activation < MEC_N_ACTIVATION; activation++) {
        mec_real x = 0;
        mec_activation_slope(activation, 1, &x);
        assert_near(x, at_0[activation], 1e-7);
    }
    mec_real ends[] = {-2.5, 2.5, (mec_real)-2.50001, (mec_real)2.50001};
    mec_activation_slope(MEC_ACTIVATION_HARD_SIGMOID, 4, ends);
    assert_near(ends[0], 0.2, 1e-7);
    assert_near(ends[1], 0.2, 1e-7);
    assert_near(ends[2], 0, 0);
    assert_near(ends[3], 0, 0);
}

static void zero_gives_what_the_formula_gives(void **state) {
    (void)state;
    const mec_real zero[] = {0, 0, 0, 0, 0};
    for (mec_activation activation = 0; activation < MEC_N_ACTIVATION; activation++)
        compare(activation, 5, zero);
}

/* A network that diverges has to be seen to. */
static void nan_stays_nan(void **state) {
    (void)state;
    for (mec_activation activation = 0; activation < MEC_N_ACTIVATION; activation++) {
        mec_real x[] = {NAN, -NAN, NAN, 1, NAN, 1, NAN};
        mec_activation_apply(activation, 7, x);
        for (size_t i = 0; i < 7; i++)
            assert_int_equal(isnan(x[i]), i != 3 && i != 5);
    }
}

/* f(-infinity), f(infinity). */
static void far_out_values_are_the_limits(void **state) {
    (void)state;
    static const double limits[MEC_N_ACTIVATION][2] = {
        [MEC_ACTIVATION_LINEAR] = {-INFINITY, INFINITY},
        [MEC_ACTIVATION_TANH] = {-1, 1},
        [MEC_ACTIVATION_SIGMOID] = {0, 1},
        [MEC_ACTIVATION_RELU] = {0, INFINITY},
        [MEC_ACTIVATION_ELU] = {-1, INFINITY},
        [MEC_ACTIVATION_SELU] = {-1.7580993408473766, INFINITY},
        [MEC_ACTIVATION_SOFTPLUS] = {0, INFINITY},
        [MEC_ACTIVATION_SOFTSIGN] = {NAN, NAN}, /* infinity by infinity, as in the reference */
        [MEC_ACTIVATION_EXPONENTIAL] = {0, INFINITY},
        [MEC_ACTIVATION_HARD_SIGMOID] = {0, 1},
        [MEC_ACTIVATION_SWISH] = {NAN, INFINITY}, /* infinity times 0, likewise */
        [MEC_ACTIVATION_GELU] = {NAN, INFINITY},
    };
    for (mec_activation activation = 0; activation < MEC_N_ACTIVATION; activation++) {
        mec_real x[] = {-INFINITY, INFINITY, -INFINITY, INFINITY, -INFINITY, INFINITY};
        mec_activation_apply(activation, 6, x);
        for (size_t i = 0; i < 6; i++) {
            double wanted = limits[activation][i % 2];
            if (isinf(wanted))
                assert_true(x[i] == wanted);
            else
                assert_near(x[i], wanted, 1e-6);
        }
    }
}

/* Where a result is too large for a number, or too small for a normal one. */
static void the_exponential_overflows_where_it_should(void **state) {
    (void)state;
#ifdef MEC_REAL_IS_DOUBLE
    mec_real x[] = {709.7f, 710, 1e300, -745, -746, -1e300};
#else
    mec_real x[] = {88.7f, 88.75f, 1e30f, -103, -104, -1e30f};
#endif
    mec_activation_apply(MEC_ACTIVATION_EXPONENTIAL, 6, x);
    assert_true(isfinite(x[0]) && isinf(x[1]) && isinf(x[2]));
    assert_true(x[3] > 0 && x[4] == 0 && x[5] == 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_are_exact),
        cmocka_unit_test(slopes_are_exact),
        cmocka_unit_test(corners_have_one_slope),
        cmocka_unit_test(zero_gives_what_the_formula_gives),
        cmocka_unit_test(nan_stays_nan),
        cmocka_unit_test(far_out_values_are_the_limits),
        cmocka_unit_test(the_exponential_overflows_where_it_should),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
