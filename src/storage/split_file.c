#include "storage/split_file.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/fault.h"
#include "base/memory.h"
#include "storage/h5.h"
#include "storage/split_reader.h"

/* The most exact set for an animal, or NULL. */
static const mec_split_set *best_set(const mec_split_file *file, const char *arena,
                                     const char *animal) {
    const char *const choices[][2] = {{arena, animal}, {NULL, animal}, {arena, NULL}, {NULL, NULL}};
    for (size_t i = 0; i < sizeof choices / sizeof *choices; i++) {
        size_t set = mec_split_find_set(file, choices[i][0], choices[i][1]);
        if (set != MEC_LOOKUP_NONE)
            return &file->sets[set];
    }
    return NULL;
}

/* ---- reading ---- */

/* Of the lists, not of the bytes that hold them: either format gives the same. */
static void digest_lists(mec_split_file *f) {
    mec_digest digest;
    mec_digest_start(&digest);
    for (size_t i = 0; i < f->n_set; i++) {
        const mec_split_set *set = &f->sets[i];
        const uint64_t axes[] = {set->arena, set->animal, set->n_cell, set->n_source, f->n_split};
        mec_digest_add(&digest, axes, sizeof axes);
    }
    for (size_t i = 0; i < f->n_list; i++) {
        const uint64_t sizes[] = {f->lists[i].n_train, f->lists[i].n_test};
        mec_digest_add(&digest, sizes, sizeof sizes);
    }
    mec_digest_add(&digest, f->pool, f->pool_size);
    mec_digest_add(&digest, f->states, f->n_state * sizeof *f->states);
    mec_digest_finish(&digest, f->input.sha256);
}

static mec_code read_location(const char *location, mec_split_file *f, mec_status *status) {
    char path[2048];
    const char *inside = NULL;
    mec_split_reader reader = {.location = location, .file = f};
    mec_h5_split_location(location, path, sizeof path, &inside);
    if (H5Fis_hdf5(path) > 0)
        mec_split_read_h5(&reader, path, inside, status);
    else if (strcmp(inside, "/") != 0)
        mec_fail(status, MEC_REFUSED,
                 "%s: %s is not an HDF5 file that could have groups; accepted: file.h5:/group, "
                 "file.h5 or a CSV file",
                 location, path);
    else
        mec_split_read_csv(&reader, path, status);
    if (mec_fault_here("split_file_read"))
        mec_fail(status, MEC_FAILED, "injected: %s cannot be read", location);
    if (status->code == MEC_OK) {
        mec_input_describe(&f->input, location);
        digest_lists(f);
    }
    return status->code;
}

static mec_code share(const mec_world *world, mec_split_file *f, mec_status *status) {
    struct {
        void **block;
        size_t *count;
        size_t size;
    } blocks[] = {
        {(void **)&f->sets, &f->n_set, sizeof *f->sets},
        {(void **)&f->lists, &f->n_list, sizeof *f->lists},
        {(void **)&f->states, &f->n_state, sizeof *f->states},
        {(void **)&f->pool, &f->pool_size, 1},
    };
    for (size_t i = 0; i < sizeof blocks / sizeof *blocks; i++) {
        size_t bytes = *blocks[i].count * blocks[i].size;
        if (mec_broadcast_block(world, blocks[i].block, &bytes, status))
            return status->code;
        *blocks[i].count = bytes / blocks[i].size;
    }
    mec_broadcast(world->comm, &f->n_split, sizeof f->n_split);
    mec_broadcast(world->comm, &f->input, sizeof f->input);
    for (size_t i = 0; world->rank != 0 && i < f->n_set; i++)
        mec_split_index_set(f, i, status);
    return mec_agree(world, status);
}

mec_code mec_split_file_read(const mec_world *world, const char *location, mec_split_file *file,
                             mec_status *status) {
    *file = (mec_split_file){0};
    if (world->rank == 0)
        read_location(location, file, status);
    return mec_agree(world, status) ? status->code : share(world, file, status);
}

void mec_split_file_destroy(mec_split_file *file) {
    free(file->sets);
    free(file->lists);
    free(file->states);
    free(file->pool);
    mec_lookup_destroy(&file->lookup);
    *file = (mec_split_file){0};
}

/* ---- asking ---- */

size_t mec_split_file_count(const mec_split_file *file) {
    return file->n_split;
}

bool mec_split_file_find(const mec_split_file *file, const char *arena, const char *animal,
                         size_t cell, size_t source, size_t split, const uint32_t **order,
                         size_t *n_train, size_t *n_test) {
    const mec_split_set *set = best_set(file, arena, animal);
    if (!set || split >= file->n_split || (set->n_cell > 0 && cell >= set->n_cell) ||
        (set->n_source > 0 && source >= set->n_source))
        return false;
    size_t index = (set->n_cell > 0 ? cell : 0) * file->n_split + split;
    if (set->n_source > 0)
        index = index * set->n_source + source;
    const mec_split_list *list = &file->lists[set->first_list + index];
    *order = file->states + list->first;
    *n_train = list->n_train;
    *n_test = list->n_test;
    return true;
}

/* ---- checking ---- */

/* One animal and its lists. */
typedef struct checking {
    const mec_split_file *file;
    const mec_split_use *use;
    const mec_arena *arena;
    const mec_split_set *set;
    size_t n_cell;
    char place[1600]; /* "splits.h5: arena 1.0, animal rat_a" */
    size_t *seen;     /* (n_state) the list that a state was met in last, from 1 */
} checking;

static mec_code check_axis(const checking *c, const char *name, size_t n, size_t n_wanted,
                           bool alone, mec_status *status) {
    if (n > 0 && !alone)
        return mec_fail(status, MEC_REFUSED,
                        "%s: found lists for every %s, but %ss are taken together; accepted: the "
                        "same lists for all",
                        c->place, name, name);
    if (n > 0 && n != n_wanted)
        return mec_fail(status, MEC_REFUSED, "%s: found lists for %zu %ss; accepted: for all %zu",
                        c->place, n, name, n_wanted);
    return MEC_OK;
}

/* ", split 3", with cell and source where these are axes. */
static void print_list(const checking *c, size_t index, char *text, size_t size) {
    size_t n_source = c->set->n_source > 0 ? c->set->n_source : 1;
    size_t split = index / n_source % c->file->n_split;
    size_t used = (size_t)snprintf(text, size, ", split %zu", split);
    if (c->set->n_cell > 0)
        used += (size_t)snprintf(text + used, size - used, ", cell %zu",
                                 index / n_source / c->file->n_split);
    if (c->set->n_source > 0)
        snprintf(text + used, size - used, ", source %zu", index % n_source);
}

static mec_code check_states(const checking *c, size_t index, const char *where,
                             mec_status *status) {
    const mec_split_list *list = &c->file->lists[c->set->first_list + index];
    for (size_t i = 0; i < list->n_train + list->n_test; i++) {
        uint32_t state = c->file->states[list->first + i];
        if (state >= c->arena->n_state)
            return mec_fail(status, MEC_REFUSED,
                            "%s%s: found state %u; accepted: 0 to %zu, the bins of the arena",
                            c->place, where, state, c->arena->n_state - 1);
        if (c->seen[state] == index + 1)
            return mec_fail(status, MEC_REFUSED,
                            "%s%s: state %u stands twice; accepted: once, in train or in test",
                            c->place, where, state);
        c->seen[state] = index + 1;
    }
    return MEC_OK;
}

static mec_code check_list(const checking *c, size_t index, mec_status *status) {
    const mec_split_list *list = &c->file->lists[c->set->first_list + index];
    char where[128];
    print_list(c, index, where, sizeof where);
    if (list->n_test == 0 && !c->set->kept)
        return mec_fail(status, MEC_REFUSED, "%s%s: found no test state; accepted: one or more",
                        c->place, where);
    if (list->n_train == 0 && c->use->needs_train && !c->set->kept)
        return mec_fail(status, MEC_REFUSED,
                        "%s%s: found no train state; accepted: one or more, since the map is "
                        "fitted",
                        c->place, where);
    return check_states(c, index, where, status);
}

static mec_code check_animal(checking *c, mec_status *status) {
    if (!c->set)
        return mec_fail(status, MEC_REFUSED,
                        "%s: found no lists; accepted: lists for this animal, for its arena or for "
                        "all",
                        c->place);
    if (check_axis(c, "cell", c->set->n_cell, c->n_cell, c->use->cells_alone, status) ||
        check_axis(c, "source animal", c->set->n_source, c->arena->n_animal - 1, c->use->pairwise,
                   status))
        return status->code;
    size_t n_cell = c->set->n_cell > 0 ? c->set->n_cell : 1;
    size_t n_source = c->set->n_source > 0 ? c->set->n_source : 1;
    memset(c->seen, 0, c->arena->n_state * sizeof *c->seen);
    for (size_t i = 0; i < n_cell * c->file->n_split * n_source && status->code == MEC_OK; i++)
        check_list(c, i, status);
    return status->code;
}

/* What a run kept that fitted nothing serves no run that does. */
static mec_code check_any_trains(const mec_split_file *file, mec_status *status) {
    for (size_t i = 0; i < file->n_list; i++)
        if (file->lists[i].n_train > 0)
            return MEC_OK;
    return mec_fail(status, MEC_REFUSED,
                    "%.1000s: found no train state in any split; accepted: some, since the map is "
                    "fitted",
                    file->input.path);
}

static mec_code check_arena(const mec_split_file *file, const mec_catalogue *catalogue,
                            const mec_arena *arena, const mec_split_use *use, mec_status *status) {
    checking c = {.file = file, .use = use, .arena = arena};
    const char *name = mec_catalogue_text(catalogue, arena->name);
    c.seen = mec_alloc(arena->n_state, sizeof *c.seen, status);
    for (size_t i = 0; i < arena->n_animal && status->code == MEC_OK; i++) {
        const mec_animal *animal = &catalogue->animals[arena->first_animal + i];
        const char *animal_name = mec_catalogue_text(catalogue, animal->name);
        char text[512];
        c.n_cell = animal->n_cell;
        c.set = best_set(file, name, animal_name);
        snprintf(c.place, sizeof c.place, "%.1000s: %s", file->input.path,
                 mec_split_whom(name, animal_name, text, sizeof text));
        check_animal(&c, status);
    }
    free(c.seen);
    return status->code;
}

mec_code mec_split_file_check(const mec_split_file *file, const mec_catalogue *catalogue,
                              const mec_split_use *use, mec_status *status) {
    for (size_t a = 0; a < catalogue->n_arena && status->code == MEC_OK; a++)
        if (catalogue->arenas[a].n_animal >= use->fewest_animals)
            check_arena(file, catalogue, &catalogue->arenas[a], use, status);
    if (use->needs_train && status->code == MEC_OK)
        check_any_trains(file, status);
    return status->code;
}
