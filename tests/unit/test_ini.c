#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/ini.h"
#include "unit.h"

/* What was handed over, as text: "[section]@line" and "section.key=value@line". */
typedef struct found {
    char text[4096];
    size_t length;
    int refuse_line; /* the handler fails on this line; 0: never */
} found;

static mec_code take(void *user, const mec_ini_entry *entry, mec_status *status) {
    found *f = user;
    char *end = f->text + f->length;
    size_t left = sizeof f->text - f->length;
    if (entry->key)
        f->length += (size_t)snprintf(end, left, "%s.%s=%s@%d ", entry->section, entry->key,
                                      entry->value, entry->line);
    else
        f->length += (size_t)snprintf(end, left, "[%s]@%d ", entry->section, entry->line);
    if (entry->line == f->refuse_line)
        return mec_fail(status, MEC_REFUSED, "refused line %d", entry->line);
    return MEC_OK;
}

/* Parses a block that ends exactly where the text does, so that a sanitizer sees a step beyond. */
static mec_code parse_bytes(const char *text, size_t length, found *f, mec_status *status) {
    char *block = malloc(length > 0 ? length : 1);
    assert_non_null(block);
    memcpy(block, text, length);
    mec_code code = mec_ini_parse("test.ini", block, length, take, f, status);
    free(block);
    return code;
}

static void gives(const char *text, const char *wanted) {
    found f = {0};
    mec_status status = {0};
    parse_bytes(text, strlen(text), &f, &status);
    assert_ok(status);
    assert_string_equal(f.text, wanted);
}

static void refuses(const char *text, const char *message) {
    found f = {0};
    mec_status status = {0};
    parse_bytes(text, strlen(text), &f, &status);
    assert_status(status, MEC_REFUSED, message);
}

static void entries_come_in_order_with_lines(void **state) {
    (void)state;
    gives("# comment\n[a]\nx = 1\n; comment\n\ny=two words\n[b]\nz : 3\n",
          "[a]@2 a.x=1@3 a.y=two words@6 [b]@7 b.z=3@8 ");
}

static void an_empty_text_has_no_entries(void **state) {
    (void)state;
    gives("", "");
    gives("\n\n", "");
    gives("   ", "");
    gives("\n \t", "");
}

static void the_last_newline_may_be_missing(void **state) {
    (void)state;
    gives("[a]\nx = 1", "[a]@1 a.x=1@2 ");
    gives("[a]\nx = 1  ", "[a]@1 a.x=1@2 ");
    gives("[a]", "[a]@1 ");
}

static void an_indented_line_is_a_line(void **state) {
    (void)state;
    gives("[a]\nx = 1\n  y = 2\n\tz = 3\n   [b]\n", "[a]@1 a.x=1@2 a.y=2@3 a.z=3@4 [b]@5 ");
    refuses("[a]\nx = 1\n  more of it\n", "test.ini:3");
    refuses("[a]\nx = 1\n\vmore of it\n", "test.ini:3");
    refuses("[a]\nx = 1\n\fmore of it\n", "test.ini:3");
}

static void comments_end_values(void **state) {
    (void)state;
    gives("[a]\nx = 1 ; note\ny = 1;2\n", "[a]@1 a.x=1@2 a.y=1;2@3 ");
    gives("[a] ; note\nx = # kept\n", "[a]@1 a.x=# kept@2 ");
}

static void carriage_returns_are_dropped(void **state) {
    (void)state;
    gives("[a]\r\nx = 1\r\n\r\ny = 2\r\n", "[a]@1 a.x=1@2 a.y=2@4 ");
}

static void a_byte_order_mark_is_skipped(void **state) {
    (void)state;
    gives("\xEF\xBB\xBF[a]\nx = 1\n", "[a]@1 a.x=1@2 ");
    gives("\xEF\xBB\xBF# comment\n[a]\nx = 1\n", "[a]@2 a.x=1@3 ");
}

static void a_key_before_any_section_has_none(void **state) {
    (void)state;
    gives("x = 1\n[a]\n", ".x=1@1 [a]@2 ");
}

static void empty_values_pass(void **state) {
    (void)state;
    gives("[a]\nx =\ny = \n", "[a]@1 a.x=@2 a.y=@3 ");
}

static void doubled_keys_come_twice(void **state) {
    (void)state;
    gives("[a]\nx = 1\nx = 2\n", "[a]@1 a.x=1@2 a.x=2@3 ");
}

static void malformed_lines_are_refused(void **state) {
    (void)state;
    refuses("[a]\nno equals sign\n", "test.ini:2: found \"no equals sign\"");
    refuses("[a]\nx = 1\n[b\n", "test.ini:3: found \"[b\"");
    refuses("[a]\nlast line", "test.ini:2: found \"last line\"");
    refuses("[a]\r\nword\r\n", "found \"word\";");
}

static void nothing_is_handed_over_after_a_malformed_line(void **state) {
    (void)state;
    found f = {0};
    mec_status status = {0};
    const char *text = "[a]\nmalformed\nx = 1\n";
    parse_bytes(text, strlen(text), &f, &status);
    assert_status(status, MEC_REFUSED, "test.ini:2");
    assert_string_equal(f.text, "[a]@1 ");
}

static void the_first_malformed_line_is_told(void **state) {
    (void)state;
    found f = {.refuse_line = 3};
    mec_status status = {0};
    const char *text = "[a]\nmalformed\nx = 1\n";
    parse_bytes(text, strlen(text), &f, &status);
    assert_status(status, MEC_REFUSED, "test.ini:2");
}

static void a_refusal_of_the_handler_ends_it(void **state) {
    (void)state;
    found f = {.refuse_line = 2};
    mec_status status = {0};
    const char *text = "[a]\nx = 1\ny = 2\nmalformed\n";
    parse_bytes(text, strlen(text), &f, &status);
    assert_status(status, MEC_REFUSED, "refused line 2");
    assert_string_equal(f.text, "[a]@1 a.x=1@2 ");
}

static void a_refused_section_ends_it(void **state) {
    (void)state;
    found f = {.refuse_line = 1};
    mec_status status = {0};
    parse_bytes("[a]\nx = 1\n", 10, &f, &status);
    assert_status(status, MEC_REFUSED, "refused line 1");
    assert_string_equal(f.text, "[a]@1 ");
}

static void nul_bytes_are_refused(void **state) {
    (void)state;
    found f = {0};
    mec_status status = {0};
    parse_bytes("[a]\nx = 1\0\n", 11, &f, &status);
    assert_status(status, MEC_REFUSED, "NUL");
}

/* "x = vvv..." of `length` characters, after `before`, before `after`. */
static void make_line(char *text, const char *before, size_t length, const char *after) {
    size_t head = strlen(before);
    strcpy(text, before);
    memset(text + head, 'v', length);
    memcpy(text + head, "x = ", 4);
    strcpy(text + head + length, after);
}

static void lines_at_the_limit_come_whole(void **state) {
    (void)state;
    char text[600];
    const char *const afters[] = {"\n", "", "\ny = 1\n"};
    for (size_t i = 0; i < 3; i++) {
        make_line(text, "[a]\n   ", MEC_INI_LINE_MAX, afters[i]);
        found f = {0};
        mec_status status = {0};
        parse_bytes(text, strlen(text), &f, &status);
        assert_ok(status);
        assert_int_equal(strspn(strchr(f.text, '=') + 1, "v"), MEC_INI_LINE_MAX - 4);
    }
}

static void lines_above_the_limit_are_refused(void **state) {
    (void)state;
    char text[600];
    make_line(text, "[a]\n", MEC_INI_LINE_MAX + 1, "\n");
    refuses(text, "test.ini:2: the line has 199 characters; accepted: at most 198");
    make_line(text, "[a]\n", 400, "");
    refuses(text, "test.ini:2: the line has 400 characters");
    make_line(text, "[a]\n#", 300, "\n");
    refuses(text, "test.ini:2");
}

static void long_section_names_come_whole_or_not_at_all(void **state) {
    (void)state;
    char name[101];
    char text[128];
    memset(name, 's', sizeof name - 1);
    name[sizeof name - 1] = '\0';
    snprintf(text, sizeof text, "[%s]\n", name);
    found f = {0};
    mec_status status = {0};
    parse_bytes(text, strlen(text), &f, &status);
    assert_ok(status);
    assert_int_equal(strspn(f.text + 1, "s"), 100);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(entries_come_in_order_with_lines),
        cmocka_unit_test(an_empty_text_has_no_entries),
        cmocka_unit_test(the_last_newline_may_be_missing),
        cmocka_unit_test(an_indented_line_is_a_line),
        cmocka_unit_test(comments_end_values),
        cmocka_unit_test(carriage_returns_are_dropped),
        cmocka_unit_test(a_byte_order_mark_is_skipped),
        cmocka_unit_test(a_key_before_any_section_has_none),
        cmocka_unit_test(empty_values_pass),
        cmocka_unit_test(doubled_keys_come_twice),
        cmocka_unit_test(malformed_lines_are_refused),
        cmocka_unit_test(nothing_is_handed_over_after_a_malformed_line),
        cmocka_unit_test(the_first_malformed_line_is_told),
        cmocka_unit_test(a_refusal_of_the_handler_ends_it),
        cmocka_unit_test(a_refused_section_ends_it),
        cmocka_unit_test(nul_bytes_are_refused),
        cmocka_unit_test(lines_at_the_limit_come_whole),
        cmocka_unit_test(lines_above_the_limit_are_refused),
        cmocka_unit_test(long_section_names_come_whole_or_not_at_all),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
