#include <string.h>

#include "base/scratch.h"
#include "random.h"
#include "unit.h"

enum { N_PIECE = 40 };

/* Takes pieces of random sizes and fills each with its number: none may overlap another. */
static void take_and_fill(mec_scratch *scratch, uint64_t *random) {
    mec_status status = {0};
    unsigned char *pieces[N_PIECE];
    size_t sizes[N_PIECE];
    for (size_t i = 0; i < N_PIECE; i++) {
        sizes[i] = random_below(random, 5000);
        pieces[i] = mec_scratch_take(scratch, sizes[i], 1, &status);
        assert_non_null(pieces[i]);
        assert_int_equal((uintptr_t)pieces[i] % 64, 0);
        memset(pieces[i], (int)i, sizes[i]);
    }
    assert_ok(status);
    for (size_t i = 0; i < N_PIECE; i++)
        for (size_t k = 0; k < sizes[i]; k++)
            assert_int_equal(pieces[i][k], i);
}

static void pieces_do_not_overlap(void **state) {
    (void)state;
    mec_scratch scratch = {0};
    uint64_t random = 1;
    for (int round = 0; round < 20; round++) {
        take_and_fill(&scratch, &random);
        mec_scratch_reset(&scratch);
    }
    mec_scratch_release(&scratch);
    assert_null(scratch.chunk);
}

static void the_same_takes_find_the_same_memory(void **state) {
    (void)state;
    mec_scratch scratch = {0};
    mec_status status = {0};
    void *first[3] = {0};
    for (int round = 0; round < 4; round++) {
        void *a = mec_scratch_take(&scratch, 1000, 8, &status);
        void *b = mec_scratch_take(&scratch, 3000, 8, &status);
        void *c = mec_scratch_take(&scratch, 1, 1, &status);
        if (round == 1) {
            first[0] = a;
            first[1] = b;
            first[2] = c;
        } else if (round > 1) {
            assert_ptr_equal(a, first[0]);
            assert_ptr_equal(b, first[1]);
            assert_ptr_equal(c, first[2]);
        }
        mec_scratch_reset(&scratch);
    }
    assert_ok(status);
    mec_scratch_release(&scratch);
}

static void too_much_is_a_status(void **state) {
    (void)state;
    const size_t requests[][2] = {
        {SIZE_MAX, 8}, {SIZE_MAX / 2 + 1, 2}, {SIZE_MAX / 2 - 100, 1}, {(size_t)1 << 50, 8}};
    mec_scratch scratch = {0};
    for (size_t i = 0; i < sizeof requests / sizeof *requests; i++) {
        mec_status status = {0};
        assert_null(mec_scratch_take(&scratch, requests[i][0], requests[i][1], &status));
        assert_status(status, MEC_FAILED, "out of memory");
    }
    mec_status status = {0};
    assert_non_null(mec_scratch_take(&scratch, 10, 8, &status));
    assert_ok(status);
    mec_scratch_release(&scratch);
}

static void an_empty_one_may_be_reset_and_released(void **state) {
    (void)state;
    mec_scratch scratch = {0};
    mec_status status = {0};
    mec_scratch_reset(&scratch);
    mec_scratch_release(&scratch);
    assert_non_null(mec_scratch_take(&scratch, 0, 8, &status));
    mec_scratch_release(&scratch);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pieces_do_not_overlap),
        cmocka_unit_test(the_same_takes_find_the_same_memory),
        cmocka_unit_test(too_much_is_a_status),
        cmocka_unit_test(an_empty_one_may_be_reset_and_released),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
