#include "numerics/numpy_random.h"
#include "unit.h"

/* What numpy.random.RandomState(seed) gives, each from the start; and, from the start, a uniform, a
 * permutation and a normal after 1001 normals. Normals depend on the last bit of the logarithm. */
typedef struct answer {
    uint32_t seed;
    double uniform[3], normal[5], rayleigh[3];
    double later_uniform;
    uint32_t order[6];
    double later_normal;
} answer;

static const answer answers[] = {
    {0,
     {0x1.18fe1565f12a8p-1, 0x1.6e2d4cf608733p-1, 0x1.349d66b6e894bp-1},
     {0x1.c398ef3e5cfa5p+0, 0x1.99c2cfacc8953p-2, 0x1.f51d25222c9abp-1, 0x1.1ed5969e3314ep+1,
      0x1.de1847cb13ddap+0},
     {0x1.42fb30bb9cd37p-2, 0x1.95bb0b9add51fp-2, 0x1.5bdcf1173eb76p-2},
     0x1.c422bf30a1c35p-1,
     {0, 2, 5, 4, 1, 3},
     0x1.c8f2565d3eee4p-1},
    {7,
     {0x1.388f0a7465c98p-4, 0x1.8f5184146a0a7p-1, 0x1.c0ee597d36686p-2},
     {0x1.b0c64ae2deb29p+0, -0x1.dd1eafa1d414dp-2, 0x1.0cdcdf34c3aedp-5, 0x1.a14bf2d03adc9p-2,
      -0x1.93edb81e0483fp-1},
     {0x1.98007404798fbp-4, 0x1.bd6f155fc80dbp-2, 0x1.13008b0af9abfp-2},
     0x1.0e1efdb79230bp-1,
     {2, 1, 4, 5, 0, 3},
     -0x1.d177f264a866ap-1},
    {UINT32_MAX,
     {0x1.8fe69a3924820p-4, 0x1.d323d824032b1p-1, 0x1.93fc6f61af3f9p-1},
     {0x1.4bfc38c486d8ap-1, 0x1.56b192e507eeep-1, -0x1.149e836f192fdp+0, 0x1.23543dec5a0fcp-2,
      0x1.d27bf27c6aaafp-4},
     {0x1.d02981d826fe8p-4, 0x1.1a75623150032p-1, 0x1.c39d8bbedfe07p-2},
     0x1.4a1dcdf7e242cp-1,
     {4, 5, 0, 3, 1, 2},
     -0x1.83eb1798337efp-2},
};
enum { N_ANSWER = sizeof answers / sizeof *answers };

static void uniforms_are_numpys(void **state) {
    (void)state;
    for (size_t a = 0; a < N_ANSWER; a++) {
        mec_numpy_random random;
        mec_numpy_seed(&random, answers[a].seed);
        for (size_t i = 0; i < 3; i++)
            assert_near(mec_numpy_uniform(&random), answers[a].uniform[i], 0);
    }
}

static void normals_are_numpys(void **state) {
    (void)state;
    for (size_t a = 0; a < N_ANSWER; a++) {
        mec_numpy_random random;
        mec_numpy_seed(&random, answers[a].seed);
        for (size_t i = 0; i < 5; i++)
            assert_near(mec_numpy_normal(&random), answers[a].normal[i], 1e-15);
    }
}

static void rayleigh_numbers_are_numpys(void **state) {
    (void)state;
    for (size_t a = 0; a < N_ANSWER; a++) {
        mec_numpy_random random;
        mec_numpy_seed(&random, answers[a].seed);
        for (size_t i = 0; i < 3; i++)
            assert_near(mec_numpy_rayleigh(&random, 0.25), answers[a].rayleigh[i], 1e-15);
    }
}

/* The second normal of a pair waits through draws of another kind, and a seed forgets it. */
static void a_normal_waits(void **state) {
    (void)state;
    for (size_t a = 0; a < N_ANSWER; a++) {
        mec_numpy_random random = {.kept = 100, .has_kept = true};
        uint32_t order[6];
        mec_numpy_seed(&random, answers[a].seed);
        for (size_t i = 0; i < 1001; i++)
            mec_numpy_normal(&random);
        assert_near(mec_numpy_uniform(&random), answers[a].later_uniform, 0);
        mec_mt19937_permutation(&random.bits, 6, order);
        for (size_t i = 0; i < 6; i++)
            assert_int_equal(order[i], answers[a].order[i]);
        assert_near(mec_numpy_normal(&random), answers[a].later_normal, 1e-15);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(uniforms_are_numpys),
        cmocka_unit_test(normals_are_numpys),
        cmocka_unit_test(rayleigh_numbers_are_numpys),
        cmocka_unit_test(a_normal_waits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
