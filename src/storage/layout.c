#include "storage/layout.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

size_t mec_array_count(const mec_array *array) {
    size_t count = 1;
    for (int i = 0; i < array->n_dim; i++)
        count *= array->dims[i];
    return count;
}

size_t mec_array_element_size(const mec_array *array) {
    switch (array->element) {
    case MEC_REAL64:
    case MEC_INT64:
        return 8;
    case MEC_REAL32:
    case MEC_INT32:
        return 4;
    case MEC_INT8:
    case MEC_UINT8:
        return 1;
    case MEC_STRING:
        return array->string_size;
    }
    return 0;
}

int mec_layout_add(mec_layout *layout, const mec_array *array, mec_status *status) {
    mec_array *arrays =
        mec_grow(layout->arrays, layout->n_array, &layout->capacity, sizeof *arrays, status);
    if (!arrays)
        return -1;
    layout->arrays = arrays;
    mec_array copy = *array;
    copy.path = mec_copy_text(array->path, status);
    if (array->values) {
        size_t n = array->n_value > 0 ? array->n_value : mec_array_count(array);
        copy.values = mec_alloc(n, mec_array_element_size(array), status);
        if (copy.values)
            memcpy(copy.values, array->values, n * mec_array_element_size(array));
    }
    if (status->code != MEC_OK) {
        free(copy.path);
        free(copy.values);
        return -1;
    }
    arrays[layout->n_array] = copy;
    return (int)layout->n_array++;
}

mec_code mec_layout_add_link(mec_layout *layout, const char *path, const char *target,
                             mec_status *status) {
    mec_link *links =
        mec_grow(layout->links, layout->n_link, &layout->link_capacity, sizeof *links, status);
    if (!links)
        return status->code;
    layout->links = links;
    links[layout->n_link] =
        (mec_link){.path = mec_copy_text(path, status), .target = mec_copy_text(target, status)};
    layout->n_link++;
    return status->code;
}

static int add_scale(mec_layout *layout, const mec_array *array, size_t n, mec_status *status) {
    mec_array scale = *array;
    scale.n_dim = 1;
    scale.dims[0] = n;
    scale.scale[0] = -1;
    scale.is_scale = true;
    return mec_layout_add(layout, &scale, status);
}

int mec_layout_add_values_scale(mec_layout *layout, const char *path, mec_element element,
                                const void *values, size_t n, const char *long_name,
                                mec_status *status) {
    return add_scale(layout,
                     &(mec_array){.path = (char *)path,
                                  .element = element,
                                  .long_name = long_name,
                                  .values = (void *)values},
                     n, status);
}

int mec_layout_add_int_scale(mec_layout *layout, const char *path, size_t n, const char *long_name,
                             mec_status *status) {
    int64_t *values = mec_alloc(n, sizeof *values, status);
    if (!values)
        return -1;
    for (size_t i = 0; i < n; i++)
        values[i] = (int64_t)i;
    int index = mec_layout_add_values_scale(layout, path, MEC_INT64, values, n, long_name, status);
    free(values);
    return index;
}

char *mec_layout_pack(const char *const *texts, size_t n, size_t *string_size, mec_status *status) {
    *string_size = 1;
    for (size_t i = 0; i < n; i++)
        if (strlen(texts[i]) > *string_size)
            *string_size = strlen(texts[i]);
    char *packed = mec_alloc(n, *string_size, status);
    for (size_t i = 0; packed && i < n; i++)
        memcpy(packed + i * *string_size, texts[i], strlen(texts[i]));
    return packed;
}

int mec_layout_add_text_scale(mec_layout *layout, const char *path, const char *const *texts,
                              size_t n, const char *long_name, mec_status *status) {
    size_t size = 0;
    char *packed = mec_layout_pack(texts, n, &size, status);
    if (!packed)
        return -1;
    int index = add_scale(layout,
                          &(mec_array){.path = (char *)path,
                                       .element = MEC_STRING,
                                       .string_size = size,
                                       .long_name = long_name,
                                       .values = packed},
                          n, status);
    free(packed);
    return index;
}

int mec_layout_find(const mec_layout *layout, const char *path) {
    for (size_t i = 0; i < layout->n_array; i++)
        if (strcmp(layout->arrays[i].path, path) == 0)
            return (int)i;
    return -1;
}

double mec_layout_bytes(const mec_layout *layout) {
    double bytes = 0;
    for (size_t i = 0; i < layout->n_array; i++) {
        double count = (double)mec_array_element_size(&layout->arrays[i]);
        for (int d = 0; d < layout->arrays[i].n_dim; d++)
            count *= (double)layout->arrays[i].dims[d];
        bytes += count;
    }
    return bytes;
}

void mec_layout_destroy(mec_layout *layout) {
    for (size_t i = 0; i < layout->n_array; i++) {
        free(layout->arrays[i].path);
        free(layout->arrays[i].values);
    }
    for (size_t i = 0; i < layout->n_link; i++) {
        free(layout->links[i].path);
        free(layout->links[i].target);
    }
    free(layout->arrays);
    free(layout->links);
    *layout = (mec_layout){0};
}
