/* Keys that may be repeated, and sections that say something by being there. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/settings.h"
#include "unit.h"

typedef struct rows_part {
    mec_rows cue;
    double share;
} rows_part;

typedef struct values {
    rows_part cues, zone;
} values;

#define COUNT(array) (sizeof(array) / sizeof *(array))

static const mec_setting rows[] = {
    {"cue", MEC_SETTING_ROWS, offsetof(rows_part, cue), "", "x, y, width and height", NULL, "m",
     "a rectangle"},
    {"share", MEC_SETTING_REAL, offsetof(rows_part, share), "0.5", "[0, 1]", NULL, NULL, "of them"},
};
static const mec_section sections[] = {
    {"cues", offsetof(values, cues), rows, COUNT(rows), NULL, "what is felt"},
    {"zone", offsetof(values, zone), rows, COUNT(rows), NULL, "on where it is there"},
};
static const mec_section_table table = {sections, COUNT(sections), NULL, sizeof(values), "zone"};

static mec_settings *read_text(const char *text) {
    mec_status status = {0};
    mec_settings *settings = mec_settings_create(&table, &status);
    assert_non_null(settings);
    mec_settings_read(settings, "job.ini", text, strlen(text), &status);
    assert_ok(status);
    return settings;
}

static const mec_rows *cues_of(const mec_settings *settings) {
    return &((const values *)mec_settings_values(settings))->cues.cue;
}

static void override(mec_settings *settings, const char *assignment) {
    mec_status status = {0};
    mec_settings_override(settings, assignment, &status);
    assert_ok(status);
}

static void check_row(const mec_rows *found, size_t i, double a, double b, double c, double d) {
    const double expected[] = {a, b, c, d};
    assert_true(i < found->n);
    for (int k = 0; k < MEC_ROW_SIZE; k++)
        assert_near(found->values[i][k], expected[k], 0);
}

static void every_line_adds_a_row(void **state) {
    (void)state;
    mec_settings *settings =
        read_text("[cues]\ncue = 0 0 0.3 .3\nshare = 0.1\ncue = -1e-1, 2,3 ,\t4\ncue =\n");
    assert_int_equal(cues_of(settings)->n, 2);
    check_row(cues_of(settings), 0, 0, 0, 0.3, 0.3);
    check_row(cues_of(settings), 1, -0.1, 2, 3, 4);
    mec_settings_destroy(settings);
}

static void there_are_none_by_default(void **state) {
    (void)state;
    mec_settings *settings = read_text("[cues]\n");
    assert_int_equal(cues_of(settings)->n, 0);
    assert_true(mec_settings_is_default(settings, "cues", "cue"));
    mec_settings_destroy(settings);
    settings = read_text("[cues]\ncue = 1 2 3 4\n");
    assert_false(mec_settings_is_default(settings, "cues", "cue"));
    mec_settings_destroy(settings);
}

static void the_command_line_takes_the_place_of_the_file(void **state) {
    (void)state;
    mec_settings *settings = read_text("[cues]\ncue = 1 1 1 1\ncue = 2 2 2 2\n");
    override(settings, "cues.cue=3 3 3 3");
    override(settings, "cues.cue=4 4 4 4");
    assert_int_equal(cues_of(settings)->n, 2);
    check_row(cues_of(settings), 0, 3, 3, 3, 3);
    check_row(cues_of(settings), 1, 4, 4, 4, 4);
    mec_settings_destroy(settings);
    settings = read_text("[cues]\ncue = 1 1 1 1\n");
    override(settings, "cues.cue=");
    assert_int_equal(cues_of(settings)->n, 0);
    mec_settings_destroy(settings);
}

static void refuses(const char *text, const char *part) {
    mec_status status = {0};
    mec_settings *settings = mec_settings_create(&table, &status);
    mec_settings_read(settings, "job.ini", text, strlen(text), &status);
    assert_status(status, MEC_REFUSED, part);
    assert_null(strchr(status.message, '\n'));
    mec_settings_destroy(settings);
}

static void what_is_no_row_is_refused(void **state) {
    (void)state;
    refuses("[cues]\ncue = 1 2 3\n", "job.ini:2: [cues] cue: found \"1 2 3\"; accepted: x, y, "
                                     "width and height, in a line of its own for each; at most 64");
    refuses("[cues]\ncue = 1 2 3 4 5\n", "found \"1 2 3 4 5\"");
    refuses("[cues]\ncue = 1 2 3 x\n", "found \"1 2 3 x\"");
    refuses("[cues]\ncue = 1 2 3 nan\n", "found \"1 2 3 nan\"");
    refuses("[cues]\ncue = 1 2 inf 3\n", "found \"1 2 inf 3\"");
    refuses("[cues]\ncue = 1 1 1 1\nshare = 1\nshare = 1\n", "share is given twice");
}

static void there_is_a_limit(void **state) {
    (void)state;
    char text[4096] = "[cues]\n";
    for (int i = 0; i < MEC_MAX_ROWS; i++)
        strcat(text, "cue = 1 2 3 4\n");
    mec_settings *settings = read_text(text);
    assert_int_equal(cues_of(settings)->n, MEC_MAX_ROWS);
    mec_settings_destroy(settings);
    strcat(text, "cue = 1 2 3 4\n");
    refuses(text, "at most 64");
}

static char *text_of(const mec_settings *settings) {
    mec_status status = {0};
    char *text = mec_settings_text(settings, "cues zone", MEC_SETTINGS_IDENTITY, &status);
    assert_non_null(text);
    return text;
}

static void the_resolved_text_reads_back(void **state) {
    (void)state;
    mec_settings *settings = read_text("[cues]\ncue = 0.1 -2 3 1e-7\ncue = 5 6 7 8\n[zone]\n");
    char *text = text_of(settings);
    assert_string_equal(text, "[cues]\ncue = 0.1 -2 3 1e-07\ncue = 5 6 7 8\nshare = 0.5\n"
                              "[zone]\nshare = 0.5\n");
    mec_settings *again = read_text(text);
    char *text_again = text_of(again);
    assert_string_equal(text, text_again);
    mec_settings_destroy(settings);
    mec_settings_destroy(again);
    free(text);
    free(text_again);
}

static void an_optional_section_is_told_where_it_is_given(void **state) {
    (void)state;
    mec_settings *settings = read_text("");
    char *text = text_of(settings);
    assert_string_equal(text, "[cues]\nshare = 0.5\n");
    free(text);
    override(settings, "zone.share=0.5");
    text = text_of(settings);
    assert_string_equal(text, "[cues]\nshare = 0.5\n[zone]\nshare = 0.5\n");
    free(text);
    mec_settings_destroy(settings);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_line_adds_a_row),
        cmocka_unit_test(there_are_none_by_default),
        cmocka_unit_test(the_command_line_takes_the_place_of_the_file),
        cmocka_unit_test(what_is_no_row_is_refused),
        cmocka_unit_test(there_is_a_limit),
        cmocka_unit_test(the_resolved_text_reads_back),
        cmocka_unit_test(an_optional_section_is_told_where_it_is_given),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
