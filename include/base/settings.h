/* Settings: one table per section is parser, validator, help, dry run and provenance at once.
 *
 * A table row names a key, its type, where its value goes in the section's plain struct, its
 * default, what is accepted and what it is for. Values come from the default, then the job file,
 * then `section.key=value` overrides; each remembers where it was given, so that later checks can
 * point at it. Everything is a function of the text alone: ranks that parse the same text hold the
 * same settings and meet the same failure. No I/O here. */
#ifndef MEC_BASE_SETTINGS_H
#define MEC_BASE_SETTINGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "base/status.h"

enum { MEC_TEXT_SIZE = 1024, MEC_MAX_REALS = 64, MEC_MAX_ROWS = 64, MEC_ROW_SIZE = 4 };

/* An int64_t whose setting is "auto"; a double is then NaN. */
#define MEC_AUTO INT64_MIN

/* A list of numbers; n = 0: "auto". */
typedef struct mec_reals {
    size_t n;
    double values[MEC_MAX_REALS];
} mec_reals;

/* What the lines of a key that may be repeated say, in order. */
typedef struct mec_rows {
    size_t n;
    double values[MEC_MAX_ROWS][MEC_ROW_SIZE];
    int lines[MEC_MAX_ROWS]; /* of the file; 0: given on the command line */
} mec_rows;

typedef struct mec_real_or_word {
    double number; /* where word is -1 */
    int word;      /* index into the words */
} mec_real_or_word;

typedef enum mec_setting_type {
    MEC_SETTING_BOOL,  /* bool: yes no true false on off 1 0 */
    MEC_SETTING_INT,   /* int64_t within `accepted`, an interval such as "[1, inf)"; "[1, inf) auto"
                          takes the word auto too */
    MEC_SETTING_REAL,  /* double within `accepted`, likewise */
    MEC_SETTING_REALS, /* mec_reals, each within `accepted`, likewise */
    MEC_SETTING_REAL_OR_WORD, /* mec_real_or_word; `accepted` is an interval and then words */
    MEC_SETTING_WORD,         /* int: index into `accepted`, words separated by blanks */
    MEC_SETTING_WORDS, /* uint32_t: a set of such indices, one bit each; the list may not be empty
                        */
    MEC_SETTING_ROWS,  /* mec_rows; `accepted` names the MEC_ROW_SIZE numbers of a line. The key may
                          be repeated: each line adds a row, an empty value none. The first on the
                          command line takes the place of all those of the file */
    MEC_SETTING_TEXT,  /* char[MEC_TEXT_SIZE] */
    MEC_SETTING_PATH,  /* the same, naming a file: left out of what identifies a run */
} mec_setting_type;

typedef struct mec_setting {
    const char *key;
    mec_setting_type type;
    size_t offset; /* of the value in the section's struct */
    const char *fallback;
    const char *accepted; /* see the types; a BOOL's is NULL, of texts anything is accepted */
    const char *later;    /* words of the file format that this version refuses by name, or NULL */
    const char *unit;     /* or NULL */
    const char *help;
} mec_setting;

typedef struct mec_section {
    const char *name;
    size_t offset; /* of the section's struct in the struct of all settings */
    const mec_setting *settings;
    size_t n_setting;
    const char *later; /* keys of the file format that this version refuses by name, or NULL */
    const char *help;
} mec_section;

typedef struct mec_section_table {
    const mec_section *sections;
    size_t n_section;
    const char *later;    /* sections of the file format that this version refuses by name */
    size_t size;          /* of the struct of all settings */
    const char *optional; /* sections that say something by being there, and are in the text of the
                             settings only where they were given; NULL: none */
} mec_section_table;

typedef struct mec_settings mec_settings;

/* Settings holding every default. The table must outlive them. */
mec_settings *mec_settings_create(const mec_section_table *table, mec_status *status);
void mec_settings_destroy(mec_settings *settings);

/* Reads a job file's text; `file` is its name in messages. MEC_REFUSED with one line that names
 * file, line, key, what was found and what is accepted. */
mec_code mec_settings_read(mec_settings *settings, const char *file, const char *text,
                           size_t length, mec_status *status);

/* Takes one `section.key=value` of the command line. */
mec_code mec_settings_override(mec_settings *settings, const char *assignment, mec_status *status);

/* The struct of all settings (of the table's size), owned by `settings`. */
const void *mec_settings_values(const mec_settings *settings);

/* "fit.ini:12: [data] arenas", "command line: [data] arenas" or "default: [data] arenas": the head
 * of a message about a value that turned out wrong later. Valid until the next call. */
const char *mec_settings_where(mec_settings *settings, const char *section, const char *key);

/* Puts where it was given ("fit.ini:12" or "command line") before the message of a failure that
 * begins with "[section] key" or, of a key that may be repeated, "[section] key N" for its N-th
 * row. Where that key was not given, the place is that of the first other one of the section that
 * the message names; where none of them was, that of the section, or "default". */
mec_code mec_settings_locate(mec_settings *settings, mec_status *status);

/* Whether the file or the command line gave this key, or (key NULL) this section at all. */
bool mec_settings_given(const mec_settings *settings, const char *section, const char *key);

/* Whether a key has the value that it has when it is not given. */
bool mec_settings_is_default(const mec_settings *settings, const char *section, const char *key);

typedef enum mec_settings_extent {
    MEC_SETTINGS_ALL,
    MEC_SETTINGS_IDENTITY, /* what decides the results: without [run] and without paths */
} mec_settings_extent;

/* The resolved settings of the named sections (separated by blanks) as canonical INI text. The
 * caller frees it. */
char *mec_settings_text(const mec_settings *settings, const char *sections,
                        mec_settings_extent extent, mec_status *status);

/* The value of a key in such a text; false where it is not there. */
bool mec_settings_find(const char *text, const char *section, const char *key, char *value,
                       size_t size);
/* Its row number `row`, from 0, where it may be repeated. */
bool mec_settings_find_row(const char *text, const char *section, const char *key, size_t row,
                           char *value, size_t size);

/* Prints the named sections' keys with defaults, units, accepted values and help. */
void mec_settings_help(const mec_section_table *table, const char *sections, FILE *stream);

#endif
