#include "settings_line.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "settings.h"

typedef struct line {
    const char *config;
    char *defaults; /* INI text of every setting's default */
    FILE *stream;
    int n_printed;
} line;

/* What each regression type cannot be read without. */
static const char *const regressions[][2] = {
    {"Ridge", "alpha"},     {"Lasso", "alpha"},          {"ElasticNet", "alpha l1_ratio"},
    {"LassoLars", "alpha"}, {"MultiTaskLasso", "alpha"}, {"MultiTaskElasticNet", "alpha l1_ratio"},
    {"RidgeCV", "alphas"},  {"LassoCV", "alphas cv"},    {"ElasticNetCV", "alphas l1_ratio cv"},
};

/* They decide no result, or are told elsewhere. */
static const char SILENT[] = "warm_start selection keep scores";

/* A value of the run's settings; empty where there is none. */
static const char *value_of(const line *l, const char *section, const char *key,
                            char value[MEC_TEXT_SIZE]) {
    *value = '\0';
    mec_settings_find(l->config, section, key, value, MEC_TEXT_SIZE);
    return value;
}

static bool is(const line *l, const char *section, const char *key, const char *value) {
    char found[MEC_TEXT_SIZE];
    return strcmp(value_of(l, section, key, found), value) == 0;
}

static bool is_default(const line *l, const char *section, const char *key, const char *value) {
    char fallback[MEC_TEXT_SIZE];
    return !l->defaults || /* then only what is always told */
           !mec_settings_find(l->defaults, section, key, fallback, sizeof fallback) ||
           strcmp(fallback, value) == 0;
}

static bool data_needs(const char *key) {
    return strcmp(key, "dataset") == 0;
}

static bool source_needs(const line *l, const char *key) {
    if (is(l, "source", "kind", "animals"))
        return strcmp(key, "mode") == 0;
    bool response = is(l, "source", "kind", "response");
    return mec_text_index(response ? "kind response" : "kind model layer", key) >= 0;
}

static bool regression_needs(const line *l, const char *key) {
    char type[MEC_TEXT_SIZE];
    value_of(l, "map", "regression_type", type);
    for (size_t i = 0; i < sizeof regressions / sizeof *regressions; i++)
        if (strcmp(regressions[i][0], type) == 0 && mec_text_index(regressions[i][1], key) >= 0)
            return true;
    return strcmp(key, "regression_type") == 0;
}

static bool map_needs(const line *l, const char *key) {
    if (is(l, "map", "type", "pls"))
        return mec_text_index("type n_components", key) >= 0;
    if (is(l, "map", "type", "corr"))
        return mec_text_index("type percentile identity", key) >= 0 ||
               (is(l, "map", "identity", "no") && regression_needs(l, key));
    return regression_needs(l, key);
}

/* Which of the keys of [splits] decide them: a file, parts of the arena, or drawn ones. */
static const char *splits_keys(const line *l) {
    char train_frac[MEC_TEXT_SIZE];
    char file[MEC_TEXT_SIZE];
    double number;
    if (*value_of(l, "splits", "file", file))
        return "file";
    if (!mec_text_to_real(value_of(l, "splits", "train_frac", train_frac), &number))
        return "train_frac shape_2d";
    return "train_frac num_splits split_start_seed";
}

static bool is_worth(const line *l, const char *section, const char *key, const char *value) {
    bool changed = !is_default(l, section, key, value);
    if (*value == '\0' || mec_text_index(SILENT, key) >= 0)
        return false;
    if (strcmp(section, "data") == 0)
        return changed || data_needs(key);
    if (strcmp(section, "source") == 0)
        return source_needs(l, key);
    if (strcmp(section, "map") == 0)
        return changed || map_needs(l, key);
    if (strcmp(section, "splits") == 0)
        return mec_text_index(splits_keys(l), key) >= 0 &&
               (changed || strcmp(key, "split_start_seed") != 0);
    return false;
}

static char *default_settings(mec_status *status) {
    mec_settings *settings = mec_settings_create(&job_section_table, status);
    char *text = settings ? mec_settings_text(settings, "data source splits fit map",
                                              MEC_SETTINGS_ALL, status)
                          : NULL;
    mec_settings_destroy(settings);
    return text;
}

/* The keys come in the order of the text, which is that of the settings' tables. */
static void print_section(line *l, const char *wanted) {
    const char *rest = l->config;
    char text[2 * MEC_TEXT_SIZE];
    char section[64] = "";
    while (mec_text_next(&rest, "\n", text, sizeof text)) {
        char value[MEC_TEXT_SIZE];
        char *equals = strstr(text, " =");
        if (*text == '[')
            snprintf(section, sizeof section, "%.*s", (int)strcspn(text + 1, "]"), text + 1);
        if (*text == '[' || !equals || strcmp(section, wanted) != 0)
            continue;
        *equals = '\0';
        if (is_worth(l, section, text, value_of(l, section, text, value)))
            fprintf(l->stream, "%s%s = %s", l->n_printed++ ? ", " : "", text, value);
    }
}

void settings_line_print(const char *config, FILE *stream, mec_status *status) {
    line l = {.config = config, .defaults = default_settings(status), .stream = stream};
    static const char *const sections[] = {"data", "source", "map", "splits"};
    for (size_t i = 0; i < sizeof sections / sizeof *sections; i++)
        print_section(&l, sections[i]);
    fputc('\n', stream);
    free(l.defaults);
}
