#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "merge_part.h"

/* Bytes of an array that are looked at together. */
static const size_t BLOCK = (size_t)4 << 20;

/* ---- the arrays of a file ---- */

typedef struct path_list {
    char **paths;
    size_t n, capacity;
    mec_status *status;
} path_list;

static bool begins_with(const char *path, const char *start) {
    return strncmp(path, start, strlen(start)) == 0;
}

/* Every array once, however many names it has. */
static herr_t keep_array(hid_t file, const char *name, const H5O_info_t *info, void *user) {
    path_list *list = user;
    (void)file;
    if (info->type != H5O_TYPE_DATASET)
        return 0;
    char **paths =
        mec_grow(list->paths, list->n, &list->capacity, sizeof *list->paths, list->status);
    if (!paths)
        return -1;
    list->paths = paths;
    list->paths[list->n++] = mec_copy_text(name, list->status);
    return 0;
}

static void free_paths(path_list *list) {
    for (size_t i = 0; i < list->n; i++)
        free(list->paths[i]);
    free(list->paths);
}

/* What tells of the run itself, and is joined in other ways. */
static bool is_apart(const char *path) {
    return strcmp(path, "status") == 0 || strcmp(path, "config") == 0 ||
           begins_with(path, "inputs/") || begins_with(path, "tasks/") ||
           begins_with(path, "resume/");
}

/* ---- one array ---- */

/* An array in two files, and room for some of its rows. */
typedef struct joining {
    hid_t out, part, type, space;
    int n_dim;
    hsize_t dims[H5S_MAX_RANK];
    size_t element, row; /* bytes */
    hsize_t n_row;       /* of a block */
    char *fill;          /* one element that was never written */
    char *ours, *theirs;
} joining;

static bool read_fill(joining *j) {
    H5D_fill_value_t defined = H5D_FILL_VALUE_DEFAULT;
    hid_t creation = H5Dget_create_plist(j->out);
    bool good = H5Pfill_value_defined(creation, &defined) >= 0;
    if (good && defined == H5D_FILL_VALUE_USER_DEFINED)
        good = H5Pget_fill_value(creation, j->type, j->fill) >= 0;
    H5Pclose(creation);
    return good;
}

static bool same_shape(const joining *j) {
    hsize_t dims[H5S_MAX_RANK];
    hid_t type = H5Dget_type(j->part);
    bool same = mec_h5_shape(j->part, dims, H5S_MAX_RANK) == j->n_dim &&
                memcmp(dims, j->dims, (size_t)j->n_dim * sizeof *dims) == 0 &&
                H5Tequal(type, j->type) > 0;
    H5Tclose(type);
    return same;
}

static mec_code open_array(joining *j, hid_t out, hid_t part, const char *path,
                           mec_status *status) {
    *j = (joining){.out = H5Dopen2(out, path, H5P_DEFAULT)};
    j->part = part < 0 ? H5I_INVALID_HID : H5Dopen2(part, path, H5P_DEFAULT);
    j->type = H5Dget_type(j->out);
    j->space = H5Dget_space(j->out);
    j->element = H5Tget_size(j->type);
    j->n_dim = mec_h5_shape(j->out, j->dims, H5S_MAX_RANK);
    j->row = j->element;
    for (int d = 1; d < j->n_dim; d++)
        j->row *= j->dims[d];
    j->n_row = j->row == 0 || j->row > BLOCK ? 1 : BLOCK / j->row;
    j->fill = mec_alloc(j->element, 1, status);
    j->ours = mec_alloc(j->n_row, j->row, status);
    j->theirs = mec_alloc(j->n_row, j->row, status);
    if (status->code != MEC_OK)
        return status->code;
    if (j->n_dim == 0)
        j->dims[0] = 1;
    if (j->n_dim < 0 || !read_fill(j) || (part >= 0 && !same_shape(j)))
        mec_fail(status, MEC_REFUSED, "/%s is missing, or has another shape", path);
    return status->code;
}

static void close_array(joining *j) {
    H5Sclose(j->space);
    H5Tclose(j->type);
    H5Dclose(j->out);
    if (j->part >= 0)
        H5Dclose(j->part);
    free(j->fill);
    free(j->ours);
    free(j->theirs);
}

/* Moves rows [first, first + n) along the first dimension; a single number is one row. */
static bool move(joining *j, hid_t dataset, hsize_t first, hsize_t n, char *values, bool write) {
    hsize_t start[H5S_MAX_RANK] = {first};
    hsize_t count[H5S_MAX_RANK] = {n};
    hsize_t size = n * j->row / j->element;
    for (int d = 1; d < j->n_dim; d++)
        count[d] = j->dims[d];
    hid_t memory = H5Screate_simple(1, &size, NULL);
    bool selected = j->n_dim == 0 ||
                    H5Sselect_hyperslab(j->space, H5S_SELECT_SET, start, NULL, count, NULL) >= 0;
    bool good =
        selected && (write ? H5Dwrite(dataset, j->type, memory, j->space, H5P_DEFAULT, values)
                           : H5Dread(dataset, j->type, memory, j->space, H5P_DEFAULT, values)) >= 0;
    H5Sclose(memory);
    return good;
}

static bool is_fill(const joining *j, const char *element) {
    return memcmp(element, j->fill, j->element) == 0;
}

static bool all_fill(const joining *j, size_t n_byte) {
    for (size_t i = 0; i < n_byte; i += j->element)
        if (!is_fill(j, j->theirs + i))
            return false;
    return true;
}

/* What they have and we lack; false where both have an element and differ. */
static bool take_elements(joining *j, size_t n_byte, bool *changed) {
    for (size_t i = 0; i < n_byte; i += j->element) {
        if (is_fill(j, j->theirs + i) || memcmp(j->ours + i, j->theirs + i, j->element) == 0)
            continue;
        if (!is_fill(j, j->ours + i))
            return false;
        memcpy(j->ours + i, j->theirs + i, j->element);
        *changed = true;
    }
    return true;
}

static mec_code join_rows(joining *j, const char *path, mec_status *status) {
    for (hsize_t first = 0; first < j->dims[0] && j->row > 0; first += j->n_row) {
        hsize_t n = j->dims[0] - first < j->n_row ? j->dims[0] - first : j->n_row;
        bool changed = false;
        bool good = move(j, j->part, first, n, j->theirs, false);
        if (good && all_fill(j, n * j->row))
            continue;
        good = good && move(j, j->out, first, n, j->ours, false);
        if (good && !take_elements(j, n * j->row, &changed))
            return mec_fail(status, MEC_REFUSED,
                            "both hold the same results, and differ in /%s: computed by different "
                            "processors or versions? accepted: each result in one file",
                            path);
        if (!good || (changed && !move(j, j->out, first, n, j->ours, true)))
            return mec_h5_fail(status, MEC_FAILED, "/%s cannot be joined", path);
    }
    return MEC_OK;
}

mec_code merge_arrays(hid_t out, const char *from, const char *path, mec_status *status) {
    path_list list = {.status = status};
    hid_t part = mec_h5_open(path, H5F_ACC_RDONLY, status);
    if (part < 0)
        return status->code;
    H5Ovisit2(out, H5_INDEX_NAME, H5_ITER_INC, keep_array, &list, H5O_INFO_BASIC);
    for (size_t i = 0; i < list.n && status->code == MEC_OK; i++) {
        joining j;
        if (is_apart(list.paths[i]))
            continue;
        if (open_array(&j, out, part, list.paths[i], status) == MEC_OK)
            join_rows(&j, list.paths[i], status);
        close_array(&j);
    }
    if (status->code != MEC_OK)
        mec_fail_within(status, "%s and %s", from, path);
    free_paths(&list);
    H5Fclose(part);
    return status->code;
}

/* ---- what is of no use to others ---- */

static mec_code clear_rows(joining *j, const char *path, mec_status *status) {
    for (size_t i = 0; i < j->n_row * j->row; i += j->element)
        memcpy(j->ours + i, j->fill, j->element);
    for (hsize_t first = 0; first < j->dims[0] && j->row > 0; first += j->n_row) {
        hsize_t n = j->dims[0] - first < j->n_row ? j->dims[0] - first : j->n_row;
        if (!move(j, j->out, first, n, j->ours, true))
            return mec_h5_fail(status, MEC_FAILED, "/%s cannot be cleared", path);
    }
    return MEC_OK;
}

mec_code merge_clear(hid_t out, const char *path, mec_status *status) {
    static const char *const attributes[] = {"shard", "shards", "shard_tasks"};
    path_list list = {.status = status};
    for (size_t i = 0; i < sizeof attributes / sizeof *attributes; i++)
        if (H5Aexists(out, attributes[i]) > 0)
            H5Adelete(out, attributes[i]);
    H5Ovisit2(out, H5_INDEX_NAME, H5_ITER_INC, keep_array, &list, H5O_INFO_BASIC);
    for (size_t i = 0; i < list.n && status->code == MEC_OK; i++) {
        joining j;
        if (!begins_with(list.paths[i], "resume/"))
            continue;
        if (open_array(&j, out, H5I_INVALID_HID, list.paths[i], status) == MEC_OK)
            clear_rows(&j, list.paths[i], status);
        close_array(&j);
    }
    if (status->code != MEC_OK)
        mec_fail_within(status, "%s", path);
    free_paths(&list);
    return status->code;
}
