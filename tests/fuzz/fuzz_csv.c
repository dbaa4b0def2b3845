/* CSV. What is accepted, written out with every field quoted, is the same table. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/csv.h"
#include "fuzz.h"

static void write_field(FILE *stream, const char *text, int end) {
    fputc('"', stream);
    for (; *text; text++)
        fprintf(stream, *text == '"' ? "\"\"" : "%c", *text);
    fprintf(stream, "\"%c", end);
}

static char *write_table(const mec_csv *csv, size_t *size) {
    char *text = NULL;
    FILE *stream = open_memstream(&text, size);
    FUZZ_CHECK(stream);
    for (size_t c = 0; c < csv->n_column; c++)
        write_field(stream, mec_csv_name(csv, c), c + 1 < csv->n_column ? ',' : '\n');
    for (size_t r = 0; r < csv->n_row; r++)
        for (size_t c = 0; c < csv->n_column; c++)
            write_field(stream, mec_csv_field(csv, r, c), c + 1 < csv->n_column ? ',' : '\n');
    fclose(stream);
    return text;
}

static void check_again(const mec_csv *csv) {
    mec_status status = {0};
    size_t size = 0;
    char *text = write_table(csv, &size);
    mec_csv *again = mec_csv_create("again.csv", text, size, &status);
    FUZZ_CHECK(again && again->n_column == csv->n_column && again->n_row == csv->n_row);
    for (size_t c = 0; c < csv->n_column; c++)
        FUZZ_CHECK(strcmp(mec_csv_name(again, c), mec_csv_name(csv, c)) == 0);
    for (size_t r = 0; r < csv->n_row; r++)
        for (size_t c = 0; c < csv->n_column; c++)
            FUZZ_CHECK(strcmp(mec_csv_field(again, r, c), mec_csv_field(csv, r, c)) == 0);
    mec_csv_destroy(again);
    free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    mec_status status = {0};
    mec_csv *csv = mec_csv_create("fuzz.csv", (const char *)data, size, &status);
    if (!csv) {
        fuzz_check_refusal(&status);
        return 0;
    }
    FUZZ_CHECK(status.code == MEC_OK && csv->n_column > 0);
    check_again(csv);
    for (size_t r = 0; r < csv->n_row; r++)
        FUZZ_CHECK(csv->lines[r] > csv->header_line && csv->lines[r] <= size + 1);
    mec_csv_refuse(csv, csv->n_row > 0 ? 0 : MEC_CSV_HEADER, &status, "found \"%s\"",
                   csv->n_row > 0 ? mec_csv_field(csv, 0, 0) : mec_csv_name(csv, 0));
    fuzz_check_refusal(&status);
    mec_csv_destroy(csv);
    return 0;
}
