#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "unit.h"

static void blocks_are_aligned_and_zeroed(void **state) {
    (void)state;
    const size_t counts[] = {0, 1, 7, 8, 64, 1000, 1 << 20};
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
        mec_status status = {0};
        double *block = mec_alloc(counts[i], sizeof *block, &status);
        assert_ok(status);
        assert_non_null(block);
        assert_int_equal((uintptr_t)block % 64, 0);
        for (size_t k = 0; k < counts[i]; k++)
            assert_true(block[k] == 0);
        free(block);
    }
}

static void too_much_is_a_status(void **state) {
    (void)state;
    const size_t requests[][2] = {{SIZE_MAX, 1},         {SIZE_MAX, SIZE_MAX},
                                  {SIZE_MAX / 2 + 1, 2}, {SIZE_MAX / 8 + 1, 8},
                                  {SIZE_MAX - 32, 1},    {(size_t)1 << 50, 8}};
    for (size_t i = 0; i < sizeof requests / sizeof *requests; i++) {
        mec_status status = {0};
        assert_null(mec_alloc(requests[i][0], requests[i][1], &status));
        assert_status(status, MEC_FAILED, "out of memory");
    }
}

static void a_list_grows_and_keeps_its_elements(void **state) {
    (void)state;
    mec_status status = {0};
    size_t capacity = 0;
    size_t *list = NULL;
    for (size_t n = 0; n < 1000; n++) {
        list = mec_grow(list, n, &capacity, sizeof *list, &status);
        assert_non_null(list);
        assert_true(capacity > n);
        list[n] = n;
    }
    assert_ok(status);
    for (size_t n = 0; n < 1000; n++)
        assert_int_equal(list[n], n);
    free(list);
}

static void a_list_that_cannot_grow_is_kept(void **state) {
    (void)state;
    mec_status status = {0};
    size_t capacity = 0;
    char *list = mec_grow(NULL, 0, &capacity, 1, &status);
    assert_non_null(list);
    size_t kept = capacity;
    assert_null(mec_grow(list, capacity, &capacity, SIZE_MAX / 2, &status));
    assert_status(status, MEC_FAILED, "out of memory");
    assert_int_equal(capacity, kept);
    free(list);
}

static void texts_are_copied(void **state) {
    (void)state;
    mec_status status = {0};
    char text[] = "abc";
    char *copy = mec_copy_text(text, &status);
    text[0] = 'x';
    assert_string_equal(copy, "abc");
    free(copy);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(blocks_are_aligned_and_zeroed),
        cmocka_unit_test(too_much_is_a_status),
        cmocka_unit_test(a_list_grows_and_keeps_its_elements),
        cmocka_unit_test(a_list_that_cannot_grow_is_kept),
        cmocka_unit_test(texts_are_copied),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
