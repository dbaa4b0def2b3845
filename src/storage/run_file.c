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
    hid_t file;           /* open on all ranks */
    hid_t *readable;      /* one an array: those that tasks read; others 0 */
    mec_task_table tasks; /* whole on rank 0 */
    bool locked;          /* on rank 0 */
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

/* Rank 0: the lock, then the file of this run, new or found. */
static mec_code prepare_file(mec_run_file *f, mec_resume resume, const mec_run_identity *identity,
                             mec_run_state *state, mec_status *status) {
    *state = MEC_RUN_RUNNING;
    if (refuse_input(f->path, identity, status) || mec_path_make_parents(f->path, status) ||
        mec_lock_take(f->path, status))
        return status->code;
    f->locked = true;
    if (mec_run_file_check(f->path, resume, identity, status))
        return status->code;
    if (access(f->path, F_OK) == 0 && resume == MEC_RESUME_AUTO)
        return mec_resume_read(f->path, &f->tasks, state, status);
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
    mec_task_table_destroy(&f->tasks);
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
        mec_task_table_create(&f->tasks, n_task, status);
    }
    if (mec_fault_here("run_file_prepare"))
        mec_fail(status, MEC_FAILED, "injected: no memory for the run file");
    if (mec_agree(world, status) == MEC_OK && world->rank == 0 &&
        prepare_file(f, resume, identity, state, status) == MEC_OK && *state == MEC_RUN_STOPPED)
        write_state(path, MEC_RUN_RUNNING, status);
    if (mec_agree(world, status) == MEC_OK) {
        mec_broadcast(world->comm, state, sizeof *state);
        mec_broadcast(world->comm, f->tasks.done, n_task);
        memcpy(done, f->tasks.done, n_task);
        f->file = mec_parallel_file_open(world, path, "run_file_open", status);
    }
    if (status->code != MEC_OK && f) {
        release(f);
        f = NULL;
    }
    return f;
}

/* ---- flushing ---- */

/* One array's share of a flush. */
typedef struct parcel {
    int array;
    void *values; /* packed in the order of the array's elements */
    size_t n_value;
} parcel;

/* The arrays that some rank has slices of; every rank gets the same list. */
static parcel *list_parcels(const mec_run_file *f, const mec_outbox *outbox, size_t *n_parcel,
                            mec_status *status) {
    size_t n_array = f->layout->n_array;
    uint8_t *touched = mec_alloc(n_array, 1, status);
    parcel *parcels = mec_alloc(n_array, sizeof *parcels, status);
    if (mec_fault_here("flush_prepare"))
        mec_fail(status, MEC_FAILED, "injected: no memory for a flush");
    *n_parcel = 0;
    if (mec_agree(f->world, status) == MEC_OK) {
        for (size_t i = 0; i < outbox->n_committed; i++)
            touched[outbox->slices[i].array] = 1;
        MPI_Allreduce(MPI_IN_PLACE, touched, (int)n_array, MPI_UINT8_T, MPI_MAX, f->world->comm);
        for (size_t i = 0; i < n_array; i++)
            if (touched[i])
                parcels[(*n_parcel)++] = (parcel){.array = (int)i};
    }
    free(touched);
    return parcels;
}

/* The elements of `dataset` that this rank writes. The outbox is sorted: where a slice comes in
 * front of those that are selected already, HDF5 without HDFGroup/hdf5#2122 (1.10.8, for one) may
 * take the whole for a regular pattern that it is not, and then writes to other elements, even of
 * other arrays, without an error. Behind them it does not. */
static hid_t select_slices(hid_t dataset, const mec_outbox *outbox, int array) {
    hid_t space = H5Dget_space(dataset);
    H5Sselect_none(space);
    for (size_t i = 0; i < outbox->n_committed; i++) {
        const mec_slice *slice = &outbox->slices[i];
        hsize_t start[MEC_MAX_DIM];
        hsize_t count[MEC_MAX_DIM];
        for (int d = 0; d < MEC_MAX_DIM; d++) {
            start[d] = slice->start[d];
            count[d] = slice->count[d];
        }
        if (slice->array == array)
            H5Sselect_hyperslab(space, H5S_SELECT_OR, start, NULL, count, NULL);
    }
    return space;
}

/* Collective in the sense of HDF5; the status is this rank's own. */
static void write_parcel(const mec_run_file *f, const mec_outbox *outbox, const parcel *p,
                         mec_status *status) {
    const mec_array *array = &f->layout->arrays[p->array];
    hid_t dataset = H5Dopen2(f->file, array->path, H5P_DEFAULT);
    hid_t space = select_slices(dataset, outbox, p->array);
    hid_t memory = H5Screate_simple(1, &(hsize_t){p->n_value}, NULL);
    hid_t type = mec_skeleton_memory_type(array);
    if (!mec_parallel_file_write(dataset, type, memory, space, p->values))
        mec_h5_fail(status, MEC_FAILED, "%s: %s cannot be written", f->path, array->path);
    H5Tclose(type);
    H5Sclose(memory);
    H5Sclose(space);
    H5Dclose(dataset);
}

static mec_code write_results(const mec_run_file *f, const mec_outbox *outbox, mec_status *status) {
    size_t n_parcel = 0;
    parcel *parcels = list_parcels(f, outbox, &n_parcel, status);
    for (size_t i = 0; i < n_parcel && status->code == MEC_OK; i++)
        mec_outbox_pack(outbox, parcels[i].array, &parcels[i].values, &parcels[i].n_value, status);
    if (mec_fault_here("flush_write"))
        mec_fail(status, MEC_FAILED, "injected: %s cannot be written", f->path);
    if (mec_agree(f->world, status) == MEC_OK)
        for (size_t i = 0; i < n_parcel; i++)
            write_parcel(f, outbox, &parcels[i], status);
    for (size_t i = 0; i < n_parcel; i++)
        free(parcels[i].values);
    free(parcels);
    return mec_agree(f->world, status);
}

mec_code mec_run_file_sync(mec_run_file *f, mec_status *status) {
    if (H5Fflush(f->file, H5F_SCOPE_GLOBAL) < 0)
        mec_h5_fail(status, MEC_FAILED, "%s: cannot be synced", f->path);
    if (mec_fault_here("flush_sync"))
        mec_fail(status, MEC_FAILED, "injected: %s cannot be synced", f->path);
    return mec_agree(f->world, status);
}

/* A record on its way to rank 0. */
typedef struct task_line {
    mec_task_record record;
    int32_t rank;
} task_line;

/* Rank 0 enters what all ranks have finished since the last flush into its table. */
static mec_code gather_records(mec_run_file *f, const mec_task_record *records, size_t n_record,
                               mec_status *status) {
    const mec_world *world = f->world;
    int own = (int)(n_record * sizeof(task_line));
    int *sizes = mec_alloc((size_t)world->size, sizeof *sizes, status);
    int *starts = mec_alloc((size_t)world->size, sizeof *starts, status);
    task_line *lines = mec_alloc(n_record, sizeof *lines, status);
    task_line *all = mec_alloc(f->tasks.n_task, sizeof *all, status);
    if (mec_agree(world, status) == MEC_OK) {
        for (size_t i = 0; i < n_record; i++)
            lines[i] = (task_line){records[i], world->rank};
        MPI_Gather(&own, 1, MPI_INT, sizes, 1, MPI_INT, 0, world->comm);
        for (int rank = 1; rank < world->size; rank++)
            starts[rank] = starts[rank - 1] + sizes[rank - 1];
        MPI_Gatherv(lines, own, MPI_BYTE, all, sizes, starts, MPI_BYTE, 0, world->comm);
        size_t n = 0;
        if (world->rank == 0)
            n = (size_t)(starts[world->size - 1] + sizes[world->size - 1]) / sizeof *all;
        for (size_t i = 0; i < n; i++) {
            size_t task = all[i].record.task;
            f->tasks.done[task] = 1;
            f->tasks.rank[task] = all[i].rank;
            f->tasks.started[task] = all[i].record.started;
            f->tasks.seconds[task] = all[i].record.seconds;
        }
    }
    free(sizes);
    free(starts);
    free(lines);
    free(all);
    return status->code;
}

/* Rank 0 writes one array of the task table; the others take part with nothing. */
static void write_task_array(const mec_run_file *f, const char *path, hid_t type,
                             const void *values, mec_status *status) {
    hid_t dataset = H5Dopen2(f->file, path, H5P_DEFAULT);
    hid_t space = H5Dget_space(dataset);
    hid_t memory = H5Scopy(space);
    if (f->world->rank != 0) {
        H5Sselect_none(space);
        H5Sselect_none(memory);
    }
    if (!mec_parallel_file_write(dataset, type, memory, space, values))
        mec_h5_fail(status, MEC_FAILED, "%s: %s cannot be written", f->path, path);
    H5Sclose(memory);
    H5Sclose(space);
    H5Dclose(dataset);
}

static mec_code write_task_table(mec_run_file *f, mec_status *status) {
    if (mec_fault_here("flush_tasks"))
        mec_fail(status, MEC_FAILED, "injected: %s: /tasks cannot be written", f->path);
    if (mec_agree(f->world, status))
        return status->code;
    write_task_array(f, "/tasks/rank", H5T_NATIVE_INT32, f->tasks.rank, status);
    write_task_array(f, "/tasks/started", H5T_NATIVE_DOUBLE, f->tasks.started, status);
    write_task_array(f, "/tasks/seconds", H5T_NATIVE_DOUBLE, f->tasks.seconds, status);
    write_task_array(f, "/tasks/done", H5T_NATIVE_INT8, f->tasks.done, status);
    return mec_agree(f->world, status);
}

mec_code mec_run_file_mark(mec_run_file *f, const mec_task_record *records, size_t n_record,
                           mec_status *status) {
    if (gather_records(f, records, n_record, status) == MEC_OK)
        write_task_table(f, status);
    return status->code;
}

mec_code mec_run_file_flush(mec_run_file *f, mec_outbox *outbox, const mec_task_record *records,
                            size_t n_record, mec_status *status) {
    H5Eclear2(H5E_DEFAULT);
    mec_outbox_sort(outbox);
    if (write_results(f, outbox, status) || mec_run_file_sync(f, status) ||
        mec_run_file_mark(f, records, n_record, status))
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
    if (H5Fclose(f->file) < 0)
        mec_h5_fail(status, MEC_FAILED, "%s: cannot be closed on rank %d", f->path, f->world->rank);
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
