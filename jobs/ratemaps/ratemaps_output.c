#include "ratemaps/ratemaps_output.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/memory.h"

const char *const RATEMAPS_STATISTIC_NAMES[RATEMAPS_N_STATISTIC + 1] = {
    "spatial_information", "sparsity", "grid_score", NULL};

static const struct {
    const char *units, *long_name;
} STATISTICS[RATEMAPS_N_STATISTIC] = {
    {"bit", "spatial information a spike (Skaggs et al. 1993); NaN where a rate is negative"},
    {"1", "sparsity (Skaggs et al. 1996); NaN where a rate is negative"},
    {"1", "grid score (Sargolini et al. 2006); NaN where it is not defined"},
};

/* One map while its arrays are described. */
typedef struct describing {
    const ratemaps_map *map;
    mec_layout *layout;
    mec_status *status;
} describing;

static int add(const describing *d, const char *name, mec_array array) {
    char path[RATEMAPS_NAME_SIZE + 128];
    snprintf(path, sizeof path, "/ratemaps/%s/%s", d->map->name, name);
    array.path = path;
    return mec_layout_add(d->layout, &array, d->status);
}

/* The edges of the bins along one axis, and their centres, which label it. */
static int add_axis(const describing *d, const char *name, double min, double max, size_t n) {
    char edges_name[16];
    double *edges = mec_alloc(n + 1, sizeof *edges, d->status);
    double *centres = mec_alloc(n, sizeof *centres, d->status);
    int axis = -1;
    snprintf(edges_name, sizeof edges_name, "%s_edges", name);
    if (edges && centres) {
        for (size_t i = 0; i <= n; i++)
            edges[i] = mec_map_bins_edge(min, max, n, i);
        for (size_t i = 0; i < n; i++)
            centres[i] = (edges[i] + edges[i + 1]) / 2;
        add(d, edges_name,
            (mec_array){.element = MEC_REAL64,
                        .n_dim = 1,
                        .dims = {n + 1},
                        .scale = {-1},
                        .is_scale = true, /* of its own: xarray opens no group with less */
                        .units = "m",
                        .long_name = "edges of the bins",
                        .values = edges});
        axis = add(d, name,
                   (mec_array){.element = MEC_REAL64,
                               .n_dim = 1,
                               .dims = {n},
                               .scale = {-1},
                               .is_scale = true,
                               .units = "m",
                               .long_name = "centres of the bins",
                               .values = centres});
    }
    free(edges);
    free(centres);
    return axis;
}

static void add_layer(const describing *d, const char *layer, size_t n_unit, int x, int y, int unit,
                      int *map, int *statistics) {
    size_t nx = d->map->bins.nx;
    size_t ny = d->map->bins.ny;
    *map = add(d, layer,
               (mec_array){.element = MEC_REAL64,
                           .n_dim = 3,
                           .dims = {nx, ny, n_unit},
                           .scale = {x, y, unit},
                           .units = "1",
                           .long_name = "mean activation; NaN in bins without samples"});
    for (int k = 0; k < RATEMAPS_N_STATISTIC; k++) {
        char name[64];
        snprintf(name, sizeof name, "statistics/%s/%s", layer, RATEMAPS_STATISTIC_NAMES[k]);
        statistics[k] = add(d, name,
                            (mec_array){.element = MEC_REAL64,
                                        .n_dim = 1,
                                        .dims = {n_unit},
                                        .scale = {unit},
                                        .units = STATISTICS[k].units,
                                        .long_name = STATISTICS[k].long_name});
    }
}

static void add_map(const describing *d, const job_context *c, const ratemaps_plan *plan,
                    const int units[MEC_N_LAYER], ratemaps_arrays *arrays) {
    const mec_map_bins *bins = &d->map->bins;
    int x = add_axis(d, "x", bins->box.min_x, bins->box.max_x, bins->nx);
    int y = add_axis(d, "y", bins->box.min_y, bins->box.max_y, bins->ny);
    arrays->count = add(d, "count",
                        (mec_array){.element = MEC_INT64,
                                    .n_dim = 2,
                                    .dims = {bins->nx, bins->ny},
                                    .scale = {x, y},
                                    .units = "1",
                                    .long_name = "samples in the bin"});
    for (mec_layer layer = 0; layer < MEC_N_LAYER; layer++)
        if (ratemaps_has_layer(c, layer))
            add_layer(d, MEC_LAYER_NAMES[layer], ratemaps_layer_units(plan, layer), x, y,
                      units[layer], &arrays->map[layer], arrays->statistic[layer]);
}

mec_code ratemaps_output_describe(const job_context *context, const ratemaps_plan *plan,
                                  mec_layout *layout, ratemaps_arrays *arrays, mec_status *status) {
    int units[MEC_N_LAYER] = {-1, -1, -1};
    bool recurrent =
        ratemaps_has_layer(context, MEC_LAYER_G) || ratemaps_has_layer(context, MEC_LAYER_PRE_G);
    if (recurrent)
        units[MEC_LAYER_PRE_G] = units[MEC_LAYER_G] = mec_layout_add_int_scale(
            layout, "/ratemaps/unit", plan->network.n_unit, "unit", status);
    if (ratemaps_has_layer(context, MEC_LAYER_DC))
        units[MEC_LAYER_DC] = mec_layout_add_int_scale(layout, "/ratemaps/place_cell",
                                                       plan->network.n_place, "place cell", status);
    for (size_t i = 0; i < plan->n_map && status->code == MEC_OK; i++) {
        describing d = {&plan->maps[i], layout, status};
        add_map(&d, context, plan, units, &arrays[i]);
    }
    return status->code;
}
