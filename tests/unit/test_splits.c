#include <string.h>

#include "maps/splits.h"
#include "unit.h"

static void the_number_of_train_states_is_rounded_up(void **state) {
    (void)state;
    assert_int_equal(mec_split_n_train(400, 0.2), 80);
    assert_int_equal(mec_split_n_train(401, 0.2), 81);
    assert_int_equal(mec_split_n_train(7, 0.3), 3);
    assert_int_equal(mec_split_n_train(361, 0.5), 181);
    assert_int_equal(mec_split_n_train(10, 1e-300), 1);
    assert_int_equal(mec_split_n_train(0, 0.5), 0);
    assert_int_equal(mec_split_n_train(10, 0), 0);
    assert_int_equal(mec_split_n_train(10, 1), 10);
}

/* The ceiling is taken of the double product, as NumPy does: 0.7 * 10 is 7, 0.1 * 30 a little
 * above 3. */
static void the_product_is_that_of_doubles(void **state) {
    (void)state;
    assert_int_equal(mec_split_n_train(10, 0.7), 7);
    assert_int_equal(mec_split_n_train(30, 0.1), 3);
    assert_int_equal(mec_split_n_train(100, 0.07), 8); /* 7.000000000000001 */
}

static void kept_states_are_permuted(void **state) {
    (void)state;
    const uint32_t kept[] = {5, 6, 10, 11, 12, 20, 21, 30, 31, 99};
    const uint32_t permutation[] = {2, 8, 4, 9, 1, 6, 7, 3, 0, 5}; /* RandomState(0) */
    uint32_t order[10];
    mec_split_random(0, kept, 10, order);
    for (size_t i = 0; i < 10; i++)
        assert_int_equal(order[i], kept[permutation[i]]);
    mec_split_random(UINT32_MAX, kept, 10, order);
    assert_int_equal(order[0], kept[6]);
    assert_int_equal(order[9], kept[3]);
}

static void one_and_no_state_work(void **state) {
    (void)state;
    const uint32_t kept[] = {42};
    uint32_t order[1] = {7};
    mec_split_random(1, kept, 0, order);
    assert_int_equal(order[0], 7);
    mec_split_random(1, kept, 1, order);
    assert_int_equal(order[0], 42);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_number_of_train_states_is_rounded_up),
        cmocka_unit_test(the_product_is_that_of_doubles),
        cmocka_unit_test(kept_states_are_permuted),
        cmocka_unit_test(one_and_no_state_work),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
