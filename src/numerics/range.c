#include "numerics/range.h"

#include <ctype.h>
#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"

static const size_t MOST_VALUES = 100000;

typedef struct list {
    double *values;
    size_t n, capacity;
    mec_status *status;
} list;

static bool add(list *l, double value) {
    double *values = l->n < MOST_VALUES
                         ? mec_grow(l->values, l->n, &l->capacity, sizeof *values, l->status)
                         : NULL;
    if (!values)
        return false;
    l->values = values;
    values[l->n++] = value;
    return true;
}

/* The i-th of n values from `first` to `last`. */
static double at(double first, double last, size_t i, size_t n, bool geometric) {
    if (i == 0)
        return first;
    if (i == n - 1)
        return last;
    if (!geometric)
        return first + (double)i * ((last - first) / (double)(n - 1));
    double low = log10(first);
    return pow(10, low + (double)i * ((log10(last) - low) / (double)(n - 1)));
}

/* "geomspace(1e-9, 1e9, 99)" or "linspace(...)". */
static bool add_range(list *l, const char *item) {
    bool geometric = strncmp(item, "geomspace(", 10) == 0;
    bool linear = strncmp(item, "linspace(", 9) == 0;
    size_t length = strlen(item);
    char inside[256];
    char number[64];
    double first;
    double last;
    int64_t n;
    if ((!geometric && !linear) || item[length - 1] != ')' || length >= sizeof inside)
        return false;
    size_t head = geometric ? 10 : 9;
    snprintf(inside, sizeof inside, "%.*s", (int)(length - head - 1), item + head);
    const char *rest = inside;
    if (!mec_text_next(&rest, ",", number, sizeof number) || !mec_text_to_real(number, &first) ||
        !mec_text_next(&rest, ",", number, sizeof number) || !mec_text_to_real(number, &last) ||
        !mec_text_next(&rest, ",", number, sizeof number) || !mec_text_to_int(number, &n) ||
        mec_text_next(&rest, ",", number, sizeof number))
        return false;
    if (n < 1 || (size_t)n > MOST_VALUES || !isfinite(first) || !isfinite(last - first) ||
        (geometric && (first <= 0 || last <= 0)))
        return false;
    for (size_t i = 0; i < (size_t)n; i++)
        if (!add(l, at(first, last, i, (size_t)n, geometric)))
            return false;
    return true;
}

/* Copies the next item, up to a comma outside brackets, without blanks around it. */
static bool next_item(const char **text, char *item, size_t size) {
    const char *start = *text + strspn(*text, " \t,");
    int depth = 0;
    const char *end = start;
    for (; *end && !(*end == ',' && depth == 0); end++)
        depth += *end == '(' ? 1 : *end == ')' ? -1 : 0;
    *text = end;
    while (end > start && isspace((unsigned char)end[-1]))
        end--;
    snprintf(item, size, "%.*s", (int)(end - start), start);
    return end > start;
}

double *mec_range_parse(const char *text, const char *name, size_t *n, mec_status *status) {
    list l = {.status = status};
    char item[256];
    double value;
    const char *rest = text;
    bool good = true;
    while (good && next_item(&rest, item, sizeof item))
        good = mec_text_to_real(item, &value) ? isfinite(value) && add(&l, value)
                                              : add_range(&l, item);
    *n = l.n;
    if (good && l.n > 0)
        return l.values;
    free(l.values);
    *n = 0;
    mec_fail(status, MEC_REFUSED,
             "%s: found \"%.200s\"; accepted: numbers, geomspace(first, last, count) and "
             "linspace(first, last, count), joined by commas, at most %zu values",
             name, good ? text : item, MOST_VALUES);
    return NULL;
}
