/* What a run file will hold: every array's path, shape, dimension names, unit and fill.
 *
 * A job describes its output once; every rank builds the same description. The skeleton, the
 * flushes, `show` and `export` read it; nothing here touches a file. */
#ifndef MEC_STORAGE_LAYOUT_H
#define MEC_STORAGE_LAYOUT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/status.h"

enum { MEC_MAX_DIM = 5 };

typedef enum mec_element {
    MEC_REAL64, /* filled with NaN, as MEC_REAL32 is */
    MEC_REAL32,
    MEC_INT64, /* the others with 0 */
    MEC_INT32,
    MEC_INT8,
    MEC_UINT8,
    MEC_STRING, /* fixed-length UTF-8 */
} mec_element;

typedef struct mec_array {
    char *path; /* absolute */
    mec_element element;
    size_t string_size; /* of MEC_STRING */
    int n_dim;
    size_t dims[MEC_MAX_DIM];
    int scale[MEC_MAX_DIM]; /* the array that labels each dimension, or -1 */
    bool is_scale;          /* labels a dimension that has its own name */
    const char *units;      /* or NULL; literals */
    const char *long_name;
    void *values;   /* written with the skeleton; NULL: the fill value */
    size_t n_value; /* how many there are, repeated until the array is full; 0: all of them */
    bool scratch;   /* of use during the run only: zeros, and no room on disk until written */
} mec_array;

/* A second path to an array or a group of arrays: a hard link. */
typedef struct mec_link {
    char *path, *target; /* absolute */
} mec_link;

typedef struct mec_layout {
    mec_array *arrays;
    size_t n_array, capacity;
    mec_link *links;
    size_t n_link, link_capacity;
} mec_layout;

/* Adds an array; takes a copy of the path and of `values`. Returns its
 * index, or -1 with a status. */
int mec_layout_add(mec_layout *layout, const mec_array *array, mec_status *status);

mec_code mec_layout_add_link(mec_layout *layout, const char *path, const char *target,
                             mec_status *status);

/* Adds a dimension scale: of the numbers 0 .. n - 1, of `n` numbers that are given, or of `n`
 * texts. Returns its index, or -1. */
int mec_layout_add_int_scale(mec_layout *layout, const char *path, size_t n, const char *long_name,
                             mec_status *status);
int mec_layout_add_values_scale(mec_layout *layout, const char *path, mec_element element,
                                const void *values, size_t n, const char *long_name,
                                mec_status *status);
int mec_layout_add_text_scale(mec_layout *layout, const char *path, const char *const *texts,
                              size_t n, const char *long_name, mec_status *status);

/* `texts` packed into fixed-length strings; `*string_size` is the longest, the caller frees. */
char *mec_layout_pack(const char *const *texts, size_t n, size_t *string_size, mec_status *status);

/* The index of the array added at `path`, or -1; links are not followed. */
int mec_layout_find(const mec_layout *layout, const char *path);

/* Bytes of all arrays. */
double mec_layout_bytes(const mec_layout *layout);

size_t mec_array_count(const mec_array *array);
size_t mec_array_element_size(const mec_array *array);

void mec_layout_destroy(mec_layout *layout);

#endif
