#include "base/lookup.h"
#include "unit.h"

/* Elements are numbers; `crowded` gives all of them few hashes. */
static bool is_number(const void *array, size_t index, const void *value) {
    return ((const uint64_t *)array)[index] == *(const uint64_t *)value;
}

static uint64_t hash_of(uint64_t value, bool crowded) {
    return crowded ? value % 3 : mec_lookup_hash(0, &value, sizeof value);
}

static void holds_what_was_added(bool crowded) {
    enum { N = 1000 };
    mec_lookup lookup = {0};
    mec_status status = {0};
    uint64_t array[N];
    for (size_t i = 0; i < N; i++) {
        array[i] = 7 * i;
        mec_lookup_add(&lookup, hash_of(array[i], crowded), i, &status);
        assert_ok(status);
    }
    for (uint64_t value = 0; value < 7 * N; value++) {
        size_t wanted = value % 7 == 0 ? value / 7 : MEC_LOOKUP_NONE;
        assert_true(mec_lookup_find(&lookup, hash_of(value, crowded), is_number, array, &value) ==
                    wanted);
    }
    mec_lookup_destroy(&lookup);
    uint64_t gone = 7;
    assert_true(mec_lookup_find(&lookup, hash_of(gone, crowded), is_number, array, &gone) ==
                MEC_LOOKUP_NONE);
}

static void elements_are_found_by_value(void **state) {
    (void)state;
    holds_what_was_added(false);
}

static void equal_hashes_are_told_apart(void **state) {
    (void)state;
    holds_what_was_added(true);
}

static void hashes_follow_bytes_and_order(void **state) {
    (void)state;
    uint64_t a = mec_lookup_hash(0, "a", 2);
    assert_true(a == mec_lookup_hash(0, "a", 2));
    assert_true(a != mec_lookup_hash(0, "b", 2));
    assert_true(mec_lookup_hash(a, "b", 2) != mec_lookup_hash(mec_lookup_hash(0, "b", 2), "a", 2));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(elements_are_found_by_value),
        cmocka_unit_test(equal_hashes_are_told_apart),
        cmocka_unit_test(hashes_follow_bytes_and_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
