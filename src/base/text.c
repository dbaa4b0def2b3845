#include "base/text.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool only_blanks(const char *text) {
    return text[strspn(text, " \t\r\n")] == '\0';
}

bool mec_text_to_real(const char *text, double *value) {
    char *end = NULL;
    errno = 0;
    *value = strtod(text, &end);
    return end != text && only_blanks(end);
}

bool mec_text_to_int(const char *text, int64_t *value) {
    char *end = NULL;
    errno = 0;
    long long parsed = strtoll(text, &end, 10);
    *value = parsed;
    return end != text && only_blanks(end) && errno == 0;
}

void mec_text_from_real(double value, char *text, size_t size) {
    int digits = 1;
    do
        snprintf(text, size, "%.*e", digits - 1, value);
    while (strtod(text, NULL) != value && digits++ < 17);
    const char *e = strchr(text, 'e');
    int exponent = e ? atoi(e + 1) : 0;
    if (e && exponent >= -5 && exponent < 16) /* as people write it */
        snprintf(text, size, "%.*f", digits - 1 > exponent ? digits - 1 - exponent : 0, value);
    else
        snprintf(text, size, "%.*g", digits, value);
}

bool mec_text_next(const char **list, const char *separators, char *item, size_t size) {
    const char *start = *list;
    while (*start && (isspace((unsigned char)*start) || strchr(separators, *start)))
        start++;
    if (*start == '\0') {
        *list = start;
        return false;
    }
    size_t length = strcspn(start, separators);
    *list = start + length;
    while (length > 0 && isspace((unsigned char)start[length - 1]))
        length--;
    if (length > size - 1)
        length = size - 1;
    memcpy(item, start, length);
    item[length] = '\0';
    return true;
}

int mec_text_index(const char *words, const char *word) {
    char item[64];
    for (int index = 0; mec_text_next(&words, " ", item, sizeof item); index++)
        if (strcmp(item, word) == 0)
            return index;
    return -1;
}

static size_t smaller(size_t a, size_t b) {
    return a < b ? a : b;
}

/* Levenshtein's distance, letters compared without case; words longer than the row are cut. */
static size_t edit_distance(const char *a, const char *b) {
    enum { LONGEST = 63 };
    size_t row[LONGEST + 1];
    size_t n_a = smaller(strlen(a), LONGEST);
    size_t n_b = smaller(strlen(b), LONGEST);
    for (size_t j = 0; j <= n_b; j++)
        row[j] = j;
    for (size_t i = 1; i <= n_a; i++) {
        size_t diagonal = row[0];
        row[0] = i;
        for (size_t j = 1; j <= n_b; j++) {
            bool same = tolower((unsigned char)a[i - 1]) == tolower((unsigned char)b[j - 1]);
            size_t changed = diagonal + (same ? 0 : 1);
            diagonal = row[j];
            row[j] = smaller(changed, smaller(row[j], row[j - 1]) + 1);
        }
    }
    return row[n_b];
}

bool mec_text_nearest(const char *words, const char *word, char *nearest, size_t size) {
    size_t best = 1 + strlen(word) / 2; /* farther is a guess, not a slip */
    bool found = false;
    char item[64] = "";
    while (mec_text_next(&words, " ", item, sizeof item)) {
        size_t distance = edit_distance(word, item);
        if (distance < best || (distance == best && !found)) {
            best = distance;
            snprintf(nearest, size, "%s", item);
            found = true;
        }
    }
    return found;
}

void mec_text_to_line(char *text) {
    for (; *text; text++)
        if ((unsigned char)*text < ' ' || *text == 0x7F)
            *text = ' ';
}

void mec_text_from_bytes(double bytes, char *text, size_t size) {
    static const char *const units[] = {"bytes", "KiB", "MiB", "GiB", "TiB"};
    size_t unit = 0;
    for (; bytes >= 1024 && unit < 4; unit++)
        bytes /= 1024;
    snprintf(text, size, unit == 0 || bytes >= 100 ? "%.0f %s" : "%.1f %s", bytes, units[unit]);
}

bool mec_text_to_bytes(const char *text, double *bytes) {
    static const char letters[] = "KMGT";
    char *end = NULL;
    *bytes = strtod(text, &end);
    if (end == text || !isfinite(*bytes) || *bytes < 0)
        return false;
    end += strspn(end, " \t");
    const char *letter = *end ? strchr(letters, toupper((unsigned char)*end)) : NULL;
    for (const char *l = letters; letter && l <= letter; l++)
        *bytes *= 1024;
    end += letter ? 1 : 0;
    end += letter && *end == 'i' ? 1 : 0;
    end += *end == 'B' ? 1 : 0;
    return only_blanks(end);
}

void mec_text_from_seconds(double seconds, char *text, size_t size) {
    if (seconds < 60)
        snprintf(text, size, "%.1f s", seconds);
    else if (seconds < 3600)
        snprintf(text, size, "%d min %02d s", (int)seconds / 60, (int)seconds % 60);
    else
        snprintf(text, size, "%d h %02d min", (int)(seconds / 3600), (int)(seconds / 60) % 60);
}
