/* Lists of numbers and ranges. What is accepted is finite numbers, and the same ones when each of
 * them is written out. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "fuzz.h"
#include "numerics/range.h"

static void check_again(const double *values, size_t n) {
    enum { ROOM = 34 }; /* of a number and what joins it */
    mec_status status = {0};
    char *text = mec_alloc(n, ROOM, &status);
    FUZZ_CHECK(text);
    size_t used = 0;
    for (size_t i = 0; i < n; i++) {
        mec_text_from_real(values[i], text + used, ROOM - 2);
        used += strlen(text + used);
        text[used++] = i + 1 < n ? ',' : '\0';
    }
    size_t n_again = 0;
    double *again = mec_range_parse(text, "again", &n_again, &status);
    FUZZ_CHECK(again && n_again == n);
    for (size_t i = 0; i < n; i++)
        FUZZ_CHECK(again[i] == values[i]);
    free(again);
    free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    mec_status status = {0};
    size_t n = 0;
    char *text = mec_alloc(size + 1, 1, &status);
    FUZZ_CHECK(text);
    if (size > 0)
        memcpy(text, data, size);
    double *values = mec_range_parse(text, "[grid] alpha", &n, &status);
    if (values) {
        FUZZ_CHECK(n > 0 && status.code == MEC_OK);
        for (size_t i = 0; i < n; i++)
            FUZZ_CHECK(isfinite(values[i]));
        if (n <= 2000) /* longer ones tell nothing more and take their time */
            check_again(values, n);
    } else {
        FUZZ_CHECK(n == 0);
        fuzz_check_refusal(&status);
    }
    free(values);
    free(text);
    return 0;
}
