/* What the fuzz targets share. Each gives bytes that libFuzzer makes up to one reader and checks,
 * besides what the sanitizers see, that the reader keeps its word: what is refused is refused with
 * one line, and what is accepted means the same when it is written out and read again. */
#ifndef MEC_TESTS_FUZZ_H
#define MEC_TESTS_FUZZ_H

#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

/* libFuzzer's entry. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Ends the process, which libFuzzer reports as a finding. */
#define FUZZ_CHECK(condition)                                                                      \
    do                                                                                             \
        if (!(condition))                                                                          \
            fuzz_found(__FILE__, __LINE__, #condition);                                            \
    while (0)

_Noreturn void fuzz_found(const char *file, int line, const char *condition);

/* The status of a reader that refused: MEC_REFUSED with one printable line. */
void fuzz_check_refusal(const mec_status *status);

/* Bytes as decisions: how a target that builds a file reads its input. */
typedef struct fuzz_bytes {
    const uint8_t *at, *end;
} fuzz_bytes;

/* The next byte; 0 at the end. */
uint8_t fuzz_take(fuzz_bytes *bytes);

/* One of 0 .. n - 1, n at most 256. */
size_t fuzz_choose(fuzz_bytes *bytes, size_t n);

/* A private folder of this process, empty at first and removed with what is in it at the end. */
const char *fuzz_folder(void);

/* Replaces a whole file. */
void fuzz_save(const char *path, const uint8_t *bytes, size_t size);

#endif
