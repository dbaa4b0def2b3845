/* The arrays that every run file has: the part of storage/run_file.h that touches no file. */
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "storage/run_file.h"

static void describe(mec_layout *layout, const char *path, mec_element element, size_t n, int scale,
                     const char *units, const char *long_name, const void *values,
                     mec_status *status) {
    mec_array array = {.path = (char *)path,
                       .element = element,
                       .n_dim = 1,
                       .dims = {n},
                       .scale = {scale},
                       .units = units,
                       .long_name = long_name,
                       .values = (void *)values};
    mec_layout_add(layout, &array, status);
}

static void describe_texts(mec_layout *layout, const char *path, const char *const *texts, size_t n,
                           int scale, const char *long_name, mec_status *status) {
    size_t size = 0;
    char *packed = mec_layout_pack(texts, n, &size, status);
    mec_array array = {.path = (char *)path,
                       .element = MEC_STRING,
                       .string_size = size,
                       .n_dim = 1,
                       .dims = {n},
                       .scale = {scale},
                       .long_name = long_name,
                       .values = packed};
    if (packed)
        mec_layout_add(layout, &array, status);
    free(packed);
}

static void describe_inputs(mec_layout *layout, const mec_run_identity *identity,
                            mec_status *status) {
    size_t n = identity->n_input;
    const char **paths = mec_alloc(n, sizeof *paths, status);
    const char **digests = mec_alloc(n, sizeof *digests, status);
    double *bytes = mec_alloc(n, sizeof *bytes, status);
    double *modified = mec_alloc(n, sizeof *modified, status);
    if (status->code == MEC_OK) {
        for (size_t i = 0; i < n; i++) {
            paths[i] = identity->inputs[i].path;
            digests[i] = identity->inputs[i].sha256;
            bytes[i] = identity->inputs[i].n_byte;
            modified[i] = identity->inputs[i].modified;
        }
        describe_texts(layout, "/inputs/path", paths, n, -1, "file, and group within it", status);
        describe_texts(layout, "/inputs/sha256", digests, n, -1, "SHA-256 of the arrays read",
                       status);
        describe(layout, "/inputs/size", MEC_REAL64, n, -1, "byte", "size of the file", bytes,
                 status);
        describe(layout, "/inputs/time", MEC_REAL64, n, -1, "s",
                 "last change of the file, since 1970-01-01 UTC", modified, status);
    }
    free(paths);
    free(digests);
    free(bytes);
    free(modified);
}

mec_code mec_run_file_describe(mec_layout *layout, const mec_run_identity *identity,
                               const char *const *names, size_t n_task, mec_status *status) {
    describe(layout, "/status", MEC_INT8, 1, -1, NULL,
             "0 running, 1 stopped, 2 complete, 3 complete with failures", NULL, status);
    describe(layout, "/config", MEC_UINT8, strlen(identity->config), -1, NULL,
             "resolved settings, INI text in UTF-8", identity->config, status);
    describe_inputs(layout, identity, status);
    int task = mec_layout_add_int_scale(layout, "/tasks/task", n_task, "task", status);
    describe_texts(layout, "/tasks/name", names, n_task, task, "what the task computes", status);
    describe(layout, "/tasks/done", MEC_INT8, n_task, task, NULL,
             "1 where the task's results are in the file", NULL, status);
    describe(layout, "/tasks/rank", MEC_INT32, n_task, task, NULL, "rank that did the task", NULL,
             status);
    describe(layout, "/tasks/started", MEC_REAL64, n_task, task, "s",
             "when the task was begun, since 1970-01-01 UTC", NULL, status);
    describe(layout, "/tasks/seconds", MEC_REAL64, n_task, task, "s", "how long the task took",
             NULL, status);
    return status->code;
}
