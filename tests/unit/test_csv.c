#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/csv.h"
#include "unit.h"

/* Parses a block that ends exactly where the text does, so that a sanitizer sees a step beyond. */
static mec_csv *parse_bytes(const char *text, size_t length, mec_status *status) {
    char *block = malloc(length > 0 ? length : 1);
    assert_non_null(block);
    memcpy(block, text, length);
    mec_csv *csv = mec_csv_create("test.csv", block, length, status);
    free(block);
    return csv;
}

/* The table as text: "name,name@ field|field|@2 field|field|@3 ". */
static void gives(const char *text, const char *wanted) {
    mec_status status = {0};
    mec_csv *csv = parse_bytes(text, strlen(text), &status);
    assert_ok(status);
    assert_non_null(csv);
    char found[4096] = "";
    size_t used = 0;
    for (size_t i = 0; i < csv->n_column; i++)
        used += (size_t)snprintf(found + used, sizeof found - used, "%s|", mec_csv_name(csv, i));
    for (size_t row = 0; row < csv->n_row; row++) {
        used += (size_t)snprintf(found + used, sizeof found - used, " %zu:", csv->lines[row]);
        for (size_t i = 0; i < csv->n_column; i++)
            used += (size_t)snprintf(found + used, sizeof found - used, "%s|",
                                     mec_csv_field(csv, row, i));
    }
    assert_string_equal(found, wanted);
    mec_csv_destroy(csv);
}

static void refuses(const char *text, const char *part) {
    mec_status status = {0};
    assert_null(parse_bytes(text, strlen(text), &status));
    assert_status(status, MEC_REFUSED, part);
    assert_null(strchr(status.message, '\n'));
    assert_null(strchr(status.message, '\r'));
}

static void rows_come_in_order_with_lines(void **state) {
    (void)state;
    gives("a,b\n1,2\n3,4\n", "a|b| 2:1|2| 3:3|4|");
    gives("a\n1\n", "a| 2:1|");
    gives("a,b\n", "a|b|");
}

static void the_last_newline_may_be_missing(void **state) {
    (void)state;
    gives("a,b\n1,2", "a|b| 2:1|2|");
    gives("a,b", "a|b|");
    gives("a,b\n1,", "a|b| 2:1||");
    gives("a,b\n1,\"2\"", "a|b| 2:1|2|");
}

static void all_line_ends_are_taken(void **state) {
    (void)state;
    gives("a,b\r\n1,2\r\n\r\n3,4\r\n", "a|b| 2:1|2| 4:3|4|");
    gives("a,b\r1,2\r3,4", "a|b| 2:1|2| 3:3|4|");
    gives("a,b\r\n1,2\r", "a|b| 2:1|2|");
}

static void a_byte_order_mark_is_skipped(void **state) {
    (void)state;
    gives("\xEF\xBB\xBF"
          "a,b\n1,2\n",
          "a|b| 2:1|2|");
    gives("\xEF\xBB\xBF# note\n\"a\",b\n1,2\n", "a|b| 3:1|2|");
}

static void quoted_fields_hold_anything(void **state) {
    (void)state;
    gives("a,b\n\"x,y\",\"say \"\"no\"\"\"\n", "a|b| 2:x,y|say \"no\"|");
    gives("a,b\n\"\",\" x \"\n", "a|b| 2:| x |");
    gives("a,b\n\"# 1\",2\n", "a|b| 2:# 1|2|");
    gives("\"a,b\",c\n1,2\n", "a,b|c| 2:1|2|");
}

static void a_quoted_field_may_go_over_lines(void **state) {
    (void)state;
    gives("a,b\n\"x\n# kept\n\ny\",2\n3,4\n", "a|b| 2:x\n# kept\n\ny|2| 6:3|4|");
    gives("a,b\r\n\"x\r\ny\",2\r\n", "a|b| 2:x\r\ny|2|");
}

static void empty_fields_stay(void **state) {
    (void)state;
    gives("a,b,c\n,,\n1,,3\n", "a|b|c| 2:||| 3:1||3|");
}

static void blanks_around_fields_are_dropped(void **state) {
    (void)state;
    gives(" a , b\n 1\t,  x y  \n", "a|b| 2:1|x y|");
    gives("a,b\n \"1\" , 2\n", "a|b| 2:1|2|");
}

static void comments_and_empty_lines_are_skipped(void **state) {
    (void)state;
    gives("# one\n\na,b\n#,two, \" three\n1,2\n   \n#\n3,4\n# end", "a|b| 5:1|2| 8:3|4|");
    gives("a,b\n1,# 2\n", "a|b| 2:1|# 2|");
}

static void a_text_without_header_is_refused(void **state) {
    (void)state;
    refuses("", "test.csv: found no header line, the file is empty; accepted: ");
    refuses("\xEF\xBB\xBF", "the file is empty");
    refuses("\n\n", "test.csv: found no header line; accepted: ");
    refuses("# only\n# comments", "no header line");
}

static void columns_have_names_of_their_own(void **state) {
    (void)state;
    refuses("a,b,a\n", "test.csv:1: column \"a\" stands twice");
    refuses("# note\na,\"b\",b", "test.csv:2: column \"b\" stands twice");
    refuses("\"a\nb\",\"a\nb\"\n", "test.csv:1: column \"a b\" stands twice");
    refuses("a,,c\n", "test.csv:1: column 2 of the header has no name");
    refuses("a,\"\"\n", "column 2 of the header has no name");
}

static void rows_are_as_long_as_the_header(void **state) {
    (void)state;
    refuses("a,b\n1\n", "test.csv:2: the row has 1 field; accepted: 2, as the header has");
    refuses("a,b\n1,2\n1,2,3\n", "test.csv:3: the row has 3 fields; accepted: 2");
    refuses("a,b\n1,2,\n", "test.csv:2: the row has 3 fields");
    refuses("a,b\n1,2\n5", "test.csv:3: the row has 1 field");
    refuses("a,b\n\"1\n2\"\n", "test.csv:2: the row has 1 field");
}

static void broken_quoting_is_refused(void **state) {
    (void)state;
    refuses("a,b\n1,x\"y\n", "test.csv:2: broken quoting at character 4 of line 2; accepted: ");
    refuses("a,b\n\"1\"x,2\n", "test.csv:2: broken quoting at character 4");
    refuses("a,b\n\"1\n2\" x,3\n", "test.csv:2: broken quoting at character 4 of line 3");
    refuses("a,b\n1,2\n3,\"4\n5,6\n", "test.csv:3: the quoted field that is open here");
    refuses("a,b\n\"", "test.csv:2: the quoted field that is open here");
    refuses("\"a", "test.csv:1: the quoted field that is open here");
}

static void the_first_failure_is_told(void **state) {
    (void)state;
    refuses("a,b\n1\n1,x\"y\n", "test.csv:2: the row has 1 field");
    refuses("a,a\n1\n", "test.csv:1: column");
}

static void nul_bytes_are_refused(void **state) {
    (void)state;
    mec_status status = {0};
    assert_null(parse_bytes("a,b\n1,\0\n", 8, &status));
    assert_status(status, MEC_REFUSED, "test.csv: found a NUL byte");
}

static void a_refusal_names_the_row_in_one_line(void **state) {
    (void)state;
    mec_status status = {0};
    const char text[] = "a\n\n1\n\"x\r\ny\"\n";
    mec_csv *csv = parse_bytes(text, strlen(text), &status);
    assert_int_equal(mec_csv_refuse(csv, 1, &status, "found \"%s\"", mec_csv_field(csv, 1, 0)),
                     MEC_REFUSED);
    assert_string_equal(status.message, "test.csv:4: found \"x  y\"");
    mec_csv_destroy(csv);
}

static void long_texts_come_whole(void **state) {
    (void)state;
    enum { N_ROW = 20000, FIELD = 3000 };
    mec_status status = {0};
    char *text = malloc(FIELD + 100 + N_ROW * 16);
    assert_non_null(text);
    size_t used = (size_t)sprintf(text, "a,b\n");
    for (int i = 0; i < N_ROW; i++)
        used += (size_t)sprintf(text + used, "%d,%d\n", i, 2 * i);
    memset(text + used, 'x', FIELD);
    used += FIELD;
    used += (size_t)sprintf(text + used, ",1");
    mec_csv *csv = parse_bytes(text, used, &status);
    assert_ok(status);
    assert_int_equal(csv->n_row, N_ROW + 1);
    for (int i = 0; i < N_ROW; i++) {
        assert_int_equal(atoi(mec_csv_field(csv, (size_t)i, 1)), 2 * i);
        assert_int_equal(csv->lines[i], i + 2);
    }
    assert_int_equal(strspn(mec_csv_field(csv, N_ROW, 0), "x"), FIELD);
    mec_csv_destroy(csv);
    free(text);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_come_in_order_with_lines),
        cmocka_unit_test(the_last_newline_may_be_missing),
        cmocka_unit_test(all_line_ends_are_taken),
        cmocka_unit_test(a_byte_order_mark_is_skipped),
        cmocka_unit_test(quoted_fields_hold_anything),
        cmocka_unit_test(a_quoted_field_may_go_over_lines),
        cmocka_unit_test(empty_fields_stay),
        cmocka_unit_test(blanks_around_fields_are_dropped),
        cmocka_unit_test(comments_and_empty_lines_are_skipped),
        cmocka_unit_test(a_text_without_header_is_refused),
        cmocka_unit_test(columns_have_names_of_their_own),
        cmocka_unit_test(rows_are_as_long_as_the_header),
        cmocka_unit_test(broken_quoting_is_refused),
        cmocka_unit_test(the_first_failure_is_told),
        cmocka_unit_test(nul_bytes_are_refused),
        cmocka_unit_test(a_refusal_names_the_row_in_one_line),
        cmocka_unit_test(long_texts_come_whole),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
