#include "fuzz.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char folder[256];

_Noreturn void fuzz_found(const char *file, int line, const char *condition) {
    fprintf(stderr, "%s:%d: does not hold: %s\n", file, line, condition);
    abort();
}

void fuzz_check_refusal(const mec_status *status) {
    FUZZ_CHECK(status->code == MEC_REFUSED);
    FUZZ_CHECK(*status->message != '\0');
    for (const char *c = status->message; *c; c++)
        FUZZ_CHECK((unsigned char)*c >= ' ' && *c != 0x7F);
}

uint8_t fuzz_take(fuzz_bytes *bytes) {
    return bytes->at < bytes->end ? *bytes->at++ : 0;
}

size_t fuzz_choose(fuzz_bytes *bytes, size_t n) {
    return fuzz_take(bytes) % n;
}

static void remove_folder(void) {
    DIR *directory = opendir(folder);
    const struct dirent *entry;
    while (directory && (entry = readdir(directory)) != NULL) {
        char path[sizeof folder + sizeof entry->d_name + 1];
        snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
        unlink(path); /* refuses "." and ".." */
    }
    if (directory)
        closedir(directory);
    rmdir(folder);
}

const char *fuzz_folder(void) {
    if (*folder)
        return folder;
    const char *parent = access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp";
    snprintf(folder, sizeof folder, "%s/mec-fuzz-XXXXXX", parent);
    FUZZ_CHECK(mkdtemp(folder));
    atexit(remove_folder);
    return folder;
}

void fuzz_save(const char *path, const uint8_t *bytes, size_t size) {
    FILE *file = fopen(path, "wb");
    FUZZ_CHECK(file);
    FUZZ_CHECK(fwrite(bytes, 1, size, file) == size);
    FUZZ_CHECK(fclose(file) == 0);
}
