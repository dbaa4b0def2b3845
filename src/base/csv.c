#include "base/csv.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <csv.h>

#include "base/memory.h"

typedef struct reading {
    mec_csv *csv;
    struct csv_parser parser;
    size_t line;     /* the one that libcsv is given, from 1 */
    size_t row_line; /* where the row that is open began */
    bool open, ended;
    size_t pool_size;
    size_t n_field, field_capacity; /* n_field counts those of the open row too */
    size_t line_capacity;
    mec_status *status;
} reading;

static mec_code refuse_line(const mec_csv *csv, size_t line, mec_status *status, const char *format,
                            va_list arguments) {
    char message[MEC_MESSAGE_SIZE];
    vsnprintf(message, sizeof message, format, arguments);
    return mec_fail(status, MEC_REFUSED, "%s:%zu: %s", csv->file, line, message);
}

/* About the row that is being read. */
static void refuse(reading *r, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void refuse(reading *r, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    refuse_line(r->csv, r->row_line, r->status, format, arguments);
    va_end(arguments);
}

mec_code mec_csv_refuse(const mec_csv *csv, size_t row, mec_status *status, const char *format,
                        ...) {
    va_list arguments;
    va_start(arguments, format);
    size_t line = row == MEC_CSV_HEADER ? csv->header_line : csv->lines[row];
    refuse_line(csv, line, status, format, arguments);
    va_end(arguments);
    return status->code;
}

/* libcsv's call at the end of a field. */
static void take_field(void *text, size_t length, void *user) {
    reading *r = user;
    mec_csv *csv = r->csv;
    size_t *fields =
        mec_grow(csv->fields, r->n_field, &r->field_capacity, sizeof *fields, r->status);
    if (!fields)
        return;
    csv->fields = fields;
    fields[r->n_field++] = r->pool_size;
    if (length > 0)
        memcpy(csv->pool + r->pool_size, text, length);
    r->pool_size += length + 1; /* the pool is zeroed */
}

static void take_header(reading *r) {
    mec_csv *csv = r->csv;
    csv->columns = csv->fields;
    csv->n_column = r->n_field;
    csv->header_line = r->row_line;
    csv->fields = NULL;
    r->n_field = r->field_capacity = 0;
    for (size_t i = 0; i < csv->n_column; i++) {
        const char *name = mec_csv_name(csv, i);
        if (*name == '\0')
            refuse(r, "column %zu of the header has no name; accepted: a name for every column",
                   i + 1);
        for (size_t j = 0; j < i; j++)
            if (strcmp(mec_csv_name(csv, j), name) == 0)
                refuse(r, "column \"%.200s\" stands twice in the header; accepted: once", name);
    }
}

static void take_row(reading *r) {
    mec_csv *csv = r->csv;
    size_t n = r->n_field - csv->n_row * csv->n_column;
    if (n != csv->n_column)
        refuse(r, "the row has %zu field%s; accepted: %zu, as the header has", n, n == 1 ? "" : "s",
               csv->n_column);
    size_t *lines = mec_grow(csv->lines, csv->n_row, &r->line_capacity, sizeof *lines, r->status);
    if (!lines)
        return;
    csv->lines = lines;
    lines[csv->n_row++] = r->row_line;
}

/* libcsv's call at the end of a row. */
static void end_row(int terminator, void *user) {
    (void)terminator;
    reading *r = user;
    r->ended = true;
    if (r->status->code != MEC_OK)
        return;
    if (r->csv->columns)
        take_row(r);
    else
        take_header(r);
}

static void report_failure(reading *r, size_t position) {
    int error = csv_error(&r->parser);
    if (error == CSV_EPARSE)
        refuse(r,
               "broken quoting at character %zu of line %zu; accepted: a quoted field in \" \" as "
               "a whole, with \"\" for a \" in it",
               position + 1, r->line);
    else
        mec_fail(r->status, MEC_FAILED, "%s:%zu: libcsv: %s", r->csv->file, r->line,
                 csv_strerror(error));
}

/* The length of the line at `text` with its end: LF, CRLF, or CR alone. */
static size_t line_length(const char *text, size_t left) {
    size_t length = 0;
    while (length < left && text[length] != '\n' && text[length] != '\r')
        length++;
    size_t n_end = 0;
    if (length < left)
        n_end = text[length] == '\r' && length + 1 < left && text[length + 1] == '\n' ? 2 : 1;
    return length + n_end;
}

static bool is_blank(const char *text, size_t length) {
    for (size_t i = 0; i < length; i++)
        if (!strchr(" \t\r\n", text[i]))
            return false;
    return true;
}

/* Line after line, so that rows know theirs and comments never reach libcsv. */
static void read_lines(reading *r, const char *text, size_t length) {
    size_t n = 0;
    for (size_t at = 0; at < length && r->status->code == MEC_OK; at += n) {
        const char *line = text + at;
        n = line_length(line, length - at);
        r->line++;
        if (!r->open && (*line == '#' || is_blank(line, n)))
            continue;
        if (!r->open)
            r->row_line = r->line;
        r->ended = false;
        size_t parsed = csv_parse(&r->parser, line, n, take_field, end_row, r);
        if (parsed != n)
            report_failure(r, parsed);
        r->open = !r->ended;
    }
    if (r->status->code == MEC_OK && csv_fini(&r->parser, take_field, end_row, r) != 0)
        refuse(r, "the quoted field that is open here does not end; accepted: a closing \"");
}

static mec_code read_text(mec_csv *csv, const char *text, size_t length, mec_status *status) {
    static const char byte_order_mark[] = "\xEF\xBB\xBF";
    reading r = {.csv = csv, .status = status};
    if (length >= 3 && memcmp(text, byte_order_mark, 3) == 0) {
        text += 3;
        length -= 3;
    }
    if (length > 0 && memchr(text, '\0', length))
        return mec_fail(status, MEC_REFUSED, "%s: found a NUL byte; accepted: CSV text", csv->file);
    /* A field takes as much as its text with the character behind it, which the last may lack. */
    csv->pool = mec_alloc(length + 1, 1, status);
    if (!csv->pool)
        return status->code;
    if (csv_init(&r.parser, CSV_STRICT | CSV_STRICT_FINI) != 0)
        return mec_fail(status, MEC_FAILED, "%s: libcsv cannot start", csv->file);
    read_lines(&r, text, length);
    csv_free(&r.parser);
    if (status->code == MEC_OK && !csv->columns)
        mec_fail(status, MEC_REFUSED,
                 "%s: found no header line%s; accepted: a line with the names of the columns",
                 csv->file, length == 0 ? ", the file is empty" : "");
    return status->code;
}

mec_csv *mec_csv_create(const char *file, const char *text, size_t length, mec_status *status) {
    mec_csv *csv = mec_alloc(1, sizeof *csv, status);
    if (!csv)
        return NULL;
    csv->file = mec_copy_text(file, status);
    if (csv->file && read_text(csv, text, length, status) == MEC_OK)
        return csv;
    mec_csv_destroy(csv);
    return NULL;
}

void mec_csv_destroy(mec_csv *csv) {
    if (!csv)
        return;
    free(csv->file);
    free(csv->columns);
    free(csv->fields);
    free(csv->lines);
    free(csv->pool);
    free(csv);
}

const char *mec_csv_name(const mec_csv *csv, size_t column) {
    return csv->pool + csv->columns[column];
}

const char *mec_csv_field(const mec_csv *csv, size_t row, size_t column) {
    return csv->pool + csv->fields[row * csv->n_column + column];
}
