#include <stdio.h>
#include <string.h>

#include "unit.h"

static void the_first_failure_is_kept(void **state) {
    (void)state;
    mec_status status = {0};
    assert_int_equal(mec_fail(&status, MEC_REFUSED, "number %d", 7), MEC_REFUSED);
    assert_int_equal(mec_fail(&status, MEC_FAILED, "what follows"), MEC_REFUSED);
    assert_int_equal(status.code, MEC_REFUSED);
    assert_string_equal(status.message, "number 7");
}

static void a_place_goes_before_the_message(void **state) {
    (void)state;
    mec_status status = {0};
    mec_fail(&status, MEC_STOPPED, "found %s", "x");
    assert_int_equal(mec_fail_within(&status, "a.ini:%d", 3), MEC_STOPPED);
    assert_string_equal(status.message, "a.ini:3: found x");
}

static void long_messages_are_cut(void **state) {
    (void)state;
    char text[2 * MEC_MESSAGE_SIZE];
    memset(text, 'x', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    mec_status status = {0};
    mec_fail(&status, MEC_FAILED, "%s", text);
    assert_int_equal(strlen(status.message), MEC_MESSAGE_SIZE - 1);
    mec_fail_within(&status, "here");
    assert_int_equal(strlen(status.message), MEC_MESSAGE_SIZE - 1);
    assert_memory_equal(status.message, "here: xxx", 9);
    mec_fail_within(&status, "%s", text);
    assert_int_equal(strlen(status.message), MEC_MESSAGE_SIZE - 1);
}

static void a_message_is_one_line_that_no_terminal_obeys(void **state) {
    (void)state;
    mec_status status = {0};
    mec_fail(&status, MEC_REFUSED, "found \"%s\"", "a\nb\rc\x1b[2Jd\x7f\xc3\xa9");
    assert_string_equal(status.message, "found \"a b c [2Jd \xc3\xa9\"");
    mec_fail_within(&status, "%s", "x\ny.ini");
    assert_string_equal(status.message, "x y.ini: found \"a b c [2Jd \xc3\xa9\"");
}

static void codes_have_names(void **state) {
    (void)state;
    assert_string_equal(mec_code_name(MEC_OK), "complete");
    assert_string_equal(mec_code_name(MEC_FAILED), "failed");
    assert_string_equal(mec_code_name(MEC_REFUSED), "refused");
    assert_string_equal(mec_code_name(MEC_INCOMPLETE), "complete with failures");
    assert_string_equal(mec_code_name(MEC_STOPPED), "stopped");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_first_failure_is_kept),
        cmocka_unit_test(a_place_goes_before_the_message),
        cmocka_unit_test(long_messages_are_cut),
        cmocka_unit_test(a_message_is_one_line_that_no_terminal_obeys),
        cmocka_unit_test(codes_have_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
