#include "base/settings.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/ini.h"
#include "base/memory.h"
#include "base/setting_value.h"
#include "base/text.h"

/* Where a value was given. */
enum { FROM_DEFAULT = -1, FROM_COMMAND_LINE = 0 }; /* above 0: the line of the file */
enum { PLACE_SIZE = MEC_TEXT_SIZE + 16 };

struct mec_settings {
    const mec_section_table *table;
    char *values;
    int **origin;        /* [section][setting] */
    int *section_origin; /* [section] where it was given last */
    char file[MEC_TEXT_SIZE];
    char where[MEC_TEXT_SIZE + 128];
};

static const mec_section *section_at(const mec_settings *s, size_t index) {
    return &s->table->sections[index];
}

static void *value_at(const mec_settings *s, size_t section, size_t setting) {
    const mec_section *found = section_at(s, section);
    return s->values + found->offset + found->settings[setting].offset;
}

static bool find_section(const mec_section_table *table, const char *name, size_t *index) {
    for (*index = 0; *index < table->n_section; ++*index)
        if (strcmp(table->sections[*index].name, name) == 0)
            return true;
    return false;
}

static bool find_key(const mec_section *section, const char *key, size_t *index) {
    for (*index = 0; *index < section->n_setting; ++*index)
        if (strcmp(section->settings[*index].key, key) == 0)
            return true;
    return false;
}

mec_settings *mec_settings_create(const mec_section_table *table, mec_status *status) {
    mec_settings *s = mec_alloc(1, sizeof *s, status);
    if (!s)
        return NULL;
    s->table = table;
    s->values = mec_alloc(1, table->size, status);
    s->origin = mec_alloc(table->n_section, sizeof *s->origin, status);
    s->section_origin = mec_alloc(table->n_section, sizeof *s->section_origin, status);
    for (size_t i = 0; i < table->n_section && status->code == MEC_OK; i++) {
        const mec_section *section = section_at(s, i);
        s->section_origin[i] = FROM_DEFAULT;
        s->origin[i] = mec_alloc(section->n_setting, sizeof **s->origin, status);
        for (size_t j = 0; j < section->n_setting && status->code == MEC_OK; j++) {
            s->origin[i][j] = FROM_DEFAULT;
            mec_setting_parse(&section->settings[j], section->settings[j].fallback,
                              value_at(s, i, j), section->name, status);
        }
    }
    if (status->code != MEC_OK) {
        mec_settings_destroy(s);
        return NULL;
    }
    return s;
}

void mec_settings_destroy(mec_settings *s) {
    if (!s)
        return;
    for (size_t i = 0; s->origin && i < s->table->n_section; i++)
        free(s->origin[i]);
    free(s->origin);
    free(s->section_origin);
    free(s->values);
    free(s);
}

/* " (nearest: X)" where a known word is near, else nothing. */
static const char *hint(const char *words, const char *word, char *text, size_t size) {
    char nearest[64];
    *text = '\0';
    if (mec_text_nearest(words, word, nearest, sizeof nearest))
        snprintf(text, size, " (nearest: %s)", nearest);
    return text;
}

static void names_of_sections(const mec_section_table *table, char *text, size_t size) {
    size_t used = 0;
    for (size_t i = 0; i < table->n_section && used < size; i++)
        used += (size_t)snprintf(text + used, size - used, "%s%s", i ? " " : "",
                                 table->sections[i].name);
}

static void names_of_keys(const mec_section *section, char *text, size_t size) {
    size_t used = 0;
    *text = '\0';
    for (size_t i = 0; i < section->n_setting && used < size; i++)
        used += (size_t)snprintf(text + used, size - used, "%s%s", i ? " " : "",
                                 section->settings[i].key);
}

static mec_code refuse_section(const mec_settings *s, const char *place, const char *name,
                               mec_status *status) {
    char known[256];
    char near[96];
    names_of_sections(s->table, known, sizeof known);
    if (s->table->later && mec_text_index(s->table->later, name) >= 0)
        return mec_fail(status, MEC_REFUSED,
                        "%s: section [%s] is not served by this version; accepted: %s", place, name,
                        known);
    return mec_fail(status, MEC_REFUSED, "%s: unknown section [%s]%s; accepted: %s", place, name,
                    hint(known, name, near, sizeof near), known);
}

static mec_code refuse_key(const mec_section *section, const char *place, const char *key,
                           mec_status *status) {
    char known[512];
    char near[96];
    names_of_keys(section, known, sizeof known);
    if (section->later && mec_text_index(section->later, key) >= 0)
        return mec_fail(status, MEC_REFUSED,
                        "%s: [%s] %s is not served by this version; accepted: %s", place,
                        section->name, key, known);
    return mec_fail(status, MEC_REFUSED, "%s: unknown key %s in [%s]%s; accepted: %s", place, key,
                    section->name, hint(known, key, near, sizeof near), known);
}

/* A key given twice from one place is refused, unless each line adds a row. */
static mec_code refuse_twice(const char *place, const char *section, const char *key, int before,
                             int origin, mec_status *status) {
    if (origin != FROM_COMMAND_LINE && before > 0)
        return mec_fail(status, MEC_REFUSED, "%s: [%s] %s is given twice, first in line %d", place,
                        section, key, before);
    if (origin == FROM_COMMAND_LINE && before == FROM_COMMAND_LINE)
        return mec_fail(status, MEC_REFUSED, "%s: [%s] %s is given twice", place, section, key);
    return MEC_OK;
}

/* Rows from `first` on; an empty value adds none. */
static void note_lines(mec_rows *rows, size_t first, int origin) {
    for (size_t i = first; i < rows->n; i++)
        rows->lines[i] = origin;
}

/* Stores one value given at `origin`. */
static mec_code assign(mec_settings *s, const char *place, const char *section_name,
                       const char *key, const char *text, int origin, mec_status *status) {
    size_t i;
    size_t j;
    if (!find_section(s->table, section_name, &i))
        return refuse_section(s, place, section_name, status);
    const mec_section *section = section_at(s, i);
    if (!find_key(section, key, &j))
        return refuse_key(section, place, key, status);
    int before = s->origin[i][j];
    bool adds = section->settings[j].type == MEC_SETTING_ROWS;
    if (!adds && refuse_twice(place, section_name, key, before, origin, status))
        return status->code;
    if (adds && origin == FROM_COMMAND_LINE && before != FROM_COMMAND_LINE)
        *(mec_rows *)value_at(s, i, j) = (mec_rows){0};
    size_t n_before = mec_setting_n_line(&section->settings[j], value_at(s, i, j));
    s->origin[i][j] = origin;
    if (s->section_origin[i] == FROM_DEFAULT)
        s->section_origin[i] = origin;
    if (mec_setting_parse(&section->settings[j], text, value_at(s, i, j), section_name, status))
        return mec_fail_within(status, "%s", place);
    if (adds)
        note_lines(value_at(s, i, j), n_before, origin);
    return MEC_OK;
}

static mec_code take_entry(void *user, const mec_ini_entry *entry, mec_status *status) {
    mec_settings *s = user;
    char place[PLACE_SIZE];
    snprintf(place, sizeof place, "%s:%d", s->file, entry->line);
    if (entry->key && *entry->section == '\0')
        return mec_fail(status, MEC_REFUSED, "%s: key %s stands before the first [section]", place,
                        entry->key);
    if (entry->key)
        return assign(s, place, entry->section, entry->key, entry->value, entry->line, status);
    size_t i;
    if (!find_section(s->table, entry->section, &i))
        return refuse_section(s, place, entry->section, status);
    s->section_origin[i] = entry->line;
    return MEC_OK;
}

mec_code mec_settings_read(mec_settings *s, const char *file, const char *text, size_t length,
                           mec_status *status) {
    snprintf(s->file, sizeof s->file, "%s", file);
    return mec_ini_parse(file, text, length, take_entry, s, status);
}

mec_code mec_settings_override(mec_settings *s, const char *assignment, mec_status *status) {
    const char *equals = strchr(assignment, '=');
    const char *dot = strchr(assignment, '.');
    char section[64];
    char key[64];
    if (!equals || !dot || dot > equals || dot - assignment >= (ptrdiff_t)sizeof section ||
        equals - dot > (ptrdiff_t)sizeof key)
        return mec_fail(status, MEC_REFUSED,
                        "command line: found \"%s\"; accepted: section.key=value", assignment);
    snprintf(section, sizeof section, "%.*s", (int)(dot - assignment), assignment);
    snprintf(key, sizeof key, "%.*s", (int)(equals - dot - 1), dot + 1);
    return assign(s, "command line", section, key, equals + 1, FROM_COMMAND_LINE, status);
}

const void *mec_settings_values(const mec_settings *s) {
    return s->values;
}

static void print_place(const mec_settings *s, int origin, char *place, size_t size) {
    if (origin > 0)
        snprintf(place, size, "%s:%d", s->file, origin);
    else
        snprintf(place, size, "%s", origin == FROM_COMMAND_LINE ? "command line" : "default");
}

const char *mec_settings_where(mec_settings *s, const char *section, const char *key) {
    size_t i;
    size_t j;
    char place[PLACE_SIZE];
    int origin = FROM_DEFAULT;
    if (find_section(s->table, section, &i) && find_key(section_at(s, i), key, &j))
        origin = s->origin[i][j];
    print_place(s, origin, place, sizeof place);
    snprintf(s->where, sizeof s->where, "%s: [%s] %s", place, section, key);
    return s->where;
}

/* Whether a text names the key: with nothing of a name before or behind it. */
static bool names_key(const char *text, const char *key) {
    size_t length = strlen(key);
    for (const char *at = strstr(text, key); at; at = strstr(at + 1, key))
        if ((at == text || !(isalnum((unsigned char)at[-1]) || at[-1] == '_')) &&
            !(isalnum((unsigned char)at[length]) || at[length] == '_'))
            return true;
    return false;
}

/* Where the key, or its row number `row` from 1 on, was given; else another that the text names. */
static int origin_named(const mec_settings *s, size_t i, const char *key, size_t row,
                        const char *text) {
    const mec_section *section = section_at(s, i);
    size_t j;
    if (find_key(section, key, &j) && s->origin[i][j] != FROM_DEFAULT) {
        const mec_rows *rows = value_at(s, i, j);
        bool several = section->settings[j].type == MEC_SETTING_ROWS;
        return several && row >= 1 && row <= rows->n ? rows->lines[row - 1] : s->origin[i][j];
    }
    for (j = 0; j < section->n_setting; j++)
        if (s->origin[i][j] != FROM_DEFAULT && names_key(text, section->settings[j].key))
            return s->origin[i][j];
    return s->section_origin[i];
}

mec_code mec_settings_locate(mec_settings *s, mec_status *status) {
    char section[64];
    char key[64] = "";
    char place[PLACE_SIZE];
    size_t row = 0;
    size_t i;
    if (status->code != MEC_OK &&
        sscanf(status->message, "[%63[^]]] %63[A-Za-z0-9_] %zu", section, key, &row) >= 1 &&
        find_section(s->table, section, &i)) {
        print_place(s, origin_named(s, i, key, row, status->message), place, sizeof place);
        mec_fail_within(status, "%s", place);
    }
    return status->code;
}

bool mec_settings_given(const mec_settings *s, const char *section, const char *key) {
    size_t i;
    size_t j;
    if (!find_section(s->table, section, &i))
        return false;
    if (!key)
        return s->section_origin[i] != FROM_DEFAULT;
    return find_key(section_at(s, i), key, &j) && s->origin[i][j] != FROM_DEFAULT;
}

static bool equal_values(const mec_setting *setting, const void *a, const void *b) {
    char text_a[MEC_TEXT_SIZE];
    char text_b[MEC_TEXT_SIZE];
    size_t n = mec_setting_n_line(setting, a);
    bool equal = n == mec_setting_n_line(setting, b);
    for (size_t line = 0; line < n && equal; line++) {
        mec_setting_print(setting, a, line, text_a, sizeof text_a);
        mec_setting_print(setting, b, line, text_b, sizeof text_b);
        equal = strcmp(text_a, text_b) == 0;
    }
    return equal;
}

bool mec_settings_is_default(const mec_settings *s, const char *section, const char *key) {
    size_t i;
    size_t j;
    union { /* of any type */
        bool boolean;
        int word;
        uint32_t words;
        int64_t integer;
        double real;
        mec_reals reals;
        mec_rows rows;
        mec_real_or_word real_or_word;
        char text[MEC_TEXT_SIZE];
    } fallback;
    if (!find_section(s->table, section, &i) || !find_key(section_at(s, i), key, &j))
        return false;
    const mec_setting *setting = &section_at(s, i)->settings[j];
    memset(&fallback, 0, sizeof fallback);
    return mec_setting_parse(setting, setting->fallback, &fallback, section, &(mec_status){0}) ==
               MEC_OK &&
           equal_values(setting, value_at(s, i, j), &fallback);
}

static void print_section(const mec_settings *s, size_t i, mec_settings_extent extent,
                          FILE *stream) {
    const mec_section *section = section_at(s, i);
    fprintf(stream, "[%s]\n", section->name);
    for (size_t j = 0; j < section->n_setting; j++) {
        const mec_setting *setting = &section->settings[j];
        if (extent == MEC_SETTINGS_IDENTITY && setting->type == MEC_SETTING_PATH)
            continue;
        const void *value = value_at(s, i, j);
        for (size_t line = 0; line < mec_setting_n_line(setting, value); line++) {
            char text[MEC_TEXT_SIZE];
            mec_setting_print(setting, value, line, text, sizeof text);
            fprintf(stream, *text ? "%s = %s\n" : "%s =%s\n", setting->key, text);
        }
    }
}

char *mec_settings_text(const mec_settings *s, const char *sections, mec_settings_extent extent,
                        mec_status *status) {
    char *text = NULL;
    size_t size = 0;
    FILE *stream = open_memstream(&text, &size);
    if (!stream) {
        mec_fail(status, MEC_FAILED, "out of memory for the text of the settings");
        return NULL;
    }
    for (size_t i = 0; i < s->table->n_section; i++) {
        const char *name = section_at(s, i)->name;
        bool optional = s->table->optional && mec_text_index(s->table->optional, name) >= 0;
        bool wanted =
            mec_text_index(sections, name) >= 0 && (!optional || mec_settings_given(s, name, NULL));
        if (wanted && !(extent == MEC_SETTINGS_IDENTITY && strcmp(name, "run") == 0))
            print_section(s, i, extent, stream);
    }
    fclose(stream);
    return text;
}

bool mec_settings_find(const char *text, const char *section, const char *key, char *value,
                       size_t size) {
    return mec_settings_find_row(text, section, key, 0, value, size);
}

bool mec_settings_find_row(const char *text, const char *section, const char *key, size_t row,
                           char *value, size_t size) {
    char line[2 * MEC_TEXT_SIZE];
    char current[64] = "";
    while (mec_text_next(&text, "\n", line, sizeof line)) {
        char *equals = strchr(line, '=');
        if (*line == '[') {
            snprintf(current, sizeof current, "%.*s", (int)strcspn(line + 1, "]"), line + 1);
        } else if (equals && strcmp(current, section) == 0) {
            size_t length = (size_t)(equals - line - 1);
            if (strlen(key) == length && strncmp(line, key, length) == 0 && row-- == 0) {
                snprintf(value, size, "%s", equals[1] == ' ' ? equals + 2 : "");
                return true;
            }
        }
    }
    return false;
}

void mec_settings_help(const mec_section_table *table, const char *sections, FILE *stream) {
    for (size_t i = 0; i < table->n_section; i++) {
        const mec_section *section = &table->sections[i];
        if (mec_text_index(sections, section->name) < 0)
            continue;
        fprintf(stream, "\n[%s]  %s\n", section->name, section->help);
        for (size_t j = 0; j < section->n_setting; j++)
            mec_setting_help(&section->settings[j], stream);
    }
}
