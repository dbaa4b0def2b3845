#include "storage/split_reader.h"

#include <stdio.h>
#include <string.h>

#include "base/memory.h"

const char *mec_split_whom(const char *arena, const char *animal, char *text, size_t size) {
    snprintf(text, size, "%s%.200s%s%s%.200s", arena ? "arena " : "", arena ? arena : "",
             arena && animal ? ", " : "", animal ? "animal " : "", animal ? animal : "");
    if (!arena && !animal)
        snprintf(text, size, "all animals");
    return text;
}

/* ---- sets by their names ---- */

typedef struct set_names {
    const char *arena, *animal; /* NULL: all */
} set_names;

static const char *name_at(const mec_split_file *file, size_t offset) {
    return offset == MEC_SPLIT_ALL ? NULL : file->pool + offset;
}

static set_names names_of(const mec_split_file *file, size_t set) {
    return (set_names){name_at(file, file->sets[set].arena), name_at(file, file->sets[set].animal)};
}

static uint64_t hash_names(set_names names) {
    uint64_t hash = 0;
    if (names.arena)
        hash = mec_lookup_hash(1, names.arena, strlen(names.arena));
    return names.animal ? mec_lookup_hash(hash, names.animal, strlen(names.animal)) : hash;
}

static bool same_name(const char *a, const char *b) {
    return a && b ? strcmp(a, b) == 0 : a == b;
}

static bool is_set(const void *array, size_t index, const void *value) {
    set_names found = names_of(array, index);
    const set_names *wanted = value;
    return same_name(found.arena, wanted->arena) && same_name(found.animal, wanted->animal);
}

size_t mec_split_find_set(const mec_split_file *file, const char *arena, const char *animal) {
    set_names wanted = {arena, animal};
    return mec_lookup_find(&file->lookup, hash_names(wanted), is_set, file, &wanted);
}

mec_code mec_split_index_set(mec_split_file *file, size_t set, mec_status *status) {
    return mec_lookup_add(&file->lookup, hash_names(names_of(file, set)), set, status);
}

/* ---- putting together what a reader finds ---- */

static size_t add_name(mec_split_reader *r, const char *name, mec_status *status) {
    mec_split_file *f = r->file;
    if (!name)
        return MEC_SPLIT_ALL;
    size_t start = f->pool_size;
    for (const char *c = name;; c++) {
        char *pool = mec_grow(f->pool, f->pool_size, &r->pool_capacity, 1, status);
        if (!pool)
            return MEC_SPLIT_ALL;
        f->pool = pool;
        f->pool[f->pool_size++] = *c;
        if (*c == '\0')
            return start;
    }
}

mec_code mec_split_add_set(mec_split_reader *r, const char *place, const char *arena,
                           const char *animal, size_t n_cell, size_t n_source, size_t n_split,
                           mec_status *status) {
    mec_split_file *f = r->file;
    char text[512];
    if (mec_split_find_set(f, arena, animal) != MEC_LOOKUP_NONE)
        return mec_fail(status, MEC_REFUSED, "%s: lists for %s stand twice; accepted: once", place,
                        mec_split_whom(arena, animal, text, sizeof text));
    if (f->n_set > 0 && n_split != f->n_split) {
        set_names first = names_of(f, 0);
        return mec_fail(status, MEC_REFUSED,
                        "%s: found %zu splits, but %zu for %s; accepted: the same number "
                        "everywhere",
                        place, n_split, f->n_split,
                        mec_split_whom(first.arena, first.animal, text, sizeof text));
    }
    mec_split_set *sets = mec_grow(f->sets, f->n_set, &r->set_capacity, sizeof *sets, status);
    if (!sets)
        return status->code;
    f->sets = sets;
    f->n_split = n_split;
    sets[f->n_set] = (mec_split_set){.arena = add_name(r, arena, status),
                                     .animal = add_name(r, animal, status),
                                     .n_cell = n_cell,
                                     .n_source = n_source,
                                     .first_list = f->n_list};
    return status->code == MEC_OK ? mec_split_index_set(f, f->n_set++, status) : status->code;
}

mec_code mec_split_add_list(mec_split_reader *r, mec_status *status) {
    mec_split_file *f = r->file;
    mec_split_list *lists = mec_grow(f->lists, f->n_list, &r->list_capacity, sizeof *lists, status);
    if (!lists)
        return status->code;
    f->lists = lists;
    lists[f->n_list++] = (mec_split_list){.first = f->n_state};
    return MEC_OK;
}

mec_code mec_split_add_state(mec_split_reader *r, uint32_t state, bool test, mec_status *status) {
    mec_split_file *f = r->file;
    uint32_t *states = mec_grow(f->states, f->n_state, &r->state_capacity, sizeof *states, status);
    if (!states)
        return status->code;
    f->states = states;
    states[f->n_state++] = state;
    mec_split_list *list = &f->lists[f->n_list - 1];
    list->n_train += !test;
    list->n_test += test;
    return MEC_OK;
}
