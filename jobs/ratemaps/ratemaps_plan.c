#include "ratemaps/ratemaps_plan.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

/* Every rank lists them all. */
static const double MOST_TASKS = 4e6;

static const char *where(const job_context *c, const char *key) {
    return mec_settings_where(c->settings, "ratemaps", key);
}

bool ratemaps_has_layer(const job_context *context, mec_layer layer) {
    return context->values->ratemaps.layers >> layer & 1;
}

size_t ratemaps_layer_units(const ratemaps_plan *plan, mec_layer layer) {
    return layer == MEC_LAYER_DC ? plan->network.n_place : plan->network.n_unit;
}

/* ---- seeds and boxes ---- */

static mec_code seed_at(const job_context *c, size_t i, uint32_t *seed, mec_status *status) {
    const ratemaps_settings *s = &c->values->ratemaps;
    double value = s->trajectory_seed.values[i];
    double most = (double)UINT32_MAX - (double)(s->n_eval_seq - 1);
    if (value != floor(value) || value > most)
        return mec_fail(status, MEC_REFUSED,
                        "%s: found %.17g; accepted: whole numbers from 0 to %.0f, so that every "
                        "batch has a seed",
                        where(c, "trajectory_seed"), value, most);
    *seed = (uint32_t)value;
    return MEC_OK;
}

/* How many bins along a side: whole ones, as the reference counts them, int(100 side / bin_cm). */
static mec_code count_bins(const job_context *c, double side, size_t *n, mec_status *status) {
    const ratemaps_settings *s = &c->values->ratemaps;
    double exact = s->nbins != MEC_AUTO ? (double)s->nbins : 100 * side / s->bin_cm;
    *n = (size_t)fmin(exact, 1e6);
    if (*n < 1 || *n > 10000)
        return mec_fail(status, MEC_REFUSED,
                        "%s: found %g, which makes %zu bins of a side of %g m; accepted: 1 to "
                        "10000 bins",
                        where(c, "bin_cm"), s->bin_cm, *n, side);
    return MEC_OK;
}

mec_code ratemaps_box_in(const job_context *context, const mec_box *box, ratemaps_box *out,
                         mec_status *status) {
    out->bins.box = *box;
    model_box_name(box, out->name);
    if (count_bins(context, box->max_x - box->min_x, &out->bins.nx, status) == MEC_OK)
        count_bins(context, box->max_y - box->min_y, &out->bins.ny, status);
    return status->code;
}

mec_code ratemaps_boxes_given(const job_context *c, ratemaps_box *boxes, mec_status *status) {
    const mec_rows *rows = &c->values->ratemaps.environment;
    for (size_t i = 0; i < rows->n && status->code == MEC_OK; i++) {
        const double *row = rows->values[i];
        mec_box box = {.min_x = row[0], .max_x = row[1], .min_y = row[2], .max_y = row[3]};
        if (box.min_x >= box.max_x || box.min_y >= box.max_y)
            mec_fail(status, MEC_REFUSED,
                     "%s: found %g %g %g %g; accepted: min_x, max_x, min_y and max_y, with each "
                     "min below its max",
                     where(c, "environment"), row[0], row[1], row[2], row[3]);
        else
            ratemaps_box_in(c, &box, &boxes[i], status);
    }
    return status->code;
}

void ratemaps_map_name(const ratemaps_box *box, const mec_reals *seeds, size_t i_seed,
                       char name[RATEMAPS_NAME_SIZE]) {
    int n = snprintf(name, RATEMAPS_NAME_SIZE, "%.*s", RATEMAPS_NAME_SIZE - 32, box->name);
    if (seeds->n > 1)
        snprintf(name + n, RATEMAPS_NAME_SIZE - (size_t)n, "/seed_%.0f", seeds->values[i_seed]);
}

/* ---- maps ---- */

static mec_code make_map(const job_context *c, size_t i_seed, const ratemaps_box *box,
                         ratemaps_map *map, mec_status *status) {
    map->bins = box->bins;
    if (seed_at(c, i_seed, &map->seed, status) ||
        model_settings_place(c->settings, &box->bins.box, &map->place, status) ||
        model_settings_walk(c->settings, &box->bins.box, &map->walk, status))
        return status->code;
    ratemaps_map_name(box, &c->values->ratemaps.trajectory_seed, i_seed, map->name);
    return MEC_OK;
}

static mec_code refuse_twice(const job_context *c, const ratemaps_plan *plan, mec_status *status) {
    for (size_t i = 0; i < plan->n_map; i++)
        for (size_t k = 0; k < i; k++)
            if (strcmp(plan->maps[i].name, plan->maps[k].name) == 0)
                return mec_fail(status, MEC_REFUSED,
                                "%s: found %s twice; accepted: every box and seed once",
                                where(c, plan->maps[i].seed == plan->maps[k].seed &&
                                                 c->values->ratemaps.environment.n > 1
                                             ? "environment"
                                             : "trajectory_seed"),
                                plan->maps[i].name);
    return MEC_OK;
}

/* The sums of a map hold so many samples: see model/rate_map.h. */
static mec_code check_samples(const job_context *c, mec_status *status) {
    const model_settings *m = &c->values->model;
    double a_batch = (double)m->batch_size * (double)m->sequence_length;
    double most = floor((double)MEC_MAP_MOST_SAMPLES / a_batch);
    if ((double)c->values->ratemaps.n_eval_seq > most)
        return mec_fail(
            status, MEC_REFUSED, "%s: found %lld; accepted: at most %.0f batches of %.0f samples",
            where(c, "n_eval_seq"), (long long)c->values->ratemaps.n_eval_seq, most, a_batch);
    return MEC_OK;
}

static mec_code make_maps(ratemaps_plan *plan, const job_context *c, const ratemaps_box *boxes,
                          size_t n_box, mec_status *status) {
    plan->n_map = c->values->ratemaps.trajectory_seed.n * n_box;
    plan->maps = mec_alloc(plan->n_map, sizeof *plan->maps, status);
    for (size_t i = 0; i < plan->n_map && status->code == MEC_OK; i++) {
        make_map(c, i / n_box, &boxes[i % n_box], &plan->maps[i], status);
        size_t n_bin = plan->maps[i].bins.nx * plan->maps[i].bins.ny;
        plan->most_bins = n_bin > plan->most_bins ? n_bin : plan->most_bins;
    }
    return status->code == MEC_OK ? refuse_twice(c, plan, status) : status->code;
}

/* The boxes of [ratemaps] environment, else that of [model]. */
static mec_code make_maps_of_settings(ratemaps_plan *plan, const job_context *c,
                                      mec_status *status) {
    size_t n_given = c->values->ratemaps.environment.n;
    size_t n_box = n_given > 0 ? n_given : 1;
    mec_box box;
    ratemaps_box *boxes = mec_alloc(n_box, sizeof *boxes, status);
    if (boxes && n_given > 0)
        ratemaps_boxes_given(c, boxes, status);
    else if (boxes && model_settings_box(c->settings, &box, status) == MEC_OK)
        ratemaps_box_in(c, &box, boxes, status);
    if (status->code == MEC_OK)
        make_maps(plan, c, boxes, n_box, status);
    free(boxes);
    return status->code;
}

/* ---- tasks ---- */

/* Multiplications of the forward pass of a batch. */
static double batch_cost(const ratemaps_plan *plan, const job_context *c) {
    const model_settings *m = &c->values->model;
    double n_unit = (double)plan->network.n_unit;
    double samples = (double)m->batch_size * (double)m->sequence_length;
    double cost = samples * 2 * n_unit * n_unit;
    if (plan->last >= MEC_LAYER_G)
        cost += samples * n_unit * n_unit;
    if (plan->last >= MEC_LAYER_DC)
        cost += samples * n_unit * (double)plan->network.n_place;
    return cost;
}

static mec_code make_tasks(ratemaps_plan *plan, const job_context *c, mec_status *status) {
    plan->n_batch = (size_t)c->values->ratemaps.n_eval_seq;
    plan->n_task = plan->n_map * plan->n_batch;
    if ((double)plan->n_task > MOST_TASKS)
        return mec_fail(status, MEC_REFUSED,
                        "%s: found %zu, of %zu map%s each, which makes %zu tasks; accepted: at "
                        "most %.0f (larger batches are fewer)",
                        where(c, "n_eval_seq"), plan->n_batch, plan->n_map,
                        plan->n_map == 1 ? "" : "s", plan->n_task, MOST_TASKS);
    plan->cost = mec_alloc(plan->n_task, sizeof *plan->cost, status);
    plan->names = mec_alloc(plan->n_task, sizeof *plan->names, status);
    for (size_t i = 0; i < plan->n_task && status->code == MEC_OK; i++) {
        char name[sizeof plan->maps->name + 32];
        snprintf(name, sizeof name, "%s batch %zu", plan->maps[i / plan->n_batch].name,
                 i % plan->n_batch);
        plan->cost[i] = batch_cost(plan, c);
        plan->names[i] = mec_copy_text(name, status);
    }
    return status->code;
}

mec_code ratemaps_plan_make(ratemaps_plan *plan, const job_context *c, const ratemaps_box *boxes,
                            size_t n_box, mec_status *status) {
    *plan = (ratemaps_plan){0};
    for (mec_layer layer = 0; layer < MEC_N_LAYER; layer++)
        if (ratemaps_has_layer(c, layer))
            plan->last = layer;
    if (model_settings_network(c->settings, &plan->network, status) || check_samples(c, status))
        return status->code;
    if (n_box > 0)
        make_maps(plan, c, boxes, n_box, status);
    else
        make_maps_of_settings(plan, c, status);
    return status->code == MEC_OK ? make_tasks(plan, c, status) : status->code;
}

void ratemaps_plan_destroy(ratemaps_plan *plan) {
    for (size_t i = 0; plan->names && i < plan->n_task; i++)
        free(plan->names[i]);
    free(plan->names);
    free(plan->cost);
    free(plan->maps);
    *plan = (ratemaps_plan){0};
}
