#include "storage/dataset.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "storage/slab.h"

const double *mec_dataset_resp(const mec_dataset *dataset, const mec_animal *animal) {
    return dataset->resp.data ? dataset->resp.data + animal->offset : NULL;
}

const uint8_t *mec_dataset_finite(const mec_dataset *dataset, const mec_animal *animal) {
    size_t index = (size_t)(animal - dataset->catalogue.animals);
    return dataset->finite ? dataset->finite + index * dataset->most_state : NULL;
}

void mec_dataset_destroy(mec_dataset *dataset) {
    mec_node_array_destroy(&dataset->resp);
    free(dataset->finite);
    mec_catalogue_destroy(&dataset->catalogue);
}

static void digest_text(mec_digest *digest, const char *text) {
    mec_digest_add(digest, text, strlen(text) + 1);
}

/* All that identifies an animal but its responses. */
static void digest_names(mec_digest *digest, const mec_catalogue *c, const mec_arena *arena,
                         const mec_animal *animal) {
    uint64_t shape[] = {arena->n_row, arena->n_column, arena->n_state, animal->n_cell};
    digest_text(digest, mec_catalogue_text(c, arena->name));
    digest_text(digest, mec_catalogue_text(c, animal->name));
    mec_digest_add(digest, shape, sizeof shape);
    for (size_t cell = 0; cell < animal->n_cell; cell++)
        digest_text(digest, mec_catalogue_cell_id(c, animal, cell));
}

static mec_code share_catalogue(const mec_world *world, mec_catalogue *c, mec_status *status) {
    struct {
        void **block;
        size_t *count;
        size_t size;
    } blocks[] = {
        {(void **)&c->arenas, &c->n_arena, sizeof *c->arenas},
        {(void **)&c->animals, &c->n_animal, sizeof *c->animals},
        {(void **)&c->ids, &c->n_id, sizeof *c->ids},
        {(void **)&c->pool, &c->pool_size, 1},
    };
    for (size_t i = 0; i < sizeof blocks / sizeof *blocks; i++) {
        size_t bytes = *blocks[i].count * blocks[i].size;
        if (mec_broadcast_block(world, blocks[i].block, &bytes, status))
            return status->code;
        *blocks[i].count = bytes / blocks[i].size;
    }
    mec_broadcast(world->comm, &c->input, sizeof c->input);
    return MEC_OK;
}

/* Rank 0 reads animal after animal into its copy; each goes to the other nodes at once. */
static mec_code load_responses(const mec_world *world, mec_dataset *d, mec_status *status) {
    mec_catalogue *c = &d->catalogue;
    mec_digest digest;
    mec_digest_start(&digest);
    for (size_t a = 0; a < c->n_arena; a++) {
        const mec_arena *arena = &c->arenas[a];
        for (size_t i = 0; i < arena->n_animal; i++) {
            const mec_animal *animal = &c->animals[arena->first_animal + i];
            size_t count = arena->n_state * animal->n_cell;
            if (world->rank == 0 &&
                mec_catalogue_read_animal(c, arena, animal, d->resp.data + animal->offset,
                                          status) == MEC_OK) {
                digest_names(&digest, c, arena, animal);
                mec_digest_add(&digest, d->resp.data + animal->offset, count * sizeof(double));
            }
            if (mec_agree(world, status))
                return status->code;
            mec_node_array_share(&d->resp, animal->offset, count);
        }
    }
    mec_digest_finish(&digest, c->input.sha256);
    mec_broadcast(world->comm, c->input.sha256, sizeof c->input.sha256);
    return MEC_OK;
}

mec_code mec_dataset_load(const mec_world *world, mec_dataset *dataset, mec_status *status) {
    const mec_catalogue *c = &dataset->catalogue;
    size_t count = 0;
    for (size_t a = 0; a < c->n_arena; a++) {
        const mec_arena *arena = &c->arenas[a];
        for (size_t i = 0; i < arena->n_animal; i++)
            count += arena->n_state * c->animals[arena->first_animal + i].n_cell;
    }
    if (mec_node_array_create(world, count, "the dataset", &dataset->resp, status))
        return status->code;
    return load_responses(world, dataset, status);
}

/* ---- without keeping the responses ---- */

/* Digests the bands of one animal and clears `finite` (n_state) where a cell is not. */
static mec_code scan_animal(const mec_catalogue *c, const mec_arena *arena,
                            const mec_animal *animal, mec_digest *digest, uint8_t *finite,
                            mec_status *status) {
    mec_slab slab;
    mec_slab_open(c, arena, animal, &slab, status);
    double *band = mec_alloc(mec_slab_most(&slab) * animal->n_cell, sizeof *band, status);
    memset(finite, 1, arena->n_state);
    digest_names(digest, c, arena, animal);
    for (size_t first = 0; first < arena->n_state && status->code == MEC_OK;) {
        size_t n = mec_slab_size(&slab, first);
        if (mec_slab_read(&slab, first, band, status))
            break;
        mec_digest_add(digest, band, n * animal->n_cell * sizeof *band);
        for (size_t i = 0; i < n; i++)
            for (size_t j = 0; j < animal->n_cell; j++)
                finite[first + i] &= isfinite(band[i * animal->n_cell + j]) != 0;
        first += n;
    }
    free(band);
    mec_slab_close(&slab);
    return status->code;
}

mec_code mec_dataset_scan(const mec_world *world, mec_dataset *d, mec_status *status) {
    mec_catalogue *c = &d->catalogue;
    mec_digest digest;
    for (size_t a = 0; a < c->n_arena; a++)
        d->most_state = c->arenas[a].n_state > d->most_state ? c->arenas[a].n_state : d->most_state;
    d->finite = mec_alloc(c->n_animal * d->most_state, 1, status);
    if (mec_agree(world, status))
        return status->code;
    mec_digest_start(&digest);
    for (size_t a = 0; a < c->n_arena && world->rank == 0; a++)
        for (size_t i = 0; i < c->arenas[a].n_animal && status->code == MEC_OK; i++) {
            size_t animal = c->arenas[a].first_animal + i;
            scan_animal(c, &c->arenas[a], &c->animals[animal], &digest,
                        d->finite + animal * d->most_state, status);
        }
    mec_digest_finish(&digest, c->input.sha256);
    if (mec_agree(world, status))
        return status->code;
    mec_broadcast(world->comm, c->input.sha256, sizeof c->input.sha256);
    mec_broadcast(world->comm, d->finite, c->n_animal * d->most_state);
    return MEC_OK;
}

/* ---- all ---- */

mec_code mec_dataset_open(const mec_world *world, const char *location, const char *arenas,
                          mec_dataset *dataset, mec_status *status) {
    *dataset = (mec_dataset){0};
    if (world->rank == 0)
        mec_catalogue_read(&dataset->catalogue, location, arenas, status);
    if (mec_agree(world, status))
        return status->code;
    return share_catalogue(world, &dataset->catalogue, status);
}

mec_code mec_dataset_read(const mec_world *world, const char *location, const char *arenas,
                          mec_dataset *dataset, mec_status *status) {
    if (mec_dataset_open(world, location, arenas, dataset, status))
        return status->code;
    return mec_dataset_load(world, dataset, status);
}
