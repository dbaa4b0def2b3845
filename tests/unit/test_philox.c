#include "numerics/philox.h"
#include "unit.h"

/* Known answers of Random123 (kat_vectors, philox4x32 10). */
static void known_answers(void **state) {
    (void)state;
    static const struct {
        uint32_t counter[4], key[2], out[4];
    } cases[] = {
        {{0, 0, 0, 0}, {0, 0}, {0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}},
        {{UINT32_MAX, UINT32_MAX, UINT32_MAX, UINT32_MAX},
         {UINT32_MAX, UINT32_MAX},
         {0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}},
        {{0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344},
         {0xa4093822, 0x299f31d0},
         {0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}},
    };
    for (size_t c = 0; c < 3; c++) {
        uint32_t out[4];
        mec_philox(cases[c].counter, cases[c].key, out);
        for (int i = 0; i < 4; i++)
            assert_int_equal(out[i], cases[c].out[i]);
    }
}

static void a_stream_is_named_by_all_its_words(void **state) {
    (void)state;
    mec_stream streams[] = {mec_stream_at(1, 2, 3, 4),
                            mec_stream_at(1, 2, 3, 4),
                            mec_stream_at(2, 2, 3, 4),
                            mec_stream_at(1, 3, 3, 4),
                            mec_stream_at(1, 2, 4, 4),
                            mec_stream_at(1, 2, 3, 5),
                            mec_stream_at(1 | 1ULL << 32, 2, 3, 4)};
    for (int round = 0; round < 10; round++) {
        double first = mec_stream_uniform(&streams[0]);
        assert_near(mec_stream_uniform(&streams[1]), first, 0);
        for (size_t i = 2; i < sizeof streams / sizeof *streams; i++)
            assert_true(mec_stream_uniform(&streams[i]) != first);
    }
}

typedef double (*draw)(mec_stream *stream, double parameter);

static double uniform(mec_stream *stream, double unused) {
    (void)unused;
    return mec_stream_uniform(stream);
}

static double normal(mec_stream *stream, double unused) {
    (void)unused;
    return mec_stream_normal(stream);
}

static double rayleigh(mec_stream *stream, double unused) {
    (void)unused;
    return mec_stream_rayleigh(stream, 2);
}

/* Means and variances within 6 standard errors of what they should be. `fourth` is the fourth
 * central moment in units of the squared variance. */
static void has_moments(draw next, double parameter, double mean, double variance, double fourth) {
    enum { N = 40000 };
    mec_stream stream = mec_stream_at(11, 0, 0, (uint32_t)(1000 * parameter));
    double sum = 0;
    double squares = 0;
    for (int i = 0; i < N; i++) {
        double x = next(&stream, parameter);
        sum += x - mean;
        squares += (x - mean) * (x - mean);
    }
    assert_near(sum / N, 0, 6 * sqrt(variance / N));
    assert_near(squares / N, variance, 6 * variance * sqrt((fourth - 1) / N));
}

static void uniforms_stay_inside(void **state) {
    (void)state;
    mec_stream stream = mec_stream_at(0, 0, 0, 0);
    for (int i = 0; i < 100000; i++) {
        double u = mec_stream_uniform(&stream);
        assert_true(u > 0 && u < 1);
    }
    has_moments(uniform, 0, 0.5, 1.0 / 12, 1.8);
}

/* The largest and smallest word, by way of the words that wait in the stream. */
static void the_ends_are_never_reached(void **state) {
    (void)state;
    mec_stream stream = {.words = {0, UINT32_MAX}, .n_left = 2};
    assert_true(mec_stream_uniform(&stream) < 1);
    assert_true(mec_stream_uniform(&stream) > 0);
}

static void normals_have_their_moments(void **state) {
    (void)state;
    has_moments(normal, 0, 0, 1, 3);
}

static void rayleigh_numbers_have_their_moments(void **state) {
    (void)state;
    has_moments(rayleigh, 0, 2 * sqrt(M_PI_2), 4 * (2 - M_PI_2), 3.2451);
}

static void poisson_counts_have_their_moments(void **state) {
    (void)state;
    const double means[] = {0.01, 0.3, 1, 5, 15.9, 16, 16.1, 40, 1000};
    for (size_t i = 0; i < sizeof means / sizeof *means; i++)
        has_moments(mec_stream_poisson, means[i], means[i], means[i], 3 + 1 / means[i]);
}

static void poisson_of_nothing_is_nothing(void **state) {
    (void)state;
    mec_stream stream = mec_stream_at(0, 0, 0, 0);
    for (int i = 0; i < 100; i++)
        assert_near(mec_stream_poisson(&stream, 0), 0, 0);
}

/* Probabilities of single counts, not only moments. */
static void poisson_counts_are_distributed_right(void **state) {
    (void)state;
    enum { N = 40000 };
    mec_stream stream = mec_stream_at(5, 1, 2, 3);
    int seen[30] = {0};
    for (int i = 0; i < N; i++) {
        double count = mec_stream_poisson(&stream, 2.5);
        assert_true(count >= 0 && count < 30 && count == floor(count));
        seen[(int)count]++;
    }
    double probability = exp(-2.5);
    for (int count = 0; count < 8; count++) {
        double error = sqrt(probability * (1 - probability) / N);
        assert_near(seen[count] / (double)N, probability, 6 * error);
        probability *= 2.5 / (count + 1);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(known_answers),
        cmocka_unit_test(a_stream_is_named_by_all_its_words),
        cmocka_unit_test(uniforms_stay_inside),
        cmocka_unit_test(the_ends_are_never_reached),
        cmocka_unit_test(normals_have_their_moments),
        cmocka_unit_test(rayleigh_numbers_have_their_moments),
        cmocka_unit_test(poisson_counts_have_their_moments),
        cmocka_unit_test(poisson_of_nothing_is_nothing),
        cmocka_unit_test(poisson_counts_are_distributed_right),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
