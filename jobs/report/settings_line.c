#include "report/settings_line.h"

#include <string.h>

#include "base/text.h"
#include "settings.h"

typedef struct line {
    const char *config;
    const mec_settings *settings; /* NULL: other than this version's; all of them are told */
    FILE *stream;
    int n_printed;
} line;

/* They decide no result. */
static const char SILENT[] = "warm_start selection keep keep_scores";

static bool is_map_key_worth(const map_settings *map, const char *key, const char *value,
                             bool changed) {
    /* What a map cannot be read without; of corr the percentile too, where it plays a part. */
    static const char always[] = "alpha alphas l1_ratio cv n_components identity";
    char keys[MAP_KEYS_SIZE];
    if (strcmp(key, "regression_type") == 0)
        return map_settings_regress(map);
    if (mec_text_index("type per_cell", key) >= 0)
        return changed;
    map_settings_keys(map, keys);
    bool told = mec_text_index(always, key) >= 0 && strcmp(value, "auto") != 0;
    told |= strcmp(key, "percentile") == 0 && map_settings_regress(map);
    return mec_text_index(keys, key) >= 0 && (changed || told);
}

/* Which of the keys of [splits] decide them: a file, parts of the arena, or drawn ones. */
static const char *splits_keys(const splits_settings *splits) {
    if (*splits->file)
        return "file";
    return splits->train_frac.word >= 0 ? "train_frac shape_2d"
                                        : "train_frac num_splits split_start_seed";
}

static bool is_worth(const line *l, const char *section, const char *key, const char *value) {
    if (*value == '\0' || mec_text_index(SILENT, key) >= 0)
        return false;
    if (!l->settings)
        return true;
    const job_settings *v = mec_settings_values(l->settings);
    bool changed = !mec_settings_is_default(l->settings, section, key);
    if (strcmp(section, "source") == 0)
        return changed || (v->source.kind == SOURCE_ANIMALS && strcmp(key, "mode") == 0);
    if (strcmp(section, "map") == 0)
        return is_map_key_worth(&v->map, key, value, changed);
    if (strcmp(section, "grid") == 0)
        return changed || mec_text_index("alpha l1_ratio", key) >= 0;
    if (strcmp(section, "splits") == 0)
        return mec_text_index(splits_keys(&v->splits), key) >= 0 &&
               (changed || strcmp(key, "split_start_seed") != 0);
    return changed;
}

/* The keys come in the order of the text, which is that of the settings' tables. */
static void print_section(line *l, const char *wanted) {
    const char *rest = l->config;
    char text[2 * MEC_TEXT_SIZE];
    char section[64] = "";
    while (mec_text_next(&rest, "\n", text, sizeof text)) {
        char *equals = strstr(text, " =");
        if (*text == '[')
            snprintf(section, sizeof section, "%.*s", (int)strcspn(text + 1, "]"), text + 1);
        if (*text == '[' || !equals || strcmp(section, wanted) != 0)
            continue;
        *equals = '\0';
        const char *value = equals[2] == ' ' ? equals + 3 : "";
        if (is_worth(l, section, text, value))
            fprintf(l->stream, "%s%s = %s", l->n_printed++ ? ", " : "", text, value);
    }
}

void settings_line_print(const char *config, FILE *stream, mec_status *status) {
    static const char *const sections[] = {"data",  "source", "map",    "grid",    "splits",
                                           "model", "cues",   "reward", "ratemaps"};
    mec_status reading = {0};
    mec_settings *settings = mec_settings_create(&job_section_table, status);
    bool known = settings && mec_settings_read(settings, "", config, strlen(config), &reading) == 0;
    line l = {.config = config, .settings = known ? settings : NULL, .stream = stream};
    for (size_t i = 0; i < sizeof sections / sizeof *sections; i++)
        print_section(&l, sections[i]);
    fputc('\n', stream);
    mec_settings_destroy(settings);
}
