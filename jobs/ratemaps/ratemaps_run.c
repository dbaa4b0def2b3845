#include "ratemaps/ratemaps_run.h"

#include <stdlib.h>

#include "base/memory.h"

/* ---- before the first batch ---- */

/* The totals of a layer: see mec_map_sums. */
static void add_totals(mec_totals *totals, mec_layer layer, mec_map_sums *sums) {
    static const char *const names[MEC_N_LAYER][3] = {
        {"pre_g_high", "pre_g_low", "pre_g_bad"},
        {"g_high", "g_low", "g_bad"},
        {"dc_high", "dc_low", "dc_bad"},
    };
    const mec_total items[] = {
        {names[layer][0], "sum of activations, in units of 2^-16", MEC_REDUCE_SUM, sums->n_bin,
         sums->n_unit, sums->high},
        {names[layer][1], "and in units of 2^-48", MEC_REDUCE_SUM, sums->n_bin, sums->n_unit,
         sums->low},
        {names[layer][2], "1: an activation was no number", MEC_REDUCE_MOST, sums->n_bin,
         sums->n_unit, sums->bad},
    };
    for (int i = 0; i < 3; i++)
        totals->items[totals->n_item++] = items[i];
}

/* The sums exist from here on: the totals point to them. */
static mec_code create_sums(ratemaps_run *run, mec_status *status) {
    const ratemaps_plan *plan = &run->plan;
    size_t n_bin = plan->most_bins;
    run->count = mec_alloc(n_bin, sizeof *run->count, status);
    run->totals = (mec_totals){
        .world = run->context->world,
        .n_task = plan->n_batch,
        .n_item = 1,
        .items = {{"count", "samples in the bin", MEC_REDUCE_SUM, n_bin, 1, run->count}}};
    for (mec_layer layer = 0; layer < MEC_N_LAYER && status->code == MEC_OK; layer++)
        if (ratemaps_has_layer(run->context, layer) &&
            mec_map_sums_create(&run->sums[layer], n_bin, ratemaps_layer_units(plan, layer),
                                status) == MEC_OK)
            add_totals(&run->totals, layer, &run->sums[layer]);
    return status->code;
}

mec_code ratemaps_run_describe(ratemaps_run *run, mec_layout *layout, mec_status *status) {
    run->arrays = mec_alloc(run->plan.n_map, sizeof *run->arrays, status);
    if (run->arrays && create_sums(run, status) == MEC_OK &&
        ratemaps_output_describe(run->context, &run->plan, layout, run->arrays, status) == MEC_OK)
        mec_totals_create(&run->totals, layout, status);
    return status->code;
}

mec_code ratemaps_run_prepare(ratemaps_run *run, mec_status *status) {
    const ratemaps_plan *plan = &run->plan;
    const mec_walk *walk = &plan->maps[0].walk.walk; /* sizes are those of all */
    size_t n_row = walk->batch_size * walk->sequence_length;
    run->forward = mec_forward_create(&plan->network, walk->batch_size, walk->sequence_length,
                                      plan->last, status);
    run->code = mec_alloc(walk->batch_size * plan->network.n_place, sizeof *run->code, status);
    run->encoded =
        mec_alloc(walk->batch_size * plan->network.n_place, sizeof *run->encoded, status);
    run->input = mec_alloc(n_row * plan->network.n_input, sizeof *run->input, status);
    run->bin = mec_alloc(n_row, sizeof *run->bin, status);
    if (status->code == MEC_OK)
        mec_forward_set_weights(run->forward, &run->weights.weights);
    return mec_agree(run->context->world, status);
}

/* ---- batches ---- */

mec_code ratemaps_run_begin(ratemaps_run *run, size_t map, mec_status *status) {
    const ratemaps_map *m = &run->plan.maps[map];
    size_t n_bin = m->bins.nx * m->bins.ny;
    mec_place_cells_destroy(&run->cells);
    mec_trajectories_destroy(&run->walks);
    run->map = map;
    for (size_t i = 0; i < run->totals.n_item; i++)
        run->totals.items[i].n_row = n_bin;
    for (mec_layer layer = 0; layer < MEC_N_LAYER; layer++)
        run->sums[layer].n_bin = run->sums[layer].high ? n_bin : 0;
    if (mec_place_cells_create(&run->cells, &m->place, status) == MEC_OK)
        mec_trajectories_create(&run->walks, &m->walk.walk, status);
    return mec_agree(run->context->world, status);
}

/* The network's inputs: velocity, then cues. */
static void gather_input(ratemaps_run *run) {
    const mec_trajectories *w = &run->walks;
    size_t n_input = run->plan.network.n_input;
    for (size_t i = 0; i < w->sequence_length * w->batch_size; i++) {
        mec_real *input = run->input + i * n_input;
        input[0] = (mec_real)w->velocity[2 * i];
        input[1] = (mec_real)w->velocity[2 * i + 1];
        for (size_t k = 0; k < w->n_cue; k++)
            input[2 + k] = (mec_real)w->cue[i * w->n_cue + k];
    }
}

mec_code ratemaps_run_batch(ratemaps_run *run, size_t batch, const mec_pulse *pulse,
                            mec_status *status) {
    const ratemaps_map *map = &run->plan.maps[run->map];
    const mec_trajectories *w = &run->walks;
    size_t n_row = w->batch_size * w->sequence_length;
    size_t n_code = w->batch_size * run->plan.network.n_place;
    if (mec_trajectories_draw_seeded(&run->walks, &map->walk.walk, map->seed + (uint32_t)batch,
                                     status))
        return status->code;
    mec_place_cells_encode(&run->cells, w->initial, w->batch_size, run->code);
    for (size_t i = 0; i < n_code; i++)
        run->encoded[i] = (mec_real)run->code[i];
    gather_input(run);
    mec_map_bins_find(&map->bins, w->target, n_row, run->bin);
    if (!mec_forward_run(run->forward, w->batch_size, run->encoded, run->input, pulse))
        return mec_fail(status, MEC_STOPPED, "stopped on request");
    for (size_t i = 0; i < n_row; i++)
        if (run->bin[i] != SIZE_MAX)
            run->count[run->bin[i]]++;
    for (mec_layer layer = 0; layer < MEC_N_LAYER; layer++)
        if (run->sums[layer].high)
            mec_map_sums_add(&run->sums[layer], run->bin, n_row,
                             mec_forward_layer(run->forward, layer));
    return MEC_OK;
}

/* ---- the end ---- */

double ratemaps_run_memory(const job_context *c, const ratemaps_plan *plan) {
    const mec_walk *walk = &plan->maps[0].walk.walk;
    double n_row = (double)walk->batch_size * (double)walk->sequence_length;
    double bytes =
        mec_forward_memory(&plan->network, walk->batch_size, walk->sequence_length, plan->last);
    bytes += n_row * ((double)plan->network.n_input * sizeof(mec_real) + 12 * sizeof(double));
    bytes += (double)walk->batch_size * (double)plan->network.n_place *
             (sizeof(double) + sizeof(mec_real));
    double most = 0;
    for (mec_layer layer = 0; layer < MEC_N_LAYER; layer++)
        if (ratemaps_has_layer(c, layer)) {
            double sums = mec_map_sums_memory(plan->most_bins, ratemaps_layer_units(plan, layer));
            bytes += sums;
            most = sums > most ? sums : most;
        }
    return bytes + 3 * (most < (double)MEC_TOTALS_BLOCK ? most : (double)MEC_TOTALS_BLOCK);
}

void ratemaps_run_destroy(ratemaps_run *run) {
    mec_forward_destroy(run->forward);
    mec_place_cells_destroy(&run->cells);
    mec_trajectories_destroy(&run->walks);
    mec_totals_destroy(&run->totals);
    for (mec_layer layer = 0; layer < MEC_N_LAYER; layer++)
        mec_map_sums_destroy(&run->sums[layer]);
    model_weights_destroy(&run->weights);
    ratemaps_plan_destroy(&run->plan);
    free(run->count);
    free(run->arrays);
    free(run->code);
    free(run->encoded);
    free(run->input);
    free(run->bin);
}
