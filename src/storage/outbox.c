#include "storage/outbox.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

static size_t slice_count(const mec_slice *slice, int n_dim) {
    size_t count = 1;
    for (int i = 0; i < n_dim; i++)
        count *= slice->count[i];
    return count;
}

void *mec_outbox_take(mec_outbox *outbox, int array, const size_t *start, const size_t *count,
                      mec_status *status) {
    mec_slice *slices =
        mec_grow(outbox->slices, outbox->n_slice, &outbox->capacity, sizeof *slices, status);
    if (!slices)
        return NULL;
    outbox->slices = slices;
    const mec_array *a = &outbox->layout->arrays[array];
    mec_slice slice = {.array = array};
    memcpy(slice.start, start, (size_t)a->n_dim * sizeof *start);
    memcpy(slice.count, count, (size_t)a->n_dim * sizeof *count);
    for (int i = 0; i < a->n_dim; i++)
        assert(start[i] + count[i] <= a->dims[i]);
    slice.values = mec_scratch_take(&outbox->taken, slice_count(&slice, a->n_dim),
                                    mec_array_element_size(a), status);
    if (slice.values && slice_count(&slice, a->n_dim) > 0)
        outbox->slices[outbox->n_slice++] = slice;
    return slice.values;
}

mec_code mec_outbox_commit(mec_outbox *outbox, mec_status *status) {
    for (size_t i = outbox->n_committed; i < outbox->n_slice; i++) {
        mec_slice *slice = &outbox->slices[i];
        const mec_array *a = &outbox->layout->arrays[slice->array];
        size_t count = slice_count(slice, a->n_dim);
        size_t element = mec_array_element_size(a);
        void *values = mec_scratch_take(&outbox->memory, count, element, status);
        if (!values) {
            mec_outbox_discard(outbox);
            return status->code;
        }
        slice->values = memcpy(values, slice->values, count * element);
    }
    outbox->n_committed = outbox->n_slice;
    mec_scratch_reset(&outbox->taken);
    return MEC_OK;
}

void mec_outbox_discard(mec_outbox *outbox) {
    outbox->n_slice = outbox->n_committed;
    mec_scratch_reset(&outbox->taken);
}

static int by_place(const void *left, const void *right) {
    const mec_slice *a = left;
    const mec_slice *b = right;
    int order = (a->array > b->array) - (a->array < b->array);
    for (int i = 0; i < MEC_MAX_DIM && order == 0; i++)
        order = (a->start[i] > b->start[i]) - (a->start[i] < b->start[i]);
    return order;
}

void mec_outbox_sort(mec_outbox *outbox) {
    if (outbox->n_committed > 0)
        qsort(outbox->slices, outbox->n_committed, sizeof *outbox->slices, by_place);
}

/* Neighbours along the last dimension, which stay together in the file. */
typedef struct run {
    size_t offset; /* in elements of the array */
    const char *values;
    size_t n_value;
} run;

static int by_offset(const void *left, const void *right) {
    const run *a = left;
    const run *b = right;
    return (a->offset > b->offset) - (a->offset < b->offset);
}

/* Appends the runs of one slice; returns how many. */
static size_t cut_into_runs(const mec_slice *slice, const mec_array *array, run *runs) {
    int n_dim = array->n_dim;
    size_t element = mec_array_element_size(array);
    size_t length = slice->count[n_dim - 1];
    size_t n_run = slice_count(slice, n_dim) / length;
    for (size_t k = 0; k < n_run; k++) {
        size_t rest = k;
        size_t step = array->dims[n_dim - 1];
        size_t offset = slice->start[n_dim - 1];
        for (int i = n_dim - 2; i >= 0; i--) {
            offset += (slice->start[i] + rest % slice->count[i]) * step;
            rest /= slice->count[i];
            step *= array->dims[i];
        }
        runs[k] = (run){offset, (const char *)slice->values + k * length * element, length};
    }
    return n_run;
}

mec_code mec_outbox_pack(const mec_outbox *outbox, int array, void **values, size_t *n_value,
                         mec_status *status) {
    const mec_array *a = &outbox->layout->arrays[array];
    size_t element = mec_array_element_size(a);
    *n_value = 0;
    for (size_t i = 0; i < outbox->n_committed; i++)
        if (outbox->slices[i].array == array)
            *n_value += slice_count(&outbox->slices[i], a->n_dim);
    run *runs = mec_alloc(*n_value, sizeof *runs, status);
    *values = mec_alloc(*n_value, element, status);
    if (runs && *values) {
        size_t n_run = 0;
        for (size_t i = 0; i < outbox->n_committed; i++)
            if (outbox->slices[i].array == array)
                n_run += cut_into_runs(&outbox->slices[i], a, runs + n_run);
        qsort(runs, n_run, sizeof *runs, by_offset);
        char *out = *values;
        for (size_t k = 0; k < n_run; k++) {
            memcpy(out, runs[k].values, runs[k].n_value * element);
            out += runs[k].n_value * element;
        }
    }
    free(runs);
    return status->code;
}

void mec_outbox_clear(mec_outbox *outbox) {
    outbox->n_slice -= outbox->n_committed;
    if (outbox->n_slice > 0)
        memmove(outbox->slices, outbox->slices + outbox->n_committed,
                outbox->n_slice * sizeof *outbox->slices);
    outbox->n_committed = 0;
    mec_scratch_reset(&outbox->memory);
}

void mec_outbox_release(mec_outbox *outbox) {
    free(outbox->slices);
    mec_scratch_release(&outbox->memory);
    mec_scratch_release(&outbox->taken);
    *outbox = (mec_outbox){0};
}
