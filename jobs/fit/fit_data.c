#include "fit/fit_data.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/text_file.h"
#include "fit/fit_model.h"
#include "maps/reliability.h"
#include "report/grid_table.h"

static void add_input(fit_data *data, const mec_input *input) {
    data->inputs[data->n_input++] = *input;
}

/* ---- parameters for single cells ---- */

/* Rank 0 reads the file; all ranks parse the same text and so meet the same failure. */
static mec_code read_parameters(fit_data *data, const mec_world *world, const job_settings *values,
                                mec_status *status) {
    const char *path = values->map.per_cell;
    size_t size = 0;
    char *text = NULL;
    mec_input input = {0};
    if (!*path) {
        per_cell_plain(&data->parameters, &values->map, status);
        return mec_agree(world, status);
    }
    if (world->rank == 0) {
        text = grid_table_is_run(path) ? grid_table_read(path, &size, status)
                                       : mec_text_file_read(path, &size, status);
        mec_input_describe(&input, path);
    }
    void *block = text;
    if (mec_agree(world, status) == MEC_OK &&
        mec_broadcast_block(world, &block, &size, status) == MEC_OK) {
        mec_digest digest;
        mec_digest_start(&digest);
        mec_digest_add(&digest, block, size);
        mec_digest_finish(&digest, input.sha256);
        mec_broadcast(world->comm, &input, sizeof input);
        add_input(data, &input);
        per_cell_parse(&data->parameters, path, block, size, &values->map, status);
    }
    free(block);
    return mec_agree(world, status);
}

/* ---- halves of the recordings ---- */

/* One half: its dataset, and views of its animals in the order of the recordings'. */
typedef struct half {
    const char *key; /* of the setting */
    mec_dataset dataset;
    const mec_animal *animal; /* the counterpart of the animal that is looked at */
    mec_population population;
} half;

/* Flat responses are of bins of any shape. */
static bool same_bins(const mec_arena *a, const mec_arena *b) {
    bool flat = a->n_row == 0 || b->n_row == 0;
    return a->n_state == b->n_state && (flat || a->n_row == b->n_row);
}

/* "20 x 30", or "600" where they are flat. */
static const char *bins_text(const mec_arena *arena, char text[64]) {
    if (arena->n_row > 0)
        snprintf(text, 64, "%zu x %zu", arena->n_row, arena->n_column);
    else
        snprintf(text, 64, "%zu", arena->n_state);
    return text;
}

/* Finds the counterparts of an arena's animal in a half. */
static mec_code find_animal(half *h, const fit_data *data, size_t arena, size_t animal,
                            mec_status *status) {
    const mec_catalogue *whole = &data->dataset.catalogue;
    const mec_catalogue *c = &h->dataset.catalogue;
    const char *arena_name = mec_catalogue_text(whole, whole->arenas[arena].name);
    const char *animal_name = mec_catalogue_text(whole, whole->animals[animal].name);
    char bins[2][64];
    h->animal = NULL;
    for (size_t a = 0; a < c->n_arena; a++) {
        if (strcmp(mec_catalogue_text(c, c->arenas[a].name), arena_name) != 0)
            continue;
        if (!same_bins(&c->arenas[a], &whole->arenas[arena]))
            return mec_fail(status, MEC_REFUSED,
                            "%s: arena %s has %s bins, but %s has %s; accepted: the same bins",
                            c->input.path, arena_name, bins_text(&c->arenas[a], bins[0]),
                            whole->input.path, bins_text(&whole->arenas[arena], bins[1]));
        for (size_t i = 0; i < c->arenas[a].n_animal; i++) {
            const mec_animal *one = &c->animals[c->arenas[a].first_animal + i];
            if (strcmp(mec_catalogue_text(c, one->name), animal_name) != 0)
                continue;
            h->animal = one;
            h->population = (mec_population){mec_dataset_resp(&h->dataset, one),
                                             c->arenas[a].n_state, one->n_cell};
        }
    }
    if (!h->animal)
        mec_fail(status, MEC_REFUSED,
                 "%s: has no animal %s in arena %s; accepted: the cells of %s, from a half of the "
                 "recordings",
                 c->input.path, animal_name, arena_name, whole->input.path);
    return status->code;
}

/* Where the cell `id` stands in the half's animal; usually at `guess`. */
static mec_code find_cell(const half *h, const char *id, size_t guess, size_t *cell,
                          mec_status *status) {
    const mec_catalogue *c = &h->dataset.catalogue;
    size_t n = h->animal->n_cell;
    for (size_t k = 0; k < n; k++) {
        *cell = (guess + k) % n;
        if (strcmp(mec_catalogue_cell_id(c, h->animal, *cell), id) == 0)
            return MEC_OK;
    }
    return mec_fail(status, MEC_REFUSED,
                    "%s: animal %s has no cell \"%s\"; accepted: the same cells as data.dataset's",
                    c->input.path, mec_catalogue_text(c, h->animal->name), id);
}

static mec_code compare_halves(fit_data *data, half halves[2], mec_status *status) {
    const mec_catalogue *whole = &data->dataset.catalogue;
    data->split_half_r = mec_alloc(whole->n_id, sizeof *data->split_half_r, status);
    for (size_t a = 0; a < whole->n_arena && status->code == MEC_OK; a++)
        for (size_t i = 0; i < whole->arenas[a].n_animal && status->code == MEC_OK; i++) {
            size_t animal = whole->arenas[a].first_animal + i;
            const mec_animal *own = &whole->animals[animal];
            find_animal(&halves[0], data, a, animal, status);
            find_animal(&halves[1], data, a, animal, status);
            for (size_t j = 0; j < own->n_cell && status->code == MEC_OK; j++) {
                const char *id = mec_catalogue_cell_id(whole, own, j);
                size_t cell[2] = {0};
                if (find_cell(&halves[0], id, j, &cell[0], status) == MEC_OK &&
                    find_cell(&halves[1], id, j, &cell[1], status) == MEC_OK)
                    data->split_half_r[own->first_id + j] = mec_split_half_r(
                        &halves[0].population, cell[0], &halves[1].population, cell[1]);
            }
        }
    return status->code;
}

/* The halves themselves are not kept. */
static mec_code read_halves(fit_data *data, const mec_world *world, const job_settings *values,
                            mec_status *status) {
    half halves[2] = {{.key = "half1"}, {.key = "half2"}};
    const char *paths[2] = {values->data.half1, values->data.half2};
    for (int k = 0; k < 2 && status->code == MEC_OK; k++) {
        mec_dataset_read(world, paths[k], values->data.arenas, &halves[k].dataset, status);
        if (status->code == MEC_OK)
            add_input(data, &halves[k].dataset.catalogue.input);
    }
    if (status->code == MEC_OK)
        compare_halves(data, halves, status);
    mec_agree(world, status);
    for (int k = 0; k < 2; k++)
        mec_dataset_destroy(&halves[k].dataset);
    return status->code;
}

/* ---- all ---- */

static mec_code read_response(fit_data *data, const job_context *context, mec_status *status) {
    const mec_catalogue *catalogue = &data->dataset.catalogue;
    const source_settings *source = &context->values->source;
    if (source->kind == SOURCE_MODEL)
        fit_model_read(context, catalogue, &data->response, status);
    else
        mec_response_read(context->world, source->response, catalogue, &data->response, status);
    if (status->code == MEC_OK)
        add_input(data, &data->response.input);
    return status->code;
}

mec_code fit_data_open(fit_data *data, const job_context *context, mec_status *status) {
    const mec_world *world = context->world;
    const job_settings *values = context->values;
    if (mec_dataset_open(world, values->data.dataset, values->data.arenas, &data->dataset, status))
        return status->code;
    add_input(data, &data->dataset.catalogue.input);
    data->has_response = values->source.kind != SOURCE_ANIMALS;
    data->has_splits = *values->splits.file != '\0';
    if (data->has_response && read_response(data, context, status))
        return status->code;
    if (data->has_splits) {
        if (mec_split_file_read(world, values->splits.file, &data->splits, status))
            return status->code;
        add_input(data, &data->splits.input);
    }
    return read_parameters(data, world, values, status);
}

mec_code fit_data_load(fit_data *data, const job_context *context, bool whole, mec_status *status) {
    const mec_world *world = context->world;
    if (whole)
        mec_dataset_load(world, &data->dataset, status);
    else
        mec_dataset_scan(world, &data->dataset, status);
    data->inputs[0] = data->dataset.catalogue.input; /* now with its digest */
    if (status->code != MEC_OK || !*context->values->data.half1)
        return status->code;
    return read_halves(data, world, context->values, status);
}

double fit_data_bytes(const fit_data *data) {
    return (double)sizeof(double) *
           ((double)data->dataset.resp.count + (double)data->response.values.count);
}

void fit_data_destroy(fit_data *data) {
    per_cell_destroy(&data->parameters);
    mec_split_file_destroy(&data->splits);
    mec_response_destroy(&data->response);
    mec_dataset_destroy(&data->dataset);
    free(data->split_half_r);
    *data = (fit_data){0};
}
