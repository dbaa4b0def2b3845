#include <float.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "random.h"
#include "unit.h"

static void reads_back(double value) {
    char text[32];
    mec_text_from_real(value, text, sizeof text);
    double again = 0;
    assert_true(mec_text_to_real(text, &again));
    assert_memory_equal(&again, &value, sizeof value);
}

static void numbers_read_back(void **state) {
    (void)state;
    const double values[] = {0,
                             -0.0,
                             1,
                             -1,
                             0.1,
                             1.0 / 3,
                             1e15,
                             1e16,
                             123456789012345678.0,
                             9007199254740993.0,
                             1e-5,
                             9.9999999999999995e-6,
                             1e100,
                             DBL_MAX,
                             DBL_MIN,
                             DBL_EPSILON,
                             5e-324,
                             INFINITY,
                             -INFINITY};
    for (size_t i = 0; i < sizeof values / sizeof *values; i++)
        reads_back(values[i]);
    uint64_t random = 1;
    for (int i = 0; i < 20000; i++) {
        uint64_t bits = random_bits(&random);
        double value = 0;
        memcpy(&value, &bits, sizeof value);
        if (isfinite(value))
            reads_back(value);
        reads_back(ldexp(random_uniform(&random), (int)random_below(&random, 80) - 40));
    }
}

static void nan_stays_nan(void **state) {
    (void)state;
    char text[32];
    double value = 0;
    mec_text_from_real(NAN, text, sizeof text);
    assert_true(mec_text_to_real(text, &value));
    assert_true(isnan(value));
}

static void numbers_are_short(void **state) {
    (void)state;
    const struct {
        double value;
        const char *text;
    } cases[] = {{0, "0"},       {1, "1"},           {0.2, "0.2"},    {30, "30"},
                 {-2.5, "-2.5"}, {100000, "100000"}, {1e-9, "1e-09"}, {1e300, "1e+300"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char text[32];
        mec_text_from_real(cases[i].value, text, sizeof text);
        assert_string_equal(text, cases[i].text);
    }
}

static void only_whole_numbers_pass(void **state) {
    (void)state;
    double real = 0;
    int64_t integer = 0;
    assert_true(mec_text_to_real(" 1.5e3 \t", &real));
    assert_near(real, 1500, 0);
    assert_true(mec_text_to_int(" -42 ", &integer));
    assert_int_equal(integer, -42);
    assert_true(mec_text_to_int("9223372036854775807", &integer));
    assert_true(integer == INT64_MAX);
    const char *const no_real[] = {"", " ", "x", "1x", "1 2", "1,5", "--1", "1e"};
    const char *const no_int[] = {
        "", " ", "x", "1x", "1 2", "1.0", "1e3", "9223372036854775808", "-9223372036854775809"};
    for (size_t i = 0; i < sizeof no_real / sizeof *no_real; i++)
        assert_false(mec_text_to_real(no_real[i], &real));
    for (size_t i = 0; i < sizeof no_int / sizeof *no_int; i++)
        assert_false(mec_text_to_int(no_int[i], &integer));
}

static void lists_come_apart(void **state) {
    (void)state;
    const char *list = " a, bb ,,  c d,\t";
    char item[8];
    const char *const wanted[] = {"a", "bb", "c d"};
    for (size_t i = 0; i < 3; i++) {
        assert_true(mec_text_next(&list, ",", item, sizeof item));
        assert_string_equal(item, wanted[i]);
    }
    assert_false(mec_text_next(&list, ",", item, sizeof item));
    assert_false(mec_text_next(&list, ",", item, sizeof item));
    const char *long_list = "abcdefghijk,l";
    assert_true(mec_text_next(&long_list, ",", item, sizeof item));
    assert_string_equal(item, "abcdefg");
    assert_true(mec_text_next(&long_list, ",", item, sizeof item));
    assert_string_equal(item, "l");
}

static void words_have_indices(void **state) {
    (void)state;
    assert_int_equal(mec_text_index("corr r2 mse ", "corr"), 0);
    assert_int_equal(mec_text_index("corr r2 mse ", "mse"), 2);
    assert_int_equal(mec_text_index("corr r2 mse ", "r"), -1);
    assert_int_equal(mec_text_index("corr r2 mse ", ""), -1);
    assert_int_equal(mec_text_index("corr r2 mse ", "corr r2"), -1);
    assert_int_equal(mec_text_index("", "corr"), -1);
}

static void slips_have_a_nearest_word(void **state) {
    (void)state;
    const char *words = "train_frac num_splits split_start_seed";
    const struct {
        const char *word, *nearest;
    } near[] = {{"train_fraction", "train_frac"}, {"num_split", "num_splits"},
                {"TRAIN_FRAC", "train_frac"},     {"split_seed", "split_start_seed"},
                {"trian_frac", "train_frac"},     {"train_frac", "train_frac"}};
    char nearest[64];
    for (size_t i = 0; i < sizeof near / sizeof *near; i++) {
        assert_true(mec_text_nearest(words, near[i].word, nearest, sizeof nearest));
        assert_string_equal(nearest, near[i].nearest);
    }
    assert_false(mec_text_nearest(words, "qqq", nearest, sizeof nearest));
    assert_false(mec_text_nearest(words, "x", nearest, sizeof nearest));
    assert_false(mec_text_nearest("", "train_frac", nearest, sizeof nearest));
}

static void very_long_words_are_survived(void **state) {
    (void)state;
    char word[300];
    char nearest[64];
    memset(word, 'a', sizeof word - 1);
    word[sizeof word - 1] = '\0';
    mec_text_nearest("alpha beta", word, nearest, sizeof nearest);
    assert_int_equal(mec_text_index("alpha beta", word), -1);
}

static void sizes_and_times_read_well(void **state) {
    (void)state;
    char text[32];
    const struct {
        double value;
        const char *text;
    } bytes[] = {{312, "312 bytes"},
                 {1536, "1.5 KiB"},
                 {20.0 * 1024 * 1024, "20.0 MiB"},
                 {1.5 * 1024 * 1024 * 1024, "1.5 GiB"},
                 {5e15, "4547 TiB"}};
    for (size_t i = 0; i < sizeof bytes / sizeof *bytes; i++) {
        mec_text_from_bytes(bytes[i].value, text, sizeof text);
        assert_string_equal(text, bytes[i].text);
    }
    const struct {
        const char *text;
        double value;
    } given[] = {{"1.5 GiB", 1.5 * 1024 * 1024 * 1024},
                 {"800MB", 800 * 1048576.0},
                 {" 2g ", 2 * 1073741824.0},
                 {"4096", 4096},
                 {"1 KiB", 1024},
                 {"12 B", 12},
                 {"3T", 3 * 1099511627776.0}};
    double value = 0;
    for (size_t i = 0; i < sizeof given / sizeof *given; i++) {
        assert_true(mec_text_to_bytes(given[i].text, &value));
        assert_true(value == given[i].value);
    }
    static const char *const bad[] = {"", "GiB", "-1 GiB", "1 GiBs", "1 XB", "inf", "1 G 2"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_false(mec_text_to_bytes(bad[i], &value));
    mec_text_from_seconds(4.21, text, sizeof text);
    assert_string_equal(text, "4.2 s");
    mec_text_from_seconds(130, text, sizeof text);
    assert_string_equal(text, "2 min 10 s");
    mec_text_from_seconds(3 * 3600 + 5 * 60 + 3, text, sizeof text);
    assert_string_equal(text, "3 h 05 min");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_read_back),         cmocka_unit_test(nan_stays_nan),
        cmocka_unit_test(numbers_are_short),         cmocka_unit_test(only_whole_numbers_pass),
        cmocka_unit_test(lists_come_apart),          cmocka_unit_test(words_have_indices),
        cmocka_unit_test(slips_have_a_nearest_word), cmocka_unit_test(very_long_words_are_survived),
        cmocka_unit_test(sizes_and_times_read_well),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
