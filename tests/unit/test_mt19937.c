#include "numerics/mt19937.h"
#include "unit.h"

/* What numpy.random.RandomState(seed) gives: raw words number 1 to 4, 624, 625 and 1000, and
 * permutation(10). */
typedef struct answer {
    uint32_t seed;
    uint32_t words[4], last_of_block, first_of_next, thousandth;
    uint32_t order[10];
} answer;

static const answer answers[] = {
    {0,
     {2357136044U, 2546248239U, 3071714933U, 3626093760U},
     3791854820U,
     341544762U,
     3043451800U,
     {2, 8, 4, 9, 1, 6, 7, 3, 0, 5}},
    {1,
     {1791095845U, 4282876139U, 3093770124U, 4005303368U},
     2006116153U,
     1104314680U,
     548926898U,
     {2, 9, 6, 4, 0, 3, 1, 7, 8, 5}},
    {5489,
     {3499211612U, 581869302U, 3890346734U, 3586334585U},
     4020325887U,
     4178893912U,
     1341017984U,
     {4, 9, 0, 7, 8, 3, 2, 1, 5, 6}},
    {UINT32_MAX,
     {419326371U, 479346978U, 3918654476U, 2416749639U},
     1027084080U,
     3860652269U,
     2673539693U,
     {6, 9, 5, 1, 8, 0, 7, 4, 2, 3}},
};
enum { N_ANSWER = sizeof answers / sizeof *answers };

static void words_are_numpys(void **state) {
    (void)state;
    for (size_t a = 0; a < N_ANSWER; a++) {
        mec_mt19937 generator;
        uint32_t words[1000];
        mec_mt19937_seed(&generator, answers[a].seed);
        for (size_t i = 0; i < 1000; i++)
            words[i] = mec_mt19937_next(&generator);
        for (size_t i = 0; i < 4; i++)
            assert_int_equal(words[i], answers[a].words[i]);
        assert_int_equal(words[623], answers[a].last_of_block);
        assert_int_equal(words[624], answers[a].first_of_next);
        assert_int_equal(words[999], answers[a].thousandth);
    }
}

static void permutations_are_numpys(void **state) {
    (void)state;
    for (size_t a = 0; a < N_ANSWER; a++) {
        mec_mt19937 generator;
        uint32_t order[10];
        mec_mt19937_seed(&generator, answers[a].seed);
        mec_mt19937_permutation(&generator, 10, order);
        for (size_t i = 0; i < 10; i++)
            assert_int_equal(order[i], answers[a].order[i]);
    }
}

static void intervals_are_kept_and_filled(void **state) {
    (void)state;
    mec_mt19937 generator;
    mec_mt19937_seed(&generator, 3);
    const uint32_t limits[] = {1, 2, 3, 6, 7, 8, 100};
    for (size_t k = 0; k < sizeof limits / sizeof *limits; k++) {
        int seen[101] = {0};
        for (int i = 0; i < 4000; i++) {
            uint32_t value = mec_mt19937_interval(&generator, limits[k]);
            assert_true(value <= limits[k]);
            seen[value]++;
        }
        for (uint32_t value = 0; value <= limits[k]; value++)
            assert_true(seen[value] > 0);
    }
    assert_true(mec_mt19937_interval(&generator, UINT32_MAX) !=
                mec_mt19937_interval(&generator, UINT32_MAX));
}

/* An interval of one number draws nothing. */
static void a_single_choice_costs_no_word(void **state) {
    (void)state;
    mec_mt19937 generator;
    mec_mt19937_seed(&generator, 0);
    assert_int_equal(mec_mt19937_interval(&generator, 0), 0);
    assert_int_equal(mec_mt19937_next(&generator), answers[0].words[0]);
}

static void small_permutations_work(void **state) {
    (void)state;
    mec_mt19937 generator;
    uint32_t order[2] = {7, 7};
    mec_mt19937_seed(&generator, 0);
    mec_mt19937_permutation(&generator, 0, order);
    assert_int_equal(order[0], 7);
    mec_mt19937_permutation(&generator, 1, order);
    assert_int_equal(order[0], 0);
    assert_int_equal(order[1], 7);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(words_are_numpys),
        cmocka_unit_test(permutations_are_numpys),
        cmocka_unit_test(intervals_are_kept_and_filled),
        cmocka_unit_test(a_single_choice_costs_no_word),
        cmocka_unit_test(small_permutations_work),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
