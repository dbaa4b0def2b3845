#include "fit/fit_model.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/memory.h"
#include "fit/fit_model_agree.h"
#include "ratemaps/ratemaps_job.h"
#include "storage/h5.h"
#include "storage/run_info.h"

static const char *where(const job_context *c, const char *section, const char *key) {
    return mec_settings_where(c->settings, section, key);
}

job_context fit_model_context(const job_context *context, char text[FIT_SECTIONS_SIZE]) {
    job_context own = *context;
    if (context->values->source.kind == SOURCE_MODEL) {
        snprintf(text, FIT_SECTIONS_SIZE, "%s model cues reward ratemaps", context->sections);
        own.sections = text;
    }
    return own;
}

void fit_model_check(const job_context *c, mec_status *status) {
    const job_settings *v = c->values;
    bool model = v->source.kind == SOURCE_MODEL;
    if (!model && *v->source.model)
        mec_fail(status, MEC_REFUSED, "%s: found \"%s\"; accepted only with [source] kind = model",
                 where(c, "source", "model"), v->source.model);
    if (!model && !mec_settings_is_default(c->settings, "source", "layer"))
        mec_fail(status, MEC_REFUSED, "%s: is given; accepted only with [source] kind = model",
                 where(c, "source", "layer"));
    if (model && *v->source.model && *v->model.file)
        mec_fail(status, MEC_REFUSED, "%s: found \"%s\" beside [model] file; accepted: one of them",
                 where(c, "source", "model"), v->source.model);
}

mec_code fit_model_rehearse(const job_context *context,
                            mec_code rehearse(const job_context *context, mec_status *status),
                            mec_status *status) {
    job_context own = *context;
    own.rehearsal = true;
    if (context->values->source.kind != SOURCE_MODEL || context->dry_run)
        return MEC_OK;
    return rehearse(&own, status);
}

/* What is drawn, or has been. */
typedef struct drawing {
    const job_context *context;
    const mec_catalogue *catalogue;
    char file[MEC_TEXT_SIZE];
    bool drawn;          /* the file is there already: the model is named by it */
    ratemaps_box *boxes; /* to draw maps in */
    size_t n_box;
    size_t *first; /* (n_arena) the first box of an arena */
    size_t n_each; /* boxes of an arena */
} drawing;

/* ---- boxes ---- */

static bool same_bins(const mec_map_bins *a, const mec_map_bins *b) {
    return a->nx == b->nx && a->ny == b->ny && a->box.min_x == b->box.min_x &&
           a->box.max_x == b->box.max_x && a->box.min_y == b->box.min_y &&
           a->box.max_y == b->box.max_y;
}

/* The index of a box in the list, to which it is added if it is new. A name that another box has
 * (the same edges, other bins) is followed by the bins. */
static size_t add_box(drawing *d, const ratemaps_box *box) {
    ratemaps_box *added = &d->boxes[d->n_box];
    *added = *box;
    for (size_t i = 0; i < d->n_box; i++) {
        if (same_bins(&d->boxes[i].bins, &box->bins))
            return i;
        if (strcmp(d->boxes[i].name, box->name) == 0)
            snprintf(added->name, sizeof added->name, "%.*s_%zux%zu", MODEL_BOX_NAME_SIZE,
                     box->name, box->bins.nx, box->bins.ny);
    }
    return d->n_box++;
}

/* The box and the bins of an arena itself; of flat responses, bins as the settings have them. */
static mec_code box_of_arena(const drawing *d, size_t a, ratemaps_box *box, mec_status *status) {
    const mec_arena *arena = &d->catalogue->arenas[a];
    if (!isfinite(arena->box.min_x) || !isfinite(arena->box.min_y))
        return mec_fail(status, MEC_REFUSED,
                        "%s: arena %s has no size, which a model needs to walk in it; accepted: "
                        "attributes side_m, or width_m and height_m, or [ratemaps] environment",
                        d->catalogue->input.path, mec_catalogue_text(d->catalogue, arena->name));
    if (arena->n_row == 0)
        return ratemaps_box_in(d->context, &arena->box, box, status);
    box->bins = (mec_map_bins){arena->box, arena->n_row, arena->n_column};
    model_box_name(&arena->box, box->name);
    return MEC_OK;
}

/* Before anything is drawn: an arena's maps must have as many bins as it has states; several are
 * stacked, which says nothing of where a bin lies. */
static mec_code check_states(const drawing *d, mec_status *status) {
    const job_settings *v = d->context->values;
    size_t n_seed = v->ratemaps.trajectory_seed.n;
    for (size_t a = 0; a < d->catalogue->n_arena; a++) {
        const mec_arena *arena = &d->catalogue->arenas[a];
        size_t n_bin = 0;
        for (size_t k = 0; k < d->n_each; k++) {
            const mec_map_bins *bins = &d->boxes[d->first[a] + k].bins;
            n_bin += n_seed * bins->nx * bins->ny;
        }
        if (n_bin != arena->n_state || (n_seed * d->n_each > 1 && arena->n_row > 0))
            return mec_fail(status, MEC_REFUSED,
                            "%s: %zu seed(s) and %zu box(es) make %zu states, but arena %s of %s "
                            "has %zu%s; accepted: as many, in flat responses (states, cells) where "
                            "maps are stacked",
                            where(d->context, "ratemaps",
                                  d->n_each > 1 || n_seed == 1 ? "environment" : "trajectory_seed"),
                            n_seed, d->n_each, n_bin, mec_catalogue_text(d->catalogue, arena->name),
                            d->catalogue->input.path, arena->n_state,
                            arena->n_row > 0 ? " in two dimensions" : "");
    }
    return MEC_OK;
}

static mec_code find_boxes(drawing *d, mec_status *status) {
    size_t n_arena = d->catalogue->n_arena;
    size_t n_given = d->context->values->ratemaps.environment.n;
    d->n_each = n_given > 0 ? n_given : 1;
    d->boxes = mec_alloc(n_arena + n_given, sizeof *d->boxes, status);
    d->first = mec_alloc(n_arena, sizeof *d->first, status);
    if (status->code != MEC_OK)
        return status->code;
    if (n_given > 0) { /* the same for all arenas */
        d->n_box = n_given;
        return ratemaps_boxes_given(d->context, d->boxes, status);
    }
    for (size_t a = 0; a < n_arena; a++) {
        ratemaps_box box = {0};
        if (box_of_arena(d, a, &box, status))
            return status->code;
        d->first[a] = add_box(d, &box);
    }
    return MEC_OK;
}

/* ---- the file ---- */

/* Rank 0: whether a run file of mec ratemaps is at the path. */
static bool has_maps(const char *path) {
    mec_status ignored = {0};
    mec_run_info info = {0};
    hid_t file = *path ? mec_h5_open(path, H5F_ACC_RDONLY, &ignored) : H5I_INVALID_HID;
    bool found = file >= 0 && mec_run_info_is_run(file) &&
                 mec_run_info_read(file, path, &info, &ignored) == MEC_OK &&
                 strcmp(info.job, "ratemaps") == 0;
    mec_run_info_destroy(&info);
    if (file >= 0)
        H5Fclose(file);
    return found;
}

/* The file that [source] model or [model] file names, if it has maps; else one beside the run's. */
static mec_code find_file(drawing *d, mec_status *status) {
    const job_context *c = d->context;
    const char *named = *c->values->source.model ? c->values->source.model : c->values->model.file;
    const char *output = c->values->run.output;
    size_t length = strlen(output);
    if (length > 3 && strcmp(output + length - 3, ".h5") == 0)
        length -= 3;
    d->drawn = c->world->rank == 0 && has_maps(named);
    if (d->drawn)
        fit_model_agree(c, named, status);
    mec_broadcast(c->world->comm, &d->drawn, sizeof d->drawn);
    int n = d->drawn ? snprintf(d->file, sizeof d->file, "%s", named)
                     : snprintf(d->file, sizeof d->file, "%.*s.ratemaps.h5", (int)length, output);
    if (n >= (int)sizeof d->file)
        mec_fail(status, MEC_REFUSED, "%s: is too long to add .ratemaps.h5 to it",
                 where(c, "run", "output"));
    /* The same as [model] file, also where the maps are drawn. */
    if (!d->drawn && !c->rehearsal && *c->values->source.model) {
        char setting[MEC_TEXT_SIZE + 16];
        snprintf(setting, sizeof setting, "model.file=%s", c->values->source.model);
        mec_settings_override(c->settings, setting, status);
    }
    return mec_agree(c->world, status);
}

static mec_code draw(const drawing *d, mec_status *status) {
    job_settings values = *d->context->values;
    job_context own = *d->context;
    values.ratemaps.layers = UINT32_C(1) << values.source.layer;
    if (*values.source.model)
        memcpy(values.model.file, values.source.model, sizeof values.model.file);
    memcpy(values.run.output, d->file, sizeof values.run.output);
    values.run.shards = 1; /* every shard needs all maps */
    own.values = &values;
    own.sections = "data source model cues reward ratemaps";
    ratemaps_request request = {d->boxes, d->n_box, &d->catalogue->input};
    return ratemaps_make(&own, &request, status);
}

/* ---- reading ---- */

/* The paths of every arena's maps: seeds are the outer, environments the inner order. */
static char **make_paths(const drawing *d, size_t *n_part, mec_status *status) {
    const job_settings *v = d->context->values;
    size_t n_seed = v->ratemaps.trajectory_seed.n;
    *n_part = n_seed * d->n_each;
    char **paths = mec_alloc(d->catalogue->n_arena * *n_part, sizeof *paths, status);
    for (size_t i = 0; paths && i < d->catalogue->n_arena * *n_part; i++) {
        size_t part = i % *n_part;
        char name[RATEMAPS_NAME_SIZE];
        char path[RATEMAPS_NAME_SIZE + 32];
        ratemaps_map_name(&d->boxes[d->first[i / *n_part] + part % d->n_each],
                          &v->ratemaps.trajectory_seed, part / d->n_each, name);
        snprintf(path, sizeof path, "/ratemaps/%s/%s", name, MEC_LAYER_NAMES[v->source.layer]);
        paths[i] = mec_copy_text(path, status);
    }
    return paths;
}

static mec_code read_maps(const drawing *d, mec_response *response, mec_status *status) {
    size_t n_part = 0;
    char **paths = make_paths(d, &n_part, status);
    if (mec_agree(d->context->world, status) == MEC_OK)
        mec_response_read_stacked(d->context->world, d->file, (const char *const *)paths, n_part,
                                  d->catalogue, response, status);
    for (size_t i = 0; paths && i < d->catalogue->n_arena * n_part; i++)
        free(paths[i]);
    free(paths);
    return status->code;
}

/* Where nothing is drawn: as many numbers, all 0. */
static mec_code stand_in(const drawing *d, mec_response *response, mec_status *status) {
    const job_settings *v = d->context->values;
    int64_t n_unit = v->source.layer == MEC_LAYER_DC ? v->model.n_place : v->model.n_unit;
    size_t count = 0;
    *response = (mec_response){.n_arena = d->catalogue->n_arena};
    response->arenas = mec_alloc(response->n_arena, sizeof *response->arenas, status);
    if (mec_agree(d->context->world, status))
        return status->code;
    for (size_t a = 0; a < response->n_arena; a++) {
        response->arenas[a] = (mec_response_arena){(size_t)n_unit, count};
        count += d->catalogue->arenas[a].n_state * (size_t)n_unit;
    }
    return mec_node_array_create(d->context->world, count, "the rate maps", &response->values,
                                 status);
}

mec_code fit_model_read(const job_context *context, const mec_catalogue *catalogue,
                        mec_response *response, mec_status *status) {
    drawing d = {.context = context, .catalogue = catalogue};
    if (find_file(&d, status) == MEC_OK && find_boxes(&d, status) == MEC_OK)
        check_states(&d, status);
    if (mec_agree(context->world, status) == MEC_OK && !d.drawn && !context->rehearsal)
        draw(&d, status);
    if (status->code == MEC_OK && (context->dry_run || context->rehearsal) && !d.drawn)
        stand_in(&d, response, status);
    else if (status->code == MEC_OK)
        read_maps(&d, response, status);
    free(d.boxes);
    free(d.first);
    return mec_agree(context->world, status);
}
