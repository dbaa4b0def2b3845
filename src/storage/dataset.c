#include "storage/dataset.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/fault.h"
#include "storage/catalogue.h"

const char *mec_dataset_text(const mec_dataset *dataset, size_t offset) {
    return dataset->pool + offset;
}

const char *mec_dataset_cell_id(const mec_dataset *dataset, const mec_animal *animal, size_t cell) {
    return dataset->pool + dataset->ids[animal->first_id + cell];
}

const double *mec_dataset_resp(const mec_dataset *dataset, const mec_animal *animal) {
    return dataset->resp.data + animal->offset;
}

void mec_dataset_destroy(mec_dataset *dataset) {
    mec_node_array_destroy(&dataset->resp);
    free(dataset->arenas);
    free(dataset->animals);
    free(dataset->ids);
    free(dataset->pool);
    *dataset = (mec_dataset){0};
}

mec_code mec_dataset_catalogue(const char *location, const char *arenas, mec_dataset *dataset,
                               mec_status *status) {
    *dataset = (mec_dataset){0};
    return mec_catalogue_read(location, arenas, dataset, status);
}

mec_code mec_dataset_read_animal(const char *location, const mec_dataset *dataset,
                                 const mec_arena *arena, const mec_animal *animal, double *resp,
                                 mec_status *status) {
    hid_t group = H5I_INVALID_HID;
    hid_t file = mec_catalogue_open(location, &group, status);
    if (file < 0)
        return status->code;
    char path[2048];
    snprintf(path, sizeof path, "%s/%s/resp", mec_dataset_text(dataset, arena->name),
             mec_dataset_text(dataset, animal->name));
    H5Eclear2(H5E_DEFAULT);
    hid_t values = H5Dopen2(group, path, H5P_DEFAULT);
    if (values < 0 || H5Dread(values, H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, resp) < 0)
        mec_h5_fail(status, MEC_REFUSED, "%s: %s cannot be read", location, path);
    if (mec_fault_here("dataset_read_animal"))
        mec_fail(status, MEC_FAILED, "injected: %s: %s cannot be read", location, path);
    H5Dclose(values);
    H5Gclose(group);
    H5Fclose(file);
    return status->code;
}

static void digest_text(mec_digest *digest, const char *text) {
    mec_digest_add(digest, text, strlen(text) + 1);
}

static void digest_animal(mec_digest *digest, const mec_dataset *dataset, const mec_arena *arena,
                          const mec_animal *animal) {
    uint64_t shape[] = {arena->n_row, arena->n_column, arena->n_state, animal->n_cell};
    digest_text(digest, mec_dataset_text(dataset, arena->name));
    digest_text(digest, mec_dataset_text(dataset, animal->name));
    mec_digest_add(digest, shape, sizeof shape);
    for (size_t cell = 0; cell < animal->n_cell; cell++)
        digest_text(digest, mec_dataset_cell_id(dataset, animal, cell));
    mec_digest_add(digest, mec_dataset_resp(dataset, animal),
                   arena->n_state * animal->n_cell * sizeof(double));
}

static mec_code share_catalogue(const mec_world *world, mec_dataset *d, mec_status *status) {
    struct {
        void **block;
        size_t *count;
        size_t size;
    } blocks[] = {
        {(void **)&d->arenas, &d->n_arena, sizeof *d->arenas},
        {(void **)&d->animals, &d->n_animal, sizeof *d->animals},
        {(void **)&d->ids, &d->n_id, sizeof *d->ids},
        {(void **)&d->pool, &d->pool_size, 1},
    };
    for (size_t i = 0; i < sizeof blocks / sizeof *blocks; i++) {
        size_t bytes = *blocks[i].count * blocks[i].size;
        if (mec_broadcast_block(world, blocks[i].block, &bytes, status))
            return status->code;
        *blocks[i].count = bytes / blocks[i].size;
    }
    mec_broadcast(world->comm, &d->input, sizeof d->input);
    return MEC_OK;
}

/* Rank 0 reads animal after animal into its copy; each goes to the other nodes at once. */
static mec_code load_responses(const mec_world *world, const char *location, mec_dataset *d,
                               mec_status *status) {
    mec_digest digest;
    mec_digest_start(&digest);
    for (size_t a = 0; a < d->n_arena; a++) {
        const mec_arena *arena = &d->arenas[a];
        for (size_t i = 0; i < arena->n_animal; i++) {
            const mec_animal *animal = &d->animals[arena->first_animal + i];
            size_t count = arena->n_state * animal->n_cell;
            if (world->rank == 0 &&
                mec_dataset_read_animal(location, d, arena, animal, d->resp.data + animal->offset,
                                        status) == MEC_OK)
                digest_animal(&digest, d, arena, animal);
            if (mec_agree(world, status))
                return status->code;
            mec_node_array_share(&d->resp, animal->offset, count);
        }
    }
    mec_digest_finish(&digest, d->input.sha256);
    mec_broadcast(world->comm, d->input.sha256, sizeof d->input.sha256);
    return MEC_OK;
}

mec_code mec_dataset_read(const mec_world *world, const char *location, const char *arenas,
                          mec_dataset *dataset, mec_status *status) {
    *dataset = (mec_dataset){0};
    if (world->rank == 0)
        mec_catalogue_read(location, arenas, dataset, status);
    if (mec_agree(world, status) || share_catalogue(world, dataset, status))
        return status->code;
    size_t count = 0;
    for (size_t a = 0; a < dataset->n_arena; a++) {
        const mec_arena *arena = &dataset->arenas[a];
        for (size_t i = 0; i < arena->n_animal; i++)
            count += arena->n_state * dataset->animals[arena->first_animal + i].n_cell;
    }
    if (mec_node_array_create(world, count, "the dataset", &dataset->resp, status))
        return status->code;
    return load_responses(world, location, dataset, status);
}
