#include "storage/run_info.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

bool mec_run_info_array(hid_t file, const char *path, hid_t type, size_t count, void *values) {
    if (!mec_h5_has_dataset(file, path))
        return false;
    hid_t dataset = H5Dopen2(file, path, H5P_DEFAULT);
    hid_t space = H5Dget_space(dataset);
    bool good = H5Sget_simple_extent_npoints(space) == (hssize_t)count &&
                H5Dread(dataset, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, values) >= 0;
    H5Sclose(space);
    H5Dclose(dataset);
    return good;
}

char *mec_run_info_config(hid_t file, mec_status *status) {
    hid_t dataset = H5Dopen2(file, "/config", H5P_DEFAULT);
    hid_t space = H5Dget_space(dataset);
    hssize_t size = dataset < 0 ? -1 : H5Sget_simple_extent_npoints(space);
    char *text = size < 0 ? NULL : mec_alloc((size_t)size + 1, 1, status);
    if (text)
        H5Dread(dataset, H5T_NATIVE_UINT8, H5S_ALL, H5S_ALL, H5P_DEFAULT, text);
    H5Sclose(space);
    H5Dclose(dataset);
    return text;
}

bool mec_run_info_is_run(hid_t file) {
    char schema[32] = "";
    mec_h5_read_text_attribute(file, "schema", schema, sizeof schema);
    return strcmp(schema, MEC_RUN_SCHEMA) == 0;
}

/* The number of elements of an array, or 0. */
static size_t count_of(hid_t file, const char *path) {
    if (!mec_h5_has_group(file, "tasks") || !mec_h5_has_dataset(file, path))
        return 0;
    hid_t dataset = H5Dopen2(file, path, H5P_DEFAULT);
    hid_t space = H5Dget_space(dataset);
    hssize_t count = H5Sget_simple_extent_npoints(space);
    H5Sclose(space);
    H5Dclose(dataset);
    return count > 0 ? (size_t)count : 0;
}

/* When a task was worked on. */
typedef struct span {
    double start, end;
} span;

static int by_start(const void *left, const void *right) {
    const span *a = left;
    const span *b = right;
    return (a->start > b->start) - (a->start < b->start);
}

/* The length of what the spans cover together; sorts them. */
static double cover(span *spans, size_t n) {
    double length = 0;
    qsort(spans, n, sizeof *spans, by_start);
    for (size_t i = 0; i < n;) {
        double start = spans[i].start;
        double end = spans[i].end;
        for (; i < n && spans[i].start <= end; i++)
            end = fmax(end, spans[i].end);
        length += end - start;
    }
    return length;
}

static bool read_tasks(hid_t file, mec_run_info *info, mec_status *status) {
    size_t n = info->n_task = count_of(file, "/tasks/done");
    int8_t *done = mec_alloc(n, sizeof *done, status);
    double *started = mec_alloc(n, sizeof *started, status);
    double *seconds = mec_alloc(n, sizeof *seconds, status);
    span *spans = mec_alloc(n, sizeof *spans, status);
    bool good = done && started && seconds && spans &&
                mec_run_info_array(file, "/tasks/done", H5T_NATIVE_INT8, n, done) &&
                mec_run_info_array(file, "/tasks/started", H5T_NATIVE_DOUBLE, n, started) &&
                mec_run_info_array(file, "/tasks/seconds", H5T_NATIVE_DOUBLE, n, seconds);
    for (size_t i = 0; i < n && good; i++) {
        if (!done[i])
            continue;
        spans[info->n_done++] = (span){started[i], started[i] + seconds[i]};
        info->seconds += seconds[i];
    }
    if (good)
        info->wall = cover(spans, info->n_done);
    free(done);
    free(started);
    free(seconds);
    free(spans);
    return good;
}

static int64_t read_int(hid_t file, const char *name) {
    double value = 0;
    mec_h5_read_real_attribute(file, name, &value);
    return (int64_t)value;
}

mec_run_share mec_run_info_share(hid_t file) {
    return (mec_run_share){.shard = read_int(file, "shard"),
                           .n_shard = read_int(file, "shards"),
                           .n_task = read_int(file, "shard_tasks")};
}

mec_code mec_run_info_read(hid_t file, const char *path, mec_run_info *info, mec_status *status) {
    *info = (mec_run_info){0};
    int8_t state = 0;
    mec_h5_read_text_attribute(file, "job", info->job, sizeof info->job);
    mec_h5_read_text_attribute(file, "created", info->created, sizeof info->created);
    bool good = mec_run_info_is_run(file) &&
                mec_run_info_array(file, "/status", H5T_NATIVE_INT8, 1, &state) &&
                read_tasks(file, info, status) &&
                (info->config = mec_run_info_config(file, status)) != NULL;
    info->state = (mec_run_state)state;
    info->share = mec_run_info_share(file);
    if (!good)
        mec_fail(status, MEC_REFUSED, "%s: is not a whole run file", path);
    return status->code;
}

void mec_run_info_destroy(mec_run_info *info) {
    free(info->config);
    *info = (mec_run_info){0};
}

const char *mec_run_info_state_name(const mec_run_info *info) {
    switch (info->state) {
    case MEC_RUN_RUNNING:
        return "unfinished";
    case MEC_RUN_STOPPED:
        return "stopped";
    case MEC_RUN_COMPLETE:
        return "complete";
    case MEC_RUN_COMPLETE_WITH_FAILURES:
        return "complete with failures";
    }
    return "in an unknown state";
}
