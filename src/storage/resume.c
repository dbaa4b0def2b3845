#include "storage/resume.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/settings.h"
#include "base/text.h"
#include "storage/h5.h"
#include "storage/run_info.h"
#include "storage/skeleton.h"

mec_code mec_task_table_create(mec_task_table *table, size_t n_task, mec_status *status) {
    *table = (mec_task_table){.n_task = n_task};
    table->done = mec_alloc(n_task, sizeof *table->done, status);
    table->rank = mec_alloc(n_task, sizeof *table->rank, status);
    table->started = mec_alloc(n_task, sizeof *table->started, status);
    table->seconds = mec_alloc(n_task, sizeof *table->seconds, status);
    return status->code;
}

void mec_task_table_destroy(mec_task_table *table) {
    free(table->done);
    free(table->rank);
    free(table->started);
    free(table->seconds);
    *table = (mec_task_table){0};
}

bool mec_task_table_read(hid_t file, mec_task_table *table, mec_run_state *state) {
    int8_t found = 0;
    size_t n = table->n_task;
    bool good = mec_run_info_array(file, "/status", H5T_NATIVE_INT8, 1, &found) &&
                mec_run_info_array(file, "/tasks/done", H5T_NATIVE_INT8, n, table->done) &&
                mec_run_info_array(file, "/tasks/rank", H5T_NATIVE_INT32, n, table->rank) &&
                mec_run_info_array(file, "/tasks/started", H5T_NATIVE_DOUBLE, n, table->started) &&
                mec_run_info_array(file, "/tasks/seconds", H5T_NATIVE_DOUBLE, n, table->seconds);
    *state = (mec_run_state)found;
    return good;
}

bool mec_task_table_write(hid_t file, const mec_task_table *t) {
    return mec_h5_transfer(file, "/tasks/done", H5T_NATIVE_INT8, t->done, true) &&
           mec_h5_transfer(file, "/tasks/rank", H5T_NATIVE_INT32, t->rank, true) &&
           mec_h5_transfer(file, "/tasks/started", H5T_NATIVE_DOUBLE, t->started, true) &&
           mec_h5_transfer(file, "/tasks/seconds", H5T_NATIVE_DOUBLE, t->seconds, true);
}

void mec_resume_name_differences(const char *theirs, const char *ours, char *text, size_t size) {
    char line[2 * 1024];
    char section[64] = "";
    char last[64] = "";
    size_t row = 0; /* of a key that is given several times */
    size_t used = 0;
    *text = '\0';
    while (mec_text_next(&ours, "\n", line, sizeof line)) {
        char *equals = strchr(line, '=');
        if (*line == '[')
            snprintf(section, sizeof section, "%.*s", (int)strcspn(line + 1, "]"), line + 1);
        if (*line == '[' || !equals)
            continue;
        equals[-1] = '\0';
        const char *own = equals[1] == ' ' ? equals + 2 : "";
        char other[1024] = "absent";
        row = strcmp(line, last) == 0 ? row + 1 : 0;
        snprintf(last, sizeof last, "%.63s", line);
        mec_settings_find_row(theirs, section, line, row, other, sizeof other);
        if (strcmp(own, other) != 0 && used < size)
            used += (size_t)snprintf(text + used, size - used, "%s[%s] %s is %s there and %s here",
                                     used ? ", " : "", section, line, *other ? other : "empty",
                                     *own ? own : "empty");
    }
}

static mec_code check_settings(hid_t file, const char *path, const mec_run_identity *identity,
                               mec_status *status) {
    char own[MEC_DIGEST_TEXT_SIZE];
    char found[MEC_DIGEST_TEXT_SIZE + 1] = "";
    mec_run_identity_digest(identity, own);
    mec_h5_read_text_attribute(file, "config_sha256", found, sizeof found);
    if (strcmp(own, found) == 0)
        return MEC_OK;
    char differences[512];
    char *config = mec_run_info_config(file, status);
    mec_resume_name_differences(config ? config : "", identity->identity_config, differences,
                                sizeof differences);
    free(config);
    return mec_fail(status, MEC_REFUSED,
                    "%s: holds a run of other settings: %s; accepted: the same settings, another "
                    "run.output, or run.resume=overwrite",
                    path, *differences ? differences : "written by another version");
}

typedef struct input_check {
    const mec_run_identity *identity;
    size_t next;
    char mismatch[1024]; /* the path of the first input that differs */
} input_check;

static mec_code compare_digest(void *user, const char *text) {
    input_check *check = user;
    const mec_input *input = &check->identity->inputs[check->next++];
    if (*input->sha256 && strcmp(text, input->sha256) != 0 && !*check->mismatch)
        snprintf(check->mismatch, sizeof check->mismatch, "%s", input->path);
    return MEC_OK;
}

static mec_code check_inputs(hid_t file, const char *path, const mec_run_identity *identity,
                             mec_status *status) {
    input_check check = {.identity = identity};
    hsize_t n = 0;
    hid_t dataset = H5Dopen2(file, "/inputs/sha256", H5P_DEFAULT);
    bool good = dataset >= 0 && mec_h5_shape(dataset, &n, 1) == 1;
    bool same = good && n == identity->n_input;
    if (same)
        good = mec_h5_read_strings(dataset, identity->n_input, compare_digest, &check, status);
    H5Dclose(dataset);
    if (!good)
        return mec_fail(status, MEC_REFUSED, "%s: /inputs cannot be read", path);
    if (!same)
        return mec_fail(status, MEC_REFUSED,
                        "%s: holds a run that read %zu files, and this one reads %zu; accepted: "
                        "the same files, another run.output, or run.resume=overwrite",
                        path, (size_t)n, identity->n_input);
    if (*check.mismatch)
        return mec_fail(status, MEC_REFUSED,
                        "%s: holds a run of another dataset: what was read from %s differs; "
                        "accepted: the same data, another run.output, or run.resume=overwrite",
                        path, check.mismatch);
    return MEC_OK;
}

static mec_code check_schema(hid_t file, const char *path, const char *job, mec_status *status) {
    char schema[32] = "";
    char version[32] = "";
    char found_job[32] = "";
    mec_h5_read_text_attribute(file, "schema", schema, sizeof schema);
    mec_h5_read_text_attribute(file, "schema_version", version, sizeof version);
    mec_h5_read_text_attribute(file, "job", found_job, sizeof found_job);
    if (strcmp(schema, MEC_RUN_SCHEMA) != 0 || strcmp(version, MEC_RUN_SCHEMA_VERSION) != 0)
        return mec_fail(status, MEC_REFUSED,
                        "%s: exists and is not a run file of this version (schema \"%s\" %s); "
                        "accepted: schema \"" MEC_RUN_SCHEMA "\" " MEC_RUN_SCHEMA_VERSION
                        ", another run.output, or run.resume=overwrite",
                        path, schema, version);
    if (strcmp(job, found_job) != 0)
        return mec_fail(status, MEC_REFUSED, "%s: holds a run of job %s, not of %s", path,
                        found_job, job);
    return MEC_OK;
}

mec_code mec_resume_check(const char *path, const mec_run_identity *identity, mec_status *status) {
    hid_t file = mec_h5_open(path, H5F_ACC_RDONLY, status);
    if (file < 0)
        return status->code;
    if (check_schema(file, path, identity->job, status) == MEC_OK &&
        check_settings(file, path, identity, status) == MEC_OK)
        check_inputs(file, path, identity, status);
    H5Fclose(file);
    return status->code;
}

mec_code mec_resume_read(const char *path, mec_task_table *table, mec_run_state *state,
                         mec_status *status) {
    hid_t file = mec_h5_open(path, H5F_ACC_RDONLY, status);
    if (file < 0)
        return status->code;
    if (!mec_task_table_read(file, table, state))
        mec_fail(status, MEC_REFUSED, "%s: /tasks does not fit this run of %zu tasks", path,
                 table->n_task);
    H5Fclose(file);
    return status->code;
}
