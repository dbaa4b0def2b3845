#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/settings.h"
#include "unit.h"

typedef struct run_part {
    char output[MEC_TEXT_SIZE];
    bool resume;
} run_part;

typedef struct fit_part {
    int64_t count;
    double share, penalty;
    int kind;
    uint32_t scores;
    bool centred;
    char note[MEC_TEXT_SIZE];
    char input[MEC_TEXT_SIZE];
} fit_part;

typedef struct list_part {
    mec_reals penalties, shares;
    mec_real_or_word part;
    int64_t limit;
    double tol;
} list_part;

typedef struct values {
    run_part run;
    fit_part fit;
    list_part list;
} values;

#define COUNT(array) (sizeof(array) / sizeof *(array))

static const mec_setting run_rows[] = {
    {"output", MEC_SETTING_PATH, offsetof(run_part, output), "out.h5", NULL, NULL, NULL, "file"},
    {"resume", MEC_SETTING_BOOL, offsetof(run_part, resume), "no", NULL, NULL, NULL, "go on"},
};

#define AT(member) offsetof(fit_part, member)
static const mec_setting fit_rows[] = {
    {"count", MEC_SETTING_INT, AT(count), "10", "[1, 1000]", NULL, NULL, "how many"},
    {"share", MEC_SETTING_REAL, AT(share), "0.2", "(0, 1)", "quad diag1", NULL, "of the states"},
    {"penalty", MEC_SETTING_REAL, AT(penalty), "1", "[0, inf)", NULL, "Hz", "on weights"},
    {"kind", MEC_SETTING_WORD, AT(kind), "Ridge", "Ridge Plain ", "Lasso", NULL, "which"},
    {"scores", MEC_SETTING_WORDS, AT(scores), "corr, r2", "corr r2 mse", "rsa", NULL, "scores"},
    {"centred", MEC_SETTING_BOOL, AT(centred), "yes", NULL, NULL, NULL, "whether"},
    {"note", MEC_SETTING_TEXT, AT(note), "", NULL, NULL, NULL, "free text"},
    {"input", MEC_SETTING_PATH, AT(input), "", NULL, NULL, NULL, "file"},
};

#undef AT

#define AT(member) offsetof(list_part, member)
static const mec_setting list_rows[] = {
    {"penalties", MEC_SETTING_REALS, AT(penalties), "auto", "(0, inf) auto", NULL, "Hz", "to try"},
    {"shares", MEC_SETTING_REALS, AT(shares), "0.5", "[0, 1]", NULL, NULL, "of one of them"},
    {"part", MEC_SETTING_REAL_OR_WORD, AT(part), "0.2", "[0, 1) quad diag1", "spiral", NULL, "how"},
    {"limit", MEC_SETTING_INT, AT(limit), "auto", "[1, inf) auto", NULL, NULL, "most rounds"},
    {"tol", MEC_SETTING_REAL, AT(tol), "auto", "(0, inf) auto", NULL, NULL, "precision"},
};

static const mec_section section_rows[] = {
    {"run", offsetof(values, run), run_rows, COUNT(run_rows), "shards", "the program"},
    {"fit", offsetof(values, fit), fit_rows, COUNT(fit_rows), "tol max_iter", "the fit"},
    {"list", offsetof(values, list), list_rows, COUNT(list_rows), NULL, "lists"},
};

static const mec_section_table table = {section_rows, COUNT(section_rows), "grid train",
                                        sizeof(values), NULL};

static mec_settings *create(void) {
    mec_status status = {0};
    mec_settings *settings = mec_settings_create(&table, &status);
    assert_ok(status);
    assert_non_null(settings);
    return settings;
}

static mec_settings *read_text(const char *text) {
    mec_status status = {0};
    mec_settings *settings = create();
    mec_settings_read(settings, "job.ini", text, strlen(text), &status);
    assert_ok(status);
    return settings;
}

static const values *values_of(const mec_settings *settings) {
    return mec_settings_values(settings);
}

/* The file's text is refused with all of these words (separated by |). */
static void refuses(const char *text, const char *parts) {
    mec_status status = {0};
    mec_settings *settings = create();
    mec_settings_read(settings, "job.ini", text, strlen(text), &status);
    char copy[512];
    snprintf(copy, sizeof copy, "%s", parts);
    for (char *part = strtok(copy, "|"); part; part = strtok(NULL, "|"))
        assert_status(status, MEC_REFUSED, part);
    assert_null(strchr(status.message, '\n'));
    mec_settings_destroy(settings);
}

static void override_refused(const char *assignment, const char *part) {
    mec_status status = {0};
    mec_settings *settings = create();
    mec_settings_override(settings, assignment, &status);
    assert_status(status, MEC_REFUSED, part);
    assert_status(status, MEC_REFUSED, "command line: ");
    mec_settings_destroy(settings);
}

static void defaults_hold(void **state) {
    (void)state;
    mec_settings *settings = create();
    const values *v = values_of(settings);
    assert_string_equal(v->run.output, "out.h5");
    assert_false(v->run.resume);
    assert_int_equal(v->fit.count, 10);
    assert_near(v->fit.share, 0.2, 0);
    assert_near(v->fit.penalty, 1, 0);
    assert_int_equal(v->fit.kind, 0);
    assert_int_equal(v->fit.scores, 3);
    assert_true(v->fit.centred);
    assert_string_equal(v->fit.note, "");
    assert_false(mec_settings_given(settings, "fit", "count"));
    assert_false(mec_settings_given(settings, "fit", NULL));
    assert_string_equal(mec_settings_where(settings, "fit", "count"), "default: [fit] count");
    mec_settings_destroy(settings);
}

static void every_type_is_read(void **state) {
    (void)state;
    mec_settings *settings =
        read_text("[run]\noutput = a b.h5\nresume = on\n[fit]\ncount = 1000\nshare = 5e-1\n"
                  "penalty = 0\nkind = Plain\nscores = mse corr\ncentred = false\nnote = x = y\n");
    const values *v = values_of(settings);
    assert_string_equal(v->run.output, "a b.h5");
    assert_true(v->run.resume);
    assert_int_equal(v->fit.count, 1000);
    assert_near(v->fit.share, 0.5, 0);
    assert_near(v->fit.penalty, 0, 0);
    assert_int_equal(v->fit.kind, 1);
    assert_int_equal(v->fit.scores, 5);
    assert_false(v->fit.centred);
    assert_string_equal(v->fit.note, "x = y");
    assert_true(mec_settings_given(settings, "fit", "count"));
    assert_false(mec_settings_given(settings, "fit", "input"));
    assert_string_equal(mec_settings_where(settings, "fit", "share"), "job.ini:6: [fit] share");
    mec_settings_destroy(settings);
}

static void all_words_for_yes_and_no(void **state) {
    (void)state;
    const char *const yes[] = {"yes", "true", "on", "1"};
    const char *const no[] = {"no", "false", "off", "0"};
    for (size_t i = 0; i < 4; i++) {
        char text[64];
        snprintf(text, sizeof text, "[run]\nresume = %s\n[fit]\ncentred = %s\n", yes[i], no[i]);
        mec_settings *settings = read_text(text);
        assert_true(values_of(settings)->run.resume);
        assert_false(values_of(settings)->fit.centred);
        mec_settings_destroy(settings);
    }
    refuses("[fit]\ncentred = 2\n", "job.ini:2: [fit] centred|found \"2\"|yes or no");
    refuses("[fit]\ncentred =\n", "centred");
}

static void an_empty_section_counts_as_given(void **state) {
    (void)state;
    mec_settings *settings = read_text("[fit]\n");
    assert_true(mec_settings_given(settings, "fit", NULL));
    assert_false(mec_settings_given(settings, "run", NULL));
    mec_settings_destroy(settings);
}

static void ranges_are_kept(void **state) {
    (void)state;
    refuses("[fit]\ncount = 0\n", "job.ini:2|[fit] count|found \"0\"|[1, 1000]");
    refuses("[fit]\ncount = 1001\n", "found \"1001\"");
    refuses("[fit]\ncount = 1.5\n", "a whole number");
    refuses("[fit]\ncount = 99999999999999999999\n", "count");
    refuses("[fit]\ncount = ten\n", "count");
    refuses("[fit]\ncount =\n", "count");
    refuses("[fit]\nshare = 0\n", "(0, 1)");
    refuses("[fit]\nshare = 1\n", "(0, 1)");
    refuses("[fit]\nshare = nan\n", "share");
    refuses("[fit]\npenalty = -1e-300\n", "[0, inf)");
    refuses("[fit]\npenalty = inf\n", "[0, inf)");
    refuses("[fit]\npenalty = 1e999\n", "[0, inf)");
    refuses("[fit]\npenalty = nan\n", "penalty");
    mec_settings *settings = read_text("[fit]\ncount = 1\nshare = 1e-300\npenalty = 1e300\n");
    assert_int_equal(values_of(settings)->fit.count, 1);
    mec_settings_destroy(settings);
}

static void unknown_names_are_refused_with_the_nearest(void **state) {
    (void)state;
    refuses("[fitt]\n", "job.ini:1: unknown section [fitt]|nearest: fit|run fit list");
    refuses("[qqqqqq]\nx = 1\n", "job.ini:1: unknown section [qqqqqq];|run fit list");
    refuses("[fit]\ncuont = 1\n", "job.ini:2: unknown key cuont in [fit]|nearest: count");
    refuses("[fit]\nkind = ridge\n", "kind|found \"ridge\"|nearest: Ridge|Ridge Plain");
    refuses("[fit]\nscores = corr, nse\n", "scores|found \"nse\"|nearest: mse");
    refuses("[fit]\nscores =\n", "scores");
    refuses("[fit]\nscores = ,\n", "scores");
    refuses("count = 1\n[fit]\n", "job.ini:1: key count stands before the first [section]");
    refuses("\xEF\xBB\xBF[fitt]\n", "unknown section [fitt]");
}

static void what_comes_later_is_refused_by_name(void **state) {
    (void)state;
    refuses("[grid]\nx = 1\n", "job.ini:1: section [grid] is not served by this version");
    refuses("[fit]\ntol = 1\n", "job.ini:2: [fit] tol is not served by this version");
    refuses("[run]\nshards = 1\n", "[run] shards is not served by this version");
    refuses("[fit]\nkind = Lasso\n", "job.ini:2|kind = Lasso is not served by this version");
    refuses("[fit]\nshare = quad\n", "share = quad is not served by this version");
    refuses("[fit]\nscores = corr rsa\n", "scores = rsa is not served by this version");
}

static void a_key_stands_once(void **state) {
    (void)state;
    refuses("[fit]\ncount = 1\n[run]\n[fit]\ncount = 1\n",
            "job.ini:5: [fit] count is given twice, first in line 2");
}

static void an_override_wins_over_the_file(void **state) {
    (void)state;
    mec_status status = {0};
    mec_settings *settings = read_text("[fit]\ncount = 3\nnote = old\n");
    mec_settings_override(settings, "fit.count=4", &status);
    mec_settings_override(settings, "fit.note=a = b.c", &status);
    mec_settings_override(settings, "run.output=", &status);
    assert_ok(status);
    assert_int_equal(values_of(settings)->fit.count, 4);
    assert_string_equal(values_of(settings)->fit.note, "a = b.c");
    assert_string_equal(values_of(settings)->run.output, "");
    assert_string_equal(mec_settings_where(settings, "fit", "count"), "command line: [fit] count");
    assert_true(mec_settings_given(settings, "run", "output"));
    mec_settings_override(settings, "fit.count=5", &status);
    assert_status(status, MEC_REFUSED, "command line: [fit] count is given twice");
    mec_settings_destroy(settings);
}

static void bad_overrides_are_refused(void **state) {
    (void)state;
    override_refused("fit.count", "section.key=value");
    override_refused("count=1", "section.key=value");
    override_refused("=", "section.key=value");
    override_refused("", "section.key=value");
    override_refused("fit=1.5", "section.key=value");
    override_refused("fit.count=0", "[1, 1000]");
    override_refused("fit.cout=1", "nearest: count");
    override_refused("fi.count=1", "unknown section [fi]");
    override_refused("grid.x=1", "not served");
    char text[400];
    memset(text, 'x', sizeof text);
    memcpy(text, "fit.", 4);
    strcpy(text + 390, "=1");
    override_refused(text, "section.key=value");
    memset(text, 'x', sizeof text);
    strcpy(text + 300, ".count=1");
    override_refused(text, "section.key=value");
}

static void texts_have_a_limit(void **state) {
    (void)state;
    char text[MEC_TEXT_SIZE + 32];
    mec_status status = {0};
    mec_settings *settings = create();
    memset(text, 'x', sizeof text);
    memcpy(text, "fit.note=", 9);
    text[9 + MEC_TEXT_SIZE] = '\0';
    mec_settings_override(settings, text, &status);
    assert_status(status, MEC_REFUSED, "at most 1023 characters");
    mec_settings_destroy(settings);
    settings = create();
    status = (mec_status){0};
    text[9 + MEC_TEXT_SIZE - 1] = '\0';
    mec_settings_override(settings, text, &status);
    assert_ok(status);
    assert_int_equal(strlen(values_of(settings)->fit.note), MEC_TEXT_SIZE - 1);
    mec_settings_destroy(settings);
}

static char *text_of(const mec_settings *settings, const char *sections,
                     mec_settings_extent extent) {
    mec_status status = {0};
    char *text = mec_settings_text(settings, sections, extent, &status);
    assert_ok(status);
    assert_non_null(text);
    return text;
}

static void the_resolved_text_reads_back(void **state) {
    (void)state;
    mec_settings *settings = read_text("[fit]\ncount = 7\nshare = 0.1\npenalty = 1e-17\n"
                                       "kind = Plain\nscores = mse r2\nnote = two words\n");
    mec_status status = {0};
    mec_settings_override(settings, "run.output=dir/file.h5", &status);
    char *text = text_of(settings, "run fit", MEC_SETTINGS_ALL);
    mec_settings *again = read_text(text);
    char *text_again = text_of(again, "run fit", MEC_SETTINGS_ALL);
    assert_string_equal(text, text_again);
    assert_memory_equal(&values_of(settings)->fit.penalty, &values_of(again)->fit.penalty,
                        sizeof(double));
    assert_int_equal(values_of(again)->fit.scores, 6);
    assert_non_null(strstr(text, "[fit]\ncount = 7\nshare = 0.1\n"));
    assert_non_null(strstr(text, "scores = r2, mse\n"));
    assert_non_null(strstr(text, "input =\n"));
    free(text);
    free(text_again);
    mec_settings_destroy(settings);
    mec_settings_destroy(again);
}

/* What the file format cannot carry (a comment's sign, blanks at the ends, a newline, a long line)
 * must not come in over the command line either, or the kept text says something else. */
static void no_override_is_lost_in_the_resolved_text(void **state) {
    (void)state;
    const char *const notes[] = {"a ;b", " a", "a ", "a\nb", "a\n[run]\nresume = yes"};
    for (size_t i = 0; i < COUNT(notes); i++) {
        char assignment[64];
        snprintf(assignment, sizeof assignment, "fit.note=%s", notes[i]);
        mec_status status = {0};
        mec_settings *settings = create();
        if (mec_settings_override(settings, assignment, &status) == MEC_OK) {
            char *text = text_of(settings, "run fit", MEC_SETTINGS_ALL);
            mec_settings *again = read_text(text);
            assert_string_equal(values_of(again)->fit.note, values_of(settings)->fit.note);
            assert_false(values_of(again)->run.resume);
            mec_settings_destroy(again);
            free(text);
        }
        mec_settings_destroy(settings);
    }
}

static void the_identity_has_no_run_and_no_paths(void **state) {
    (void)state;
    mec_settings *settings = read_text("[run]\noutput = x.h5\n[fit]\ninput = y.h5\n");
    char *text = text_of(settings, "run fit", MEC_SETTINGS_IDENTITY);
    assert_null(strstr(text, "[run]"));
    assert_null(strstr(text, "output"));
    assert_null(strstr(text, "resume"));
    assert_null(strstr(text, "input"));
    assert_non_null(strstr(text, "count = 10"));
    free(text);
    text = text_of(settings, "run", MEC_SETTINGS_ALL);
    assert_string_equal(text, "[run]\noutput = x.h5\nresume = no\n");
    free(text);
    mec_settings_destroy(settings);
}

/* ---- lists, numbers or words, and the word auto ---- */

static void auto_has_its_own_values(void **state) {
    (void)state;
    mec_settings *defaults = create();
    mec_settings *given = read_text("[list]\npenalties = auto\nlimit = auto\ntol = auto\n");
    const list_part *lists[] = {&values_of(defaults)->list, &values_of(given)->list};
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(lists[i]->penalties.n, 0);
        assert_true(lists[i]->limit == MEC_AUTO);
        assert_true(isnan(lists[i]->tol));
    }
    assert_int_equal(lists[0]->shares.n, 1);
    assert_near(lists[0]->shares.values[0], 0.5, 0);
    mec_settings_destroy(defaults);
    mec_settings_destroy(given);
}

static void numbers_are_taken_where_auto_is(void **state) {
    (void)state;
    mec_settings *settings = read_text("[list]\nlimit = 1\ntol = 1e-300\npenalties = 1e-300\n");
    const list_part *list = &values_of(settings)->list;
    assert_int_equal(list->limit, 1);
    assert_near(list->tol, 1e-300, 0);
    assert_int_equal(list->penalties.n, 1);
    assert_near(list->penalties.values[0], 1e-300, 0);
    mec_settings_destroy(settings);
}

static void lists_keep_order_and_repeats(void **state) {
    (void)state;
    const double wanted[] = {1, 0.25, 0, 0.25};
    const char *const texts[] = {"1, 0.25, 0, 0.25", "1 2.5e-1 0 .25", "1,0.25 ,0,  0.25,"};
    for (size_t t = 0; t < COUNT(texts); t++) {
        char text[64];
        snprintf(text, sizeof text, "[list]\nshares = %s\n", texts[t]);
        mec_settings *settings = read_text(text);
        const mec_reals *shares = &values_of(settings)->list.shares;
        assert_int_equal(shares->n, 4);
        assert_memory_equal(shares->values, wanted, sizeof wanted);
        mec_settings_destroy(settings);
    }
}

static void a_number_or_a_word_is_read(void **state) {
    (void)state;
    const struct {
        const char *text;
        double number;
        int word;
    } cases[] = {{"0", 0, -1}, {"0.999", 0.999, -1}, {"quad", 0, 0}, {"diag1", 0, 1}};
    for (size_t i = 0; i < COUNT(cases); i++) {
        char text[64];
        snprintf(text, sizeof text, "[list]\npart = %s\n", cases[i].text);
        mec_settings *settings = read_text(text);
        assert_int_equal(values_of(settings)->list.part.word, cases[i].word);
        assert_near(values_of(settings)->list.part.number, cases[i].number, 0);
        mec_settings_destroy(settings);
    }
}

static void what_these_types_do_not_accept_is_refused_in_words(void **state) {
    (void)state;
    refuses("[list]\nlimit = 0\n",
            "job.ini:2: [list] limit: found \"0\"; accepted: a whole number in [1, inf) or auto");
    refuses("[list]\nlimit = Auto\n", "found \"Auto\"");
    refuses("[list]\nlimit = 1.5\n", "a whole number in [1, inf) or auto");
    refuses("[list]\nlimit = -9223372036854775808\n", "a whole number in [1, inf) or auto");
    refuses("[list]\ntol = 0\n", "[list] tol: found \"0\"; accepted: a number in (0, inf) or auto");
    refuses("[list]\ntol = nan\n", "found \"nan\"");
    refuses("[list]\ntol =\n", "found \"\"");
    refuses("[list]\ntol = auto auto\n", "found \"auto auto\"");
    refuses("[fit]\npenalty = auto\n", "found \"auto\"; accepted: a number in [0, inf)");
    refuses("[list]\npart = 1\n",
            "[list] part: found \"1\"; accepted: a number in [0, 1), or one of: quad diag1");
    refuses("[list]\npart = qaud\n", "found \"qaud\" (nearest: quad); accepted: a number in");
    refuses("[list]\npart = auto\n", "found \"auto\"");
    refuses("[list]\npart = nan\n", "found \"nan\"");
    refuses("[list]\npart = quad diag1\n", "found \"quad diag1\"");
    refuses("[list]\npart = spiral\n", "part = spiral is not served by this version; accepted: a");
}

static void lists_are_refused_in_words(void **state) {
    (void)state;
    refuses("[list]\npenalties = 1, 0\n",
            "job.ini:2: [list] penalties: found \"1, 0\"; accepted: numbers in (0, inf) or auto; "
            "at most 64, and 1023 characters");
    refuses("[list]\nshares = 0.5, 1.5\n", "accepted: numbers in [0, 1]; at most 64");
    refuses("[list]\nshares = -1\n", "found \"-1\"");
    refuses("[list]\nshares = auto\n", "found \"auto\"");
    refuses("[list]\npenalties = 1, auto\n", "found \"1, auto\"");
    refuses("[list]\npenalties = 1, inf\n", "found \"1, inf\"");
    refuses("[list]\npenalties = 1, nan\n", "found \"1, nan\"");
    refuses("[list]\npenalties = 1; 2\n", "found \"1; 2\"");
    refuses("[list]\npenalties = 1 x\n", "found \"1 x\"");
    refuses("[list]\npenalties =\n", "found \"\"");
    refuses("[list]\npenalties = ,\n", "found \",\"");
}

/* An assignment of `n` numbers of the given text to a key. */
static const char *many(const char *key, size_t n, const char *number) {
    static char text[4096];
    size_t used = (size_t)snprintf(text, sizeof text, "list.%s=", key);
    for (size_t i = 0; i < n; i++)
        used += (size_t)snprintf(text + used, sizeof text - used, "%s%s", i ? "," : "", number);
    return text;
}

static void lists_have_a_limit(void **state) {
    (void)state;
    mec_status status = {0};
    mec_settings *settings = create();
    mec_settings_override(settings, many("shares", MEC_MAX_REALS, "1"), &status);
    assert_ok(status);
    assert_int_equal(values_of(settings)->list.shares.n, MEC_MAX_REALS);
    assert_near(values_of(settings)->list.shares.values[MEC_MAX_REALS - 1], 1, 0);
    mec_settings_destroy(settings);
    override_refused(many("shares", MEC_MAX_REALS + 1, "1"), "numbers in [0, 1]; at most 64");
}

/* 42 x 22 + 41 x 2 characters are kept, 43 x 22 + 42 x 2 are too many. */
static void a_list_that_could_not_be_kept_whole_is_refused(void **state) {
    (void)state;
    const char *number = "1.2345678901234567e-20";
    override_refused(many("shares", 43, number), "1023 characters");
    mec_status status = {0};
    mec_settings *settings = create();
    mec_settings_override(settings, many("shares", 42, number), &status);
    assert_ok(status);
    char *text = text_of(settings, "list", MEC_SETTINGS_ALL);
    const char *end = strstr(text, "e-20\npart");
    assert_non_null(end);
    free(text);
    mec_settings_destroy(settings);
}

/* Digits beyond what is looked at must not be dropped: 1 and seventy zeros is not 1e62. */
static void a_number_of_many_digits_is_not_cut(void **state) {
    (void)state;
    char number[80] = "1";
    memset(number + 1, '0', 70);
    override_refused(many("penalties", 1, number), "found \"1000");
    mec_status status = {0};
    mec_settings *settings = create();
    number[40] = '\0';
    mec_settings_override(settings, many("penalties", 1, number), &status);
    assert_ok(status);
    assert_near(values_of(settings)->list.penalties.values[0], 1e39, 0);
    mec_settings_destroy(settings);
}

/* Reads `text`, prints what was resolved, reads that. */
static void check_round_trip(const char *text, const char *wanted) {
    mec_settings *settings = read_text(text);
    char *printed = text_of(settings, "list", MEC_SETTINGS_ALL);
    mec_settings *again = read_text(printed);
    char *printed_again = text_of(again, "list", MEC_SETTINGS_ALL);
    assert_string_equal(printed, wanted);
    assert_string_equal(printed_again, printed);
    const list_part *a = &values_of(settings)->list;
    const list_part *b = &values_of(again)->list;
    assert_memory_equal(&a->penalties, &b->penalties, sizeof a->penalties);
    assert_memory_equal(&a->shares, &b->shares, sizeof a->shares);
    assert_near(a->part.number, b->part.number, 0);
    assert_int_equal(a->part.word, b->part.word);
    assert_true(a->limit == b->limit);
    assert_near(a->tol, b->tol, 0);
    free(printed);
    free(printed_again);
    mec_settings_destroy(settings);
    mec_settings_destroy(again);
}

static void lists_words_and_auto_read_back(void **state) {
    (void)state;
    check_round_trip("", "[list]\npenalties = auto\nshares = 0.5\npart = 0.2\nlimit = auto\n"
                         "tol = auto\n");
    check_round_trip("[list]\npenalties = 1e-17 0.1,1e300\nshares = 0 1 0\npart = diag1\n"
                     "limit = 9007199254740993\ntol = 1e-9\n",
                     "[list]\npenalties = 1e-17, 0.1, 1e+300\nshares = 0, 1, 0\npart = diag1\n"
                     "limit = 9007199254740993\ntol = 1e-09\n");
    check_round_trip("[list]\npart = quad\n",
                     "[list]\npenalties = auto\nshares = 0.5\npart = quad\nlimit = auto\n"
                     "tol = auto\n");
    check_round_trip("[list]\npart = 0.30000000000000004\n",
                     "[list]\npenalties = auto\nshares = 0.5\npart = 0.30000000000000004\n"
                     "limit = auto\ntol = auto\n");
}

static void help_says_what_these_types_accept(void **state) {
    (void)state;
    char *text = NULL;
    size_t size = 0;
    FILE *stream = open_memstream(&text, &size);
    assert_non_null(stream);
    mec_settings_help(&table, "list", stream);
    fclose(stream);
    const char *const parts[] = {"penalties = auto",
                                 "[Hz] (numbers in (0, inf) or auto; at most 64",
                                 "(numbers in [0, 1]; at most 64",
                                 "(a number in [0, 1), or one of: quad diag1)",
                                 "(not served by this version: spiral)",
                                 "(a whole number in [1, inf) or auto)",
                                 "(a number in (0, inf) or auto)"};
    for (size_t i = 0; i < COUNT(parts); i++)
        assert_non_null(strstr(text, parts[i]));
    free(text);
}

static void values_are_found_in_the_text(void **state) {
    (void)state;
    const char *text = "[run]\noutput = a b\nnote =\n[fit]\noutput = c\nout = d\n";
    char value[16];
    assert_true(mec_settings_find(text, "run", "output", value, sizeof value));
    assert_string_equal(value, "a b");
    assert_true(mec_settings_find(text, "fit", "output", value, sizeof value));
    assert_string_equal(value, "c");
    assert_true(mec_settings_find(text, "run", "note", value, sizeof value));
    assert_string_equal(value, "");
    assert_false(mec_settings_find(text, "run", "out", value, sizeof value));
    assert_false(mec_settings_find(text, "other", "out", value, sizeof value));
}

static void help_names_every_key(void **state) {
    (void)state;
    char *text = NULL;
    size_t size = 0;
    FILE *stream = open_memstream(&text, &size);
    assert_non_null(stream);
    mec_settings_help(&table, "fit", stream);
    fclose(stream);
    for (size_t i = 0; i < COUNT(fit_rows); i++)
        assert_non_null(strstr(text, fit_rows[i].key));
    assert_non_null(strstr(text, "[Hz]"));
    assert_null(strstr(text, "output"));
    free(text);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(defaults_hold),
        cmocka_unit_test(every_type_is_read),
        cmocka_unit_test(all_words_for_yes_and_no),
        cmocka_unit_test(an_empty_section_counts_as_given),
        cmocka_unit_test(ranges_are_kept),
        cmocka_unit_test(unknown_names_are_refused_with_the_nearest),
        cmocka_unit_test(what_comes_later_is_refused_by_name),
        cmocka_unit_test(a_key_stands_once),
        cmocka_unit_test(an_override_wins_over_the_file),
        cmocka_unit_test(bad_overrides_are_refused),
        cmocka_unit_test(texts_have_a_limit),
        cmocka_unit_test(the_resolved_text_reads_back),
        cmocka_unit_test(no_override_is_lost_in_the_resolved_text),
        cmocka_unit_test(the_identity_has_no_run_and_no_paths),
        cmocka_unit_test(auto_has_its_own_values),
        cmocka_unit_test(numbers_are_taken_where_auto_is),
        cmocka_unit_test(lists_keep_order_and_repeats),
        cmocka_unit_test(a_number_or_a_word_is_read),
        cmocka_unit_test(what_these_types_do_not_accept_is_refused_in_words),
        cmocka_unit_test(lists_are_refused_in_words),
        cmocka_unit_test(lists_have_a_limit),
        cmocka_unit_test(a_list_that_could_not_be_kept_whole_is_refused),
        cmocka_unit_test(a_number_of_many_digits_is_not_cut),
        cmocka_unit_test(lists_words_and_auto_read_back),
        cmocka_unit_test(help_says_what_these_types_accept),
        cmocka_unit_test(values_are_found_in_the_text),
        cmocka_unit_test(help_names_every_key),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
