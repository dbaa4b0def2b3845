#include "storage/catalogue.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/fault.h"
#include "base/memory.h"
#include "base/text.h"
#include "storage/h5.h"

/* State numbers are 32 bits wide, matrix sizes are BLAS's ints. */
static const size_t LARGEST = INT32_MAX;

typedef struct reading {
    const char *location;
    const char *wanted; /* arenas; empty: all */
    mec_catalogue *c;
    size_t arena_capacity, animal_capacity, id_capacity, pool_capacity;
    const char *arena_name, *animal_name; /* where the walk is */
    mec_status *status;
} reading;

static size_t add_text(reading *r, const char *text) {
    mec_catalogue *c = r->c;
    size_t start = c->pool_size;
    size_t length = strlen(text) + 1;
    for (size_t i = 0; i < length; i++) {
        char *pool = mec_grow(c->pool, c->pool_size, &r->pool_capacity, 1, r->status);
        if (!pool)
            return 0;
        c->pool = pool;
        c->pool[c->pool_size++] = text[i];
    }
    return start;
}

/* "file.h5: arena 1.0, animal rat_a" */
static const char *place(const reading *r) {
    static char text[MEC_MESSAGE_SIZE];
    snprintf(text, sizeof text, "%s: arena %s, animal %s", r->location, r->arena_name,
             r->animal_name);
    return text;
}

static mec_code take_id(void *user, const char *text) {
    reading *r = user;
    size_t *ids = mec_grow(r->c->ids, r->c->n_id, &r->id_capacity, sizeof *ids, r->status);
    if (!ids)
        return r->status->code;
    r->c->ids = ids;
    ids[r->c->n_id++] = add_text(r, text);
    return r->status->code;
}

static mec_code read_ids(reading *r, hid_t group, mec_animal *animal) {
    hid_t ids = H5Dopen2(group, "cell_ids", H5P_DEFAULT);
    hsize_t dims[3] = {0};
    int rank = mec_h5_shape(ids, dims, 3);
    animal->first_id = r->c->n_id;
    if (rank != 1 || dims[0] != animal->n_cell)
        mec_fail(r->status, MEC_REFUSED,
                 "%s: cell_ids has %d dimension(s) and %" PRIu64
                 " entries; accepted: one dimension of %zu, the cells of resp",
                 place(r), rank, rank == 1 ? (uint64_t)dims[0] : 0, animal->n_cell);
    else if (!mec_h5_read_strings(ids, animal->n_cell, take_id, r, r->status))
        mec_h5_fail(r->status, MEC_REFUSED,
                    "%s: cell_ids cannot be read; accepted: fixed- or variable-length strings",
                    place(r));
    H5Dclose(ids);
    return r->status->code;
}

/* Reads the shape of resp; the first animal of an arena sets the number of states for all. */
static mec_code read_shape(reading *r, hid_t group, mec_arena *arena, mec_animal *animal) {
    hid_t resp = H5Dopen2(group, "resp", H5P_DEFAULT);
    hsize_t dims[3] = {0};
    int rank = mec_h5_shape(resp, dims, 3);
    bool number = mec_h5_is_number(resp);
    H5Dclose(resp);
    if (rank < 2 || rank > 3)
        return mec_fail(r->status, MEC_REFUSED,
                        "%s: resp has %d dimension(s); accepted: (x bins, y bins, cells) or "
                        "(states, cells)",
                        place(r), rank);
    if (!number)
        return mec_fail(r->status, MEC_REFUSED,
                        "%s: resp does not hold numbers; accepted: floating point or integers",
                        place(r));
    uint64_t n_cell = dims[rank - 1];
    uint64_t n_state = dims[0];
    if (rank == 3 && __builtin_mul_overflow(dims[0], dims[1], &n_state))
        n_state = UINT64_MAX;
    if (n_state == 0 || n_cell == 0 || n_state > LARGEST || n_cell > LARGEST)
        return mec_fail(r->status, MEC_REFUSED,
                        "%s: resp has %" PRIu64 " states and %" PRIu64
                        " cells; accepted: 1 to %zu of each",
                        place(r), n_state, n_cell, LARGEST);
    size_t n_row = rank == 3 ? dims[0] : 0;
    size_t n_column = rank == 3 ? dims[1] : 0;
    animal->n_cell = n_cell;
    if (arena->n_animal == 0) {
        arena->n_state = n_state;
        arena->n_row = n_row;
        arena->n_column = n_column;
    } else if (arena->n_state != n_state) {
        return mec_fail(r->status, MEC_REFUSED,
                        "%s: resp has %" PRIu64 " states, but animal %s has %zu; accepted: the "
                        "same number for all animals of an arena",
                        place(r), n_state,
                        mec_catalogue_text(r->c, r->c->animals[arena->first_animal].name),
                        arena->n_state);
    } else if (arena->n_row != n_row || arena->n_column != n_column) {
        arena->n_row = arena->n_column = 0;
    }
    return MEC_OK;
}

static mec_code read_animal(reading *r, hid_t arena_group, mec_arena *arena) {
    hid_t group = H5Gopen2(arena_group, r->animal_name, H5P_DEFAULT);
    bool has_resp = mec_h5_has_dataset(group, "resp");
    bool has_ids = mec_h5_has_dataset(group, "cell_ids");
    if (has_resp != has_ids)
        mec_fail(r->status, MEC_REFUSED, "%s: %s is missing; accepted: resp and cell_ids", place(r),
                 has_resp ? "cell_ids" : "resp");
    mec_animal animal = {.name = add_text(r, r->animal_name)};
    if (has_resp && has_ids && read_shape(r, group, arena, &animal) == MEC_OK &&
        read_ids(r, group, &animal) == MEC_OK) {
        mec_animal *animals = mec_grow(r->c->animals, r->c->n_animal, &r->animal_capacity,
                                       sizeof *animals, r->status);
        if (animals) {
            r->c->animals = animals;
            animals[r->c->n_animal++] = animal;
            arena->n_animal++;
        }
    }
    H5Gclose(group);
    return r->status->code;
}

static int by_text(const void *left, const void *right) {
    return strcmp(*(const char *const *)left, *(const char *const *)right);
}

static mec_code refuse_doubled_ids(reading *r, const mec_arena *arena) {
    if (arena->n_animal == 0)
        return MEC_OK;
    size_t first = r->c->animals[arena->first_animal].first_id;
    size_t n = r->c->n_id - first;
    const char **texts = mec_alloc(n, sizeof *texts, r->status);
    if (!texts)
        return r->status->code;
    for (size_t i = 0; i < n; i++)
        texts[i] = mec_catalogue_text(r->c, r->c->ids[first + i]);
    qsort(texts, n, sizeof *texts, by_text);
    for (size_t i = 1; i < n; i++)
        if (strcmp(texts[i - 1], texts[i]) == 0)
            mec_fail(r->status, MEC_REFUSED,
                     "%s: arena %s: cell id \"%s\" stands twice; accepted: ids that are unique "
                     "within an arena",
                     r->location, r->arena_name, texts[i]);
    free(texts);
    return r->status->code;
}

/* One axis: its ends, and its length where the file does not say. */
static void read_axis(hid_t group, const char *min_name, const char *max_name, double *length,
                      double *min, double *max) {
    double low = NAN;
    double high = NAN;
    mec_h5_read_real_attribute(group, min_name, &low);
    mec_h5_read_real_attribute(group, max_name, &high);
    bool given = isfinite(low) && isfinite(high) && low < high;
    if (given && isnan(*length))
        *length = high - low;
    *min = given ? low : -*length / 2;
    *max = given ? high : *length / 2;
}

/* Width and height: from the attributes, else from the arena's name if it is a number of metres. */
static void read_extent(hid_t group, const char *name, mec_arena *arena) {
    double side = NAN;
    if (!mec_text_to_real(name, &side))
        side = NAN;
    mec_h5_read_real_attribute(group, "side_m", &side);
    arena->width_m = arena->height_m = side;
    arena->bin_cm = NAN;
    mec_h5_read_real_attribute(group, "width_m", &arena->width_m);
    mec_h5_read_real_attribute(group, "height_m", &arena->height_m);
    mec_h5_read_real_attribute(group, "bin_cm", &arena->bin_cm);
    read_axis(group, "min_x", "max_x", &arena->width_m, &arena->box.min_x, &arena->box.max_x);
    read_axis(group, "min_y", "max_y", &arena->height_m, &arena->box.min_y, &arena->box.max_y);
}

static mec_code read_arena(reading *r, hid_t root) {
    hid_t group = H5Gopen2(root, r->arena_name, H5P_DEFAULT);
    char **names = NULL;
    size_t n = mec_h5_list_groups(group, &names, r->status);
    mec_arena arena = {.name = add_text(r, r->arena_name), .first_animal = r->c->n_animal};
    read_extent(group, r->arena_name, &arena);
    for (size_t i = 0; i < n && r->status->code == MEC_OK; i++) {
        r->animal_name = names[i];
        read_animal(r, group, &arena);
    }
    mec_h5_free_names(names, n);
    H5Gclose(group);
    if (r->status->code != MEC_OK || refuse_doubled_ids(r, &arena) || arena.n_animal == 0)
        return r->status->code; /* a group without animals is not an arena */
    mec_arena *arenas =
        mec_grow(r->c->arenas, r->c->n_arena, &r->arena_capacity, sizeof *arenas, r->status);
    if (arenas) {
        r->c->arenas = arenas;
        arenas[r->c->n_arena++] = arena;
    }
    return r->status->code;
}

static bool is_wanted(const char *list, const char *name) {
    char item[256];
    const char *rest = list;
    bool any = false;
    while (mec_text_next(&rest, ",", item, sizeof item)) {
        any = true;
        if (strcmp(item, name) == 0)
            return true;
    }
    return !any;
}

/* Every arena that was asked for must have been found among the groups `names`. */
static mec_code check_wanted(reading *r, char **names, size_t n) {
    char known[512] = "";
    size_t used = 0;
    for (size_t i = 0; i < n && used < sizeof known; i++)
        used +=
            (size_t)snprintf(known + used, sizeof known - used, "%s%s", i ? ", " : "", names[i]);
    char item[256];
    const char *rest = r->wanted;
    while (mec_text_next(&rest, ",", item, sizeof item)) {
        bool found = false;
        for (size_t a = 0; a < r->c->n_arena; a++)
            found |= strcmp(mec_catalogue_text(r->c, r->c->arenas[a].name), item) == 0;
        if (!found)
            return mec_fail(r->status, MEC_REFUSED, "%s: no arena \"%s\"; accepted: %s",
                            r->location, item, known);
    }
    if (r->c->n_arena == 0)
        mec_fail(r->status, MEC_REFUSED,
                 "%s: no arena found; accepted: /<arena>/<animal>/resp and cell_ids", r->location);
    return r->status->code;
}

/* Where each animal's responses stand when all are read, one after the other. */
static void place_responses(mec_catalogue *c) {
    size_t offset = 0;
    for (size_t a = 0; a < c->n_arena; a++)
        for (size_t i = 0; i < c->arenas[a].n_animal; i++) {
            mec_animal *animal = &c->animals[c->arenas[a].first_animal + i];
            animal->offset = offset;
            offset += c->arenas[a].n_state * animal->n_cell;
        }
}

/* Opens file and group, both closed by the caller; negative on failure. */
static hid_t open_location(const char *location, hid_t *group, mec_status *status) {
    char path[2048];
    const char *name = NULL;
    mec_h5_split_location(location, path, sizeof path, &name);
    hid_t file = mec_h5_open(path, H5F_ACC_RDONLY, status);
    if (file < 0)
        return file;
    *group = H5Gopen2(file, name, H5P_DEFAULT);
    if (*group < 0) {
        mec_fail(status, MEC_REFUSED, "%s: the file has no group %s", location, name);
        H5Fclose(file);
        return H5I_INVALID_HID;
    }
    return file;
}

void mec_input_describe(mec_input *input, const char *location) {
    char path[2048];
    const char *inside = NULL;
    struct stat file = {0};
    mec_h5_split_location(location, path, sizeof path, &inside);
    stat(path, &file);
    snprintf(input->path, sizeof input->path, "%s", location);
    input->n_byte = (double)file.st_size;
    input->modified = (double)file.st_mtime;
    input->device = (uint64_t)file.st_dev;
    input->inode = (uint64_t)file.st_ino;
}

mec_code mec_catalogue_read(mec_catalogue *catalogue, const char *location, const char *arenas,
                            mec_status *status) {
    reading r = {.location = location, .wanted = arenas, .c = catalogue, .status = status};
    *catalogue = (mec_catalogue){0};
    hid_t root = H5I_INVALID_HID;
    hid_t file = open_location(location, &root, status);
    if (file < 0)
        return status->code;
    char **names = NULL;
    size_t n = mec_h5_list_groups(root, &names, status);
    for (size_t i = 0; i < n && status->code == MEC_OK; i++) {
        r.arena_name = names[i];
        if (is_wanted(arenas, names[i]))
            read_arena(&r, root);
    }
    if (status->code == MEC_OK && check_wanted(&r, names, n) == MEC_OK) {
        place_responses(catalogue);
        mec_input_describe(&catalogue->input, location);
    }
    mec_h5_free_names(names, n);
    H5Gclose(root);
    H5Fclose(file);
    return status->code;
}

mec_code mec_catalogue_read_animal(const mec_catalogue *catalogue, const mec_arena *arena,
                                   const mec_animal *animal, double *resp, mec_status *status) {
    const char *location = catalogue->input.path;
    hid_t group = H5I_INVALID_HID;
    hid_t file = open_location(location, &group, status);
    if (file < 0)
        return status->code;
    char path[2048];
    snprintf(path, sizeof path, "%s/%s/resp", mec_catalogue_text(catalogue, arena->name),
             mec_catalogue_text(catalogue, animal->name));
    H5Eclear2(H5E_DEFAULT);
    hid_t values = H5Dopen2(group, path, H5P_DEFAULT);
    if (values < 0 || H5Dread(values, H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, resp) < 0)
        mec_h5_fail(status, MEC_REFUSED, "%s: %s cannot be read", location, path);
    if (mec_fault_here("catalogue_read_animal"))
        mec_fail(status, MEC_FAILED, "injected: %s: %s cannot be read", location, path);
    H5Dclose(values);
    H5Gclose(group);
    H5Fclose(file);
    return status->code;
}

const char *mec_catalogue_text(const mec_catalogue *catalogue, size_t offset) {
    return catalogue->pool + offset;
}

const char *mec_catalogue_cell_id(const mec_catalogue *catalogue, const mec_animal *animal,
                                  size_t cell) {
    return catalogue->pool + catalogue->ids[animal->first_id + cell];
}

void mec_catalogue_destroy(mec_catalogue *catalogue) {
    free(catalogue->arenas);
    free(catalogue->animals);
    free(catalogue->ids);
    free(catalogue->pool);
    *catalogue = (mec_catalogue){0};
}
