#include "storage/response.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/fault.h"
#include "base/memory.h"
#include "storage/h5.h"

static const char PLACEHOLDER[] = "{arena}";

/* The path of an arena's array: `inside` with the arena's name put in. */
static void path_of_arena(const char *inside, const char *arena, char *path, size_t size) {
    size_t used = 0;
    const char *place;
    while ((place = strstr(inside, PLACEHOLDER)) && used < size) {
        used += (size_t)snprintf(path + used, size - used, "%.*s%s", (int)(place - inside), inside,
                                 arena);
        inside = place + strlen(PLACEHOLDER);
    }
    if (used < size)
        snprintf(path + used, size - used, "%s", inside);
}

static void print_shape(const hsize_t *dims, int rank, char *text, size_t size) {
    size_t used = 0;
    *text = '\0';
    for (int d = 0; d < rank && used < size; d++)
        used += (size_t)snprintf(text + used, size - used, "%s%llu", d ? " x " : "",
                                 (unsigned long long)dims[d]);
}

/* What is read: `paths` (arena, part) in a file, and what it is called in messages. */
typedef struct reading {
    const mec_catalogue *catalogue;
    const char *file, *location;
    const char *const *paths;
    size_t n_part;
    mec_response *response;
} reading;

static const char *path_of(const reading *r, size_t arena, size_t part) {
    return r->paths[arena * r->n_part + part];
}

/* Whether an array of this shape says something of every state of the arena, or of some of them
 * where it is one of several parts. */
static bool fits(const reading *r, const mec_arena *arena, const hsize_t *dims, int rank) {
    hsize_t n_state = rank == 2 ? dims[0] : dims[0] * dims[1];
    bool same_bins = rank == 2 || arena->n_row == 0 || dims[0] == arena->n_row;
    return r->n_part > 1 || (same_bins && n_state == arena->n_state);
}

static mec_code refuse_shape(const reading *r, const mec_arena *arena, const char *path,
                             const hsize_t *dims, int rank, mec_status *status) {
    const mec_catalogue *c = r->catalogue;
    char found[128];
    char bins[64];
    const mec_animal *animal = &c->animals[arena->first_animal];
    print_shape(dims, rank, found, sizeof found);
    if (arena->n_row > 0)
        snprintf(bins, sizeof bins, "%zu x %zu", arena->n_row, arena->n_column);
    else
        snprintf(bins, sizeof bins, "%zu", arena->n_state);
    return mec_fail(status, MEC_REFUSED,
                    "%s: %s is %s (%s), but arena %s of %s has %s bins (animal %s: %s x %zu "
                    "cells); accepted: %s x units%s",
                    r->location, path, found,
                    rank == 3 ? "x bins x y bins x units" : "states x units",
                    mec_catalogue_text(c, arena->name), c->input.path, bins,
                    mec_catalogue_text(c, animal->name), bins, animal->n_cell, bins,
                    arena->n_row > 0 ? " or states x units" : "");
}

/* Reads the shape of one array. */
static mec_code read_shape(hid_t file, const reading *r, const mec_arena *arena, const char *path,
                           size_t *n_state, size_t *n_unit, mec_status *status) {
    hsize_t dims[3] = {0};
    if (!mec_h5_has_dataset(file, path))
        return mec_fail(status, MEC_REFUSED,
                        "%s: the file has no dataset %s for arena %s; accepted: one for every "
                        "arena that is compared (data.arenas lists some)",
                        r->location, path, mec_catalogue_text(r->catalogue, arena->name));
    hid_t values = H5Dopen2(file, path, H5P_DEFAULT);
    int rank = mec_h5_shape(values, dims, 3);
    bool number = mec_h5_is_number(values);
    H5Dclose(values);
    if (rank < 2 || rank > 3 || !number)
        return mec_fail(status, MEC_REFUSED,
                        "%s: %s has %d dimension(s)%s; accepted: numbers, (x bins, y bins, units) "
                        "or (states, units)",
                        r->location, path, rank, number ? "" : " and holds no numbers");
    if (!fits(r, arena, dims, rank) || dims[rank - 1] == 0 || dims[rank - 1] > INT32_MAX)
        return refuse_shape(r, arena, path, dims, rank, status);
    *n_state = rank == 2 ? dims[0] : dims[0] * dims[1];
    *n_unit = dims[rank - 1];
    return MEC_OK;
}

/* The parts of an arena must have the same units, and all its states together. */
static mec_code read_arena_shape(hid_t file, const reading *r, size_t a, mec_status *status) {
    const mec_arena *arena = &r->catalogue->arenas[a];
    const char *name = mec_catalogue_text(r->catalogue, arena->name);
    size_t *n_unit = &r->response->arenas[a].n_unit;
    size_t total = 0;
    for (size_t k = 0; k < r->n_part; k++) {
        size_t n_state = 0;
        size_t n = 0;
        if (read_shape(file, r, arena, path_of(r, a, k), &n_state, &n, status))
            return status->code;
        if (k > 0 && n != *n_unit)
            return mec_fail(status, MEC_REFUSED,
                            "%s: %s has %zu units, but %s has %zu; accepted: the same units",
                            r->location, path_of(r, a, k), n, path_of(r, a, 0), *n_unit);
        *n_unit = n;
        total += n_state;
    }
    if (total != arena->n_state || (r->n_part > 1 && arena->n_row > 0))
        mec_fail(status, MEC_REFUSED,
                 "%s: %zu arrays stacked along states have %zu of them, but arena %s of %s has "
                 "%zu%s; accepted: flat responses (states, cells) of as many states",
                 r->location, r->n_part, total, name, r->catalogue->input.path, arena->n_state,
                 arena->n_row > 0 ? " in two dimensions" : "");
    return status->code;
}

/* Rank 0: where every arena's values will stand. */
static mec_code read_shapes(const reading *r, mec_status *status) {
    hid_t file = mec_h5_open(r->file, H5F_ACC_RDONLY, status);
    if (file < 0)
        return status->code;
    size_t offset = 0;
    for (size_t a = 0; a < r->catalogue->n_arena && status->code == MEC_OK; a++) {
        r->response->arenas[a].offset = offset;
        read_arena_shape(file, r, a, status);
        offset += r->catalogue->arenas[a].n_state * r->response->arenas[a].n_unit;
    }
    mec_input_describe(&r->response->input, r->location);
    H5Fclose(file);
    return status->code;
}

/* The values of one array to `out`; their number. */
static size_t read_part(hid_t file, const reading *r, const char *path, double *out,
                        mec_status *status) {
    H5Eclear2(H5E_DEFAULT);
    hid_t values = H5Dopen2(file, path, H5P_DEFAULT);
    hid_t space = H5Dget_space(values);
    hssize_t n = H5Sget_simple_extent_npoints(space);
    if (values < 0 || n < 0 ||
        H5Dread(values, H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, out) < 0)
        mec_h5_fail(status, MEC_REFUSED, "%s: %s cannot be read", r->location, path);
    H5Sclose(space);
    H5Dclose(values);
    return n < 0 ? 0 : (size_t)n;
}

/* Rank 0: the values of all arenas, and their digest. */
static mec_code read_values(const reading *r, mec_status *status) {
    hid_t file = mec_h5_open(r->file, H5F_ACC_RDONLY, status);
    if (file < 0)
        return status->code;
    mec_digest digest;
    mec_digest_start(&digest);
    for (size_t a = 0; a < r->catalogue->n_arena && status->code == MEC_OK; a++) {
        const mec_response_arena *arena = &r->response->arenas[a];
        double *out = r->response->values.data + arena->offset;
        uint64_t shape[] = {r->catalogue->arenas[a].n_state, arena->n_unit};
        double *next = out;
        for (size_t k = 0; k < r->n_part && status->code == MEC_OK; k++)
            next += read_part(file, r, path_of(r, a, k), next, status);
        mec_digest_add(&digest, shape, sizeof shape);
        mec_digest_add(&digest, out, shape[0] * shape[1] * sizeof *out);
    }
    if (mec_fault_here("response_read"))
        mec_fail(status, MEC_FAILED, "injected: %s cannot be read", r->location);
    mec_digest_finish(&digest, r->response->input.sha256);
    H5Fclose(file);
    return status->code;
}

static mec_code read_all(const mec_world *world, const reading *r, mec_status *status) {
    const mec_catalogue *catalogue = r->catalogue;
    mec_response *response = r->response;
    *response = (mec_response){.n_arena = catalogue->n_arena};
    response->arenas = mec_alloc(catalogue->n_arena, sizeof *response->arenas, status);
    if (mec_agree(world, status) == MEC_OK && world->rank == 0)
        read_shapes(r, status);
    if (mec_agree(world, status))
        return status->code;
    mec_broadcast(world->comm, response->arenas, catalogue->n_arena * sizeof *response->arenas);
    size_t count = 0;
    for (size_t a = 0; a < catalogue->n_arena; a++)
        count += catalogue->arenas[a].n_state * response->arenas[a].n_unit;
    if (mec_node_array_create(world, count, "the responses", &response->values, status))
        return status->code;
    if (world->rank == 0)
        read_values(r, status);
    if (mec_agree(world, status))
        return status->code;
    mec_node_array_share(&response->values, 0, count);
    mec_broadcast(world->comm, &response->input, sizeof response->input);
    return MEC_OK;
}

/* The path of every arena, from one in which {arena} stands for its name. */
static char **fill_in_arenas(const char *inside, const mec_catalogue *catalogue,
                             mec_status *status) {
    char path[2048];
    char **paths = mec_alloc(catalogue->n_arena, sizeof *paths, status);
    for (size_t a = 0; paths && a < catalogue->n_arena; a++) {
        path_of_arena(inside, mec_catalogue_text(catalogue, catalogue->arenas[a].name), path,
                      sizeof path);
        paths[a] = mec_copy_text(path, status);
    }
    return paths;
}

mec_code mec_response_read(const mec_world *world, const char *location,
                           const mec_catalogue *catalogue, mec_response *response,
                           mec_status *status) {
    char file[2048];
    const char *inside = NULL;
    mec_h5_split_location(location, file, sizeof file, &inside);
    if (strcmp(inside, "/") == 0)
        mec_fail(status, MEC_REFUSED,
                 "%s: names no dataset; accepted: file.h5:/path, in which {arena} stands for the "
                 "arena's name",
                 location);
    char **paths = fill_in_arenas(inside, catalogue, status);
    if (mec_agree(world, status) == MEC_OK) {
        reading r = {catalogue, file, location, (const char *const *)paths, 1, response};
        read_all(world, &r, status);
    }
    for (size_t a = 0; paths && a < catalogue->n_arena; a++)
        free(paths[a]);
    free(paths);
    return status->code;
}

mec_code mec_response_read_stacked(const mec_world *world, const char *file,
                                   const char *const *paths, size_t n_part,
                                   const mec_catalogue *catalogue, mec_response *response,
                                   mec_status *status) {
    reading r = {catalogue, file, file, paths, n_part, response};
    return read_all(world, &r, status);
}

void mec_response_destroy(mec_response *response) {
    mec_node_array_destroy(&response->values);
    free(response->arenas);
    *response = (mec_response){0};
}
