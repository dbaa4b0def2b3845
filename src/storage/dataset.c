#include "storage/dataset.h"

#include <stdlib.h>
#include <string.h>

#include "base/fault.h"

const double *mec_dataset_resp(const mec_dataset *dataset, const mec_animal *animal) {
    return dataset->resp.data + animal->offset;
}

void mec_dataset_destroy(mec_dataset *dataset) {
    mec_node_array_destroy(&dataset->resp);
    mec_catalogue_destroy(&dataset->catalogue);
}

static void digest_text(mec_digest *digest, const char *text) {
    mec_digest_add(digest, text, strlen(text) + 1);
}

static void digest_animal(mec_digest *digest, const mec_dataset *dataset, const mec_arena *arena,
                          const mec_animal *animal) {
    uint64_t shape[] = {arena->n_row, arena->n_column, arena->n_state, animal->n_cell};
    digest_text(digest, mec_catalogue_text(&dataset->catalogue, arena->name));
    digest_text(digest, mec_catalogue_text(&dataset->catalogue, animal->name));
    mec_digest_add(digest, shape, sizeof shape);
    for (size_t cell = 0; cell < animal->n_cell; cell++)
        digest_text(digest, mec_catalogue_cell_id(&dataset->catalogue, animal, cell));
    mec_digest_add(digest, mec_dataset_resp(dataset, animal),
                   arena->n_state * animal->n_cell * sizeof(double));
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
                                          status) == MEC_OK)
                digest_animal(&digest, d, arena, animal);
            if (mec_agree(world, status))
                return status->code;
            mec_node_array_share(&d->resp, animal->offset, count);
        }
    }
    mec_digest_finish(&digest, c->input.sha256);
    mec_broadcast(world->comm, c->input.sha256, sizeof c->input.sha256);
    return MEC_OK;
}

mec_code mec_dataset_read(const mec_world *world, const char *location, const char *arenas,
                          mec_dataset *dataset, mec_status *status) {
    mec_catalogue *c = &dataset->catalogue;
    *dataset = (mec_dataset){0};
    if (world->rank == 0)
        mec_catalogue_read(c, location, arenas, status);
    if (mec_agree(world, status) || share_catalogue(world, c, status))
        return status->code;
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
