#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/setting_value.h"
#include "fit/per_cell.h"
#include "unit.h"

/* The defaults of [map]. */
static map_settings defaults(void) {
    mec_status status = {0};
    mec_settings *settings = mec_settings_create(&job_section_table, &status);
    assert_ok(status);
    map_settings map = ((const job_settings *)mec_settings_values(settings))->map;
    mec_settings_destroy(settings);
    return map;
}

/* Parses a block that ends exactly where the text does, so that a sanitizer sees a step beyond. */
static void parse_text(per_cell *table, const char *text, size_t length, mec_status *status) {
    map_settings base = defaults();
    char *block = malloc(length > 0 ? length : 1);
    assert_non_null(block);
    memcpy(block, text, length);
    per_cell_parse(table, "cells.csv", block, length, &base, status);
    free(block);
}

static per_cell parse(const char *text) {
    per_cell table;
    mec_status status = {0};
    parse_text(&table, text, strlen(text), &status);
    assert_ok(status);
    return table;
}

static void refuses(const char *text, const char *parts) {
    per_cell table;
    mec_status status = {0};
    parse_text(&table, text, strlen(text), &status);
    char copy[512];
    snprintf(copy, sizeof copy, "%s", parts);
    for (char *part = strtok(copy, "|"); part; part = strtok(NULL, "|"))
        assert_status(status, MEC_REFUSED, part);
    assert_null(strchr(status.message, '\n'));
    per_cell_destroy(&table);
}

static size_t ask(per_cell *table, const char *arena, const char *source, const char *cell,
                  size_t split) {
    mec_status status = {0};
    size_t index = per_cell_recipe(table, arena, source, cell, split, &status);
    assert_ok(status);
    assert_true(index < table->n_recipe);
    return index;
}

static double alpha_of(per_cell *table, const char *arena, const char *source, const char *cell,
                       size_t split) {
    size_t index = ask(table, arena, source, cell, split);
    return table->recipes[index].map.parameters.alpha;
}

/* ---- which line decides ---- */

static void without_a_match_the_settings_decide(void **state) {
    (void)state;
    per_cell table = parse("cell_id,split,alpha\nx,1,7\n");
    assert_int_equal(table.n_recipe, 1);
    assert_int_equal(ask(&table, "1.0", NULL, "y", 1), 0);
    assert_int_equal(ask(&table, "1.0", NULL, "x", 0), 0);
    assert_near(table.recipes[0].map.parameters.alpha, 1, 0);
    assert_near(table.recipes[0].train_frac, NAN, 0);
    assert_near(alpha_of(&table, "1.0", NULL, "x", 1), 7, 0);
    per_cell_destroy(&table);
}

static void a_table_without_lines_gives_the_settings(void **state) {
    (void)state;
    per_cell table = parse("cell_id\n");
    assert_int_equal(ask(&table, "1.0", "rat", "y", 1), 0);
    assert_false(per_cell_names_cells(&table));
    assert_false(per_cell_gives_train_frac(&table));
    per_cell_destroy(&table);
}

/* Every line says its own exactness, and all match: the one with the largest number wins. */
static void the_most_exact_line_wins(void **state) {
    (void)state;
    const char *const given[4][2] = {{"*", "1.0"}, {"*", "rat"}, {"*", "3"}, {"*", "x"}};
    for (unsigned present = 1; present < 1 << 16; present = present * 5 / 3 + 1) {
        char text[1024] = "arena,source,split,cell_id,alpha\n";
        unsigned most_exact = 0;
        unsigned without_source = 0;
        bool any = false;
        for (unsigned i = 0; i < 16; i++) {
            unsigned kind = (i * 7 + 3) % 16; /* in no order */
            if (!(present >> kind & 1))
                continue;
            sprintf(text + strlen(text), "%s,%s,%s,%s,%u\n", given[0][kind & 1],
                    given[1][kind >> 1 & 1], given[2][kind >> 2 & 1], given[3][kind >> 3 & 1],
                    kind + 100);
            most_exact = kind > most_exact ? kind : most_exact;
            if (!(kind & 2)) {
                any = true;
                without_source = kind > without_source ? kind : without_source;
            }
        }
        per_cell table = parse(text);
        assert_near(alpha_of(&table, "1.0", "rat", "x", 3), most_exact + 100, 0);
        assert_near(alpha_of(&table, "1.0", NULL, "x", 3), any ? without_source + 100 : 1, 0);
        per_cell_destroy(&table);
    }
}

static void an_empty_field_leaves_it_to_the_next_line(void **state) {
    (void)state;
    per_cell table = parse("cell_id,split,alpha,regression_type,fit_intercept,train_frac\n"
                           "*,*,3,Ridge,no,0.5\n"
                           "x,*,,,yes,\n"
                           "x,2,9,,,\n"
                           "*,2,5,,,0\n");
    size_t index = ask(&table, "1.0", NULL, "x", 2);
    const fit_recipe *r = &table.recipes[index];
    assert_near(r->map.parameters.alpha, 9, 0);
    assert_true(r->map.parameters.fit_intercept);
    assert_near(r->train_frac, 0, 0);
    index = ask(&table, "1.0", NULL, "x", 0);
    r = &table.recipes[index];
    assert_near(r->map.parameters.alpha, 3, 0);
    assert_true(r->map.parameters.fit_intercept);
    assert_near(r->train_frac, 0.5, 0);
    index = ask(&table, "1.0", NULL, "y", 2);
    r = &table.recipes[index];
    assert_near(r->map.parameters.alpha, 5, 0);
    assert_false(r->map.parameters.fit_intercept);
    assert_near(r->train_frac, 0, 0);
    assert_near(r->map.parameters.eps, 0.001, 0);
    per_cell_destroy(&table);
}

static void missing_columns_mean_all(void **state) {
    (void)state;
    per_cell table = parse("alpha,cell_id\n4,x\n");
    assert_near(alpha_of(&table, "1.0", "rat", "x", 0), 4, 0);
    assert_near(alpha_of(&table, "box", NULL, "x", 12), 4, 0);
    per_cell_destroy(&table);
}

static void a_line_that_names_a_source_needs_one(void **state) {
    (void)state;
    per_cell table = parse("source,cell_id,alpha\nrat,*,2\n*,x,3\nrat,x,4\n");
    assert_near(alpha_of(&table, "1.0", NULL, "y", 0), 1, 0);
    assert_near(alpha_of(&table, "1.0", NULL, "x", 0), 3, 0);
    assert_near(alpha_of(&table, "1.0", "rat", "x", 0), 4, 0);
    assert_near(alpha_of(&table, "1.0", "rat", "y", 0), 2, 0);
    assert_near(alpha_of(&table, "1.0", "cat", "x", 0), 3, 0);
    per_cell_destroy(&table);
}

/* ---- recipes ---- */

static void equal_recipes_have_one_number(void **state) {
    (void)state;
    per_cell table = parse("cell_id,alpha,l1_ratio,train_frac\n"
                           "a,2,,\nb,2.0,0.5,\nc,1,,\nd,1.0,5e-1,\ne,2,\"0.5, 0.7\",\n"
                           "f,2e0,0.5 0.7,\ng,2,,0.3\nh,2,,0.30\n");
    size_t a = ask(&table, "1.0", NULL, "a", 0);
    assert_int_equal(a, 1);
    assert_int_equal(ask(&table, "1.0", NULL, "a", 5), a);
    assert_int_equal(ask(&table, "1.0", NULL, "b", 0), a);
    assert_int_equal(ask(&table, "1.0", NULL, "c", 0), 0);
    assert_int_equal(ask(&table, "1.0", NULL, "d", 0), 0);
    assert_int_equal(ask(&table, "1.0", NULL, "e", 0), 2);
    assert_int_equal(ask(&table, "1.0", NULL, "f", 0), 2);
    assert_int_equal(ask(&table, "1.0", NULL, "g", 0), 3);
    assert_int_equal(ask(&table, "1.0", NULL, "h", 0), 3);
    assert_int_equal(table.n_recipe, 4);
    assert_int_equal(table.recipes[2].map.parameters.l1_ratio.n, 2);
    per_cell_destroy(&table);
}

static void only_what_is_asked_for_becomes_a_recipe(void **state) {
    (void)state;
    per_cell table = parse("cell_id,alpha,eps\n*,2,\nx,,0.5\ny,,0.25\n");
    ask(&table, "1.0", NULL, "x", 0);
    assert_int_equal(table.n_recipe, 2);
    per_cell_destroy(&table);
}

/* Every key of [map] but two is a column, and is parsed as in a job file. */
static void every_key_of_the_map_is_a_column(void **state) {
    (void)state;
    const mec_section *map = job_section("map");
    for (size_t i = 0; i < map->n_setting; i++) {
        const mec_setting *setting = &map->settings[i];
        char text[256];
        if (strcmp(setting->key, "type") == 0 || strcmp(setting->key, "per_cell") == 0) {
            snprintf(text, sizeof text, "cell_id,%s\n", setting->key);
            refuses(text, "cells.csv:1: unknown column \"");
            continue;
        }
        snprintf(text, sizeof text, "cell_id,%s\n*,\"%s\"\n", setting->key, setting->fallback);
        per_cell table = parse(text);
        assert_int_equal(ask(&table, "1.0", NULL, "x", 0), 0);
        per_cell_destroy(&table);
        snprintf(text, sizeof text, "cell_id,%s\n*,??\n", setting->key);
        char part[128];
        snprintf(part, sizeof part, "cells.csv:2: [map] %s: found \"??\"|accepted: ", setting->key);
        refuses(text, part);
    }
}

static void what_the_file_says_is_told(void **state) {
    (void)state;
    per_cell table = parse("cell_id,train_frac\n*,\n");
    assert_false(per_cell_names_cells(&table));
    assert_false(per_cell_gives_train_frac(&table));
    per_cell_destroy(&table);
    table = parse("cell_id,train_frac\n*,0\nx,\n");
    assert_true(per_cell_names_cells(&table));
    assert_true(per_cell_gives_train_frac(&table));
    per_cell_destroy(&table);
}

/* ---- refusals ---- */

static void unknown_columns_are_refused(void **state) {
    (void)state;
    refuses("cell_id,alhpa\n", "cells.csv:1: unknown column \"alhpa\" (nearest: alpha); accepted: "
                               "cell_id arena|train_frac|n_components");
    refuses("# note\ncell_id,\"some\nthing\"\n", "cells.csv:2: unknown column");
    refuses("alpha,split\n", "cells.csv:1: found no column cell_id; accepted: ");
    refuses("", "the file is empty");
    refuses("cell_id,alpha\nx\n", "cells.csv:2: the row has 1 field");
}

static void values_out_of_range_are_refused(void **state) {
    (void)state;
    refuses("cell_id,alpha\n*,1\nx,-1\n", "cells.csv:3: [map] alpha: found \"-1\"");
    refuses("cell_id,train_frac\nx,1\n",
            "cells.csv:2: [splits] train_frac: found \"1\"; accepted: a number in [0, 1)");
    refuses("cell_id,train_frac\nx,nan\n", "found \"nan\"");
    refuses("cell_id,train_frac\nx,quad\n", "found \"quad\"");
    refuses("cell_id,regression_type\nx,ridge\n", "found \"ridge\" (nearest: Ridge)");
    refuses("cell_id,alpha\nx,\"1\n2\"\n", "cells.csv:2: [map] alpha: found \"1 2\"");
}

static void keys_are_whole(void **state) {
    (void)state;
    refuses("cell_id,split\nx,-1\n", "cells.csv:2: split: found \"-1\"; accepted: 0, 1, 2");
    refuses("cell_id,split\nx,1.5\n", "split: found \"1.5\"");
    refuses("cell_id,split\nx,\n", "split: found \"\"");
    refuses("cell_id,split\n,1\n", "cells.csv:2: cell_id is empty; accepted: ");
    refuses("cell_id,source\nx,\n", "source is empty");
    refuses("cell_id,arena\nx,\n", "arena is empty");
}

static void two_lines_may_not_say_the_same(void **state) {
    (void)state;
    refuses("cell_id,split,alpha\nx,1,2\n\nx,2,2\nx,01,3\n",
            "cells.csv:5: cell_id, split, source and arena are those of line 2; accepted: ");
    refuses("cell_id\n*\n*\n", "cells.csv:3: cell_id, split, source and arena are those of line 2");
    per_cell table = parse("arena,source,cell_id,split\n"
                           "a,b,c,1\nb,a,c,1\na,b,c,2\na,*,c,1\n*,b,c,1\n*,a,c,1\na,c,b,1\n");
    per_cell_destroy(&table);
}

/* ---- against the dataset ---- */

/* Arena 1.0: animal rat with x1, x2 and animal cat with y1; arena box: animal dog with x1, z 1. */
static char pool[] = "1.0\0rat\0x1\0x2\0cat\0y1\0box\0dog\0z 1";
static mec_arena check_arenas[] = {{.name = 0, .first_animal = 0, .n_animal = 2},
                                   {.name = 21, .first_animal = 2, .n_animal = 1}};
static mec_animal check_animals[] = {{.name = 4, .n_cell = 2, .first_id = 0},
                                     {.name = 14, .n_cell = 1, .first_id = 2},
                                     {.name = 25, .n_cell = 2, .first_id = 3}};
static size_t check_ids[] = {8, 11, 18, 8, 29};
static const mec_catalogue catalogue = {.arenas = check_arenas,
                                        .animals = check_animals,
                                        .ids = check_ids,
                                        .pool = pool,
                                        .n_arena = 2,
                                        .n_animal = 3,
                                        .n_id = 5,
                                        .pool_size = sizeof pool};

static void check_gives(const char *line, bool pairwise, mec_code code, const char *part) {
    char text[256];
    mec_status status = {0};
    snprintf(text, sizeof text, "arena,source,cell_id,split,alpha\n*,*,*,0,1\n%s,1\n", line);
    per_cell table = parse(text);
    per_cell_check(&table, &catalogue, 3, pairwise, &status);
    assert_status(status, code, part);
    assert_null(strchr(status.message, '\n'));
    per_cell_destroy(&table);
}

static void names_of_the_dataset_pass(void **state) {
    (void)state;
    check_gives("1.0,*,x1,2", false, MEC_OK, "");
    check_gives("*,*,x1,*", false, MEC_OK, "");
    check_gives("box,*,z 1,*", false, MEC_OK, "");
    check_gives("box,*,*,1", false, MEC_OK, "");
    check_gives("1.0,rat,y1,1", true, MEC_OK, "");
    check_gives("*,dog,*,1", true, MEC_OK, "");
}

static void other_names_are_refused(void **state) {
    (void)state;
    check_gives("2.0,*,x1,*", false, MEC_REFUSED,
                "cells.csv:3: unknown arena \"2.0\" (nearest: 1.0); accepted: *, or a name of the "
                "dataset in the arenas that are looked at ([data] arenas)");
    check_gives("*,*,x3,*", false, MEC_REFUSED, "unknown cell_id \"x3\" (nearest: x");
    check_gives("box,*,x2,*", false, MEC_REFUSED,
                "unknown cell_id \"x2\" (nearest: x1) in arena box; accepted: ");
    check_gives("*,*,\"q\nqqqqqq\",*", false, MEC_REFUSED, "unknown cell_id \"q qqqqqq\"; accept");
    check_gives("1.0,dog,x1,*", true, MEC_REFUSED, "unknown source \"dog\" in arena 1.0");
    check_gives("*,rta,*,*", true, MEC_REFUSED, "unknown source \"rta\" (nearest: rat); accepted");
}

static void splits_are_those_of_the_run(void **state) {
    (void)state;
    check_gives("*,*,x1,3", false, MEC_REFUSED,
                "cells.csv:3: split 3 is not one of the 3; accepted: 0 to 2, or *");
    check_gives("*,*,x1,12345678901234", false, MEC_REFUSED, "split 12345678901234 is not one");
}

static void sources_belong_to_pairwise_runs(void **state) {
    (void)state;
    check_gives("*,rat,*,*", false, MEC_REFUSED,
                "cells.csv:3: source \"rat\" is named, but no animal is a source by itself; "
                "accepted: *, or [source] mode = pairwise");
}

/* ---- size ---- */

static void large_tables_are_quick(void **state) {
    (void)state;
    enum { N_CELL = 20000, N_SPLIT = 10, N_SOURCE = 20 };
    char *text = malloc((size_t)N_CELL * N_SPLIT * 48 + 100);
    assert_non_null(text);
    size_t used = (size_t)sprintf(text, "arena,cell_id,split,alpha,l1_ratio\n*,*,*,0.5,\n");
    for (int cell = 0; cell < N_CELL; cell++)
        for (int split = 0; split < N_SPLIT; split++)
            used += (size_t)sprintf(text + used, "1.0,rat_%d_cell_%d,%d,%d,0.%d\n", cell / 1000,
                                    cell, split, (cell + split) % 99 + 1, cell % 7 + 1);
    mec_status status = {0};
    map_settings base = defaults();
    per_cell table;
    double start = mec_clock_seconds();
    per_cell_parse(&table, "cells.csv", text, used, &base, &status);
    assert_ok(status);
    double parsed = mec_clock_seconds();
    bool good = true;
    for (int cell = 0; cell < N_CELL; cell++) {
        char id[32];
        snprintf(id, sizeof id, "rat_%d_cell_%d", cell / 1000, cell);
        for (int source = 0; source < N_SOURCE; source++)
            for (int split = 0; split < N_SPLIT; split++) {
                char name[32] = "rat_00";
                name[4] = (char)('0' + source / 10);
                name[5] = (char)('0' + source % 10);
                size_t i = per_cell_recipe(&table, "1.0", name, id, (size_t)split, &status);
                good = good && table.recipes[i].map.parameters.alpha == (cell + split) % 99 + 1;
            }
    }
    double asked = mec_clock_seconds();
    assert_ok(status);
    assert_true(good);
    assert_int_equal(table.n_recipe, 99 * 7); /* one of them that of the settings */
    print_message("parsed in %.2f s, asked 4 million times in %.2f s\n", parsed - start,
                  asked - parsed);
    assert_true(asked - start < 30); /* seconds, where anything quadratic takes hours */
    per_cell_destroy(&table);
    free(text);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(without_a_match_the_settings_decide),
        cmocka_unit_test(a_table_without_lines_gives_the_settings),
        cmocka_unit_test(the_most_exact_line_wins),
        cmocka_unit_test(an_empty_field_leaves_it_to_the_next_line),
        cmocka_unit_test(missing_columns_mean_all),
        cmocka_unit_test(a_line_that_names_a_source_needs_one),
        cmocka_unit_test(equal_recipes_have_one_number),
        cmocka_unit_test(only_what_is_asked_for_becomes_a_recipe),
        cmocka_unit_test(every_key_of_the_map_is_a_column),
        cmocka_unit_test(what_the_file_says_is_told),
        cmocka_unit_test(unknown_columns_are_refused),
        cmocka_unit_test(values_out_of_range_are_refused),
        cmocka_unit_test(keys_are_whole),
        cmocka_unit_test(two_lines_may_not_say_the_same),
        cmocka_unit_test(names_of_the_dataset_pass),
        cmocka_unit_test(other_names_are_refused),
        cmocka_unit_test(splits_are_those_of_the_run),
        cmocka_unit_test(sources_belong_to_pairwise_runs),
        cmocka_unit_test(large_tables_are_quick),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
