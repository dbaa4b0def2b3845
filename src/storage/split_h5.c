/* Stored splits as HDF5: groups of lists, or the arrays that a run keeps. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <hdf5_hl.h>

#include "base/memory.h"
#include "storage/h5.h"
#include "storage/split_reader.h"

enum { MAX_AXIS = 3, PLACE_SIZE = 2 * 1024 + 2048 };

/* A group on the walk, and whom its lists are for. */
typedef struct walk {
    mec_split_reader *reader;
    hid_t group;
    const char *arena, *animal; /* NULL: all */
    char place[PLACE_SIZE];     /* "splits.h5: /arena/animal/" */
} walk;

/* Opens the group `name` below `from`; closed by the caller. */
static walk step_into(const walk *from, const char *name) {
    walk to = {.reader = from->reader, .arena = from->arena, .animal = from->animal};
    bool top = !from->arena;
    to.group = H5Gopen2(from->group, name, H5P_DEFAULT);
    *(top ? &to.arena : &to.animal) = name;
    snprintf(to.place, sizeof to.place, "%.3000s%.1000s/", from->place, name);
    return to;
}

/* ---- arrays ---- */

/* All integers of a dataset of 1 to `most` dimensions: `*rank` and `dims` receive its shape. The
 * caller frees them. */
static int32_t *read_integers(const walk *w, const char *name, int most, int *rank, hsize_t *dims,
                              mec_status *status) {
    hid_t dataset = H5Dopen2(w->group, name, H5P_DEFAULT);
    hid_t type = H5Dget_type(dataset);
    bool integers = H5Tget_class(type) == H5T_INTEGER;
    size_t count = 1;
    int32_t *values = NULL;
    *rank = mec_h5_shape(dataset, dims, most);
    for (int i = 0; i < *rank && *rank <= most; i++)
        count *= dims[i];
    if (*rank < 1 || *rank > most)
        mec_fail(status, MEC_REFUSED, "%s%s has %d dimensions; accepted: %s%d", w->place, name,
                 *rank, most > 1 ? "1 to " : "", most);
    else if (!integers && count > 0) /* an empty list tends to have some other type */
        mec_fail(status, MEC_REFUSED, "%s%s does not hold integers; accepted: integers", w->place,
                 name);
    else
        values = mec_alloc(count, sizeof *values, status);
    H5Eclear2(H5E_DEFAULT);
    if (values && count > 0 &&
        H5Dread(dataset, H5T_NATIVE_INT32, H5S_ALL, H5S_ALL, H5P_DEFAULT, values) < 0)
        mec_h5_fail(status, MEC_REFUSED, "%s%s cannot be read", w->place, name);
    H5Tclose(type);
    H5Dclose(dataset);
    return values;
}

/* ---- lists ---- */

static bool is_split(hid_t group, const char *name) {
    char path[2048];
    snprintf(path, sizeof path, "%s/train", name);
    bool train = mec_h5_has_dataset(group, path);
    snprintf(path, sizeof path, "%s/test", name);
    return train || mec_h5_has_dataset(group, path);
}

/* One part of a split: `name` is "3/train". */
static mec_code read_part(const walk *w, const char *name, bool test, mec_status *status) {
    int rank = 0;
    hsize_t count = 0;
    if (!mec_h5_has_dataset(w->group, name))
        return mec_fail(status, MEC_REFUSED, "%s%s is missing; accepted: train and test", w->place,
                        name);
    int32_t *states = read_integers(w, name, 1, &rank, &count, status);
    for (hsize_t i = 0; i < count && status->code == MEC_OK; i++) {
        if (states[i] < 0)
            mec_fail(status, MEC_REFUSED, "%s%s: found state %" PRId32 "; accepted: from 0",
                     w->place, name, states[i]);
        else
            mec_split_add_state(w->reader, (uint32_t)states[i], test, status);
    }
    free(states);
    return status->code;
}

static mec_code read_list(const walk *w, size_t split, size_t n_split, mec_status *status) {
    char name[64];
    snprintf(name, sizeof name, "%zu", split);
    if (!mec_h5_has_group(w->group, name))
        return mec_fail(status, MEC_REFUSED,
                        "%s: found %zu splits, but none is called %s; accepted: 0, 1, 2, ... "
                        "without a gap",
                        w->place, n_split, name);
    if (mec_split_add_list(w->reader, status))
        return status->code;
    snprintf(name, sizeof name, "%zu/train", split);
    if (read_part(w, name, false, status))
        return status->code;
    snprintf(name, sizeof name, "%zu/test", split);
    return read_part(w, name, true, status);
}

/* The splits among the groups `names` of this group, if any. */
static mec_code read_lists(const walk *w, char **names, size_t n, mec_status *status) {
    size_t n_split = 0;
    for (size_t i = 0; i < n; i++)
        n_split += is_split(w->group, names[i]);
    if (n_split == 0 ||
        mec_split_add_set(w->reader, w->place, w->arena, w->animal, 0, 0, n_split, status))
        return status->code;
    for (size_t split = 0; split < n_split && status->code == MEC_OK; split++)
        read_list(w, split, n_split, status);
    return status->code;
}

/* ---- what a run keeps ---- */

typedef struct kept {
    int32_t *order, *n_train;
    hsize_t dims[MAX_AXIS + 1];               /* of order */
    size_t n_list, n_cell, n_split, n_source; /* n_cell, n_source: 0 without such an axis */
} kept;

static herr_t keep_name(hid_t dataset, unsigned dim, hid_t scale, void *text) {
    (void)dataset;
    (void)dim;
    return H5DSget_scale_name(scale, text, 64) > 0;
}

/* The first axis's name, from its label or its dimension scale. */
static void name_first_axis(hid_t group, const char *name, char text[64]) {
    hid_t dataset = H5Dopen2(group, name, H5P_DEFAULT);
    *text = '\0';
    if (H5DSget_label(dataset, 0, text, 64) <= 0)
        H5DSiterate_scales(dataset, 0, NULL, keep_name, text);
    H5Dclose(dataset);
}

/* Which of the `n_axis` leading axes are what. */
static mec_code name_axes(const walk *w, int n_axis, kept *k, mec_status *status) {
    char first[64] = "";
    name_first_axis(w->group, "order", first);
    bool cells = n_axis == 3 || (n_axis == 2 && strcmp(first, "cell") == 0);
    bool sources = n_axis == 3 || (n_axis == 2 && strcmp(first, "split") == 0);
    if (n_axis == 2 && !cells && !sources)
        return mec_fail(status, MEC_REFUSED,
                        "%sorder: the first of its three axes is called \"%s\"; accepted: a label "
                        "or a dimension scale that says cell or split",
                        w->place, first);
    k->n_cell = cells ? k->dims[0] : 0;
    k->n_split = k->dims[cells ? 1 : 0];
    k->n_source = sources ? k->dims[n_axis - 1] : 0;
    return MEC_OK;
}

static mec_code read_arrays(const walk *w, kept *k, mec_status *status) {
    hsize_t dims[MAX_AXIS] = {0};
    int rank = 0;
    int n_axis = 0;
    if (!mec_h5_has_dataset(w->group, "order") || !mec_h5_has_dataset(w->group, "n_train"))
        return mec_fail(status, MEC_REFUSED, "%s: %s is missing; accepted: order and n_train",
                        w->place, mec_h5_has_dataset(w->group, "order") ? "n_train" : "order");
    k->order = read_integers(w, "order", MAX_AXIS + 1, &rank, k->dims, status);
    if (status->code == MEC_OK)
        k->n_train = read_integers(w, "n_train", MAX_AXIS, &n_axis, dims, status);
    if (status->code != MEC_OK)
        return status->code;
    bool same = rank == n_axis + 1;
    k->n_list = 1;
    for (int i = 0; i < n_axis && same; i++) {
        same = dims[i] == k->dims[i] && dims[i] > 0;
        k->n_list *= dims[i];
    }
    if (!same)
        return mec_fail(status, MEC_REFUSED,
                        "%s: the axes of n_train are not those of order before the last; accepted: "
                        "[cell,] split [, source], and behind them state",
                        w->place);
    return name_axes(w, n_axis, k, status);
}

/* List `index` of the arrays. */
static mec_code take_list(const walk *w, const kept *k, size_t n_column, size_t index,
                          mec_status *status) {
    const int32_t *order = k->order + index * n_column;
    size_t n = 0;
    while (n < n_column && order[n] >= 0)
        n++;
    for (size_t i = n; i < n_column; i++)
        if (order[i] != -1)
            return mec_fail(status, MEC_REFUSED,
                            "%sorder: found %" PRId32 " at %zu of row %zu; accepted: states from "
                            "0, then -1 to the end",
                            w->place, order[i], i, index);
    if (k->n_train[index] < 0 || (size_t)k->n_train[index] > n)
        return mec_fail(status, MEC_REFUSED,
                        "%sn_train: found %" PRId32 " for row %zu of order; accepted: 0 to %zu, "
                        "its number of states",
                        w->place, k->n_train[index], index, n);
    mec_split_add_list(w->reader, status);
    for (size_t i = 0; i < n && status->code == MEC_OK; i++)
        mec_split_add_state(w->reader, (uint32_t)order[i], i >= (size_t)k->n_train[index], status);
    return status->code;
}

static mec_code read_kept(const walk *w, mec_status *status) {
    kept k = {0};
    mec_split_file *file = w->reader->file;
    if (read_arrays(w, &k, status) == MEC_OK &&
        mec_split_add_set(w->reader, w->place, w->arena, w->animal, k.n_cell, k.n_source, k.n_split,
                          status) == MEC_OK)
        file->sets[file->n_set - 1].kept = true;
    int n_axis = 1 + (k.n_cell > 0) + (k.n_source > 0);
    for (size_t i = 0; i < k.n_list && status->code == MEC_OK; i++)
        take_list(w, &k, k.dims[n_axis], i, status);
    free(k.order);
    free(k.n_train);
    return status->code;
}

/* ---- the walk ---- */

/* Reads what stands in this group, then in those below: all, arena, animal. */
static mec_code read_group(const walk *w, mec_status *status) {
    char **names = NULL;
    size_t n = mec_h5_list_groups(w->group, &names, status);
    if (status->code == MEC_OK)
        read_lists(w, names, n, status);
    if (w->animal &&
        (mec_h5_has_dataset(w->group, "order") || mec_h5_has_dataset(w->group, "n_train")) &&
        status->code == MEC_OK)
        read_kept(w, status);
    for (size_t i = 0; i < n && !w->animal && status->code == MEC_OK; i++)
        if (!is_split(w->group, names[i])) {
            walk below = step_into(w, names[i]);
            read_group(&below, status);
            H5Gclose(below.group);
        }
    mec_h5_free_names(names, n);
    return status->code;
}

mec_code mec_split_read_h5(mec_split_reader *reader, const char *path, const char *inside,
                           mec_status *status) {
    hid_t file = mec_h5_open(path, H5F_ACC_RDONLY, status);
    if (file < 0)
        return status->code;
    walk top = {.reader = reader, .group = H5Gopen2(file, inside, H5P_DEFAULT)};
    snprintf(top.place, sizeof top.place, "%.2000s: /", reader->location);
    if (top.group < 0)
        mec_fail(status, MEC_REFUSED,
                 "%s: the file has no group %s; accepted: one that holds splits or arenas",
                 reader->location, inside);
    else
        read_group(&top, status);
    if (status->code == MEC_OK && reader->file->n_set == 0)
        mec_fail(status, MEC_REFUSED,
                 "%s: found no splits; accepted: [<arena>/[<animal>/]]<split>/train and test, or "
                 "<arena>/<animal>/order and n_train, in the file or its group (file.h5:/group)",
                 reader->location);
    H5Gclose(top.group);
    H5Fclose(file);
    return status->code;
}
