#include "model/loss.h"

#include "unit.h"

#ifdef MEC_REAL_IS_DOUBLE
static const double TOLERANCE = 1e-14;
#else
static const double TOLERANCE = 1e-6;
#endif

/* Softmax of (log 1, log 2, log 5) is (1, 2, 5) / 8. */
static void cross_entropy_is_the_mean_over_rows(void **state) {
    (void)state;
    const mec_real logits[] = {0, (mec_real)log(2), (mec_real)log(5), 3, 3, 3};
    const mec_real target[] = {0.5, 0.25, 0.25, 0, 1, 0};
    double first = 0.5 * log(8) + 0.25 * log(4) + 0.25 * log(8.0 / 5);
    assert_near(mec_loss_cross_entropy(2, 3, target, logits), (first + log(3)) / 2, TOLERANCE);
}

static void large_logits_do_not_overflow(void **state) {
    (void)state;
    const mec_real logits[] = {1000, 1000, -1000};
    const mec_real target[] = {0, 0.5, 0.5};
    assert_near(mec_loss_cross_entropy(1, 3, target, logits), 1000 + log(2), 1e-3);
}

static void a_diverged_answer_has_no_loss(void **state) {
    (void)state;
    const mec_real logits[] = {0, NAN, 1};
    const mec_real target[] = {1, 0, 0};
    assert_true(isnan(mec_loss_cross_entropy(1, 3, target, logits)));
    assert_true(isnan(mec_loss_squared(1, 3, target, logits)));
}

/* What the logits of the code itself give; 0 log 0 is 0. */
static void the_entropy_is_the_least_cross_entropy(void **state) {
    (void)state;
    const mec_real target[] = {0.5, 0.25, 0.25, 0, 1, 0};
    const mec_real logits[] = {(mec_real)log(2), 0, 0, -100, 0, -100};
    double expected = (0.5 * log(2) + 0.5 * log(4)) / 2;
    assert_near(mec_loss_entropy(2, 3, target), expected, TOLERANCE);
    assert_near(mec_loss_cross_entropy(2, 3, target, logits), expected, TOLERANCE);
}

static void squares_are_averaged_over_coordinates(void **state) {
    (void)state;
    const mec_real output[] = {1, 2, 3, 4};
    const mec_real target[] = {0, 2, 5, 4};
    assert_near(mec_loss_squared(2, 2, target, output), 5.0 / 4, 0);
}

static void decay_is_of_the_bias_or_of_the_matrix(void **state) {
    (void)state;
    const mec_network network = {.n_unit = 1, .n_place = 1, .n_input = 1};
    mec_real block[14];
    mec_weights weights = mec_weights_view(&network, block);
    for (size_t i = 0; i < sizeof block / sizeof *block; i++)
        block[i] = 100;
    for (size_t i = 0; i < 4; i++)
        weights.of[MEC_W][i] = (mec_real)i;
    weights.of[MEC_B][0] = 5;
    weights.of[MEC_B][1] = -1;
    assert_near(mec_loss_decay(&weights, 0.5, MEC_DECAY_ON_BIAS), 13, 0);
    assert_near(mec_loss_decay(&weights, 0.5, MEC_DECAY_ON_RECURRENT), 7, 0);
}

/* Softmax (1, 2, 5) / 8 and (1, 1, 1) / 3 of a code that adds up to 2; two rows of ten. */
static void cross_entropy_falls_towards_the_code(void **state) {
    (void)state;
    const mec_real logits[] = {0, (mec_real)log(2), (mec_real)log(5), 3, 3, 3};
    const mec_real target[] = {0.5, 0.25, 0.25, 0, 2, 0};
    const double wanted[] = {-0.375, 0, 0.375, 2.0 / 3, -4.0 / 3, 2.0 / 3};
    mec_real gradient[6];
    mec_loss_gradient(MEC_LOSS_CROSS_ENTROPY, 2, 10, 3, target, logits, gradient);
    for (size_t i = 0; i < 6; i++)
        assert_near(gradient[i], wanted[i] / 10, TOLERANCE);
}

static void squares_fall_towards_the_position(void **state) {
    (void)state;
    const mec_real output[] = {1, 2, 3, 4};
    const mec_real target[] = {0, 2, 5, 4};
    const double wanted[] = {0.25, 0, -0.5, 0};
    mec_real gradient[4];
    mec_loss_gradient(MEC_LOSS_SQUARED, 2, 4, 2, target, output, gradient);
    for (size_t i = 0; i < 4; i++)
        assert_near(gradient[i], wanted[i], TOLERANCE);
}

static void extreme_logits_have_a_gradient_diverged_ones_none(void **state) {
    (void)state;
    const mec_real logits[] = {1000, 1000, -1000, 0, NAN, 1};
    const mec_real target[] = {0, 0.5, 0.5, 1, 0, 0};
    mec_real gradient[6];
    mec_loss_gradient(MEC_LOSS_CROSS_ENTROPY, 2, 1, 3, target, logits, gradient);
    assert_near(gradient[0], 0.5, 1e-6);
    assert_near(gradient[1], 0, 1e-6);
    assert_near(gradient[2], -0.5, 1e-6);
    for (size_t i = 3; i < 6; i++)
        assert_true(isnan(gradient[i]));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cross_entropy_is_the_mean_over_rows),
        cmocka_unit_test(large_logits_do_not_overflow),
        cmocka_unit_test(the_entropy_is_the_least_cross_entropy),
        cmocka_unit_test(a_diverged_answer_has_no_loss),
        cmocka_unit_test(squares_are_averaged_over_coordinates),
        cmocka_unit_test(cross_entropy_falls_towards_the_code),
        cmocka_unit_test(squares_fall_towards_the_position),
        cmocka_unit_test(extreme_logits_have_a_gradient_diverged_ones_none),
        cmocka_unit_test(decay_is_of_the_bias_or_of_the_matrix),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
