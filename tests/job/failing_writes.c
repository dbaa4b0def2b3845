/* Preloaded into a run: its writes to one file fail from a given one on, as on a disk that is full
 * or broken. MEC_FAIL_WRITES=NAME:ERRNO:N, the N-th (from 1) call of this process that writes to or
 * syncs a file whose path holds NAME, and all after it; N = 0: none, and the number of calls is
 * appended to MEC_FAIL_LOG at the end. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

static long n_call;

static int must_fail(int file) {
    char link[64];
    char path[4096];
    char name[256];
    int number = 0;
    long first = 0;
    const char *order = getenv("MEC_FAIL_WRITES");
    if (!order || sscanf(order, "%255[^:]:%d:%ld", name, &number, &first) != 3)
        return 0;
    snprintf(link, sizeof link, "/proc/self/fd/%d", file);
    ssize_t length = readlink(link, path, sizeof path - 1);
    if (length < 0)
        return 0;
    path[length] = '\0';
    if (!strstr(path, name) || ++n_call < first || first == 0)
        return 0;
    errno = number;
    return 1;
}

__attribute__((destructor)) static void report(void) {
    const char *path = getenv("MEC_FAIL_LOG");
    FILE *log = path && n_call > 0 ? fopen(path, "a") : NULL;
    if (!log)
        return;
    fprintf(log, "%ld\n", n_call);
    fclose(log);
}

/* mec ends with _exit, which skips destructors. */
void _exit(int code) {
    void (*leave)(int) = (void (*)(int))dlsym(RTLD_NEXT, "_exit");
    report();
    leave(code);
    __builtin_unreachable();
}

#define PASS_ON(type, name, parameters, arguments)                                                 \
    type name parameters {                                                                         \
        type(*next) parameters = (type(*) parameters)dlsym(RTLD_NEXT, #name);                      \
        return must_fail(file) ? -1 : next arguments;                                              \
    }

PASS_ON(ssize_t, write, (int file, const void *bytes, size_t n), (file, bytes, n))
PASS_ON(ssize_t, pwrite, (int file, const void *bytes, size_t n, off_t at), (file, bytes, n, at))
PASS_ON(ssize_t, pwrite64, (int file, const void *bytes, size_t n, off_t at), (file, bytes, n, at))
PASS_ON(ssize_t, writev, (int file, const struct iovec *parts, int n), (file, parts, n))
PASS_ON(int, fsync, (int file), (file))
PASS_ON(int, fdatasync, (int file), (file))
