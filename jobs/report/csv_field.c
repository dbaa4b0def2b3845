#include "report/csv_field.h"

#include <math.h>
#include <string.h>

#include "base/text.h"

void csv_field_text(FILE *stream, const char *text) {
    if (!strpbrk(text, ",\"\r\n")) {
        fputs(text, stream);
        return;
    }
    fputc('"', stream);
    for (; *text; text++) {
        if (*text == '"')
            fputc('"', stream);
        fputc(*text, stream);
    }
    fputc('"', stream);
}

void csv_field_real(FILE *stream, double value) {
    char text[32] = "NaN";
    if (!isnan(value))
        mec_text_from_real(value, text, sizeof text);
    fputs(text, stream);
}
