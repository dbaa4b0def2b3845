#include "merge_part.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "storage/run_info.h"
#include "storage/totals.h"

/* ---- reading ---- */

typedef struct text_list {
    char **texts;
    size_t n;
    mec_status *status;
} text_list;

static mec_code keep_text(void *user, const char *text) {
    text_list *list = user;
    list->texts[list->n++] = mec_copy_text(text, list->status);
    return list->status->code;
}

static char **read_texts(hid_t file, const char *path, size_t *n, mec_status *status) {
    hsize_t count = 0;
    hid_t dataset = H5Dopen2(file, path, H5P_DEFAULT);
    text_list list = {.status = status};
    *n = 0;
    if (dataset >= 0 && mec_h5_shape(dataset, &count, 1) == 1)
        list.texts = mec_alloc(count, sizeof *list.texts, status);
    if (list.texts && mec_h5_read_strings(dataset, (size_t)count, keep_text, &list, status))
        *n = list.n;
    H5Dclose(dataset);
    return list.texts;
}

static mec_code read_tasks(merge_part *p, hid_t file, mec_status *status) {
    hsize_t n = 0;
    hid_t dataset = H5Dopen2(file, "/tasks/done", H5P_DEFAULT);
    bool good = dataset >= 0 && mec_h5_shape(dataset, &n, 1) == 1;
    H5Dclose(dataset);
    if (mec_task_table_create(&p->tasks, (size_t)n, status))
        return status->code;
    if (!good || !mec_task_table_read(file, &p->tasks, &p->state))
        return mec_fail(status, MEC_REFUSED, "%s: /tasks cannot be read", p->path);
    if (mec_totals_forget(file, p->tasks.done, (size_t)n, status))
        mec_fail_within(status, "%s", p->path);
    return status->code;
}

mec_code merge_part_read(merge_part *p, mec_status *status) {
    hid_t file = mec_h5_open(p->path, H5F_ACC_RDONLY, status);
    if (file < 0)
        return status->code;
    size_t n_digest = 0;
    mec_h5_read_text_attribute(file, "job", p->job, sizeof p->job);
    mec_h5_read_text_attribute(file, "schema_version", p->version, sizeof p->version);
    mec_h5_read_text_attribute(file, "config_sha256", p->digest, sizeof p->digest);
    p->share = mec_run_info_share(file);
    if (!mec_run_info_is_run(file) || strcmp(p->version, MEC_RUN_SCHEMA_VERSION) != 0)
        mec_fail(status, MEC_REFUSED, "%s: is no run file of this version", p->path);
    else if (read_tasks(p, file, status) == MEC_OK) {
        p->config = mec_run_info_config(file, status);
        p->input_paths = read_texts(file, "/inputs/path", &p->n_input, status);
        p->input_digests = read_texts(file, "/inputs/sha256", &n_digest, status);
        if (n_digest != p->n_input || !p->config)
            mec_fail(status, MEC_REFUSED, "%s: is not a whole run file", p->path);
    }
    p->there = status->code == MEC_OK;
    H5Fclose(file);
    return status->code;
}

static void free_texts(char **texts, size_t n) {
    for (size_t i = 0; texts && i < n; i++)
        free(texts[i]);
    free(texts);
}

void merge_part_destroy(merge_part *p) {
    mec_task_table_destroy(&p->tasks);
    free_texts(p->input_paths, p->n_input);
    free_texts(p->input_digests, p->n_input);
    free(p->config);
}

/* ---- comparing ---- */

static mec_code refuse_settings(const mec_merge *merge, const merge_part *one,
                                const merge_part *other, mec_status *status) {
    char differences[512] = "";
    char *theirs = merge->identity(one->config, status);
    char *ours = merge->identity(other->config, status);
    if (theirs && ours)
        mec_resume_name_differences(theirs, ours, differences, sizeof differences);
    free(theirs);
    free(ours);
    return mec_fail(status, MEC_REFUSED,
                    "%s and %s: are of runs of other settings: %s (there: the first, here: the "
                    "second); accepted: files of one run",
                    one->path, other->path,
                    *differences ? differences : "written by another version");
}

mec_code merge_part_compare(const mec_merge *merge, const merge_part *one, const merge_part *other,
                            mec_status *status) {
    if (strcmp(one->job, other->job) != 0)
        return mec_fail(status, MEC_REFUSED,
                        "%s and %s: are of job %s and of job %s; accepted: files of one run",
                        one->path, other->path, one->job, other->job);
    if (strcmp(one->digest, other->digest) != 0)
        return refuse_settings(merge, one, other, status);
    bool same = one->n_input == other->n_input;
    for (size_t i = 0; i < one->n_input && same; i++)
        if (strcmp(one->input_digests[i], other->input_digests[i]) != 0)
            return mec_fail(status, MEC_REFUSED,
                            "%s and %s: are of runs of other data: what the one read from %s is "
                            "not what the other read from %s; accepted: files of one run",
                            one->path, other->path, one->input_paths[i], other->input_paths[i]);
    if (!same || one->tasks.n_task != other->tasks.n_task)
        return mec_fail(status, MEC_REFUSED,
                        "%s and %s: have %zu inputs and %zu tasks, and %zu and %zu; accepted: "
                        "files of one run",
                        one->path, other->path, one->n_input, one->tasks.n_task, other->n_input,
                        other->tasks.n_task);
    return MEC_OK;
}
