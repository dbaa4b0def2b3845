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
    const mec_stretch *a = left;
    const mec_stretch *b = right;
    return (a->place > b->place) - (a->place < b->place);
}

void mec_stretches_sort(mec_stretch *stretches, size_t n) {
    if (n > 0)
        qsort(stretches, n, sizeof *stretches, by_place);
}

/* Of a slice: neighbours along the last dimension, which stay together in the file. */
static size_t count_stretches(const mec_slice *slice, const mec_array *array) {
    return slice_count(slice, array->n_dim - 1);
}

/* The stretches of a slice of an array that begins at `place`. */
static void cut(const mec_slice *slice, const mec_array *array, uint64_t place, mec_stretch *out) {
    int n_dim = array->n_dim;
    size_t element = mec_array_element_size(array);
    size_t size = slice->count[n_dim - 1] * element;
    size_t n = count_stretches(slice, array);
    for (size_t k = 0; k < n; k++) {
        size_t rest = k;
        size_t step = array->dims[n_dim - 1];
        size_t offset = slice->start[n_dim - 1];
        for (int i = n_dim - 2; i >= 0; i--) {
            offset += (slice->start[i] + rest % slice->count[i]) * step;
            rest /= slice->count[i];
            step *= array->dims[i];
        }
        out[k] =
            (mec_stretch){place + offset * element, (const char *)slice->values + k * size, size};
    }
}

mec_stretch *mec_outbox_cut(const mec_outbox *outbox, const uint64_t *places, size_t n_more,
                            size_t *n, mec_status *status) {
    const mec_array *arrays = outbox->layout->arrays;
    size_t n_all = 0;
    *n = 0;
    for (size_t i = 0; i < outbox->n_committed; i++)
        n_all += count_stretches(&outbox->slices[i], &arrays[outbox->slices[i].array]);
    mec_stretch *stretches = mec_alloc(n_all + n_more, sizeof *stretches, status);
    for (size_t i = 0; i < outbox->n_committed && stretches; i++) {
        const mec_slice *slice = &outbox->slices[i];
        cut(slice, &arrays[slice->array], places[slice->array], stretches + *n);
        *n += count_stretches(slice, &arrays[slice->array]);
    }
    return stretches;
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
