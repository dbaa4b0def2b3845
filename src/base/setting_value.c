#include "base/setting_value.h"

#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

static const char bool_words[] = "no yes false true off on 0 1"; /* odd ones mean true */

/* An interval in the usual notation, "[0, 1)", may have words behind it: those. */
static const char *words_behind(const char *interval) {
    const char *end = interval ? strpbrk(interval, ")]") : NULL;
    return end ? end + 1 + strspn(end + 1, " ") : "";
}

/* "a number in [0, 1), or one of: quad diag1" */
static void print_interval(const char *what, const char *accepted, char *text, size_t size) {
    const char *words = words_behind(accepted);
    int length = (int)(strlen(accepted) - strlen(words));
    while (length > 0 && accepted[length - 1] == ' ')
        length--;
    const char *joint = !*words ? "" : strchr(words, ' ') ? ", or one of: " : " or ";
    snprintf(text, size, "%s in %.*s%s%s", what, length, accepted, joint, words);
}

/* What a type accepts, in words. */
static const char *accepted_text(const mec_setting *setting, char *text, size_t size) {
    const char *accepted = setting->accepted ? setting->accepted : "";
    switch (setting->type) {
    case MEC_SETTING_BOOL:
        snprintf(text, size, "yes or no");
        break;
    case MEC_SETTING_INT:
        print_interval("a whole number", accepted, text, size);
        break;
    case MEC_SETTING_REAL:
    case MEC_SETTING_REAL_OR_WORD:
        print_interval("a number", accepted, text, size);
        break;
    case MEC_SETTING_REALS:
        print_interval("numbers", accepted, text, size);
        snprintf(text + strlen(text), size - strlen(text), "; at most %d, and %d characters",
                 MEC_MAX_REALS, MEC_TEXT_SIZE - 1);
        break;
    case MEC_SETTING_WORD:
        snprintf(text, size, "one of: %s", accepted);
        break;
    case MEC_SETTING_WORDS:
        snprintf(text, size, "a list of: %s", accepted);
        break;
    case MEC_SETTING_ROWS:
        snprintf(text, size, "%s, in a line of its own for each; at most %d", accepted,
                 MEC_MAX_ROWS);
        break;
    case MEC_SETTING_TEXT:
    case MEC_SETTING_PATH:
        snprintf(
            text, size,
            "at most %d characters without line breaks, blanks at the ends or a blank before ;",
            MEC_TEXT_SIZE - 1);
        break;
    }
    for (size_t end = strlen(text); end > 0 && text[end - 1] == ' '; end--)
        text[end - 1] = '\0'; /* lists of words may end in a blank */
    return text;
}

static mec_code refuse(const mec_setting *setting, const char *section, const char *found,
                       mec_status *status) {
    char accepted[256];
    char near[96] = "";
    char nearest[64];
    accepted_text(setting, accepted, sizeof accepted);
    if (setting->later && mec_text_index(setting->later, found) >= 0)
        return mec_fail(status, MEC_REFUSED,
                        "[%s] %s = %s is not served by this version; accepted: %s", section,
                        setting->key, found, accepted);
    const char *words = NULL;
    if (setting->type == MEC_SETTING_WORD || setting->type == MEC_SETTING_WORDS)
        words = setting->accepted;
    else if (setting->type == MEC_SETTING_REAL_OR_WORD)
        words = words_behind(setting->accepted);
    if (words && mec_text_nearest(words, found, nearest, sizeof nearest))
        snprintf(near, sizeof near, " (nearest: %s)", nearest);
    return mec_fail(status, MEC_REFUSED, "[%s] %s: found \"%.200s\"%s; accepted: %s", section,
                    setting->key, found, near, accepted);
}

/* Square brackets include the end. */
static bool within(const char *interval, double value) {
    if (!interval)
        return true;
    char *end = NULL;
    double low = strtod(interval + 1, &end);
    double high = strtod(end + 1, &end);
    end += strspn(end, " ");
    bool above = *interval == '[' ? value >= low : value > low;
    bool below = *end == ']' ? value <= high : value < high;
    return above && below;
}

static bool parse_words(const char *accepted, const char *text, uint32_t *set, char *word,
                        size_t size) {
    *set = 0;
    while (mec_text_next(&text, ", ", word, size)) {
        int index = mec_text_index(accepted, word);
        if (index < 0)
            return false;
        *set |= UINT32_C(1) << index;
    }
    return *set != 0;
}

/* Overrides may not say what the kept text of the settings could not say again. */
static bool fits_in_a_job_file(const char *text) {
    size_t length = strlen(text);
    for (size_t i = 0; i < length; i++) {
        bool comment = text[i] == ';' && i > 0 && isspace((unsigned char)text[i - 1]);
        if (comment || text[i] == '\n' || text[i] == '\r')
            return false;
    }
    return length == 0 || (!isspace((unsigned char)text[0]) && text[0] != ';' &&
                           !isspace((unsigned char)text[length - 1]));
}

static bool is_word_behind(const mec_setting *setting, const char *text) {
    return mec_text_index(words_behind(setting->accepted), text) >= 0;
}

static bool parse_real(const mec_setting *setting, const char *text, double *value) {
    if (is_word_behind(setting, text)) {
        *value = NAN;
        return true;
    }
    return mec_text_to_real(text, value) && within(setting->accepted, *value);
}

static bool parse_int(const mec_setting *setting, const char *text, int64_t *value) {
    if (is_word_behind(setting, text)) {
        *value = MEC_AUTO;
        return true;
    }
    return mec_text_to_int(text, value) && within(setting->accepted, (double)*value);
}

static bool parse_real_or_word(const mec_setting *setting, const char *text,
                               mec_real_or_word *value) {
    value->number = 0;
    value->word = mec_text_index(words_behind(setting->accepted), text);
    return value->word >= 0 ||
           (mec_text_to_real(text, &value->number) && within(setting->accepted, value->number));
}

/* Returns how long the text is; `size` or more where it does not fit. */
static size_t print_reals(const mec_reals *list, char *text, size_t size) {
    size_t used = 0;
    char number[32];
    snprintf(text, size, "auto");
    for (size_t i = 0; i < list->n && used < size; i++) {
        mec_text_from_real(list->values[i], number, sizeof number);
        used += (size_t)snprintf(text + used, size - used, "%s%s", i ? ", " : "", number);
    }
    return used;
}

/* What is kept must say the same list again: an item that would be cut, or a list too long to be
 * printed, is refused. */
static bool parse_reals(const mec_setting *setting, const char *text, mec_reals *list) {
    char item[64];
    char printed[MEC_TEXT_SIZE];
    *list = (mec_reals){0};
    if (is_word_behind(setting, text))
        return true;
    while (mec_text_next(&text, ", ", item, sizeof item)) {
        double *value = &list->values[list->n];
        if (list->n == MEC_MAX_REALS || strlen(item) == sizeof item - 1 ||
            !mec_text_to_real(item, value) || !within(setting->accepted, *value))
            return false;
        list->n++;
    }
    return list->n > 0 && print_reals(list, printed, sizeof printed) < sizeof printed;
}

static bool parse_row(const char *text, mec_rows *rows) {
    char item[64];
    size_t n = 0;
    if (text[strspn(text, " \t")] == '\0')
        return true;
    while (rows->n < MEC_MAX_ROWS && mec_text_next(&text, ", \t", item, sizeof item)) {
        if (n == MEC_ROW_SIZE || strlen(item) == sizeof item - 1 ||
            !mec_text_to_real(item, &rows->values[rows->n][n]) ||
            !isfinite(rows->values[rows->n][n]))
            return false;
        n++;
    }
    rows->n += n == MEC_ROW_SIZE;
    return n == MEC_ROW_SIZE;
}

mec_code mec_setting_parse(const mec_setting *setting, const char *text, void *value,
                           const char *section, mec_status *status) {
    char word[64] = "";
    int index = 0;
    bool good = false;
    switch (setting->type) {
    case MEC_SETTING_BOOL:
        index = mec_text_index(bool_words, text);
        *(bool *)value = index % 2 == 1;
        good = index >= 0;
        break;
    case MEC_SETTING_INT:
        good = parse_int(setting, text, value);
        break;
    case MEC_SETTING_REAL:
        good = parse_real(setting, text, value);
        break;
    case MEC_SETTING_REALS:
        good = parse_reals(setting, text, value);
        break;
    case MEC_SETTING_REAL_OR_WORD:
        good = parse_real_or_word(setting, text, value);
        break;
    case MEC_SETTING_WORD:
        index = mec_text_index(setting->accepted, text);
        *(int *)value = index;
        good = index >= 0;
        break;
    case MEC_SETTING_WORDS:
        if (parse_words(setting->accepted, text, value, word, sizeof word))
            return MEC_OK;
        return refuse(setting, section, *word ? word : text, status);
    case MEC_SETTING_ROWS:
        good = parse_row(text, value);
        break;
    case MEC_SETTING_TEXT:
    case MEC_SETTING_PATH:
        good = strlen(text) < MEC_TEXT_SIZE && fits_in_a_job_file(text);
        if (good)
            snprintf(value, MEC_TEXT_SIZE, "%s", text);
        break;
    }
    return good ? MEC_OK : refuse(setting, section, text, status);
}

static void print_words(const char *accepted, uint32_t set, char *text, size_t size) {
    char word[64];
    size_t used = 0;
    *text = '\0';
    for (int i = 0; mec_text_next(&accepted, " ", word, sizeof word); i++)
        if (set >> i & 1 && used < size)
            used += (size_t)snprintf(text + used, size - used, "%s%s", used ? ", " : "", word);
}

static void print_word(const char *accepted, int index, char *text, size_t size) {
    for (int i = 0; i <= index; i++)
        mec_text_next(&accepted, " ", text, size);
}

static void print_real(double value, char *text, size_t size) {
    if (isnan(value))
        snprintf(text, size, "auto");
    else
        mec_text_from_real(value, text, size);
}

static void print_int(int64_t value, char *text, size_t size) {
    if (value == MEC_AUTO)
        snprintf(text, size, "auto");
    else
        snprintf(text, size, "%lld", (long long)value);
}

static void print_real_or_word(const mec_setting *setting, const mec_real_or_word *value,
                               char *text, size_t size) {
    if (value->word >= 0)
        print_word(words_behind(setting->accepted), value->word, text, size);
    else
        mec_text_from_real(value->number, text, size);
}

static void print_row(const double row[MEC_ROW_SIZE], char *text, size_t size) {
    size_t used = 0;
    char number[32];
    for (size_t i = 0; i < MEC_ROW_SIZE && used < size; i++) {
        mec_text_from_real(row[i], number, sizeof number);
        used += (size_t)snprintf(text + used, size - used, "%s%s", i ? " " : "", number);
    }
}

size_t mec_setting_n_line(const mec_setting *setting, const void *value) {
    return setting->type == MEC_SETTING_ROWS ? ((const mec_rows *)value)->n : 1;
}

void mec_setting_print(const mec_setting *setting, const void *value, size_t line, char *text,
                       size_t size) {
    switch (setting->type) {
    case MEC_SETTING_BOOL:
        snprintf(text, size, "%s", *(const bool *)value ? "yes" : "no");
        break;
    case MEC_SETTING_INT:
        print_int(*(const int64_t *)value, text, size);
        break;
    case MEC_SETTING_REAL:
        print_real(*(const double *)value, text, size);
        break;
    case MEC_SETTING_REALS:
        print_reals(value, text, size);
        break;
    case MEC_SETTING_REAL_OR_WORD:
        print_real_or_word(setting, value, text, size);
        break;
    case MEC_SETTING_WORD:
        print_word(setting->accepted, *(const int *)value, text, size);
        break;
    case MEC_SETTING_WORDS:
        print_words(setting->accepted, *(const uint32_t *)value, text, size);
        break;
    case MEC_SETTING_ROWS:
        print_row(((const mec_rows *)value)->values[line], text, size);
        break;
    case MEC_SETTING_TEXT:
    case MEC_SETTING_PATH:
        snprintf(text, size, "%s", (const char *)value);
        break;
    }
}

void mec_setting_help(const mec_setting *setting, FILE *stream) {
    char accepted[256];
    char head[MEC_TEXT_SIZE];
    snprintf(head, sizeof head, "%s = %s", setting->key, setting->fallback);
    fprintf(stream, "  %-32s %s", head, setting->help);
    if (setting->unit)
        fprintf(stream, " [%s]", setting->unit);
    if (setting->type != MEC_SETTING_TEXT && setting->type != MEC_SETTING_PATH)
        fprintf(stream, " (%s)", accepted_text(setting, accepted, sizeof accepted));
    if (setting->later)
        fprintf(stream, " (not served by this version: %s)", setting->later);
    fputc('\n', stream);
}
