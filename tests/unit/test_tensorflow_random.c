#include "numerics/mt19937.h"
#include "numerics/tensorflow_random.h"
#include "unit.h"

/* random.Random(0).randint(0, 2**31 - 1), over and over. */
static void op_seeds_are_pythons(void **state) {
    (void)state;
    const uint32_t wanted[8] = {1654615998, 1806341205, 173879092,  1112038970,
                                2087043557, 1739178872, 1302718217, 2046968324};
    uint32_t seeds[8];
    mec_tensorflow_op_seeds(seeds, 8);
    for (size_t i = 0; i < 8; i++)
        assert_int_equal(seeds[i], wanted[i]);
}

/* A key of two words: random.Random(123456789012345).getrandbits(32). */
static void longer_keys_are_pythons(void **state) {
    (void)state;
    const uint32_t key[2] = {(uint32_t)UINT64_C(123456789012345), 123456789012345 >> 32};
    const uint32_t wanted[4] = {2896848117U, 946991832U, 1255537387U, 1761982086U};
    mec_mt19937 generator;
    mec_mt19937_seed_by_array(&generator, key, 2);
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(mec_mt19937_next(&generator), wanted[i]);
}

/* Centres of place cells that TensorFlow 2.0.1 drew in [-1.1, 1.1): the first three and number 511.
 */
static void doubles_are_tensorflows(void **state) {
    (void)state;
    const double x[3] = {-0x1.71e7d7fe41fa2p-2, -0x1.e892dcc54997ep-2, -0x1.775356e721006p-2};
    const double y[3] = {-0x1.fed1bf74e2470p-4, 0x1.d8697691c2a84p-1, -0x1.7dec6c83bb332p-1};
    double drawn[512];
    mec_tensorflow_uniform_double(0, 1654615998, -1.1, 1.1, 512, drawn);
    for (size_t i = 0; i < 3; i++)
        assert_near(drawn[i], x[i], 0);
    assert_near(drawn[511], 0x1.a0a4d7f232200p-5, 0);
    mec_tensorflow_uniform_double(0, 1806341205, -1.1, 1.1, 3, drawn);
    for (size_t i = 0; i < 3; i++)
        assert_near(drawn[i], y[i], 0);
}

/* Glorot weights of 2 x 4096 that it drew: the first and the last ones. */
static void floats_are_tensorflows(void **state) {
    (void)state;
    enum { N = 2 * 4096 };
    const float first[6] = {-0x1.97536cp-6F, -0x1.c875b4p-7F, 0x1.bdcc04p-6F,
                            -0x1.9ef94p-8F,  -0x1.4b1cb8p-6F, -0x1.5808a2p-6F};
    const float last[3] = {-0x1.4dc5c8p-6F, -0x1.5d2f48p-7F, 0x1.9f574p-10F};
    static float drawn[N];
    mec_tensorflow_uniform_float(0, 1112038970, -0x1.39754ap-5F, 0x1.39754ap-5F, N, drawn);
    for (size_t i = 0; i < 6; i++)
        assert_near(drawn[i], first[i], 0);
    for (size_t i = 0; i < 3; i++)
        assert_near(drawn[N - 3 + i], last[i], 0);
}

/* The first numbers of a draw do not depend on how many follow; nothing is written behind them. */
static void a_draw_ends_anywhere(void **state) {
    (void)state;
    float whole[9];
    double doubles[9];
    mec_tensorflow_uniform_float(3, 7, 0, 1, 9, whole);
    mec_tensorflow_uniform_double(3, 7, 0, 1, 9, doubles);
    for (size_t n = 0; n < 9; n++) {
        float part[10] = {5, 5, 5, 5, 5, 5, 5, 5, 5, 5};
        double double_part[10] = {5, 5, 5, 5, 5, 5, 5, 5, 5, 5};
        mec_tensorflow_uniform_float(3, 7, 0, 1, n, part);
        mec_tensorflow_uniform_double(3, 7, 0, 1, n, double_part);
        for (size_t i = 0; i < 10; i++) {
            assert_near(part[i], i < n ? whole[i] : 5, 0);
            assert_near(double_part[i], i < n ? doubles[i] : 5, 0);
        }
    }
}

static void both_halves_of_the_global_seed_and_the_op_seed_count(void **state) {
    (void)state;
    float drawn[4];
    mec_tensorflow_uniform_float(1, 9, 0, 1, 1, &drawn[0]);
    mec_tensorflow_uniform_float(2, 9, 0, 1, 1, &drawn[1]);
    mec_tensorflow_uniform_float(1 | UINT64_C(1) << 32, 9, 0, 1, 1, &drawn[2]);
    mec_tensorflow_uniform_float(1, 10, 0, 1, 1, &drawn[3]);
    for (size_t i = 0; i < 4; i++)
        for (size_t j = 0; j < i; j++)
            assert_true(drawn[i] != drawn[j]);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(op_seeds_are_pythons),
        cmocka_unit_test(longer_keys_are_pythons),
        cmocka_unit_test(doubles_are_tensorflows),
        cmocka_unit_test(floats_are_tensorflows),
        cmocka_unit_test(a_draw_ends_anywhere),
        cmocka_unit_test(both_halves_of_the_global_seed_and_the_op_seed_count),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
