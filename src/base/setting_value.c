#include "base/setting_value.h"

#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

static const char bool_words[] = "no yes false true off on 0 1"; /* odd ones mean true */

/* What a type accepts, in words. */
static const char *accepted_text(const mec_setting *setting, char *text, size_t size) {
    const char *accepted = setting->accepted ? setting->accepted : "";
    switch (setting->type) {
    case MEC_SETTING_BOOL:
        snprintf(text, size, "yes or no");
        break;
    case MEC_SETTING_INT:
        snprintf(text, size, "a whole number in %s", accepted);
        break;
    case MEC_SETTING_REAL:
        snprintf(text, size, "a number in %s", accepted);
        break;
    case MEC_SETTING_WORD:
        snprintf(text, size, "one of: %s", accepted);
        break;
    case MEC_SETTING_WORDS:
        snprintf(text, size, "a list of: %s", accepted);
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
    bool words = setting->type == MEC_SETTING_WORD || setting->type == MEC_SETTING_WORDS;
    if (words && mec_text_nearest(setting->accepted, found, nearest, sizeof nearest))
        snprintf(near, sizeof near, " (nearest: %s)", nearest);
    return mec_fail(status, MEC_REFUSED, "[%s] %s: found \"%.200s\"%s; accepted: %s", section,
                    setting->key, found, near, accepted);
}

/* An interval in the usual notation, "[0, 1)": square brackets include the end. */
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

static bool parse_real(const mec_setting *setting, const char *text, double *value) {
    return mec_text_to_real(text, value) && within(setting->accepted, *value);
}

static bool parse_int(const mec_setting *setting, const char *text, int64_t *value) {
    return mec_text_to_int(text, value) && within(setting->accepted, (double)*value);
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
    case MEC_SETTING_WORD:
        index = mec_text_index(setting->accepted, text);
        *(int *)value = index;
        good = index >= 0;
        break;
    case MEC_SETTING_WORDS:
        if (parse_words(setting->accepted, text, value, word, sizeof word))
            return MEC_OK;
        return refuse(setting, section, *word ? word : text, status);
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

void mec_setting_print(const mec_setting *setting, const void *value, char *text, size_t size) {
    switch (setting->type) {
    case MEC_SETTING_BOOL:
        snprintf(text, size, "%s", *(const bool *)value ? "yes" : "no");
        break;
    case MEC_SETTING_INT:
        snprintf(text, size, "%lld", (long long)*(const int64_t *)value);
        break;
    case MEC_SETTING_REAL:
        mec_text_from_real(*(const double *)value, text, size);
        break;
    case MEC_SETTING_WORD:
        print_word(setting->accepted, *(const int *)value, text, size);
        break;
    case MEC_SETTING_WORDS:
        print_words(setting->accepted, *(const uint32_t *)value, text, size);
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
