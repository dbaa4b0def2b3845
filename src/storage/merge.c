#include "storage/merge.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fault.h"
#include "base/memory.h"
#include "base/text.h"
#include "merge_part.h"
#include "storage/lock.h"
#include "storage/run_info.h"

typedef struct merging {
    const mec_merge *merge;
    mec_merged *merged;
    merge_part *parts; /* (n_part) */
    merge_part *first; /* of those that are there */
    mec_task_table tasks;
} merging;

/* ---- reading the parts ---- */

static mec_code read_parts(merging *m, mec_status *status) {
    for (size_t i = 0; i < m->merge->n_part && status->code == MEC_OK; i++) {
        merge_part *part = &m->parts[i];
        part->path = m->merge->parts[i];
        if (m->merge->partial && access(part->path, F_OK) != 0)
            continue;
        if (mec_lock_is_held(part->path))
            mec_fail(status, MEC_REFUSED,
                     "%s: is being written; accepted: files whose runs have ended (if this one "
                     "has, remove %s.lock)",
                     part->path, part->path);
        else if (merge_part_read(part, status) == MEC_OK && m->first)
            merge_part_compare(m->merge, m->first, part, status);
        if (status->code == MEC_OK && mec_text_index(m->merge->jobs, part->job) < 0)
            mec_fail(status, MEC_REFUSED, "%s: is of job %s; accepted: of one of %s", part->path,
                     part->job, m->merge->jobs);
        m->first = m->first ? m->first : part;
        m->merged->n_part++;
    }
    if (status->code == MEC_OK && !m->first)
        mec_fail(status, MEC_REFUSED, "%s: none of the %zu files to join is there",
                 m->merge->output, m->merge->n_part);
    return status->code;
}

/* The task tables as one; ranks are numbered on from part to part, as they were other processes. */
static mec_code join_tasks(merging *m, mec_status *status) {
    size_t n = m->first->tasks.n_task;
    int32_t n_rank = 0;
    if (mec_task_table_create(&m->tasks, n, status))
        return status->code;
    for (size_t i = 0; i < m->merge->n_part; i++) {
        const mec_task_table *t = &m->parts[i].tasks;
        int32_t most = -1;
        for (size_t k = 0; k < n && m->parts[i].there; k++) {
            if (!t->done[k])
                continue;
            most = t->rank[k] > most ? t->rank[k] : most;
            if (m->tasks.done[k])
                continue;
            m->tasks.done[k] = 1;
            m->tasks.rank[k] = n_rank + t->rank[k];
            m->tasks.started[k] = t->started[k];
            m->tasks.seconds[k] = t->seconds[k];
            m->merged->n_done++;
        }
        n_rank += most + 1;
    }
    m->merged->n_task = n;
    return MEC_OK;
}

/* ---- what is missing ---- */

typedef struct listing {
    const merging *m;
    size_t task, n_named;
    char *text; /* of the size of mec_merged.missing */
    size_t used;
} listing;

static void append(listing *l, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void append(listing *l, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    size_t room = sizeof l->m->merged->missing - l->used;
    int n = vsnprintf(l->text + l->used, room, format, arguments);
    l->used += (size_t)n < room ? (size_t)n : room - 1;
    va_end(arguments);
}

static mec_code name_task(void *user, const char *name) {
    listing *l = user;
    if (!l->m->tasks.done[l->task++] && l->n_named < 3)
        append(l, "%s%s", l->n_named++ ? ", " : "", name);
    return MEC_OK;
}

/* "; shard 1 has no file, shard 2 has 3 of 10 tasks": where the parts are shards of one division.
 */
static void name_shards(listing *l) {
    const merging *m = l->m;
    const char *separator = "; ";
    for (int64_t shard = 0; shard < m->first->share.n_shard && l->used < 400; shard++) {
        const merge_part *holder = NULL;
        for (size_t i = 0; i < m->merge->n_part; i++) {
            const merge_part *p = &m->parts[i];
            if (p->there && p->share.n_shard != m->first->share.n_shard)
                return;
            if (p->there && p->share.shard == shard)
                holder = p;
        }
        int64_t n_done = 0;
        for (size_t k = 0; holder && k < holder->tasks.n_task; k++)
            n_done += holder->tasks.done[k];
        if (holder && n_done >= holder->share.n_task)
            continue;
        append(l, "%sshard %lld ", separator, (long long)shard);
        if (holder)
            append(l, "has %lld of %lld tasks", (long long)n_done, (long long)holder->share.n_task);
        else
            append(l, "has no file");
        separator = ", ";
    }
}

static void name_missing(merging *m, mec_status *status) {
    listing l = {.m = m, .text = m->merged->missing};
    size_t n = m->merged->n_task - m->merged->n_done;
    hid_t file = n > 0 ? mec_h5_open(m->first->path, H5F_ACC_RDONLY, status) : H5I_INVALID_HID;
    if (file < 0)
        return;
    append(&l, "%zu of %zu tasks are missing: ", n, m->merged->n_task);
    hid_t names = H5Dopen2(file, "/tasks/name", H5P_DEFAULT);
    mec_h5_read_strings(names, m->merged->n_task, name_task, &l, status);
    H5Dclose(names);
    H5Fclose(file);
    if (n > l.n_named)
        append(&l, " and %zu more", n - l.n_named);
    name_shards(&l);
}

/* ---- the output ---- */

/* What stands there may be replaced: an earlier, no fuller, joining of the same run. */
static mec_code check_output(const merging *m, mec_status *status) {
    merge_part old = {.path = m->merge->output};
    size_t n_lost = 0;
    if (access(old.path, F_OK) != 0)
        return MEC_OK;
    if (merge_part_read(&old, status) == MEC_OK &&
        merge_part_compare(m->merge, m->first, &old, status) == MEC_OK)
        for (size_t i = 0; i < old.tasks.n_task; i++)
            n_lost += old.tasks.done[i] && !m->tasks.done[i];
    if (status->code != MEC_OK)
        mec_fail_within(status, "%s: exists and is not to be replaced", old.path);
    else if (n_lost > 0)
        mec_fail(status, MEC_REFUSED,
                 "%s: exists and has %zu tasks that the files to join lack; accepted: itself among "
                 "them, or another output",
                 old.path, n_lost);
    merge_part_destroy(&old);
    return status->code;
}

static mec_code write_tasks(merging *m, hid_t file, const char *path, mec_status *status) {
    if (!mec_task_table_write(file, &m->tasks))
        mec_h5_fail(status, MEC_FAILED, "%s: /tasks cannot be written", path);
    return status->code;
}

static mec_code write_state(const char *path, mec_run_state state, mec_status *status) {
    int8_t value = (int8_t)state;
    hid_t file = mec_h5_open(path, H5F_ACC_RDWR, status);
    if (file < 0)
        return status->code;
    if (!mec_h5_transfer(file, "/status", H5T_NATIVE_INT8, &value, true))
        mec_h5_fail(status, MEC_FAILED, "%s: /status cannot be written", path);
    if (H5Fclose(file) < 0)
        mec_h5_fail(status, MEC_FAILED, "%s: cannot be closed", path);
    return status->code;
}

static mec_code join_parts(merging *m, const char *path, mec_status *status) {
    hid_t file = mec_h5_open(path, H5F_ACC_RDWR, status);
    if (file < 0)
        return status->code;
    merge_clear(file, path, status);
    for (size_t i = 0; i < m->merge->n_part && status->code == MEC_OK; i++)
        if (m->parts[i].there && &m->parts[i] != m->first)
            merge_arrays(file, m->first->path, m->parts[i].path, status);
    if (status->code == MEC_OK)
        write_tasks(m, file, path, status);
    if (mec_fault_here("merge"))
        mec_fail(status, MEC_FAILED, "injected: %s cannot be written", path);
    if (H5Fclose(file) < 0)
        mec_h5_fail(status, MEC_FAILED, "%s: cannot be closed", path);
    return status->code;
}

/* Everything up to the name. */
static mec_code write_file(merging *m, const char *path, mec_status *status) {
    bool whole = m->merged->n_done == m->merged->n_task;
    m->merged->state = whole ? MEC_RUN_COMPLETE : MEC_RUN_STOPPED;
    if (mec_path_copy(m->first->path, path, status) || join_parts(m, path, status))
        return status->code;
    if (whole)
        m->merge->finish(m->first->job, path, true, &m->merged->state, status);
    return status->code == MEC_OK ? write_state(path, m->merged->state, status) : status->code;
}

static mec_code write_output(merging *m, mec_status *status) {
    const char *output = m->merge->output;
    char *draft = mec_path_with_suffix(output, ".new", status);
    struct stat base = {0};
    stat(m->first->path, &base);
    if (draft && mec_path_check_room(output, 512 * (double)base.st_blocks, status) == MEC_OK &&
        write_file(m, draft, status) == MEC_OK)
        mec_path_publish(draft, output, status);
    if (draft && status->code != MEC_OK)
        unlink(draft);
    free(draft);
    return status->code;
}

static mec_code run(merging *m, mec_status *status) {
    if (read_parts(m, status) || join_tasks(m, status))
        return status->code;
    name_missing(m, status);
    if (*m->merged->missing && !m->merge->partial)
        return mec_fail(status, MEC_REFUSED,
                        "%s: %s; accepted: the files that have them, or --partial",
                        m->merge->output, m->merged->missing);
    if (mec_path_make_parents(m->merge->output, status) || mec_lock_take(m->merge->output, status))
        return status->code;
    if (check_output(m, status) == MEC_OK)
        write_output(m, status);
    mec_lock_release(m->merge->output);
    return status->code;
}

mec_code mec_merge_run(const mec_merge *merge, mec_merged *merged, mec_status *status) {
    merging m = {.merge = merge, .merged = merged};
    *merged = (mec_merged){0};
    m.parts = mec_alloc(merge->n_part, sizeof *m.parts, status);
    if (m.parts)
        run(&m, status);
    for (size_t i = 0; m.parts && i < merge->n_part; i++)
        merge_part_destroy(&m.parts[i]);
    mec_task_table_destroy(&m.tasks);
    free(m.parts);
    return status->code;
}
