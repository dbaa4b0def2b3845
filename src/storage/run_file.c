#include "storage/run_file.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fault.h"
#include "base/memory.h"
#include "storage/lock.h"
#include "storage/parallel_file.h"
#include "storage/resume.h"
#include "storage/skeleton.h"

struct mec_run_file {
    const mec_world *world;
    const mec_layout *layout;
    char *path;
    hid_t file;       /* open on all ranks */
    hid_t *readable;  /* one an array: those that tasks read; others 0 */
    uint64_t *places; /* (n_array) where each array begins in the file */
    int task_rank, task_started, task_seconds, task_done; /* arrays */
    bool locked;                                          /* on rank 0 */
};

char *mec_run_file_progress_path(const char *path, mec_status *status) {
    return mec_path_with_suffix(path, ".progress", status);
}

/* ---- opening ---- */

/* The whole file is allocated at once: better refused now than when the disk is full. */
static mec_code create_file(const mec_run_file *f, const mec_run_identity *identity,
                            mec_status *status) {
    char *temporary = mec_path_with_suffix(f->path, ".new", status);
    if (temporary && mec_path_check_room(f->path, mec_layout_bytes(f->layout), status) == MEC_OK &&
        mec_skeleton_write(temporary, identity, f->layout, status) == MEC_OK)
        mec_path_publish(temporary, f->path, status);
    if (temporary && status->code != MEC_OK)
        unlink(temporary);
    char *progress = mec_run_file_progress_path(f->path, status);
    if (progress)
        unlink(progress); /* of the run that stood there before */
    free(progress);
    free(temporary);
    return status->code;
}

/* Even run.resume=overwrite may not replace what the run reads. */
static mec_code refuse_input(const char *path, const mec_run_identity *identity,
                             mec_status *status) {
    struct stat file;
    for (size_t i = 0; i < identity->n_input && stat(path, &file) == 0; i++)
        if ((uint64_t)file.st_dev == identity->inputs[i].device &&
            (uint64_t)file.st_ino == identity->inputs[i].inode)
            return mec_fail(status, MEC_REFUSED,
                            "%s: is an input of this run; accepted: another run.output", path);
    return MEC_OK;
}

mec_code mec_run_file_check(const char *path, mec_resume resume, const mec_run_identity *identity,
                            mec_status *status) {
    if (refuse_input(path, identity, status) || access(path, F_OK) != 0)
        return status->code;
    if (resume == MEC_RESUME_NEVER)
        return mec_fail(status, MEC_REFUSED,
                        "%s: exists and run.resume is never; accepted: a new path, or "
                        "run.resume=auto or overwrite",
                        path);
    return resume == MEC_RESUME_AUTO ? mec_resume_check(path, identity, status)
                                     : mec_h5_check_replaceable(path, status);
}

/* Which tasks of the file that is there are done, and what it says of itself. */
static mec_code read_done(const mec_run_file *f, size_t n_task, uint8_t *done, mec_run_state *state,
                          mec_status *status) {
    mec_task_table table;
    if (mec_task_table_create(&table, n_task, status) == MEC_OK &&
        mec_resume_read(f->path, &table, state, status) == MEC_OK)
        memcpy(done, table.done, n_task);
    mec_task_table_destroy(&table);
    return status->code;
}

/* Rank 0: the lock, then the file of this run, new or found. */
static mec_code prepare_file(mec_run_file *f, mec_resume resume, const mec_run_identity *identity,
                             size_t n_task, uint8_t *done, mec_run_state *state,
                             mec_status *status) {
    *state = MEC_RUN_RUNNING;
    if (refuse_input(f->path, identity, status) || mec_path_make_parents(f->path, status) ||
        mec_lock_take(f->path, status))
        return status->code;
    f->locked = true;
    if (mec_run_file_check(f->path, resume, identity, status))
        return status->code;
    if (access(f->path, F_OK) == 0 && resume == MEC_RESUME_AUTO)
        return read_done(f, n_task, done, state, status);
    return create_file(f, identity, status);
}

/* Sets /status while the file is open nowhere else. Rank 0. */
static mec_code write_state(const char *path, mec_run_state state, mec_status *status) {
    int8_t value = (int8_t)state;
    hid_t file = mec_h5_open(path, H5F_ACC_RDWR, status);
    if (file < 0)
        return status->code;
    hid_t dataset = H5Dopen2(file, "/status", H5P_DEFAULT);
    if (mec_fault_here("write_state") || dataset < 0 ||
        H5Dwrite(dataset, H5T_NATIVE_INT8, H5S_ALL, H5S_ALL, H5P_DEFAULT, &value) < 0)
        mec_h5_fail(status, MEC_FAILED, "%s: /status cannot be written", path);
    H5Dclose(dataset);
    if (H5Fclose(file) < 0)
        mec_h5_fail(status, MEC_FAILED, "%s: cannot be closed", path);
    return status->code;
}

static void close_arrays(mec_run_file *f) {
    for (size_t i = 0; i < f->layout->n_array && f->readable; i++)
        if (f->readable[i] > 0)
            H5Dclose(f->readable[i]);
    free(f->readable);
    f->readable = NULL;
}

static void release(mec_run_file *f) {
    close_arrays(f);
    if (f->file > 0)
        H5Fclose(f->file);
    if (f->locked)
        mec_lock_release(f->path);
    free(f->places);
    free(f->path);
    free(f);
}

mec_run_file *mec_run_file_open(const mec_world *world, const char *path, mec_resume resume,
                                const mec_run_identity *identity, const mec_layout *layout,
                                size_t n_task, uint8_t *done, mec_run_state *state,
                                mec_status *status) {
    mec_run_file *f = mec_alloc(1, sizeof *f, status);
    if (f) {
        f->world = world;
        f->layout = layout;
        f->path = mec_copy_text(path, status);
        f->readable = mec_alloc(layout->n_array, sizeof *f->readable, status);
        f->places = mec_alloc(layout->n_array, sizeof *f->places, status);
        f->task_rank = mec_layout_find(layout, "/tasks/rank");
        f->task_started = mec_layout_find(layout, "/tasks/started");
        f->task_seconds = mec_layout_find(layout, "/tasks/seconds");
        f->task_done = mec_layout_find(layout, "/tasks/done");
        memset(done, 0, n_task);
    }
    if (mec_fault_here("run_file_prepare"))
        mec_fail(status, MEC_FAILED, "injected: no memory for the run file");
    if (mec_agree(world, status) == MEC_OK && world->rank == 0 &&
        prepare_file(f, resume, identity, n_task, done, state, status) == MEC_OK &&
        mec_skeleton_places(path, layout, f->places, status) == MEC_OK && *state == MEC_RUN_STOPPED)
        write_state(path, MEC_RUN_RUNNING, status);
    if (mec_agree(world, status) == MEC_OK) {
        mec_broadcast(world->comm, state, sizeof *state);
        mec_broadcast(world->comm, done, n_task);
        mec_broadcast(world->comm, f->places, layout->n_array * sizeof *f->places);
        f->file = mec_parallel_file_open(world, path, "run_file_open", status);
    }
    if (status->code != MEC_OK && f) {
        release(f);
        f = NULL;
    }
    return f;
}

/* ---- flushing ---- */

/* What a flush says of the tasks that this rank has finished. */
typedef struct task_lines {
    int32_t rank;
    double *times; /* (n, 2) when a task was started, and how long it took */
} task_lines;

/* Appends an element of one of the arrays of tasks. */
static void add_element(const mec_run_file *f, int array, size_t task, const void *value,
                        mec_stretch *stretches, size_t *n) {
    size_t size = mec_array_element_size(&f->layout->arrays[array]);
    stretches[(*n)++] = (mec_stretch){f->places[array] + task * size, value, size};
}

/* Everything of a flush but what marks tasks as done: results, and who had which task when. */
static mec_stretch *list_results(const mec_run_file *f, const mec_outbox *outbox,
                                 const mec_task_record *records, size_t n_record, task_lines *lines,
                                 size_t *n, mec_status *status) {
    mec_stretch *stretches = mec_outbox_cut(outbox, f->places, 3 * n_record, n, status);
    lines->rank = f->world->rank;
    lines->times = mec_alloc(2 * n_record, sizeof *lines->times, status);
    if (mec_fault_here("flush_prepare"))
        mec_fail(status, MEC_FAILED, "injected: no memory for a flush");
    for (size_t i = 0; i < n_record && status->code == MEC_OK; i++) {
        double *times = lines->times + 2 * i;
        times[0] = records[i].started;
        times[1] = records[i].seconds;
        add_element(f, f->task_rank, records[i].task, &lines->rank, stretches, n);
        add_element(f, f->task_started, records[i].task, &times[0], stretches, n);
        add_element(f, f->task_seconds, records[i].task, &times[1], stretches, n);
    }
    return stretches;
}

/* Collective; every rank comes here, with the status of what it has prepared. */
static mec_code write_stretches(const mec_run_file *f, mec_stretch *stretches, size_t n,
                                const char *fault, mec_status *status) {
    if (mec_fault_here(fault))
        mec_fail(status, MEC_FAILED, "injected: %s cannot be written", f->path);
    if (status->code == MEC_OK)
        mec_stretches_sort(stretches, n);
    if (mec_parallel_file_write_stretches(f->world, f->file, stretches, n, status))
        mec_fail_within(status, "%s", f->path);
    return status->code;
}

static mec_code write_results(const mec_run_file *f, const mec_outbox *outbox,
                              const mec_task_record *records, size_t n_record, mec_status *status) {
    task_lines lines = {0};
    size_t n = 0;
    mec_stretch *stretches = list_results(f, outbox, records, n_record, &lines, &n, status);
    write_stretches(f, stretches, n, "flush_write", status);
    free(lines.times);
    free(stretches);
    return status->code;
}

static mec_code write_marks(const mec_run_file *f, const mec_task_record *records, size_t n_record,
                            mec_status *status) {
    const int8_t done = 1;
    size_t n = 0;
    mec_stretch *stretches = mec_alloc(n_record, sizeof *stretches, status);
    for (size_t i = 0; i < n_record && stretches; i++)
        add_element(f, f->task_done, records[i].task, &done, stretches, &n);
    write_stretches(f, stretches, n, "flush_tasks", status);
    free(stretches);
    return status->code;
}

mec_code mec_run_file_sync(mec_run_file *f, mec_status *status) {
    mec_parallel_file_sync(f->world, f->file, f->path, status);
    if (mec_fault_here("flush_sync"))
        mec_fail(status, MEC_FAILED, "injected: %s cannot be synced", f->path);
    return mec_agree(f->world, status);
}

mec_code mec_run_file_mark(mec_run_file *f, const mec_task_record *records, size_t n_record,
                           mec_status *status) {
    const mec_outbox nothing = {.layout = f->layout};
    if (write_results(f, &nothing, records, n_record, status) == MEC_OK)
        write_marks(f, records, n_record, status);
    return status->code;
}

mec_code mec_run_file_flush(mec_run_file *f, mec_outbox *outbox, const mec_task_record *records,
                            size_t n_record, mec_status *status) {
    if (write_results(f, outbox, records, n_record, status) || mec_run_file_sync(f, status) ||
        write_marks(f, records, n_record, status))
        return status->code;
    mec_outbox_clear(outbox);
    return MEC_OK;
}

/* ---- parts of arrays ---- */

static mec_code move_part(mec_run_file *f, const mec_slice *slice, bool write, mec_status *status) {
    const mec_array *array = &f->layout->arrays[slice->array];
    hid_t dataset = H5Dopen2(f->file, array->path, H5P_DEFAULT);
    hid_t space = H5Dget_space(dataset);
    hsize_t start[MEC_MAX_DIM];
    hsize_t count[MEC_MAX_DIM];
    hsize_t n = 1;
    for (int d = 0; d < array->n_dim; d++) {
        start[d] = slice->start[d];
        count[d] = slice->count[d];
        n *= count[d];
    }
    if (n > 0)
        H5Sselect_hyperslab(space, H5S_SELECT_SET, start, NULL, count, NULL);
    else
        H5Sselect_none(space);
    hid_t memory = H5Screate_simple(1, &n, NULL);
    hid_t type = mec_skeleton_memory_type(array);
    bool good = write ? mec_parallel_file_write(dataset, type, memory, space, slice->values)
                      : mec_parallel_file_read(dataset, type, memory, space, slice->values);
    if (mec_fault_here(write ? "part_write" : "part_read") || !good)
        mec_h5_fail(status, MEC_FAILED, "%s: %s cannot be %s", f->path, array->path,
                    write ? "written" : "read");
    H5Tclose(type);
    H5Sclose(memory);
    H5Sclose(space);
    H5Dclose(dataset);
    return status->code;
}

mec_code mec_run_file_write(mec_run_file *f, const mec_slice *slice, mec_status *status) {
    return move_part(f, slice, true, status);
}

mec_code mec_run_file_read(mec_run_file *f, const mec_slice *slice, mec_status *status) {
    return move_part(f, slice, false, status);
}

/* ---- reading ---- */

mec_code mec_run_file_open_arrays(mec_run_file *f, const int *arrays, size_t n,
                                  mec_status *status) {
    for (size_t i = 0; i < n; i++) {
        const char *path = f->layout->arrays[arrays[i]].path;
        f->readable[arrays[i]] = H5Dopen2(f->file, path, H5P_DEFAULT);
        if (f->readable[arrays[i]] < 0)
            mec_h5_fail(status, MEC_FAILED, "%s: %s cannot be opened", f->path, path);
    }
    if (mec_fault_here("run_file_open_arrays"))
        mec_fail(status, MEC_FAILED, "injected: arrays of %s cannot be opened", f->path);
    return mec_agree(f->world, status);
}

mec_code mec_run_file_fetch(const mec_run_file *f, int array, const size_t *start,
                            const size_t *count, void *values, mec_status *status) {
    const mec_array *a = &f->layout->arrays[array];
    hsize_t first[MEC_MAX_DIM];
    hsize_t n[MEC_MAX_DIM];
    for (int d = 0; d < a->n_dim; d++) {
        first[d] = start[d];
        n[d] = count[d];
    }
    hid_t space = H5Dget_space(f->readable[array]);
    H5Sselect_hyperslab(space, H5S_SELECT_SET, first, NULL, n, NULL);
    hid_t memory = H5Screate_simple(a->n_dim, n, NULL);
    hid_t type = mec_skeleton_memory_type(a);
    if (mec_fault_here("run_file_fetch") ||
        H5Dread(f->readable[array], type, memory, space, H5P_DEFAULT, values) < 0)
        mec_h5_fail(status, MEC_FAILED, "%s: %s cannot be read", f->path, a->path);
    H5Tclose(type);
    H5Sclose(memory);
    H5Sclose(space);
    return status->code;
}

/* ---- closing ---- */

mec_code mec_run_file_close(mec_run_file *f, mec_run_state *state, mec_run_finish finish,
                            void *user, mec_status *status) {
    if (!f)
        return status->code;
    close_arrays(f);
    mec_parallel_file_close(f->world, f->file, f->path, status);
    f->file = H5I_INVALID_HID;
    if (mec_fault_here("run_file_close"))
        mec_fail(status, MEC_FAILED, "injected: %s cannot be closed on rank %d", f->path,
                 f->world->rank);
    if (mec_agree(f->world, status) == MEC_OK && f->world->rank == 0) {
        if (finish)
            finish(user, f->path, state, status);
        if (status->code == MEC_OK)
            write_state(f->path, *state, status);
    }
    if (mec_agree(f->world, status) == MEC_OK)
        mec_broadcast(f->world->comm, state, sizeof *state);
    release(f);
    return status->code;
}
