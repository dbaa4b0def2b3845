#include "storage/totals.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

static const char *const SLOTS[2] = {"a", "b"};

enum { MARK_NUMBER, MARK_PHASE, N_MARK };

/* ---- layout ---- */

static int describe_array(mec_layout *layout, int slot, const char *name, const mec_array *shape,
                          mec_status *status) {
    char path[128];
    mec_array array = *shape;
    snprintf(path, sizeof path, "/resume/%s/%s", SLOTS[slot], name);
    array.path = path;
    for (int d = 0; d < MEC_MAX_DIM; d++)
        array.scale[d] = -1;
    return mec_layout_add(layout, &array, status);
}

static void describe_slot(mec_totals *t, int slot, mec_layout *layout, mec_status *status) {
    t->mark_array[slot] = describe_array(
        layout, slot, "mark",
        &(mec_array){.element = MEC_INT64,
                     .n_dim = 1,
                     .dims = {N_MARK},
                     .long_name = "number of the flush, 0: not complete; phase of the run"},
        status);
    t->task_array[slot] =
        describe_array(layout, slot, "task",
                       &(mec_array){.element = MEC_UINT8,
                                    .n_dim = 1,
                                    .dims = {t->n_task},
                                    .long_name = "1: the task of the phase is in these totals"},
                       status);
    for (size_t i = 0; i < t->n_item; i++) {
        const mec_total *item = &t->items[i];
        bool sum = item->reduction == MEC_REDUCE_SUM;
        t->arrays[slot][i] = describe_array(layout, slot, item->name,
                                            &(mec_array){.element = sum ? MEC_INT64 : MEC_UINT8,
                                                         .n_dim = 2,
                                                         .dims = {item->n_row, item->n_column},
                                                         .long_name = item->long_name},
                                            status);
    }
}

mec_code mec_totals_create(mec_totals *t, mec_layout *layout, mec_status *status) {
    t->newest = -1;
    t->number = 0;
    t->done = mec_alloc(t->n_task, 1, status);
    for (size_t i = 0; i < t->n_item; i++)
        t->most_rows[i] = t->items[i].n_row;
    for (int slot = 0; slot < 2 && status->code == MEC_OK; slot++)
        describe_slot(t, slot, layout, status);
    return status->code;
}

void mec_totals_destroy(mec_totals *t) {
    free(t->done);
    t->done = NULL;
}

static size_t row_bytes(const mec_total *item) {
    return item->n_column * mec_reduction_size(item->reduction);
}

/* Of `n_row`, those that fill a block; as many as there are ranks at least, so that each has some.
 */
static size_t block_rows(const mec_totals *t, const mec_total *item, size_t n_row) {
    size_t rows = MEC_TOTALS_BLOCK / row_bytes(item);
    rows = rows > (size_t)t->world->size ? rows : (size_t)t->world->size;
    return rows < n_row ? rows : n_row;
}

/* ---- the parts of a slot ---- */

static mec_slice rows_of(int array, size_t first, size_t n, size_t n_column, void *values) {
    return (mec_slice){
        .array = array, .start = {first, 0}, .count = {n, n_column}, .values = values};
}

/* Rank 0 writes a small array. */
static mec_code write_small(const mec_totals *t, mec_run_file *file, int array, size_t n,
                            void *values, mec_status *status) {
    mec_slice slice = {.array = array, .count = {t->world->rank == 0 ? n : 0}, .values = values};
    return mec_run_file_write(file, &slice, status);
}

static mec_code write_mark(const mec_totals *t, mec_run_file *file, int slot, int64_t number,
                           size_t phase, mec_status *status) {
    int64_t mark[N_MARK] = {[MARK_NUMBER] = number, [MARK_PHASE] = (int64_t)phase};
    write_small(t, file, t->mark_array[slot], N_MARK, mark, status);
    return mec_run_file_sync(file, status);
}

static mec_code read_mark(const mec_totals *t, mec_run_file *file, int slot, int64_t mark[N_MARK],
                          mec_status *status) {
    mec_slice slice = {.array = t->mark_array[slot], .count = {N_MARK}, .values = mark};
    return mec_run_file_read(file, &slice, status);
}

/* ---- going on ---- */

/* Tasks that are in the totals and not marked as done yet: the run ended in between. */
static mec_code mark_missing(const mec_totals *t, mec_run_file *file, uint8_t *done,
                             mec_status *status) {
    size_t n = 0;
    mec_task_record *records = mec_alloc(t->n_task, sizeof *records, status);
    if (mec_agree(t->world, status) == MEC_OK) {
        for (size_t i = 0; i < t->n_task; i++)
            if (t->done[i] && !done[t->phase * t->n_task + i])
                records[n++].task = t->phase * t->n_task + i;
        if (n > 0)
            mec_run_file_mark(file, records, t->world->rank == 0 ? n : 0, status);
    }
    free(records);
    return status->code;
}

mec_code mec_totals_open(mec_totals *t, mec_run_file *file, uint8_t *done, mec_status *status) {
    int64_t marks[2][N_MARK] = {{0}};
    t->newest = -1;
    t->number = 0;
    for (int slot = 0; slot < 2; slot++)
        read_mark(t, file, slot, marks[slot], status);
    if (mec_agree(t->world, status))
        return status->code;
    for (int slot = 0; slot < 2; slot++) {
        if (marks[slot][MARK_NUMBER] <= t->number)
            continue;
        t->newest = slot;
        t->number = marks[slot][MARK_NUMBER];
        t->phase = (size_t)marks[slot][MARK_PHASE];
    }
    if (t->newest < 0)
        return MEC_OK;
    mec_slice slice = {.array = t->task_array[t->newest], .count = {t->n_task}, .values = t->done};
    mec_run_file_read(file, &slice, status);
    if (mark_missing(t, file, done, status) == MEC_OK)
        memcpy(done + t->phase * t->n_task, t->done, t->n_task);
    return status->code;
}

/* ---- flushing ---- */

static void add(const mec_total *item, size_t n, const void *before, void *sum) {
    if (item->reduction == MEC_REDUCE_SUM)
        for (size_t i = 0; i < n; i++)
            ((int64_t *)sum)[i] += ((const int64_t *)before)[i];
    else
        for (size_t i = 0; i < n; i++)
            if (((const uint8_t *)before)[i] > ((uint8_t *)sum)[i])
                ((uint8_t *)sum)[i] = ((const uint8_t *)before)[i];
}

/* Where a flush reads and writes, and room for a block of rows. */
typedef struct flushing {
    mec_totals *totals;
    mec_run_file *file;
    int from, to; /* slots; from -1: the totals begin with zeros */
    void *sum, *before;
} flushing;

/* Once a rank has failed, all return from the next reduction: they agree there. */
static void flush_block(const flushing *f, size_t i, size_t first, size_t n, mec_status *status) {
    mec_totals *t = f->totals;
    const mec_total *item = &t->items[i];
    mec_rows_share share = mec_rows_of_rank(t->world, n);
    char *values = (char *)item->values + first * row_bytes(item);
    if (mec_reduce_rows(t->world, item->reduction, n, item->n_column, values, f->sum, status))
        return;
    first += share.first;
    if (f->from >= 0) {
        mec_slice old = rows_of(t->arrays[f->from][i], first, share.n, item->n_column, f->before);
        mec_run_file_read(f->file, &old, status);
        add(item, share.n * item->n_column, f->before, f->sum);
    }
    mec_slice slice = rows_of(t->arrays[f->to][i], first, share.n, item->n_column, f->sum);
    mec_run_file_write(f->file, &slice, status);
}

static void flush_items(flushing *f, mec_status *status) {
    mec_totals *t = f->totals;
    for (size_t i = 0; i < t->n_item; i++) {
        const mec_total *item = &t->items[i];
        size_t rows = block_rows(t, item, item->n_row);
        f->sum = mec_alloc(rows * item->n_column, mec_reduction_size(item->reduction), status);
        f->before = mec_alloc(rows * item->n_column, mec_reduction_size(item->reduction), status);
        for (size_t first = 0; first < item->n_row; first += rows)
            flush_block(f, i, first, item->n_row - first < rows ? item->n_row - first : rows,
                        status);
        free(f->sum);
        free(f->before);
    }
}

/* The tasks of all ranks since the last flush join `done` (n_task); returns how many they are. */
static size_t join_tasks(const mec_totals *t, size_t phase, const mec_task_record *records,
                         size_t n_record, uint8_t *done) {
    size_t n = n_record;
    for (size_t i = 0; i < n_record; i++)
        done[records[i].task - phase * t->n_task] = 1;
    MPI_Allreduce(MPI_IN_PLACE, done, (int)t->n_task, MPI_UINT8_T, MPI_MAX, t->world->comm);
    MPI_Allreduce(MPI_IN_PLACE, &n, 1, MPI_UINT64_T, MPI_SUM, t->world->comm);
    return n;
}

static void zero_own(mec_totals *t) {
    for (size_t i = 0; i < t->n_item; i++)
        memset(t->items[i].values, 0, t->items[i].n_row * row_bytes(&t->items[i]));
}

mec_code mec_totals_flush(mec_totals *t, mec_run_file *file, size_t phase,
                          const mec_task_record *records, size_t n_record, mec_status *status) {
    bool goes_on = t->newest >= 0 && t->phase == phase;
    flushing f = {
        .totals = t, .file = file, .from = goes_on ? t->newest : -1, .to = t->newest == 0 ? 1 : 0};
    if (!goes_on)
        memset(t->done, 0, t->n_task);
    if (join_tasks(t, phase, records, n_record, t->done) == 0)
        return MEC_OK;
    if (write_mark(t, file, f.to, 0, 0, status))
        return status->code;
    flush_items(&f, status);
    write_small(t, file, t->task_array[f.to], t->n_task, t->done, status);
    if (mec_run_file_sync(file, status) || write_mark(t, file, f.to, t->number + 1, phase, status))
        return status->code;
    t->newest = f.to;
    t->number++;
    t->phase = phase;
    zero_own(t);
    return mec_run_file_mark(file, records, n_record, status);
}

mec_code mec_totals_read(const mec_totals *t, mec_run_file *file, size_t item, size_t first,
                         size_t n, void *values, mec_status *status) {
    mec_slice slice =
        rows_of(t->arrays[t->newest][item], first, n, t->items[item].n_column, values);
    return mec_run_file_read(file, &slice, status);
}

/* ---- the end ---- */

static void clear_item(const mec_totals *t, mec_run_file *file, int array, const mec_total *item,
                       size_t n_row, mec_status *status) {
    size_t rows = block_rows(t, item, n_row);
    void *zeros = mec_alloc(rows * item->n_column, mec_reduction_size(item->reduction), status);
    bool good = mec_agree(t->world, status) == MEC_OK;
    for (size_t first = 0; first < n_row && good; first += rows) {
        mec_rows_share share =
            mec_rows_of_rank(t->world, n_row - first < rows ? n_row - first : rows);
        mec_slice slice = rows_of(array, first + share.first, share.n, item->n_column, zeros);
        mec_run_file_write(file, &slice, status);
    }
    free(zeros);
}

static void clear_slot(const mec_totals *t, mec_run_file *file, int slot, mec_status *status) {
    for (size_t i = 0; i < t->n_item; i++)
        clear_item(t, file, t->arrays[slot][i], &t->items[i], t->most_rows[i], status);
    write_small(t, file, t->task_array[slot], t->n_task, t->done, status);
}

mec_code mec_totals_clear(mec_totals *t, mec_run_file *file, mec_status *status) {
    memset(t->done, 0, t->n_task);
    if (write_mark(t, file, 0, 0, 0, status) || write_mark(t, file, 1, 0, 0, status))
        return status->code;
    clear_slot(t, file, 0, status);
    clear_slot(t, file, 1, status);
    t->newest = -1;
    t->number = 0;
    return mec_run_file_sync(file, status);
}

/* ---- by others ---- */

mec_code mec_totals_forget(hid_t file, int8_t *done, size_t n_task, mec_status *status) {
    int64_t newest[N_MARK] = {0};
    for (int slot = 0; slot < 2; slot++) {
        char path[64];
        int64_t mark[N_MARK] = {0};
        snprintf(path, sizeof path, "/resume/%s/mark", SLOTS[slot]);
        if (mec_h5_has_group(file, "resume") &&
            !mec_h5_transfer(file, path, H5T_NATIVE_INT64, mark, false))
            return mec_h5_fail(status, MEC_REFUSED, "%s cannot be read", path);
        if (mark[MARK_NUMBER] > newest[MARK_NUMBER])
            memcpy(newest, mark, sizeof mark);
    }
    if (newest[MARK_NUMBER] == 0)
        return MEC_OK;
    hid_t dataset = H5Dopen2(file, "/resume/a/task", H5P_DEFAULT);
    hsize_t n = 0; /* tasks of a phase */
    bool good = dataset >= 0 && mec_h5_shape(dataset, &n, 1) == 1;
    H5Dclose(dataset);
    if (!good || newest[MARK_PHASE] < 0 || ((size_t)newest[MARK_PHASE] + 1) * n > n_task)
        return mec_fail(status, MEC_REFUSED, "/resume does not fit this run of %zu tasks", n_task);
    memset(done + (size_t)newest[MARK_PHASE] * n, 0, n);
    return MEC_OK;
}
