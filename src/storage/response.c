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

/* Whether an array of this shape says something of every state of the arena. */
static bool fits(const mec_arena *arena, const hsize_t *dims, int rank) {
    if (rank == 2)
        return dims[0] == arena->n_state;
    bool same_bins = arena->n_row == 0 || dims[0] == arena->n_row;
    return same_bins && dims[0] * dims[1] == arena->n_state;
}

static mec_code refuse_shape(const mec_catalogue *c, const mec_arena *arena, const char *location,
                             const char *path, const hsize_t *dims, int rank, mec_status *status) {
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
                    location, path, found, rank == 3 ? "x bins x y bins x units" : "states x units",
                    mec_catalogue_text(c, arena->name), c->input.path, bins,
                    mec_catalogue_text(c, animal->name), bins, animal->n_cell, bins,
                    arena->n_row > 0 ? " or states x units" : "");
}

/* Reads the shape of one arena's array. */
static mec_code read_shape(hid_t file, const char *location, const mec_catalogue *c,
                           const mec_arena *arena, const char *path, size_t *n_unit,
                           mec_status *status) {
    hsize_t dims[3] = {0};
    if (!mec_h5_has_dataset(file, path))
        return mec_fail(status, MEC_REFUSED,
                        "%s: the file has no dataset %s for arena %s; accepted: one for every "
                        "arena that is compared (data.arenas lists some)",
                        location, path, mec_catalogue_text(c, arena->name));
    hid_t values = H5Dopen2(file, path, H5P_DEFAULT);
    int rank = mec_h5_shape(values, dims, 3);
    bool number = mec_h5_is_number(values);
    H5Dclose(values);
    if (rank < 2 || rank > 3 || !number)
        return mec_fail(status, MEC_REFUSED,
                        "%s: %s has %d dimension(s)%s; accepted: numbers, (x bins, y bins, units) "
                        "or (states, units)",
                        location, path, rank, number ? "" : " and holds no numbers");
    if (!fits(arena, dims, rank) || dims[rank - 1] == 0 || dims[rank - 1] > INT32_MAX)
        return refuse_shape(c, arena, location, path, dims, rank, status);
    *n_unit = dims[rank - 1];
    return MEC_OK;
}

/* Opens the file of a location; `*inside` is the path in it. */
static hid_t open_location(const char *location, char *path, size_t size, const char **inside,
                           mec_status *status) {
    mec_h5_split_location(location, path, size, inside);
    if (strcmp(*inside, "/") == 0) {
        mec_fail(status, MEC_REFUSED,
                 "%s: names no dataset; accepted: file.h5:/path, in which {arena} stands for the "
                 "arena's name",
                 location);
        return H5I_INVALID_HID;
    }
    return mec_h5_open(path, H5F_ACC_RDONLY, status);
}

/* Rank 0: where every arena's values will stand. */
static mec_code read_shapes(const char *location, const mec_catalogue *c, mec_response *r,
                            mec_status *status) {
    char file_path[2048];
    char path[2048];
    const char *inside = NULL;
    hid_t file = open_location(location, file_path, sizeof file_path, &inside, status);
    if (file < 0)
        return status->code;
    size_t offset = 0;
    for (size_t a = 0; a < c->n_arena && status->code == MEC_OK; a++) {
        path_of_arena(inside, mec_catalogue_text(c, c->arenas[a].name), path, sizeof path);
        r->arenas[a].offset = offset;
        read_shape(file, location, c, &c->arenas[a], path, &r->arenas[a].n_unit, status);
        offset += c->arenas[a].n_state * r->arenas[a].n_unit;
    }
    mec_input_describe(&r->input, location);
    H5Fclose(file);
    return status->code;
}

/* Rank 0: the values of all arenas, and their digest. */
static mec_code read_values(const char *location, const mec_catalogue *c, mec_response *r,
                            mec_status *status) {
    char file_path[2048];
    char path[2048];
    const char *inside = NULL;
    hid_t file = open_location(location, file_path, sizeof file_path, &inside, status);
    if (file < 0)
        return status->code;
    mec_digest digest;
    mec_digest_start(&digest);
    for (size_t a = 0; a < c->n_arena && status->code == MEC_OK; a++) {
        double *out = r->values.data + r->arenas[a].offset;
        uint64_t shape[] = {c->arenas[a].n_state, r->arenas[a].n_unit};
        path_of_arena(inside, mec_catalogue_text(c, c->arenas[a].name), path, sizeof path);
        H5Eclear2(H5E_DEFAULT);
        hid_t values = H5Dopen2(file, path, H5P_DEFAULT);
        if (values < 0 ||
            H5Dread(values, H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, out) < 0)
            mec_h5_fail(status, MEC_REFUSED, "%s: %s cannot be read", location, path);
        H5Dclose(values);
        mec_digest_add(&digest, shape, sizeof shape);
        mec_digest_add(&digest, out, shape[0] * shape[1] * sizeof *out);
    }
    if (mec_fault_here("response_read"))
        mec_fail(status, MEC_FAILED, "injected: %s cannot be read", location);
    mec_digest_finish(&digest, r->input.sha256);
    H5Fclose(file);
    return status->code;
}

mec_code mec_response_read(const mec_world *world, const char *location,
                           const mec_catalogue *catalogue, mec_response *response,
                           mec_status *status) {
    *response = (mec_response){.n_arena = catalogue->n_arena};
    response->arenas = mec_alloc(catalogue->n_arena, sizeof *response->arenas, status);
    if (mec_agree(world, status) == MEC_OK && world->rank == 0)
        read_shapes(location, catalogue, response, status);
    if (mec_agree(world, status))
        return status->code;
    mec_broadcast(world->comm, response->arenas, catalogue->n_arena * sizeof *response->arenas);
    size_t count = 0;
    for (size_t a = 0; a < catalogue->n_arena; a++)
        count += catalogue->arenas[a].n_state * response->arenas[a].n_unit;
    if (mec_node_array_create(world, count, "the responses", &response->values, status))
        return status->code;
    if (world->rank == 0)
        read_values(location, catalogue, response, status);
    if (mec_agree(world, status))
        return status->code;
    mec_node_array_share(&response->values, 0, count);
    mec_broadcast(world->comm, &response->input, sizeof response->input);
    return MEC_OK;
}

void mec_response_destroy(mec_response *response) {
    mec_node_array_destroy(&response->values);
    free(response->arenas);
    *response = (mec_response){0};
}
