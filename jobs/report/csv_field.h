/* Fields of a CSV file. Numbers read back to the same bits; a missing one is NaN, which
 * pandas.read_csv and R's read.csv both take for missing. */
#ifndef MEC_JOBS_CSV_FIELD_H
#define MEC_JOBS_CSV_FIELD_H

#include <stdio.h>

/* Text, quoted where it has to be (RFC 4180). */
void csv_field_text(FILE *stream, const char *text);
void csv_field_real(FILE *stream, double value);

#endif
