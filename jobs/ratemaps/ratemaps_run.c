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
    ratemaps_follower_create(&run->follower, &run->weights.weights,
                             &plan->maps[0].walk.walk, /* sizes are those of all */
                             plan->last, status);
    return mec_agree(run->context->world, status);
}

/* ---- batches ---- */

mec_code ratemaps_run_begin(ratemaps_run *run, size_t map, mec_status *status) {
    const ratemaps_map *m = &run->plan.maps[map];
    size_t n_bin = m->bins.nx * m->bins.ny;
    run->map = map;
    for (size_t i = 0; i < run->totals.n_item; i++)
        run->totals.items[i].n_row = n_bin;
    for (mec_layer layer = 0; layer < MEC_N_LAYER; layer++)
        run->sums[layer].n_bin = run->sums[layer].high ? n_bin : 0;
    ratemaps_follower_turn(&run->follower, &m->place, &m->walk.walk, status);
    return mec_agree(run->context->world, status);
}

mec_code ratemaps_run_batch(ratemaps_run *run, size_t batch, const mec_pulse *pulse,
                            mec_status *status) {
    const ratemaps_map *map = &run->plan.maps[run->map];
    if (ratemaps_follower_run(&run->follower, &map->walk.walk, &map->bins,
                              map->seed + (uint32_t)batch, pulse, status))
        return status->code;
    ratemaps_follower_add(&run->follower, run->count, run->sums);
    return MEC_OK;
}

/* ---- the end ---- */

double ratemaps_run_sums_memory(const job_context *c, const ratemaps_plan *plan) {
    double bytes = 0;
    double most = 0;
    for (mec_layer layer = 0; layer < MEC_N_LAYER; layer++)
        if (ratemaps_has_layer(c, layer)) {
            double sums = mec_map_sums_memory(plan->most_bins, ratemaps_layer_units(plan, layer));
            bytes += sums;
            most = sums > most ? sums : most;
        }
    return bytes + 3 * (most < (double)MEC_TOTALS_BLOCK ? most : (double)MEC_TOTALS_BLOCK);
}

double ratemaps_run_memory(const job_context *c, const ratemaps_plan *plan) {
    return ratemaps_follower_memory(&plan->network, &plan->maps[0].walk.walk, plan->last) +
           ratemaps_run_sums_memory(c, plan);
}

void ratemaps_run_destroy(ratemaps_run *run) {
    ratemaps_follower_destroy(&run->follower);
    mec_totals_destroy(&run->totals);
    for (mec_layer layer = 0; layer < MEC_N_LAYER; layer++)
        mec_map_sums_destroy(&run->sums[layer]);
    model_weights_destroy(&run->weights);
    ratemaps_plan_destroy(&run->plan);
    free(run->count);
    free(run->arrays);
}
