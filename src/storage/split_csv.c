/* Stored splits as CSV: one row a state. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/csv.h"
#include "base/memory.h"
#include "base/text.h"
#include "base/text_file.h"
#include "storage/split_reader.h"

enum { ARENA, ANIMAL, SPLIT, STATE, SET, N_COLUMN };

/* In this order. */
static const char names[] = "arena animal split state set";
static const char words[] = "train test";

typedef struct entry {
    const char *arena, *animal; /* NULL: all */
    size_t split;
    bool test;
    size_t row; /* the order within a list */
    uint32_t state;
} entry;

static int compare_names(const char *a, const char *b) {
    return a && b ? strcmp(a, b) : (a != NULL) - (b != NULL);
}

static int compare_animals(const entry *a, const entry *b) {
    int order = compare_names(a->arena, b->arena);
    return order ? order : compare_names(a->animal, b->animal);
}

static int compare_sizes(size_t a, size_t b) {
    return (a > b) - (a < b);
}

static int by_list(const void *left, const void *right) {
    const entry *a = left;
    const entry *b = right;
    int order = compare_animals(a, b);
    order = order ? order : compare_sizes(a->split, b->split);
    order = order ? order : compare_sizes(a->test, b->test);
    return order ? order : compare_sizes(a->row, b->row);
}

/* ---- from rows to entries ---- */

/* Where every column stands; csv->n_column: nowhere. */
static mec_code find_columns(const mec_csv *csv, size_t column[N_COLUMN], mec_status *status) {
    for (size_t i = 0; i < N_COLUMN; i++)
        column[i] = csv->n_column;
    for (size_t i = 0; i < csv->n_column; i++) {
        int index = mec_text_index(names, mec_csv_name(csv, i));
        if (index < 0)
            return mec_csv_refuse(csv, MEC_CSV_HEADER, status,
                                  "unknown column \"%.100s\"; accepted: %s", mec_csv_name(csv, i),
                                  names);
        column[index] = i;
    }
    for (size_t i = SPLIT; i < N_COLUMN; i++)
        if (column[i] == csv->n_column)
            return mec_csv_refuse(csv, MEC_CSV_HEADER, status,
                                  "a column is missing; accepted: split, state and set, and arena "
                                  "and animal where they matter");
    return MEC_OK;
}

static mec_code read_name(const mec_csv *csv, size_t row, size_t column, const char **name,
                          mec_status *status) {
    *name = column < csv->n_column ? mec_csv_field(csv, row, column) : "*";
    if (**name == '\0')
        return mec_csv_refuse(csv, row, status, "%s is empty; accepted: a name, or * for all",
                              mec_csv_name(csv, column));
    if (strcmp(*name, "*") == 0)
        *name = NULL;
    return MEC_OK;
}

static mec_code read_number(const mec_csv *csv, size_t row, size_t column, size_t *number,
                            mec_status *status) {
    const char *text = mec_csv_field(csv, row, column);
    int64_t value = 0;
    if (!mec_text_to_int(text, &value) || value < 0 || value > INT32_MAX)
        return mec_csv_refuse(csv, row, status,
                              "%s: found \"%.100s\"; accepted: a whole number from 0",
                              mec_csv_name(csv, column), text);
    *number = (size_t)value;
    return MEC_OK;
}

static mec_code read_row(const mec_csv *csv, size_t row, const size_t column[N_COLUMN], entry *e,
                         mec_status *status) {
    const char *word = mec_csv_field(csv, row, column[SET]);
    int set = mec_text_index(words, word);
    size_t state = 0;
    if (read_name(csv, row, column[ARENA], &e->arena, status) ||
        read_name(csv, row, column[ANIMAL], &e->animal, status) ||
        read_number(csv, row, column[SPLIT], &e->split, status) ||
        read_number(csv, row, column[STATE], &state, status))
        return status->code;
    if (set < 0)
        return mec_csv_refuse(csv, row, status, "set: found \"%.100s\"; accepted: train or test",
                              word);
    e->state = (uint32_t)state;
    e->test = set == 1;
    e->row = row;
    return MEC_OK;
}

/* ---- from entries to lists ---- */

/* The end of the entries that are for the same animals as the first; none of their splits may be
 * missing. */
static size_t end_of_set(const mec_csv *csv, const entry *entries, size_t first, size_t n,
                         mec_status *status) {
    size_t next_split = 0; /* one more than the split of the entry before */
    size_t i = first;
    for (; i < n && compare_animals(&entries[i], &entries[first]) == 0; i++) {
        if (entries[i].split > next_split)
            mec_csv_refuse(csv, entries[i].row, status,
                           "found split %zu, but no row of split %zu; accepted: 0, 1, 2, ... "
                           "without a gap",
                           entries[i].split, next_split);
        next_split = entries[i].split + 1;
    }
    return i;
}

static mec_code add_entries(mec_split_reader *r, const mec_csv *csv, const entry *entries, size_t n,
                            mec_status *status) {
    char place[2048];
    for (size_t first = 0, end = 0; first < n && status->code == MEC_OK; first = end) {
        end = end_of_set(csv, entries, first, n, status);
        snprintf(place, sizeof place, "%s:%zu", r->location, csv->lines[entries[first].row]);
        if (status->code == MEC_OK)
            mec_split_add_set(r, place, entries[first].arena, entries[first].animal, 0, 0,
                              entries[end - 1].split + 1, status);
        for (size_t i = first; i < end && status->code == MEC_OK; i++) {
            bool begins = i == first || entries[i].split != entries[i - 1].split;
            if (!begins || mec_split_add_list(r, status) == MEC_OK)
                mec_split_add_state(r, entries[i].state, entries[i].test, status);
        }
    }
    return status->code;
}

static mec_code read_table(mec_split_reader *r, const mec_csv *csv, mec_status *status) {
    size_t column[N_COLUMN];
    if (find_columns(csv, column, status))
        return status->code;
    if (csv->n_row == 0)
        return mec_csv_refuse(csv, MEC_CSV_HEADER, status,
                              "found no row below the header; accepted: one for every state");
    entry *entries = mec_alloc(csv->n_row, sizeof *entries, status);
    for (size_t row = 0; row < csv->n_row && status->code == MEC_OK; row++)
        read_row(csv, row, column, &entries[row], status);
    if (status->code == MEC_OK) {
        qsort(entries, csv->n_row, sizeof *entries, by_list);
        add_entries(r, csv, entries, csv->n_row, status);
    }
    free(entries);
    return status->code;
}

mec_code mec_split_read_csv(mec_split_reader *reader, const char *path, mec_status *status) {
    size_t size = 0;
    char *text = mec_text_file_read(path, &size, status);
    mec_csv *csv = status->code == MEC_OK ? mec_csv_create(path, text, size, status) : NULL;
    free(text);
    if (csv)
        read_table(reader, csv, status);
    mec_csv_destroy(csv);
    return status->code;
}
