/* Reads CSV text (RFC 4180) with libcsv into a table of text fields under named columns.
 *
 * libcsv splits fields but tells neither lines nor what was wrong, and takes no comments: that is
 * added here. What the columns mean is the callers' business; they point at a row with
 * mec_csv_refuse. A function of the text alone, so that ranks with the same text hold the same
 * table. */
#ifndef MEC_BASE_CSV_H
#define MEC_BASE_CSV_H

#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

/* In place of a row: the header. */
#define MEC_CSV_HEADER SIZE_MAX

/* Texts are offsets into the pool: mec_csv_name, mec_csv_field. */
typedef struct mec_csv {
    char *file; /* its name in messages */
    size_t n_column, n_row;
    size_t *columns; /* (n_column) names, each once, none empty */
    size_t *fields;  /* (n_row, n_column) */
    size_t *lines;   /* (n_row) on which line of the text a row begins, from 1 */
    size_t header_line;
    char *pool;
} mec_csv;

/* Parses `text` (`length` bytes): a header line with the names of the columns, then rows. Quoted
 * fields, CRLF, a byte order mark, a missing last newline and empty fields are understood; blanks
 * around unquoted fields are dropped; empty lines and lines that begin with # are skipped. `file`
 * is the name used in messages. NULL with MEC_REFUSED on a text without a header, a column without
 * a name or with the name of another, a row with another number of fields than the header, broken
 * quoting and a NUL byte. Freed with mec_csv_destroy. */
mec_csv *mec_csv_create(const char *file, const char *text, size_t length, mec_status *status);
void mec_csv_destroy(mec_csv *csv);

/* The name of a column, and the field of a row in it ("" where it is empty); owned by `csv`. */
const char *mec_csv_name(const mec_csv *csv, size_t column);
const char *mec_csv_field(const mec_csv *csv, size_t row, size_t column);

/* Records MEC_REFUSED with "file:line: " of the row (or MEC_CSV_HEADER) before the message. */
mec_code mec_csv_refuse(const mec_csv *csv, size_t row, mec_status *status, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

#endif
